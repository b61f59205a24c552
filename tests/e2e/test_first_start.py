# SPDX-License-Identifier: MIT
"""bootstrap and enable --wait beside a Pritunl that starts on an empty database: settings, certificate and hosts come while they wait."""

from __future__ import annotations

import json
import time

import pytest
from changes import fields
from expect import private
from pritunl import FirstStart, StandIn

SOON = 15       # a second, and whatever a loaded machine adds; the waits are of 60 s


@pytest.fixture
def first(database, pki):
    """A Pritunl that has begun to start, with a certificate that is in no document; the one that it will end with is pki.pritunl."""
    files = [str(path) for path in (pki.pritunl.certificate_file, pki.pritunl.key_file)]
    thrown_away = (str(pki.pritunl_other.certificate_file), str(pki.pritunl_other.key_file))
    standin = StandIn(database.uri, database.name, front="auto", tls=thrown_away, settings_check_interval=0.2)
    yield FirstStart(standin, files)
    standin.stop()


def accepted_at(standin):
    """When the first signed request was accepted."""
    return min(each.time for each in standin.requests if each.signed and each.status == 200)


def bootstrap(tool, *args):
    """Start one."""
    return tool.start("bootstrap", "--yes", "--json", "-o", "pair.env", "--wait=60", *args)


@pytest.mark.parametrize(("where", "begun"), [
    ("on the host", "before"), ("on the host", "with"), ("on the host", "after"),
    ("from elsewhere", "before"), ("from elsewhere", "with"), ("from elsewhere", "after"), ("URL given", "with"),
])
def test_bootstrap(tool, database, seed, first, where, begun):
    """It ends at the first acceptance; from elsewhere, as soon as the database names a host."""
    standin = first.standin
    args = ["--mongodb-uri-file", private(tool.home / "uri", database.uri)]
    if where == "on the host":
        args = ["--pritunl-conf", private(tool.home / "pritunl.conf", json.dumps({"mongodb_uri": database.uri}))]
    running = bootstrap(tool, *args) if begun == "before" else None
    first.begin()
    if where == "URL given":
        args += ["--url", standin.url]
    if begun == "after":
        first.until("api")
        seed.settings(database.db, server_port=standin.port)
    if running is None:
        running = bootstrap(tool, *args)
    for name in list(first.left):
        if name == "host" and where != "from elsewhere":
            break
        first.step()
        if name == "certificate":
            seed.settings(database.db, server_port=standin.port)
        if name == "host":
            database.db.hosts.update_one({"_id": standin.host_id}, {"$set": {"public_address": "127.0.0.1"}})
        standin.pause(0.4)
    result = running.wait(60)
    ended = time.monotonic()
    assert result.status == 0, result.stderr
    assert ended - accepted_at(standin) < SOON, result.stderr
    assert result.json()["verified"] is True and fields(database.db)["auth_api"] is True
    assert "PRITUNL_SECRET" in (tool.home / "pair.env").read_text()


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
