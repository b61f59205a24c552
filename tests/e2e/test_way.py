# SPDX-License-Identifier: MIT
"""What can be wrong on the way to the API, before or beside its own refusals, and which of two faults is named."""

from __future__ import annotations

import pytest
from expect import failed
from test_refusals import unjudged, unknown

OFF = "switched-off"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(site, standin, status):
    site.admin()
    goal = standin()
    site.pritunl.configure(redirect_to=goal.url, redirect_status=status)
    unknown(site, "redirected")
    assert goal.requests == []


def test_a_redirect_of_the_signed_request_alone(site, standin):
    site.admin()
    goal = standin()
    site.pritunl.configure(redirect_to=goal.url, faults_on=lambda request: request.signed)
    unjudged(site, "redirected", said=302)
    assert goal.requests == []


@pytest.mark.parametrize("status", [200, 403, 511])
def test_a_captive_page(site, status):
    site.admin()
    site.pritunl.configure(captive_page=True, captive_status=status)
    unknown(site, "proxy-answer")
    site.pritunl.faults_on = lambda request: request.signed
    unjudged(site, "proxy-answer", said=status)


def test_json_that_is_not_pritunls(site):
    site.admin()
    site.pritunl.foreign_json = True
    unknown(site, "not-pritunl")
    site.pritunl.faults_on = lambda request: request.signed
    unjudged(site, "not-pritunl", said=200)


@pytest.mark.parametrize("status", [204, 418, 503])
def test_a_status_that_pritunl_never_gives(site, status):
    site.admin()
    site.pritunl.odd_status = status
    unknown(site, "not-pritunl")
    site.pritunl.faults_on = lambda request: request.signed
    unjudged(site, "not-pritunl", said=status)


def test_a_bad_gateway(site):
    site.admin()
    site.pritunl.api_down = True
    unknown(site, "web-not-ready")


def test_a_stale_heartbeat_is_504(site):
    site.admin()
    site.pritunl.heartbeat_age_s = 31
    unknown(site, "web-not-ready")


def test_a_bad_gateway_for_the_signed_request_alone(site):
    site.admin()
    site.pritunl.configure(bad_gateway_every=1, faults_on=lambda request: request.signed)
    unjudged(site, "web-not-ready", said=502)


def test_not_initialized(site):
    site.admin()
    site.pritunl.initialized = False
    unjudged(site, "web-not-ready", said=401)


def test_plain_http_on_the_tls_port(site, standin, pki):
    site.admin()
    server = standin(tls=pki.server)
    answer = unknown(site, "not-pritunl", "--url", server.url.replace("https", "http"))
    assert "https" in answer["detail"]


