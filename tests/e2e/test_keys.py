# SPDX-License-Identifier: MIT
"""Every kind of key, of cipher and of encrypted key file that people have: the static file's OpenSSL is cut down, and none of these went."""

from __future__ import annotations

import ssl
import subprocess
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from expect import failed

from harness import canary
from harness.listening import Listening

PASSWORD = "of-the-key-7c1d"
KEYS = {"rsa-2048": lambda: rsa.generate_private_key(65537, 2048), "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p-384": lambda: ec.generate_private_key(ec.SECP384R1()), "p-521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate, "ed448": ed448.Ed448PrivateKey.generate}
OLDER = ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-SHA256",
         "ECDHE-RSA-AES256-SHA", "AES256-GCM-SHA384", "AES128-SHA"]
GROUPS = ["prime256v1", "secp384r1", "secp521r1"]
ENCRYPTED = [["pkcs8", "-topk8", "-v2", "aes-128-cbc"], ["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"],
             ["pkcs8", "-topk8", "-v2", "des3"], ["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES"], ["ec", "-aes128"], ["ec", "-aes256"],
             ["ec", "-des3"], ["ec", "-aes-256-cfb"], ["ec", "-aes-128-ofb"], ["pkcs8", "-topk8", "-v2", "aes-256-ofb"]]

# A key of nobody's, encrypted by PBE-MD5-DES, which OpenSSL 3 has in its provider of old algorithms alone; its password is x.
OLD_ENCRYPTION = """\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGwMBsGCSqGSIb3DQEFAzAOBAjB7jyJJfSSJQICCAAEgZBSzEsAhcI9FK2rUGYM
R2TL09thOyMUX50J9fr2qIpsqov6G47SG0f27u78GF05Y6JwMps8LcESpEeNibZu
3jQCZymiSULlSPY8SvMwBxdhZs/mXqrC0NDeL+qwAzj7hPiETVxKKOrYR+5eWNpa
WiTT/yNPlYokjiH+DU7asg2zW1TOL+S45uSnf0ihe3hHkjw=
-----END ENCRYPTED PRIVATE KEY-----
"""


@pytest.fixture
def verified(tool, database, standin, seed, pki):
    """Verify against a server that shows this key, and takes only what context(it) leaves."""
    def run(key, context=lambda _: None):
        shown = pki.made(key, KEYS[key])
        seed.administrator(database.db, auth_api=True)
        seed.settings(database.db, server_cert=shown.certificate)
        server = standin(tls=shown)
        context(server.tls)
        result = tool.run("verify", env={"PRITUNL_ACCESS_MONGODB_URI": database.uri, "PRITUNL_ACCESS_URL": server.url})
        assert result.status == 0, result.stderr
        return server
    return run


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_servers_key(verified, key, version):
    def only(context):
        context.maximum_version = context.minimum_version = version
    verified(key, only)


def test_a_servers_key_that_signs_by_pss_alone(tool, database, standin, seed, tmp_path):
    """It has an algorithm of its own in the certificate; openssl makes one, since Python's library would store it as any RSA key."""
    certificate, key = tmp_path / "pss.crt", tmp_path / "pss.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048", "-nodes", "-days", "9", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    seed.administrator(database.db, auth_api=True)
    seed.settings(database.db, server_cert=certificate.read_text())
    server = standin(tls=(str(certificate), str(key)))
    result = tool.run("verify", env={"PRITUNL_ACCESS_MONGODB_URI": database.uri, "PRITUNL_ACCESS_URL": server.url})
    assert result.status == 0, result.stderr


@pytest.mark.parametrize("cipher", OLDER)
def test_a_cipher_of_tls_1_2(verified, cipher):
    def only(context):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(cipher)
    verified("rsa-2048", only)


@pytest.mark.parametrize("group", GROUPS)
def test_a_group(verified, group):
    verified("p-256", lambda context: context.set_ecdh_curve(group))


@pytest.mark.parametrize("form", ENCRYPTED, ids=" ".join)
def test_an_encrypted_key_file(tool, secure_database, seed, pki, home, form):
    canary.register(PASSWORD, "the key's password")
    key = subprocess.run(["openssl", *form, "-in", pki.client.key_file, "-passout", "stdin"], input=PASSWORD, check=True,
                         capture_output=True, text=True).stdout
    assert "ENCRYPTED" in key
    file = home / "both.pem"
    file.touch(mode=0o600)
    file.write_text(key + pki.client.certificate)
    seed.administrator(secure_database.db, "behind-the-certificate")
    uri = secure_database.server.uri(secure_database.name, authMechanism="MONGODB-X509", authSource="$external")
    whole = f"{uri}&tlsCertificateKeyFile={quote(str(file))}&tlsCertificateKeyFilePassword={quote(PASSWORD)}"
    result = tool.run("list", "--json", env={"PRITUNL_ACCESS_MONGODB_URI": whole})
    assert [row["administrator"] for row in result.json()] == ["behind-the-certificate"], result.stderr


def test_an_encryption_that_is_too_old_is_named_as_such(tool, secure_database, pki, home):
    """It is not the password that is wrong."""
    file = home / "both.pem"
    file.touch(mode=0o600)
    file.write_text(OLD_ENCRYPTION + pki.client.certificate)
    uri = secure_database.server.uri(secure_database.name, authMechanism="MONGODB-X509", authSource="$external")
    whole = f"{uri}&tlsCertificateKeyFile={quote(str(file))}&tlsCertificateKeyFilePassword=x"
    failed(tool.run("list", env={"PRITUNL_ACCESS_MONGODB_URI": whole}), 2, "encrypted in a way", attempt="openssl pkcs8")


def test_no_cipher_in_common_is_no_fault_of_the_certificate(tool, database, standin, seed, pki):
    """The certificate was never judged: whose fault it is, is said, and that it is trusted is not proposed."""
    seed.administrator(database.db, auth_api=True)
    server = standin(tls=pki.pritunl)
    server.tls.maximum_version = ssl.TLSVersion.TLSv1_2
    server.tls.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")   # and its key is not RSA's
    result = tool.run("verify", "--json", env={"PRITUNL_ACCESS_MONGODB_URI": database.uri, "PRITUNL_ACCESS_URL": server.url})
    assert result.status == 5 and result.json()["cause"] == "not-pritunl", result.stdout
    assert "TLS handshake failed" in result.json()["detail"], result.stdout


def test_a_connection_closed_in_the_handshake(tool, database, seed):
    class Closing(Listening):
        def _talk(self, peer):
            with peer:
                peer.recv(65536)    # all of it, or the kernel resets what is closed

    seed.administrator(database.db, auth_api=True)
    with Closing() as server:
        url = f"https://127.0.0.1:{server.port}"
        result = tool.run("verify", "--json", env={"PRITUNL_ACCESS_MONGODB_URI": database.uri, "PRITUNL_ACCESS_URL": url})
    assert result.status == 5 and result.json()["cause"] == "unreachable", result.stdout
    assert "closed in the TLS handshake" in result.json()["detail"], result.stdout
