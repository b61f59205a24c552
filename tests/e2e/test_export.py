# SPDX-License-Identifier: MIT
"""`export`: what its readers read back, the names, the file it replaces, and when it writes nothing at all."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess

import dotenv
import pytest
import yaml
from expect import NAMES, failed, failed_json, pair, tree

FORMATS = ("dotenv", "sh", "json", "yaml")
HOSTILE = {
    "single quotes": "it's 'quoted'", "double quotes": 'say "quoted" twice', "both quotes": "'\"'\"'\"'\"", "dollars": "$HOME ${HOME} $(id) $$",
    "braces": "a${PATH}b", "backquotes": "`id` and `id`", "backslashes": "a\\b\\\\c\\n\\", "newlines": "line one\nline two\n\n", "CR": "a\r\nb\rcdefg",
    "bang and hash": "!history #comment !!", "leading dashes": "--option -x", "blanks": "  before and after  ", "tabs": "\tbefore\tand after\t",
    "equals": "NAME=value=again", "not ASCII": "schlüssel-名前-🔑-\u2028-\ufeff", "controls": "\x01\x02\x07\x1b[0m\x7f\x85", "10 kB": "k$'\"\\" * 2000,
    "yaml": "- {a: [b], *c: &d}: | > %", "yaml words": "null true ~ 0x10", "number": "0123456789", "percent": "%s %n %%", "semicolon": "a;b|c&d<e>f(g)h",
    "comma": "a,b,c,d,e", "decomposed": "e\u0301e\u0301e\u0301e\u0301e\u0301",
}
SHELL = '. "$0"; for name in "$@"; do eval "printf \'%s\\0\' \\"\\$$name\\""; done'
CUSTOM = {
    "terraform": NAMES, "pritunl-api": ("PRITUNL_BASE_URL", "PRITUNL_API_TOKEN", "PRITUNL_API_SECRET"),
    "exporter": ("PRITUNL_URL", "PRITUNL_ADMIN_TOKEN", "PRITUNL_ADMIN_SECRET"), "ansible": ("pritunl_url", "pritunl_api_token", "pritunl_api_secret"),
    "tfvar": ("TF_VAR_pritunl_url", "TF_VAR_pritunl_token", "TF_VAR_pritunl_secret"), "url=X,token=Y,secret=Z": ("X", "Y", "Z"),
    "secret=_s1,url=u,token=t": ("u", "t", "_s1"),
}


def from_shell(shell, path) -> dict:
    """What a shell has in its variables after it read the file."""
    words = [*shell, "-c", SHELL, str(path), *NAMES]
    result = subprocess.run(words, capture_output=True, env={"PATH": os.defpath, "HOME": "/nowhere"}, timeout=30, check=True)
    assert result.stderr == b""
    return dict(zip(NAMES, result.stdout.decode().split("\0"), strict=False))


def read_back(format, path) -> dict:
    """The file as its readers understand it; all of them agree."""
    text = path.read_bytes().decode()
    if format == "dotenv":
        return dict(dotenv.dotenv_values(stream=io.StringIO(text, newline="")))
    if format == "json":
        return json.loads(text)
    if format == "yaml":
        return yaml.safe_load(text)
    found = [from_shell(shell, path) for shell in (["bash", "--norc"], ["bash", "--posix"], ["dash"], ["zsh", "-f"])]
    assert all(each == found[0] for each in found)
    return found[0]


@pytest.mark.parametrize("kind", HOSTILE)
def test_every_reader_reads_back_what_was_written(site, home, kind):
    """Or it is refused with 7, a format that can is named, and nothing is written."""
    admin = site.admin(secret=HOSTILE[kind])
    target = home / "pair"
    carried = set()
    for format in FORMATS:
        result = site.run("export", "--no-verify", "-f", format, "-o", target)
        if result.status != 7:
            assert result.status == 0, result.stderr
            assert read_back(format, target) == pair(site, admin), format
            target.unlink()
            carried.add(format)
            continue
        message = failed(result, 7, format, "PRITUNL_SECRET", attempt="-f ")
        other = result.stderr.rsplit(None, 1)[-1]
        assert HOSTILE[kind] not in message and tree(home) == {} and other in FORMATS and other != format
        assert site.run("export", "--no-verify", "-f", other, reveals=True).status == 0
        failed_json(site.run("export", "--no-verify", "-f", format, "--json"), 7, kind="format")
    assert {"sh", "json", "yaml"} <= carried


def test_an_ordinary_pair_is_carried_by_every_format(site, home):
    admin = site.admin()
    for format in FORMATS:
        printed = site.run("export", "-f", format, reveals=True)
        assert printed.status == 0 and printed.stderr == ""
        assert site.run("export", "-f", format, "-o", home / format).status == 0
        assert (home / format).read_text() == printed.stdout and read_back(format, home / format) == pair(site, admin)
    assert site.run("export", reveals=True).stdout == (home / "dotenv").read_text(), "the default"


@pytest.mark.parametrize("names", CUSTOM)
def test_names(site, names):
    admin = site.admin()
    expected = dict(zip(CUSTOM[names], pair(site, admin).values(), strict=True))
    assert site.run("export", "-f", "json", "--names", names, reveals=True).json() == expected


def test_names_joined_and_halved(site):
    admin = site.admin()
    url, token, secret = pair(site, admin).values()
    joined = site.run("export", "-f", "json", "--names", "terraform+exporter+url=BASE", reveals=True).json()
    assert joined == {"PRITUNL_URL": url, "PRITUNL_TOKEN": token, "PRITUNL_SECRET": secret, "PRITUNL_ADMIN_TOKEN": token,
                      "PRITUNL_ADMIN_SECRET": secret, "BASE": url}


@pytest.mark.parametrize("names", ["", "nonsense", "url=", "url=1A,token=B,secret=C", "url=A B,token=C,secret=D", "url=A,token=A,secret=C",
                                   "url=A,url=B", "password=A", "url=ä,token=B,secret=C", "terraform+", "url=A;id,token=B,secret=C", "url=A=B"])
def test_names_that_cannot_be(site, home, names):
    site.admin()
    if names == "terraform+":
        assert site.run("export", "--names", names, reveals=True).status in (0, 2)
        return
    failed(site.run("export", "--names", names, "-o", home / "pair"), 2, "names")
    assert tree(home) == {} and site.pritunl.requests == []


def test_the_file_is_private_and_replaced_in_one_step(site, home):
    site.admin()
    target = home / "pair.env"
    target.write_text("PRITUNL_TOKEN=old\n")
    target.chmod(0o644)
    inode = target.stat().st_ino
    previous = os.umask(0)
    try:
        result = site.run("export", "-o", target)
    finally:
        os.umask(previous)
    assert (result.status, result.stdout) == (0, "") and str(target) in result.stderr and "changed" in result.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600 and target.stat().st_ino != inode
    assert [path.name for path in home.iterdir()] == ["pair.env"]


@pytest.mark.parametrize(("text", "mode"), [("0640", 0o640), ("640", 0o640), ("400", 0o400), ("0644", 0o644), ("0600", 0o600)])
def test_the_mode_is_octal(site, home, text, mode):
    site.admin()
    previous = os.umask(0o077)
    try:
        assert site.run("export", "-o", home / "pair", "--mode", text).status == 0
    finally:
        os.umask(previous)
    assert stat.S_IMODE((home / "pair").stat().st_mode) == mode


@pytest.mark.parametrize("words", [("--mode", "0888"), ("--mode", "rw"), ("--mode", "-1"), ("--mode", "04755"), ("--mode", ""), ("--mode", "0x1ff"),
                                   ("--owner", "nobody-of-that-name"), ("--group", "nobody-of-that-name"), ("--owner", "-1"), ("--owner", "4294967295")],
                         ids=" ".join)
def test_attributes_that_cannot_be(site, home, words):
    site.admin()
    failed(site.run("export", "-o", home / "pair", *words), 2, words[0])
    assert tree(home) == {} and site.pritunl.requests == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_and_group(site, home):
    site.admin()
    target = home / "pair"
    assert site.run("export", "-o", target, "--owner", "12345", "--group", "54321", "--mode", "0640").status == 0
    info = target.stat()
    assert (info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode)) == (12345, 54321, 0o640)
    assert site.run("export", "-o", target, "--owner", "root", "--group", "root").status == 0
    assert (target.stat().st_uid, target.stat().st_gid) == (0, 0)


def test_unchanged_is_left_untouched(site, home):
    admin = site.admin()
    target = home / "pair"
    first = site.run("export", "-o", target, "--json").json()
    before = tree(home)
    again = site.run("export", "-o", target)
    assert again.status == 0 and "unchanged" in again.stderr and tree(home) == before
    answer = site.run("export", "-o", target, "--json").json()
    assert (first["changed"], answer["changed"]) == (True, False) and tree(home) == before
    assert {"administrator", "url", "format", "file", "changed", "verified"} <= set(answer)
    assert (answer["administrator"], answer["url"], answer["format"], answer["file"], answer["verified"]) == (
        "pritunl", site.pritunl.url, "dotenv", str(target), True)
    site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": {"secret": site.seed.random_text()}})
    assert site.run("export", "-o", target, "--json").json()["changed"] is True and tree(home) != before
    assert site.run("export", "-o", target, "--no-verify", "--json").json()["verified"] is False


def test_check_compares_and_writes_nothing(site, home):
    admin = site.admin()
    target = home / "pair"
    assert site.run("export", "--check", "-o", target).status == 1 and tree(home) == {}
    site.run("export", "-o", target)
    before = tree(home)
    assert site.run("export", "--check", "-o", target).status == 0
    assert site.run("export", "--check", "-o", target, "--json").json()["changed"] is False
    assert site.run("export", "--check", "-o", target, "-f", "sh").status == 1
    site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": {"token": site.seed.random_text()}})
    result = site.run("export", "--check", "-o", target)
    assert result.status == 1 and result.stdout == "" and "out of date" in result.stderr and tree(home) == before
    site.pritunl.front = "strict"
    failed(site.run("export", "--check", "-o", target), 1, "refuse")
    failed(site.run("export", "--check"), 2, attempt="-o")


def test_what_is_no_ordinary_file_is_refused(site, home, tmp_path):
    site.admin()
    (home / "goal").write_text("goal\n")
    (home / "link").symlink_to(home / "goal")
    (home / "dangling").symlink_to(home / "none")
    (home / "folder").mkdir()
    (home / "world").mkdir()
    (home / "world").chmod(0o777)
    os.mkfifo(home / "fifo")
    if os.geteuid() == 0:       # a node of its own: a broken binary must not cost the machine its /dev/full
        os.mknod(home / "device", stat.S_IFCHR | 0o666, os.makedev(1, 7))
    before = tree(home)
    for target in (["device"] if os.geteuid() == 0 else []) + ["link", "dangling", "folder", "fifo", "world/pair", "none/pair", "folder/", "."]:
        failed(site.run("export", "-o", home / target), 7, str(home))
        assert tree(home) == before, target
    failed(site.run("export", "-o", ""), 7)
    (home / "world").chmod(0o1777)
    assert site.run("export", "-o", home / "world" / "pair").status == 0, "a sticky directory, as /tmp, is in order"


def test_a_full_disk_leaves_the_target_as_it_was(site, home):
    site.admin(secret="s" * 30_000)     # more than the limit, which is more than Debian 12's libmongoc needs to start
    target = home / "pair"
    target.write_text("PRITUNL_TOKEN=old\n")
    before = tree(home)
    limit = ["sh", "-c", 'ulimit -f 16; exec "$0" "$@"', site.tool.binary, "export", "-o", str(target)]
    result = subprocess.run(limit, env=site.tool.environment(), capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 7 and result.stderr.startswith("pritunl-access: ") and result.stdout == "", result
    assert tree(home) == before


def test_refused_by_the_api_writes_nothing(site, home):
    site.admin()
    site.pritunl.front = "strict"
    target = home / "pair"
    target.write_text("PRITUNL_TOKEN=old\n")
    before = tree(home)
    failed(site.run("export", "-o", target), 1, "refuse")
    failed(site.run("export"), 1, "refuse")
    assert tree(home) == before
    assert site.run("export", "-o", target, "--no-verify").status == 0 and tree(home) != before


def test_a_consumer_that_cannot_pin_is_thought_of(site, standin, pki):
    admin = site.admin()
    own = standin(tls=pki.pritunl)
    site.seed.settings(site.db, server_cert=pki.pritunl.certificate)
    for options in ((), ("--pin", pki.pritunl.pin), ("--insecure",)):
        result = site.run("export", "-f", "json", "--url", own.url, *options, reveals=True)
        assert result.status == 0 and set(result.json()) == set(NAMES)
        assert "certificate" in result.stderr and "--insecure-consumer" in result.stderr
        told = site.run("export", "-f", "json", "--url", own.url, "--insecure-consumer", *options, reveals=True)
        assert told.json() == pair(site, admin) | {"PRITUNL_URL": own.url, "PRITUNL_INSECURE": "true"}
        assert "--insecure-consumer" not in told.stderr
    plain = site.run("export", reveals=True)
    assert plain.status == 0 and plain.stderr == "", "no TLS, no certificate"


def test_the_url_is_written_without_a_trailing_slash(site):
    site.admin()
    for url in (site.pritunl.url, site.pritunl.url + "/"):
        assert site.run("export", "-f", "json", "--url", url, reveals=True).json()["PRITUNL_URL"] == site.pritunl.url
