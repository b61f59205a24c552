# SPDX-License-Identifier: MIT
"""Undo records, what undo makes of them, and the places where they may and may not lie."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import stat
import subprocess

import bson
import pytest
from bson import Int64
from changes import PAIR, answer, everything, fields, raw, records, state, through, writes
from expect import ABSENT, failed, failed_json

ODD_FLAGS = [ABSENT, None, 1, Int64(1), 1.0, "false", False, [], {"a": None}, bson.Decimal128("1"), bson.Regex("x")]


def renew(site, *args, **options):
    """rotate, whatever there is to be verified."""
    return answer(site.run("rotate", "--yes", "--json", *args, **options))


@pytest.mark.parametrize("flag", ODD_FLAGS, ids=repr)
def test_enable_is_undone_type_and_all(site, flag):
    site.insert(auth_api=flag)
    before = fields(site.db)
    done = answer(site.run("enable", "--yes", "--json"))
    back = answer(site.run("undo", "--yes", "--json"))
    assert back["changed"] == ["auth_api"] and back["undo_id"] not in (None, done["undo_id"]) and back["administrator"] == "pritunl"
    after = fields(site.db)
    assert after == before and type(after.get("auth_api")) is type(before.get("auth_api"))
    if flag is not ABSENT:
        assert raw(site.db) == bson.encode(before)


@pytest.mark.parametrize("value", [ABSENT, None, "", 7, Int64(7), 7.0, ["x", None], {"$set": 1}, b"x", "a\nb\tcäse\U0001f511", True],
                         ids=repr)
def test_odd_pairs_come_back_as_they_were(site, value):
    site.insert(token=value, secret=value)
    before = fields(site.db)
    assert sorted(renew(site)["changed"]) == PAIR
    answer(site.run("undo", "--yes", "--json"))
    after = fields(site.db)
    assert after == before and [bson.encode({"v": after.get(each)}) for each in PAIR] == [
        bson.encode({"v": before.get(each)}) for each in PAIR]


def test_a_value_that_no_record_can_carry(site):
    site.insert(token={"$oid": "0" * 24})
    before = raw(site.db)
    failed(site.run("rotate", "--yes"), 7, "nothing was changed", attempt="--no-undo", warnings=True)
    assert raw(site.db) == before
    assert renew(site, "--no-undo")["undo_id"] is None


def test_undo_of_an_undo(site):
    first = site.admin()
    renew(site)
    second = fields(site.db)
    for expected in (first, second, first):
        assert answer(site.run("undo", "--yes", "--json"))["verified"] is True
        assert fields(site.db) == expected
    assert [each["command"] for each in records(state(site))] == ["rotate", "undo", "undo", "undo"]


def test_the_last_one_is_the_last_one(site):
    """Also where the host's clock was set back in between."""
    site.admin()
    first = renew(site)
    (path,) = state(site).glob("undo-*.json")
    later = first["undo_id"].replace("20", "29", 1)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"id": later, "time_ms": 29_000_000_000_000}))
    path.rename(path.with_name(f"undo-{later}.json"))
    rotated = fields(site.db)
    answer(site.run("disable", "--yes", "--json"))
    listed = site.run("undo", "--list", "--json").json()
    assert [each["command"] for each in listed] == ["rotate", "disable"] and listed[0]["id"] == later
    assert answer(site.run("undo", "--yes", "--json"))["changed"] == ["auth_api"]
    assert fields(site.db) == rotated


def test_records_of_an_older_version_come_before_all_others(site):
    """Their names have no number in them."""
    site.admin()
    first = renew(site)
    (path,) = state(site).glob("undo-*.json")
    older = re.sub("-[0-9]+-", "-", first["undo_id"])
    path.write_text(json.dumps(json.loads(path.read_text()) | {"id": older}))
    path.rename(path.with_name(f"undo-{older}.json"))
    second, third = renew(site), renew(site)
    assert [each["id"] for each in site.run("undo", "--list", "--json").json()] == [older, second["undo_id"], third["undo_id"]]
    assert [int(each["undo_id"].split("-")[1]) for each in (second, third)] == [1, 2]
    for each in (third["undo_id"], second["undo_id"], older):
        answer(site.run("undo", each, "--yes", "--json"))


