# SPDX-License-Identifier: MIT
"""The stand-in's journal: the form of its lines, as they were seen in /var/log/pritunl_journal.log."""

from __future__ import annotations

import json
import re
import time

import pytest

from pritunl import seed
from pritunl.client import Client

HOST = {"host_id", "host_name", "host_public_address", "host_public_address6", "host_local_address", "host_local_address6"}
BASE = {"id", "event", "timestamp"} | HOST


@pytest.fixture
def audited(serve, db, tmp_path):
    """audited(front) is a server that writes a journal; its lines are what read() gives."""
    seed.settings(db, auditing="all")

    def start(front="normal"):
        pritunl = serve(front, journal_file=tmp_path / "journal")
        seed.host(db, pritunl.host_id, name="vpn0", public_address="203.0.113.7", auto_local_address="10.0.0.7")
        return pritunl
    return start


@pytest.fixture
def read(tmp_path):
    return lambda: [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]


def test_a_refused_request(audited, administrator, read):
    pritunl = audited()
    before = int(time.time())
    Client(pritunl.url, administrator).get("/status", secret="w" * 32)
    line = read()[-1]
    assert set(line) == BASE | {"remote_address", "event_long"}
    assert (line["event"], line["event_long"]) == ("admin_auth_failure", "Auth signature mismatch")
    assert re.fullmatch("[0-9a-f]{24}", line["id"])
    assert type(line["timestamp"]) is int and before <= line["timestamp"] <= time.time()
    assert re.fullmatch("[0-9a-f]{32}", line["host_id"])
    assert (line["host_name"], line["host_public_address"], line["host_local_address"]) == ("vpn0", "203.0.113.7", "10.0.0.7")
    assert line["remote_address"] == "127.0.0.1"
    assert administrator["token"] not in str(line) and "pritunl" not in str(line)


@pytest.mark.parametrize(("how", "words"), [
    ({"timestamp": "1"}, "Expired auth timestamp"), ({"timestamp": "x"}, "Invalid auth timestamp"),
    ({"nonce": "short"}, "Invalid signature or nonce length"), ({"secret": "w" * 32}, "Auth signature mismatch"),
])
def test_reasons_of_a_request(audited, administrator, read, how, words):
    Client(audited().url, administrator).get("/status", **how)
    assert read()[-1]["event_long"] == words


@pytest.mark.parametrize(("fields", "words"), [
    ({"auth_api": False}, "Administrator not API enabled"), ({"secret": None}, "Adminsitrator missing secret"),
    ({"disabled": True}, "Administrator disabled"),
])
def test_reasons_of_a_document(audited, administrator, change, read, fields, words):
    change(**fields)
    Client(audited().url, administrator).get("/status")
    assert read()[-1]["event_long"] == words


def test_a_repeated_nonce(audited, administrator, read):
    client = Client(audited().url, administrator)
    client.get("/status", nonce="n" * 32)
    client.get("/status", nonce="n" * 32)
    assert read()[-1]["event_long"] == "Duplicate nonce from reconnection"


def test_a_refused_login(audited, administrator, db, read):
    client = Client(audited().url)

    def login():
        body = json.dumps({"username": "pritunl", "password": "wrong"}).encode()
        client.ask("POST", "/auth/session", {"Content-Type": "application/json"}, body)
        return read()[-1]
    line = login()
    assert set(line) == BASE | {"remote_address", "reason", "admin_id", "admin_name"}
    assert (line["event"], line["reason"]) == ("admin_auth_failure", "invalid_password")
    assert (line["admin_id"], line["admin_name"]) == (str(administrator["_id"]), "pritunl")
    db["auth_limiter"].update_one({}, {"$set": {"count": 30}})
    assert login()["reason"] == "rate_limit"


def test_the_strict_front(audited, administrator, read):
    pritunl = audited("strict")
    client = Client(pritunl.url, administrator)
    client.get("/status")
    client.ask("GET", "/ping")
    lines = read()
    assert [line["event"] for line in lines] == ["web_server_start", "admin_session_end"]
    assert lines[0]["web_auth_strict"] is True
    assert (lines[1]["admin_id"], lines[1]["remote_address"]) == (None, None)
    pritunl.front = "auto"
    pritunl.restart_front()
    assert read()[-1]["web_auth_strict"] is False


def test_an_administrator_who_is_changed(audited, administrator, read):
    pritunl = audited()
    path = f"/admin/{administrator['_id']}"
    body = {"username": "pritunl", "super_user": True, "auth_api": True, "disabled": False, "secret": "x"}
    Client(pritunl.url, administrator).signed("PUT", path, body=body)
    [line] = [line for line in read() if line["event"] == "admin_update" and "secret" in line["event_long"]]
    assert set(line) == BASE | {"remote_addr", "event_long", "admin_id", "admin_name"}
    assert (line["event_long"], line["remote_addr"]) == ("Administrator api secret changed", "127.0.0.1")


def test_no_line_without_auditing(serve, db, administrator):
    pritunl = serve("strict")
    Client(pritunl.url, administrator).get("/status")
    pritunl.console_open("pritunl").ok(auth_api=False)
    assert pritunl.journal == []
