# SPDX-License-Identifier: MIT
"""A terminal of 80 columns and 24 lines, and what it means that a report fits on it."""

from __future__ import annotations

import os
import re
import unicodedata
from unittest import mock

from doctor_place import CHECKS

COLUMNS, LINES = 80, 24


def run_on_screen(site, *args):
    """Run the tool on a terminal that has this size before the tool begins."""
    runner = os.environ.get("PRITUNL_ACCESS_RUNNER", "")
    small = f"""sh -c 'stty rows {LINES} cols {COLUMNS}; exec "$@"' sh {runner}"""
    with mock.patch.dict(os.environ, PRITUNL_ACCESS_RUNNER=small):
        return site.run(*args, tty=True)


def width(text):
    """How many columns a terminal needs."""
    return sum(0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def screen(result):
    """The lines as the terminal shows them, broken at its edge."""
    text = re.sub(r"\x1b\[[0-9;]*m|\r\x1b\[K(?:waiting for [^\r\n]* …)?", "", result.stdout).replace("\r\n", "\n")
    assert "\x1b" not in text and text.endswith("\n")
    return [part for line in text[:-1].split("\n")
            for part in [line] + [""] * (max(0, width(line) - 1) // COLUMNS)]


def fits(result):
    """There is room for the prompt, and every check is to be seen. Returns the text."""
    lines = screen(result)
    assert len(lines) < LINES, f"{len(lines)} lines\n" + "\n".join(lines)
    for check in CHECKS:
        assert any(line.startswith(check + " ") for line in lines), check
    return "\n".join(lines)
