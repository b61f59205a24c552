#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the unit tests, suite by suite, and a few whole runs under valgrind.

    valgrind.py UNIT PROGRAM

Left out is what valgrind itself stands in the way of: limits of memory, seccomp, one's own memory read from outside.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

VALGRIND = ["valgrind", "-q", "--error-exitcode=99", "--leak-check=no", "--child-silent-after-fork=no",
            f"--suppressions={Path(__file__).with_name('valgrind.supp')}"]
LEFT_OUT = {"mem", "ending", "process", "privileges", "prefixes", "file", "replace", "atomic", "directory", "signals", "tty", "run", "supervise",
            "stream", "clock"}
RUNS = [["--version"], ["help"], ["help", "export"], ["config"], ["completion", "bash"], ["list", "--nonsense"],
        ["list", "--mongodb-uri", "mongodb://127.0.0.1:1/x"], ["verify", "--source", "env", "--url", "http://127.0.0.1:1"]]


def suites() -> list[str]:
    """By their files."""
    names = sorted(path.stem.removeprefix("test_") for path in Path("tests/unit").glob("test_*.c"))
    return [name for name in names if name not in LEFT_OUT]


def look(command: list, **environment) -> str:
    """What valgrind says of a run; or nothing."""
    done = subprocess.run([*VALGRIND, *command], env=os.environ | {"CK_TIMEOUT_MULTIPLIER": "60"} | environment, capture_output=True,
                          text=True, errors="replace", check=False)
    said = "\n".join(line for line in (done.stdout + done.stderr).splitlines() if re.match(r"==\d+==", line))
    return f"{command} {environment}:\n{said[:3000]}" if done.returncode == 99 or said else ""


def main() -> int:
    """All of it, two at a time."""
    unit, program = sys.argv[1:]
    jobs = [lambda name=name: look([unit], CK_RUN_SUITE=name) for name in suites()]
    jobs += [lambda words=words: look([program, *words], HOME="/nonexistent") for words in RUNS]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        wrong = [said for said in pool.map(lambda job: job(), jobs) if said]
    print("\n".join(wrong))
    print(f"{len(jobs) - len(wrong)} of {len(jobs)} without a word from valgrind")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
