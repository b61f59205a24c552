# SPDX-License-Identifier: MIT
"""The stand-in's authentication: every row of the observed order of refusals, to the API itself and through its front."""

from __future__ import annotations

import time

import pytest

from pritunl import StandIn, seed
from pritunl.client import Client

UNAUTHORIZED = b"401: Unauthorized"


def refused(response, pritunl, reason):
    """The one answer that every refusal has, and the reason that only the journal knows."""
    assert (response.status, response.body) == (401, UNAUTHORIZED)
    assert len(response.body) == 17
    assert response.kind.startswith("text/html")
    assert "date" in response.headers
    assert pritunl.requests[-1].status == 401
    assert pritunl.requests[-1].reason == reason
    return True


def nonces(db):
    return db["auth_nonces"].count_documents({})


def test_accepted_signature_writes_one_nonce(pritunl, client, db, administrator):
    response = client.get("/status", nonce="n" * 32)
    assert response.status == 200
    assert response.json["server_version"] == "1.34.4681.89"
    stored = list(db["auth_nonces"].find({}))
    assert [(each["token"], each["nonce"]) for each in stored] == [(administrator["token"], "n" * 32)]
    assert abs(stored[0]["timestamp"].replace(tzinfo=None) - seed.utc_now()).total_seconds() < 30
    assert db["auth_csrf_tokens"].count_documents({}) == 0
    assert pritunl.requests[-1].signed


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("name", ["Auth-Token", "Auth-Timestamp", "Auth-Nonce", "Auth-Signature"])
def test_missing_or_empty_header(pritunl, client, db, name, value):
    seed.settings(db, auditing="all")
    refused(client.get("/status", sent={name: value}), pritunl, None)
    assert pritunl.journal == []


def test_unknown_token_is_never_journalled(pritunl, client, db):
    seed.settings(db, auditing="all")
    refused(client.get("/status", token="x" * 32), pritunl, None)
    assert pritunl.journal == []


@pytest.mark.parametrize("timestamp", [
    lambda now: str(now - 43_300), lambda now: str(now + 43_300), lambda now: str(now * 1000), lambda now: f"{now:070d}",
])
def test_expired_timestamp(pritunl, client, timestamp):
    refused(client.get("/status", timestamp=timestamp(int(time.time()))), pritunl, "Expired auth timestamp")


@pytest.mark.parametrize("timestamp", ["now", "1.5e9", "0x10", "2026-08-21T00:00:00Z"])
def test_timestamp_that_is_no_integer(pritunl, client, timestamp):
    refused(client.get("/status", timestamp=timestamp), pritunl, "Invalid auth timestamp")


def test_timestamp_within_the_window(client):
    now = int(time.time())
    assert client.get("/status", timestamp=str(now - 43_100)).status == 200
    assert client.get("/status", timestamp=str(now + 43_100)).status == 200


@pytest.mark.parametrize("value", [False, None, seed.ABSENT, 0, ""])
def test_flag_off(pritunl, client, change, value):
    change(auth_api=value)
    refused(client.get("/status"), pritunl, "Administrator not API enabled")


@pytest.mark.parametrize("value", [True, 1, "false", 0.5])
def test_flag_by_truthiness(client, change, value):
    change(auth_api=value)
    assert client.get("/status").status == 200


def test_short_nonce(pritunl, client):
    refused(client.get("/status", nonce="1234567"), pritunl, "Invalid signature or nonce length")
    assert client.get("/status", nonce="12345678").status == 200


def test_long_string_to_sign(serve, administrator):
    pritunl = serve()
    client = Client(pritunl.url, administrator)
    refused(client.get("/user/" + "a" * 10_240), pritunl, "Invalid signature or nonce length")
    assert client.get("/user/" + "a" * 10_000).status == 500  # authenticated; there is no such organization


