# SPDX-License-Identifier: MIT
"""bootstrap and enable --wait beside a Pritunl that starts on an empty database: settings, certificate and hosts come while they wait."""

from __future__ import annotations

import bisect
import itertools
import json
import time

import pytest
from changes import fields
from expect import private
from pritunl import FirstStart, StandIn

TURN, ROUNDS = 4, 4     # looks while one wait becomes another, and those that are then counted
PAUSE_S = 1.0           # between two rounds at most

pytestmark = pytest.mark.long


@pytest.fixture
def first(database, pki):
    """A Pritunl that has begun to start, with a certificate that is in no document; the one that it will end with is pki.pritunl."""
    files = [str(path) for path in (pki.pritunl.certificate_file, pki.pritunl.key_file)]
    thrown_away = (str(pki.pritunl_other.certificate_file), str(pki.pritunl_other.key_file))
    standin = StandIn(database.uri, database.name, front="auto", tls=thrown_away, settings_check_interval=3600)
    yield FirstStart(standin, files)
    standin.stop()


class Start:
    """bootstrap beside a first start: every round of its waits reads the database, through a wire that notes when."""

    def __init__(self, tool, database, seed, first, tap):
        self.tool, self.database, self.seed, self.first, self.tap = tool, database, seed, first, tap
        self.standin, self.running, self.opened, self.pauses = first.standin, None, None, []

    def bootstrap(self, where, *args):
        """Start it."""
        uri = self.tap.uri(self.database.name)
        place = ["--mongodb-uri-file", private(self.tool.home / "uri", uri)]
        if where == "on the host":
            place = ["--pritunl-conf", private(self.tool.home / "pritunl.conf", json.dumps({"mongodb_uri": uri}))]
        self.running = self.tool.start("bootstrap", "--yes", "--json", "-o", "pair.env", "--wait=100", *place, *args)

    def looks(self, since=0.0):
        """When it read the database, since then."""
        return [each.at for each in self.tap.sent("aggregate") if each.at > since]

    def await_rounds(self):
        """Some rounds of the present wait; the shortest pause between two is what the program makes, whatever the machine adds."""
        since = time.monotonic()
        self.standin.wait_for(lambda: len(self.looks(since)) >= TURN + ROUNDS or self.running.process.poll() is not None, 60)
        times = self.looks(since)[TURN:]
        assert len(times) >= ROUNDS, self.running.stderr
        self.pauses.append(min(later - sooner for sooner, later in itertools.pairwise(times)))

    def step(self):
        """The next event; from opened on a signed request would be accepted."""
        if self.first.left[0] == "host":     # it is announced with all that is known of it
            self.seed.host(self.database.db, self.standin.host_id, status="offline", public_address="127.0.0.1", hostname=None)
        name = self.first.step()
        if name == "certificate":
            self.seed.settings(self.database.db, server_port=self.standin.port)
        return name

    def signed(self):
        """The signed requests that came, in their order."""
        return [each for each in self.standin.requests if each.signed]

    def rounds(self):
        """The same, those of a round together: each round begins with a look."""
        looks = self.looks()
        return [list(each) for _, each in itertools.groupby(self.signed(), key=lambda each: bisect.bisect(looks, each.time))]

    def judge_rounds(self, whole):
        """
        The last round is the first in which all were accepted, so many. It may have opened in the midst of a round: in the next one
        the URL is asked again, and the host if it was refused, or cut off by the front that restarts, so that no request was noted.
        """
        *before, cut, final = [[each.status == 200 for each in some] for some in [(), (), *self.rounds()]]
        assert all(final) and not any(any(each) for each in before), "it opened once, and ended with what is accepted"
        assert len(cut) < whole or not all(cut), "nobody is asked again who was accepted with all others"
        assert len(final) <= whole if any(cut) else len(final) == whole


@pytest.fixture
def begin(tool, database, seed, first, wire):
    """A Start."""
    return Start(tool, database, seed, first, wire())


@pytest.mark.parametrize(("where", "begun"), [
    ("on the host", "before"), ("on the host", "with"), ("on the host", "after"),
    ("from elsewhere", "before"), ("from elsewhere", "with"), ("from elsewhere", "after"), ("URL given", "with"),
])
def test_bootstrap(begin, database, record_property, where, begun):
    """It ends in the first round in which it can: on the host as soon as the API accepts, from elsewhere as soon as a host is named."""
    standin, last = begin.standin, "host" if where == "from elsewhere" else "api"
    if begun == "before":
        begin.bootstrap(where)
        begin.await_rounds()
    begin.first.begin()
    if begun == "with":
        begin.bootstrap(where, *(["--url", standin.url] if where == "URL given" else []))
        begin.await_rounds()
    while begun != "after" and begin.step() != last:
        standin.wait_for(lambda: fields(database.db)["auth_api"], 60)
        begin.await_rounds()
    if begun == "after":
        while begin.step() != last:
            pass
        assert standin.web_mode == "strict"
        begin.bootstrap(where)
        standin.wait_for(lambda: any(each.status == 401 for each in begin.signed()), 60)
        begin.await_rounds()
        standin.recount()
    opened = time.monotonic()
    result = begin.running.wait(100)
    ended = time.monotonic()
    assert result.status == 0, result.stderr
    assert result.json()["verified"] is True and fields(database.db)["auth_api"] is True
    assert "PRITUNL_SECRET" in (begin.tool.home / "pair.env").read_text()
    assert max(begin.pauses) < PAUSE_S
    begin.judge_rounds(2 if last == "host" else 1)      # the URL, and the host that is named
    assert len(begin.looks(opened)) <= 1
    print(f"\n{where}, begun {begun}: ended {ended - opened:.2f} s after the first acceptance")
    record_property("seconds after the first acceptance", round(ended - opened, 2))


def test_enable_waits_for_a_certificate_that_changes(site, standin, database, seed, pki):
    """`pritunl reset-ssl-cert`: for a moment the database's and the served one differ."""
    server = standin(tls=pki.pritunl_other)
    seed.settings(database.db, server_port=server.port, server_cert=pki.pritunl.certificate)
    seed.host(database.db, server.host_id, public_address="127.0.0.1")
    site.admin(auth_api=None)
    site.admin("other")
    del site.tool.env["PRITUNL_ACCESS_URL"]
    running = site.tool.start("enable", "pritunl", "--yes", "--json", "--wait=60")
    running.await_text("certificate")
    server.set_tls(str(pki.pritunl.certificate_file), str(pki.pritunl.key_file))
    result = running.wait(60)
    assert result.status == 0 and result.json()["verified"] is True, result.stderr
    running = site.tool.start("rotate", "pritunl", "--yes", "--json", "--wait=60")
    result = running.wait(60)
    assert result.status == 0
    seed.settings(database.db, server_cert=pki.pritunl_other.certificate)
    running = site.tool.start("rotate", "pritunl", "--yes", "--json", "--wait=60")
    running.await_text("certificate")
    seed.settings(database.db, server_cert=pki.pritunl.certificate)
    result = running.wait(60)
    assert result.status == 0 and result.json()["verified"] is True, "the database's is read again"
