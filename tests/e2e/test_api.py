# SPDX-License-Identifier: MIT
"""`api` and `sign`: every path and method of the observed table, what is refused before it is sent, and what is never shown."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from expect import failed, failed_json

UNKNOWN = "f0e1d2c3b4a5f0e1d2c3b4a5"
ROUTE = '[{"network": "10.0.0.0/8", "nat": true}]'


@pytest.fixture
def ready(site):
    """A site with an administrator, an organization with a user, a server and a host."""
    site.me = site.admin()
    site.org = site.seed.organization(site.db, "engineering", auth_token="t" * 32, auth_secret="s" * 32)
    site.user = site.seed.user(site.db, site.org, "ada", "ada@example.com")
    site.server = site.seed.server(site.db, "office", [site.org], ["10.1.0.0/16"])
    site.seed.host(site.db, "aZ09-+=_,.~@#!& b")
    return site


def answer(site, *args, **options):
    """A run that must succeed: its answer as JSON."""
    result = site.run("api", *args, **options)
    assert (result.status, result.stderr) == (0, ""), (result.stdout, result.stderr)
    return result.json()


# ---- rows of pritunl.md


@pytest.mark.parametrize("path", ["/state", "/status", "/organization", "/organization?page=0", "/server", "/host", "/settings",
                                  "/admin", "/log", "/event", "/ping", "/check"])
def test_readable_paths(ready, path):
    result = ready.run("api", "GET", path)
    assert result.status == 0 and result.stdout, result.stderr


def test_paths_below(ready):
    assert [each["name"] for each in answer(ready, "GET", f"/user/{ready.org['_id']}")] == ["ada"]
    assert answer(ready, "GET", f"/server/{ready.server['_id']}/route")[1]["network"] == "10.1.0.0/16"
    assert answer(ready, "GET", f"/admin/{ready.me['_id']}")["username"] == "pritunl"
    assert answer(ready, "GET", f"/organization/{ready.org['_id']}")["name"] == "engineering"


def test_query_is_sent_and_not_signed(ready):
    assert answer(ready, "GET", "/organization", "--query", "page=0")["page"] == 0
    ready.run("api", "GET", "/status?a=b c&d=%2F", "--query", "é&=x y/")
    assert ready.pritunl.requests[-1].path == "/status?a=b%20c&d=%2F&%C3%A9%26=x%20y%2F"
    assert ready.pritunl.requests[-1].status == 200


def test_trailing_slash_and_small_letters_are_mended_with_a_word(ready):
    result = ready.run("api", "get", "/status/")
    assert result.status == 0 and result.json()["org_count"] == 1
    assert "the path is /status" in result.stderr and "the method is GET" in result.stderr


def test_characters_that_pass_are_encoded(ready):
    name = "aZ09-+=_,.~@#!& b"
    assert answer(ready, "GET", "/host/" + name)["id"] == name
    assert answer(ready, "GET", "/host/" + name.replace("#", "%23").replace(" ", "%20"))["id"] == name


@pytest.mark.parametrize(("path", "word"), [
    ("//state", "//"), ("/host//x", "//"), ("/host/a%25b", "%"), ("/host/a(b", "("), ("/host/a*b", "*"), ("/host/a%3Ab", ":"),
    ("/host/aéb", "é"), ("/host/a%C3%A9b", "é"), ('/host/a"b', '"'), ("/host/a'b", "'"), ("/host/a%2Fb", "%2F"),
    ("/host/a%2fb", "%2F"), ("/host/a%00b", "%00"), ("/host/a%0Ab", "%0A"), ("/host/%FF", "%FF"), ("/host/..", ".."),
    ("/host/" + "h" * 129, "129"), ("state", "begins with /"), ("/host/%zz", "%")], ids=lambda value: value[:20])
def test_what_the_front_would_alter_is_refused(ready, path, word):
    result = ready.run("api", "GET", path)
    failed(result, 2)
    assert word in result.stderr and ready.signed() == []


def test_segment_of_128_bytes_passes(ready):
    ready.seed.host(ready.db, "h" * 128)
    assert answer(ready, "GET", "/host/" + "h" * 128)["id"] == "h" * 128


@pytest.mark.parametrize(("method", "path", "words"), [
    ("GET", "/nowhere", "404 page not found"), ("POST", "/state", "404 page not found"),
    ("GET", "/admin/" + UNKNOWN, "status 500"), ("GET", "/server/x", "status 500"),
    ("GET", f"/server/{UNKNOWN}/route", "status 500"), ("GET", "/organization/" + UNKNOWN, "status 500"),
    ("GET", "/host/nobody", "status 500")])
def test_refusals_show_what_pritunl_says(ready, method, path, words):
    result = ready.run("api", method, path)
    failed(result, 1, attempt="journalctl" if "500" in words else None)
    assert words in result.stderr


def test_without_the_front(standin, ready):
    direct = standin(front="off")
    for method, path, words in (("GET", "/nowhere", "404: Not Found"), ("POST", "/state", "405: Not Allowed")):
        result = ready.run("api", method, path, "--url", direct.url)
        failed(result, 1)
        assert words in result.stderr


def test_links_need_a_licence(ready):
    failed_json(ready.run("api", "GET", "/link", "--json"), 1, kind="licence-required")
    ready.seed.settings(ready.db, license_plan="enterprise")
    ready.pritunl.drop_settings_cache()
    assert answer(ready, "GET", "/link") == []


def test_super_user_required(ready):
    ready.db["administrators"].update_one({"_id": ready.me["_id"]}, {"$set": {"super_user": False}})
    failed_json(ready.run("api", "GET", "/admin", "--json"), 1, kind="super-user-required")
    assert ready.run("api", "GET", "/status").status == 0


# ---- bodies


def test_body_goes_as_json(ready, tmp_path):
    path = f"/server/{ready.server['_id']}/routes"
    assert answer(ready, "POST", path, "-d", ROUTE)["network"] == "10.0.0.0/8"
    assert ready.pritunl.requests[-1].headers["content-type"] == "application/json"
    file = tmp_path / "body.json"
    file.write_text(ROUTE.replace("10.0", "11.0"), encoding="utf-8")
    file.chmod(0o600)
    assert answer(ready, "POST", path, "-d", f"@{file}")["network"] == "11.0.0.0/8"
    assert answer(ready, "POST", path, "-d", "@-", stdin=ROUTE.replace("10.0", "12.0"))["network"] == "12.0.0.0/8"


def test_a_body_may_be_anybodys_file(ready, tmp_path):
    """It names no program and no host: with sudo it belongs to somebody else, and a group may write where umask is 002."""
    file = tmp_path / "body.json"
    file.write_text(ROUTE, encoding="utf-8")
    file.chmod(0o666)
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
    assert answer(ready, "POST", f"/server/{ready.server['_id']}/routes", "-d", f"@{file}")["network"] == "10.0.0.0/8"
    for odd in (tmp_path, tmp_path / "missing"):
        failed(ready.run("api", "POST", "/x", "-d", f"@{odd}"), 2, str(odd))


@pytest.mark.parametrize(("body", "word"), [("{", "cannot read the body"), ("7", "cannot read the body"),
                                            ("[" + " " * 50_000 + "]", "50,000")], ids=["bad", "type", "large"])
def test_bodies_that_the_front_refuses(ready, body, word):
    result = ready.run("api", "POST", f"/server/{ready.server['_id']}/routes", "-d", "@-", stdin=body)
    failed(result, 1)
    assert word in result.stderr


def test_a_write_without_body(ready):
    result = ready.run("api", "POST", f"/server/{ready.server['_id']}/routes")
    failed(result, 1)
    assert "520" in result.stderr and "JSON body" in result.stderr


def test_bodies_of_another_type_and_of_nothing(ready):
    path = f"/server/{ready.server['_id']}/routes"
    for header in ("Content-Type: text/plain", "Content-Type:"):
        failed(ready.run("api", "POST", path, "-d", ROUTE, "-H", header), 1, "520", "JSON body")
    failed(ready.run("api", "POST", path, "-d", "[]"), 1, "status 500")
    assert len(ready.db["servers"].find_one()["routes"]) == 1


def test_pritunls_own_words(ready):
    ready.db["servers"].update_one({}, {"$set": {"status": "online"}})
    result = ready.run("api", "POST", f"/server/{ready.server['_id']}/route", "-d", '{"network": "10.0.0.0/8"}')
    failed(result, 1)
    assert "Server must be offline to add route." in result.stderr and "server_route_online" in result.stderr


# ---- answers


def test_head_and_file(ready, tmp_path):
    result = ready.run("api", "GET", "/status", "-i")
    head, _, body = result.stdout.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ") and json.loads(body)["org_count"] == 1
    refused = ready.run("api", "GET", "/nowhere", "-i")
    assert refused.status == 1 and refused.stdout.startswith("HTTP/1.1 404 ")
    file = tmp_path / "answer.json"
    assert ready.run("api", "GET", "/status", "-o", file).status == 0
    assert json.loads(file.read_text(encoding="utf-8"))["org_count"] == 1 and file.stat().st_mode & 0o777 == 0o600
    before = file.stat()
    failed(ready.run("api", "GET", "/nowhere", "-o", file), 1)
    assert file.stat() == before and sorted(os.listdir(tmp_path)) == ["answer.json", "home"]


@pytest.mark.parametrize("path", ["/settings", "/admin", "/organization", "/user/{}"])
def test_secrets_are_masked(ready, pki, path):
    ready.seed.settings(ready.db, server_key=pki.pritunl.key_file.read_text())
    ready.pritunl.drop_settings_cache()
    path = path.format(ready.org["_id"])
    masked = ready.run("api", "GET", path)
    shown = ready.run("api", "GET", path, "--reveal", reveals=True)
    assert masked.status == shown.status == 0
    assert "********" in masked.stdout and "********" not in shown.stdout
    assert type(masked.json()) is type(shown.json())


@pytest.mark.parametrize("page", [True, "\n\r\t <p>sign in</p>"], ids=["plain", "blanks"])
def test_a_page_is_no_answer(ready, page):
    ready.pritunl.faults_on = lambda request: request.signed
    ready.pritunl.captive_page = page
    for path in ("/status", "/admin"):
        failed(ready.run("api", "GET", path), 5)


@pytest.mark.parametrize("path", ["/status", "/settings"])
def test_output_that_cannot_be_written(ready, path):
    """Full, or gone: 7, and nothing said about the API."""
    with open("/dev/full", "w", encoding="ascii") as full:
        assert ready.run("api", "GET", path, stdout=full).stderr == "pritunl-access: standard output: No space left on device\n"
        assert ready.run("api", "GET", path, "-i", stdout=full).status == 7
    reader, writer = os.pipe()
    os.close(reader)
    gone = ready.run("api", "GET", path, stdout=writer)
    os.close(writer)
    assert (gone.status, gone.stderr) == (7, "pritunl-access: standard output: Broken pipe\n")
    for place in ("/dev/full", ready.tool.home, ready.tool.home / "missing" / "x", ""):
        failed(ready.run("api", "GET", path, "-o", place), 7)


def test_a_terminal_is_shown_what_it_does_not_obey(ready):
    """Characters of several bytes stay whole, wherever the answer was cut into pieces."""
    ready.pritunl.faults_on = lambda request: request.signed
    for letter in "é\u20ac\U0001f600":
        text = "x" * 7 + letter * 20_000
        ready.pritunl.foreign_json = json.dumps({"a": text}, ensure_ascii=False)[:-1] + ', "b": "\x1b]0;\x9b"}'
        shown = ready.run("api", "GET", "/status", tty="stdout").stdout
        assert text in shown and shown.count("?") == 2 and not {"\x1b", "\x9b"} & set(shown)


# ---- credentials


def test_refused_credential_is_explained(ready):
    ready.db["administrators"].update_one({"_id": ready.me["_id"]}, {"$set": {"token": "x" * 32}})
    ready.pritunl.strip_auth = True
    failed_json(ready.run("api", "GET", "/status", "--json"), 1, kind="token-unknown")
    ready.pritunl.strip_auth = False
    ready.pritunl.clock_offset_s = 50_000
    failed_json(ready.run("api", "GET", "/status", "--json"), 1, kind="clock-skew")
    assert ready.run("api", "GET", "/status", "--server-time").status == 0


def test_a_path_that_is_changed_on_the_way(ready):
    ready.pritunl.rewrite = lambda path: "/host/other" if path == "/host/one" else path
    failed_json(ready.run("api", "GET", "/host/one", "--json"), 1, kind="path-rewritten")


def test_no_usable_credential(ready):
    for change in ({"auth_api": False}, {"disabled": True}, {"secret": None}):
        before = ready.db["administrators"].find_one()
        ready.db["administrators"].update_one({"_id": ready.me["_id"]}, {"$set": change})
        for command in ("api", "sign"):
            failed(ready.run(command, "GET", "/status"), 6, "pritunl", attempt=" ")
        ready.db["administrators"].replace_one({"_id": before["_id"]}, before)
    assert ready.signed() == []


def test_not_there(ready, address):
    failed(ready.run("api", "GET", "/status", "--url", f"http://{address('refused')}"), 5, attempt=" ")


def test_a_put_that_would_renew_needs_a_yes(ready):
    path, fields = f"/admin/{ready.me['_id']}", ("token", "secret", "auth_api")
    for body in ('{"username": "pritunl"}', '{"auth_api": true, "token": "x"}', '{"auth_api": true, "Secret": "x"}',
                 '{"auth_api": null}', "{", '{"auth_api": true}{}'):
        failed(ready.run("api", "PUT", path, "-d", body), 2, attempt="--yes")
    for body in ('{"token": "x"}', '{"auth_api": null}', '{"auth_api": true, "Auth_API": null}', "[]"):
        failed(ready.run("api", "PUT", path, "-d", body, "--get-merge"), 2, attempt="--yes")
    assert ready.signed() == []
    before = {name: ready.db["administrators"].find_one()[name] for name in fields}
    merged = answer(ready, "PUT", path, "--get-merge", "-d", '{"yubikey_id": "cccccccccccc"}')
    after = ready.db["administrators"].find_one()
    assert merged["yubikey_id"] == after["yubikey_id"] == "cccccccccccc" and after["super_user"] is True
    assert {name: after[name] for name in fields} == before
    assert ready.run("api", "PUT", path, "--yes", "-d", '{"auth_api": true, "super_user": true, "secret": "x"}').status == 0
    assert ready.db["administrators"].find_one()["secret"] != before["secret"]


def test_a_put_that_would_empty_fields_needs_them_all_or_a_yes(ready):
    """The front sends an administrator's fields that the body does not give as empty ones; it may know them by exact name only."""
    path = f"/admin/{ready.me['_id']}"
    whole = {"username": "pritunl", "super_user": True, "disabled": False, "auth_api": True, "yubikey_id": "", "otp_auth": False}
    for name in whole:
        others = {each: value for each, value in whole.items() if each != name}
        nulls = [others | {name: None}] if name != "yubikey_id" else []       # null is how no YubiKey is spelt
        for body in (others, *nulls, others | {name.capitalize(): whole[name]}):
            result = ready.run("api", "PUT", path, "-d", json.dumps(body))
            failed(result, 2, f"empty or false: {name}", attempt="--get-merge")
            assert ("switches API access off" in result.stderr) == (name == "auth_api")
    failed(ready.run("api", "PUT", path, "-d", '{"auth_api": true}'), 2, "username, super_user, disabled, yubikey_id, otp_auth",
           attempt="--get-merge")
    assert not any(each.method == "PUT" for each in ready.pritunl.requests)
    assert ready.run("api", "PUT", path, "-d", json.dumps(whole)).status == 0
    after = ready.db["administrators"].find_one({"_id": ready.me["_id"]})
    assert [after[name] for name in ("username", "token", "secret")] == [ready.me[name] for name in ("username", "token", "secret")]


