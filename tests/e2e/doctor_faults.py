# SPDX-License-Identifier: MIT
"""
Everything that doctor can find wrong, and how to bring each of it about: FAULTS, by name.

A builder is given a Place before anything is in it; what it changes there can be combined with what another one changes. Not among
them are super-user-required and licence-required: GET /status needs neither, so that only `api` can meet them.
"""

from __future__ import annotations

import os
from dataclasses import replace

from doctor_place import FAULTS, content, fault, mended, mended_by_first, mended_by_option
from expect import ABSENT

__all__ = ["FAULTS", "OTHER"]
OTHER = "somebody-else"


def uri(place, value: str) -> None:
    """The database is looked for there."""
    place.site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = value


# ---- the database


@fault("database-unreachable", 3, "database", "pritunl-access config")
def database_unreachable(place):
    uri(place, f"mongodb://{place.fixture('address')('refused')}/pritunl")


@fault("database-unreachable silent", 3, "database", "pritunl-access config")
def database_unreachable_silent(place):
    uri(place, f"mongodb://{place.fixture('address')('silent')}/pritunl?connectTimeoutMS=300")


@fault("database-unreachable without a primary", 3, "database", "rs.status()")
def database_unreachable_without_a_primary(place):
    proxy = place.fixture("wire")()
    proxy.replica_set(secondary=True)
    uri(place, proxy.uri(place.site.database.name, replicaSet="wire", serverSelectionTimeoutMS=300))


@fault("database-unreachable as another set", 3, "database", "replicaSet")
def database_unreachable_as_another_set(place):
    proxy = place.fixture("wire")()
    proxy.replica_set()
    uri(place, proxy.uri(place.site.database.name, replicaSet="other", serverSelectionTimeoutMS=300))


@fault("database-unreachable through its certificate", 3, "database", "tlsCAFile")
def database_unreachable_through_its_certificate(place):
    uri(place, place.fixture("secure_database").uri_with(tlsCAFile=place.fixture("pki").other_ca.certificate_file))


@fault("database-unreachable through DNS", 3, "database", "MongoDB URI")
def database_unreachable_through_DNS(place):
    uri(place, "mongodb://name.invalid/pritunl?connectTimeoutMS=2000")


@fault("database-auth", 3, "database", "check user")
def database_auth(place):
    there = place.fixture("secure_database")
    uri(place, there.server.uri(there.name, there.user, "wrong-" + os.urandom(8).hex()))


@fault("database-auth without a login", 3, "database", "mongodb://USER:PASSWORD@")
def database_auth_without_a_login(place):
    there = place.fixture("secure_database")
    uri(place, there.server.uri(there.name))


@fault("database-permission", 3, "database", "find")
def database_permission(place):
    there, user = place.fixture("secure_database"), "reader-" + os.urandom(4).hex()
    there.server.add_user(user, "reader-password", [{"role": "read", "db": "another"}])
    place.request.addfinalizer(lambda: there.server.client().admin.command("dropUser", user))
    uri(place, there.server.uri(there.name, user, "reader-password"))


@fault("database-empty", 3, "database", "pritunl-access config")
def database_empty(place):
    uri(place, place.site.database.server.uri("empty_" + os.urandom(5).hex()))


@fault("database-empty by its prefix", 3, "database", "pritunl-access config")
def database_empty_by_its_prefix(place):
    place.args += ["--collection-prefix", "other_"]


# ---- the way


@fault("dns", 5, "connection", "verify --url", mend=mended_by_option)
def dns(place):
    place.args += ["--url", "https://name.invalid"]


@fault("unreachable", 5, "connection", "systemctl status pritunl")
def unreachable(place):
    place.args += ["--url", f"https://{place.fixture('address')('refused')}"]


@fault("timeout", 5, "connection", "firewall")
def timeout(place):
    place.args += ["--url", f"https://{place.fixture('address')('blackhole')}", "--connect-timeout", "1"]


@fault("timeout of the handshake", 5, "connection", "firewall")
def timeout_of_the_handshake(place):
    place.args += ["--url", f"https://{place.fixture('address')('silent')}", "--connect-timeout", "1"]


@fault("timeout of the signed request", 5, "connection", "firewall")
def timeout_of_the_signed_request(place):
    place.pritunl.configure(hang=True, faults_on=lambda request: request.signed)
    place.args += ["--timeout", "1"]


@fault("tls-untrusted", 5, "certificate", "--ca-cert", mend=mended_by_option)
def tls_untrusted(place):
    place.serve("untrusted")


