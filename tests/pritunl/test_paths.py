# SPDX-License-Identifier: MIT
"""The stand-in's answers by request: every row of the observed table, from the API itself and through its web front."""

from __future__ import annotations

import json
import ssl
import time

import pytest

from pritunl import seed
from pritunl.client import Client

UNKNOWN = "0123456789ab0123456789ab"
JSON = {"Content-Type": "application/json"}


def through_front(pritunl):
    return pritunl.front != "off"


def test_query_is_not_signed(client):
    assert client.get("/organization?page=0").status == 200
    assert client.get("/organization?page=0", path="/organization?page=0").status == 401


def test_trailing_slash(pritunl, client):
    response = client.get("/status/")
    if through_front(pritunl):
        assert (response.status, response.headers["location"]) == (301, "/status")
        assert client.ask("GET", "/status/").status == 301  # before authentication
        assert client.ask("GET", "/organization/?page=0").headers["location"] == "/organization?page=0"
    else:
        assert response.status == 404


def test_double_slash(pritunl, client):
    assert client.get("//state").status == (404 if through_front(pritunl) else 400)


def test_unknown_path(pritunl, client):
    response = client.get("/nowhere")
    assert response.status == 404
    assert response.body == (b"404 page not found" if through_front(pritunl) else b"404: Not Found")
    assert response.kind.startswith("text/plain" if through_front(pritunl) else "text/html")


def test_method_in_lower_case(pritunl, client):
    assert client.signed("get", "/state").status == (404 if through_front(pritunl) else 400)


def test_wrong_method(pritunl, client):
    assert client.signed("POST", "/state", body={}).status == (404 if through_front(pritunl) else 405)


@pytest.fixture
def server_path(db):
    return f"/server/{seed.server(db)['_id']}/routes"


def test_write_without_content_type(pritunl, client, server_path):
    response = client.signed("POST", server_path, body=b"[]")
    assert response.status == (520 if through_front(pritunl) else 415)
    assert response.body == (b"" if through_front(pritunl) else b"415: Unsupported Media Type")


@pytest.mark.parametrize(("body", "direct"), [(b"{", 400), (b"", 400), (b"{}", 500), (b"7", 500), (b'["text"]', 500)])
def test_bad_json_and_wrong_type(pritunl, client, server_path, body, direct):
    response = client.signed("POST", server_path, headers=JSON, body=body)
    if through_front(pritunl):
        assert (response.status, response.body) == (400, b"")
    else:
        assert response.status == direct


def test_body_is_not_signed_and_its_size(pritunl, client, server_path):
    def send(size):
        item = {"network": "10.0.0.0/8", "nat": True, "comment": ""}
        item["comment"] = "c" * (size - len(json.dumps([item])))
        body = json.dumps([item]).encode()
        assert len(body) == size
        return client.signed("POST", server_path, headers=JSON, body=body)
    assert send(50_000).status == 200
    response = send(50_001)
    if through_front(pritunl):
        assert (response.status, response.body, response.closed) == (400, b"", True)
    else:
        assert response.status == 200


@pytest.mark.parametrize("target", [
    "/admin/{}", "/server/{}", "/server/{}/route", "/organization/{}", "/host/{}", "/user/{}",
])
@pytest.mark.parametrize("name", [UNKNOWN, "x"])
def test_unknown_id(client, target, name):
    assert client.get(target.format(name)).status == 500


@pytest.mark.parametrize("letter", ["%25", "(", "*", "%3A", "%C3%A9", "%22", "'"])
def test_characters_that_the_front_filters(pritunl, client, db, letter):
    seed.host(db, "a%:(*é\"'b")
    decoded = {"%25": "%", "%3A": ":", "%C3%A9": "é", "%22": '"'}.get(letter, letter)
    response = client.get(f"/host/x{letter}y", path=f"/host/x{decoded}y")
    assert response.status == (401 if through_front(pritunl) else 500)


def test_characters_that_pass(client, db):
    name = "aZ09-+=_,.~@#!& b"
    seed.host(db, name)
    response = client.get("/host/" + name.replace("#", "%23").replace(" ", "%20"), path="/host/" + name)
    assert (response.status, response.json["id"]) == (200, name)


