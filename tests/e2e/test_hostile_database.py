# SPDX-License-Identifier: MIT
"""Database servers that mean harm: each ends in time, in memory, with a status of the manual, and with a word."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from bson import Int64
from harness.hostile import BEHAVIOURS, CURSORS, NAMESPACE, HostileDatabase, answers, closes, cursor, silent
from harness.listening import Listening
from harness.scram import hashes
from expect import configure, failed, failed_json
from hostile import MEMORY, chosen, measured, wrong
from pritunl import seed

SECONDS = 1             # --timeout
WELCOME = {"conversationId": 1, "done": True, "payload": b"", "ok": 1.0}      # to a login in the clear
STATES = {"hello": ("list",), "login": ("list",), "query": ("list",), "more": ("list",), "write": ("rotate", "--yes", "pritunl")}


def run(tool, command, uri):
    """One run, measured."""
    environment = {"PRITUNL_ACCESS_MONGODB_URI": uri, "PRITUNL_ACCESS_URL": "http://127.0.0.1:1"}
    return measured(tool, *command, "--timeout", SECONDS, "--connect-timeout", SECONDS, env=environment)


def administrator(**fields):
    """A document as the program's own query gives it."""
    return {"part": "administrator"} | seed.administrator_document("pritunl", auth_api=True, **fields)


@pytest.mark.parametrize("state", STATES)
def test_hostile(tool, state, record_property):
    behaviours = BEHAVIOURS | (CURSORS if state in ("query", "more") else {})
    names = chosen(behaviours)
    if "asan" in str(tool.binary):      # libmongoc itself reads behind the message, and only there it is seen
        names = [name for name in names if name != "a wrong checksum"]
    login = "user:password-of-it@" if state == "login" else ""

    def good():
        with HostileDatabase([administrator()]) as server:
            return run(tool, ("list",), server.uri()).memory

    most = good() + MEMORY

    def attempt(name):
        alive = 77 if state == "more" else 0
        with HostileDatabase([administrator()], alive, free=state == "write", **{state: behaviours[name]}) as server:
            return wrong(f"{state}: {name}", run(tool, STATES[state], server.uri(login)), most)

    with ThreadPoolExecutor(6) as pool:
        found = [each for several in pool.map(attempt, names) for each in several]
    record_property("figure: behaviours of hostile databases", len(names))
    assert not found, "\n".join(found)


# ---- a part is not all


def several(count: int) -> list:
    """Administrators, as the program's own query gives them."""
    return [{"part": "administrator"} | seed.administrator_document(f"admin-{number}", auth_api=True) for number in range(count)]


def batches(*documents, end=0):
    """What getMore answers, one after the other, for every cursor anew; then its end, or the last for ever."""
    left = []

    def give(_request):
        if not left:
            left.extend(documents)
        batch = left[0] if end else left.pop(0)
        return cursor(batch, end or (77 if left else 0), batch="nextBatch")
    return answers(give)


@pytest.mark.parametrize("command", [("list", "--json"), ("audit", "--json")])
def test_an_empty_batch_is_no_end(tool, command):
    found = several(4)
    with HostileDatabase(found[:2], 77, more=batches([], [], found[2:3], [], found[3:])) as server:
        result = tool.run(*command, env={"PRITUNL_ACCESS_MONGODB_URI": server.uri()})
    assert result.status in (0, 1), result.stderr
    assert {each["administrator"] for each in result.json()} == {each["username"] for each in found}


@pytest.mark.parametrize("command", [("list",), ("audit",), ("snapshot", "-o", "all"), ("disable", "--all", "--yes"), ("rotate", "--yes")])
def test_a_cursor_without_an_end_is_an_error(tool, command):
    with HostileDatabase(several(1), 77, more=batches([], end=77)) as server:
        result = tool.run(*command, env={"PRITUNL_ACCESS_MONGODB_URI": server.uri()})
        assert not {"update", "findAndModify"} & set(server.seen)
    failed(result, 3, "does not come to an end")
    assert not (tool.home / "all").exists()


