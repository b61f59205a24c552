# SPDX-License-Identifier: MIT
"""What export leaves behind in each format: files, directories, GITHUB_ENV; names; and forget."""

from __future__ import annotations

import base64
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import yaml
from expect import configure, failed, private, tree

URL = "https://vpn.example.com"


@pytest.fixture
def pair(tool, canaries):
    """A pair in the environment, to be exported without asking an API."""
    token, secret = canaries.register(os.urandom(16).hex(), "the token"), canaries.register(os.urandom(16).hex(), "the secret")
    tool.env |= {"PRITUNL_URL": URL, "PRITUNL_TOKEN": token, "PRITUNL_SECRET": secret}
    return token, secret


def export(tool, *args, **how):
    """Export from the environment."""
    return tool.run("export", "--source", "env", "--no-verify", *args, **how)


# ---- github


def test_github(tool, pair, home):
    """Masks first on stdout; heredocs at the end of what is there, whose last line is ended first."""
    env = private(home / "github_env", "BEFORE=1")
    result = export(tool, "-f", "github", env={"GITHUB_ENV": str(env)}, reveals=True)
    assert result.status == 0, result.stderr
    assert result.stdout == f"::add-mask::{pair[0]}\n::add-mask::{pair[1]}\n"
    text = env.read_text()
    assert re.fullmatch(r"BEFORE=1\n(?:\w+<<(\w+)\n.*\n\1\n){3}", text)
    assert export(tool, "-f", "github", env={"GITHUB_ENV": str(env)}, reveals=True).status == 0
    assert env.read_text() == text, "unchanged content is left untouched"
    check = ("-f", "github", "--check", "-o", env)
    assert export(tool, *check).status == 0
    env.write_text(text + "PRITUNL_TOKEN=later\n")
    assert export(tool, *check).status == 1
    assert export(tool, "-f", "github", "-o", env, reveals=True).status == 0
    assert export(tool, *check).status == 0


def test_github_masks_are_escaped(tool, pair, home, canaries):
    secret = canaries.register("a%b::set-env\nsecond " + os.urandom(8).hex())
    result = export(tool, "-f", "github", "-o", home / "env", env={"PRITUNL_SECRET": secret}, reveals=True)
    assert result.stdout.splitlines()[1] == "::add-mask::" + secret.replace("%", "%25").replace("\n", "%0A")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_github_in_a_container_whose_file_is_the_runners(tool, pair, home):
    """There root works, and the file is the runner's: it is appended to, so it may be compared as well."""
    env = private(home / "github_env", "BEFORE=1\n")
    os.chown(env, 1001, 1001)
    assert export(tool, "-f", "github", env={"GITHUB_ENV": str(env)}, reveals=True).status == 0
    assert pair[1] in env.read_text()
    before = env.read_text()
    assert export(tool, "-f", "github", env={"GITHUB_ENV": str(env)}, reveals=True).status == 0 and env.read_text() == before


def test_github_refusals(tool, pair, home):
    result = export(tool, "-f", "github", env={"GITHUB_ENV": str(home)}, reveals=True)
    assert result.status == 7 and f"{home}: " in result.stderr, "an output that cannot be written"
    failed(export(tool, "-f", "github", "-o", "-"), 2)
    failed(export(tool, "-f", "github"), 2, "GITHUB_ENV")
    failed(export(tool, "-f", "github", "-o", home / "env", env={"PRITUNL_SECRET": "with\rcarriage"}), 7, attempt="-f ")
    assert not (home / "env").exists()


# ---- kubernetes


def test_kubernetes(tool, pair):
    result = export(tool, "-f", "kubernetes", "--name", "a.b-1", "--namespace", "on", reveals=True)
    manifest = yaml.safe_load(result.stdout)
    assert manifest["metadata"] == {"name": "a.b-1", "namespace": "on"}
    assert base64.b64decode(manifest["data"]["PRITUNL_SECRET"]).decode() == pair[1]
    assert yaml.safe_load(export(tool, "-f", "kubernetes", reveals=True).stdout)["metadata"] == {"name": "pritunl-api"}


@pytest.mark.parametrize("args", [("--name", "A"), ("--name", ""), ("--name", "a..b"), ("--name", "-a"), ("--name", "a\nb"), ("--name", "a" * 254),
                                  ("--namespace", "a.b"), ("--namespace", "a" * 64), ("--namespace", 'x"\nkind: Pod')])
