# SPDX-License-Identifier: MIT
"""What each path of the API answers, read from the database at every request."""

from __future__ import annotations

import ipaddress
import re
import secrets

from bson import ObjectId

from . import administrators, console
from .api import Abort
from .message import Answer, html

HEARTBEAT_MAX_S = 30
PAGE_SIZE = 10
ROUTES = []


def route(method, path, *, open=False, super_user=False):  # as Pritunl calls it
    """Register a handler: open ones need no signature, super_user ones an administrator who is one."""
    def register(handler):
        handler.open = open
        handler.super_user = super_user
        ROUTES.append((method, path, handler))
        return handler
    return register


def _object_id(text):
    return ObjectId(text) if ObjectId.is_valid(text) else None


def _one(call, collection, text):
    """One document by its id; an unknown id ends in 500, as an attribute of None does in Pritunl."""
    document = call.store[collection].find_one({"_id": _object_id(text)})
    if document is None:
        raise LookupError(text)
    return document


def _paged(call, name, items):
    """The whole list, or one page of it. page_total is the number of the last page, the first being 0."""
    page = call.page()
    if page is None:
        return items
    first = page * PAGE_SIZE
    return {"page": page, "page_total": max(0, len(items) - 1) // PAGE_SIZE, name: items[first:first + PAGE_SIZE]}


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
    administrator = console.login(
        call.store, call.server.now_s(), body["username"], body["password"], body.get("otp_code"))
    if administrator is None:
        return Answer(401, b'{"error": "auth_invalid", "error_msg": "Authentication credentials are invalid."}',
                      "application/json")
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


@route("GET", "/status")
def status(call):
    """Counts; writes nothing but the nonce."""
    store = call.store
    return {
        "org_count": store["organizations"].count_documents({}),
        "users_online": 0,
        "user_count": store["users"].count_documents({"type": "client"}),
        "servers_online": store["servers"].count_documents({"status": "online"}),
        "server_count": store["servers"].count_documents({}),
        "hosts_online": store["hosts"].count_documents({"status": "online"}),
        "host_count": store["hosts"].count_documents({}),
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
    shown = {name: value for name, value in call.store.settings().items() if name != "_id"}
    return {"username": call.administrator.get("username"), **shown}


@route("PUT", "/settings")
def settings_put(call):
    """Change those settings that are named."""
    body = call.body()
    changes = {name: value for name, value in body.items() if name != "_id"}
    if changes:
        call.store["settings"].update_one({"_id": "app"}, {"$set": changes}, upsert=True)
        call.store.drop_settings_cache()
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
    found = call.store["users_audit"].find({"user_id": _object_id(call.params[0])})
    entries = [{**entry, "timestamp": int(entry["timestamp"].timestamp())} for entry in found]
    return sorted(entries, key=lambda entry: entry["timestamp"], reverse=True)


# ---- organizations, users, hosts

def _organization(document):
    shown = {name: document.get(name) for name in ("name", "auth_api", "auth_token", "auth_secret")}
    return {"id": str(document["_id"]), **shown}


@route("GET", "/organization")
def organization_list(call):
    """Organizations by name."""
    found = sorted(call.store["organizations"].find({"type": "org"}), key=lambda each: each["name"])
    shown = [{**_organization(each), "user_count": call.store["users"].count_documents({"org_id": each["_id"]})}
             for each in found]
    return _paged(call, "organizations", shown)


@route("GET", "/organization/<org_id>")
def organization_get(call):
    """One organization."""
    return _organization(_one(call, "organizations", call.params[0]))


USER_FIELDS = ("name", "email", "type", "disabled", "groups", "auth_type", "otp_secret")


@route("GET", "/user/<org_id>")
def user_list(call):
    """An organization's users by name."""
    org = _one(call, "organizations", call.params[0])
    found = sorted(call.store["users"].find({"org_id": org["_id"]}), key=lambda each: each["name"])
    owner = {"organization": str(org["_id"]), "organization_name": org["name"]}
    shown = [{"id": str(each["_id"]), **owner, **{name: each.get(name) for name in USER_FIELDS}} for each in found]
    answer = _paged(call, "users", shown)
    return {**answer, "server_count": 0} if isinstance(answer, dict) else answer


HOST_FIELDS = ("name", "hostname", "status", "version", "public_address", "auto_public_address", "auto_public_host",
               "local_address", "auto_local_address", "availability_group")


def _host(document):
    return {"id": document["_id"], **{name: document.get(name) for name in HOST_FIELDS}}


@route("GET", "/host")
def host_list(call):
    """All hosts of the cluster."""
    return _paged(call, "hosts", [_host(each) for each in call.store["hosts"].find({})])


@route("GET", "/host/<host_id>")
def host_get(call):
    """One host."""
    document = call.store["hosts"].find_one({"_id": call.params[0]})
    if document is None:
        raise LookupError(call.params[0])
    return _host(document)


# ---- servers and their routes

ROUTE_FIELDS = ("network", "comment", "metric", "nat", "nat_interface", "nat_netmap", "advertise", "vpc_region", "vpc_id",
                "net_gateway")


def _server(document):
    names = ("name", "status", "network", "port", "protocol", "groups")
    return {"id": str(document["_id"]), **{name: document.get(name) for name in names}}


def _route(stored, **more):
    return {"id": stored["network"].encode().hex(), **{name: stored.get(name) for name in ROUTE_FIELDS}, **more}


@route("GET", "/server")
def server_list(call):
    """All VPN servers."""
    return _paged(call, "servers", [_server(each) for each in call.store["servers"].find({})])


@route("GET", "/server/<server_id>")
def server_get(call):
    """One VPN server."""
    return _server(_one(call, "servers", call.params[0]))


@route("GET", "/server/<server_id>/organization")
def server_organizations(call):
    """The organizations attached to a server."""
    server = _one(call, "servers", call.params[0])
    found = call.store["organizations"].find({"_id": {"$in": server["organizations"]}})
    return [{"id": str(each["_id"]), "name": each["name"], "server": str(server["_id"])} for each in found]


@route("GET", "/server/<server_id>/route")
def route_list(call):
    """A server's routes; the first one is its own virtual network."""
    server = _one(call, "servers", call.params[0])
    own = _route({"network": server["network"], "nat": False}, virtual_network=True)
    stored = [_route(each, virtual_network=False) for each in server["routes"]]
    return [{**each, "server": str(server["_id"])} for each in [own, *stored]]


def _upsert_route(server, data):
    try:
        network = str(ipaddress.ip_network(data["network"]))
    except ValueError:
        raise administrators.Rejected("server_route_invalid", "Network address of route is invalid.") from None
    new = {name: data.get(name) or None for name in ROUTE_FIELDS}
    flags = {name: bool(data.get(name)) for name in ("nat", "advertise", "net_gateway")}
    new = {**new, **flags, "network": network}
    for position, each in enumerate(server["routes"]):
        if each["network"] == network:
            server["routes"][position] = new
            return new
    server["routes"].append(new)
    return new


def _add_routes(call, items):
    server = _one(call, "servers", call.params[0])
    if server.get("status") == "online":
        raise administrators.Rejected("server_route_online", "Server must be offline to add route.")
    added = [_upsert_route(server, item) for item in items]
    call.store["servers"].update_one({"_id": server["_id"]}, {"$set": {"routes": server["routes"]}})
    return _route(added[-1], server=str(server["_id"]))


@route("POST", "/server/<server_id>/route")
def route_post(call):
    """Add or update one route."""
    return _add_routes(call, [call.body()])


@route("POST", "/server/<server_id>/routes")
def routes_post(call):
    """Add or update many; the last one is answered, and none at all is a 500."""
    return _add_routes(call, call.body())
