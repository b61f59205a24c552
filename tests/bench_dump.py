# SPDX-License-Identifier: MIT
"""bench_dump - `dump` of 1,000 organizations × 100 users and of a tenth of that: peak memory, growth, time. Not part of the checks.

    build/venv/bin/python tests/bench_dump.py [BINARY]

The API is a small threaded server with the shapes of Pritunl's answers, made from nothing; only the administrator is in a database.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.database import Database  # noqa: E402
from pritunl import seed  # noqa: E402

USERS = 100
ROOT = Path(__file__).resolve().parent.parent


def fake(organizations: int, delay_s: float = 0, server_count: int | None = None) -> http.server.ThreadingHTTPServer:
    """A server with that many organizations, and a tenth as many VPN servers."""
    orgs = [{"id": f"{number:024x}", "name": f"organization {number:05}", "auth_secret": None} for number in range(organizations)]
    servers = [{"id": f"{number:024x}", "name": f"server {number:05}", "port": 1194}
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
                     "server": lambda: routes if len(parts) > 1 else servers,
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
    return server


def measure(binary: str, folder: Path, uri: str, organizations: int, form: str) -> tuple[int, float, int]:
    """Peak memory in KiB, processor time in seconds, and the size of what was written."""
    server = fake(organizations)
    file = folder / f"dump.{organizations}.{form}"
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "PRITUNL_ACCESS_MONGODB_URI": uri,
                   "PRITUNL_ACCESS_URL": f"http://127.0.0.1:{server.server_port}"}
    pid = os.posix_spawn(binary, [binary, "-q", "dump", "-o", str(file), "--format", form], environment)
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
    server.shutdown()
    server.server_close()
    assert status == 0, status
    text = file.read_text(encoding="utf-8")
    found = json.loads(text)["organizations"] if form == "json" else [
        each for each in map(json.loads, text.splitlines()) if each["type"] == "organization"]
    assert len(found) == organizations and all(len(each["users"]) == USERS for each in found)
    return peak, usage.ru_utime + usage.ru_stime, len(text)


def race(binary: str, folder: Path, uri: str) -> None:
    """20 organizations and 20 servers at 20 ms an answer: one request after another on one connection, against dump."""
    server = fake(20, 0.02, 20)
    client = http.client.HTTPConnection("127.0.0.1", server.server_port)

    def get(path: str):
        client.request("GET", path)
        return json.loads(client.getresponse().read())

    began = time.monotonic()
    for org in get("/organization"):
        get("/user/" + org["id"])
    for each in get("/server"):
        get(f"/server/{each['id']}/route")
    sequential_s = time.monotonic() - began
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "PRITUNL_ACCESS_MONGODB_URI": uri,
                   "PRITUNL_ACCESS_URL": f"http://127.0.0.1:{server.server_port}"}
    for jobs in ("1", "4", "8", "16"):
        began = time.monotonic()
        subprocess.run([binary, "-q", "dump", "-o", str(folder / "race.json"), "--jobs", jobs], env=environment, check=True)
        seconds = time.monotonic() - began
        print(f"20 ms an answer, 42 requests: sequential {sequential_s:.2f} s; --jobs {jobs}: {seconds:.2f} s, "
              f"ratio {sequential_s / seconds:.1f}")
    server.shutdown()
    server.server_close()


def main() -> None:
    """Measure both formats at both sizes."""
    binary = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "pritunl-access")
    with tempfile.TemporaryDirectory() as name, Database(Path(name) / "database") as database:
        uri = database.uri("bench")
        seed.administrator(database.client()["bench"], auth_api=True)
        race(binary, Path(name), uri)
        for form in ("json", "jsonl"):
            small, _, _ = measure(binary, Path(name), uri, 100, form)
            large, seconds, size = measure(binary, Path(name), uri, 1000, form)
            print(f"{form}: 1,000 × {USERS} users ({size / 1e6:.1f} MB): peak {large / 1024:.1f} MiB; a tenth: "
                  f"{small / 1024:.1f} MiB; growth {(large - small) / 1024:.1f} MiB; {seconds:.2f} s of processor")


if __name__ == "__main__":
    main()
