# SPDX-License-Identifier: MIT
"""Tables of paths, and what their handlers share."""

from __future__ import annotations

from bson import ObjectId

PAGE_SIZE = 10


def table():
    """A table, and the decorator that puts a handler into it."""
    routes = []

    def route(method, path, *, open=False, super_user=False):  # as Pritunl calls it
        """Register a handler: open ones need no signature, super_user ones an administrator who is one."""
        def register(handler):
            handler.open = open
            handler.super_user = super_user
            routes.append((method, path, handler))
            return handler
        return register
    return routes, route


def object_id(text):
    """An id as Pritunl reads it: None where it is none."""
    return ObjectId(text) if ObjectId.is_valid(text) else None


def one(call, collection, text):
    """One document by its id; an unknown id ends in 500, as an attribute of None does in Pritunl."""
    document = call.store[collection].find_one({"_id": object_id(text)})
    if document is None:
        raise LookupError(text)
    return document


def paged(call, name, items):
    """The whole list, or one page of it. page_total is the number of the last page, the first being 0."""
    page = call.page()
    if page is None:
        return items
    first = page * PAGE_SIZE
    return {"page": page, "page_total": max(0, len(items) - 1) // PAGE_SIZE, name: items[first:first + PAGE_SIZE]}