def test_undo_by_name(site):
    first = site.admin()
    site.admin("other", auth_api=None)
    done = renew(site, "pritunl")
    answer(site.run("enable", "other", "--yes", "--json"))
    assert answer(site.run("undo", done["undo_id"], "--yes", "--json"))["administrator"] == "pritunl"
    assert fields(site.db) == first and fields(site.db, "other")["auth_api"] is True
    failed(site.run("undo", done["undo_id"], "--yes"), 4, "needs no undo", warnings=True)
    failed(site.run("undo", "nothing", "--yes"), 4, attempt="undo --list")


@pytest.mark.parametrize("field", PAIR)
def test_undo_after_somebody_elses_change(site, field):
    site.admin()
    done = renew(site)
    site.db.administrators.update_one({}, {"$set": {field: site.seed.random_text()}})
    before, kept = everything(site.db), len(records(state(site)))
    failed(site.run("undo", "--yes"), 8, "changed by someone else", "rotate", done["undo_id"], attempt="undo --list")
    failed_json(site.run("undo", "--yes", "--json"), 8, kind="conflict")
    assert everything(site.db) == before and len(records(state(site))) == kept


def test_other_fields_may_have_changed_since(site):
    first = site.admin()
    renew(site)
    site.db.administrators.update_one({}, {"$set": {"sessions": ["new"], "username": "renamed"}, "$unset": {"default": ""}})
    answer(site.run("undo", "--yes", "--json"))
    after = fields(site.db, "renamed")
    assert all(after[name] == first[name] for name in PAIR) and after["sessions"] == ["new"] and "default" not in after


def test_an_administrator_who_is_gone(site):
    site.admin()
    renew(site)
    site.pritunl.reset_password()
    before = everything(site.db)
    result = site.run("undo", "--yes")
    failed(result, 4, "nothing to undo", warnings=True)
    assert "is not there any more" in result.stderr and everything(site.db) == before


def test_a_record_whose_write_never_happened(site, wire):
    first = site.admin()
    done = renew(site)
    tap = wire()
    through(site, tap, retryWrites="false")
    tap.on("findAndModify", times=None, cut=True)
    assert site.run("rotate", "--yes").status == 3
    tap.reset()
    assert len(records(state(site))) == 2
    result = site.run("undo", "--yes", "--json")
    assert answer(result)["administrator"] == "pritunl" and fields(site.db) == first
    assert "never happened" in result.stderr and done["undo_id"] not in result.stderr


def test_list(site):
    site.admin()
    assert site.run("undo", "--list", "--json").json() == []
    done = renew(site)
    answer(site.run("disable", "--yes", "--json"))
    rows = site.run("undo", "--list", "--json").json()
    assert [(row["command"], row["administrator"], sorted(row["changed"])) for row in rows] == [
        ("rotate", "pritunl", PAIR), ("disable", "pritunl", ["auth_api"])]
    assert rows[0]["id"] == done["undo_id"] and set(rows[0]) >= {"id", "time", "command", "administrator", "changed"}
    assert all(len(row["time"]) == 20 and row["time"].endswith("Z") for row in rows)
    text = site.run("undo", "--list").stdout
    assert text.startswith("ID ") and done["undo_id"] in text
    records(state(site))


def test_records_are_of_one_database(site, wire):
    site.admin()
    renew(site)
    assert site.run("undo", "--list", "--json", "--collection-prefix", "other_").json() == []
    failed(site.run("undo", "--yes", "--collection-prefix", "other_"), 4, "nothing to undo")
    assert site.run("undo", "--purge", "--yes", "--json", "--collection-prefix", "other_").json() == {"purged": 0}
    assert len(records(state(site))) == 1


def test_purge(site):
    site.admin()
    renew(site)
    assert site.run("undo", "--purge").status == 2 and len(records(state(site))) == 1
    assert site.run("undo", "--purge", tty=True, stdin="n\n").status == 2 and len(records(state(site))) == 1
    [kept] = records(state(site))
    for words in (("--purge", kept["id"]), ("--list", kept["id"]), ("--list", "--purge")):
        failed(site.run("undo", *words, "--yes"), 2, "exclude each other")
    tried = site.run("undo", "--purge", "--dry-run")
    assert tried.status == 0 and "1 undo records would be deleted (dry run)" in tried.stderr
    assert site.run("undo", "--purge", "--dry-run", "--yes", "--json").json() == {"purged": 1, "dry_run": True}
    assert len(records(state(site))) == 1
    assert site.run("undo", "--purge", "--yes", "--json").json() == {"purged": 1}
    assert list(state(site).iterdir()) == []
    failed(site.run("undo", "--yes"), 4, "nothing to undo")


