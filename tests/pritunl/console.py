# SPDX-License-Identifier: MIT
"""What people do at the web console: log in, open an administrator's page, press OK, save while somebody else writes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time

from . import administrators, seed

SENT = ("username", "yubikey_id", "super_user", "auth_api", "disabled", "otp_auth")
LET_IN, TOO_MANY, REFUSED, ASKED = 200, 400, 401, 402
LOGIN_SPAN_S = 600


class Page:
    """An administrator's page in a console: it holds what was true when it was opened."""

    def __init__(self, store, username):
        self.store = store
        self.form = administrators.load(store, {"username": username})
        if self.form is None:
            raise LookupError(username)

    def ok(self, **changes):
        """Press OK: the page's whole form is sent, so a page opened while the API was off turns it off again."""
        form = {name: self.form[name] for name in SENT}
        now = administrators.load(self.store, {"_id": self.form["_id"]})
        return administrators.change(self.store, now, {**form, **changes}, None)

    def generate_new_api_key(self):
        """Press Generate New API Key: both credentials are replaced."""
        return self.ok(token=True, secret=True)

    def reset_otp_secret(self):
        """Press reset OTP secret: the console sends the shown token and secret along, which replaces both."""
        return self.ok(otp_secret=True, token=True, secret=True)


def save(store, username, changes=None, delay_s=0.0, between=None, password=None):
    """Save an administrator's whole document, having read it delay_s earlier.

    between() is called after the read and the delay, before the write: what it writes is lost. With a new password the time in
    between is as long as hashing takes (100,000 rounds, and behaviour.hash_s).
    """
    administrator = administrators.load(store, {"username": username})
    if administrator is None:
        raise LookupError(username)
    if delay_s:
        time.sleep(delay_s)
    if between is not None:
        between()
    administrator.update(changes or {})
    administrators.save(store, administrator, password)
    store.publish(administrators.UPDATED)
    return administrator


def otp_codes(otp_secret, now_s):
    """The six-digit codes that a login takes now."""
    key = base64.b32decode(otp_secret.upper() + "=" * (-len(otp_secret) % 8))
    codes = set()
    for step in range(int(now_s / 30) - 1, int(now_s / 30) + 2):
        digest = hmac.new(key, struct.pack(">q", step), hashlib.sha1).digest()
        offset = digest[-1] & 0x0F
        number = struct.unpack(">L", digest[offset:offset + 4])[0] & 0x7FFFFFFF
        codes.add(f"{number % 1_000_000:06d}")
    return codes


def _one_try_more(store, administrator):
    """Count a login; whether it is one too many. (The fields beside _id, and that what is right counts too, are guesses.)"""
    limiter, now = store["auth_limiter"], store.now()
    counted = limiter.find_one({"_id": administrator["_id"]})
    if counted is None or (now - counted["timestamp"].replace(tzinfo=None)).total_seconds() > LOGIN_SPAN_S:
        limiter.replace_one({"_id": administrator["_id"]},
                            {"_id": administrator["_id"], "count": 1, "timestamp": now}, upsert=True)
        return False
    limiter.update_one({"_id": administrator["_id"]}, {"$inc": {"count": 1}})
    return counted["count"] >= store.behaviour.release.login_tries


def _one_time_code(store, administrator, otp_code):
    """The status that the second factor brings about; None where nothing of it is wanted or it was given."""
    if administrator["otp_auth"]:
        valid = otp_codes(administrator["otp_secret"], store.behaviour.now_s())
    elif administrator["local_otp_auth"]:
        valid = {administrator["local_otp_code"]}
    elif administrator["yubikey_id"]:
        return ASKED  # nobody here can press one; that it is asked for by 402 too is a guess
    else:
        return None
    return None if otp_code and otp_code in valid else REFUSED if otp_code else ASKED


def login(store, username, password, otp_code=None, remote=None):
    """POST /auth/session: its status, and the administrator who was let in (200) or None.

    A password that is null in the document raises: the page answers 500.
    """
    administrator = administrators.load(store, {"username": username.lower()})
    if administrator is None:
        return REFUSED, None
    if _one_try_more(store, administrator):
        store.behaviour.diary.login_refused(administrator, remote, "rate_limit")
        return TOO_MANY, None
    if not seed.password_matches(password, administrator["password"]):
        store.behaviour.diary.login_refused(administrator, remote, "invalid_password")
        return REFUSED, None
    status = _one_time_code(store, administrator, otp_code)
    if status is None and administrator["disabled"]:
        status = REFUSED
    return (status, None) if status else (LET_IN, administrator)


def clear_auth_limit(store):
    """`pritunl clear-auth-limit` (since 1.30.2919): nobody's tries are counted any more."""
    if not store.behaviour.release.has("clear_auth_limit"):
        raise LookupError("this version has no such command")
    store["auth_limiter"].delete_many({})
