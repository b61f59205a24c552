# SPDX-License-Identifier: MIT
"""
SIGKILL at system calls of issue, exec --issue and recover: never an administrator without an end, never half a document.

A few calls of each in `make check`; PRITUNL_ACCESS_FAULTS=all tries every one of the first thread.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from expect import private
from pritunl import seed

FIELD = "pritunl_access"
SAMPLES = 6
FIELDS = set(seed.administrator_document("x"))

pytestmark = [pytest.mark.skipif(not shutil.which("strace"), reason="strace is not here"), pytest.mark.timeout(7200)]


def traced(site, args, *options):
    """Run under strace; what it prints is of no interest."""
    command = ["strace", "-f", "-qq", *options, "--", site.tool.binary, *map(str, args)]
    return subprocess.run(command, env=site.tool.environment(), cwd=site.tool.home, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=60)


def calls_of(site, args, home) -> range:
    """The numbers of the first thread's calls from the first connection on: what comes before touches nothing."""
    log = home / "calls"
    assert traced(site, args, "-o", log).returncode == 0
    lines = [line.split(None, 1) for line in log.read_text(errors="replace").splitlines()]
    own = [line for pid, line in lines if pid == lines[0][0] and " resumed>" not in line and not line.startswith(("+++", "---"))]
    first = next(number for number, line in enumerate(own, 1) if line.startswith("connect("))
    return range(first, len(own) + 1)


def chosen(calls: range) -> list:
    """Some of them, or all."""
    if os.environ.get("PRITUNL_ACCESS_FAULTS") == "all":
        return list(calls)
    return [calls[place * (len(calls) - 1) // (SAMPLES - 1)] for place in range(SAMPLES)]


def check_whole(document):
    """Every field, a hash for a password, and an end."""
    assert set(document) == FIELDS | {FIELD}
    assert document["password"].startswith("3$") and len(document["token"]) == len(document["secret"]) == 32
    assert document[FIELD]["expires_at"] > document[FIELD]["issued_at"]


@pytest.mark.parametrize("command", ["issue", "exec"])
def test_nobody_without_an_end(site, home, command):
    admin = site.admin()
    administrators = site.db["administrators"]
    args = {"issue": ("issue", "killed", "--yes", "-o", home / "pair"),
            "exec": ("exec", "--issue", "1h", "--", sys.executable, "-c", "pass")}[command]
    calls = calls_of(site, args, home)
    for number in chosen(calls):
        administrators.delete_many({FIELD: {"$exists": True}})
        traced(site, args, "-e", "trace=none", "-e", f"inject=all:signal=SIGKILL:when={number}")
        found = list(administrators.find({"_id": {"$ne": admin["_id"]}}))
        assert len(found) <= 1
        for each in found:
            check_whole(each)
        assert administrators.find_one({"_id": admin["_id"]}) == admin
        assert site.run("revoke", "--all-issued", "--yes", "-q").status == 0
        assert administrators.count_documents({}) == 1


def test_recover_is_whole_or_nothing(site, home):
    admin = site.admin(otp_auth=True, otp_secret="ABCDEFGHIJKLMNOP", sessions=["open"], disabled=True)
    administrators = site.db["administrators"]
    args = ("recover", "--yes", "--clear-otp", "--enable-account", "--password-file", private(home / "password", "the new one"))
    calls = calls_of(site, args, home)
    for number in chosen(calls):
        administrators.replace_one({"_id": admin["_id"]}, admin)
        traced(site, args, "-e", "trace=none", "-e", f"inject=all:signal=SIGKILL:when={number}")
        (after,) = administrators.find({})
        if after != admin:
            assert after == admin | {"password": after["password"], "default": None, "default_password": None, "otp_auth": False,
                                     "otp_secret": None, "sessions": [], "disabled": False}
            assert site.pritunl.login("pritunl", "the new one")
