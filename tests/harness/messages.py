# SPDX-License-Identifier: MIT
"""The messages of MongoDB's wire protocol: read, look into, answer. What tests/wire.py speaks."""

from __future__ import annotations

import itertools
import socket
import struct
import time
from dataclasses import dataclass

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
CHECKSUM, MORE_TO_COME, EXHAUST_ALLOWED = 1, 2, 1 << 16
LONGEST = 48_000_000
OPTIONS = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="replace")
ALIASES = {"isMaster": "hello", "ismaster": "hello", "findandmodify": "findAndModify"}


@dataclass(frozen=True)
class Command:
    """One command as a client sent it; the documents of its sequences stand in the body, as if they had been sent there."""

    name: str
    database: str
    collection: str | None
    body: dict
    connection: int
    at: float


class Message:
    """One message of the protocol: data is all of it, body its document with the sequences merged in."""

    _numbers = itertools.count(1_000_000)

    def __init__(self, data: bytes):
        self.data = data
        _, self.number, _, self.code = struct.unpack_from("<iiii", data)
        if self.code not in (OP_REPLY, OP_QUERY, OP_MSG):
            raise OSError(f"a message of kind {self.code}")
        self.flags = struct.unpack_from("<I", data, 16)[0] if self.code == OP_MSG else 0
        self.database = ""
        if self.code == OP_MSG:
            self.body = self._sections()
            self.database = self.body.get("$db", "")
        else:
            start = 36
            if self.code == OP_QUERY:
                end = data.index(b"\0", 20)
                self.database = data[20:end].decode().split(".")[0]
                start = end + 9
            self.body = self._document(start)[0]

    def _document(self, start: int) -> tuple[dict, int]:
        length = struct.unpack_from("<i", self.data, start)[0]
        return bson.decode(self.data[start:start + length], OPTIONS), start + length

    def _sections(self) -> dict:
        position, end, body, sequences = 20, len(self.data) - (4 if self.flags & CHECKSUM else 0), {}, {}
        while position < end:
            kind, position = self.data[position], position + 1
            if kind == 0:
                body, position = self._document(position)
                continue
            last = position + struct.unpack_from("<i", self.data, position)[0]
            name_end = self.data.index(b"\0", position + 4)
            documents = sequences.setdefault(self.data[position + 4:name_end].decode(), [])
            position = name_end + 1
            while position < last:
                document, position = self._document(position)
                documents.append(document)
        return body | sequences

    def command(self, connection: int) -> Command:
        """The command that this message is."""
        body = self.body.get("$query", self.body) if self.code == OP_QUERY else self.body
        first = next(iter(body), "")
        value = body.get("collection") if first == "getMore" else body.get(first)
        return Command(ALIASES.get(first, first), self.database, value if isinstance(value, str) else None, body, connection,
                       time.monotonic())

    def raw(self, without: int) -> bytes:
        """The bytes of a message without these flags."""
        if self.code != OP_MSG or not self.flags & without or self.flags & CHECKSUM:
            return self.data
        return self.data[:16] + struct.pack("<I", self.flags & ~without) + self.data[20:]

    def answered(self, body: dict) -> Message:
        """An answer to this message."""
        document = bson.encode(body, codec_options=OPTIONS)
        if self.code == OP_MSG:
            code, payload = OP_MSG, struct.pack("<IB", 0, 0) + document
        else:
            code, payload = OP_REPLY, struct.pack("<iqii", 8, 0, 0, 1) + document
        return Message(struct.pack("<iiii", 16 + len(payload), next(self._numbers), self.number, code) + payload)


def read_message(source: socket.socket) -> Message | None:
    """The next whole message, or None when the other side has gone."""
    head = _exactly(source, 16)
    if head is None:
        return None
    length = struct.unpack_from("<i", head)[0]
    if not 16 <= length <= LONGEST:
        raise OSError(f"a message of {length} bytes")
    rest = _exactly(source, length - 16)
    try:
        return None if rest is None else Message(head + rest)
    except (BSONError, struct.error, ValueError, IndexError) as problem:
        raise OSError(f"not a message of the protocol: {problem}") from problem


def _exactly(source: socket.socket, count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        part = source.recv(min(count - len(data), 1 << 20))
        if not part:
            return None
        data += part
    return bytes(data)