@fault("tls-untrusted by another pin", 5, "certificate", "--pin")
def tls_untrusted_by_another_pin(place):
    place.serve("pritunl")
    place.args += ["--pin", place.fixture("pki").pritunl_other.pin]


@fault("tls-name", 5, "certificate", "verify --url", mend=mended_by_option)
def tls_name(place):
    place.serve("other_name", trust=True)


@fault("tls-expired", 5, "certificate", "timedatectl")
def tls_expired(place):
    place.serve("expired", trust=True)


@fault("tls-expired before its time", 5, "certificate", "timedatectl")
def tls_expired_before_its_time(place):
    place.serve("future", trust=True)


@fault("redirected", 5, "answer", "verify --url")
def redirected(place):
    place.pritunl.redirect_to = "https://elsewhere.invalid"


@fault("redirected from port 80", 5, "answer", "verify --url")
def redirected_from_port_80(place):
    server = place.fixture("standin")(tls=place.fixture("pki").server, http_redirect_port=0)
    place.args += ["--url", server.http_url]


@fault("redirected when signed", 5, "answer", "verify --url")
def redirected_when_signed(place):
    place.pritunl.configure(redirect_to="https://elsewhere.invalid", faults_on=lambda request: request.signed)


@fault("proxy-answer", 5, "answer", "captive portal")
def proxy_answer(place):
    place.pritunl.captive_page = True


@fault("proxy-answer when signed", 5, "answer", "captive portal")
def proxy_answer_when_signed(place):
    place.pritunl.configure(captive_page=True, captive_status=403, faults_on=lambda request: request.signed)


@fault("proxy-answer below a path", 5, "answer", "proxy")
def proxy_answer_below_a_path(place):
    place.pritunl.path_removed = "/vpn"


@fault("not-pritunl", 5, "answer", "verify --url", mend=None)
def not_pritunl(place):
    place.pritunl.foreign_json = True


@fault("not-pritunl when signed", 5, "answer", "verify --url")
def not_pritunl_when_signed(place):
    place.pritunl.configure(odd_status=418, faults_on=lambda request: request.signed)


@fault("not-pritunl: HTTP on the TLS port", 5, "answer", "verify --url", mend=mended_by_option, cause="not-pritunl")
def not_pritunl_HTTP_on_the_TLS_port(place):
    server = place.serve("server")
    place.args[-1] = server.url.replace("https", "http")


