# SPDX-License-Identifier: MIT
"""The main job, whole: recover the pair, verify it, hand it over. Database and API as on a real host: TLS on both sides."""

from __future__ import annotations

import json
import stat
import sys

import pytest

# What a consumer does with the pair, written without a line of ours.
CHILD = r"""
import base64, hashlib, hmac, json, os, ssl, time, urllib.request, uuid
url, token, secret = (os.environ["PRITUNL_" + name] for name in ("URL", "TOKEN", "SECRET"))
stamp, nonce, path = str(int(time.time())), uuid.uuid4().hex, "/organization"
text = "&".join((token, stamp, nonce, "GET", path))
signature = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
context = ssl.create_default_context(cadata=os.environ["CERTIFICATE"])
context.check_hostname = False
request = urllib.request.Request(url + path, headers={
    "Auth-Token": token, "Auth-Timestamp": stamp, "Auth-Nonce": nonce, "Auth-Signature": signature})
with urllib.request.urlopen(request, context=context) as answer:
    print(json.dumps({"status": answer.status, "organizations": [each["name"] for each in json.load(answer)],
                      "names": sorted(os.environ)}))
"""


@pytest.fixture
def uri_file(home):
    """Write a connection string where only its owner may read it."""
    def write(uri: str):
        path = home / "uri"
        path.touch(mode=0o600)
        path.write_text(uri + "\n")
        return path
    return write


@pytest.fixture
def cluster(secure_database, standin, seed, pki):
    """A Pritunl whose database says where it is and which certificate it shows; returns its administrator, too."""
    def make(prefix="", over=None):
        fresh = over or secure_database
        db = seed.collections(fresh.db, prefix)
        server = standin(over=fresh, prefix=prefix, front="auto", tls=pki.pritunl)
        seed.settings(db, server_cert=pki.pritunl.certificate, server_key=pki.pritunl.key, server_port=server.port)
        seed.host(db, "5f1e8c0ab6d94d3e9c7a2f4b8d6e1a03", public_address="127.0.0.1")
        seed.host(db, "0" * 32, public_address="192.0.2.1", status="offline")
        seed.organization(db, "the organization")
        admin = seed.administrator(db, auth_api=True)
        server.recount()
        return server, admin
    return make


def expected(server, admin) -> str:
    """The pair as dotenv."""
    return "".join(f"{name}={value}\n" for name, value in
                   (("PRITUNL_URL", server.url), ("PRITUNL_TOKEN", admin["token"]), ("PRITUNL_SECRET", admin["secret"])))


def plain(text: str) -> str:
    """dotenv without its quotes: these values need none."""
    return text.replace("'", "").replace('"', "")


def test_export_knows_nothing_but_the_uri(tool, cluster, secure_database, uri_file):
    server, admin = cluster()
    result = tool.run("export", "--mongodb-uri-file", uri_file(secure_database.uri), reveals=True)
    assert result.status == 0, result.stderr
    assert plain(result.stdout) == expected(server, admin)
    assert "vouched for by no authority" in result.stderr and admin["secret"] not in result.stderr
    assert [(each.path, each.status) for each in server.requests if each.signed] == [("/status", 200)]


def test_what_was_found_and_trusted_is_said(tool, cluster, secure_database, uri_file):
    server, _ = cluster()
    answer = tool.run("verify", "--json", "--mongodb-uri-file", uri_file(secure_database.uri)).json()
    assert (answer["administrator"], answer["url"], answer["verdict"], answer["trust"]) == (
        "pritunl", server.url, "accepted", "database")
    assert answer["cause"] is None and answer["status"] == 200


