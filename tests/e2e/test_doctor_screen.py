# SPDX-License-Identifier: MIT
"""The whole report on one screen of 80 columns and 24 lines, the prompt behind it included: in health and with each single fault."""

from __future__ import annotations

import os
import re
import unicodedata

import pytest
from doctor_faults import FAULTS
from doctor_place import CHECKS

COLUMNS, LINES = 80, 24


@pytest.fixture(autouse=True)
def small_terminal(monkeypatch):
    """Every terminal of the test has this size before the tool begins."""
    runner = os.environ.get("PRITUNL_ACCESS_RUNNER", "")
    monkeypatch.setenv("PRITUNL_ACCESS_RUNNER", f"""sh -c 'stty rows {LINES} cols {COLUMNS}; exec "$@"' sh {runner}""")


def width(text):
    """How many columns a terminal needs."""
    return sum(0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def screen(result):
    """The lines as the terminal shows them, broken at its edge."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout).replace("\r\n", "\n")
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


def test_health(place, seed):
    place.build()
    place.site.seed.settings(place.site.db)
    text = fits(place.site.run("doctor", tty=True))
    assert "accepts the credential" in text and "try:" not in text


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault(place, name):
    fault = FAULTS[name]
    place.build(name)
    result = place.site.run("doctor", "pritunl", *place.args, tty=True)
    text = fits(result)
    assert result.status == fault.status
    assert f"cause: {fault.cause}: " in text
    assert fault.remedy.split()[0] in text.split("\ntry:   ")[1]


@pytest.mark.parametrize("username", ["x" * 400, "名" * 120, "ä" * 200, "it's; rm -rf /", "-p", "a\x1b[31mb\nc", "\u202egro.live"], ids=ascii)
def test_odd_names(place, username):
    """However long or odd the name is, the report keeps its form, and the remedy quotes the name for a shell."""
    place.fields["username"] = username
    place.fields["auth_api"] = False
    place.build()
    lines = screen(place.site.run("doctor", "--", username, tty=True))
    assert lines[0].startswith("administrator ") and width(lines[0]) <= COLUMNS
    assert all(any(line.startswith(check + " ") for line in lines) for check in CHECKS)
    assert all(each.isprintable() or each == "\n" for each in "\n".join(lines))
