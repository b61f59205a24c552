# SPDX-License-Identifier: MIT
"""`verify` for all administrators, on every host, with all profiles: one answer each, and the worst of them as the status."""

from __future__ import annotations

import threading

import pytest
from expect import VERIFY_KEYS, configure, failed, failed_json

FIRST, SECOND, STALE = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def cluster(site, standin):
    """Two hosts on one port, as the database says, and one that containers left behind."""
    first, second = site.pritunl, None
    for _ in range(20):
        try:
            second = standin(host="127.0.0.2", port=first.port)
            break
        except OSError:
            first = standin()
    del site.tool.env["PRITUNL_ACCESS_URL"]
    site.seed.settings(site.db, server_port=first.port, server_ssl=False)
    site.seed.host(site.db, FIRST, name="first", public_address="127.0.0.1", hostname=None)
    site.seed.host(site.db, SECOND, name="second", public_address="127.0.0.2", hostname=None)
    site.seed.host(site.db, STALE, name="stale", public_address="127.0.0.3", status="offline")
    return first, second


def answers(result, status) -> list:
    """The array of a run, each with the keys of the contract."""
    assert result.status == status, (result.status, result.stdout, result.stderr)
    found = result.json()
    assert isinstance(found, list) and all(VERIFY_KEYS <= set(answer) for answer in found)
    return found


def test_all_administrators(site):
    site.admin("anna")
    site.admin("bert", auth_api=False)
    site.admin("carl", disabled=True)
    site.admin("dora", secret=None)
    found = {answer["administrator"]: answer for answer in answers(site.run("verify", "--all", "--json"), 1)}
    assert {name: (answer["verdict"], answer["cause"]) for name, answer in found.items()} == {
        "anna": ("accepted", None), "bert": ("refused", "api-disabled"), "carl": ("refused", "administrator-disabled"),
        "dora": ("refused", "secret-missing")}
    text = site.run("verify", "--all")
    assert text.status == 1 and all(name in text.stdout for name in found) and "api-disabled" in text.stdout
    for name in ("bert", "carl", "dora"):
        site.db["administrators"].delete_one({"username": name})
    assert [answer["verdict"] for answer in answers(site.run("verify", "--all", "--json"), 0)] == ["accepted"]


def test_all_on_an_empty_database_and_an_api_that_is_away(site, address):
    failed(site.run("verify", "--all"), 3)
    [nobody] = answers(site.run("verify", "--all", "--json"), 3)
    assert (nobody["administrator"], nobody["verdict"], nobody["cause"]) == (None, "unknown", "database-empty")
    away = {"PRITUNL_ACCESS_MONGODB_URI": f"mongodb://{address('refused')}/pritunl"}
    for which in ("--all", "--every-host"):
        [nobody] = answers(site.run("verify", which, "--json", env=away), 3)
        assert (nobody["verdict"], nobody["cause"]) == ("unknown", "database-unreachable")
        failed(site.run("verify", which, env=away), 3)
        metrics = site.run("verify", which, "--format", "prometheus", env=away)
        assert metrics.status == 3 and "database-unreachable" in metrics.stdout, metrics.stdout
    site.admin("anna")
    site.admin("bert")
    found = answers(site.run("verify", "--all", "--json", "--url", f"http://{address('refused')}"), 5)
    assert [(answer["verdict"], answer["cause"]) for answer in found] == [("unknown", "unreachable")] * 2


def test_no_host_is_online(site, cluster):
    site.admin()
    site.db["hosts"].update_many({}, {"$set": {"status": "offline"}})
    [nobody] = answers(site.run("verify", "--every-host", "--json"), 5)
    assert (nobody["verdict"], nobody["cause"]) == ("unknown", "unreachable") and "no host that is online" in nobody["detail"]
    failed(site.run("verify", "--every-host"), 5, "no host that is online", attempt="systemctl status pritunl")


# What a mongos says that reaches no primary, after MongoDB's table of error codes.
@pytest.mark.parametrize("code", [6, 7, 89, 133, 262, 9001])
def test_whoever_stands_in_front_of_the_database_reaches_none(site, wire, code):
    site.admin()
    proxy = wire()
    proxy.on(("find", "aggregate"), times=None, answer={"ok": 0.0, "code": code, "errmsg": "no"})
    env = {"PRITUNL_ACCESS_MONGODB_URI": proxy.uri(site.database.name)}
    answer = site.run("verify", "--json", env=env)
    assert answer.status == 3 and (answer.json()["verdict"], answer.json()["cause"]) == ("unknown", "database-unreachable")
    failed(site.run("bootstrap", "--yes", "--wait=1", "-o", "x", env=env), 9, "the wait ran out", warnings=True)


