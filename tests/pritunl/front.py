# SPDX-License-Identifier: MIT
"""The web front (pritunl-web): it knows the paths, filters them, judges cookies, parses bodies, and forwards to the API."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, unquote_to_bytes

from . import bodies
from .message import TEXT, Answer, Request, html, text

SEGMENT_CUT = 128
NOT_SAFE = re.compile(r"[^A-Za-z0-9\-+=_/,.~@#!& ]")
FORWARDED = ("auth-token", "auth-timestamp", "auth-nonce", "auth-signature", "cookie", "csrf-token")
TOKEN_MIN = 28  # bytes of a session cookie: a nonce of 24, and something behind it
URL_BASE64 = re.compile(r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?")


@dataclass(frozen=True)
class Route:
    """One path that the front knows: open ones ask for no session even when STRICT, body is what must be sent."""

    method: str
    segments: tuple[str, ...]
    open: bool = False
    body: object = None

    def match(self, segments):
        """Whether a path's segments fit; one that begins with a colon takes anything but nothing."""
        return len(segments) == len(self.segments) and all(
            given != "" if own.startswith(":") else given == own
            for own, given in zip(self.segments, segments, strict=True))


def _route(line, body=None):
    method, path, *flags = line.split()
    return Route(method, tuple(path.split("/")[1:]), "open" in flags, body)


ROUTES = [
    _route("GET /ping open"), _route("GET /check open"), _route("GET /login open"), _route("GET /"),
    _route("POST /auth/session open", bodies.SESSION),
    _route("GET /state"), _route("GET /status"), _route("GET /log"), _route("GET /event"), _route("GET /event/:cursor"),
    _route("GET /settings"), _route("PUT /settings", bodies.SETTINGS),
    _route("GET /admin"), _route("GET /admin/:id"), _route("GET /admin/:id/audit"), _route("DELETE /admin/:id"),
    _route("PUT /admin/:id", bodies.ADMIN_PUT), _route("POST /admin", bodies.ADMIN_POST),
    _route("GET /organization"), _route("GET /organization/:org"), _route("DELETE /organization/:org"),
    _route("POST /organization", bodies.ORGANIZATION_POST), _route("PUT /organization/:org", bodies.ORGANIZATION_PUT),
    _route("GET /user/:org"), _route("GET /user/:org/:user"), _route("DELETE /user/:org/:user"),
    _route("POST /user/:org", bodies.USER_POST), _route("PUT /user/:org/:user", bodies.USER_PUT),
    _route("GET /host"), _route("GET /host/:host"),
    _route("GET /server"), _route("GET /server/:server"), _route("GET /server/:server/organization"),
    _route("POST /server", bodies.SERVER), _route("PUT /server/:server", bodies.SERVER),
    _route("GET /server/:server/route"),
    _route("POST /server/:server/route", bodies.ROUTE), _route("POST /server/:server/routes", bodies.ROUTES),
    _route("GET /link"), _route("GET /link/:link/location"),
    _route("GET /key/:a open"), _route("GET /key/:a/:b open"), _route("GET /key/:a/:b/:c open"),
    _route("GET /k/:code open"), _route("GET /ku/:code open"),
]


def _find(method, path):
    segments = path.split("/")[1:]
    return next((route for route in ROUTES if route.method == method and route.match(segments)), None)


def _safe_segment(segment):
    """One segment as it is forwarded: at most 128 bytes, then without the characters that the front does not like."""
    cut = segment.encode("utf-8", "surrogateescape")[:SEGMENT_CUT].decode("utf-8", "replace")
    return NOT_SAFE.sub("", cut)


def _token_cookie(request):
    """The value of the cookie named token, None without one."""
    for pair in request.first("cookie").split(";"):
        name, equals, value = pair.strip().partition("=")
        if name == "token" and equals:
            return unquote(value)
    return None


class Front:
    """Answers requests as the web front does. server.web_mode says whether it is NORMAL or STRICT."""

    def __init__(self, server, api):
        self.server = server
        self.api = api

    def answer(self, request):
        """The answer to one request."""
        path = unquote_to_bytes(request.raw_path).decode("utf-8", "surrogateescape")
        route = _find(request.method, path)
        if route is None:
            return self._unknown(request, path)
        refusal = None if route.open else self._authorize(request, path)
        if refusal is not None:
            return refusal
        body = b""
        if route.body is not None:
            if re.split("[ ;]", request.first("content-type"))[0] != "application/json":
                return Answer(520)
            try:
                body = self._body(request, route.body)
            except ValueError:
                return Answer(400, close=self._too_large(request.body))
        return self._forward(request, path, body)

    def _unknown(self, request, path):
        """A path that is known without its last slash is redirected, before any authentication; others are unknown."""
        if path.endswith("/") and _find(request.method, path[:-1]):
            location = quote(path[:-1]) + ("?" + request.query if request.query else "")
            if request.method == "GET":
                return html(301, f'<a href="{location}">Moved Permanently</a>.\n\n', headers=[("Location", location)])
            return Answer(307, headers=[("Location", location)])  # 307 is not observed, but how Go's gin does it
        return Answer(404, b"404 page not found", "text/plain")

    def _authorize(self, request, path):
        """The cookie named token is judged first, even beside a good signature; without one STRICT refuses.

        Fronts from before there was a STRICT mode judge nothing.
        """
        release = self.server.release
        if not self.server.initialized:
            return text(401, "Not initialized") if release.has("not_initialized") else Answer(502)  # 502: a guess
        if not release.has("strict_front"):
            return None
        cookie = _token_cookie(request)
        if cookie is None:
            if self.server.web_mode == "normal":
                return None
            self.server.diary.session_ended()
            words = "Missing token"
        elif cookie in self.server.console_sessions:
            return None
        elif not URL_BASE64.fullmatch(cookie):
            words = "Failed to decode token"
        elif len(cookie.rstrip("=")) * 3 // 4 < TOKEN_MIN:
            words = "Token length invalid"
        else:
            words = "Failed to decrypt token"  # not observed: what the front must say of a cookie that is not its own
        if path == "/":
            return Answer(302, headers=[("Location", "/login")])
        return text(401, words)

    def _too_large(self, body):
        limit = self.server.release.body_max
        return limit is not None and len(body) > limit

    def _body(self, request, shape):
        """The body as the front understands it, written anew; ValueError if it does not."""
        if self._too_large(request.body):
            raise ValueError("body too large")
        value, _ = json.JSONDecoder().raw_decode(request.body.decode("utf-8", "replace").lstrip())
        return json.dumps(shape(value)).encode()

    def _forward(self, request, path, body):
        if self.server.api_down:
            return Answer(502)
        headers = [(name, request.first(name)) for name in FORWARDED if request.first(name)]
        if body:
            headers.append(("content-type", "application/json"))
        if self.server.release.has("path_filter"):
            path = "/".join(_safe_segment(segment) for segment in path.split("/"))
        safe = quote(path.encode("utf-8", "surrogateescape"))
        forwarded = Request(request.method, safe, headers, body, remote=request.remote)
        forwarded.target += "?" + request.query if request.query else ""
        return self.api.answer(forwarded)


def too_plain():
    """What Go answers to plain HTTP on a TLS port."""
    return Answer(400, raw=b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")


def malformed():
    """What Go answers to bytes that are no HTTP request."""
    return Answer(400, b"400 Bad Request", TEXT, close=True)