def test_what_is_no_record_is_passed_over(site):
    site.admin()
    renew(site)
    for name, text in (("undo-garbage.json", "{"), ("undo-list.json", "[]"), ("notes", "mine"),
                       ("undo-half.json", json.dumps({"id": "x", "command": "rotate", "place": "x", "before": "{", "after": "{}"}))):
        (state(site) / name).write_text(text)
        (state(site) / name).chmod(0o600)
    result = site.run("undo", "--list", "--json")
    assert len(result.json()) == 1 and result.stderr.count("passed over") == 3
    (state(site) / "undo-open.json").write_text(records_text(site))
    (state(site) / "undo-open.json").chmod(0o666)
    shown = site.run("undo", "--list", "--json")
    assert len(shown.json()) == 1, "others could have written it"
    assert f"passed over: {state(site) / 'undo-open.json'}: refused, because everybody may write to it" in shown.stderr


def records_text(site) -> str:
    """A good record's text."""
    return next(path for path in sorted(state(site).glob("undo-2*.json"))).read_text()


def test_an_undo_is_shown_and_agreed_to(site):
    site.admin()
    renew(site)
    before = everything(site.db)
    assert site.run("undo").status == 2 and site.run("undo", "--dry-run").status == 0
    assert answer(site.run("undo", "--dry-run", "--json"))["dry_run"] is True
    assert everything(site.db) == before and len(records(state(site))) == 1


@pytest.mark.parametrize(("command", "fields_before", "ends"), [
    (("rotate",), {}, True), (("enable",), {"auth_api": False}, True), (("enable", "--rotate"), {"auth_api": False}, True),
    (("recover", "--password-file", "new"), {}, False), (("recover", "--enable-account"), {"disabled": True}, True),
    (("disable",), {}, False)], ids=lambda value: "-".join(value) if isinstance(value, tuple) else None)
def test_what_an_undo_ends_is_said(site, command, fields_before, ends):
    """Whoever uses the pair of now loses access by most, and not by that of a password."""
    (site.tool.home / "new").touch(mode=0o600)
    (site.tool.home / "new").write_text("another password\n")
    site.admin("other")
    site.admin(**{"auth_api": True} | fields_before)
    site.tool.env["PRITUNL_ACCESS_ADMINISTRATOR"] = "pritunl"
    assert site.run(*command, "--yes", reveals=True).status == 0
    shown = site.run("undo", "--dry-run")
    assert shown.status == 0 and ("uses the present token stops working" in shown.stdout + shown.stderr) is ends, shown.stderr


def test_an_undo_is_announced(site):
    site.admin()
    site.seed.settings(site.db, auditing="all")
    renew(site)
    answer(site.run("undo", "--yes", "--json"))
    assert site.db.messages.count_documents({}) == 2
    assert "undo" in list(site.db.users_audit.find())[-1]["message"]


# ---- where records lie


def private(path) -> bool:
    """Only its owner may do anything with it."""
    return not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_the_default_place(site):
    site.admin()
    renew(site, umask=0)
    (path,) = state(site).iterdir()
    assert private(path) and private(state(site)) and stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name, below", [("STATE_DIRECTORY", ""), ("XDG_STATE_HOME", "pritunl-access")])
def test_other_places(site, tmp_path, name, below):
    site.admin()
    place = tmp_path / "a" / "b"
    env = {name: place}
    renew(site, env=env)
    assert len(records(place / below)) == 1 and not state(site).exists() and private(place / below)
    assert len(site.run("undo", "--list", "--json", env=env).json()) == 1
    assert site.run("undo", "--list", "--json").json() == []


def test_the_first_of_several_state_directories(site, tmp_path):
    site.admin()
    renew(site, env={"STATE_DIRECTORY": f"{tmp_path / 'one'}:{tmp_path / 'two'}", "XDG_STATE_HOME": tmp_path / "xdg"})
    assert len(records(tmp_path / "one")) == 1 and not (tmp_path / "two").exists() and not (tmp_path / "xdg").exists()


@pytest.mark.parametrize("env", [{"HOME": None}, {"HOME": "/proc/nowhere"}, {"STATE_DIRECTORY": "/dev/null/x"},
                                 {"STATE_DIRECTORY": "/dev/null"}, {"XDG_STATE_HOME": "/proc/1"}], ids=str)
