# SPDX-License-Identifier: MIT
"""The stand-in: a Pritunl host (API server, web front, port 80) over a real database, in threads of this process."""

from __future__ import annotations

import datetime
import pathlib
import threading
import time
from dataclasses import dataclass, field

from . import administrators, certificates, console, organizations, resources, seed, servers
from .api import Api
from .behaviour import Behaviour
from .front import Front
from .journal import Journal
from .listener import Listener, tls_context
from .message import html
from .proxy import Proxy
from .store import Store
from .web import WebMode

HOST_ID = "5f1e8c0ab6d94d3e9c7a2f4b8d6e1a03"
HOST_DEAD_S = 25


@dataclass
class Record:
    """What is known of one request. status is None while it is not answered, and stays so where it never is."""

    time: float
    connection: int
    port: int
    method: str
    path: str
    headers: dict[str, str]
    body_length: int
    signed: bool
    body: bytes = field(repr=False, default=b"")
    status: int | None = None
    reason: str | None = None


class StandIn(Behaviour):
    """One Pritunl host. Several over one database are a cluster.

    mongodb: a connection string, or a client that is the caller's.
    front: "normal", "strict", "auto" (as the administrators ask for), or "off" (the API without its front; fixed at start).
    tls: (certfile, keyfile). http_redirect_port: a second port that redirects to https, as port 80 does; 0 chooses one.
    Every attribute of Behaviour may be given here by its name, and changed at any time.
    """

    def __init__(self, mongodb, database="pritunl", prefix="", *, host="127.0.0.1", port=0, tls=None,
                 http_redirect_port=None, front="normal", host_id=HOST_ID, heartbeat_s=0.0, journal_file=None, **behaviour):
        super().__init__()
        self.configure(**behaviour)
        self.host_id = host_id
        self.heartbeat_s = heartbeat_s
        self.requests: list[Record] = []
        self.journal: list[dict] = []
        self.journal_file = journal_file
        self.store = Store(mongodb, database, prefix, self)
        self.diary = Journal(self, self.store)
        self.db = seed.collections(self.store.database, prefix)
        self._stopped = threading.Event()
        self._scheme = "https" if tls else "http"
        self._host = f"[{host}]" if ":" in host else host
        self._api = Api(self, self.store, [*resources.ROUTES, *organizations.ROUTES, *servers.ROUTES])
        self._front_off = front == "off"
        behind = self._api.answer if self._front_off else Front(self, self._api).answer
        self._listener = Listener(self, host, port, Proxy(self, behind).answer, tls=tls)
        self._redirector = None
        if http_redirect_port is not None:
            self._redirector = Listener(self, host, http_redirect_port, self._redirect)
        self._web = WebMode(self, self.store, self._restart_port)
        self._first_front = front

    # ---- life

    def start(self):
        """Begin to serve."""
        self.store.prepare()
        self._web.set(self._first_front)
        self._listener.open()
        if self._redirector is not None:
            self._redirector.open()
        threading.Thread(target=self._web.run, args=(self._stopped,), daemon=True).start()
        if not self._front_off:
            self.diary.front_started(self.web_mode == "strict")
            self.store.drop_settings_cache()  # what a test writes after the start is seen by the first request
        if self.heartbeat_s:
            threading.Thread(target=self._beat, daemon=True).start()
        return self

    def stop(self):
        """End every connection and thread."""
        self._stopped.set()
        for listener in filter(None, (self._listener, self._redirector)):
            listener.end()
        self.store.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # ---- where it is

    @property
    def port(self):
        """The port of the web front (or of the API, where there is no front)."""
        return self._listener.port

    @property
    def url(self):
        """Its base URL, without a trailing slash."""
        return f"{self._scheme}://{self._host}:{self.port}"

    @property
    def tls(self):
        """The ssl.SSLContext of the next connections; None without TLS."""
        return self._listener.context

    @property
    def http_port(self):
        """The redirecting port; None without one."""
        return self._redirector and self._redirector.port

    @property
    def http_url(self):
        """The redirecting port's base URL."""
        return f"http://{self._host}:{self.http_port}"

    # ---- the web front

    @property
    def front(self):
        """The front as it was asked for: normal, strict, auto or off."""
        return "off" if self._front_off else "auto" if self._web.automatic else self._web.current

    @front.setter
    def front(self, mode):
        if self._front_off or mode == "off":
            raise ValueError("whether there is a front is decided at the start")
        self._web.set(mode)

    @property
    def web_mode(self):
        """The front as it is now: normal or strict."""
        return self._web.current

    def recount(self):
        """Do now what the front does every settings_check_interval; returns the mode in force."""
        return self._web.recount()

    def count(self):
        """The first half of recount(): count the administrators; returns the mode that poll() will bring about."""
        return self._web.count()

    def poll(self):
        """The second half, some seconds later: restart the front if need be; returns the mode in force."""
        return self._web.poll()

    def restart_front(self):
        """Restart the front by hand, which server_auto_restart false waits for; returns the mode in force."""
        self._web.count()
        self._web.restart()
        return self._web.current

    def drop_settings_cache(self):
        """Read the settings again at the next request."""
        self.store.drop_settings_cache()

    def set_tls(self, certfile, keyfile):
        """Use this certificate from the next handshake on."""
        self._listener.context = tls_context(certfile, keyfile)

    def reset_ssl_cert(self, certfile, keyfile, between=None):
        """`pritunl reset-ssl-cert`: the database has the new certificate first, the front some moments later.

        between() is called while the two differ.
        """
        self.certify(certfile, keyfile)
        if between is not None:
            between()
        self.set_tls(certfile, keyfile)
        self._web.restart()

    def replace_certificate(self, server_cert=None, server_key=None):
        """What the API does when a pair of settings replaces its certificate: without one it makes its own. The front restarts."""
        if not (server_cert and server_key):
            server_cert, server_key = certificates.self_signed()
        seed.settings(self.db, server_cert, server_key)
        self.store.drop_settings_cache()
        if self._listener.context is not None:
            with certificates.as_files(server_cert, server_key) as files:
                self.set_tls(*files)
        self._web.restart()

    def certify(self, certfile, keyfile):
        """Write this certificate into the settings; what is served stays as it is."""
        pem = [pathlib.Path(path).read_text(encoding="ascii") for path in (certfile, keyfile)]
        seed.settings(self.db, *pem)
        self.store.drop_settings_cache()

    def _restart_port(self):
        if self.restart_away_s:
            self._listener.close()
            self.pause(self.restart_away_s)
            self._listener.open()
        else:
            self._listener.drop()

    # ---- what was asked

    @property
    def connections(self):
        """How many connections were accepted so far."""
        return self._listener.accepted

    @property
    def handshake_errors(self):
        """Why TLS handshakes failed, one text each."""
        return self._listener.handshake_errors

    def wait_for(self, condition, timeout_s=10.0):
        """Wait until condition() is true, and return its value; AssertionError when it stays false."""
        deadline = time.monotonic() + timeout_s
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise AssertionError("it did not happen in time")
            time.sleep(0.002)
        return value

    def note(self, request, connection, port):
        """Keep a record of a request that came."""
        headers = dict(reversed(request.headers))  # of repeated ones the first
        record = Record(time.monotonic(), connection, port, request.method, request.target, headers, len(request.body),
                        request.signed, request.body)
        self.requests.append(record)
        return record

    # ---- people and programs beside the API

    def console_save(self, username, changes=None, delay_s=0.0, between=None, password=None):
        """A console's save: the whole document is read, delay_s later (and after between()) written back."""
        return console.save(self.store, username, changes, delay_s, between, password)

    def hashing(self):
        """Spend the time that a password's hash takes."""
        if self.hash_s:
            self.pause(self.hash_s)
        if self.on_hash is not None:
            self.on_hash()

    def console_open(self, username):
        """Open an administrator's page in the console: a Page with ok() and more."""
        return console.Page(self.store, username)

    def login(self, username, password, otp_code=None):
        """Whether the console's login lets this person in; raises where the login page would answer 500."""
        return console.login(self.store, username, password, otp_code)[0] == console.LET_IN

    def clear_auth_limit(self):
        """`pritunl clear-auth-limit`."""
        console.clear_auth_limit(self.store)

    def reset_password(self):
        """`pritunl reset-password`: returns username and password of the administrator that it made."""
        return administrators.reset_password(self.store)

    def disable_admin_api(self):
        """`pritunl disable-admin-api`."""
        administrators.disable_admin_api(self.store)

    # ---- time

    def now_s(self):
        """This host's clock."""
        return time.time() + self.clock_offset_s

    @property
    def stopped(self):
        """Whether it has ended."""
        return self._stopped.is_set()

    def pause(self, seconds):
        """Wait, but not beyond the end."""
        self._stopped.wait(seconds)

    def wait_while(self, condition):
        """Wait until a condition or the stand-in ends."""
        while condition() and not self._stopped.wait(0.01):
            pass

    def announce(self):
        """What a started server writes about itself: its version, and that its host is online."""
        seed.version(self.db, self.version)
        online = {"status": "online", "ping_timestamp": self.store.now(), "version": self.version}
        if self.db["hosts"].update_one({"_id": self.host_id}, {"$set": online}).matched_count == 0:
            seed.host(self.db, self.host_id, **online)

    def sweep_hosts(self):
        """What every host does for the others: one that has not been heard of for 25 seconds is no longer online."""
        oldest = self.store.now() - datetime.timedelta(seconds=HOST_DEAD_S)
        self.store["hosts"].update_many({"status": "online", "ping_timestamp": {"$lt": oldest}},
                                        {"$set": {"status": "offline", "ping_timestamp": None}})

    def _beat(self):
        while True:
            self.store["hosts"].update_one({"_id": self.host_id}, {
                "$set": {"status": "online", "ping_timestamp": self.store.now(), "version": self.version}})
            self.sweep_hosts()
            if self._stopped.wait(self.heartbeat_s):
                return

    # ---- port 80

    def _redirect(self, request):
        """Redirect to https; with a server_port other than 443 the Location has two ports where the Host header had one."""
        if request.raw_path.startswith(("/ping", "/check")):
            return self._api.answer(request.with_path("/check"))
        server_port = self.store.settings()["server_port"]
        port = "" if server_port == 443 else f":{server_port}"
        location = f"{self._scheme}://{request.first('host')}{port}{request.target}"
        return html(301, f'<a href="{location}">Moved Permanently</a>.\n\n', headers=[("Location", location)])
