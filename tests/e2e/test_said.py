# SPDX-License-Identifier: MIT
"""Whether an answer can be written is found out before anything is; and what was done is said, whatever fails after it."""

from __future__ import annotations

import os
import re
import resource
import signal
from pathlib import Path

import pytest
from expect import failed, private

WRITES = {
    "enable": ("enable", "pritunl", "--yes"), "disable": ("disable", "pritunl", "--yes"), "rotate": ("rotate", "pritunl", "--yes"),
    "disable --all": ("disable", "--all", "--yes"), "recover": ("recover", "pritunl", "--yes"), "undo": ("undo", "--yes"),
    "revoke": ("revoke", "job", "--yes"), "recover --password-file": ("recover", "pritunl", "--yes", "--password-file", "password"),
    "issue": ("issue", "new", "--yes"), "issue --json": ("issue", "new", "--yes", "-o", "new.env", "--json"),
    "overlap": ("rotate", "--overlap", "new", "--yes"), "bootstrap": ("bootstrap", "--yes"),
    "routes": ("routes", "add", "office", "--file", "networks", "--yes"), "api": ("api", "POST", "/organization", "-d", '{"name": "more"}'),
    "restore": ("restore", "all", "--yes"), "forget": ("forget", "job.env", "--revoke", "--yes"), "finish": ("rotate", "--finish", "job", "--yes"),
}
LIMIT = 1 << 20         # of a file's size, where only the write shows it
# What stands afterwards where the answer could not be written: as it is said, or nothing.
AFTERWARDS = {"enable": "pritunl: auth_api changed", "disable": "pritunl: auth_api changed", "rotate": "pritunl: token, secret changed",
              "recover --password-file": "pritunl: password, default, default_password changed", "revoke": "was revoked",
              "bootstrap": "pritunl: auth_api changed", "routes": "2 of 2 routes were added", "api": "POST /organization was done (status 200)",
              "issue": None, "issue --json": None, "overlap": None}
# The same where a record of it could be written.
RECORDED = {"enable": "pritunl: auth_api changed; undo: ", "disable": "pritunl: auth_api changed; undo: ",
            "disable --all": "pritunl: auth_api changed; undo: ", "rotate": "pritunl: token, secret changed; undo: ",
            "recover --password-file": "pritunl: password, default, default_password changed; undo: ",
            "undo": "pritunl: auth_api changed; undo: ", "restore": "pritunl: token, secret changed; undo: ",
            "forget": "was revoked", "finish": "was revoked"}
PREPARED = {"undo": (("disable", "pritunl", "--yes"),), "revoke": (("issue", "job", "--yes"),),
            "restore": (("snapshot", "-o", "all"), ("rotate", "pritunl", "--yes")), "forget": (("issue", "job", "--yes", "-o", "job.env"),),
            "finish": (("rotate", "--overlap", "job", "--yes", "--wait=20", "-o", "job.env"),)}


@pytest.fixture
def prepared(site):
    """Something that each of them would change."""
    def make(command):
        site.admin(auth_api=command not in ("enable", "bootstrap"), super_user=True)
        site.seed.settings(site.db, server_port=site.pritunl.port, server_ssl=False)
        site.seed.host(site.db, "1" * 32, public_address="127.0.0.1")
        site.seed.server(site.db, "office")
        private(site.tool.home / "password", "a new password")
        private(site.tool.home / "networks", "10.2.0.0/16\n10.3.0.0/16\n")
        site.pritunl.recount()
        for words in PREPARED.get(command, ()):
            assert site.run(*words, reveals=True).status == 0
        return there(site)
    return make


def there(site):
    """All that a command may change."""
    return [list(site.db[name].find()) for name in ("administrators", "servers", "organizations")]


@pytest.mark.parametrize("command", WRITES)
def test_a_full_device(site, prepared, command):
    before = prepared(command)
    with open("/dev/full", "wb") as full:
        failed(site.run(*WRITES[command], stdout=full), 7, "standard output", "nothing was changed")
    assert there(site) == before


@pytest.mark.parametrize("command", ["rotate", "revoke"])
def test_nobody_reads(site, prepared, command):
    before = prepared(command)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        failed(site.run(*WRITES[command], stdout=pipe), 7, "nothing was changed")
    assert there(site) == before


@pytest.mark.parametrize("quiet", [(), ("-q",)])
@pytest.mark.parametrize(("command", "size"), [*((name, 0) for name in AFTERWARDS), *((name, LIMIT) for name in RECORDED)])
def test_known_only_afterwards(site, prepared, command, size, quiet):
    """A limit on the size of files, which standard output has: it cannot be written, and nothing could tell before."""
    before = prepared(command)
    more = ("--no-undo",) if not size and command in ("enable", "disable", "rotate", "recover --password-file") else ()
    said = RECORDED[command] if size else AFTERWARDS[command]
    (site.tool.home / "out").write_bytes(bytes(size))

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    with open(site.tool.home / "out", "ab") as out:
        result = site.run(*WRITES[command], *more, *quiet, stdout=out, preexec_fn=limit)
    assert result.status == 7 and (said or "") in result.stderr, result.stderr
    assert (there(site) == before) == (said is None)


def test_forget_says_what_was_revoked(site, prepared, home, wire):
    """The file is another one by the time that it is to go: the pair is gone all the same."""
    site.admin(super_user=True)
    site.pritunl.recount()
    assert site.run("issue", "job", "--yes", "-o", "job.env").status == 0
    tap = wire()
    hold = tap.hold("delete", "administrators", applied=True)
    running = site.tool.start("forget", "job.env", "--revoke", "--yes", env={"PRITUNL_ACCESS_MONGODB_URI": tap.uri(site.database.name)})
    assert hold.reached.wait(30)
    path = home / "job.env"
    path.write_text(path.read_text() + "# more\n")
    hold.release()
    result = running.wait()
    assert result.status == 8 and "was changed meanwhile" in result.stderr and "was revoked" in result.stderr, result.stderr
    assert path.exists() and site.db.administrators.count_documents({}) == 1


