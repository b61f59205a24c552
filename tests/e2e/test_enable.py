# SPDX-License-Identifier: MIT
"""enable and disable: what is shown, agreed to, written, announced, verified; and all that must stay as it was."""

from __future__ import annotations

import datetime

import bson
import pytest
from changes import PAIR, answer, everything, fields, is_fresh, others, raw, records, state, through, writes
from expect import ABSENT, failed, failed_json, tree

ODD = {"unknown": {"$set": [1, None]}, "sessions": ["a session of the console"], "when": datetime.datetime(2020, 1, 2),
       "number": bson.Int64(5), "x.y": 1}


@pytest.mark.parametrize("flag", [None, False, 0, 0.0, "", ABSENT, 1, bson.Int64(1), "false", [], [True]], ids=repr)
def test_enable_sets_the_flag_and_nothing_else(site, flag):
    site.insert(auth_api=flag, **ODD)
    before = fields(site.db)
    found = answer(site.run("enable", "--yes", "--json"))
    assert found["changed"] == ["auth_api"] and found["administrator"] == "pritunl" and found["verified"] is True
    assert not found["dry_run"]
    after = fields(site.db)
    assert after["auth_api"] is True and others(after, "auth_api") == others(before, "auth_api")
    assert records(state(site))[-1]["id"] == found["undo_id"]


def test_enable_twice_writes_and_announces_nothing(site, wire):
    site.admin(auth_api=False)
    tap = wire()
    through(site, tap)
    answer(site.run("enable", "--yes", "--json"))
    done, first = everything(site.db), len(writes(tap))
    found = answer(site.run("enable", "--yes", "--json"))
    assert (found["changed"], found["undo_id"], found["verified"]) == ([], None, None)
    assert everything(site.db) == done and len(writes(tap)) == first and len(records(state(site))) == 1


@pytest.mark.parametrize("broken", [{"token": None}, {"token": ABSENT}, {"token": 7}, {"token": "a\nb"}, {"secret": None},
                                    {"secret": "short"}, {"secret": ["x"]}, {"token": ""}], ids=repr)
def test_enable_makes_a_pair_where_there_is_no_usable_one(site, broken):
    site.insert(**broken, **ODD)
    before = fields(site.db)
    found = answer(site.run("enable", "--yes", "--json"))
    after = fields(site.db)
    assert sorted(found["changed"]) == PAIR and is_fresh(after, before) and found["verified"] is True
    assert others(after, *PAIR) == others(before, *PAIR)


def test_enable_replaces_the_token_of_an_earlier_one(site):
    first = site.admin("the-first", auth_api=True)
    second = site.admin("second", auth_api=None, token=first["token"])
    result = site.run("enable", "second", "--yes", "--json")
    assert is_fresh(fields(site.db, "second"), second) and "the-first" in result.stderr
    assert fields(site.db, "the-first") == first and answer(result)["verified"] is True


def test_the_earlier_one_keeps_its_token(site):
    first = site.admin("the-first", auth_api=None)
    site.admin("second", token=first["token"])
    assert answer(site.run("enable", "the-first", "--yes", "--json"))["changed"] == ["auth_api"]


def test_enable_rotate(site):
    before = site.admin(auth_api=None)
    assert sorted(answer(site.run("enable", "--rotate", "--yes", "--json"))["changed"]) == ["auth_api", *PAIR]
    assert is_fresh(fields(site.db), before)


def test_enable_of_a_disabled_one(site):
    site.admin(auth_api=None, disabled=True)
    before = everything(site.db)
    failed_json(site.run("enable", "--yes", "--json", "--wait"), 6, "disabled", kind="administrator-disabled")
    failed(site.run("rotate", "--yes", "--wait"), 6, "disabled")
    assert everything(site.db) == before
    result = site.run("enable", "--yes", "--json")
    assert answer(result)["verified"] is None and "warning" in result.stderr and "recover --enable-account" in result.stderr