def test_segments_are_cut(pritunl, client, db):
    for size in (128, 129):
        seed.host(db, "h" * size)
        expected = 401 if through_front(pritunl) and size > 128 else 200
        assert client.get("/host/" + "h" * size).status == expected


@pytest.mark.parametrize("spelling", ["%2F", "%2f"])
def test_encoded_slash_stays_in_upper_case(serve, administrator, spelling):
    client = Client(serve("off").url, administrator)
    assert client.get(f"/host/a{spelling}b", path="/host/a%2Fb").status == 500  # authenticated, unknown host
    assert client.get(f"/host/a{spelling}b", path="/host/a/b").status == 401
    front = Client(serve("normal").url, administrator)
    assert front.get(f"/host/a{spelling}b", path="/host/a%2Fb").status in (401, 404)


def test_unsigned_paths(pritunl, client):
    for path in ("/ping", "/check"):
        response = client.ask("GET", path)
        assert (response.status, response.body) == (200, b"OK")
        assert "date" in response.headers
    pritunl.heartbeat_age_s = 31
    assert client.ask("GET", "/ping").status == client.ask("GET", "/check").status == 504
    assert client.get("/status").status == 200


def test_state(client, db):
    answer = client.get("/state").json
    assert set(answer) == {"super_user", "csrf_token", "theme", "user", "active", "plan", "version", "sso"}
    assert answer["version"] == 1003446814089
    assert db["auth_csrf_tokens"].find_one({})["_id"] == answer["csrf_token"]


def test_status(pritunl, client, db):
    seed.host(db, pritunl.host_id)
    answer = client.get("/status").json
    assert answer["host_count"] == 1
    assert answer["current_host"] == pritunl.host_id
    assert {"org_count", "user_count", "server_count", "server_version"} <= set(answer)
    assert db["auth_csrf_tokens"].count_documents({}) == 0


def test_lists_and_pages(client, db):
    organizations = [seed.organization(db, f"org{number:02d}") for number in range(11)]
    for number in range(12):
        seed.user(db, organizations[0], f"user{number:02d}", f"user{number:02d}@example.com")
    server = seed.server(db, "vpn", [organizations[0]], ["10.1.0.0/16"])
    assert [each["name"] for each in client.get("/organization").json] == [f"org{number:02d}" for number in range(11)]
    page = client.get("/organization?page=1").json
    assert (page["page"], page["page_total"], len(page["organizations"])) == (1, 1, 1)
    users = f"/user/{organizations[0]['_id']}"
    assert len(client.get(users).json) == 12
    page = client.get(users + "?page=0").json
    assert (page["page"], page["page_total"], len(page["users"])) == (0, 1, 10)
    assert page["users"][0]["email"] == "user00@example.com"
    assert client.get("/organization?page=x").status == 500
    assert [each["port"] for each in client.get("/server").json] == [1194]
    routes = client.get(f"/server/{server['_id']}/route").json
    assert [(each["network"], each["nat"], each["virtual_network"]) for each in routes] == [
        ("192.168.238.0/24", False, True), ("10.1.0.0/16", True, False)]
    assert client.get(f"/server/{server['_id']}/organization").json[0]["name"] == "org00"
    assert client.get("/host").json == []


def test_routes(client, db):
    server = seed.server(db)
    path = f"/server/{server['_id']}/routes"
    items = [{"network": "10.0.0.0/8", "nat": True}, {"network": "172.16.0.0/12", "nat": False}]
    response = client.signed("POST", path, body=items)
    assert (response.status, response.json["network"], response.json["nat"]) == (200, "172.16.0.0/12", False)
    assert client.signed("POST", path, body=[{"network": "10.0.0.0/8", "nat": False}]).json["nat"] is False
    stored = db["servers"].find_one({})["routes"]
    assert [(each["network"], each["nat"]) for each in stored] == [("10.0.0.0/8", False), ("172.16.0.0/12", False)]
    assert client.signed("POST", path, body=[]).status == 500
    assert client.signed("POST", path, body=[{"network": "nonsense"}]).json["error"] == "server_route_invalid"
    single = client.signed("POST", path[:-1], body={"network": "192.0.2.0/24", "nat": True})
    assert (single.status, single.json["network"]) == (200, "192.0.2.0/24")


