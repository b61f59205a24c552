# SPDX-License-Identifier: MIT
"""doctor and a cluster: every host is asked side by side, and the same database by many threads."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from dataclasses import dataclass

import pytest
from doctor_faults import OTHER
from doctor_place import CHECKS
from pritunl.listener import Listener

HOSTS, HANGING = 50, 5
CONNECT_TIMEOUT = 2


@dataclass
class Cluster:
    """One stand-in at many addresses; hanging are the names of the hosts where nobody answers, release() lets go of them."""

    server: object
    hanging: list
    sockets: list

    def release(self) -> None:
        """End what hangs."""
        for each in self.sockets:
            each.close()


@pytest.fixture
def cluster(tool, database, standin, seed, pki):
    """Hosts at loopback addresses of their own, of which some accept and say nothing, and one that is offline for good."""
    server = standin(tls=pki.pritunl)
    made = Cluster(server, [], [])
    tool.env["PRITUNL_ACCESS_MONGODB_URI"] = database.uri
    seed.settings(database.db, server_cert=pki.pritunl.certificate, server_port=server.port)
    seed.administrator(database.db, auth_api=True)
    seed.host(database.db, "f" * 32, status="offline", public_address="127.0.9.9", hostname=None)
    with contextlib.ExitStack() as stack:
        for number in range(HOSTS):
            address, name = f"127.0.2.{number + 1}", f"host-{number}"
            seed.host(database.db, f"{number:032x}", name=name, public_address=address, hostname=None)
            if number % (HOSTS // HANGING) == 7:
                made.hanging.append(name)
                made.sockets.append(stack.enter_context(socket.create_server((address, server.port))))
            else:
                listener = Listener(server, address, server.port, server._listener.answer)
                listener.context = server._listener.context
                listener.open()
                stack.callback(listener.end)
        yield made


def peak_while(running) -> int:
    """The greatest memory of a running process, in KiB, as often as it could be looked at."""
    peak = 0
    while running.process.poll() is None:
        with contextlib.suppress(OSError), open(f"/proc/{running.pid}/status", encoding="ascii") as status:
            peak = max([peak, *(int(line.split()[1]) for line in status if line.startswith("VmHWM"))])
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(0.05)
    return peak


def test_fifty_hosts_of_which_five_hang(tool, cluster):
    running = tool.start("doctor", "--json", "--every-host", "--connect-timeout", CONNECT_TIMEOUT)
    peak = peak_while(running)
    result = running.wait()
    print(f"\n{HOSTS} hosts, {HANGING} hang: {result.seconds:.2f} s (connect timeout {CONNECT_TIMEOUT} s), {peak / 1024:.0f} MiB at most")
    answer = result.json()
    checks = {check["name"]: check for check in answer["checks"]}
    assert (result.status, answer["verdict"], answer["cause"]) == (5, "unknown", "timeout"), answer
    assert [name for name in CHECKS if checks[name]["state"] == "fail"] == ["hosts"]
    assert f"{HOSTS - HANGING} of {HOSTS}" in checks["hosts"]["detail"] and "timeout" in checks["hosts"]["detail"]
    assert any(name in checks["hosts"]["detail"] for name in cluster.hanging)
    assert peak < 256 * 1024
    every = tool.run("verify", "--json", "--every-host", "--connect-timeout", "1").json()
    assert {each["host"] for each in every if each["verdict"] != "accepted"} == set(cluster.hanging) and len(every) == HOSTS


def test_what_hangs_is_waited_for_side_by_side(tool, cluster, address):
    """While the URL and some hosts hang, all the others are asked; nothing of this depends on any time running out."""
    silent = address("silent")
    running = tool.start("doctor", "--json", "--every-host", "--url", f"https://{silent}", "--connect-timeout", "60")
    asked = HOSTS - HANGING
    cluster.server.wait_for(lambda: len([each for each in cluster.server.requests if each.signed and each.status == 200]) == asked, 50)
    assert running.process.poll() is None
    silent.close()
    cluster.release()
    result = running.wait()
    answer = result.json()
    hosts = next(check for check in answer["checks"] if check["name"] == "hosts")
    assert result.status == 5 and answer["cause"] is not None and f"{asked} of {HOSTS}" in hosts["detail"], answer


def test_the_worst_host_is_named(site, standin):
    """All hosts but the URL are refused, each for its own cause: that which the server would meet first is named."""
    site.admin()
    second = standin()
    site.seed.settings(site.db, server_ssl=False, server_port=second.port)
    site.seed.host(site.db, "a" * 32, name="skewed", local_address="127.0.0.1", hostname=None)
    second.clock_offset_s = 50_000
    result = site.run("doctor", "--json", "--every-host")
    answer = result.json()
    hosts = next(check for check in answer["checks"] if check["name"] == "hosts")
    assert (result.status, answer["cause"], answer["verdict"]) == (1, "clock-skew", "refused"), answer
    assert hosts["state"] == "fail" and "skewed: clock-skew" in hosts["detail"]
    assert [check["name"] for check in answer["checks"] if check["state"] == "fail"] == ["hosts"]


def test_no_host_online(site):
    site.admin()
    site.seed.settings(site.db)
    site.seed.host(site.db, "a" * 32, status="offline", public_address="127.0.9.9")
    for options in ((), ("--every-host",)):
        result = site.run("doctor", "--json", *options)
        hosts = next(check for check in result.json()["checks"] if check["name"] == "hosts")
        assert (result.status, hosts["state"], result.stderr) == (0, "warn", ""), hosts
        assert "127.0.9.9" not in result.stdout


# ---- the database, from many threads


@pytest.mark.parametrize("cause", ["token-duplicate", "token-unknown", "administrator-disabled"])
def test_many_refused_administrators(site, wire, cause):
    """After each refusal the database is asked, by up to 64 threads, over the one connection that there is."""
    count = 60
    first = site.admin(OTHER)
    fields = {"token": first["token"]} if cause == "token-duplicate" else {"disabled": True} if "disabled" in cause else {}
    for number in range(count):
        site.insert(username=f"admin-{number}", **fields)
    if cause == "token-unknown":
        site.pritunl.strip_auth = True
    proxy = wire()
    site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = proxy.uri(site.database.name)
    result = site.run("verify", "--all", "--json", "--jobs", "64")
    answers = {each["administrator"]: each for each in result.json()}
    assert result.status == 1 and len(answers) == count + 1
    assert {answers[f"admin-{number}"]["cause"] for number in range(count)} == {cause}
    assert len([command for command in proxy.sent() if command.collection in ("administrators", "auth_nonces")]) > count
    assert len({command.connection for command in proxy.sent()}) == 1
