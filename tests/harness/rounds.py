# SPDX-License-Identifier: MIT
"""Count the round trips that a client waits for, over all its connections together.

What a round trip is. The client has sent something, or asked for a connection, and the network answers; what it does at the
same time on other connections is answered at the same time and costs nothing more. So an operator would count who multiplies
the latency of the line to learn how long a command takes.

How it is counted. Everything between the client and its servers goes through proxies of one Rounds. What servers say is held
back until nothing has moved anywhere for `quiet` seconds, that is, until the client can go no further without an answer; then
all that was held is delivered at once, on every connection. Each such delivery is one round trip. A connection costs one before
its first byte: the kernel accepts it at once, but what the client sends on it goes out only with the next delivery. A delivery
that answers nothing new (a late part of an earlier answer), or that goes to connections which the client has closed by then, is
not counted: nobody waited for it. TLS needs no understanding: its flights are deliveries like any other. The latency is that of
the slowest in the round, so the count does not depend on the speed of the machine as long as everybody acts within `quiet`.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field

HOST = "127.0.0.1"


@dataclass
class Proxy:
    """Where to send the client instead of the target."""

    name: str
    target: tuple[str, int]
    host: str
    port: int
    connections: int = 0

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"{self.host}:{self.port}"


@dataclass(eq=False)
class Line:
    """One connection: the sockets on both sides, and what waits in it."""

    proxy: Proxy
    number: int
    client: socket.socket
    server: socket.socket
    connecting: bool = True     # the client believes that it is connected; the network has not said so yet
    asked: bool = True          # the client did something that was not answered
    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)
    server_ended: bool = False
    client_ended: bool = False

    def held(self) -> bool:
        """Whether a delivery would bring the client something."""
        return self.connecting or bool(self.down) or self.server_ended

    def __str__(self) -> str:
        return f"{self.proxy.name}#{self.number}"


class Rounds:
    """
    quiet      seconds without any movement that end a round
    patience   seconds without any movement to wait for a server that was asked and says nothing
    """

    def __init__(self, quiet: float = 0.1, patience: float = 0.5):
        self.quiet, self.patience = quiet, patience
        self.history: list[str] = []        # a line for every counted round
        self._selector = selectors.DefaultSelector()
        self._lines: list[Line] = []
        self._listeners: list[socket.socket] = []
        self._lock = threading.RLock()
        self._moved = time.monotonic()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._stop = False
        self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)
        self._thread.start()

    @property
    def trips(self) -> int:
        """The sequential round trips so far."""
        with self._lock:
            return len(self.history)

    def proxy(self, host: str, port: int, name: str | None = None) -> Proxy:
        """A loopback address that leads to this target, counted."""
        listener = socket.create_server((HOST, 0), backlog=128)
        listener.setblocking(False)
        made = Proxy(name or f"{host}:{port}", (host, port), HOST, listener.getsockname()[1])
        with self._lock:
            self._listeners.append(listener)
            self._selector.register(listener, selectors.EVENT_READ, made)
        self._wake.send(b"!")
        return made

    def reset(self) -> None:
        """Count from zero again."""
        with self._lock:
            self.history.clear()

    def report(self) -> str:
        """What happened in each round: for the message of an assertion."""
        with self._lock:
            return "\n".join(f"{number:2} {line}" for number, line in enumerate(self.history, 1))

    def close(self) -> None:
        """End all connections."""
        self._stop = True
        self._wake.send(b"!")
        self._thread.join(10)
        for line in list(self._lines):
            self._end(line)
        for item in (*self._listeners, self._wake, self._woken):
            item.close()
        self._selector.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # How it is done: one thread does everything

    def _run(self) -> None:
        while not self._stop:
            with self._lock:
                wait = self._wait()
            events = self._selector.select(wait)
            with self._lock:
                for key, _ in events:
                    self._event(key)
                if not events and any(line.held() for line in self._lines):
                    self._deliver()

    def _wait(self) -> float | None:
        """Seconds until the next delivery, None while there is nothing to deliver."""
        if not any(line.held() for line in self._lines):
            return None
        outstanding = any(line.asked and not line.held() and not line.client_ended for line in self._lines)
        return max(0, self._moved + (self.patience if outstanding else self.quiet) - time.monotonic())

    def _event(self, key: selectors.SelectorKey) -> None:
        if key.data is None:
            self._woken.recv(64)
            return
        self._moved = time.monotonic()
        if isinstance(key.data, Proxy):
            self._accept(key.fileobj, key.data)
        elif key.fileobj is key.data.client:
            self._from_client(key.data)
        else:
            self._from_server(key.data)

    def _accept(self, listener: socket.socket, proxy: Proxy) -> None:
        client, _ = listener.accept()
        try:
            server = socket.create_connection(proxy.target, timeout=5)
        except OSError:
            client.close()
            return
        proxy.connections += 1
        line = Line(proxy, proxy.connections, client, server)
        for item in (client, server):
            item.settimeout(10)
            item.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(item, selectors.EVENT_READ, line)
        self._lines.append(line)

    def _from_client(self, line: Line) -> None:
        data = _receive(line.client)
        if not data:
            line.client_ended = True
            self._selector.unregister(line.client)
            if line.connecting or not _send(line.server, b"", end=True) or line.server_ended:
                self._end(line)
        elif line.connecting:
            line.up += data
        else:
            line.asked = True
            if not _send(line.server, data):
                line.server_ended = True

    def _from_server(self, line: Line) -> None:
        data = _receive(line.server)
        line.down += data
        if not data:
            line.server_ended = True
            self._selector.unregister(line.server)
            if line.client_ended:
                self._end(line)

    def _deliver(self) -> None:
        """End the round: hand over all that is held."""
        parts = []
        for line in [line for line in self._lines if line.held()]:
            waited = line.asked and not line.client_ended
            if line.connecting:
                line.connecting, said = False, "connected"
                line.asked = bool(line.up)
                if not _send(line.server, bytes(line.up)):
                    line.server_ended = True
                line.up.clear()
            else:
                said = f"{len(line.down)} bytes" + (", closed" if line.server_ended else "")
                line.asked = False
                alive = _send(line.client, bytes(line.down), end=line.server_ended)
                waited = waited and alive
                line.down.clear()
                if line.server_ended or not alive:
                    self._end(line)
            if waited:
                parts.append(f"{line} {said}")
        self._moved = time.monotonic()
        if parts:
            self.history.append("; ".join(parts))

    def _end(self, line: Line) -> None:
        for item in (line.client, line.server):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(item)
            item.close()
        if line in self._lines:
            self._lines.remove(line)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(1 << 20)
    except OSError:
        return b""


def _send(target: socket.socket, data: bytes, *, end: bool = False) -> bool:
    try:
        target.sendall(data)
        if end:
            target.shutdown(socket.SHUT_WR)
        return True
    except OSError:
        return False