def test_link_asks_for_the_plan_and_not_before_the_signature(pritunl, client, db):
    assert client.get("/link").status == 404
    assert client.ask("GET", "/link").status == 401
    seed.settings(db, license="x", license_plan="enterprise")
    pritunl.drop_settings_cache()
    assert (client.get("/link").status, client.get("/state").json["plan"]) == (200, "enterprise")


def test_key_and_others_are_unknown(client):
    assert [client.ask("GET", path).status for path in ("/key/abc", "/key", "/user", "/k/abc")] == [404] * 4


def test_settings(pritunl, client, db):
    seed.settings(db, "CERT", "KEY", server_port=8443)
    pritunl.drop_settings_cache()
    answer = client.get("/settings").json
    assert (answer["server_cert"], answer["server_key"], answer["server_port"]) == ("CERT", "KEY", 8443)
    assert answer["auth_time_window"] == 43200
    assert (answer["sso"], answer["email_password"]) == (False, False)


def test_settings_through_the_front_are_all_changed(pritunl, client, db):
    seed.settings(db, "CERT", "KEY", server_port=8443, sso="duo", restrict_import=True)
    pritunl.drop_settings_cache()
    assert client.signed("PUT", "/settings", body={"theme": "light"}).json["theme"] == "light"
    stored = db["settings"].find_one({"_id": "app"})
    if not through_front(pritunl):
        assert (stored["server_cert"], stored["server_port"], stored["sso"]) == ("CERT", 8443, "duo")
        return
    assert (stored["server_port"], stored["sso"], stored["restrict_import"]) == (443, None, False)
    assert stored["server_cert"].startswith("-----BEGIN CERTIFICATE") and "KEY" != stored["server_key"]
    assert len(stored) > 95
    assert client.signed("PUT", "/settings", body={"sso": False}).status == 400  # as GET tells it


def test_settings_that_are_refused_have_replaced_the_certificate(serve, db, administrator, certificate):
    pritunl = serve("normal", tls=certificate())
    seed.settings(db, "CERT", "KEY", auditing="all", theme="dark")
    pritunl.drop_settings_cache()
    client = Client(pritunl.url, administrator)
    before = ssl.get_server_certificate(("127.0.0.1", pritunl.port))
    response = client.signed("PUT", "/settings", body={"theme": "light"})
    assert (response.status, response.json["error"]) == (400, "cannot_disable_auditing")
    stored = db["settings"].find_one({"_id": "app"})
    assert (stored["theme"], stored["auditing"]) == ("dark", "all")
    assert stored["server_cert"] == ssl.get_server_certificate(("127.0.0.1", pritunl.port)) != before


def test_types_of_organizations_and_users(client, db):
    organization = seed.organization(db, "o")
    seed.organization(db, "pooled", type="pool")
    for kind in ("client", "server", "ca", "client_pool", "server_pool"):
        seed.user(db, organization, f"a {kind}", type=kind)
    assert organization["type"] == "default"
    assert [each["name"] for each in client.get("/organization").json] == ["o"]
    assert [each["type"] for each in client.get(f"/user/{organization['_id']}").json] == ["client", "server"]


def test_a_partial_put_of_a_user_or_an_organization(pritunl, client, db):
    organization = seed.organization(db, "o", auth_api=True)
    user = seed.user(db, organization, "u", "u@example.com", groups=["a"], disabled=True)
    path = f"/user/{organization['_id']}/{user['_id']}"
    assert client.get(path).json["email"] == "u@example.com"
    changed = client.signed("PUT", path, body={"name": "v"}).json
    emptied = through_front(pritunl)
    assert (changed["name"], changed["email"]) == ("v", None if emptied else "u@example.com")
    assert (changed["groups"], changed["disabled"]) == (([], False) if emptied else (["a"], True))
    changed = client.signed("PUT", f"/organization/{organization['_id']}", body={"name": "p"}).json
    assert (changed["name"], changed["auth_api"]) == ("p", None if emptied else True)


def test_new_organization_user_and_server(pritunl, client, db):
    pritunl.key_s = 0.05
    began = time.monotonic()
    organization = client.signed("POST", "/organization", body={"name": "new"}).json
    assert time.monotonic() - began >= 0.05
    assert db["organizations"].find_one({})["type"] == "default"
    [user] = client.signed("POST", f"/user/{organization['id']}", body={"name": "ada", "email": "a@example.com"}).json
    assert client.get(f"/user/{organization['id']}").json == [user]
    server = client.signed("POST", "/server", body={"name": "s", "protocol": "udp", "port": 1195}).json
    assert client.get(f"/server/{server['id']}").json["port"] == 1195
    for path in (f"/user/{organization['id']}/{user['id']}", f"/organization/{organization['id']}"):
        assert client.signed("DELETE", path).status == 200
    assert client.get("/organization").json == []