def test_no_state_directory(site, env, wire):
    site.admin()
    tap = wire()
    through(site, tap)
    before = everything(site.db)
    failed(site.run("rotate", "--yes", env=env), 7, "undo record", "nothing was changed", attempt="--no-undo", warnings=True)
    failed_json(site.run("disable", "--erase", "--yes", "--json", env=env), 7, kind="output")
    assert everything(site.db) == before and not writes(tap)
    done = answer(site.run("rotate", "--yes", "--json", "--no-undo", env=env))
    assert done["undo_id"] is None and sorted(done["changed"]) == PAIR


@pytest.mark.parametrize("document", [{"auth_api": None}, {"token": None, "secret": ABSENT}, {"token": "", "secret": None}], ids=repr)
def test_what_overwrites_no_secret_needs_no_record(site, document):
    site.insert(**document)
    result = site.run("enable", "--yes", "--json", env={"HOME": "/proc/nowhere"})
    assert answer(result)["undo_id"] is None and "no undo record" in result.stderr and fields(site.db)["auth_api"] is True
    assert answer(site.run("disable", "--yes", "--json", env={"HOME": "/proc/nowhere"}))["changed"] == ["auth_api"]


@pytest.mark.parametrize("document", [{"token": None}, {"token": 7, "secret": None}, {"secret": "short"}], ids=repr)
def test_what_overwrites_half_a_pair_needs_one(site, document):
    site.insert(**document)
    before = raw(site.db)
    failed(site.run("enable", "--yes", env={"HOME": "/proc/nowhere"}), 7, "nothing was changed", warnings=True)
    assert raw(site.db) == before


@pytest.mark.parametrize("mode", [0o777, 0o733])
def test_a_state_directory_that_others_may_write(site, tmp_path, mode):
    site.admin()
    place = tmp_path / "open"
    place.mkdir()
    place.chmod(mode)
    before = raw(site.db)
    failed(site.run("rotate", "--yes", env={"STATE_DIRECTORY": place}), 7, warnings=True)
    assert raw(site.db) == before and list(place.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make a mount namespace here")
def test_a_read_only_root(site, tmp_path):
    site.admin()
    if subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("no mount namespaces here")
    words = ["unshare", "-m", "sh", "-c", 'mount -o remount,bind,ro / 2>/dev/null || mount -o remount,ro / ; exec "$@"', "sh"]
    state_directory = "/dev/shm/" + site.database.name
    before = raw(site.db)
    os.environ["PRITUNL_ACCESS_RUNNER"] = " ".join(f"'{word}'" for word in words)
    try:
        probe = subprocess.run([*words, "touch", str(site.tool.home / "x")], check=False, capture_output=True)
        if probe.returncode == 0:
            pytest.skip("this root cannot be made read-only")
        failed(site.run("rotate", "--yes"), 7, "nothing was changed", warnings=True)
        assert raw(site.db) == before
        assert sorted(renew(site, env={"STATE_DIRECTORY": state_directory})["changed"]) == PAIR
    finally:
        del os.environ["PRITUNL_ACCESS_RUNNER"]
        subprocess.run(["rm", "-rf", state_directory], check=True)


def test_no_room_for_the_record(site):
    site.admin()
    before = raw(site.db)
    failed(site.run("rotate", "--yes", preexec_fn=_no_files), 7, warnings=True)
    assert raw(site.db) == before and list(state(site).iterdir()) == []


def _no_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)       # libmongoc writes a file of its own before main
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is missing")
def test_every_new_directory_is_synchronised_into_its_parent(site):
    """A record is worth nothing where a crash takes the directory that it lies in."""
    site.admin()
    log = site.tool.home / "trace"
    command = ["strace", "-f", "-y", "-e", "trace=mkdir,mkdirat,fsync,rename,renameat,linkat", "-o", log, site.tool.binary, "rotate", "--yes", "-q"]
    done = subprocess.run(command, env=site.tool.environment(), cwd=site.tool.home, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = [line.split(None, 1)[1] for line in log.read_text().splitlines()]
    for path in (state(site), *list(state(site).parents)[:2]):
        made = next(number for number, line in enumerate(lines) if f'mkdir("{path}", 0700) = 0' in line)
        assert lines[made + 1].startswith("fsync(") and f"<{path.parent}>) = 0" in lines[made + 1], (path, lines)
    records(state(site))
