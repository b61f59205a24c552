# SPDX-License-Identifier: MIT
"""snapshot, `pritunl reset-password`, restore: automation keeps its pair. And audit."""

from __future__ import annotations

import json
import signal
from collections import Counter

import pytest
from changes import everything, records, state
from expect import ABSENT, failed, private
from pritunl.client import Client


def answers(site, admin) -> int:
    """What the API answers to this pair."""
    return Client(site.pritunl.url, {"token": admin["token"], "secret": admin["secret"]}).get("/status").status


def test_the_old_pair_works_again(site, home):
    admin, other = site.admin(), site.admin("other")
    file = home / "pairs.json"
    result = site.run("snapshot", "-o", file, "--json")
    assert result.status == 0 and result.json()["administrators"] == 2
    assert file.stat().st_mode & 0o777 == 0o600
    name, password = site.pritunl.reset_password()
    assert name == "pritunl" and answers(site, admin) == 401
    before = site.db["administrators"].find_one({"username": "pritunl"})
    result = site.run("restore", file, "--dry-run")
    assert result.status == 0 and "pritunl: auth_api is null, becomes true" in result.stderr
    assert site.db["administrators"].find_one({"username": "pritunl"}) == before
    result = site.run("restore", file, "--yes", "--json")
    assert result.status == 0, result.stderr
    assert [(each["administrator"], sorted(each["changed"])) for each in result.json()] == [
        ("pritunl", ["auth_api", "secret", "token"]), ("other", [])] or result.json()[0]["administrator"] == "other"
    assert answers(site, admin) == 200 and answers(site, other) == 200
    assert site.pritunl.login("pritunl", password), "the new password stays"
    after = site.db["administrators"].find_one({"username": "pritunl"})
    assert {name for name in after if after[name] != before[name]} == {"token", "secret", "auth_api"}
    assert site.run("undo", "--yes").status == 0
    assert site.db["administrators"].find_one({"username": "pritunl"}) == before


def test_bad_snapshots(site, home):
    admin = site.admin()
    failed(site.run("snapshot"), 2, "no file", attempt="-o FILE")
    failed(site.run("restore", "--yes"), 2, attempt="restore FILE")
    for text in ("", "[]", "{}", '{"pritunl_access_snapshot": 2, "administrators": []}',
                 '{"pritunl_access_snapshot": 1, "administrators": [{}]}',
                 '{"pritunl_access_snapshot": 1, "administrators": [{"administrator": "pritunl", "document": "x"}]}'):
        failed(site.run("restore", private(home / "bad", text), "--yes"), 2, warnings=True)
    failed(site.run("restore", written(home, entry("nobody")), "--yes"), 4, warnings=True)
    assert site.db["administrators"].find_one({}) == admin


def entry(name, **fields) -> dict:
    """An administrator's in a snapshot."""
    document = {"_id": {"$oid": "5" * 24}, "username": name} | fields
    return {"administrator": name, "document": json.dumps({key: value for key, value in document.items() if value is not ABSENT})}


def written(home, *entries):
    """A snapshot of these."""
    return private(home / "snapshot", json.dumps({"pritunl_access_snapshot": 1, "administrators": list(entries)}))


@pytest.mark.parametrize("bad", [{"administrator": "pritunl", "document": "{}"}, entry("pritunl", _id=ABSENT), entry("pritunl", username=ABSENT),
                                 entry("pritunl", username="other"), entry("pritunl", username=5), entry("other")])
def test_one_bad_entry_and_nothing_is_restored(site, home, bad):
    """Whole or not at all: what comes before it is not written either, nor is a name taken twice."""
    site.admin()
    site.admin("other")
    stored = everything(site.db)
    good = entry("other", auth_api=False)
    for entries in ((good, bad), (bad, good)):
        failed(site.run("restore", written(home, *entries), "--yes"), 2, "nothing was changed", warnings=True)
    assert everything(site.db) == stored and records(state(site)) == []


def test_what_a_snapshot_lacks_is_left_alone(site, home):
    admin = site.admin()
    shown = site.run("restore", written(home, entry("pritunl", auth_api=False)), "--dry-run")
    assert shown.status == 0 and "uses the present token stops working" in shown.stderr
    assert site.run("restore", written(home, entry("pritunl", auth_api=False)), "--yes", "--json").json()[0]["changed"] == ["auth_api"]
    assert site.db["administrators"].find_one({}) == admin | {"auth_api": False}
    assert site.run("restore", written(home, entry("pritunl")), "--yes", "--json").json()[0]["changed"] == []
    assert site.db["administrators"].find_one({}) == admin | {"auth_api": False}
    records(state(site))


def test_audit(site):
    site.admin()
    site.insert(username="odd", auth_api=1, secret="short")
    twin = site.admin("twin")
    site.admin("double", token=twin["token"], default_password=None)
    site.db["users_audit"].insert_one({"user_id": twin["_id"], "timestamp": site.seed.utc_now(), "type": "admin_updated",
                                       "remote_addr": None, "message": "API token changed"})
    rows = {each["administrator"]: each for each in site.run("audit", "--json").json()}
    assert rows["pritunl"]["findings"] == ["default-password"] and rows["pritunl"]["live"] is True
    assert rows["odd"]["findings"] == ["flag-not-boolean", "secret-short"] and rows["odd"]["live"] is False
    assert rows["twin"]["findings"] == rows["double"]["findings"] == ["token-duplicate"]
    assert [each["message"] for each in rows["twin"]["audit"]] == ["API token changed"]
    assert rows["twin"]["since"].startswith("20")
    assert "API token changed" in site.run("audit").stdout


OVERWRITTEN = "{} was changed, and then overwritten by someone else"


