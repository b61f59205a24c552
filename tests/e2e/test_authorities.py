# SPDX-License-Identifier: MIT
"""Where each distribution keeps the authorities that it trusts, for the database's TLS and the API's: one program finds all of them."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess

import pytest
from cryptography import x509

NAMESPACE = 'mount --bind "$FAKE_ETC" /etc && exec "$@"'


def hash_link(pki) -> str:
    """The name that `openssl rehash` gives pki.ca."""
    subject = x509.load_pem_x509_certificate(pki.ca.certificate.encode()).subject.public_bytes()
    return f"{int.from_bytes(hashlib.sha1(subject[2:]).digest()[:4], 'little'):08x}.0"


def can_mount() -> bool:
    """Whether a mount namespace may be had."""
    return bool(shutil.which("unshare")) and \
        subprocess.run(["unshare", "--mount", "mount", "--bind", "/tmp", "/mnt"], check=False, stderr=subprocess.DEVNULL).returncode == 0


pytestmark = pytest.mark.skipif(not can_mount(), reason="a mount namespace is needed")


@pytest.fixture
def system(tool, secure_database, standin, seed, pki, tmp_path, monkeypatch):
    """
    The tool on a system whose /etc is system.etc, with a database and an API whose certificates pki.ca vouches for, and
    nobody tells it.
    """
    tool.etc = tmp_path / "etc"
    tool.etc.mkdir()
    for name in ("passwd", "group", "hosts"):
        shutil.copy(f"/etc/{name}", tool.etc)
    seed.administrator(secure_database.db, auth_api=True)
    tool.env = {"PRITUNL_ACCESS_MONGODB_URI": re.sub(r"&?tlsCAFile=[^&]*", "", secure_database.uri), "FAKE_ETC": tool.etc,
                "PRITUNL_ACCESS_URL": standin(over=secure_database, tls=pki.server).url}
    assert "tlsCAFile" not in tool.env["PRITUNL_ACCESS_MONGODB_URI"]
    monkeypatch.setenv("PRITUNL_ACCESS_RUNNER", f"unshare --mount sh -c '{NAMESPACE}' sh")
    return tool


def put(system, name, text):
    """A file of that system."""
    path = system.etc / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize("place", [
    "ssl/certs/HASH", "pki/ca-trust/extracted/pem/directory-hash/HASH", "ssl/certs/ca-certificates.crt", "pki/tls/certs/ca-bundle.crt",
    "ssl/ca-bundle.pem"])
def test_each_place_is_found(system, pki, place):
    put(system, place.replace("HASH", hash_link(pki)), pki.ca.certificate)
    result = system.run("verify", "--json")
    assert result.status == 0, result.stderr
    assert (result.json()["verdict"], result.json()["trust"]) == ("accepted", "system")


def test_the_directory_is_preferred_for_both(system, pki):
    """A bundle of strangers beside it is not even opened."""
    put(system, f"ssl/certs/{hash_link(pki)}", pki.ca.certificate)
    put(system, "ssl/certs/ca-certificates.crt", pki.other_ca.certificate)
    if not shutil.which("strace"):
        pytest.skip("strace is missing")
    trace = system.etc.parent / "trace"
    system.binary, binary = shutil.which("strace"), system.binary
    result = system.run("-f", "-o", trace, "-e", "trace=openat,open", binary, "verify")
    assert result.status == 0, result.stderr
    assert hash_link(pki) in trace.read_text() and "ca-certificates.crt" not in trace.read_text()


def test_nothing_is_trusted_where_nothing_lies(system, pki):
    result = system.run("verify", "--json")
    assert result.status == 3 and result.json()["error"]["kind"].startswith("database") if "error" in result.json() else \
        result.json()["cause"].startswith("database")


def test_the_environment_wins(system, pki):
    """Over what is there, for both connections; a wrong one is obeyed as well."""
    put(system, f"ssl/certs/{hash_link(pki)}", pki.ca.certificate)
    assert system.run("verify", env={"SSL_CERT_DIR": "/nonexistent", "SSL_CERT_FILE": pki.ca.certificate_file}).status == 0
    assert system.run("verify", env={"SSL_CERT_DIR": "/nonexistent", "SSL_CERT_FILE": pki.other_ca.certificate_file}).status == 3
    shutil.rmtree(system.etc / "ssl")
    put(system, f"elsewhere/{hash_link(pki)}", pki.ca.certificate)
    assert system.run("verify", env={"SSL_CERT_DIR": "/etc/elsewhere"}).status == 0


def test_a_child_gets_no_variable_of_it(system, pki):
    """What we found is ours: exec would hand it on."""
    put(system, "pki/tls/certs/ca-bundle.crt", pki.ca.certificate)
    result = system.run("exec", "--", "env", reveals=True)
    assert result.status == 0 and "SSL_CERT" not in result.stdout


def test_the_uris_own_file_counts_alone(system, pki):
    put(system, f"ssl/certs/{hash_link(pki)}", pki.ca.certificate)
    uri = system.env["PRITUNL_ACCESS_MONGODB_URI"]
    assert system.run("verify", env={"PRITUNL_ACCESS_MONGODB_URI": f"{uri}&tlsCAFile={pki.other_ca.certificate_file}"}).status == 3
    assert system.run("verify", env={"PRITUNL_ACCESS_MONGODB_URI": f"{uri}&tlsAllowInvalidCertificates=true"}).status == 0
