# SPDX-License-Identifier: MIT
"""Whoever asked wrongly is told what to do next; what cannot be done is found out before anything is asked or made."""

from __future__ import annotations

import json
import os

import pytest
from expect import failed, private

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


# ---- the database that would be asked

def in_force(tool, *words, **options):
    """The database of `config --json`, which the table shows first."""
    result = tool.run("config", "--json", *words, **options)
    found = result.json()["database"]
    first = tool.run("config", *words, "-q", **options).stdout.splitlines()[1]
    assert result.status == 0 and first.startswith("(database) ") and (found["value"] or "-") in first
    assert (found["from"] or found["why"]) in first
    return found


def test_config_says_which_database(tool, home):
    uri = "mongodb://someone:hidden-password@db.example.com/vpn?authSource=admin"
    shown = "mongodb://***@db.example.com/vpn"
    conf = private(home / "pritunl.conf", json.dumps({"mongodb_uri": uri, "mongodb_collection_prefix": "pri_"}))
    assert in_force(tool, "--pritunl-conf", conf) == {"value": shown, "from": str(conf), "collection_prefix": "pri_", "why": None}
    file = private(home / "uri", uri + "\n")
    assert in_force(tool, "--pritunl-conf", conf, "--mongodb-uri-file", file)["from"] == str(file)
    found = in_force(tool, env={"MONGODB_URI": uri})
    assert (found["value"], found["from"]) == (shown, "MONGODB_URI")
    found = in_force(tool, "--mongodb-uri-file", "-", stdin="")
    assert (found["value"], found["from"]) == (None, "standard input")
    found = in_force(tool, "--pritunl-conf", home / "nowhere")
    assert found["value"] is None and str(home / "nowhere") in found["why"]
    for words in ((), ("--json",)):
        result = tool.run("config", "--pritunl-conf", conf, *words)
        assert "hidden-password" not in result.stdout + result.stderr and "someone" not in result.stdout + result.stderr


def test_config_knows_the_defaults_of_commands(tool):
    jobs = tool.run("config", "--json").json()["settings"]["jobs"]
    assert jobs == {"value": "32", "from": "default", "commands": {"dump": 8, "verify --all-profiles": 256}}
    assert "commands" not in tool.run("config", "--json", "--jobs", "4").json()["settings"]["jobs"]
    line = next(line for line in tool.run("config").stdout.splitlines() if line.startswith("jobs "))
    assert "32, dump 8, verify --all-profiles 256" in line
