# SPDX-License-Identifier: MIT
"""What doctor says beside the cause: privileges, other administrators, the URL, the front; and how it fails where it cannot ask at all."""

from __future__ import annotations

import subprocess

import pytest
from doctor_faults import OTHER
from doctor_place import CHECKS, content
from expect import configure, failed, failed_json

READING = {"aggregate", "find", "getMore", "killCursors", "connectionStatus"}


def check(answer, name):
    """State and detail of one check."""
    found = next(each for each in answer["checks"] if each["name"] == name)
    return found["state"], found["detail"]


def amended(place, wire, users, privileges):
    """The database says that this user has these privileges."""
    proxy = wire()
    proxy.on("connectionStatus", times=None, answer={"ok": 1.0, "authInfo": {
        "authenticatedUsers": users, "authenticatedUserRoles": [], "authenticatedUserPrivileges": privileges}})
    place.site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = proxy.uri(place.site.database.name)
    return proxy


# ---- privileges


@pytest.mark.parametrize(("actions", "state"), [(["find"], "ok"), (["find", "update"], "warn"), (None, "skip")], ids=str)
def test_what_the_user_may(place, wire, actions, state):
    """As the database tells it; all that it may tell is in the unit tests."""
    place.build()
    resource = {"db": place.site.database.name, "collection": ""}
    amended(place, wire, [{"user": "u", "db": "admin"}], actions and [{"resource": resource, "actions": actions}])
    status, answer = place.doctor()
    assert (status, answer["cause"], check(answer, "privileges")[0]) == (0, None, state), answer
    assert ("write" in check(answer, "privileges")[1]) == (state == "warn")


def test_no_word_about_privileges(place, wire):
    place.build()
    proxy = wire()
    proxy.on("connectionStatus", times=None, answer={"ok": 0.0, "code": 59, "errmsg": "no such command"})
    place.site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = proxy.uri(place.site.database.name)
    status, answer = place.doctor()
    assert (status, check(answer, "privileges")[0]) == (0, "skip")


def test_a_real_user(place, secure_database):
    there = secure_database
    place.site.database = there
    place.site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = there.uri
    place.serve(over=there)
    place.build()
    state = check(place.doctor()[1], "privileges")[0]
    assert state == ("warn" if there.server.mongod else "skip")     # SecantusDB names the roles, and not what they allow
    assert "TLS" in check(place.doctor()[1], "database")[1]


# ---- information, never a verdict


def test_information_changes_no_verdict(place, seed):
    site = place.site
    site.admin(OTHER, auth_api=True)
    for number in range(5):
        site.admin(f"more-{number}", auth_api=True)
    site.admin("off", auth_api=False)
    seed.settings(site.db, auditing="all", license_plan="enterprise", server_cert=None)
    seed.version(site.db)
    seed.host(site.db, "a" * 32, hostname=None)
    seed.host(site.db, "b" * 32, status="offline", public_address="127.0.9.9")
    place.fields |= {"default_password": "Qx7-in-place-since-setup"}
    place.build()
    status, answer = place.doctor()
    assert (status, answer["verdict"], answer["cause"], answer["remedy"]) == (0, "accepted", None, None)
    assert check(answer, "administrator")[0] == "warn" and "default password" in check(answer, "administrator")[1]
    assert check(answer, "others")[1].startswith("6 more with API access") and "off" not in check(answer, "others")[1].split(": ")[1]
    assert check(answer, "hosts")[1].startswith("1 online, 1 offline")
    state, detail = check(answer, "pritunl")
    assert state == "ok" and all(word in detail for word in ("1.34", "enterprise", "auditing all"))


def test_the_flag_is_no_boolean_and_the_front_open(place):
    place.site.admin(OTHER)
    place.fields["auth_api"] = 1
    place.build()
    status, answer = place.doctor()
    assert (status, answer["cause"], check(answer, "api access")[0]) == (0, None, "warn")


