# SPDX-License-Identifier: MIT
"""What stands between a client and Pritunl when something is wrong: delays, cuts, proxies that change or answer requests."""

from __future__ import annotations

import itertools
from dataclasses import replace

from .message import JSON, Answer, html

PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in to the network</title></head><body>Accept the terms.</body></html>\n"
NOT_FOUND = "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>404 Not Found</body>\r\n</html>\r\n"
FOREIGN = '{"message": "Not Found", "documentation_url": "https://example.com/rest"}'
AUTH_HEADERS = ("auth-token", "auth-timestamp", "auth-nonce", "auth-signature")


class Cut(Exception):
    """The connection is to be cut without an answer."""


class Proxy:
    """Passes requests on to `behind`, with the faults that the behaviour asks for."""

    def __init__(self, server, behind):
        self.server = server
        self.behind = behind
        self.count = itertools.count(1)

    def answer(self, request):
        """The answer that the client gets; raises Cut if it gets none."""
        server = self.server
        if server.faults_on is not None and not server.faults_on(request):
            return self.behind(request)
        number = next(self.count)
        if server.hang:
            server.wait_while(lambda: server.hang)
            raise Cut
        cut = server.cut_every and number % server.cut_every == 0
        if cut and not server.cut_after:
            raise Cut
        own = self._own(request, number)
        answer = own if own is not None else self._passed_on(request)
        if server.answer_delay_s:
            server.pause(server.answer_delay_s)
        if cut:
            raise Cut
        return answer

    def _own(self, request, number):
        """The answer of something that is not Pritunl, or None."""
        server = self.server
        if server.bad_gateway_every and number % server.bad_gateway_every == 0:
            return Answer(502)
        if server.redirect_to:
            location = server.redirect_to.rstrip("/") + request.target
            return Answer(server.redirect_status, headers=[("Location", location)])
        if server.captive_page:
            return html(server.captive_status, PAGE if server.captive_page is True else server.captive_page)
        if server.foreign_json:
            return Answer(200, (FOREIGN if server.foreign_json is True else server.foreign_json).encode(), JSON)
        if server.odd_status:
            return html(server.odd_status, "")
        if server.path_removed and not request.raw_path.startswith(server.path_removed):
            return html(404, NOT_FOUND)
        return None

    def _passed_on(self, request):
        changed = self._changed(request)
        answer = self.behind(changed)
        return self.behind(changed) if self.server.replay else answer

    def _changed(self, request):
        """The request as it reaches Pritunl."""
        server = self.server
        path = request.raw_path.removeprefix(server.path_removed) or "/"
        path = server.path_added + path
        if server.rewrite is not None:
            path = server.rewrite(path)
        gone = AUTH_HEADERS if server.strip_auth is True else tuple(name.lower() for name in server.strip_auth or ())
        headers = [(name, value) for name, value in request.headers if name not in gone]
        return replace(request.with_path(path), headers=headers)
