# SPDX-License-Identifier: MIT
"""`list` and `show`: the keys of the contract, the masks, one bare value, and not a word to the API."""

from __future__ import annotations

import re

import pytest
from expect import failed, failed_json

LIST_KEYS = {"administrator", "id", "auth_api", "usable", "reason", "disabled", "super_user", "token_hint"}
SHOW_KEYS = {"administrator", "id", "auth_api", "usable", "reason", "disabled", "super_user", "url", "url_from", "token", "secret"}


def test_list_as_json(site):
    admins = [site.admin("anna"), site.admin("bert", auth_api=False, super_user=False), site.admin("carl", disabled=True)]
    result = site.run("list", "--json")
    rows = {row["administrator"]: row for row in result.json()}
    assert result.status == 0 and result.stderr == "" and isinstance(result.json(), list)
    assert all(LIST_KEYS <= set(row) for row in rows.values())
    for admin in admins:
        row = rows[admin["username"]]
        assert row["id"] == str(admin["_id"]) and row["token_hint"] == admin["token"][:4]
    assert [rows[name]["usable"] for name in ("anna", "bert", "carl")] == [True, False, False]
    assert [rows[name]["reason"] for name in ("anna", "bert", "carl")] == [None, "api-disabled", "administrator-disabled"]
    assert [rows[name]["auth_api"] for name in ("anna", "bert", "carl")] == [True, False, True]
    assert [rows[name]["super_user"] for name in ("anna", "bert", "carl")] == [True, False, True]
    assert [rows[name]["disabled"] for name in ("anna", "bert", "carl")] == [False, False, True]
    assert site.pritunl.requests == []


def test_list_as_text(site):
    admin = site.admin("anna")
    site.admin("bert", auth_api=False)
    lines = site.run("list").stdout.splitlines()
    assert len(lines) == 3 and all(line == line.rstrip() for line in lines)
    assert "anna" in lines[1] and "ready" in lines[1] and admin["token"][:4] in lines[1] and admin["token"][:5] not in lines[1]
    assert "bert" in lines[2] and "api-disabled" in lines[2] and "ready" not in lines[2]


def test_list_needs_no_order_of_flags(site):
    """1 and a string count as on where another administrator keeps the front open, and not where nobody does."""
    site.insert(username="odd", auth_api=1)
    row, = site.run("list", "--json").json()
    assert (row["usable"], row["reason"]) == (False, "flag-not-boolean")
    site.admin("anna")
    rows = {row["administrator"]: row for row in site.run("list", "--json").json()}
    assert (rows["odd"]["usable"], rows["odd"]["reason"]) == (True, "flag-not-boolean")


def test_show_masks(site):
    admin = site.admin()
    text = site.run("show")
    assert text.status == 0 and text.stderr == "" and site.pritunl.url in text.stdout
    answer = site.run("show", "--json").json()
    assert SHOW_KEYS <= set(answer) and answer["token"] is None and answer["secret"] is None
    assert (answer["administrator"], answer["id"], answer["usable"], answer["reason"]) == ("pritunl", str(admin["_id"]), True, None)
    assert (answer["url"], answer["url_from"]) == (site.pritunl.url, "PRITUNL_ACCESS_URL")
    assert site.pritunl.requests == []


def test_show_reveals_when_told(site):
    admin = site.admin()
    answer = site.run("show", "--json", "--reveal", reveals=True).json()
    assert (answer["token"], answer["secret"]) == (admin["token"], admin["secret"])
    text = site.run("show", "--reveal", reveals=True).stdout
    assert admin["token"] in text and admin["secret"] in text
    assert site.run("show", env={"PRITUNL_ACCESS_REVEAL": "1"}).stdout == site.run("show").stdout


def test_show_one_field(site):
    admin = site.admin()
    expected = {"administrator": "pritunl", "id": str(admin["_id"]), "auth_api": "true", "usable": "true", "disabled": "false",
                "super_user": "true", "url": site.pritunl.url, "url_from": "PRITUNL_ACCESS_URL", "token": admin["token"],
                "secret": admin["secret"]}
    for name, value in expected.items():
        result = site.run("show", "--field", name, reveals=name in ("token", "secret"))
        assert (result.status, result.stdout, result.stderr) == (0, value + "\n", ""), name
    assert site.run("show", "--field", "reason").stdout in ("", "\n")


