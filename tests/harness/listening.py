# SPDX-License-Identifier: MIT
"""What servers that misbehave have in common: a loopback port, a thread a connection, an end."""

from __future__ import annotations

import contextlib
import socket
import threading

HOST = "127.0.0.1"


class Listening:
    """Listens from construction to close(), on a port of its own or on this one; _talk(peer) is what a connection meets."""

    def __init__(self, port: int = 0):
        self._stop = threading.Event()
        self._listener = socket.create_server((HOST, port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self.address = f"{HOST}:{self.port}"
        threading.Thread(target=self._accept, name="listening", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait, but not beyond its own end."""
        return self._stop.wait(seconds)

    def close(self) -> None:
        """End what still goes on."""
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(peer,), name="connection", daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        raise NotImplementedError
