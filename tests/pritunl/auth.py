# SPDX-License-Identifier: MIT
"""How the API decides whether a signed request is accepted; the order of the steps is the observed one of each version."""

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
        raise Refused("Duplicate nonce from reconnection") from None


def _known(store, token):
    administrator = store["administrators"].find_one({"token": token})
    if administrator is None:
        raise Refused
    return administrator


def _compare(release, expected, signature, nonce):
    """Whether the signature is the expected one. Characters that are not ASCII: 500 where Python's own comparison is used."""
    if not nonce.isascii() and release.odd_nonce_fails:
        raise UnicodeError("nonce")
    if release.no_signed_requests:
        raise TypeError("the string to sign is text")
    if release.has("non_ascii_500") or signature.isascii():
        return hmac.compare_digest(signature, expected)
    return False


def authenticate(request, path, store, now_s, release):
    """The administrator whom a request is accepted for, as the database has it now.

    Raises Refused for a 401. Any other exception is the server's own failure, which clients see as 500: a secret that is
    no string, or (by version) a signature or nonce with a non-ASCII character.
    """
    token = request.last("auth-token")
    timestamp = request.last("auth-timestamp")
    nonce = request.last("auth-nonce")
    signature = request.last("auth-signature")
    if not (token and timestamp and nonce and signature):
        raise Refused
    token, timestamp = token[:TOKEN_CUT], timestamp[:TIMESTAMP_CUT]
    nonce, signature = nonce[:NONCE_CUT], signature[:SIGNATURE_CUT]

    window_s = store.settings()["auth_time_window"]
    if release.has("refusals_in_journal"):
        administrator = _known(store, token)
        _check_time(timestamp, now_s, window_s)
    else:
        _check_time(timestamp, now_s, window_s)
        administrator = _known(store, token)
    if not administrator.get("auth_api"):
        raise Refused("Administrator not API enabled")
    if len(nonce) < NONCE_MIN or len("&".join([token, timestamp, nonce, request.method, path])) > STRING_MAX:
        raise Refused("Invalid signature or nonce length")
    secret = administrator.get("secret")
    if not secret or len(secret) < SECRET_MIN:
        raise Refused("Adminsitrator missing secret")  # as Pritunl spells it
    expected = signature_of(secret, token, timestamp, nonce, request.method, path)
    if not _compare(release, expected, signature, nonce):
        raise Refused("Auth signature mismatch")
    _store_nonce(store, token, nonce)
    if administrator.get("disabled"):
        raise Refused("Administrator disabled")
    return administrator
