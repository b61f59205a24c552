# SPDX-License-Identifier: MIT
"""Start SecantusDB as `python -m secantus` does, but let it forget sessions and retryable writes after a minute, not thirty.

It looks through all that it remembers at each command, and every run of the program is a session of its own: in the course of a suite
a third of its time would go there.
"""

from __future__ import annotations

import runpy

SECONDS = 60


def main() -> None:
    """Prepare the modules, then run the package."""
    from secantus import sessions, transactions  # noqa: PLC0415

    sessions.SessionRegistry.__init__.__kwdefaults__["idle_ttl_seconds"] = SECONDS
    transactions._RETRYABLE_RECORD_LIFETIME_SECONDS = SECONDS
    runpy.run_module("secantus", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
