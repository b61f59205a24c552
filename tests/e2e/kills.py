# SPDX-License-Identifier: MIT
"""
SIGKILL at a system call, by strace: where a command can be killed, and being killed there.

A few points of each command in `make check`. PRITUNL_ACCESS_FAULTS=all (`make check-faults`) tries every one that something outside could
tell from the one before it: between two calls that show, it does not matter where a process is killed. PRITUNL_ACCESS_FAULTS=full
(FULL=1) tries all.
"""

from __future__ import annotations

import collections
import os
import random
import re
import shutil
import subprocess

import pytest

FULL = os.environ.get("PRITUNL_ACCESS_FAULTS") == "full"
ALL = FULL or os.environ.get("PRITUNL_ACCESS_FAULTS") == "all"
SAMPLE = 9
SHARES = 8 if ALL else 1
SEED = 5
CALL = re.compile(r"(\d+)\s+(\w+)\(")
MAIN = "prctl(PR_SET_DUMPABLE"
SHOWS = {"write", "writev", "pwrite64", "sendto", "sendmsg", "connect", "shutdown", "rename", "renameat", "renameat2", "link", "linkat",
         "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "symlinkat", "openat", "ftruncate", "fallocate", "fchmod", "fchmodat", "fchown",
         "fchownat", "fsync", "flock", "clone", "clone3", "vfork", "execve", "kill", "exit_group"}


def every(commands):
    """The marks of a test over (name, share): needs strace, and its time."""
    def mark(test):
        for each in (pytest.mark.skipif(not shutil.which("strace"), reason="needs strace"), pytest.mark.long,
                     pytest.mark.timeout(3600 if ALL else 120), pytest.mark.parametrize("share", range(SHARES)),
                     pytest.mark.parametrize("name", commands)):
            test = each(test)
        return test
    return mark


def strace(tool, args, *options) -> int:
    """Run the tool under strace; its status, or minus the signal."""
    command = ["strace", *options, "--", tool.binary, *map(str, args)]
    done = subprocess.run(command, env=tool.environment({"PRITUNL_ACCESS_RUNNER": ""}), cwd=tool.home, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False)
    return done.returncode


def points(tool, args) -> list:
    """Every (system call, count) that main reaches, from a trace of a run that succeeds."""
    trace = tool.home / "trace"
    assert strace(tool, args, "-f", "-qq", "-o", trace) == 0
    lines = trace.read_text(errors="replace").splitlines()
    trace.unlink()
    begin = next(number for number, line in enumerate(lines) if MAIN in line)
    first = CALL.match(lines[0])[1]
    seen: collections.Counter = collections.Counter()
    found = set()
    gone = set()
    for number, line in enumerate(lines):
        call = CALL.match(line)
        if call and call[1] not in gone:
            seen[call.groups()] += 1        # strace counts for each thread
            if number >= begin and (call[1] == first or seen[call.groups()] > seen[first, call[2]]):
                found.add((call[2], seen[call.groups()]))
            if number >= begin and call[2] == "execve":
                gone.add(call[1])           # another program from here on
    assert len(found) > 10, found
    return sorted(found - {("exit_group", 1)})


def kill(tool, tap, args, point) -> bool:
    """
    Kill it there, and wait until the server behind the wire tap has done what was sent to it. Whether it was killed: a call may come
    less often than in the trace.
    """
    call, count = point
    status = strace(tool, args, *injected(call, f"signal=KILL:when={count}", "/dev/null"))
    tap.await_idle()
    return status < 0


def injected(call: str, what: str, trace) -> list[str]:
    """The options of strace that do this to a system call; those injected end in trace."""
    quicker = ["--seccomp-bpf"] if what.startswith("error=") else []    # with which strace 6.1 sends no signal
    return ["-f", *quicker, "-qq", "-o", str(trace), "-e", f"trace={call}", "-e", f"inject={call}:{what}"]


def chosen(found: list, share: int) -> list:
    """This share of all points that matter, or a sample of them."""
    return [point for point in found if FULL or point[0] in SHOWS][share::SHARES] if ALL else random.Random(SEED).sample(found, SAMPLE)


def tell(record_property, name: str, killed: int, tried: list) -> None:
    """How often it was killed; said at the end."""
    assert killed >= len(tried) / 2, "most points of the trace are reached again"
    record_property(f"fault: SIGKILL: {name}", (killed, 0))
