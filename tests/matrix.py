# SPDX-License-Identifier: MIT
"""The table of round trips: every hostile value through every format and every program that reads it.

    matrix.py     prints the table; status 1 if anything comes back altered
"""

from __future__ import annotations

import sys
import time

from formats import readers, values
from formats.test_formats import RANDOM, SEED
from harness.moto import moto

SIGNS = {"carried": "+", "refused": "-", "ALTERED": "ALTERED"}


def column(format_name: str, given: list[bytes], reader) -> list[str]:
    """What becomes of each value."""
    text, refused = readers.encode(format_name, given)
    read = reader(text, [number for number in range(len(given)) if number not in refused])
    return [readers.judge(value, number, refused, read) for number, value in enumerate(given)]


def main() -> int:
    """Print the table, and after it the random values."""
    given = values.named()
    pairs = [(name, label, reader) for name in readers.READERS for label, reader in readers.READERS[name].items()]
    columns = [column(name, list(given.values()), reader) for name, _, reader in pairs]
    for number, (name, label, _) in enumerate(pairs, 1):
        print(f"{number:3} {name} read by {label}")
    print("\n+ carried unchanged, - refused with status 7\n")
    width = max(map(len, given)) + 2
    print(" " * width + " ".join(f"{number:2}" for number in range(1, len(pairs) + 1)))
    for row, value_name in enumerate(given):
        print(value_name.ljust(width) + " ".join(f"{SIGNS[results[row]]:>2}" for results in columns))
    print(f"\n{RANDOM} random values each (seed {SEED}):")
    for name, label, reader in pairs:
        began = time.monotonic()
        results = column(name, values.random_values(RANDOM, SEED), reader)
        columns.append(results)
        print(f"{name:12} {label:16} {results.count('carried'):5} carried {results.count('refused'):5} refused "
              f"{results.count('ALTERED'):5} altered  {time.monotonic() - began:5.1f} s")
    random_values = values.random_values(RANDOM, SEED)
    with moto() as address:
        places = (("systemd", "its rules", readers.credentials_rules),
                  ("aws", "boto3, moto", lambda given: readers.secrets_manager(address, given)))
        for name, label, reader in places:
            began = time.monotonic()
            refused, read = reader(random_values)
            results = [readers.judge(value, number, refused, read) for number, value in enumerate(random_values)]
            columns.append(results)
            print(f"{name:12} {label:16} {results.count('carried'):5} carried {results.count('refused'):5} refused "
                  f"{results.count('ALTERED'):5} altered  {time.monotonic() - began:5.1f} s")
    altered = sum(results.count("ALTERED") for results in columns)
    print(f"\naltered: {altered}")
    return 1 if altered else 0


if __name__ == "__main__":
    sys.exit(main())