@pytest.mark.parametrize("ns", ["", "x", "pritunl", "pritunl.", ".", "other.administrators", None, 5])
def test_a_cursor_that_cannot_be_read_on(tool, ns):
    with HostileDatabase(query=answers({"cursor": {"firstBatch": [], "id": Int64(77), "ns": ns}, "ok": 1.0})) as server:
        result = tool.run("list", env={"PRITUNL_ACCESS_MONGODB_URI": server.uri()})
    failed(result, 3, "cannot be used", "where to read on")


# ---- one deadline


def test_a_row_now_and_then_ends_at_the_timeout(tool):
    def drip(request, peer, server):
        server.wait(0.7)
        peer.sendall(request.answered(cursor(several(1), 77, batch="nextBatch")).data)

    with HostileDatabase(several(1), 77, more=drip) as server:
        result = tool.run("list", "--timeout", 2, env={"PRITUNL_ACCESS_MONGODB_URI": server.uri()})
        assert server.seen.count("getMore") <= 4
    failed(result, 3, "not complete within 2000 ms")


def test_a_silent_server_is_asked_once(tool):
    with HostileDatabase(query=silent) as server:
        result = tool.run("list", "--timeout", 1, env={"PRITUNL_ACCESS_MONGODB_URI": server.uri()})
        assert server.seen.count("aggregate") == 1
    failed(result, 3, "no answer came in time")


# So many rounds take longest on any machine.
ENDLESS = 2**31 - 1


def test_a_login_that_never_ends_is_given_up(tool):
    with HostileDatabase(login=hashes(ENDLESS, 16)) as server:
        environment = {"PRITUNL_ACCESS_MONGODB_URI": server.uri("user:password-of-it@", authMechanism="SCRAM-SHA-1")}
        result = tool.run("list", "--timeout", 1, "--connect-timeout", 1, env=environment)
        assert server.seen.count("saslStart") == 1
    failed(result, 3, "came to no end within 3000 ms, and kept computing", "SCRAM")


def test_one_of_several_that_never_ends(tool):
    """Nor do the others wait for it, or end with it."""
    with HostileDatabase(login=hashes(ENDLESS, 28)) as endless, HostileDatabase([]) as empty:
        login = endless.uri("user:password-of-it@", authMechanism="SCRAM-SHA-256", directConnection="false")
        configure(tool.home, timeout=1, connect_timeout=1, profiles={"endless": {"mongodb_uri": login},
                                                                     "empty": {"mongodb_uri": empty.uri()}})
        found = tool.run("verify", "--all-profiles", "--json").json()
    assert {each["profile"]: each["cause"] for each in found} == {"endless": "database-unreachable", "empty": "database-empty"}


@pytest.mark.parametrize(("options", "status"), [({}, 0), ({"retryReads": "true"}, 0), ({"retryReads": "false"}, 3)])
def test_a_connection_that_breaks_is_tried_again(tool, options, status):
    asked = []

    def once(request, peer, server):
        asked.append(request)
        return closes(request, peer, server) if len(asked) == 1 else peer.sendall(request.answered(server.usual("query")).data)

    with HostileDatabase(several(1), query=once) as server:
        result = tool.run("list", env={"PRITUNL_ACCESS_MONGODB_URI": server.uri(**options)})
    assert (result.status, len(asked)) == (status, 2 if status == 0 else 1), result.stderr


# ---- what is said


def test_a_crash_says_that_a_write_may_have_happened(tool):
    with HostileDatabase([administrator()], free=True, write=BEHAVIOURS["old reply"]) as server:
        environment = {"PRITUNL_ACCESS_MONGODB_URI": server.uri(), "PRITUNL_ACCESS_URL": "http://127.0.0.1:1"}
        result = tool.run("rotate", "--yes", "pritunl", env=environment)
    if result.status >= 0:
        pytest.skip("this libmongoc does not crash")
    lines = result.stderr.splitlines()
    assert any(line.startswith("pritunl-access: crashed, ") for line in lines), result.stderr
    assert any("(find and update in administrators of pritunl) and may have happened" in line for line in lines), result.stderr


