# SPDX-License-Identifier: MIT
"""Administrator documents as nobody should write them: each has a named reason or works, none is guessed at, none crashes."""

from __future__ import annotations

import datetime
import re

import bson
import pytest
from expect import ABSENT, failed, failed_json, printable, tree
from hostile import INVISIBLE

OFF, TOKEN, MISSING, SHORT, FLAG, DISABLED = (
    "api-disabled", "token-unknown", "secret-missing", "secret-short", "flag-not-boolean", "administrator-disabled")
LONG = "x" * 100_000
LONG_NAME = "n" * 100_000
NUL = "with\0nul in it"
CONTROL = "\x1b[31mred\x1b]0;title\x07\x9b1m\r\n\ttext" + INVISIBLE
CONTROL_SECRET = "\x1b]2;s3cr3t\x07\x08\x7f\r\n\t-of-control-characters"
DATE = datetime.datetime(2026, 1, 2, 3, 4, 5)
DECIMAL = bson.Decimal128("12345678.9")
GOOD = {"otp_auth": None, "sessions": []}

# fields that differ from a minimal document in order, and the reason (None: in order)
ODD = {
    "minimal": ({}, None),
    "fields missing": ({"token": ABSENT, "secret": ABSENT, "auth_api": ABSENT}, OFF),
    "everything null": ({"token": None, "secret": None, "auth_api": None, "disabled": None, "super_user": None}, OFF),
    "unknown fields": ({"colour": "blue", "nested": {"token": "x", "secret": [1, {"$ne": None}]}, "part": "settings"}, None),
    "token null": ({"token": None}, TOKEN),
    "token empty": ({"token": ""}, TOKEN),
    "token a number": ({"token": 123456789}, TOKEN),
    "token binary": ({"token": b"\x00\x01\x02\xff"}, TOKEN),
    "token an array": ({"token": ["abcdefgh"]}, TOKEN),
    "token an object": ({"token": {"$gt": ""}}, TOKEN),
    "token of 100 kB": ({"token": LONG}, TOKEN),
    "token with NUL": ({"token": NUL}, TOKEN),
    "token with control characters": ({"token": CONTROL_SECRET}, TOKEN),
    "token not ASCII": ({"token": "schlüssel-名前-🔑"}, TOKEN),
    "token a date": ({"token": DATE}, TOKEN),
    "token an ObjectId": ({"token": bson.ObjectId()}, TOKEN),
    "token a decimal": ({"token": DECIMAL}, TOKEN),
    "token a regex": ({"token": re.compile(".*")}, TOKEN),
    "token odd but sendable": ({"token": "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"}, None),
    "secret null": ({"secret": None}, MISSING),
    "secret absent": ({"secret": ABSENT}, MISSING),
    "secret a number": ({"secret": 1234567890}, MISSING),
    "secret a double": ({"secret": 1.5}, MISSING),
    "secret binary": ({"secret": b"12345678\xff"}, MISSING),
    "secret an array": ({"secret": ["12345678"]}, MISSING),
    "secret an object": ({"secret": {"a": "12345678"}}, MISSING),
    "secret a boolean": ({"secret": True}, MISSING),
    "secret a date": ({"secret": DATE}, MISSING),
    "secret an ObjectId": ({"secret": bson.ObjectId()}, MISSING),
    "secret a decimal": ({"secret": DECIMAL}, MISSING),
    "secret with NUL": ({"secret": NUL}, MISSING),
    "secret code": ({"secret": bson.Code("return 1")}, MISSING),
    "secret a timestamp": ({"secret": bson.Timestamp(1, 2)}, MISSING),
    "secret the smallest key": ({"secret": bson.MinKey()}, MISSING),
    "secret short": ({"secret": "1234567"}, SHORT),
    "secret of 100 kB": ({"secret": LONG}, None),
    "secret not ASCII": ({"secret": "geheim-名前-🔑"}, None),
    "secret with control characters": ({"secret": CONTROL_SECRET}, None),
    "auth_api a string": ({"auth_api": "false"}, FLAG),
    "auth_api 1": ({"auth_api": 1}, FLAG),
    "auth_api a long": ({"auth_api": bson.Int64(7)}, FLAG),
    "auth_api a double": ({"auth_api": 0.5}, FLAG),
    "auth_api an object": ({"auth_api": {"a": 1}}, FLAG),
    "auth_api a date": ({"auth_api": DATE}, FLAG),
    "auth_api an empty array": ({"auth_api": []}, OFF),
    "auth_api empty binary": ({"auth_api": b""}, OFF),
    "auth_api zero": ({"auth_api": 0}, OFF),
    "disabled a string": ({"disabled": "no"}, DISABLED),
    "disabled zero": ({"disabled": 0}, None),
    "_id a string": ({"_id": "an id"}, None),
    "_id a number": ({"_id": 17}, None),
    "_id an object": ({"_id": {"a": [1, 2]}}, None),
    "_id with control characters": ({"_id": CONTROL}, None),
}
NAMES = {
    "a number": 42, "a double": 0.1, "null": None, "absent": ABSENT, "an ObjectId": bson.ObjectId(), "a regex": re.compile("^.*$"),
    "an array": ["pritunl", "admin"], "an object": {"$ne": None}, "a decimal": DECIMAL, "a date": DATE, "binary": b"pritunl",
    "a boolean": True, "with NUL": NUL,
}


