# SPDX-License-Identifier: MIT
"""The API server: routing, authentication and errors. What each path answers is in resources.py."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from . import administrators, auth
from .message import TEXT, Answer, as_json, decode_path, html

METHOD = re.compile(r"[A-Z][A-Z0-9!#$%&'*+.^_`|~-]*")
PHRASES = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Not Allowed",
    415: "Unsupported Media Type", 500: "Internal Server Error", 504: "Gateway Timeout",
}
REQUIRES_SUPER_USER = ("requires_super_user", "This administrator action can only be performed by a super user.")


class Abort(Exception):
    """End this request with this status."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


@dataclass
class Call:
    """One routed request, as a resource sees it."""

    server: object
    store: object
    request: object
    params: tuple
    administrator: dict | None = None

    def body(self):
        """The request's JSON: 415 without its content type, 400 if it is none."""
        kind = self.request.last("content-type").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise Abort(415)
        try:
            return json.loads(self.request.body)
        except ValueError:
            raise Abort(400) from None

    def page(self):
        """The page asked for, None without one."""
        value = parse_qs(self.request.query).get("page", [""])[0]
        return int(value) if value else None


def _error(status, **more):
    return html(status, f"{status}: {PHRASES[status]}", **more)


def _rejected(error):
    code, message = error
    return as_json({"error": code, "error_msg": message}, 400)


class Api:
    """Answers requests as Pritunl's own HTTP server does, without the web front before it."""

    def __init__(self, server, store, routes):
        self.server = server
        self.store = store
        self.routes = [(method, re.compile(_pattern(path)), handler) for method, path, handler in routes]

    def answer(self, request):
        """The answer to one request."""
        if not METHOD.fullmatch(request.method):
            return Answer(400, b"Malformed method name", TEXT, close=True)
        if not request.target.startswith("/") or request.target.startswith("//"):
            return Answer(400, b"Invalid path in Request-URI", TEXT, close=True)
        path = decode_path(request.raw_path)
        found = [(method, match.groups(), handler) for method, pattern, handler in self.routes
                 if (match := pattern.fullmatch(path))]
        if not found:
            return _error(404)
        wanted = "GET" if request.method == "HEAD" else request.method
        for method, params, handler in found:
            if method == wanted:
                return self._call(Call(self.server, self.store, request, params), path, handler)
        allowed = ", ".join(sorted({method for method, _, _ in found}))
        return _error(405, headers=[("Allow", allowed)])

    def _call(self, call, path, handler):
        try:
            if not handler.open:
                call.administrator = auth.authenticate(
                    call.request, path, self.store, self.server.now_s(), self.server.release)
            if handler.super_user and not call.administrator.get("super_user", True):
                return _rejected(REQUIRES_SUPER_USER)
            result = handler(call)
            return result if isinstance(result, Answer) else as_json(result)
        except auth.Refused as refusal:
            if refusal.reason is not None:
                self.server.diary.refused(call.request.remote, refusal.reason)
            return _error(401, reason=refusal.reason)
        except administrators.Rejected as rejection:
            return _rejected(rejection.args)
        except Abort as abort:
            return _error(abort.status)
        except Exception as error:  # whatever goes wrong inside Pritunl is a 500
            return _error(500, reason=f"{type(error).__name__}: {error}")


def _pattern(path):
    """A route's path as an expression: `<name>` is one segment."""
    return re.sub(r"<\w+>", "([^/]+)", path)
