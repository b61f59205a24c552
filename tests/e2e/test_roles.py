# SPDX-License-Identifier: MIT
"""Least privilege: queries/roles/*.json grant what the queries need, and nothing else; proved by a proxy that enforces them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from changes import answer, everything, fields, is_fresh, records, state
from conftest import Fresh, fresh_name
from expect import failed, failed_json
from harness.messages import Command
from harness.privileges import READS, fill, needs
from pymongo import MongoClient
from pymongo.errors import OperationFailure

QUERIES = Path(__file__).resolve().parents[2] / "queries"
PREFIX = "pri_"
WRITING = {"enable": ["enable", "off"], "disable": ["disable"], "rotate": ["rotate"], "undo": ["undo"],
           "bootstrap": ["bootstrap", "off"], "erase": ["disable", "--all", "--erase"]}


def needed(names) -> set:
    """Action and collection of everything that these queries ask for."""
    found = set()
    for path in names:
        body = fill(json.loads(path.read_text()), _Anything())
        body.pop("comment")
        verb = next(iter(body))
        found |= {(action, collection) for action, _, collection in needs(Command(verb, "d", body[verb], body, 0, 0.0))}
    return found


class _Anything(dict):
    """Whatever a query is to be given."""

    def __missing__(self, key):
        return {}

    def get(self, key, default=None):
        return default


ISSUING = {"issue", "revoke", "audit-lines"}      # what the role issuer is for
DUMPING = {"organizations", "routes", "servers", "users", "dump-settings", "dump-administrators"}     # and dumper


def granted(name) -> set:
    """Action and collection of everything that a role grants; it grants nothing outside the one database."""
    role = json.loads((QUERIES / "roles" / f"{name}.json").read_text())
    assert set(role) == {"comment", "createRole", "privileges", "roles"} and role["roles"] == []
    found = [(action, each["resource"]["collection"]["$collection"]) for each in role["privileges"] for action in each["actions"]]
    assert all(each["resource"]["db"] == {"$param": "database"} for each in role["privileges"])
    assert len(found) == len(set(found))
    return set(found)


def test_the_roles_grant_exactly_what_the_queries_need():
    everything = sorted(QUERIES.glob("*.json"))
    dumping = [path for path in everything if path.stem in DUMPING]
    issuing = [path for path in everything if path.stem not in DUMPING]
    writing = [path for path in issuing if path.stem not in ISSUING]
    reading = [path for path in writing if list(json.loads(path.read_text()))[1] in READS]
    assert granted("reader") == needed(reading)
    assert granted("writer") == needed(writing)
    assert granted("issuer") == needed(issuing)
    assert granted("dumper") == needed(reading + dumping)


@pytest.fixture
def guarded(login_server, tool, standin, seed, wire):
    """A Pritunl with a prefix; the tool's way to the database may be held to a role: guarded.enforce("writer")."""
    name = fresh_name()
    user, password = "user-" + os.urandom(6).hex(), os.urandom(12).hex()
    login_server.add_user(user, password, [{"role": "readWrite", "db": name}])
    root = login_server.uri(name, *login_server.root)
    fresh = Fresh(login_server, name, root)
    db = seed.collections(fresh.db, PREFIX)
    seed.administrator(db, "off")
    seed.administrator(db, auth_api=True)
    seed.settings(db, auditing="all")
    pritunl = standin(over=fresh, prefix=PREFIX)
    seed.settings(db, server_port=pritunl.port, server_ssl=False)
    seed.host(db, "1" * 32, public_address="127.0.0.1")     # bootstrap waits for it, and not for the clock
    tap = wire(login_server)
    uri = login_server.uri(name, user, password).replace(f"{login_server.host}:{login_server.port}", tap.address)
    tool.env |= {"PRITUNL_ACCESS_MONGODB_URI": uri, "PRITUNL_ACCESS_URL": pritunl.url,
                 "PRITUNL_ACCESS_COLLECTION_PREFIX": PREFIX, "PRITUNL_ACCESS_ADMINISTRATOR": "pritunl"}
    yield _Guarded(tool, fresh, tap, uri)
    fresh.drop()
    login_server.client().admin.command("dropUser", user)


class _Guarded:
    def __init__(self, tool, fresh, tap, uri):
        self.tool, self.fresh, self.tap, self.uri = tool, fresh, tap, uri

    def enforce(self, role):
        """From now on only what this role allows is possible."""
        self.tap.enforce(QUERIES / "roles" / f"{role}.json", database=self.fresh.name, prefix=PREFIX)

    def people(self) -> list:
        """Every administrator."""
        return list(self.fresh.db[PREFIX + "administrators"].find())


@pytest.mark.parametrize("name", WRITING)
def test_with_the_writer_role_every_writing_command_works(guarded, name):
    if name == "undo":
        assert guarded.tool.run("rotate", "--yes").status == 0
    guarded.enforce("writer")
    before = guarded.people()
    result = guarded.tool.run(*WRITING[name], "--yes", reveals=name == "bootstrap")
    assert result.status == 0 and "may not" not in result.stderr and "were not told" not in result.stderr, result.stderr
    assert "holds no line" not in result.stderr and guarded.people() != before
    assert guarded.fresh.db[PREFIX + "messages"].count_documents({}) and guarded.fresh.db[PREFIX + "users_audit"].count_documents({})


