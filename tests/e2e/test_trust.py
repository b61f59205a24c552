# SPDX-License-Identifier: MIT
"""Which servers are trusted, and that nothing signed ever reaches another one. Where the API is comes from an option here, except
in the tests at the end, which let the database say it."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import threading

import pytest
from cryptography import x509
from expect import failed
from harness.listening import Listening

PAGE = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Recorder(Listening):
    """A loopback port that keeps the head of every request; respond(head) gives the answer, or a HOST:PORT to relay to."""

    def __init__(self, respond=lambda _head: PAGE):
        self.respond, self.heads = respond, []
        super().__init__()

    def _talk(self, peer):
        with peer, contextlib.suppress(OSError):
            while head := self._head(peer):
                self.heads.append(head.decode("latin-1"))
                answer = self.respond(self.heads[-1])
                if isinstance(answer, bytes):
                    peer.sendall(answer)
                    continue
                with socket.create_connection(answer) as target:
                    peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    threading.Thread(target=_pump, args=(target, peer), daemon=True).start()
                    _pump(peer, target)
                return

    def _head(self, peer):
        data = b""
        while b"\r\n\r\n" not in data:
            part = peer.recv(65536)
            if not part:
                return b""
            data += part
        return data

    def targets(self):
        """What the requests asked for."""
        return [head.split(" ")[1] for head in self.heads]


def _pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def recorder():
    with contextlib.ExitStack() as stack:
        yield lambda *args: stack.enter_context(contextlib.closing(Recorder(*args)))


@pytest.fixture
def known(database, seed, pki, tool):
    """An administrator in order; the tool is told the database, and the system's authorities are pki.ca alone."""
    tool.env = {"PRITUNL_ACCESS_MONGODB_URI": database.uri, "SSL_CERT_FILE": pki.ca.certificate_file, "SSL_CERT_DIR": "/nowhere"}
    return seed.administrator(database.db, auth_api=True)


def signed(server):
    """The signed requests that a stand-in got."""
    return [each for each in server.requests if each.signed]


def judged(tool, *args, **how):
    """verify's answer, and its status."""
    result = tool.run("verify", "--json", *args, **how)
    return result.json(), result.status


# ---- what is trusted


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_systems_authorities(tool, known, standin, pki, name):
    server = standin(tls=pki.server)
    answer, status = judged(tool, "--url", f"https://{name}:{server.port}")
    assert (answer["verdict"], answer["trust"], status) == ("accepted", "system", 0)
    assert len(signed(server)) == 1


def test_the_systems_directory(tool, known, standin, pki, tmp_path):
    subject = x509.load_pem_x509_certificate(pki.ca.certificate.encode()).subject.public_bytes()
    number = int.from_bytes(hashlib.sha1(subject[2:]).digest()[:4], "little")       # as `openssl rehash` names it
    (tmp_path / f"{number:08x}.0").write_text(pki.ca.certificate)
    server = standin(tls=pki.server)
    answer, _ = judged(tool, "--url", server.url, env={"SSL_CERT_FILE": None, "SSL_CERT_DIR": tmp_path})
    assert (answer["verdict"], answer["trust"]) == ("accepted", "system")


@pytest.mark.parametrize("trusted_by", ["database", "pin", "insecure"])
@pytest.mark.parametrize("public", [True, False])
def test_the_consumer_is_warned_of_what_only_we_trust(tool, known, standin, pki, seed, database, trusted_by, public):
    """Whatever we trust it for: where the system's authorities vouch for it too, there is nothing to warn of."""
    server = standin(tls=pki.server)
    if trusted_by == "database":
        seed.settings(database.db, server_cert=pki.server.certificate)
    how = {"database": (), "pin": ("--pin", pki.server.pin), "insecure": ("--insecure",)}[trusted_by]
    system = {} if public else {"SSL_CERT_FILE": pki.other_ca.certificate_file}
    result = tool.run("export", "--url", server.url, *how, env=system, reveals=True)
    assert result.status == 0, result.stderr
    assert ("vouched for by no authority of this system" in result.stderr) == (not public)
    result = tool.run("verify", "--url", server.url, *how, "--json", env=system)
    assert result.json()["trust"] == trusted_by