def test_a_partial_put_of_a_server(pritunl, client, db):
    server = seed.server(db, "s")
    response = client.signed("PUT", f"/server/{server['_id']}", body={"name": "t"})
    if through_front(pritunl):
        assert (response.status, response.json["error"]) == (400, "protocol_invalid")
    else:
        assert (response.status, response.json["name"]) == (200, "t")


def test_order_of_routes(client, db):
    networks = ["8.8.8.8/32", "192.168.0.0/16", "fd00::/8", "0.0.0.0/0", "10.99.0.0/16", "10.50.0.0/16"]
    server = seed.server(db, routes=networks, network="192.168.10.0/24")
    path = f"/server/{server['_id']}/route"
    ordered = ["0.0.0.0/0", "192.168.10.0/24", "10.50.0.0/16", "10.99.0.0/16", "192.168.0.0/16", "8.8.8.8/32", "fd00::/8"]
    assert [each["network"] for each in client.get(path).json] == ordered
    client.signed("POST", path + "s", body=[{"network": "192.168.10.0/24", "nat": False, "comment": "touched"}])
    stored = [each["network"] for each in db["servers"].find_one({})["routes"]]
    assert stored == [*networks, "192.168.10.0/24"]
    answered = client.get(path).json
    assert [each["network"] for each in answered] == ordered
    assert [each["comment"] for each in answered if each["virtual_network"]] == ["touched"]


def test_a_dead_host_stays_online_for_a_while(serve, db, administrator):
    first, second = serve(host_id="a"), serve(host_id="b")
    for host in (first, second):
        host.announce()
    assert Client(second.url, administrator).get("/status").json["current_host"] == "b"
    first.stop()

    def age(seconds):
        db["hosts"].update_one({"_id": "a"}, {"$set": {"ping_timestamp": seed.utc_now(-seconds)}})
        second.sweep_hosts()
        return [each["status"] for each in Client(second.url, administrator).get("/host").json]
    assert age(20) == ["online", "online"]
    assert age(26) == ["offline", "online"]
    assert db["hosts"].find_one({"_id": "a"})["ping_timestamp"] is None


def test_events_want_a_pair_and_a_date(client, db):
    good = {"message": ["administrators_updated", None], "timestamp": seed.utc_now(), "channel": "events"}
    db["messages"].insert_one(good)
    assert client.get("/event").json[0]["type"] == "administrators_updated"
    for document in ({"message": "administrators_updated", "timestamp": seed.utc_now()}, {"message": ["a", None]}):
        db["messages"].insert_one({**document, "channel": "events"})
        assert client.get("/event").status == 500
        db["messages"].delete_one(document)
    assert client.get("/event").status == 200


def test_audit_trail_wants_a_date(client, db, administrator):
    entry = {"user_id": administrator["_id"], "type": "admin_updated", "remote_addr": None, "message": "changed"}
    path = f"/admin/{administrator['_id']}/audit"
    db["users_audit"].insert_one({**entry, "timestamp": seed.utc_now()})
    assert [each["message"] for each in client.get(path).json] == ["changed"]
    db["users_audit"].insert_one({**entry, "timestamp": 1_700_000_000})
    assert client.get(path).status == 500


def test_log(client, db):
    db["log_entries"].insert_one({"timestamp": seed.utc_now(), "message": "hello"})
    assert client.get("/log").json[0]["message"] == "hello"


def test_secondary_database(pritunl, client, db, mongodb_uri, mongodb, database):
    other = database + "x"
    seed.settings(db, secondary_mongodb_uri=mongodb_uri + other)
    pritunl.drop_settings_cache()
    try:
        assert client.get("/state").status == 200
        assert mongodb[other]["auth_nonces"].count_documents({}) == 1
        assert mongodb[other]["auth_csrf_tokens"].count_documents({}) == 1
        assert db["auth_nonces"].count_documents({}) == 0
    finally:
        mongodb.drop_database(other)
