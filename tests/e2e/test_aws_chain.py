# SPDX-License-Identifier: MIT
"""Where AWS's credentials come from: stand-ins of a container's agent, the instance's metadata, STS and Secrets Manager."""

from __future__ import annotations

import hashlib
import http.server
import json
import re
import threading
import urllib.parse

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

URL = "https://vpn.example.com"
PAIR = {"PRITUNL_TOKEN": "token-of-the-secret-1", "PRITUNL_SECRET": "secret-of-the-secret-1"}
REGION = "eu-central-1"
XML = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials>
<AccessKeyId>{1}</AccessKeyId><SecretAccessKey>{2}</SecretAccessKey><SessionToken>{3}</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{0}Result></{0}Response>"""


class Amazon:
    """All of them at one address. seen holds (method, path, headers, body) of each request; keys that were handed out stand in made."""

    def __init__(self, canaries):
        self.seen, self.made, self.answers = [], {}, {}
        self.far = None     # an address beyond this machine that we are the proxy of
        self.canaries = canaries
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """Keeps each request and lets owner answer."""

            protocol_version = "HTTP/1.1"

            def answer(self):
                """Any method."""
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                owner.seen.append((self.command, self.path, dict(self.headers), body))
                status, text = owner.answer(self.command, self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *_):
                """Be quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def keys(self, name):
        """New keys that this place hands out."""
        made = Credentials(f"ASIA{name}", self.canaries.register(f"secret/of+{name}=", name),
                           self.canaries.register(f"session/of+{name}==", name))
        self.made[made.access_key] = made
        return made

    def document(self, name):
        """The same as container and metadata say it."""
        made = self.keys(name)
        return json.dumps({"Code": "Success", "AccessKeyId": made.access_key, "SecretAccessKey": made.secret_key,
                           "Token": made.token, "Expiration": "2099-01-01T00:00:00Z"})

    def answer(self, method, path, headers, body):
        """What each of them says."""
        path = path.removeprefix(self.far or "")
        if path in self.answers:
            return self.answers[path]
        if path == "/":
            return self.service(headers, body)
        if path == "/latest/api/token" and method == "PUT":
            return (200, "metadata-token") if headers.get("X-aws-ec2-metadata-token-ttl-seconds") else (400, "")
        if path.startswith("/latest/"):
            if headers.get("X-aws-ec2-metadata-token") != "metadata-token":
                return 401, ""
            roles = "/latest/meta-data/iam/security-credentials/"
            return (200, "the-role") if path == roles else (200, self.document("INSTANCE")) if path == roles + "the-role" else (404, "")
        if path.startswith("/creds"):
            return 200, self.document("CONTAINER")
        return 404, ""

    def service(self, headers, body):
        """STS, and Secrets Manager."""
        fields = dict(urllib.parse.parse_qsl(body))
        if "Action" in fields:
            made = self.keys(f"ROLE-{fields['RoleArn'].rsplit('/', 1)[-1]}")
            return 200, XML.format(fields["Action"], made.access_key, made.secret_key, made.token)
        return 200, json.dumps({"Name": "p", "SecretString": json.dumps(PAIR)})

    def signer(self):
        """Whose keys the last request was signed with."""
        return re.search(r"Credential=([^/]+)/", self.seen[-1][2]["Authorization"])[1]

    def fields(self):
        """The fields of each question to STS."""
        return [dict(urllib.parse.parse_qsl(body)) for _, path, _, body in self.seen if path == "/" and "Action=" in body]


@pytest.fixture
def amazon(canaries):
    """Amazon, for this test."""
    made = Amazon(canaries)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def shared(home):
    """Write the shared files."""
    def write(credentials="", config=""):
        (home / ".aws").mkdir(exist_ok=True)
        for name, text in (("credentials", credentials), ("config", config)):
            (home / ".aws" / name).write_text(text)
            (home / ".aws" / name).chmod(0o600)
    return write


@pytest.fixture
def ask(tool, amazon):
    """Ask for the secret; returns the result."""
    def run(**env):
        base = {"AWS_REGION": REGION, "AWS_ENDPOINT_URL": amazon.url, "AWS_EC2_METADATA_DISABLED": "true"}
        return tool.run("show", "-s", "aws:p", "-u", URL, "--field", "token", env=base | env, reveals=True)
    return run


