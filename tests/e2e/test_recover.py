# SPDX-License-Identifier: MIT
"""recover: the console back for a locked-out operator, with nobody deleted and no pair changed."""

from __future__ import annotations

import os
import re
import resource
import subprocess

import pytest

from expect import failed, private

LOCKED = {"otp_auth": True, "otp_secret": "ABCDEFGHIJKLMNOP", "local_otp_auth": True, "local_otp_code": "123456",
          "yubikey_id": "ccccccbchvth", "disabled": True, "sessions": ["one", "two"]}
KEPT = ("_id", "username", "token", "secret", "auth_api", "super_user")


def document(site, admin):
    """As it stands there now."""
    return site.db["administrators"].find_one({"_id": admin["_id"]})


@pytest.mark.parametrize("password", ["plain", " blank at both ends ", "pässwörd Ω 密码 🗝", "x" * 127 + "é", "é" * 128 + "rest",
                                      "🗝" * 200, "a" * 1000, "quote\"'\\$`"])
def test_the_console_takes_it(site, home, password):
    admin = site.admin(sessions=["open"])
    others = [site.admin(name, sessions=["theirs"]) for name in ("other", "pritunl2")]
    file = private(home / "password", password + "\n")
    result = site.run("recover", "pritunl", "--password-file", file, "--yes")
    assert result.status == 0, result.stderr
    assert site.pritunl.login("pritunl", password) and not site.pritunl.login("pritunl", password[:20] + "?")
    after = document(site, admin)
    assert {name: after[name] for name in KEPT} == {name: admin[name] for name in KEPT}
    assert (after["sessions"], after["default"], after["default_password"]) == ([], None, None)
    assert all(document(site, each) == each for each in others)
    assert password not in result.stdout + result.stderr


def test_both_factors_and_the_account(site, home):
    admin = site.admin(**LOCKED)
    file = private(home / "password", "new one")
    assert site.run("recover", "--password-file", file, "--yes").status == 0
    assert not site.pritunl.login("pritunl", "new one"), "nothing is cleared unasked"
    assert {name: document(site, admin)[name] for name in LOCKED} == LOCKED | {"sessions": []}
    assert site.run("recover", "--password-file", file, "--clear-otp", "--clear-yubikey", "--enable-account", "--yes").status == 0
    assert site.pritunl.login("pritunl", "new one")
    after = document(site, admin)
    assert not any(after[name] for name in LOCKED) and after["token"] == admin["token"]


BARS = {"one-time-code": ("--clear-otp", {"otp_auth": True, "otp_secret": "A" * 16}, {"local_otp_auth": True}),
        "yubikey": ("--clear-yubikey", {"yubikey_id": "cccccccccccc"}), "disabled": ("--enable-account", {"disabled": True})}


@pytest.mark.parametrize("name, option, fields", [(name, option, fields) for name, (option, *all_fields) in BARS.items()
                                                  for fields in all_fields], ids=repr)
def test_what_still_bars_the_login_is_named(site, home, name, option, fields):
    site.admin(**fields)
    command = ("recover", "--password-file", private(home / "password", "new one"), "--yes")
    for more in (["--dry-run"], []):
        result = site.run(*command, *more)
        assert result.status == 0 and f"({option})" in result.stderr and "lets nobody in" in result.stderr
        assert not any(f"({other})" in result.stderr for other, *_ in BARS.values() if other != option)
    assert site.run(*command, "--json").json()["barred_by"] == [name]
    assert not site.pritunl.login("pritunl", "new one")
    result = site.run(*command, option)
    assert (result.status, "lets nobody in" in result.stderr) == (0, False)
    assert site.run(*command, "--json").json()["barred_by"] == []
    assert site.pritunl.login("pritunl", "new one")


def test_nothing_bars_it(site, home):
    site.admin(otp_auth=False, local_otp_auth=0, yubikey_id="", disabled=None)
    result = site.run("recover", "--password-file", private(home / "password", "new one"), "--yes")
    assert (result.status, result.stderr) == (0, "") or "lets nobody in" not in result.stderr


def test_the_count_of_tries_begins_anew(site, home):
    admin, other = site.admin(), site.admin("other")
    limiter = site.db["auth_limiter"]
    for each in (admin, other):
        limiter.insert_one({"_id": each["_id"], "count": 30, "timestamp": site.seed.utc_now()})
    command = ("recover", "pritunl", "--password-file", private(home / "password", "new one"), "--yes", "--json")
    assert site.run(*command, "--dry-run").json()["tries_cleared"] is False and limiter.count_documents({}) == 2
    assert site.run(*command).json()["tries_cleared"] is True
    assert [each["_id"] for each in limiter.find()] == [other["_id"]]
    assert site.pritunl.login("pritunl", "new one") and not site.pritunl.login("other", other["default_password"] or "x")
    limiter.delete_many({})
    assert site.run(*command).json()["tries_cleared"] is False