def test_a_null_is_given(ready):
    """It says on purpose that there is to be none."""
    path = f"/admin/{ready.me['_id']}"
    ready.db["administrators"].update_one({"_id": ready.me["_id"]}, {"$set": {"yubikey_id": "cccccccccccc"}})
    assert answer(ready, "PUT", path, "--get-merge", "-d", '{"yubikey_id": null}')["yubikey_id"] is None
    after = ready.db["administrators"].find_one({"_id": ready.me["_id"]})
    assert (after["yubikey_id"], after["token"], after["auth_api"]) == (None, ready.me["token"], True)
    failed(ready.run("api", "PUT", path, "--get-merge", "-d", '{"super_user": null}'), 2, "gives as null", "false: super_user")


def test_settings_are_put_whole_or_not_at_all(ready):
    """The front sends a hundred of them, empty where the body has none: one change replaced the server's certificate."""
    ready.seed.settings(ready.db, "CERT", "KEY", theme="dark", pin_mode="required", server_port=8443, email_from="a@example.com")
    ready.pritunl.drop_settings_cache()
    theme = '{"theme": "light"}'
    before = ready.db["settings"].find_one({"_id": "app"})
    failed(ready.run("api", "PUT", "/settings", "-d", theme), 2, "certificate", attempt="--get-merge")
    assert ready.signed() == []
    assert answer(ready, "PUT", "/settings", "--get-merge", "-d", theme)["theme"] == "light"
    after = ready.db["settings"].find_one({"_id": "app"})
    assert {name: after[name] for name in before} == before | {"theme": "light"}
    assert after["sso"] is None
    answer(ready, "PUT", "/settings", "--get-merge", "-d", '{"sso": "duo"}')
    assert ready.db["settings"].find_one({"_id": "app"})["sso"] == "duo"
    answer(ready, "PUT", "/settings", "--get-merge", "-d", theme)
    assert ready.db["settings"].find_one({"_id": "app"})["sso"] == "duo"
    assert ready.run("api", "PUT", "/settings", "--yes", "-d", theme).status == 0
    assert ready.db["settings"].find_one({"_id": "app"})["server_cert"] != "CERT"