def test_nonce_signed_whole(pritunl, client, administrator, db):
    nonce = "n" * 40
    refused(client.get("/status", nonce=nonce), pritunl, "Auth signature mismatch")
    assert nonces(db) == 0
    assert client.get("/status", nonce=nonce[:32], sent={"Auth-Nonce": nonce}).status == 200
    assert db["auth_nonces"].find_one({})["nonce"] == nonce[:32]


@pytest.mark.parametrize("value", [None, seed.ABSENT, "", "1234567", 0])
def test_missing_or_short_secret(pritunl, client, change, value):
    change(secret=value)
    refused(client.get("/status"), pritunl, "Adminsitrator missing secret")


def test_shortest_secret_and_odd_token(client, change):
    change(secret="12345678", token="tfacctest_token")
    assert client.get("/status", token="tfacctest_token", secret="12345678").status == 200


@pytest.mark.parametrize("value", [12345678, True, 1.5, b"12345678", list("12345678"), {"a": 1, "b": 2}])
def test_secret_that_is_no_string(client, change, value):
    change(secret=value)
    response = client.get("/status")
    assert response.status == (401 if value == {"a": 1, "b": 2} else 500)  # two keys are fewer than 8


def test_non_ascii_signature(client, change, db):
    def broken(**how):
        return client.get("/status", sent={"Auth-Signature": "ä" * 44}, **how)
    assert broken().status == 500
    assert broken(token="x" * 32).status == 401
    assert nonces(db) == 0
    change(secret="short")
    assert broken().status == 401


def test_wrong_signature_burns_no_nonce(pritunl, client, db):
    refused(client.get("/status", secret="w" * 32, nonce="n" * 16), pritunl, "Auth signature mismatch")
    assert nonces(db) == 0
    assert client.get("/status", nonce="n" * 16).status == 200


def test_repeated_nonce(pritunl, client, db):
    assert client.get("/status", nonce="n" * 16).status == 200
    refused(client.get("/status", nonce="n" * 16), pritunl, "Duplicate nonce from reconnection")
    refused(client.get("/organization", nonce="n" * 16), pritunl, "Duplicate nonce from reconnection")
    assert nonces(db) == 1


def test_a_nonce_belongs_to_its_token(client, db):
    other = seed.administrator(db, "other", auth_api=True)
    assert client.get("/status", nonce="n" * 16).status == 200
    assert client.get("/status", nonce="n" * 16, token=other["token"], secret=other["secret"]).status == 200


def test_disabled_is_judged_last_and_burns_the_nonce(pritunl, client, change, db):
    change(disabled=True)
    refused(client.get("/status", secret="w" * 32), pritunl, "Auth signature mismatch")
    refused(client.get("/status", nonce="n" * 16), pritunl, "Administrator disabled")
    assert nonces(db) == 1
    refused(client.get("/status", nonce="n" * 16), pritunl, "Duplicate nonce from reconnection")


@pytest.mark.parametrize("value", [False, None, seed.ABSENT, True])
def test_super_user(client, change, administrator, value):
    change(super_user=value)
    allowed = value is True or value is seed.ABSENT
    for target, status in (("/admin", 200), (f"/admin/{administrator['_id']}", 200), ("/admin/unknown", 500)):
        response = client.get(target)
        if not allowed:
            assert (response.status, response.json["error"]) == (400, "requires_super_user")
        else:
            assert response.status == status
    assert client.get("/status").status == 200
    assert client.get("/state").json["super_user"] == (True if allowed else value)


@pytest.mark.parametrize("first", [{"auth_api": None}, {"auth_api": True, "disabled": True}])
def test_the_first_of_two_with_one_token_answers(client, db, first):
    token, secret = "t" * 32, "s" * 32
    seed.administrator(db, "first", token=token, secret=secret, **first)
    seed.administrator(db, "second", token=token, secret=secret, auth_api=True)
    assert client.get("/status", token=token, secret=secret).status == 401
    db["administrators"].delete_one({"username": "first"})
    assert client.get("/status", token=token, secret=secret).status == 200