def fine(amazon, result, signer):
    """The secret came, and was asked for with these keys."""
    assert (result.status, result.stdout) == (0, PAIR["PRITUNL_TOKEN"] + "\n"), result.stderr
    assert amazon.signer() == signer
    made = amazon.made.get(signer)
    if made:
        assert amazon.seen[-1][2].get("X-Amz-Security-Token") == made.token


# ---- a container's agent


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_container_by_full_uri(ask, amazon, host):
    uri = f"http://{host}:{amazon.server.server_port}/creds?id=a%20b"
    fine(amazon, ask(AWS_CONTAINER_CREDENTIALS_FULL_URI=uri, AWS_CONTAINER_AUTHORIZATION_TOKEN="the-token\n"), "ASIACONTAINER")
    method, path, headers, _ = amazon.seen[0]
    assert (method, path, headers["Authorization"]) == ("GET", "/creds?id=a%20b", "the-token")


def test_the_file_of_the_authorization_counts_before_the_variable(ask, amazon, home):
    (home / "token").write_text("from-the-file\n")
    fine(amazon, ask(AWS_CONTAINER_CREDENTIALS_FULL_URI=amazon.url + "/creds", AWS_CONTAINER_AUTHORIZATION_TOKEN="other",
                     AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=home / "token"), "ASIACONTAINER")
    assert amazon.seen[0][2]["Authorization"] == "from-the-file"


@pytest.mark.parametrize("uri, word", [
    ("http://example.com/creds", "plain http"), ("http://169.254.169.254/creds", "plain http"), ("http://10.0.0.1/creds", "plain http"),
    ("ftp://127.0.0.1/creds", "https:// or http://"), ("http://user:pass@127.0.0.1/creds", "user or password"), ("no uri", "FULL_URI")])
def test_who_may_be_asked_for_a_containers_keys(ask, amazon, uri, word):
    result = ask(AWS_CONTAINER_CREDENTIALS_FULL_URI=uri)
    assert result.status == 2 and word in result.stderr and "AWS_CONTAINER_CREDENTIALS_FULL_URI" in result.stderr
    assert "pass@" not in result.stderr and not amazon.seen


def test_an_agent_that_refuses(ask, amazon, address):
    amazon.answers["/creds"] = (403, '{"code": "AccessDenied", "message": "no"}')
    result = ask(AWS_CONTAINER_CREDENTIALS_FULL_URI=amazon.url + "/creds")
    assert result.status == 3 and "AccessDenied" in result.stderr and "AWS_CONTAINER_CREDENTIALS_FULL_URI" in result.stderr
    gone = ask(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"http://{address('refused')}/creds")
    assert gone.status == 3 and "cannot be reached" in gone.stderr


def test_a_token_file_that_is_none(ask, amazon, home):
    for path in (home / "none", home):
        result = ask(AWS_CONTAINER_CREDENTIALS_FULL_URI=amazon.url + "/creds", AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=path)
        assert result.status == 2 and "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE" in result.stderr


# ---- a token and a role


def test_web_identity(ask, amazon, home):
    (home / "jwt").write_text("head.body+/=.sign\n")
    result = ask(AWS_WEB_IDENTITY_TOKEN_FILE=home / "jwt", AWS_ROLE_ARN="arn:aws:iam::1:role/web", AWS_ROLE_SESSION_NAME="job@1")
    fine(amazon, result, "ASIAROLE-web")
    assert amazon.fields() == [{"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/web",
                                "RoleSessionName": "job@1", "WebIdentityToken": "head.body+/=.sign"}]
    assert "Authorization" not in amazon.seen[0][2]


def test_web_identity_of_a_profile(ask, amazon, home, shared):
    (home / "jwt").write_text("jwt")
    shared(config=f"[profile web]\nrole_arn = arn:aws:iam::1:role/p\nweb_identity_token_file = {home}/jwt\n")
    fine(amazon, ask(AWS_PROFILE="web"), "ASIAROLE-p")
    assert amazon.fields()[0]["RoleSessionName"].startswith("pritunl-access-")


def test_the_services_own_endpoint(ask, amazon, home, canaries):
    (home / "jwt").write_text("jwt")
    other = Amazon(canaries)
    result = ask(AWS_WEB_IDENTITY_TOKEN_FILE=home / "jwt", AWS_ROLE_ARN="arn:aws:iam::1:role/w", AWS_ENDPOINT_URL_STS=other.url)
    other.server.shutdown()
    other.server.server_close()
    assert result.status == 0 and len(other.seen) == 1 and len(amazon.seen) == 1


