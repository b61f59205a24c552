# SPDX-License-Identifier: MIT
"""When the web front is NORMAL and when STRICT, and what its restarts look like (since Pritunl 1.32.4465.96).

Two clocks drive it: every settings_check_interval the administrators are counted, and every few seconds a poll compares what
was counted with the mode that the front was started in. A front can so turn STRICT by an old count, after access was turned on.
"""

from __future__ import annotations

import threading
import time

import pymongo.errors

STEP_S = 0.02  # how often the recounting thread looks whether its time has come: its interval may change any time


class WebMode:
    """NORMAL or STRICT: fixed, or recounted from the administrators as Pritunl does; older versions are always NORMAL.

    STRICT is wanted when no administrator has auth_api exactly true: 1 and "true" do not count, a disabled one does.
    """

    def __init__(self, server, store, restart):
        self.server = server
        self.store = store
        self.restart_port = restart
        self.lock = threading.RLock()
        self.current = "normal"
        self.counted = "normal"
        self.automatic = False

    def set(self, mode):
        """Fix the mode, or let it follow the administrators ("auto")."""
        if mode not in ("normal", "strict", "auto", "off"):
            raise ValueError(f"no such front: {mode}")
        if mode == "strict" and not self.server.release.has("strict_front"):
            raise ValueError(f"no STRICT front in {self.server.version}")
        with self.lock:
            self.automatic = mode == "auto"
            if mode in ("normal", "strict"):
                self.current = mode
            if self.automatic:
                self.current = self.count()

    def wanted(self):
        """The mode that the administrators ask for now."""
        if not self.server.release.has("strict_front"):
            return "normal"
        found = self.store["administrators"].find({}, {"auth_api": 1})
        return "normal" if any(each.get("auth_api") is True for each in found) else "strict"

    def count(self):
        """Count the administrators now, and read the settings again; returns the mode that the next poll will see to."""
        with self.lock:
            self.store.drop_settings_cache()
            self.counted = self.wanted()
            return self.counted

    def poll(self):
        """Restart the front if another mode was counted, unless server_auto_restart is off. Returns the mode in force."""
        with self.lock:
            if self.automatic and self.counted != self.current and self.store.settings()["server_auto_restart"]:
                self.restart()
            return self.current

    def recount(self):
        """Count and poll."""
        with self.lock:
            self.count()
            return self.poll()

    def restart(self):
        """Restart the front: its connections end, it is away for restart_away_s, and comes back in the mode last counted."""
        with self.lock:
            if self.automatic:
                self.current = self.counted
            self.restart_port()
            self.server.diary.front_started(self.current == "strict")

    def run(self, stopped):
        """Count every settings_check_interval, poll every front_poll_s, until stopped."""
        counted = polled = time.monotonic()
        while not stopped.wait(STEP_S):
            if not self.automatic:
                continue
            now = time.monotonic()
            try:
                interval_s = self.store.settings_check_interval()
                if now - counted >= interval_s:
                    counted = now
                    self.count()
                if now - polled >= min(self.server.front_poll_s, interval_s):
                    polled = now
                    self.poll()
            except pymongo.errors.PyMongoError:
                counted = now  # the database is away: try again the next time