def test_a_count_that_cannot_be_cleared_is_said(site, home):
    site.admin()
    site.seed.settings(site.db, secondary_mongodb_uri="mongodb://192.0.2.1/other")
    result = site.run("recover", "--password-file", private(home / "password", "new one"), "--yes")
    assert result.status == 0 and "sudo pritunl clear-auth-limit" in result.stderr


def test_undo_puts_back_all_but_sessions(site, home):
    admin = site.admin(**LOCKED)
    file = private(home / "password", "new one")
    result = site.run("recover", "--password-file", file, "--clear-otp", "--clear-yubikey", "--enable-account", "--yes", "--json")
    assert result.status == 0 and {"password", "otp_auth", "otp_secret", "yubikey_id", "disabled"} <= set(result.json()["changed"])
    site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": {"sessions": ["a new one"]}})
    assert site.run("undo", "--yes").status == 0
    assert document(site, admin) == admin | {"sessions": ["a new one"]}


def test_made_and_shown_once(site):
    site.admin()
    result = site.run("recover", "--yes", "--json", reveals=True)
    answer = result.json()
    assert len(answer["password"]) == 20 and site.pritunl.login("pritunl", answer["password"])
    result = site.run("recover", "--yes", reveals=True)
    assert site.pritunl.login("pritunl", result.stdout.split("(shown once): ")[1].strip())


def test_asked_twice(site):
    site.admin()
    running = site.tool.start("recover", "--yes", tty=True, reveals=True)
    running.await_text("New console password of pritunl")
    running.type("typed by hand\n")
    running.await_text("Once more")
    running.type("typed by hand\n")
    result = running.wait()
    assert result.status == 0 and "typed by hand" not in result.stdout
    assert site.pritunl.login("pritunl", "typed by hand")
    running = site.tool.start("recover", "--yes", tty=True, reveals=True)
    running.await_text("New console password of pritunl")
    running.type("one\n")
    running.await_text("Once more")
    running.type("another\n")
    assert running.wait().status == 2 and site.pritunl.login("pritunl", "typed by hand")


def test_a_mark_that_no_editor_shows_is_no_part_of_the_password(site, home):
    site.admin()
    file = private(home / "password", "")
    file.write_bytes("\ufeffwritten by notepad\r\n".encode())
    assert site.run("recover", "--password-file", file, "--yes").status == 0
    assert site.pritunl.login("pritunl", "written by notepad")


def test_bad_input(site, home):
    admin = site.admin()
    failed(site.run("recover", "--password-file", private(home / "empty", "\n"), "--yes"), 2, "empty")
    binary = private(home / "binary", "")
    binary.write_bytes(b"\xff\xfe12345678")
    failed(site.run("recover", "--password-file", binary, "--yes"), 2, "UTF-8")
    failed(site.run("recover", "--password-file", home / "missing", "--yes"), 2)
    failed(site.run("recover", "nobody", "--yes"), 4)
    failed(site.run("recover"), 2, "--yes", warnings=True)
    result = site.run("recover", "--dry-run", "--json")
    assert result.status == 0 and result.json()["dry_run"] and "password" not in result.json()
    assert document(site, admin) == admin


def test_a_password_that_cannot_be_shown_is_not_set(site):
    admin = site.admin(password="K7-stood-before-9")
    reading, writing = os.pipe()
    os.close(reading)
    with open(os.devnull, "rb") as read_only, os.fdopen(writing, "wb") as unread:
        for stdout in (read_only, unread):
            failed(site.run("recover", "--yes", stdout=stdout), 7, "nothing was changed", attempt="--password-file")
            assert document(site, admin) == admin
            assert site.run("recover", "--yes", "--dry-run", "--quiet", stdout=stdout).status == 7
    command = ["sh", "-c", f'exec "{site.tool.binary}" recover --yes >&-']
    closed = subprocess.run(command, env=site.tool.environment(), capture_output=True, text=True, timeout=60, check=False)
    assert closed.returncode == 7 and "nothing was changed" in closed.stderr and document(site, admin) == admin


LIMIT = 1 << 20


def limited():
    """Standard output is as large as a file may be: only the write shows that."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def test_a_password_that_was_not_shown_is_said_to_be_lost(site, home):
    admin = site.admin(password="K7-stood-before-9")
    (home / "out").write_bytes(bytes(LIMIT))
    for words in ((), ("--json",)):
        with open(home / "out", "ab") as out:
            result = site.run("recover", "--yes", "-q", *words, stdout=out, preexec_fn=limited)
        failed(result, 7, "the password of pritunl was changed, and nobody knows the new one", attempt="pritunl-access undo ")
        assert document(site, admin)["password"] != admin["password"]
        undo = re.search(r"pritunl-access undo (\S+)", result.stderr)[1]
        assert site.run("undo", undo, "--yes").status == 0 and document(site, admin)["password"] == admin["password"]
    with open(home / "out", "ab") as out:
        failed(site.run("recover", "--yes", "-q", "--no-undo", stdout=out, preexec_fn=limited), 7, "nobody knows",
               attempt="pritunl-access recover pritunl")
