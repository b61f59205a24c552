# SPDX-License-Identifier: MIT
"""A hundred thousand administrators: the time grows as they do, and not with their square; the memory has a bound."""

from __future__ import annotations

import struct

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from harness.hostile import HostileDatabase, cursor
from hostile import SANITIZED, measured
from pritunl import seed

MANY = 2_000 if SANITIZED else 100_000
MEMORY = 64 * 1024      # KiB
PRINTED = 64 << 20      # more than all of them take
NAME, TOKEN = "admin-00000000", "0" * 32


def administrators(count: int) -> list[RawBSONDocument]:
    """As the program's own query gives them. They are made from one, since each would take longer to write than to read."""
    document = {"part": "administrator"} | seed.administrator_document(NAME, auth_api=True, token=TOKEN)
    unasked = ("password", "default_password", "yubikey_id", "otp_auth", "otp_secret", "local_otp_auth", "local_otp_code",
               "local_otp_timestamp", "sessions")
    pattern = bson.encode({name: value for name, value in document.items() if name not in unasked} | {"has_default_password": False})
    places = (pattern.index(document["_id"].binary) + 4, pattern.index(NAME.encode()) + 6, pattern.index(TOKEN.encode()))

    def make(number: int) -> RawBSONDocument:
        made = bytearray(pattern)
        for place, text in zip(places, (struct.pack(">Q", number), b"%08d" % number, b"%08d" % (count - number)), strict=True):
            made[place:place + 8] = text
        return RawBSONDocument(bytes(made))

    return [make(number) for number in range(count)]


def in_batches(documents: list):
    """What aggregate and getMore are answered: as many as are asked for."""
    at = [0]

    def answer(request, peer, _server):
        begins = "aggregate" in request.body
        at[0] = 0 if begins else at[0]
        size = request.body["cursor"]["batchSize"] if begins else request.body["batchSize"]
        batch = documents[at[0]:at[0] + size]
        at[0] += size
        peer.sendall(request.answered(cursor(batch, 77 if at[0] < len(documents) else 0, batch="firstBatch" if begins else "nextBatch")).data)
    return answer


@pytest.mark.parametrize(("command", "most"), [(("list",), MANY), (("list", "--json"), MANY // 4)])
def test_a_hundred_thousand_are_listed(tool, command, most):
    runs = []
    everybody = administrators(most)
    for count in (most // 4, most):
        act = in_batches(everybody[:count])
        with HostileDatabase(query=act, more=act) as server:
            run = measured(tool, *command, env={"PRITUNL_ACCESS_MONGODB_URI": server.uri()}, kept=PRINTED)
        assert (run.status, run.err) == (0, b"")
        assert run.out.count(b"admin-") == count
        runs.append(run)
    assert runs[1].cpu < 8 * runs[0].cpu        # four times as many; the square would be sixteen
    if not SANITIZED:
        assert runs[1].memory <= MEMORY
