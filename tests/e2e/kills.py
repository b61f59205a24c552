# SPDX-License-Identifier: MIT
"""
SIGKILL at a system call, by strace: where a command can be killed, and being killed there.

A few points of each command in `make check`; PRITUNL_ACCESS_FAULTS=all (`make check-faults`) tries every one, in shares that run side
by side.
"""

from __future__ import annotations

import collections
import os
import random
import re
import shutil
import subprocess

import pytest

ALL = os.environ.get("PRITUNL_ACCESS_FAULTS") == "all"
SAMPLE = 9
SHARES = 8 if ALL else 1
SEED = 5
CALL = re.compile(r"(\d+)\s+(\w+)\(")
MAIN = "prctl(PR_SET_DUMPABLE"


def every(commands):
    """The marks of a test over (name, share): needs strace, and its time."""
    def mark(test):
        for each in (pytest.mark.skipif(not shutil.which("strace"), reason="needs strace"), pytest.mark.timeout(3600 if ALL else 120),
                     pytest.mark.parametrize("share", range(SHARES)), pytest.mark.parametrize("name", commands)):
            test = each(test)
        return test
    return mark


def strace(tool, args, *options) -> int:
    """Run the tool under strace; its status, or minus the signal."""
    command = ["strace", "-f", "-qq", *options, "--", tool.binary, *map(str, args)]
    done = subprocess.run(command, env=tool.environment({"PRITUNL_ACCESS_RUNNER": ""}), cwd=tool.home, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False)
    return done.returncode


def points(tool, args) -> list:
    """Every (system call, count) that main reaches, from a trace of a run that succeeds."""
    trace = tool.home / "trace"
    assert strace(tool, args, "-o", trace) == 0
    lines = trace.read_text(errors="replace").splitlines()
    trace.unlink()
    begin = next(number for number, line in enumerate(lines) if MAIN in line)
    first = CALL.match(lines[0])[1]
    seen: collections.Counter = collections.Counter()
    found = set()
    for number, line in enumerate(lines):
        call = CALL.match(line)
        if call:
            seen[call.groups()] += 1        # strace counts for each thread
            if number >= begin and (call[1] == first or seen[call.groups()] > seen[first, call[2]]):
                found.add((call[2], seen[call.groups()]))
    assert len(found) > 50, found
    return sorted(found - {("exit_group", 1)})


def kill(tool, tap, args, point) -> bool:
    """
    Kill it there, and wait until the server behind the wire tap has done what was sent to it. Whether it was killed: a call may come
    less often than in the trace.
    """
    call, count = point
    status = strace(tool, args, "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={count}")
    tap.await_idle()
    return status < 0


def chosen(found: list, share: int) -> list:
    """This share of all points, or a sample of them."""
    return found[share::SHARES] if ALL else random.Random(SEED).sample(found, SAMPLE)


def tell(record_property, name: str, killed: int, tried: list) -> None:
    """How often it was killed; said at the end."""
    assert killed >= len(tried) / 2, "most points of the trace are reached again"
    record_property(f"figure: kill points of {name}", killed)
