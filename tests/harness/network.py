# SPDX-License-Identifier: MIT
"""Addresses on loopback that behave badly: refuse, hang, or say the wrong thing. Each is an Address; close() gives it back."""

from __future__ import annotations

import contextlib
import socket
import threading

HOST = "127.0.0.1"


class Address:
    """A host and port, and the sockets that make it behave as it does."""

    def __init__(self, host: str, port: int, sockets):
        self.host, self.port = host, port
        self._sockets = list(sockets)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def answers(self) -> bool:
        """Whether somebody listens here now."""
        with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
            return True
        return False

    def close(self) -> None:
        """Stop behaving."""
        for item in self._sockets:
            with contextlib.suppress(OSError):
                item.shutdown(socket.SHUT_RDWR)
            item.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def hold_port(host: str = HOST) -> Address:
    """A port that nobody else is given, and that refuses connections until a server with SO_REUSEADDR listens on it."""
    held = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((host, 0))
    return Address(host, held.getsockname()[1], [held])


def refused_port(host: str = HOST) -> Address:
    """A port where connect() is refused at once, for as long as the Address is open."""
    return hold_port(host)


def silent_server() -> Address:
    """Connections are accepted, what they say is taken, and nothing ever comes back."""
    listener = _listen(128)
    return Address(HOST, listener.getsockname()[1], [listener])


def blackhole() -> Address:
    """
    connect() hangs, as towards a machine that drops packets: a listener whose queue is full and is never emptied, so that the
    kernel drops every further SYN.
    """
    listener = _listen(0)
    address = listener.getsockname()
    fillers = []
    for _ in range(16):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(address)
        fillers.append(filler)
    with socket.socket() as probe:
        probe.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            probe.connect(address)
            raise OSError("the blackhole took a connection")
    return Address(HOST, address[1], [listener, *fillers])


def answering(data: bytes, *, wait_for_request: bool = True) -> Address:
    """A server that gives every connection these bytes (after its first ones, or at once) and closes it: a wrong protocol."""
    listener = _listen(128)

    def serve() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with peer, contextlib.suppress(OSError):
                peer.settimeout(10)
                if wait_for_request:
                    peer.recv(65536)
                peer.sendall(data)
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(65536):
                    pass

    threading.Thread(target=serve, name="answering", daemon=True).start()
    return Address(HOST, listener.getsockname()[1], [listener])


def _listen(backlog: int) -> socket.socket:
    listener = socket.socket()
    listener.bind((HOST, 0))
    listener.listen(backlog)
    return listener
