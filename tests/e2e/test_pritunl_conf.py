# SPDX-License-Identifier: MIT
"""Pritunl's configuration as Python and pymongo read it: the same database is reached, or what is wrong there is named."""

from __future__ import annotations

import json
from urllib.parse import quote_plus

import pymongo
import pytest
from conftest import fresh_name
from expect import failed, private

NOTHING = {"PRITUNL_ACCESS_MONGODB_URI": None}
PEOPLE = [("spacer", "pass word"), ("both+user", "x y+z"), ("plain", "plain"), ("colon:at@", "sl/ash %?"), ("ünï", "çödé +"),
          ("per%cent", "100%+ 20")]


@pytest.fixture(scope="module")
def behind_the_login(login_server):
    """The server that wants a login, where everybody of PEOPLE is known: its address, and a database with one administrator."""
    for user, password in PEOPLE:
        login_server.add_user(user, password, ["readWriteAnyDatabase"])
    name = fresh_name()
    login_server.client()[name]["administrators"].insert_one({"username": "behind-the-login", "auth_api": True})
    yield f"{login_server.host}:{login_server.port}/{name}?authSource=admin"
    login_server.client().drop_database(name)
    for user, _ in PEOPLE:
        login_server.client().admin.command("dropUser", user)


@pytest.fixture
def conf(home, tool):
    """Write a configuration (text, or an object) and run list by it."""
    def run(content, *args, env=None, **options):
        text = content if isinstance(content, (str, bytes)) else json.dumps(content)
        path = home / "pritunl.conf"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o600)
        return tool.run("list", "--json", "--connect-timeout", "1", "--pritunl-conf", path, *args, env=NOTHING | (env or {}), **options)
    return run


def place(text):
    """Where Pritunl would look: what Python's json and pymongo make of the text."""
    uri = json.loads(text)["mongodb_uri"]
    client = pymongo.MongoClient(uri, connect=False)
    return "{}:{}".format(*next(iter(client._topology_settings.seeds))), client.get_default_database().name     # noqa: SLF001


AWAY = '"mongodb_uri": "mongodb://127.0.0.1:1/pritunl"'


@pytest.mark.parametrize("text", [
    '{"mongodb_uri": "mongodb://127.0.0.1:9/old", "port": 443, ' + AWAY + "}",
    "{" + AWAY + ', "port": 1, "port": NaN, "x": Infinity, "y": -Infinity}',
    "{" + AWAY + ', "huge": 123456789012345678901234567890, "real": 1e999, "small": -1.5E-400, "list": [1, -0, 0.25]}',
    "{" + AWAY + ', "x": {"a": 1, "a": 2}}',
    "{" + AWAY + ', "text": "NaN 123456789012345678901234567890 \\" -Infinity \\u0000"}',
    '\r\n\t {"mongodb_uri": "mongodb:\\/\\/127.0.0.1:1\\u002fpritunl"}\n\n',
    '{"mongodb_uri": "mongodb://127.0.0.1:1/pritunl?readPreference=nearest", "mongodb_read_preference": "Tertiary"}',
    '{"mongodb_uri": "mongodb://127.0.0.1:1/pritunl", "mongodb_read_preference": ["nearest"], "mongodb_collection_prefix": null}',
    '{"mongodb_uri": "mongodb://127.0.0.1:1/pritunl", "mongodb_collection_prefix": false}',
    '{"mongodb_uri": "mongodb://127.0.0.1:1/my%2Bdata"}',
])
def test_the_same_place(conf, text):
    hosts, name = place(text)
    result = conf(text, "-v")
    assert result.status == 3 and f"database {name} at {hosts}" in result.stderr, result.stderr


@pytest.mark.parametrize("content, word", [
    ({"mongodb_uri": ""}, "is empty"), ({"mongodb_uri": None}, "is null"), ({"mongodb_uri": ["mongodb://127.0.0.1:1/x"]}, "is not text"),
    ({"mongodb_uri": {}}, "is not text"), ({"mongodb_uri": 1}, "is not text"), ({"mongodb_uri": True}, "is not text"),
    ({"mongodb_uri": "mongodb://127.0.0.1:1/x\u0000y"}, "NUL")])
def test_no_uri_is_no_localhost(conf, content, word):
    result = conf(content)
    message = result.json()["error"]["message"]
    assert result.status == 2 and "mongodb_uri" in message and word in message and "pritunl.conf" in message


@pytest.mark.parametrize("text, word", [
    ("", "ends before"), ("[]", "object"), ('"text"', "object"), ("null", "object"), ("{" + AWAY + ",}", "not JSON"), ("{" + AWAY + "} x", "behind"),
    ("// no\n{" + AWAY + "}", "not JSON"), (b"\xef\xbb\xbf{" + AWAY.encode() + b"}", "byte order mark"), (b"{\"mongodb_uri\": \"\xff\"}", "UTF-8"),
    ('{"mongodb_uri": "line\nbreak"}', "not JSON"), ("{" + AWAY + ', "x": 01}', "not JSON"), ("{" + AWAY + ', "x": nan}', "not JSON"),
    ('{"mongodb_uri": "mongodb://127.0.0.1:1/x", "mongodb_collection_prefix": 7}', "mongodb_collection_prefix")])