GROUPS = [list(ODD)[first::4] for first in range(4)]       # each in one database


@pytest.mark.parametrize("kinds", GROUPS, ids=["first", "second", "third", "fourth"])
def test_an_odd_document_has_its_reason(site, kinds):
    """list and show name it, verify names it, export refuses with 6 and writes nothing; or all of them work."""
    site.admin("in-order")
    for kind in kinds:
        site.insert(**{"username": kind} | ODD[kind][0])
    rows = {row["administrator"]: row for row in site.run("list", "--json").json()}
    listed = site.run("list")
    assert listed.status == 0 and printable(listed.stdout)
    for kind in kinds:
        line, = [line for line in listed.stdout.splitlines() if line.startswith(f"{kind}  ")]
        assert (ODD[kind][1] or "ready") in line
        has_its_reason(site, kind, rows[kind])


def has_its_reason(site, kind, row):
    """The same of one of them."""
    reason = ODD[kind][1]
    shown = site.run("show", kind, "--json").json()
    usable = reason in (None, FLAG)
    for answer in (row, shown):
        assert (answer["usable"], answer["reason"]) == (usable, reason), answer
        assert answer["auth_api"] is (reason != OFF) and answer["disabled"] is (reason == DISABLED)
    before = tree(site.tool.home)
    status, answer = site.verify(kind)
    exported = site.run("export", kind, "-f", "json", reveals=True)
    if usable:
        assert (status, answer["verdict"]) == (0, "accepted"), (kind, answer)
        assert exported.status == 0 and exported.json()["PRITUNL_URL"] == site.pritunl.url
    else:
        assert (status, answer["verdict"], answer["cause"]) == (1, "refused", reason), (kind, answer)
        assert printable(str(answer["detail"])) and answer["detail"] != ""
        failed(exported, 6, kind)
    assert tree(site.tool.home) == before


def test_the_super_user_flag_is_read_as_pritunl_reads_it(site):
    for number, (value, expected) in enumerate([(ABSENT, True), (None, False), (False, False), (True, True), (1, True), ("", False)]):
        site.insert(username=f"admin{number}", super_user=value)
        assert site.run("show", f"admin{number}", "--field", "super_user").stdout == ("true\n" if expected else "false\n"), value


@pytest.mark.parametrize("kind", NAMES)
def test_a_username_that_is_no_text(site, kind):
    """It is listed without a name, never taken for another's, and the only administrator even so."""
    site.insert(username=NAMES[kind])
    row, = site.run("list", "--json").json()
    assert row["administrator"] is None and row["usable"] is True
    for word in ("pritunl", "42", "True", "with"):
        failed(site.run("show", word), 4, word)
    shown = site.run("show", "--json").json()
    assert shown["administrator"] is None and shown["usable"] is True
    for words in (("list",), ("show",), ("verify",), ("export", "-o", "pair.env")):
        result = site.run(*words)
        assert result.status == 0 and "(null)" not in result.stdout + result.stderr, result
    site.db["administrators"].update_one({}, {"$set": {"secret": None}})
    for words, status in ((("verify",), 1), (("export",), 6), (("show", "--field", "secret"), 6)):
        assert "(null)" not in failed(site.run(*words), status)


@pytest.mark.parametrize("name", [".*", "^pritunl$", '{"$ne": null}', "$where", "$username", "pritunl\n", " pritunl", "", "-h", "--help", "--",
                                  "-", "a/../b", "%s%n%x", "'; drop", "日本語", LONG_NAME, CONTROL],
                         ids=lambda name: ascii(name)[:20])
