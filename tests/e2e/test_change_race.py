# SPDX-License-Identifier: MIT
"""Others write at the same time: other runs of ours, and consoles that save whole documents. And the filter that tells them."""

from __future__ import annotations

import threading

import bson.json_util
import pytest
from bson import Decimal128, Int64, ObjectId
from changes import PAIR, answer, everything, fields, is_fresh, raw, records, state, through
from expect import ABSENT, failed_json

RUNS = 16
VALUES = [ABSENT, None, "x" * 9, "", 7, Int64(7), 7.0, True, False, ["x" * 9], [], [None], {"a": 1}, {}, b"x", ObjectId(),
          Decimal128("7"), ["array"]]


class Crowd:
    """A console that saves what it read 20 ms ago again and again, and somebody who writes down every pair that ever stood."""

    def __init__(self, site):
        self.site, self.seen = site, []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._watch, self._save)]

    def _watch(self):
        while not self._stop.is_set():
            found = pair_of(self.site.db.administrators.find_one({}, {"token": 1, "secret": 1}))
            if found not in self.seen[-1:]:
                self.seen.append(found)

    def _save(self):
        while not self._stop.is_set():
            self.site.pritunl.console_save("pritunl", delay_s=0.02)
            self._stop.wait(0.05)

    def __enter__(self):
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for each in self._threads:
            each.join()


def pair_of(document) -> tuple:
    """Its token and secret."""
    return document["token"], document["secret"]


def test_sixteen_rotations_and_a_console(site):
    """Every 0 is a pair that stood; every 8 one that somebody else replaced; and no pair is ever mixed."""
    before = site.admin()
    with Crowd(site) as crowd:
        runs = [site.tool.start("rotate", "--yes", "--json") for _ in range(RUNS)]
        results = [run.wait(60) for run in runs]
    kept = {each["id"]: pair_of(bson.json_util.loads(each["after"])) for each in records(state(site))}
    known = {*kept.values(), pair_of(before)}
    assert len(kept) == RUNS and set(crowd.seen) <= known and pair_of(fields(site.db)) in known, "a mixed pair"
    said = {status: [each.json() for each in results if each.status == status] for status in (0, 8)}
    assert sum(map(len, said.values())) == RUNS, [(each.status, each.stdout, each.stderr) for each in results]
    assert all(kept[each["undo_id"]] in crowd.seen for each in said[0]), "0 is said of what stood"
    assert {each["error"]["kind"] for each in said[8]} <= {"conflict"}


def test_two_at_once_one_wins(site, wire):
    before = site.admin()
    tap = wire()
    through(site, tap)
    hold = tap.hold("findAndModify")
    first = site.tool.start("rotate", "--yes", "--json")
    assert hold.reached.wait(20)
    second = answer(site.run("rotate", "--yes", "--json"))
    stands = fields(site.db)
    hold.release()
    failed_json(first.wait(), 8, "nothing was written", kind="conflict")
    assert second["verified"] and fields(site.db) == stands and is_fresh(stands, before)
    records(state(site))


def test_overwritten_by_a_console_and_tried_again(site, wire):
    """The console had read before us and writes after us: the document is back at exactly what we had read."""
    before = site.admin()
    tap = wire()
    through(site, tap)
    old = dict(before)
    tap.on("findAndModify", after=lambda _: site.db.administrators.replace_one({"_id": old["_id"]}, old))
    answer(site.run("rotate", "--yes", "--json"))
    assert len(tap.sent("findAndModify")) == 2 and is_fresh(fields(site.db), before)


def test_overwritten_twice_is_a_conflict(site, wire):
    before = site.admin()
    tap = wire()
    through(site, tap)
    tap.on("findAndModify", times=None, after=lambda _: site.db.administrators.replace_one({"_id": before["_id"]}, before))
    failed_json(site.run("rotate", "--yes", "--json"), 8, "overwritten", kind="conflict")
    assert len(tap.sent("findAndModify")) == 2 and fields(site.db) == before
    assert site.db.messages.count_documents({}) == 0, "nothing is announced that does not stand"
    records(state(site))


