# SPDX-License-Identifier: MIT
"""
Logging in to the database: what is asked before the server has proved who it is, and what is believed. The static file sends its
first query behind the last step of the login, and saves a round trip; the libraries of a distribution wait.
"""

from __future__ import annotations

import pytest
from expect import failed
from harness.hostile import HostileDatabase
from harness.scram import LOGIN, Login
from pritunl import seed

MECHANISMS = [{}, {"authMechanism": "SCRAM-SHA-256"}]


def administrator():
    """A document as the program's own query gives it."""
    return {"part": "administrator"} | seed.administrator_document("pritunl", auth_api=True)


def listed(tool, login, **options):
    """`list` of a database with one administrator, and what that was asked for."""
    with HostileDatabase([administrator()], **login.states) as server:
        result = tool.run("list", "--timeout", 20, env={"PRITUNL_ACCESS_MONGODB_URI": server.uri(LOGIN, **options)})
        return result, list(server.seen)


@pytest.mark.parametrize("options", MECHANISMS)
@pytest.mark.parametrize("login", [{}, {"hello": False}, {"steps": 3}, {"steps": 3, "hello": False}, {"alone": True}])
def test_every_way_to_log_in(tool, login, options):
    result, _ = listed(tool, Login(**login), **options)
    assert result.status == 0 and "pritunl" in result.stdout, result.stderr


@pytest.mark.parametrize("login", [{}, {"hello": False}, {"late": True}, {"steps": 3}])
def test_a_server_that_does_not_know_the_password(tool, login):
    """It may say that we are logged in, and answer: what it answers is not looked at."""
    if login.get("late") and not tool.is_static:
        pytest.skip("it would wait for the query, and the query for it")
    result, seen = listed(tool, Login(proof=False, **login))
    failed(result, 3)
    assert "pritunl " not in result.stdout
    assert not {"update", "findAndModify", "getMore"} & set(seen)


def test_the_first_query_does_not_wait_for_the_proof(tool):
    """Such a server says the last word of the login only when it has been asked something."""
    if not tool.is_static:
        pytest.skip("a round trip that only the static file saves")
    login = Login(late=True)
    result, _ = listed(tool, login)
    assert result.status == 0, result.stderr
    assert login.order[:2] == ["step", "query"]
