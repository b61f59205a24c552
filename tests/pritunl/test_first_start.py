# SPDX-License-Identifier: MIT
"""The stand-in's first start on an empty database: what is there, and what is answered, after each step."""

from __future__ import annotations

import pathlib
import ssl

import pytest

from pritunl import FirstStart, StandIn
from pritunl.client import Client


@pytest.fixture
def first(mongodb_uri, database, certificate):
    """A first start that has begun; the certificate that it will end with."""
    with_certificate = certificate()
    standin = StandIn(mongodb_uri, database, front="auto", tls=certificate())
    yield FirstStart(standin, with_certificate).begin()
    standin.stop()


def served(standin):
    return ssl.get_server_certificate(("127.0.0.1", standin.port))


def test_step_by_step(first, mongodb, database):
    db, standin = mongodb[database], first.standin
    client = Client(standin.url)

    def asked():
        return client.ask("GET", "/status").body
    assert asked() == b"401 Not initialized"
    assert client.ask("GET", "/ping").status == 502
    assert (db["administrators"].count_documents({}), db["settings"].count_documents({})) == (0, 0)
    throw_away = served(standin)

    assert first.step() == "administrator"
    made = db["administrators"].find_one({})
    assert (made["username"], made["default_password"], made["auth_api"]) == ("pritunl", first.password, None)
    assert asked() == b"401 Not initialized"

    assert first.step() == "certificate"
    stored = db["settings"].find_one({"_id": "app"})["server_cert"]
    assert stored == pathlib.Path(first.certificate[0]).read_text() != throw_away
    assert served(standin) == throw_away
    assert asked() == b"401 Not initialized"

    db["administrators"].update_one({}, {"$set": {"auth_api": True}})
    assert first.step() == "api"
    assert served(standin) == stored
    client = Client(standin.url, made)
    assert client.get("/status").status == 200
    assert db["hosts"].count_documents({}) == 0

    assert first.step() == "host"
    assert db["hosts"].find_one({})["status"] == "online"
    assert db["settings"].find_one({"_id": "version"})["version"] == standin.version


def test_nobody_has_access_at_first(first):
    first.until("api")
    assert Client(first.standin.url).ask("GET", "/status").body == b"401 Missing token"


def test_by_the_clock(first, mongodb, database):
    first.run(factor=0.01).join(30)
    assert first.left == []
    assert mongodb[database]["hosts"].count_documents({}) == 1


def test_an_end_in_the_middle(first, mongodb, database):
    running = first.run(factor=100)
    first.standin.stop()
    running.join(30)
    assert not running.is_alive() and len(first.left) == 4


def test_reset_ssl_cert(mongodb_uri, database, mongodb, certificate):
    """The database has the new certificate for a moment in which the old one is served."""
    new = certificate()
    with StandIn(mongodb_uri, database, front="auto", tls=certificate()) as standin:
        before, seen = served(standin), []
        standin.reset_ssl_cert(*new, between=lambda: seen.append(
            (mongodb[database]["settings"].find_one({"_id": "app"})["server_cert"], served(standin))))
        after = pathlib.Path(new[0]).read_text()
        assert seen == [(after, before)] and served(standin) == after
