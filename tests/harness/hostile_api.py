# SPDX-License-Identifier: MIT
"""An API that answers what no Pritunl does: bytes of its own choice, to the unsigned question, the signed one, or both.

    with HostileApi(ping=fine, signed=silent) as server:
        …server.url…

What it does is a function (request, peer, server): request is the head as it came; the connection ends when it returns.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import socket
import struct

from harness.listening import Listening

HEAD_MAX = 1 << 16
FLOOD = 400 * 1024 * 1024       # more than anybody takes


class HostileApi(Listening):
    """One such server on a loopback port, in the clear, from construction to close()."""

    def __init__(self, ping=None, signed=None):
        self.acts = {True: signed or fine, False: ping or fine}
        self.seen: list[str] = []
        super().__init__()
        self.url = f"http://{self.address}"

    def _talk(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            peer.settimeout(60)
            while not self._stop.is_set():
                head = b""
                while b"\r\n\r\n" not in head and len(head) < HEAD_MAX:
                    part = peer.recv(4096)
                    if not part:
                        return
                    head += part
                self.seen.append(head.split(b"\r\n", 1)[0].decode("latin-1"))
                if self.acts[b"auth-signature" in head.lower()](head, peer, self) is not True:
                    return


# ---- what may be done


def answer(body=b"OK", status=b"200 OK", headers=b"", length=None) -> bytes:
    """A whole answer; length is what it claims."""
    claimed = len(body) if length is None else length
    return b"HTTP/1.1 " + status + b"\r\nContent-Length: " + str(claimed).encode() + b"\r\n" + headers + b"\r\n" + body


def fine(head, peer, _server):
    """What a server says; the connection stays."""
    peer.sendall(answer(b"OK" if b" /ping" in head else b"{}"))
    return True


def says(data: bytes):
    """These bytes."""
    return lambda _head, peer, _server: peer.sendall(data)


def bomb(plain, more=b""):
    """What plain() gives, two hundred megabytes, compressed: when it is first asked for, since every worker would spend a second."""
    @functools.cache
    def made() -> bytes:
        return answer(gzip.compress(plain(), 1), headers=b"Content-Encoding: gzip\r\n" + more)
    return lambda _head, peer, _server: peer.sendall(made())


def for_ever(begin: bytes, again: bytes):
    """Some bytes, and then others until nobody takes them any more."""
    def act(_head, peer, server):
        peer.sendall(begin)
        block = again * max(1, 65536 // len(again))
        for _ in range(FLOOD // len(block)):
            if server.wait(0):
                return
            peer.sendall(block)
    return act


def drips(data: bytes, seconds=0.1):
    """These bytes, one by one."""
    def act(_head, peer, server):
        for byte in data:
            peer.sendall(bytes([byte]))
            if server.wait(seconds):
                return
    return act


def silent(_head, _peer, server):
    """Nothing, for as long as anybody waits."""
    server.wait(60)


def stays(data: bytes):
    """These bytes, and then nothing."""
    def act(_head, peer, server):
        peer.sendall(data)
        server.wait(60)
    return act


def resets(_head, peer, _server):
    """A reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


