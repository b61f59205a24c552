# SPDX-License-Identifier: MIT
"""`routes add`: every network arrives once, in pieces that the web front takes, and what cannot be added is said."""

from __future__ import annotations

import json

import pytest
from expect import failed, failed_json, private

PREFIXES, PREFIXES_V6 = 8000, 1000


@pytest.fixture
def office(site):
    """A site with a server called office."""
    site.admin()
    site.server = site.seed.server(site.db, "office", routes=["10.1.0.0/16"])
    return site


def there(site):
    """The networks of its routes, as they are stored."""
    return [route["network"] for route in site.db["servers"].find_one({"name": "office"})["routes"]]


def ranges(tmp_path):
    """A file in the form that AWS publishes, each network under two services."""
    v4 = [{"ip_prefix": f"3.{n // 256}.{n % 256}.0/24", "region": f"eu-west-{1 + n % 2}", "network_border_group": "x"}
          for n in range(PREFIXES)]
    v6 = [{"ipv6_prefix": f"2a05:d000:{n + 1:x}::/48", "region": f"eu-west-{1 + n % 2}", "network_border_group": "x"}
          for n in range(PREFIXES_V6)]
    document = {"syncToken": "1", "createDate": "2026-11-22-00-00-00",
                "prefixes": [{**each, "service": service} for each in v4 for service in ("AMAZON", "EC2")],
                "ipv6_prefixes": [{**each, "service": service} for each in v6 for service in ("AMAZON", "EC2")]}
    file = tmp_path / "ip-ranges.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    file.chmod(0o600)
    return file, {each["ip_prefix"] for each in v4} | {each["ipv6_prefix"] for each in v6}


def test_published_ranges_arrive_once(office, tmp_path):
    file, expected = ranges(tmp_path)
    command = ("routes", "add", "office", "--file", file, "--aws-region", "eu-west-1", "--aws-region", "eu-west-2", "--yes", "--nat")
    result = office.run(*command, timeout=90)
    assert (result.status, result.stderr) == (0, ""), result.stderr
    assert result.stdout.endswith("office: 9000 new, 0 already there, 0 refused\n")
    found = there(office)
    assert len(found) == len(set(found)) == 9001 and set(found) == expected | {"10.1.0.0/16"}
    posts = [each for each in office.signed() if each.method == "POST"]
    assert max(each.body_length for each in posts) <= 50_000 and len(posts) < 25
    again = office.run(*command)
    assert again.stdout == "office: 0 new, 9000 already there, 0 refused\n"
    assert len([each for each in office.signed() if each.method == "POST"]) == len(posts)


@pytest.mark.parametrize("version, limit", [("1.29.2664", 200_000), ("1.30.3431", 8_192), ("1.32.4181.41", 50_000)])
def test_older_fronts_take_smaller_bodies(office, tmp_path, version, limit):
    office.pritunl.version = version
    file = private(tmp_path / "networks", "".join(f"10.{number // 256}.{number % 256}.0/24\n" for number in range(400)))
    result = office.run("routes", "add", "office", "--file", file, "--yes")
    assert (result.status, result.stderr) == (0, "") and len(there(office)) == 401
    taken = [each for each in office.signed() if each.method == "POST" and each.status == 200]
    assert max(each.body_length for each in taken) <= limit


def test_host_bits_are_cut_with_a_word(office, tmp_path):
    file = private(tmp_path / "networks", "10.20.30.40/16\n10.7.0.0/16\nfd00::1/64\n0.0.0.0/0\n")
    result = office.run("routes", "add", "office", "--file", file, "--yes")
    assert result.status == 0 and set(there(office)) == {"10.1.0.0/16", "10.20.0.0/16", "10.7.0.0/16", "fd00::/64", "0.0.0.0/0"}
    assert result.stderr.splitlines() == [
        f"pritunl-access: warning: {given} has host bits: it is added as {made}"
        for given, made in (("10.20.30.40/16", "10.20.0.0/16"), ("fd00::1/64", "fd00::/64"))]
    many = "".join(f"10.{number}.0.1/16\n" for number in range(30, 55))
    result = office.run("routes", "add", "office", "--file", private(tmp_path / "many", many), "--dry-run")
    assert result.status == 0 and len(result.stderr.splitlines()) == 21 and "5 more" in result.stderr


@pytest.mark.parametrize("mistake, everything", [("10.0.0.0/0", "0.0.0.0/0"), ("fd00::/0", "::/0")])
def test_everything_by_a_mistake_is_asked_for(office, tmp_path, mistake, everything):
    """--yes agrees to what was meant."""
    command = ("routes", "add", "office", "--file", private(tmp_path / "networks", f"10.7.0.0/16\n{mistake}\n"), "--yes")
    failed(office.run(*command, start_new_session=True), 2, f"{mistake} is {everything}", attempt=everything, warnings=True)
    assert office.run(*command, tty=True, stdin="n\n").status == 2
    assert office.signed() == [] and there(office) == ["10.1.0.0/16"]
    assert office.run(*command, "--dry-run").status == 0
    assert office.run(*command, tty=True, stdin="y\n").status == 0
    assert everything in there(office)


def test_one_region(office, tmp_path):
    file, expected = ranges(tmp_path)
    result = office.run("routes", "add", "office", "--file", file, "--aws-region", "eu-west-2", "--dry-run", "--json")
    answer = result.json()
    assert result.status == 0 and len(answer["new"]) == 4500 and set(answer["new"]) < expected and answer["added"] == 0
    failed(office.run("routes", "add", "office", "--file", file, "--aws-region", "mars-1"), 2, "mars-1")
    file.write_text("{}", encoding="utf-8")
    failed(office.run("routes", "add", "office", "--file", file, "--aws-region", "eu-west-1"), 2, "ip-ranges")


