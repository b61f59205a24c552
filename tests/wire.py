# SPDX-License-Identifier: MIT
"""A proxy for MongoDB's wire protocol that makes a database misbehave as no server here can be told to.

It relays whole messages (OP_MSG, and the OP_QUERY of a legacy hello) between clients and one real server, writes down every
command, and by rules added while it runs cuts, delays, replaces, drops, drips or refuses. In a test:

    with Wire(server.host, server.port) as wire:
        wire.on("findAndModify", drop=True)         # the server applies it, and the client never hears of it
        …wire.uri(database)…
        assert [command.name for command in wire.sent()] == ["aggregate", "findAndModify"]

From the command line: python tests/wire.py --help
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.listening import HOST, Listening
from harness.messages import ALIASES, EXHAUST_ALLOWED, MORE_TO_COME, Command, read_message
from harness.privileges import HANDSHAKE, READS, WRITES, allows, error, fill, needs, stages


@dataclass
class Rule:
    """What happens to some commands. hits counts those to which it happened; the effects are described at Wire.on."""

    names: tuple[str, ...]
    collection: str | None
    nth: int
    times: int | None
    where: Callable[[Command], bool] | None
    effect: dict
    seen: int = 0
    hits: int = 0

    def fires(self, command: Command) -> bool:
        """Whether it happens to this command, which is counted."""
        if self.names and command.name not in self.names:
            return False
        if self.collection not in (None, command.collection) or (self.where and not self.where(command)):
            return False
        self.seen += 1
        fires = self.seen >= self.nth and (self.times is None or self.hits < self.times)
        self.hits += fires
        return fires


@dataclass
class Hold:
    """A command that waits: reached is set when it has come, release() lets it go on."""

    reached: threading.Event = field(default_factory=threading.Event)
    _go: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let it go on."""
        self._go.set()

    def __call__(self, _command: Command) -> None:
        self.reached.set()
        self._go.wait(60)


def _ask(server: socket.socket, request):
    """The real server's answer; None where it gives none."""
    server.sendall(request.raw(EXHAUST_ALLOWED))
    return None if request.flags & MORE_TO_COME else read_message(server)