@pytest.mark.parametrize("quiet", [(), ("-q",)])
@pytest.mark.parametrize("refused", ["", "third"])
def test_each_that_was_overwritten_is_named(site, home, wire, refused, quiet):
    """All are written, and then looked at: of none that does not stand any more is it only said that it was changed."""
    names = ["first", "second", "third", "stays"]
    before = {name: site.admin(name) for name in names}
    file = home / "pairs.json"
    assert site.run("snapshot", "-o", file).status == 0
    people = site.db["administrators"]
    people.update_many({}, {"$set": {"auth_api": False}})
    tap = wire()

    def overwrite(command):
        [name] = [name for name, admin in before.items() if admin["_id"] == command.body["query"]["_id"]]
        if name != "stays":
            people.update_one({"username": name}, {"$set": {"auth_api": False}, "$unset": {"token": ""}})
    if refused:
        tap.on("findAndModify", times=None, where=lambda command: command.body["query"]["_id"] == before[refused]["_id"],
               answer={"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "no"})
    tap.on("findAndModify", times=None, after=overwrite)
    result = site.run("restore", file, "--yes", *quiet, env={"PRITUNL_ACCESS_MONGODB_URI": tap.uri(site.database.name)})
    written = names[:names.index(refused)] if refused else names
    lost = [name for name in written if name != "stays"]
    if refused:
        failed(result, 3, "wants a login", warnings=True)
    else:
        failed(result, 8, OVERWRITTEN.format(lost[0]), warnings=True)
    lines = result.stderr.splitlines()
    for name in lost:
        assert len([line for line in lines if OVERWRITTEN.format(name) in line]) == 1, (name, result.stderr)
    for name in written:
        assert [line for line in lines if line.startswith(f"pritunl-access: {name}: auth_api changed; undo: ")], (name, result.stderr)
    assert "stays was changed, and" not in result.stderr


def counted(site, home, wire, count) -> Counter:
    """What the database is asked while so many administrators, whose access is off by now, get their pairs back."""
    file = home / "pairs.json"
    while site.db["administrators"].count_documents({}) < count:
        site.admin(f"admin-{site.db['administrators'].count_documents({})}")
    assert site.run("snapshot", "-o", file).status == 0
    site.db["administrators"].update_many({}, {"$set": {"auth_api": False}})
    proxy = wire()
    result = site.run("restore", file, "--yes", "--json", "--settle", 0,
                      env={"PRITUNL_ACCESS_MONGODB_URI": proxy.uri(site.database.name)})
    assert [each["changed"] for each in result.json()] == [["auth_api"]] * count, result.stderr
    assert all(answers(site, admin) == 200 for admin in site.db["administrators"].find().limit(3))
    return Counter(command.name for command in proxy.sent())


def test_many_are_surveyed_as_often_as_few(site, home, wire):
    few, many = (counted(site, home, wire, count) for count in (5, 50))
    for name in ("find", "findAndModify", "insert"):        # seen again, written, told to open consoles: each for itself
        assert (few.pop(name), many.pop(name)) == (5, 50)
    assert few == many == {"aggregate": 2}


def test_a_wait_that_runs_out_says_whose_it_was(site, home):
    for name in ("one", "two"):
        site.admin(name, auth_api=name == "one")
    site.pritunl.front = "strict"
    file = written(home, *[entry(name, auth_api=True) for name in ("one", "two")])
    result = site.run("restore", file, "--yes", "--wait=1", "--json")
    assert result.status == 9 and result.json()["error"]["message"].startswith("two: the wait ran out: "), result.stdout


def test_whoever_breaks_off_is_told_what_is_not_known(site, home, wire):
    """Of one it may be written, of another it does not stand; the third is looked at when Ctrl-C comes."""
    ids = {name: site.admin(name, auth_api=False)["_id"] for name in ("one", "stays", "two")}
    proxy = wire()
    for name in ("one", "two"):
        proxy.on("findAndModify", times=None, where=lambda command, name=name: command.body["query"]["_id"] == ids[name], drop=name == "two",
                 after=lambda _, name=name: site.db.administrators.update_one({"username": name}, {"$set": {"auth_api": None}}))
    held = proxy.hold("insert")
    file = written(home, *[entry(name, auth_api=True) for name in ids])
    running = site.tool.start("restore", file, "--yes", env={"PRITUNL_ACCESS_MONGODB_URI": proxy.uri(site.database.name)})
    assert held.reached.wait(30)
    running.signal(signal.SIGINT)
    result = running.wait()
    held.release()
    assert result.status == -signal.SIGINT, result.stderr
    for line in ("it is not known whether two was changed", "one was changed, and then overwritten", "stays: auth_api changed; undo: "):
        assert line in result.stderr, result.stderr


@pytest.mark.parametrize(("command", "nth", "settle"), [("findAndModify", 3, 0), ("insert", 3, 1)], ids=["at once", "within the last second"])
def test_whoever_does_not_stand_any_more_is_named(site, home, wire, command, nth, settle):
    """Not only the first: each was said to be changed."""
    for name in ("one", "two", "three"):
        site.admin(name, auth_api=False)
    proxy = wire()
    proxy.on(command, nth=nth, after=lambda _: site.db.administrators.update_many({"username": {"$ne": "two"}}, {"$set": {"auth_api": None}}))
    file = written(home, *[entry(name, auth_api=True) for name in ("one", "two", "three")])
    result = site.run("restore", file, "--yes", "--settle", settle, env={"PRITUNL_ACCESS_MONGODB_URI": proxy.uri(site.database.name)})
    failed(result, 8, "one was changed, and then overwritten", warnings=True)
    assert "three was changed, and then overwritten" in result.stderr and "two was changed, and then" not in result.stderr
