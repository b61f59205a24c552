# SPDX-License-Identifier: MIT
"""The database's side of a login by SCRAM-SHA-256 (RFC 5802, RFC 7677), for harness.hostile, and how it may go otherwise.

    with HostileDatabase(documents, **Login().states) as server:
        …server.uri(LOGIN)…
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import select
import threading

from harness import hostile

USER, PASSWORD = "user", "password-of-it"
LOGIN = f"{USER}:{PASSWORD}@"
ROUNDS = 4096
BEHIND = 0.5            # seconds that something may come in, after the last step


def keyed(key: bytes, text: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.new(key, text, hashlib.sha256).digest()


def offered(payload: bytes, salt: bytes, rounds: int) -> tuple[bytes, bytes]:
    """What a client's first message says behind its header, and the answer: how its password is to be hashed."""
    bare = payload.split(b",", 2)[2]
    nonce = bare.split(b"r=")[1] + base64.b64encode(os.urandom(18))
    return bare, b"r=%s,s=%s,i=%d" % (nonce, base64.b64encode(salt), rounds)


def wants(rounds, salt_length, start) -> dict:
    """An answer to the first step of a login: its password is to be hashed so often."""
    _, first = offered(bytes(start["payload"]), b"s" * salt_length, rounds)
    return {"conversationId": 1, "done": False, "payload": first, "ok": 1.0}


def hashes(rounds, salt_length):
    """The same to every login."""
    return hostile.answers(lambda request: wants(rounds, salt_length, request.body))


class Login:
    """
    Logins of one user, who is believed.

    steps     how many there are: 3 as by servers that know no skipEmptyExchange
    proof     whether the server knows the password, too
    late      the last answer waits until another message has come, and goes out in front of the answer to that
    hello     whether the first step is answered in the greeting already
    alone     the connection ends where a message comes behind the last step, before that is answered
    """

    def __init__(self, *, steps=2, proof=True, late=False, hello=True, alone=False):
        self.steps, self.late, self.hello, self.alone = steps, late, hello, alone
        self.salt = os.urandom(28)
        self.salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode() if proof else b"another", self.salt, ROUNDS)
        self.held = threading.local()
        self.order: list[str] = []
        self.states = {"hello": self._greet, "login": self._step, "query": self._query}

    def _first(self, payload: bytes) -> dict:
        bare, first = offered(payload, self.salt, ROUNDS)
        self.held.said = bare + b"," + first
        return {"conversationId": 1, "done": False, "payload": first}

    def _last(self, payload: bytes) -> bytes:
        text = self.held.said + b"," + payload.split(b",p=")[0]
        return b"v=" + base64.b64encode(keyed(keyed(self.salted, b"Server Key"), text))

    def _greet(self, request, peer, _server):
        first = request.body.get("speculativeAuthenticate") if self.hello else None
        more = {"speculativeAuthenticate": self._first(bytes(first["payload"]))} if first else {}
        peer.sendall(request.answered(hostile.HELLO | {"saslSupportedMechs": ["SCRAM-SHA-256"]} | more).data)

    def _step(self, request, peer, _server):
        payload = bytes(request.body["payload"])
        self.order.append("step")
        if self.alone and select.select([peer], [], [], BEHIND)[0]:
            return False
        if "saslStart" in request.body:
            return peer.sendall(request.answered(self._first(payload) | {"ok": 1.0}).data)
        if payload:
            answer = {"conversationId": 1, "done": self.steps == 2, "payload": self._last(payload), "ok": 1.0}
        else:
            answer = {"conversationId": 1, "done": True, "payload": b"", "ok": 1.0}
        self.held.in_login = not answer["done"]
        if self.late:
            self.held.late = request.answered(answer).data
            return None
        return peer.sendall(request.answered(answer).data)

    def _query(self, request, peer, server):
        self.order.append("query")
        if getattr(self.held, "late", None):
            peer.sendall(self.held.late)
            self.held.late = None
        refused = {"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "command aggregate requires authentication"}
        in_login = getattr(self.held, "in_login", True)
        peer.sendall(request.answered(refused if in_login else server.usual("query", request)).data)
