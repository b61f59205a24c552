# SPDX-License-Identifier: MIT
"""
`export -o FILE`: whatever happens, the target is as it was, the old content or the new one, and never half of it.

A kill is delivered by strace at a system call of the write itself. Without a name until it is complete (O_TMPFILE) the new file
cannot stay behind, but for one moment: between linkat, which gives it a temporary name, and renameat. A file that stays there is
complete, and 0600.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from pritunl.seed import random_text

OLD = "PRITUNL_TOKEN=content\n"
TEMPORARY = ".pritunl-access-"
OF_THE_WRITE = ("openat", "newfstatat", "fstat", "fchmod", "write", "fsync", "linkat", "close", "renameat", "rename", "rt_sigprocmask",
                "getrandom")


@pytest.fixture(scope="module")
def long_secret():
    """One for all: what a leak of it could look like takes long to write down."""
    return random_text(20_000)


@pytest.fixture
def pair(tool, database, seed, long_secret):
    """A pair to export without asking an API, and its dotenv."""
    admin = seed.administrator(database.db, auth_api=True, secret=long_secret)
    tool.env = {"PRITUNL_ACCESS_MONGODB_URI": database.uri, "PRITUNL_ACCESS_URL": "https://vpn.example.com"}
    return admin


@pytest.fixture
def folder(tmp_path):
    """A folder of the owner's own."""
    path = tmp_path / "folder"
    path.mkdir(mode=0o700)
    return path


def export(tool, target, *args, **how):
    """Export to a file, the API unasked."""
    return tool.run("export", "--no-verify", "-o", target, *args, **how)


def leftovers(folder):
    """The temporary files."""
    return [path for path in Path(folder).iterdir() if path.name.startswith(TEMPORARY)]


def is_new(target, pair):
    """Whether the whole pair is there."""
    text = target.read_text()
    return pair["token"] in text and text.endswith(f"PRITUNL_SECRET='{pair['secret']}'\n")


def refused(result, *words):
    """Status 7 and a message of one line."""
    assert result.status == 7 and result.stdout == "", result.stderr
    assert all(word in result.stderr for word in words), result.stderr
    return True


# ---- what is refused


@pytest.mark.parametrize("there", [True, False], ids=["to a file", "dangling"])
def test_a_symbolic_link(tool, pair, folder, there):
    victim, link = folder / "victim", folder / "link"
    if there:
        victim.write_text(OLD)
    link.symlink_to(victim)
    assert refused(export(tool, link), "symbolic link")
    assert link.is_symlink() and (victim.read_text() == OLD if there else not victim.exists())
    assert not leftovers(folder)


@pytest.mark.parametrize("kind", ["fifo", "socket", "directory", "device"])
def test_what_is_no_file(tool, pair, folder, kind):
    target = folder / "target"
    if kind == "fifo":
        os.mkfifo(target)
    elif kind == "socket":
        os.mknod(target, stat.S_IFSOCK | 0o600)
    elif kind == "directory":
        target.mkdir()
    elif os.geteuid() == 0:     # a node of its own: a broken binary must not cost the machine its /dev/full
        os.mknod(target, stat.S_IFCHR | 0o666, os.makedev(1, 7))
    else:
        pytest.skip("only root may make a device")
    before = target.lstat()
    assert refused(export(tool, target), "refused")
    assert (target.lstat().st_mode, target.lstat().st_ino) == (before.st_mode, before.st_ino)
    assert not leftovers(folder)


@pytest.mark.parametrize("mode, fine", [(0o777, False), (0o770, False), (0o722, False), (0o1777, True), (0o1770, True), (0o755, True)])
def test_a_directory_that_others_may_write(tool, pair, folder, mode, fine):
    target = folder / "target"
    target.write_text(OLD)
    target.chmod(0o600)
    folder.chmod(mode)
    result = export(tool, target)
    if fine:
        assert result.status == 0 and is_new(target, pair)
    else:
        assert refused(result, "may write to its directory", "try: chmod go-w ") and target.read_text() == OLD
    assert not leftovers(folder)


