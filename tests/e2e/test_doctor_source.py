# SPDX-License-Identifier: MIT
"""`doctor --source`: whose is this pair, and is it still right? From a file, the environment and a program; with and without a database."""

from __future__ import annotations

import shlex

import pytest
from expect import private

NAMES = ("PRITUNL_URL", "PRITUNL_TOKEN", "PRITUNL_SECRET")
KINDS = ("file", "env", "command")
NO_DATABASE = {"PRITUNL_ACCESS_MONGODB_URI": None, "PRITUNL_ACCESS_PRITUNL_CONF": "/nonexistent"}
STALE = "s" * 32

# What is done to the document, what the copy holds, and with a database: status, cause, the check that fails, what is advised.
PAIRS = {
    "right": ({}, {}, (0, None, None, None)),
    "stale token": ({}, {"token": STALE}, (1, "token-unknown", "token", "export")),
    "stale secret": ({}, {"secret": STALE}, (1, "secret-mismatch", "secret", "export")),
    "another's": ({}, {"of": "other"}, (0, None, None, None)),
    "disabled": ({"disabled": True}, {}, (1, "administrator-disabled", "administrator", "recover --enable-account")),
    "off": ({"auth_api": False}, {}, (1, "api-disabled", "api access", "enable")),
    "off, and stale": ({"auth_api": False}, {"secret": STALE}, (1, "api-disabled", "api access", "enable")),
    "malformed": ({}, {"secret": "q7.x"}, (1, "secret-short", "source", "export")),
    "unknown": ({}, {"token": "u" * 32, "secret": STALE}, (1, "token-unknown", "token", "export")),
}

# Without one: what can be known, and what cannot be told apart from it.
ALONE = {
    "right": (0, None, None), "another's": (0, None, None), "stale token": (1, "token-unknown", "secret-mismatch"),
    "unknown": (1, "token-unknown", "secret-mismatch"), "stale secret": (1, "secret-mismatch", "administrator-disabled"),
    "disabled": (1, "secret-mismatch", "administrator-disabled"), "off": (1, "token-unknown", "secret-mismatch"),
    "off, and stale": (1, "token-unknown", "secret-mismatch"), "malformed": (1, "secret-short", None),
}


@pytest.fixture
def copies(site):
    """Bring a pair about, and write a copy of it: the words for doctor, and the environment."""
    del site.tool.env["PRITUNL_ACCESS_URL"]

    def make(pair, kind):
        fields, copy, _ = PAIRS[pair]
        mine, other = site.admin(**fields), site.admin("other")
        holder = other if copy.get("of") else mine
        values = dict(zip(NAMES, (site.pritunl.url, copy.get("token", holder["token"]), copy.get("secret", holder["secret"])), strict=True))
        site.canaries = values
        site.path = private(site.tool.home / "consumer.env", "".join(f"{name}={value}\n" for name, value in values.items()))
        site.pritunl.recount()
        source = {"file": f"file:{site.path}", "env": "env", "command": f"command:cat {site.path}"}[kind]
        return ("doctor", "--json", "--source", source), values if kind == "env" else {}
    return make


def judged(site, words, env):
    result = site.run(*words, env=env)
    answer = result.json()
    for value in (site.canaries["PRITUNL_TOKEN"], site.canaries["PRITUNL_SECRET"]):
        assert value not in result.stdout + result.stderr
    fails = [check["name"] for check in answer["checks"] if check["state"] == "fail"]
    return result.status, answer, fails


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pair", PAIRS)
def test_with_a_database(site, copies, pair, kind):
    words, env = copies(pair, kind)
    status, cause, check, remedy = PAIRS[pair][2]
    found, answer, fails = judged(site, words, env)
    assert (found, answer["cause"], answer["also"], fails) == (status, cause, None, [check] if check else []), answer
    assert answer["verdict"] == ("refused" if status else "accepted")
    whose = {"another's": "other", "stale token": None, "unknown": None, "malformed": None}.get(pair, "pritunl")
    assert answer["administrator"] == whose
    assert (answer["remedy"] is None) if remedy is None else f"pritunl-access {remedy}" in answer["remedy"], answer["remedy"]
    assert "rotate" not in (answer["remedy"] or "")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pair", PAIRS)