@pytest.mark.parametrize("behaviour", ["silent", "closed", "garbage", "empty", "length 47 MB"])
def test_no_answer_to_a_login_is_no_refusal(tool, behaviour):
    with HostileDatabase(login=BEHAVIOURS[behaviour]) as server:
        result = tool.run("list", "--timeout", 1, "--connect-timeout", 1, "--json",
                          env={"PRITUNL_ACCESS_MONGODB_URI": server.uri("user:password-of-it@")})
    error = failed_json(result, 3)
    assert error["kind"] != "database-auth" and "refuses" not in error["message"], error


@pytest.mark.parametrize("spelling", ["{}", "%70%40%73%73word-%6ff-it", "%70@%73%73word-%6Ff-it", "<{base64}>", "<{shifted}>", "{filler}{}"])
def test_a_password_that_comes_back_is_not_shown(tool, canaries, spelling):
    password = canaries.register("p@ssword-of-it")
    words = spelling.format(password, base64=base64.b64encode(password.encode()).decode(), filler="x" * 490,
                            shifted=base64.b64encode(b"user:" + password.encode() + b"!").decode())
    refusal = {"ok": 0.0, "code": 96, "codeName": "OperationFailed", "errmsg": f"what is {words}"}
    with HostileDatabase(query=answers(refusal), login=answers(WELCOME)) as server:
        uri = server.uri("user:p%40ssword-of-it@", authMechanism="PLAIN")
        result = tool.run("list", env={"PRITUNL_ACCESS_MONGODB_URI": uri})
    said = failed(result, 3, "what is ", "***")
    assert "word" not in said and "ssw" not in said and base64.b64encode(b"ssword").decode() not in said, said


def test_words_that_are_withheld_are_said_to_be(tool):
    refusal = {"ok": 0.0, "code": 96, "codeName": "OperationFailed", "errmsg": "it is bad"}
    with HostileDatabase(query=answers(refusal), login=answers(WELCOME)) as server:
        uri = server.uri("d:password-of-it@", authMechanism="PLAIN")
        failed(tool.run("list", env={"PRITUNL_ACCESS_MONGODB_URI": uri}), 3, "its own words are withheld", "(code 96)")


class Dripping(Listening):
    """In front of a server: so many bytes of its answers pass, and then one now and then."""

    def __init__(self, server, free):
        self.server, self.free = server, free
        super().__init__()

    def _talk(self, peer):
        with peer, socket.create_connection((self.server.host, self.server.port)) as there:
            threading.Thread(target=self._pump, args=(peer, there), daemon=True).start()
            passed = 0
            with contextlib.suppress(OSError):
                while data := there.recv(65536 if passed < self.free else 1):
                    if passed >= self.free and self.wait(0.2):
                        return
                    peer.sendall(data)
                    passed += len(data)

    @staticmethod
    def _pump(peer, there):
        with contextlib.suppress(OSError):
            while data := peer.recv(65536):
                there.sendall(data)


@pytest.mark.long
@pytest.mark.parametrize("free", [0, 1200, 2500, 3000])
def test_a_record_of_tls_that_drips_is_given_up(tool, secure_database, pki, free):
    """The driver's limits are of single reads: a record of TLS takes as many as it has bytes. There is no password to hash here."""
    with Dripping(secure_database.server, free) as slow:
        uri = secure_database.certificate_uri.replace(f":{secure_database.server.port}/", f":{slow.port}/")
        result = tool.run("list", "--json", "--connect-timeout=1", "--timeout=2", env={"PRITUNL_ACCESS_MONGODB_URI": uri}, timeout=30)
    failed_json(result, 3, kind="database-unreachable")
