# SPDX-License-Identifier: MIT
"""rotate --overlap: a consumer that cannot stop is never refused."""

from __future__ import annotations

import threading

import pytest
from changes import records, state, through
from expect import failed
from pritunl.client import Client

FIELD = "pritunl_access"


class Consumer:
    """Polls every 10 ms with the pair that it was last told of."""

    def __init__(self, url, pair):
        self.url, self.pair = url, pair
        self.answers: list = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._end.wait(0.01):
            pair = self.pair
            self.answers.append((pair["token"], Client(self.url, pair).get("/status").status))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join(10)


def host(site, address="127.0.0.1"):
    """Its one host can be reached from here, so that there is somebody to wait for: one acceptance, not six seconds of them."""
    site.seed.settings(site.db, server_port=site.pritunl.port, server_ssl=False, settings_check_interval=1)
    site.seed.host(site.db, site.pritunl.host_id, public_address=address)


@pytest.mark.long
@pytest.mark.parametrize("address", ["127.0.0.1", None], ids=["a host", "one address"])
def test_not_one_refusal(site, address):
    host(site, address)
    admin = site.admin()
    old = {"token": admin["token"], "secret": admin["secret"]}
    with Consumer(site.pritunl.url, old) as consumer:
        site.pritunl.wait_for(lambda: consumer.answers)
        result = site.run("rotate", "--overlap", "exporter", "--yes", "-q", "-f", "json", reveals=True, timeout=60)
        assert result.status == 0, result.stderr
        pair = result.json()
        new = {"token": pair["PRITUNL_TOKEN"], "secret": pair["PRITUNL_SECRET"]}
        consumer.pair = new
        site.pritunl.wait_for(lambda: consumer.answers[-1][0] == new["token"])
        result = site.run("rotate", "--finish", "exporter", "--yes", "--json", timeout=60)
        assert result.status == 0, result.stderr
        seen = len(consumer.answers)
        site.pritunl.wait_for(lambda: len(consumer.answers) > seen + 3)
    assert {status for _, status in consumer.answers} == {200}
    assert {token for token, _ in consumer.answers} == {old["token"], new["token"]}
    answer = result.json()
    assert (answer["administrator"], sorted(answer["changed"]), answer["verified"]) == ("pritunl", ["secret", "token"], True)
    assert Client(site.pritunl.url, old).get("/status").status == 401
    left = list(site.db["administrators"].find({}))
    assert left == [admin | new], "one administrator, with the new pair, and nothing else changed"
    assert site.run("rotate", "--finish", "exporter", "--yes").status == 4


def test_rights_and_refusals(site):
    host(site)
    site.admin(super_user=False)
    failed(site.run("rotate", "--overlap", "x", "--finish", "x", "--yes"), 2)
    for option in ("-o", "-f", "--mode", "--owner", "--group", "--name", "--namespace", "--lifetime"):
        value = {"-f": "json", "--mode": "0600", "--owner": "0", "--group": "0", "--lifetime": "5h"}.get(option, "file")
        failed(site.run("rotate", option, value, "--yes"), 2, "--overlap")
        failed(site.run("rotate", "--finish", "x", option, value, "--yes"), 2, "--overlap")
    failed(site.run("rotate", "--replace", "--yes"), 2, "--overlap")
    failed(site.run("rotate", "--finish", "x", "--yes"), 4)
    failed(site.run("rotate", "--overlap", "a,b", "--yes"), 2, "label")
    assert site.run("rotate", "--overlap", "x", "--yes", "-q", reveals=True, timeout=60).status == 0
    made = site.db["administrators"].find_one({FIELD + ".label": "x"})
    assert made["super_user"] is False and (made[FIELD]["expires_at"] - made[FIELD]["issued_at"]).days == 30
    assert site.run("rotate", "--finish", "x", "--dry-run").status == 0
    assert site.db["administrators"].count_documents({}) == 2