def test_a_setting_that_is_told_by_half_cannot_be_merged(ready):
    ready.seed.settings(ready.db, email_password=ready.seed.random_text())
    ready.pritunl.drop_settings_cache()
    before = ready.db["settings"].find_one({"_id": "app"})
    failed(ready.run("api", "PUT", "/settings", "--get-merge", "-d", "{}"), 2, "email_password", attempt="email_password")
    assert ready.db["settings"].find_one({"_id": "app"}) == before
    answer(ready, "PUT", "/settings", "--get-merge", "-d", '{"email_password": "new"}')
    assert ready.db["settings"].find_one({"_id": "app"})["email_password"] == "new"


def test_a_partial_put_says_what_it_empties(ready):
    user = ready.seed.user(ready.db, ready.org, "ada", "ada@example.com", groups=["a"])
    path = f"/user/{ready.org['_id']}/{user['_id']}"
    merged = ready.run("api", "PUT", path, "--get-merge", "-d", '{"name": "grace"}', "--reveal", reveals=True)
    assert (merged.status, merged.stderr) == (0, "")
    stored = ready.db["users"].find_one({"_id": user["_id"]})
    assert (stored["name"], stored["email"], stored["groups"]) == ("grace", "ada@example.com", ["a"])
    partial = ready.run("api", "PUT", path, "-d", '{"name": "ada", "groups": null}')
    assert partial.status == 0 and "warning" in partial.stderr and "email" in partial.stderr and "groups" not in partial.stderr
    assert ready.db["users"].find_one({"_id": user["_id"]})["email"] is None
    path = f"/organization/{ready.org['_id']}"
    partial = ready.run("api", "PUT", path, "-d", '{"auth_api": true}')
    assert partial.status == 0 and "false: name\n" in partial.stderr
    token = ready.db["organizations"].find_one({"_id": ready.org["_id"]})["auth_token"]
    merged = ready.run("api", "PUT", path, "--get-merge", "-d", '{"name": "again"}', "--reveal", reveals=True)
    assert (merged.status, merged.stderr) == (0, "")
    assert ready.db["organizations"].find_one({"_id": ready.org["_id"]})["auth_token"] == token


