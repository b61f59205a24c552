# SPDX-License-Identifier: MIT
"""AWS Secrets Manager, as a source and as a place to write to: against moto's server, and signatures against botocore's."""

from __future__ import annotations

import datetime
import http.server
import json
import os
import socket
import threading
from contextlib import contextmanager

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from harness.moto import moto, secrets_client

KEY = "AKIAIOSFODNN7EXAMPLE"
REGION = "eu-central-1"
URL = "https://vpn.example.com"


@pytest.fixture(scope="module")
def amazon():
    """moto's server: its address."""
    with moto() as address:
        yield address


@pytest.fixture(autouse=True)
def no_metadata(tool):
    """Nobody asks beyond this machine for keys; test_aws_chain.py has the stand-ins."""
    tool.env["AWS_EC2_METADATA_DISABLED"] = "true"


@pytest.fixture
def key(canaries):
    """A secret access key of this test alone."""
    return canaries.register(os.urandom(20).hex(), "the AWS secret key")


@pytest.fixture
def aws(tool, amazon, key):
    """The tool with credentials for moto, and boto3's own client beside it."""
    tool.env |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": key, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": amazon}
    return secrets_client(amazon, REGION, KEY, key)


@pytest.fixture
def name():
    """A secret's name of this test alone."""
    return "pritunl/" + os.urandom(6).hex()


@pytest.fixture
def pair(canaries):
    """A token and a secret."""
    return canaries.register(os.urandom(16).hex(), "the token"), canaries.register(os.urandom(16).hex() + "é'\"$", "the secret")


def stored(client, name) -> dict:
    """What the secret holds, as boto3 sees it."""
    return json.loads(client.get_secret_value(SecretId=name)["SecretString"])


def environment(pair) -> dict:
    """The pair as environment variables."""
    return {"PRITUNL_URL": URL, "PRITUNL_TOKEN": pair[0], "PRITUNL_SECRET": pair[1]}


def test_put_makes_a_secret(tool, aws, name, pair):
    """A secret that is not there is made, and read back; a second put changes nothing."""
    put = ("export", "--source", "env", "--no-verify", "-f", "aws", "-o", name, "--json")
    first = tool.run(*put, env=environment(pair))
    assert first.status == 0, first.stderr
    assert json.loads(first.stdout)["changed"] is True
    assert stored(aws, name) == {"PRITUNL_URL": URL, "PRITUNL_TOKEN": pair[0], "PRITUNL_SECRET": pair[1]}
    again = tool.run(*put, env=environment(pair))
    assert json.loads(again.stdout)["changed"] is False
    assert len(aws.list_secret_version_ids(SecretId=name)["Versions"]) == 1
    shown = tool.run("show", "--source", f"aws:{name}", "--reveal", "--json", reveals=True)
    answer = json.loads(shown.stdout)
    assert (answer["token"], answer["secret"], answer["url"]) == (*pair, URL)
    assert answer["url_from"] == f"aws:{name}"


def test_put_keeps_other_keys(tool, aws, name, pair):
    """What else the secret holds stays, whatever its type."""
    others = {"DB": "x", "nested": {"a": [1, 2.5, None, True]}, "PRITUNL_TOKEN": "old", "big": 12345678901234}
    aws.create_secret(Name=name, SecretString=json.dumps(others))
    check = ("export", "--source", "env", "--no-verify", "-f", "aws", "-o", name)
    assert tool.run(*check, "--check", env=environment(pair)).status == 1
    assert stored(aws, name) == others
    assert tool.run(*check, env=environment(pair)).status == 0
    assert stored(aws, name) == others | {"PRITUNL_URL": URL, "PRITUNL_TOKEN": pair[0], "PRITUNL_SECRET": pair[1]}
    assert tool.run(*check, "--check", env=environment(pair)).status == 0


def test_put_refuses_what_it_would_lose(tool, aws, name, pair):
    """A secret that is no JSON object is not replaced."""
    aws.create_secret(Name=name, SecretString="just text")
    result = tool.run("export", "--source", "env", "--no-verify", "-f", "aws", "-o", name, env=environment(pair))
    assert result.status == 7
    assert aws.get_secret_value(SecretId=name)["SecretString"] == "just text"


def test_exporter_keys(tool, aws, name, pair):
    """The exporter's own JSON, without anything of ours."""
    aws.create_secret(Name=name, SecretString=json.dumps(
        {"PRITUNL_URL": URL, "PRITUNL_ADMIN_TOKEN": pair[0], "PRITUNL_ADMIN_SECRET": pair[1], "EXTRA": 1}))
    result = tool.run("show", "--source", f"aws:{name}", "--field", "secret", reveals=True)
    assert result.stdout == pair[1] + "\n"


