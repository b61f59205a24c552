# SPDX-License-Identifier: MIT
"""--wait: it ends when the contract's rule is met, not before and not long after; when it runs out it says who did not accept."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest
from changes import answer, fields, records, state
from expect import failed, failed_json

SOON = 15       # a second, and whatever a loaded machine adds; the waits here are of 30 s, and must not be used up
LOCAL = ("127.0.0.1", "127.0.0.2", "127.0.0.3")

pytestmark = pytest.mark.long


class Cluster:
    """Hosts over one database, each with its own address and the one port, as in Pritunl. Each front opens when a test says so."""

    def __init__(self, tool, database, standin, seed, count=2, tls=None):
        self.tool, self.db, self.seed = tool, database.db, seed
        self.hosts, port = [], 0
        for number in range(count):
            server = standin(host=LOCAL[number], port=port, front="auto", tls=tls, host_id=str(number) * 32)
            port = server.port
            self.hosts.append(server)
            seed.host(self.db, str(number) * 32, name=f"host-{number}", public_address=LOCAL[number])
        seed.settings(self.db, server_port=port, server_ssl=False)
        self.admin = seed.administrator(self.db)
        for server in self.hosts:
            server.recount()
        tool.env["PRITUNL_ACCESS_MONGODB_URI"] = database.uri

    def start(self, *args, **options):
        """Start the tool."""
        return self.tool.start(*args, **options)


@pytest.fixture
def cluster(tool, database, standin, seed):
    """Make a cluster."""
    return lambda **options: Cluster(tool, database, standin, seed, **options)


def signed(server) -> list:
    """The signed requests that a stand-in has answered."""
    return [each for each in server.requests if each.signed and each.status is not None]


def ends(running, moment) -> float:
    """Wait for the end; how long after that moment it came."""
    result = running.wait(60)
    return result, time.monotonic() - moment


@pytest.mark.parametrize("command", ["enable", "bootstrap"])
def test_fronts_that_open_one_by_one(cluster, command, home):
    made = cluster()
    first, second = made.hosts
    assert first.web_mode == second.web_mode == "strict"
    args = ["-o", home / "pair.env"] if command == "bootstrap" else []
    running = made.start(command, "--yes", "--json", "--wait=60", *args)
    first.wait_for(lambda: signed(first) and signed(second))
    assert first.recount() == "normal"
    first.wait_for(lambda: any(each.status == 200 for each in signed(first)))
    running.await_text("host-1")
    assert running.process.poll() is None, "one host alone is not enough"
    second.recount()
    moment = time.monotonic()
    result, late = ends(running, moment)
    assert result.status == 0, result.stderr
    assert late < SOON and result.json()["verified"] is True
    assert signed(second)[-1].status == 200 and {each.status for each in signed(second)[:-1]} == {401}
    assert "host-0" in result.stderr and "at most" in result.stderr


def test_a_front_that_restarts_is_waited_for(cluster):
    made = cluster(count=1)
    (server,) = made.hosts
    server.restart_away_s = 0.3
    running = made.start("enable", "--yes", "--json", "--wait=30")
    server.wait_for(lambda: signed(server))
    server.recount()
    result, late = ends(running, time.monotonic())
    assert answer(result)["verified"] is True and late < SOON


def test_the_wait_runs_out_and_names_the_host(cluster):
    made = cluster()
    first, _ = made.hosts
    running = made.start("enable", "--yes", "--wait=2")
    first.wait_for(lambda: signed(first))
    first.recount()
    result = running.wait()
    failed(result, 9, "host-1", attempt="verify --every-host", warnings=True)
    assert fields(made.db)["auth_api"] is True and "undo: pritunl-access undo" in result.stderr and result.seconds < 2 + SOON
    records(made.tool.home / ".local/state/pritunl-access")


def test_the_wait_runs_out_in_json(cluster):
    made = cluster(count=1)
    result = made.tool.run("enable", "--yes", "--json", "--wait=1", "--quiet")
    error = failed_json(result, 9, "host-0", done="pritunl: auth_api changed; undo: ")
    assert error["kind"] == "web-strict"


def test_server_auto_restart_off_is_said(cluster):
    made = cluster(count=1)
    made.seed.settings(made.db, server_auto_restart=False)
    (server,) = made.hosts
    running = made.start("enable", "--yes", "--wait=30")
    running.await_text("server_auto_restart")
    assert server.recount() == "strict"
    server.restart_front()
    result, late = ends(running, time.monotonic())
    assert result.status == 0 and late < SOON


@pytest.mark.parametrize("kind", ["refused", "silent", "nowhere"])
def test_hosts_that_cannot_be_reached_do_not_count(cluster, kind):
    """One host is there; another's only address leads nowhere (plain http to elsewhere than loopback is never used)."""
    made = cluster(count=1)
    (server,) = made.hosts
    where = {"refused": "127.0.0.9", "silent": "127.0.0.8", "nowhere": "192.0.2.7"}[kind]
    made.seed.host(made.db, "9" * 32, name="host-far", public_address=where)
    with socket.create_server((where, server.port)) if kind == "silent" else contextlib.nullcontext():
        running = made.start("enable", "--yes", "--json", "--wait=30")
        server.wait_for(lambda: signed(server))
        server.recount()
        result, late = ends(running, time.monotonic())
    assert answer(result)["verified"] is True
    assert "host-far cannot be reached from here" in result.stderr and "host-0 cannot" not in result.stderr
    assert late < SOON, "3 s tell that a host cannot be reached"


