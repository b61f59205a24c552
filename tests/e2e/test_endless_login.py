# SPDX-License-Identifier: MIT
"""
A login that never ends, at any moment: the server wants the password hashed more often than any machine can. The driver bounds
everything but that. What is given up so is waited for no more, is tried once, and is no "no".
"""

from __future__ import annotations

import itertools
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from changes import PAIR, everything, fields, records, state
from conftest import Fresh, fresh_name
from expect import Site, failed, failed_json
from harness.hostile import HostileDatabase, silent
from harness.scram import hashes, wants
from harness.tool import Tool
from kills import ALL

ENDLESS = 2**31 - 1         # so many rounds take longest on any machine
GREETED = "speculativeAuthenticate"     # a login that begins in the greeting
USER, PASSWORD = "who-writes", "password-of-who-writes"
LIMITS = ("--connect-timeout=1", "--timeout=2")
GIVEN_UP = "came to no end within 4000 ms, and kept computing"


@pytest.fixture(scope="module")
def guarded(login_server):
    """The server that wants a login, and the user by whom the tool logs in."""
    login_server.add_user(USER, PASSWORD, [{"role": "root", "db": "admin"}])
    yield login_server
    login_server.client().admin.command("dropUser", USER)


@dataclass(frozen=True)
class Write:
    """A command that writes, what was run before it, and how the write is called on the wire."""

    name: str
    args: tuple
    what: str = "pritunl was changed"
    then: str = "pritunl-access list, then the same command again"
    before: tuple = ()


ISSUED = (("issue", "job", "--yes"),)
WRITES = {
    "rotate": Write("findAndModify", ("rotate",)), "enable": Write("findAndModify", ("enable", "--rotate")),
    "recover": Write("findAndModify", ("recover", "--password-file", "new")),
    "undo": Write("findAndModify", ("undo",), before=(("rotate", "--yes"),)),
    "update": Write("update", ("rotate",)),
    "issue": Write("insert", ("issue", "job"), "the administrator was made", "pritunl-access list --issued"),
    "exec": Write("insert", ("exec", "--issue", "1h", "--", "true"), "the administrator was made", "pritunl-access list --issued"),
    "revoke": Write("delete", ("revoke", "job"), "the administrator was deleted", "pritunl-access list --issued", ISSUED),
}


def place(server, tap, tool, standin, seed, home: Path) -> Site:
    """A database of its own behind the wire, and a tool that logs in to it."""
    name = fresh_name()
    fresh = Fresh(server, name, server.uri(name, USER, PASSWORD), USER, PASSWORD)
    home.mkdir(mode=0o700)
    (home / "new").write_text("a new password\n")
    (home / "new").chmod(0o600)
    pritunl = standin(over=fresh)
    own = Tool(home, env=tool.env | {"PRITUNL_ACCESS_MONGODB_URI": fresh.uri.replace(f":{server.port}/", f":{tap.port}/"),
                                     "PRITUNL_ACCESS_URL": pritunl.url})
    own.records = tool.records
    return Site(own, fresh, pritunl, seed)


def never_again(tap, write: Write, effect: str) -> threading.Event:
    """
    The write's connection ends, before (cut) or after (drop) the server did it; on the next one the login has no end. Set when that
    has begun.
    """
    begun = threading.Event()

    def endless(command):
        begun.set()
        return wants(ENDLESS, 28, command.body)

    def greeted(command):
        begun.set()
        return {GREETED: wants(ENDLESS, 28, command.body[GREETED])}

    def turn(_command):
        tap.on("hello", times=None, where=lambda command: GREETED in command.body, amend=greeted)
        tap.on("saslStart", times=None, answer=endless)
    if write.name == "update":
        tap.on("findAndModify", answer={"ok": 0.0, "code": 238, "codeName": "NotImplemented", "errmsg": "no"})
    tap.on(write.name, "administrators", before=turn, **{effect: True})
    return begun


WAYS = [("cut", "true"), ("drop", "true"), ("drop", "false")]


@pytest.mark.long
@pytest.mark.parametrize(("way", "effect", "retry"), [(number, *way) for number, way in enumerate(WAYS)])
def test_a_write_that_is_given_up(guarded, wire, tool, standin, seed, way, effect, retry):
    """
    With retryWrites it is the write itself that never ends, without it the look at what became of it. Whether it was made or not,
    it is said not to be known, and how to find out; what leads back from it is kept.
    """
    sites, taps = {}, {}
    writes = {name: write for number, (name, write) in enumerate(WRITES.items()) if ALL or number % len(WAYS) == way}
    for name, write in writes.items():
        tap = taps[name] = wire(guarded)
        site = sites[name] = place(guarded, tap, tool, standin, seed, tool.home / name)
        site.admin()
        site.admin("other")
        for args in write.before:
            assert site.run(*args, reveals=True, env={"PRITUNL_ACCESS_ADMINISTRATOR": "pritunl"}).status == 0

    def attempt(name):
        site, write = sites[name], WRITES[name]
        before = everything(site.db)
        never_again(taps[name], write, effect)
        uri = site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] + f"&retryWrites={retry}"
        command, *rest = write.args
        env = {"PRITUNL_ACCESS_MONGODB_URI": uri, "PRITUNL_ACCESS_ADMINISTRATOR": "pritunl"}
        return before, site.run(command, "--yes", "--json", *LIMITS, *rest, env=env, timeout=60)

    with ThreadPoolExecutor(len(writes)) as pool:
        ends = dict(zip(writes, pool.map(attempt, writes), strict=True))
    for name, (before, result) in ends.items():
        site, write = sites[name], WRITES[name]
        error = failed_json(result, 125 if name == "exec" else 3, f"it is not known whether {write.what}", GIVEN_UP, kind="database-unreachable")
        assert error["try"] == write.then, name
        assert "nothing was" not in error["message"], name
        assert (everything(site.db) != before) is (effect == "drop"), name
        cut = next(rule for rule in taps[name].rules if rule.names == (write.name,) and "before" in rule.effect)
        after = [each.name for each in taps[name].commands[-3:]]
        assert (cut.seen, after.count("hello")) == (1, 1), f"{name}: sent once, and one login without end: {after}"
    for name in writes.keys() & {"rotate", "enable", "recover", "update"}:
        leads_back(sites[name], effect)
    for site in sites.values():
        site.database.drop()


