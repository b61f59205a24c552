# SPDX-License-Identifier: MIT
"""A stand-in for a Pritunl server, for tests and the demo.

It answers as Pritunl 1.34 was observed to, from a real database, and shares no code with the program that it tests:

    with StandIn(mongodb_uri, front="auto") as pritunl:
        seed.administrator(pritunl.db, "pritunl", auth_api=True)
        ... pritunl.url ...

`python tests/pritunl --help` runs it as a program.
"""

from . import seed
from .standin import Record, StandIn

__all__ = ["Record", "StandIn", "seed"]
