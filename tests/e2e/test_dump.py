# SPDX-License-Identifier: MIT
"""`dump`: equal to a sequential reference client, whatever the way does; old or new; the same from the database."""

from __future__ import annotations

import json
import signal
import time

import pytest
from expect import failed, failed_json
from pritunl.client import Client

ORGANIZATIONS = SERVERS = ROUTES = 12
USERS = 25


def fill(site, organizations, users, servers, routes):
    """A Pritunl with that much in it."""
    site.me = site.admin()
    site.db["users"].create_index("org_id")
    for number in range(organizations):
        org = site.seed.organization(site.db, f"organization {number:03} é", auth_token="t" * 32, auth_secret="s" * 32)
        site.db["users"].insert_many([{
            "org_id": org["_id"], "name": f"user{each:03}", "email": f"user{each}@example.com" if each % 3 else None,
            "type": "client", "otp_secret": site.seed.random_text(16)} for each in range(users)])
    for number in range(servers):
        site.seed.server(site.db, f"server {number:03}", routes=[f"10.{number}.{each}.0/24" for each in range(routes)])
    return site


USER_FIELDS = ("id", "name", "email", "disabled", "groups")
SERVER_FIELDS = ("id", "name", "port", "network", "protocol", "status", "groups")
EXPORTED = {"organizations": ("id", "name", "users"), "users": ("id", "name", "email"),
            "servers": ("id", "name", "port", "routes"), "routes": ("id", "network", "nat")}


def pick(value, *names):
    """The exporter's fields, and some that people look for."""
    return {name: value[name] for name in names}


def reference(site):
    """The exporter's structures, by one request after another on one connection; and how long that took."""
    client = Client(site.pritunl.url, site.me, kept=True)
    began = time.monotonic()
    document = {"organizations": [], "servers": []}
    for org in client.get("/organization").json:
        users = [pick(user, *USER_FIELDS) for user in client.get("/user/" + org["id"]).json]
        document["organizations"].append({**pick(org, "id", "name"), "users": users})
    for server in client.get("/server").json:
        organizations = [pick(each, "id", "name") for each in client.get(f"/server/{server['id']}/organization").json]
        routes = [pick(route, "id", "network", "nat") for route in client.get(f"/server/{server['id']}/route").json]
        document["servers"].append({**pick(server, *SERVER_FIELDS), "organizations": organizations, "routes": routes})
    return document, time.monotonic() - began


def test_equal_to_a_sequential_client(site, capsys):
    fill(site, ORGANIZATIONS, USERS, SERVERS, ROUTES)
    expected, _ = reference(site)
    result = site.run("dump")
    assert (result.status, result.stderr) == (0, "") and result.json() == expected
    lines = [json.loads(line) for line in site.run("dump", "--format", "jsonl").stdout.splitlines()]
    assert [line.pop("type") for line in lines] == ["organization"] * ORGANIZATIONS + ["server"] * SERVERS
    assert lines == expected["organizations"] + expected["servers"]
    before = site.pritunl.connections
    site.pritunl.answer_delay_s = 0.02
    _, sequential_s = reference(site)
    result = site.run("dump")
    assert result.json() == expected
    assert site.pritunl.connections - before <= 1 + 1 + 8, "the reference's, ours, and eight side by side"
    with capsys.disabled():
        print(f"\n20 ms an answer: sequential {sequential_s:.2f} s, dump {result.seconds:.2f} s, "
              f"ratio {sequential_s / result.seconds:.1f}")
    assert site.run("dump", "--from", "database").json() == expected


def cluster(site):
    """5 organizations, 200 users of every kind, 8 servers with routes in no order, pooled and lost things among them."""
    site.me = site.admin()
    seed, kinds = site.seed, ("client", "server", "ca", "client_pool", "server_pool")
    organizations = [seed.organization(site.db, name) for name in ("b", "a", "é", "B", "a")]
    seed.organization(site.db, "pooled", type="pool")
    for number in range(200):
        seed.user(site.db, organizations[number % 5], f"user {number % 50}", f"u{number}@example.com" if number % 3 else None,
                  type=kinds[number % 7 % 5], disabled=[True, False, None][number % 3], groups=[["x", "é"], [], None][number % 3])
    networks = ["8.8.8.8/32", "192.168.0.0/16", "fd00::/8", "0.0.0.0/0", "10.99.0.0/16", "10.5.0.0/16", "10.50.0.0/16"]
    for number in range(8):
        own = f"10.{100 + number}.0.0/24"
        routes = networks[number % 3:] + ([own] if number % 2 else [])
        seed.server(site.db, f"server {number % 4}", organizations[:number % 6], [seed.route(each, nat=each != own) for each in routes],
                    network=own, port=1194 + number, protocol=["udp", "tcp"][number % 2], groups=["g"] if number % 2 else None,
                    status=["online", "offline"][number % 2])
    site.db["servers"].update_one({}, {"$push": {"organizations": site.me["_id"]}})     # one that is not there any more
    return organizations


