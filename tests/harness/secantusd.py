# SPDX-License-Identifier: MIT
"""Start SecantusDB as `python -m secantus` does, at half its price.

It looks through all the sessions and retryable writes that it remembers at each command, and every run of the program is a session
of its own: it forgets them after a minute, not thirty. The garbage collector need not look at its modules again and again.
"""

from __future__ import annotations

import gc
import runpy

from secantus import server, sessions, transactions  # noqa: F401, before freeze()

SECONDS = 60


def main() -> None:
    """Prepare the modules, then run the package."""
    sessions.SessionRegistry.__init__.__kwdefaults__["idle_ttl_seconds"] = SECONDS
    transactions._RETRYABLE_RECORD_LIFETIME_SECONDS = SECONDS
    gc.freeze()
    gc.set_threshold(100_000)
    runpy.run_module("secantus", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