def test_every_host_of_the_cluster(site, cluster):
    first, second = cluster
    site.admin()
    found = answers(site.run("verify", "--every-host", "--json"), 0)
    assert sorted(answer["url"] for answer in found) == sorted((first.url, second.url))
    assert all(answer["verdict"] == "accepted" for answer in found)
    second.front = "strict"
    found = {answer["url"]: answer for answer in answers(site.run("verify", "--every-host", "--json"), 1)}
    assert set(found) == {first.url, second.url}, "the stale host is left out"
    assert found[first.url]["verdict"] == "accepted"
    assert (found[second.url]["verdict"], found[second.url]["cause"]) == ("refused", "web-strict")
    text = site.run("verify", "--every-host")
    assert text.status == 1 and "web-strict" in text.stdout and "stale" not in text.stdout


def test_another_host_at_that_address(site, cluster):
    """A balancer, or an address that went to another host: its answer is none of the one that was asked."""
    first, second = cluster
    site.admin()
    first.host_id = second.host_id = FIRST
    found = {answer["host"]: answer for answer in answers(site.run("verify", "--every-host", "--json"), 5)}
    assert (found["first"]["verdict"], found["second"]["verdict"]) == ("accepted", "unknown")
    assert found["second"]["detail"] == "the host first answers at this one's address"
    text = site.run("verify", "--every-host")
    assert text.status == 5 and "pritunl-access: second: the host first answers at this one's address\n" in text.stderr
    assert "first: " not in text.stderr


def test_a_host_that_does_not_answer(site, cluster):
    first, second = cluster
    site.admin()
    second.stop()
    found = {answer["url"]: answer for answer in answers(site.run("verify", "--every-host", "--json"), 5)}
    assert (found[first.url]["verdict"], found[second.url]["verdict"]) == ("accepted", "unknown")
    assert found[second.url]["cause"] == "unreachable"
    first.front = "strict"
    assert site.run("verify", "--every-host", "--json").status == 1, "a no is an answer, before what is not known"


def test_all_on_every_host(site, cluster):
    first, second = cluster
    site.admin("anna")
    site.admin("bert", disabled=True)
    found = answers(site.run("verify", "--all", "--every-host", "--json"), 1)
    assert sorted((answer["administrator"], answer["url"], answer["verdict"]) for answer in found) == sorted([
        ("anna", first.url, "accepted"), ("anna", second.url, "accepted"), ("bert", first.url, "refused"), ("bert", second.url, "refused")])


def test_every_host_without_hosts(site):
    site.admin()
    failed(site.run("verify", "--every-host"), 5)
    assert site.run("verify", "--every-host", "--json").status == 5


def test_jobs_run_side_by_side(site):
    """With room for all, every request is there before the first is answered; with one job each comes alone."""
    for number in range(6):
        site.admin(f"admin{number}")
    lock, together, most = threading.Condition(), [0], [0]
    limit = [6]

    def arrived(request):
        if request.signed:
            with lock:
                together[0] += 1
                most[0] = max(most[0], together[0])
                lock.notify_all()
                lock.wait_for(lambda: most[0] >= limit[0], timeout=20)
                together[0] -= 1
        return False

    site.pritunl.faults_on = arrived
    answers(site.run("verify", "--all", "--json"), 0)
    assert most[0] == 6
    most[0], limit[0] = 0, 1
    answers(site.run("verify", "--all", "--json", "--jobs", "1"), 0)
    assert most[0] == 1
    for wrong in ("0", "-1", "many", "100000"):
        failed(site.run("verify", "--all", "--jobs", wrong), 2, "jobs")


def test_all_profiles(site, home, address):
    site.admin("anna")
    site.admin("bert", disabled=True)
    profiles = {"good": {"administrator": "anna"}, "refused": {"administrator": "bert"}, "missing": {"administrator": "carl"},
                "away": {"administrator": "anna", "url": f"http://{address('refused')}"}}
    del site.tool.env["PRITUNL_ACCESS_URL"]
    configure(home, url=site.pritunl.url, profiles=profiles)
    result = site.run("verify", "--all-profiles", "--json")
    found = {answer["profile"]: answer for answer in answers(result, 1)}
    assert {name: answer["verdict"] for name, answer in found.items()} == {
        "good": "accepted", "refused": "refused", "missing": "unknown", "away": "unknown"}
    assert (found["refused"]["cause"], found["away"]["cause"]) == ("administrator-disabled", "unreachable")
    text = site.run("verify", "--all-profiles")
    assert text.status == 1 and all(name in text.stdout for name in profiles)
    del profiles["refused"], profiles["missing"], profiles["away"]
    configure(home, url=site.pritunl.url, profiles=profiles)
    assert site.run("verify", "--all-profiles").status == 0


def test_all_profiles_without_profiles_or_beside_others(site, home):
    site.admin()
    failed(site.run("verify", "--all-profiles"), 2, "profile")
    configure(home, profiles={"a": {"tmeout": 1}})
    failed(site.run("verify", "--all-profiles"), 2, "tmeout", attempt="timeout")
    configure(home, profiles={"a": {}})
    for words in (("--all-profiles", "--all"), ("--all-profiles", "--every-host"), ("--all-profiles", "pritunl"), ("--all", "pritunl")):
        failed(site.run("verify", *words), 2)
        failed_json(site.run("verify", *words, "--json"), 2, kind="usage")
    assert site.signed() == []
