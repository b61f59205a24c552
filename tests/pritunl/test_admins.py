# SPDX-License-Identifier: MIT
"""The stand-in's administrators: what the API changes and rotates, what console and command line do."""

from __future__ import annotations

import json
import threading
import time

import pytest

from pritunl import console, seed
from pritunl.client import Client


@pytest.fixture
def path(administrator):
    return f"/admin/{administrator['_id']}"


@pytest.fixture
def now(db):
    """now() is the administrator as the database has it."""
    return lambda: db["administrators"].find_one({"username": "pritunl"})


@pytest.fixture
def whole(administrator):
    """A body that changes nothing."""
    return {"username": "pritunl", "super_user": True, "auth_api": True, "disabled": False, "otp_auth": False}


def pair(document):
    return document["token"], document["secret"]


def test_list_and_one(client, administrator, path):
    listed = client.get("/admin").json
    assert [pair(each) for each in listed] == [pair(administrator)]
    assert listed[0]["audit"] is False
    assert client.get(path).json["id"] == str(administrator["_id"])


def test_put_that_changes_nothing(client, path, whole, administrator, now):
    response = client.signed("PUT", path, body=whole)
    assert (response.status, response.json["token"]) == (200, administrator["token"])
    assert pair(now()) == pair(administrator)


@pytest.mark.parametrize("name", ["token", "secret"])
def test_put_with_a_token_or_secret_rotates_it(client, path, whole, administrator, now, name):
    assert client.signed("PUT", path, body={**whole, name: administrator[name]}).status == 200
    other = {"token": "secret", "secret": "token"}[name]
    assert now()[name] != administrator[name]
    assert len(now()[name]) == 32
    assert now()[other] == administrator[other]


def test_put_of_the_answer_of_get_rotates_both(client, path, administrator, now):
    body = client.get(path).json
    body["otp_secret"] = False  # null and text are refused or ignored; everything else goes back as it came
    assert client.signed("PUT", path, body=body).status == 200
    assert not set(pair(now())) & set(pair(administrator))
    assert client.get(path).status == 401


def test_put_without_auth_api_turns_it_off_and_rotates(client, path, whole, administrator, now):
    del whole["auth_api"]
    assert client.signed("PUT", path, body=whole).status == 200
    assert now()["auth_api"] is False
    assert not set(pair(now())) & set(pair(administrator))


def test_the_front_fills_in_what_was_not_sent(serve, administrator, path, db):
    seed.administrator(db, "second")
    assert Client(serve("normal").url, administrator).signed("PUT", path, body={"auth_api": True}).status == 200
    assert db["administrators"].find_one({"_id": administrator["_id"]})["username"] == "undefined"
    assert db["administrators"].find_one({"_id": administrator["_id"]})["super_user"] is False


def test_unknown_fields_survive(client, path, whole, db, now):
    db["administrators"].update_one({}, {"$set": {"note": "ours"}})
    assert client.signed("PUT", path, body=whole).status == 200
    assert now()["note"] == "ours"


def test_a_save_writes_every_field(client, db):
    minimal = seed.minimal_administrator(db, "minimal")
    body = {"username": "minimal", "auth_api": True, "super_user": True}
    assert client.signed("PUT", f"/admin/{minimal['_id']}", body=body).status == 200
    stored = db["administrators"].find_one({"username": "minimal"})
    assert set(stored) == set(seed.administrator_document("x"))
    assert pair(stored) == pair(minimal)


def test_new_password_of_a_default_administrator(client, path, whole, now):
    assert now()["default"] is True
    assert client.signed("PUT", path, body={**whole, "password": "new words"}).status == 200
    assert (now()["default"], now()["default_password"]) == (None, None)
    assert seed.password_matches("new words", now()["password"])


