# SPDX-License-Identifier: MIT
"""The harness itself: what it promises to other tests, and that its checks can fail."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pymongo
import pytest
from cryptography import x509
from pymongo.errors import AutoReconnect, ConnectionFailure, OperationFailure

from harness import canary, network
from harness.database import Database
from harness.pki import Pki
from harness.rounds import Rounds
from harness.tool import Tool

TESTS = Path(__file__).resolve().parents[1]
FAKE = r"""import json, os, signal, sys
what, rest = sys.argv[1], sys.argv[2:]
if what == "environment":
    print(json.dumps(dict(os.environ)))
elif what == "say":
    print(rest[0]); print(rest[1], file=sys.stderr); sys.exit(3)
elif what == "echo":
    sys.stdout.write(sys.stdin.read())
elif what == "terminals":
    print([os.isatty(number) for number in range(3)], os.getsid(0) == os.getpid())
elif what == "ask":
    with open("/dev/tty", "r+b", buffering=0) as terminal:
        terminal.write(b"Sure? ")
        print("answer:", terminal.readline().decode().strip())
elif what == "hang":
    print("hanging", flush=True)
    signal.pause()
elif what == "twice":
    print('{"a": 1, "a": 2}')
"""


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """Certificates."""
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def tool(tmp_path):
    """A Tool around a small script."""
    binary = tmp_path / "fake"
    code = tmp_path / "fake.py"
    code.write_text(FAKE)       # a shebang cannot name an interpreter whose path holds a blank
    binary.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(code))} "$@"\n')
    binary.chmod(0o700)
    made = Tool(tmp_path, binary)
    yield made
    made.end()


# database.py


def test_a_database_lives_and_ends(tmp_path):
    with Database(tmp_path / "d") as server:
        server.client().x.y.insert_one({"_id": 1})
        port, pid = server.port, server.pid
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((server.host, port), timeout=1)
        server.start()
        assert server.port == port and server.pid != pid and server.client().x.y.find_one() == {"_id": 1}
        pid = server.pid
        server.pause()
        with pytest.raises(ConnectionFailure):
            pymongo.MongoClient(server.uri(serverSelectionTimeoutMS=300)).admin.command("ping")
        server.resume()
        server.client().admin.command("ping")
    assert not Path(f"/proc/{pid}").exists() and not (tmp_path / "d").exists()


def test_no_server_outlives_a_killed_test(tmp_path):
    code = "import sys, time; from harness.database import Database; print(Database(sys.argv[1]).pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True, cwd=TESTS) as parent:
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        parent.kill()
    deadline = time.monotonic() + 10
    while _alive(pid):
        assert time.monotonic() < deadline, "the server outlived its parent"
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_logins_and_tls(tmp_path, pki):
    with Database(tmp_path / "d", pki=pki, auth=True, test_commands=True) as server:
        password = "p:/@ %é" + secrets.token_hex(8)
        server.add_user("reader", password, [{"role": "read", "db": "x"}])
        server.add_certificate_user(pki.client.subject, [{"role": "readWrite", "db": "x"}])
        with pymongo.MongoClient(server.uri("x", "reader", password)) as client:
            assert client.x.y.find_one() is None
            with pytest.raises(OperationFailure):
                client.x.y.insert_one({})
        by_certificate = server.uri("x", authMechanism="MONGODB-X509", authSource="$external",
                                    tlsCertificateKeyFile=pki.client.both_file)
        with pymongo.MongoClient(by_certificate) as client:
            client.x.y.insert_one({})
        for uri in (server.uri("x", "reader", "wrong"), server.uri("x")):
            with pymongo.MongoClient(uri) as client, pytest.raises(OperationFailure):
                client.x.y.find_one()
        server.fail_point(failCommands=["find"], closeConnection=True)
        with pymongo.MongoClient(by_certificate, retryReads=False) as client, pytest.raises(AutoReconnect):
            client.x.y.find_one()


def test_standalone(tmp_path):
    with Database(tmp_path / "d", standalone=True) as server:
        assert "setName" not in server.client().admin.command("hello")


# pki.py


def test_certificates(pki):
    def shake(certificate, authority=pki.ca, name="localhost"):
        server = certificate.server_context()
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=lambda: _accept(server, theirs))
        thread.start()
        try:
            context = ssl.create_default_context(cafile=str(authority.certificate_file))
            context.wrap_socket(ours, server_hostname=name).close()
            return "good"
        except ssl.SSLCertVerificationError as problem:
            return problem.verify_message
        finally:
            ours.close()
            thread.join(5)

    assert shake(pki.server) == shake(pki.server, name="127.0.0.1") == shake(pki.other_name, name="vpn.example.com") == "good"
    assert shake(pki.untrusted, pki.other_ca) == "good" and "issuer" in shake(pki.untrusted)
    assert "expired" in shake(pki.expired) and "not yet valid" in shake(pki.future)
    assert "mismatch" in shake(pki.other_name)
    assert "self-signed" in shake(pki.pritunl) and "mismatch" in shake(pki.pritunl, pki.pritunl)
    own = x509.load_pem_x509_certificate(pki.pritunl.certificate.encode())
    assert own.public_key().curve.name == "secp384r1" and not own.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    with pytest.raises(x509.ExtensionNotFound):
        own.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert pki.pritunl.pin.startswith("sha256//") and pki.pritunl.pin != pki.pritunl_other.pin


def _accept(context, peer):
    try:
        with context.wrap_socket(peer, server_side=True) as stream:
            stream.recv(1)
    except OSError:
        peer.close()


# tool.py


def test_the_environment_is_clean(tool, monkeypatch):
    monkeypatch.setenv("MONGODB_URI", "mongodb://leaked")
    seen = tool.run("environment", env={"EXTRA": "1", "TZ": None}).json()
    for own in ("LC_CTYPE", "PWD", "SHLVL", "_"):      # Python's own, and the shell's
        seen.pop(own, None)
    assert seen.keys() - {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"} == {"PATH", "HOME", "LANG", "SASL_PATH", "EXTRA"}
    assert seen["HOME"] == str(tool.home)


def test_results(tool):
    result = tool.run("say", "out", "err")
    assert (result.status, result.stdout, result.stderr) == (3, "out\n", "err\n") and result.seconds > 0
    assert tool.run("echo", stdin="text ü").stdout == "text ü" and tool.run("echo").stdout == ""
    with pytest.raises(ValueError, match="repeats"):
        tool.run("twice").json()


@pytest.mark.long
@pytest.mark.parametrize("streams", [{"stderr": subprocess.DEVNULL}, {"tty": True}], ids=["pipe", "terminal"])
def test_a_reader_that_is_late_loses_nothing(tool, monkeypatch, streams):
    """On a busy machine a thread may not run for seconds; what it has not read yet is not taken for silence."""
    read = os.read

    def late(descriptor, size):
        data = read(descriptor, size)
        time.sleep(2.5 if data else 0)
        return data
    monkeypatch.setattr("harness.tool.os", SimpleNamespace(**vars(os) | {"read": late}))
    assert "one" in tool.run("say", "one", "two", **streams).stdout


def test_terminals(tool):
    assert tool.run("terminals").stdout == "[False, False, False] False\n"
    assert tool.run("terminals", tty=True).stdout == "[True, True, True] True\r\n"
    assert tool.run("terminals", tty="stdin stderr").stdout == "[True, False, True] True\n"
    asking = tool.start("ask", tty=True)
    asking.await_text("Sure? ")
    asking.type("yes\n")
    assert "answer: yes" in asking.wait().stdout


def test_signals_are_not_ignored(tmp_path):
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        hanging = Tool(tmp_path, sys.executable).start("-c", "import signal; signal.pause()")
        hanging.signal(signal.SIGINT)
        assert hanging.wait(10).status != 0
    finally:
        signal.signal(signal.SIGINT, old)


def test_signals_and_time(tool):
    hanging = tool.start("hang")
    hanging.await_text("hanging")
    hanging.signal(signal.SIGTERM)
    assert hanging.wait().status == -signal.SIGTERM
    with pytest.raises(AssertionError, match="did not end within"):
        tool.run("hang", timeout=0.5)
    with pytest.raises(AssertionError, match="never printed"):
        tool.start("say", "a", "b").await_text("c")
    pid = tool.start("hang").pid
    tool.end()
    assert not _alive(pid) and not tool.running


# canary.py


@pytest.mark.parametrize("disguise", [
    lambda text: text, lambda text: quote(text, safe=""), lambda text: base64.b64encode(text.encode()).decode(),
    lambda text: base64.b64encode(b"PRITUNL_TOKEN=" + text.encode() + b"\n").decode(), lambda text: json.dumps({"secret": text}),
    lambda text: base64.urlsafe_b64encode(b"user:" + text.encode()).decode(), lambda text: text[:20], lambda text: text[-20:]])
@pytest.mark.parametrize("stream", [1, 2])
def test_leaks_are_found(tool, disguise, stream):
    secret = canary.register(secrets.token_hex(12) + '/é"\\\n' + secrets.token_hex(12), "the token of alice")
    texts = ["fine", "fine"]
    texts[stream - 1] = f"before {disguise(secret)} after"
    try:
        tool.run("say", *texts, reveals=True)
        canary.check(tool.records)
        tool.run("say", *texts)
        with pytest.raises(AssertionError) as caught:
            canary.check(tool.records[1:])
        assert "pritunl-access say" in str(caught.value) and secret not in str(caught.value)
        assert f"the token of alice is in its {('stdout', 'stderr')[stream - 1]}" in str(caught.value)
    finally:
        canary.forget(secret)
    canary.check(tool.records)


def test_short_canaries_and_keys(tool, pki):
    canary.register("hunter2!x")
    assert canary.find(b"password=hunter2!x") == ["a secret"] and not canary.find(b"password=hunter2")
    canary.forget("hunter2!x")
    canary.register("abc")
    assert not canary.find(b"abc")
    assert canary.find(pki.server.key.encode()) == ["the private key of server"]
    assert canary.find(json.dumps(pki.server.key).encode()) and not canary.find(pki.server.certificate.encode())


def test_what_is_written_to_a_database_is_a_canary(tmp_path):
    token, secret, changed = (secrets.token_hex(16) for _ in range(3))
    with Database(tmp_path / "d") as server:
        people = server.client().x.administrators
        people.insert_one({"username": "a name that is no secret", "token": token, "nested": [{"secret": secret}]})
        people.update_one({}, {"$set": {"nested.0.secret": changed}})
    for value in (token, secret, changed):
        assert canary.find(value.encode())
        canary.forget(value)
    assert not canary.find(b"a name that is no secret")


# network.py


def test_bad_addresses():
    with network.refused_port() as refused, pytest.raises(ConnectionRefusedError):
        socket.create_connection((refused.host, refused.port), timeout=5)
    with network.blackhole() as hole, pytest.raises(TimeoutError):
        socket.create_connection((hole.host, hole.port), timeout=0.5)
    with network.silent_server() as silent, socket.create_connection((silent.host, silent.port), timeout=0.3) as peer:
        peer.sendall(b"anybody there?")
        with pytest.raises(TimeoutError):
            peer.recv(1)
    with network.answering(b"SSH-2.0-OpenSSH\r\n") as wrong, socket.create_connection((wrong.host, wrong.port), timeout=5) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert peer.recv(100) == b"SSH-2.0-OpenSSH\r\n" and peer.recv(100) == b""


# rounds.py


class Echo:
    """A server that sends back what it gets, over TLS if it has a certificate."""

    def __init__(self, certificate=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.context = certificate.server_context() if certificate else None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(peer,), daemon=True).start()

    def _echo(self, peer):
        try:
            with self.context.wrap_socket(peer, server_side=True) if self.context else peer as stream:
                while data := stream.recv(1000):
                    stream.sendall(data)
        except OSError:
            pass


def talk(port: int, times: int, context=None) -> None:
    """Connect and wait for so many answers."""
    with socket.create_connection(("127.0.0.1", port)) as plain:
        stream = context.wrap_socket(plain, server_hostname="localhost") if context else plain
        for _ in range(times):
            stream.sendall(b"x" * 100)
            assert stream.recv(1000) == b"x" * 100


@pytest.fixture
def rounds():
    """A counter."""
    with Rounds() as made:
        yield made


def test_round_trips_of_one_connection(rounds):
    proxy = rounds.proxy("127.0.0.1", Echo().port, "echo")
    for times in (0, 1, 3):
        rounds.reset()
        talk(proxy.port, times)
        assert rounds.trips == (times + 1 if times else 0), rounds.report()     # nobody waited for the connection alone
    assert proxy.connections == 3


def test_connections_after_each_other_add_up_and_beside_each_other_do_not(rounds):
    one, two = (rounds.proxy("127.0.0.1", Echo().port) for _ in range(2))
    talk(one.port, 2)
    talk(two.port, 1)
    assert rounds.trips == 5, rounds.report()
    rounds.reset()
    threads = [threading.Thread(target=talk, args=(proxy.port, times)) for proxy, times in ((one, 2), (two, 4), (two, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert rounds.trips == 5, rounds.report()


@pytest.mark.parametrize("version, trips", [(ssl.TLSVersion.TLSv1_3, 4), (ssl.TLSVersion.TLSv1_2, 5)])
def test_round_trips_within_tls(rounds, pki, version, trips):
    context = ssl.create_default_context(cafile=str(pki.ca.certificate_file))
    context.minimum_version = context.maximum_version = version
    talk(rounds.proxy("127.0.0.1", Echo(pki.server).port).port, 2, context)
    assert rounds.trips == trips, rounds.report()      # the connection, the handshake's one or two, two answers


def test_a_last_message_that_nobody_waits_for_is_free(rounds):
    with socket.create_connection(("127.0.0.1", rounds.proxy("127.0.0.1", Echo().port).port)) as peer:
        peer.sendall(b"x")
        peer.recv(1)
        peer.sendall(b"farewell")
    assert rounds.trips == 2, rounds.report()


def test_round_trips_of_a_refused_target(rounds):
    with network.refused_port() as nobody:
        proxy = rounds.proxy(nobody.host, nobody.port)
        with socket.create_connection((proxy.host, proxy.port), timeout=5) as peer:
            assert peer.recv(1) == b""
