# SPDX-License-Identifier: MIT
"""Run the real binary as a user would: a clean environment, no shell, and every byte that it prints kept for the canary check.

The binary is $PRITUNL_ACCESS, else build/pritunl-access in the checkout. $PRITUNL_ACCESS_RUNNER is put in front of it, split as a
shell would (valgrind and its options, say).
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import canary

ROOT = Path(__file__).resolve().parents[2]
LEASH = Path(__file__).with_name("leash.py")
PASSED_ON = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "GCOV_PREFIX", "LLVM_PROFILE_FILE")
ALL = ("stdin", "stdout", "stderr")


@dataclass(frozen=True)
class Record:
    """What one run printed, and whether it had been asked for secrets."""

    args: tuple[str, ...]
    stdout: bytes
    stderr: bytes
    reveals: bool


@dataclass(frozen=True)
class Result:
    """How a run ended. status is the exit status, or minus the number of the signal; seconds is wall time."""

    args: tuple[str, ...]
    status: int
    out: bytes
    err: bytes
    seconds: float

    @property
    def stdout(self) -> str:
        """Standard output as text (of a terminal run: all that the terminal showed)."""
        return self.out.decode("utf-8", "surrogateescape")

    @property
    def stderr(self) -> str:
        """Standard error as text."""
        return self.err.decode("utf-8", "surrogateescape")

    def json(self):
        """Standard output as exactly one JSON document without repeated keys."""
        return json.loads(self.out.decode("utf-8"), object_pairs_hook=_no_duplicates)


def _no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a JSON object repeats a key: {keys}")
    return dict(pairs)


class Running:
    """A run that has not ended: read what it prints, type to it, send it signals, wait for it."""

    def __init__(self, tool: Tool, args: tuple[str, ...], process: subprocess.Popen, reveals: bool, terminal: int | None):
        self.args, self.process, self.reveals = args, process, reveals
        self._tool, self._terminal = tool, terminal
        self._began = time.monotonic()
        self._data = {"stdout": bytearray(), "stderr": bytearray()}
        self._change = threading.Condition()
        self._result: Result | None = None
        self._sources = [(pipe.fileno(), name) for name, pipe in (("stdout", process.stdout), ("stderr", process.stderr)) if pipe]
        if terminal is not None:
            self._sources.append((terminal, "stdout"))
        self._readers = [self._reader(*source) for source in self._sources]

    @property
    def pid(self) -> int:
        """The process."""
        return self.process.pid

    @property
    def stdout(self) -> str:
        """What it has printed so far."""
        return self._data["stdout"].decode("utf-8", "replace")

    @property
    def stderr(self) -> str:
        """What it has printed so far to standard error."""
        return self._data["stderr"].decode("utf-8", "replace")

    def type(self, text: str | bytes) -> None:
        """Type on its terminal, or write to its standard input if that is a pipe."""
        data = text.encode() if isinstance(text, str) else text
        if self._terminal is not None:
            os.write(self._terminal, data)
        else:
            self.process.stdin.write(data)
            self.process.stdin.flush()

    def await_text(self, text: str, timeout: float = 30) -> str:
        """Wait until this text was printed (anywhere), and return all that was printed before its end."""
        deadline = time.monotonic() + timeout
        with self._change:
            while True:
                for data in self._data.values():
                    at = data.find(text.encode())
                    if at >= 0:
                        return data[:at + len(text.encode())].decode("utf-8", "replace")
                if not any(reader.is_alive() for reader in self._readers) or time.monotonic() > deadline:
                    raise AssertionError(f"{canary.shown(self.args)} never printed {text!r}, but:\n{self.stdout}\n{self.stderr}")
                self._change.wait(0.1)

    def signal(self, number: int) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and wait."""
        self.process.kill()
        self.wait()

    def wait(self, timeout: float = 30) -> Result:
        """Wait for its end; kill it and fail when it takes longer. Output that its own children keep open is not waited for."""
        if self._result:
            return self._result
        late = False
        with contextlib.suppress(BrokenPipeError):
            if self.process.stdin:
                self.process.stdin.close()
        if not _ends(self.process, timeout):
            late = True
            self.process.kill()
        self.process.wait()
        seconds = time.monotonic() - self._began
        for reader, (descriptor, _) in zip(self._readers, self._sources, strict=True):
            _join(reader, descriptor)
        out, err = (bytes(self._data[name]) for name in ("stdout", "stderr"))
        self._result = Result(self.args, self.process.returncode, out, err, seconds)
        self._tool.records.append(Record(self.args, out, err, self.reveals))
        self._tool.running.discard(self)
        if late:
            raise AssertionError(f"{canary.shown(self.args)} did not end within {timeout} s; it printed:\n{self._result.stdout}\n"
                                 f"{self._result.stderr}")
        return self._result

    def _reader(self, descriptor: int, name: str) -> threading.Thread:
        own = os.dup(descriptor)

        def read() -> None:
            while True:
                try:
                    data = os.read(own, 65536)
                except OSError:     # a terminal whose last user has gone
                    data = b""
                with self._change:
                    self._data[name] += data
                    self._change.notify_all()
                if not data:
                    os.close(own)
                    return

        thread = threading.Thread(target=read, name=f"{name} of {self.process.pid}", daemon=True)
        thread.start()
        return thread