def test_kubernetes_names(tool, pair, args):
    assert export(tool, "-f", "kubernetes", *args).status == 2
    assert export(tool, "-f", "json", "--name", "x").status == 2


# ---- systemd


def test_systemd(tool, pair, home):
    """A directory of 0700 with files of 0400, exchanged as a whole."""
    target = home / "credentials"
    assert export(tool, "-f", "systemd", "-o", target).status == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    assert {path.name: (stat.S_IMODE(path.stat().st_mode), path.read_text()) for path in target.iterdir()} == {
        "PRITUNL_URL": (0o400, URL), "PRITUNL_TOKEN": (0o400, pair[0]), "PRITUNL_SECRET": (0o400, pair[1])}
    before = tree(home)
    assert "unchanged" in export(tool, "-f", "systemd", "-o", f"{target}/").stderr
    assert tree(home) == before
    assert export(tool, "-f", "systemd", "-o", target, "--check").status == 0
    result = export(tool, "-f", "systemd", "-o", target, "--names", "pritunl-api")
    assert result.status == 0 and {path.name for path in target.iterdir()} == {"PRITUNL_BASE_URL", "PRITUNL_API_TOKEN", "PRITUNL_API_SECRET"}
    assert export(tool, "-f", "systemd", "-o", target, "--check").status == 1
    assert [path.name for path in home.iterdir()] == ["credentials"]


def test_systemd_refusals(tool, pair, home):
    """Nothing that is not ours is lost."""
    failed(export(tool, "-f", "systemd"), 2)
    failed(export(tool, "-f", "systemd", "-o", home / "x", "--mode", "0644"), 2)
    folder = home / "folder"
    folder.mkdir()
    (folder / "precious").write_text("x")
    failed(export(tool, "-f", "systemd", "-o", folder), 7, "precious")
    (folder / "precious").unlink()
    (folder / "PRITUNL_URL").mkdir()
    failed(export(tool, "-f", "systemd", "-o", folder), 7)
    (folder / "PRITUNL_URL").rmdir()
    (home / "link").symlink_to(folder)
    failed(export(tool, "-f", "systemd", "-o", home / "link"), 7)
    (home / "file").write_text("x")
    failed(export(tool, "-f", "systemd", "-o", home / "file"), 7)
    assert export(tool, "-f", "systemd", "-o", folder).status == 0


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is missing")
def test_systemd_exchanges_in_one_step(tool, pair, home):
    """Shown by tracing: modes are set before renameat2, which is the only step that touches the name."""
    target, log = home / "credentials", home / "log"
    for flag in ("RENAME_NOREPLACE", "RENAME_EXCHANGE"):
        command = ["strace", "-f", "-e", "trace=renameat2,rename,renameat,fchmod,fchown,mkdirat,unlinkat,fsync", "-o", log, tool.binary,
                   "export", "--source", "env", "--no-verify", "-f", "systemd", "-o", target, "--names", "terraform" if "NO" in flag else "exporter"]
        subprocess.run(command, env=tool.environment() | {"ASAN_OPTIONS": "detect_leaks=0"}, check=True, capture_output=True)
        calls = log.read_text().splitlines()
        renames = [number for number, line in enumerate(calls) if "rename" in line]
        assert len(renames) == 1 and flag in calls[renames[0]] and "= 0" in calls[renames[0]]
        assert sum("fchmod" in line and "0400" in line for line in calls[:renames[0]]) == 3
        assert not any("fchmod" in line or "fchown" in line for line in calls[renames[0]:])


@pytest.mark.skipif(not shutil.which("strace") or os.geteuid() != 0, reason="strace and root are needed")
def test_attributes_are_set_before_the_file_is_visible(tool, pair, home):
    """Owner, group and mode, then the content, then the name."""
    log = home / "log"
    command = ["strace", "-f", "-e", "trace=openat,linkat,renameat,fchmod,fchown,write,fsync", "-o", log, tool.binary, "export", "--source",
               "env", "--no-verify", "-o", home / "out", "--mode", "0640", "--owner", "12345", "--group", "54321"]
    subprocess.run(command, env=tool.environment() | {"ASAN_OPTIONS": "detect_leaks=0"}, check=True, capture_output=True)
    calls = [re.sub(r"^\d+ +", "", line) for line in log.read_text().splitlines()]
    first = next(number for number, line in enumerate(calls) if line.startswith("fchown"))
    order = [line.split("(")[0] for line in calls[first:] if re.match(r"(?!openat)\w+\(", line)]
    assert order[:5] == ["fchown", "fchown", "fchmod", "write", "fsync"], order
    assert min(number for number, call in enumerate(order) if call in ("linkat", "renameat")) > 4
    info = (home / "out").stat()
    assert (info.st_uid, info.st_gid, stat.S_IMODE(info.st_mode)) == (12345, 54321, 0o640)


