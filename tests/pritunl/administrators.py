# SPDX-License-Identifier: MIT
"""How Pritunl changes administrators: it reads a whole document, changes it in memory, and writes the whole document back.

A write of somebody else's that lands between the two is lost, except in fields that Pritunl does not know.
"""

from __future__ import annotations

import pymongo.errors
from bson import ObjectId

from . import seed

FIELDS = (
    "username", "password", "default_password", "yubikey_id", "otp_auth", "otp_secret", "local_otp_auth", "local_otp_code",
    "local_otp_timestamp", "auth_api", "token", "secret", "default", "disabled", "sessions", "super_user",
)
SHOWN = (
    "username", "yubikey_id", "otp_auth", "otp_secret", "auth_api", "token", "secret", "default", "disabled", "super_user",
)
DEFAULTS = {"super_user": True, "sessions": []}
FIRST_USERNAME = "pritunl"
YUBIKEY_CUT = 12
UPDATED = "administrators_updated"

NO_SUPER_USERS = ("no_super_users", "There must be at least one super user.")
NO_ADMINS_ENABLED = ("no_admins_enabled", "At least one super administrator must be enabled.")
USERNAME_EXISTS = ("admin_username_exists", "Administrator username already exists.")
NO_ADMINS = ("no_admins", "At least one super administrator must exist.")


class Rejected(Exception):
    """A change that Pritunl answers with 400 and these two texts."""


def _fields(store):
    """The fields that this version knows."""
    known = store.behaviour.release.has("default_password")
    return [name for name in FIELDS if known or name != "default_password"]


def load(store, spec):
    """An administrator with all of Pritunl's own fields; None when there is none."""
    stored = store["administrators"].find_one(spec)
    if stored is None:
        return None
    own = {name: stored.get(name, DEFAULTS.get(name)) for name in _fields(store)}
    return {"_id": stored["_id"], **own}


def by_id(store, text):
    """The administrator with this id in hexadecimal; None for an unknown or malformed one."""
    return load(store, {"_id": ObjectId(text)}) if ObjectId.is_valid(text) else None


def shown(administrator):
    """An administrator as the API answers it, token and secret in clear."""
    return {"id": str(administrator["_id"]), **{name: administrator[name] for name in SHOWN}}


def save(store, administrator, new_password=None):
    """Write the whole document, as Pritunl's own fields go; a missing token or secret is made.

    A new password is hashed between the reading of the document and this write: behaviour.hash_s says how long.
    """
    if new_password:
        store.behaviour.hashing()
        administrator["password"] = seed.password_hash(new_password)
        if administrator["default"]:
            administrator["default"] = None
            if "default_password" in administrator:
                administrator["default_password"] = None
    for name in ("token", "secret"):
        if not administrator[name]:
            administrator[name] = seed.random_text()
    fields = {name: administrator[name] for name in _fields(store)}
    try:
        store["administrators"].update_one({"_id": administrator["_id"]}, {"$set": fields}, upsert=True)
    except pymongo.errors.DuplicateKeyError:
        raise Rejected(*USERNAME_EXISTS) from None


def _super_users(store):
    found = store["administrators"].find({}, {"super_user": 1, "disabled": 1})
    return sum(1 for each in found if each.get("super_user", True) is not False and each.get("disabled") is not True)


def filtered(name):
    """A name without the characters that Pritunl does not take."""
    allowed = set(seed.ALPHABET + "-+=_/,.~@#!& ")
    return "".join(letter for letter in (name or "") if letter in allowed)


def _set_names(administrator, body):
    if "username" in body:
        username = (filtered(body["username"]) or "undefined").lower()
        if username != administrator["username"]:
            yield "Administrator username changed"
        administrator["username"] = username
    if body.get("password"):
        yield "Administrator password changed"
    if "yubikey_id" in body:
        yubikey_id = body["yubikey_id"] or None
        if yubikey_id != administrator["yubikey_id"]:
            yield "Administrator YubiKey ID changed"
        administrator["yubikey_id"] = yubikey_id and yubikey_id[:YUBIKEY_CUT]


