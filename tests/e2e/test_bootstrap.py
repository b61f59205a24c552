# SPDX-License-Identifier: MIT
"""bootstrap: a new machine's first credential. It waits for what is not there yet, under one deadline, and changes nothing twice."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import stat
import time

import pytest
from changes import everything, fields, is_fresh, records, state, through
from expect import failed, failed_json, made_older, tree

SOON = 15       # nothing, and whatever a loaded machine adds

pytestmark = pytest.mark.long


@pytest.fixture
def fresh(tool, database, standin, seed):
    """A Pritunl without administrators yet, whose database knows where it is; its front opens when a test says so."""
    server = standin(front="auto")
    seed.settings(database.db, server_port=server.port, server_ssl=False)
    seed.host(database.db, "1" * 32, public_address="127.0.0.1")
    tool.env["PRITUNL_ACCESS_MONGODB_URI"] = database.uri
    return server


@pytest.fixture
def ready(fresh, database, seed):
    """The same, of a version whose first acceptance ends a wait."""
    made_older(database.db, seed, fresh)
    return fresh


def run(tool, *args, **options):
    """One whole bootstrap into a file."""
    return tool.run("bootstrap", "--yes", "--json", "-o", "pair.env", *args, **options)


def open_front(server):
    """The front notices as soon as the flag is there."""
    server.settings_check_interval = 0.05
    server.drop_settings_cache()


def pair_of(tool) -> dict:
    """What the file says."""
    lines = (tool.home / "pair.env").read_text().splitlines()
    return {name: value.strip("'\"") for name, value in (line.split("=", 1) for line in lines)}


def test_from_nothing_to_a_file(tool, fresh, database, seed):
    open_front(fresh)
    seed.administrator(database.db, token=None, secret=None)
    found = run(tool)
    assert found.status == 0, found.stderr
    said, now = found.json(), fields(database.db)
    assert {"administrator", "url", "format", "file", "changed", "verified"} <= set(said)
    assert said["verified"] is True and said["changed"] is True and said["administrator"] == "pritunl"
    assert is_fresh(now, {}) and now["auth_api"] is True
    pair = pair_of(tool)
    assert (pair["PRITUNL_TOKEN"], pair["PRITUNL_SECRET"], pair["PRITUNL_URL"]) == (now["token"], now["secret"], fresh.url)
    assert stat.S_IMODE((tool.home / "pair.env").stat().st_mode) == 0o600


def test_twice_changes_nothing(tool, ready, database, seed):
    seed.administrator(database.db)
    assert run(tool).json()["changed"] is True
    before, home = everything(database.db), tree(tool.home)
    again = run(tool)
    assert again.status == 0 and again.json()["changed"] is False and again.json()["verified"] is True
    assert everything(database.db) == before and tree(tool.home) == home


def test_it_waits_for_the_administrator(tool, ready, database, seed):
    running = tool.start("bootstrap", "--yes", "--json", "-o", "pair.env", "--wait=60")
    running.await_text("no administrators")
    seed.administrator(database.db)
    result = running.wait()
    assert result.status == 0 and result.json()["verified"] is True, result.stderr
    assert result.stderr.count("no administrators") <= 1 + result.seconds // 10, "when it changes, and every ten seconds"


def test_it_counts_down_as_enable_does(tool, fresh, database, seed):
    """On a terminal, in both of its waits; the line is gone when the answer comes."""
    running = tool.start("bootstrap", "--yes", "-o", "pair.env", "--wait=60", tty=True)
    running.await_text(" s left")
    for_administrator = len(running.stdout)
    seed.administrator(database.db)
    fresh.wait_for(lambda: any(each.signed and each.status == 401 for each in fresh.requests))
    open_front(fresh)
    result = running.wait(60)
    left = [int(each) for each in re.findall(r"\r\x1b\[K(\d+) s left", result.stdout)]
    assert result.status == 0 and left and left == sorted(left, reverse=True) and left[0] <= 60, result.stdout
    assert " s left" in result.stdout[:for_administrator] and result.stdout.rsplit(" s left", 1)[1].startswith("\r\x1b[K")
    assert " s left" not in tool.run("bootstrap", "--yes", "-o", "pair.env").stderr


def test_it_waits_for_the_named_administrator(tool, ready, database, seed):
    seed.administrator(database.db, "somebody")
    running = tool.start("bootstrap", "automation", "--yes", "--json", "-o", "pair.env", "--wait=60")
    running.await_text("automation")
    seed.administrator(database.db, "automation")
    assert running.wait().json()["administrator"] == "automation"
    assert fields(database.db, "somebody")["auth_api"] is None


def test_it_waits_for_the_database(own_server, tool, standin, seed):
    server = own_server()
    uri, name = server.uri("later"), "later"
    seed.administrator(server.client()[name])
    server.stop()
    tool.env["PRITUNL_ACCESS_MONGODB_URI"] = uri
    running = tool.start("bootstrap", "--yes", "--json", "-o", "pair.env", "--wait=60")
    running.await_text("waiting: cannot reach the database")
    server.start()
    pritunl = standin(over=_Over(server, name, uri), front="auto", settings_check_interval=0.05)
    db = server.client()[name]
    seed.settings(db, server_port=pritunl.port, server_ssl=False)
    seed.host(db, "1" * 32, public_address="127.0.0.1")
    result = running.wait(60)
    if result.status == 2:      # it came before the settings were there: the URL is not known then
        assert "URL" in result.stderr + result.stdout
        result = run(tool)
    assert result.status == 0 and result.json()["verified"] is True, (result.stdout, result.stderr)


class _Over:
    client = None

    def __init__(self, server, name, uri):
        self.server, self.name, self.uri = server, name, uri


def test_one_deadline_for_everything(tool, fresh, database, address, seed):
    seed.administrator(database.db)
    began = time.monotonic()
    result = run(tool, "--wait=2")
    assert 1.5 < time.monotonic() - began < 2 + SOON
    error = result.json()["error"]
    assert result.status == 9 and error["kind"] == "web-strict", error
    assert not (tool.home / "pair.env").exists() and fields(database.db)["auth_api"] is True
    records(tool.home / ".local/state/pritunl-access")


@pytest.mark.parametrize("kind", ["refused", "silent", "blackhole"])
def test_a_database_that_never_comes(tool, address, kind):
    where = address(kind)
    tool.env |= {"PRITUNL_ACCESS_MONGODB_URI": f"mongodb://{where}/pritunl", "PRITUNL_ACCESS_CONNECT_TIMEOUT": "60"}
    began = time.monotonic()
    result = run(tool, "--wait=2", "--quiet")
    failed_json(result, 9, "the wait ran out", kind="database-unreachable")
    assert time.monotonic() - began < 2 + SOON


def test_an_administrator_who_never_comes(tool, fresh):
    failed(tool.run("bootstrap", "--yes", "--wait=1", "-o", "x"), 9, "the wait ran out", "no administrators", warnings=True)


def test_what_the_end_of_the_wait_cuts_off_is_no_answer(tool, fresh, database, wire):
    """The round before was whole: there is nobody, and the database is there."""
    proxy = wire()
    held = proxy.hold(("find", "aggregate"), "administrators", nth=2)
    try:
        result = tool.run("bootstrap", "--yes", "--wait=2", "-o", "x", env={"PRITUNL_ACCESS_MONGODB_URI": proxy.uri(database.name)})
    finally:
        held.release()
    assert held.reached.is_set()
    failed(result, 9, "the wait ran out", "no administrators", warnings=True)


def test_what_will_not_change_is_not_waited_for(tool, fresh, database, seed, wire):
    seed.administrator(database.db, "one")
    seed.administrator(database.db, "two")
    began = time.monotonic()
    failed_json(run(tool), 4, "one, two")
    failed_json(run(tool, "-f", "nothing"), 2)
    failed_json(run(tool, "--mongodb-uri-file", "/nowhere"), 2)
    assert time.monotonic() - began < 20
    assert not (tool.home / "pair.env").exists()


def test_without_yes_it_is_wrong_usage(tool, fresh, database, seed):
    seed.administrator(database.db)
    before = everything(database.db)
    failed(tool.run("bootstrap", "-o", "pair.env"), 2, "--yes", attempt="bootstrap --yes")
    assert tool.run("bootstrap", tty=True, stdin="y\n").status == 2
    assert everything(database.db) == before and tree(tool.home) == {}


def test_a_dry_run(tool, fresh, database, seed):
    seed.administrator(database.db)
    before = everything(database.db)
    result = run(tool, "--dry-run")
    assert result.status == 0 and result.json()["dry_run"] is True and result.json()["changed"] == ["auth_api"]
    assert everything(database.db) == before and tree(tool.home) == {}


def test_to_standard_output(tool, ready, database, seed):
    seed.administrator(database.db)
    result = tool.run("bootstrap", "--yes", "-f", "json", reveals=True)
    now = fields(database.db)
    assert result.status == 0 and json.loads(result.stdout)["PRITUNL_TOKEN"] == now["token"]
    assert now["secret"] not in result.stderr


def no_files():
    """The disk is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)       # libmongoc writes a file of its own before main
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_an_output_that_cannot_be_written(tool, ready, database, seed):
    """A wrong place is found before anything is changed. On a full disk the change stands; the next run finds everything done."""
    seed.administrator(database.db)
    failed_json(tool.run("bootstrap", "--yes", "--json", "-o", "/proc/nowhere/pair.env"), 7, "/proc/nowhere")
    assert fields(database.db)["auth_api"] is None
    result = run(tool, "--no-undo", preexec_fn=no_files)
    assert result.status == 7 and fields(database.db)["auth_api"] is True
    assert run(tool).json()["changed"] is True


