# SPDX-License-Identifier: MIT
"""A port: connections, TLS, keep-alive, one thread a connection. What a request is answered is not decided here."""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading

from . import front
from .message import BadRequest, Reader, to_bytes
from .proxy import Cut

QUIETLY = contextlib.suppress(OSError, ValueError)  # what closing a socket may complain about
HANDSHAKE_S = 30
IDLE_S = 60
LOOKS_LIKE_HTTP = (b"GET /", b"HEAD ", b"POST ", b"PUT /", b"OPTIO")


def tls_context(certfile, keyfile):
    """TLS 1.2 and 1.3, as the web front speaks them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certfile, keyfile)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _bound(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock


class Listener:
    """One port. answer(request) gives each answer; server keeps the record of it, and says which faults to play."""

    connection_numbers = itertools.count(1)

    def __init__(self, server, host, port, answer, *, tls=None):
        self.server = server
        self.host = host
        self.answer = answer
        self.context = tls_context(*tls) if tls else None
        self.kept = _bound(host, port)  # never listens: it keeps the port ours while the real one is closed
        self.port = self.kept.getsockname()[1]
        self.lock = threading.Lock()
        self.connections = {}
        self.socket = None
        self.accepted = 0
        self.handshake_errors = []

    def open(self):
        """Begin to accept connections."""
        listening = _bound(self.host, self.port)
        self.socket = listening
        listening.listen(128)
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def close(self):
        """Refuse connections and end those that there are; open() begins again."""
        listening, self.socket = self.socket, None
        if listening is not None:
            with QUIETLY:
                listening.shutdown(socket.SHUT_RDWR)  # wakes accept()
            listening.close()
        self.drop()

    def drop(self):
        """End all connections; one that is being answered right now gets its answer first."""
        with self.lock:
            for sock, busy in list(self.connections.items()):
                if busy:
                    self.connections[sock] = "last"
                else:
                    with QUIETLY:
                        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # beneath TLS, whose state belongs to its thread

    def end(self):
        """Close for good."""
        self.close()
        self.kept.close()

    def _accept(self, listening):
        while True:
            try:
                sock, address = listening.accept()
            except OSError:
                if self.socket is not listening:
                    return
                continue  # the client gave up before it was accepted
            hang = self.server.hang_handshake
            self.accepted += 1
            threading.Thread(target=self._connection, args=(sock, address[0], hang), daemon=True).start()

    def _connection(self, sock, remote, hang):
        number = next(self.connection_numbers)
        with self.lock:
            self.connections[sock] = None
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(HANDSHAKE_S)
            if hang:
                self.server.wait_while(lambda: self.server.hang_handshake)
                return
            if self.context is not None:
                plain, sock = sock, self._handshake(sock)
                with self.lock:
                    del self.connections[plain]
                    self.connections[sock] = None
            sock.settimeout(IDLE_S)
            self._talk(sock, number, remote)
        except (OSError, ValueError):
            pass  # the client left, or an aborted handshake: nothing to report
        finally:
            with self.lock:
                self.connections.pop(sock, None)
            _finish(sock)

    def _handshake(self, sock):
        """The encrypted socket, in place of the plain one; plain HTTP that comes instead is answered here."""
        start = sock.recv(5, socket.MSG_PEEK)
        if start.startswith(LOOKS_LIKE_HTTP):
            sock.recv(65536)
            sock.sendall(front.too_plain().raw)
            raise ConnectionError("plain HTTP on a TLS port")
        try:
            return self.context.wrap_socket(sock, server_side=True)
        except OSError as error:
            self.handshake_errors.append(str(error))
            raise

    def _talk(self, sock, number, remote):
        reader = Reader(sock)
        for count in itertools.count(1):
            try:
                request = reader.request()
            except BadRequest:
                sock.sendall(to_bytes(front.malformed(), front.Request("GET", "/"), self.server.now_s(), True))
                return
            if request is None:
                return
            with self.lock:
                self.connections[sock] = "busy"
            request.remote = remote
            if not self._exchange(sock, request, number, count):
                return
            with self.lock:
                if self.connections[sock] == "last":
                    return
                self.connections[sock] = None

    def _exchange(self, sock, request, number, count):
        """Answer one request; whether the connection goes on."""
        record = self.server.note(request, number, self.port)
        try:
            answer = self.answer(request)
        except Cut:
            return False
        record.status, record.reason = answer.status, answer.reason
        if self.server.on_answer is not None:
            self.server.on_answer(record)
        last = self.server.close_after and count >= self.server.close_after
        asked = request.first("connection").lower() == "close" or request.version == "HTTP/1.0" or answer.close
        sock.sendall(to_bytes(answer, request, self.server.now_s(), asked or (last and not self.server.close_silently)))
        return not (asked or last or answer.raw is not None)


def _finish(sock):
    """Say goodbye, in TLS without waiting for the client's, and close."""
    with QUIETLY:
        if isinstance(sock, ssl.SSLSocket):
            sock.settimeout(0)
            sock.unwrap()
    with QUIETLY:
        socket.socket.shutdown(sock, socket.SHUT_WR)
    with QUIETLY:
        sock.close()
