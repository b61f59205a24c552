# SPDX-License-Identifier: MIT
"""Documents as a Pritunl 1.34 leaves them in its database: administrators, settings, hosts, organizations, servers.

Every function takes `db`, which is anything that gives a collection by its name: a pymongo database, or
`collections(database, prefix)` where the collections' names have a prefix in front. It returns the document.
"""

from __future__ import annotations

import base64
import datetime
import functools
import hashlib
import os
import secrets
import string

from bson import ObjectId

ABSENT = object()
"""As the value of a field: leave the field out (which is not the same as null)."""

VERSION = "1.34.4681.89"
ALPHABET = string.ascii_letters + string.digits
PASSWORD_ROUNDS = 100_000
PASSWORD_CUT = 128


class collections:  # reads as a function where it is used
    """The collections of a database whose names begin with a prefix."""

    def __init__(self, database, prefix=""):
        self.database = database
        self.prefix = prefix or ""

    def __getitem__(self, name):
        return self.database[self.prefix + name]


def random_text(length=32):
    """A token or secret as Pritunl makes them."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def utc_now(offset_s=0.0):
    """The time as Pritunl stores it: a date in UTC, in whole milliseconds."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset_s)
    return now.replace(tzinfo=None, microsecond=now.microsecond // 1000 * 1000)


def password_hash(password, salt=None):
    """The console password's form in the database: 3$SALT$HASH."""
    salt = os.urandom(8) if salt is None else salt
    digest = hashlib.sha512(password[:PASSWORD_CUT].encode() + salt).digest()
    for _ in range(PASSWORD_ROUNDS):
        digest = hashlib.sha512(digest).digest()
    return f"3${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def password_matches(password, stored):
    """Whether the console would take this password; raises on a stored value that is no hash, as the console does."""
    version, salt, _ = stored.split("$")
    if version != "3":
        raise ValueError("unknown hash version")
    return bool(password) and secrets.compare_digest(password_hash(password, base64.b64decode(salt)), stored)


@functools.lru_cache(maxsize=1)
def _fresh_password():
    """One password and its hash for a whole process: a hash takes some 50 ms."""
    password = random_text(12)
    return password, password_hash(password)


def _with(document, overrides):
    """The document with overrides applied, ABSENT ones left out."""
    merged = {**document, **overrides}
    return {name: value for name, value in merged.items() if value is not ABSENT}


def administrator_document(username="pritunl", **overrides):
    """A fresh administrator. The one of a new installation is called pritunl and has a default password."""
    password, hashed = _fresh_password()
    first = username == "pritunl"
    return _with({
        "_id": ObjectId(),
        "username": username,
        "password": hashed,
        "default_password": password if first else None,
        "yubikey_id": None,
        "otp_auth": None,
        "otp_secret": None,
        "local_otp_auth": None,
        "local_otp_code": None,
        "local_otp_timestamp": None,
        "auth_api": None,
        "token": random_text(),
        "secret": random_text(),
        "default": True if first else None,
        "disabled": None,
        "sessions": [],
        "super_user": True,
    }, overrides)


def administrator(db, username="pritunl", **overrides):
    """Insert an administrator as a fresh Pritunl does: all fields, many an explicit null, auth_api among them."""
    document = administrator_document(username, **overrides)
    db["administrators"].insert_one(document)
    return document


def minimal_administrator(db, username, **overrides):
    """Insert the smallest document that authenticates."""
    document = _with({
        "_id": ObjectId(), "username": username, "token": random_text(), "secret": random_text(), "auth_api": True,
    }, overrides)
    db["administrators"].insert_one(document)
    return document


def settings(db, server_cert=None, server_key=None, **app):
    """Set fields of the settings group app; None and ABSENT differ (a null overrides the default)."""
    if server_cert is not None:
        app["server_cert"] = server_cert
    if server_key is not None:
        app["server_key"] = server_key
    unset = {name: "" for name, value in app.items() if value is ABSENT}
    change = {"$set": {name: value for name, value in app.items() if value is not ABSENT}}
    if unset:
        change["$unset"] = unset
    change = {operator: fields for operator, fields in change.items() if fields}
    if change:
        db["settings"].update_one({"_id": "app"}, change, upsert=True)
    elif db["settings"].find_one({"_id": "app"}) is None:
        db["settings"].insert_one({"_id": "app"})
    return db["settings"].find_one({"_id": "app"})


def version(db, number=VERSION, minimum=None):
    """Set the version that the database was last used by."""
    document = {"_id": "version", "version": number, "version_min": minimum or number}
    db["settings"].replace_one({"_id": "version"}, document, upsert=True)
    return document


def host(db, id, **fields):  # the field's own name
    """Insert a host, online unless told otherwise. Containers leave offline ones behind."""
    online = fields.get("status", "online") == "online"
    document = _with({
        "_id": id,
        "name": f"host-{id[:8]}",
        "hostname": f"{id[:12]}.example.internal",
        "version": VERSION,
        "status": "online",
        "ping_timestamp": utc_now() if online else None,
        "start_timestamp": utc_now() if online else None,
        "public_address": None,
        "auto_public_address": None,
        "auto_public_host": None,
        "local_address": None,
        "auto_local_address": None,
        **dict.fromkeys(("public_address6", "auto_public_address6", "local_address6", "auto_local_address6")),
        "availability_group": "default",
    }, fields)
    db["hosts"].insert_one(document)
    return document


def organization(db, name="org", **fields):
    """Insert an organization; a pooled one has the type "pool"."""
    document = _with({
        "_id": ObjectId(), "name": name, "type": "default",
        "auth_api": None, "auth_token": None, "auth_secret": None,
    }, fields)
    db["organizations"].insert_one(document)
    return document


def user(db, organization, name="user", email=None, **fields):
    """Insert a user of an organization (its document, or its id); other types are server, ca, client_pool and server_pool."""
    org_id = organization["_id"] if isinstance(organization, dict) else organization
    document = _with({
        "_id": ObjectId(), "org_id": org_id, "name": name, "email": email, "type": "client",
        "disabled": False, "groups": [], "auth_type": "local", "otp_secret": random_text(16).upper(),
    }, fields)
    db["users"].insert_one(document)
    return document


def route(network, nat=True, **fields):
    """One element of a server's routes, which are stored in the order in which they were added."""
    return _with({
        "network": network, "comment": None, "metric": None, "nat": nat, "nat_interface": None, "nat_netmap": None,
        "advertise": False, "vpc_region": None, "vpc_id": None, "net_gateway": False,
    }, fields)


def server(db, name="server", organizations=(), routes=(), **fields):
    """Insert a VPN server: organizations by document or id, routes by network or as `route()` makes them."""
    document = _with({
        "_id": ObjectId(),
        "name": name,
        "status": "offline",
        "network": "192.168.238.0/24",
        "port": 1194,
        "protocol": "udp",
        "organizations": [org["_id"] if isinstance(org, dict) else org for org in organizations],
        "routes": [route(item) if isinstance(item, str) else item for item in routes],
        "hosts": [],
        "groups": [],
    }, fields)
    db["servers"].insert_one(document)
    return document
