# SPDX-License-Identifier: MIT
"""The settings as the API tells and changes them."""

from __future__ import annotations

from . import administrators
from .bodies import SETTINGS_FIELDS

NOT_SETTINGS = ("username", "password")  # of the administrator who asks; not imitated
CANNOT_DISABLE_AUDITING = ("cannot_disable_auditing", "Auditing cannot be disabled.")
PORT_DEFAULT = 443


def shown(settings):
    """The settings as GET has them: sso and the e-mail's password are false where there is none, which PUT does not take."""
    answer = {name: value for name, value in settings.items() if name != "_id"}
    return {**answer, "sso": answer["sso"] or False, "email_password": bool(answer.get("email_password"))}


def _new_value(name, value):
    if name == "server_port":
        return value or PORT_DEFAULT
    if name == "theme":
        return "dark" if value == "dark" else "light"
    return value if isinstance(SETTINGS_FIELDS.get(name), bool) else value or None


def change(server, store, body):
    """Apply a body. A certificate that it changes is in force before anything else of it is judged."""
    now = store.settings()
    changes = {name: _new_value(name, value) for name, value in body.items() if name not in ("_id", *NOT_SETTINGS)}
    pair = {name: changes.pop(name) for name in ("server_cert", "server_key") if name in changes}
    if any(now[name] != value for name, value in pair.items()):
        server.replace_certificate(**pair)
    if now["auditing"] and "auditing" in changes and not changes["auditing"]:
        raise administrators.Rejected(*CANNOT_DISABLE_AUDITING)
    if changes:
        store["settings"].update_one({"_id": "app"}, {"$set": changes}, upsert=True)
    store.drop_settings_cache()
