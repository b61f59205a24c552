# SPDX-License-Identifier: MIT
"""One judgement of an administrator: list, show, audit, verify and doctor say the same of the same documents."""

from __future__ import annotations

import bson
import pytest
from expect import ABSENT

OFF, FLAG, TOKEN, DUPLICATE, MISSING, SHORT, DISABLED = (
    "api-disabled", "flag-not-boolean", "token-unknown", "token-duplicate", "secret-missing", "secret-short", "administrator-disabled")
SHARED = "the-token-that-two-documents-carry"

# fields that differ from a minimal document in order, is it usable, and the reason
OPEN = {
    "in order": ({}, True, None),
    "off": ({"auth_api": False}, False, OFF),
    "flag null": ({"auth_api": None}, False, OFF),
    "flag absent": ({"auth_api": ABSENT}, False, OFF),
    "flag zero": ({"auth_api": 0}, False, OFF),
    "flag 1": ({"auth_api": 1}, True, FLAG),
    "flag text": ({"auth_api": "yes"}, True, FLAG),
    "flag text, secret short": ({"auth_api": "yes", "secret": "1234567"}, False, SHORT),
    "off, token null": ({"auth_api": False, "token": None}, False, OFF),
    "token null": ({"token": None}, False, TOKEN),
    "token too long": ({"token": "t" * 257}, False, TOKEN),
    "token odd": ({"token": bson.ObjectId()}, False, TOKEN),
    "token null, secret null": ({"token": None, "secret": None}, False, TOKEN),
    "first of two": ({"token": SHARED}, True, None),
    "second of two": ({"token": SHARED}, False, DUPLICATE),
    "second of two, secret short": ({"token": SHARED, "secret": "1234567"}, False, DUPLICATE),
    "second of two, disabled": ({"token": SHARED, "disabled": True}, False, DUPLICATE),
    "secret missing": ({"secret": None}, False, MISSING),
    "secret short": ({"secret": "1234567"}, False, SHORT),
    "secret short, disabled": ({"secret": "1234567", "disabled": True}, False, SHORT),
    "disabled": ({"disabled": True}, False, DISABLED),
    "off, disabled": ({"auth_api": False, "disabled": True}, False, OFF),
}
# nobody has auth_api exactly true: the web front lets nothing pass
CLOSED = {
    "off": ({"auth_api": False}, False, OFF),
    "flag 1": ({"auth_api": 1}, False, FLAG),
    "flag text": ({"auth_api": "yes"}, False, FLAG),
    "flag 1, token null": ({"auth_api": 1, "token": None}, False, FLAG),
    "flag 1, secret short": ({"auth_api": 1, "secret": "1234567"}, False, FLAG),
    "flag 1, first of two": ({"auth_api": 1, "token": SHARED}, False, FLAG),
    "flag 1, second of two": ({"auth_api": 1, "token": SHARED}, False, FLAG),
    "flag 1, disabled": ({"auth_api": 1, "disabled": True}, False, FLAG),
}
FRONTS = {"normal": OPEN, "strict": CLOSED}


@pytest.fixture(params=FRONTS)
def people(request, site, standin):
    """A site with all documents of a table, and the table."""
    table = FRONTS[request.param]
    for name, (fields, _, _) in table.items():
        site.insert(**{"username": name} | fields)
    site.tool.env["PRITUNL_ACCESS_URL"] = standin(front=request.param).url
    return site, table


def rows(site, *words) -> dict:
    """The array that a command answers with, by administrator."""
    return {row["administrator"]: row for row in site.run(*words, "--json").json()}


def test_all_commands_agree(people):
    """Usable or not, and why, whichever command is asked."""
    site, table = people
    listed, audited, verified = rows(site, "list"), rows(site, "audit"), rows(site, "verify", "--all")
    for name, (_, usable, reason) in table.items():
        shown = site.run("show", "--json", "--", name).json()
        doctor = site.run("doctor", "--json", "--", name).json()
        assert (listed[name]["usable"], listed[name]["reason"]) == (usable, reason), (name, listed[name])
        assert (shown["usable"], shown["reason"]) == (usable, reason), (name, shown)
        assert audited[name]["live"] is usable, (name, audited[name])
        if reason not in (None, OFF):
            assert reason in audited[name]["findings"], (name, audited[name])
        expected = ("accepted", None) if usable else ("refused", reason)
        assert (verified[name]["verdict"], verified[name]["cause"]) == expected, (name, verified[name])
        assert (doctor["verdict"], doctor["cause"]) == expected, (name, doctor)


ODD = {"token null": {"token": None}, "token absent": {"token": ABSENT}, "token empty": {"token": ""}, "token too long": {"token": "t" * 257},
       "token odd": {"token": bson.ObjectId()}, "token of two lines": {"token": "a line\nand another"}, "secret null": {"secret": None},
       "secret absent": {"secret": ABSENT}, "secret empty": {"secret": ""}, "secret odd": {"secret": 12345678}, "secret short": {"secret": "1234567"},
       "both null": {"token": None, "secret": None}}


@pytest.mark.parametrize("kind", ODD)
def test_verify_says_what_doctor_says(site, kind):
    """Of a pair of the database that nobody could use: cause, words, and one remedy, which mends it."""
    site.admin("other")
    site.insert(**ODD[kind])
    doctor, verify = site.run("doctor", "pritunl", "--json").json(), site.run("verify", "pritunl", "--json").json()
    assert (verify["verdict"], verify["cause"]) == (doctor["verdict"], doctor["cause"]) and verify["verdict"] == "refused"
    text = site.run("verify", "pritunl").stderr
    assert text.splitlines()[-1] == "try: " + doctor["remedy"] and doctor["remedy"].startswith("pritunl-access ")
    check = next(each for each in doctor["checks"] if each["state"] == "fail")
    assert check["detail"] in text and check["detail"] == verify["detail"]
    assert site.run(*doctor["remedy"].split()[1:], "--yes").status == 0
    assert site.run("verify", "pritunl", "--json").json()["verdict"] == "accepted"


@pytest.mark.parametrize("words", [("verify",), ("verify", "pritunl"), ("export",), ("export", "pritunl", "-o", "pair.env"),
                                   ("exec", "--", "true"), ("exec", "pritunl", "--", "true")], ids=" ".join)
def test_a_pair_that_another_document_carries_too(site, words):
    """It is accepted, being the first one's; whoever takes it away from that one takes it from both."""
    site.admin(token=SHARED)
    site.admin("twin", auth_api=False, token=SHARED)
    result = site.run(*words, reveals=True)
    warned = [line for line in result.stderr.splitlines() if "warning: twin carries the same token" in line]
    assert result.status == 0 and len(warned) == 1, result.stderr
    site.db.administrators.update_one({"username": "twin"}, {"$set": {"token": site.seed.random_text()}})
    assert "same token" not in site.run(*words, reveals=True).stderr
