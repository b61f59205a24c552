# SPDX-License-Identifier: MIT
"""How the API decides whether a signed request is accepted; the order of the steps is the observed one (Pritunl 1.34)."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pymongo.errors

TOKEN_CUT, TIMESTAMP_CUT, NONCE_CUT, SIGNATURE_CUT = 256, 64, 32, 512
NONCE_MIN = 8
SECRET_MIN = 8
STRING_MAX = 10240


class Refused(Exception):
    """The request is answered 401; reason is what the journal says, None where it says nothing."""

    def __init__(self, reason=None):
        super().__init__(reason)
        self.reason = reason


def signature_of(secret, token, timestamp, nonce, method, path):
    """The signature that the API expects."""
    string = "&".join([token, timestamp, nonce, method, path])
    return base64.b64encode(hmac.new(secret.encode(), string.encode(), hashlib.sha256).digest()).decode()


def _check_time(timestamp, now_s, window_s):
    try:
        distance = abs(int(timestamp) - int(now_s))
    except ValueError:
        raise Refused("Invalid auth timestamp") from None
    if distance > window_s:
        raise Refused("Expired auth timestamp")


def _store_nonce(store, token, nonce):
    try:
        store["auth_nonces"].insert_one({"token": token, "nonce": nonce, "timestamp": store.now()})
    except pymongo.errors.DuplicateKeyError:
        raise Refused("Duplicate nonce") from None


def authenticate(request, path, store, now_s):
    """The administrator whom a request is accepted for, as the database has it now.

    Raises Refused for a 401. Any other exception is the server's own failure, which clients see as 500: a secret that is
    no string, or a signature with a non-ASCII character.
    """
    token = request.last("auth-token")
    timestamp = request.last("auth-timestamp")
    nonce = request.last("auth-nonce")
    signature = request.last("auth-signature")
    if not (token and timestamp and nonce and signature):
        raise Refused
    token, timestamp = token[:TOKEN_CUT], timestamp[:TIMESTAMP_CUT]
    nonce, signature = nonce[:NONCE_CUT], signature[:SIGNATURE_CUT]

    administrator = store["administrators"].find_one({"token": token})
    if administrator is None:
        raise Refused
    _check_time(timestamp, now_s, store.settings()["auth_time_window"])
    if not administrator.get("auth_api"):
        raise Refused("Administrator not API enabled")
    if len(nonce) < NONCE_MIN or len("&".join([token, timestamp, nonce, request.method, path])) > STRING_MAX:
        raise Refused("Invalid signature or nonce length")
    secret = administrator.get("secret")
    if not secret or len(secret) < SECRET_MIN:
        raise Refused("missing secret")
    expected = signature_of(secret, token, timestamp, nonce, request.method, path)
    if not hmac.compare_digest(signature, expected):
        raise Refused("Auth signature mismatch")
    _store_nonce(store, token, nonce)
    if administrator.get("disabled"):
        raise Refused("Administrator disabled")
    return administrator
