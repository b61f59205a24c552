#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run the tests over a build that counts, and print which lines and branches of src/ they reach.

    cover.py BUILD [unit]

By the whole suite, or by the unit tests alone. At the end the ten longest stretches that nothing reached.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

LONGEST = 10
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


def main() -> int:
    """Run, count, print."""
    build = Path(sys.argv[1])
    run_tests(build, "unit" in sys.argv[2:])
    found = counted(build)
    print(f"{'file':<36} {'lines':>6} {'reached':>8} {'branches':>9} {'taken':>8}")
    sums = [0, 0, 0, 0]
    for name, data in sorted(found.items()):
        numbers = [len(data["lines"]), sum(1 for count in data["lines"].values() if count), *data["branches"]]
        sums = [one + other for one, other in zip(sums, numbers, strict=True)]
        print(f"{name:<36} {numbers[0]:>6} {share(numbers[1], numbers[0]):>8} {numbers[2]:>9} {share(numbers[3], numbers[2]):>8}")
    print(f"{'src/':<36} {sums[0]:>6} {share(sums[1], sums[0]):>8} {sums[2]:>9} {share(sums[3], sums[2]):>8}")
    readers = [data["lines"] for name, data in found.items() if name.startswith(READERS)]
    print(f"{'readers of text':<36} {sum(map(len, readers)):>6} "
          f"{share(sum(1 for each in readers for count in each.values() if count), sum(map(len, readers))):>8}")
    print("\nthe longest that nothing reached:")
    for length, name, begin in stretches(found):
        print(f"{length:>5} lines  {name}:{begin}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