@pytest.mark.parametrize("shown", ["pritunl", "pritunl_expired", "expired", "other_name", "untrusted"])
def test_exactly_the_certificate_of_the_database_is_trusted_whatever_else(tool, known, standin, pki, seed, database, shown):
    certificate = getattr(pki, shown)
    server = standin(tls=certificate)
    seed.settings(database.db, server_cert=certificate.certificate + pki.other_ca.certificate)
    answer, status = judged(tool, "--url", server.url)
    assert (answer["verdict"], answer["trust"], status) == ("accepted", "database", 0)


def test_authorities_of_ones_own(tool, known, standin, pki):
    server = standin(tls=pki.untrusted)
    answer, _ = judged(tool, "--url", server.url, "--ca-cert", pki.other_ca.certificate_file)
    assert (answer["verdict"], answer["trust"]) == ("accepted", "ca-cert")


def test_a_pin(tool, known, standin, pki):
    server = standin(tls=pki.pritunl_other)
    answer, _ = judged(tool, "--url", server.url, "--pin", pki.pritunl_other.pin)
    assert (answer["verdict"], answer["trust"]) == ("accepted", "pin")


def test_no_trust_is_asked_for_by_name_and_warned_about(tool, known, standin, pki):
    server = standin(tls=pki.untrusted)
    answer, _ = judged(tool, "--url", server.url, "--insecure")
    assert (answer["verdict"], answer["trust"]) == ("accepted", "insecure")
    result = tool.run("verify", "--url", server.url, env={"PRITUNL_ACCESS_INSECURE": "true"})
    assert result.status == 0 and "PRITUNL_ACCESS_INSECURE" in result.stderr and "no certificate is checked" in result.stderr


def test_loopback_without_tls(tool, known, standin):
    server = standin()
    answer, status = judged(tool, "--url", server.url)
    assert (answer["verdict"], answer["trust"], status) == ("accepted", "none", 0)


