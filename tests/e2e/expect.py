# SPDX-License-Identifier: MIT
"""What every scenario of the end-to-end tests asks for in the same way: errors of two lines or one object, and absence."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from harness.tool import Result, Tool

NAMES = ("PRITUNL_URL", "PRITUNL_TOKEN", "PRITUNL_SECRET")
VERIFY_KEYS = {"administrator", "url", "verdict", "cause", "status", "trust", "latency_ms", "clock_skew_s", "server"}


class Absent:
    """As the value of a field: leave it out."""

    def __repr__(self):
        return "absent"


ABSENT = Absent()
OLDER = "1.32.4278.1"


def made_older(db, seed, pritunl) -> None:
    """
    A Pritunl without STRICT front: its first acceptance is the last word. A newer one's is looked at for three seconds where nobody had
    access before, which test_overwritten.py is about.
    """
    seed.version(db, OLDER)
    db["hosts"].update_many({}, {"$set": {"version": OLDER}})
    pritunl.version = OLDER


@dataclass
class Site:
    """A Pritunl over a database, and the tool told of both by its environment."""

    tool: Tool
    database: object
    pritunl: object
    seed: object
    secrets: list = field(default_factory=list)

    @property
    def db(self):
        """The pymongo database."""
        return self.database.db

    def admin(self, name="pritunl", auth_api=True, **fields) -> dict:
        """Insert an administrator as Pritunl makes them, with API access."""
        return self.seed.administrator(self.db, name, auth_api=auth_api, **fields)

    def insert(self, **fields) -> dict:
        """Insert an administrator's document with exactly these fields, odd as they may be; ABSENT leaves one out."""
        document = {"username": "pritunl", "token": self.seed.random_text(), "secret": self.seed.random_text(),
                    "auth_api": True} | fields
        document = {name: value for name, value in document.items() if value is not ABSENT}
        self.db["administrators"].insert_one(document)
        return document

    def run(self, *args, **options) -> Result:
        """Run the tool."""
        return self.tool.run(*args, **options)

    def verify(self, *args, **options) -> tuple[int, dict]:
        """Exit status and answer of `verify --json`; the answer has the keys of the contract."""
        result = self.run("verify", "--json", *args, **options)
        answer = result.json()
        assert VERIFY_KEYS <= set(answer), answer
        return result.status, answer

    def signed(self) -> list:
        """The signed requests that came."""
        return [each for each in self.pritunl.requests if each.signed]


def failed(result: Result, status: int, *words: str, attempt: str | None = None, warnings=False) -> str:
    """
    The message of a failure as the contract shapes it: `pritunl-access: what happened: why`, then perhaps `try: COMMAND`, on
    stderr alone. Each of words is in the message, attempt in the second line (where "" says that there must be none).
    """
    lines = result.stderr.splitlines()
    assert result.status == status, (result.status, result.stdout, result.stderr)
    assert result.stdout == "", "a failure prints nothing on stdout"
    assert result.stderr.endswith("\n") and printable(result.stderr)
    tries = [line for line in lines if line.startswith("try: ")]
    said = [line for line in lines if line not in tries]
    assert len(tries) <= 1 and (not tries or lines[-1] == tries[0]), result.stderr
    if not warnings:
        assert len(said) == 1, f"one line, and one to try: {result.stderr}"
    message = said[-1]
    assert message.startswith("pritunl-access: ") and "warning" not in message, message
    for word in words:
        assert word in message, f"{word!r} is not in {message!r}"
    if attempt is not None:
        assert (attempt in tries[0]) if attempt else not tries, f"{attempt!r} is to be tried: {result.stderr}"
    return message


def failed_json(result: Result, status: int, *words: str, kind: str | tuple | None = None, done: str = "") -> dict:
    """
    The inner object of a failure with --json: {"error": {"kind", "message", "try"}} on stdout, and nothing on stderr but what was
    done before: one line that begins with done.
    """
    assert result.status == status, (result.status, result.stdout, result.stderr)
    if done:
        assert result.stderr.startswith(f"pritunl-access: {done}") and result.stderr.count("\n") == 1, result.stderr
    else:
        assert result.stderr == "", result.stderr
    answer = result.json()
    assert set(answer) == {"error"} and {"kind", "message", "try"} <= set(answer["error"]), answer
    error = answer["error"]
    assert isinstance(error["kind"], str) and isinstance(error["message"], str) and printable(error["message"])
    assert error["try"] is None or isinstance(error["try"], str)
    for word in words:
        assert word in error["message"], f"{word!r} is not in {error['message']!r}"
    if kind is not None:
        assert error["kind"] in ((kind,) if isinstance(kind, str) else kind), error
    return error


def printable(text: str) -> bool:
    """Nothing but lines of printable characters: no control character reaches a terminal."""
    return all(line.isprintable() or all(each.isprintable() or each == "\ufffd" for each in line) for line in text.split("\n"))


def tree(folder: Path) -> dict:
    """Everything under a folder: kind, mode, inode, time of change and content."""
    found = {}
    for path in sorted(Path(folder).rglob("*")):
        info = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if stat.S_ISREG(info.st_mode) else None
        found[str(path.relative_to(folder))] = (info.st_mode, info.st_ino, info.st_mtime_ns, content)
    return found


def private(path: Path, text: str) -> Path:
    """A file that only its owner may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)
    return path


def configure(home: Path, **settings) -> Path:
    """The user's configuration file."""
    return private(home / ".config" / "pritunl-access" / "config.json", json.dumps(settings))


def pair(site: Site, admin: dict) -> dict:
    """What an export hands over by default."""
    return dict(zip(NAMES, (site.pritunl.url, admin["token"], admin["secret"]), strict=True))
