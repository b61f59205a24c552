# SPDX-License-Identifier: MIT
"""The database's side: servers that know less, users who may do less, connections that break, and nothing but reads."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from bson import Int64

READING = {"aggregate", "find", "getMore", "killCursors"}
SETTINGS = [("find", "settings")] * 4       # the settings, and whether licence and URIs are set: one filter each
JSON = {"PRITUNL_ACCESS_JSON": "true"}


@pytest.fixture
def pritunl(database, seed, standin, pki):
    """A Pritunl in order, which the database describes; returns its stand-in and its administrator."""
    server = standin(tls=pki.pritunl)
    seed.settings(database.db, server_cert=pki.pritunl.certificate, server_port=server.port)
    seed.host(database.db, "a" * 32, public_address="localhost", hostname=None)
    return server, seed.administrator(database.db, auth_api=True)


@pytest.fixture
def ask(tool, database):
    """Run the tool with the database behind a Wire (or at any URI); options go into the URI."""
    def run(place, *args, env=None, reveals=False, **options):
        uri = place if isinstance(place, str) else place.uri(database.name, **options)
        return tool.run(*args, env={"PRITUNL_ACCESS_MONGODB_URI": uri} | JSON | (env or {}), reveals=reveals)
    return run


@pytest.fixture
def user(login_server, wire, seed, pritunl, database):
    """
    A database on login_server with the documents of the other one, behind a Wire, and somebody who may log in; grant(collections)
    allows no more than reading these.
    """
    proxy = wire(login_server)
    login_server.add_user(database.name, "user-password", [{"role": "read", "db": database.name}])
    there = login_server.client()[database.name]
    for name in ("administrators", "settings", "hosts"):
        there[name].insert_many(list(database.db[name].find()))
    proxy.database_uri = f"mongodb://{database.name}:user-password@{proxy.address}/{database.name}?authSource=admin"
    proxy.grant = lambda *collections: proxy.enforce({"privileges": [
        {"resource": {"db": database.name, "collection": name}, "actions": ["find"]} for name in collections]})
    yield proxy
    login_server.client().drop_database(database.name)
    login_server.client().admin.command("dropUser", database.name)


def asked(proxy):
    """What was asked of the database, drivers' own commands left out."""
    return [(command.name, command.collection) for command in proxy.sent()]


def failure(result):
    """Status and kind of an error."""
    return result.status, result.json()["error"]["kind"]


# ---- what is asked


@pytest.mark.parametrize("command", [("verify",), ("verify", "pritunl"), ("show",), ("list",), ("export",), ("exec", "--", "true")])
def test_one_query_and_nothing_else(ask, pritunl, wire, command):
    proxy = wire()
    result = ask(proxy, *command, reveals=True)
    assert result.status == 0, result.stderr + result.stdout
    assert asked(proxy) == [("aggregate", "administrators")]
    assert not proxy.sent("endSessions")
    hello = proxy.sent("hello")[0].body
    assert hello["client"]["application"]["name"] == "pritunl-access"


def test_explaining_a_refusal_reads_too(ask, pritunl, wire, database, seed):
    server, _ = pritunl
    seed.administrator(database.db, "second", auth_api=True, token=None)
    server.on_answer = None
    before = {name: list(database.db[name].find()) for name in ("administrators", "settings", "hosts")}
    for changes in ({"replay": True}, {"strip_auth": True}, {"clock_offset_s": 90_000}, {"front": "strict"}):
        proxy = wire()
        for name, value in changes.items():
            setattr(server, name, value)
        assert ask(proxy, "verify", "pritunl").status == 1
        assert {command.name for command in proxy.sent()} <= READING
        server.configure(replay=False, strip_auth=False, clock_offset_s=0)
    assert before == {name: list(database.db[name].find()) for name in before}


@pytest.mark.parametrize("options, name", [({}, "pritunl-access"), ({"appName": "mine"}, "mine")])
def test_the_application_name(ask, pritunl, wire, options, name):
    proxy = wire()
    assert ask(proxy, "list", **options).status == 0
    assert {command.body["client"]["application"]["name"] for command in proxy.sent("hello") if "client" in command.body} == {name}


# ---- servers and users that grant less


@pytest.mark.parametrize("code", [40324, 238, 304, 115, 8000])
@pytest.mark.parametrize("name", [(), ("pritunl",)])
def test_a_server_without_union(ask, pritunl, wire, code, name):
    proxy = wire()
    proxy.refuse_stage("$unionWith", code)
    answer = ask(proxy, "verify", *name).json()
    assert (answer["verdict"], answer["trust"]) == ("accepted", "database")
    assert asked(proxy) == [("aggregate", "administrators"), ("find", "administrators"), *SETTINGS, ("find", "hosts")]


def test_administrators_that_may_not_be_read_are_named(ask, pritunl, user):
    user.grant("settings", "hosts")
    result = ask(user.database_uri, "verify", env={"PRITUNL_ACCESS_JSON": None})
    assert result.status == 3 and "administrators" in result.stderr and "may not read" in result.stderr
    assert "user-password" not in result.stderr and "Auth" not in result.stderr
    answer = ask(user.database_uri, "verify").json()
    assert (answer["verdict"], answer["cause"]) == ("unknown", "database-permission")
    assert failure(ask(user.database_uri, "export")) == (3, "database-permission")


