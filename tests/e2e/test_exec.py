# SPDX-License-Identifier: MIT
"""`exec`: the child has the credential and nothing else of ours, and what becomes of it is what becomes of the command."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys

import pytest
from expect import failed, failed_json, pair, tree

OURS = ("PRITUNL_MONGODB_URI", "MONGODB_URI", "MONGO_URI", "PRITUNL_MONGODB_URI_FILE", "MONGODB_URI_FILE", "MONGO_URI_FILE")
REPORT = r"""
import json, os, resource, signal, sys
descriptors = sorted(int(name) for name in os.listdir("/proc/self/fd"))
mine = [number for number in descriptors if os.path.exists(f"/proc/self/fd/{number}")]
status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\t" in line)
mask = os.umask(0)
print(json.dumps({"environment": dict(os.environ), "arguments": sys.argv[1:], "descriptors": mine, "umask": mask,
                  "core": resource.getrlimit(resource.RLIMIT_CORE), "files": resource.getrlimit(resource.RLIMIT_NOFILE),
                  "ignored": int(status["SigIgn"], 16), "blocked": int(status["SigBlk"], 16), "cwd": os.getcwd(), "pid": os.getpid()}))
"""
# Python ignores SIGPIPE and SIGXFSZ itself; 32 and 33 are the C library's own, which programs started by make may have ignored.
EXPECTED_IGNORED = 1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1) | 1 << 31 | 1 << 32


def child(site, *args, options=(), **popen) -> dict:
    """What a child of exec finds."""
    result = site.run("exec", *options, "--", sys.executable, "-I", "-S", "-c", REPORT, *args, reveals=True, **popen)
    assert result.status == 0 and result.stderr == "", (result.status, result.stderr)
    return result.json()


def test_the_credential_is_there_and_the_database_is_not(site, home):
    admin = site.admin()
    uri = dict.fromkeys(OURS, site.database.uri)
    found = child(site, env=uri | {"PRITUNL_ACCESS_ADMINISTRATOR": "pritunl", "PRITUNL_ACCESS_ANYTHING": "x", "KEPT": "kept value",
                                   "PRITUNL_SECRET": "an old one", "PRITUNL_OTHER": "stays", "EMPTY": ""})["environment"]
    assert {name: found[name] for name in pair(site, admin)} == pair(site, admin)
    assert (found["KEPT"], found["PRITUNL_OTHER"], found["EMPTY"], found["HOME"]) == ("kept value", "stays", "", str(home))
    assert not [name for name in found if name in OURS or name.startswith("PRITUNL_ACCESS")]
    assert site.database.name not in json.dumps(found)
    assert tree(home) == {}


def test_pristine(site):
    admin = site.admin()
    found = child(site, options=("--pristine", "--names", "ansible"), env={"TERM": "xterm", "KEPT": "no", "LD_PRELOAD": "", "SHELL": "/bin/sh"})
    allowed = {"PATH", "HOME", "LANG", "TERM"}
    environment = {name: value for name, value in found["environment"].items() if name != "LC_CTYPE"}      # Python's own
    assert allowed & set(environment) == allowed
    assert {name: value for name, value in environment.items() if name not in allowed} == dict(
        zip(("pritunl_url", "pritunl_api_token", "pritunl_api_secret"), pair(site, admin).values(), strict=True))


def test_a_name_that_the_child_has_already_is_replaced_once(site):
    admin = site.admin()
    result = site.run("exec", "--names", "url=PATH_TO,token=KEPT,secret=S", "--", "env", env={"KEPT": "old", "S": "old"}, reveals=True)
    assert result.stdout.count("KEPT=") == 1 and f"KEPT={admin['token']}" in result.stdout.splitlines()


def test_no_descriptor_above_2_is_inherited(site):
    site.admin()
    found = child(site)
    assert [number for number in found["descriptors"] if number > 2] == []


@pytest.mark.parametrize("mask", [0o022, 0o027, 0])
def test_umask_limits_signals_and_directory_are_the_callers(site, tmp_path, mask):
    site.admin()

    def limits():
        resource.setrlimit(resource.RLIMIT_CORE, (4096, 8192))
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 200))

    dumps = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":disable_coredump=0"}     # else the sanitizer changes the limit
    found = child(site, umask=mask, cwd=tmp_path, preexec_fn=limits, env=dumps)
    assert (found["umask"], found["core"], found["files"], found["cwd"]) == (mask, [4096, 8192], [100, 200], str(tmp_path))
    assert found["ignored"] & ~EXPECTED_IGNORED == 0 and found["blocked"] == 0


@pytest.mark.parametrize("ignored", [True, False])
def test_sigpipe_is_as_the_caller_had_it(site, ignored):
    site.admin()

    def choose():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN if ignored else signal.SIG_DFL)

    result = site.run("exec", "--", "grep", "SigIgn", "/proc/self/status", preexec_fn=choose, restore_signals=False)
    assert bool(int(result.stdout.split()[1], 16) & 1 << (signal.SIGPIPE - 1)) is ignored


def test_arguments_pass_untouched(site):
    site.admin()
    given = ["", "two words", "-o", "--json", "--", "-", "$HOME", "*", "'", '"', "\\", "line\nbreak", "käse", "--mongodb-uri", "exec"]
    assert child(site, *given)["arguments"] == given


def test_options_of_the_command_are_not_ours(site):
    site.admin()
    assert site.run("exec", "--", "echo", "--version", "--help", "-q").stdout == "--version --help -q\n"
    assert site.run("exec", "pritunl", "--", "echo", "x").stdout == "x\n"
    failed(site.run("exec", "echo", "x"), 125)


def test_it_becomes_the_command(site):
    site.admin()
    running = site.tool.start("exec", "--", "sh", "-c", "echo $$; exec sleep 600")
    assert running.await_text("\n").strip() == str(running.pid)
    running.signal(signal.SIGTERM)
    assert running.wait().status == -signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_signals_are_the_childs(site, number):
    site.admin()
    script = f"trap 'echo caught; exit 9' {number.name[3:]}; echo ready; while :; do sleep 0.01; done"
    running = site.tool.start("exec", "--", "sh", "-c", script)
    running.await_text("ready")
    running.signal(number)
    result = running.wait()
    assert (result.status, result.stdout) == (9, "ready\ncaught\n")


def test_a_child_that_is_killed(site):
    site.admin()
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT):
        assert site.run("exec", "--", "sh", "-c", f"ulimit -c 0; kill -{number.value} $$").status == -number


def test_standard_input_is_the_commands(site):
    site.admin()
    assert site.run("exec", "--", "cat", stdin="for the command\n").stdout == "for the command\n"
    uri = {"PRITUNL_ACCESS_MONGODB_URI": None}
    rest = site.run("exec", "--mongodb-uri-file", "-", "--", "cat", stdin=site.database.uri + "\n", env=uri)
    assert (rest.status, rest.stdout) == (0, "")


def test_nothing_runs_when_the_api_refuses(site, home):
    site.admin()
    site.pritunl.front = "strict"
    failed(site.run("exec", "--", "touch", home / "ran"), 125, "refuse", attempt="pritunl-access ")
    failed_json(site.run("exec", "--json", "--", "touch", home / "ran"), 125, kind="web-strict")
    assert tree(home) == {}
    assert site.run("exec", "--no-verify", "--", "touch", home / "ran").status == 0 and (home / "ran").exists()


def test_our_own_failures_are_125(site, home, address):
    site.admin()
    ran = ("--", "touch", home / "ran")
    failed(site.run("exec", "--url", f"http://{address('refused')}", *ran), 125)
    failed(site.run("exec", "--names", "bad", *ran), 125, "names")
    failed(site.run("exec", "--timeout", "x", *ran), 125, "timeout")
    failed(site.run("--timeout", "x", "exec", *ran), 125, "timeout")
    failed(site.run("--no-such-option", "exec", *ran), 125, "--no-such-option")
    failed(site.run("--timeout", "x", "list", "--", "exec"), 2, "timeout")
    failed(site.run("exec", "--no-such-option", *ran), 125, "--no-such-option")
    failed(site.run("exec", *ran, env={"PRITUNL_ACCESS_TIMEOUT": "never"}), 125, "PRITUNL_ACCESS_TIMEOUT")
    failed(site.run("exec", *ran, env={"PRITUNL_ACCESS_MONGODB_URI": "nonsense"}), 125)
    site.db["administrators"].update_one({}, {"$set": {"secret": None}})
    failed(site.run("exec", *ran), 125, "secret")
    assert tree(home) == {}


def test_a_program_is_found_as_a_shell_finds_it(site, home):
    site.admin()
    (home / "bin").mkdir()
    script = home / "bin" / "my program"
    script.write_text("#!/bin/sh\necho \"$0\" \"$PRITUNL_URL\"\n")
    script.chmod(0o700)
    path = {"PATH": f"{home / 'bin'}:{os.environ['PATH']}"}
    assert site.run("exec", "--", "my program", env=path).stdout == f"{script} {site.pritunl.url}\n"
    script.chmod(0o600)
    failed(site.run("exec", "--", "my program", env=path), 126, "my program")
    failed(site.run("exec", "--", ""), 127)
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o700)
    assert site.run("exec", "--", script).status in (126, 127)


def test_without_standard_streams_nothing_of_ours_lands_in_them(site, home):
    """With 0, 1 and 2 closed, no socket of ours becomes the child's standard output."""
    site.admin()
    command = f'exec "{site.tool.binary}" exec -- sh -c "ls -l /proc/self/fd > {home}/fds 2>&1" <&- >&- 2>&-'
    subprocess.run(["sh", "-c", command], env=site.tool.environment(), cwd=home, timeout=60, check=False)
    text = (home / "fds").read_text()
    assert "socket" not in text and "anon_inode" not in text
