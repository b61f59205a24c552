# SPDX-License-Identifier: MIT
"""Everything about a stand-in that a test may change while it runs: one plain attribute each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields

from .releases import Release
from .seed import VERSION


@dataclass(eq=False)
class Behaviour:
    """How a stand-in behaves. The defaults are a healthy Pritunl 1.34."""

    # ---- the server
    version: str = VERSION
    """Which Pritunl this is: everything that changed since 2018 is as it was in that version (releases.py)."""
    clock_offset_s: float = 0.0
    """This host's clock minus the true one: in Date, in time checks and in what it writes."""
    settings_check_interval: float | None = None
    """Seconds between looks at settings and administrators; None: what the settings say (60 by default)."""
    front_poll_s: float = 3.0
    """Seconds between looks whether the front must restart, never more than the interval."""
    hash_s: float = 0.0
    """Seconds that a new password's hashing takes beside the 100,000 rounds themselves (0.3 to 0.7 on a busy host)."""
    on_hash: Callable | None = None
    """on_hash() is called in that time: between the reading of an administrator and the writing back."""
    key_s: float = 0.0
    """Seconds that making an organization or a user takes (5 to 70 were seen)."""
    heartbeat_age_s: float = 0.0
    """Over 30, /ping and /check answer 504."""
    api_down: bool = False
    """The front runs and the API behind it does not: 502, empty."""
    initialized: bool = True
    """False: the front answers 401 Not initialized wherever a session or signature is due."""
    restart_away_s: float = 0.0
    """Seconds that the front refuses connections for while it restarts."""
    console_sessions: set[str] = field(default_factory=set)
    """Values of the cookie named token that the front takes for a console session."""

    # ---- faults on the way to it; where they strike
    faults_on: Callable | None = None
    """faults_on(request) says whether the faults below apply to this request; None: to every one."""
    on_answer: Callable | None = None
    """on_answer(record) is called when an answer is known, before it is sent."""

    # ---- connections
    hang_handshake: bool = False
    """Connections are accepted, and not a byte is answered, TLS included."""
    hang: bool = False
    """Requests are read and never answered."""
    answer_delay_s: float = 0.0
    cut_every: int = 0
    """Every Nth request's connection is cut instead of an answer (1: every one)."""
    cut_after: bool = False
    """With cut_every: the API has done what was asked, only its answer is lost."""
    close_after: int = 0
    """The connection is closed after N requests."""
    close_silently: bool = False
    """With close_after: without announcing it by `Connection: close`."""

    # ---- proxies
    bad_gateway_every: int = 0
    """Every Nth request is answered 502."""
    redirect_to: str | None = None
    """Every request is redirected to this URL with its own path added."""
    redirect_status: int = 302
    captive_page: bool | str = False
    """An HTML page in place of every answer: True, or the page."""
    captive_status: int = 200
    foreign_json: bool | str = False
    """JSON that is not Pritunl's in place of every answer: True, or the JSON."""
    odd_status: int = 0
    """A status that Pritunl never gives, in place of every answer."""
    strip_auth: bool | tuple[str, ...] = False
    """The Auth headers (True), or those that are named, do not reach Pritunl."""
    path_removed: str = ""
    """A base path that the proxy takes off; other paths are its own 404."""
    path_added: str = ""
    """What the proxy puts in front of each path."""
    rewrite: Callable | None = None
    """rewrite(path) is the path that reaches Pritunl."""
    replay: bool = False
    """Each request is delivered twice, and the second answer is the client's."""

    @property
    def release(self):
        """What this version has and has not."""
        return Release(self.version)

    def configure(self, **values):
        """Set several attributes at once; an unknown name is an error."""
        known = {each.name for each in fields(Behaviour)}
        for name, value in values.items():
            if name not in known:
                raise TypeError(f"no such behaviour: {name}")
            setattr(self, name, value)