def test_overwritten_by_somebody_elses_value(site, wire):
    site.admin()
    tap = wire()
    through(site, tap)
    theirs = site.seed.random_text()
    tap.on("findAndModify", after=lambda _: site.db.administrators.update_one({}, {"$set": {"token": theirs}}))
    failed_json(site.run("rotate", "--yes", "--json"), 8, kind="conflict")
    assert fields(site.db)["token"] == theirs and len(tap.sent("findAndModify")) == 1
    records(state(site))


@pytest.mark.parametrize("args, field, value", [
    (["rotate"], "token", "another"), (["rotate"], "secret", None), (["enable"], "auth_api", 0),
    (["enable"], "secret", ABSENT), (["enable"], "token", ["another"]), (["disable"], "auth_api", 1)], ids=str)
def test_changed_between_reading_and_writing(site, wire, args, field, value):
    site.admin(auth_api=None if args == ["enable"] else True)
    tap = wire()
    through(site, tap)
    change = {"$unset": {field: ""}} if value is ABSENT else {"$set": {field: value}}
    tap.on("findAndModify", before=lambda _: site.db.administrators.update_one({}, change))
    result = site.run(*args, "--yes", "--json")
    failed_json(result, 8, "nothing was written", kind="conflict")
    after = fields(site.db)
    assert after.get(field, ABSENT) == value and len(tap.sent("findAndModify")) == 1
    records(state(site))


def test_what_does_not_matter_may_change(site, wire):
    before = site.admin()
    tap = wire()
    through(site, tap)
    tap.on("findAndModify", before=lambda _: site.db.administrators.update_one({}, {"$set": {"sessions": ["s"], "new": 1,
                                                                                             "auth_api": 1}}))
    answer(site.run("rotate", "--yes", "--json"))
    after = fields(site.db)
    assert is_fresh(after, before) and after["new"] == 1 and after["auth_api"] == 1 and after["sessions"] == ["s"]


def test_gone_between_reading_and_writing(site, wire):
    site.admin()
    tap = wire()
    through(site, tap)
    tap.on("findAndModify", before=lambda _: site.pritunl.reset_password())
    failed_json(site.run("rotate", "--yes", "--json"), 4, "nothing was written")
    records(state(site))


@pytest.mark.long
def test_the_pins_tell_types_apart(site, wire):
    """The filter that was sent, tried on documents that differ in nothing but the type of one field."""
    tap = wire()
    through(site, tap)
    for value in VALUES:
        site.db.administrators.delete_many({})
        site.insert(secret=value)
        sent = len(tap.sent("findAndModify"))
        answer(site.run("rotate", "--yes", "--json", "--no-undo"))
        pins = tap.sent("findAndModify")[sent].body["query"]["secret"]
        trial = site.db.trial
        trial.delete_many({})
        trial.insert_many([{"_id": number} | ({} if each is ABSENT else {"secret": each}) for number, each in enumerate(VALUES)])
        met = [VALUES[each["_id"]] for each in trial.find({"secret": pins})]
        assert len(met) == 1 and type(met[0]) is type(value) and met[0] == value, (value, pins, met)
    site.db.trial.drop()


def test_nothing_but_the_fields_is_in_the_update(site, wire):
    admin = site.admin()
    tap = wire()
    through(site, tap)
    answer(site.run("rotate", "--yes", "--json"))
    (command,) = tap.sent("findAndModify")
    assert set(command.body["update"]) == {"$set"} and sorted(command.body["update"]["$set"]) == PAIR
    assert sorted(command.body["query"]) == ["_id", *PAIR] and command.body["query"]["_id"] == admin["_id"]
    assert not command.body.get("upsert") and "fields" not in command.body and command.body.get("new") is not True


def test_the_same_name_twice(site):
    site.db.administrators.drop_indexes()
    site.insert(note=1), site.insert(note=2)
    before = everything(site.db)
    failed_json(site.run("rotate", "pritunl", "--yes", "--json"), 4)
    assert everything(site.db) == before


def test_a_filter_that_matches_too_much_is_noticed(site, wire):
    """The server says that it met another document than the one that was read: what stands is looked at, not what it says."""
    site.admin()
    tap = wire()
    through(site, tap)
    tap.on("findAndModify", amend={"value": {"token": "x" * 32, "secret": "y" * 32}})
    answer(site.run("rotate", "--yes", "--json"))
    assert raw(site.db)
