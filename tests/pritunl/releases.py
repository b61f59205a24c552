# SPDX-License-Identifier: MIT
"""What Pritunl did since when: the table of doc/pritunl.md by which a stand-in behaves like the version that it is told to be.

The third part of a version counts days. A change of the web front has a date and no version of Pritunl: where the table
below gives one with two parts behind the day missing, the day is reckoned from that date, which is a guess.
"""

from __future__ import annotations

import re

FIRST_OF_EACH = ("1.29.1914", "1.29.2664", "1.30.3431", "1.32.4181.41", "1.32.4278", "1.34.4681.89")
"""Six versions, between which every row of the table changes."""

SINCE = {
    "default_password": "1.29.1926.93",     # before, the first password is `pritunl`, marked by default: true alone
    "journal": "1.29.1994.1",
    "signed_requests": "1.30.2847.71",      # from 1.30.2817.44 to here they are answered 500
    "clear_auth_limit": "1.30.2919.89",
    "thirty_logins": "1.30.3221.67",        # 20 before
    "body_8192": "1.30.3398",               # 2023; before, the front takes bodies of any size
    "path_filter": "1.30.3457",             # 2023-03
    "body_50000": "1.32.3610",              # 2023-08
    "refusals_in_journal": "1.32.4181.41",  # since then, too, the token is looked up before the timestamp is judged
    "non_ascii_500": "1.32.4258.38",
    "strict_front": "1.32.4465.96",
    "audit_right_way": "1.32.4465.96",
    "not_initialized": "1.32.4530",         # fronts of 2026-02
}
UNSIGNED = ("1.30.2817.44", "1.30.2847.71")
PYTHON_2 = ("0", "1.30")                    # a nonce that is not ASCII ends in 500 there, as it does since non_ascii_500


def parts(version):
    """A version as numbers that compare."""
    return [int(part) for part in re.findall(r"\d+", version)]


class Release:
    """One version of Pritunl and its web front."""

    def __init__(self, version):
        self.version = version
        self._parts = parts(version)

    def has(self, name):
        """Whether it has what SINCE calls by this name."""
        return self._parts >= parts(SINCE[name])

    def _between(self, span):
        return parts(span[0]) <= self._parts < parts(span[1])

    @property
    def no_signed_requests(self):
        """Whether every signed request under a known token is answered 500."""
        return self._between(UNSIGNED)

    @property
    def odd_nonce_fails(self):
        """Whether a nonce that is not ASCII is answered 500 under a known token."""
        return self._between(PYTHON_2) or self.has("non_ascii_500")

    @property
    def body_max(self):
        """The most bytes of a body that the front takes; None: any."""
        return 50_000 if self.has("body_50000") else 8_192 if self.has("body_8192") else None

    @property
    def login_tries(self):
        """How many tries an administrator has in ten minutes."""
        return 30 if self.has("thirty_logins") else 20