def test_an_administrator_whose_name_is_no_text(site):
    host(site)
    site.insert(username=5, super_user=True)
    result = site.run("rotate", "--overlap", "x", "--yes", "-o", "file", timeout=60)
    assert result.status == 0 and "beside (no text)" in result.stderr and "null" not in result.stderr
    result = site.run("rotate", "--finish", "x", "--yes")
    assert result.status == 0 and result.stdout.startswith("(no text): token, secret changed"), result.stderr
    assert site.run("rotate", "--yes", "--json").json()["administrator"] is None
    assert site.db["administrators"].count_documents({}) == 1
    records(state(site))


def test_a_terminal_obeys_nothing_of_a_username(site):
    site.admin("evil\x1b]0;pwn\x07\r\nname")
    result = site.run("rotate", "--overlap", "x", "--dry-run")
    assert result.status == 0 and "beside evil?]0;pwn???name, until" in result.stderr and not {"\x1b", "\x07", "\r"} & set(result.stderr)


def begun(site):
    """An overlap of the label x."""
    host(site)
    assert site.run("rotate", "--overlap", "x", "--yes", "-q", "-o", site.tool.home / "x", timeout=60).status == 0
    return site.db["administrators"].find_one({FIELD + ".label": "x"})


def finished_after(site, meanwhile) -> int:
    """The status of a finish that is agreed to after something else happened."""
    running = site.tool.start("rotate", "--finish", "x", tty=True)
    running.await_text("Change this?")
    meanwhile()
    running.type("y\n")
    return running.wait().status


@pytest.mark.parametrize("name", ["gone", "token", "secret", "username", "auth_api", "disabled", FIELD + ".issuer"])
def test_a_second_that_was_changed_while_somebody_was_asked(site, name):
    """Its pair is dead by then, or another's: the permanent administrator keeps its own."""
    admin = site.admin()
    second = begun(site)
    value = True if name == "disabled" else False if name == "auth_api" else site.seed.random_text()
    people = site.db["administrators"]

    def meanwhile():
        if name == "gone":
            people.delete_one({"_id": second["_id"]})
        else:
            people.update_one({"_id": second["_id"]}, {"$set": {name: value}})
    assert finished_after(site, meanwhile) == 8
    assert people.find_one({"_id": admin["_id"]}) == admin
    assert people.count_documents({"_id": second["_id"]}) == (name != "gone")
    assert records(state(site)) == []


@pytest.mark.parametrize("field", [{"super_user": False}, {"super_user": None}])
def test_the_last_super_user_stays(site, field):
    """The first one was demoted meanwhile: without the second nobody could manage administrators."""
    admin = site.admin()
    begun(site)
    site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": field})
    stored = list(site.db["administrators"].find())
    for option in ("--yes", "--dry-run"):
        failed(site.run("rotate", "--finish", "x", option), 1, "last enabled super user", warnings=True)
    assert list(site.db["administrators"].find()) == stored and records(state(site)) == []
    site.admin("other", auth_api=None)
    assert site.run("rotate", "--finish", "x", "--yes").status == 0


@pytest.mark.parametrize("name", ["token", "secret", FIELD + ".issuer", None])
def test_a_second_that_still_stands(site, wire, name):
    """Its pair was taken over, but the delete met another document, or was refused: that is no success."""
    admin = site.admin()
    second = begun(site)
    tap = wire()
    through(site, tap)
    if name is None:
        tap.on("delete", "administrators", times=None, answer={"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "no"})
    else:
        tap.on("delete", "administrators",
               before=lambda _: site.db["administrators"].update_one({"_id": second["_id"]}, {"$set": {name: site.seed.random_text()}}))
    result = site.run("rotate", "--finish", "x", "--yes")
    until = second[FIELD]["expires_at"].strftime("%Y-%m-%dT%H:%M")
    failed(result, 8 if name else 3, "the pair was taken over", f"{second['username']} still stands, until {until}",
           attempt=f"revoke {second['username']}", warnings=True)
    assert "pritunl: token, secret changed; undo: " in result.stderr
    now = site.db["administrators"].find_one({"_id": admin["_id"]})
    assert (now["token"], now["secret"]) == (second["token"], second["secret"])
    assert site.db["administrators"].count_documents({"_id": second["_id"]}) == 1
    records(state(site))
