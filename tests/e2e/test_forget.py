# SPDX-License-Identifier: MIT
"""forget --revoke: what a file held works no longer when the file is gone."""

from __future__ import annotations

import pytest
from changes import PAIR, everything, fields, is_fresh, raw, records, state, through, writes
from expect import failed, failed_json
from pritunl.client import Client

FIELD = "pritunl_access"


def accepted(site, pair) -> bool:
    """Does the API take it?"""
    return Client(site.pritunl.url, {"token": pair["token"], "secret": pair["secret"]}).get("/status").status == 200


def exported(site, name, *args) -> object:
    """A file of the administrator pritunl's."""
    path = site.tool.home / name
    assert site.run("export", "pritunl", "-q", "-o", path, *args).status == 0
    return path


def issued(site, label, *args) -> tuple:
    """A file of a temporary one's, and its document."""
    path = site.tool.home / label
    assert site.run("issue", label, "--yes", "-q", "-o", path, *args).status == 0
    return path, site.db["administrators"].find_one({FIELD + ".label": label})


@pytest.mark.parametrize("format_name", ["dotenv", "docker", "sh", "fish", "json", "yaml", "tfvars", "tfvars-json", "github", "kubernetes",
                                         "systemd"])
def test_an_administrator_gets_another_pair(site, format_name):
    before, other = site.admin(), site.admin("other")
    path = site.tool.home / "out"
    assert site.run("export", "pritunl", "-q", "-f", format_name, "-o", path, reveals=True).status == 0
    result = site.run("forget", "--revoke", path, "--yes", "--json")
    assert result.status == 0, result.stderr
    said, now = result.json(), fields(site.db)
    assert set(said) == {"deleted", "revoked", "replaced", "dry_run"} and not said["dry_run"]
    assert (said["deleted"], said["revoked"]) == ([str(path)], []) and not path.exists()
    (one,) = said["replaced"]
    assert (one["administrator"], sorted(one["changed"]), one["verified"]) == ("pritunl", PAIR, None)
    assert is_fresh(now, before) and now["auth_api"] is True and fields(site.db, "other") == other
    assert not accepted(site, before) and accepted(site, now)
    assert records(state(site))[0]["command"] == "forget"
    assert site.run("undo", one["undo_id"], "--yes").status == 0
    assert fields(site.db) == before


@pytest.mark.parametrize("format_name", ["dotenv", "systemd"])
def test_a_temporary_one_is_deleted(site, format_name):
    before = site.admin()
    path, document = issued(site, "job", "-f", format_name)
    result = site.run("forget", path, "--revoke", "--yes")
    assert (result.status, result.stdout) == (0, f"{document['username']}: revoked\n"), result.stderr
    assert not path.exists() and not accepted(site, document)
    assert list(site.db["administrators"].find()) == [before]


def test_many_files_at_once(site):
    before = site.admin()
    one, two = exported(site, "one"), exported(site, "two", "-f", "json")
    three, document = issued(site, "three")
    result = site.run("forget", one, two, three, "--revoke", "--yes", "--json")
    said = result.json()
    assert said["revoked"] == [document["username"]] and [each["administrator"] for each in said["replaced"]] == ["pritunl"]
    assert not any(path.exists() for path in (one, two, three)) and is_fresh(fields(site.db), before)


def test_a_pair_that_is_nobodys_any_more(site):
    """Renewed since, or half of it: nothing could be signed with that, and nobody's pair is touched."""
    before = site.admin()
    path = exported(site, "pair")
    site.admin("same-token", token=before["token"])
    site.db["administrators"].update_one({"_id": before["_id"]}, {"$set": {"secret": site.seed.random_text()}})
    stored = everything(site.db)
    result = site.run("forget", path, "--revoke", "--json")     # nobody need agree where nothing is changed
    assert result.status == 0 and "nobody has the pair" in result.stderr
    assert result.json() == {"deleted": [str(path)], "revoked": [], "replaced": [], "dry_run": False}
    assert not path.exists() and everything(site.db) == stored


def test_both_of_one_pair(site):
    before = site.admin()
    path = exported(site, "pair")
    site.admin("twin", token=before["token"], secret=before["secret"])
    assert site.run("forget", path, "--revoke", "--yes").status == 0
    one, two = fields(site.db), fields(site.db, "twin")
    assert is_fresh(one, before) and is_fresh(two, before) and one["token"] != two["token"]


def test_what_is_not_ours_may_be_a_directory(site):
    (site.tool.home / "-d").mkdir(mode=0o700)
    result = site.run("forget", "--yes", "--", "-d")
    assert result.status == 2 and "try: rm -r -- -d, if all of it may go" in result.stderr, result.stderr
    (site.tool.home / "-f").write_text("mine\n")
    (site.tool.home / "-f").chmod(0o600)
    result = site.run("forget", "--yes", "--", "-f")
    assert result.status == 2 and "try: rm -- -f, if all of it may go" in result.stderr, result.stderr