class Wire(Listening):
    """A proxy on a loopback port of its own, from construction to close(). address is its HOST:PORT."""

    def __init__(self, host: str, port: int, *, listen: int = 0, watch: Callable[[Command], None] | None = None):
        self.target = (host, port)
        self.commands: list[Command] = []
        self.rules: list[Rule] = []
        self._watch = watch
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._sockets: set[socket.socket] = set()
        self.host = HOST
        self.reset()
        super().__init__(listen)

    # What a test tells it

    def uri(self, database: str = "", **options) -> str:
        """A connection string that leads through the proxy."""
        query = "&".join(f"{key}={value}" for key, value in options.items())
        return f"mongodb://{self.address}/{database}" + ("?" + query if query else "")

    def on(self, command=None, collection=None, *, nth=1, times=1, where=None, **effect) -> Rule:
        """
        From the nth command of that name (or names; None for any) and collection on, so many times (None: always), and only where
        where(command) is true, one or more of these happen:

        cut=True         the connection ends before the server gets the command    delay=SECONDS   the server gets it later
        before=FUNCTION  is called with the command before the server gets it      drip=SECONDS    the answer comes byte by byte
        after=FUNCTION   is called when the server has applied it                  amend=DICT      goes into the server's answer
        drop=True        the connection ends instead of the answer                 answer=DICT     instead of asking the server

        For a DICT there may be a FUNCTION that makes one of the command.
        """
        unknown = effect.keys() - {"before", "cut", "delay", "answer", "after", "amend", "drop", "drip"}
        if unknown or not effect:
            raise TypeError(f"no such effect: {unknown or 'none given'}")
        names = (command,) if isinstance(command, str) else tuple(command or ())
        rule = Rule(tuple(ALIASES.get(name, name) for name in names), collection, nth, times, where, effect)
        with self._lock:
            self.rules.append(rule)
        return rule

    def hold(self, command: str, collection=None, *, applied=False, **match) -> Hold:
        """Let the command wait before the server gets it, or when it is applied but not yet answered, until release()."""
        hold = Hold()
        self.on(command, collection, **match, **{"after" if applied else "before": hold})
        return hold

    def refuse_stage(self, stage: str, code: int = 40324) -> None:
        """Know no such aggregation stage: 40324 as an old server, 115, 238 or 304 as a compatible one, 8000 as Atlas says it."""
        self._stages[stage] = code

    def deny(self, *collections: str) -> None:
        """Answer 13 to whatever needs one of these collections."""
        self._denied |= set(collections)

    def enforce(self, *roles: dict | str | Path, database: str | None = None, **params) -> None:
        """
        Allow what these createRole documents (or files of them) allow, and nothing else, whoever is logged in. {"$param": NAME} in
        them becomes params[NAME]; a database that is named outright becomes the given one.
        """
        self._privileges = []
        for role in roles:
            role = role if isinstance(role, dict) else json.loads(Path(role).read_text())
            if role.get("roles"):
                raise ValueError("inherited roles are not known here")
            for privilege in fill(role["privileges"], params | {"database": database} if database else params):
                resource = privilege["resource"]
                if database and resource.get("db"):
                    resource["db"] = database
                self._privileges.append(privilege)

    def replica_set(self, *members: str, name="wire", primary: str | None = None, secondary=False) -> None:
        """
        Answer hello as a member of a set whose others are these (HOST:PORT, dead or alive): the primary, or a secondary that
        refuses writes (and reads without a read preference) and names primary, if there is one.
        """
        me = None if secondary else self.address
        self._set = {"setName": name, "setVersion": 1, "hosts": [self.address, *members], "me": self.address,
                     "isWritablePrimary": not secondary, "ismaster": not secondary, "secondary": secondary,
                     "primary": me or primary}

    def reset(self) -> None:
        """Forget every rule and refusal; from now on all is relayed."""
        with self._lock:
            self.rules.clear()
        self._stages: dict[str, int] = {}
        self._denied: set[str] = set()
        self._privileges: list[dict] | None = None
        self._set: dict | None = None

    def sent(self, *names: str) -> list[Command]:
        """The commands of these names so far; without names all but those that drivers send for themselves."""
        with self._lock:
            return [command for command in self.commands
                    if (command.name in names if names else command.name not in HANDSHAKE)]

    def await_idle(self, timeout: float = 30) -> None:
        """Wait until every connection has ended, and with it whatever the server was still at work on."""
        deadline = time.monotonic() + timeout
        while self._sockets:
            if time.monotonic() > deadline:
                raise AssertionError("a connection is still open")
            time.sleep(0.002)

    def close(self) -> None:
        """Stop listening, and end every connection."""
        super().close()
        with self._lock:
            sockets = list(self._sockets)
        for item in sockets:
            with contextlib.suppress(OSError):
                item.shutdown(socket.SHUT_RDWR)

    # How it is done

    def _talk(self, client: socket.socket) -> None:
        number = next(self._numbers)
        with client, contextlib.suppress(OSError), socket.create_connection(self.target, timeout=10) as server:
            with self._lock:
                self._sockets |= {client, server}
            try:
                server.settimeout(None)
                for item in (client, server):
                    item.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while not self._stop.is_set() and self._exchange(client, server, number):
                    pass
            finally:
                with self._lock:
                    self._sockets -= {client, server}

    def _exchange(self, client: socket.socket, server: socket.socket, number: int) -> bool:
        """Relay one command and its answer; False ends the connection."""
        request = read_message(client)
        if request is None:
            return False
        command = request.command(number)
        effects = self._effects(command)
        for effect in effects:
            self._stop.wait(effect.get("delay", 0))
            effect.get("before", _nothing)(command)
        if any(effect.get("cut") for effect in effects):
            return False
        given = next((_made(effect["answer"], command) for effect in effects if "answer" in effect), None) or self._refusal(command)
        answer = request.answered(given) if given is not None else _ask(server, request)
        if answer is None:
            return bool(request.flags & MORE_TO_COME)
        answer = self._amended(request, command, answer, effects)
        for effect in effects:
            effect.get("after", _nothing)(command)
        if any(effect.get("drop") for effect in effects):
            return False
        self._send(client, answer.data, max((effect.get("drip", 0) for effect in effects), default=0))
        return True

    def _effects(self, command: Command) -> list[dict]:
        """Record the command; what the rules do to it."""
        with self._lock:
            self.commands.append(command)
            effects = [rule.effect for rule in self.rules if rule.fires(command)]
        if self._watch:
            self._watch(command)
        return effects

    def _amended(self, request, command: Command, answer, effects: list[dict]):
        changes = {key: value for effect in effects for key, value in _made(effect.get("amend", {}), command).items()}
        if command.name != "hello" and not changes:
            return answer
        body = self._hello(answer.body) if command.name == "hello" else answer.body
        return request.answered(body | changes)

    def _send(self, client: socket.socket, data: bytes, drip: float) -> None:
        if not drip:
            client.sendall(data)
            return
        for position in range(len(data)):
            client.sendall(data[position:position + 1])
            if self._stop.wait(drip):
                return

    def _hello(self, answer: dict) -> dict:
        """Lead clients here, not past the proxy, and keep them from streaming and compressing."""
        answer = {key: value for key, value in answer.items() if key not in ("topologyVersion", "compression")}
        if self._set:
            answer = {key: value for key, value in answer.items() if key not in ("msg", "electionId", "primary")} | self._set
            return {key: value for key, value in answer.items() if value is not None}
        if "setName" in answer:
            answer |= {"hosts": [self.address], "me": self.address, "primary": self.address}
        return answer

    def _refusal(self, command: Command) -> dict | None:
        for stage, _ in stages(command.body.get("pipeline")):
            if stage in self._stages:
                return error(self._stages[stage], f"Unrecognized pipeline stage name: '{stage}'")
        if self._set and self._set["secondary"]:
            if command.name in WRITES:
                return error(10107, "not primary")
            if command.name in READS and "$readPreference" not in command.body:
                return error(13435, "not primary and secondaryOk=false")
        if command.name == "connectionStatus" and self._privileges is not None:
            return {"authInfo": {"authenticatedUsers": [{"user": "wire", "db": "admin"}], "authenticatedUserRoles": [],
                                 "authenticatedUserPrivileges": self._privileges}, "ok": 1.0}
        for action, database, collection in needs(command):
            if collection in self._denied or not allows(self._privileges, action, database, collection):
                # As mongod says it: with the whole command, and so with any secret that it carries.
                return error(13, f"not authorized on {command.database} to execute command {command.body}")
        return None