def test_tls_on_the_plain_port(site, address):
    site.admin()
    plain = address("answering", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    unknown(site, "not-pritunl", "--url", f"https://{plain}")


def test_a_name_without_an_address(site):
    site.admin()
    unknown(site, "dns", "--url", "https://name.invalid")


def test_a_port_where_nobody_listens(site, address):
    site.admin()
    unknown(site, "unreachable", "--url", f"https://{address('refused')}")


def test_a_server_that_says_nothing(site, address):
    site.admin()
    for scheme in ("https", "http"):
        status, answer = site.verify("--url", f"{scheme}://{address('silent')}", "--timeout", "1")
        assert (status, answer["verdict"], answer["cause"]) == (5, "unknown", "timeout")


def test_a_server_that_hangs_on_the_signed_request_alone(site):
    site.admin()
    site.pritunl.configure(hang=True, faults_on=lambda request: request.signed)
    status, answer = site.verify("--timeout", "1")
    assert (status, answer["verdict"], answer["cause"]) == (5, "unknown", "timeout")


def test_a_connection_that_is_cut(site):
    site.admin()
    site.pritunl.configure(cut_every=1, faults_on=lambda request: request.signed)
    status, answer = site.verify()
    assert (status, answer["verdict"], answer["cause"]) == (5, "unknown", "unreachable")


@pytest.mark.parametrize(("name", "cause"), [
    ("untrusted", "tls-untrusted"), ("pritunl", "tls-untrusted"), ("other_name", "tls-name"), ("expired", "tls-expired"),
    ("future", "tls-expired"),
])
def test_certificates(site, standin, pki, name, cause):
    site.admin()
    server = standin(tls=getattr(pki, name))
    status, answer = site.verify("--url", server.url, "--ca-cert", pki.ca.certificate_file)
    assert (status, answer["verdict"], answer["cause"]) == (5, "unknown", cause), answer
    assert not [each for each in server.requests if each.signed]
    failed(site.run("export", "--url", server.url, "--ca-cert", pki.ca.certificate_file), 5, "certificate")


def test_ways_to_trust(site, standin, pki):
    site.admin()
    server, own = standin(tls=pki.server), standin(tls=pki.pritunl)
    site.seed.settings(site.db, server_cert=pki.pritunl.certificate)
    cases = (("ca-cert", server, ("--ca-cert", pki.ca.certificate_file)), ("pin", server, ("--pin", pki.server.pin)),
             ("insecure", server, ("--insecure",)), ("database", own, ()), ("pin", own, ("--pin", pki.pritunl.pin)),
             ("none", site.pritunl, ()))
    for trust, where, options in cases:
        status, answer = site.verify("--url", where.url, *options)
        assert (status, answer["verdict"], answer["trust"]) == (0, "accepted", trust), answer
    status, answer = site.verify("--url", own.url, "--pin", pki.pritunl_other.pin)
    assert (status, answer["cause"]) == (5, "tls-untrusted")


def test_pritunls_own_certificate_as_an_authority(site, standin, pki):
    """It names no host: its key is what can be trusted."""
    site.admin()
    server = standin(tls=pki.pritunl)
    result = site.run("verify", "--url", server.url, "--ca-cert", pki.pritunl.certificate_file)
    failed(result, 5, attempt=f"verify --pin {pki.pritunl.pin}, in place of --ca-cert")
    doctor = site.run("doctor", "--json", "--url", server.url, "--ca-cert", pki.pritunl.certificate_file)
    assert pki.pritunl.pin in doctor.json()["remedy"]
    assert site.run("verify", "--url", server.url, "--pin", pki.pritunl.pin).status == 0


def test_a_server_that_sends_no_intermediate(site, standin, pki, tmp_path):
    """The leaf alone, of an issuer that nobody here knows; with its issuer beside it that is not said."""
    site.admin()
    trust = ("--ca-cert", pki.ca.certificate_file)
    assert "without the intermediate" in site.verify("--url", standin(tls=pki.untrusted).url, *trust)[1]["detail"]
    chain = tmp_path / "chain.pem"
    chain.write_text(pki.untrusted.certificate + pki.other_ca.certificate)
    server = standin(tls=(str(chain), str(pki.untrusted.key_file)))
    status, answer = site.verify("--url", server.url, *trust)
    assert (status, answer["cause"]) == (5, "tls-untrusted") and "intermediate" not in answer["detail"]
    assert "intermediate" not in site.verify("--url", standin(tls=pki.pritunl).url, *trust)[1]["detail"], "self-signed"


def test_a_name_in_the_common_name_alone(site, standin, pki):
    """We take it, and other clients do not."""
    site.admin()
    server = standin(tls=pki.common_name)
    trust = ("--url", server.url.replace("127.0.0.1", "localhost"), "--ca-cert", pki.ca.certificate_file)
    for command in (("verify",), ("export", "-o", "pair.env")):
        result = site.run(*command, *trust)
        assert result.status == 0 and "common name alone" in result.stderr, result.stderr
    assert site.run("verify", "--url", standin(tls=pki.server).url, *trust[2:]).stderr == ""


# ---- which of two is named


def test_tls_comes_before_the_flag(site, standin, pki):
    site.admin(auth_api=False)
    status, answer = site.verify("--url", standin(tls=pki.untrusted).url)
    assert (status, answer["cause"]) == (5, "tls-untrusted")


def test_a_redirect_comes_before_disabled(site):
    site.admin(disabled=True)
    site.pritunl.redirect_to = "https://elsewhere.invalid"
    assert site.verify()[1]["cause"] == "redirected"


def test_the_front_comes_before_disabled_and_the_flag_before_the_front(site):
    site.admin(disabled=True)
    site.admin(OFF, auth_api=False)
    site.pritunl.front = "strict"
    assert site.verify("pritunl")[1]["cause"] == "web-strict"
    assert site.verify(OFF)[1]["cause"] == "api-disabled"


@pytest.mark.parametrize(("field", "value", "otherwise"), [("secret", None, "secret-missing"), ("token", None, "token-unknown")])
def test_the_front_comes_before_a_pair_that_cannot_sign(site, field, value, otherwise):
    site.admin(**{field: value})
    assert site.verify()[1]["cause"] == otherwise
    site.pritunl.front = "strict"
    assert site.verify()[1]["cause"] == "web-strict"


def test_a_duplicate_token_comes_before_the_clock(site):
    first = site.admin("first")
    site.admin(token=first["token"])
    site.pritunl.clock_offset_s = 50_000
    assert site.verify("pritunl")[1]["cause"] == "token-duplicate"


@pytest.mark.parametrize("secret", [None, "short"])
def test_the_clock_comes_before_the_secret(site, secret):
    site.admin(secret=secret)
    site.pritunl.clock_offset_s = 50_000
    assert site.verify("pritunl")[1]["cause"] == "clock-skew"


def test_the_secret_comes_before_disabled(site):
    site.admin(secret="short", disabled=True)
    assert site.verify()[1]["cause"] == "secret-short"