def test_the_last_super_user_stays(client, path, whole, db, now):
    for change, error in (({"super_user": False}, "no_super_users"), ({"disabled": True}, "no_admins_enabled")):
        response = client.signed("PUT", path, body={**whole, **change})
        assert (response.status, response.json["error"]) == (400, error)
    assert client.signed("DELETE", path).json["error"] == "no_admins"
    seed.administrator(db, "second", disabled=True)
    assert client.signed("DELETE", path).status == 400  # the last enabled one
    db["administrators"].update_one({"username": "second"}, {"$set": {"disabled": None}})
    assert client.signed("DELETE", path).status == 200
    assert now() is None


def test_new_administrator_and_event(client, db):
    body = {"username": "Second", "password": "words", "auth_api": True, "super_user": False}
    made = client.signed("POST", "/admin", body=body).json
    assert made["username"] == "second"
    assert client.get("/status", token=made["token"], secret=made["secret"]).status == 200
    assert client.signed("POST", "/admin", body=body).json["error"] == "admin_username_exists"
    assert db["messages"].find_one({})["message"] == ["administrators_updated", None]


def test_audit_trail_is_written_while_auditing(pritunl, client, path, whole, db, administrator):
    client.signed("PUT", path, body=whole)
    assert db["users_audit"].count_documents({}) == 0
    seed.settings(db, auditing="all")
    pritunl.drop_settings_cache()
    client.signed("PUT", path, body={**whole, "username": "other", "password": "new words"})
    lines = list(db["users_audit"].find({}))
    assert {each["user_id"] for each in lines} == {administrator["_id"]}
    assert {each["message"] for each in lines} >= {"Administrator username changed", "Administrator password changed"}
    assert client.get(path + "/audit").status == 200


# ---- beside the API

@pytest.fixture
def host(serve):
    return serve()


def test_lost_update(host, db, now):
    def somebody_else():
        db["administrators"].update_one({}, {"$set": {"secret": "somebody else's", "unknown": 1}})
    before = now()
    host.console_save("pritunl", {"yubikey_id": "abc"}, between=somebody_else)
    assert (now()["secret"], now()["yubikey_id"], now()["unknown"]) == (before["secret"], "abc", 1)


def test_a_slow_save(host, db, now):
    saving = threading.Thread(target=host.console_save, args=("pritunl",), kwargs={"delay_s": 0.05})
    saving.start()
    saving.join()
    assert now()["auth_api"] is True
    assert db["messages"].count_documents({"channel": "events"}) == 1


def test_page_opened_while_the_api_was_off(host, db, change, now):
    change(auth_api=False)
    page = host.console_open("pritunl")
    change(auth_api=True)
    before = now()
    page.ok()
    assert now()["auth_api"] is False
    assert not set(pair(now())) & set(pair(before))


def test_page_opened_while_the_api_was_on(host, administrator, now):
    host.console_open("pritunl").ok()
    assert (now()["auth_api"], pair(now())) == (True, pair(administrator))


@pytest.mark.parametrize("press", ["generate_new_api_key", "reset_otp_secret"])
def test_buttons_that_renew_credentials(host, administrator, now, press):
    getattr(host.console_open("pritunl"), press)()
    assert not set(pair(now())) & set(pair(administrator))
    assert now()["auth_api"] is True


def test_turning_the_api_off_and_on_at_the_console(host, administrator, now):
    host.console_open("pritunl").ok(auth_api=False)
    renewed = pair(now())
    assert not set(renewed) & set(pair(administrator))
    host.console_open("pritunl").ok(auth_api=True)
    assert (now()["auth_api"], pair(now())) == (True, renewed)


def test_reset_password(host, administrator, db, now):
    username, password = host.reset_password()
    made = now()
    assert (username, made["default_password"]) == ("pritunl", password)
    assert made["_id"] != administrator["_id"]
    assert made["auth_api"] is None
    assert not set(pair(made)) & set(pair(administrator))
    assert host.login(username, password)
    db["administrators"].update_one({}, {"$set": {"username": "boss"}})
    host.reset_password()  # without one called pritunl the first super user goes
    assert [each["username"] for each in db["administrators"].find({})] == ["pritunl"]


