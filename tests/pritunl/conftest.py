# SPDX-License-Identifier: MIT
"""What the stand-in's own tests stand on: a database server, fresh databases in it, certificates."""

from __future__ import annotations

import datetime
import pathlib
import sys
import uuid

import pymongo
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from pritunl import StandIn, seed
from pritunl.client import Client


@pytest.fixture(scope="session")
def mongodb_uri(database_server):
    """Where the database server is."""
    return database_server.uri()


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
def serve(mongodb, database, db):
    """serve(...) starts a stand-in over this test's database, and ends it with the test."""
    running = []

    def start(front="off", **options):
        running.append(StandIn(mongodb, database, front=front, **options).start())
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