ESCAPES = b"\x1b[2J\x1b]0;x\x07\xe2\x80\xaeoops\xe2\x80\x8b\xe2\x81\xa0\xef\xbb\xbf\xc2\xad\xff\x9b31m"
JSON = b"Content-Type: application/json\r\n"
BEHAVIOURS = {
    "silent": silent, "closed": lambda *_: None, "reset": resets, "garbage": says(b"\xff" * 500), "zeros": says(b"\0" * 500),
    "an old answer": says(b"OK"), "half a line": stays(b"HTTP/1.1 2"), "a line": stays(b"HTTP/1.1 200 OK\r\n"),
    "dripped": drips(answer()), "a dripped body": drips(answer(b"x" * 1000), 0.2), "headers for ever": for_ever(b"HTTP/1.1 200 OK\r\n",
                                                                                                  b"X-A: b\r\n"),
    "a header for ever": for_ever(b"HTTP/1.1 200 OK\r\nX-A: ", b"x"), "1xx for ever": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "early hints for ever": for_ever(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    "a body for ever": for_ever(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), "chunks for ever": for_ever(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\nabcd\r\n"),
    "a list for ever": for_ever(b"HTTP/1.1 200 OK\r\n" + JSON + b"\r\n[{}", b', {"id": "x", "name": "y"}'),
    "a list of nothing for ever": for_ever(b"HTTP/1.1 200 OK\r\n" + JSON + b"\r\n[[]", b", []"),
    "blanks for ever": for_ever(b"HTTP/1.1 200 OK\r\n" + JSON + b"\r\n[", b" "),
    "an element for ever": for_ever(b"HTTP/1.1 200 OK\r\n" + JSON + b"\r\n[{\"id\": [0", b", [0]"),
    "a compressed list": bomb(lambda: b"[{}" + b', {"id": "x", "name": "y"}' * 8_000_000 + b"]", JSON),
    "a chunk's extension for ever": for_ever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;", b"x"),
    "trailers for ever": for_ever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: b\r\n"),
    "a chunk of -1": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabcd\r\n"),
    "a chunk of all": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabcd\r\n"),
    "a length too long": stays(answer(b"OK", length=1000)), "a length too short": says(answer(b"OK and more", length=2)),
    "a length of -1": says(answer(length=-1)), "a length of 2**70": says(answer(length=2**70)), "two lengths": says(answer(
        headers=b"Content-Length: 50\r\n")), "a switch": says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n\0\0\0"),
    "status 0": says(answer(status=b"000 x")), "status 999": says(answer(status=b"999 x")), "no status": says(b"HTTP/1.1\r\n\r\n"),
    "status 204": says(answer(b"", b"204 No Content")), "status 304": says(answer(b"", b"304 Not Modified")),
    "version 9": says(b"HTTP/9.9 200 OK\r\n\r\nOK"), "a frame of h2": says(b"\0\0\x12\4\0\0\0\0\0"),
    "escapes": says(answer(ESCAPES, b"401 " + ESCAPES, b"Server: " + ESCAPES + b"\r\n")),
    "a NUL in a header": says(answer(headers=b"X-A: b\0c\r\n")), "a folded header": says(answer(headers=b"X-A: b\r\n c\r\n")),
    "redirected to escapes": says(answer(b"", b"302 Found", b"Location: http://x/" + ESCAPES + b"\r\n")),
    "redirected to a file": says(answer(b"", b"302 Found", b"Location: file:///etc/passwd\r\n")),
    "redirected to itself": says(answer(b"", b"301 Moved Permanently", b"Location: /status\r\n")),
    "a date of nonsense": says(answer(headers=b"Date: " + b"9" * 200 + b"\r\n")),
    "a date far away": says(answer(headers=b"Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n")),
    "cookies": says(answer(headers=b"Set-Cookie: token=x; Path=/\r\n" * 200)),
    "compressed": bomb(lambda: b"0" * 200_000_000),
    "deep": says(answer(b"[" * 1_000_000, headers=JSON)), "deep maps": says(answer(b'{"a":' * 200_000, headers=JSON)),
    "a number of a megabyte": says(answer(b"1" * 1_000_000, headers=JSON)), "numbers beyond": says(answer(b'{"a": 1e999999}', headers=JSON)),
    "a text of 2 MB": says(answer(b'{"a": "' + b"x" * 2_000_000 + b'"}', headers=JSON)),
    "keys twice": says(answer(b'{"a": 1, "a": 2}', headers=JSON)), "no UTF-8": says(answer(b'{"a": "\xff\xfe"}', headers=JSON)),
    "half a surrogate": says(answer(b'{"a": "\\ud800"}', headers=JSON)), "a NUL in text": says(answer(b'{"a": "\\u0000"}', headers=JSON)),
    "a list": says(answer(b"[1, 2, 3]", headers=JSON)), "text": says(answer(b'"x"', headers=JSON)), "null": says(answer(b"null", headers=JSON)),
    "numbers where text is due": says(answer(b'{"org_count": "x", "server_version": 5, "current_host": [], "host_count": {}}', headers=JSON)),
    "lists of nonsense": says(answer(b'[{"id": 5, "name": null, "users": 7}, 3, null, [], {"id": "x"}]', headers=JSON)),
    "a page": says(answer(b"<html><body>" + ESCAPES, headers=b"Content-Type: text/html\r\n")),
    "401 of nothing": says(answer(b"", b"401 Unauthorized")), "429": says(answer(b"slow down", b"429 Too Many Requests")),
    "500": says(answer(ESCAPES, b"500 Internal Server Error")), "502": says(answer(b"", b"502 Bad Gateway")),
}