def test_get_merge_needs_an_object_on_both_sides(ready):
    def merge(path, body="{}", method="PUT"):
        return ready.run("api", method, path, "--get-merge", "-d", body)

    failed(merge("/organization"), 2, "no JSON object")
    failed(merge("/ping"), 5, "no JSON")
    failed(merge("/nowhere"), 1, "GET /nowhere", "404")
    for body in ("[]", "7", "{", "", '{"a": 1, "a": 2}', "{}{}"):
        failed(merge(f"/server/{ready.server['_id']}", body), 2)
    failed(merge("/status", method="POST"), 2, "PUT")
    failed(ready.run("api", "PUT", "/status", "--get-merge"), 2, "--data")
    assert not any(each.method == "PUT" for each in ready.pritunl.requests)


@pytest.mark.parametrize("header", ["Auth-Token: x", "auth-x: y", "Cookie: token=x", "host:x", "Content-Length: 5", "nothing", ":x", "",
                                    " X: y", "X : y", "X: y\nHost: z", "X: y\r", "X\x01: y", "é: y", "X: \x7f"])
def test_headers_that_are_not_to_be_given(ready, header):
    failed(ready.run("api", "GET", "/status", "-H", header), 2)
    assert ready.run("api", "GET", "/status", "-H", "X-Trace: 7").status == 0
    assert ready.pritunl.requests[-1].headers["x-trace"] == "7"