def test_a_role_that_is_refused(ask, amazon, home):
    (home / "jwt").write_text("jwt-of-somebody")
    amazon.answers["/"] = (403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>jwt-of-somebody</Message></Error></ErrorResponse>")
    result = ask(AWS_WEB_IDENTITY_TOKEN_FILE=home / "jwt", AWS_ROLE_ARN="arn:aws:iam::1:role/w")
    assert result.status == 3 and "AccessDenied" in result.stderr and "role/w" in result.stderr
    assert "jwt-of-somebody" not in result.stderr


PLAIN = "is plain http: what it is sent and what it answers can be read on the way"


@pytest.mark.parametrize("far, named", [("AWS_ENDPOINT_URL_STS", ["the Security Token Service, asked for arn:aws:iam::1:role/w,"]),
                                        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", ["AWS Secrets Manager"]),
                                        ("AWS_ENDPOINT_URL", ["the Security Token Service, asked for arn:aws:iam::1:role/w,", "AWS Secrets Manager"])])
def test_plain_http_beyond_this_machine_is_warned_about(ask, amazon, home, far, named):
    (home / "jwt").write_text("jwt-of-somebody")
    env = {"AWS_WEB_IDENTITY_TOKEN_FILE": home / "jwt", "AWS_ROLE_ARN": "arn:aws:iam::1:role/w", "http_proxy": amazon.url}
    amazon.far = "http://aws.invalid"
    result = ask(**env | {far: amazon.far})
    fine(amazon, result, "ASIAROLE-w")
    assert [line for line in result.stderr.splitlines() if "plain http" in line] == [
        f"pritunl-access: warning: {who} at {amazon.far} {PLAIN}" for who in named]
    assert "plain http" not in ask(**env).stderr and "jwt-of-somebody" not in result.stderr


@pytest.mark.parametrize("endpoint, warned", [("http://metadata.invalid", 1), ("http://169.254.0.1:1", 0), ("http://[fd00:ec2::1]:1", 0)])
def test_so_is_metadata_from_elsewhere(ask, endpoint, warned):
    result = ask(AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=endpoint)
    assert result.status == 2 and result.stderr.count(f"the instance's metadata service at {endpoint} {PLAIN}") == warned
    assert result.stderr.count("plain http") == warned


@pytest.mark.parametrize("env, word", [({"AWS_WEB_IDENTITY_TOKEN_FILE": "/none"}, "AWS_ROLE_ARN"),
                                       ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/none", "AWS_ROLE_ARN": "arn:aws:iam::1:role/x"}, "/none")])
def test_half_a_web_identity(ask, env, word):
    result = ask(**env)
    assert result.status == 2 and word in result.stderr and "AWS_WEB_IDENTITY_TOKEN_FILE" in result.stderr


ROLE = "[profile r]\nrole_arn = arn:aws:iam::1:role/taken\nexternal_id = e&1\nduration_seconds = 900\nrole_session_name = s\n"


@pytest.mark.parametrize("source", ["source_profile = base\n",
                                    "source_profile = r\naws_access_key_id = AKIABASE\naws_secret_access_key = bs\n"])
def test_a_role_of_a_profile(ask, amazon, shared, source):
    shared("[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = bs\n", ROLE + source)
    fine(amazon, ask(AWS_PROFILE="r"), "ASIAROLE-taken")
    field, = amazon.fields()
    assert field == {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/taken", "RoleSessionName": "s",
                     "ExternalId": "e&1", "DurationSeconds": "900"}
    _, _, headers, body = amazon.seen[0]
    request = AWSRequest("POST", amazon.url + "/", data=body, headers={
        "Content-Type": headers["Content-Type"], "X-Amz-Date": headers["X-Amz-Date"]})
    assert "Credential=AKIABASE/" in headers["Authorization"] and f"/{REGION}/sts/aws4_request" in headers["Authorization"]
    signer = SigV4Auth(Credentials("AKIABASE", "bs"), "sts", REGION)
    request.context["timestamp"] = headers["X-Amz-Date"]
    signed = re.search(r"SignedHeaders=([^,]+)", headers["Authorization"])[1].split(";")
    canonical = "\n".join(["POST", "/", "", *(f"{name}:{headers[next(k for k in headers if k.lower() == name)].strip()}" for name in signed),
                           "", ";".join(signed), hashlib.sha256(body.encode()).hexdigest()])
    assert signer.signature(signer.string_to_sign(request, canonical), request) in headers["Authorization"]


@pytest.mark.parametrize("source, taker", [("EcsContainer", "ASIACONTAINER"), ("Ec2InstanceMetadata", "ASIAINSTANCE")])
def test_a_role_by_the_machines_keys(ask, amazon, shared, source, taker):
    shared(config=f"[profile r]\nrole_arn = arn:aws:iam::1:role/taken\ncredential_source = {source}\n")
    fine(amazon, ask(AWS_PROFILE="r", AWS_CONTAINER_CREDENTIALS_FULL_URI=amazon.url + "/creds", AWS_EC2_METADATA_DISABLED=None,
                     AWS_EC2_METADATA_SERVICE_ENDPOINT=amazon.url), "ASIAROLE-taken")
    assert f"Credential={taker}/" in amazon.seen[-2][2]["Authorization"]


def test_a_role_by_a_role(ask, amazon, shared):
    shared("[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = bs\n",
           "[profile a]\nrole_arn = arn:aws:iam::1:role/first\nsource_profile = base\n"
           "[profile b]\nrole_arn = arn:aws:iam::1:role/second\nsource_profile = a\n")
    fine(amazon, ask(AWS_PROFILE="b"), "ASIAROLE-second")
    assert [field["RoleArn"][-5:] for field in amazon.fields()] == ["first", "econd"]
    assert "Credential=ASIAROLE-first/" in amazon.seen[1][2]["Authorization"]


@pytest.mark.parametrize("config, word", [
    ("[profile r]\nrole_arn = arn:x\nsource_profile = r2\n[profile r2]\nrole_arn = arn:y\nsource_profile = r\n", "of itself"),
    ("[profile r]\nrole_arn = arn:x\n", "neither source_profile"),
    ("[profile r]\nrole_arn = arn:x\nsource_profile = nobody\n", "has no keys"),
    ("[profile r]\nrole_arn = arn:x\ncredential_source = Somewhere\n", "Somewhere"),
    ("[profile r]\nrole_arn = arn:x\nsource_profile = default\nmfa_serial = arn:mfa\n", "export-credentials --profile r"),
    ("[profile r]\nsso_session = corp\nsso_account_id = 1\n", "export-credentials --profile r"),
    ("[profile r]\nsso_start_url = https://x.awsapps.com/start\n", "SSO"),
    ("[profile r]\ncredential_process = /bin/keys --secret\n", "credential_process"),
    ("[profile other]\nregion = x\n", "no AWS profile r")])
def test_what_is_not_done_is_named(ask, amazon, shared, config, word):
    shared(config=config)
    result = ask(AWS_PROFILE="r")
    assert result.status == 2 and word in result.stderr and "--secret" not in result.stderr, result.stderr
    assert not amazon.seen


# ---- the instance


def test_the_instances_metadata(ask, amazon):
    fine(amazon, ask(AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=amazon.url + "/"), "ASIAINSTANCE")
    assert [seen[0] for seen in amazon.seen[:3]] == ["PUT", "GET", "GET"]


def test_metadata_that_shall_not_be_asked(ask, amazon):
    result = ask(AWS_EC2_METADATA_DISABLED="TRUE", AWS_EC2_METADATA_SERVICE_ENDPOINT=amazon.url)
    assert result.status == 2 and not amazon.seen and "AWS_ACCESS_KEY_ID" in result.stderr


@pytest.mark.parametrize("path, answer, word", [
    ("/latest/api/token", (403, ""), "403"), ("/latest/meta-data/iam/security-credentials/", (404, ""), "no role"),
    ("/latest/meta-data/iam/security-credentials/the-role", (200, '{"Code": "AssumeRoleUnauthorizedAccess"}'), "Unauthorized")])
def test_an_instance_without_a_role(ask, amazon, path, answer, word):
    amazon.answers[path] = answer
    result = ask(AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=amazon.url)
    assert result.status == 2 and word in result.stderr and "profile default" in result.stderr


@pytest.mark.parametrize("kind", ["silent", "blackhole", "refused"])
def test_metadata_that_hangs_is_left_soon(ask, address, kind, record_property):
    result = ask(AWS_EC2_METADATA_DISABLED=None, AWS_EC2_METADATA_SERVICE_ENDPOINT=f"http://{address(kind)}")
    assert result.status == 2 and "cannot be reached" in result.stderr
    record_property("figure: ms that a dead metadata address cost", round(1000 * result.seconds))


def test_a_proxy_is_not_asked_for_them(ask, amazon, address):
    proxy = f"http://{address('refused')}"
    fine(amazon, ask(AWS_CONTAINER_CREDENTIALS_FULL_URI=amazon.url + "/creds", http_proxy=proxy, all_proxy=proxy), "ASIACONTAINER")


# ---- which of them


def test_the_order(ask, amazon, shared, home):
    (home / "jwt").write_text("jwt")
    shared("[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = fs\n")
    container = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": amazon.url + "/creds"}
    instance = {"AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": amazon.url}
    web = {"AWS_WEB_IDENTITY_TOKEN_FILE": home / "jwt", "AWS_ROLE_ARN": "arn:aws:iam::1:role/w"}
    own = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "es"}
    fine(amazon, ask(**instance, **container, **web, **own), "AKIAENV")
    fine(amazon, ask(**instance, **container, **web), "ASIAROLE-w")
    fine(amazon, ask(**instance, **container), "AKIAFILE")
    shared()
    fine(amazon, ask(**instance, **container), "ASIACONTAINER")
    fine(amazon, ask(**instance), "ASIAINSTANCE")


@pytest.mark.parametrize("credentials, config, profile, signer", [
    ("", "[default]\naws_access_key_id = A1\naws_secret_access_key = s\n", None, "A1"),
    ("", "[profile x y]\naws_access_key_id = A2\naws_secret_access_key = s\n", "x y", "A2"),
    ("", '[profile "x y"]\naws_access_key_id = A3\naws_secret_access_key = s\n', "x y", "A3"),
    ("[x]\nsource_profile = y\n[y]\naws_access_key_id=A4\naws_secret_access_key=s\n", "", "x", "A4"),
    ("[x]\r\nAWS_Access_Key_Id:A5\r\nAws_Secret_Access_Key : s\r\n", "", "x", "A5"),
    ("  [x]  # mine\n\taws_access_key_id = A6 ; old\n\taws_secret_access_key = s # new\n", "", "x", "A6"),
    ("[x]\naws_access_key_id = A7\n[y]\naws_access_key_id = other\n[x]\naws_secret_access_key = s\n", "", "x", "A7"),
    ("[x]\naws_access_key_id = A8\naws_secret_access_key = s\n", "[profile x]\naws_access_key_id = other\n", "x", "A8"),
    ("[x]\nnested =\n  aws_access_key_id = other\naws_access_key_id = A9\naws_secret_access_key = s\n", "", "x", "A9"),
    ("[profile]\naws_access_key_id = A10\naws_secret_access_key = s\n", "", "profile", "A10"),
])
def test_the_forms_of_the_shared_files(ask, amazon, shared, credentials, config, profile, signer):
    shared(credentials, config)
    fine(amazon, ask(AWS_PROFILE=profile), signer)


def test_line_breaks_and_quotes_of_the_variables(ask, amazon):
    result = ask(AWS_ACCESS_KEY_ID="AKIAENV\n", AWS_SECRET_ACCESS_KEY="es\r\n", AWS_REGION=REGION + "\n")
    fine(amazon, result, "AKIAENV")
    assert "quotation marks" in ask(AWS_ACCESS_KEY_ID="AKIAENV", AWS_SECRET_ACCESS_KEY='"quoted-key"').stderr


def test_region_endpoint_and_authorities_of_the_profile(tool, amazon, shared, pki, home):
    shared("[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = fs\nregion = eu-west-3\n",
           f"[default]\nendpoint_url = {amazon.url}\nca_bundle = {pki.ca.certificate_file}\n")
    result = tool.run("show", "-s", "aws:p", "-u", URL, "--field", "token", env={"AWS_EC2_METADATA_DISABLED": "true"}, reveals=True)
    fine(amazon, result, "AKIAFILE")
    assert "/eu-west-3/secretsmanager/" in amazon.seen[-1][2]["Authorization"]
    shared("[default]\nregion = eu-west-3\n", f"[default]\nca_bundle = {home}\n")
    refused = tool.run("show", "-s", "aws:p", "-u", URL, env={"AWS_EC2_METADATA_DISABLED": "true"})
    assert refused.status == 2 and "AWS_CA_BUNDLE" in refused.stderr


def test_as_a_place_to_write_to(tool, amazon):
    result = tool.run("export", "-s", "env", "-u", URL, "--no-verify", "-f", "aws", "-o", "p", env={
        "AWS_REGION": REGION, "AWS_ENDPOINT_URL": amazon.url, "PRITUNL_TOKEN": "t" * 32, "PRITUNL_SECRET": "s" * 32,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": amazon.url + "/none"})
    assert result.status == 7 and "status 404" in result.stderr
