# SPDX-License-Identifier: MIT
"""Several things wrong at once: the one that the server would meet first is the cause, the others are warnings at most."""

from __future__ import annotations

import pytest
from doctor_faults import FAULTS, OTHER

# Whatever stands in a chain wins over all that stand to its right.
CHAINS = [
    ["database-unreachable", "tls-untrusted", "clock-skew 50000"],
    ["database-auth", "api-disabled False strict"],
    ["database-empty by its prefix", "redirected"],
    ["dns", "api-disabled False strict", "token-unknown None", "administrator-disabled True"],
    ["unreachable", "web-strict", "secret-missing None"],
    ["tls-untrusted", "api-disabled None open", "clock-skew 50000"],
    ["tls-name", "token-duplicate", "secret-short 'x'"],
    ["tls-expired", "clock-skew -50000", "administrator-disabled True"],
    ["redirected", "api-disabled False open", "secret-missing None"],
    ["proxy-answer", "flag-not-boolean 1", "token-unknown None"],
    ["not-pritunl", "web-strict", "clock-skew 50000"],
    ["web-not-ready 502", "api-disabled False open", "secret-short 'x'"],
    ["web-not-ready 504", "token-duplicate", "clock-skew 50000"],
    ["api-disabled False strict", "token-unknown None", "clock-skew 50000", "secret-missing None", "administrator-disabled True"],
    ["api-disabled None open", "token-duplicate", "clock-skew 50000", "secret-short 'x'", "administrator-disabled True"],
    ["flag-not-boolean 1", "token-duplicate of a disabled one"],
    ["flag-not-boolean 1", "token-unknown None", "clock-skew 50000", "secret-missing None", "administrator-disabled True"],
    ["web-strict", "token-unknown None", "clock-skew 50000", "secret-short 'x'", "administrator-disabled True"],
    ["web-strict", "secret-missing None", "administrator-disabled True"],
    ["token-unknown None", "clock-skew 50000", "secret-missing None", "administrator-disabled True"],
    ["token-unknown to the server", "clock-skew 50000", "administrator-disabled True"],
    ["token-duplicate", "clock-skew 50000", "secret-missing None", "administrator-disabled True"],
    ["headers-stripped", "clock-skew 50000", "administrator-disabled True"],
    ["clock-skew 50000", "secret-missing None", "administrator-disabled True"],
    ["clock-skew -50000", "secret-short 'x'", "administrator-disabled True"],
    ["clock-skew 50000", "nonce-replayed"],
    ["clock-skew 50000", "path-rewritten"],
    ["secret-missing None", "administrator-disabled True"],
    ["secret-short 'x'", "nonce-replayed"],
    ["secret-mismatch", "administrator-disabled True"],
    ["path-rewritten", "administrator-disabled True"],
]
PAIRS = sorted({(first, second) for chain in CHAINS for at, first in enumerate(chain) for second in chain[at + 1:]})


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_first_of_two(place, first, second):
    place.build(second, first)
    named(place, first)


@pytest.mark.parametrize("chain", [chain for chain in CHAINS if len(chain) > 2], ids=lambda chain: f"{chain[0]} of {len(chain)}")
def test_the_first_of_many(place, chain):
    place.build(*reversed(chain))
    named(place, chain[0])


def named(place, first):
    """The fault is the cause, and its check the only one that fails."""
    fault = FAULTS[first]
    status, answer = place.doctor()
    assert (answer["cause"], status) == (fault.cause, fault.status), answer
    assert [check["name"] for check in answer["checks"] if check["state"] == "fail"] == [fault.check], answer["checks"]


def test_what_else_is_wrong_is_a_warning(place):
    place.build("administrator-disabled True", "secret-short 'x'", "clock-skew 50000")
    checks = {check["name"]: check for check in place.doctor()[1]["checks"]}
    assert {name: checks[name]["state"] for name in ("clock", "secret", "administrator", "token")} == {
        "clock": "fail", "secret": "warn", "administrator": "warn", "token": "ok"}


def test_a_token_that_somebody_later_has_too(place):
    place.after.append(lambda: place.site.admin(OTHER, token=place.fields["token"]))
    place.fields["token"] = place.site.seed.random_text()
    place.build()
    status, answer = place.doctor()
    token = next(check for check in answer["checks"] if check["name"] == "token")
    assert (status, token["state"]) == (0, "warn") and OTHER in token["detail"] and "later" in token["detail"]