def test_numbers_that_a_shell_wrote(site):
    """They are doubles; the API hands them on as they are."""
    site.admin()
    organization = site.seed.organization(site.db, "one")
    for number, port in enumerate((1194.0, 1194.5, -0.0, float("nan"))):
        site.seed.server(site.db, f"server {number}", [organization], [], port=port)
    ports = [each["port"] for each in site.run("dump", "--from", "database").json()["servers"]]
    assert ports == [1194, 1194.5, 0, None] and type(ports[0]) is int


def test_both_ways_give_equal_bytes(site):
    organizations = cluster(site)
    for form in ("json", "jsonl"):
        api, database = (site.run("dump", "--from", source, "--format", form) for source in ("api", "database"))
        assert (api.status, database.status, api.stderr, database.stderr) == (0, 0, "", "")
        assert api.out == database.out
    document = site.run("dump").json()
    assert [each["name"] for each in document["organizations"]] == ["B", "a", "a", "b", "é"] and len(document["servers"]) == 8
    assert sum(len(each["users"]) for each in document["organizations"]) == site.db["users"].count_documents(
        {"type": {"$in": ["client", "server"]}}) > 50
    assert all(type(user["disabled"]) is bool and type(user["groups"]) is list
               for each in document["organizations"] for user in each["users"])
    assert max(len(each["organizations"]) for each in document["servers"]) == len(organizations)
    assert document["servers"][0]["routes"][0]["network"] == "0.0.0.0/0"
    for name, parts in (("organizations", "users"), ("servers", "routes")):     # what the exporter wrote is all there
        for each in document[name]:
            assert set(EXPORTED[name]) <= set(each) and all(set(EXPORTED[parts]) <= set(child) for child in each[parts])


def test_what_the_database_holds_is_dumped_masked(site, pki):
    cluster(site)
    site.seed.settings(site.db, server_key=pki.pritunl.key_file.read_text(), theme="dark", sso_org=site.me["_id"], sso_match=["a"],
                       acme_timestamp=1.5, at=site.seed.utc_now(), email_password=None)
    site.db["administrators"].update_one({}, {"$unset": {"super_user": ""}})
    command = ("dump", "--from", "database", "--with", "settings,administrators")
    document = site.run(*command).json()
    settings, (admin,) = document["settings"], document["administrators"]
    assert settings["server_key"] == admin["token"] == admin["secret"] == "********"
    assert (settings["theme"], settings["sso_org"], settings["sso_match"]) == ("dark", str(site.me["_id"]), ["a"])
    assert (settings["acme_timestamp"], settings["email_password"]) == (1.5, None) and settings["at"].endswith("Z")
    site.db["administrators"].update_one({}, {"$set": {"super_user": True}})
    (told,) = site.run("dump", "--with", "administrators").json()["administrators"]
    assert {name: told[name] for name in admin} == admin | {"super_user": True} and set(told) - set(admin) == {"audit", "otp_secret"}
    shown = site.run(*command, "--reveal", reveals=True).json()
    assert shown["administrators"][0]["secret"] == site.me["secret"] and shown["settings"]["server_key"].startswith("-----BEGIN")


def test_links_without_a_plan_are_left_out_with_a_word(site):
    site.admin()
    result = site.run("dump", "--with", "links,hosts")
    assert result.status == 0 and list(result.json()) == ["organizations", "servers", "hosts"]
    assert len(result.stderr.splitlines()) == 1 and "links are left out" in result.stderr and "plan" in result.stderr


def test_faults_on_the_way(site, tmp_path):
    fill(site, 12, 5, 12, 5)
    expected, _ = reference(site)
    file = tmp_path / "dump.json"
    site.pritunl.faults_on = lambda request: request.signed
    for cut_after in (False, True):
        site.pritunl.configure(cut_every=10, bad_gateway_every=15, cut_after=cut_after)
        for jobs in ("1", "8"):
            result = site.run("dump", "-o", file, "--jobs", jobs)
            assert result.status == 0, result.stderr
            assert json.loads(file.read_text(encoding="utf-8")) == expected
    nonces = [each.headers["auth-nonce"] for each in site.signed() if each.status != 502]
    assert len(set(nonces)) == len(nonces)


