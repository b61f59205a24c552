# SPDX-License-Identifier: MIT
"""Files that options, variables and the URI name: read when they are named, and the reason is theirs. Nobody's terminal is asked."""

from __future__ import annotations

import os
import re
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives import serialization
from expect import configure, failed, private

NOTHING = {"PRITUNL_ACCESS_MONGODB_URI": None}
PASSWORD = "pass of+the key%"


@pytest.fixture
def files(pki, home, canaries):
    """A file for each way in which one can be wrong; locked and old are encrypted, in the new form and OpenSSL's own."""
    key = serialization.load_pem_private_key(pki.client.key.encode(), None)
    secret = serialization.BestAvailableEncryption(PASSWORD.encode())

    def encrypted(form):
        return key.private_bytes(serialization.Encoding.PEM, form, secret).decode()

    texts = {"good": pki.client.key + pki.client.certificate, "turned": pki.client.certificate + pki.client.key,
             "locked": encrypted(serialization.PrivateFormat.PKCS8) + pki.client.certificate,
             "old": pki.client.certificate + encrypted(serialization.PrivateFormat.TraditionalOpenSSL),
             "key": pki.client.key, "certificate": pki.client.certificate, "foreign": pki.ca.key + pki.client.certificate,
             "broken": pki.client.certificate.replace("M", "x", 2), "broken_key": pki.client.certificate + pki.client.key.replace("M", "!", 2),
             "empty": "", "text": "no PEM at all\n", "ca": pki.ca.certificate}
    paths = {name: private(home / f"{name}.pem", text) for name, text in texts.items()}
    paths["folder"], paths["nowhere"], paths["terminal"] = home, home / "nowhere.pem", "/dev/tty"
    canaries.register(PASSWORD, "the key's password")
    return paths


@pytest.fixture
def by(tool, home):
    """Run list by a URI with these options, whose database nobody answers for."""
    def run(*args, stdin=None, tty=False, **options):
        query = "&".join(f"{name}={quote(str(value))}" for name, value in options.items())
        uri = private(home / "uri", f"mongodb://127.0.0.1:1/pritunl?tls=true&{query}")
        return tool.run("list", "--connect-timeout", "1", "--mongodb-uri-file", uri, *args, env=NOTHING, stdin=stdin, tty=tty)
    return run


@pytest.mark.parametrize("name, word", [
    ("key", "no certificate"), ("certificate", "no private key in it"), ("foreign", "not that of its certificate"), ("broken", "cannot be read"),
    ("broken_key", "private key in it cannot be read"), ("empty", "is empty"), ("text", "not in PEM"), ("folder", "directory"),
    ("nowhere", "No such file"), ("terminal", "is a device"), ("locked", "wants a password"), ("old", "wants a password")])
@pytest.mark.parametrize("option", ["tlsCertificateKeyFile", "sslClientCertificateKeyFile"])
def test_the_identity(by, files, name, word, option):
    message = failed(by(**{option: files[name]}), 2, "tlsCertificateKeyFile", str(files[name]), word)
    assert "refused" not in message


@pytest.mark.parametrize("name, word", [("key", "a private key, and no certificate"), ("broken", "cannot be read"), ("empty", "is empty"),
                                        ("text", "not in PEM"), ("folder", "directory"), ("nowhere", "No such file"), ("terminal", "device")])
def test_the_authorities(tool, by, files, name, word):
    failed(by(tlsCAFile=files[name]), 2, "tlsCAFile", str(files[name]), word)
    pair = {"PRITUNL_TOKEN": "t" * 32, "PRITUNL_SECRET": "s" * 32, "AWS_REGION": "b-1", "AWS_CA_BUNDLE": files[name],
            "AWS_EC2_METADATA_DISABLED": "true"}
    failed(tool.run("export", "-s", "env", "-u", "https://127.0.0.1:1", "--ca-cert", files[name], env=pair), 2, "ca-cert", word)
    failed(tool.run("show", "-s", "aws:x", "-u", "https://127.0.0.1:1", env=pair), 2, "AWS_CA_BUNDLE", word)


@pytest.mark.parametrize("name", ["good", "turned"])
def test_what_is_in_order_is_no_reason(by, files, name):
    failed(by(tlsCertificateKeyFile=files[name], tlsCAFile=files["ca"]), 3, "refused")


@pytest.mark.parametrize("name", ["locked", "old"])
def test_the_keys_password(by, files, name):
    failed(by(tlsCertificateKeyFile=files[name], tlsCertificateKeyFilePassword=PASSWORD), 3, "refused")
    for wrong in ("wrong", "x" * 3000):
        failed(by(tlsCertificateKeyFile=files[name], tlsCertificateKeyFilePassword=wrong), 2, "does not open its private key")