def test_a_file_is_written_once_and_only_when_it_differs(tool, cluster, secure_database, uri_file, home):
    server, admin = cluster()
    target = home / "pritunl.env"
    base = ("export", "--mongodb-uri-file", uri_file(secure_database.uri), "--json", "-o", target)
    answers = [tool.run(*base).json() for _ in range(2)]
    assert [each["changed"] for each in answers] == [True, False] and all(each["verified"] for each in answers)
    assert plain(target.read_text()) == expected(server, admin)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in home.iterdir()) == ["pritunl.env", "uri"]
    assert tool.run(*base, "--check").status == 0
    target.write_text("PRITUNL_TOKEN=old\n")
    assert tool.run(*base, "--check").status == 1 and target.read_text() == "PRITUNL_TOKEN=old\n"


def test_login_by_certificate(tool, cluster, secure_database, uri_file):
    server, admin = cluster()
    result = tool.run("export", "--mongodb-uri-file", uri_file(secure_database.certificate_uri), reveals=True)
    assert result.status == 0 and plain(result.stdout) == expected(server, admin), result.stderr


def test_on_the_host_itself_its_configuration_is_enough(tool, cluster, secure_database, home, seed):
    server, admin = cluster("pri_")
    seed.collections(secure_database.db, "pri_")["hosts"].delete_many({})       # nothing but "this machine" is left
    conf = home / "pritunl.conf"
    conf.touch(mode=0o600)
    conf.write_text(json.dumps({"mongodb_uri": secure_database.uri, "mongodb_collection_prefix": "pri_",
                                "mongodb_read_preference": "primaryPreferred", "port": server.port, "bind_addr": "0.0.0.0"}))
    result = tool.run("export", "--pritunl-conf", conf, reveals=True)
    assert result.status == 0, result.stderr
    assert plain(result.stdout) == expected(server, admin).replace("127.0.0.1", "localhost")
    shown = tool.run("show", "--json", "--pritunl-conf", conf).json()
    assert shown["url_from"] == "this machine" and shown["secret"] is None


def test_the_prefix_may_be_given(tool, cluster, secure_database, uri_file, seed):
    server, admin = cluster("office_")
    seed.administrator(secure_database.db, "of-another-pritunl", auth_api=True)
    found = tool.run("export", "--mongodb-uri-file", uri_file(secure_database.uri), "--collection-prefix", "office_", reveals=True)
    assert found.status == 0 and plain(found.stdout) == expected(server, admin), found.stderr
    wrong = tool.run("export", "--mongodb-uri-file", uri_file(secure_database.uri), "--collection-prefix", "home_", "--json")
    assert wrong.status == 3 and wrong.json()["error"]["kind"] == "database-empty"


def test_a_child_calls_the_api_with_the_pair(tool, cluster, secure_database, uri_file, pki):
    server, admin = cluster()
    secret = {"PRITUNL_ACCESS_MONGODB_URI": secure_database.uri, "MONGODB_URI": secure_database.uri,
              "MONGO_URI_FILE": "/nowhere", "PRITUNL_TOKEN": "an old one"}
    result = tool.run("exec", "--mongodb-uri-file", uri_file(secure_database.uri), "--", sys.executable, "-c", CHILD,
                      env={"CERTIFICATE": pki.pritunl.certificate, **secret})
    assert result.status == 0, result.stderr
    answer = result.json()
    assert answer["status"] == 200 and answer["organizations"] == ["the organization"]
    assert not [name for name in answer["names"] if "MONGO" in name or name.startswith("PRITUNL_ACCESS")]
    signed = [each for each in server.requests if each.signed]
    assert [each.path for each in signed] == ["/status", "/organization"]
    assert {each.headers["auth-token"] for each in signed} == {admin["token"]}


def test_nothing_is_handed_over_that_the_api_refuses(tool, cluster, secure_database, uri_file, home):
    server, _ = cluster()
    server.front = "strict"
    target = home / "pritunl.env"
    base = ("--mongodb-uri-file", uri_file(secure_database.uri), "--json")
    refused = tool.run("export", *base, "-o", target)
    assert refused.status == 1 and refused.json()["error"]["kind"] == "web-strict" and not target.exists()
    ran = home / "ran"
    child = tool.run("exec", *base, "--", "touch", ran)
    assert child.status == 125 and child.json()["error"]["kind"] == "web-strict" and not ran.exists()
