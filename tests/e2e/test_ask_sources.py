# SPDX-License-Identifier: MIT
"""`api`, `sign`, `routes` and `dump` where there is no database at all: the pair comes from the environment, a file or a program."""

from __future__ import annotations

import json

import pytest
from expect import failed, failed_json, private

ROUTE = '[{"network": "10.0.0.0/8", "nat": true}]'


@pytest.fixture
def away(site):
    """A Pritunl with something in it, and a tool that knows no database: only three variables."""
    site.me = site.admin()
    org = site.seed.organization(site.db, "engineering")
    site.seed.user(site.db, org, "ada", "ada@example.com")
    site.server = site.seed.server(site.db, "office", [org], ["10.1.0.0/16"])
    site.pair = {"PRITUNL_URL": site.pritunl.url, "PRITUNL_TOKEN": site.me["token"], "PRITUNL_SECRET": site.me["secret"]}
    site.tool.env = {"PRITUNL_ACCESS_SOURCE": "env", "PRITUNL_ACCESS_PRITUNL_CONF": "/nonexistent", **site.pair}
    return site


def sources(site):
    """The same pair from each kind of place."""
    text = "".join(f"{name}='{value}'\n" for name, value in site.pair.items())
    path = private(site.tool.home / "pair.env", text)
    return [("env", None), (f"file:{path}", None), (f"command:cat {path}", None), ("file:-", text)]


def test_api_from_every_source(away):
    for source, typed in sources(away):
        result = away.run("api", "GET", "/status", "--source", source, stdin=typed, env=dict.fromkeys(away.pair) if source != "env" else None)
        assert (result.status, result.stderr) == (0, ""), (source, result.stderr)
        assert result.json()["org_count"] == 1
    path = f"/server/{away.server['_id']}/routes"
    assert away.run("api", "POST", path, "-d", ROUTE).json()["network"] == "10.0.0.0/8"
    merged = away.run("api", "PUT", f"/admin/{away.me['_id']}", "--get-merge", "-d", '{"yubikey_id": "cccccccccccc"}')
    assert merged.status == 0 and away.db["administrators"].find_one()["token"] == away.me["token"]


def test_sign_without_a_database(away):
    headers = away.run("sign", "GET", "/status", "--json", reveals=True).json()["headers"]
    assert headers["Auth-Token"] == away.me["token"] and away.pritunl.requests == []
    assert f'url = "{away.pritunl.url}/status"' in away.run("sign", "GET", "/status", "--curl", reveals=True).stdout
    away.pritunl.clock_offset_s = 50_000
    ours = int(away.run("sign", "GET", "/status", "--json", reveals=True).json()["headers"]["Auth-Timestamp"])
    theirs = int(away.run("sign", "GET", "/status", "--json", "--server-time", reveals=True).json()["headers"]["Auth-Timestamp"])
    assert 49_000 < theirs - ours < 51_000
    assert away.run("sign", "GET", "/status", env={"PRITUNL_URL": None}, reveals=True).status == 0, "headers need no URL"
    failed(away.run("sign", "GET", "/status", "--curl", env={"PRITUNL_URL": None}), 2, attempt="--url")


def test_routes_without_a_database(away):
    result = away.run("routes", "add", "office", "--yes", "--json", stdin="10.1.0.0/16\n10.2.0.0/16\n")
    assert result.status == 0 and result.json()["new"] == ["10.2.0.0/16"], result.stderr


def test_dump_without_a_database(away):
    document = away.run("dump").json()
    assert [each["name"] for each in document["organizations"][0]["users"]] == ["ada"]
    assert document["servers"][0]["routes"][1]["network"] == "10.1.0.0/16"
    failed(away.run("dump", "--from", "database"), 2, "needs the database", "env", attempt="--source mongodb")
    failed(away.run("dump", "--from", "database", "--source", "mongodb", "--source", "env"), 2, "needs the database")


COMMANDS = (("api", "GET", "/status"), ("dump",), ("routes", "add", "office", "--yes"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_refusals(away, command):
    """Without a database and its documents fewer causes can be told apart; the status is the same."""
    def run(**env):
        return away.run(*command, "--json", stdin="10.9.0.0/16\n", env=env)

    failed_json(run(PRITUNL_SECRET=None), 6, kind="secret-missing")
    failed_json(run(PRITUNL_TOKEN="x" * 32), 1, kind="token-unknown")
    failed_json(run(PRITUNL_SECRET="x" * 32), 1, kind="secret-mismatch")
    failed_json(run(PRITUNL_URL=None), 2)
    failed_json(run(PRITUNL_URL="http://192.0.2.1"), 2)
    away.db["administrators"].update_one({"_id": away.me["_id"]}, {"$set": {"auth_api": False}})
    failed_json(run(), 1, kind=("api-disabled", "token-unknown", "web-strict"))
    away.pritunl.api_down = True
    failed_json(run(), 5, kind="web-not-ready")


def test_links_need_a_licence(away):
    failed_json(away.run("api", "GET", "/link", "--json"), 1, kind="licence-required")


def test_standard_input_is_read_once(away):
    text = json.dumps(away.pair)
    failed(away.run("api", "POST", "/x", "-d", "@-", "--source", "file:-", stdin=text), 2, "standard input", "credential")
    failed(away.run("routes", "add", "office", "--yes", "--source", "file:-", stdin=text), 2, "standard input", "credential")
    uri = ("--source", "mongodb", "--mongodb-uri-file", "-")
    failed(away.run("api", "POST", "/x", "-d", "@-", *uri, stdin=away.database.uri), 2, "standard input", "URI")
    failed(away.run("routes", "add", "office", "--yes", *uri, stdin=away.database.uri), 2, "standard input", "URI")
    networks = private(away.tool.home / "networks", "10.2.0.0/16\n")
    result = away.run("routes", "add", "office", "--yes", "--file", networks, "--source", "file:-", stdin=text)
    assert result.status == 0 and "1 new" in result.stdout, result.stderr


def test_networks_are_not_typed_unasked(away):
    result = away.run("routes", "add", "office", "--yes", tty="stdin")
    failed(result, 2, "terminal", attempt="--file")
    running = away.tool.start("routes", "add", "office", "--yes", "--file", "-", tty="stdin")
    running.type("10.2.0.0/16\n\x04")
    assert running.wait().status == 0
