# SPDX-License-Identifier: MIT
"""The hunt for leaked secrets: whatever a test puts into a credential's field is searched for in all that the tool ever printed.

Every secret that the fixtures make is registered here. After each test the recorded outputs that were not declared to reveal
secrets are searched for each of them: plain, percent-encoded, in base64 at any offset, and escaped for JSON. A run of 16
characters of a longer secret is a hit as much as the whole.
"""

from __future__ import annotations

import base64
import json
import shlex
import threading
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

from pymongo import monitoring

RUN = 16            # this many characters in a row betray a secret
DISTINCT = 3        # different characters in a run
SHORTEST = 8        # shorter values would be found by chance
FIELDS = frozenset({"token", "secret", "password", "default_password", "otp_secret", "local_otp_code", "sessions", "server_key",
                    "acme_key", "license", "pwd"})
WRITES = frozenset({"insert", "update", "findAndModify", "createUser", "updateUser"})

_lock = threading.Lock()
_long: dict[bytes, str] = {}        # every RUN bytes of a long form, and what they belong to
_short: dict[bytes, str] = {}       # whole forms under RUN bytes
_known: set[str] = set()            # what was registered, whole: most secrets come by twice or more


def register(secret: str, what: str = "a secret") -> str:
    """Make this value a canary, and give it back. Values too short or too plain to be told from other text are not searched for."""
    with _lock:
        if str(secret) in _known:       # a bson.Code is text without a hash
            return secret
        _known.add(str(secret))
    for line in _lines(secret):
        for form in forms(line):
            with _lock:
                if len(form) < RUN and len(set(form)) >= DISTINCT:
                    _short[form] = what
                for start in range(len(form) - RUN + 1):
                    run = form[start:start + RUN]
                    if len(set(run)) >= DISTINCT:       # "xxxx…" is some other test's name of 400 letters
                        _long[run] = what
    return secret


def forget(secret: str) -> None:
    """Stop searching for this value: a test made it of text that is not secret after all."""
    with _lock:
        _known.discard(str(secret))
    for line in _lines(secret):
        for form in forms(line):
            with _lock:
                _short.pop(form, None)
                for start in range(len(form) - RUN + 1):
                    _long.pop(form[start:start + RUN], None)


def register_fields(document, where: str = "a document") -> None:
    """Register what the fields of FIELDS hold, however deep in the document they are."""
    if isinstance(document, Mapping):
        for key, value in document.items():
            name = str(key).rsplit(".", 1)[-1]
            if name in FIELDS:
                for text in _texts(value):
                    register(text, f"the {name} of {where}")
            elif isinstance(value, (Mapping, list, tuple)):
                register_fields(value, where)
    elif isinstance(document, (list, tuple)):
        for part in document:
            register_fields(part, where)


def find(output: bytes) -> list[str]:
    """What leaked into this output: descriptions, never the values."""
    with _lock:
        runs = {output[start:start + RUN] for start in range(len(output) - RUN + 1)}
        found = {_long[run] for run in runs & _long.keys()}
        found |= {what for form, what in _short.items() if form in output}
    return sorted(found)


def check(records: Iterable) -> None:
    """Fail if one of these recorded runs (harness.tool.Record) holds a canary that it was not asked for."""
    leaks = []
    for record in records:
        if record.reveals:
            continue
        for name in ("stdout", "stderr"):
            leaks += [f"{shown(record.args)}: {what} is in its {name}" for what in find(getattr(record, name))]
    if leaks:
        raise AssertionError("secrets leaked (where one is asked for, say reveals=True):\n" + "\n".join(leaks))


def shown(args: Iterable[str]) -> str:
    """A command for messages, without the arguments that hold a secret."""
    words = ("[…]" if find(arg.encode("utf-8", "surrogateescape")) else arg for arg in args)
    return shlex.join(["pritunl-access", *words])


def forms(secret: str) -> set[bytes]:
    """The ways in which a secret may appear."""
    raw = secret.encode("utf-8", "surrogateescape")
    texts = {quote(raw, safe=""), quote(raw, safe="").replace("%2F", "/"), quote_plus(raw),
             json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    found = {raw} | {text.encode("utf-8", "surrogateescape") for text in texts} | set(_base64(raw))
    return {form for form in found if len(form) >= SHORTEST}


def _base64(raw: bytes) -> Iterator[bytes]:
    """The characters that these bytes always become, whatever stands before and after them."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw)
        first = (before * 8 + 5) // 6
        last = (before + len(raw)) * 8 // 6
        for form in (coded[first:last], coded[first:last].translate(bytes.maketrans(b"+/", b"-_"))):
            if len(form) >= SHORTEST + 2:
                yield form


def _lines(secret: str) -> list[str]:
    """A secret, or for a PEM key the lines that no other key shares."""
    if "-----BEGIN" in secret:
        return [line for line in secret.splitlines()[2:] if len(line) >= RUN and "-----" not in line]
    return [secret] if len(secret) >= SHORTEST else []


def _texts(value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)


class Listener(monitoring.CommandListener):
    """Registers what a pymongo client writes into credential fields."""

    def started(self, event):
        """Look into a command that writes before it is sent."""
        if event.command_name in WRITES:
            register_fields(dict(event.command), str(event.command.get(event.command_name)))

    def succeeded(self, event):
        """Nothing to learn here."""

    def failed(self, event):
        """Nor here."""
