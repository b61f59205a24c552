# SPDX-License-Identifier: MIT
"""Why a pair is refused, on each of six versions, with and without the database: what is true is named, and no good pair is renewed."""

from __future__ import annotations

import dataclasses
import itertools
import os
from types import SimpleNamespace

import pytest
from expect import private
from kills import ALL
from pritunl.releases import FIRST_OF_EACH

WRITES = ("rotate", "enable", "recover", "undo", "disable", "bootstrap")
OLD = ("1.30.3431", "1.32.4181.41")         # no request tells an unknown token from another secret
NEW = tuple(version for version in FIRST_OF_EACH if version not in OLD)


@dataclasses.dataclass
class Fault:
    """What is wrong; whether the pair is good all the same; what is named where a request can tell, and where none can."""

    truth: str
    good: bool
    told: tuple
    untold: tuple = ()
    fields: dict = dataclasses.field(default_factory=dict)
    behaviour: dict = dataclasses.field(default_factory=dict)
    elsewhere: dict | None = None
    """The administrator of the database behind the URL, which is then another one."""
    without: tuple = ()
    """What may be named without the database; as with it where empty."""


BOTH = ("token-unknown", "secret-mismatch")
FAULTS = [
    Fault("token-unknown", True, ("token-unknown",), BOTH, elsewhere={"token": "t" * 32}),
    Fault("secret-mismatch", True, ("secret-mismatch",), BOTH, elsewhere={"secret": "s" * 32},
          without=("secret-mismatch", "administrator-disabled")),
    Fault("administrator-disabled", True, ("administrator-disabled",), fields={"disabled": True},
          without=("secret-mismatch", "administrator-disabled")),
    Fault("api-disabled", True, ("api-disabled",), fields={"auth_api": False}, without=("token-unknown",)),
    Fault("clock-skew", True, ("clock-skew",), behaviour={"clock_offset_s": 50_000}),
    Fault("clock-skew", True, ("clock-skew",), behaviour={"clock_offset_s": -50_000}),
    Fault("nonce-replayed", True, ("nonce-replayed",), behaviour={"replay": True, "faults_on": lambda request: request.signed},
          without=("secret-mismatch", "administrator-disabled")),
    Fault("path-rewritten", True, ("secret-mismatch", "path-rewritten"), BOTH,
          behaviour={"rewrite": lambda path: path.replace("/status", "/state")}, without=("secret-mismatch", "administrator-disabled")),
    Fault("headers-stripped", True, ("token-unknown", "headers-stripped"), BOTH, behaviour={"strip_auth": True},
          without=("token-unknown",)),
]
WORDS = {"path-rewritten": "path", "headers-stripped": "headers", "nonce-replayed": "repeats", "administrator-disabled": "disabled",
         "api-disabled": "API access off"}


@pytest.fixture
def scene(site, database, standin, seed):
    """make(version, fault): a Pritunl of that version over the database, or over another one, and the pair in a file."""
    others = []

    def make(version, fault):
        pair = {"token": seed.random_text(), "secret": seed.random_text()}
        site.db.administrators.delete_many({})
        site.admin("holds-the-front-open")
        site.admin(**{"auth_api": True, **pair} | fault.fields)
        seed.version(site.db, version)
        over = database
        if fault.elsewhere is not None:
            over = dataclasses.replace(database, name="elsewhere_" + os.urandom(5).hex())
            over.uri = database.server.uri(over.name)
            others.append(over)
            seed.administrator(over.db, **{"auth_api": True, **pair} | fault.elsewhere)
        server = standin(over=over, version=version, **fault.behaviour)
        path = private(site.tool.home / "pair.env", f"PRITUNL_TOKEN={pair['token']}\nPRITUNL_SECRET={pair['secret']}\n")
        return SimpleNamespace(server=server, file=path)
    yield make
    for other in others:
        other.drop()


def asked(site, made, *args):
    """Status, answer and what is advised."""
    where = ("--url", made.server.url)
    result = site.run(*args, "--json", *where)
    answer = result.json()
    if "remedy" in answer:
        return result.status, answer, answer["remedy"]
    said = site.run(*args, *where)
    assert (result.status, said.status) == (1, 1), (answer, said.stdout, said.stderr)
    advice = [line for line in said.stderr.splitlines() if line.startswith("try: ")]
    assert advice, (answer, said.status, said.stdout, said.stderr)
    return result.status, answer, advice[0]


def judge(answer, remedy, fault, named):
    """What is true is among what is named, nothing else is claimed, and a good pair is not renewed."""
    causes = {answer["cause"], answer["also"]} - {None}
    assert causes <= set(named), (answer, named)
    detail = str(answer.get("detail")) + " ".join(each["detail"] for each in answer.get("checks", ()))
    assert fault.truth in causes or WORDS[fault.truth] in detail, answer
    allowed = {"administrator-disabled": ("recover", "enable"), "api-disabled": ("enable",)}.get(answer["cause"], ()) if not answer["also"] else ()
    assert not [word for word in WRITES if word in remedy and word not in allowed], (answer, remedy)