# ---- what may be repeated


def test_a_get_is_repeated_and_nothing_else(ready):
    ready.pritunl.faults_on = lambda request: request.signed
    for fault in ({"cut_every": 2}, {"cut_every": 0, "bad_gateway_every": 2}):
        ready.pritunl.configure(**fault)
        for _ in range(4):
            assert answer(ready, "GET", "/status")["org_count"] == 1
    nonces = [each.headers["auth-nonce"] for each in ready.signed()]
    assert len(set(nonces)) == len(nonces) > 8
    ready.pritunl.configure(cut_every=1, bad_gateway_every=0)
    before = len(ready.signed())
    result = ready.run("api", "POST", f"/server/{ready.server['_id']}/routes", "-d", ROUTE)
    failed(result, 5, attempt=" ")
    assert "nobody knows" in result.stderr and len(ready.signed()) == before + 1


# ---- sign


def test_sign_for_ones_own_client(ready):
    result = ready.run("sign", "GET", "/organization/?page=0", reveals=True)
    assert result.status == 0 and [line.split(":")[0] for line in result.stdout.splitlines()] == [
        "Auth-Token", "Auth-Timestamp", "Auth-Nonce", "Auth-Signature"]
    assert "the path is /organization\n" in result.stderr.replace(":", "\n") and "method" not in result.stderr
    assert "the method is GET" in ready.run("sign", "get", "/status", reveals=True).stderr
    headers = ready.run("sign", "GET", "/status", "--json", reveals=True).json()["headers"]
    assert set(headers) == {"Auth-Token", "Auth-Timestamp", "Auth-Nonce", "Auth-Signature"}
    assert ready.signed() == []