def _nothing(_command: Command) -> None:
    pass


def _made(given, command: Command) -> dict:
    return given(command) if callable(given) else given


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Relay MongoDB's wire protocol to HOST:PORT and misbehave.")
    parser.add_argument("target", metavar="HOST:PORT")
    parser.add_argument("--port", type=int, default=0, help="listen on this loopback port (default: a free one)")
    for option, text in (("cut", "end the connection before COMMAND reaches the server"),
                         ("drop", "end the connection after the server applied COMMAND")):
        parser.add_argument(f"--{option}", metavar="COMMAND", action="append", default=[], help=text)
    for option, text in (("delay", "let COMMAND wait"), ("drip", "answer COMMAND byte by byte")):
        parser.add_argument(f"--{option}", metavar="COMMAND=SECONDS", action="append", default=[], help=text)
    parser.add_argument("--refuse-stage", metavar="STAGE", action="append", default=[], help="such as $unionWith")
    parser.add_argument("--deny", metavar="COLLECTION", action="append", default=[])
    parser.add_argument("--role", metavar="FILE", action="append", default=[], help="a createRole document; others are refused")
    parser.add_argument("--database", help="the database that the roles are about")
    return parser.parse_args()


def main() -> None:
    """Run from the command line until interrupted, naming each command as it comes."""
    options = _arguments()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):      # a background job of a shell would ignore SIGINT
        signal.signal(number, lambda *_: ended.set())
    host, _, port = options.target.rpartition(":")
    with Wire(host, int(port), listen=options.port,
              watch=lambda command: print(command.connection, command.name, command.collection or "", flush=True)) as wire:
        for effect in ("cut", "drop"):
            for name in getattr(options, effect):
                wire.on(name, times=None, **{effect: True})
        for effect in ("delay", "drip"):
            for name, _, seconds in (item.partition("=") for item in getattr(options, effect)):
                wire.on(name, times=None, **{effect: float(seconds)})
        for stage in options.refuse_stage:
            wire.refuse_stage(stage)
        wire.deny(*options.deny)
        if options.role:
            wire.enforce(*options.role, database=options.database)
        print(wire.uri(), flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
