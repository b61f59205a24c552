# SPDX-License-Identifier: MIT
"""The stand-in's web front: NORMAL, STRICT, when it changes between them, its cookies, its TLS, and its port 80."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time

import pytest

from pritunl import StandIn, seed
from pritunl.client import Client

MISSING = (401, b"401 Missing token", "text/plain; charset=utf-8")


def seen(response):
    return response.status, response.body, response.kind


def test_strict_refuses_whatever_the_signature(serve, administrator):
    client = Client(serve("strict").url, administrator)
    for response in (client.get("/status"), client.get("/state"), client.ask("GET", "/status"), client.get("/admin")):
        assert seen(response) == MISSING
        assert "date" in response.headers
    assert client.ask("GET", "/ping").status == client.ask("GET", "/check").status == 200
    assert client.ask("GET", "/nowhere").body == b"404 page not found"
    assert client.ask("GET", "/status/").status == 301
    assert client.ask("GET", "/").headers["location"] == "/login"


def test_strict_lets_a_console_session_through(serve, administrator):
    pritunl = serve("strict", console_sessions={"A" * 80})
    client = Client(pritunl.url, administrator)
    assert client.get("/status", headers={"Cookie": "other=1; token=" + "A" * 80}).status == 200
    assert client.ask("GET", "/status", {"Cookie": "token=" + "A" * 80}).body == b"401: Unauthorized"


@pytest.mark.parametrize("front", ["normal", "strict"])
@pytest.mark.parametrize(("cookie", "words"), [
    ("not base64!", "Failed to decode token"), ("abc", "Failed to decode token"), ("", "Token length invalid"),
    ("QUJD", "Token length invalid"), ("A" * 80, "Failed to decrypt token"),
])
def test_token_cookie_is_judged_first(serve, administrator, front, cookie, words):
    client = Client(serve(front).url, administrator)
    response = client.get("/status", headers={"Cookie": f"token={cookie}"})
    assert seen(response) == (401, f"401 {words}".encode(), "text/plain; charset=utf-8")
    assert client.ask("GET", "/ping", {"Cookie": f"token={cookie}"}).status == 200


def test_another_cookie_is_no_matter(serve, administrator):
    assert Client(serve("normal").url, administrator).get("/status", headers={"Cookie": "a=b"}).status == 200


@pytest.mark.parametrize(("value", "mode"), [
    (True, "normal"), (1, "strict"), ("true", "strict"), (False, "strict"), (None, "strict"), (seed.ABSENT, "strict"),
])
def test_what_counts(serve, change, value, mode):
    change(auth_api=value)
    assert serve("auto").web_mode == mode


def test_disabled_administrators_count(serve, change):
    change(disabled=True)
    assert serve("auto").web_mode == "normal"


def test_the_api_obeys_at_once_and_the_front_when_it_recounts(serve, administrator, change):
    pritunl = serve("auto")
    client = Client(pritunl.url, administrator)
    assert client.get("/status").status == 200
    change(auth_api=None)
    assert client.get("/status").body == b"401: Unauthorized"
    assert pritunl.recount() == "strict"
    change(auth_api=True)
    assert seen(client.get("/status")) == MISSING
    assert pritunl.recount() == "normal"
    assert client.get("/status").status == 200


def test_recount_by_itself(serve, administrator, change):
    pritunl = serve("auto", settings_check_interval=0.02)
    client = Client(pritunl.url, administrator)
    change(auth_api=1)
    pritunl.wait_for(lambda: pritunl.web_mode == "strict")
    assert seen(client.get("/status")) == MISSING
    change(auth_api=True)
    pritunl.wait_for(lambda: pritunl.web_mode == "normal")
    assert client.get("/status").status == 200


def test_strict_by_an_old_count(serve, administrator, change):
    """Nobody had access at the last count, the front was open still, and turns STRICT after access was turned on again."""
    pritunl = serve("auto")
    client = Client(pritunl.url, administrator)
    change(auth_api=False)
    assert (pritunl.count(), pritunl.web_mode) == ("strict", "normal")
    change(auth_api=True)
    assert client.get("/status").status == 200
    assert pritunl.poll() == "strict"
    assert seen(client.get("/status")) == MISSING
    assert pritunl.poll() == "strict"  # for one more interval
    assert (pritunl.count(), pritunl.poll()) == ("normal", "normal")
    assert client.get("/status").status == 200


def test_interval_from_the_settings(serve, db, change):
    seed.settings(db, settings_check_interval=0)
    pritunl = serve("auto")
    change(auth_api=False)
    pritunl.wait_for(lambda: pritunl.web_mode == "strict")


@pytest.mark.parametrize("value", [False, None])
def test_without_auto_restart_it_waits_for_a_hand(serve, db, change, value):
    seed.settings(db, server_auto_restart=value)
    pritunl = serve("auto")
    change(auth_api=False)
    assert pritunl.recount() == "normal"
    assert pritunl.restart_front() == "strict"


def test_a_restart_ends_connections(serve, administrator, change):
    pritunl = serve("auto")
    client = Client(pritunl.url, administrator, kept=True)
    assert client.get("/status").status == 200
    change(auth_api=False)
    pritunl.recount()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        client.ask("GET", "/ping")
    client.close()
    assert client.ask("GET", "/ping").status == 200


def test_a_restarting_front_is_away(serve, change):
    pritunl = serve("auto", restart_away_s=30)
    change(auth_api=False)
    restarting = threading.Thread(target=pritunl.recount)
    restarting.start()

    def refused():
        try:
            return not Client(pritunl.url).ask("GET", "/ping")
        except (ConnectionError, http.client.HTTPException):
            return True
    pritunl.wait_for(refused)
    assert refused()
    pritunl.stop()
    restarting.join()


def test_a_restarted_front_comes_back(serve):
    pritunl = serve("strict", restart_away_s=0.01)
    assert pritunl.restart_front() == "strict"
    assert Client(pritunl.url).ask("GET", "/ping").status == 200


def test_hosts_of_a_cluster_switch_one_by_one(serve, administrator, change):
    change(auth_api=False)
    first, second = serve("auto", host_id="a"), serve("auto", host_id="b")
    change(auth_api=True)
    assert (first.recount(), second.web_mode) == ("normal", "strict")
    assert Client(first.url, administrator).get("/status").json["current_host"] == "a"
    assert seen(Client(second.url, administrator).get("/status")) == MISSING
    nonce = "n" * 16
    assert second.recount() == "normal"
    assert Client(first.url, administrator).get("/status", nonce=nonce).status == 200
    assert Client(second.url, administrator).get("/status", nonce=nonce).status == 401  # one database, one nonce


def test_switched_by_hand(serve, administrator):
    pritunl = serve("normal")
    client = Client(pritunl.url, administrator)
    pritunl.front = "strict"
    assert seen(client.get("/status")) == MISSING
    pritunl.front = "auto"
    assert (pritunl.front, client.get("/status").status) == ("auto", 200)
    with pytest.raises(ValueError, match="front"):
        pritunl.front = "off"


def test_not_ready(serve, administrator):
    pritunl = serve("normal", initialized=False)
    client = Client(pritunl.url, administrator)
    assert seen(client.get("/status")) == (401, b"401 Not initialized", "text/plain; charset=utf-8")
    pritunl.configure(initialized=True, api_down=True)
    for response in (client.get("/status"), client.ask("GET", "/ping")):
        assert (response.status, response.body) == (502, b"")
    with pytest.raises(TypeError, match="nonsense"):
        pritunl.configure(nonsense=1)


# ---- TLS

def leaf(pritunl):
    """The certificate that is met now, in PEM."""
    return ssl.get_server_certificate(("127.0.0.1", pritunl.port))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_versions(serve, administrator, certificate, version):
    pritunl = serve("normal", tls=certificate())
    context = ssl._create_unverified_context()
    context.minimum_version = context.maximum_version = version
    client = Client(pritunl.url, administrator, context=context, kept=True)
    assert pritunl.url.startswith("https://")
    assert [client.get("/status").status for _ in range(3)] == [200] * 3
    assert pritunl.connections == 1
    assert {record.connection for record in pritunl.requests} == {pritunl.requests[0].connection}
    client.close()


def test_plain_http_on_the_tls_port(serve, certificate):
    pritunl = serve("normal", tls=certificate())
    with socket.create_connection(("127.0.0.1", pritunl.port), timeout=10) as sock:
        sock.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: sock.recv(4096), b""))
    assert answer == b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
    assert Client(pritunl.url.replace("https", "http")).ask("GET", "/ping").status == 400


def test_swapped_certificate(serve, certificate):
    first, second = certificate(), certificate()
    pritunl = serve("normal", tls=first)
    client = Client(pritunl.url, kept=True)
    assert client.ask("GET", "/ping").status == 200
    before = leaf(pritunl)
    pritunl.set_tls(*second)
    assert client.ask("GET", "/ping").status == 200  # the old connection goes on
    assert leaf(pritunl) != before
    client.close()


def test_certificate_changes_between_two_requests(serve, certificate, administrator):
    pritunl = serve("normal", tls=certificate(), close_after=1)
    other = certificate()
    pritunl.on_answer = lambda record: pritunl.set_tls(*other) if record.path == "/ping" else None
    before = leaf(pritunl)
    client = Client(pritunl.url, administrator)
    response = client.ask("GET", "/ping")
    assert (response.status, response.closed) == (200, True)
    assert leaf(pritunl) != before
    assert client.get("/status").status == 200


def test_aborted_handshakes_are_quiet(serve, certificate, capfd):
    pritunl = serve("normal", tls=certificate())
    for piece in (b"", b"\x16\x03\x01", b"\x00garbage that is no handshake", b"SSH-2.0-x\r\n"):
        with socket.create_connection(("127.0.0.1", pritunl.port), timeout=10) as sock:
            sock.sendall(piece)
    with pytest.raises(ssl.SSLError):
        Client(pritunl.url, context=ssl.create_default_context()).ask("GET", "/ping")
    pritunl.wait_for(lambda: len(pritunl.handshake_errors) >= 2)
    assert Client(pritunl.url).ask("GET", "/ping").status == 200
    assert capfd.readouterr().err == ""


# ---- port 80, and where it listens

def test_redirecting_port(serve, db, certificate, administrator):
    pritunl = serve("normal", tls=certificate(), http_redirect_port=0)
    client = Client(pritunl.http_url, administrator)
    response = client.get("/status?a=b")
    assert (response.status, response.headers["location"]) == (301, f"https://127.0.0.1:{pritunl.http_port}/status?a=b")
    for path in ("/ping", "/check"):
        assert (client.ask("GET", path).status, client.ask("GET", path).body) == (200, b"OK")
    seed.settings(db, server_port=8443)
    pritunl.drop_settings_cache()
    broken = client.ask("GET", "/status").headers["location"]
    assert broken == f"https://127.0.0.1:{pritunl.http_port}:8443/status"
    assert pritunl.requests[-1].port == pritunl.http_port


def test_ipv6(mongodb_uri, database, db, administrator):
    with StandIn(mongodb_uri, database, host="::1") as pritunl:
        assert pritunl.url == f"http://[::1]:{pritunl.port}"
        assert Client(pritunl.url, administrator).get("/status").status == 200


def test_many_at_once(serve, administrator):
    pritunl = serve("normal")
    statuses = []

    def ask():
        client = Client(pritunl.url, administrator, kept=True)
        statuses.extend(client.get("/status").status for _ in range(5))
        client.close()
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40
    assert len(pritunl.requests) == 40
    assert pritunl.requests[0].time <= time.monotonic()
