# SPDX-License-Identifier: MIT
"""Whoever asked wrongly is told what to do next; what cannot be done is found out before anything is asked or made."""

from __future__ import annotations

import os

import pytest
from expect import failed

WRONG = {
    ("list", "--all=3"): ("--all takes no value", "--all"),
    ("dump", "NAME"): ("NAME", "help dump"),
    ("undo",): ("nothing to undo", "undo --list"),
    ("help", "qqqqqqqq"): ("qqqqqqqq", "pritunl-access help"),
    ("--color=x", "list"): ("auto", "help"),
    ("recover", "--password-file"): ("wants a value", "help recover"),
    ("doctor", "--timeout", "0"): ("whole number", "help doctor"),
    ("export", "--owner", "nobodyx", "-o", "f"): ("nobodyx", "help export"),
    ("export", "--mode", "9z"): ("octal", "help export"),
    ("dump", "--with", "x"): ("routes", "help dump"),
    ("config", "--config", "/nonexistent/x"): ("/nonexistent/x", "help config"),
}


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_what_comes_next(site, words):
    site.admin()
    word, attempt = WRONG[words]
    result = site.run(*words)
    failed(result, result.status, word, attempt=attempt)
    assert result.status in (2, 4) and not result.stderr.endswith(" \n")


def programs(home):
    """What cannot be run, with the status of it."""
    plain = home / "plain"
    plain.write_text("#!/bin/sh\n")
    plain.chmod(0o644)
    return {"no-such-program": 127, "/no/such/program": 127, "": 127, str(plain): 126, str(home): 126}


@pytest.mark.parametrize("options", [(), ("--issue", "1h"), ("--no-verify",)], ids=" ".join)
def test_exec_looks_for_the_program_first(site, home, options):
    """Neither the database nor the API was asked, and no temporary administrator made."""
    site.admin()
    for program, status in programs(home).items():
        failed(site.run("exec", *options, "--", program, env={"PRITUNL_ACCESS_MONGODB_URI": "mongodb://127.0.0.1:1"}), status,
               program, attempt=None if program else "")
        failed(site.run("exec", *options, "--", program), status, program)
    assert site.pritunl.requests == [] and site.db["administrators"].count_documents({}) == 1


def test_exec_finds_it_as_a_shell_does(site, home):
    """In PATH what cannot be run is passed over, where a later one can."""
    site.admin()
    for name, mode in (("first", 0o644), ("second", 0o755)):
        (home / name).mkdir()
        (home / name / "prog").write_text(f"#!/bin/sh\necho {name}\n")
        (home / name / "prog").chmod(mode)
    path = f"{home}/first:{home}/second:{os.environ['PATH']}"
    assert site.run("exec", "--", "prog", env={"PATH": path}).stdout == "second\n"
    failed(site.run("exec", "--", "prog", env={"PATH": f"{home}/first"}), 126, "Permission denied")
