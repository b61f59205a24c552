# SPDX-License-Identifier: MIT
"""The whole report on one screen of 80 columns and 24 lines, the prompt behind it included; for each fault see test_doctor_causes.py."""

from __future__ import annotations

import pytest
from doctor_place import CHECKS
from doctor_screen import COLUMNS, fits, run_on_screen, screen, width


def test_health(place):
    place.build()
    place.site.seed.settings(place.site.db)
    text = fits(run_on_screen(place.site, "doctor"))
    assert "accepts the credential" in text and "try:" not in text


@pytest.mark.parametrize("username", ["x" * 400, "名" * 120, "ä" * 200, "it's; rm -rf /", "-p", "a\x1b[31mb\nc", "\u202egro.live"], ids=ascii)
def test_odd_names(place, username):
    """However long or odd the name is, the report keeps its form, and the remedy quotes the name for a shell."""
    place.fields["username"] = username
    place.fields["auth_api"] = False
    place.build()
    lines = screen(run_on_screen(place.site, "doctor", "--", username))
    assert lines[0].startswith("administrator ") and width(lines[0]) <= COLUMNS
    assert all(any(line.startswith(check + " ") for line in lines) for check in CHECKS)
    assert all(each.isprintable() or each == "\n" for each in "\n".join(lines))
