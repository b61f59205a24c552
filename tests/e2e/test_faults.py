# SPDX-License-Identifier: MIT
"""
Every command with a system call that fails, and with an allocation that gets nothing: it ends with a status of the manual and a
word, the target is whole or as it was, the administrators too, nothing is left behind, and what was done is said.

A few points of a few commands in `make check`; `make check-faults` tries every system call, and an allocation of each place of the
code (with FULL=1 places are told apart by more of the calls that led there). What was tried is said at the end, command by command.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from faulted import COMMANDS, WRITING, Bench, run
from kills import ALL, FULL, chosen, injected, points

SANITIZED = "ASAN_OPTIONS" in os.environ or "PRITUNL_ACCESS_RUNNER" in os.environ
SOURCE = Path(__file__).resolve().parents[1] / "faults" / "allocations.c"
ERRORS = {"openat": "EMFILE", "read": "EIO", "pread64": "EIO", "write": "ENOSPC", "pwrite64": "ENOSPC", "writev": "EIO", "fsync": "EIO",
          "rename": "EIO", "renameat": "EIO", "renameat2": "EIO", "linkat": "EIO", "close": "EIO", "mmap": "ENOMEM", "mprotect": "ENOMEM",
          "getrandom": "EIO", "socket": "EMFILE", "connect": "ECONNREFUSED", "sendto": "ECONNRESET", "sendmsg": "ECONNRESET",
          "recvfrom": "ECONNRESET", "recvmsg": "ECONNRESET", "clone": "EAGAIN", "clone3": "EAGAIN", "unlink": "EACCES",
          "unlinkat": "EACCES", "fchmod": "EPERM", "fchown": "EPERM", "mkdir": "EACCES", "mkdirat": "EACCES", "fstat": "EIO",
          "newfstatat": "EIO", "lseek": "EIO", "poll": "ENOMEM", "pipe2": "EMFILE", "eventfd2": "EMFILE", "socketpair": "EMFILE",
          "setsockopt": "EINVAL", "getsockopt": "EINVAL", "getsockname": "EINVAL", "fcntl": "EINVAL", "ioctl": "EIO", "getdents64": "EIO",
          "dup2": "EMFILE", "wait4": "ECHILD", "execve": "EACCES", "ftruncate": "EIO", "flock": "EIO", "sysinfo": "EPERM", "uname": "EPERM"}
BEFORE_MAIN = b"mongoc-init.c"      # Cyrus' own allocations, in a constructor
QUICK = ("export", "systemd", "rotate", "issue") if not ALL else tuple(COMMANDS)
# So many of the calls that led to an allocation tell places apart. Between two writes all of them are the same but for their place.
CALLS = {False: {False: 4, True: 5}, True: {False: 6, True: 7}}


@pytest.mark.skipif(not shutil.which("strace") or SANITIZED, reason="needs strace, and no sanitizer")
@pytest.mark.timeout(3600 if ALL else 120)
@pytest.mark.parametrize("name", QUICK)
def test_a_system_call_that_fails(site, name, record_property):
    bench = Bench(site, name)
    tool = bench.machine()
    found = [point for point in points(tool, bench.args) if point[0] in ERRORS]
    shutil.rmtree(tool.home)
    wrong = []
    met = 0
    for call, count in found if ALL else chosen(found, 0)[:4]:
        tool = bench.machine()
        trace = tool.home.with_suffix(".trace")
        fault = injected(call, f"error={ERRORS[call]}:when={count}", trace)
        status, out, err = run(tool, ["strace", *fault, "--", tool.binary, *bench.args])
        hits = [line for line in trace.read_text(errors="replace").splitlines() if "(INJECTED)" in line]
        met += bool(hits)
        deaf = any(re.match(r"\d+ +write\(2,", line) for line in hits)
        wrong += [f"{name}: {call} {count} {ERRORS[call]}: {each}: {err[:400]!r}" for each in bench.judge(tool, status, out, err, deaf)]
        trace.unlink()
        shutil.rmtree(tool.home)
    record_property(f"fault: a system call fails: {name}", (met, len(wrong)))
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="session")
def allocations(tmp_path_factory):
    """The library that makes an allocation fail."""
    library = tmp_path_factory.mktemp("faults") / "allocations.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def look_at_allocations(tool, args, library, calls=4) -> tuple[list[int], int]:
    """The first allocation of each place of the code, and how many a run makes."""
    if tool.is_static:
        pytest.skip("LD_PRELOAD is a word of the loader's, and the static file has none: the same code is tried in the other")
    told = tool.home.with_suffix(".told")
    with open(told, "wb") as file:
        environment = {"LD_PRELOAD": str(library), "ALLOCATION_TELLS": str(file.fileno()), "ALLOCATION_CALLS": str(calls)}
        status, _, err = run(tool, [tool.binary, *args], environment, (file.fileno(),))
    numbers = [int(word) for word in told.read_text().split()]
    told.unlink()
    assert status == 0 and numbers, err
    return sorted(numbers[:-1]), numbers[-1]


@pytest.mark.skipif(SANITIZED, reason="a sanitizer allocates by itself")
@pytest.mark.timeout(3600 if ALL else 120)
@pytest.mark.parametrize("name", [name for name in QUICK if name != "exec"])
def test_an_allocation_that_gets_nothing(site, allocations, name, record_property):
    bench = Bench(site, name)
    tool = bench.machine()
    found, total = look_at_allocations(tool, bench.args, allocations, CALLS[FULL][name in WRITING])
    shutil.rmtree(tool.home)
    if not ALL:
        found = found[::len(found) // 5]
    wrong = []
    tried = [(number, {}) for number in found]
    if ALL:
        tried += [(number, {"ALLOCATION_STAYS": "1"}) for number in (found if FULL else found[::5])]
    for number, more in tried:
        tool = bench.machine()
        status, out, err = run(tool, [tool.binary, *bench.args], {"LD_PRELOAD": str(allocations), "ALLOCATION_FAILS": str(number)} | more)
        judged = bench.judge(tool, status, out, err)
        if status < 0 and BEFORE_MAIN not in err:
            judged.append(f"signal {-status}")
        wrong += [f"{name}: allocation {number} of {total} {list(more)}: {each}: {err[:400]!r}" for each in judged]
        shutil.rmtree(tool.home)
    record_property(f"fault: an allocation gets nothing: {name}", (len(tried), len(wrong)))
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer allocates by itself")
def test_hashing_does_not_allocate_a_round(site, allocations):
    bench = Bench(site, "recover-file")
    tool = bench.machine()
    # OpenSSL's provider allocates once a round whatever we do; a context of ours would be as many again.
    assert look_at_allocations(tool, bench.args, allocations)[1] < 150_000, "100,000 rounds, and one context"
