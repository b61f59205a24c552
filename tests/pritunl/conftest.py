# SPDX-License-Identifier: MIT
"""What the stand-in's own tests stand on: a database server, fresh databases in it, certificates."""

from __future__ import annotations

import datetime
import pathlib
import socket
import subprocess
import sys
import uuid

import pymongo
import pymongo.errors
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from pritunl import StandIn, seed
from pritunl.client import Client

SECANTUS = pathlib.Path(__file__).resolve().parent.parent / "harness" / "secantusd.py"
START_S = 30


def _free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _answers(uri, process):
    """Wait for the server's first answer; False if it ended instead (somebody else took its port)."""
    with pymongo.MongoClient(uri, serverSelectionTimeoutMS=250) as client:
        for _ in range(START_S * 4):
            try:
                client.admin.command("ping")
                return process.poll() is None
            except pymongo.errors.PyMongoError:
                if process.poll() is not None:
                    return False
    return False


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory):
    """A database server of this worker's own."""
    for attempt in range(5):
        port = _free_port()
        storage = tmp_path_factory.mktemp(f"storage{attempt}")
        process = subprocess.Popen(
            [sys.executable, SECANTUS, "--host", "127.0.0.1", "--port", str(port), "--storage-path", storage, "--standalone"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        uri = f"mongodb://127.0.0.1:{port}/"
        try:
            if _answers(uri, process):
                yield uri
                return
        finally:
            process.kill()
            process.wait()
    raise AssertionError("no database server came up")


@pytest.fixture(scope="session")
def mongodb(mongodb_uri):
    """A client of it."""
    with pymongo.MongoClient(mongodb_uri) as client:
        yield client


@pytest.fixture
def database(mongodb):
    """The name of a database that nobody else uses; it is dropped afterwards."""
    name = f"t{uuid.uuid4().hex}"
    yield name
    mongodb.drop_database(name)


@pytest.fixture
def db(mongodb, database):
    """The same database, seeded with one administrator whose API is on."""
    seed.administrator(mongodb[database], "pritunl", auth_api=True)
    return mongodb[database]


@pytest.fixture
def administrator(db):
    """That administrator's document."""
    return db["administrators"].find_one({"username": "pritunl"})


@pytest.fixture
def serve(mongodb_uri, database, db):
    """serve(...) starts a stand-in over this test's database, and ends it with the test."""
    running = []

    def start(front="off", **options):
        running.append(StandIn(mongodb_uri, database, front=front, **options).start())
        return running[-1]

    yield start
    for standin in running:
        standin.stop()


@pytest.fixture(params=["off", "normal"], ids=["api", "front"])
def pritunl(request, serve):
    """A stand-in: once the API itself, once through the web front."""
    return serve(request.param)


@pytest.fixture
def client(pritunl, administrator):
    """A client of it that has the administrator's pair."""
    return Client(pritunl.url, administrator)


@pytest.fixture
def change(db):
    """change(field=value, ...) alters the administrator; seed.ABSENT removes a field."""
    def alter(**fields):
        gone = {name: "" for name, value in fields.items() if value is seed.ABSENT}
        new = {name: value for name, value in fields.items() if value is not seed.ABSENT}
        operators = {"$set": new, "$unset": gone}
        db["administrators"].update_one({}, {name: value for name, value in operators.items() if value})
    return alter


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """certificate() makes a self-signed one as Pritunl's own: P-384, neither CN nor SAN; gives (certfile, keyfile)."""
    def make():
        key = ec.generate_private_key(ec.SECP384R1())
        now = datetime.datetime.now(datetime.timezone.utc)
        made = (x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(x509.Name([]))
                .public_key(key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
        folder = tmp_path_factory.mktemp("certificate")
        (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        (folder / "key.pem").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return str(folder / "cert.pem"), str(folder / "key.pem")
    return make
