# SPDX-License-Identifier: MIT
"""Temporary administrators: issued, used, listed, revoked; and nobody else is ever touched."""

from __future__ import annotations

import datetime
import random
import re
import signal

import pytest

from expect import failed, failed_json
from pritunl import seed
from pritunl.client import Client

FIELD = "pritunl_access"


def issue(site, label, *args):
    """Issue and return (pair as exported, document)."""
    result = site.run("issue", label, "--yes", "-q", "-f", "json", *args, reveals=True)
    assert result.status == 0, result.stderr
    return result.json(), site.db["administrators"].find_one({FIELD + ".label": label})


def status_of(url, pair):
    """What the API answers to this pair."""
    return Client(url, pair).get("/status").status


def accepted(site, pair) -> bool:
    """Does the API take this pair?"""
    return status_of(site.pritunl.url, {"token": pair["PRITUNL_TOKEN"], "secret": pair["PRITUNL_SECRET"]}) == 200


def expire(site, label):
    """Let its time be over."""
    past = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
    site.db["administrators"].update_one({FIELD + ".label": label}, {"$set": {FIELD + ".expires_at": past}})


def others(site):
    """Every document that is none of ours, by id."""
    return {each["_id"]: each for each in site.db["administrators"].find({FIELD: {"$exists": False}})}


def test_a_life(site):
    site.admin()
    before = others(site)
    pair, document = issue(site, "Nightly Job, no: nightly job".replace(",", ""), "--lifetime", "1h")
    assert accepted(site, pair) and pair["PRITUNL_URL"] == site.pritunl.url
    fresh = seed.administrator_document("x")
    assert set(document) == set(fresh) | {FIELD}, "every field that Pritunl's own documents have"
    assert {name for name, value in document.items() if value is None} == {
        "default_password", "yubikey_id", "otp_auth", "otp_secret", "local_otp_auth", "local_otp_code", "local_otp_timestamp",
        "default", "disabled"}
    assert (document["auth_api"], document["super_user"], document["sessions"]) == (True, False, [])
    assert document["username"].startswith("temp-nightly-job-no-nightly-job-")
    assert re.fullmatch(r"[A-Za-z0-9]{32}", document["token"]) and re.fullmatch(r"[A-Za-z0-9]{32}", document["secret"])
    assert re.fullmatch(r"3\$[A-Za-z0-9+/]{11}=\$[A-Za-z0-9+/]{86}==", document["password"])
    mark = document[FIELD]
    assert set(mark) == {"label", "issuer", "issued_at", "expires_at"} and "@" in mark["issuer"]
    assert mark["expires_at"] - mark["issued_at"] == datetime.timedelta(hours=1)
    assert not site.pritunl.login(document["username"], "")
    result = site.run("revoke", document[FIELD]["label"], "--yes", "--json")
    assert (result.status, result.json()["revoked"]) == (0, [document["username"]])
    assert not accepted(site, pair)
    assert others(site) == before and site.db["administrators"].count_documents({}) == 1
    failed(site.run("revoke", mark["label"], "--yes"), 4, attempt="list --issued")


def test_expiry(site):
    site.seed.settings(site.db, server_port=site.pritunl.port, server_ssl=False)
    site.seed.host(site.db, "1" * 32, public_address="127.0.0.1")
    site.admin()
    kept, _ = issue(site, "kept")
    pair, document = issue(site, "over")
    result = site.run("revoke", "--expired", "--yes", "--json")
    assert (result.status, result.json()["revoked"]) == (0, [])
    expire(site, "over")
    assert accepted(site, pair), "nothing but revoke --expired takes it away"
    for args in (("list",), ("verify", "--all"), ("verify",), ("verify", "pritunl"), ("verify", "nobody"), ("show", "pritunl"),
                 ("export", "pritunl", "-o", "file"), ("exec", "pritunl", "--", "true"), ("enable", "pritunl", "--yes"),
                 ("rotate", "--yes"), ("issue", "next", "--yes", "-o", "file"), ("exec", "--issue", "1m", "--", "true"), ("doctor", "pritunl"),
                 ("bootstrap", "pritunl", "--yes", "-o", "file", "--wait=30"), ("recover", "pritunl", "--dry-run"), ("snapshot", "-o", "pairs")):
        said = site.run(*args).stderr
        assert said.count("1 expired temporary administrator is still there: pritunl-access revoke --expired") == 1, (args, said)
    assert site.run("revoke", "next", "--yes").status == 0
    result = site.run("revoke", "--expired", "--yes")
    assert (result.status, result.stdout) == (0, f"{document['username']}: revoked\n") and "is still there" not in result.stderr
    assert not accepted(site, pair) and accepted(site, kept)
    assert site.run("revoke", "--all-issued", "--yes").status == 0
    assert not accepted(site, kept) and site.db["administrators"].count_documents({}) == 1