def test_what_does_not_start_pritunl(conf, text, word):
    result = conf(text)
    assert result.status == 2 and word in result.json()["error"]["message"], result.stdout


def test_without_the_key_it_is_localhost(conf):
    result = conf('{"port": 443}', "-v")
    assert "database pritunl at localhost:27017" in result.stderr


@pytest.mark.parametrize("user, password", PEOPLE)
def test_users_as_pymongo_reads_them(conf, behind_the_login, canaries, user, password):
    canaries.register(quote_plus(password) + "-", "the password")
    written = [f"{quote_plus(user)}:{quote_plus(password)}", f"{quote_plus(user).replace('+', '%20')}:{quote_plus(password).replace('+', '%20')}"]
    for each in written:
        uri = f"mongodb://{each}@{behind_the_login}"
        assert pymongo.MongoClient(uri).get_default_database()["administrators"].count_documents({}) == 1
        assert [row["administrator"] for row in conf({"mongodb_uri": uri}).json()] == ["behind-the-login"]


def test_a_plus_in_the_environment_is_a_plus(tool, behind_the_login):
    def run(user, password):
        uri = f"mongodb://{user}:{password}@{behind_the_login}"
        return tool.run("list", env={"MONGODB_URI": uri})
    assert run("both+user", "x%20y+z").status == 0
    failed(run("spacer", "pass+word"), 3, "refuses the login", attempt="%2B for a +")
    failed(run("spacer", "password"), 3, "refuses the login", attempt="authSource")


def test_a_plus_in_the_configuration_that_was_meant(conf, behind_the_login):
    uri = f"mongodb://both+user:x%20y+z@{behind_the_login}"
    result = conf({"mongodb_uri": uri})
    assert result.status == 3 and "read as a blank, as Pritunl" in result.json()["error"]["try"]


@pytest.mark.parametrize("name", ["secondaryPreferred", "nearest"])
def test_the_read_preference_of_the_configuration_counts(conf, wire, database, seed, name):
    seed.administrator(database.db)
    proxy = wire()
    assert conf({"mongodb_uri": proxy.uri(database.name, readPreference="primaryPreferred"), "mongodb_read_preference": name}).status == 0
    assert {each.body["$readPreference"]["mode"] for each in proxy.sent("aggregate")} == {name}


@pytest.mark.parametrize("option, better", [
    ("ssl_ca_certs=/ca.pem", "tlsCAFile"), ("ssl_certfile=/c.pem", "tlsCertificateKeyFile"), ("ssl_keyfile=/k.pem", "tlsCertificateKeyFile"),
    ("ssl_cert_reqs=CERT_NONE", "tlsAllowInvalidCertificates"), ("ssl_match_hostname=false", "tlsAllowInvalidHostnames"),
    ("ssl_pem_passphrase=geheim", "tlsCertificateKeyFilePassword"), ("sslCA=/ca.pem", "tlsCAFile"), ("tlsCRLFile=/crl.pem", None),
    ("tlsCertificateFile=/c.pem", "tlsCertificateKeyFile"), ("sslValidate=false", "tlsAllowInvalidCertificates"),
    ("sslPEMKeyFile=/c.pem", "tlsCertificateKeyFile"), ("caFile=/ca.pem", None), ("TLSPRIVATEKEYFILE=/k.pem", "tlsCertificateKeyFile")])
def test_options_that_the_driver_passes_over(conf, option, better):
    result = conf({"mongodb_uri": f"mongodb://127.0.0.1:1/pritunl?{option}&w=1"}, env={"PRITUNL_ACCESS_JSON": None})
    name, value = option.split("=")
    warnings = [line for line in result.stderr.splitlines() if "warning" in line and name in line]
    assert len(warnings) == 1 and (better is None or better in warnings[0]), result.stderr
    assert "geheim" not in result.stderr + result.stdout and (value == "false" or value not in result.stderr)


def test_options_that_the_driver_knows_are_not_warned_about(conf):
    uri = "mongodb://127.0.0.1:1/pritunl?tls=false&tlsAllowInvalidCertificates=true&ssl=false&appName=ssl_thing&foo=1"
    assert "passed over" not in conf({"mongodb_uri": uri}).stderr


def test_the_journals_place_is_read_alike(site, home):
    """A key that stands twice must not keep doctor from the journal."""
    site.admin()
    site.db.settings.update_one({"_id": "app"}, {"$set": {"auditing": "all"}}, upsert=True)
    path = private(home / "pritunl.conf", f'{{"journal_path": "/nowhere", "mongodb_uri": {json.dumps(site.database.uri)}, "port": NaN, '
                                          f'"journal_path": {json.dumps(str(home / "journal"))}}}')
    (home / "journal").write_text("")
    assert site.run("doctor", "--pritunl-conf", path, env=NOTHING).status == 0
