# SPDX-License-Identifier: MIT
"""HTTP/1.1 requests and answers as values, and how they are read from and written to a socket."""

from __future__ import annotations

import email.utils
import json
import socket
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import unquote_to_bytes

HEAD_MAX = 500_000  # the web front's limit for a request's head
BODY_MAX = 64 << 20

TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
JSON = "application/json"


class BadRequest(Exception):
    """The bytes are no HTTP request."""


@dataclass
class Request:
    """One request; header names in lower case, in the order in which they came."""

    method: str
    target: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    version: str = "HTTP/1.1"
    remote: str = ""

    def first(self, name):
        """A header's first value, or the empty string."""
        return next((value for key, value in self.headers if key == name), "")

    def last(self, name):
        """A header's last value, or the empty string."""
        return next((value for key, value in reversed(self.headers) if key == name), "")

    @property
    def raw_path(self):
        """The path as it came, without the query string."""
        return self.target.partition("?")[0]

    @property
    def query(self):
        """The query string, without the question mark."""
        return self.target.partition("?")[2]

    @property
    def signed(self):
        """Whether a signature was sent."""
        return bool(self.first("auth-signature"))

    def with_path(self, path):
        """The same request for another path, its query string kept."""
        return replace(self, target=path + ("?" + self.query if self.query else ""))


@dataclass
class Answer:
    """One answer; reason is what only the server's journal would say about a refusal."""

    status: int
    body: bytes = b""
    content_type: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    close: bool = False
    reason: str | None = None
    raw: bytes | None = None


def text(status, words, **more):
    """An answer in plain text, as the web front writes it: the status in front of the words."""
    return Answer(status, f"{status} {words}".encode(), TEXT, **more)


def html(status, body, **more):
    """An answer in HTML."""
    return Answer(status, body.encode(), HTML, **more)


def as_json(value, status=200):
    """An answer in JSON; ids and dates become text."""
    return Answer(status, json.dumps(value, default=str).encode(), JSON)


def phrase(status):
    """The words behind a status, as Go writes those that it does not know."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"status code {status}"


def http_date(time_s):
    """A Date header's value."""
    return email.utils.formatdate(time_s, usegmt=True)


def decode_path(raw):
    """The path as the API sees and verifies it: decoded, but %2F stays, in upper case."""
    parts = raw.encode("latin-1").replace(b"%2f", b"%2F").split(b"%2F")
    return b"%2F".join(unquote_to_bytes(part) for part in parts).decode("utf-8", "replace")


def to_bytes(answer, request, now_s, close):
    """The whole answer as one piece, so that it leaves in one packet."""
    if answer.raw is not None:
        return answer.raw
    lines = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}", f"Date: {http_date(now_s)}",
             f"Content-Length: {len(answer.body)}"]
    if answer.content_type:
        lines.append(f"Content-Type: {answer.content_type}")
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if close:
        lines.append("Connection: close")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head if request.method == "HEAD" else head + answer.body


class Reader:
    """Reads requests, one after another, from a connected socket."""

    def __init__(self, sock: socket.socket):
        self.sock = sock
        self.buffer = b""

    def _more(self):
        piece = self.sock.recv(65536)
        if not piece:
            raise ConnectionError("closed by the client")
        self.buffer += piece

    def _until(self, mark, limit):
        while mark not in self.buffer:
            if len(self.buffer) > limit:
                raise BadRequest("too long")
            self._more()
        part, _, self.buffer = self.buffer.partition(mark)
        return part

    def _exactly(self, size):
        if size > BODY_MAX:
            raise BadRequest("body too long")
        while len(self.buffer) < size:
            self._more()
        part, self.buffer = self.buffer[:size], self.buffer[size:]
        return part

    def request(self):
        """The next request, body included; None when the client closed before one began."""
        try:
            while not self.buffer.lstrip(b"\r\n"):
                self._more()
        except ConnectionError:
            return None
        lines = self._until(b"\r\n\r\n", HEAD_MAX).decode("latin-1").lstrip("\r\n").split("\r\n")
        start = lines[0].split(" ")
        if len(start) != 3 or not start[2].startswith("HTTP/1."):
            raise BadRequest(lines[0])
        headers = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or name != name.strip():
                raise BadRequest(line)
            headers.append((name.lower(), value.strip(" \t")))
        request = Request(start[0], start[1], headers, version=start[2])
        request.body = self._body(request)
        return request

    def _body(self, request):
        if request.first("expect").lower() == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in request.first("transfer-encoding").lower():
            return self._chunks()
        length = request.first("content-length") or "0"
        if not length.isascii() or not length.isdigit():
            raise BadRequest(length)
        return self._exactly(int(length))

    def _chunks(self):
        body = b""
        while True:
            try:
                size = int(self._until(b"\r\n", 1024).partition(b";")[0], 16)
            except ValueError as error:
                raise BadRequest("chunk") from error
            if size == 0:
                while self._until(b"\r\n", HEAD_MAX):
                    pass
                return body
            body += self._exactly(size)
            self._exactly(2)
