# SPDX-License-Identifier: MIT
"""doctor where only one half can be asked: the API while the database is out of reach; and on the host, what its journal adds."""

from __future__ import annotations

import json
import time

import pytest
from doctor_faults import FAULTS
from doctor_place import content
from expect import configure, private

API = ("url", "connection", "certificate", "answer", "web front", "clock", "request")
OF_DATABASE = [name for name, fault in FAULTS.items() if fault.status == 3]


def states(answer, *names):
    """The states of these checks, in this order."""
    found = {each["name"]: each["state"] for each in answer["checks"]}
    return [found[name] for name in names]


def detail(answer, name):
    """The detail of one check."""
    return next(each["detail"] for each in answer["checks"] if each["name"] == name)


def no_database(place):
    """Build a place whose database refuses connections."""
    return place.build("database-unreachable")


# ---- the API, without the database


@pytest.mark.parametrize("name", OF_DATABASE)
def test_the_api_is_asked_all_the_same(place, name):
    """Once, unsigned; and it is no part of the cause."""
    status, answer = place.build(name).doctor()
    assert (status, answer["cause"]) == (3, FAULTS[name].cause)
    assert states(answer, *API) == ["ok", "ok", "ok", "ok", "skip", "ok", "skip"], answer
    assert [(each.path, each.signed) for each in place.pritunl.requests] == [("/ping", False)]


def test_wherever_the_url_is_known_from(place):
    no_database(place)
    url = place.site.tool.env.pop("PRITUNL_ACCESS_URL")
    uri = place.site.tool.env["PRITUNL_ACCESS_MONGODB_URI"]
    status, answer = place.doctor()
    assert status == 3 and set(states(answer, *API)) == {"skip"} and place.pritunl.requests == []
    configure(place.site.tool.home, profiles={"one": {"url": url}}, url="http://127.0.0.1:1")
    for args, env, where in ((["--url", url], {}, "--url"), ([], {"PRITUNL_URL": url, "XDG_CONFIG_HOME": "/nonexistent"}, "PRITUNL_URL"),
                             (["-p", "one"], {}, "profile")):
        answer = place.doctor(*args, env={"PRITUNL_ACCESS_MONGODB_URI": uri} | env)[1]
        assert states(answer, "url", "answer") == ["ok", "ok"] and where in detail(answer, "url"), answer
    assert len(place.pritunl.requests) == 3


@pytest.mark.parametrize("name", ["dns", "unreachable", "timeout", "redirected", "proxy-answer", "not-pritunl", "web-not-ready 502",
                                  "web-not-ready 504", "clock-skew 50000", "not-pritunl: TLS on the HTTP port"])
def test_what_is_wrong_there_is_a_warning(place, name):
    status, answer = place.build("database-unreachable", name).doctor()
    assert (status, answer["cause"]) == (3, "database-unreachable")
    assert states(answer, "database", FAULTS[name].check) == ["fail", "warn"], answer
    assert [each["name"] for each in answer["checks"] if each["state"] == "fail"] == ["database"]


@pytest.mark.parametrize(("certificate", "state"), [("pritunl", "warn"), ("untrusted", "warn"), ("expired", "warn"), ("other_name", "warn"),
                                                    ("server", "ok")])
def test_a_certificate_without_the_database_to_compare(place, certificate, state):
    """The database's own may well be this one: the answer behind it is looked at, and nobody says that it is wrong."""
    no_database(place).serve(certificate, trust=certificate not in ("pritunl", "untrusted"))
    answer = place.doctor()[1]
    assert states(answer, "connection", "certificate", "answer") == ["ok", state, "ok"], answer
    assert ("without the database" in detail(answer, "certificate")) == (state == "warn")
    url = place.args[1]
    place.args = ["--url", url, "--insecure"]
    assert states(place.doctor()[1], "certificate", "answer") == ["warn", "ok"]
    place.args = ["--url", url, "--pin", getattr(place.fixture("pki"), certificate).pin]
    answer = place.doctor()[1]
    assert states(answer, "certificate", "answer") == ["warn" if certificate == "expired" else "ok", "ok"], answer


def test_both_are_asked_at_the_same_time(place, address):
    """The API is asked while the database is still waited for; nothing of this depends on any time running out."""
    place.build()
    silent = address("silent")
    place.site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = f"mongodb://{silent}/pritunl"
    running = place.site.tool.start("doctor", "--json", "--connect-timeout", "60")
    place.pritunl.wait_for(lambda: [each for each in place.pritunl.requests if each.status == 200], 50)
    assert running.process.poll() is None
    running.kill()


@pytest.mark.parametrize(("kind", "api"), [("refused", "silent over TLS"), ("refused", "silent"), ("refused", "blackhole"), ("silent", "silent")])
def test_it_costs_no_more_than_the_connect_timeout(place, address, kind, api):
    """Where an answer is waited for a whole --timeout otherwise: an hour."""
    place.build()
    place.site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = f"mongodb://{address(kind)}/pritunl"
    url = f"http{'s' if 'TLS' in api else ''}://{address(api.split(' ')[0])}"
    began = time.monotonic()
    status, answer = place.doctor("--url", url, "--connect-timeout", "1", "--timeout", "3600")
    print(f"\ndatabase {kind}, API {api}: {time.monotonic() - began:.2f} s of a connect timeout of 1 s")
    assert (status, answer["cause"]) == (3, "database-unreachable")
    assert states(answer, "url", "connection", "certificate", "answer") == ["ok", "warn", "skip", "skip"], answer


