# SPDX-License-Identifier: MIT
"""
What tests record is added up and said at the end: record_property("figure: NAME", NUMBER), and as a table
record_property("fault: CLASS: COMMAND", (TRIED, FAILED)).
"""

from __future__ import annotations

import collections
import gc
import operator
import os

import pytest

from harness.database import Database

MARK = "figure: "
FAULT = "fault: "


def pytest_configure(config):
    """Our own mark."""
    config.addinivalue_line("markers", "long: takes seconds, most of which it waits")


def pytest_collection_modifyitems(items):
    """
    Side by side, each worker begins with a row of neighbours, and takes half of another's rest when it has done its own: what is long
    is spread over the first three quarters of each row, so that others work meanwhile, and what is left at the end can be shared.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    parts = [[], []]
    for item in items:
        parts[item.get_closest_marker("long") is not None].append(item)
    short, long = parts
    ordered = []
    for worker in range(workers):
        row = short[len(short) * worker // workers:len(short) * (worker + 1) // workers]
        late = long[worker::workers]
        places = [(number / len(row), item) for number, item in enumerate(row)]
        places += [(0.75 * number / len(late), item) for number, item in enumerate(late)]
        ordered += [item for _, item in sorted(places, key=operator.itemgetter(0))]
    if workers > 1:
        items[:] = ordered


def pytest_collection_finish():
    """Thousands of tests stay to the end: the garbage collector need not look at them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture(scope="session")
def database_server(tmp_path_factory):
    """A plain server, no TLS, no login, with fail points: one for all tests of a worker, each of which has databases of its own there."""
    with Database(tmp_path_factory.mktemp("database"), test_commands=True) as server:
        yield server


def pytest_terminal_summary(terminalreporter):
    """One line a figure."""
    sums: collections.Counter = collections.Counter()
    faults: dict[tuple, tuple] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name.startswith(MARK):
                    sums[name.removeprefix(MARK)] += value
                elif name.startswith(FAULT):
                    row = tuple(name.removeprefix(FAULT).split(": "))
                    faults[row] = tuple(map(sum, zip(faults.get(row, (0, 0)), value, strict=True)))
    for name, value in sorted(sums.items()):
        terminalreporter.write_line(f"{name}: {value}")
    if faults:
        terminalreporter.write_line(f"{'what happens':<28} {'to':<14} {'tried':>6} {'failed':>6}")
        for (what, name), (tried, failed) in sorted(faults.items()):
            terminalreporter.write_line(f"{what:<28} {name:<14} {tried:>6} {failed:>6}")
        tried, failed = map(sum, zip(*faults.values(), strict=True))
        terminalreporter.write_line(f"{'all':<43} {tried:>6} {failed:>6}")
