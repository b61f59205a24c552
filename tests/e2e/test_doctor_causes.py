# SPDX-License-Identifier: MIT
"""Every cause, really brought about: it is named, with the remedy, on one screen too; and where that is a command of ours, it works."""

from __future__ import annotations

import pytest
from doctor_faults import FAULTS
from doctor_place import content
from doctor_screen import fits, run_on_screen
from kills import ALL

# GET /status needs neither a super user nor a licence: `api` alone meets these, at such a path. Remedy, and the word behind it.
OF_API = {"super-user-required": ("/admin", "pritunl-access list", ", then"),
          "licence-required": ("/link", "pritunl-access doctor", "")}


@pytest.mark.long
@pytest.mark.parametrize("name", FAULTS)
def test_one_cause_and_one_remedy(place, name):
    fault = FAULTS[name]
    place.build(name)
    status, answer = place.doctor()
    assert (answer["cause"], answer["verdict"], status) == (fault.cause, fault.verdict, fault.status), answer
    assert fault.remedy in answer["remedy"], answer["remedy"]
    assert [check["name"] for check in answer["checks"] if check["state"] == "fail"] == [fault.check], answer["checks"]
    assert answer["administrator"] == (None if fault.status == 3 else "pritunl")
    shown = run_on_screen(place.site, "doctor", "pritunl", *place.args)
    text = fits(shown)
    assert shown.status == fault.status and f"cause: {fault.cause}: " in text
    assert fault.remedy.split()[0] in text.split("\ntry:   ")[1]
    if fault.mend and (ALL or not fault.twin):
        fault.mend(place, answer["remedy"])


@pytest.mark.parametrize("cause", OF_API)
def test_a_cause_that_only_a_path_can_meet(place, cause):
    path, remedy, more = OF_API[cause]
    place.build()
    place.site.db.administrators.update_one({}, {"$set": {"super_user": cause != "super-user-required"}})
    content(place)
    result = place.site.run("api", "GET", path, "--json")
    error = result.json()["error"]
    assert (result.status, error["kind"]) == (1, cause) and error["try"].startswith(remedy + more), error
    place.obey(remedy)


def test_every_cause_of_the_contract_is_here():
    """The source's table of causes, each name once: none without a test, and no test of another one."""
    with open("src/pritunl/cause.c", encoding="utf-8") as source:
        text = source.read()
    rows = [line for line in text.split("rows[CAUSE_COUNT] = {")[1].split("};")[0].split("[CAUSE_")[1:] if "STAGE_SOURCE" not in line]
    names = {row.split('"')[1] for row in rows}
    assert names == {fault.cause for fault in FAULTS.values()} | set(OF_API)
    print(f"\n{len(names)} causes, brought about in {len(FAULTS) + len(OF_API)} ways, of which a command of ours mends "
          f"{sum(fault.mend is not None for fault in FAULTS.values())}")


def test_health(place):
    place.build()
    content(place)
    states = {check["name"]: check["state"] for check in place.doctor()[1]["checks"]}
    assert set(states.values()) <= {"ok", "skip"}, states
