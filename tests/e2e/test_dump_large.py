# SPDX-License-Identifier: MIT
"""`dump` of lists that do not fit beside one another, and of one that does not fit at all: equal, and in the memory that is said."""

from __future__ import annotations

import json

import pytest
from expect import failed
from harness.hostile_api import BEHAVIOURS, HostileApi, answer
from hostile import MEMORY, SANITIZED, measured

USERS = 2_000 if SANITIZED else 15_000
JSON = b"Content-Type: application/json\r\n"
FIELDS = {"id": "", "name": "", "email": None, "disabled": False, "groups": ["staff"]}


def users_of(number: int, count: int) -> list:
    """So many, in their order."""
    return [FIELDS | {"id": f"{number:04}{each:020}", "name": f"user {each:08}", "email": f"user{each}@organization{number}.example.com"}
            for each in range(count)]


class Large:
    """An API of organizations with so many users, each with more in it than is dumped; it keeps its connections."""

    def __init__(self, organizations: int, users: int):
        self.organizations = [{"id": f"{number:024}", "name": f"organization {number}"} for number in range(organizations)]
        self.users = [users_of(number, users) for number in range(organizations)]
        bodies = {"/organization": self.organizations, "/server": []}
        for number, each in enumerate(self.organizations):
            bodies["/user/" + each["id"]] = [user | {"servers": [{"name": "x" * 100}]} for user in reversed(self.users[number])]
        self.answers = {path: answer(json.dumps(body).encode(), headers=JSON) for path, body in bodies.items()}

    def __call__(self, head, peer, _server):
        peer.sendall(self.answers.get(head.split(b" ")[1].decode()) or answer(b"{}", headers=JSON))
        return True

    def document(self) -> dict:
        """The dump."""
        return {"organizations": [each | {"users": self.users[number]} for number, each in enumerate(self.organizations)], "servers": []}


@pytest.mark.parametrize("jobs", [1, 8])
def test_lists_that_do_not_fit_beside_one_another(site, jobs):
    site.admin()
    large = Large(3, USERS)
    target = site.tool.home / "dump"
    with HostileApi(signed=Large(1, 1)) as server:
        usual = measured(site.tool, "dump", "-o", target, env={"PRITUNL_ACCESS_URL": server.url}).memory
    with HostileApi(signed=large) as server:
        run = measured(site.tool, "dump", "--jobs", jobs, "-o", target, env={"PRITUNL_ACCESS_URL": server.url})
    assert run.status == 0, run.err
    assert json.loads(target.read_bytes()) == large.document()
    assert run.memory <= usual + MEMORY or SANITIZED


@pytest.mark.skipif(SANITIZED, reason="sanitized code is slow")
def test_a_list_that_does_not_fit(site):
    site.admin()
    with HostileApi(signed=BEHAVIOURS["a list for ever"]) as server:
        result = site.run("dump", env={"PRITUNL_ACCESS_URL": server.url})
    failed(result, 5, "GET /organization: a list that takes more than 12 MiB", attempt="pritunl-access dump --from database")