def test_precedence_of_the_exporter(tool, aws, name, pair):
    """--source aws --source env: AWS where it has a pair, else the environment, never half and half."""
    order = ("show", "--source", f"aws:{name}", "--source", "env", "--reveal", "--json")
    missing = tool.run(*order, env=environment(pair), reveals=True)
    assert json.loads(missing.stdout)["token"] == pair[0]
    aws.create_secret(Name=name, SecretString=json.dumps({"PRITUNL_TOKEN": "half-a-pair-only"}))
    half = tool.run(*order, env=environment(pair), reveals=True)
    assert json.loads(half.stdout)["token"] == pair[0]
    aws.put_secret_value(SecretId=name, SecretString=json.dumps({"PRITUNL_TOKEN": "from-aws-token", "PRITUNL_SECRET": "from-aws-secret"}))
    whole = json.loads(tool.run(*order, env=environment(pair), reveals=True).stdout)
    assert (whole["token"], whole["secret"]) == ("from-aws-token", "from-aws-secret")


@pytest.mark.parametrize("content", ['{"OTHER": "x"}', '{"PRITUNL_TOKEN": "token"}', "[]", "no json", '{"PRITUNL_TOKEN": 1, "PRITUNL_SECRET": 2}'])
def test_secret_without_the_keys(tool, aws, name, content):
    """There is a secret, and no pair in it: 6; for verify the answer is no."""
    aws.create_secret(Name=name, SecretString=content)
    assert tool.run("show", "--source", f"aws:{name}").status == 6
    result = tool.run("verify", "--source", f"aws:{name}", "--json")
    assert result.status == 1
    assert json.loads(result.stdout)["verdict"] == "refused"


def test_missing_secret(tool, aws, name):
    """No such secret: 6, and its name is said."""
    result = tool.run("show", "--source", f"aws:{name}")
    assert result.status == 6
    assert f"there is no AWS secret {name}, or it has no value yet" in result.stderr


# ---- a secret that is there and has no value, as Terraform's aws_secretsmanager_secret makes it without a version


EXPORT = ("export", "--source", "env", "--no-verify", "-f", "aws", "-o")


@pytest.fixture
def valueless(aws, name):
    """Such a secret: what AWS answers of its creation. GetSecretValue answers ResourceNotFoundException for it, as AWS documents."""
    made = aws.create_secret(Name=name)
    with pytest.raises(aws.exceptions.ResourceNotFoundException, match="secret value for staging label: AWSCURRENT"):
        aws.get_secret_value(SecretId=name)
    return made


@pytest.mark.parametrize("key_of_it", ["Name", "ARN"])
def test_put_into_a_secret_without_a_value(tool, aws, valueless, name, pair, key_of_it):
    """It is given its first value, whichever way it is named; the second time nothing changes.

    moto takes an ARN as the name of a new secret, and AWS does not (by the characters that its documentation allows in names):
    test_a_secret_that_is_there_is_not_made() shows what is asked.
    """
    put = (*EXPORT, valueless[key_of_it])
    assert tool.run(*put, "--check", env=environment(pair)).status == 1
    result = tool.run(*put, "--json", env=environment(pair))
    assert result.status == 0, result.stderr
    assert stored(aws, name) == environment(pair)
    assert json.loads(tool.run(*put, "--json", env=environment(pair)).stdout)["changed"] is False


def test_read_a_secret_without_a_value(tool, valueless, name, pair):
    """AWS tells it from a secret that is not there, and so do we; to the next source it is the same."""
    result = tool.run("show", "--source", f"aws:{name}")
    assert result.status == 6
    assert f"the AWS secret {valueless['Name']} has no value yet" in result.stderr and "there is no" not in result.stderr
    fallen = tool.run("show", "--source", f"aws:{name}", "--source", "env", "--reveal", "--json", env=environment(pair), reveals=True)
    assert json.loads(fallen.stdout)["token"] == pair[0]


def test_put_to_an_arn_that_is_not_there(tool, aws, pair, name):
    """No secret can be made of an ARN: nothing is, and a name is what helps."""
    arn = f"arn:aws:secretsmanager:{REGION}:123456789012:secret:{name}-AbCdEf"
    before = len(aws.list_secrets()["SecretList"])
    result = tool.run(*EXPORT, arn, env=environment(pair))
    assert result.status == 7
    assert f"there is no AWS secret {arn}" in result.stderr and "try: -o with a name" in result.stderr
    assert len(aws.list_secrets()["SecretList"]) == before