@pytest.mark.parametrize("args", [["enable"], ["rotate"], ["enable", "--rotate"], ["disable", "second"],
                                  ["disable", "--all", "--erase"]], ids=" ".join)
def test_a_dry_run_writes_nothing(site, wire, args):
    site.admin(auth_api=None)
    site.admin("second", disabled=True)
    args = [*args, "pritunl"] if args[0] != "disable" else args
    tap = wire()
    through(site, tap)
    before, home = everything(site.db), tree(site.tool.home)
    result = site.run(*args, "--dry-run", "--json")
    assert result.status == 0, result.stderr
    found = result.json()[-1] if "--all" in args else answer(result)
    assert found["dry_run"] is True and found["undo_id"] is None and found["verified"] is None and found["changed"]
    said = site.run(*args, "--dry-run")
    assert said.status == 0 and "dry run" in said.stdout and "is replaced" in said.stderr or "becomes" in said.stderr
    assert everything(site.db) == before and tree(site.tool.home) == home and not writes(tap)


@pytest.mark.parametrize("args", [["enable"], ["rotate"], ["disable", "second"], ["disable", "--all"]], ids=" ".join)
def test_without_agreement_nothing_is_written(site, args):
    site.admin(auth_api=None)
    site.admin("second")
    args = [*args, "pritunl"] if args[0] != "disable" else args
    before = everything(site.db)
    failed(site.run(*args), 2, "nothing was changed", attempt="--yes", warnings=True)
    assert site.run(*args, "--json").status == 2
    for typed in ("n\n", "\n", "yes please\n", "\x04"):
        result = site.run(*args, tty=True, stdin=typed)
        assert result.status == 2 and "not agreed to" in result.stdout, result.stdout
    assert everything(site.db) == before and not state(site).exists()


@pytest.mark.parametrize("typed", ["y\n", "YES\n"])
def test_agreed_to_on_a_terminal(site, typed):
    before = site.admin()
    running = site.tool.start("rotate", tty=True)
    shown = running.await_text("[y/N]")
    assert "token is replaced" in shown and "stops working" in shown and raw(site.db) == bson.encode(before)
    running.type(typed)
    assert running.wait().status == 0 and is_fresh(fields(site.db), before)


def test_a_question_shows_what_it_is_about_with_json_too(site):
    site.admin()
    running = site.tool.start("rotate", "--json", tty="stdin stderr")
    running.await_text("[y/N]")
    assert "token is replaced" in running.stdout
    running.type("n\n")
    assert running.wait().status == 2


def test_disable(site):
    before = site.admin(**ODD)
    result = site.run("disable", "--yes", "--json")
    found = answer(result)
    assert (found["changed"], found["verified"]) == (["auth_api"], None) and found["undo_id"]
    after = fields(site.db)
    assert after["auth_api"] is False and others(after, "auth_api") == others(before, "auth_api")
    assert answer(site.run("disable", "--yes", "--json"))["changed"] == []


@pytest.mark.parametrize("flag, changes", [(None, False), (ABSENT, False), (0, False), (1, True), ("false", True)], ids=repr)
def test_disable_turns_off_what_the_api_takes_for_on(site, flag, changes):
    site.insert(auth_api=flag)
    before = raw(site.db)
    answer(site.run("disable", "--yes", "--json"))
    assert (fields(site.db)["auth_api"] is False) if changes else raw(site.db) == before


def test_disable_erase(site):
    before = site.admin()
    assert sorted(answer(site.run("disable", "--erase", "--yes", "--json"))["changed"]) == ["auth_api", *PAIR]
    after = fields(site.db)
    assert after["auth_api"] is False and is_fresh(after, before)
    assert others(after, "auth_api", *PAIR) == others(before, "auth_api", *PAIR)