def _set_rank(store, administrator, body):
    super_user, disabled = body.get("super_user"), body.get("disabled")
    if super_user is not None and super_user != administrator["super_user"]:
        if not super_user and _super_users(store) < 2:
            raise Rejected(*NO_SUPER_USERS)
        administrator["super_user"] = super_user
    if disabled is not None and disabled != administrator["disabled"]:
        if disabled and administrator["super_user"] and _super_users(store) < 2:
            raise Rejected(*NO_ADMINS_ENABLED)
        yield f"Administrator {'disabled' if disabled else 'enabled'}"
        administrator["disabled"] = disabled


def _set_api(store, administrator, body):
    auth_api = body.get("auth_api") or False  # a PUT without it turns the API off
    if auth_api != administrator["auth_api"]:
        if not auth_api:
            administrator["token"] = administrator["secret"] = None
        on = bool(auth_api) is store.behaviour.release.has("audit_right_way")
        yield f"Administrator token authentication {'enabled' if on else 'disabled'}"
        administrator["auth_api"] = auth_api
    for name in ("token", "secret"):
        if body.get(name):
            administrator[name] = seed.random_text()
            yield f"Administrator api {name} changed"


def _set_otp(administrator, body):
    otp_auth = body.get("otp_auth")
    if otp_auth is not None and otp_auth != administrator["otp_auth"]:
        administrator["otp_auth"] = otp_auth
        administrator["otp_secret"] = (administrator["otp_secret"] or _otp_secret()) if otp_auth else None
    if body.get("otp_secret") is True:
        administrator["otp_secret"] = _otp_secret()


def _otp_secret():
    return "".join(seed.secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))


def change(store, administrator, body, remote):
    """PUT /admin/ID: apply a console's form to a document read before, and save all of it."""
    lines = [*_set_names(administrator, body), *_set_rank(store, administrator, body),
             *_set_api(store, administrator, body)]
    _set_otp(administrator, body)
    for words in lines:
        store.audit(administrator, "admin_updated", words, remote)
        store.behaviour.diary.updated(administrator, remote, words)
    save(store, administrator, body.get("password"))
    store.publish(UPDATED)
    return administrator


def create(store, body, remote):
    """POST /admin: a new administrator, with a default password that is the given one."""
    administrator = seed.administrator_document(
        filtered(body["username"]).lower(),
        password=None, default_password=None, default=True, token=None, secret=None,
        yubikey_id=(body.get("yubikey_id") or "")[:YUBIKEY_CUT] or None,
        otp_auth=body.get("otp_auth", False), auth_api=body.get("auth_api", False),
        disabled=body.get("disabled", False), super_user=body.get("super_user", False),
    )
    if not body["password"]:
        raise ValueError("Password is empty")
    administrator["password"] = seed.password_hash(body["password"])
    save(store, administrator)
    store.audit(administrator, "admin_created", "Administrator created", remote)
    store.publish(UPDATED)
    return administrator


def delete(store, administrator):
    """DELETE /admin/ID; the last enabled super user stays."""
    if administrator["super_user"] and _super_users(store) < 2:
        raise Rejected(*NO_ADMINS)
    store["administrators"].delete_one({"_id": administrator["_id"]})
    store.publish(UPDATED)


def first(store):
    """The administrator of a new installation, or after reset-password: returns username and password."""
    if not store.behaviour.release.has("default_password"):
        seed.administrator(store, FIRST_USERNAME, password=seed.password_hash(FIRST_USERNAME), default=True,
                           default_password=seed.ABSENT)
        return FIRST_USERNAME, FIRST_USERNAME
    password = seed.random_text(12)
    seed.administrator(
        store, FIRST_USERNAME, password=seed.password_hash(password), default_password=password, default=True,
    )
    return FIRST_USERNAME, password


def reset_password(store):
    """`pritunl reset-password`: DELETE one administrator and make a new one; returns its username and password."""
    administrators = store["administrators"]
    if not administrators.delete_one({"username": FIRST_USERNAME}).deleted_count:
        administrators.delete_one({"super_user": {"$ne": False}})
    return first(store)


def disable_admin_api(store):
    """`pritunl disable-admin-api` (since 1.32.4465): auth_api false for all; tokens and secrets stay."""
    if not store.behaviour.release.has("strict_front"):
        raise LookupError("this version has no such command")
    store["administrators"].update_many({}, {"$set": {"auth_api": False}})
