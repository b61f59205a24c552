# SPDX-License-Identifier: MIT
"""A MongoDB-compatible server of a test's own, on a loopback port, gone when the test is.

The server is $MONGOD, else a `mongod` in PATH, else SecantusDB. Its port is chosen and held for the life of the object, so that
stop() and start() keep the address, and nobody else can be given it in between.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import pymongo
from pymongo.errors import PyMongoError

from harness import canary
from harness.network import hold_port
from harness.pki import Pki

HOST = "127.0.0.1"
LEASH = Path(__file__).with_name("leash.py")
START_SECONDS = 60
STOP_SECONDS = 10
ROOT = [{"role": "root", "db": "admin"}]

# python -m secantus, but the garbage collector need not look at its modules again and again: a fifth of its time.
SECANTUS = ("import gc, runpy, secantus.server; gc.freeze(); gc.set_threshold(100_000); "
            "runpy.run_module('secantus', run_name='__main__', alter_sys=True)")


class Database:
    """
    One server process with its own folder. Start it from a thread that lives as long as it shall: the kernel kills it with that
    thread, so that it never outlives the tests.

    pki               speak TLS, with this certificate authority's server certificate; clients may show a certificate of it
    auth              demand a login. A user with every right is made first; client() logs in as that one
    standalone        do not advertise a replica set (of one member)
    test_commands     allow configureFailPoint
    require_certificate   with pki: refuse clients that show no certificate
    """

    def __init__(self, folder=None, *, pki: Pki | None = None, auth=False, standalone=False, test_commands=False,
                 require_certificate=False, start=True):
        self.folder = Path(folder or tempfile.mkdtemp(prefix="pritunl-access-database-"))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.pki = pki
        self.auth = auth
        self.standalone = standalone
        self.test_commands = test_commands
        self.require_certificate = require_certificate
        self.mongod = os.environ.get("MONGOD") or shutil.which("mongod")
        self.root = ("root-" + os.urandom(4).hex(), canary.register(os.urandom(16).hex(), "the database's root password"))
        self.log = self.folder / "server.log"
        self._hold = hold_port(HOST)
        self.host, self.port = HOST, self._hold.port
        self._process: subprocess.Popen | None = None
        self._client: pymongo.MongoClient | None = None
        self._ready = False         # the root user exists
        if start:
            self.start()

    # What tests ask for

    def uri(self, database=None, user=None, password=None, **options) -> str:
        """A connection string; TLS and authSource are added where they are due, and an option that is None is left out."""
        login = ""
        if user is not None:
            login = quote(user, safe="") + (":" + quote(password, safe="") if password is not None else "") + "@"
            options = {"authSource": "admin"} | options
            if password is not None:
                canary.register(password, "a database password")
                canary.register(login[:-1], "a connection string's user part")
        if self.pki:
            options = {"tls": "true", "tlsCAFile": self.pki.ca.certificate_file} | options
        query = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in options.items() if value is not None)
        return f"mongodb://{login}{self.host}:{self.port}/{database or ''}" + ("?" + query if query else "")

    def client(self) -> pymongo.MongoClient:
        """The harness's own connection, with every right; what it writes into credential fields becomes a canary."""
        if self._client is None:
            user, password = self.root if self.auth and self._ready else (None, None)
            uri = self.uri(user=user, password=password, tls="true" if self._tls() else None,
                           tlsCAFile=self.pki.ca.certificate_file if self._tls() else None,
                           tlsCertificateKeyFile=self.pki.client.both_file if self._tls() else None)
            self._client = pymongo.MongoClient(uri, directConnection=True, serverSelectionTimeoutMS=10_000,
                                               event_listeners=[canary.Listener()])
        return self._client

    def add_user(self, name: str, password: str, roles, database="admin") -> None:
        """A user who logs in by SCRAM; roles as createUser takes them."""
        canary.register(password, "a database password")
        self.client()[database].command("createUser", name, pwd=password, roles=roles)

    def add_certificate_user(self, subject: str, roles) -> None:
        """A user who logs in by X.509: the subject of the certificate is the name."""
        self.client()["$external"].command("createUser", subject, roles=roles, mechanisms=["MONGODB-X509"])

    def fail_point(self, **data) -> None:
        """Arm failCommand: fail_point(mode={"times": 1}, failCommands=["find"], errorCode=13); with mode="off" disarm it."""
        mode = data.pop("mode", {"times": 1})
        self.client().admin.command("configureFailPoint", "failCommand", mode=mode, data=data)

    # Its life

    @property
    def pid(self) -> int | None:
        """The server's process, or None while there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start, and come back when it answers. With auth the first start makes the root user and a second one closes the door."""
        if self.auth and not self._ready:
            self._launch()
            self.client().admin.command("createUser", self.root[0], pwd=self.root[1], roles=ROOT)
            self.stop()
            self._ready = True
        self._launch()

    def stop(self) -> None:
        """End the process; the data stays, and start() finds it again."""
        if self._process:
            self.resume()
            if self.mongod:
                self._process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(STOP_SECONDS)
            else:
                # SecantusDB sometimes hangs when it is asked to end; after a checkpoint it needs no asking.
                self.client().admin.command("fsync")
            self._kill()

    def pause(self) -> None:
        """Let it hang: connections are taken by the kernel, and never answered."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """End a pause."""
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End everything at once and remove the folder."""
        self._kill()
        self._hold.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # How it is done

    def _tls(self) -> bool:
        return self.pki is not None and (self._ready or not self.auth)

    def _kill(self) -> None:
        if self._client:
            self._client.close()
            self._client = None
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _launch(self) -> None:
        command = self._mongod_command() if self.mongod else self._secantus_command()
        leash = [sys.executable, "-I", "-S", LEASH, "die-with", str(os.getpid())]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(leash + command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        try:
            self._await_answer(time.monotonic() + START_SECONDS)
        except BaseException:
            self._kill()
            raise

    def _await_answer(self, deadline: float) -> None:
        while True:
            if self._process.poll() is not None:
                raise RuntimeError("the database server ended:\n" + self.log.read_text(errors="replace")[-3000:])
            if self._hold.answers():
                break
            if time.monotonic() > deadline:
                raise TimeoutError("the database server does not listen:\n" + self.log.read_text(errors="replace")[-3000:])
            time.sleep(0.01)
        if self.mongod and not self.standalone:
            self._initiate()
        self.client().admin.command("ping")

    def _secantus_command(self) -> list:
        config = self.folder / "secantusd.toml"
        config.touch()
        command = [sys.executable, "-c", SECANTUS, "--host", HOST, "--port", str(self.port),
                   "--storage-path", self.folder / "data", "--config", config, "--cache-size", "64M"]
        command += ["--standalone"] if self.standalone else []
        command += ["--enable-test-commands"] if self.test_commands else []
        command += ["--auth"] if self.auth and self._ready else []
        if self._tls():
            command += ["--tls-cert-file", self.pki.server.certificate_file, "--tls-key-file", self.pki.server.key_file,
                        "--tls-ca-file", self.pki.ca.certificate_file]
            command += ["--tls-require-client-cert"] if self.require_certificate else []
        return [str(word) for word in command]

    def _mongod_command(self) -> list:
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        command = [self.mongod, "--bind_ip", HOST, "--port", str(self.port), "--dbpath", data, "--nounixsocket",
                   "--wiredTigerCacheSizeGB", "0.25"]
        command += ["--setParameter", "enableTestCommands=1"] if self.test_commands else []
        if not self.standalone:
            command += ["--replSet", "harness"]
        if self.auth and self._ready:
            command += ["--auth"] if self.standalone else ["--keyFile", self._key_file()]
        if self._tls():
            command += ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", self.pki.server.both_file,
                        "--tlsCAFile", self.pki.ca.certificate_file]
            command += [] if self.require_certificate else ["--tlsAllowConnectionsWithoutCertificates"]
            command += ["--setParameter", "authenticationMechanisms=SCRAM-SHA-256,MONGODB-X509"]
        return [str(word) for word in command]

    def _key_file(self) -> Path:
        path = self.folder / "members.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(os.urandom(48).hex())
        return path

    def _initiate(self) -> None:
        """Make a mongod the only member of its replica set, and wait until it may write."""
        admin = self.client().admin
        try:
            if not self._ready:
                admin.command("replSetInitiate", {"_id": "harness", "members": [{"_id": 0, "host": f"{HOST}:{self.port}"}]})
        except PyMongoError:
            pass    # it is one already: a second start
        deadline = time.monotonic() + START_SECONDS
        while not admin.command("hello")["isWritablePrimary"]:
            if time.monotonic() > deadline:
                raise TimeoutError("mongod does not become primary")
            time.sleep(0.02)
