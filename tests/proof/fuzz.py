#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run build/fuzz/fuzz for so many seconds on each target, side by side, and keep a minimised corpus in tests/fuzz/corpus.

    fuzz.py BUILD SECONDS [TARGET...]

What crashes is left in BUILD/crashes, and fails. At the end a table: target, executions, edges, files kept.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CORPUS = Path("tests/fuzz/corpus")
KEPT = 24               # files a target: what make check reads again stays small
LONGEST = 4096
OPTIONS = ["-rss_limit_mb=2048", "-timeout=20", f"-max_len={LONGEST}", "-print_final_stats=1", "-verbosity=1"]


def environment(target: str) -> dict:
    """What a run of one target sees; leaks of the whole process are not looked for after each input."""
    return os.environ | {"FUZZ_TARGET": target, "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1"}


def targets(binary: Path) -> list[str]:
    """The names that the binary knows."""
    said = subprocess.run([binary], env=environment("?"), capture_output=True, text=True, check=False).stderr
    return said.splitlines()[1:]


def figures(log: str) -> tuple[int, int]:
    """Executions, and edges covered."""
    executions = re.findall(r"number_of_executed_units:\s*(\d+)", log)
    edges = re.findall(r"cov: (\d+)", log)
    return int(executions[-1]) if executions else 0, int(edges[-1]) if edges else 0


def minimise(binary: Path, target: str, work: Path) -> int:
    """Of all that was found, the smallest files that cover as much; how many are in the tree then."""
    kept, small = CORPUS / target, work / "merged"
    shutil.rmtree(small, ignore_errors=True)
    small.mkdir()
    subprocess.run([binary, "-merge=1", *OPTIONS, small, kept, work / "corpus"], env=environment(target), capture_output=True,
                   check=False)
    found = sorted(small.iterdir(), key=lambda path: path.stat().st_size)
    chosen = found[::max(1, len(found) // KEPT)][:KEPT]
    for path in kept.iterdir():
        if not path.name.startswith("seed-"):
            path.unlink()
    for path in chosen:
        shutil.copyfile(path, kept / path.name[:16])
    return sum(1 for _ in kept.iterdir())


def fuzz(binary: Path, build: Path, target: str, seconds: int) -> tuple[str, int, int, int, str]:
    """One target."""
    work = build / "work" / target
    crashes = build / "crashes" / target
    for path in (work / "corpus", crashes, CORPUS / target):
        path.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([binary, f"-max_total_time={seconds}", f"-artifact_prefix={crashes}/", *OPTIONS, work / "corpus",
                           CORPUS / target], env=environment(target), capture_output=True, text=True, errors="replace", check=False)
    (work / "log").write_text(done.stderr)
    executions, edges = figures(done.stderr)
    files = minimise(binary, target, work) if done.returncode == 0 else 0
    return target, executions, edges, files, "" if done.returncode == 0 else f"status {done.returncode}: see {work / 'log'}"


def main() -> int:
    """All targets, or those that are named."""
    build, seconds = Path(sys.argv[1]), int(sys.argv[2])
    binary = build / "fuzz"
    names = sys.argv[3:] or targets(binary)
    with ThreadPoolExecutor(int(os.environ.get("FUZZ_JOBS", os.cpu_count() or 1))) as pool:
        rows = list(pool.map(lambda name: fuzz(binary, build, name, seconds), names))
    print(f"{'target':<16} {'executions':>12} {'edges':>7} {'files':>6}")
    for name, executions, edges, files, wrong in rows:
        print(f"{name:<16} {executions:>12} {edges:>7} {files:>6}  {wrong}")
    print(f"{'all':<16} {sum(row[1] for row in rows):>12} {'':>7} {sum(row[3] for row in rows):>6}")
    return 1 if any(row[4] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