# ---- names


@pytest.mark.parametrize("names", ["token=A-B", "token=1A", "token=-n", "token=--", "token=A B", "token=A;id", "token=$(id)", "token=A\nB",
                                   "token=Ä", "token=", "token=PATH", "secret=LD_PRELOAD", "token=IFS", "token=BASH_ENV", "token=GITHUB_TOKEN",
                                   "token=NODE_OPTIONS", "token=" + "A" * 1000, "token=X,secret=X", "token=A,token=B", "nobody", "", "+",
                                   "token=A[0]", "token=A=B"])
def test_names_are_never_code(tool, pair, home, names):
    """Refused before anything is asked or written, from the command line and from a profile."""
    assert export(tool, "--names", names).status in ((2, 0) if names == "" else (2,))
    assert tool.run("exec", "--source", "env", "--no-verify", "--names", names or "+", "--", "true").status == 125
    configure(home, profiles={"p": {"names": names or "+"}})
    before = tree(home)
    for format_name in ("sh", "github", "yaml", "systemd", "kubernetes"):
        assert export(tool, "-p", "p", "-f", format_name, "-o", home / "out").status == 2
    assert tree(home) == before


def test_terraform_names_in_tfvars(tool, pair):
    out = export(tool, "-f", "tfvars", reveals=True).stdout
    assert out.splitlines()[0] == f'pritunl_url = "{URL}"' and "pritunl_token" in out and "pritunl_secret" in out
    out = export(tool, "-f", "tfvars-json", "--insecure-consumer", "--names", "terraform+exporter", reveals=True).stdout
    assert '"pritunl_insecure": "true"' in out and '"PRITUNL_ADMIN_TOKEN"' in out


@pytest.mark.parametrize("format_name", ["tfvars", "tfvars-json"])
def test_what_terraform_would_normalise(tool, pair, canaries, format_name):
    secret = canaries.register("decomposed u\u0308 " + os.urandom(8).hex())
    result = export(tool, "-f", format_name, env={"PRITUNL_SECRET": secret})
    failed(result, 7, "pritunl_secret", attempt="-f ")
    assert export(tool, "-f", format_name, env={"PRITUNL_SECRET": secret.replace("u\u0308", "ü")}, reveals=True).status == 0


# ---- forget


@pytest.mark.parametrize("format_name", ["dotenv", "docker", "sh", "fish", "json", "yaml", "tfvars", "tfvars-json", "github", "kubernetes", "systemd"])
def test_forget(tool, pair, home, format_name):
    target = home / "out"
    assert export(tool, "-f", format_name, "-o", target, reveals=True).status == 0
    result = tool.run("forget", target, "--json")
    assert (result.status, result.json()) == (0, {"deleted": [str(target)]})
    assert not target.exists()
    failed(tool.run("forget", target), 2)


def test_forget_looks_first(tool, pair, home):
    """Nothing is deleted where one of them is not what it should be."""
    good = home / "good"
    export(tool, "-o", good)
    folder = home / "folder"
    folder.mkdir()
    (folder / "x").write_text("")
    (home / "link").symlink_to(good)
    bad = {"notes": "hello\n", "mixed": good.read_text() + "DATABASE_URL='x'\n", "half": "PRITUNL_TOKEN='x'\n", "empty": "",
           "json": '{"PRITUNL_TOKEN": "a", "PRITUNL_SECRET": "b", "more": "x"}', "document": "{token: 'a', secret: 'b', username: 'c'}"}
    for name, text in bad.items():
        private(home / name, text)
        failed(tool.run("forget", good, home / name), 2, str(home / name))
    failed(tool.run("forget", good, home / "link"), 2)
    assert tool.run("forget", folder).status == 7
    failed(tool.run("forget"), 2)
    assert good.exists() and Path(home / "mixed").exists() and (folder / "x").exists()
    assert tool.run("forget", "--", good).status == 0