def test_disable_all(site):
    people = [site.admin(name, auth_api=flag) for name, flag in (("one", True), ("two", None), ("three", True))]
    found = site.run("disable", "--all", "--yes", "--json").json()
    assert [(each["administrator"], each["changed"]) for each in found] == [
        ("one", ["auth_api"]), ("two", []), ("three", ["auth_api"])]
    assert len({each["undo_id"] for each in found}) == 3 and len(records(state(site))) == 2
    assert [fields(site.db, each["username"])["auth_api"] for each in people] == [False, None, False]
    failed(site.run("disable", "--all", "one", "--yes"), 2, "exclude")


def test_disable_all_says_what_was_done_before_it_failed(site, wire):
    for name in ("one", "two"):
        site.admin(name)
    tap = wire()
    through(site, tap)
    tap.on("findAndModify", nth=2, times=None, answer={"ok": 0.0, "code": 121, "codeName": "DocumentValidationFailure",
                                                        "errmsg": "no"})
    result = site.run("disable", "--all", "--yes")
    failed(result, 3, "DocumentValidationFailure", warnings=True)
    assert "one: auth_api changed" in result.stderr
    assert [fields(site.db, name)["auth_api"] for name in ("one", "two")] == [False, True]


def test_disable_all_goes_on_where_one_is_overwritten(site, wire):
    for name in ("one", "two", "three"):
        site.admin(name)
    tap = wire()
    through(site, tap)
    # Behind the last write, before any is looked at again.
    tap.on("findAndModify", nth=3, after=lambda _: site.db.administrators.update_one({"username": "one"}, {"$set": {"auth_api": "theirs"}}))
    failed(site.run("disable", "--all", "--yes"), 8, "one was changed, and then overwritten", warnings=True)
    assert [fields(site.db, name)["auth_api"] for name in ("one", "two", "three")] == ["theirs", False, False]
    assert len(tap.sent("insert")) == 2, "the others are announced"


def test_disable_all_says_of_a_deleted_one_that_it_is(site, wire):
    for name in ("one", "two"):
        site.admin(name)
    tap = wire()
    through(site, tap)
    tap.on("findAndModify", nth=2, after=lambda _: site.db.administrators.delete_one({"username": "one"}))
    failed(site.run("disable", "--all", "--yes"), 8, "one was changed, and then deleted by someone else", warnings=True)
    assert fields(site.db, "two")["auth_api"] is False


def test_disable_all_does_not_wait_for_a_lost_database_again_and_again(site, wire):
    for name in ("one", "two", "three", "four"):
        site.admin(name)
    tap = wire()
    through(site, tap)
    tap.on("findAndModify", nth=3, after=lambda _: tap.on(times=None, cut=True))
    result = site.run("disable", "--all", "--yes")
    failed(result, 3, "it is not known whether four was changed", warnings=True)
    assert result.stderr.count("cannot reach the database") == 2, "the last write, and one look at what was written before"
    assert "rescan" not in result.stderr
    for name in ("one", "two", "three"):
        assert f"{name} was changed, but whether that stands is not known" in result.stderr
        assert f"{name}: auth_api changed; undo: " in result.stderr


def test_disable_all_says_of_whom_no_record_can_be_written(site, wire):
    """Who came before was changed."""
    for name in ("one", "two"):
        site.admin(name)
    tap = wire()
    through(site, tap)

    def put_a_file_there(_):
        state(site).rename(site.tool.home / "elsewhere")
        state(site).touch()
    tap.on("findAndModify", after=put_a_file_there)
    result = site.run("disable", "--all", "--erase", "--yes")
    failed(result, 7, "no undo record can be written, so nothing was changed of two: ", warnings=True)
    assert "one: auth_api, token, secret changed; undo: " in result.stderr


def test_shown_is_never_a_secret(site):
    site.admin()
    result = site.run("rotate", "--yes")
    assert "token is replaced" in result.stderr and "stops working" in result.stderr and "undo: pritunl-access" in result.stdout
    fields(site.db), records(state(site))       # now the harness searches for them


