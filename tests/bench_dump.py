# SPDX-License-Identifier: MIT
"""bench_dump - `dump` of 1,000 organizations × 100 users and of a tenth of that: peak memory and growth. For bench.py.

The API is a small threaded server with the shapes of Pritunl's answers, made from nothing; only the administrator is in a database.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import threading
import time
from pathlib import Path

USERS = 100


@contextlib.contextmanager
def fake(organizations: int, delay_s: float = 0, server_count: int | None = None):
    """A server with that many organizations, and a tenth as many VPN servers; its URL."""
    orgs = [{"id": f"{number:024x}", "name": f"organization {number:05}", "auth_secret": None} for number in range(organizations)]
    servers = [{"id": f"{number:024x}", "name": f"server {number:05}", "port": 1194, "network": "10.9.0.0/16", "protocol": "udp",
                "status": "online", "groups": []}
               for number in range(organizations // 10 if server_count is None else server_count)]
    routes = [{"id": f"{n:08x}", "network": f"10.{n}.0.0/16", "nat": True} for n in range(20)]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self):
            super().setup()
            self.connection.setsockopt(6, 1, 1)

        def do_GET(self):
            parts = self.path.split("?")[0].split("/")[1:]
            value = {"organization": lambda: orgs, "ping": lambda: None,
                     "server": lambda: servers if len(parts) == 1 else routes if parts[2] == "route" else orgs[:1],
                     "user": lambda: [{"id": f"{int(parts[1], 16):012x}{n:012x}", "name": f"user{n:04}", "otp_secret": "x" * 16,
                                       "email": f"user{n}@example.com", "groups": [], "disabled": False, "type": "client"}
                                      for n in range(USERS)]}[parts[0]]()
            time.sleep(delay_s)
            body = b"OK" if value is None else json.dumps(value).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            self.wfile.write(head + body)

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 128    # with the default of 5 a connection waits a second for its next try

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def peak_of(pid: int) -> tuple[int, object]:
    """Wait for its end: peak memory in KiB, and the processor time that it used."""
    peak = 0
    while True:     # ru_maxrss would count what the child of a large process was before it became another one
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
            if lines[0].split()[1].startswith("python"):
                continue
            peak = max(peak, int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]))
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            break
        time.sleep(0.005)
    assert status == 0, status
    return peak, usage


def measure(binary: str, folder: Path, environment: dict, organizations: int, form: str) -> tuple[int, float, int]:
    """Peak memory in KiB, processor time in seconds, and the size of what was written."""
    file = folder / f"dump.{organizations}.{form}"
    with fake(organizations) as url:
        peak, usage = peak_of(os.posix_spawn(binary, [binary, "-q", "dump", "-o", str(file), "--format", form],
                                             environment | {"PRITUNL_ACCESS_URL": url}))
    text = file.read_text(encoding="utf-8")
    found = json.loads(text)["organizations"] if form == "json" else [
        each for each in map(json.loads, text.splitlines()) if each["type"] == "organization"]
    assert len(found) == organizations and all(len(each["users"]) == USERS for each in found)
    return peak, usage.ru_utime + usage.ru_stime, len(text)


def memory(binary: str, folder: Path, environment: dict) -> None:
    """Both formats at both sizes."""
    print(f"\ndump: peak memory, organizations × {USERS} users")
    for form in ("json", "jsonl"):
        small, _, _ = measure(binary, folder, environment, 100, form)
        large, seconds, size = measure(binary, folder, environment, 1000, form)
        print(f"  {form:5} 100: {small / 1024:5.1f} MiB   1,000: {large / 1024:5.1f} MiB   growth {(large - small) / 1024:4.1f} MiB   "
              f"({size / 1e6:.1f} MB written, {seconds:.2f} s of processor)")