def test_by_username_and_token(site):
    site.admin()
    for key in ("username", "token"):
        pair, document = issue(site, "by " + key)
        result = site.run("revoke", document[key], "--yes")
        assert result.status == 0 and document["token"] not in result.stderr + result.stdout
        assert not accepted(site, pair)


def test_lists(site):
    admin = site.admin()
    issue(site, "watched", "--lifetime", "90s", "--super")
    row = site.run("list", "--json", "--issued").json()
    assert [each["label"] for each in row] == ["watched"]
    assert {"label", "issuer", "issued", "expires", "left_s", "expired", "administrator"} <= set(row[0])
    assert 0 < row[0]["left_s"] <= 90 and row[0]["expired"] is False and row[0]["super_user"] is True
    assert [each["temporary"] for each in site.run("list", "--json").json()] == [False, True]
    text = site.run("list").stdout
    assert "temporary (1 m" in text and "left)" in text
    text = site.run("list", "--issued").stdout
    assert "watched" in text and admin["username"] not in text.replace("pritunl_", "")
    expire(site, "watched")
    assert "temporary (expired)" in site.run("list").stdout
    assert site.run("list", "--json", "--issued").json()[0]["expired"] is True


def test_files_and_answers(site, home):
    site.admin()
    file = home / "pair.env"
    result = site.run("issue", "file", "--yes", "--json", "-o", file, "--names", "exporter")
    answer = result.json()
    document = site.db["administrators"].find_one({FIELD + ".label": "file"})
    assert {"administrator", "url", "format", "file", "changed", "verified", "label", "username", "expires"} <= set(answer)
    assert (answer["label"], answer["username"], answer["verified"]) == ("file", document["username"], True)
    assert answer["expires"] == document[FIELD]["expires_at"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "PRITUNL_ADMIN_TOKEN" in file.read_text() and document["token"] in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert document[FIELD]["expires_at"] - document[FIELD]["issued_at"] == datetime.timedelta(minutes=5)
    result = site.run("issue", "dry", "--dry-run", "--json")
    assert result.status == 0 and result.json()["dry_run"] is True and result.json()["label"] == "dry"
    assert site.db["administrators"].count_documents({}) == 2


def test_told_to_consoles_and_audit(site):
    site.admin()
    seed.settings(site.db, auditing="all")
    _, document = issue(site, "told")
    site.run("revoke", "told", "--yes")
    lines = list(site.db["users_audit"].find({"user_id": document["_id"]}))
    assert [each["type"] for each in lines] == ["admin_created", "admin_updated"]
    assert all("told" in each["message"] and isinstance(each["timestamp"], datetime.datetime) for each in lines)
    assert site.db["messages"].count_documents({"message": ["administrators_updated", None], "channel": "events"}) == 2


@pytest.mark.parametrize("label", ["", " ", "\u3000\u00a0", "a,b", "x" * 201, "tab\there", "bad\udcffbyte"])
def test_bad_labels(site, label):
    site.admin()
    word = label.encode("utf-8", "surrogateescape")
    message = failed(site.run("issue", word, "--yes"), 2, "label")
    assert label not in message or len(label) < 3
    assert site.db["administrators"].count_documents({}) == 1


@pytest.mark.parametrize("lifetime", ["", "5x", "1.5h", "-1", "h", "5 m", "101y", "99999999999999999999", "5mm"])
def test_bad_lifetimes(site, lifetime):
    site.admin()
    failed(site.run("issue", "fine", "--lifetime=" + lifetime, "--yes"), 2, "lifetime")
    assert site.db["administrators"].count_documents({}) == 1


def test_labels_are_unique(site):
    admin = site.admin()
    _, document = issue(site, "x" * 200)
    for label in ("x" * 200, document["username"], document["token"], admin["username"], admin["token"]):
        failed(site.run("issue", label, "--yes"), 2, "in use")
    assert site.db["administrators"].count_documents({}) == 2
    issue(site, "X" * 200)      # not the same label


def test_nobody_agreed(site):
    site.admin()
    failed(site.run("issue", "quiet", "-q"), 2, "--yes", attempt="--dry-run", warnings=True)
    assert site.db["administrators"].count_documents({}) == 1
    issue(site, "there")
    failed(site.run("revoke", "there"), 2, "--yes", warnings=True)
    assert site.db["administrators"].count_documents({}) == 2
    failed_json(site.run("revoke", "there", "--json"), 2, "--yes", kind="usage")
    failed(site.run("revoke", "--yes"), 2, "--expired")
    failed(site.run("revoke", "there", "--expired", "--yes"), 2)
    failed(site.run("issue", "--yes"), 2, "label")


def test_refused_is_removed_again(site):
    site.admin()
    site.pritunl.front = "strict"
    failed(site.run("issue", "refused", "--yes", "-q"), 1, warnings=True)
    assert site.db["administrators"].count_documents({}) == 1


def test_unreachable_is_removed_again(site, address):
    site.admin()
    failed(site.run("issue", "unreachable", "--yes", "-q", "--url", f"https://{address('refused')}"), 5, warnings=True)
    assert site.db["administrators"].count_documents({}) == 1


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_who_cannot_be_removed_again_is_named(site, wire, quiet):
    """With the way to do it; quiet silences warnings, and this is the whole truth of what was done."""
    site.admin()
    site.pritunl.front = "strict"
    proxy = wire()
    proxy.on("delete", "administrators", times=None, answer={"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "no"})
    result = site.run("issue", "job", "--yes", *quiet, env={"PRITUNL_ACCESS_MONGODB_URI": proxy.uri(site.database.name)})
    assert result.status == 1 and result.stdout == "", result.stderr
    [left] = site.db["administrators"].find({FIELD: {"$exists": True}})
    said = [line for line in result.stderr.splitlines() if left["username"] in line and "stands" in line]
    assert len(said) == 1 and f"pritunl-access revoke {left['username']}" in said[0], result.stderr


def test_not_written_is_removed_again(site, home):
    site.admin()
    failed(site.run("issue", "nowhere", "--yes", "-q", "-o", home / "no" / "where"), 7, warnings=True)
    assert site.db["administrators"].count_documents({}) == 1


def test_the_last_super_user_stays(site):
    admin = site.admin()
    issue(site, "super", "--super")
    issue(site, "plain")
    site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": {"disabled": True}})
    failed(site.run("revoke", "--all-issued", "--yes"), 1, "last enabled super user", warnings=True)
    assert [each["username"][:10] for each in site.db["administrators"].find({FIELD: {"$exists": True}})] == ["temp-super"]


def test_two_revokes_at_once_leave_a_super_user(site, wire):
    """Each sees the other's still there, and both delete: whoever finds nobody left afterwards puts its own back as it was."""
    admin = site.admin()
    for label in ("one", "two"):
        issue(site, label, "--super")
    site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": {"disabled": True}})
    before = list(site.db["administrators"].find({FIELD: {"$exists": True}}))
    proxies = [wire(), wire()]
    holds = [proxy.hold("delete", "administrators") for proxy in proxies]
    runs = [site.tool.start("revoke", label, "--yes", env={"PRITUNL_ACCESS_MONGODB_URI": proxy.uri(site.database.name)})
            for label, proxy in zip(("one", "two"), proxies, strict=True)]
    for hold in holds:
        assert hold.reached.wait(60)
    for hold in holds:
        hold.release()
    results = [run.wait(60) for run in runs]
    left = list(site.db["administrators"].find({FIELD: {"$exists": True}}))
    assert left and all(each in before for each in left), left
    assert [result.status for result in results].count(1) == len(left)
    for result in results:
        if result.status:
            failed(result, 1, "last enabled super user", warnings=True)


def test_an_answer_that_was_lost(site, wire):
    site.admin()
    between = wire()
    site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = between.uri(site.database.name)
    between.on("insert", "administrators", drop=True, times=2)
    pair, _ = issue(site, "lost")
    assert accepted(site, pair) and site.db["administrators"].count_documents({}) == 2
    between.reset()
    between.on("delete", "administrators", drop=True, times=2)
    assert site.run("revoke", "lost", "--yes").status == 0
    assert not accepted(site, pair) and site.db["administrators"].count_documents({}) == 1


def test_temporary_ones_are_never_the_default_choice(site):
    admin = site.admin()
    issue(site, "beside")
    assert site.run("show", "--field", "administrator").stdout == admin["username"] + "\n"


# What an ordinary administrator could hold beside its own fields; none of it makes it one of ours.
def almost(label, now):
    """Marks that are none."""
    whole = {"label": label, "issuer": "x", "issued_at": now, "expires_at": now}
    yield from (True, label, [], {}, {"label": label}, [whole], {"label": [label], "issuer": "x"}, {"mark": whole})
    for name in whole:
        yield {key: value for key, value in whole.items() if key != name}
        yield whole | {name: None}
        yield whole | {name: [whole[name]]}
    yield whole | {"expires_at": "never"}
    yield whole | {"label": ""}


def typed(chance, document, label):
    """What somebody could type who means another."""
    letters = "".join(chance.choice("aZ0 -_.*$'\"\\{}[]/éß密🗝") for _ in range(chance.randint(1, 12)))
    yield from (letters, document["username"][:-1], document["username"] + "x", document["token"][:8], label + " ", label[:-1],
                label.swapcase(), '{"$ne": null}', ".*", "*", "-", "--", str(document["_id"]), "temp-")


@pytest.mark.parametrize("number", range(6))
def test_no_other_document_is_met(site, number):
    """Whatever is typed, and whatever ordinary administrators are called and hold, revoke meets exactly the issued one."""
    chance = random.Random(number)
    administrators = site.db["administrators"]
    site.admin()
    label = "".join(chance.choice("aB9 -_.*$'\"\\{}[]:;&|<>%éß密🗝") for _ in range(chance.randint(1, 40))) + "e"
    result = site.run("issue", "--yes", "-q", "-f", "json", "--", label, reveals=True)
    assert result.status == 0, result.stderr
    document = administrators.find_one({FIELD: {"$exists": True}})
    names = [label, label + "x", document["username"][:-1], document["username"] + "a", "*", ".*", "$ne"]
    for place, mark in enumerate(almost(label, document[FIELD]["issued_at"])):
        token = chance.choice([document["token"], document["token"][:8], label, None])
        name = names[place] if place < len(names) else f"{document['username']}-{place}"
        seed.administrator(site.db, name, token=token, **{FIELD: mark})
    administrators.insert_one({"username": [label + " in an array"], "token": [document["token"]], FIELD: {"label": label}})
    before = {each["_id"]: each for each in administrators.find({})}
    assert before.pop(document["_id"]) == document
    for hostile in chance.sample(list(typed(chance, document, label)), 3):
        if hostile not in (label, document["username"], document["token"]):
            assert site.run("revoke", "--yes", "-q", "--", hostile, reveals=True).status == (4 if hostile else 2), hostile
    assert site.run("revoke", "--yes", "-q", "--expired").status == 0
    assert administrators.count_documents({}) == len(before) + 1
    word = (label, document["username"], document["token"], "--all-issued")[number % 4]
    words = (word,) if word == "--all-issued" else ("--", word)
    result = site.run("revoke", "--yes", "-q", *words, reveals=True)
    assert result.status == 0, (label, result.stderr)
    assert {each["_id"]: each for each in administrators.find({})} == before


def test_what_is_refused_is_reported_as_it_is(site, wire):
    """A refusal changes nothing, and is not asked for three times; what nobody can know is said to be unknown."""
    site.admin()
    issue(site, "stays")
    between = wire()
    site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = between.uri(site.database.name, serverSelectionTimeoutMS=500)
    stored = list(site.db["administrators"].find())
    refusal = {"ok": 0.0, "code": 13, "codeName": "Unauthorized", "errmsg": "no"}
    for command, args in (("insert", ("issue", "new")), ("delete", ("revoke", "stays"))):
        between.on(command, "administrators", times=None, answer=refusal)
        message = failed(site.run(*args, "--yes"), 3, warnings=True)
        assert "not known" not in message and len(between.sent(command)) == 1
        between.reset()
        between.on(command, "administrators", times=None, answer={"ok": 0.0, "code": 112, "codeName": "WriteConflict", "errmsg": "no"})
        assert "not known" not in failed(site.run(*args, "--yes"), 3, "WriteConflict", warnings=True)
        between.reset()
    assert list(site.db["administrators"].find()) == stored
    between.on("delete", "administrators", drop=True, times=None)
    between.on("find", "administrators", times=None, cut=True)
    failed(site.run("revoke", "stays", "--yes"), 3, "it is not known whether the administrator was deleted", warnings=True)
    assert site.db["administrators"].count_documents({}) == 1
    between.reset()
    between.on("delete", "administrators", before=lambda _: issue_again(site))
    issue(site, "stays")
    failed(site.run("revoke", "stays", "--yes"), 8, "changed by someone else", warnings=True)


def issue_again(site):
    """Somebody gives it another end meanwhile."""
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    site.db["administrators"].update_one({FIELD + ".label": "stays"}, {"$set": {FIELD + ".expires_at": later}})


FORMATS = {"dotenv": (), "docker": (), "sh": (), "fish": (), "json": (), "yaml": (), "tfvars": (), "tfvars-json": (), "github": (), "systemd": (),
           "kubernetes": ("--name", "the-pair", "--namespace", "vpn")}


@pytest.mark.parametrize("command", [("issue", "one"), ("rotate", "--overlap", "one")], ids=["issue", "overlap"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format(site, home, name, command):
    """As export writes it; read back by ourselves, and taken by the API."""
    site.seed.settings(site.db, server_port=site.pritunl.port, server_ssl=False)
    site.seed.host(site.db, "1" * 32, public_address="127.0.0.1")
    site.admin()
    out = home / "out"
    result = site.run(*command, "--yes", "-q", "-f", name, "-o", out, *FORMATS[name], reveals=True)
    assert result.status == 0 and result.stderr == "", result.stderr
    document = site.db["administrators"].find_one({FIELD + ".label": "one"})
    masks = "".join(f"::add-mask::{document[each]}\n" for each in ("token", "secret")) if name == "github" else ""
    assert result.stdout == masks
    if name == "kubernetes":
        assert "the-pair" in out.read_text() and "vpn" in out.read_text()
    result = site.run("exec", "--source", f"file:{out}", "--", "printenv", "PRITUNL_TOKEN", reveals=True)
    assert (result.status, result.stdout) == (0, document["token"] + "\n"), result.stderr
    failed(site.run(*command[:-1], "two", "--yes", "-q", "-f", name, "-o", "/proc/nowhere/out", *FORMATS[name], reveals=True), 7) \
        if name != "github" else None
    assert site.db["administrators"].count_documents({}) == 2


@pytest.mark.parametrize("name", ["github", "systemd", "aws"])
def test_a_format_that_wants_a_place(site, name):
    site.admin()
    failed(site.run("issue", "one", "--yes", "-f", name, "-o", "-"), 2, "standard output", warnings=True)
    failed(site.run("rotate", "--overlap", "one", "--yes", "-f", name), 2, attempt="-o" if name != "github" else None)
    failed(site.run("issue", "one", "--yes", "--name", "x"), 2, "--name")
    failed(site.run("issue", "one", "--yes", "-f", "jsonl"), 2, "dump")
    assert site.db["administrators"].count_documents({}) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGXCPU,
                                    signal.SIGVTALRM, signal.SIGPROF])
def test_a_signal_while_it_waits(site, number):
    """It is taken back, and the signal then ends us: not after the wait, but at once."""
    site.admin()
    running = site.tool.start("issue", "waits", "--yes", "--wait=3600")
    running.await_text("one address only can be asked")
    assert site.db["administrators"].count_documents({}) == 2
    running.signal(number)
    assert running.wait().status == -number
    assert site.db["administrators"].count_documents({}) == 1


def test_a_question_with_json_shows_what_it_is_about(site):
    site.admin()
    running = site.tool.start("issue", "asked", "--json", "-o", "file", tty="stdin stderr")
    running.await_text("Make it?")
    running.type("n\n")
    result = running.wait()
    assert result.status == 2 and "a new administrator with API access" in result.stderr + result.stdout
    assert site.db["administrators"].count_documents({}) == 1


def test_a_terminal_obeys_nothing_of_a_label_or_username(site):
    site.admin()
    _, document = issue(site, "pair")
    evil = "evil\x1b]0;pwn\x07\r\nname"
    site.db["administrators"].update_one({"_id": document["_id"]}, {"$set": {"username": evil, FIELD + ".label": evil + "\x9b"}})
    shown = site.run("revoke", "--all-issued", "--dry-run")
    assert shown.stderr.startswith("  evil?]0;pwn???name (evil?]0;pwn???name?, left: ") and shown.stderr.count("\n") == 1
    assert shown.stdout == "evil?]0;pwn???name: would be revoked (dry run)\n"
    running = site.tool.start("revoke", "--all-issued", tty=True)
    running.await_text("Delete this?")
    running.type("y\n")
    result = running.wait()
    assert result.status == 0 and not {"\x1b", "\x07", "\x9b"} & set(result.stdout + result.stderr)
