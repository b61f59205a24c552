# SPDX-License-Identifier: MIT
"""
Who owns what was read: a program in which disable and forget verify each change (tests/verifying.c) goes through all of them.

Under the sanitizers (make check-asan) it would end at the first thing that is used after it was given back.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from changes import records, state

PROGRAM = Path(os.environ.get("PRITUNL_ACCESS") or Path(__file__).resolve().parents[2] / "build" / "pritunl-access")


@pytest.fixture
def verifying(site):
    """The site, whose tool verifies every change."""
    site.tool.binary = str(PROGRAM.with_name("verifying"))
    return site


@pytest.mark.parametrize("args", [[], ["--erase"]], ids=["keep", "erase"])
def test_disable_all(verifying, args):
    for name in ("pritunl", "second", "third"):
        verifying.admin(name)
    result = verifying.run("disable", "--all", "--yes", "--json", *args)
    assert result.status == 0, result.stderr
    assert [each["administrator"] for each in result.json()] == ["pritunl", "second", "third"]
    assert [each["auth_api"] for each in verifying.db["administrators"].find()] == [False] * 3
    assert len(records(state(verifying))) == 3


def test_disable_one(verifying):
    verifying.admin()
    result = verifying.run("disable", "--erase", "--yes")
    assert result.status == 0, result.stderr


def test_forget_of_several(verifying):
    """The temporary one is deleted from what was read before the first change was made and verified."""
    site, paths = verifying, []
    site.admin()
    site.admin("second")
    for name in ("pritunl", "second"):
        paths.append(site.tool.home / name)
        assert site.run("export", name, "-q", "-o", paths[-1]).status == 0
    paths.append(site.tool.home / "job")
    assert site.run("issue", "job", "--yes", "-q", "-o", paths[-1]).status == 0
    job = site.db["administrators"].find_one({"pritunl_access.label": "job"})["username"]
    result = site.run("forget", "--revoke", *paths, "--yes", "--json")
    assert result.status == 0, result.stderr
    said = result.json()
    assert said["revoked"] == [job] and said["deleted"] == [str(path) for path in paths]
    assert [(each["administrator"], each["verified"]) for each in said["replaced"]] == [("pritunl", True), ("second", True)]
    assert not any(path.exists() for path in paths)
