# SPDX-License-Identifier: MIT
"""A change that is cut anywhere: by SIGKILL at a system call, by the server, by the network. What is reported is what stands."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path

import bson
import bson.json_util
import pytest
from changes import PAIR, answer, everything, fields, is_fresh, others, raw, records, state, through, writes
from conftest import Fresh, fresh_name
from expect import failed, failed_json, made_older
from harness.tool import Tool
from kills import ALL, chosen, every, kill, points, tell

CONCERN = {"writeConcernError": {"code": 64, "codeName": "WriteConcernFailed", "errmsg": "waiting for replication timed out",
                                 "errInfo": {"wtimeout": True}}}
COMMANDS = {"rotate": ["rotate", "--yes", "--json"], "enable": ["enable", "--yes", "--json"],
            "bootstrap": ["bootstrap", "--yes", "--json", "--wait=20", "-o", "pair.env"]}

# ---- SIGKILL


@contextlib.contextmanager
def machine(site, name):
    """A new home and a new document: nothing that an earlier run left."""
    home = Path(tempfile.mkdtemp(dir=site.tool.home))
    tool = Tool(home, env=site.tool.env)
    tool.records = site.tool.records
    site.db.administrators.delete_many({})
    before = site.admin(auth_api=None if name != "rotate" else True, **({} if name == "rotate" else {"token": None}))
    yield tool, before
    shutil.rmtree(home)


def killed_at(site, tap, name, point) -> bool:
    """Kill it there; look at what is left; run it again. Whether it was killed."""
    with machine(site, name) as (tool, before):
        killed = kill(tool, tap, COMMANDS[name], point)
        left, kept = fields(site.db), records(tool.home / ".local" / "state" / "pritunl-access")
        changed = left != before
        assert others(left, "auth_api", *PAIR) == others(before, "auth_api", *PAIR)
        if changed:
            assert is_fresh(left, before) and left["auth_api"] is True, "entirely new"
            after = bson.json_util.loads(kept[-1]["after"])
            assert {field: left[field] for field in kept[-1]["fields"]} == {field: after[field] for field in kept[-1]["fields"]}
        else:
            assert raw(site.db) == bson.encode(before), "entirely old"
        file = tool.home / "pair.env"
        assert not file.exists() or (left["secret"] in file.read_text() and file.stat().st_size > 90)
        again = tool.run(*COMMANDS[name])
        assert again.status == 0, (again.status, again.stdout, again.stderr)
        now = fields(site.db)
        if name == "rotate":
            assert is_fresh(now, left) and is_fresh(now, before)
        elif changed:
            assert now == left, "the second run finds it done"
        else:
            assert is_fresh(now, before) and now["auth_api"] is True
        if name == "bootstrap":
            assert now["token"] in file.read_text() and now["secret"] in file.read_text()
        return killed


@every(COMMANDS)
def test_killed_at_any_system_call(tapped, name, share, record_property):
    site, tap = tapped
    site.seed.settings(site.db, server_port=site.pritunl.port, server_ssl=False)
    site.seed.host(site.db, "1" * 32, public_address="127.0.0.1")
    if not ALL:     # without the three seconds in which bootstrap reads, and reads again
        made_older(site.db, site.seed, site.pritunl)
    with machine(site, name) as (tool, _):
        tried = chosen(points(tool, COMMANDS[name]), share)
    tell(record_property, name, sum(killed_at(site, tap, name, point) for point in tried), tried)


# ---- the server's fail points


@pytest.fixture
def shaky(site):
    """A site whose server fails where the test says so, and no longer when it ends."""
    yield site
    site.database.server.fail_point(mode="off")


ONCE = [{"closeConnection": True}, {"errorCode": 10107}, {"errorCode": 10107, "errorLabels": ["RetryableWriteError"]},
        {"errorCode": 91}, {"errorCode": 189}, {"errorCode": 11602},
        {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}},
        {"writeConcernError": {"code": 91, "errmsg": "shutting down"}}]


@pytest.mark.parametrize("retry", ["true", "false"])
@pytest.mark.parametrize("fault", ONCE, ids=lambda fault: "-".join(map(str, fault)) + str(next(iter(fault.values()))))
def test_one_fault_at_the_server_is_made_up_for(shaky, fault, retry):
    before = shaky.admin()
    shaky.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = shaky.database.uri_with(retryWrites=retry)
    shaky.database.server.fail_point(failCommands=["findAndModify"], **fault)
    found = answer(shaky.run("rotate", "--yes", "--json"))
    assert sorted(found["changed"]) == PAIR and is_fresh(fields(shaky.db), before)


@pytest.mark.parametrize("fault", [each for each in ONCE if "writeConcernError" not in each],
                         ids=lambda fault: "-".join(map(str, fault)) + str(next(iter(fault.values()))))
def test_a_fault_that_stays_is_reported_and_nothing_is_written(shaky, fault):
    shaky.admin()
    before = everything(shaky.db)
    shaky.database.server.fail_point(mode="alwaysOn", failCommands=["findAndModify", "update"], **fault)
    result = shaky.run("rotate", "--yes", "--json")
    shaky.database.server.fail_point(mode="off")
    failed_json(result, 3)
    assert everything(shaky.db) == before
    records(state(shaky))


def test_a_write_that_no_majority_confirms(shaky):
    before = shaky.admin()
    shaky.database.server.fail_point(mode="alwaysOn", failCommands=["findAndModify"],
                                     writeConcernError={"code": 64, "errmsg": "waiting for replication timed out"})
    result = shaky.run("rotate", "--yes", "--json")
    assert is_fresh(fields(shaky.db), before) and answer(result)["undo_id"]
    assert "majority" in result.stderr and "warning" in result.stderr


# ---- the wire


@pytest.fixture
def tapped(site, wire):
    """A site behind a wire, and the wire."""
    tap = wire()
    through(site, tap)
    return site, tap


def test_retryable_writes_are_used_where_the_server_can(tapped):
    site, tap = tapped
    before = site.admin()
    tap.on("findAndModify", cut=True)
    answer(site.run("rotate", "--yes", "--json"))
    first, second = (command.body for command in tap.sent("findAndModify"))
    assert first["txnNumber"] == second["txnNumber"] and first["lsid"] == second["lsid"] and first["query"] == second["query"]
    assert is_fresh(fields(site.db), before)


def test_not_retryable_where_the_server_cannot(own_server, wire, tool, standin, seed):
    server = own_server(standalone=True)
    name = fresh_name()
    fresh = Fresh(server, name, server.uri(name))
    before = seed.administrator(fresh.db, auth_api=True)
    pritunl, tap = standin(over=fresh), wire(server)
    tool.env |= {"PRITUNL_ACCESS_MONGODB_URI": tap.uri(name), "PRITUNL_ACCESS_URL": pritunl.url}
    tap.on("findAndModify", drop=True)
    answer(tool.run("rotate", "--yes", "--json"))
    assert [("txnNumber" in command.body) for command in tap.sent("findAndModify")] == [False]
    assert is_fresh(fields(fresh.db), before)


@pytest.mark.parametrize("retry", ["true", "false"])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("effect", ["cut", "drop"])
def test_a_connection_that_breaks(tapped, effect, times, retry):
    site, tap = tapped
    through(site, tap, retryWrites=retry)
    before = site.admin()
    tap.on("findAndModify", times=times, **{effect: True})
    result = site.run("rotate", "--yes", "--json")
    if effect == "cut" and times == 2 and retry == "false":
        failed_json(result, 3)
        assert raw(site.db) == bson.encode(before)
    else:
        answer(result)
        assert is_fresh(fields(site.db), before)
    records(state(site))


REPLIES = [{"ok": 1.0}, {"ok": 1.0, "value": None, "lastErrorObject": {"n": 0, "updatedExisting": False}},
           {"ok": 1.0, "value": {"token": "x"}, "lastErrorObject": {"n": 1, "updatedExisting": True}},
           {"ok": 0.0, "code": 112, "codeName": "WriteConflict", "errmsg": "token and secret"},
           {"ok": 0.0, "code": 50, "codeName": "bad\nname \x1b[31m", "errmsg": "x"}, {"ok": 0.0}, {"ok": "yes", "n": "many"},
           {"ok": 1.0, "value": 7, "lastErrorObject": 7}, {"ok": 0.0, "code": 251, "codeName": "NoSuchTransaction", "errmsg": "x"}]


@pytest.mark.parametrize("applied", [True, False], ids=["applied", "not-applied"])
@pytest.mark.parametrize("reply", REPLIES, ids=lambda each: "-".join(map(str, each.values()))[:40].replace("\n", " "))
def test_an_answer_in_the_place_of_the_servers(tapped, reply, applied):
    """Whatever the answer claims: 0 says that it is done, and so it is."""
    site, tap = tapped
    through(site, tap, retryWrites="false")
    before = site.admin()
    tap.on("findAndModify", times=None, **({"amend": {"value": None, "lastErrorObject": None, "ok": None} | reply} if applied
                                            else {"answer": reply}))
    result = site.run("rotate", "--yes", "--json")
    if applied:
        answer(result)
        assert is_fresh(fields(site.db), before)
    else:
        assert result.status in (3, 8) and raw(site.db) == bson.encode(before), (result.stdout, result.stderr)
    records(state(site))


def test_the_servers_words_about_a_write_are_never_repeated(tapped):
    site, tap = tapped
    site.admin()
    refusal = {"ok": 0.0, "code": 66, "codeName": "ImmutableField", "errmsg": ""}
    tap.on("findAndModify", times=None, answer=refusal,
           before=lambda command: refusal.update(errmsg=f"cannot do {command.body}"))
    for args in ([], ["--json"], ["-v"]):
        result = site.run("rotate", "--yes", *args)
        assert result.status == 3 and "ImmutableField" in result.stdout + result.stderr
    assert records(state(site))


def test_write_concern_errors_on_the_wire(tapped):
    site, tap = tapped
    before = site.admin()
    tap.on("findAndModify", times=None, amend=CONCERN)
    result = site.run("rotate", "--yes", "--json")
    assert sorted(answer(result)["changed"]) == PAIR and "majority" in result.stderr and is_fresh(fields(site.db), before)
    assert tap.sent("findAndModify")[0].body["writeConcern"] == {"w": "majority", "wtimeout": 10000}


def test_where_findandmodify_is_not_to_be_had(tapped):
    site, tap = tapped
    before = site.admin()
    tap.on("findAndModify", times=None, answer={"ok": 0.0, "code": 238, "codeName": "NotImplemented", "errmsg": "no"})
    answer(site.run("rotate", "--yes", "--json"))
    assert writes(tap)[:2] == ["findAndModify", "update"] and is_fresh(fields(site.db), before)
    site.db.administrators.update_one({}, {"$set": {"odd": 1}})
    old = fields(site.db)
    tap.on("update", drop=True)
    answer(site.run("rotate", "--yes", "--json"))
    assert is_fresh(fields(site.db), old)


def test_a_database_that_is_gone_after_the_write(tapped):
    site, tap = tapped
    through(site, tap, serverSelectionTimeoutMS=500)
    before = site.admin()
    tap.on("findAndModify", drop=True, times=None)
    tap.on("find", nth=2, times=None, cut=True)
    result = site.run("rotate", "--yes", "--json")
    failed_json(result, 3, "not known")
    assert is_fresh(fields(site.db), before)
    records(state(site))


def test_a_database_that_goes_while_it_settles(tapped):
    site, tap = tapped
    through(site, tap, serverSelectionTimeoutMS=500)
    before = site.admin()
    tap.on("find", nth=2, times=None, cut=True)
    failed_json(site.run("rotate", "--yes", "--json"), 3, "was changed", "not known",
                done="pritunl: token, secret changed; undo: pritunl-access undo ")
    assert is_fresh(fields(site.db), before)
    found = json.loads(next(state(site).glob("undo-*")).read_text())
    assert found["command"] == "rotate"
    records(state(site))


def test_nobody_is_written_to_before_the_record_is_there(tapped):
    site, tap = tapped
    site.admin()
    seen = []
    tap.on("findAndModify", before=lambda _: seen.append(len(records(state(site)))))
    answer(site.run("rotate", "--yes", "--json"))
    assert seen == [1]


def test_an_error_does_not_end_the_text_of_others(tapped):
    site, tap = tapped
    site.admin()
    tap.on("findAndModify", times=None, cut=True)
    failed(site.run("rotate", "--yes"), 3, "cannot reach the database", warnings=True)
    records(state(site))
