# SPDX-License-Identifier: MIT
"""Databases that know less: every command against servers that refuse stages, aggregates, expressions or findAndModify."""

from __future__ import annotations

import json
import re

import pytest

EXPRESSION = re.compile(r'"\$(literal|gt|eq|ifNull|cond)": *\[|"\$literal"')
CODES = [2, 9, 59, 72, 115, 168, 238, 303, 304, 31325, 40324, 8000]
SECRET_SETTINGS = {"license": "LICENCE-THAT-STAYS", "redis_uri": "redis://u:REDIS-THAT-STAYS@h", "secondary_mongodb_uri": None}


def refusal(code):
    """An answer with this code."""
    return {"ok": 0.0, "code": code, "errmsg": "this is not done here"}


def has_expression(command):
    """Whether a projection of the command computes something."""
    return EXPRESSION.search(json.dumps(command.body, default=str)) is not None


def without_union(proxy, code):
    """Knows no $unionWith."""
    proxy.refuse_stage("$unionWith", code)


def without_aggregates(proxy, code):
    """Knows no aggregate at all."""
    proxy.on("aggregate", times=None, answer=refusal(code))


def without_expressions(proxy, code):
    """Refuses whatever computes in a projection, in finds too."""
    proxy.on(("aggregate", "find"), times=None, where=has_expression, answer=refusal(code))


def without_pre_image(proxy, code):
    """Knows no findAndModify, and no aggregate either."""
    without_aggregates(proxy, code)
    proxy.on("findAndModify", times=None, answer=refusal(code))


SERVERS = [without_union, without_aggregates, without_expressions]
READING = [("list",), ("show", "pritunl"), ("verify",), ("verify", "--all"), ("audit",), ("doctor",), ("doctor", "pritunl"),
           ("dump", "--from", "database", "--with", "hosts")]


@pytest.fixture
def plain(site, wire):
    """A site whose database is behind a Wire; run(*words) gives the JSON answer, without what differs from run to run."""
    site.admin(default_password=None)
    site.seed.settings(site.db, **SECRET_SETTINGS)
    site.seed.host(site.db, "a" * 32)
    site.seed.server(site.db, "one", routes=["10.1.0.0/24", "10.2.0.0/24"])
    site.proxy = wire()

    def run(*words, **options):
        result = site.run(*words, "--json", **options)
        assert "THAT-STAYS" not in result.stdout + result.stderr
        said = result.stdout
        if words[0] == "doctor":        # its details tell times
            said = [(check["name"], check["state"]) for check in result.json()["checks"]] + ["(licensed)" in said]
        elif words[0] == "verify":
            said = re.sub(r'"(latency_ms|clock_skew_s)": *[-0-9.]+', "", said)
        return result.status, said
    site.answer = run
    return site


def test_whose_default_password_is_in_place(plain, database):
    plain.db.administrators.update_one({}, {"$set": {"default_password": "first-THAT-STAYS"}})
    plain.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = plain.proxy.uri(database.name)
    for refuse in (lambda *_: None, *SERVERS):
        plain.proxy.reset()
        refuse(plain.proxy, 238)
        assert "default-password" in plain.answer("audit")[1]
        plain.db.administrators.update_one({}, {"$set": {"default_password": None}})
        assert "default-password" not in plain.answer("audit")[1]
        plain.db.administrators.update_one({}, {"$set": {"default_password": "first-THAT-STAYS"}})


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_every_answer_is_the_same(plain, database, words):
    plain.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = plain.proxy.uri(database.name)
    expected = plain.answer(*words)
    assert expected[0] == 0
    for refuse in SERVERS:
        plain.proxy.reset()
        refuse(plain.proxy, 238)
        assert plain.answer(*words) == expected, refuse.__doc__


@pytest.mark.parametrize("refuse", SERVERS, ids=lambda refuse: refuse.__name__)
def test_whatever_code_it_says_so_with(plain, database, refuse):
    plain.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = plain.proxy.uri(database.name)
    for code in CODES:
        plain.proxy.reset()
        refuse(plain.proxy, code)
        assert [row["administrator"] for row in plain.run("list", "--json").json()] == ["pritunl"], code


def test_the_single_finds_compute_nothing_and_ask_for_no_secret(plain, database):
    plain.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = plain.proxy.uri(database.name)
    without_aggregates(plain.proxy, 59)
    assert "(licensed)" in plain.run("doctor", "--json").stdout
    finds = plain.proxy.sent("find")
    assert len(finds) >= 6
    for find in finds:
        assert set(find.body["projection"].values()) == {1} and not has_expression(find)
        assert not {"license", "redis_uri", "secondary_mongodb_uri", "default_password", "password", "server_key",
                    "otp_secret", "sessions"} & set(find.body["projection"])


@pytest.mark.parametrize("setting, value, word", [("license", "", None), ("license", None, None), ("license", "x", "(licensed)")])
def test_set_or_not(plain, database, setting, value, word):
    plain.db.settings.update_one({"_id": "app"}, {"$set": {setting: value}})
    plain.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = plain.proxy.uri(database.name)
    without_aggregates(plain.proxy, 238)
    assert ("(licensed)" in plain.run("doctor", "--json").stdout) == (word is not None)


@pytest.mark.parametrize("setting", ["redis_uri", "secondary_mongodb_uri"])
def test_where_events_go_is_known(plain, database, setting):
    plain.db.settings.update_one({"_id": "app"}, {"$set": {"redis_uri": None} | {setting: "redis://h"}})
    plain.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = plain.proxy.uri(database.name)
    without_pre_image(plain.proxy, 238)
    assert setting in plain.run("rotate", "--yes").stderr


@pytest.mark.parametrize("code", [59, 115, 238, 304])
def test_changing_without_a_pre_image(plain, database, code):
    plain.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = plain.proxy.uri(database.name)
    without_pre_image(plain.proxy, code)
    old = plain.db.administrators.find_one()
    for words in (("rotate",), ("disable",), ("enable",), ("issue", "job", "-f", "json")):
        result = plain.run(*words, "--yes", reveals=True)
        assert result.status == 0, result.stderr
    new = plain.db.administrators.find_one({"_id": old["_id"]})
    assert new["token"] != old["token"] and new["secret"] != old["secret"] and new["auth_api"] is True
    assert plain.run("revoke", "job", "--yes").status == 0


def test_no_primary_and_no_login_are_no_reason_to_ask_on(plain, database):
    plain.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = plain.proxy.uri(database.name)
    for code in (10107, 11600, 18):
        plain.proxy.reset()
        plain.proxy.commands.clear()
        plain.proxy.on("aggregate", times=None, answer=refusal(code))
        assert plain.run("list").status == 3
        assert not plain.proxy.sent("find")
