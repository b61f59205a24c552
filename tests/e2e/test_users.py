# SPDX-License-Identifier: MIT
"""What people need beside the pair: the certificate as a file, the licence key, what differs, and how a file is read."""

from __future__ import annotations

import os
import ssl
import stat
import subprocess

import pytest
import shlex
from expect import failed, failed_json, pair, private, tree


@pytest.fixture
def secure_site(site, standin, pki):
    """The same over TLS, with a certificate that the database alone vouches for; no URL is given."""
    site.pritunl = standin(tls=pki.pritunl)
    del site.tool.env["PRITUNL_ACCESS_URL"]
    site.seed.settings(site.db, server_cert=pki.pritunl.certificate, server_port=site.pritunl.port)
    site.seed.host(site.db, "a" * 32, public_address="127.0.0.1")
    site.certificate = pki.pritunl.certificate
    return site


def same_certificates(one: str, other: str) -> bool:
    """Do both hold exactly the same certificate, in DER?"""
    return ssl.PEM_cert_to_DER_cert(one.strip()) == ssl.PEM_cert_to_DER_cert(other.strip())


# ---- show --field certificate and license

def test_the_certificate_comes_from_the_database(secure_site, wire):
    secure_site.admin("anna")
    secure_site.admin("bert")
    # The public half of the key is in both, which the hunt for leaks takes for the key.
    result = secure_site.run("show", "--field", "certificate", reveals=True)
    assert (result.status, result.stderr) == (0, "") and same_certificates(result.stdout, secure_site.certificate)
    assert result.stdout.endswith("-----END CERTIFICATE-----\n") and secure_site.pritunl.requests == []


def test_nothing_but_certificates_comes_of_a_field_that_holds_a_key_too(secure_site, pki):
    secure_site.admin()
    secure_site.seed.settings(secure_site.db, server_cert=pki.pritunl.key + pki.pritunl.certificate)
    # The public half of the key is in both, which the hunt for leaks takes for the key.
    result = secure_site.run("show", "--field", "certificate", reveals=True)
    assert result.status == 0 and same_certificates(result.stdout, pki.pritunl.certificate) and "KEY" not in result.stdout


def test_no_certificate_is_an_error(site):
    site.admin()
    failed(site.run("show", "--field", "certificate"), 6, "certificate", attempt="doctor")
    site.seed.settings(site.db, server_cert="no certificate")
    failed_json(site.run("show", "--field", "certificate", "--json"), 6, "certificate")


LICENSE = "-----BEGIN LICENSE-----\nq1w2e3r4t5z6u7i8o9p0\n-----END LICENSE-----"


def test_the_licence_key_is_asked_for_only_then(site, wire):
    site.admin("anna")
    site.admin("bert")
    site.seed.settings(site.db, license=LICENSE, license_plan="enterprise")
    middle = wire()
    uri = {"PRITUNL_ACCESS_MONGODB_URI": middle.uri(site.database.name)}
    for words in (("list",), ("show", "anna", "--reveal", "--json"), ("verify", "--all"), ("audit",), ("doctor", "anna"),
                  ("export", "anna")):
        site.run(*words, env=uri, reveals="--reveal" in words or "export" in words)
    asked = [projection for command in middle.sent() if (projection := command.body.get("projection"))]
    assert asked and not any("license" in each for each in asked)
    result = site.run("show", "--field", "license", env=uri, reveals=True)
    assert (result.status, result.stdout, result.stderr) == (0, LICENSE + "\n", "")
    asked = [command.body["projection"] for command in middle.sent("find") if "license" in command.body.get("projection", {})]
    assert [dict(each) for each in asked] == [{"_id": 0, "license": 1}]


def test_no_licence_key_is_an_error(site):
    site.admin()
    failed(site.run("show", "--field", "license"), 6, "licence")
    for license in (None, "", 7):
        site.seed.settings(site.db, license=license)
        failed(site.run("show", "--field", "license"), 6, "licence")


@pytest.mark.parametrize("field", ["certificate", "license"])
def test_what_is_the_clusters_is_nobodys(site, field):
    site.admin()
    failed(site.run("show", "pritunl", "--field", field), 2, "cluster", attempt=f"show --field {field}")
    failed(site.run("show", "--field", field, "--source", "env"), 2, "database")


# ---- export --ca-file