def test_shown_and_asked(site):
    site.admin()
    path = exported(site, "pair")
    stored = everything(site.db)
    message = site.run("forget", path, "--revoke", "--dry-run")
    assert message.status == 0 and "pritunl: token is replaced" in message.stderr and "would be deleted" in message.stderr
    assert "would be changed (dry run)" in message.stdout
    assert site.run("forget", path, "--dry-run", "--json").json() == {"deleted": [str(path)], "dry_run": True}
    failed(site.run("forget", path, "--revoke"), 2, "--yes", attempt="--dry-run", warnings=True)
    failed_json(site.run("forget", path, "--revoke", "--json"), 2, "--yes", kind="usage")
    running = site.tool.start("forget", path, "--revoke", tty=True)
    assert f"{path} is deleted" in " ".join(running.await_text("Change this?").split())     # lines are broken between words
    running.type("n\n")
    assert running.wait().status == 2
    assert path.exists() and everything(site.db) == stored


def test_a_file_stays_where_its_pair_does(site, wire):
    site.admin()
    path = exported(site, "pair")
    bad = site.tool.home / "notes"
    bad.write_text("hello\n")
    tap = wire()
    through(site, tap)
    failed(site.run("forget", path, bad, "--revoke", "--yes"), 2, str(bad))
    failed(site.run("forget", path, "--revoke", "--yes", "--source", "env"), 2, "database")
    assert writes(tap) == []
    stored = raw(site.db)
    tap.on("findAndModify", times=None, answer={"ok": 0.0, "code": 66, "codeName": "ImmutableField", "errmsg": "x"})
    failed(site.run("forget", path, "--revoke", "--yes"), 3, "ImmutableField", warnings=True)
    assert path.exists() and raw(site.db) == stored
    failed(site.run("forget", path, "--revoke", "--yes", env={"HOME": "/proc/nowhere"}), 7, warnings=True)
    assert path.exists() and raw(site.db) == stored
    records(state(site))


def test_everything_is_looked_at_before_anything_is_changed(site):
    before = site.admin()
    path, empty = exported(site, "pair", "-f", "systemd"), site.tool.home / "empty"
    empty.mkdir()
    failed(site.run("forget", path, empty, "--revoke", "--yes"), 2, str(empty))
    failed(site.run("forget", path, empty), 2, str(empty))
    (path / "more").write_text("x")
    failed(site.run("forget", path, "--revoke", "--yes"), 7, "more")
    assert path.exists() and empty.exists() and fields(site.db) == before


@pytest.mark.parametrize("status", [7, 8])
def test_a_file_that_cannot_be_deleted_is_told_after_what_was_done(site, wire, status):
    before = site.admin()
    path = exported(site, "pair")
    tap = wire()
    through(site, tap)
    tap.on("findAndModify", after=lambda _: (path.unlink(), status == 8 and path.mkdir()))
    result = site.run("forget", path, "--revoke", "--yes")
    failed(result, status, str(path), warnings=True)
    assert "pritunl: token, secret changed; undo: " in result.stderr and is_fresh(fields(site.db), before)
    assert path.exists() == (status == 8)
    records(state(site))


@pytest.mark.parametrize("how", ["replaced", "written", "link", "member"])
def test_what_was_not_looked_at_stays(site, how):
    """Something else lies there by the time somebody agrees."""
    site.admin()
    path = exported(site, "pair", *(("-f", "systemd") if how == "member" else ()))
    running = site.tool.start("forget", path, "--revoke", tty=True)
    running.await_text("Change this?")
    new = site.tool.home / "new"
    if how == "member":
        path.joinpath("PRITUNL_URL").unlink()
    elif how == "written":
        path.write_text("mine\n")
    else:
        new.symlink_to("nowhere") if how == "link" else new.write_bytes(path.read_bytes())
        new.rename(path)
    running.type("y\n")
    result = running.wait()
    assert result.status == 8 and "changed meanwhile" in result.stderr + result.stdout
    assert path.is_symlink() or path.exists()
    records(state(site))


def test_the_same_file_twice(site):
    """It is one, however it is spelt; another name of the same file is to go too."""
    site.admin()
    path, other = exported(site, "pair"), exported(site, "folder", "-f", "systemd")
    spelt = path.parent / "." / other.name / ".." / path.name
    result = site.run("forget", path, str(spelt), path, other, f"{other}/", "--json")
    assert result.status == 0, result.stderr
    assert result.json()["deleted"] == [str(path), str(other)] and not path.exists() and not other.exists()
    path, link = exported(site, "pair"), site.tool.home / "link"
    link.hardlink_to(path)
    assert site.run("forget", path, link, path).status == 0
    assert not path.exists() and not link.exists()


def test_the_last_super_user_stays(site):
    admin = site.admin()
    path, document = issued(site, "super", "--super")
    site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": {"disabled": True}})
    failed(site.run("forget", path, "--revoke", "--yes"), 1, "last enabled super user", warnings=True)
    assert path.exists() and accepted(site, document)


def test_the_last_super_user_is_seen_before_another_pair_is_renewed(site):
    admin = site.admin()
    one, (two, _) = exported(site, "one"), issued(site, "super", "--super")
    site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": {"super_user": False}})
    stored = everything(site.db)
    failed(site.run("forget", one, two, "--revoke", "--yes"), 1, "last enabled super user", warnings=True)
    assert everything(site.db) == stored and one.exists() and two.exists() and records(state(site)) == []
