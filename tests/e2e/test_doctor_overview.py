# SPDX-License-Identifier: MIT
"""At two in the morning: nobody was named, and there are several; whoever is well is left out by -q; and a pipe gets whole lines."""

from __future__ import annotations

import datetime
import os
import shlex
from unittest import mock

import pytest
from doctor_place import end_waits_soon
from doctor_screen import width


@pytest.fixture
def night(site):
    """All administrators off, one of them used this night, and a temporary one."""
    site.alice = site.admin("alice", auth_api=False, super_user=True)
    site.bob = site.admin("bob", auth_api=False, super_user=False)
    used = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(hours=3)    # the server deletes what is a day old
    site.used = f"{used:%Y-%m-%dT%H:%M:%SZ}"
    nonces = [{"token": site.bob["token"], "nonce": os.urandom(16).hex(), "timestamp": used - datetime.timedelta(hours=hour)} for hour in (2, 0, 1)]
    site.db["auth_nonces"].insert_many(nonces)
    return site


def test_each_with_what_is_known(night):
    result = night.run("doctor", "--json")
    answer = result.json()
    assert (result.status, answer["administrator"], answer["verdict"], answer["cause"]) == (4, None, "unknown", None)
    alice, bob = answer["administrators"]
    assert (alice["administrator"], alice["usable"], alice["reason"], alice["super_user"], alice["last_use"]) == ("alice", False, "api-disabled", True, None)
    assert (bob["administrator"], bob["last_use"], bob["super_user"], bob["label"]) == ("bob", night.used, False, None)
    assert [each["remedy"] for each in (alice, bob)] == ["pritunl-access enable alice --wait", "pritunl-access enable bob --wait"]
    text = night.run("doctor").stdout
    assert "alice" in text and night.used in text and "not in 24 hours" in text and "try:   pritunl-access doctor --source" in text
    assert "pritunl-access enable bob" in text and night.bob["token"] not in text


@pytest.mark.long
def test_the_commands_mend(night):
    end_waits_soon(night, night.pritunl)
    for each in night.run("doctor", "--json").json()["administrators"]:
        assert night.run(*shlex.split(each["remedy"])[1:], "--yes", start_new_session=True).status == 0
    ready = night.run("doctor", "--json").json()["administrators"]
    assert [each["usable"] for each in ready] == [True, True]
    night.pritunl.recount()
    for each in ready:
        result = night.run(*shlex.split(each["remedy"])[1:])
        assert result.status == 0 and "accepts the credential" in result.stdout, result.stdout


def test_temporary_ones_and_quiet(night):
    night.admin("carol")
    night.admin("dave")
    night.pritunl.recount()
    assert night.run("issue", "night job", "--yes", "--lifetime", "1s", reveals=True).status == 0
    text = night.run("doctor", "-q").stdout
    assert "alice" in text and "carol" not in text and "dave" not in text
    labels = [each["label"] for each in night.run("doctor", "--json").json()["administrators"]]
    assert labels == [None] * 4 + ["night job"]


def test_quiet(site):
    site.admin()
    site.seed.settings(site.db)
    site.seed.host(site.db, "a" * 32, hostname="vpn.example.com")
    site.pritunl.recount()
    result = site.run("doctor")
    assert result.status == 0 and "\nclock" in result.stdout
    said = [line for line in site.run("doctor", "-q").stdout.splitlines() if line and not line.startswith("administrator pritunl")]
    assert all(" warn " in line for line in said if "accepts the credential" not in line), said
    site.db.administrators.update_one({}, {"$set": {"auth_api": False}})
    site.pritunl.recount()
    text = site.run("doctor", "-q").stdout
    assert "api access    fail" in text and "cause: api-disabled" in text and "try: " in text and "connection" not in text


LONG = "https://" + "a-long-name." * 15 + "example.com"


def test_whole_in_a_pipe(site):
    site.admin()
    text = site.run("doctor", "--url", LONG, "--connect-timeout", "2").stdout
    assert f"{LONG} (" in text and "…" not in text
    lines = text.splitlines()
    assert [line for line in lines if line.startswith("cause: ")] and not [line for line in lines if line.startswith("       ")]


@pytest.mark.parametrize("columns", [60, 72, 80, 120])
def test_by_the_terminal(site, columns):
    site.admin()
    runner = os.environ.get("PRITUNL_ACCESS_RUNNER", "")
    small = f"""sh -c 'stty rows 24 cols {columns}; exec "$@"' sh {runner}"""
    with mock.patch.dict(os.environ, PRITUNL_ACCESS_RUNNER=small):
        text = site.run("doctor", "--url", LONG, "--connect-timeout", "2", tty=True, env={"NO_COLOR": "1"}).stdout
    assert all(width(line) <= columns for line in text.replace("\r\n", "\n").splitlines()), text
    assert "…" in text
