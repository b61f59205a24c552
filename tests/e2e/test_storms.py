# SPDX-License-Identifier: MIT
"""
Many processes at one administrator, one file, one directory, one label, the last super users: what must hold, holds. Some at once in
`make check`; PRITUNL_ACCESS_FAULTS=all (`make check-faults`) lets 32 loose, again and again.
"""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from changes import PAIR, fields, is_fresh, others, through
from kills import ALL

AT_ONCE = 32 if ALL else 6
ROUNDS = 16 if ALL else 2
LABELS = AT_ONCE if ALL else 3
REVOCATIONS = 4         # of all of them; with --all-issued each process comes to each label
FIELD = "pritunl_access"
WRITES = ("insert", "update", "findAndModify", "delete")
pytestmark = pytest.mark.timeout(3600 if ALL else 120)


def storm(site, commands):
    """Run them all at once; how they ended."""
    with ThreadPoolExecutor(len(commands)) as pool:
        return list(pool.map(lambda command: site.run(*command, timeout=110), commands))


def enabled(db):
    """Usernames of enabled super users."""
    return [each["username"] for each in db["administrators"].find({"super_user": True, "disabled": {"$ne": True}})]


def test_rotations_of_one_administrator(site, record_property):
    before = site.admin()
    for _ in range(ROUNDS):
        results = storm(site, [["rotate", "--yes", "--no-undo", "--json"]] * AT_ONCE)
        done = [result for result in results if result.status == 0]
        assert done and {result.status for result in results} <= {0, 8}, [(result.status, result.stdout) for result in results]
        after = fields(site.db)
        assert is_fresh(after, before) and others(after, *PAIR) == others(before, *PAIR)
        before = after
    record_property("figure: processes in storms", AT_ONCE * ROUNDS)


class History:
    """Who stood after each write to the administrators, one write after the other, as the wire tap lets them through."""

    def __init__(self, site, tap):
        self.db = site.db
        self.states: list[dict] = []
        self._one = threading.Lock()
        tap.on(WRITES, "administrators", times=None, before=lambda _: self._one.acquire(), after=self._note)
        through(site, tap)

    def begin(self) -> None:
        """From here on."""
        self.states = [self._standing()]

    def _standing(self) -> dict:
        return {each["username"]: each for each in self.db["administrators"].find()}

    def _note(self, _command) -> None:
        self.states.append(self._standing())
        self._one.release()

    def empty(self) -> list[int]:
        """After which of them no enabled super user stood."""
        return [number for number, state in enumerate(self.states)
                if not any(each["super_user"] and not each["disabled"] for each in state.values())]

    def put_back(self):
        """Who was put back, deleted by which write and back by which."""
        for number, (before, after) in enumerate(zip(self.states, self.states[1:], strict=False), 1):
            for name in after.keys() - before.keys():
                yield name, max(each for each in range(number) if name in self.states[each]) + 1, number


def is_held_to(history, whole) -> None:
    """Whoever was put back was the last, and is as they were."""
    assert all(each == whole[name] for state in history.states for name, each in state.items()), "what is put back is whole"
    for name, gone, back in history.put_back():
        assert set(history.empty()) & set(range(gone, back)), f"{name} was not the last, and was put back"


def left_by(history) -> set:
    """The labels of whoever stands at the end."""
    return {each[FIELD]["label"] for each in history.states[-1].values() if FIELD in each}


@pytest.mark.parametrize("pair", [("revoke",), ("revoke", "--all-issued")])
def test_the_last_super_users(site, wire, pair, record_property):
    """
    Nobody can look and delete in one: who was deleted while the others were is put back, as it was, and only where none was left. What
    stands may be none for a moment, and never when the last process has ended.
    """
    site.admin()
    labels = [f"job-{each}" for each in range(LABELS)]
    made = storm(site, [["issue", label, "--super", "--yes", "-o", label] for label in labels])
    assert {result.status for result in made} == {0}, [result.stderr for result in made]
    site.db["administrators"].update_one({"username": "pritunl"}, {"$set": {"disabled": True}})
    singly = len(pair) == 1
    issued = list(site.db["administrators"].find({FIELD: {"$exists": True}}))
    whole = {each["username"]: each for each in site.db["administrators"].find()}
    history = History(site, wire())
    for _ in range(REVOCATIONS):
        site.db["administrators"].delete_many({FIELD: {"$exists": True}})
        site.db["administrators"].insert_many(issued)
        history.begin()
        results = storm(site, [[*pair, *[label] * singly, "--yes", "--json"] for label in labels])
        assert enabled(site.db), [(result.status, result.stdout, result.stderr) for result in results]
        assert {result.status for result in results} <= ({0, 1} if singly else {0, 1, 8}), [
            (result.status, result.stdout) for result in results]
        is_held_to(history, whole)
        assert not singly or left_by(history) == {label for label, result in zip(labels, results, strict=True) if result.status == 1}
    record_property("figure: processes in storms", LABELS * (1 + REVOCATIONS))


