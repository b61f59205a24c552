# SPDX-License-Identifier: MIT
"""`routes add --aws-region` without --file: AWS's published ranges from their own address, by the system's authorities alone.

The environment's https_proxy leads that address here, and SSL_CERT_FILE makes pki.ca the system's authority: both are what any
machine may have, and the program has no setting of its own for either.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct

import pytest
from expect import failed, failed_json
from harness.listening import Listening

REGION = "eu-central-1"
RANGES = json.dumps({"prefixes": [{"ip_prefix": "3.1.0.0/16", "region": REGION}, {"ip_prefix": "3.2.0.0/16", "region": "us-east-1"}],
                     "ipv6_prefixes": [{"ipv6_prefix": "2a05:d000::/40", "region": REGION}]}).encode()
LIMIT = 32 * 1024 * 1024


def answer(body=RANGES, status="200 OK", length=None) -> bytes:
    """An HTTP answer; length is what it claims to be long."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body) if length is None else length}\r\n"
    return (head + ("Location: https://elsewhere.example/\r\n" if status.startswith("30") else "") + "\r\n").encode() + body


class Amazon(Listening):
    """A proxy for CONNECT, and behind it the server itself: whoever was asked for, this certificate and these bytes come."""

    def __init__(self, certificate):
        self.context = certificate.server_context()
        self.says = answer()        # bytes, or a function of the connection
        self.refuses = b""          # in place of the tunnel
        self.heads = []
        super().__init__()
        self.url = f"http://{self.address}"

    def _talk(self, peer):
        with peer, contextlib.suppress(OSError):
            self.heads.append(head_of(peer))
            if self.refuses:
                peer.sendall(self.refuses)
                return
            peer.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with self.context.wrap_socket(peer, server_side=True) as safe:
                self.heads.append(head_of(safe))
                if callable(self.says):
                    self.says(safe)
                else:
                    safe.sendall(self.says)

    def hang(self, _connection):
        """Say nothing until the test is over."""
        self.wait(60)


def head_of(connection) -> str:
    """A request's head."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            break
        data += byte
    return data.decode()


def reset(connection):
    """Half an answer, then RST."""
    connection.sendall(answer()[:100])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def endless(connection):
    """A body without end or length."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{")
    with contextlib.suppress(OSError, ssl.SSLError):
        for _ in range(2 * LIMIT // 65536):
            connection.sendall(b" " * 65536)


@pytest.fixture
def office(site, pki):
    """A site with a server, and its way to AWS."""
    site.admin()
    site.seed.server(site.db, "office", routes=["10.1.0.0/16"])
    with contextlib.closing(Amazon(pki.amazon)) as site.amazon:
        site.tool.env |= {"https_proxy": site.amazon.url, "SSL_CERT_FILE": pki.ca.certificate_file, "SSL_CERT_DIR": "/nowhere"}
        yield site


COMMAND = ("routes", "add", "office", "--yes", "--aws-region")


def refused(office, *args, **how):
    """It fails with 5 and says where to go on, nothing was asked of Pritunl, nothing was added; the message."""
    result = office.run(*COMMAND, REGION, *args, **how)
    message = failed(result, 5, "https://ip-ranges.amazonaws.com/ip-ranges.json cannot be had: ", attempt="--file")
    assert office.signed() == [] and len(office.db["servers"].find_one()["routes"]) == 1
    assert "API" not in message and "Pritunl" not in message
    return message


def test_fetched_and_added(office):
    result = office.run(*COMMAND, REGION)
    assert (result.status, result.stderr) == (0, ""), result.stderr
    assert [each["network"] for each in office.db["servers"].find_one()["routes"]] == ["10.1.0.0/16", "3.1.0.0/16", "2a05:d000::/40"]
    connect, get = office.amazon.heads
    assert connect.startswith("CONNECT ip-ranges.amazonaws.com:443 ") and get.startswith("GET /ip-ranges.json ")
    assert "Auth-" not in connect + get
    assert office.run(*COMMAND, REGION).stdout == "office: 0 new, 2 already there, 0 refused\n"


def test_no_such_region(office):
    failed(office.run(*COMMAND, "mars-1"), 2, "mars-1")
    assert office.signed() == []


@pytest.mark.parametrize(("says", "words"), [
    (answer(b"no", "404 Not Found"), "status 404"), (answer(b"", "503 Slow Down"), "status 503"),
    (answer(b"", "302 Found"), "status 302 (https://elsewhere.example/)"), (answer(b"<html>"), "not that file"),
    (answer(b""), "not that file"), (answer(b"[]"), "not that file"), (answer(b'{"prefixes": 7}'), "not that file"),
    (answer(RANGES[:-1]), "not that file"), (answer(RANGES + b"x"), "not that file"),
    (answer(length=len(RANGES) + 1), "cut off before its end"), (reset, ""), (b"nonsense\r\n\r\n", ""),
    (answer(length=LIMIT + 1), "larger than"), (endless, "larger than")], ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_no_such_file(office, says, words):
    office.amazon.says = says
    assert words in refused(office)


def test_it_is_not_waited_for_longer_than_the_time_limit(office):
    office.amazon.says = office.amazon.hang
    assert "within 1 s" in refused(office, "--timeout", "1")
    failed_json(office.run(*COMMAND, REGION, "--timeout", "1", "--json"), 5, kind="timeout")


def test_no_way_there(office, address):
    office.amazon.refuses = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    assert "answered 407" in refused(office)
    assert "refused" in refused(office, env={"https_proxy": f"http://user:{'p' * 20}@{address('refused')}"})


@pytest.mark.parametrize("certificate", ["untrusted", "expired", "other_name", "server", "pritunl"])
@pytest.mark.parametrize("trust", [(), ("--insecure",), ("--ca-cert",), ("--pin",)], ids=lambda value: value[0] if value else "")
def test_only_the_systems_authorities_vouch(office, pki, certificate, trust):
    """What the user trusts is for Pritunl's server, not for this one."""
    met = getattr(pki, certificate)
    office.amazon.context = met.server_context()
    values = {"--ca-cert": [str(pki.other_ca.certificate_file)], "--pin": [met.pin]}
    result = office.run(*COMMAND, REGION, "--json", "-q", *trust, *(values.get(trust[0], []) if trust else []))
    failed_json(result, 5, "cannot be had", kind=("tls-untrusted", "tls-name", "tls-expired"))
    assert [head.split()[0] for head in office.amazon.heads if head] == ["CONNECT"] and office.signed() == []
