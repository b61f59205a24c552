# SPDX-License-Identifier: MIT
"""
Every command with a system call that fails, and with an allocation that gets nothing: it ends with a status of the manual and a
word, the target is whole or as it was, the administrator too, and nothing is left behind.

A few points of a few commands in `make check`; PRITUNL_ACCESS_FAULTS=all (`make check-faults`) tries every one. What was tried is
said at the end, command by command.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import bson
import pytest
from changes import raw
from expect import private
from harness import canary
from harness.tool import Record, Tool
from kills import ALL, chosen, points

DOCUMENTED = {*range(10), 125}
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
COMMANDS = {
    "list": ["list"], "show": ["show", "--reveal"], "verify": ["verify"], "doctor": ["doctor"], "audit": ["audit"], "config": ["config"],
    "export": ["export", "-o", "target"], "systemd": ["export", "-f", "systemd", "-o", "target"], "exec": ["exec", "--", "/bin/true"],
    "sign": ["sign", "GET", "/status"], "api": ["api", "GET", "/status"], "snapshot": ["snapshot", "-o", "target"],
    "rotate": ["rotate", "--yes"], "disable": ["disable", "--yes"], "issue": ["issue", "job", "--yes", "-o", "target"],
    "recover": ["recover", "--yes", "--password-file", "password"], "dump": ["dump", "-o", "target"],
}
QUICK = ("export", "systemd", "rotate", "issue") if not ALL else tuple(COMMANDS)
FIELD = "pritunl_access"


class Bench:
    """A site to which the same command can be given again and again, each time as if for the first time."""

    def __init__(self, site, name):
        self.site, self.name, self.args = site, name, COMMANDS[name]
        site.seed.settings(site.db, server_port=site.pritunl.port, server_ssl=False)
        self.before = site.admin()
        self.raw = raw(site.db)
        self.good = self._good()

    def machine(self) -> Tool:
        """A home of its own, and the database as it was."""
        home = Path(tempfile.mkdtemp(dir=self.site.tool.home))
        tool = Tool(home, env=self.site.tool.env)
        private(home / "password", "a new password")
        people = self.site.db["administrators"]
        people.delete_many({"_id": {"$ne": self.before["_id"]}})
        people.replace_one({"_id": self.before["_id"]}, self.before)
        return tool

    def _good(self):
        tool = self.machine()
        result = tool.run(*self.args, reveals=True)
        assert result.status == 0, result.stderr
        kept = self.content(tool.home)
        shutil.rmtree(tool.home)
        return kept

    @staticmethod
    def content(home):
        """Of the target: what is in it."""
        target = home / "target"
        if target.is_dir():
            return {path.name: path.read_bytes() for path in target.iterdir()}
        return target.read_bytes() if target.exists() else None

    def judge(self, tool, status, out, err) -> list[str]:
        """What is wrong after a run with a fault in it."""
        self.site.tool.records.append(Record(tuple(self.args), out, err, self.name in ("show", "exec")))
        return self.judge_end(status, out, err) + self.judge_target(tool, status) + self.judge_database()

    @staticmethod
    def judge_end(status, out, err) -> list[str]:
        """It ended as it says, and with a word."""
        found = []
        if status < 0 and b"pritunl-access: crashed" not in err:
            found.append(f"signal {-status} without a word")
        elif status >= 0 and status not in DOCUMENTED:
            found.append(f"status {status}")
        elif status > 0 and not err.strip() and not out.strip():
            found.append(f"status {status} without a word")
        return found

    def judge_target(self, tool, status) -> list[str]:
        """Old or new, whole, and nothing beside it."""
        found = []
        left = [path.name for path in tool.home.rglob("*") if path.name.startswith(".pritunl-access")]
        kept = self.content(tool.home)
        if left:
            found.append(f"left {left}")
        if kept is not None and self.name not in ("issue", "snapshot", "dump") and kept != self.good:
            found.append("the target is neither old nor new")
        if kept is not None and self.good is not None and len(kept) < len(self.good) * 0.9:
            found.append("the target is a part")
        if status == 0 and self.good is not None and kept is None:
            found.append("done, and no target")
        return found

    def judge_database(self) -> list[str]:
        """The administrator is whole; a temporary one has its end."""
        now = bson.decode(raw(self.site.db))
        canary.register_fields(now)
        found = []
        if raw(self.site.db) != self.raw:
            changed = {key for key in now if now[key] != self.before.get(key)}
            allowed = {"rotate": {"token", "secret"}, "disable": {"auth_api"},
                       "recover": {"password", "default", "default_password", "sessions"}}.get(self.name, set())
            whole = {"rotate": {"token", "secret"}, "disable": {"auth_api"}, "recover": {"password"}}.get(self.name, {"nothing"})
            if not whole <= changed or not changed <= allowed:
                found.append(f"the administrator is half changed: {sorted(changed)}")
        for other in self.site.db["administrators"].find({"_id": {"$ne": self.before["_id"]}}):
            if not other.get(FIELD, {}).get("expires_at"):
                found.append("an administrator without an end")
        return found


def run(tool, command, env=None, pass_fds=()):
    """Run to the end: status (or minus the signal), what it printed."""
    done = subprocess.run(command, env=tool.environment({"PRITUNL_ACCESS_RUNNER": ""} | (env or {})), cwd=tool.home, timeout=100,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False, pass_fds=pass_fds)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(not shutil.which("strace") or SANITIZED, reason="needs strace, and no sanitizer")
@pytest.mark.timeout(3600 if ALL else 120)
@pytest.mark.parametrize("name", QUICK)
def test_a_system_call_that_fails(site, name, record_property):
    bench = Bench(site, name)
    tool = bench.machine()
    found = [point for point in points(tool, bench.args) if point[0] in ERRORS]
    shutil.rmtree(tool.home)
    tried = found if ALL else chosen(found, 0)[:4]
    wrong = []
    for call, count in tried:
        tool = bench.machine()
        fault = ["-e", f"trace={call}", "-e", f"inject={call}:error={ERRORS[call]}:when={count}"]
        status, out, err = run(tool, ["strace", "-f", "-qq", "-o", "/dev/null", *fault, "--", tool.binary, *bench.args])
        wrong += [f"{name}: {call} {count} {ERRORS[call]}: {each}: {err[:300]!r}" for each in bench.judge(tool, status, out, err)]
        shutil.rmtree(tool.home)
    record_property(f"figure: system calls that failed under {name}", len(tried))
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="session")
def allocations(tmp_path_factory):
    """The library that makes an allocation fail."""
    library = tmp_path_factory.mktemp("faults") / "allocations.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def count_allocations(tool, args, library) -> int:
    """How many a run makes."""
    if tool.is_static:
        pytest.skip("LD_PRELOAD is a word of the loader's, and the static file has none: the same code is tried in the other")
    read, write = os.pipe()
    status, _, err = run(tool, [tool.binary, *args], {"LD_PRELOAD": str(library), "ALLOCATION_COUNT": str(write)}, (write,))
    os.close(write)
    with open(read, "rb") as pipe:
        said = pipe.read().split()
    assert status == 0 and said, err
    return int(said[-1])


@pytest.mark.skipif(SANITIZED, reason="a sanitizer allocates by itself")
@pytest.mark.timeout(3600 if ALL else 120)
@pytest.mark.parametrize("name", [name for name in QUICK if name != "exec"])
def test_an_allocation_that_gets_nothing(site, allocations, name, record_property):
    bench = Bench(site, name)
    tool = bench.machine()
    total = count_allocations(tool, bench.args, allocations)
    shutil.rmtree(tool.home)
    steps = 400 if ALL else 5
    tried = sorted({1 + total * step // steps for step in range(steps)})
    wrong = []
    for number in tried:
        for more in ({}, {"ALLOCATION_STAYS": "1"}) if ALL else ({},):
            tool = bench.machine()
            status, out, err = run(tool, [tool.binary, *bench.args], {"LD_PRELOAD": str(allocations), "ALLOCATION_FAILS": str(number)} | more)
            judged = bench.judge(tool, status, out, err)
            if status < 0:
                judged.append(f"signal {-status}")
            wrong += [f"{name}: allocation {number} of {total} {list(more)}: {each}: {err[:300]!r}" for each in judged]
            shutil.rmtree(tool.home)
    record_property(f"figure: allocations that failed under {name}", len(tried))
    assert not wrong, "\n".join(wrong)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer allocates by itself")
def test_hashing_does_not_allocate_a_round(site, allocations):
    bench = Bench(site, "recover")
    tool = bench.machine()
    # OpenSSL's provider allocates once a round whatever we do; a context of ours would be as many again.
    assert count_allocations(tool, bench.args, allocations) < 150_000, "100,000 rounds, and one context"
