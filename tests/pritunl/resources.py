# SPDX-License-Identifier: MIT
"""What the API answers about the server itself and its administrators, read from the database at every request."""

from __future__ import annotations

import collections
import re
import secrets

from . import administrators, configuration, console
from .api import Abort
from .message import Answer, as_json, html
from .routing import object_id, table

HEARTBEAT_MAX_S = 30
ROUTES, route = table()
LOGIN_ERRORS = {
    console.REFUSED: {"error": "auth_invalid", "error_msg": "Authentication credentials are invalid."},
    console.TOO_MANY: {"error": "auth_too_many", "error_msg": "Too many authentication attempts."},
    console.ASKED: {"otp_auth": True},  # the body is a guess
}


def _version_number(version):
    """1.34.4681.89 as 1003446814089: four digits a part, and 4000 on the last part of a release."""
    parts = [int(part) for part in re.findall(r"\d+", version)]
    parts[-1] += 4000
    return int("".join(f"{part:04d}" for part in parts))


# ---- the server itself

@route("GET", "/ping", open=True)
@route("GET", "/check", open=True)
def ping(call):
    """Alive, unless the host's heartbeat is stale."""
    if call.server.heartbeat_age_s > HEARTBEAT_MAX_S:
        raise Abort(504)
    return html(200, "OK")


@route("GET", "/", open=True)
def root(call):
    """The console, which sends people without a session to its login."""
    return Answer(302, b"", headers=[("Location", "/login")])


@route("GET", "/login", open=True)
def login_page(call):
    """The login page, in place of the real one."""
    return html(200, "<!DOCTYPE html><html><head><title>Pritunl</title></head><body></body></html>")


@route("POST", "/auth/session", open=True)
def session_post(call):
    """The console's login."""
    body = call.body()
    status, administrator = console.login(
        call.store, body["username"], body["password"], body.get("otp_code"), call.request.remote)
    if administrator is None:
        return as_json(LOGIN_ERRORS[status], status)
    return {"authenticated": True, "default": administrator["default"] or False}


@route("GET", "/state")
def state(call):
    """The smallest signed answer; every one leaves a csrf token in the database."""
    settings = call.store.settings()
    csrf = secrets.token_hex(16)
    call.store["auth_csrf_tokens"].insert_one(
        {"_id": csrf, "admin_id": call.administrator["_id"], "timestamp": call.store.now()})
    return {
        "super_user": call.administrator.get("super_user", True),
        "csrf_token": csrf,
        "theme": settings["theme"],
        "user": None,
        "active": bool(settings["license_plan"]),
        "plan": settings["license_plan"],
        "version": _version_number(call.server.version),
        "sso": settings["sso"],
    }


def _counted(store):
    """How many there are of each kind, and of each kind and state: in one request, since hardly a test goes without /status."""
    def groups(name, by):
        return [{"$group": {"_id": [name, f"${by}"], "count": {"$sum": 1}}}]

    others = (("servers", "status"), ("users", "type"), ("organizations", "type"))
    unions = [{"$unionWith": {"coll": store.prefix + name, "pipeline": groups(name, by)}} for name, by in others]
    counted = collections.Counter()
    for each in store["hosts"].aggregate([*groups("hosts", "status"), *unions]):
        name, state = each["_id"]
        counted[name] += each["count"]
        counted[name, state] = each["count"]
    return counted


@route("GET", "/status")
def status(call):
    """Counts; writes nothing but the nonce."""
    counted = _counted(call.store)
    return {
        "org_count": counted["organizations"],
        "users_online": 0,
        "user_count": counted["users", "client"],
        "servers_online": counted["servers", "online"],
        "server_count": counted["servers"],
        "hosts_online": counted["hosts", "online"],
        "host_count": counted["hosts"],
        "server_version": call.server.version,
        "current_host": call.server.host_id,
        "public_ip": None,
        "local_networks": [],
        "notification": "",
    }


@route("GET", "/event")
@route("GET", "/event/<cursor>")
def event(call):
    """The console's poll, answered at once. A bare string as message, or no timestamp, makes it fail."""
    events = []
    for document in call.store["messages"].find({"channel": "events"}):
        kind, resource_id = document["message"]
        moment = int(document["timestamp"].timestamp())
        events.append({"id": document["_id"], "timestamp": moment, "type": kind, "resource_id": resource_id})
    return events


@route("GET", "/log")
def log(call):
    """The console's log, newest first."""
    entries = list(call.store["log_entries"].find({}))
    return [{"id": entry["_id"], "timestamp": int(entry["timestamp"].timestamp()), "message": entry["message"]}
            for entry in reversed(entries)]


@route("GET", "/settings")
def settings_get(call):
    """Everything, private keys included."""
    return {"username": call.administrator.get("username"), **configuration.shown(call.store.settings())}


@route("PUT", "/settings")
def settings_put(call):
    """Change those settings that are named: through the front that is all of them."""
    configuration.change(call.server, call.store, call.body())
    return settings_get(call)


@route("GET", "/link")
@route("GET", "/link/<link_id>/location")
def link(call):
    """Links exist with an enterprise plan alone."""
    if "enterprise" not in (call.store.settings()["license_plan"] or ""):
        raise Abort(404)
    return []


# ---- administrators

def _administrator(call):
    administrator = administrators.by_id(call.store, call.params[0])
    if administrator is None:
        raise LookupError(call.params[0])
    return administrator


@route("GET", "/admin", super_user=True)
def admin_list(call):
    """All administrators with their tokens and secrets."""
    audit = call.store.settings()["auditing"] == "all"
    ids = [each["_id"] for each in call.store["administrators"].find({}, {"_id": 1})]
    loaded = (administrators.load(call.store, {"_id": each}) for each in ids)
    return [{**administrators.shown(each), "audit": audit} for each in loaded if each]


@route("GET", "/admin/<admin_id>", super_user=True)
def admin_get(call):
    """One administrator."""
    return administrators.shown(_administrator(call))


@route("PUT", "/admin/<admin_id>", super_user=True)
def admin_put(call):
    """Change one; a token or secret in the body replaces it, and so does a body without auth_api while that was on."""
    administrator = _administrator(call)
    return administrators.shown(administrators.change(call.store, administrator, call.body(), call.request.remote))


@route("POST", "/admin", super_user=True)
def admin_post(call):
    """Make one."""
    return administrators.shown(administrators.create(call.store, call.body(), call.request.remote))


@route("DELETE", "/admin/<admin_id>", super_user=True)
def admin_delete(call):
    """Remove one."""
    administrators.delete(call.store, _administrator(call))
    return {}


@route("GET", "/admin/<admin_id>/audit", super_user=True)
def admin_audit(call):
    """An administrator's audit trail; an entry whose timestamp is no date makes the page fail."""
    found = call.store["users_audit"].find({"user_id": object_id(call.params[0])})
    entries = [{**entry, "timestamp": int(entry["timestamp"].timestamp())} for entry in found]
    return sorted(entries, key=lambda entry: entry["timestamp"], reverse=True)
