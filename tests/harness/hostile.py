# SPDX-License-Identifier: MIT
"""A database server that answers what no database does: bytes of its own choice, in any state of a conversation.

    with HostileDatabase(query=silent) as server:
        …server.uri()…

A state is what a client asks for: hello, login, query, more (getMore), write. What is done in it is a function (message, peer): it
sends what it likes, and the connection ends where it returns False. Where nothing is said it answers as a server would that holds
these documents.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading

import bson
from bson import Int64

from harness.listening import HOST, Listening
from harness.messages import OP_MSG, OP_REPLY, Message, read_message

STATES = {"hello": "hello", "isMaster": "hello", "ismaster": "hello", "saslStart": "login", "saslContinue": "login",
          "aggregate": "query", "find": "query", "getMore": "more", "findAndModify": "write", "findandmodify": "write",
          "insert": "write", "update": "write", "delete": "write"}
HELLO = {"isWritablePrimary": True, "ismaster": True, "helloOk": True, "maxBsonObjectSize": 16 * 1024 * 1024,
         "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000, "maxWireVersion": 17, "minWireVersion": 0,
         "logicalSessionTimeoutMinutes": 30, "connectionId": 1, "readOnly": False, "ok": 1.0}
NAMESPACE = "pritunl.administrators"
_numbers = itertools.count(5_000_000)


class HostileDatabase(Listening):
    """One such server on a loopback port, from construction to close(); states are what it does otherwise."""

    def __init__(self, documents=(), alive=0, free=False, **states):
        self.documents = list(documents)
        self.free = free            # no token is anybody's, as whoever makes one asks
        self.alive = alive          # the cursor's number: 0 where all is in the first batch
        self.states = states
        self.seen: list[str] = []
        self._came = threading.Condition()
        super().__init__()

    def uri(self, login="", database="pritunl", **options) -> str:
        """How to reach it; retryReads and the like in options."""
        query = "&".join(f"{key}={value}" for key, value in options.items())
        return f"mongodb://{login}{HOST}:{self.port}/{database}" + ("?" + query if query else "")

    def _talk(self, peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError, ValueError):
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.settimeout(60)
            while not self._stop.is_set():
                message = read_message(peer)
                if message is None:
                    return
                name = message.command(0).name
                state = STATES.get(name, "other")
                with self._came:
                    self.seen.append(name)
                    self._came.notify_all()
                act = self.states.get(state)
                if act is None:
                    peer.sendall(message.answered(self.usual(state, message)).data)
                elif act(message, peer, self) is False:
                    return

    def await_command(self, name: str, timeout: float = 60) -> None:
        """Wait until one of this name has come."""
        with self._came:
            assert self._came.wait_for(lambda: name in self.seen, timeout), f"{name} never came"

    def usual(self, state: str, request: Message | None = None) -> dict:
        """What a server would say."""
        if self.free and request is not None and "token" in request.body.get("filter", {}):
            return cursor([])
        if state == "hello":
            return HELLO
        if state == "query":
            return cursor(self.documents, self.alive)
        if state == "more":
            return cursor([], 0, batch="nextBatch")
        if state == "login":
            return {"ok": 0.0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "Authentication failed."}
        if state == "write":
            return {"lastErrorObject": {"n": 0, "updatedExisting": False}, "value": None, "n": 0, "ok": 1.0}
        return {"ok": 1.0}


def cursor(documents, number=0, namespace=NAMESPACE, batch="firstBatch") -> dict:
    """An answer with a cursor in it."""
    return {"cursor": {batch: list(documents), "id": Int64(number), "ns": namespace}, "ok": 1.0}


def message(request: Message, payload: bytes, code=OP_MSG, length: int | None = None, answers: int | None = None) -> bytes:
    """A message with this payload, whose header says what it is told to."""
    return struct.pack("<iiii", 16 + len(payload) if length is None else length, next(_numbers),
                       request.number if answers is None else answers, code) + payload


def body(document: bytes, flags=0, kind=0) -> bytes:
    """The payload of an OP_MSG."""
    return struct.pack("<IB", flags, kind) + document


# ---- what may be done


def says(data):
    """These bytes, or what a function makes of the request."""
    def act(request, peer, _server):
        peer.sendall(data(request) if callable(data) else data)
    return act


def answers(document):
    """This document, well packed, or what a function makes of the request."""
    return lambda request, peer, _server: peer.sendall(request.answered(document(request) if callable(document) else document).data)


def silent(_request, _peer, server):
    """Nothing, for as long as anybody waits."""
    server.wait(60)
    return False


def closes(_request, _peer, _server):
    """The end of the connection."""
    return False


def resets(_request, peer, _server):
    """A reset."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def drips(seconds):
    """The usual answer, byte by byte."""
    def act(request, peer, server):
        for byte in request.answered(server.usual(STATES.get(request.command(0).name, "other"))).data:
            peer.sendall(bytes([byte]))
            if server.wait(seconds):
                return
    return act