def test_the_last_two_super_users_at_the_same_moment(site, wire):
    tap = wire()
    site.admin()
    for label in ("one", "two"):
        assert site.run("issue", label, "--super", "--yes", "-o", label).status == 0
    site.db["administrators"].update_one({"username": "pritunl"}, {"$set": {"disabled": True}})
    whole = {each["username"]: each for each in site.db["administrators"].find({FIELD: {"$exists": True}})}
    through(site, tap)
    holds = [tap.hold("delete", nth=number) for number in (1, 2)]
    running = [site.tool.start("revoke", label, "--yes") for label in ("one", "two")]
    for hold in holds:
        assert hold.reached.wait(30)
    for hold in holds:
        hold.release()
    results = [each.wait() for each in running]
    left = {each["username"]: each for each in site.db["administrators"].find({FIELD: {"$exists": True}})}
    assert left and all(whole[name] == left[name] for name in left), "put back as it was"
    assert 1 in [result.status for result in results], [result.stderr for result in results]
    assert any("the last enabled super user is never removed" in result.stderr for result in results)


def test_the_last_two_super_users_disabled_at_once(site, wire, record_property):
    """disable takes API access, and nothing else: both can log in afterwards, whoever came first."""
    names = ("one", "two")
    history = History(site, wire())
    for number in range(ROUNDS):
        site.db["administrators"].delete_many({})
        before = {name: site.admin(name) for name in names}
        history.begin()
        words = [["disable", *(["--all"] if each % 4 == 3 else [names[each % 2]]), "--yes", "--no-undo", "--json"] for each in range(AT_ONCE + 2)]
        results = storm(site, words)
        assert {result.status for result in results} <= {0, 8}, [(result.status, result.stdout) for result in results]
        assert sorted(enabled(site.db)) == sorted(names) and not history.empty(), number
        for name in names:
            after = fields(site.db, name)
            assert after["auth_api"] is False and others(after, "auth_api") == others(before[name], "auth_api")
    record_property("figure: processes in storms", (AT_ONCE + 2) * ROUNDS)


def test_one_label(site, record_property):
    site.admin()
    results = storm(site, [["issue", "job", "--yes", "-o", f"pair-{number}"] for number in range(AT_ONCE)])
    assert sorted(result.status for result in results) == [0] + [2] * (AT_ONCE - 1), [result.stderr for result in results]
    assert site.db["administrators"].count_documents({FIELD: {"$exists": True}}) == 1
    assert len(list(site.tool.home.glob("pair-*"))) == 1
    record_property("figure: processes in storms", AT_ONCE)


def test_one_file(site, record_property):
    admin = site.admin()
    for _ in range(ROUNDS):
        results = storm(site, [["export", "--no-verify", "-o", "pair"], ["export", "--no-verify", "-f", "json", "-o", "pair"]] * AT_ONCE)
        assert {result.status for result in results} == {0}, [result.stderr for result in results]
        text = (site.tool.home / "pair").read_text()
        assert admin["token"] in text and admin["secret"] in text and text.count(admin["secret"]) == 1
        assert not list(site.tool.home.glob(".pritunl-access*"))
    record_property("figure: processes in storms", 2 * AT_ONCE * ROUNDS)


def test_one_new_directory(site, record_property):
    site.admin()
    target = site.tool.home / "credentials"
    for _ in range(ROUNDS):
        shutil.rmtree(target, ignore_errors=True)
        results = storm(site, [["export", "--no-verify", "-f", "systemd", "-o", "credentials"]] * AT_ONCE)
        assert {result.status for result in results} == {0}, [result.stderr for result in results]
        assert {path.name for path in target.iterdir()} == {"PRITUNL_URL", "PRITUNL_TOKEN", "PRITUNL_SECRET"}
        assert not list(site.tool.home.glob(".pritunl-access*"))
    record_property("figure: processes in storms", AT_ONCE * ROUNDS)
