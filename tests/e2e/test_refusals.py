# SPDX-License-Identifier: MIT
"""Every refusal of Pritunl's API that a credential's document or the way to the server can bring about, and its cause by `verify`."""

from __future__ import annotations

import dataclasses
import os

import pytest
from expect import ABSENT, failed, failed_json, tree

OTHER = "the-other-one"


def refused(site, cause, *args, said=401):
    """`verify` says no: status 1, this cause, in JSON and as text; and nothing is exported. Returns the JSON answer."""
    status, answer = site.verify("pritunl", *args)
    assert (status, answer["verdict"], answer["cause"]) == (1, "refused", cause), answer
    assert answer["status"] == said and answer["administrator"] == "pritunl", answer
    failed(site.run("verify", "pritunl", *args), 1, "pritunl", attempt=" ")
    before = tree(site.tool.home)
    exported = site.run("export", "pritunl", "-o", "pair.env", "--json", *args)
    failed_json(exported, 6 if exported.status == 6 else 1, kind=cause)
    assert tree(site.tool.home) == before
    return answer


def unknown(site, cause, *args, said=None):
    """`verify` cannot know: status 5, this cause; nothing signed has gone out, and nothing is exported."""
    status, answer = site.verify("pritunl", *args)
    assert (status, answer["verdict"], answer["cause"]) == (5, "unknown", cause), answer
    assert answer["status"] == said, answer
    failed(site.run("verify", "pritunl", *args), 5, "pritunl")
    failed_json(site.run("export", "pritunl", "-o", "pair.env", "--json", *args), 5, kind=cause)
    assert site.signed() == [] and tree(site.tool.home) == {}
    return answer


def unjudged(site, cause, *args, said):
    """A signed request was answered, and not by Pritunl's judgement of the pair: status 5, this cause; nothing is exported."""
    status, answer = site.verify("pritunl", *args)
    assert (status, answer["verdict"], answer["cause"]) == (5, "unknown", cause), answer
    assert answer["status"] == said and answer["latency_ms"] > 0, answer
    message = failed(site.run("verify", "pritunl", *args), 5, "pritunl")
    assert "refuses" not in message
    before = tree(site.tool.home)
    failed_json(site.run("export", "pritunl", "-o", "pair.env", "--json", *args), 5, kind=cause)
    assert tree(site.tool.home) == before
    return answer


def accepted(site, *args, warned=""):
    """`verify` says yes: status 0."""
    result = site.run("verify", "--json", "pritunl", *args)
    answer = result.json()
    assert (result.status, answer["verdict"], answer["cause"]) == (0, "accepted", answer["cause"]), answer
    assert (warned in result.stderr and result.stderr.startswith("pritunl-access: ")) if warned else result.stderr == ""
    return answer


@pytest.fixture
def elsewhere(database, standin):
    """Another database, and the Pritunl that runs over it."""
    name = "elsewhere_" + os.urandom(5).hex()
    other = dataclasses.replace(database, name=name, uri=database.server.uri(name))
    server = standin(over=other)
    yield server
    other.drop()


# ---- token


def test_token_of_another_database(site, elsewhere, seed):
    site.admin()
    seed.administrator(elsewhere.db, auth_api=True)
    answer = refused(site, "token-unknown", "--url", elsewhere.url)
    assert answer["url"] == elsewhere.url and "another database" in answer["detail"]


@pytest.mark.parametrize("token", [ABSENT, None, "", 7, b"bytes", ["list"], {"a": 1}, "a line\nand another", "käse", " blank"],
                         ids=repr)
def test_token_that_cannot_be_sent(site, token):
    site.admin(OTHER)
    site.insert(token=token)
    answer = refused(site, "token-unknown", said=None)
    assert answer["latency_ms"] is None and site.signed() == []


@pytest.mark.parametrize("first", [{}, {"auth_api": False}, {"disabled": True}, {"secret": None}], ids=repr)
def test_token_of_an_earlier_administrator(site, first):
    token = site.seed.random_text()
    site.admin(OTHER, **{"token": token} | first)
    site.admin("third")
    site.admin(token=token)
    assert OTHER in refused(site, "token-duplicate")["detail"]
    rows = {row["administrator"]: row for row in site.run("list", "--json").json()}
    assert (rows["pritunl"]["usable"], rows["pritunl"]["reason"]) == (False, "token-duplicate")


# ---- clock


@pytest.mark.parametrize("offset", [50_000, -50_000])
def test_clocks_differ_by_more_than_the_window(site, offset):
    site.admin()
    site.pritunl.clock_offset_s = offset
    answer = refused(site, "clock-skew")
    assert abs(answer["clock_skew_s"] - offset) <= 2
    failed(site.run("verify"), 1, "clock", attempt="--server-time")
    mended = accepted(site, "--server-time")
    assert abs(mended["clock_skew_s"] - offset) <= 2
    assert site.run("export", "--server-time", reveals=True).status == 0


def test_the_window_of_the_settings_counts(site):
    site.admin()
    site.pritunl.clock_offset_s = 300
    accepted(site)
    site.seed.settings(site.db, auth_time_window=60)
    site.pritunl.drop_settings_cache()
    refused(site, "clock-skew")


# ---- auth_api and the front


@pytest.mark.parametrize("flag", [False, None, ABSENT, 0, 0.0, "", [], {}], ids=repr)
@pytest.mark.parametrize("front", ["open", "strict"])
def test_api_access_is_off(site, flag, front):
    if front == "open":
        site.admin(OTHER)
    site.insert(auth_api=flag)
    site.pritunl.front = "auto"
    assert site.pritunl.recount() == ("normal" if front == "open" else "strict")
    answer = refused(site, "api-disabled")
    failed(site.run("verify", "pritunl"), 1, attempt="pritunl-access enable pritunl")
    assert "auth_api" in answer["detail"]


