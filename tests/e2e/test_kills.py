# SPDX-License-Identifier: MIT
"""SIGKILL at system calls of issue, exec --issue and recover: never an administrator without an end, never half a document."""

from __future__ import annotations

import bson.json_util
from changes import records, state, through
from expect import private
from kills import chosen, every, kill, points, tell
from pritunl import seed

FIELD = "pritunl_access"
FIELDS = set(seed.administrator_document("x"))
ISSUING = {"issue": ["issue", "killed", "--yes", "-o", "pair"], "exec": ["exec", "--issue", "1h", "--", "/bin/true"],
           "overlap": ["rotate", "--overlap", "killed", "--yes", "-o", "pair"]}
RECOVERING = {"recover": ["recover", "--yes", "--clear-otp", "--enable-account", "--password-file", "password"]}


def check_whole(document):
    """Every field, a hash for a password, and an end."""
    assert set(document) == FIELDS | {FIELD}
    assert document["password"].startswith("3$") and len(document["token"]) == len(document["secret"]) == 32
    assert document[FIELD]["expires_at"] > document[FIELD]["issued_at"]


@every(ISSUING)
def test_killed_while_a_temporary_administrator_stands(site, wire, name, share, record_property):
    tap = wire()
    through(site, tap)
    site.seed.settings(site.db, server_port=site.pritunl.port, server_ssl=False)
    site.seed.host(site.db, "1" * 32, public_address="127.0.0.1")
    admin = site.admin()
    administrators = site.db["administrators"]
    file = site.tool.home / "pair"
    killed = 0
    tried = chosen(points(site.tool, ISSUING[name]), share)
    for point in tried:
        administrators.delete_many({FIELD: {"$exists": True}})
        file.unlink(missing_ok=True)
        killed += kill(site.tool, tap, ISSUING[name], point)
        found = list(administrators.find({"_id": {"$ne": admin["_id"]}}))
        assert len(found) <= 1
        for each in found:
            check_whole(each)
        if file.exists():
            assert found and found[0]["token"] in file.read_text() and found[0]["secret"] in file.read_text()
        assert administrators.find_one({"_id": admin["_id"]}) == admin
        if found:
            result = site.run("revoke", "--all-issued", "--yes", "--json")
            assert (result.status, result.json()["revoked"]) == (0, [found[0]["username"]])
    tell(record_property, name, killed, tried)


@every(RECOVERING)
def test_killed_recover_is_whole_or_nothing(site, wire, name, share, record_property):
    tap = wire()
    through(site, tap)
    admin = site.admin(otp_auth=True, otp_secret="ABCDEFGHIJKLMNOP", sessions=["open"], disabled=True)
    administrators = site.db["administrators"]
    private(site.tool.home / "password", "the new one")
    killed = 0
    tried = chosen(points(site.tool, RECOVERING[name]), share)
    for point in tried:
        administrators.replace_one({"_id": admin["_id"]}, admin)
        killed += kill(site.tool, tap, RECOVERING[name], point)
        (after,) = administrators.find({})
        kept = records(state(site))
        if after != admin:
            assert after == admin | {"password": after["password"], "default": None, "default_password": None, "otp_auth": False,
                                     "otp_secret": None, "sessions": [], "disabled": False}
            assert bson.json_util.loads(kept[-1]["after"])["password"] == after["password"], "the record came first"
            assert site.pritunl.login("pritunl", "the new one")
    tell(record_property, name, killed, tried)
