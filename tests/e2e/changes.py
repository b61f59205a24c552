# SPDX-License-Identifier: MIT
"""What the tests of writing commands look at: documents byte by byte, undo records, the commands that went to the database."""

from __future__ import annotations

import json
import re

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from harness import canary

TOKEN = re.compile(r"[A-Za-z0-9]{32}\Z")
KEYS = {"administrator", "changed", "undo_id", "dry_run", "verified"}
WRITES = ("findAndModify", "update", "insert", "delete")
PAIR = ["secret", "token"]


def raw(db, username="pritunl", prefix="") -> bytes:
    """An administrator's document as it lies in the database."""
    people = db.get_collection(prefix + "administrators", codec_options=CodecOptions(document_class=RawBSONDocument))
    return people.find_one({"username": username}).raw


def fields(db, username="pritunl", prefix="") -> dict:
    """The same, decoded; every secret in it is looked for in what the tool prints."""
    found = bson.decode(raw(db, username, prefix))
    canary.register_fields(found)
    return found


def everything(db) -> dict:
    """All documents of all collections that a writing command could touch, byte by byte."""
    names = ("administrators", "settings", "hosts", "messages", "users_audit")
    codec = CodecOptions(document_class=RawBSONDocument)
    return {name: [each.raw for each in db.get_collection(name, codec_options=codec).find()] for name in names}


def is_fresh(document: dict, before: dict) -> bool:
    """Token and secret are both as Pritunl makes them, and both other than before."""
    new = [document["token"], document["secret"]]
    return all(isinstance(each, str) and TOKEN.match(each) for each in new) and new[0] != new[1] and all(
        document[name] != before.get(name) for name in PAIR)


def others(document: dict, *names) -> list:
    """Everything but these fields, in the document's own order."""
    return [(name, value) for name, value in document.items() if name not in names]


def answer(result, status=0) -> dict:
    """The one JSON answer of a writing command."""
    assert result.status == status, (result.status, result.stdout, result.stderr)
    found = result.json()
    assert set(found) >= KEYS, found
    return found


def records(folder) -> list[dict]:
    """The undo records in a state directory, oldest first."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("undo-*.json"))]
    for each in found:
        for text in (each["before"], each["after"]):
            canary.register_fields(json.loads(text))
    return found


def state(site):
    """Where this user's undo records lie."""
    return site.tool.home / ".local" / "state" / "pritunl-access"


def writes(wire) -> list[str]:
    """The commands that wrote, in their order."""
    return [command.name for command in wire.sent(*WRITES)]


def through(site, wire, **options) -> None:
    """The tool goes through the wire from now on."""
    site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = wire.uri(site.database.name, **options)
