# SPDX-License-Identifier: MIT
"""The fixtures of the end-to-end tests. Ports, folders and names are fresh every time, so that suites may run side by side.

    tool             harness.tool.Tool: the binary, with a home of its own; what it prints is searched for secrets after the test
    home             that home
    database         a fresh database on this worker's server: .db (pymongo), .name, .uri, .server
    secure_database  the same on a server that wants TLS and a login: .uri by password, .certificate_uri by certificate
    database_server, secure_server   those servers, one each for a worker (the first for all tests, from tests/conftest.py)
    login_server     one that wants a login and speaks no TLS, so that a Wire can stand before it
    own_server       make a server for one test: own_server(standalone=True), to stop, pause or fill it with fail points
    wire             put a wire.Wire in front of a database: wire(), wire(server)
    standin          start a stand-in Pritunl over the test's database: standin(front="auto", tls=pki.pritunl)
    seed             the module pritunl.seed
    pki              harness.pki.Pki: certificates
    rounds           a harness.rounds.Rounds: counts round trips
    address          make a badly behaved address: address("refused"), "blackhole", "silent", or address("answering", b"…")
    canaries         the module harness.canary: canaries.register(secret)
    site             expect.Site: tool, database and a plain stand-in that the tool's environment names
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pymongo
import pytest

TESTS = Path(__file__).resolve().parents[1]
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))

from harness import canary, network  # noqa: E402
from harness.database import Database  # noqa: E402
from harness.pki import Certificate, Pki  # noqa: E402
from harness.rounds import Rounds  # noqa: E402
from harness.tool import Tool  # noqa: E402
from wire import Wire  # noqa: E402

PLAIN = ("auth_nonces", "auth_csrf_tokens", "messages")      # collections that hold no secret, and that every run leaves
LONGEST_TEST = 120      # seconds; a test may set its own by @pytest.mark.timeout


def pytest_collection_modifyitems(items):
    """No test may hang for ever."""
    for item in items:
        if not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONGEST_TEST))


@dataclass
class Fresh:
    """A database with a name of its own, on a server that others use too."""

    server: Database
    name: str
    uri: str
    user: str | None = None
    password: str | None = None
    certificate_uri: str | None = None
    client: pymongo.MongoClient | None = None       # one for all stand-ins, where they need no login

    @property
    def db(self):
        """The pymongo database."""
        return self.server.client()[self.name]

    def uri_with(self, **options) -> str:
        """The connection string with further options."""
        return self.server.uri(self.name, self.user, self.password, **options)

    def drop(self) -> None:
        """Register every secret that stands here now, whoever wrote it, then remove everything."""
        names = self.db.list_collection_names(filter={"name": {"$nin": list(PLAIN)}})
        others = [{"$unionWith": {"coll": name, "pipeline": [{"$limit": 2000}]}} for name in names[1:]]
        if names:   # in one request, since every test ends with this
            for document in self.db[names[0]].aggregate([{"$limit": 2000}, *others], batchSize=10_000):
                canary.register_fields(document, "the database")
        self.server.client().drop_database(self.name)


def fresh_name() -> str:
    """A database name that nobody else has."""
    return "pritunl_" + os.urandom(5).hex()


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """Certificates."""
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def secure_server(tmp_path_factory, pki):
    """A server that speaks TLS only and wants a login, by SCRAM-SHA-256 or by certificate."""
    with Database(tmp_path_factory.mktemp("secure"), pki=pki, auth=True) as server:
        server.add_certificate_user(pki.client.subject, [{"role": "readWriteAnyDatabase", "db": "admin"}])
        yield server


@pytest.fixture(scope="session")
def login_server(tmp_path_factory):
    """A server that wants a login, by SCRAM-SHA-256, without TLS: a wire reads along."""
    with Database(tmp_path_factory.mktemp("login"), auth=True) as server:
        yield server


@pytest.fixture
def database(leaks, database_server):
    """A fresh database on the plain server."""
    name = fresh_name()
    fresh = Fresh(database_server, name, database_server.uri(name), client=database_server.client())
    yield fresh
    fresh.drop()


@pytest.fixture
def secure_database(leaks, secure_server, pki):
    """A fresh database on the secure server, and a user who may read and write it."""
    name, user, password = fresh_name(), "tester-" + os.urandom(5).hex(), os.urandom(12).hex() + ":/@ %é"
    secure_server.add_user(user, password, [{"role": "readWrite", "db": name}])
    by_certificate = secure_server.uri(name, authMechanism="MONGODB-X509", authSource="$external",
                                       tlsCertificateKeyFile=pki.client.both_file)
    fresh = Fresh(secure_server, name, secure_server.uri(name, user, password), user, password, by_certificate)
    yield fresh
    fresh.drop()
    secure_server.client().admin.command("dropUser", user)


@pytest.fixture
def own_server(leaks, tmp_path):
    """Make servers for this test alone."""
    with contextlib.ExitStack() as stack:
        yield lambda **options: stack.enter_context(Database(tmp_path / f"database-{os.urandom(3).hex()}", **options))


@pytest.fixture(autouse=True)
def leaks():
    """After every test: nothing that the tool printed unasked holds a secret."""
    records: list = []
    yield records
    canary.check(records)


@pytest.fixture
def home(tmp_path):
    """The home of the user who runs the tool."""
    path = tmp_path / "home"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def tool(leaks, home):
    """The tool, with an empty home and no settings."""
    made = Tool(home)
    made.records = leaks
    made.env["PRITUNL_ACCESS_SETTLE"] = "0"     # a second for each change: only test_overwritten.py waits for it
    if not os.access(made.binary, os.X_OK):
        pytest.fail(f"there is no {made.binary}: run make, or set PRITUNL_ACCESS", pytrace=False)
    yield made
    made.end()


@pytest.fixture
def wire(request):
    """Put a Wire in front of a server: the test's database by default. It ends with the test."""
    with contextlib.ExitStack() as stack:
        def make(server: Database | None = None, **options) -> Wire:
            target = server or request.getfixturevalue("database").server
            return stack.enter_context(Wire(target.host, target.port, **options))
        yield make


