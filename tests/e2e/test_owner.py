# SPDX-License-Identifier: MIT
"""Whose a file is: refused where others could write to it, with the way out; neither refused nor warned about where nobody else can."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from expect import failed, private

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="other users are needed")
NOTHING = {"PRITUNL_ACCESS_MONGODB_URI": None}
URI = "mongodb://127.0.0.1:1/pritunl"
USER = 54321            # in no database of users; nobody is in a group of that number either
PAIR = {"PRITUNL_URL": "https://vpn.example.com", "PRITUNL_TOKEN": "t" * 32, "PRITUNL_SECRET": "s" * 32}


@pytest.fixture
def place():
    """A folder that everybody may enter, and the tool in it."""
    folder = os.path.join("/tmp", "owner-" + os.urandom(6).hex())
    os.mkdir(folder, 0o755)
    os.chmod(folder, 0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def somebody(tool, place):
    """Run the tool as USER, in the group of that number."""
    shutil.copy(tool.binary, place + "/tool")

    def run(*args, env=None):
        return subprocess.run([place + "/tool", *map(str, args)], user=USER, group=USER, extra_groups=[], cwd=place, text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              env=tool.environment(NOTHING | {"HOME": "/"} | (env or {})))
    return run


def make(path, text, owner, group, mode):
    """A file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chown(path, owner, group)
    os.chmod(path, mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o664 & ~0o004])
def test_a_private_group_is_nobody_else(somebody, place, mode):
    path = make(place + "/uri", URI, USER, USER, mode)
    result = somebody("list", "--connect-timeout", "1", "--mongodb-uri-file", path)
    assert result.returncode == 3 and "warning" not in result.stderr, result.stderr


@pytest.mark.parametrize("owner, group, mode", [(USER, USER, 0o662), (USER, 100, 0o660), (USER, 0, 0o660), (0, 100, 0o660)])
def test_another_group_is_somebody_else(somebody, place, owner, group, mode):
    path = make(place + "/uri", URI, owner, group, mode | 0o004)
    result = somebody("list", "--mongodb-uri-file", path)
    assert result.returncode == 2 and "may write to it" in result.stderr and f"try: chmod go-w {path}" in result.stderr, result.stderr


@pytest.mark.parametrize("group, warned", [(USER, False), (100, True)])
def test_who_may_read_is_warned_about(somebody, place, group, warned):
    path = make(place + "/uri", URI, USER, group, 0o640)
    assert ("can be read by others" in somebody("list", "--connect-timeout", "1", "--mongodb-uri-file", path).stderr) == warned


@pytest.mark.skipif(shutil.which("setfacl") is None, reason="setfacl is needed")
def test_an_access_list_names_others(somebody, place):
    path = make(place + "/uri", URI, USER, USER, 0o600)
    if subprocess.run(["setfacl", "-m", "u:12345:rw", path], check=False, capture_output=True).returncode != 0:
        pytest.skip("this file system keeps no access lists")
    assert "its group may write" in somebody("list", "--mongodb-uri-file", path).stderr


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o775, 0o2775, 0o2770])
def test_a_folder_of_the_private_group(somebody, place, mode):
    os.mkdir(place + "/p")
    os.chown(place + "/p", USER, USER)
    os.chmod(place + "/p", mode)
    for changed in ("changed", "unchanged"):
        result = somebody("-s", "env", "export", "--no-verify", "-o", place + "/p/x.env", env=PAIR)
        assert result.returncode == 0 and changed in result.stderr, result.stderr
    info = os.stat(place + "/p/x.env")
    assert (info.st_uid, info.st_gid, info.st_mode & 0o7777) == (USER, USER, 0o600)


@pytest.mark.parametrize("owner, group, mode, word", [
    (USER, 100, 0o775, "a group may write"), (USER, USER, 0o777, "everybody may write"), (USER, 0, 0o2775, "a group may write"),
    (12345, 12345, 0o777, "belongs to another user")])
def test_a_folder_of_others_is_refused(somebody, place, owner, group, mode, word):
    os.mkdir(place + "/p")
    os.chown(place + "/p", owner, group)
    os.chmod(place + "/p", mode)
    result = somebody("-s", "env", "export", "--no-verify", "-o", place + "/p/x.env", env=PAIR)
    assert result.returncode == 7 and word in result.stderr and "try: " in result.stderr, result.stderr
    assert not os.listdir(place + "/p")


@pytest.mark.parametrize("option", ["--mongodb-uri-file", "--pritunl-conf", "--config"])
def test_somebody_elses_file_and_the_way_out(tool, home, option):
    path = private(home / "file", "{}" if option == "--config" else URI)
    os.chown(path, 1000, 1000)
    message = failed(tool.run("list", option, path, env=NOTHING), 2, "another user (1000)", attempt=f"chown root {path}")
    assert str(path) in message
    assert "sudo -u " in tool.run("list", option, path, env=NOTHING).stderr


def test_the_file_of_who_said_sudo(tool, home):
    """His address of the database and his credential are read; what could name programs is not."""
    path = private(home / "file", "PRITUNL_URL=https://127.0.0.1:1\nPRITUNL_TOKEN=tttttttt\nPRITUNL_SECRET=ssssssss\n")
    os.chown(path, 1000, 1000)
    for user, status in (("1001", 2), ("x", 2), ("1000", 5)):
        assert tool.run("verify", "--source", f"file:{path}", env={**NOTHING, "SUDO_UID": user}).status == status
    path.write_text("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100")
    assert tool.run("list", "--mongodb-uri-file", path, env={**NOTHING, "SUDO_UID": "1000"}).status == 3
    path.write_text('{"source": ["command:true"]}')
    failed(tool.run("list", "--config", path, env={**NOTHING, "SUDO_UID": "1000"}), 2, "another user (1000)")


def test_a_file_that_we_may_not_read(somebody, place):
    path = make(place + "/uri", URI, 0, 0, 0o600)
    assert "try: sudo pritunl-access" in somebody("list", "--mongodb-uri-file", path).stderr
    os.chown(path, 1000, 1000)
    shown = somebody("list", "--mongodb-uri-file", path).stderr
    assert "Permission denied" in shown and "sudo -u " in shown
