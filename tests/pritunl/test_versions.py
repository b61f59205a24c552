# SPDX-License-Identifier: MIT
"""The stand-in as each of six versions: the table "Since when" of doc/pritunl.md, written out version by version."""

from __future__ import annotations

import json
import time

import pytest

from pritunl import FIRST_OF_EACH, Release, seed
from pritunl.client import Client

V1914, V2664, V3431, V4181, V4278, V4681 = FIRST_OF_EACH
MISSING = b"401 Missing token"


def by_version(*values):
    """One row of the table: its value in each of the six versions."""
    return pytest.mark.parametrize(("version", "value"), list(zip(FIRST_OF_EACH, values, strict=True)))


@pytest.fixture
def at(serve, db, administrator):
    """at(version, front) is a server of that version, and a client of it with the administrator's pair."""
    def start(version, front="normal", **options):
        pritunl = serve(front, version=version, **options)
        pritunl.drop_settings_cache()
        return pritunl, Client(pritunl.url, administrator)
    return start


def test_the_six_versions():
    assert [each.rsplit(".", 1)[0] if each.count(".") == 3 else each for each in FIRST_OF_EACH] == [
        "1.29.1914", "1.29.2664", "1.30.3431", "1.32.4181", "1.32.4278", "1.34.4681"]
    with pytest.raises(KeyError):
        Release(V4681).has("nonsense")


@pytest.mark.parametrize("version", FIRST_OF_EACH)
@pytest.mark.parametrize("front", ["off", "normal"])
def test_what_is_the_same_since_2018(at, db, change, version, front):
    pritunl, client = at(version, front)
    accepted = client.get("/status", nonce="n" * 32)
    assert (accepted.status, accepted.json["server_version"]) == (200, version)
    assert accepted.json["current_host"] == pritunl.host_id
    assert db["auth_nonces"].count_documents({}) == 1
    stale = str(int(time.time()) - 43_300)
    for refused in (client.get("/status", nonce="n" * 32), client.get("/status", secret="w" * 32), client.ask("GET", "/status"),
                    client.get("/status", token="x" * 32), client.get("/status", timestamp=stale),
                    client.get("/status", nonce="short")):
        assert (refused.status, refused.body) == (401, b"401: Unauthorized")
    change(disabled=True)
    assert client.get("/status", nonce="d" * 32).status == 401
    assert db["auth_nonces"].count_documents({"nonce": "d" * 32}) == 1  # disabled is judged last
    change(disabled=None, auth_api=None)
    assert client.get("/status").body == b"401: Unauthorized"
    assert (client.ask("GET", "/ping").status, client.ask("GET", "/ping").body) == (200, b"OK")


@pytest.mark.parametrize("version", FIRST_OF_EACH)
def test_truthiness_is_enough_for_the_api(at, change, version):
    _, client = at(version, "off")
    for value in (1, "true", "false"):
        change(auth_api=value)
        assert client.get("/status").status == 200


@by_version("normal", "normal", "normal", "normal", "normal", "strict")
def test_strict_front(at, change, version, value):
    for flag in (1, "true", False):
        change(auth_api=flag)
        pritunl, client = at(version, "auto")
        assert pritunl.web_mode == pritunl.recount() == value
        assert client.get("/status").status == (200 if flag and value == "normal" else 401)
        assert (client.get("/status").body == MISSING) == (value == "strict")
    if value == "normal":
        with pytest.raises(ValueError, match="no STRICT front"):
            pritunl.front = "strict"


@by_version(True, True, True, True, True, False)
def test_access_that_is_turned_on_acts_at_once(at, change, version, value):
    change(auth_api=False)
    _, client = at(version, "auto")
    change(auth_api=True)
    assert (client.get("/status").status == 200) is value


@by_version(200, 200, 200, 200, 200, 401)
def test_cookies(at, version, value):
    _, client = at(version)
    assert client.get("/status", headers={"Cookie": "token=abc"}).status == value


@by_version(False, False, False, False, False, True)
def test_disable_admin_api(at, db, version, value):
    pritunl, _ = at(version)
    if value:
        pritunl.disable_admin_api()
    else:
        with pytest.raises(LookupError):
            pritunl.disable_admin_api()
    assert db["administrators"].find_one({})["auth_api"] is not value


@by_version("disabled", "disabled", "disabled", "disabled", "disabled", "enabled")
def test_audit_lines_about_api_access(at, db, change, version, value):
    """Before 1.32.4465 "disabled" is written when access was switched on, and the reverse."""
    seed.settings(db, auditing="all")
    change(auth_api=False)
    pritunl, _ = at(version)
    pritunl.console_open("pritunl").ok(auth_api=True)
    pritunl.console_open("pritunl").ok(auth_api=False)
    lines = [each["message"] for each in db["users_audit"].find({}) if "authentication" in each["message"]]
    other = "enabled" if value == "disabled" else "disabled"
    assert lines == [f"Administrator token authentication {value}", f"Administrator token authentication {other}"]


@by_version(502, 502, 502, 502, 502, 401)
def test_not_initialized(at, version, value):
    _, client = at(version, initialized=False)
    response = client.get("/status")
    assert (response.status, response.body) == (value, b"401 Not initialized" if value == 401 else b"")