@pytest.fixture
def standin(request):
    """
    Start stand-in Pritunl servers over the test's database (or over=secure_database); they end with the test. tls may be one of
    pki's certificates; everything else is StandIn's own.
    """
    with contextlib.ExitStack() as stack:
        def make(*, over: Fresh | None = None, tls: Certificate | tuple | None = None, **options):
            found = over or request.getfixturevalue("database")
            if isinstance(tls, Certificate):
                tls = (str(tls.certificate_file), str(tls.key_file))
            stand_in = importlib.import_module("pritunl").StandIn
            return stack.enter_context(stand_in(found.client or found.uri, found.name, tls=tls, **options))
        yield make


@pytest.fixture
def seed():
    """The documents of a Pritunl, made by pritunl.seed."""
    return importlib.import_module("pritunl.seed")


@pytest.fixture
def rounds():
    """Count round trips: rounds.proxy(host, port) gives the address to hand to the tool."""
    with Rounds() as counter:
        yield counter


@pytest.fixture
def address():
    """Make badly behaved addresses that end with the test."""
    kinds = {"refused": network.refused_port, "blackhole": network.blackhole, "silent": network.silent_server,
             "answering": network.answering}
    with contextlib.ExitStack() as stack:
        yield lambda kind, *args, **options: stack.enter_context(kinds[kind](*args, **options))


@pytest.fixture
def canaries():
    """harness.canary, to register a secret that no fixture knows."""
    return canary


@pytest.fixture
def site(tool, database, standin, seed):
    """A Pritunl over a fresh database, and the tool told of both by its environment."""
    pritunl = standin()
    tool.env |= {"PRITUNL_ACCESS_MONGODB_URI": database.uri, "PRITUNL_ACCESS_URL": pritunl.url}
    return importlib.import_module("expect").Site(tool, database, pritunl, seed)


@pytest.fixture
def place(site, request):
    """doctor_place.Place: a site in which something is wrong."""
    return importlib.import_module("doctor_place").Place(site, request)