def test_a_name_is_a_value(site, name):
    """Whatever a username looks like, it stands for itself: first for nobody, then for the one document that has it."""
    site.admin()
    failed(site.run("show", "--", name), 4, "pritunl")
    assert site.run("show", "--", "pritunl").status == 0
    admin = site.insert(username=name)
    shown = site.run("show", "--json", "--", name).json()
    assert shown["administrator"] == name and shown["id"] == str(admin["_id"])
    for words in (("show", "--", name), ("list",), ("verify", "--", name), ("config", "-a", name)):
        result = site.run(*words)
        assert result.status == 0 and printable(result.stdout) and printable(result.stderr), words
    site.db["administrators"].update_one({"username": name}, {"$set": {"token": None}})
    assert failed(site.run("verify", "--", name), 1)
    error = failed_json(site.run("export", "--json", "--", name), 6, kind=TOKEN)
    assert printable(error["try"])


def test_an_array_that_holds_the_name_is_not_that_administrator(site):
    site.insert(username=["pritunl", "other"])
    failed(site.run("show", "pritunl"), 4, "pritunl")


def test_two_documents_of_one_name_are_never_chosen_between(site):
    site.db["administrators"].drop_indexes()
    ids = [str(site.insert(username="twin", **fields)["_id"]) for fields in ({}, {"auth_api": False}, {"disabled": True})]
    for command in ("show", "verify", "export"):
        message = failed(site.run(command, "twin"), 4, "twin", attempt="pritunl-access list")
        assert ids[0] in message
    assert sorted(row["id"] for row in site.run("list", "--json").json()) == sorted(ids)
    assert site.signed() == []


def test_control_characters_never_reach_the_terminal(site):
    site.insert(username=CONTROL, token="a" + CONTROL_SECRET, secret=CONTROL_SECRET, auth_api=CONTROL)
    site.db["hosts"].insert_one({"_id": CONTROL, "name": CONTROL, "status": "online", "public_address": CONTROL})
    site.db["settings"].insert_one({"_id": "app", "acme_domain": CONTROL, "server_cert": CONTROL})
    site.tool.env.pop("PRITUNL_ACCESS_URL")
    for words in (("list",), ("show",), ("show", "--reveal"), ("verify",), ("export",), ("show", "nobody"), ("verify", "--all"),
                  ("verify", "--every-host"), ("list", "-v"), ("export", "-v", "--no-verify", "--url", CONTROL)):
        result = site.run(*words, tty=True, reveals=True, env={"NO_COLOR": "1", "TERM": "dumb"})
        shown = result.stdout.replace("\r\n", "\n")
        assert result.status in range(8) and printable(shown), (words, shown)


@pytest.mark.parametrize("settings", [
    {"server_port": "443"}, {"server_port": -1}, {"server_port": 1e30}, {"server_cert": 7}, {"server_cert": "no PEM"}, {"server_ssl": "x"},
    {"acme_domain": ["a"]}, {"acme_domain": "a b/c?d"}, {"auth_time_window": None}, {"auth_time_window": "long"},
    {"settings_check_interval": -1.5}, {"server_cert": LONG_NAME}, {"reverse_proxy": {}}, {"license": 1, "redis_uri": [], "version": 7},
], ids=lambda settings: str(settings)[:40])
def test_odd_settings_do_no_harm(site, settings):
    site.admin()
    site.db["settings"].insert_many([{"_id": "app", **settings}, {"_id": "version", "version": 7}])
    result = site.run("show", "--json")
    assert result.status == 0 and result.json()["usable"] is True
    assert site.run("export", "--no-verify", reveals=True).status == 0
    del site.tool.env["PRITUNL_ACCESS_URL"]
    assert site.run("show", "--json").status == 0
    assert site.run("verify", "--connect-timeout", "1", "--timeout", "1").status in (2, 5)


def test_odd_hosts_do_no_harm(site):
    site.admin()
    site.db["hosts"].insert_many([{"_id": number, **fields} for number, fields in enumerate([
        {}, {"status": 1}, {"status": "online"}, {"status": "online", "public_address": 7, "hostname": ["a"]},
        {"status": "online", "public_address": "", "auto_public_host": "@evil/", "local_address": "a b", "hostname": LONG_NAME},
        {"status": "online", "name": {"a": 1}, "version": 3, "ping_timestamp": "now"}])])
    del site.tool.env["PRITUNL_ACCESS_URL"]
    assert site.run("show", "--json").json()["url"] is None
    failed(site.run("verify"), 2, attempt="--url")
    failed(site.run("export"), 2, attempt="--url")
    answers = site.run("verify", "--every-host", "--json").json()
    assert {answer["verdict"] for answer in answers} == {"unknown"} and site.pritunl.requests == []