def test_no_credentials(tool, name):
    """Neither in the environment nor in a file."""
    result = tool.run("show", "--source", f"aws:{name}", env={"AWS_REGION": REGION})
    assert result.status == 2
    assert "AWS_ACCESS_KEY_ID" in result.stderr
    result = tool.run("show", "--source", f"aws:{name}", env={"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"})
    assert result.status == 2
    assert "AWS_REGION" in result.stderr


def test_shared_files(tool, aws, amazon, home, name, key):
    """Credentials and region by profile from the shared files."""
    aws.create_secret(Name=name, SecretString=json.dumps({"PRITUNL_TOKEN": "file-token-1", "PRITUNL_SECRET": "file-secret-1"}))
    (home / ".aws").mkdir()
    credentials = home / ".aws" / "credentials"
    credentials.write_text(f"[default]\naws_access_key_id = wrong\n[work]\n# x\naws_access_key_id={KEY}\naws_secret_access_key = {key} \n")
    (home / ".aws" / "config").write_text(f"[profile work]\nregion = {REGION}\n")
    credentials.chmod(0o600)
    plain = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")) | {"AWS_PROFILE": "work"}
    result = tool.run("show", "--source", f"aws:{name}", "--field", "token", env=plain, reveals=True)
    assert result.stdout == "file-token-1\n", result.stderr
    assert tool.run("show", "--source", f"aws:{name}", env=plain | {"AWS_PROFILE": "nobody"}).status == 2
    credentials.chmod(0o666)
    assert tool.run("show", "--source", f"aws:{name}", env=plain).status == 2


# ---- without moto: what goes over the wire, and servers that misbehave ----


