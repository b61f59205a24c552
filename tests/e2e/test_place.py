# SPDX-License-Identifier: MIT
"""Where the program is put and what it is given there: other rights, limits, relative homes, pipes, directories of others."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess

import pytest
import shlex
from expect import configure, failed, private

VARIABLES = ("HOME", "STATE_DIRECTORY", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
OTHER_GROUP = 12345


def no_files():
    """Nothing may be written, and the signal that says so is at its default."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize("command", [("--version",), ("list",)])
def test_a_limit_of_no_files_does_not_end_it(site, command):
    site.admin()
    result = site.run(*command, preexec_fn=no_files)
    assert result.status == 0, (result.status, result.stderr)


def test_what_becomes_of_it_has_the_limits_signal_again(site):
    site.admin()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    result = site.run("exec", "--no-verify", "--", "grep", "SigIgn", "/proc/self/status", preexec_fn=limit)
    assert result.status == 0 and not int(result.stdout.split()[1], 16) & 1 << (signal.SIGXFSZ - 1), result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give a file to a group that is not ours")
def test_a_copy_with_rights_of_its_own_refuses(tool, tmp_path):
    copy = tmp_path / "copy"
    shutil.copy(tool.binary, copy)
    os.chown(copy, 0, OTHER_GROUP)
    copy.chmod(0o2755)
    configure(tool.home, source="command:/usr/bin/touch ran", url="http://127.0.0.1:1")
    done = subprocess.run([copy, "show"], env=tool.environment(), cwd=tool.home, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "set-gid" in done.stderr and not (tool.home / "ran").exists(), done


@pytest.mark.parametrize("name", VARIABLES)
def test_a_relative_directory_is_ignored_with_a_word(site, name):
    site.admin()
    result = site.run("rotate", "--yes", "--no-undo" if name == "HOME" else "--quiet", env={name: "relative"}, reveals=True)
    assert result.status == 0, result.stderr
    assert not (site.tool.home / "relative").exists()
    if name == "HOME":
        assert "HOME is ignored" in result.stderr


def test_a_relative_directory_is_named(site):
    site.admin()
    result = site.run("list", env={"XDG_CONFIG_HOME": "relative/config"})
    assert result.status == 0 and "warning: XDG_CONFIG_HOME is ignored, because it is no absolute path" in result.stderr
    private(site.tool.home / "relative" / "config" / "pritunl-access" / "config.json", json.dumps({"nonsense": 1}))
    assert site.run("list", env={"XDG_CONFIG_HOME": "relative/config"}).status == 0


@pytest.mark.parametrize(("mode", "status"), [(0o777, 2), (0o1777, 0), (0o755, 0), (0o700, 0)])
def test_a_configuration_where_everybody_may_write(site, tmp_path, mode, status):
    site.admin()
    folder = tmp_path / "shared"
    path = private(folder / "config.json", "{}")
    folder.chmod(mode)
    result = site.run("list", "--config", path)
    assert result.status == status, result.stderr
    if status:
        failed(result, 2, "config.json: refused, because everybody may write to its directory", attempt="chmod o-w ")


@pytest.mark.parametrize("option", ["--config", "--mongodb-uri-file", "--pritunl-conf"])
def test_a_pipe_that_nobody_writes_ends_at_the_timeout(tool, option):
    os.mkfifo(tool.home / "pipe", 0o600)
    result = tool.run("list", option, "pipe", "--timeout", 1)
    failed(result, 2 if option != "--pritunl-conf" else result.status, "pipe", attempt="--timeout" if option != "--pritunl-conf" else None)
    assert result.status in (2, 3)


@pytest.mark.parametrize("parts", [["{uri}"], ["{uri}", ""], ["mongodb", "://", "{rest}"]])
def test_a_pipe_that_somebody_writes_is_read(site, parts):
    site.admin()
    pipe = site.tool.home / "pipe"
    os.mkfifo(pipe, 0o600)
    uri = site.database.uri
    running = site.tool.start("list", "--mongodb-uri-file", "pipe", env={"PRITUNL_ACCESS_MONGODB_URI": None})
    with pipe.open("w") as writer:
        for part in parts:
            writer.write(part.format(uri=uri, rest=uri.removeprefix("mongodb://")))
            writer.flush()
    result = running.wait()
    assert result.status == 0 and "pritunl" in result.stdout, result.stderr


def test_a_program_that_has_ended_before_its_pipe_is_read(site):
    site.admin()
    script = f"sleep 0 | cat; exec {shlex.quote(site.tool.binary)} list --mongodb-uri-file <(printf %s {site.database.uri!r})"
    done = subprocess.run(["bash", "-c", script], env=site.tool.environment({"PRITUNL_ACCESS_MONGODB_URI": None}), cwd=site.tool.home,
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0 and "pritunl" in done.stdout, done


# ---- names


INVISIBLE = ["pri\u200btunl", "pritunl\u2060", "\ufeffpritunl", "pri\u00adtunl", "pritunl\u3164", "pritunl\U000e0041", "pritunl\u2800", "pritunl\u00a0",
             "pritunl\u2003", "pritunl\u3000"]


@pytest.mark.parametrize("name", INVISIBLE)
def test_a_second_one_does_not_look_like_the_first(site, name):
    site.admin()
    site.admin(name)
    shown = name.translate({ord(each): f"<U+{ord(each):04X}>" for each in name if not each.isascii()})
    for command in (("list",), ("audit",)):
        result = site.run(*command)
        assert shown in result.stdout and name not in result.stdout, result.stdout
    answer = site.run("list", "--json")
    assert name in [each["administrator"] for each in answer.json()] and name not in answer.stdout
    result = site.run("show")
    assert shown in result.stderr and name not in result.stderr