def test_a_directory_that_is_not_there(tool, pair, folder):
    assert refused(export(tool, folder / "none" / "target"), "mkdir -p")
    assert not (folder / "none").exists()


def test_a_directory_of_somebody_else(tool, pair, folder):
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    os.chown(folder, 65534, 65534)
    assert refused(export(tool, folder / "target"), "belongs to another user")
    tool.env["SUDO_UID"] = "65533"
    assert refused(export(tool, folder / "target"), "belongs to another user")
    assert not list(folder.iterdir())
    tool.env["SUDO_UID"] = "65534"       # who said sudo there, and may name whose the file is to be
    assert export(tool, folder / "target").status == 0 and (folder / "target").stat().st_uid == 0
    assert export(tool, folder / "mine", "--owner", "65534").status == 0 and (folder / "mine").stat().st_uid == 65534
    assert {each.stat().st_mode & 0o7777 for each in folder.iterdir()} == {0o600}


def test_nothing_is_written_for_a_bad_mode_owner_or_group(tool, pair, folder):
    for option in (("--mode", "999"), ("--mode", "rw"), ("--owner", "nobody-of-that-name"), ("--group", "nobody-of-that-name"),
                   ("--mode", "0000")):
        result = export(tool, folder / "target", *option)
        assert result.status == 2 and option[0] in result.stderr
    assert not list(folder.iterdir())


# ---- what is written


def test_mode_and_owner_are_there_from_the_first_moment(tool, pair, folder):
    target = folder / "target"
    trace = ("-e", "trace=openat,fchmod,fchown,write,fsync,linkat,renameat")
    calls = traced(tool, folder, trace, "export", "--no-verify", "-o", target, "--mode", "0640", "--owner", "0", "--group", "65534")
    calls = [line for line in calls.splitlines() if "O_TMPFILE" in line or not line.split("(")[0].endswith("openat")]
    names = [line.split("(")[0].split()[-1] for line in calls]
    assert names.index("openat") < names.index("fchown") < names.index("fchmod") < names.index("fsync") < names.index("linkat")
    assert names.index("linkat") < names.index("renameat") and "fsync" in names[names.index("renameat"):]     # the directory's
    assert any("O_TMPFILE" in line and "0600" in line for line in calls)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640 and target.stat().st_gid == 65534 and is_new(target, pair)


def test_what_is_current_is_not_touched(tool, pair, folder):
    target = folder / "target"
    assert export(tool, target).status == 0
    before = target.stat()
    again = export(tool, target, "--json").json()
    assert not again["changed"] and (target.stat().st_ino, target.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    target.chmod(0o644)
    assert export(tool, target, "--json").json()["changed"] and stat.S_IMODE(target.stat().st_mode) == 0o600


# ---- no room


def test_a_limit_on_the_size_of_files(tool, pair, folder):
    target = folder / "target"
    target.write_text(OLD)
    limit = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))}
    assert refused(export(tool, target, **limit), "File too large")
    assert target.read_text() == OLD and not leftovers(folder)
    assert refused(export(tool, folder / "new", **limit)) and sorted(folder.iterdir()) == [target]