def test_what_atlas_refuses(ask, pritunl, user):
    """Its proxy answers 8000 where a server answers 13, here and there in other words."""
    server, _ = pritunl
    refusal = {"ok": 0, "code": 8000, "codeName": "AtlasError", "errmsg": "user is not allowed to do action [find] on [x.y]"}
    user.refuse_stage("$unionWith", 8000)
    user.on("find", "hosts", times=None, answer=refusal)
    warned = ask(user.database_uri, "verify", "--url", server.url)
    assert warned.json()["trust"] == "database" and "may not read hosts" in warned.stderr and "settings" not in warned.stderr
    user.on("find", "administrators", times=None, answer=refusal)
    refused = ask(user.database_uri, "verify", env={"PRITUNL_ACCESS_JSON": None})
    assert refused.status == 3 and "may not read administrators" in refused.stderr
    assert failure(ask(user.database_uri, "export")) == (3, "database-permission")


def test_least_privilege(ask, pritunl, user, pki):
    server, _ = pritunl
    user.grant("administrators")
    quiet = ask(user.database_uri, "verify", "--url", server.url, "--pin", pki.pritunl.pin)
    assert quiet.status == 0 and quiet.json()["trust"] == "pin" and quiet.stderr == ""
    assert asked(user) == [("aggregate", "administrators"), ("find", "administrators")]
    warned = ask(user.database_uri, "verify", "--url", server.url, env={"SSL_CERT_FILE": pki.ca.certificate_file})
    assert warned.json()["cause"] == "tls-untrusted" and "settings" in warned.stderr and "hosts" in warned.stderr
    lost = ask(user.database_uri, "export")
    assert lost.status == 2 and "--url" in lost.json()["error"]["try"]
    user.grant("administrators", "settings")
    known = ask(user.database_uri, "verify", "--url", server.url)
    assert known.json()["trust"] == "database" and "settings" not in known.stderr
    user.grant("administrators", "settings", "hosts")
    user.commands.clear()
    assert ask(user.database_uri, "verify").status == 0 and asked(user) == [("aggregate", "administrators")]


# ---- logins


@pytest.mark.parametrize("name, password", [(None, "wrong-password"), ("nobody", "wrong-password")])
def test_a_refused_login(ask, secure_database, secure_server, name, password):
    uri = secure_server.uri(secure_database.name, name or secure_database.user, password)
    result = ask(uri, "export")
    assert failure(result) == (3, "database-auth") and result.stdout.count("wrong-password") == 0
    assert ask(uri, "verify").json()["cause"] == "database-auth"


def test_a_login_that_is_missing(ask, secure_database, secure_server):
    result = ask(secure_server.uri(secure_database.name), "export")
    assert failure(result) == (3, "database-auth") and "login" in result.json()["error"]["message"]


def test_a_database_with_another_certificate(ask, secure_database, pki):
    uri = secure_database.uri_with(tlsCAFile=pki.other_ca.certificate_file)
    result = ask(uri, "export")
    assert failure(result) == (3, "database-unreachable") and "certificate" in result.json()["error"]["message"]


# ---- connections


def test_nobody_listens(ask, address):
    assert failure(ask(f"mongodb://{address('refused')}/x", "export")) == (3, "database-unreachable")


@pytest.mark.parametrize("kind", ["silent", "blackhole"])
@pytest.mark.parametrize("options, query", [(("--connect-timeout", "1"), ""), ((), "?connectTimeoutMS=300"),
                                            ((), "?serverSelectionTimeoutMS=300")])
def test_silence_is_waited_for_as_long_as_was_said(ask, address, kind, options, query):
    result = ask(f"mongodb://{address(kind)}/x{query}", *options, "export")
    assert failure(result) == (3, "database-unreachable")
    assert result.seconds < 9       # the default is 10: what was said wins


def test_the_uri_wins_over_the_setting(ask, address):
    result = ask(f"mongodb://{address('silent')}/x?connectTimeoutMS=300", "--connect-timeout", "3600", "export")
    assert failure(result) == (3, "database-unreachable")


def test_an_answer_that_never_comes(ask, pritunl, wire):
    proxy = wire()
    hold = proxy.hold("aggregate", times=None)
    result = ask(proxy, "--timeout", "1", "export")
    assert failure(result) == (3, "database-unreachable") and hold.reached.is_set()
    hold.release()


@pytest.mark.parametrize("effect", [{"cut": True}, {"drop": True}])
@pytest.mark.parametrize("command", ["hello", "aggregate"])
def test_a_connection_that_breaks(ask, pritunl, wire, effect, command):
    proxy = wire()
    proxy.on(command, times=None, **effect)
    assert failure(ask(proxy, "export")) == (3, "database-unreachable")
    proxy.reset()
    proxy.on("aggregate", times=1, **effect)
    once = ask(proxy, "verify")
    assert once.status == 0 and once.json()["verdict"] == "accepted", "a read that was cut once is asked again"


