# SPDX-License-Identifier: MIT
"""Figures that tests record by record_property("figure: NAME", NUMBER) are added up and said at the end."""

from __future__ import annotations

import collections
import gc

MARK = "figure: "


def pytest_collection_finish():
    """Thousands of tests stay to the end: the garbage collector need not look at them again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def pytest_terminal_summary(terminalreporter):
    """One line a figure."""
    sums: collections.Counter = collections.Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name.startswith(MARK):
                    sums[name.removeprefix(MARK)] += value
    for name, value in sorted(sums.items()):
        terminalreporter.write_line(f"{name}: {value}")