def test_the_password_is_honoured(tool, files, secure_database, seed):
    seed.administrator(secure_database.db, "behind-the-certificate")
    uri = secure_database.server.uri(secure_database.name, authMechanism="MONGODB-X509", authSource="$external")
    for name in ("locked", "old"):
        whole = f"{uri}&tlsCertificateKeyFile={files[name]}&tlsCertificateKeyFilePassword={quote(PASSWORD)}"
        result = tool.run("list", "--json", env={"PRITUNL_ACCESS_MONGODB_URI": whole})
        assert [row["administrator"] for row in result.json()] == ["behind-the-certificate"], result.stderr


@pytest.mark.parametrize("name", ["locked", "old", "terminal"])
def test_nobody_reads_our_terminal_or_input(by, files, name, tmp_path):
    (tmp_path / "input").write_text("one\ntwo\n")
    with open(tmp_path / "input", encoding="ascii") as lines:
        result = by(tlsCertificateKeyFile=files[name], stdin=lines)
        assert os.lseek(lines.fileno(), 0, os.SEEK_CUR) == 0, "nothing of standard input was read"
    assert result.status == 2 and "Enter PEM" not in result.stderr
    shown = by(tlsCertificateKeyFile=files[name], tty=True)
    assert shown.status == 2 and "pass phrase" not in shown.stdout + shown.stderr


@pytest.fixture
def by_pipe(tool, pki):
    """Run with what a shell makes of <(cat ca.pem): ARGUMENTS may name it as PIPE."""
    def run(*args, env):
        reader, writer = os.pipe()
        os.write(writer, pki.ca.certificate.encode())
        os.close(writer)
        pipe = f"/dev/fd/{reader}"
        result = tool.run(*[str(arg).replace("PIPE", pipe) for arg in args], pass_fds=(reader,),
                          env={name: value and value.replace("PIPE", pipe) for name, value in env.items()})
        os.close(reader)
        return result
    return run


def test_a_pipe_is_read_once(by_pipe, pki, standin, seed, database):
    """By us, and not again: nothing is left in it."""
    server = standin(tls=pki.server)
    me = seed.administrator(database.db, auth_api=True)
    pair = {"PRITUNL_TOKEN": me["token"], "PRITUNL_SECRET": me["secret"]}
    result = by_pipe("verify", "-s", "env", "-u", server.url, "--ca-cert", "PIPE", env=pair)
    assert result.status == 0, result.stderr
    assert by_pipe("verify", "-u", server.url, "--ca-cert", "PIPE", env={"PRITUNL_ACCESS_MONGODB_URI": database.uri}).status == 0


def test_profiles_share_a_pipe(by_pipe, home, pki, standin, seed, database):
    server = standin(tls=pki.server)
    seed.administrator(database.db, auth_api=True)
    configure(home, profiles={f"p{number}": {"url": server.url} for number in range(24)})
    result = by_pipe("verify", "--all-profiles", "--json", "--ca-cert", "PIPE", env={"PRITUNL_ACCESS_MONGODB_URI": database.uri})
    assert [each["verdict"] for each in result.json()] == ["accepted"] * 24, result.stdout


def test_the_database_is_trusted_by_a_pipe(by_pipe, secure_database, seed):
    seed.administrator(secure_database.db)
    uri = re.sub(r"tlsCAFile=[^&]*", "tlsCAFile=PIPE", secure_database.uri)
    result = by_pipe("list", env={"PRITUNL_ACCESS_MONGODB_URI": uri})
    assert result.status == 0 and "pritunl" in result.stdout, result.stderr


@pytest.mark.parametrize("option", ["--ca-cert", "tlsCAFile", "tlsCertificateKeyFile"])
def test_a_pipe_that_nobody_writes_ends_at_the_timeout(tool, files, by, pki, option):
    os.mkfifo(tool.home / "pipe", 0o600)
    if option == "--ca-cert":
        result = tool.run("verify", "-s", "env", "-u", "https://127.0.0.1:1", "--ca-cert", "pipe", "--timeout", 1,
                          env={"PRITUNL_TOKEN": "a" * 32, "PRITUNL_SECRET": "b" * 32})
    else:
        result = by("--timeout", 1, **{option: tool.home / "pipe"})
    failed(result, 2, "pipe", "not done in time", attempt="--timeout")


@pytest.mark.parametrize("option", ["--mongodb-uri-file", "--config", "--pritunl-conf"])
@pytest.mark.parametrize("what, word", [("folder", "directory"), ("nowhere", "o such file")])
def test_our_own_files(tool, files, option, what, word):
    result = tool.run("list", option, files[what], env=NOTHING)
    if option == "--pritunl-conf" and what == "nowhere":
        word = str(files[what])
    failed(result, 2, str(files[what]), word)


def test_a_password_file(site, home):
    site.admin()
    path = private(home / "password", "")
    path.write_bytes(b"\xff\xfe\n")
    failed(site.run("recover", "--yes", "--password-file", path), 2, "UTF-8")
    failed(site.run("recover", "--yes", "--password-file", home / "none"), 2, "No such file")
    failed(site.run("recover", "--yes", "--password-file", home), 2, "directory")