@pytest.mark.parametrize("field", ["token", "secret"])
def test_show_a_field_that_is_not_there(site, field):
    site.admin(**{field: None})
    failed(site.run("show", "--field", field), 6, field)
    failed_json(site.run("show", "--field", field, "--json"), 6)


def test_show_without_a_url(site, home):
    site.admin()
    del site.tool.env["PRITUNL_ACCESS_URL"]
    answer = site.run("show", "--json").json()
    assert answer["url"] is None and answer["url_from"] is None
    failed(site.run("show", "--field", "url"), 2, attempt="--url")


def test_show_where_the_url_was_found(site):
    site.admin()
    del site.tool.env["PRITUNL_ACCESS_URL"]
    site.seed.settings(site.db, server_port=8443)
    site.seed.host(site.db, "b" * 32, local_address="10.0.0.5", hostname=None)
    site.seed.host(site.db, "c" * 32, public_address="203.0.113.7", status="offline")
    assert site.run("show", "--field", "url").stdout == "https://10.0.0.5:8443\n"
    site.seed.host(site.db, "d" * 32, auto_public_address="198.51.100.7")
    assert site.run("show", "--field", "url").stdout == "https://198.51.100.7:8443\n"
    site.seed.settings(site.db, acme_domain="vpn.example.com", server_port=443)
    answer = site.run("show", "--json").json()
    assert answer["url"].removesuffix(":443") == "https://vpn.example.com" and "acme_domain" in answer["url_from"]


def test_who_is_meant_when_nobody_is_named(site, home):
    site.admin("off", auth_api=False)
    assert site.run("show", "--field", "administrator").stdout == "off\n", "the only one there is"
    site.admin("on")
    assert site.run("show", "--field", "administrator").stdout == "on\n", "the only one with API access on"
    site.admin("also-on")
    failed(site.run("show"), 4, "off", "on", "also-on")
    assert site.run("show", "--field", "administrator", "-a", "off").stdout == "off\n"
    assert site.run("show", "on", "--field", "administrator", "-a", "off").stdout == "on\n"


def test_colour_never_gets_into_a_pipe(site):
    site.admin()
    for words in (("list",), ("show",), ("verify",)):
        assert "\x1b" not in site.run(*words).stdout
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        shown = site.run("show", "nobody", tty=True, env={"TERM": "xterm"} | env).stdout
        assert not re.search(r"\x1b\[[0-9;]*m", shown), shown


def test_control_characters_of_a_value_do_not_reach_a_terminal(database, seed, tool):
    seed.administrator(database.db, "pritunl", auth_api=True, secret="\x1b[2Jsecret-value")
    given = {"PRITUNL_ACCESS_MONGODB_URI": database.uri}

    shown = tool.run("show", "--field", "secret", env=given, tty="stdout", reveals=True)
    piped = tool.run("show", "--field", "secret", env=given, reveals=True)

    assert shown.status == 7 and b"\x1b" not in shown.out
    assert piped.status == 0 and piped.out == b"\x1b[2Jsecret-value\n"


def test_one_huge_label_or_username_widens_no_table(site):
    site.admin()
    for label in ("huge", "pair"):
        assert site.run("issue", label, "--yes", "-q", reveals=True).status == 0
    huge = {"username": "u" * 1_000_000, "pritunl_access.label": "é" * 1_000_000}
    site.db["administrators"].update_one({"pritunl_access.label": "huge"}, {"$set": huge})
    for words in (("list", "--issued"), ("list",)):
        shown = site.run(*words)
        assert shown.status == 0 and max(map(len, shown.stdout.splitlines())) < 1000 and "u" * 199 + "… " in shown.stdout
    assert {each["label"] for each in site.run("list", "--issued", "--json").json()} == {"pair", huge["pritunl_access.label"]}