def test_an_answer_byte_by_byte(ask, pritunl, wire):
    proxy = wire()
    rule = proxy.on(("aggregate", "hello"), times=None, drip=1e-6)
    assert ask(proxy, "verify").json()["verdict"] == "accepted" and rule.hits >= 2


@pytest.mark.parametrize("refused", [None, "$unionWith"])
def test_every_administrator_comes_however_many(ask, database, wire, refused):
    database.db.administrators.insert_many([{"username": f"n{number}", "token": "t", "secret": "s"} for number in range(1250)])
    proxy = wire()
    if refused:
        proxy.refuse_stage(refused)
    people = ask(proxy, "list").json()
    assert sorted(each["administrator"] for each in people) == sorted(f"n{number}" for number in range(1250))
    assert len(proxy.sent("getMore")) >= 1


# ---- odd answers


@pytest.mark.parametrize("code, kind", [(10107, "database-unreachable"), (11600, "database-unreachable"), (8, "database"),
                                        (13388, "database")])
def test_an_error_of_the_server(ask, pritunl, wire, code, kind):
    proxy = wire()
    proxy.on(("aggregate", "find"), times=None, answer={"ok": 0.0, "code": code, "errmsg": "something \x1b[31mred\nand odd"})
    result = ask(proxy, "export")
    assert failure(result) == (3, kind) and str(code) in result.json()["error"]["message"]
    text = ask(proxy, "export", env={"PRITUNL_ACCESS_JSON": None})
    assert "\x1b" not in text.stderr and text.stderr.startswith("pritunl-access: ") and len(text.stderr.splitlines()) <= 2


def test_a_set_without_a_primary(ask, pritunl, wire):
    proxy = wire()
    proxy.replica_set(secondary=True)
    assert ask(proxy, "list").status == 0       # asked directly, a secondary may answer
    alone = ask(proxy, "list", replicaSet="wire", serverSelectionTimeoutMS=600)
    assert failure(alone) == (3, "database-unreachable") and "primary" in alone.json()["error"]["message"]
    assert ask(proxy, "list", replicaSet="wire", readPreference="secondaryPreferred").status == 0
    wrong = ask(proxy, "list", replicaSet="other", serverSelectionTimeoutMS=600)
    assert failure(wrong) == (3, "database-unreachable") and "other" in wrong.json()["error"]["message"]


@pytest.mark.parametrize("args", [("export",), ("export", "somebody"), ("list",), ("show", "somebody"), ("export", "--no-verify")])
def test_an_empty_database(ask, database, wire, seed, args):
    seed.host(database.db, "a" * 32, public_address="localhost")
    result = ask(wire(), *args)
    assert failure(result) == (3, "database-empty") and database.name in result.json()["error"]["message"]


def test_the_wrong_prefix_is_an_empty_database(ask, pritunl, wire):
    proxy = wire()
    result = ask(proxy, "--collection-prefix", "other_", "list")
    assert failure(result) == (3, "database-empty")
    assert {collection for _, collection in asked(proxy)} == {"other_administrators"}


# ---- a name is a value


def test_a_name_that_only_the_server_takes_for_the_same(ask, pritunl, wire, database):
    """As a collation that folds case, or an array that holds the name, would answer."""
    documents = [{"_id": 1, "part": "administrator", "username": name, "auth_api": True, "token": "t" * 32, "secret": "s" * 32}
                 for name in ("Pritunl", "PRITUNL", ["pritunl"], "pritunl ", "pritunl\0")]
    for document in documents:
        proxy = wire()
        batch = {"id": Int64(0), "ns": f"{database.name}.administrators", "firstBatch": [document]}
        proxy.on("aggregate", times=1, answer={"ok": 1.0, "cursor": batch})
        result = ask(proxy, "show", "pritunl")
        assert result.status == 4 and "pritunl" in result.json()["error"]["message"]


@pytest.mark.parametrize("name", [".*", "^pritunl$", '{"$ne": null}', "$ne", "", "pritunl\n", "PRITUNL", "*"])
def test_a_name_is_no_pattern(ask, pritunl, wire, name):
    proxy = wire()
    result = ask(proxy, "export", "--", name)
    assert result.status == 4 and result.json()["error"]["try"] == "pritunl-access list"
    match = proxy.sent("aggregate")[0].body["pipeline"][0]["$match"]
    assert match == {"username": {"$eq": name}}


def test_a_name_that_looks_like_a_query_is_found(ask, pritunl, wire, seed, database):
    for name in ("$where", '{"$gt": ""}', "--help", "ü ‮x"):
        seed.administrator(database.db, name, auth_api=True)
        answer = ask(wire(), "show", "--", name).json()
        assert answer["administrator"] == name and answer["usable"]


def test_a_password_with_every_odd_character(ask, secure_database, secure_server, seed):
    seed.administrator(secure_database.db)
    assert ask(secure_database.uri, "list").status == 0
    assert quote(":/@ %é") not in ask(secure_database.uri, "-v", "list").stderr