def test_how_long_the_front_may_take(place, seed):
    seed.settings(place.site.db, settings_check_interval=17)
    place.build("web-strict")
    assert "17 s" in check(place.doctor()[1], "web front")[1]


def test_the_front_that_waits_for_a_hand(place):
    place.build("web-strict by hand only")
    answer = place.doctor()[1]
    assert "by hand" in check(answer, "web front")[1] and "--wait" not in answer["remedy"]


def test_an_open_front_that_nobody_keeps_open(place):
    """It would be STRICT at the next look: nobody has auth_api exactly true."""
    place.fields["auth_api"] = 1
    place.build()
    status, answer = place.doctor()
    assert (status, check(answer, "web front")[0]) == (0, "warn")


# ---- the URL


def test_why_this_url(place, seed):
    seed.settings(place.site.db, server_ssl=False, server_port=place.pritunl.port)
    seed.host(place.site.db, "a" * 32, name="one", local_address="127.0.0.1", hostname=None)
    seed.host(place.site.db, "b" * 32, name="stale", status="offline", public_address="127.0.9.9")
    del place.site.tool.env["PRITUNL_ACCESS_URL"]
    place.build()
    state, detail = check(place.doctor()[1], "url")
    assert state == "ok" and place.pritunl.url in detail and "local_address of host one" in detail
    place.site.db.administrators.update_one({}, {"$set": {"secret": None}})
    status, answer = place.doctor()
    assert (status, answer["cause"]) == (1, "secret-missing") and "local_address of host one" in check(answer, "url")[1]
    configure(place.site.tool.home, url=place.pritunl.url)
    assert "config.json" in check(place.doctor()[1], "url")[1]


def test_a_path_and_a_trailing_slash(place):
    place.build()
    content(place, "--url", place.pritunl.url + "/")
    place.pritunl.path_removed = "/vpn"
    status, answer = place.doctor("--url", place.pritunl.url + "/vpn/")
    assert (status, check(answer, "url")[0]) == (0, "warn") and "path" in check(answer, "url")[1]


