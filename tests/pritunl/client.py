# SPDX-License-Identifier: MIT
"""A client of the API for the stand-in's own tests: http.client and hmac, sharing nothing with the stand-in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import ssl
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

UNSET = object()


@dataclass
class Response:
    """What was answered."""

    status: int
    headers: dict[str, str]
    body: bytes
    closed: bool

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def kind(self):
        return self.headers.get("content-type")


def signature(secret, *parts):
    """base64(HMAC-SHA256(secret, parts joined with "&"))."""
    return base64.b64encode(hmac.new(secret.encode(), "&".join(parts).encode(), hashlib.sha256).digest()).decode()


class Client:
    """Talks to one URL, on a fresh connection each time unless kept is true."""

    def __init__(self, url, administrator=None, *, kept=False, context=None):
        self.parts = urlsplit(url)
        self.administrator = administrator
        self.kept = kept
        self.context = context
        self.connection = None

    def _connect(self):
        if self.connection is None:
            if self.parts.scheme == "https":
                self.context = self.context or ssl._create_unverified_context()  # trust is not what is tested
                self.connection = http.client.HTTPSConnection(
                    self.parts.hostname, self.parts.port, timeout=10, context=self.context)
            else:
                self.connection = http.client.HTTPConnection(self.parts.hostname, self.parts.port, timeout=10)
        return self.connection

    def close(self):
        """Let the connection go."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def ask(self, method, target, headers=None, body=None):
        """One request as it is given."""
        connection = self._connect()
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        response = Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read(),
                            answer.will_close)
        if not self.kept:
            self.close()
        return response

    def auth(self, method, path, *, token=UNSET, secret=UNSET, timestamp=None, nonce=None, sent=None):
        """The four headers for a request; sent replaces or (None) removes some of them."""
        token = self.administrator["token"] if token is UNSET else token
        secret = self.administrator["secret"] if secret is UNSET else secret
        timestamp = str(int(time.time())) if timestamp is None else timestamp
        nonce = uuid.uuid4().hex if nonce is None else nonce
        headers = {
            "Auth-Token": token, "Auth-Timestamp": timestamp, "Auth-Nonce": nonce,
            "Auth-Signature": signature(secret, token, timestamp, nonce, method, path),
        }
        return {name: value for name, value in {**headers, **(sent or {})}.items() if value is not None}

    def signed(self, method, target, *, path=None, headers=None, body=None, **auth):
        """One signed request; path is what is signed, if that is not the target without its query string. A body that
        is not bytes is sent as JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers = {"Content-Type": "application/json", **(headers or {})}
        signing = self.auth(method, target.partition("?")[0] if path is None else path, **auth)
        return self.ask(method, target, {**signing, **(headers or {})}, body)

    def get(self, target, **how):
        """A signed GET."""
        return self.signed("GET", target, **how)