def test_a_host_behind_a_black_hole(tool, database, standin, seed, pki):
    """TLS, as it is in life: the other host's address swallows everything."""
    server = standin(front="auto", tls=pki.pritunl)
    seed.settings(database.db, server_cert=pki.pritunl.certificate, server_port=server.port)
    seed.host(database.db, "0" * 32, name="host-0", public_address="127.0.0.1")
    seed.host(database.db, "9" * 32, name="host-far", public_address="192.0.2.7")
    seed.administrator(database.db)
    server.recount()
    tool.env["PRITUNL_ACCESS_MONGODB_URI"] = database.uri
    running = tool.start("enable", "--yes", "--json", "--wait=30")
    server.wait_for(lambda: signed(server))
    server.recount()
    result, late = ends(running, time.monotonic())
    assert answer(result)["verified"] is True and "host-far cannot be reached from here" in result.stderr
    assert late < SOON


def test_offline_hosts_are_nobody(cluster):
    made = cluster(count=1)
    made.seed.host(made.db, "9" * 32, name="host-stale", public_address="127.0.0.9", status="offline")
    (server,) = made.hosts
    running = made.start("enable", "--yes", "--json", "--wait=30")
    server.wait_for(lambda: signed(server))
    server.recount()
    result = running.wait()
    assert answer(result)["verified"] is True and "host-stale" not in result.stderr


# ---- one address alone: a balancer


def test_behind_one_address_the_interval_is_waited_for(site):
    """No host of its own can be asked: five in a row, and settings_check_interval + 5 s since the change."""
    site.admin(auth_api=None)
    site.seed.settings(site.db, settings_check_interval=1)
    changed = []
    site.pritunl.on_answer = lambda record: changed.append(time.monotonic())
    running = site.tool.start("enable", "--yes", "--json", "--wait=30")
    site.pritunl.wait_for(lambda: site.db.administrators.find_one({"auth_api": True}))
    moment = time.monotonic()
    result, took = ends(running, moment)
    assert answer(result)["verified"] is True and "one address only" in result.stderr
    assert 5.5 < took < 6 + SOON, "1 s + 5 s, whatever the machine"
    assert len(site.signed()) >= 5 and {each.status for each in site.signed()} == {200}
    assert len({each.connection for each in site.signed()}) == len(site.signed()), "each on a fresh connection"


