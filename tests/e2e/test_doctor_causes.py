# SPDX-License-Identifier: MIT
"""Every cause that doctor can meet, really brought about: it is named, with the remedy; and where that is a command of ours, it works."""

from __future__ import annotations

import pytest
from doctor_faults import FAULTS
from doctor_place import content

NEVER = {"super-user-required", "licence-required"}     # GET /status needs neither: `api` meets them


@pytest.mark.parametrize("name", FAULTS)
def test_one_cause_and_one_remedy(place, name):
    fault = FAULTS[name]
    place.build(name)
    status, answer = place.doctor()
    assert (answer["cause"], answer["verdict"], status) == (fault.cause, fault.verdict, fault.status), answer
    assert fault.remedy in answer["remedy"], answer["remedy"]
    assert [check["name"] for check in answer["checks"] if check["state"] == "fail"] == [fault.check], answer["checks"]
    assert answer["administrator"] == (None if fault.status == 3 else "pritunl")
    if fault.mend:
        fault.mend(place, answer["remedy"])


def test_every_cause_of_the_contract_is_here():
    """The source's table of causes, each name once."""
    with open("src/pritunl/cause.c", encoding="utf-8") as source:
        text = source.read()
    names = {line.split('"')[1] for line in text.split("rows[CAUSE_COUNT] = {")[1].split("};")[0].split("[CAUSE_")[1:]
             for line in [line]}
    assert names - {fault.cause for fault in FAULTS.values()} == NEVER


def test_health(place):
    place.build()
    content(place)
    states = {check["name"]: check["state"] for check in place.doctor()[1]["checks"]}
    assert set(states.values()) <= {"ok", "skip"}, states
