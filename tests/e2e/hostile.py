# SPDX-License-Identifier: MIT
"""What the tests of hostile servers have in common: a run that is measured, and what is wrong with one."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

from harness.tool import LEASH, Record
from kills import ALL

SAMPLE = 8
SEED = 7
LONGEST = 40            # seconds that any of them may take, on a loaded machine
KEPT = 256 * 1024      # bytes of what a run printed, where no more is asked for
MEMORY = 16 * 1024      # KiB beyond what a good answer takes
DOCUMENTED = set(range(10))
CRASHED = re.compile(rb"^pritunl-access: crashed, perhaps in a library and by what a server answered: SIG(SEGV|ABRT|BUS)$", re.MULTILINE)
INVISIBLE = "".join(map(chr, (0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)))
HIDDEN = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|" + "|".join(INVISIBLE).encode())
SANITIZED = any(name in os.environ for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "PRITUNL_ACCESS_RUNNER"))


@dataclass(frozen=True)
class Run:
    """How it ended; memory is the most that it had, in KiB, and cpu what it took of one, in seconds."""

    status: int
    out: bytes
    err: bytes
    seconds: float
    memory: int
    cpu: float


def begin_of(pipe, most: int) -> bytes:
    """Read to the end, and keep the beginning: `api` passes on what comes, hundreds of megabytes of one byte."""
    kept = bytearray()
    with pipe:
        while part := pipe.read(1 << 20):
            kept += part[:most - len(kept)]
    return bytes(kept)


def measured(tool, *args, env=None, kept: int = KEPT) -> Run:
    """Run the tool beside others, and measure it."""
    read, write = os.pipe()
    command = [sys.executable, "-I", "-S", str(LEASH), "measured", str(write), str(tool.binary), *map(str, args)]
    began = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, env=tool.environment(env), cwd=tool.home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=errors, pass_fds=(write,))
        os.close(write)
        end = threading.Timer(2 * LONGEST, process.kill)
        end.start()
        out = begin_of(process.stdout, kept)
        process.wait()
        end.cancel()
        errors.seek(0)
        err = errors.read()
    seconds = time.monotonic() - began
    with open(read, "rb") as pipe:
        status, memory, cpu = (pipe.read() or b"9 0 0").split()
    tool.records.append(Record(tuple(map(str, args)), out, err, False))
    return Run(os.waitstatus_to_exitcode(int(status)), out, err, seconds, int(memory), float(cpu))


def chosen(behaviours: dict) -> list[str]:
    """The names of all of them, or a sample."""
    return sorted(behaviours) if ALL else random.Random(SEED).sample(sorted(behaviours), SAMPLE)


def wrong(name: str, run: Run, most: int, silent=False) -> list[str]:
    """What is wrong with a run: its status, its silence (where that is not allowed), its words, its time, its memory."""
    found = []
    if run.status < 0:
        if not CRASHED.search(run.err):
            found.append(f"ended by signal {-run.status} without a word")
    elif run.status not in DOCUMENTED:
        found.append(f"status {run.status}")
    elif run.status > 0 and not silent and not re.search(rb"^pritunl-access: \S", run.err, re.MULTILINE):
        found.append("ended without a word")
    if re.search(rb"(: |: \(code \d+\))$", run.err, re.MULTILINE):
        found.append("a colon, and nothing behind it")
    if HIDDEN.search(run.err) or HIDDEN.search(run.out):
        found.append("control or invisible characters")
    if run.seconds > LONGEST:
        found.append(f"{run.seconds:.1f} s")
    if run.memory > most and not SANITIZED:
        found.append(f"{run.memory} KiB, and {most} are good")
    return [f"{name}: {each}: {run.err[:300]!r}" for each in found]