def test_disable_admin_api_keeps_the_pair(host, administrator, change, now):
    host.disable_admin_api()
    assert (now()["auth_api"], pair(now())) == (False, pair(administrator))
    client = Client(host.url, administrator)
    assert client.get("/status").status == 401
    change(auth_api=True)
    assert client.get("/status").status == 200


def test_console_login(serve, change, now):
    client = Client(serve("normal").url)

    def login(password="words", **more):
        return client.ask("POST", "/auth/session", {"Content-Type": "application/json"},
                          json.dumps({"username": "pritunl", "password": password, **more}).encode()).status
    assert login(now()["default_password"]) == 200
    change(password=seed.password_hash("words"))
    assert (login(), login("others")) == (200, 401)
    for refusing, status in (({"yubikey_id": "abc"}, 402), ({"local_otp_auth": True, "local_otp_code": "x"}, 402),
                             ({"disabled": True}, 401), ({"otp_auth": True, "otp_secret": "GEZDGNBVGY3TQOJQ"}, 402)):
        change(**refusing)
        assert (login(), login("others")) == (status, 401)
        change(**dict.fromkeys(refusing))
    change(otp_auth=True, otp_secret="GEZDGNBVGY3TQOJQ", disabled=True)
    code = next(iter(console.otp_codes("GEZDGNBVGY3TQOJQ", time.time())))
    assert (login(), login(otp_code="000000x"), login(otp_code=code)) == (402, 401, 401)  # disabled is judged last
    change(disabled=None)
    assert login(otp_code=code) == 200
    change(otp_auth=None)
    change(password=None)
    assert login() == 500


def test_thirty_logins_in_ten_minutes(serve, db, administrator, change):
    pritunl = serve("normal")
    client = Client(pritunl.url)
    change(password=seed.password_hash("words"))

    def login(password):
        return client.ask("POST", "/auth/session", {"Content-Type": "application/json"},
                          json.dumps({"username": "pritunl", "password": password}).encode())
    assert login("others").status == 401
    assert db["auth_limiter"].find_one({})["_id"] == administrator["_id"]
    db["auth_limiter"].update_one({}, {"$set": {"count": 29}})
    assert login("words").status == 200
    for password in ("words", "others"):
        refused = login(password)
        assert (refused.status, refused.json["error"]) == (400, "auth_too_many")
    db["auth_limiter"].update_one({}, {"$set": {"timestamp": seed.utc_now(-601)}})
    assert login("words").status == 200
    db["auth_limiter"].update_one({}, {"$set": {"count": 30}})
    assert login("words").status == 400
    pritunl.clear_auth_limit()
    assert (login("words").status, db["auth_limiter"].count_documents({})) == (200, 1)


def test_a_save_with_a_password_is_slow(host, db, now):
    """The document is read, the password hashed, the whole document written: what came in between is lost whole."""
    before = now()

    def rotation():
        db["administrators"].update_one({}, {"$set": {"token": "t" * 32, "secret": "s" * 32}})
    host.on_hash = rotation
    host.console_save("pritunl", password="new words")
    assert pair(now()) == pair(before)
    assert seed.password_matches("new words", now()["password"])
    host.console_save("pritunl", {"yubikey_id": "abc"})
    assert pair(now()) == pair(before)  # without a password nothing is hashed


def test_the_api_hashes_too(pritunl, client, path, whole, db, now):
    before = now()
    began = threading.Event()
    pritunl.configure(hash_s=30, on_hash=None)
    pritunl.pause = lambda seconds: (began.set(), written.wait(10))
    written = threading.Event()
    saving = threading.Thread(target=client.signed, args=("PUT", path), kwargs={"body": {**whole, "password": "words"}})
    saving.start()
    assert began.wait(10)
    db["administrators"].update_one({}, {"$set": {"secret": "s" * 32}})
    written.set()
    saving.join()
    assert pair(now()) == pair(before)


def test_password_hash():
    assert seed.password_hash("p" * 128 + "x", b"saltsalt") == seed.password_hash("p" * 128, b"saltsalt")
    version, salt, digest = seed.password_hash("words").split("$")
    assert (version, len(salt), len(digest)) == ("3", 12, 88)
