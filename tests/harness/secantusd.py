# SPDX-License-Identifier: MIT
"""Start SecantusDB as `python -m secantus` does, without what takes its time and is no use to the tests.

It forgets sessions and retryable writes after a minute, not thirty: it looks through all that it remembers at each command, and every
run of the program is a session of its own, so that in the course of a suite a third of its time would go there. The modules of its
geography are not loaded, which is a third of each start, and the garbage collector leaves alone what was loaded.
"""

from __future__ import annotations

import gc
import runpy
import sys
import types

SECONDS = 60
GEOGRAPHY = ("shapely", "shapely.errors", "shapely.geometry", "shapely.geometry.base", "shapely.wkt", "s2sphere")


class Absent(types.ModuleType):
    """A module that has every class, each of which can be caught and none of which is used: Pritunl has no places on a map."""

    __path__: list = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Exception,), {})


def main() -> None:
    """Prepare the modules, then run the package."""
    sys.modules |= {name: Absent(name) for name in GEOGRAPHY}

    from secantus import server, sessions, transactions  # noqa: F401, PLC0415, server before freeze()

    sessions.SessionRegistry.__init__.__kwdefaults__["idle_ttl_seconds"] = SECONDS
    transactions._RETRYABLE_RECORD_LIFETIME_SECONDS = SECONDS
    gc.freeze()
    gc.set_threshold(100_000)
    runpy.run_module("secantus", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