def test_behind_one_address_a_refusal_begins_the_row_anew(site):
    """Two fronts behind a balancer take turns; one opens late. The end comes only after five in a row."""
    site.admin(auth_api=None)
    site.seed.settings(site.db, settings_check_interval=1)
    late = threading.Event()
    site.pritunl.front = "strict"

    def turn(record):
        if late.is_set():
            site.pritunl.front = "normal"
        else:
            site.pritunl.front = "normal" if site.pritunl.web_mode == "strict" else "strict"

    site.pritunl.on_answer = turn
    running = site.tool.start("enable", "--yes", "--json", "--wait=40")
    site.pritunl.wait_for(lambda: len(site.signed()) > 28 or running.process.poll() is not None, 30)
    assert running.process.poll() is None, "never five in a row"
    late.set()
    mark = len(site.signed())
    result = running.wait()
    assert answer(result)["verified"] is True and [each.status for each in site.signed()[-5:]] == [200] * 5
    assert len(site.signed()) >= mark + 4


def test_an_address_that_two_hosts_share_is_a_balancers(cluster):
    made = cluster(count=1)
    made.seed.host(made.db, "9" * 32, name="host-other", public_address=LOCAL[0])
    made.seed.settings(made.db, settings_check_interval=1)
    made.hosts[0].front = "normal"
    running = made.start("enable", "--yes", "--json", "--wait=30")
    result = running.wait()
    assert answer(result)["verified"] is True and "one address only" in result.stderr


def test_rotate_and_undo_wait_too(cluster):
    made = cluster(count=1)
    made.hosts[0].front = "normal"
    assert made.tool.run("enable", "--yes").status == 0
    for command in ("rotate", "undo"):
        assert answer(made.tool.run(command, "--yes", "--json", "--wait=20"))["verified"] is True


def test_waiting_where_nothing_is_to_be_changed(cluster):
    made = cluster(count=1)
    made.hosts[0].front = "normal"
    assert made.tool.run("enable", "--yes").status == 0
    again = answer(made.tool.run("enable", "--yes", "--json", "--wait=20"))
    assert again["changed"] == [] and again["verified"] is True


def test_waiting_for_an_administrator_whose_access_is_off(site):
    site.admin(auth_api=None)
    before = fields(site.db)
    failed_json(site.run("rotate", "--yes", "--json", "--wait"), 6, kind="api-disabled")
    assert fields(site.db) == before and not state(site).exists()


# ---- without --wait


@pytest.mark.parametrize("command", ["enable", "rotate"])
def test_what_was_not_accepted_says_what_to_wait_for(site, command):
    """With --yes nobody is asked, and the front may take its time: how long, and one command that waits for it."""
    site.admin(auth_api=command == "rotate")
    site.seed.settings(site.db, settings_check_interval=47, server_port=site.pritunl.port, server_ssl=False)
    site.seed.host(site.db, site.pritunl.host_id, public_address="127.0.0.1")
    site.pritunl.front = "strict"
    text = site.run(command, "--yes")
    assert text.status == 0 and "; not accepted yet" in text.stdout
    assert "looks again every 47 s" in text.stderr and (text.stdout + text.stderr).count("--wait") == 1
    assert "; try: pritunl-access enable --wait pritunl" in text.stderr
    found = answer(site.run("rotate", "--yes", "--json"))
    assert (found["verified"], found["cause"]) == (False, "web-strict") and found["try"].startswith("pritunl-access enable --wait pritunl")
    site.pritunl.front = "normal"
    found = answer(site.run(*found["try"].split(",")[0].split()[1:], "--yes", "--json"))
    assert (found["verified"], found["cause"], found["try"]) == (True, None, None)


def test_a_front_that_waits_for_a_hand_is_not_waited_for(site):
    site.admin(auth_api=False)
    site.seed.settings(site.db, server_auto_restart=False)
    site.pritunl.front = "strict"
    result = site.run("enable", "--yes", "--json")
    assert answer(result)["try"] == "sudo systemctl restart pritunl on each host" and "server_auto_restart is off" in result.stderr


def test_nobody_was_asked(site):
    """No URL is known: what is lacking is said, and how to give it."""
    site.admin(auth_api=False)
    del site.tool.env["PRITUNL_ACCESS_URL"]
    result = site.run("enable", "--yes", "--json")
    found = answer(result)
    assert found["verified"] is None and found["try"].startswith("--url") and "try: --url" in result.stderr