class Tool:
    """
    The binary under test with a home of its own. records holds every run that ended, running those that have not.

    env       set for every run, under what a run itself gives
    """

    def __init__(self, home: Path, binary: str | Path | None = None, env: Mapping[str, str] | None = None):
        self.home = Path(home)
        self.binary = str(binary or os.environ.get("PRITUNL_ACCESS") or ROOT / "build" / "pritunl-access")
        self.env = dict(env or {})
        self.records: list[Record] = []
        self.running: set[Running] = set()
        _stop_ignoring()

    @property
    def is_static(self) -> bool:
        """Whether no loader takes part in it, and so nothing can be preloaded."""
        with open(self.binary, "rb") as file:
            return b"/ld-" not in file.read(4096)

    def environment(self, extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """
        What a run sees: PATH, HOME, LANG, TZ, the sanitizers' options, and what is given; a value of None takes one away. Where
        libmongoc has libsasl2, that one would load eight plug-ins at every start, and none is ever used: a sixth of the time.
        """
        base = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.home), "LANG": "C.UTF-8", "TZ": "UTC",
                "SASL_PATH": "/nonexistent"}
        base |= {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        base |= self.env | dict(extra or {})
        return {name: str(value) for name, value in base.items() if value is not None}

    def run(self, *args, env=None, stdin=None, cwd=None, timeout: float = 30, tty=False, reveals=False, **popen) -> Result:
        """
        Run to the end. stdin is text or bytes to be read, an open file, or None for nothing at all; reveals says that secrets
        may be printed. tty and the rest as start() has them; with a terminal for standard input, stdin is typed.
        """
        typed = stdin if isinstance(stdin, (str, bytes)) else None
        running = self.start(*args, env=env, stdin=subprocess.PIPE if typed is not None else stdin, cwd=cwd, tty=tty,
                             reveals=reveals, **popen)
        if typed is not None:
            with contextlib.suppress(BrokenPipeError):      # it need not read all of it
                running.type(typed)
        return running.wait(timeout)

    def start(self, *args, env=None, stdin=None, cwd=None, tty=False, reveals=False, **popen) -> Running:
        """
        Start without waiting. stdin is None (nothing), subprocess.PIPE (type() to it; wait() ends it) or an open file. tty is True
        for a terminal as standard input, output and error, or the names of those that are one ("stdin stderr", say); it is
        the controlling terminal too. The rest goes to subprocess.Popen (pass_fds, umask, preexec_fn, stdout=…).
        """
        words = [os.fsencode(arg) if isinstance(arg, (bytes, Path)) else str(arg) for arg in args]
        command = [*shlex.split(os.environ.get("PRITUNL_ACCESS_RUNNER", "")), self.binary, *words]
        on_terminal = ALL if tty is True else tuple(tty.split()) if tty else ()
        streams = {"stdin": subprocess.DEVNULL if stdin is None else stdin, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        streams |= {name: popen.pop(name) for name in ("stdout", "stderr") if name in popen}
        master = slave = None
        if on_terminal:
            master, slave = pty.openpty()
            streams |= dict.fromkeys(on_terminal, slave)
            command = [sys.executable, "-I", "-S", str(LEASH), "terminal", str(slave), *command]
            popen["pass_fds"] = (*popen.get("pass_fds", ()), slave)
        process = subprocess.Popen(command, env=self.environment(env), cwd=cwd or self.home, **streams, **popen)
        if slave is not None:
            os.close(slave)
        running = Running(self, tuple(map(_text, words)), process, reveals, master)
        self.running.add(running)
        return running

    def end(self) -> None:
        """Kill what still runs."""
        for running in list(self.running):
            running.kill()


def _ends(process: subprocess.Popen, timeout: float) -> bool:
    """Whether it ends in that time. The kernel says so at once; Popen.wait(timeout) would look 20 times a second."""
    if process.poll() is not None:
        return True
    descriptor = os.pidfd_open(process.pid)
    try:
        ended = select.poll()
        ended.register(descriptor, select.POLLIN)
        return bool(ended.poll(timeout * 1000))
    finally:
        os.close(descriptor)


def _join(reader: threading.Thread, descriptor: int) -> None:
    """
    Until all was read: where nobody can write any more, a thread that is late on a busy machine is waited for. Two seconds
    where the end is kept open by children of the one that has ended.
    """
    reader.join(2)
    ended = select.poll()
    ended.register(descriptor, 0)       # POLLHUP comes unasked
    while reader.is_alive() and ended.poll(0):
        reader.join(0.1)


def _stop_ignoring() -> None:
    """
    Let children begin with every signal at its default. A suite in the background of a shell, or under nohup, ignores some; a
    child would inherit that, but not a handler that does nothing.
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM, signal.SIGCHLD):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def _text(word: str | bytes) -> str:
    return word if isinstance(word, str) else word.decode("utf-8", "surrogateescape")
