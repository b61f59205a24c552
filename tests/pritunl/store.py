# SPDX-License-Identifier: MIT
"""The database as a Pritunl server uses it: prefixed collections, cached settings, indexes, events and the audit trail."""

from __future__ import annotations

import collections
import contextlib
import threading
import time

import pymongo
import pymongo.errors

from .seed import utc_now

# Absent means the default; an explicit null overrides it.
SETTINGS_DEFAULTS = {
    "server_cert": None,
    "server_key": None,
    "server_port": 443,
    "server_ssl": True,
    "acme_domain": None,
    "reverse_proxy": None,
    "auth_time_window": 43200,
    "auditing": None,
    "settings_check_interval": 60,
    "server_auto_restart": True,  # not observed: plausible, since a front restarts by itself unless told otherwise
    "license": None,
    "license_plan": None,
    "redis_uri": None,
    "secondary_mongodb_uri": None,
    "theme": "dark",
    "sso": None,
}

ELSEWHERE = ("messages", "auth_nonces", "auth_csrf_tokens")  # in the secondary database, where there is one
NONCE_SECONDS = 24 * 3600
CSRF_SECONDS = 7 * 24 * 3600
CLIENT_OPTIONS = {"serverSelectionTimeoutMS": 5000, "connectTimeoutMS": 5000}


class Clients:
    """
    Connections, shared by all who ask for the same database: to make them takes longer than what most servers here are asked. The
    last few are kept when nobody needs them any more.
    """

    KEPT = 2

    def __init__(self):
        self._lock = threading.Lock()
        self._clients: dict[str, pymongo.MongoClient] = {}
        self._users: collections.Counter = collections.Counter()

    def take(self, uri):
        """A client for this URI, to be given back."""
        with self._lock:
            client = self._clients.pop(uri, None) or pymongo.MongoClient(uri, **CLIENT_OPTIONS)
            self._clients[uri] = client     # the last one is the newest
            self._users[uri] += 1
            return client

    def give_back(self, uri):
        """It is not needed any more."""
        with self._lock:
            self._users[uri] -= 1
            idle = [each for each in self._clients if not self._users[each]]
            for each in idle[:-self.KEPT]:
                self._clients.pop(each).close()
                del self._users[each]


CLIENTS = Clients()


class Store:
    """One server's view of the database. `store[name]` is a collection, its prefix added."""

    def __init__(self, mongodb_uri, database, prefix, behaviour):
        self._uri = mongodb_uri
        self.database = CLIENTS.take(mongodb_uri)[database]
        self.prefix = prefix or ""
        self.behaviour = behaviour
        self._secondary = None
        self._lock = threading.Lock()
        self._settings = None
        self._settings_until = 0.0

    def __getitem__(self, name):
        return self._database_of(name)[self.prefix + name]

    def _database_of(self, name):
        if name not in ELSEWHERE:
            return self.database
        uri = self.settings()["secondary_mongodb_uri"]
        if not uri:
            return self.database
        with self._lock:
            if self._secondary is None:
                self._secondary = pymongo.MongoClient(uri, **CLIENT_OPTIONS)
        return self._secondary.get_default_database("pritunl")

    def close(self):
        """Give up every connection."""
        CLIENTS.give_back(self._uri)
        if self._secondary is not None:
            self._secondary.close()

    def settings(self):
        """The settings group app with its defaults, at most settings_check_interval old while the database answers."""
        with self._lock:
            if time.monotonic() >= self._settings_until:
                self._read_settings()
            return self._settings

    def _read_settings(self):
        try:
            stored = self.database[self.prefix + "settings"].find_one({"_id": "app"}) or {}
        except pymongo.errors.PyMongoError:
            if self._settings is None:
                raise
        else:
            self._settings = {**SETTINGS_DEFAULTS, **stored}
            self._settings_until = time.monotonic() + self._interval(self._settings)

    def _interval(self, settings):
        chosen = self.behaviour.settings_check_interval
        return float(settings["settings_check_interval"] or 0 if chosen is None else chosen)

    def settings_check_interval(self):
        """Seconds between two looks at the settings."""
        return self._interval(self.settings())

    def drop_settings_cache(self):
        """Read the settings again the next time they are needed."""
        with self._lock:
            self._settings_until = 0.0

    def now(self):
        """This host's clock, as a date for the database."""
        return utc_now(self.behaviour.clock_offset_s)

    def prepare(self):
        """What a starting Pritunl does: its indexes made, a foreign one on the administrators' token dropped."""
        self._index("administrators", pymongo.IndexModel([("username", 1)], unique=True))
        self._index("auth_nonces", pymongo.IndexModel([("token", 1), ("nonce", 1)], unique=True),
                    pymongo.IndexModel([("timestamp", 1)], expireAfterSeconds=NONCE_SECONDS))
        self._index("auth_csrf_tokens", pymongo.IndexModel([("timestamp", 1)], expireAfterSeconds=CSRF_SECONDS))
        administrators = self["administrators"]
        for name, index in administrators.index_information().items():
            if any(key == "token" for key, _ in index["key"]):
                administrators.drop_index(name)

    def _index(self, name, *models):
        with contextlib.suppress(pymongo.errors.OperationFailure):  # two documents share a username: tests want that too
            self[name].create_indexes(list(models))

    def publish(self, event):
        """Tell open consoles that something changed; a Redis bus is not imitated."""
        if not self.settings()["redis_uri"]:
            self["messages"].insert_one({"message": [event, None], "timestamp": self.now(), "channel": "events"})

    def audit(self, administrator, kind, message, remote):
        """One line of an administrator's audit trail, only while auditing is on."""
        if self.settings()["auditing"] == "all":
            self["users_audit"].insert_one({
                "user_id": administrator["_id"], "timestamp": self.now(), "type": kind, "remote_addr": remote,
                "message": message,
            })