def test_ipv6(tool, known, standin, pki, seed, database):
    try:
        server = standin(tls=pki.pritunl, host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    seed.settings(database.db, server_cert=pki.pritunl.certificate)
    answer, status = judged(tool, "--url", server.url)
    assert (answer["verdict"], answer["trust"], answer["url"], status) == ("accepted", "database", f"https://[::1]:{server.port}", 0)


# ---- what is not


@pytest.mark.parametrize("shown, listed, options, cause", [
    ("untrusted", None, (), "tls-untrusted"),
    ("pritunl", None, (), "tls-untrusted"),
    ("pritunl_other", "pritunl", (), "tls-untrusted"),
    ("other_name", None, (), "tls-name"),
    ("other_name", "pritunl", (), "tls-name"),
    ("expired", None, (), "tls-expired"),
    ("future", None, (), "tls-expired"),
    ("pritunl_expired", "pritunl", (), "tls-untrusted"),
    ("server", None, ("--ca-cert", "other_ca"), "tls-untrusted"),       # instead of the system's, not beside them
    ("pritunl", "pritunl", ("--ca-cert", "ca"), "tls-untrusted"),
    ("other_name", None, ("--ca-cert", "ca"), "tls-name"),
    ("expired", None, ("--ca-cert", "ca"), "tls-expired"),
    ("server", None, ("--pin", "pritunl"), "tls-untrusted"),
    ("pritunl", "pritunl", ("--pin", "pritunl_other"), "tls-untrusted"),
])
@pytest.mark.parametrize("found", [False, True], ids=["given", "found"])
def test_an_untrusted_server_gets_nothing_signed(tool, known, standin, pki, seed, database, shown, listed, options, cause, found):
    server = standin(tls=getattr(pki, shown))
    seed.settings(database.db, server_port=server.port, server_cert=listed and getattr(pki, listed).certificate)
    seed.host(database.db, "a" * 32, public_address="localhost", hostname=None)
    values = {"--ca-cert": lambda name: getattr(pki, name).certificate_file, "--pin": lambda name: getattr(pki, name).pin}
    args = [values[options[0]](each) if number else each for number, each in enumerate(options)]
    args += [] if found else ["--url", f"https://localhost:{server.port}"]
    answer, status = judged(tool, *args)
    assert (answer["verdict"], answer["cause"], answer["trust"], status) == ("unknown", cause, None, 5)
    assert not signed(server) and {each.path for each in server.requests} <= {"/ping"}
    result = tool.run("export", "--json", *args)
    assert result.status == 5 and result.json()["error"]["kind"] == cause and not signed(server)


def test_a_certificate_that_names_no_host_is_to_be_pinned(tool, known, standin, pki):
    """Pritunl's own, as the authority: no URL can be the name in it, and what is proposed in place of that is accepted."""
    server = standin(tls=pki.pritunl)
    where = ("verify", "--url", f"https://localhost:{server.port}")
    result = tool.run(*where, "--ca-cert", pki.pritunl.certificate_file)
    attempt = result.stderr.splitlines()[-1]
    assert result.status == 5 and attempt == f"try: pritunl-access verify --pin {pki.pritunl.pin}, in place of --ca-cert", result.stderr
    assert not signed(server)
    assert tool.run(*where, "--pin", attempt.split("--pin ")[1].split(",")[0]).status == 0


def test_two_kinds_of_trust_contradict_each_other(tool, known, standin, pki):
    server = standin(tls=pki.server)
    pairs = [("--pin", pki.server.pin), ("--ca-cert", pki.ca.certificate_file), ("--insecure",)]
    for one, two in ((0, 1), (0, 2), (1, 2)):
        result = tool.run("verify", "--url", server.url, *pairs[one], *pairs[two])
        assert result.status == 2 and "pritunl-access: " in result.stderr
    assert not server.requests


@pytest.mark.parametrize("silently", [False, True])
@pytest.mark.parametrize("first, then", [("pritunl", "pritunl_other"), ("pritunl", "server"), ("server", "pritunl"),
                                         ("server", "other_name"), ("server", "untrusted")])
def test_a_server_that_changes_its_certificate_in_the_middle(tool, known, standin, pki, seed, database, first, then, silently):
    def change(record):
        if record.path == "/ping":
            server.set_tls(str(other.certificate_file), str(other.key_file))

    other = getattr(pki, then)
    server = standin(tls=getattr(pki, first), close_after=1, close_silently=silently, on_answer=change)
    seed.settings(database.db, server_cert=pki.pritunl.certificate)
    answer, status = judged(tool, "--url", server.url)
    assert (answer["verdict"], answer["cause"], status) == ("unknown", "tls-untrusted", 5)
    assert [each.path for each in server.requests] == ["/ping"] and server.connections == 2


# ---- what goes along with a request, and where it does not go


@pytest.mark.parametrize("only_signed", [False, True])
def test_no_redirect_is_followed(tool, known, standin, only_signed):
    elsewhere = standin()
    server = standin(redirect_to=elsewhere.url, faults_on=(lambda request: request.signed) if only_signed else None)
    answer, given = judged(tool, "--url", server.url)
    assert (answer["verdict"], answer["cause"], given) == ("unknown", "redirected", 5)
    assert not elsewhere.requests and elsewhere.connections == 0


def test_no_cookie_netrc_or_referer_is_sent(tool, known, home, recorder):
    def respond(head):
        ping = head.startswith("GET /ping ")
        status, body = ("200 OK", "OK") if ping else ("401 Unauthorized", "401: Unauthorized")
        return (f"HTTP/1.1 {status}\r\nSet-Cookie: token=cookie; Path=/\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()

    for name, text in ((".netrc", "machine 127.0.0.1 login netrc password netrc-password\n"), (".curlrc", "referer=\"curlrc\"\n")):
        (home / name).touch(mode=0o600)
        (home / name).write_text(text)
    server = recorder(respond)
    answer, status = judged(tool, "--url", f"http://127.0.0.1:{server.port}")
    assert answer["verdict"] == "refused" and status == 1
    assert len(server.heads) >= 3 and any("Auth-Token" in head for head in server.heads)
    for head in server.heads:
        names = {line.partition(":")[0].lower() for line in head.splitlines()[1:] if line}
        assert not names & {"cookie", "authorization", "referer", "proxy-authorization"} and "netrc" not in head


@pytest.mark.parametrize("tls", [True, False])
def test_a_proxy_of_the_environment_is_used_and_named(tool, known, standin, pki, recorder, tls):
    server = standin(tls=pki.other_name if tls else None)
    proxy = recorder(lambda head: ("127.0.0.1", server.port) if head.startswith("CONNECT") else PAGE)
    env = {"https_proxy" if tls else "http_proxy": f"http://user:proxy-password@127.0.0.1:{proxy.port}"}
    url = ("https" if tls else "http") + f"://vpn.example.com:{server.port}"
    result = tool.run("verify", "-v", "--url", url, env=env)
    assert proxy.heads and f"127.0.0.1:{proxy.port}" in result.stderr and "proxy-password" not in result.stderr
    assert result.status == (0 if tls else 5)
    assert all("Auth-" not in head for head in proxy.heads) and len(signed(server)) == (1 if tls else 0)
    count = len(proxy.heads)
    direct = tool.run("verify", "-v", "--url", url.replace("example.com", "invalid"), env=env | {"no_proxy": "invalid"})
    assert direct.status == 5 and len(proxy.heads) == count and str(proxy.port) not in direct.stderr


def test_a_proxy_that_let_us_through_is_not_to_blame(tool, known, standin, pki, recorder):
    """Whoever is silent is behind it."""
    server = standin(tls=pki.other_name)
    server.configure(hang=True)
    proxy = recorder(lambda _head: ("127.0.0.1", server.port))
    result = tool.run("verify", "--url", f"https://vpn.example.com:{server.port}", "--timeout", 1,
                      env={"https_proxy": f"http://127.0.0.1:{proxy.port}"})
    failed(result, 5, "no answer within 1 s", attempt="firewall")
    assert "no_proxy" not in result.stderr and proxy.heads


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "vpn.localhost"])
def test_nothing_for_this_machine_goes_through_a_proxy(tool, known, standin, seed, database, recorder, host):
    """Neither where the URL is given nor where the database says it: a signed request in plain http would leave the machine."""
    server, proxy = standin(), recorder()
    env = {"http_proxy": f"http://127.0.0.1:{proxy.port}", "all_proxy": f"http://127.0.0.1:{proxy.port}"}
    answer, status = judged(tool, "--url", f"http://{host}:{server.port}", env=env)
    assert (answer["verdict"], status) == ("accepted", 0)
    seed.settings(database.db, server_ssl=False, server_port=server.port)
    seed.host(database.db, "a" * 32, local_address=host, hostname=None)
    answer, status = judged(tool, env=env)
    assert (answer["url"], answer["verdict"], status) == (f"http://{host}:{server.port}", "accepted", 0)
    assert not proxy.heads and len(signed(server)) >= 2


