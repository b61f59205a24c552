# SPDX-License-Identifier: MIT
"""The journal of one host: one JSON object a line, only while auditing is "all", since Pritunl 1.29.1994.

(Whether the other events ask for auditing too, as refused requests do, is a guess.)
"""

from __future__ import annotations

import json
import secrets

HOST_FIELDS = {
    "host_name": "name", "host_public_address": "public_address", "host_public_address6": "public_address6",
    "host_local_address": "local_address", "host_local_address6": "local_address6",
}
ADMIN_FIELDS = {"admin_id": "_id", "admin_name": "username"}


class Journal:
    """Writes to server.journal, and into server.journal_file where there is one."""

    def __init__(self, server, store):
        self.server = server
        self.store = store

    def _write(self, event, **more):
        if not self.server.release.has("journal") or self.store.settings()["auditing"] != "all":
            return
        host = self.store["hosts"].find_one({"_id": self.server.host_id}) or {}
        shown = {name: host.get(field) or host.get("auto_" + field) for name, field in HOST_FIELDS.items()}
        entry = {"id": secrets.token_hex(12), "event": event, "timestamp": int(self.server.now_s()),
                 "host_id": self.server.host_id, **shown, **more}
        self.server.journal.append(entry)
        if self.server.journal_file:
            with open(self.server.journal_file, "a", encoding="utf-8") as file:
                file.write(json.dumps(entry, default=str) + "\n")

    def refused(self, remote, reason):
        """An API request was refused: the line names no administrator."""
        if self.server.release.has("refusals_in_journal"):
            self._write("admin_auth_failure", remote_address=remote, event_long=reason)

    def login_refused(self, administrator, remote, reason):
        """A login at the console was refused: the same event, with a reason and a name, and without event_long."""
        named = {name: administrator[field] for name, field in ADMIN_FIELDS.items()}
        self._write("admin_auth_failure", **named, remote_address=remote, reason=reason)

    def session_ended(self):
        """The STRICT front refused a request: it first ends the session that is not there."""
        self._write("admin_session_end", admin_id=None, admin_name=None, remote_address=None)

    def updated(self, administrator, remote, words):
        """An administrator was changed; this one event has remote_addr where the others have remote_address."""
        named = {name: administrator[field] for name, field in ADMIN_FIELDS.items()}
        self._write("admin_update", **named, remote_addr=remote, event_long=words)

    def front_started(self, strict):
        """The web front was started, in this mode."""
        self._write("web_server_start", web_auth_strict=strict)