def test_old_or_new(site, tmp_path):
    fill(site, 10, 3, 10, 3)
    file = tmp_path / "dump.json"
    assert site.run("dump", "-o", file).status == 0
    old = file.read_bytes()
    inode = file.stat().st_ino
    assert site.run("dump", "-o", file).stderr.endswith("unchanged\n") and file.stat().st_ino == inode
    site.seed.organization(site.db, "zz new")
    new = site.run("dump").out
    site.pritunl.answer_delay_s = 0.02
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        for wait_s in (0, 0.03, 0.06, 0.09, 0.12, 0.2):
            running = site.tool.start("dump", "-o", file, "--jobs", "2")
            time.sleep(wait_s)
            running.signal(number)
            running.wait()
            assert file.read_bytes() in (old, new)
            assert sorted(each.name for each in tmp_path.iterdir()) == ["dump.json", "home"]
    site.pritunl.answer_delay_s = 0
    before = file.read_bytes()
    site.pritunl.faults_on = lambda request: request.raw_path.startswith("/server/")
    site.pritunl.bad_gateway_every = 1
    result = site.run("dump", "-o", file)
    failed(result, 5, attempt=" ")
    assert file.read_bytes() == before


def test_all_parts_and_no_secrets(site, pki):
    fill(site, 1, 2, 1, 1)
    site.seed.settings(site.db, server_key=pki.pritunl.key_file.read_text(), license_plan="enterprise")
    site.pritunl.drop_settings_cache()
    site.seed.host(site.db, "b" * 32, public_address="203.0.113.1")
    site.seed.host(site.db, "a" * 32, status="offline")
    everything = "users,servers,routes,hosts,links,settings,administrators"
    document = site.run("dump", "--with", everything).json()
    assert list(document) == ["organizations", "servers", "hosts", "links", "settings", "administrators"]
    assert [host["id"][0] for host in document["hosts"]] == ["a", "b"] and document["links"] == []
    assert document["administrators"][0]["token"] == document["settings"]["server_key"] == "********"
    shown = site.run("dump", "--with", everything, "--reveal", reveals=True).json()
    assert shown["administrators"][0]["token"] == site.me["token"]
    from_database = site.run("dump", "--with", "hosts", "--from", "database").json()
    assert from_database == {name: document[name] for name in ("organizations", "servers", "hosts")}
    failed(site.run("dump", "--with", "links", "--from", "database"), 2, "links")
    for odd in ("everybody", ",", "users,,hosts", "users ", "Users"):
        failed(site.run("dump", "--with", odd), 2, "is none of users")
    failed(site.run("dump", "--format", "yaml"), 2, "jsonl")


def test_nothing_there(site):
    failed_json(site.run("dump", "--from", "database", "--json"), 3, kind="database-empty")
    site.admin()
    for source in ("api", "database"):
        assert site.run("dump", "--from", source).stdout == '{"organizations": [],\n"servers": []}\n'
        assert site.run("dump", "--from", source, "--format", "jsonl").stdout == ""


def test_database_where_the_api_is_down(site):
    fill(site, 2, 2, 2, 2)
    expected = site.run("dump").json()
    site.pritunl.api_down = True
    failed_json(site.run("dump", "--json"), 5, kind="web-not-ready")
    assert site.run("dump", "--from", "database").json() == expected


def test_refusals_are_explained(site):
    fill(site, 1, 1, 1, 1)
    site.pritunl.strip_auth = True
    failed_json(site.run("dump", "--json"), 1, kind="token-unknown")
    site.pritunl.strip_auth = False
    site.db["administrators"].update_one({}, {"$set": {"auth_api": False}})
    failed_json(site.run("dump", "--json"), 6, kind="api-disabled")


@pytest.mark.parametrize("shown", [True, False])
def test_bar_on_a_terminal_alone(site, shown):
    fill(site, 3, 1, 3, 1)
    site.pritunl.answer_delay_s = 0.12
    result = site.run("dump", "-o", site.tool.home / "dump.json", "--jobs", "1", tty="stderr" if shown else False)
    assert result.status == 0 and ("/6" in result.stdout) is shown and "/6" not in result.stderr


def test_only_the_trusted_certificate_is_met(site, standin, pki):
    """A server that changes its certificate in the middle is sent nothing more."""
    fill(site, 6, 1, 6, 1)
    safe = standin(tls=pki.pritunl)
    site.seed.settings(site.db, server_cert=pki.pritunl.certificate_file.read_text())
    site.tool.env["PRITUNL_ACCESS_URL"] = safe.url
    assert len(site.run("dump").json()["organizations"]) == 6

    def change(record):
        if record.path.startswith("/server") and record.signed:
            safe.set_tls(str(pki.server.certificate_file), str(pki.server.key_file))
            safe.close_after = 1

    safe.on_answer = change
    seen = len(safe.requests)
    failed_json(site.run("dump", "--json"), 5, kind="tls-untrusted")
    assert not any(each.path.startswith("/user") for each in safe.requests[seen:])
