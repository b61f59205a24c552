#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the tests over a build that counts, and print which lines and branches of src/ they reach.

    cover.py BUILD [unit]

By the whole suite, or by the unit tests alone. At the end the ten longest stretches that nothing reached. The whole suite has to reach
so much of src/, and of what reads text from outside: the status is 1 where it does not.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

LONGEST = 10
WANTED, WANTED_READERS = 92, 95     # per cent of the lines
READERS = ("src/format/", "src/io/json.c", "src/io/json_list.c", "src/io/yaml.c", "src/io/node.c", "src/io/http_url.c",
           "src/io/http_head.c", "src/io/http_answer.c", "src/io/db_uri.c", "src/io/db_value.c", "src/io/tls_pem.c", "src/io/tls_text.c",
           "src/api/networks.c", "src/api/journal.c", "src/place/aws_files.c", "src/place/aws_settings.c", "src/pritunl/mark.c",
           "src/pritunl/dump_items.c", "src/cli/configuration.c")


def run_tests(build: Path, only_unit: bool) -> None:
    """Whatever they say: how well they pass is make check's matter."""
    for path in build.rglob("*.gcda"):
        path.unlink()
    subprocess.run([build / "unit"], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not only_unit:
        environment = os.environ | {"PRITUNL_ACCESS": str((build / "pritunl-access").resolve())}
        subprocess.run([sys.executable, "-m", "pytest", "-n", "4", "-q", "-p", "no:cacheprovider", "tests"], env=environment, check=False)


def counted(build: Path) -> dict[str, dict]:
    """Per source file: line number to executions, and branches (all, taken)."""
    found: dict[str, dict] = {}
    for notes in sorted((build / "obj" / "src").rglob("*.gcno")):
        done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", notes], capture_output=True, check=False)
        text = gzip.decompress(done.stdout) if done.stdout[:2] == b"\x1f\x8b" else done.stdout
        for line in text.splitlines():
            for entry in json.loads(line).get("files", []):
                name = os.path.relpath(entry["file"])
                if name.startswith("src/") and name.endswith(".c"):
                    add(found.setdefault(name, {"lines": {}, "branches": [0, 0]}), entry["lines"])
    return found


def add(into: dict, lines: list) -> None:
    """One function may be counted in several entries."""
    for line in lines:
        number = line["line_number"]
        into["lines"][number] = max(into["lines"].get(number, 0), line["count"])
        into["branches"][0] += len(line.get("branches", []))
        into["branches"][1] += sum(1 for branch in line.get("branches", []) if branch["count"] > 0)


def stretches(found: dict[str, dict]) -> list[tuple[int, str, int]]:
    """Lines in a row that nothing reached: how many, where."""
    rows = []
    for name, data in found.items():
        length, begin = 0, 0
        for number, count in sorted(data["lines"].items()):
            if count == 0:
                begin = begin if length else number
                length += 1
            elif length:
                rows.append((length, name, begin))
                length = 0
        if length:
            rows.append((length, name, begin))
    return sorted(rows, reverse=True)[:LONGEST]


def share(part: int, whole: int) -> str:
    """A percentage."""
    return f"{100 * part / whole:5.1f} %" if whole else "    - %"


def lines(files) -> tuple[int, int]:
    """Of these files: how many, and how many of them were reached."""
    counts = [count for data in files for count in data["lines"].values()]
    return len(counts), sum(1 for count in counts if count)


def row(name: str, files: list[dict]) -> None:
    """Print what was reached of these files."""
    whole, reached = lines(files)
    branches, taken = (sum(data["branches"][number] for data in files) for number in (0, 1))
    print(f"{name:<36} {whole:>6} {share(reached, whole):>8} {branches:>9} {share(taken, branches):>8}")


def too_few(name: str, files: list[dict], wanted: int) -> bool:
    """Whether less was reached than is wanted; said."""
    whole, reached = lines(files)
    if 100 * reached >= wanted * whole > 0:
        return False
    print(f"{name}: less than {wanted} % of the lines", file=sys.stderr)
    return True


def main() -> int:
    """Run, count, print, judge."""
    build = Path(sys.argv[1])
    only_unit = "unit" in sys.argv[2:]
    run_tests(build, only_unit)
    found = counted(build)
    everything = list(found.values())
    readers = [data for name, data in found.items() if name.startswith(READERS)]
    print(f"{'file':<36} {'lines':>6} {'reached':>8} {'branches':>9} {'taken':>8}")
    for name, data in sorted(found.items()):
        row(name, [data])
    row("src/", everything)
    row("readers of text", readers)
    print("\nthe longest that nothing reached:")
    for length, name, begin in stretches(found):
        print(f"{length:>5} lines  {name}:{begin}")
    if only_unit:
        return 0
    failed = [too_few("src/", everything, WANTED), too_few("readers of text", readers, WANTED_READERS)]
    return int(any(failed))


if __name__ == "__main__":
    sys.exit(main())