def test_a_full_disk(tool, pair, folder):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", folder], capture_output=True).returncode != 0:
        pytest.skip("no tmpfs may be mounted here")
    try:
        target = folder / "target"
        target.write_text(OLD)
        with contextlib.suppress(OSError), open(folder / "filler", "wb", buffering=0) as filler:
            while filler.write(b"x" * 512):
                pass
        assert refused(export(tool, target), "No space left")
        assert target.read_text() == OLD and not leftovers(folder)
        (folder / "filler").unlink()
        assert export(tool, target).status == 0 and is_new(target, pair) and not leftovers(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EDQUOT"])
@pytest.mark.parametrize("call", ["fsync", "linkat", "renameat", "close"])
def test_a_call_that_fails(tool, pair, folder, error, call):
    """Injected into calls on the folder alone, so that nothing else of the tool is hit."""
    target = folder / "target"
    target.write_text(OLD)
    trace = ("-P", folder, "-e", f"inject={call}:error={error}")
    log = traced(tool, folder, trace, "export", "--no-verify", "-o", target)
    if "(INJECTED)" not in log:
        pytest.skip(f"{call} is never called on a path of the folder")
    assert target.read_text() == OLD or is_new(target, pair)
    assert not [path for path in leftovers(folder) if call != "renameat"]


# ---- a kill


def traced(tool, folder, options, *args):
    """Run the tool under strace, and return what strace said."""
    if not shutil.which("strace"):
        pytest.skip("there is no strace")
    log = folder.parent / "trace"
    command = ["strace", "-f", "-qq", "-o", log, *options, tool.binary, *args]
    subprocess.run([os.fspath(word) for word in command], env=tool.environment(), cwd=tool.home, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False)
    text = log.read_text()
    if "ptrace" in text and "not permitted" in text:
        pytest.skip("strace may not trace here")
    return text


def private(path, text):
    """A file of the owner's alone."""
    path.touch(mode=0o600)
    path.write_text(text)


def calls_of_the_write(tool, folder):
    """How often the export of a file makes each of its system calls, and which come from the first sight of the folder on."""
    target = folder / "rehearsal"
    target.write_text(OLD)
    text = traced(tool, folder, ("-e", "trace=all"), "export", "--no-verify", "-o", target)
    target.unlink()
    counted, interesting, seen = {}, [], False
    for line in text.splitlines():
        name = line.split(None, 1)[1].split("(")[0]
        if not name.isidentifier():
            continue
        counted[name] = counted.get(name, 0) + 1
        seen = seen or str(folder) in line and name in ("openat", "open")     # musl says the latter
        if seen:
            interesting.append((name, counted[name]))
    return interesting


def killed(tool, folder, target, name, number):
    """Export with a SIGKILL at that system call; what the target is then: "new", "old" (or whatever was there) or "none"."""
    log = traced(tool, folder, ("-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}"),
                 "export", "--no-verify", "-o", target)
    text = target.read_text() if target.exists() else None
    state = "none" if text is None else "old" if text == OLD else "new"
    assert "killed by SIGKILL" in log or state == "new"
    return state


def swept(folder, target, pair):
    """Take away what a killed export left beside the target: at most one whole file, as private as the target itself."""
    left = leftovers(folder)
    for path in left:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and is_new(path, pair), "a temporary file is whole, and private"
        path.unlink()
    assert {path.name for path in folder.iterdir()} <= {target.name} and len(left) <= 1
    return bool(left)


@pytest.mark.parametrize("there", [True, False], ids=["over an old file", "to a new one"])
def test_a_kill_at_every_system_call_of_the_write(tool, pair, folder, there):
    calls = [call for call in calls_of_the_write(tool, folder) if call[0] in OF_THE_WRITE]
    assert {"openat", "write", "fsync", "linkat", "renameat"} <= {name for name, _ in calls}
    target, ends, temporary = folder / "target", set(), []
    for name, number in calls:
        target.unlink(missing_ok=True)
        if there:
            private(target, OLD)
        state = killed(tool, folder, target, name, number)
        assert state != "new" or is_new(target, pair), f"half a file after {name} {number}"
        ends.add(state)
        temporary += [name] if swept(folder, target, pair) else []
    print(f"\n{len(calls)} kills; the target was {sorted(ends)}; a temporary file stayed after a kill at: {temporary or 'none'}")
    assert ends == {"new", "old" if there else "none"}
    assert set(temporary) <= {"linkat", "close", "renameat"}


def test_a_termination_leaves_nothing_behind(tool, pair, folder):
    target = folder / "target"
    target.write_text(OLD)
    for name in ("linkat", "fsync", "renameat"):
        log = traced(tool, folder, ("-e", f"trace={name}", "-e", f"inject={name}:signal=TERM:when=1"),
                     "export", "--no-verify", "-o", target)
        assert "SIGTERM" in log and (target.read_text() == OLD or is_new(target, pair)) and not leftovers(folder)