def test_a_disabled_administrator(tool, fresh, database, seed):
    seed.administrator(database.db, disabled=True)
    before = everything(database.db)
    failed_json(run(tool), 6, "disabled", kind="administrator-disabled")
    assert everything(database.db) == before


def test_no_state_directory(tool, ready, database, seed):
    """A container with a read-only home: a first enable overwrites nothing, and needs no record."""
    seed.administrator(database.db)
    result = run(tool, env={"HOME": "/proc/nowhere"})
    assert result.status == 0 and "no undo record" in result.stderr and fields(database.db)["auth_api"] is True


def test_a_conflict_while_it_enables(site, wire):
    site.admin(auth_api=None)
    tap = wire()
    through(site, tap)
    tap.on("findAndModify", before=lambda _: site.db.administrators.update_one({}, {"$set": {"auth_api": 0}}))
    failed_json(site.run("bootstrap", "--yes", "--json", "-o", "x"), 8, kind="conflict")
    assert fields(site.db)["auth_api"] == 0
    records(state(site))


def test_rounds_leave_no_pools_behind(tool, ready, database, seed, wire):
    """With several members each round has a pool with threads of its own, which end when the round has."""
    tap = wire()
    tap.replica_set()
    tool.env["PRITUNL_ACCESS_MONGODB_URI"] = tap.uri(database.name, replicaSet="wire", directConnection="false")
    running = tool.start("bootstrap", "--yes", "--json", "-o", "pair.env", "--wait=100")
    ready.wait_for(lambda: len(tap.sent("aggregate")) >= 12)
    ready.wait_for(lambda: len(os.listdir(f"/proc/{running.pid}/task")) <= 6)
    seed.administrator(database.db)
    assert running.wait().status == 0
