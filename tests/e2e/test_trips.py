# SPDX-License-Identifier: MIT
"""How often the tool waits for the network: round trips as harness.rounds counts them, and a replica set with a member that drops
every packet. pytest -s prints the figures."""

from __future__ import annotations

import statistics

import pytest


@pytest.fixture
def through(tool, standin, seed, pki, rounds):
    """
    A Pritunl behind counting proxies: through(fresh, most) counts one `verify NAME`. Where found, the database says that the API is
    at the proxy's port; else the URL is given. A machine too busy can only make the count greater: then it is taken again.
    """
    def run(fresh, most, *, tls, found, **host):
        server = standin(over=fresh, tls=pki.pritunl if tls else None)
        database = rounds.proxy(fresh.server.host, fresh.server.port, "database")
        api = rounds.proxy("127.0.0.1", server.port, "api")
        seed.administrator(fresh.db, auth_api=True)
        seed.settings(fresh.db, server_port=api.port, server_ssl=tls, server_cert=pki.pritunl.certificate if tls else None)
        seed.host(fresh.db, "a" * 32, public_address="127.0.0.1", hostname=None, **host)
        uri = fresh.uri.replace(f":{fresh.server.port}/", f":{database.port}/")
        url = [] if found else ["--url", f"{'https' if tls else 'http'}://127.0.0.1:{api.port}"]
        for _ in range(3):
            rounds.reset()
            result = tool.run("verify", "pritunl", "--json", *url, env={"PRITUNL_ACCESS_MONGODB_URI": uri})
            assert result.status == 0 and result.json()["verdict"] == "accepted", result.stdout + result.stderr
            assert result.json()["trust"] == ("database" if tls else "none")
            if rounds.trips <= most:
                break
        return rounds.trips, rounds.report()
    return run


@pytest.mark.parametrize("kind, found, most", [("SCRAM and TLS", False, 6), ("plain", False, 4), ("SCRAM and TLS", True, 8),
                                               ("plain", True, 6)])
def test_round_trips(request, tool, through, kind, found, most):
    tls = kind != "plain"
    fresh = request.getfixturevalue("secure_database" if tls else "database")
    most -= tls and tool.is_static
    trips, report = through(fresh, most, tls=tls, found=found)
    print(f"\n{kind}, URL {'found in the database' if found else 'known'}: {trips} round trips (at most {most})\n{report}")
    assert trips <= most, report


@pytest.mark.parametrize("kind, most", [("SCRAM and TLS", 9), ("plain", 7)])
def test_several_addresses_cost_one_more(request, tool, through, kind, most):
    """They are asked side by side, and the unsigned question tells which one to go on with."""
    tls = kind != "plain"
    fresh = request.getfixturevalue("secure_database" if tls else "database")
    most -= tls and tool.is_static
    trips, report = through(fresh, most, tls=tls, found=True, local_address="localhost")
    print(f"\n{kind}, URL found, two addresses: {trips} round trips\n{report}")
    assert trips <= most, report


class Set:
    """A replica set of one answering member and one other, and a Pritunl that it describes."""

    def __init__(self, tool, wire, database, server):
        self.tool, self.wire, self.database, self.server = tool, wire, database, server

    def run(self, *other, **options):
        """verify with the set as it is; the dead member's address is in the URI, too."""
        proxy = self.wire()
        proxy.replica_set(*other)
        hosts = ",".join([proxy.address, *other])
        query = "&".join(f"{key}={value}" for key, value in {"replicaSet": "wire", **options}.items())
        uri = f"mongodb://{hosts}/{self.database.name}?{query}"
        return self.tool.run("verify", "--json", "--url", self.server.url, env={"PRITUNL_ACCESS_MONGODB_URI": uri})


@pytest.fixture
def replica_set(tool, wire, database, standin, seed):
    seed.administrator(database.db, auth_api=True)
    return Set(tool, wire, database, standin())


@pytest.mark.parametrize("kind", ["blackhole", "silent"])
def test_a_dead_member_is_never_waited_for(replica_set, address, kind):
    """With an hour to connect, whoever waited for the dead member would not come back: there is no need to measure anything."""
    result = replica_set.run(str(address(kind)), connectTimeoutMS=3_600_000, serverSelectionTimeoutMS=3_600_000,
                             socketTimeoutMS=3_600_000)
    assert result.status == 0 and result.json()["verdict"] == "accepted"
    assert [each.path for each in replica_set.server.requests] == ["/ping", "/status"]


def test_a_dead_member_costs_nothing(replica_set, address):
    """The same as a figure: interleaved medians. The bound is that of the defaults (10 s to connect), not of this machine."""
    dead = str(address("blackhole"))
    times = {"healthy": [], "dead": []}
    for _ in range(7):
        for name, others in (("healthy", ()), ("dead", (dead,))):
            result = replica_set.run(*others)
            assert result.status == 0
            times[name].append(result.seconds)
    medians = {name: statistics.median(values) * 1000 for name, values in times.items()}
    print(f"\nreplica set: healthy {medians['healthy']:.0f} ms, with a dead member {medians['dead']:.0f} ms")
    assert medians["dead"] < medians["healthy"] + 5000