def test_the_certificate_beside_the_credential(secure_site, home):
    secure_site.admin()
    target, pem = home / "pritunl.env", home / "pritunl.pem"
    words = ("export", "-o", target, "--ca-file", pem)
    result = secure_site.run(*words)
    assert result.status == 0 and same_certificates(pem.read_text(), secure_site.certificate)
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600
    assert f"--cacert {pem}" in result.stderr and "SSL_CERT_FILE" in result.stderr and "vouched for" not in result.stderr
    assert "does not name 127.0.0.1" in result.stderr
    before = tree(home)
    answer = secure_site.run(*words, "--json").json()
    assert answer["ca_file"] == str(pem) and answer["changed"] is False and tree(home) == before
    assert secure_site.run(*words, "--mode", "0644", "-q").stderr == "" and stat.S_IMODE(pem.stat().st_mode) == 0o644
    assert secure_site.run(*words, "--check", "--json").json()["differs"] == []
    pem.write_text("")
    checked = secure_site.run(*words, "--check", "--json")
    assert checked.status == 1 and checked.json()["differs"] == ["certificate"] and pem.read_text() == ""


def test_a_consumer_trusts_the_file(secure_site, home):
    """Python's ssl, told of that file alone, takes the server's certificate; without it, it does not."""
    secure_site.admin()
    pem = home / "pritunl.pem"
    assert secure_site.run("export", "--ca-file", pem, "-q", reveals=True).status == 0
    script = ("import os, ssl, sys, urllib.request\n"
              "context = ssl.create_default_context()\n"
              "context.check_hostname = False\n"
              "print(urllib.request.urlopen(sys.argv[1] + '/ping', context=context).status)\n")
    run = ["python3", "-c", script, secure_site.pritunl.url]
    assert subprocess.run(run, env=os.environ | {"SSL_CERT_FILE": str(pem)}, capture_output=True, check=True).stdout == b"200\n"
    assert subprocess.run(run, env=os.environ, capture_output=True, check=False).returncode != 0


def test_no_certificate_file_where_another_trust_counts(secure_site, site, home, pki):
    secure_site.admin()
    pem, target = home / "pritunl.pem", home / "pritunl.env"
    for trust in (("--pin", pki.pritunl.pin), ("--insecure",)):
        failed(secure_site.run("export", "-o", target, "--ca-file", pem, *trust), 7, "--ca-file", warnings=True)
    secure_site.seed.settings(secure_site.db, server_cert="no certificate")
    failed(secure_site.run("export", "-o", target, "--ca-file", pem, "--no-verify"), 7, "no certificate")
    assert not pem.exists() and not target.exists()


def test_a_certificate_file_replaces_no_other_file(secure_site, home):
    secure_site.admin()
    other = private(home / "bundle.pem", secure_site.certificate * 2)
    for text in (secure_site.certificate * 2, "alias ll='ls -l'\n"):
        other.write_text(text)
        failed(secure_site.run("export", "--ca-file", other), 7, "refused", attempt="--replace")
        assert other.read_text() == text and secure_site.pritunl.requests == []
    failed(secure_site.run("export", "--ca-file", "-"), 2, "standard output")
    failed(secure_site.run("export", "-o", other, "--ca-file", other), 2, "same file")
    failed(secure_site.run("export", "-o", other.name, "--ca-file", f"./{other.name}", cwd=other.parent), 2, "same file")
    assert secure_site.run("export", "--ca-file", other, "--replace", reveals=True).status == 0
    assert same_certificates(other.read_text(), secure_site.certificate)


def test_the_warning_ends_in_a_command_that_can_be_pasted(secure_site, home, tool):
    secure_site.admin()
    warning, line = secure_site.run("export", reveals=True).stderr.splitlines()
    assert "vouched for by no authority of this system" in warning and max(map(len, (warning, line))) < 130
    command = line.rsplit(": ", 1)[1]
    assert command.startswith("pritunl-access ")
    subprocess.run(["sh", "-c", command.replace("pritunl-access", shlex.quote(tool.binary), 1)], cwd=home, check=True, env=tool.environment())
    assert same_certificates((home / "pritunl.pem").read_text(), secure_site.certificate)


# ---- export --check, and how a file is read

