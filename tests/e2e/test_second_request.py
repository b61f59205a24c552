# SPDX-License-Identifier: MIT
"""A second request that nobody answered says neither yes nor no: both causes are named, and nothing that writes is advised."""

from __future__ import annotations

import dataclasses
import os
from types import SimpleNamespace

import pytest
from expect import failed

WRITES = ("rotate", "enable", "recover", "undo", "disable", "bootstrap")

# What becomes of every signed request but the first.
SILENCES = {
    "closed": {"cut_every": 1},
    "silence": {"hang": True},
    "502": {"bad_gateway_every": 1},
    "503": {"odd_status": 503},
    "429": {"odd_status": 429},
    "a page": {"captive_page": True, "captive_status": 502},
    "a redirect": {"redirect_to": "https://elsewhere.invalid"},
    "another's JSON": {"foreign_json": True},
}


@pytest.fixture
def elsewhere(database, standin):
    """The Pritunl behind the URL, over a database that is not ours."""
    other = dataclasses.replace(database, name="elsewhere_" + os.urandom(5).hex())
    other.uri = database.server.uri(other.name)
    yield SimpleNamespace(server=standin(over=other), db=other.db)
    other.drop()


def after_the_first(server):
    """Faults strike every signed request but the first one."""
    seen = []

    def strikes(request):
        if request.signed:
            seen.append(request)
        return request.signed and len(seen) > 1
    server.faults_on = strikes
    return seen


@pytest.mark.parametrize("silence", SILENCES)
@pytest.mark.parametrize("known", [True, False], ids=["another secret", "no such token"])
def test_no_answer_is_no_no(site, elsewhere, seed, silence, known):
    admin = site.admin()
    seed.administrator(elsewhere.db, auth_api=True, **({"token": admin["token"]} if known else {}))
    site.db["settings"].insert_one({"_id": "version", "version": "1.34.4681.89"})
    elsewhere.server.configure(**SILENCES[silence])
    where = ("--url", elsewhere.server.url, "--timeout", "1")
    for command in ("verify", "doctor"):
        seen = after_the_first(elsewhere.server)
        result = site.run(command, "--json", *where)
        answer = result.json()
        assert (result.status, answer["verdict"]) == (1, "refused"), answer
        assert (answer["cause"], answer["also"]) == ("secret-mismatch", "token-unknown"), answer
        assert len(seen) > 1
        assert not any(word in str(answer.get("remedy")) for word in WRITES), answer
    after_the_first(elsewhere.server)
    result = site.run("verify", *where)
    message = failed(result, 1, "another secret for it, or the server does not know the token", attempt=" ")
    assert "not answered" in message and not any(word in result.stderr for word in WRITES), result.stderr


def test_another_certificate_in_the_middle(site, database, standin, seed, pki):
    """The connection is closed behind the first signed request, and the next one meets somebody else."""
    site.admin()
    site.db["settings"].insert_one({"_id": "version", "version": "1.34.4681.89"})
    other = dataclasses.replace(database, name="elsewhere_" + os.urandom(5).hex())
    other.uri = database.server.uri(other.name)
    try:
        seed.administrator(other.db, auth_api=True)
        server = standin(over=other, tls=pki.server)
        server.on_answer = lambda record: (
            server.set_tls(pki.other_name.certificate_file, pki.other_name.key_file) if record.signed else None)
        server.close_after = 2
        status, answer = site.verify("--url", server.url, "--pin", pki.server.pin)
    finally:
        other.drop()
    assert (status, answer["verdict"], answer["cause"], answer["also"]) == (1, "refused", "secret-mismatch", "token-unknown"), answer
    assert "certificate" in answer["detail"] and len([each for each in server.requests if each.signed]) == 1


@pytest.mark.parametrize("cut", [True, False], ids=["cut", "502"])
def test_nobody_tells_whether_the_front_is_strict(site, cut):
    """A pair that cannot be signed: the unsigned look at the front is not answered, and the document's own fault is named."""
    site.admin(secret=None)
    site.pritunl.configure(**({"cut_every": 1} if cut else {"bad_gateway_every": 1}), faults_on=lambda request: request.raw_path == "/status")
    status, answer = site.verify()
    assert (status, answer["verdict"], answer["cause"]) == (1, "refused", "secret-missing")