def test_sign_has_one_form(ready):
    failed_json(ready.run("sign", "GET", "/status", "--curl", "--json"), 2, "exclude each other")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is the reader")
def test_sign_for_curl(ready, standin, pki):
    ready.seed.settings(ready.db, server_cert=pki.pritunl.certificate_file.read_text())
    safe = standin(tls=pki.pritunl)
    for url in (ready.pritunl.url, safe.url):
        config = ready.run("sign", "GET", "/organization?page=0", "--curl", "--url", url, reveals=True)
        assert config.status == 0, config.stderr
        done = subprocess.run(["curl", "-sS", "-K", "-"], input=config.out, capture_output=True, check=False)
        assert done.returncode == 0 and json.loads(done.stdout)["page"] == 0, done
    config = ready.run("sign", "HEAD", "/ping", "--curl", reveals=True)
    assert "\nhead\n" in config.stdout, "curl waits for no body"
    done = subprocess.run(["curl", "-sS", "-K", "-"], input=config.out, capture_output=True, check=False, timeout=30)
    assert done.returncode == 0 and done.stdout.startswith(b"HTTP/1.1 ")
    ready.seed.settings(ready.db, server_cert=pki.server.certificate_file.read_text())
    config = ready.run("sign", "GET", "/status", "--curl", "--url", safe.url, reveals=True)
    done = subprocess.run(["curl", "-sS", "-K", "-"], input=config.out, capture_output=True, check=False)
    assert done.returncode != 0 and done.stdout == b""