def leads_back(site, effect) -> None:
    """Of a change that was made after all, undo takes it back; of one that was not, it says so."""
    [kept] = records(state(site))
    now = fields(site.db)
    env = {"PRITUNL_ACCESS_MONGODB_URI": site.database.uri}
    result = site.run("undo", kept["id"], "--yes", "--json", env=env)
    if effect == "drop":
        assert result.status == 0 and result.json()["changed"], result.stderr
        assert all(fields(site.db)[name] != now[name] for name in result.json()["changed"] if name in PAIR)
    else:
        assert result.status != 0 and fields(site.db) == now, (result.status, result.stdout, result.stderr)


# ---- whoever waits, and whatever the URI says


def test_bootstrap_tries_it_once(tool):
    """Each try would leave one more at work, and the last of a hundred comes to no other end."""
    with HostileDatabase(login=hashes(ENDLESS, 28)) as server:
        env = {"PRITUNL_ACCESS_MONGODB_URI": server.uri(f"{USER}:{PASSWORD}@", authMechanism="SCRAM-SHA-256")}
        result = tool.run("bootstrap", "--yes", "-o", "pair.env", "--wait=20", "--timeout=1", "--connect-timeout=1", env=env)
        assert server.seen.count("saslStart") == 1
    failed(result, 3, "came to no end within 3000 ms, and kept computing", attempt="pritunl-access config")


@pytest.mark.parametrize("limit", ["0", "-1"])
@pytest.mark.parametrize(("state", "words"), [("query", "no answer came in time"), ("login", "came to no end within 3000 ms")])
def test_no_limit_in_the_uri_is_ours(tool, state, words, limit):
    """Of socketTimeoutMS=0 the driver makes five minutes."""
    login = f"{USER}:{PASSWORD}@" if state == "login" else ""
    with HostileDatabase(**{state: hashes(ENDLESS, 28) if login else silent}) as server:
        options = {"socketTimeoutMS": limit, "connectTimeoutMS": limit} | ({"authMechanism": "SCRAM-SHA-256"} if login else {})
        result = tool.run("list", "--timeout=1", "--connect-timeout=1", env={"PRITUNL_ACCESS_MONGODB_URI": server.uri(login, **options)})
    failed(result, 3, words)


# ---- signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE])
def test_a_signal_ends_what_the_driver_does_not(tool, number):
    """The thread of the call takes none; SIGPIPE says nothing of us."""
    with HostileDatabase(login=hashes(ENDLESS, 28)) as server:
        env = {"PRITUNL_ACCESS_MONGODB_URI": server.uri(f"{USER}:{PASSWORD}@", authMechanism="SCRAM-SHA-256")}
        limit = 1 if number == signal.SIGPIPE else 300
        running = tool.start("list", f"--timeout={limit}", "--connect-timeout=1", env=env)
        server.await_command("saslStart")
        running.signal(number)
        result = running.wait(60)
    if number == signal.SIGPIPE:
        failed(result, 3, "came to no end within 3000 ms")
    else:
        assert (result.status, result.stdout, result.stderr) == (-number, "", "")


HELD = {"issue": WRITES["issue"], "exec": WRITES["exec"],
        "recover": Write("findAndModify", ("recover",), then="pritunl-access list, then the same command again")}


@pytest.mark.parametrize(("name", "effect"), [*itertools.product(HELD, ("cut", "drop"))] if ALL else [
    ("issue", "cut"), ("exec", "drop"), ("recover", "cut")])
def test_a_signal_that_waits_for_a_write(guarded, wire, tool, standin, seed, name, effect):
    """What nobody has but this process is decided first: that nobody can is said, before the signal ends it."""
    write, tap = HELD[name], wire(guarded)
    site = place(guarded, tap, tool, standin, seed, tool.home / name)
    site.admin()
    begun = never_again(tap, write, effect)
    command, *rest = write.args
    running = site.tool.start(command, "--yes", *LIMITS, *rest)
    assert begun.wait(60)
    running.signal(signal.SIGTERM)
    result = running.wait(60)
    assert result.status == -signal.SIGTERM and result.stdout == "", (result.status, result.stdout, result.stderr)
    assert f"it is not known whether {write.what}" in result.stderr and f"try: {write.then}" in result.stderr, result.stderr
    site.database.drop()