@pytest.mark.parametrize("flag", [1, "false", "true", 1.5, [0]], ids=repr)
def test_flag_is_no_boolean_and_the_front_strict(site, flag):
    site.insert(auth_api=flag)
    site.pritunl.front = "auto"
    assert site.pritunl.recount() == "strict"
    refused(site, "flag-not-boolean")


@pytest.mark.parametrize("flag", [1, "false"], ids=repr)
def test_flag_is_no_boolean_and_the_front_open(site, flag):
    site.admin(OTHER)
    site.insert(auth_api=flag)
    site.pritunl.front = "auto"
    assert site.pritunl.recount() == "normal"
    result = site.run("export", "pritunl", reveals=True)
    assert result.status == 0 and "auth_api is not the boolean true" in result.stderr
    status, answer = site.verify("pritunl")
    assert (status, answer["verdict"]) == (0, "accepted")


def test_flag_is_no_boolean_is_warned_about_by_verify(site):
    site.admin(OTHER)
    site.insert(auth_api=1)
    accepted(site, warned="boolean")


def test_the_front_has_not_noticed_yet(site):
    site.admin()
    site.pritunl.front = "strict"
    refused(site, "web-strict")


# ---- secret


@pytest.mark.parametrize("secret", [ABSENT, None, "", 12345678, b"12345678", ["12345678"], {"a": "12345678"}, True], ids=repr)
def test_there_is_no_secret(site, secret):
    site.insert(secret=secret)
    refused(site, "secret-missing", said=None)
    failed(site.run("export"), 6, "secret")


@pytest.mark.parametrize("secret", ["x", "1234567", "äöüßäöü"])
def test_the_secret_is_short(site, secret):
    site.insert(secret=secret)
    status, answer = site.verify()
    assert (status, answer["verdict"], answer["cause"]) == (1, "refused", "secret-short")
    failed(site.run("export"), 6, "8")


@pytest.mark.parametrize("secret", ["12345678", "äöüßäöüß", "tfacctest_token", "with\nlines\r\nin it", "x" * 10_000])
def test_an_odd_secret_signs(site, secret):
    site.insert(secret=secret)
    accepted(site)


def test_the_server_has_another_secret(site, elsewhere, seed):
    admin = site.admin()
    seed.administrator(elsewhere.db, auth_api=True, token=admin["token"])
    refused(site, "secret-mismatch", "--url", elsewhere.url)


# ---- nonce, disabled


def test_a_proxy_repeats_the_request(site):
    site.admin()
    site.pritunl.configure(replay=True, faults_on=lambda request: request.signed)
    refused(site, "nonce-replayed")


@pytest.mark.parametrize("disabled", [True, 1, "no"], ids=repr)
def test_the_administrator_is_disabled(site, disabled):
    site.admin(disabled=disabled)
    refused(site, "administrator-disabled")
    failed(site.run("export"), 6, "disabled")


# ---- proxies that change the request


@pytest.mark.parametrize("names", [True, ("auth-signature",), ("auth-token",), ("auth-nonce", "auth-timestamp")], ids=repr)
def test_a_proxy_drops_the_headers(site, names):
    site.admin()
    site.pritunl.strip_auth = names
    status, answer = site.verify()
    assert (status, answer["verdict"]) == (1, "refused") and answer["cause"] in ("headers-stripped", "token-unknown"), answer
    assert answer["cause"] == "headers-stripped" or "headers" in answer["detail"]
    failed_json(site.run("export", "--json"), 1)


def test_a_proxy_changes_the_path(site):
    site.admin()
    site.pritunl.rewrite = lambda path: path.replace("/status", "/state")
    status, answer = site.verify()
    assert (status, answer["verdict"]) == (1, "refused") and answer["cause"] in ("path-rewritten", "secret-mismatch"), answer
    assert answer["cause"] == "path-rewritten" or "path" in answer["detail"]


def test_a_path_in_the_url_is_not_signed(site):
    site.admin()
    site.pritunl.path_removed = "/vpn"
    answer = accepted(site, "--url", site.pritunl.url + "/vpn/")
    assert answer["url"] == site.pritunl.url + "/vpn"
    assert {each.path for each in site.signed()} == {"/vpn/status"}
    assert unknown_page(site, "--url", site.pritunl.url + "/other")


def unknown_page(site, *args):
    """The proxy's own page for a path that it does not know."""
    status, answer = site.verify(*args)
    assert (status, answer["verdict"]) == (5, "unknown"), answer
    return answer["cause"] in ("proxy-answer", "not-pritunl")


def test_a_path_in_the_url_that_reaches_pritunl(site):
    """A proxy that passes the path on whole, to a Pritunl that then sees (and signs) more than we did."""
    site.admin()
    site.pritunl.rewrite = lambda path: path.replace("/vpn/ping", "/ping").replace("/vpn/status", "/state")
    status, answer = site.verify("--url", site.pritunl.url + "/vpn")
    assert (status, answer["verdict"]) == (1, "refused") and answer["cause"] in ("path-rewritten", "secret-mismatch")


def test_a_path_in_the_url_that_nobody_takes_off(site):
    site.admin()
    status, answer = site.verify("--url", site.pritunl.url + "/vpn")
    assert (status, answer["verdict"]) == (5, "unknown") and answer["cause"] in ("proxy-answer", "not-pritunl"), answer
    assert site.signed() == []