# ---- the journal of the host


REASONS = {"clock-skew 50000": "Expired auth timestamp", "api-disabled False open": "Administrator not API enabled",
           "nonce-replayed": "Duplicate nonce from reconnection", "path-rewritten": "Auth signature mismatch",
           "administrator-disabled True": "Administrator disabled", "token-duplicate of a disabled one": "Administrator not API enabled"}


@pytest.fixture
def host(place):
    """The place as seen from its host: host(name, auditing="all") brings it about; journal is the file."""
    site = place.site
    place.journal = site.tool.home / "journal"

    def make(*names, auditing="all"):
        site.seed.settings(site.db, auditing=auditing)
        place.build(*names)
        uri = site.tool.env.pop("PRITUNL_ACCESS_MONGODB_URI")
        place.args += ["--pritunl-conf", private(site.tool.home / "pritunl.conf", json.dumps(
            {"mongodb_uri": uri, "journal_path": str(place.journal)}))]
        place.pritunl.journal_file = place.journal
        place.pritunl.drop_settings_cache()
        return place
    return make


@pytest.mark.parametrize("name", REASONS)
def test_the_journal_says_why(host, name):
    place = host(name)
    status, answer = place.doctor()
    assert (status, answer["cause"]) == (1, FAULTS[name].cause), answer
    assert f"journal: {REASONS[name]}" in detail(answer, "request")
    assert place.journal.exists()


@pytest.mark.parametrize("name", ["token-unknown to the server", "headers-stripped", "web-strict by hand only"])
def test_the_journal_says_nothing(host, name):
    answer = host(name).doctor()[1]
    assert answer["cause"] == FAULTS[name].cause and "journal" not in detail(answer, "request")


def line(words, **more):
    """A line of Pritunl's journal about a request from here, now."""
    return json.dumps({"event": "admin_auth_failure", "timestamp": int(time.time()), "remote_address": "127.0.0.1",
                       "event_long": words, **more}) + "\n"


def test_what_stood_there_before_is_old(host):
    place = host("path-rewritten")
    place.journal.write_text(line("Duplicate nonce from reconnection", timestamp=int(time.time()) + 1))
    assert detail(place.doctor()[1], "request").count("journal: Auth signature mismatch") == 1


OTHERS = {
    "another address": (line, {"remote_address": "203.0.113.9"}, "journal: Auth signature mismatch"),
    "another time": (line, {"timestamp": 1_700_000_000}, "journal: Auth signature mismatch"),
    "a login": (line, {"event_long": None, "reason": "invalid_password", "admin_name": "ada"}, "journal: Auth signature mismatch"),
    "may be ours": (line, {}, "journal: one of Expired auth timestamp, Auth signature mismatch"),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("fault", ["path-rewritten", "headers-stripped"])
def test_another_client_is_refused_meanwhile(host, name, fault):
    """What Pritunl says of it is not told as ours; where ours left no line, nothing is."""
    place = host(fault)
    make, more, expected = OTHERS[name]

    def refused(request):
        if request.signed:
            with open(place.journal, "a", encoding="utf-8") as file:
                file.write(make("Expired auth timestamp", **more))
        return True
    place.pritunl.configure(faults_on=refused)
    said = detail(place.doctor()[1], "request")
    assert "Expired auth timestamp" in place.journal.read_text() or name == "a login"
    assert expected in said if fault == "path-rewritten" else "journal" not in said


def test_no_journal_is_read_without_auditing_or_elsewhere(host):
    """A pipe in its place would be waited for."""
    place = host("nonce-replayed", auditing=None)
    assert "journal" not in detail(place.doctor()[1], "request") and not place.journal.exists()
    place.site.seed.settings(place.site.db, auditing="all")
    place.pritunl.drop_settings_cache()
    uri = json.loads((place.site.tool.home / "pritunl.conf").read_text())["mongodb_uri"]
    place.site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = uri
    assert "journal" not in detail(place.doctor()[1], "request") and place.journal.exists()
    assert "journal" in detail(place.doctor(env={"PRITUNL_ACCESS_MONGODB_URI": None})[1], "request")


def test_a_journal_that_cannot_be_read(host):
    place = host("nonce-replayed")
    place.pritunl.journal_file = None
    place.journal.mkdir()
    assert place.doctor()[1]["cause"] == "nonce-replayed"


def test_nothing_of_the_journal_itself_is_printed(host):
    """Whatever somebody else's line holds: only reasons that we know are taken."""
    place = host("path-rewritten")
    token = place.site.db.administrators.find_one()["token"]
    lines = ("no JSON", "[1, 2]", line(f"Auth-Token {token}")[:-1], line("\x1b[31mred")[:-1],
             line("Duplicate nonce from reconnection", event="user_sync_failure")[:-1],
             line("Duplicate nonce from reconnection")[:-2])

    def noise(*_):
        with open(place.journal, "a", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in lines))
        return True
    place.pritunl.configure(faults_on=noise)
    result = place.site.run("doctor", "--json", "pritunl", *place.args)
    assert result.json()["cause"] == "path-rewritten" and place.journal.read_text().count("Duplicate") >= 2
    assert "journal: Auth signature mismatch" in detail(result.json(), "request")
    assert token not in result.stdout and "\\u001b" not in result.stdout


def test_health_waits_for_no_journal(host):
    place = host()
    content(place)
    assert not place.journal.exists()