def test_check_names_what_differs(site, home):
    admin = site.admin()
    target = home / "pritunl.env"

    def differs(*words):
        checked = site.run("export", "--check", "-o", target, *words)
        answer = site.run("export", "--check", "-o", target, "--json", *words)
        found = answer.json()["differs"]
        assert checked.status == answer.status == bool(found) and checked.stdout == ""
        assert ("out of date" in checked.stderr and ", ".join(found) in checked.stderr) if found else "up to date" in checked.stderr
        return found

    assert differs() == ["names"], "there is no file"
    for format in ("dotenv", "docker", "sh", "fish", "json", "yaml", "tfvars", "tfvars-json", "kubernetes"):
        assert site.run("export", "-o", target, "-f", format, "--replace", "-q").status == 0
        assert differs("-f", format) == []
        old, fresh = target.read_text(), {"token": site.seed.random_text(), "secret": site.seed.random_text()}
        site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": {"token": fresh["token"]}})
        assert differs("-f", format) == ["token"], format
        site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": {"secret": fresh["secret"]}})
        assert differs("-f", format) == ["token", "secret"], format
        assert target.read_text() == old
    site.run("export", "-o", target, "--replace", "-q")
    assert differs("--names", "ansible") == ["names"]
    assert differs("--names", "terraform+ansible") == ["names"]
    assert differs("-f", "sh") == ["text"]
    target.write_text(target.read_text().replace(site.pritunl.url, "https://old.example.com"))
    assert differs() == ["url"]
    target.write_text("\x00\x01")
    assert differs() == ["text"]


def test_check_of_a_directory_and_of_githubs_file(site, home):
    admin = site.admin()
    for words, target in ((("-f", "systemd"), home / "credentials"), (("-f", "github"), home / "github.env")):
        assert site.run("export", "-o", target, *words, "-q", reveals=True).status == 0
        assert site.run("export", "-o", target, *words, "--check", "--json").json()["differs"] == []
        site.db["administrators"].update_one({"_id": admin["_id"]}, {"$set": {"token": site.seed.random_text()}})
        assert site.run("export", "-o", target, *words, "--check", "--json").json()["differs"] == ["token"]


def test_the_note_reads_the_file(site, home, tool):
    """What the note says is typed, in the shell that it is for, and the variables are there."""
    admin = site.admin()
    truth = pair(site, admin)
    for name in ("pritunl.env", "a name's.env"):
        result = site.run("export", "-o", name)
        command = next(line for line in result.stderr.splitlines() if "to use it: " in line).split("to use it: ", 1)[1]
        script = command + '; exec env'
        shown = subprocess.run(["sh", "-c", script], cwd=home, capture_output=True, text=True, check=True).stdout.splitlines()
        assert all(f"{name}={value}" in shown for name, value in truth.items())
        assert site.run("export", "-o", name, "-f", "sh", "-q").stderr == ""
        assert "to use it" not in site.run("export", "-o", name, "-f", "sh").stderr, "unchanged"
    assert "docker run --env-file ./docker.env IMAGE" in site.run("export", "-f", "docker", "-o", "docker.env").stderr
    assert "-var-file=./p.tfvars" in site.run("export", "-f", "tfvars", "-o", "p.tfvars").stderr
    assert "kubectl apply -f ./p.yaml" in site.run("export", "-f", "kubernetes", "-o", "p.yaml").stderr


def test_a_url_of_another_day_is_said(site, standin, tool):
    site.admin()
    url = tool.env.pop("PRITUNL_ACCESS_URL")
    site.seed.settings(site.db, server_port=8443)
    site.seed.host(site.db, "a" * 32, public_address="203.0.113.7")
    for name in ("PRITUNL_URL", "PRITUNL_BASE_URL"):
        for words in (("export",), ("verify",)):
            told = site.run(*words, env={name: url}, reveals=True)
            assert told.status == 0 and url in told.stderr and name in told.stderr and "https://203.0.113.7:8443" in told.stderr
            assert site.run(*words, "-q", env={name: url}, reveals=True).stderr == ""
            assert site.run(*words, "--url", url, env={name: url}, reveals=True).stderr == "", "given for this run"
    site.seed.settings(site.db, server_port=site.pritunl.port, server_ssl=False)
    site.seed.host(site.db, "b" * 32, public_address="127.0.0.1")
    assert site.run("export", env={"PRITUNL_URL": url}, reveals=True).stderr == "", "one of those that the database names"
