# SPDX-License-Identifier: MIT
"""Of several places where the API may be, the best one that answers. Every address here is one of 127.0.0.0/8 on one port."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

LONG = ("--connect-timeout", "3600", "--timeout", "3600")      # whoever waits for a silent address does not come back


@pytest.fixture
def places(database, seed, pki, tool):
    """Let the database name these addresses of one host, best first, at this port."""
    seed.administrator(database.db, auth_api=True)
    tool.env = {"PRITUNL_ACCESS_MONGODB_URI": database.uri, "SSL_CERT_FILE": "/nowhere"}

    def name(port, *addresses, tls=True, **app):
        fields = ("public_address", "auto_public_host", "auto_public_address", "local_address", "auto_local_address", "hostname")
        seed.settings(database.db, server_port=port, server_ssl=tls, server_cert=pki.pritunl.certificate, **app)
        database.db.hosts.delete_many({})
        seed.host(database.db, "a" * 32, **{"hostname": None} | dict(zip(fields, addresses, strict=False)))
    return name


@pytest.fixture
def beside():
    """A second address at the port of a stand-in: "silent" takes connections and says nothing, "blackhole" takes none."""
    with contextlib.ExitStack() as stack:
        def make(kind, host, port):
            listener = stack.enter_context(socket.socket())
            listener.bind((host, port))
            listener.listen(0 if kind == "blackhole" else 64)
            for _ in range(16 if kind == "blackhole" else 0):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex((host, port))
            return host
        yield make


def verified(tool, *args):
    result = tool.run("verify", "--json", *args)
    return result.json(), result.status


def test_the_best_ranked_of_those_that_answer(tool, places, standin, pki):
    first = standin(tls=pki.pritunl, host="127.0.0.2")
    second = standin(tls=pki.pritunl, host="127.0.0.3", port=first.port)
    places(first.port, "127.0.0.2", "127.0.0.3")
    answer, status = verified(tool)
    assert (answer["url"], answer["verdict"], status) == (first.url, "accepted", 0)
    places(first.port, "127.0.0.3", "127.0.0.2")
    assert verified(tool)[0]["url"] == second.url
    assert "database: public_address of host" in tool.run("show", "--json").json()["url_from"]


def test_only_the_chosen_one_is_sent_anything_signed(tool, places, standin, pki):
    first = standin(tls=pki.pritunl, host="127.0.0.2")
    second = standin(tls=pki.pritunl, host="127.0.0.3", port=first.port)
    places(first.port, "127.0.0.2", "127.0.0.3")
    verified(tool)
    assert [each.path for each in first.requests] == ["/ping", "/status"]
    assert [each.path for each in second.requests] in ([], ["/ping"])


@pytest.mark.parametrize("command", [("verify",), ("export",), ("exec", "--", "true")])
@pytest.mark.parametrize("kind", ["silent", "blackhole"])
def test_a_silent_first_address_is_not_waited_for(tool, places, standin, pki, beside, kind, command):
    """However long a connection may take: with an hour of it, this ends only because nobody waits."""
    server = standin(tls=pki.pritunl, host="127.0.0.3")
    places(server.port, beside(kind, "127.0.0.2", server.port), "127.0.0.3")
    result = tool.run(*command[:1], *LONG, *command[1:], reveals=True)
    assert result.status == 0, result.stderr
    assert [each.path for each in server.requests if each.signed] == ["/status"]


@pytest.mark.parametrize("changes", [{"redirect_to": "https://192.0.2.1"}, {"captive_page": True}, {"api_down": True},
                                     {"foreign_json": True}, {"odd_status": 418}])
def test_a_first_address_that_is_not_pritunl_is_passed_over(tool, places, standin, pki, changes):
    wrong = standin(tls=pki.pritunl, host="127.0.0.2", faults_on=None, **changes)
    right = standin(tls=pki.pritunl, host="127.0.0.3", port=wrong.port)
    if "api_down" in changes:
        wrong.configure(heartbeat_age_s=60)
    places(wrong.port, "127.0.0.2", "127.0.0.3")
    answer, status = verified(tool)
    assert (answer["url"], status) == (right.url, 0)
    assert not [each for each in wrong.requests if each.signed]


def test_a_first_address_with_another_certificate_is_passed_over(tool, places, standin, pki):
    wrong = standin(tls=pki.pritunl_other, host="127.0.0.2")
    right = standin(tls=pki.pritunl, host="127.0.0.3", port=wrong.port)
    places(wrong.port, "127.0.0.2", "127.0.0.3")
    answer, status = verified(tool)
    assert (answer["url"], answer["trust"], status) == (right.url, "database", 0)
    assert not [each for each in wrong.requests if each.signed]


def test_addresses_that_refuse_or_do_not_exist_are_passed_over(tool, places, standin, pki):
    server = standin(tls=pki.pritunl, host="127.0.0.9")
    places(server.port, "127.0.0.2", "name.invalid", "127.0.0.3", "127.0.0.9")
    answer, status = verified(tool)
    assert (answer["url"], status) == (server.url, 0)


def test_a_late_better_one_is_waited_for_a_little_only(tool, places, standin, pki):
    """The second answers; the first has not, and never will while the tool runs."""
    first = standin(tls=pki.pritunl, host="127.0.0.2", hang=True)
    second = standin(tls=pki.pritunl, host="127.0.0.3", port=first.port)
    places(first.port, "127.0.0.2", "127.0.0.3")
    answer, status = verified(tool, *LONG)
    assert (answer["url"], status) == (second.url, 0)
    assert {each.path for each in first.requests} <= {"/ping"}


# ---- none is good


def test_nobody_at_all(tool, places, address):
    refused = address("refused")
    places(refused.port, "127.0.0.1", "localhost")
    answer, status = verified(tool)
    assert (answer["verdict"], answer["cause"], status) == ("unknown", "unreachable", 5)
    result = tool.run("export")
    assert result.status == 5 and "nobody answers" in result.stderr and "127.0.0.1" in result.stderr


def test_only_silence(tool, places, beside, address):
    port = address("refused").port
    places(port, beside("silent", "127.0.0.2", port), beside("silent", "127.0.0.3", port))
    answer, status = verified(tool, "--connect-timeout", "1", "--timeout", "1")
    assert (answer["cause"], status) == ("timeout", 5)


def test_whoever_answered_says_most_about_why(tool, places, standin, pki):
    wrong = standin(tls=pki.pritunl_other, host="127.0.0.3")
    places(wrong.port, "127.0.0.2", "127.0.0.3")
    answer, status = verified(tool)
    assert (answer["url"], answer["cause"], status) == (wrong.url, "tls-untrusted", 5)
    assert not [each for each in wrong.requests if each.signed]


def test_no_address_at_all(tool, places):
    places(443)
    for command in ("export", "verify"):
        result = tool.run(command, "--json")
        assert result.status == 2 and "--url" in result.json()["error"]["try"]


def test_the_acme_domain_comes_first(tool, places, standin, pki):
    server = standin(tls=pki.pritunl)
    places(server.port, "127.0.0.1", acme_domain="localhost")
    answer, _ = verified(tool)
    assert answer["url"] == f"https://localhost:{server.port}" and answer["verdict"] == "accepted"
    assert tool.run("show", "--json").json()["url_from"] == "database: acme_domain"


def test_more_addresses_than_are_asked(tool, places, standin, pki, seed, database):
    """Sixteen at once are asked, and none of the others."""
    server = standin(tls=pki.pritunl, host="127.0.0.1")
    places(server.port)
    asked, lock = [], threading.Lock()

    def listen(host):
        listener = socket.create_server((host, server.port))
        threading.Thread(target=count, args=(listener, host), daemon=True).start()
        return listener

    def count(listener, host):
        with contextlib.suppress(OSError):
            while True:
                listener.accept()[0].close()
                with lock:
                    asked.append(host)

    listeners = [listen(f"127.0.1.{number}") for number in range(1, 21)]
    for number in range(1, 21):
        seed.host(database.db, f"{number:032x}", public_address=f"127.0.1.{number}", hostname=None)
    answer, status = verified(tool)
    assert (answer["verdict"], status) == ("unknown", 5)
    assert set(asked) <= {f"127.0.1.{number}" for number in range(1, 17)} and len(set(asked)) >= 2
    for listener in listeners:
        listener.close()
