# SPDX-License-Identifier: MIT
"""Certificates as Pritunl makes them for itself: self-signed EC P-384, neither CN nor SAN."""

from __future__ import annotations

import contextlib
import datetime
import pathlib
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def self_signed():
    """A new one: certificate and key in PEM."""
    key = ec.generate_private_key(ec.SECP384R1())
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(x509.Name([]))
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


@contextlib.contextmanager
def as_files(certificate, key):
    """Both as files, for as long as the context lasts."""
    with tempfile.TemporaryDirectory() as folder:
        paths = pathlib.Path(folder, "cert.pem"), pathlib.Path(folder, "key.pem")
        for path, pem in zip(paths, (certificate, key), strict=True):
            path.write_text(pem, encoding="ascii")
        yield tuple(str(path) for path in paths)