def test_headers_are_cut(client, change):
    change(token="t" * 256)
    assert client.get("/status", token="t" * 256, sent={"Auth-Token": "t" * 300}).status == 200
    headers = client.auth("GET", "/status", token="t" * 256)
    headers["Auth-Signature"] += "x" * 500
    assert client.ask("GET", "/status", headers).status == 401


def test_a_minimal_document_authenticates(client, db):
    minimal = seed.minimal_administrator(db, "minimal")
    assert client.get("/state", token=minimal["token"], secret=minimal["secret"]).status == 200


def test_everything_acts_at_once(client, change):
    assert client.get("/status").status == 200
    change(secret="changed" * 4)
    assert client.get("/status").status == 401
    assert client.get("/status", secret="changed" * 4).status == 200


def test_the_journal_needs_auditing_and_names_nobody(pritunl, client, db, change, administrator):
    change(auth_api=None)
    client.get("/status")
    assert pritunl.journal == []
    seed.settings(db, auditing="all")
    client.get("/status")
    assert pritunl.journal == []  # the settings are still the cached ones
    pritunl.drop_settings_cache()
    client.get("/status")
    assert [entry["event_long"] for entry in pritunl.journal] == ["Administrator not API enabled"]
    assert "pritunl" not in str(pritunl.journal)
    assert administrator["token"] not in str(pritunl.journal)


def test_an_explicit_null_overrides_a_default(pritunl, client, db):
    seed.settings(db, auth_time_window=None)
    pritunl.drop_settings_cache()
    assert client.get("/status").status == 500


def test_settings_are_read_again_after_their_interval(serve, db, administrator):
    pritunl = serve(settings_check_interval=0.0)
    client = Client(pritunl.url, administrator)
    stale = str(int(time.time()) - 100)
    assert client.get("/status", timestamp=stale).status == 200
    seed.settings(db, auth_time_window=50)
    refused(client.get("/status", timestamp=stale), pritunl, "Expired auth timestamp")


def test_a_clock_that_is_wrong(serve, administrator):
    pritunl = serve("normal", clock_offset_s=86_400)
    client = Client(pritunl.url, administrator)
    refused(client.get("/status"), pritunl, "Expired auth timestamp")
    assert client.get("/status", timestamp=str(int(time.time()) + 86_400)).status == 200
    assert client.ask("GET", "/ping").headers["date"] == time.strftime(
        "%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 86_400))


def test_indexes_and_a_foreign_one_dropped(serve, db):
    db["administrators"].create_index("token", unique=True)
    serve()
    assert set(db["administrators"].index_information()) == {"_id_", "username_1"}
    assert db["administrators"].index_information()["username_1"]["unique"]
    found = db["auth_nonces"].index_information()
    assert found["token_1_nonce_1"]["unique"]
    assert found["timestamp_1"]["expireAfterSeconds"] == 24 * 3600
    assert db["auth_csrf_tokens"].index_information()["timestamp_1"]["expireAfterSeconds"] == 7 * 24 * 3600


def test_two_documents_with_one_username_from_before_the_start(serve, db, administrator):
    seed.administrator(db, "pritunl", auth_api=True)
    pritunl = serve()
    assert "username_1" not in db["administrators"].index_information()
    assert Client(pritunl.url, administrator).get("/status").status == 200


def test_a_prefix(mongodb, database, db):
    prefixed = seed.collections(mongodb[database], "vpn_")
    other = seed.administrator(prefixed, "pritunl", auth_api=True)
    assert mongodb[database]["vpn_administrators"].count_documents({}) == 1
    assert other["token"] != db["administrators"].find_one({})["token"]


def test_a_prefixed_server(mongodb_uri, database, mongodb, administrator):
    with StandIn(mongodb_uri, database, "vpn_") as pritunl:
        known = seed.administrator(pritunl.db, "pritunl", auth_api=True)
        assert Client(pritunl.url, known).get("/status").status == 200
        assert Client(pritunl.url, administrator).get("/status").status == 401
    assert mongodb[database]["vpn_auth_nonces"].count_documents({}) == 1
