# SPDX-License-Identifier: MIT
"""After `pritunl reset-password`: doctor says what became of the pair, and what brings it back, by whatever is older than the document."""

from __future__ import annotations

import os
import time

import pytest
from expect import failed
from test_doctor_findings import check

SAYS = ("pritunl reset-password", "pritunl-access restore FILE", "undo")


@pytest.fixture
def known(site):
    """A pair that we enabled and exported; then Pritunl made its administrator anew."""
    site.admin(auth_api=False, default_password=None)
    assert site.run("enable", "--yes").status == 0
    site.file = site.tool.home / "pair.env"
    assert site.run("snapshot", "-o", "pairs.json").status == site.run("export", "-o", site.file).status == 0
    os.utime(site.file, (time.time() - 100,) * 2)
    (site.record,) = site.run("undo", "--list", "--json").json()
    assert site.pritunl.reset_password()[0] == "pritunl"
    return site


def doctor(site, *args):
    """Its answer, and what it says of the administrator."""
    answer = site.run("doctor", "--json", *args).json()
    return answer, *check(answer, "administrator")


def test_the_file_is_older(known):
    answer, state, detail = doctor(known, "--source", f"file:{known.file}")
    assert (answer["cause"], state) == ("token-unknown", "warn") and all(word in detail for word in SAYS), detail
    assert "the file" in detail and "enable pritunl" in answer["remedy"]
    assert answer["remedy"].startswith("pritunl-access restore FILE")


def test_the_file_is_younger(known):
    """Of another database then, or renewed since: the reset was before, and has nothing to do with it."""
    os.utime(known.file, (time.time() + 100,) * 2)
    answer, state, detail = doctor(known, "--source", f"file:{known.file}")
    assert (answer["cause"], state) == ("token-unknown", "skip") and "reset-password" not in detail
    assert "export" in answer["remedy"] and "restore" not in answer["remedy"]


def test_an_undo_record_is_older(known):
    answer, state, detail = doctor(known)
    assert (answer["cause"], state) == ("api-disabled", "warn") and all(word in detail for word in SAYS), detail
    assert known.record["id"] in detail and answer["remedy"].startswith("pritunl-access restore FILE")
    assert "enable pritunl" in answer["remedy"]
    for shown in (known.run("doctor").stdout, known.run("doctor", "-q").stdout):
        assert known.record["id"] in shown and "try:   pritunl-access restore FILE" in shown


def test_what_it_names_mends_it(known):
    """restore brings the pair back; undo of what the deleted one had does not, and says so."""
    failed(known.run("undo", known.record["id"], "--yes"), 4, known.record["id"], "not there any more", attempt="restore FILE", warnings=True)
    assert known.run("restore", "pairs.json", "--yes").status == 0
    answer, _, _ = doctor(known, "--source", f"file:{known.file}")
    assert (answer["verdict"], answer["remedy"]) == ("accepted", None)


def test_a_first_start_is_none(site):
    """The default password, and nothing that is older: a word, and the usual remedy."""
    site.admin(auth_api=None, default_password="Qx7-in-place-since-setup")
    answer, state, detail = doctor(site)
    assert (answer["cause"], state) == ("api-disabled", "warn") and detail.startswith("the default password is in place")
    assert answer["remedy"] == "pritunl-access enable pritunl --wait" and "restore FILE" in detail


def test_somebody_logged_in_since(known):
    """Its own password is gone: nothing more is said."""
    known.db.administrators.update_one({}, {"$set": {"default_password": None, "default": None}})
    answer, state, _ = doctor(known)
    assert state == "ok" and answer["remedy"] == "pritunl-access enable pritunl --wait"
