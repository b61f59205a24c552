# SPDX-License-Identifier: MIT
"""A desk in front of a Pritunl, where the documents' command lines are run: what they take for granted is there, and nothing else."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import pwd
import re
import subprocess
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

import demo
from harness.database import Database
from harness.pki import Pki
from pritunl import StandIn, seed

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("PRITUNL_ACCESS") or ROOT / "build" / "pritunl-access").absolute()
ASKS = re.compile(r"pritunl-access (enable|disable|rotate|undo|issue|revoke|recover|restore|forget .*--revoke)\b")
AGREED = re.compile(r"--(yes|dry-run|list)\b")

RESET = f"""
import sys
sys.path.insert(0, {str(ROOT / "tests")!r})
import pymongo
from pritunl import seed
db = pymongo.MongoClient(sys.argv[1])["pritunl"]
assert sys.argv[2:] == ["reset-password"] and db["administrators"].delete_one({{"username": "pritunl"}}).deleted_count == 1
seed.administrator(db, "pritunl", auth_api=False)
"""

# What stands in for the programs that the examples start: each insists on the credential, or on the words, that it is to be given.
STUBS = {
    "sudo": 'exec "$@"',
    "terraform": ': "${PRITUNL_URL:?}" "${PRITUNL_TOKEN:?}" "${PRITUNL_SECRET:?}"; [ "$1" = plan ]',
    "ansible-playbook": ': "${pritunl_url:?}" "${pritunl_api_token:?}" "${pritunl_api_secret:?}"',
    "kubectl": ('case "$*" in "apply -f -") ;; "apply -f doc/"*) exec grep -q "^kind: Job$" "$3" ;;\n'
                '"-n vpn create secret generic pritunl-database --from-file=uri=uri") exec grep -q ^mongodb:// uri ;; *) exit 1 ;; esac\n'
                'case $(cat) in *"kind: Secret"*"name: "*pritunl-api*) ;; *) exit 1 ;; esac'),
    "systemctl": '[ "$1 $2" = "enable --now" ] && [ -e "units/$3" ] || [ "$3" = pritunl-access-verify.timer ]',
    "scp": '[ "$1" = build/static/pritunl-access ] && [ "$2" = vpn.example.com: ] && cp "$(command -v pritunl-access)" .',
    # A tunnel is a port that is there already; behind a host's name stands what is run on it.
    "ssh": 'case "$1" in -f) [ "$3 $4" = "-L 27018:localhost:27017" ] ;; -t) shift 2; exec "$@" ;; *) exit 1 ;; esac',
    "docker": ('verb=$1; shift; case $verb in cp) [ "$2" = pritunl:/usr/local/bin/ ] ;; exec) shift; exec "$@" ;;\n'
               'compose) [ "$1 $2 $3 $4 $5" = "-f docker/compose.yaml run --rm access" ] || exit 1; shift 5; exec pritunl-access "$@" ;;\n'
               'run) while [ "$1" != pritunl-access ]; do shift; done; exec "$@" ;; *) exit 1 ;; esac'),
}


@contextlib.contextmanager
def open_desk(folder: Path):
    """A desk with a database and a Pritunl as `make demo` has them."""
    certificate = Pki(folder / "pki").pritunl
    with Database(folder / "database") as database:
        uri = database.uri("pritunl")
        demo.populate(database.client()["pritunl"], seed, certificate)
        tls = (str(certificate.certificate_file), str(certificate.key_file))
        # It counts nobody while a document has API access off: what would follow is a minute's wait, by some luck.
        with StandIn(uri, "pritunl", tls=tls, front="auto", settings_check_interval=3600) as pritunl:
            seed.settings(pritunl.db, server_port=pritunl.port)
            seed.server(pritunl.db, "office")
            seed.host(pritunl.db, "a" * 32, public_address="localhost", hostname=None)
            pritunl.drop_settings_cache()
            yield Desk(folder, uri, pritunl)


class Desk:
    """A folder to run examples in."""

    def __init__(self, folder: Path, uri: str, pritunl: StandIn):
        self.base = folder
        self.folder = folder / "desk"
        self.uri = uri
        self.pritunl = pritunl
        self.number = 0
        tools = folder / "bin"
        tools.mkdir()
        (tools / "pritunl-access").symlink_to(BINARY)
        (folder / "reset.py").write_text(RESET)
        for name, body in {**STUBS, "pritunl": f"exec '{sys.executable}' -B '{folder}/reset.py' '{uri}' \"$@\""}.items():
            (tools / name).write_text(f"#!/bin/sh\n{body}\n")
            (tools / name).chmod(0o755)
        self.environment = {"PATH": f"{tools}:{os.environ['PATH']}", "LANG": "C.UTF-8", "USER": pwd.getpwuid(os.geteuid()).pw_name,
                            "PRITUNL_ACCESS_PRITUNL_CONF": str(folder / "pritunl.conf")}
        self.environment |= {name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        ranges = {"prefixes": [{"ip_prefix": "3.2.34.0/26", "region": "eu-west-1", "service": "EC2"}], "ipv6_prefixes": []}
        self.private(folder / "pritunl.conf", json.dumps({"mongodb_uri": uri}))
        self.clear()
        self.private(self.folder / "uri", uri)
        self.private(self.folder / "networks.txt", "10.9.0.0/16\n")
        self.private(self.folder / "ip-ranges.json", json.dumps(ranges))
        known = self.known()
        self.private(self.folder / "terraform.env", "".join(f"PRITUNL_{name}={known[name]}\n" for name in ("URL", "TOKEN", "SECRET")))

    @staticmethod
    def private(path: Path, text: str) -> None:
        """A file of mode 0600."""
        path.touch(mode=0o600)
        path.write_text(text)

    def clear(self) -> None:
        """An empty folder, which is the home too."""
        self.number += 1
        self.folder = self.base / (f"desk{self.number}" if self.number > 1 else "desk")
        self.folder.mkdir(mode=0o700)
        self.environment["HOME"] = str(self.folder)

    def renew(self) -> None:
        """An empty folder and the administrators of the beginning."""
        self.clear()
        self.pritunl.db["administrators"].delete_many({})
        seed.administrator(self.pritunl.db, "pritunl", auth_api=False)
        seed.administrator(self.pritunl.db, "automation", auth_api=True, super_user=False)

    def known(self) -> dict[str, str]:
        """What a reader knows of his own server: its URL, the pin of its key, and the pair of automation."""
        certificate = x509.load_pem_x509_certificate((self.base / "pki" / "pritunl.crt").read_bytes())
        key = certificate.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        document = self.pritunl.db["administrators"].find_one({"username": "automation"})
        return {"URL": f"https://localhost:{self.pritunl.port}", "TOKEN": document["token"], "SECRET": document["secret"],
                "PIN": "sha256//" + base64.b64encode(hashlib.sha256(key).digest()).decode()}

    def run(self, script: str, **more: str) -> subprocess.CompletedProcess:
        """Run a script that stops at the first error, by sh, or by bash where it is one for bash."""
        shell = "bash" if "completion bash" in script else "sh"
        return subprocess.run([shell, "-eu", "-c", script], cwd=self.folder, env=self.environment | more, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)

    def example(self, line: str) -> None:
        """Run an example; one over all administrators finds the one that is off, and one that asks finds nobody to agree."""
        done = self.run(line.replace("/run/pritunl/", f"{self.folder}/"))
        if ASKS.search(line) and not AGREED.search(line):
            idle = "nothing to change" in done.stdout
            assert idle or (done.returncode == 2 and "nobody is there to agree" in done.stderr), (line, done.stderr)
            return
        assert done.returncode == (1 if "verify" in line and "--all" in line and "||" not in line else 0), (line, done.stderr)