def test_with_the_writer_role_nothing_else_is_possible(guarded):
    guarded.enforce("writer")
    with MongoClient(guarded.uri, directConnection=True) as client:
        db = client[guarded.fresh.name]
        names = ["administrators", "settings", "hosts", "messages", "users_audit", "auth_nonces", "auth_limiter", "organizations", "users",
                 "servers"]
        acts = {"find": lambda each: each.find_one(), "insert": lambda each: each.insert_one({"a": 1}),
                "update": lambda each: each.update_one({"a": 1}, {"$set": {"b": 1}}), "remove": lambda each: each.delete_one({"a": 1}),
                "drop": lambda each: each.drop(), "index": lambda each: each.create_index("token")}
        able = {(act, name) for name in names for act, do in acts.items() if _may(do, db[PREFIX + name])}
        bare = {(act, name) for name in names for act, do in acts.items() if _may(do, db[name])}
    assert able == granted("writer") and bare == set()


def _may(do, collection) -> bool:
    try:
        do(collection)
    except OperationFailure as refusal:
        assert refusal.code == 13
        return False
    return True


# What they cannot do with the reader's role alone, and after what.
LENDING = {"issue": ("insert", [], ["issue", "new"]), "exec": ("insert", [], ["exec", "--issue", "1h", "--", "true"]),
           "overlap": ("insert", [], ["rotate", "--overlap", "new"]), "revoke": ("remove", ["issue", "old"], ["revoke", "old"]),
           "expired": ("remove", ["issue", "old"], ["revoke", "--all-issued"]),
           "finish": ("update", ["rotate", "--overlap", "old"], ["rotate", "--finish", "old"]), "recover": ("update", [], ["recover"]),
           "restore": ("update", ["rotate"], ["restore", "pairs"]), "forget": ("update", [], ["forget", "pair", "--revoke"]),
           "forget-temporary": ("remove", ["issue", "old", "-o", "temporary"], ["forget", "temporary", "--revoke"])}


@pytest.fixture
def lending(guarded):
    """Files that a command of these may want."""
    for args in (["snapshot", "-o", "pairs"], ["export", "-o", "pair"]):
        assert guarded.tool.run(*args).status == 0
    return guarded


@pytest.mark.parametrize("name", LENDING)
def test_with_the_issuer_role_a_lending_command_works(lending, name):
    _, first, args = LENDING[name]
    lending.enforce("issuer")
    for each in (first, args):
        result = lending.tool.run(*each, "--yes", reveals=True) if each else None
        assert result is None or (result.status == 0 and "may not" not in result.stderr and "were not told" not in result.stderr), result
    records(state(lending))


@pytest.mark.parametrize("name", LENDING)
@pytest.mark.parametrize("json_too", [False, True], ids=["text", "json"])
def test_with_the_reader_role_a_lending_command_says_what_is_missing(lending, name, json_too):
    action, first, args = LENDING[name]
    if first:
        assert lending.tool.run(*first, "--yes", reveals=True).status == 0
    lending.enforce("reader")
    before, stored = lending.people(), everything(lending.fresh.db)
    rest = args.index("--") if "--" in args else len(args)
    result = lending.tool.run(*args[:rest], "--yes", *["--json"] * json_too, *args[rest:])
    status = 125 if name == "exec" else 3
    words = ("administrators", action, lending.fresh.name)
    if json_too:
        failed_json(result, status, *words, kind="database-permission")
    else:
        failed(result, status, *words, attempt="grantRolesToUser", warnings=True)
    assert lending.people() == before and everything(lending.fresh.db) == stored
    records(state(lending))


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize("json_too", [False, True], ids=["text", "json"])
def test_with_the_reader_role_a_writing_command_says_what_is_missing(guarded, name, json_too):
    if name == "undo":
        assert guarded.tool.run("rotate", "--yes").status == 0
    guarded.enforce("reader")
    before, stored = guarded.people(), everything(guarded.fresh.db)
    result = guarded.tool.run(*WRITING[name], "--yes", *["--json"] * json_too)
    words = ("administrators", "find and update", guarded.fresh.name)
    if json_too:
        failed_json(result, 3, *words, kind="database-permission")
    else:
        failed(result, 3, *words, attempt="grantRolesToUser", warnings=True)
    assert guarded.people() == before and everything(guarded.fresh.db) == stored
    records(state(guarded))     # their secrets are looked for in what was printed


def test_with_the_reader_role_reading_works(guarded):
    guarded.enforce("reader")
    for args in (["list"], ["show"], ["verify"]):
        assert guarded.tool.run(*args).status == 0
    assert guarded.tool.run("enable", "--dry-run").status == 0


@pytest.mark.parametrize("missing, words", [("messages", "open consoles were not told"), ("users_audit", "holds no line")])
def test_what_may_not_be_announced_is_a_warning(guarded, missing, words):
    guarded.tap.deny(PREFIX + missing)
    before = guarded.people()
    result = guarded.tool.run("rotate", "--yes", "--json")
    assert answer(result)["verified"] is True and words in result.stderr and "insert" in result.stderr
    after = fields(guarded.fresh.db, prefix=PREFIX)
    assert is_fresh(after, next(each for each in before if each["username"] == "pritunl"))


def test_without_a_login_the_login_is_asked_for(login_server, tool, home):
    result = tool.run("rotate", "--yes", "--mongodb-uri-file", _uri_file(home, login_server.uri("nothing")))
    failed(result, 3, "wants a login", warnings=True)


def _uri_file(home, uri):
    path = home / "uri"
    path.write_text(uri)
    path.chmod(0o600)
    return path