# Every second one here, so that each fault meets old and new ones, and each version half of the faults; make check-faults takes all.
ROWS = [pytest.param(version, fault, id=f"{version}-{fault.truth} {fault.behaviour.get('clock_offset_s', '')}".strip())
        for (number, version), (which, fault) in itertools.product(enumerate(FIRST_OF_EACH), enumerate(FAULTS)) if ALL or (number + which) % 2]


@pytest.mark.parametrize(("version", "fault"), ROWS)
def test_what_is_named(site, scene, version, fault):
    made = scene(version, fault)
    named = fault.untold if version in OLD and fault.untold else fault.told
    rows = []
    for words in (("verify", "pritunl"), ("doctor", "pritunl")):
        status, answer, remedy = asked(site, made, *words)
        assert (status, answer["verdict"]) == (1, "refused"), answer
        judge(answer, remedy, fault, named)
        rows.append((words[0], answer["cause"], answer["also"], remedy))
    # Without the database the version is not known either: both are named wherever it could matter.
    status, answer, remedy = asked(site, made, "verify", "--source", f"file:{made.file}")
    assert (status, answer["verdict"]) == (1, "refused"), answer
    judge(answer, remedy, fault, ("clock-skew",) if fault.truth == "clock-skew" else set(fault.without or fault.told) | set(BOTH))
    assert "rotate" not in remedy
    rows.append(("file", answer["cause"], answer["also"], remedy))
    for row in rows:
        print(f"\n{version:14} {fault.truth:24} {row[0]:7} {row[1]} {row[2] or ''} | {row[3]}", end="")


def test_a_version_that_nobody_can_sign_for(site, scene):
    """1.30.2817.44 fails on every signed request: it is named, and with it the one that mends it."""
    made = scene("1.30.2817.44", Fault("server-error", True, ("server-error",)))
    status, answer, remedy = asked(site, made, "verify", "pritunl")
    assert (status, answer["cause"]) == (1, "server-error") and "1.30.2817.44" in answer["detail"]
    assert "1.30.2847.71" in remedy and not any(word in remedy for word in WRITES)
    status, answer, remedy = asked(site, made, "verify", "--source", f"file:{made.file}")
    assert answer["cause"] == "server-error" and "1.30.2817.44" in answer["detail"]


@pytest.mark.parametrize("version", FIRST_OF_EACH[:5])
def test_no_strict_front_is_claimed(site, scene, version):
    """auth_api 1 and nobody else: as good as true before 1.32.4465."""
    made = scene(version, Fault("", True, (), fields={"auth_api": 1}))
    site.db.administrators.delete_one({"username": "holds-the-front-open"})
    result = site.run("verify", "--json", "--url", made.server.url)
    assert result.status == 0 and result.stderr == "", result.stderr
    doctor = site.run("doctor", "--json", "--url", made.server.url)
    assert doctor.status == 0 and "STRICT" not in doctor.stdout and not [
        check for check in doctor.json()["checks"] if check["name"] in ("api access", "web front") and check["state"] != "ok"]
    (row,) = site.run("list", "--json").json()
    assert row["usable"] is True and row["reason"] is None
    assert site.run("enable", "--yes", "--json", "--wait=60", "--url", made.server.url).json()["verified"] is True


def test_the_front_is_what_was_observed(site):
    """Nobody has auth_api exactly true, and the front is open still; then it is not."""
    site.admin(auth_api=1)
    def front():
        answer = site.run("doctor", "--json").json()
        return next(check for check in answer["checks"] if check["name"] == "web front")
    assert front()["state"] == "warn" and "open still" in front()["detail"] and "60 s" in front()["detail"]
    site.pritunl.front = "strict"
    assert front()["detail"].startswith("STRICT")


def test_a_host_that_another_one_answers_for(site, standin):
    """Host B is dead, and its address leads to A."""
    site.admin()
    site.seed.settings(site.db, server_port=site.pritunl.port, server_ssl=False)
    site.seed.host(site.db, site.pritunl.host_id, name="alive", public_address="127.0.0.1", hostname=None)
    site.seed.host(site.db, "b" * 32, name="dead", public_address="localhost", hostname=None)
    found = {each["host"]: each for each in site.run("verify", "--every-host", "--json").json()}
    assert (found["alive"]["verdict"], found["dead"]["verdict"], found["dead"]["cause"]) == ("accepted", "unknown", "unreachable")
    assert "alive" in found["dead"]["detail"]