def halves(request, peer, server):
    """The first half of the usual answer, and then the end."""
    data = request.answered(server.usual(STATES.get(request.command(0).name, "other"))).data
    peer.sendall(data[:len(data) // 2])
    return False


def floods(request, peer, server):
    """The usual answer and, unasked, a thousand more."""
    data = request.answered(server.usual(STATES.get(request.command(0).name, "other"))).data
    peer.sendall(data * 1000)


def _deep(levels: int) -> bytes:
    document = bson.encode({"a": 1})
    for _ in range(levels):
        inner = b"\x03a\0" + document
        document = struct.pack("<i", len(inner) + 5) + inner + b"\0"
    return document


def _lying(document: dict, length: int) -> bytes:
    return struct.pack("<i", length) + bson.encode(document)[4:]


OK = bson.encode({"ok": 1.0})
FAILURE = {"ok": 0.0, "code": 96, "codeName": "OperationFailed"}
BEHAVIOURS = {
    "silent": silent, "closed": closes, "reset": resets, "dripped": drips(0.2), "halved": halves, "flood": floods,
    "garbage": says(b"\xff" * 64), "zeros": says(b"\0" * 64), "http": says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "half a header": says(lambda r: message(r, b"")[:9]),
    "length 0": says(lambda r: message(r, body(OK), length=0)), "length 15": says(lambda r: message(r, body(OK), length=15)),
    "length -1": says(lambda r: message(r, body(OK), length=-1)),
    "length 2 GiB": says(lambda r: message(r, body(OK), length=2**31 - 1)),
    "length 47 MB": says(lambda r: message(r, body(OK), length=47_000_000)),
    "length of the header": says(lambda r: message(r, b"")),
    "unknown kind": says(lambda r: message(r, body(OK), code=4711)),
    "another's answer": says(lambda r: message(r, body(OK), answers=r.number + 1)),
    "old reply": says(lambda r: message(r, struct.pack("<iqii", 8, 0, 0, 1) + OK, code=OP_REPLY)),
    "old reply of none": says(lambda r: message(r, struct.pack("<iqii", 8, 0, 0, 0), code=OP_REPLY)),
    "old reply of many": says(lambda r: message(r, struct.pack("<iqii", 8, 0, 0, 2**31 - 1) + OK, code=OP_REPLY)),
    "no section": says(lambda r: message(r, struct.pack("<I", 0))), "no body": says(lambda r: message(r, struct.pack("<IB", 0, 0))),
    "unknown section": says(lambda r: message(r, body(OK, kind=7))),
    "negative section": says(lambda r: message(r, body(OK) + struct.pack("<Bi", 1, -5) + b"documents\0")),
    "section beyond the end": says(lambda r: message(r, body(OK) + struct.pack("<Bi", 1, 5000) + b"documents\0")),
    "two bodies": says(lambda r: message(r, body(OK) + b"\0" + OK)),
    "all flags": says(lambda r: message(r, body(OK, flags=0xFFFFFFFF))),
    "more to come": says(lambda r: message(r, body(OK, flags=2))),
    "a wrong checksum": says(lambda r: message(r, body(OK, flags=1) + b"\1\2\3\4")),
    "document of 4 bytes": says(lambda r: message(r, body(struct.pack("<i", 4)))),
    "document of -1 bytes": says(lambda r: message(r, body(_lying({"ok": 1.0}, -1)))),
    "document beyond the end": says(lambda r: message(r, body(_lying({"ok": 1.0}, 5000)))),
    "document without an end": says(lambda r: message(r, body(OK[:-1] + b"\1"))),
    "deep": says(lambda r: message(r, body(_deep(20_000)))),
    "compressed by nothing": says(lambda r: message(r, struct.pack("<iiB", OP_MSG, 5, 0) + body(OK), code=2012)),
    "false compressed size": says(lambda r: message(r, struct.pack("<iiB", OP_MSG, 2**31 - 1, 2) + b"x\x9c\3\0", code=2012)),
    "unknown compression": says(lambda r: message(r, struct.pack("<iiB", OP_MSG, 40, 9) + body(OK), code=2012)),
    "compressed and empty": says(lambda r: message(r, b"", code=2012)),
    "empty": answers({}), "not ok": answers({"ok": 0.0}), "ok as text": answers({"ok": "yes"}),
    "failure without words": answers(FAILURE), "code as text": answers(FAILURE | {"code": "x", "errmsg": 5}),
    "code beyond an int": answers(FAILURE | {"code": Int64(2**40), "errmsg": "x"}),
    "terminal codes": answers(FAILURE | {"errmsg": "\x1b[2J\x1b]0;x\x07\u202eoops\u200b\u2060\u2066\ufeff\u00ad\r\n"}),
    "a long word": answers(FAILURE | {"errmsg": "x" * 5_000_000}), "not UTF-8": says(lambda r: message(r, body(bson.encode(
        FAILURE | {"errmsg": "AAAA"}).replace(b"AAAA", b"\xff\xfe\x80\xc0")))),
    "write concern as a number": answers({"ok": 1.0, "writeConcernError": 5, "n": 1}),
    "write errors as text": answers({"ok": 1.0, "writeErrors": "x", "n": Int64(-1)}),
    "labels as a number": answers(FAILURE | {"errorLabels": 5, "errmsg": "x"}),
    "a topology of nonsense": answers(FAILURE | {"topologyVersion": {"processId": 5, "counter": "x"}, "errmsg": "x"}),
    "a time of nonsense": answers({"ok": 1.0, "$clusterTime": 5, "operationTime": "x"}),
}
CURSORS = {
    "no cursor": answers({"ok": 1.0}), "cursor as a number": answers({"cursor": 5, "ok": 1.0}),
    "batch as a number": answers({"cursor": {"firstBatch": 5, "nextBatch": 5, "id": Int64(0), "ns": NAMESPACE}, "ok": 1.0}),
    "batch of numbers": answers({"cursor": {"firstBatch": [1, 2], "nextBatch": [1, 2], "id": Int64(0), "ns": NAMESPACE}, "ok": 1.0}),
    "number as text": answers({"cursor": {"firstBatch": [], "id": "5", "ns": NAMESPACE}, "ok": 1.0}),
    "no namespace": answers({"cursor": {"firstBatch": [], "nextBatch": [], "id": Int64(5)}, "ok": 1.0}),
    "namespace without a dot": answers({"cursor": {"firstBatch": [], "nextBatch": [], "id": Int64(5), "ns": "x"}, "ok": 1.0}),
    "empty namespace": answers({"cursor": {"firstBatch": [], "nextBatch": [], "id": Int64(5), "ns": ""}, "ok": 1.0}),
    "namespace of a dot": answers({"cursor": {"firstBatch": [], "nextBatch": [], "id": Int64(5), "ns": "."}, "ok": 1.0}),
    "namespace of numbers": answers({"cursor": {"firstBatch": [], "nextBatch": [], "id": Int64(5), "ns": 5}, "ok": 1.0}),
    "a long namespace": answers({"cursor": {"firstBatch": [], "nextBatch": [], "id": Int64(5), "ns": "pritunl." + "x" * 100_000},
                                 "ok": 1.0}),
    "empty for ever": answers({"cursor": {"firstBatch": [], "nextBatch": [], "id": Int64(5), "ns": NAMESPACE}, "ok": 1.0}),
    "the same for ever": answers({"cursor": {"firstBatch": [{"part": "x"}], "nextBatch": [{"part": "x"}], "id": Int64(5),
                                             "ns": NAMESPACE}, "ok": 1.0}),
    "a negative cursor": answers({"cursor": {"firstBatch": [], "nextBatch": [], "id": Int64(-1), "ns": NAMESPACE}, "ok": 1.0}),
    "deep documents": says(lambda r: message(r, body(bson.encode({"cursor": {
        "firstBatch": [bson.raw_bson.RawBSONDocument(_deep(5_000))], "id": Int64(0), "ns": NAMESPACE}, "ok": 1.0})))),
}
