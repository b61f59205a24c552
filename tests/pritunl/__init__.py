# SPDX-License-Identifier: MIT
"""A stand-in for a Pritunl server, for tests and the demo.

It answers as Pritunl was observed to, from a real database, and shares no code with the program that it tests. It is a
1.34 unless told another version (version="1.29.2664"):

    with StandIn(mongodb_uri, front="auto") as pritunl:
        seed.administrator(pritunl.db, "pritunl", auth_api=True)
        ... pritunl.url ...

`python tests/pritunl --help` runs it as a program.
"""

from . import seed
from .first_start import FirstStart
from .releases import FIRST_OF_EACH, Release
from .standin import Record, StandIn

__all__ = ["FIRST_OF_EACH", "FirstStart", "Record", "Release", "StandIn", "seed"]