@by_version(401, 401, 401, 401, 500, 500)
def test_signature_that_is_not_ascii(at, change, version, value):
    _, client = at(version)
    odd = {"Auth-Signature": "ä" * 44}
    assert client.get("/status", sent=odd).status == value
    assert client.get("/status", token="x" * 32, sent=odd).status == 401
    change(secret=None)
    assert client.get("/status", sent=odd).status == 401


@by_version(500, 500, 401, 401, 500, 500)
def test_nonce_that_is_not_ascii(at, db, version, value):
    _, client = at(version)
    odd = {"Auth-Nonce": "ä" * 20}
    assert client.get("/status", sent=odd).status == value
    assert client.get("/status", token="x" * 32, sent=odd).status == 401
    assert client.get("/status", sent={"Auth-Nonce": "äää"}).status in (401, value)
    assert db["auth_nonces"].count_documents({}) == 0


def test_short_nonce_that_is_not_ascii(at):
    _, client = at(V4681)
    assert client.get("/status", sent={"Auth-Nonce": "ä"}).status == 401  # too short before it is odd


@pytest.mark.parametrize(("version", "status"), [("1.30.2817.44", 500), ("1.30.2847.71", 200), (V2664, 200)])
def test_the_version_without_signed_requests(at, change, version, status):
    _, client = at(version)
    assert client.get("/status").status == status
    assert client.get("/status", secret="w" * 32).status == (500 if status == 500 else 401)
    assert client.get("/status", token="x" * 32).status == 401
    assert client.ask("GET", "/ping").status == 200


@by_version(500, 500, 500, 401, 401, 401)
def test_timestamp_or_token_first(at, db, version, value):
    """A window that is null breaks the look at the timestamp: whether it comes before an unknown token shows so."""
    seed.settings(db, auth_time_window=None)
    _, client = at(version, "off")
    assert client.get("/status", token="x" * 32).status == value


REFUSED = ["Auth signature mismatch", "Expired auth timestamp"]


@by_version(None, [], [], REFUSED, REFUSED, REFUSED)
def test_journal(at, db, tmp_path, version, value):
    seed.settings(db, auditing="all")
    file = tmp_path / "journal"
    pritunl, client = at(version, journal_file=file)
    client.get("/status", secret="w" * 32)
    client.get("/status", timestamp="1")
    client.get("/status", token="x" * 32, timestamp="1")
    assert file.exists() is (value is not None)
    lines = [json.loads(line) for line in file.read_text().splitlines()] if value is not None else []
    assert [line["event_long"] for line in lines if line["event"] == "admin_auth_failure"] == (value or [])
    assert lines == pritunl.journal


@by_version(None, 8192, 8192, 50_000, 50_000, 50_000)
def test_body_limits(at, db, version, value):
    if version == V2664:
        value = None  # none before 2023
    _, client = at(version)
    path = f"/server/{seed.server(db)['_id']}/routes"

    def send(size):
        item = {"network": "10.0.0.0/8", "nat": True, "comment": ""}
        item["comment"] = "c" * (size - len(json.dumps([item])))
        return client.signed("POST", path, body=[item])
    assert send(value or 200_000).status == 200
    if value:
        refused = send(value + 1)
        assert (refused.status, refused.body, refused.closed) == (400, b"", True)


@by_version(200, 200, 200, 401, 401, 401)
def test_path_filter(at, db, version, value):
    _, client = at(version)
    seed.host(db, "a(b")
    seed.host(db, "h" * 129)
    assert client.get("/host/a(b").status == value
    assert client.get("/host/" + "h" * 129).status == value


@by_version(20, 20, 30, 30, 30, 30)
def test_login_tries(at, db, administrator, version, value):
    pritunl, client = at(version)
    db["auth_limiter"].insert_one({"_id": administrator["_id"], "count": value - 1, "timestamp": seed.utc_now()})

    def login():
        return client.ask("POST", "/auth/session", {"Content-Type": "application/json"}, json.dumps(
            {"username": "pritunl", "password": administrator["default_password"]}).encode()).status
    assert (login(), login()) == (200, 400)
    db["auth_limiter"].delete_one({"_id": administrator["_id"]})  # which works everywhere
    assert login() == 200


@by_version(False, False, True, True, True, True)
def test_clear_auth_limit(at, version, value):
    pritunl, _ = at(version)
    if value:
        pritunl.clear_auth_limit()
    else:
        with pytest.raises(LookupError):
            pritunl.clear_auth_limit()


@by_version("pritunl", None, None, None, None, None)
def test_default_password(at, db, version, value):
    pritunl, _ = at(version)
    username, password = pritunl.reset_password()
    made = db["administrators"].find_one({})
    assert (username, made["default"], pritunl.login(username, password)) == ("pritunl", True, True)
    if value:
        assert password == value and "default_password" not in made
        pritunl.console_save("pritunl", password="new words")
        made = db["administrators"].find_one({})
        assert made["default"] is None and "default_password" not in made
    else:
        assert made["default_password"] == password != "pritunl"


@pytest.mark.parametrize("version", FIRST_OF_EACH)
def test_its_version_stands_in_the_database(at, db, version):
    pritunl, client = at(version)
    pritunl.announce()
    assert db["settings"].find_one({"_id": "version"})["version"] == version
    host = db["hosts"].find_one({"_id": pritunl.host_id})
    assert (host["version"], host["status"]) == (version, "online")
    assert "public_address6" in host
    pritunl.announce()
    assert db["hosts"].count_documents({}) == 1
    assert client.get("/host").json[0]["version"] == version