def test_plain_http_on_the_tls_port_and_the_reverse(place):
    place.build("not-pritunl: HTTP on the TLS port")
    assert "https://" in check(place.doctor()[1], "answer")[1]
    assert "https://" in check(place.doctor()[1], "answer")[1]
    plain = place.fixture("address")("answering", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    assert "plain HTTP" in check(place.doctor("--url", f"https://{plain}")[1], "answer")[1]


@pytest.mark.parametrize("flag", [True, False])
def test_no_url_is_known(place, flag):
    del place.site.tool.env["PRITUNL_ACCESS_URL"]
    place.fields["auth_api"] = flag
    place.build()
    status, answer = place.doctor()
    assert (status, answer["verdict"], answer["cause"]) == (2, "unknown", None)
    assert "--url" in answer["remedy"] and check(answer, "url")[0] == "fail"
    assert check(answer, "api access")[0] == ("ok" if flag else "warn")
    text = place.site.run("doctor")
    assert text.status == 2 and "not known" in text.stdout and "try:   --url" in text.stdout


def test_an_expired_certificate_that_the_database_holds(place, seed, pki):
    place.serve("pritunl_expired")
    seed.settings(place.site.db, server_cert=pki.pritunl_expired.certificate)
    place.build()
    status, answer = place.doctor()
    assert (status, check(answer, "certificate")[0]) == (0, "warn") and "out of date" in check(answer, "certificate")[1]


def test_a_clock_that_is_off_and_still_accepted(place):
    place.pritunl.clock_offset_s = 600
    place.build()
    status, answer = place.doctor()
    assert (status, check(answer, "clock")[0]) == (0, "warn")
    place.pritunl.clock_offset_s = 50_000
    status, answer = place.doctor("--server-time")
    assert (status, answer["cause"], check(answer, "clock")[0]) == (0, None, "warn")


# ---- doctor writes nothing


@pytest.mark.parametrize("name", [None, "api-disabled None open", "nonce-replayed", "administrator-disabled True", "clock-skew 50000"])
def test_nothing_is_written(place, wire, name):
    place.build(*[name] if name else [])
    collections = ("administrators", "settings", "hosts", "messages", "users_audit")
    before = {each: list(place.site.db[each].find()) for each in collections}
    proxy = wire()
    place.site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = proxy.uri(place.site.database.name)
    place.doctor()
    assert {command.name for command in proxy.sent()} <= READING
    assert before == {each: list(place.site.db[each].find()) for each in collections}
    assert {each.path for each in place.pritunl.requests} <= {"/ping", "/status"}
    assert list(place.site.tool.home.iterdir()) == []


# ---- questions that cannot be asked


def driver_version() -> tuple[int, ...]:
    """Of the libmongoc that the program was built with."""
    said = subprocess.run("pkg-config --modversion libmongoc-1.0 || pkg-config --modversion mongoc2", shell=True, capture_output=True,
                          text=True, check=True).stdout
    return tuple(int(word) for word in said.strip().split(".")[:2])


def test_without_a_database(site):
    site.tool.env.pop("PRITUNL_ACCESS_MONGODB_URI")
    assert failed_json(site.run("doctor", "--json"), 2, kind="usage")["message"]


@pytest.mark.parametrize(("uri", "words"), [
    ("mongodb://user:pa/ss@host/db", "percent-encoded"), ("mongodb://user:p@ss@host/db", "percent-encoded"),
    ("mongo://user:hunter22@host/db", "does not begin with"), ("mongodb://user:hunter22@host:port/db", "host"),
    ("mongodb://user:hunter22@host?tls=true", "'/'"), ("mongodb://user:hunter22@host/db?tls=maybe", "option tls"),
    ("mongodb://user:hunter22@host/d b", "database name"), ("mongodb://user:hunter22@::1/db", "in brackets"),
    ("mongodb://user:hunter22@host,fd00::1:27017/db", "in brackets"), ("", "")], ids=str)
def test_a_malformed_uri(site, uri, words):
    if words == "'/'" and driver_version() >= (1, 30) and not site.tool.is_static:
        pytest.skip("this libmongoc takes it")
    site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = uri
    for message in (failed_json(site.run("doctor", "--json"), 2, words)["message"], failed(site.run("doctor"), 2, words)):
        assert "hunter22" not in message and "user:" not in message and "p@ss" not in message and "pa/ss" not in message


def test_whom(site):
    site.admin("one")
    site.admin("two")
    result = site.run("doctor", "--json")
    assert result.status == 4 and [each["administrator"] for each in result.json()["administrators"]] == ["one", "two"]
    failed_json(site.run("doctor", "--json", "three"), 4, "three", kind="not-found")
    failed(site.run("doctor", "three"), 4, "three")
    assert site.run("doctor", "two", "--json").json()["administrator"] == "two"
    site.db.administrators.update_one({"username": "one"}, {"$set": {"auth_api": False}})
    assert site.run("doctor", "--json").json()["administrator"] == "two"
    site.db.administrators.drop_index("username_1")
    site.insert(username="two")
    failed_json(site.run("doctor", "--json", "two"), 4, "two", kind="ambiguous")


def test_settings_that_may_not_be_read(place, wire):
    """The rest is asked all the same."""
    place.build()
    proxy = wire()
    proxy.deny("settings", "hosts")
    place.site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = proxy.uri(place.site.database.name)
    result = place.site.run("doctor", "--json")
    answer = result.json()
    assert (result.status, answer["verdict"]) == (0, "accepted")
    assert {check(answer, name)[0] for name in ("hosts", "pritunl")} == {"skip"} and tuple(each["name"] for each in answer["checks"]) == CHECKS