def test_lines(office):
    text = "\ufeff# the office\n10.2.3.4/16 # bits behind the prefix\n  10.9.9.9\t\n\n2001:DB8:0:0::/32\r\n10.1.0.0/16\n10.2.0.0/16\n"
    result = office.run("routes", "add", str(office.server["_id"]), "--yes", "--comment", "ours", stdin=text)
    assert result.status == 0 and result.stdout.endswith("office: 3 new, 1 already there, 0 refused\n"), result.stderr
    stored = office.db["servers"].find_one({"name": "office"})["routes"]
    assert [each["network"] for each in stored] == ["10.1.0.0/16", "10.2.0.0/16", "10.9.9.9/32", "2001:db8::/32"]
    assert stored[1]["comment"] == "ours" and stored[1]["nat"] is False


def test_networks_may_be_in_anybodys_file(office, tmp_path):
    file = tmp_path / "networks"
    file.write_text("10.2.0.0/16\n", encoding="utf-8")
    file.chmod(0o666)
    assert office.run("routes", "add", "office", "--yes", "--file", file).status == 0
    for odd in (tmp_path, tmp_path / "missing"):
        failed(office.run("routes", "add", "office", "--yes", "--file", odd), 2, str(odd))


def test_input_that_is_no_list(office):
    for text, word in (("10.2.0.0/16\n\0\n10.3.0.0/16\n", "NUL"), ("# nothing\n", "no network")):
        failed(office.run("routes", "add", "office", "--yes", stdin=text), 2, word)
    for region in ("", "eu west", "eu-west-1;"):
        failed(office.run("routes", "add", "office", "--yes", "--aws-region", region), 2, f'"{region}" is no region')
    assert office.signed() == []


@pytest.mark.parametrize("line", ["10.0.0.0/33", "10.0.0/8", "fe80::1%eth0", "::/129", "host", "10.0.0.0/-1", "010.0.0.1"])
def test_bad_lines(office, line):
    message = failed(office.run("routes", "add", "office", "--yes", stdin="10.0.0.0/8\n" + line), 2)
    assert "line 2" in message and len(there(office)) == 1


def test_what_pritunl_says(office):
    office.db["servers"].update_one({}, {"$set": {"status": "online"}})
    result = office.run("routes", "add", "office", "--yes", stdin="10.0.0.0/8\n11.0.0.0/8")
    failed(result, 1, "Server must be offline to add route.")
    failed(office.run("routes", "add", "nobody", "--yes", stdin="10.0.0.0/8"), 2, "nobody", attempt="/server")
    failed(office.run("routes", "add", "office", "--yes", stdin=""), 2)
    failed(office.run("routes", "office", stdin="10.0.0.0/8"), 2)
    office.seed.server(office.db, "office")
    failed(office.run("routes", "add", "office", "--yes", stdin="10.0.0.0/8"), 2, "more than one")


def test_refused_networks_are_found(office, monkeypatch):
    from pritunl import administrators, servers

    kept = servers._read_route

    def picky(data):
        if data["network"] in ("10.5.0.0/16", "10.17.0.0/16"):
            raise administrators.Rejected("server_route_invalid", "Network address of route is invalid.")
        return kept(data)

    monkeypatch.setattr(servers, "_read_route", picky)
    text = "\n".join(f"10.{number}.0.0/16" for number in range(20))
    result = office.run("routes", "add", "office", "--yes", "--json", stdin=text)
    answer = result.json()
    assert result.status == 1 and answer["refused"] == ["10.5.0.0/16", "10.17.0.0/16"] and answer["added"] == 17
    assert len(there(office)) == 18


def test_agreement(office):
    failed(office.run("routes", "add", "office", stdin="10.0.0.0/8"), 2, "terminal", attempt="--yes")
    assert there(office) == ["10.1.0.0/16"]
    result = office.run("routes", "add", "office", "--dry-run", stdin="10.0.0.0/8")
    assert result.status == 0 and "new 10.0.0.0/8" in result.stdout and "dry-run" in result.stdout
    assert not any(each.method == "POST" for each in office.pritunl.requests)
    office.db["administrators"].update_one({}, {"$set": {"auth_api": False}})
    failed_json(office.run("routes", "add", "office", "--yes", "--json", stdin="10.0.0.0/8"), 6, kind="api-disabled")


def test_a_terminal_obeys_nothing_of_a_servers_name(office, home, monkeypatch):
    """Neither of the name nor of Pritunl's words about a network."""
    from pritunl import administrators, servers

    def picky(data):
        raise administrators.Rejected("server_route_invalid", "Invalid\x1b]0;pwn\x07\r\nroute.")

    monkeypatch.setattr(servers, "_read_route", picky)
    evil = "evil\x1b]0;pwn\x07\r\nname"
    office.db["servers"].update_one({"_id": office.server["_id"]}, {"$set": {"name": evil}})
    with open(private(home / "networks", "10.5.0.0/16\n"), encoding="ascii") as networks:
        running = office.tool.start("routes", "add", str(office.server["_id"]), tty="stdout stderr", stdin=networks,
                                    env={"TERM": "dumb"})       # no word on what is waited for, which is erased by an escape
        assert "Add 1 routes to evil?]0;pwn???name (" in running.await_text("are there already)?")
    running.type("y\n")
    result = running.wait()
    lines = result.stdout.splitlines()
    assert result.status == 1 and lines[-1] == "evil?]0;pwn???name: 0 new, 0 already there, 1 refused", result.stdout
    assert "Invalid?]0;pwn???route." in lines[-2] and not {"\x1b", "\x07"} & set(result.stdout + result.stderr)
