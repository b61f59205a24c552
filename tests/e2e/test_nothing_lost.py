# SPDX-License-Identifier: MIT
"""What an export would write over is looked at first; and a reader who has enough ends us as it ends every other program."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest
from expect import failed, private

PAIR = {"PRITUNL_URL": "https://vpn.example.com", "PRITUNL_TOKEN": "t" * 32, "PRITUNL_SECRET": "s" * 32}
EXPORT = ("export", "-s", "env", "--no-verify")
OTHERS = [
    ("OPENAI_API_KEY=keep-me\nPRITUNL_TOKEN=old\n", "OPENAI_API_KEY"), ("OTHER=1\n", None), ("export KEEP='me'\n", None),
    ('{"PRITUNL_TOKEN": "old", "keep": "me"}', "keep"), ('{"keep": {"nested": [1]}}', None), ("keep: me\nPRITUNL_TOKEN: old\n", "keep"),
    ("127.0.0.1 localhost\n", None), ("\x00\x01\x02", None), ("-----BEGIN PRIVATE KEY-----\nx\n", None), ("just words\n", None),
    ("# a note\nPRITUNL_TOKEN=a\nKEEP_ME=b\nPRITUNL_URL=c\n", "KEEP_ME"), ('keep_me = "x"\npritunl_token = "y"\n', "keep_me"),
]


@pytest.mark.parametrize("content, name", OTHERS)
def test_other_things_stay(tool, home, content, name):
    path = private(home / "file", content)
    for more in ((), ("-f", "json"), ("--names", "ansible")):
        message = failed(tool.run(*EXPORT, "-o", path, *more, env=PAIR), 7, str(path), "lost", attempt="--replace")
        assert name is None or name in message
        assert "keep-me" not in message and path.read_text() == content
    answer = tool.run(*EXPORT, "-o", path, "--replace", "--json", env=PAIR).json()
    assert answer["changed"] is True and PAIR["PRITUNL_TOKEN"] in path.read_text()


@pytest.mark.parametrize("first", ["dotenv", "docker", "sh", "fish", "json", "yaml", "tfvars", "tfvars-json", "kubernetes"])
def test_what_export_wrote_is_replaced(tool, home, first):
    path = home / "file"
    for form in (first, "dotenv", first):
        assert tool.run(*EXPORT, "-f", form, "-o", path, env=PAIR).status == 0
        assert tool.run(*EXPORT, "-f", form, "-o", path, env=PAIR | {"PRITUNL_TOKEN": "n" * 32}).status == 0
    assert tool.run(*EXPORT, "--names", "exporter+ansible", "-o", path, env=PAIR).status == 0


@pytest.mark.parametrize("content", ["", "PRITUNL_TOKEN=old\n", "TF_VAR_pritunl_token=x\n"])
def test_nothing_of_others_is_replaced(tool, home, content):
    path = private(home / "file", content)
    assert tool.run(*EXPORT, "-o", path, env=PAIR).status == 0


def test_checking_loses_nothing(tool, home):
    path = private(home / "file", OTHERS[0][0])
    assert tool.run(*EXPORT, "--check", "-o", path, env=PAIR).status == 1 and path.read_text() == OTHERS[0][0]


@pytest.mark.parametrize("words", [("rotate", "--overlap", "job", "--yes"), ("issue", "job", "--yes"), ("bootstrap", "--yes")])
def test_before_anything_is_made(site, home, words):
    me = site.admin()
    path = private(home / "file", OTHERS[0][0])
    result = site.run(*words, "-o", path)
    assert result.status == 7 and "OPENAI_API_KEY" in result.stderr and path.read_text() == OTHERS[0][0]
    assert list(site.db.administrators.find()) == [site.db.administrators.find_one({"token": me["token"]})]


# ---- who reads our output


def end(tool, *words, env=None):
    """How the tool ends where nobody reads its standard output: status, and what it says."""
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen([tool.binary, *words], stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE,
                               env=tool.environment(PAIR | (env or {})), cwd=tool.home)
    os.close(writer)
    said = process.communicate(timeout=60)[1].decode()
    return process.returncode, said


@pytest.mark.parametrize("words", [("help",), ("--help",), ("-h",), ("help", "export"), ("export", "--help"), ("--version",),
                                   ("config",), ("config", "--json"), ("completion", "bash"), ("completion", "fish"),
                                   ("show", "-s", "env"), ("show", "-s", "env", "--json"), ("show", "-s", "env", "--field", "url"),
                                   ("export", "-s", "env", "--no-verify", "-q"), ("export", "-s", "env", "--no-verify", "-f", "json", "-q")])
def test_a_reader_who_has_enough(tool, words):
    assert end(tool, *words) == (-signal.SIGPIPE, "")


@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("show",), ("verify",), ("audit",), ("doctor",), ("dump",),
                                   ("sign", "GET", "/status")])
def test_the_same_where_something_was_asked(site, words):
    site.admin()
    assert end(site.tool, *words) == (-signal.SIGPIPE, "")


@pytest.mark.parametrize("words", [("api", "GET", "/status"), ("undo", "--list", "--json")])
def test_not_so_where_something_could_be_changed(site, words):
    site.admin()
    assert end(site.tool, *words) == (7, "pritunl-access: standard output: Broken pipe\n")


def test_a_temporary_administrator_is_taken_back(site):
    site.admin()
    status, _ = end(site.tool, "issue", "job", "--yes")
    assert status in (-signal.SIGPIPE, 7) and site.db.administrators.count_documents({}) == 1


def test_a_password_that_nobody_knows_is_told_of(site):
    """It is made and shown once; where that cannot be known before, the change is not made or is told of."""
    site.admin()
    before = site.db.administrators.find_one()["password"]
    status, said = end(site.tool, "recover", "--yes")
    assert status == 7 and said
    assert site.db.administrators.find_one()["password"] == before or "nobody knows" in said


def test_an_answer_in_json_goes_to_stderr_where_nobody_reads(tool):
    status, said = end(tool, "list", "--json", env={"PRITUNL_ACCESS_MONGODB_URI": "nothing"})
    assert status == 2 and "mongodb://" in said and not said.startswith("{")
    assert json.loads(tool.run("list", "--json", env={"PRITUNL_ACCESS_MONGODB_URI": "nothing"}).stdout)["error"]