@fault("not-pritunl: TLS on the HTTP port", 5, "answer", "verify --url", mend=mended_by_option, cause="not-pritunl")
def not_pritunl_TLS_on_the_HTTP_port(place):
    plain = place.fixture("address")("answering", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    place.args += ["--url", f"https://{plain}"]


@fault("not-pritunl: another protocol", 5, "answer", "verify --url", mend=mended_by_option, cause="not-pritunl")
def not_pritunl_another_protocol(place):
    place.args += ["--url", f"http://{place.fixture('address')('answering', b'220 mail ESMTP' + bytes([13, 10]), wait_for_request=False)}"]


@fault("server-error", 1, "answer", "journalctl -u pritunl")
def server_error(place):
    place.pritunl.configure(odd_status=500, faults_on=lambda request: request.signed)


# ---- the front


@fault("web-not-ready 502", 5, "web front", "systemctl restart pritunl")
def web_not_ready_502(place):
    place.pritunl.api_down = True


@fault("web-not-ready 504", 5, "web front", "systemctl restart pritunl")
def web_not_ready_504(place):
    place.pritunl.heartbeat_age_s = 31


@fault("web-not-ready: not initialized", 5, "web front", "systemctl restart pritunl", cause="web-not-ready")
def web_not_ready_not_initialized(place):
    place.pritunl.initialized = False


def _off(value, front):
    def build(place):
        if front == "open":
            place.site.admin("who-keeps-it-open")
        place.fields["auth_api"] = value
        place.after.append(lambda: setattr(place.pritunl, "front", "auto"))
    return build


def _flags(kind, front, *values):
    """What each of them is enabled from is tested in test_enable.py, without the seconds after which a STRICT front is believed."""
    for value in values:
        fault(f"{kind} {value!r}" + (f" {front}" if kind == "api-disabled" else ""), 1, "api access", "pritunl-access enable pritunl",
              mend=mended, twin=value is not values[0])(_off(value, front))


_flags("api-disabled", "open", False, None, ABSENT, 0, 0.0, "", [], {})
_flags("api-disabled", "strict", False, ABSENT)
_flags("flag-not-boolean", "strict", 1, "true", "false", 1.5, [0])


@fault("web-strict", 1, "web front", "pritunl-access enable --wait pritunl", mend=mended_by_first)
def web_strict(place):
    place.pritunl.front = "auto"        # nobody is there yet: it is STRICT, and will look again in a minute


@fault("web-strict by hand only", 1, "web front", "systemctl restart pritunl")
def web_strict_by_hand_only(place):
    place.site.seed.settings(place.site.db, server_auto_restart=False)
    place.pritunl.front = "strict"


# ---- token, clock, secret


for _value in (ABSENT, None, "", 7, b"bytes", "a line\nand another", "käse"):
    @fault(f"token-unknown {_value!r}", 1, "token", "pritunl-access rotate pritunl", mend=mended)
    def token_of_an_odd_kind(place, value=_value):
        place.fields["token"] = value


def elsewhere(place, **fields):
    """Another database, the Pritunl that runs over it, to which the tool is sent, and an administrator there."""
    name = "elsewhere_" + os.urandom(5).hex()
    there = replace(place.site.database, name=name, uri=place.site.database.server.uri(name))
    place.request.addfinalizer(there.drop)
    place.site.seed.administrator(there.db, auth_api=True, **fields)
    server = place.fixture("standin")(over=there)
    place.args += ["--url", server.url]
    return server


@fault("token-unknown to the server", 1, "request", "pritunl-access config")
def token_unknown_to_the_server(place):
    elsewhere(place)


@fault("token-duplicate", 1, "token", "pritunl-access rotate pritunl", mend=mended)
def token_duplicate(place):
    place.fields["token"] = place.site.admin(OTHER)["token"]


@fault("token-duplicate of a disabled one", 1, "token", "pritunl-access rotate pritunl", mend=mended)
def token_duplicate_of_a_disabled_one(place):
    place.fields["token"] = place.site.admin(OTHER, auth_api=False, disabled=True)["token"]


def _clock(offset):
    def build(place):
        place.pritunl.clock_offset_s = offset
    return build


def mended_by_server_time(place, remedy):
    """As the remedy says: with the server's clock."""
    place.obey(remedy)
    content(place, "--server-time")


for _offset in (50_000, -50_000):
    fault(f"clock-skew {_offset}", 1, "clock", "pritunl-access verify --server-time pritunl",
          mend=mended_by_server_time)(_clock(_offset))

for _value in (ABSENT, None, "", 12345678, b"12345678", True):
    @fault(f"secret-missing {_value!r}", 1, "secret", "pritunl-access rotate pritunl", mend=mended)
    def secret_of_an_odd_kind(place, value=_value):
        place.fields["secret"] = value

for _value in ("x", "1234567"):
    @fault(f"secret-short {_value!r}", 1, "secret", "pritunl-access rotate pritunl", mend=mended)
    def secret_too_short(place, value=_value):
        place.fields["secret"] = value


@fault("secret-mismatch", 1, "request", "pritunl-access config")
def secret_mismatch(place):
    place.fields["token"] = place.site.seed.random_text()
    elsewhere(place, token=place.fields["token"])


# ---- nonce, disabled, proxies


@fault("nonce-replayed", 1, "request", "retries")
def nonce_replayed(place):
    place.pritunl.configure(replay=True, faults_on=lambda request: request.signed)


for _value in (True, 1):
    @fault(f"administrator-disabled {_value!r}", 1, "administrator", "pritunl-access recover --enable-account pritunl",
           mend=mended)
    def disabled(place, value=_value):
        place.fields["disabled"] = value


@fault("path-rewritten", 1, "request", "pass the path on")
def path_rewritten(place):
    place.site.seed.settings(place.site.db, reverse_proxy=True)
    place.pritunl.rewrite = lambda path: path.replace("/status", "/state")


@fault("path-rewritten by the URL's own", 1, "request", "pass the path on")
def path_rewritten_by_the_URL_s_own(place):
    """The whole path reaches Pritunl, where it happens to be one that is known."""
    place.args += ["--url", place.pritunl.url + "/organization"]
    place.pritunl.rewrite = lambda path: path.replace("/organization/ping", "/ping")


@fault("headers-stripped", 1, "request", "Auth-*")
def headers_stripped(place):
    place.site.seed.settings(place.site.db, reverse_proxy=True)
    place.pritunl.strip_auth = True
