# SPDX-License-Identifier: MIT
"""The stand-in's faults, each of them once, and that only the requests they are meant for are struck."""

from __future__ import annotations

import http.client
import socket
import time

import pytest

from pritunl.client import Client

GONE = (ConnectionError, http.client.HTTPException)


@pytest.fixture
def pritunl(serve):
    return serve("normal")


def test_a_filter(pritunl, client):
    pritunl.configure(odd_status=418, faults_on=lambda request: request.signed)
    assert (client.ask("GET", "/ping").status, client.get("/status").status) == (200, 418)
    pritunl.odd_status = 0
    assert client.get("/status").status == 200


def test_delay(pritunl, client):
    pritunl.answer_delay_s = 0.1
    started = time.monotonic()
    assert client.ask("GET", "/ping").status == 200
    assert time.monotonic() - started >= 0.1


def test_hang(pritunl):
    pritunl.hang = True
    with socket.create_connection(("127.0.0.1", pritunl.port), timeout=10) as sock:
        sock.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        pritunl.wait_for(lambda: pritunl.requests)
        assert pritunl.requests[0].status is None
        sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.settimeout(10)
        pritunl.hang = False
        assert sock.recv(1) == b""
    assert pritunl.requests[0].status is None


def test_hanging_handshake(serve, certificate):
    pritunl = serve("normal", tls=certificate(), hang_handshake=True)
    with socket.create_connection(("127.0.0.1", pritunl.port), timeout=10) as sock:
        pritunl.wait_for(lambda: pritunl.connections == 1)
        pritunl.hang_handshake = False
        assert sock.recv(1) == b""
    assert Client(pritunl.url).ask("GET", "/ping").status == 200


@pytest.mark.parametrize(("after", "nonces"), [(False, 0), (True, 1)])
def test_cut(pritunl, client, db, after, nonces):
    pritunl.configure(cut_every=2, cut_after=after)
    assert client.ask("GET", "/ping").status == 200
    with pytest.raises(GONE):
        client.get("/status")
    assert db["auth_nonces"].count_documents({}) == nonces
    assert client.ask("GET", "/ping").status == 200


def test_bad_gateway(pritunl, client):
    pritunl.bad_gateway_every = 3
    assert [client.ask("GET", "/ping").status for _ in range(6)] == [200, 200, 502, 200, 200, 502]


@pytest.mark.parametrize("silently", [False, True])
def test_close_after(pritunl, silently):
    pritunl.configure(close_after=2, close_silently=silently)
    client = Client(pritunl.url, kept=True)
    assert [client.ask("GET", "/ping").closed for _ in range(2)] == [False, not silently]
    if silently:
        with pytest.raises(GONE):
            client.ask("GET", "/ping")
    client.close()
    assert client.ask("GET", "/ping").status == 200
    client.close()


def test_redirect(pritunl, client, db):
    pritunl.configure(redirect_to="https://other.example/", redirect_status=307)
    response = client.get("/status?a=b")
    assert (response.status, response.headers["location"]) == (307, "https://other.example/status?a=b")
    assert db["auth_nonces"].count_documents({}) == 0


def test_captive_page(pritunl, client):
    pritunl.captive_page = True
    response = client.ask("GET", "/ping")
    assert (response.status, response.kind) == (200, "text/html; charset=utf-8")
    assert b"<html>" in response.body
    pritunl.configure(captive_page="<p>mine</p>", captive_status=511)
    response = client.get("/status")
    assert (response.status, response.body) == (511, b"<p>mine</p>")


def test_foreign_json(pritunl, client):
    pritunl.foreign_json = True
    response = client.get("/status")
    assert (response.status, response.kind, "server_version" in response.json) == (200, "application/json", False)
    pritunl.foreign_json = "[1]"
    assert client.get("/status").json == [1]


@pytest.mark.parametrize("what", [True, ("Auth-Signature",)])
def test_stripped_headers(pritunl, client, what):
    pritunl.strip_auth = what
    assert client.get("/status").body == b"401: Unauthorized"
    assert pritunl.requests[-1].reason is None
    assert pritunl.requests[-1].signed  # as it left the client


def test_a_base_path_taken_off(pritunl, client):
    pritunl.path_removed = "/vpn"
    assert client.get("/vpn/status", path="/status").status == 200
    assert client.get("/vpn/status").body == b"401: Unauthorized"
    response = client.get("/status")
    assert (response.status, response.kind) == (404, "text/html; charset=utf-8")


def test_a_rewritten_path(pritunl, client):
    pritunl.path_added = "/vpn"
    assert client.get("/status").body == b"404 page not found"
    pritunl.configure(path_added="", rewrite=lambda path: "/status" if path == "/state" else path)
    assert client.get("/state").body == b"401: Unauthorized"
    assert pritunl.requests[-1].reason == "Auth signature mismatch"
    assert client.get("/status").status == 200


def test_replayed_requests(pritunl, client, db):
    pritunl.replay = True
    assert client.get("/status").status == 401
    assert pritunl.requests[-1].reason == "Duplicate nonce from reconnection"
    assert db["auth_nonces"].count_documents({}) == 1
    assert client.ask("GET", "/ping").status == 200


def test_what_is_recorded(pritunl, client):
    client.signed("PUT", "/settings?a=b", headers={"X-Twice": "1"}, body={"theme": "light"})
    record = pritunl.requests[-1]
    assert (record.method, record.path, record.status, record.signed) == ("PUT", "/settings?a=b", 200, True)
    assert (record.body_length, record.body) == (18, b'{"theme": "light"}')
    assert record.headers["x-twice"] == "1"
    assert "cookie" not in record.headers


def raw(pritunl, data):
    """All that is answered to these bytes."""
    with socket.create_connection(("127.0.0.1", pritunl.port), timeout=10) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(65536), b""))


def test_chunked_body_and_expectation(pritunl, client):
    auth = client.auth("PUT", "/settings")
    head = "PUT /settings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in auth.items())
    answer = raw(pritunl, f"{head}Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "9;x=y\r\n{\"theme\":\r\n7\r\n\"light\"\r\n1\r\n}\r\n0\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert pritunl.requests[-1].body == b'{"theme":"light"}'


@pytest.mark.parametrize("data", [
    b"nonsense\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
])
def test_malformed_requests(pritunl, data):
    assert raw(pritunl, data).startswith(b"HTTP/1.1 400 ")
    assert pritunl.requests == []


def test_two_requests_in_one_packet(pritunl):
    answer = raw(pritunl, b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
    assert answer.count(b"HTTP/1.1 200 OK") == 2


def test_head(serve, administrator):
    client = Client(serve("off").url, administrator)
    response = client.signed("HEAD", "/status")
    assert (response.status, response.body, int(response.headers["content-length"]) > 0) == (200, b"", True)
