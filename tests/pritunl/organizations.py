# SPDX-License-Identifier: MIT
"""What the API answers about organizations, their users, and hosts."""

from __future__ import annotations

from bson import ObjectId

from . import administrators, seed
from .routing import one, paged, table

ROUTES, route = table()
LISTED_USERS = ("client", "server")  # beside ca, client_pool and server_pool


def _organization(document):
    shown = {name: document.get(name) for name in ("name", "auth_api", "auth_token", "auth_secret")}
    return {"id": str(document["_id"]), **shown}


@route("GET", "/organization")
def organization_list(call):
    """Organizations by name."""
    found = sorted(call.store["organizations"].find({"type": "default"}), key=lambda each: each["name"])
    shown = [{**_organization(each), "user_count": call.store["users"].count_documents({"org_id": each["_id"]})}
             for each in found]
    return paged(call, "organizations", shown)


@route("GET", "/organization/<org_id>")
def organization_get(call):
    """One organization."""
    return _organization(one(call, "organizations", call.params[0]))


@route("POST", "/organization")
def organization_post(call):
    """Make one: its keys are made while the client waits."""
    call.server.pause(call.server.key_s)
    fields = {"auth_api": call.body().get("auth_api") or None}
    return _organization(seed.organization(call.server.db, administrators.filtered(call.body()["name"]), **fields))


@route("PUT", "/organization/<org_id>")
def organization_put(call):
    """Change what is named (not observed: read); through the front that is everything, the name too."""
    org, body = one(call, "organizations", call.params[0]), call.body()
    changes = {}
    if "name" in body:
        changes["name"] = administrators.filtered(body["name"]) or None
    if "auth_api" in body:
        changes["auth_api"] = body["auth_api"] or None
    for name in ("auth_token", "auth_secret"):
        if body.get(name):
            changes[name] = seed.random_text()
    if changes:
        call.store["organizations"].update_one({"_id": org["_id"]}, {"$set": changes})
    return _organization({**org, **changes})


@route("DELETE", "/organization/<org_id>")
def organization_delete(call):
    """Remove one and its users."""
    org = one(call, "organizations", call.params[0])
    call.store["users"].delete_many({"org_id": org["_id"]})
    call.store["organizations"].delete_one({"_id": org["_id"]})
    return {}


USER_FIELDS = ("name", "email", "type", "disabled", "groups", "auth_type", "otp_secret")
USER_TEXTS = ("email", "auth_type", "yubico_id", "dns_suffix")
USER_FLAGS = ("disabled", "bypass_secondary", "client_to_client")
USER_LISTS = ("groups", "network_links", "mac_addresses", "dns_servers", "port_forwarding")


def _user(document, org):
    owner = {"organization": str(org["_id"]), "organization_name": org["name"]}
    shown = {name: document.get(name) for name in USER_FIELDS}
    defaults = {"disabled": bool(shown["disabled"]), "groups": shown["groups"] or []}  # a guess, where the document has neither
    return {"id": str(document["_id"]), **owner, **shown, **defaults}


def _user_of(call, org):
    document = call.store["users"].find_one({"org_id": org["_id"], "_id": ObjectId(call.params[1])})
    if document is None:
        raise LookupError(call.params[1])
    return document


@route("GET", "/user/<org_id>")
def user_list(call):
    """An organization's users by name."""
    org = one(call, "organizations", call.params[0])
    found = call.store["users"].find({"org_id": org["_id"], "type": {"$in": LISTED_USERS}})
    shown = [_user(each, org) for each in sorted(found, key=lambda each: each["name"])]
    answer = paged(call, "users", shown)
    return {**answer, "server_count": 0} if isinstance(answer, dict) else answer


@route("GET", "/user/<org_id>/<user_id>")
def user_get(call):
    """One user."""
    org = one(call, "organizations", call.params[0])
    return _user(_user_of(call, org), org)


@route("POST", "/user/<org_id>")
def user_post(call):
    """Make one: its keys are made while the client waits."""
    org, body = one(call, "organizations", call.params[0]), call.body()
    call.server.pause(call.server.key_s)
    fields = {name: body[name] for name in (*USER_FLAGS, *USER_LISTS) if body.get(name)}
    made = seed.user(call.server.db, org, administrators.filtered(body["name"]), body.get("email") or None, **fields)
    return [_user(made, org)]


@route("PUT", "/user/<org_id>/<user_id>")
def user_put(call):
    """Change what is named; through the front that is everything, empty where it was not sent."""
    org = one(call, "organizations", call.params[0])
    document, body = _user_of(call, org), call.body()
    changes = {name: body[name] or None for name in USER_TEXTS if name in body}
    changes |= {name: bool(body[name]) for name in USER_FLAGS if name in body}
    changes |= {name: body[name] or [] for name in USER_LISTS if name in body}
    if "name" in body:
        changes["name"] = administrators.filtered(body["name"]) or "undefined"
    if changes:
        call.store["users"].update_one({"_id": document["_id"]}, {"$set": changes})
    return _user({**document, **changes}, org)


@route("DELETE", "/user/<org_id>/<user_id>")
def user_delete(call):
    """Remove one."""
    org = one(call, "organizations", call.params[0])
    call.store["users"].delete_one({"_id": _user_of(call, org)["_id"]})
    return {}


HOST_FIELDS = ("name", "hostname", "status", "version", "public_address", "auto_public_address", "auto_public_host",
               "local_address", "auto_local_address", "availability_group")


def _host(document):
    return {"id": document["_id"], **{name: document.get(name) for name in HOST_FIELDS}}


@route("GET", "/host")
def host_list(call):
    """All hosts of the cluster."""
    return paged(call, "hosts", [_host(each) for each in call.store["hosts"].find({})])


@route("GET", "/host/<host_id>")
def host_get(call):
    """One host."""
    document = call.store["hosts"].find_one({"_id": call.params[0]})
    if document is None:
        raise LookupError(call.params[0])
    return _host(document)
