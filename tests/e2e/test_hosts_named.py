# SPDX-License-Identifier: MIT
"""Where the API is by hosts of all kinds: IPv6 alone, international names, plain http behind a proxy; and nobody behind a TLS URI."""

from __future__ import annotations

import pytest
from expect import failed, private

NAMES = ["public_address6", "auto_public_address6", "auto_public_host6", "local_address6", "auto_local_address6"]
HOST = "a" * 32


def value(name):
    """What Pritunl would have there."""
    return "ip6.example.com" if "host" in name else "2001:db8::" + str(NAMES.index(name) + 1)


@pytest.fixture
def hosts(site):
    """A cluster of one host, whose address nobody has given; hosts(…) gives some."""
    site.tool.env.pop("PRITUNL_ACCESS_URL")
    site.admin()

    def give(refuses=None, wire=None, **fields):
        site.db.hosts.delete_many({})
        site.seed.host(site.db, HOST, hostname=None, **fields)
        return site.run("show", "--json", env={"PRITUNL_ACCESS_MONGODB_URI": wire.uri(site.database.name)} if wire else {})
    site.seed.settings(site.db, server_port=8443)
    return give


def no_url(site):
    """Why there is no URL."""
    result = site.run("show", "--field", "url", "--json")
    assert result.status == 2, result.stdout
    return result.json()["error"]["message"]


@pytest.mark.parametrize("name", NAMES)
def test_a_host_with_ipv6_alone(hosts, name):
    answer = hosts(**{name: value(name)}).json()
    where = value(name)
    assert answer["url"] == (f"https://{where}:8443" if "." in where else f"https://[{where}]:8443")
    assert name in answer["url_from"]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_of_a_server_that_knows_less(hosts, wire, name):
    proxy = wire()
    proxy.on("aggregate", times=None, answer={"ok": 0.0, "code": 59, "errmsg": "no such command"})
    assert hosts(wire=proxy, **{name: value(name)}).json()["url_from"].startswith(f"database: {name}")


def test_what_comes_first(hosts, site):
    """The public ones before the local ones, and the older before the newer protocol."""
    everything = {"public_address": "192.0.2.1", "auto_public_host": "four.example.com", "auto_public_address": "192.0.2.2",
                  "public_address6": "2001:db8::1", "auto_public_host6": "ip6.example.com", "auto_public_address6": "2001:db8::2",
                  "local_address": "10.0.0.1", "auto_local_address": "10.0.0.2", "local_address6": "fd00::1", "auto_local_address6": "fd00::2"}
    for name in list(everything):
        assert hosts(**everything).json()["url_from"].startswith(f"database: {name} "), name
        del everything[name]


@pytest.mark.parametrize("address", ["fe80::1%eth0", "not an address", "[2001:db8::1]", "2001:db8::1/64", "::ffff:999.1.1.1", ""])
def test_what_is_no_address(hosts, site, address):
    assert hosts(public_address6=address).json()["url"] is None
    assert "names no address" in no_url(site)




@pytest.mark.parametrize("fields", [{"public_address": "192.0.2.1"}, {"local_address6": "2001:db8::1"}, {"auto_public_host": "a.example.com"}])
def test_plain_hosts_behind_a_proxy(hosts, site, fields):
    site.db.settings.update_one({"_id": "app"}, {"$set": {"server_ssl": False, "server_port": 80, "reverse_proxy": True}})
    hosts(**fields)
    assert "plain http (server_ssl is off)" in no_url(site) and "proxy" in no_url(site)
    every = site.run("verify", "--every-host", "--json")
    assert "plain http" in every.stdout + every.stderr


def test_no_address_at_all_is_no_plain_host(hosts, site):
    site.db.settings.update_one({"_id": "app"}, {"$set": {"server_ssl": False}})
    hosts()
    assert "names no address" in no_url(site)


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX", "xx_YY"])
@pytest.mark.parametrize("name, ascii_name", [("bücher.example", "xn--bcher-kva.example"), ("例え.jp", "xn--r8jz45g.jp"), ("BÜCHER.example", None)])
def test_an_international_name(tool, locale, name, ascii_name):
    result = tool.run("show", "-s", "env", "--field", "url", "-u", f"https://{name}:8443", env={
        "LC_ALL": locale, "PRITUNL_TOKEN": "t" * 32, "PRITUNL_SECRET": "s" * 32})
    if result.status != 0:
        failed(result, 2, "xn--")        # a libcurl without them
        return
    assert result.stdout == f"https://{ascii_name or 'xn--bcher-kva.example'}:8443\n"


@pytest.mark.parametrize("url, word", [(b"https://b\xfccher.example", "UTF-8"), ("https://a.example/ü".encode(), "malformed"),
                                       ("https://a\u2028b.example".encode(), "xn--"), ("https://fd00::1:8443", "in brackets"), ("https://::1/x", "in brackets"),
                                       ("https://[fd00::1", "malformed"), ("https://host:1:2", "malformed")])
def test_what_cannot_be_such_a_name(tool, url, word):
    result = tool.run("show", "-s", "env", "--field", "url", "-u", url, env={"PRITUNL_TOKEN": "t" * 32, "PRITUNL_SECRET": "s" * 32})
    failed(result, 2, word)


@pytest.mark.parametrize("options", ["", "?tls=true", "?ssl=true&retryWrites=false", "?tls=true&replicaSet=r&serverSelectionTimeoutMS=300",
                                     "?tls=true&tlsInsecure=true"])
def test_nobody_listens(tool, home, address, options):
    uri = private(home / "uri", f"mongodb://{address('refused')}/pritunl{options}")
    failed(tool.run("list", "--connect-timeout", "2", "--mongodb-uri-file", uri), 3, "refused")


def test_somebody_who_speaks_no_tls_is_no_nobody(tool, home, address):
    where = address("answering", b"HTTP/1.1 400 Bad Request\r\n\r\n")
    uri = private(home / "uri", f"mongodb://{where}/pritunl?tls=true")
    message = failed(tool.run("list", "--connect-timeout", "2", "--mongodb-uri-file", uri), 3, "cannot reach")
    assert "connection refused" not in message
