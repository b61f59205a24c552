# SPDX-License-Identifier: MIT
"""exec --issue: a temporary administrator for as long as one command runs, however it ends."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from expect import failed

FIELD = "pritunl_access"


def issued(site) -> list:
    """The temporary administrators that are there."""
    return list(site.db["administrators"].find({FIELD: {"$exists": True}}))


def python(*lines: str) -> tuple:
    """A command that runs these lines."""
    return "--", sys.executable, "-c", "\n".join(lines)


@pytest.mark.parametrize("end, status", [
    ("sys.exit(0)", 0), ("sys.exit(37)", 37), ("os.kill(os.getpid(), 9)", 137), ("os.kill(os.getpid(), 15)", 143)])
def test_status_and_end(site, end, status):
    site.admin()
    result = site.run("exec", "--issue", "1h", *python("import os, sys", "print(os.environ['PRITUNL_TOKEN'])", "sys.stdout.flush()",
                                                       end), reveals=True)
    assert result.status == status, result.stderr
    assert len(result.stdout.strip()) == 32 and issued(site) == []
    signed = {each.headers.get("auth-token", each.headers.get("Auth-Token")) for each in site.signed()}
    assert result.stdout.strip() in signed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1])
def test_signals_are_passed_on(site, number):
    site.admin()
    running = site.tool.start("exec", "--issue", "1h", *python(
        "import signal, sys", f"signal.signal({int(number)}, lambda *_: sys.exit(61))", "print('ready', flush=True)",
        "while True: signal.pause()"))
    running.await_text("ready")
    assert len(issued(site)) == 1
    running.signal(number)
    assert running.wait().status == 61 and issued(site) == []


def test_a_killed_parent_leaves_an_expiry(site):
    site.admin()
    running = site.tool.start("exec", "--issue", "1h", *python(
        "import sys", "print('ready', flush=True)", "sys.stdin.read()"), stdin=-1)
    running.await_text("ready")
    running.kill()
    assert [each[FIELD]["expires_at"] > each[FIELD]["issued_at"] for each in issued(site)] == [True]


def test_what_cannot_run(site):
    site.admin()
    failed(site.run("exec", "--issue", "1h", "--", "/no/such/program"), 127, "not found", warnings=True)
    failed(site.run("exec", "--issue", "1h", "--", "/etc/passwd"), 126, warnings=True)
    failed(site.run("exec", "--issue", "x", "--", "true"), 125, "lifetime")
    failed(site.run("exec", "--issue", "--", "true"), 125, "--issue wants a value")
    failed(site.run("exec", "--pristine", "-a", "--", "true"), 125, "no command is given behind --")   # a name may be "--"
    failed(site.run("exec", "pritunl", "--issue", "1h", "--", "true"), 125, "takes none")
    site.pritunl.front = "strict"
    failed(site.run("exec", "--issue", "1h", "--", "true"), 125, warnings=True)
    assert issued(site) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_do_not_reach_the_drivers_threads(site, number):
    """With several members libmongoc has threads of its own: one that takes a signal would end the process before it revokes."""
    site.admin()
    site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = site.database.uri_with(directConnection="false")
    running = site.tool.start("exec", "--issue", "1h", *python(
        "import signal, sys", f"signal.signal({int(number)}, lambda *_: sys.exit(61))", "print('ready', flush=True)",
        "while True: signal.pause()"))
    running.await_text("ready")
    others = [each for each in Path(f"/proc/{running.pid}/task").iterdir() if each.name != str(running.pid)]
    masks = [int(re.search(r"SigBlk:\s+(\w+)", (each / "status").read_text())[1], 16) for each in others]
    assert masks and all(mask >> (number - 1) & 1 for mask in masks), masks
    running.signal(number)
    assert running.wait().status == 61 and issued(site) == []


def test_a_key_at_the_terminal_comes_once(site):
    """The terminal tells both; we do not tell the command again."""
    site.admin()
    running = site.tool.start("exec", "--issue", "1h", *python(
        "import signal, sys", "both, count = {signal.SIGINT, signal.SIGTERM}, 0", "signal.pthread_sigmask(signal.SIG_BLOCK, both)",
        "print('ready', flush=True)", "while signal.sigwait(both) == signal.SIGINT:", "    count += 1", "    print('again', flush=True)",
        "sys.exit(40 + count)"), tty=True)
    running.await_text("ready")
    running.type("\x03")
    running.await_text("again")
    running.signal(signal.SIGTERM)
    assert running.wait().status == 41 and issued(site) == []
