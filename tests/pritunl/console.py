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


def save(store, username, changes=None, delay_s=0.0, between=None):
    """Save an administrator's whole document, having read it delay_s earlier.

    between() is called after the read and the delay, before the write: what it writes is lost.
    """
    administrator = administrators.load(store, {"username": username})
    if administrator is None:
        raise LookupError(username)
    if delay_s:
        time.sleep(delay_s)
    if between is not None:
        between()
    administrator.update(changes or {})
    administrators.save(store, administrator)
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


def login(store, now_s, username, password, otp_code=None):
    """The administrator whom the console's login lets in, or None. A password that is null raises: the page answers 500."""
    administrator = administrators.load(store, {"username": username.lower()})
    if administrator is None or not seed.password_matches(password, administrator["password"]):
        return None
    if administrator["otp_auth"] and otp_code not in otp_codes(administrator["otp_secret"], now_s):
        return None
    if administrator["local_otp_auth"] and (not otp_code or otp_code != administrator["local_otp_code"]):
        return None
    if administrator["yubikey_id"] or administrator["disabled"]:  # nobody here can press a YubiKey
        return None
    return administrator