@pytest.mark.parametrize("auditing", [None, "all"])
def test_announced_in_pritunls_own_shape(site, auditing):
    admin = site.admin()
    site.seed.settings(site.db, auditing=auditing)
    since = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - datetime.timedelta(seconds=1)
    answer(site.run("rotate", "--yes", "--json"))
    (event,) = site.db.messages.find()
    assert list(event) == ["_id", "message", "timestamp", "channel"]
    assert event["message"] == ["administrators_updated", None] and event["channel"] == "events"
    assert isinstance(event["_id"], bson.ObjectId) and since <= event["timestamp"] <= since + datetime.timedelta(minutes=2)
    lines = list(site.db.users_audit.find())
    assert len(lines) == (auditing == "all")
    for line in lines:
        assert line["user_id"] == admin["_id"] and line["type"] == "admin_updated" and line["remote_addr"] is None
        assert "rotate" in line["message"] and isinstance(line["timestamp"], datetime.datetime)
        assert set(line) == {"_id", "user_id", "timestamp", "type", "remote_addr", "message"}


def test_the_console_still_works_after_an_announcement(site):
    admin = site.admin()
    site.seed.settings(site.db, auditing="all")
    answer(site.run("rotate", "--yes", "--json"))
    page = site.pritunl.console_open(admin["username"])
    assert page.form["token"] == fields(site.db)["token"]


@pytest.mark.parametrize("name", ["redis_uri", "secondary_mongodb_uri"])
def test_what_cannot_be_announced_is_said(site, name):
    site.admin(auth_api=None)
    address = "redis://127.0.0.1:1" if name == "redis_uri" else site.database.uri
    site.seed.settings(site.db, **{name: address}, auditing="all")
    result = site.run("enable", "--yes", "--json")
    assert answer(result)["changed"] == ["auth_api"] and name in result.stderr
    assert site.db.messages.count_documents({}) == 0 and site.db.users_audit.count_documents({}) == 1


def test_refused_without_waiting_is_a_warning(site):
    site.admin(auth_api=None)
    site.pritunl.front = "strict"
    result = site.run("enable", "--yes", "--json")
    assert answer(result)["verified"] is False and "warning" in result.stderr and fields(site.db)["auth_api"] is True


def test_not_reachable_without_waiting_is_a_warning(site, address):
    site.admin(auth_api=None)
    result = site.run("enable", "--yes", "--json", "--url", f"http://{address('refused')}")
    assert answer(result)["verified"] is False and "warning" in result.stderr


def test_no_url_known(site):
    site.admin(auth_api=None)
    result = site.run("enable", "--yes", "--json", env={"PRITUNL_ACCESS_URL": None})
    assert answer(result)["verified"] in (None, False) and "URL is not known" in result.stderr


@pytest.mark.parametrize(("args", "status"), [(["rotate", "--wait", "30"], 4), (["enable", "--wait", "5", "pritunl"], 2), (["enable", "pritunl", "--wait", "5"], 2)],
                         ids=lambda each: " ".join(each) if isinstance(each, list) else str(each))
def test_seconds_that_stand_apart(site, args, status):
    """They are taken for a name, and the error is about that."""
    site.admin()
    number = args[args.index("--wait") + 1]
    result = site.run(*args, "--yes")
    failed(result, status, warnings=True)
    assert f"the {number} behind --wait is a word of its own; as its value it is written --wait={number}\n" in result.stderr


def test_nobody_and_too_many(site):
    failed_json(site.run("enable", "--yes", "--json"), 3, kind="database-empty")
    site.admin("one"), site.admin("two")
    before = everything(site.db)
    failed_json(site.run("rotate", "--yes", "--json"), 4, "one, two")
    failed_json(site.run("rotate", "three", "--yes", "--json"), 4, "three")
    failed(site.run("rotate", "one", "two", "--yes"), 2)
    failed(site.run("rotate", "one", "--yes", "--wait=x"), 2)
    assert everything(site.db) == before