@contextmanager
def recording(status=200, body=b'{"SecretString": "{\\"PRITUNL_TOKEN\\": \\"tokentoken\\", \\"PRITUNL_SECRET\\": \\"secretsecret\\"}"}'):
    """A server that keeps each request and answers all alike, or each action as the status and body of its name in body say."""
    requests = []

    class Handler(http.server.BaseHTTPRequestHandler):
        """Keeps and answers."""

        def do_POST(self):
            """Keep the request."""
            requests.append((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            said, text = body[self.headers["X-Amz-Target"].split(".")[1]] if isinstance(body, dict) else (status, body)
            self.send_response(said)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            """Be quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()


def botocore_authorization(address, request, key, token) -> str:
    """The header that botocore makes for the same request at the same second."""
    path, headers, body = request
    names = ("Content-Type", "X-Amz-Target", "X-Amz-Security-Token", "Host")
    theirs = AWSRequest("POST", address + path, data=body, headers={name: headers[name] for name in names if name in headers})
    signer = SigV4Auth(Credentials(KEY, key, token), "secretsmanager", REGION)
    theirs.context["timestamp"] = headers["X-Amz-Date"]
    theirs.headers["X-Amz-Date"] = headers["X-Amz-Date"]
    text = signer.string_to_sign(theirs, signer.canonical_request(theirs))
    signed = signer.signed_headers(signer.headers_to_sign(theirs))
    return (f"AWS4-HMAC-SHA256 Credential={signer.scope(theirs)}, SignedHeaders={signed}, "
            f"Signature={signer.signature(text, theirs)}")


@pytest.mark.parametrize("token", [None, "FwoGZXIvYXdzE/session+token=="])
@pytest.mark.parametrize("name", ["plain", "with/slash+@=._-", "ümlaut"])
def test_authorization_is_botocores(tool, key, name, token):
    """The Authorization header is byte for byte the one that botocore computes, for get and for put."""
    with recording() as (address, requests):
        tool.env |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": key, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": address,
                     "AWS_SESSION_TOKEN": token, "PRITUNL_URL": URL, "PRITUNL_TOKEN": "tttttttttt", "PRITUNL_SECRET": "ssssssssss"}
        assert tool.run("show", "--source", f"aws:{name}").status == 0
        assert tool.run("export", "--source", "env", "--no-verify", "-f", "aws", "-o", name).status == 0
    assert actions(requests) == ["GetSecretValue", "GetSecretValue", "PutSecretValue"]
    for request in requests:
        assert request[1]["Authorization"] == botocore_authorization(address, request, key, token)
        assert request[1].get("X-Amz-Security-Token") == token
        sent = datetime.datetime.strptime(request[1]["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        assert abs((datetime.datetime.now(datetime.timezone.utc) - sent).total_seconds()) < 60
    assert json.loads(requests[0][2]) == {"SecretId": name}
    assert json.loads(json.loads(requests[2][2])["SecretString"])["PRITUNL_SECRET"] == "ssssssssss"


@pytest.mark.parametrize("kind", ["UnrecognizedClientException", "InvalidSignatureException", "AccessDeniedException"])
def test_wrong_key(tool, key, pair, kind):
    """AWS refuses us: 3 as a source, 7 as a place to write to; its own word is passed on."""
    with recording(400, json.dumps({"__type": kind, "message": "no"}).encode()) as (address, _):
        tool.env |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": key, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": address}
        result = tool.run("show", "--source", "aws:x", "--json")
        assert result.status == 3
        assert kind in json.loads(result.stdout)["error"]["message"]
        assert json.loads(result.stdout)["error"]["kind"] == "source-refused"
        fallen = tool.run("show", "--source", "aws:x", "--source", "env", env=environment(pair))
        assert fallen.status == 3, "a refusal is no absence"
        assert tool.run("export", "--source", "env", "--no-verify", "-f", "aws", "-o", "x", env=environment(pair)).status == 7


def actions(requests) -> list:
    """What was asked, in order."""
    return [request[1]["X-Amz-Target"].split(".")[1] for request in requests]


NOT_FOUND = "ResourceNotFoundException"
# The types are AWS's documentation's (API reference of the three actions). NO_VALUE and ABSENT are texts that it does not document and
# others report; that a text may be another one, or none, is a guess. So is the namespace before "#", which other services of AWS send.
NO_VALUE = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
ABSENT = "Secrets Manager can't find the specified secret."


def exception(kind, message=None) -> tuple:
    """AWS's answer of a failure."""
    return 400, json.dumps({"__type": kind} | ({"message": message} if message else {})).encode()


@pytest.mark.parametrize(("ident", "missing", "created", "expected"), [
    ("x", exception(NOT_FOUND, NO_VALUE), "AccessDeniedException", ["GetSecretValue", "PutSecretValue"]),
    ("x", exception("com.amazonaws#" + NOT_FOUND), "com.amazonaws#ResourceExistsException", ["GetSecretValue", "CreateSecret", "PutSecretValue"]),
    ("x", exception(NOT_FOUND, ABSENT), "ResourceExistsException", ["GetSecretValue", "CreateSecret", "PutSecretValue"]),
    ("arn:aws:secretsmanager:eu-central-1:1:secret:x", exception(NOT_FOUND), "ValidationException", ["GetSecretValue", "PutSecretValue"]),
], ids=["who may not create", "no words", "made meanwhile", "arn"])
def test_a_secret_that_is_there_is_not_made(tool, key, pair, ident, missing, created, expected):
    """Whatever AWS says of its value, and whether or not we may make secrets, a secret that is there takes its first value."""
    answers = {"GetSecretValue": missing, "CreateSecret": exception(created), "PutSecretValue": (200, b"{}")}
    with recording(body=answers) as (address, requests):
        tool.env |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": key, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": address}
        result = tool.run(*EXPORT, ident, env=environment(pair))
    assert result.status == 0, result.stderr
    assert actions(requests) == expected
    put = json.loads(requests[-1][2])
    assert put["SecretId"] == ident and json.loads(put["SecretString"]) == environment(pair)


def test_a_refusal_of_creation_is_said(tool, key, pair):
    """Nothing else is tried."""
    answers = {"GetSecretValue": exception(NOT_FOUND, ABSENT), "CreateSecret": exception("AccessDeniedException")}
    with recording(body=answers) as (address, requests):
        tool.env |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": key, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": address}
        result = tool.run(*EXPORT, "x", env=environment(pair))
    assert result.status == 7 and "AWS refuses CreateSecret of x: AccessDeniedException" in result.stderr
    assert actions(requests) == ["GetSecretValue", "CreateSecret"]


def test_hanging_endpoint(tool, key, address):
    """It takes the connection and never answers."""
    silent = address("silent")
    tool.env |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": key, "AWS_REGION": REGION, "AWS_ENDPOINT_URL": f"http://{silent.host}:{silent.port}"}
    result = tool.run("show", "--source", "aws:x", "--timeout", "1")
    assert result.status == 3
    assert "no answer in time" in result.stderr
    assert result.seconds < 10


def test_unreachable_endpoint(tool, key):
    """Nobody listens there."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    tool.env |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": key, "AWS_REGION": REGION,
                 "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://127.0.0.1:{port}", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    result = tool.run("show", "--source", "aws:x")
    assert result.status == 3
    assert f":{port}" in result.stderr


@pytest.mark.parametrize("region", ["eu/../x", "EU", "a.b", "x y"])
def test_region_becomes_no_host(tool, region):
    """A region is part of a host name, and nothing else."""
    env = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "AWS_REGION": region}
    assert tool.run("show", "--source", "aws:x", env=env).status == 2
