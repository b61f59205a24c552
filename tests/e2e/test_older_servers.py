# SPDX-License-Identifier: MIT
"""What older servers wrote otherwise: audit lines about API access, the first password; and a MongoDB that nobody can ask."""

from __future__ import annotations

import datetime

import pytest
from expect import failed
from pritunl.releases import FIRST_OF_EACH
from pritunl.seed import ABSENT
from test_doctor_findings import check

NEW = FIRST_OF_EACH[-1]


def lines(site):
    """The audit lines about API access, oldest first: message and note."""
    (row,) = site.run("audit", "--json").json()
    return [(each["message"].rsplit(" ", 1)[1], each["note"]) for each in reversed(row["audit"])]


@pytest.mark.parametrize("version", [*FIRST_OF_EACH, None])
def test_audit_lines_about_api_access(site, standin, version):
    """The console switches access on, then off; what the lines say is right, is corrected, or may be the reverse."""
    site.admin(auth_api=False)
    site.seed.settings(site.db, auditing="all")
    site.seed.version(site.db, version or NEW)
    server = standin(version=version or FIRST_OF_EACH[0])
    server.console_open("pritunl").ok(auth_api=True)
    server.console_open("pritunl").ok(auth_api=False)
    if version is None:
        site.db.settings.delete_one({"_id": "version"})
        site.db.hosts.delete_many({})
    found = lines(site)
    if version == NEW:
        assert found == [("enabled", None), ("disabled", None)]
        return
    assert [said for said, _ in found] == ["disabled", "enabled"], "as such a server writes it"
    notes = [note for _, note in found]
    if version is None:
        assert all(note.startswith("or the reverse") for note in notes)
    else:
        assert notes[0].endswith("it was switched on") and notes[1].endswith("it was switched off")
    text = site.run("audit").stdout
    assert all(f"({note})" in text for note in notes)


def test_a_line_from_before_there_was_a_right_one(site):
    """The server was updated since; nothing is said of lines that only look like these."""
    admin = site.admin()
    site.seed.version(site.db, NEW)
    for year, words in ((2024, "Administrator token authentication enabled"), (2024, "Administrator token authentication enabled twice"),
                        (2027, "Administrator token authentication enabled")):
        site.db["users_audit"].insert_one({"user_id": admin["_id"], "timestamp": datetime.datetime(year, 1, 2), "type": "admin_updated",
                                           "remote_addr": None, "message": words})
    (row,) = site.run("audit", "--json").json()
    notes = {(each["time"][:4], each["message"]): each["note"] for each in row["audit"]}
    assert [note is not None for _, note in sorted(notes.items())] == [True, False, False] and "switched off" in min(notes.items())[1]


@pytest.mark.parametrize("joined", [True, False])
@pytest.mark.parametrize("fields,there", [({"default": True, "default_password": ABSENT}, True), ({"default": None, "default_password": ABSENT}, False),
                                          ({"default": True, "default_password": None}, False), ({"default_password": "Qx7-of-a-newer-one"}, True)],
                         ids=["of old", "of old, changed", "changed", "in place"])
def test_the_first_password_of_before_it_was_kept(site, wire, fields, there, joined):
    """Before 1.29.1926 it was `pritunl`, and `default` alone said that it is in place."""
    site.admin(**fields)
    tap = wire()
    if not joined:
        tap.refuse_stage("$unionWith")
    env = {"PRITUNL_ACCESS_MONGODB_URI": tap.uri(site.database.name)}
    (row,) = site.run("audit", "--json", env=env).json()
    assert ("default-password" in row["findings"]) is there
    state, detail = check(site.run("doctor", "--json", env=env).json(), "administrator")
    assert (state, "default password" in detail) == (("warn", True) if there else ("ok", False))


def test_a_mongodb_of_before_36(site, wire):
    tap = wire()
    tap.on(("hello", "isMaster", "ismaster"), times=None, amend={"maxWireVersion": 5, "minWireVersion": 0})
    failed(site.run("list", env={"PRITUNL_ACCESS_MONGODB_URI": tap.uri(site.database.name)}), 3, "MongoDB version", attempt="3.6")