@pytest.mark.parametrize("tail", ["?token={}", "/#{}", "/x?{}", " ?token={}"])
def test_a_url_that_cannot_be_used_is_not_repeated(tool, known, canaries, tail):
    hidden = canaries.register("t" + hashlib.sha256(tail.encode()).hexdigest())
    for how in ({"args": ("--url", "https://vpn.example.com" + tail.format(hidden))},
                {"env": {"PRITUNL_ACCESS_URL": "https://vpn.example.com" + tail.format(hidden)}}):
        result = tool.run("verify", *how.get("args", ()), env=how.get("env"))
        assert result.status == 2 and "cannot be used" in result.stderr and "vpn" not in result.stderr


# ---- a URL that the database names


def test_a_found_url_must_be_https(tool, known, seed, database, recorder):
    proxy = recorder()
    seed.settings(database.db, server_ssl=False, server_port=8080)
    seed.host(database.db, "a" * 32, public_address="198.51.100.7", hostname="vpn.example.com")
    result = tool.run("export", env={"all_proxy": f"http://127.0.0.1:{proxy.port}"})
    assert result.status == 2 and "--url" in result.stderr and result.stdout == ""
    assert not proxy.heads


def test_a_found_loopback_url_may_be_plain(tool, known, seed, database, standin):
    server = standin()
    seed.settings(database.db, server_ssl=False, server_port=server.port)
    seed.host(database.db, "a" * 32, public_address="198.51.100.7", local_address="127.0.0.1", hostname=None)
    answer, status = judged(tool)
    assert (answer["url"], answer["verdict"], answer["trust"], status) == (server.url, "accepted", "none", 0)


