# SPDX-License-Identifier: MIT
"""Certificates for the tests: good ones, and one for each way in which a certificate can be wrong.

All keys are EC, so that making them takes milliseconds.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness import canary

NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key: as PEM text, and as the paths of files (both_file: first the key, then the certificate)."""

    name: str
    certificate: str
    key: str
    certificate_file: Path
    key_file: Path
    both_file: Path

    def server_context(self) -> ssl.SSLContext:
        """For a TLS server that shows this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    @property
    def pin(self) -> str:
        """sha256//BASE64 of the public key, as curl writes it."""
        return pin_of(self.certificate)

    @property
    def subject(self) -> str:
        """The subject as RFC 2253 writes it: the name of an X.509 user."""
        return x509.load_pem_x509_certificate(self.certificate.encode()).subject.rfc4514_string()


class Pki:
    """
    ca           the authority that the tests trust            other_ca   one that nobody does
    server       for localhost and 127.0.0.1, by ca            untrusted  the same, by other_ca
    client       for X.509 logins, by ca                       expired    as server, but out of date
    other_name   by ca, for another name                       future     as server, but not valid yet
    amazon       by ca, for where AWS publishes its ranges     common_name   by ca, with localhost in its common name alone
    pritunl      self-signed EC P-384 without CN and SAN, with the defaults of `openssl req`, as Pritunl makes it
    pritunl_expired   the same, out of date                    pritunl_other   the same, with another key
    pritunl_ending    the same, of which five days are left
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ca, ca = self._authority("ca", "pritunl-access test authority")
        self.other_ca, other = self._authority("other-ca", "pritunl-access other authority")
        self.server = self._leaf("server", ca, "localhost")
        self.client = self._leaf("client", ca, "pritunl-access-test", names=(), usage=ExtendedKeyUsageOID.CLIENT_AUTH)
        self.other_name = self._leaf("other-name", ca, "vpn.example.com", names=("vpn.example.com",))
        self.common_name = self._leaf("common-name", ca, "localhost", names=())
        self.amazon = self._leaf("amazon", ca, "ip-ranges.amazonaws.com", names=("ip-ranges.amazonaws.com",))
        self.untrusted = self._leaf("untrusted", other, "localhost")
        self.expired = self._leaf("expired", ca, "localhost", days=(-30, -1))
        self.future = self._leaf("future", ca, "localhost", days=(1, 30))
        self.pritunl = self._pritunl("pritunl", (-1, 3650))
        self.pritunl_expired = self._pritunl("pritunl-expired", (-30, -1))
        self.pritunl_ending = self._pritunl("pritunl-ending", (-30, 5))
        self.pritunl_other = self._pritunl("pritunl-other", (-1, 3650))

    def _authority(self, name: str, common_name: str):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        usage = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
                              key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                              decipher_only=False)
        builder = _builder(subject, subject, key, (-30, 3650))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        certificate = builder.sign(key, hashes.SHA256())
        return self._store(name, certificate, key), (certificate, key)

    def _leaf(self, name: str, authority, common_name: str, names=NAMES, usage=ExtendedKeyUsageOID.SERVER_AUTH,
              days=(-1, 825)) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        issuer, issuer_key = authority
        subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "pritunl-access tests"),
                             x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        builder = _builder(subject, issuer.subject, key, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(item) for item in names]), critical=False)
        return self._store(name, builder.sign(issuer_key, hashes.SHA256()), key)

    def _pritunl(self, name: str, days) -> Certificate:
        key = ec.generate_private_key(ec.SECP384R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "AU"),
                             x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Some-State"),
                             x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Internet Widgits Pty Ltd")])
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        builder = _builder(subject, subject, key, days).add_extension(identifier, critical=False)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return self._store(name, builder.sign(key, hashes.SHA256()), key)

    def made(self, name: str, generate) -> Certificate:
        """A server's, by itself, with a key of this kind."""
        key = generate()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        builder = _builder(subject, subject, key, (-1, 3650))
        builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(item) for item in NAMES]), critical=False)
        edwards = isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey))
        return self._store(name, builder.sign(key, None if edwards else hashes.SHA256()), key)

    def _store(self, name: str, certificate: x509.Certificate, key) -> Certificate:
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                   serialization.NoEncryption()).decode()
        canary.register(secret, f"the private key of {name}")
        paths = [self.folder / f"{name}{end}" for end in (".crt", ".key", ".pem")]
        for path, text in zip(paths, (pem, secret, secret + pem), strict=True):
            path.touch(mode=0o600)
            path.write_text(text)
        return Certificate(name, pem, secret, *paths)


def pin_of(certificate: str) -> str:
    """sha256//BASE64 of the public key in a PEM certificate, as curl writes it."""
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    raw = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "sha256//" + base64.b64encode(hashlib.sha256(raw).digest()).decode()


def _builder(subject: x509.Name, issuer: x509.Name, key, days: tuple[int, int]) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    first, last = (now + datetime.timedelta(days=day) for day in days)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(first).not_valid_after(last))


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
