# SPDX-License-Identifier: MIT
"""
The static file alone on other systems: in a root with nothing but it, and in such as Alpine and RHEL lay out. Further roots (a
debootstrap's, say) by $PRITUNL_ACCESS_ROOTS, separated by colons; they are written to.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

FURTHER = [each for each in os.environ.get("PRITUNL_ACCESS_ROOTS", "").split(":") if each]
LAYOUTS = {
    "empty": (),
    "alpine": ("etc/ssl/certs/ca-certificates.crt", "etc/passwd", "etc/group", "etc/hosts", "dev/null"),
    "rhel": ("etc/pki/tls/certs/ca-bundle.crt", "etc/passwd", "etc/group", "etc/hosts", "dev/null"),
    "suse": ("etc/ssl/ca-bundle.pem", "etc/passwd", "etc/group", "etc/hosts", "dev/null"),
}


@pytest.fixture(params=[*LAYOUTS, *FURTHER])
def root(request, tool, tmp_path, pki, monkeypatch):
    """The tool in a root of its own, as root.place; root.trusts says whether pki.ca is among that system's authorities."""
    if os.geteuid() != 0 or not shutil.which("chroot") or not tool.is_static:
        pytest.skip("only root, and only the static file")
    tool.place = Path(request.param) if request.param in FURTHER else tmp_path / "root"
    tool.trusts = False
    for name in LAYOUTS.get(request.param, ()):
        path = tool.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "cert" in name or "bundle" in name:
            path.write_text(pki.ca.certificate)
            tool.trusts = True
        elif name == "dev/null":
            subprocess.run(["mknod", path, "c", "1", "3"], check=True)
        else:
            shutil.copy(f"/{name}", path)
    tool.place.mkdir(exist_ok=True)
    shutil.copy(tool.binary, tool.place / "pritunl-access")
    (tool.place / "state").mkdir(mode=0o700, exist_ok=True)
    tool.binary = "/pritunl-access"
    monkeypatch.setenv("PRITUNL_ACCESS_RUNNER", f"chroot {tool.place}")
    yield tool
    if request.param in FURTHER:
        shutil.rmtree(tool.place / "state")
        (tool.place / "pritunl-access").unlink()


@pytest.fixture
def cluster(root, secure_database, standin, seed, pki):
    """A database behind TLS and a login, which knows its Pritunl and one administrator whose access is off."""
    uri = secure_database.uri
    if root.trusts:
        uri = re.sub(r"&?tlsCAFile=[^&]*", "", uri)
    else:
        (root.place / "ca.pem").write_text(pki.ca.certificate)
        uri = re.sub(r"tlsCAFile=[^&]*", "tlsCAFile=/ca.pem", uri)
    server = standin(over=secure_database, tls=pki.pritunl, front="normal")
    seed.settings(secure_database.db, server_cert=pki.pritunl.certificate, server_port=server.port)
    seed.host(secure_database.db, "a" * 32, public_address="127.0.0.1", hostname=None)
    seed.administrator(secure_database.db, auth_api=False)
    root.env = {"PRITUNL_ACCESS_MONGODB_URI": uri, "STATE_DIRECTORY": "/state", "HOME": "/"}
    return root


def test_the_main_job(cluster, secure_database):
    """Enable, list, verify, export into a file and to stdout, exec, undo: what a host is for."""
    run = cluster.run
    assert run("--version").status == 0
    enabled = run("enable", "pritunl", "--yes", "--json")
    assert enabled.status == 0 and enabled.json()["verified"] is True, enabled.stderr + enabled.stdout
    assert run("list", "--json").json()[0]["usable"] is True
    assert run("verify", "--json").json()["verdict"] == "accepted"
    admin = secure_database.db.administrators.find_one({"username": "pritunl"})
    written = run("export", "-o", "/state/pritunl.env")
    assert written.status == 0, written.stderr
    file = cluster.place / "state" / "pritunl.env"
    assert file.stat().st_mode & 0o7777 == 0o600 and admin["secret"] in file.read_text()
    assert admin["token"] in run("export", "-f", "json", reveals=True).stdout
    child = run("exec", "--", "/pritunl-access", "verify", "--source", "env", "--insecure")
    assert child.status == 0 and "accepted" in child.stdout, child.stderr
    assert run("undo", "--yes").status == 0
    assert secure_database.db.administrators.find_one({"username": "pritunl"})["auth_api"] is False