HOSTILE = ["user@evil.example", "user:pw@evil.example", "evil.example/path", "evil.example?q=", "evil.example#x", "evil.example:81",
           "evil example", "evil.example\r\nHost: other", "evil.example\n", "\tevil.example", "http://evil.example", "//evil.example",
           "-oProxyCommand=x", "[::1]@evil.example", "evil.example\\good.example", "%65vil.example", "evil\u3002example", "${HOME}",
           "evil.example\u0000.good.example", "x" * 300, "", " ", "..", "evil%00.example", ["evil.example"], {"a": 1}, 7, None, True]


@pytest.mark.parametrize("way", ["refused", "no proxy"])
def test_a_proxy_that_is_not_there_is_what_is_to_be_looked_at(tool, known, address, way):
    """Not Pritunl, of which nothing was heard."""
    proxy = f"http://{address('refused')}" if way == "refused" else "nonsense://x:1"
    result = tool.run("verify", "--url", "https://vpn.example.com", env={"HTTPS_PROXY": proxy})
    failed(result, 5, "HTTPS_PROXY", attempt="check HTTPS_PROXY, or add vpn.example.com to no_proxy")


@pytest.mark.parametrize("options", [(), ("--every-host",)])
def test_hostile_addresses_lead_nowhere(tool, known, seed, database, recorder, options):
    proxy = recorder()
    seed.settings(database.db, server_port=4443, acme_domain="acme@evil.example")
    for number, address in enumerate(HOSTILE):
        seed.host(database.db, f"{number:032x}", hostname=None, public_address=address, auto_public_host=address)
    seed.host(database.db, "f" * 32, hostname="good.example.net", public_address="2001:db8::7")
    result = tool.run("verify", *options, env={"all_proxy": f"http://127.0.0.1:{proxy.port}"})
    assert result.status == 5, result.stderr
    assert set(proxy.targets()) == {"good.example.net:4443", "[2001:db8::7]:4443"}
    assert "\r" not in result.stdout + result.stderr and "\t" not in result.stdout


@pytest.mark.parametrize("hosts, options", [(5000, ()), (900, ("--every-host",))])
def test_no_more_than_a_thousand_addresses_are_taken(tool, known, database, recorder, hosts, options):
    proxy = recorder()
    database.db.hosts.insert_many([{"_id": f"{number:032x}", "status": "online", "name": f"h{number}", "hostname": f"h{number}.example",
                                    "public_address": f"10.1.{number // 200}.{number % 200 + 1}"} for number in range(hosts)])
    result = tool.run("verify", "--json", *options, env={"all_proxy": f"http://127.0.0.1:{proxy.port}"})
    assert result.status == 5 and 1 <= len(set(proxy.targets())) <= 1000