def test_forget_says_what_was_deleted_quietly_too(site, home, wire):
    """The first one is gone, the second was changed meanwhile."""
    site.admin()
    assert site.run("export", "-o", "first.env").status == 0 and site.run("export", "-o", "second.env").status == 0
    tap = wire()
    hold = tap.hold("findAndModify", "administrators", applied=True)
    running = site.tool.start("forget", "first.env", "second.env", "--revoke", "--yes", "-q", env={"PRITUNL_ACCESS_MONGODB_URI": tap.uri(site.database.name)})
    assert hold.reached.wait(30)
    path = home / "second.env"
    path.write_text(path.read_text() + "# more\n")
    hold.release()
    result = running.wait()
    assert result.status == 8 and "second.env was changed meanwhile" in result.stderr and not (home / "first.env").exists()
    assert "first.env: deleted" in result.stderr and "pritunl: token, secret changed; undo: " in result.stderr


def test_undo_of_a_disable_asks_the_api(site):
    site.admin()
    assert site.run("disable", "--yes").status == 0
    site.pritunl.requests.clear()
    answer = site.run("undo", "--yes", "--json").json()
    assert answer["verified"] in (True, False) and site.signed(), answer
    site.pritunl.requests.clear()
    assert site.run("undo", "--yes", "--json").json()["verified"] is None and not site.signed(), "off again: nothing to ask"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_waits_for_the_password(site, wire, number):
    """Between the write and the print: whoever asked has the password that is in force."""
    site.admin()
    tap = wire()
    hold = tap.hold("findAndModify", "administrators", applied=True)
    running = site.tool.start("recover", "--yes", "--json", reveals=True, env={"PRITUNL_ACCESS_MONGODB_URI": tap.uri(site.database.name)})
    assert hold.reached.wait(30)
    running.signal(number)
    hold.release()
    result = running.wait()
    assert result.status == -number
    assert site.pritunl.login("pritunl", result.json()["password"])


def test_a_signal_waits_for_the_word_that_the_password_is_lost(site, wire):
    """It cannot be shown, and nobody has it: that is said before the signal ends the process."""
    site.admin()
    tap = wire()
    hold = tap.hold("findAndModify", "administrators", applied=True)
    (site.tool.home / "out").write_bytes(bytes(LIMIT))
    with open(site.tool.home / "out", "ab") as out:
        running = site.tool.start("recover", "--yes", stdout=out, env={"PRITUNL_ACCESS_MONGODB_URI": tap.uri(site.database.name)},
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT)))
        assert hold.reached.wait(30)
        running.signal(signal.SIGTERM)
        hold.release()
        result = running.wait()
    assert result.status == -signal.SIGTERM and "the password of pritunl was changed, and nobody knows the new one" in result.stderr
    assert "try: pritunl-access undo " in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_what_a_signal_cuts_short_says_what_was_done(site, number):
    """Whoever does not want to wait any longer hears what was changed, and its undo."""
    site.admin(auth_api=False)
    site.pritunl.front = "strict"
    running = site.tool.start("enable", "--wait=60", "--yes")
    site.pritunl.wait_for(lambda: any(each.signed for each in site.pritunl.requests))
    running.signal(number)
    result = running.wait()
    assert result.status == -number
    assert re.search(r"ended by SIG\w+\n.*pritunl: auth_api changed; undo: pritunl-access undo \S+\n\Z", result.stderr), result.stderr


@pytest.mark.skipif(os.geteuid() != 0 or "PRITUNL_ACCESS_RUNNER" in os.environ, reason="takes root, and the program alone")
def test_the_first_process_of_a_container_ends_by_a_signal(site, monkeypatch):
    """Which the kernel does not end by a signal of its own: not said and then not done."""
    monkeypatch.setenv("PRITUNL_ACCESS_RUNNER", "unshare --pid --fork --kill-child")
    site.admin(auth_api=False)
    site.pritunl.front = "strict"
    running = site.tool.start("enable", "--wait=3600", "--yes")
    site.pritunl.wait_for(lambda: any(each.signed for each in site.pritunl.requests))
    pid = running.process.pid
    first, = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(int(first), signal.SIGTERM)
    result = running.wait()
    assert result.status == 128 + signal.SIGTERM and "ended by SIGTERM" in result.stderr, result.stderr


def test_a_signal_between_many_says_what_was_done(site, wire):
    for name in ("one", "two", "three"):
        site.admin(name)
    tap = wire()
    hold = tap.hold("findAndModify", "administrators", nth=2)
    running = site.tool.start("disable", "--all", "--yes", "-q", env={"PRITUNL_ACCESS_MONGODB_URI": tap.uri(site.database.name)})
    assert hold.reached.wait(30)
    running.signal(signal.SIGINT)
    result = running.wait()
    hold.release()
    assert result.status == -signal.SIGINT
    assert "one: auth_api changed; undo: " in result.stderr and "two:" not in result.stderr and "a write was under way" in result.stderr


def test_a_signal_where_nothing_was_done_says_nothing(site, wire):
    site.admin()
    tap = wire()
    hold = tap.hold("aggregate")
    running = site.tool.start("disable", "--yes", env={"PRITUNL_ACCESS_MONGODB_URI": tap.uri(site.database.name)})
    assert hold.reached.wait(30)
    running.signal(signal.SIGINT)
    result = running.wait()
    hold.release()
    assert (result.status, result.stdout, result.stderr) == (-signal.SIGINT, "", "")
