# SPDX-License-Identifier: MIT
"""Each ability of wire.py, with pymongo as the client."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import bson
import pymongo
import pytest
from pymongo.errors import (
    AutoReconnect,
    ConnectionFailure,
    NotPrimaryError,
    OperationFailure,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from harness.network import blackhole, hold_port
from wire import HOST, Wire, error

UNION = [{"$project": {"part": {"$literal": "administrator"}, "username": 1}},
         {"$unionWith": {"coll": "settings", "pipeline": [{"$project": {"part": {"$literal": "settings"}}}]}}]
ROLE = {"createRole": "reader", "roles": [], "privileges": [
    {"resource": {"db": "pritunl", "collection": "administrators"}, "actions": ["find"]},
    {"resource": {"db": "pritunl", "collection": {"$param": "settings"}}, "actions": ["find"]}]}


@pytest.fixture
def server(database_server):
    """The real database."""
    return database_server


@pytest.fixture
def name(server):
    """A fresh database with one administrator, one settings document and 250 hosts."""
    made = "wire_" + os.urandom(4).hex()
    db = server.client()[made]
    db.administrators.insert_one({"username": "alice", "level": 1})
    db.settings.insert_one({"_id": "app"})
    db.hosts.insert_many([{"_id": number} for number in range(250)])
    yield made
    server.client().drop_database(made)


@pytest.fixture
def truth(server, name):
    """The same database, past the proxy."""
    return server.client()[name]


@pytest.fixture
def wire(server):
    """A proxy in front of it."""
    with Wire(server.host, server.port) as made:
        yield made


@pytest.fixture
def connect():
    """Make clients that retry nothing; they are closed afterwards."""
    made = []

    def client(uri, **options):
        options = {"directConnection": True, "retryReads": False, "retryWrites": False, "serverSelectionTimeoutMS": 5000} | options
        made.append(pymongo.MongoClient(uri, **options))
        return made[-1]

    yield client
    for item in made:
        item.close()


@pytest.fixture
def db(wire, name, connect):
    """The database through the proxy."""
    return connect(wire.uri())[name]


def promote(db, level=2):
    """A write that needs one command."""
    return db.administrators.find_one_and_update({"username": "alice"}, {"$set": {"level": level}})


def level(truth):
    """What that write left."""
    return truth.administrators.find_one({"username": "alice"})["level"]


def test_relays_and_records(db, wire, name):
    assert [document["part"] for document in db.administrators.aggregate(UNION)] == ["administrator", "settings"]
    db.administrators.insert_many([{"_id": number} for number in range(3)])
    assert len(list(db.hosts.find(batch_size=100))) == 250
    assert [(command.name, command.collection) for command in wire.sent()] == [
        ("aggregate", "administrators"), ("insert", "administrators"), ("find", "hosts"), ("getMore", "hosts"),
        ("getMore", "hosts")]
    aggregate, insert = wire.sent("aggregate")[0], wire.sent("insert")[0]
    assert aggregate.database == name and aggregate.body["pipeline"] == UNION
    assert insert.body["documents"] == [{"_id": 0}, {"_id": 1}, {"_id": 2}]     # sent as a sequence beside the body
    assert wire.sent("hello") and wire.sent("hello")[0].body["client"]["driver"]["name"].startswith("PyMongo")


def test_unacknowledged_writes_and_long_answers(db, truth, wire):
    db.get_collection("big", write_concern=pymongo.WriteConcern(w=0)).insert_one({"_id": 1, "text": "x" * 3_000_000})
    assert len(db.big.find_one({"_id": 1})["text"]) == 3_000_000
    assert truth.big.count_documents({}) == 1


def test_legacy_hello(wire):
    query = bson.encode({"isMaster": 1, "helloOk": True, "compression": ["zlib"]})
    payload = struct.pack("<i", 4) + b"admin.$cmd\0" + struct.pack("<ii", 0, -1) + query
    with socket.create_connection((wire.host, wire.port)) as peer:
        peer.sendall(struct.pack("<iiii", 16 + len(payload), 77, 0, 2004) + payload)
        head = peer.recv(36, socket.MSG_WAITALL)
        length, _, response_to, code = struct.unpack_from("<iiii", head)
        answer = bson.decode(peer.recv(length - 36, socket.MSG_WAITALL))
    assert (response_to, code) == (77, 1)
    assert answer["ismaster"] and answer["hosts"] == [wire.address] == [answer["me"]] and "topologyVersion" not in answer
    assert wire.sent("hello")[0].database == "admin"


def test_drop_the_answer_after_the_server_applied_it(db, truth, wire):
    rule = wire.on("findAndModify", drop=True)
    with pytest.raises(AutoReconnect):
        promote(db)
    assert level(truth) == 2 and rule.hits == 1
    promote(db, 3)
    assert level(truth) == 3 and rule.hits == 1


def test_cut_before_the_server_gets_it(db, truth, wire):
    wire.on("findAndModify", cut=True)
    with pytest.raises(AutoReconnect):
        promote(db)
    assert level(truth) == 1


def test_answer_instead_of_the_server(db, truth, wire):
    wire.on("findAndModify", answer=error(112, "made up") | {"codeName": "WriteConflict"})
    with pytest.raises(OperationFailure) as caught:
        promote(db)
    assert caught.value.code == 112 and caught.value.details["codeName"] == "WriteConflict" and level(truth) == 1
    wire.on("find", answer={"ok": 1.0, "cursor": {"id": 0, "ns": "x.y", "firstBatch": [{"a": 1}]}})
    assert list(db.administrators.find()) == [{"a": 1}]


def test_amend_the_answer_with_a_write_concern_error(db, truth, wire):
    problem = {"code": 64, "codeName": "WriteConcernFailed", "errmsg": "waiting timed out", "errInfo": {"wtimeout": True}}
    wire.on("findAndModify", amend={"writeConcernError": problem})
    with pytest.raises(WTimeoutError):
        promote(db)
    assert level(truth) == 2


def test_drip_and_delay(db, wire):
    wire.on("find", drip=0.001)
    began = time.monotonic()
    assert db.administrators.find_one()["username"] == "alice"
    assert time.monotonic() - began > 0.1
    wire.on("find", delay=0.2)
    began = time.monotonic()
    db.administrators.find_one()
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("applied", [False, True])
def test_hold_a_command(db, truth, wire, applied):
    hold = wire.hold("findAndModify", applied=applied)
    writer = threading.Thread(target=promote, args=(db,))
    writer.start()
    assert hold.reached.wait(5) and writer.is_alive()
    assert level(truth) == (2 if applied else 1)
    hold.release()
    writer.join(5)
    assert not writer.is_alive() and level(truth) == 2


def test_call_before_and_after(db, truth, wire):
    seen = []
    wire.on("findAndModify", before=lambda command: truth.administrators.update_one({}, {"$set": {"level": 7}}),
            after=lambda command: seen.append(level(truth)))
    assert promote(db)["level"] == 7
    assert seen == [2]


def test_which_commands_a_rule_means(db, wire):
    refuse = {"answer": error(1, "no")}
    second = wire.on("find", "hosts", nth=2, times=2, **refuse)
    never = wire.on(("find", "count"), where=lambda command: command.body.get("limit") == 99, times=None, **refuse)

    def refused(collection, **options):
        try:
            db[collection].find_one(**options) if not options else list(db[collection].find(**options))
        except OperationFailure:
            return True
        return False

    assert [refused("hosts") for _ in range(5)] == [False, True, True, False, False]
    assert not refused("settings") and (second.hits, second.seen) == (2, 5)
    assert refused("settings", limit=99) and refused("hosts", limit=99) and never.hits == 2
    wire.reset()
    assert not refused("settings", limit=99)
    with pytest.raises(TypeError):
        wire.on("find", explode=True)


@pytest.mark.parametrize("code", [40324, 238, 304, 115])
def test_refuse_a_stage(db, wire, code):
    wire.refuse_stage("$unionWith", code)
    for pipeline in (UNION, [{"$facet": {"all": UNION[1:]}}]):
        with pytest.raises(OperationFailure) as caught:
            list(db.administrators.aggregate(pipeline))
        assert caught.value.code == code and "$unionWith" in caught.value.details["errmsg"]
    assert len(list(db.administrators.aggregate(UNION[:1]))) == 1


def test_deny_a_collection(db, wire):
    wire.deny("settings")
    for ask in (lambda: db.settings.find_one(), lambda: list(db.administrators.aggregate(UNION)),
                lambda: db.settings.insert_one({"secret": "s"})):
        with pytest.raises(OperationFailure) as caught:
            ask()
        assert caught.value.code == 13 and caught.value.details["codeName"] == "Unauthorized"
    assert "'secret': 's'" in caught.value.details["errmsg"]        # as mongod does: errors repeat the command
    assert db.administrators.find_one()


def allowed(ask) -> bool:
    """Whether the roles let this pass."""
    try:
        ask()
    except OperationFailure as problem:
        assert problem.code == 13
        return False
    return True


def test_enforce_roles(db, wire, name, tmp_path):
    path = tmp_path / "reader.json"
    path.write_text(json.dumps(ROLE))
    wire.enforce(path, database=name, settings="settings")
    assert db.administrators.find_one() and len(list(db.administrators.aggregate(UNION))) == 2
    for ask in (lambda: db.hosts.find_one(), lambda: promote(db), lambda: db.administrators.insert_one({}),
                lambda: db.administrators.delete_one({}), lambda: db.administrators.update_one({}, {"$set": {"a": 1}}),
                lambda: list(db.administrators.aggregate([{"$unionWith": "hosts"}])), lambda: db.list_collection_names(),
                lambda: db.client["other"].administrators.find_one(), lambda: db.client.list_database_names()):
        assert not allowed(ask)
    rights = db.command("connectionStatus", showPrivileges=True)["authInfo"]["authenticatedUserPrivileges"]
    assert {"resource": {"db": name, "collection": "settings"}, "actions": ["find"]} in rights


@pytest.mark.parametrize("actions, able", [
    (["find"], {"read"}), (["update"], {"update"}), (["find", "update"], {"read", "update", "modify"}),
    (["insert"], {"insert"}), (["remove"], {"delete"}), (["update", "insert"], {"update", "upsert", "insert"}),
    (["find", "update", "insert"], {"read", "update", "modify", "upsert", "modify-upsert", "insert"})])
def test_actions(db, wire, name, actions, able):
    wire.enforce({"privileges": [{"resource": {"db": "", "collection": "administrators"}, "actions": actions}]})
    change = {"$set": {"level": 5}}
    people = db.administrators
    asks = {"read": lambda: people.find_one(), "update": lambda: people.update_one({}, change), "modify": lambda: promote(db),
            "upsert": lambda: people.update_one({"_id": 5}, change, upsert=True), "insert": lambda: people.insert_one({}),
            "modify-upsert": lambda: people.find_one_and_update({"_id": 6}, change, upsert=True),
            "delete": lambda: people.delete_one({})}
    assert {ask for ask, call in asks.items() if allowed(call)} == able


def test_primary_of_a_set_with_a_dead_and_a_silent_member(server, name, connect, wire):
    with hold_port() as dead, blackhole() as silent:
        wire.replica_set(str(dead), str(silent), name="rs")
        client = connect(wire.uri(replicaSet="rs"), directConnection=False, connectTimeoutMS=500)
        began = time.monotonic()
        assert promote(client[name])["level"] == 1
        assert time.monotonic() - began < 15, "half of what the driver waits for a member"
        assert client.primary == (wire.host, wire.port)
        assert client.topology_description.server_descriptions().keys() == {
            (wire.host, wire.port), (dead.host, dead.port), (silent.host, silent.port)}
        with pytest.raises(ServerSelectionTimeoutError):
            connect(wire.uri(replicaSet="other"), directConnection=False, serverSelectionTimeoutMS=300).admin.command("ping")


def test_secondary(server, name, connect, wire):
    with Wire(server.host, server.port) as primary:
        wire.replica_set(primary.address, secondary=True, primary=primary.address)
        primary.replica_set(wire.address)
        whole = connect(wire.uri(replicaSet="wire"), directConnection=False)[name]
        promote(whole)
        assert primary.sent("findAndModify") and not wire.sent("findAndModify")
        whole.get_collection("settings", read_preference=pymongo.ReadPreference.SECONDARY).find_one()
        assert wire.sent("find")[0].body["$readPreference"]["mode"] == "secondary"
        primary.replica_set(wire.address, secondary=True)      # it steps down
        with pytest.raises(NotPrimaryError):
            promote(whole)


def test_a_server_that_is_not_there(connect):
    with hold_port() as nobody, Wire(nobody.host, nobody.port) as wire, pytest.raises(ConnectionFailure):
        connect(wire.uri(), serverSelectionTimeoutMS=500).admin.command("ping")


def test_garbage_ends_the_connection(wire):
    for data in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", struct.pack("<iiii", 30, 1, 0, 2013) + b"\xff" * 14):
        with socket.create_connection((wire.host, wire.port), timeout=5) as peer:
            peer.sendall(data)
            with contextlib.suppress(ConnectionResetError):
                assert peer.recv(100) == b""


def test_close_ends_connections(server, name, connect):
    with Wire(server.host, server.port) as wire:
        db = connect(wire.uri(), serverSelectionTimeoutMS=300)[name]
        db.administrators.find_one()
        hold = wire.hold("find")
        asker = threading.Thread(target=lambda: pytest.raises(ConnectionFailure, db.administrators.find_one))
        asker.start()
        assert hold.reached.wait(5)
    hold.release()
    asker.join(5)
    assert not asker.is_alive()
    with pytest.raises(ConnectionFailure):
        db.administrators.find_one()


def test_many_clients_at_once(db, truth):
    threads = [threading.Thread(target=lambda number=number: db.many.insert_one({"_id": number})) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert truth.many.count_documents({}) == 20


def test_from_the_command_line(server, name, connect, truth):
    command = [sys.executable, Path(__file__).with_name("wire.py"), f"{server.host}:{server.port}", "--drop", "findAndModify",
               "--refuse-stage", "$unionWith", "--delay", "find=0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            uri = process.stdout.readline().strip()
            assert uri.startswith(f"mongodb://{HOST}:")
            db = connect(uri)[name]
            with pytest.raises(AutoReconnect):
                promote(db)
            assert level(truth) == 2 and not any(list(db.settings.find()) == [] for _ in range(2))
            with pytest.raises(OperationFailure):
                list(db.administrators.aggregate(UNION))
        finally:
            process.send_signal(signal.SIGINT)
        assert "findAndModify administrators" in process.stdout.read()
    assert process.returncode == 0
