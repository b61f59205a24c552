# SPDX-License-Identifier: MIT
"""What the API answers about VPN servers and their routes."""

from __future__ import annotations

import ipaddress

from . import administrators, seed
from .routing import one, paged, table

ROUTES, route = table()
PROTOCOLS = ("udp", "tcp", "udp6", "tcp6")
PROTOCOL_INVALID = ("protocol_invalid", "Protocol is not valid.")
EVERYWHERE = "0.0.0.0/0"

ROUTE_FIELDS = ("network", "comment", "metric", "nat", "nat_interface", "nat_netmap", "advertise", "vpc_region", "vpc_id",
                "net_gateway")


def _server(document):
    names = ("name", "status", "network", "port", "protocol", "groups")
    return {"id": str(document["_id"]), **{name: document.get(name) for name in names}, "groups": document.get("groups") or []}


def _route(stored, **more):
    return {"id": stored["network"].encode().hex(), **{name: stored.get(name) for name in ROUTE_FIELDS}, **more}


@route("GET", "/server")
def server_list(call):
    """All VPN servers."""
    return paged(call, "servers", [_server(each) for each in call.store["servers"].find({})])


@route("GET", "/server/<server_id>")
def server_get(call):
    """One VPN server."""
    return _server(one(call, "servers", call.params[0]))


@route("GET", "/server/<server_id>/organization")
def server_organizations(call):
    """The organizations attached to a server."""
    server = one(call, "servers", call.params[0])
    found = call.store["organizations"].find({"_id": {"$in": server["organizations"]}})
    return [{"id": str(each["_id"]), "name": each["name"], "server": str(server["_id"])} for each in found]


@route("POST", "/server")
def server_post(call):
    """Make one."""
    body = call.body()
    if body.get("protocol") not in PROTOCOLS:
        raise administrators.Rejected(*PROTOCOL_INVALID)
    fields = {name: body[name] for name in ("network", "port", "protocol") if body.get(name)}
    return _server(seed.server(call.server.db, administrators.filtered(body["name"]), **fields))


@route("PUT", "/server/<server_id>")
def server_put(call):
    """Change what is named; the front sends everything, and an empty protocol is none."""
    server, body = one(call, "servers", call.params[0]), call.body()
    if "protocol" in body and body["protocol"] not in PROTOCOLS:
        raise administrators.Rejected(*PROTOCOL_INVALID)
    changes = {name: body[name] for name in ("name", "network", "port", "protocol", "groups") if name in body}
    if changes:
        call.store["servers"].update_one({"_id": server["_id"]}, {"$set": changes})
    return _server({**server, **changes})


def sorted_routes(server):
    """A server's routes as Pritunl sorts them: everywhere, its own virtual network, the others by text.

    The virtual network is stored only once it was touched.
    """
    stored = {each["network"]: each for each in server["routes"]}
    own = stored.pop(server["network"], {"network": server["network"], "nat": False})
    first = [stored.pop(EVERYWHERE)] if EVERYWHERE in stored else []
    others = [stored[network] for network in sorted(stored)]
    return [_route(each, virtual_network=each is own) for each in [*first, own, *others]]


@route("GET", "/server/<server_id>/route")
def route_list(call):
    """A server's routes, its own virtual network among them."""
    server = one(call, "servers", call.params[0])
    return [{**each, "server": str(server["_id"])} for each in sorted_routes(server)]


def _upsert_route(routes, data):
    try:
        network = str(ipaddress.ip_network(data["network"]))
    except ValueError:
        raise administrators.Rejected("server_route_invalid", "Network address of route is invalid.") from None
    new = {name: data.get(name) or None for name in ROUTE_FIELDS}
    flags = {name: bool(data.get(name)) for name in ("nat", "advertise", "net_gateway")}
    new = {**new, **flags, "network": network}
    routes[network] = new       # in the place of the one that is there
    return new


def _add_routes(call, items):
    server = one(call, "servers", call.params[0])
    if server.get("status") == "online":
        raise administrators.Rejected("server_route_online", "Server must be offline to add route.")
    routes = {each["network"]: each for each in server["routes"]}
    added = [_upsert_route(routes, item) for item in items]
    call.store["servers"].update_one({"_id": server["_id"]}, {"$set": {"routes": list(routes.values())}})
    return _route(added[-1], server=str(server["_id"]))


@route("POST", "/server/<server_id>/route")
def route_post(call):
    """Add or update one route."""
    return _add_routes(call, [call.body()])


@route("POST", "/server/<server_id>/routes")
def routes_post(call):
    """Add or update many; the last one is answered, and none at all is a 500."""
    return _add_routes(call, call.body())
