# SPDX-License-Identifier: MIT
"""Start SecantusDB as `python -m secantus` does, without what takes its time and is no use to the tests.

It forgets sessions and retryable writes after a minute, not thirty, and looks for old ones once a second, not at each command: every
run of the program is a session of its own, so that in the course of a suite a third of its time would go there. The modules of its
geography are not loaded, which is half of each start, and the garbage collector leaves alone what was loaded. A password is hashed as
often as MongoDB must do it, not three times as often, which is half the time of a run that logs in.
"""

from __future__ import annotations

import gc
import runpy
import sys
import time
import types

SECONDS = 60
ITERATIONS = 5000       # MongoDB's own least, for both mechanisms
GEOGRAPHY = ("shapely", "shapely.errors", "shapely.geometry", "shapely.geometry.base", "shapely.wkt", "s2sphere")


class Absent(types.ModuleType):
    """A module that has every class, each of which can be caught and none of which is used: Pritunl has no places on a map."""

    __path__: list = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Exception,), {})


def rarely(prune):
    """A method that forgets what is old, once a second of each object's life."""
    def method(self) -> int:
        if time.monotonic() < getattr(self, prune.__name__ + "_at", 0):
            return 0
        setattr(self, prune.__name__ + "_at", time.monotonic() + 1)
        return prune(self)
    return method


def main() -> None:
    """Prepare the modules, then run the package."""
    sys.modules |= {name: Absent(name) for name in GEOGRAPHY}

    from secantus import auth, server, sessions, transactions  # noqa: F401, PLC0415, server before freeze()

    sessions.SessionRegistry.__init__.__kwdefaults__["idle_ttl_seconds"] = SECONDS
    for mechanism in auth._MECH_PARAMS.values():
        mechanism["default_iterations"] = ITERATIONS
    transactions._RETRYABLE_RECORD_LIFETIME_SECONDS = SECONDS
    for registry, name in ((sessions.SessionRegistry, "_prune_locked"),
                           (transactions.TransactionRegistry, "_prune_retryable_locked")):
        setattr(registry, name, rarely(getattr(registry, name)))
    gc.freeze()
    gc.set_threshold(100_000)
    runpy.run_module("secantus", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
