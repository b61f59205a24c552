# SPDX-License-Identifier: MIT
"""
Every command with a system call that fails, and with an allocation that gets nothing: it ends with a status of the manual and a
word, the target is whole or as it was, the administrators too, nothing is left behind, and what was done is said.

A few points of a few commands in `make check`; `make check-faults` tries every system call (of bootstrap's a third), and an
allocation of each place of the code (with FULL=1 all, and those that all commands share under each of them). What was tried is said
at the end, command by command.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from expect import Site
from faulted import COMMANDS, Bench, run
from hostile import SANITIZED
from kills import ALL, FULL, SHOWS, chosen, injected, points

SOURCE = Path(__file__).resolve().parents[1] / "faults" / "allocations.c"
ERRORS = {"openat": "EMFILE", "read": "EIO", "pread64": "EIO", "write": "ENOSPC", "pwrite64": "ENOSPC", "writev": "EIO", "fsync": "EIO",
          "rename": "EIO", "renameat": "EIO", "renameat2": "EIO", "linkat": "EIO", "close": "EIO", "mmap": "ENOMEM", "mprotect": "ENOMEM",
          "getrandom": "EIO", "socket": "EMFILE", "connect": "ECONNREFUSED", "sendto": "ECONNRESET", "sendmsg": "ECONNRESET",
          "recvfrom": "ECONNRESET", "recvmsg": "ECONNRESET", "clone": "EAGAIN", "clone3": "EAGAIN", "unlink": "EACCES",
          "unlinkat": "EACCES", "fchmod": "EPERM", "fchown": "EPERM", "mkdir": "EACCES", "mkdirat": "EACCES", "fstat": "EIO",
          "newfstatat": "EIO", "lseek": "EIO", "poll": "ENOMEM", "pipe2": "EMFILE", "eventfd2": "EMFILE", "socketpair": "EMFILE",
          "setsockopt": "EINVAL", "getsockopt": "EINVAL", "getsockname": "EINVAL", "fcntl": "EINVAL", "ioctl": "EIO", "getdents64": "EIO",
          "dup2": "EMFILE", "wait4": "ECHILD", "execve": "EACCES", "ftruncate": "EIO", "flock": "EIO", "sysinfo": "EPERM", "uname": "EPERM"}
THREADS = ("clone", "clone3")
MOST = 12                   # of them: bootstrap has one more for each round of its wait
BEFORE_MAIN = b"mongoc-init.c"      # Cyrus' own allocations, in a constructor
# libmongoc asks getaddrinfo, and drops why that failed: that there was no memory is not to be told from there being no such name.
THEIRS = re.compile(rb"^pritunl-access: cannot reach the database at .*: its name cannot be resolved$", re.MULTILINE)
MEMORY = re.compile(rb"out of memory|: Cannot allocate memory$", re.MULTILINE)      # ours; the C library's, whose call it was
HOLDING = ("issue", "issue-stdout", "recover", "overlap", "exec-issue")
QUICK = ("export", "systemd", "rotate", "issue") if not ALL else tuple(COMMANDS)
SHARED = {"list": ("list",), "verify": ("verify",)}
SHARE = 5                   # one of so many of the places that a command shares with these
PARTS = {"bootstrap": 12} if ALL else {}     # it waits for a front, seconds each time: several of us do
EVERY = {} if FULL else {"bootstrap": 3}     # of so many of its system calls, one: its rounds make the same ones again and again
DEEP = 7
NO_MEMORY, NOT_RUN = 7, 125     # statuses; the second is exec's own
CALLS = DEEP if FULL else 4     # so many of the calls that led to an allocation tell places apart


def in_parts(names) -> list:
    """Each with a number below its PARTS: of which of its points."""
    marks = {name: [pytest.mark.long] for name in PARTS}
    return [pytest.param(name, part, marks=marks.get(name, ())) for name in names for part in range(PARTS.get(name, 1))]


@pytest.mark.skipif(not shutil.which("strace") or SANITIZED, reason="needs strace, and no sanitizer")
@pytest.mark.timeout(3600 if ALL else 120)
@pytest.mark.parametrize(("name", "part"), in_parts(QUICK))
def test_a_system_call_that_fails(site, name, part, record_property):
    bench = Bench(site, name)
    tool = bench.machine()
    found = [point for point in points(tool, bench.args) if point[0] in ERRORS][::EVERY.get(name, 1)]
    shutil.rmtree(tool.home)
    wrong = []
    met = 0
    for call, count in found[part::PARTS.get(name, 1)] if ALL else chosen(found, 0)[:4]:
        tool = bench.machine()
        trace = tool.home.with_suffix(".trace")
        fault = injected(call, f"error={ERRORS[call]}:when={count}", trace)
        status, out, err = run(tool, ["strace", *fault, "--", tool.binary, *bench.args])
        if status is None and call == "close":
            shutil.rmtree(tool.home)
            continue        # strace leaves open what the kernel closes even where it says EIO: whoever waits for that end waits for ever
        hits = [line for line in trace.read_text(errors="replace").splitlines() if "(INJECTED)" in line]
        met += bool(hits)
        deaf = any(re.match(r"\d+ +write\(2,", line) for line in hits)
        wrong += [f"{name}: {call} {count} {ERRORS[call]}: {each}: {err[:400]!r}" for each in bench.judge(tool, status, out, err, deaf)]
        trace.unlink()
        shutil.rmtree(tool.home)
    record_property(f"fault: a system call fails: {name}", (met, len(wrong)))
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def guarded(tool, secure_database, standin, seed):
    """A site whose database wants a password: each call of it is made in a thread of its own."""
    pritunl = standin(over=secure_database)
    tool.env |= {"PRITUNL_ACCESS_MONGODB_URI": secure_database.uri, "PRITUNL_ACCESS_URL": pritunl.url}
    return Site(tool, secure_database, pritunl, seed)


@pytest.mark.skipif(not shutil.which("strace") or SANITIZED, reason="needs strace, and no sanitizer")
@pytest.mark.timeout(3600 if ALL else 120)
@pytest.mark.parametrize("name", dict.fromkeys(("list", *(name for name in QUICK if name != "exec-issue"))))     # whose child is no thread
def test_a_thread_that_cannot_be_had(guarded, name, record_property):
    """The n-th, or any: what it was for is done without it."""
    bench = Bench(guarded, name)
    tool = bench.machine()
    found = [point for point in points(tool, bench.args) if point[0] in THREADS]
    shutil.rmtree(tool.home)
    call = found[0][0] if found else THREADS[0]
    tried = [str(count) for _, count in found[::len(found) // MOST + 1]] + ["1+"]
    met = 0
    wrong = []
    for when in tried:
        tool = bench.machine()
        trace = tool.home.with_suffix(".trace")
        fault = injected(call, f"error=EAGAIN:when={when}", trace)
        status, out, err = run(tool, ["strace", *fault, "--", tool.binary, *bench.args])
        met += "(INJECTED)" in trace.read_text(errors="replace")
        judged = bench.judge(tool, status, out, err) + ([f"status {status}"] if status != 0 else [])
        wrong += [f"{name}: {call} {when}: {each}: {err[:400]!r}" for each in judged]
        trace.unlink()
        shutil.rmtree(tool.home)
    assert met >= len(tried) / 2 or not found, "most points of the trace are reached again"
    record_property(f"fault: no thread can be had: {name}", (met, len(wrong)))
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(not shutil.which("strace") or SANITIZED, reason="needs strace, and no sanitizer")
@pytest.mark.timeout(3600 if ALL else 120)
@pytest.mark.parametrize("name", HOLDING if ALL else HOLDING[:1])
def test_a_signal(site, name, record_property):
    """SIGTERM wherever it shows: what is held when it comes is not lost."""
    bench = Bench(site, name)
    tool = bench.machine()
    found = points(tool, bench.args)
    shutil.rmtree(tool.home)
    wrong = []
    met = 0
    tried = chosen(found, 0)[:4] if not ALL else [point for point in found if FULL or point[0] in SHOWS]
    for call, count in tried:
        tool = bench.machine()
        trace = tool.home.with_suffix(".trace")
        fault = injected(call, f"signal=TERM:when={count}", trace)
        status, out, err = run(tool, ["strace", *fault, "--", tool.binary, *bench.args])
        wrong += [f"{name}: {call} {count}: {each}: {err[:400]!r}" for each in bench.judge_signal(tool, status, out, err)]
        met += "SIGTERM" in trace.read_text(errors="replace")
        trace.unlink()
        shutil.rmtree(tool.home)
    assert met >= len(tried) / 2, "most points of the trace are reached again"
    record_property(f"fault: SIGTERM: {name}", (met, len(wrong)))
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="session")
def allocations(tmp_path_factory):
    """The library that makes an allocation fail."""
    library = tmp_path_factory.mktemp("faults") / "allocations.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def look_at_allocations(bench, library, args=None, calls=CALLS) -> tuple[dict[int, str], int]:
    """The first allocation of each place of the code, with the place's name, and how many a run makes (of the bench's command)."""
    tool = bench.machine()
    if tool.is_static:
        pytest.skip("LD_PRELOAD is a word of the loader's, and the static file has none: the same code is tried in the other")
    told = tool.home.with_suffix(".told")
    with open(told, "wb") as file:
        environment = {"LD_PRELOAD": str(library), "ALLOCATION_TELLS": str(file.fileno()), "ALLOCATION_CALLS": str(calls)}
        status, _, err = run(tool, [tool.binary, *(args or bench.args)], environment, (file.fileno(),))
    lines = [line.split() for line in told.read_text().splitlines()]
    told.unlink()
    shutil.rmtree(tool.home)
    assert (status == 0 or args) and len(lines) > 1, err
    return dict(sorted((int(number), name) for number, name in lines[:-1])), int(lines[-1][0])


def places_apart(bench, library, calls) -> tuple[list[int], list[int]]:
    """The first allocation of each place that this command comes to and those in SHARED do not; and of each that they do, too."""
    shared = {name for args in SHARED.values() for name in look_at_allocations(bench, library, args, calls)[0].values()}
    found = look_at_allocations(bench, library, calls=calls)[0]
    return [each for each in found if found[each] not in shared], [each for each in found if found[each] in shared]


def chosen_places(bench, library) -> list[int]:
    """What every command does to begin with is tried in the two that do little more, and in each of the others at a few places."""
    if FULL or not ALL or bench.name in SHARED:
        found = list(look_at_allocations(bench, library)[0])
        return found if ALL else found[::len(found) // 5]
    # By all the calls that led there: a place before a write is another one after it.
    own = places_apart(bench, library, DEEP)[0]
    shared = places_apart(bench, library, CALLS)[1]
    return sorted({*own, *shared[list(COMMANDS).index(bench.name) % SHARE::SHARE]})


def not_said_to_be_memory(name, status, err) -> list[str]:
    """Whoever fails for want of memory says so, and has its status: no other cause is made of it."""
    if status is None or status <= 0 or not err.strip() or (status == 3 and THEIRS.search(err)):
        return []
    allowed = {NO_MEMORY, *([NOT_RUN] if name.startswith("exec") else [])}
    return [f"status {status}"] * (status not in allowed) + ["another cause"] * (not MEMORY.search(err))


@pytest.mark.skipif(SANITIZED, reason="a sanitizer allocates by itself")
@pytest.mark.timeout(3600 if ALL else 120)
@pytest.mark.parametrize(("name", "part"), in_parts(name for name in QUICK if name != "exec"))
def test_an_allocation_that_gets_nothing(site, allocations, name, part, record_property):
    bench = Bench(site, name)
    found = chosen_places(bench, allocations)[part::PARTS.get(name, 1)]
    wrong = []
    tried = [(number, {}) for number in found]
    if ALL:
        tried += [(number, {"ALLOCATION_STAYS": "1"}) for number in (found if FULL else found[::5])]
    for number, more in tried:
        tool = bench.machine()
        status, out, err = run(tool, [tool.binary, *bench.args], {"LD_PRELOAD": str(allocations), "ALLOCATION_FAILS": str(number)} | more)
        judged = bench.judge(tool, status, out, err)
        if status is not None and status < 0 and BEFORE_MAIN not in err:
            judged.append(f"signal {-status}")
        judged += not_said_to_be_memory(name, status, err)
        wrong += [f"{name}: allocation {number} {list(more)}: {each}: {err[:400]!r}" for each in judged]
        shutil.rmtree(tool.home)
    record_property(f"fault: an allocation gets nothing: {name}", (len(tried), len(wrong)))
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer allocates by itself")
def test_hashing_does_not_allocate_a_round(site, allocations):
    bench = Bench(site, "recover-file")
    # OpenSSL's provider allocates once a round whatever we do; a context of ours would be as many again.
    assert look_at_allocations(bench, allocations)[1] < 150_000, "100,000 rounds, and one context"
