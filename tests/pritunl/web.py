# SPDX-License-Identifier: MIT
"""When the web front is NORMAL and when STRICT, and what its restarts look like (since Pritunl 1.32.4465.96)."""

from __future__ import annotations

import threading
import time

import pymongo.errors

STEP_S = 0.02  # how often the recounting thread looks whether its time has come: its interval may change any time


class WebMode:
    """NORMAL or STRICT: fixed, or recounted from the administrators as Pritunl does.

    STRICT is wanted when no administrator has auth_api exactly true: 1 and "true" do not count, a disabled one does.
    """

    def __init__(self, server, store, restart):
        self.server = server
        self.store = store
        self.restart_port = restart
        self.lock = threading.RLock()
        self.current = "normal"
        self.automatic = False

    def set(self, mode):
        """Fix the mode, or let it follow the administrators ("auto")."""
        if mode not in ("normal", "strict", "auto", "off"):
            raise ValueError(f"no such front: {mode}")
        with self.lock:
            self.automatic = mode == "auto"
            if mode in ("normal", "strict"):
                self.current = mode
            if self.automatic:
                self.current = self.wanted()

    def wanted(self):
        """The mode that the administrators ask for now."""
        found = self.store["administrators"].find({}, {"auth_api": 1})
        return "normal" if any(each.get("auth_api") is True for each in found) else "strict"

    def recount(self):
        """Look now; on a change the front restarts, unless server_auto_restart is off. Returns the mode in force."""
        with self.lock:
            self.store.drop_settings_cache()
            if self.automatic and self.wanted() != self.current and self.store.settings()["server_auto_restart"]:
                self.restart()
            return self.current

    def restart(self):
        """Restart the front: its connections end, it is away for restart_away_s, and comes back in the wanted mode."""
        with self.lock:
            if self.automatic:
                self.current = self.wanted()
            self.restart_port()

    def run(self, stopped):
        """Recount every settings_check_interval until stopped."""
        last = time.monotonic()
        while not stopped.wait(STEP_S):
            try:
                if self.automatic and time.monotonic() - last >= self.store.settings_check_interval():
                    last = time.monotonic()
                    self.recount()
            except pymongo.errors.PyMongoError:
                last = time.monotonic()  # the database is away: try again the next time