def test_without_a_database(site, copies, pair, kind):
    words, env = copies(pair, kind)
    status, cause, also = ALONE[pair]
    found, answer, _ = judged(site, words, env | NO_DATABASE)
    assert (found, answer["cause"], answer["also"]) == (status, cause, also), answer
    assert answer["administrator"] is None
    assert (answer["remedy"] is None) == (status == 0)
    if pair == "off":
        assert "API access off" in next(check["detail"] for check in answer["checks"] if check["name"] == "request")
    if status:
        assert "export" in answer["remedy"] and not any(word in answer["remedy"] for word in ("rotate", "enable", "recover"))


@pytest.mark.parametrize("name", ["consumer.env", "it's mine.json", "x.tfvars", "x.yaml", "x.sh"])
def test_the_remedy_mends_the_file(site, copies, name):
    copies("right", "env")
    path = site.tool.home / name
    form = {"json": "json", "tfvars": "tfvars", "yaml": "yaml", "sh": "sh"}.get(name.rsplit(".", 1)[1], "dotenv")
    site.tool.env["PRITUNL_ACCESS_URL"] = site.pritunl.url
    assert site.run("export", "pritunl", "-f", form, "-o", path).status == 0
    site.db.administrators.update_one({"username": "pritunl"}, {"$set": {"secret": "n" * 32}})
    words = ("doctor", "--json", "--source", f"file:{path}")
    status, answer, _ = judged(site, words, {})
    assert (status, answer["cause"]) == (1, "secret-mismatch"), answer
    command = shlex.split(answer["remedy"])
    assert command[:2] == ["pritunl-access", "export"] and site.run(*command[1:]).status == 0
    assert judged(site, words, {})[:1] == (0,)


def test_no_url_and_the_pair_of_the_database(site, copies):
    """A URL that the database names is used with the database's own pair, and with no other."""
    words, env = copies("right", "env")
    seed, db = site.seed, site.db
    seed.settings(db, server_ssl=False, server_port=site.pritunl.port)
    seed.host(db, "a" * 32, local_address="127.0.0.1", hostname=None)
    status, answer, _ = judged(site, words, env | {"PRITUNL_URL": None})
    assert answer["administrator"] == "pritunl" and "in the database" in answer["checks"][0]["detail"], (status, answer)
    site.pritunl.requests.clear()
    status, answer, _ = judged(site, words, env | {"PRITUNL_URL": None, "PRITUNL_SECRET": STALE})
    assert (status, answer["verdict"], answer["cause"]) == (1, "refused", "secret-mismatch"), answer
    assert site.pritunl.requests == []


def test_another_than_was_named(site, copies):
    words, env = copies("another's", "env")
    status, answer, _ = judged(site, (*words, "pritunl"), env)
    assert status == 0 and answer["administrator"] == "other"
    assert answer["checks"][0]["state"] == "warn" and "other" in answer["checks"][0]["detail"]


def test_several_sources(site, copies):
    """The first that has a pair is judged; where that is the database, its own."""
    words, env = copies("off", "env")
    status, answer, _ = judged(site, (*words, "--source", "mongodb"), env)
    assert (status, answer["cause"], answer["checks"][0]["name"]) == (1, "api-disabled", "source")
    status, answer, _ = judged(site, (*words, "--source", "mongodb", "pritunl"), env | dict.fromkeys(NAMES) | {"PRITUNL_ACCESS_URL": site.pritunl.url})
    assert (status, answer["cause"], answer["checks"][0]["name"]) == (1, "api-disabled", "database")
