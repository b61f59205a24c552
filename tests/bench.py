# SPDX-License-Identifier: MIT
"""bench - whole processes, timed beside what they replace: the tables that `make bench` prints.

    build/venv/bin/python tests/bench.py [BINARY]       PRITUNL_ACCESS_ROUNDS=9

A round runs every contender once, in turns, so that whatever else the machine does meets all of them; a figure is the median of
the rounds, the ratio that of the medians. The peer is bench_peer.py; mongosh with curl takes part where both are in PATH. Nothing
here passes or fails by a figure: status 1 only where a contender fails, or writes something else than the others.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bench_chart  # noqa: E402
import bench_dump  # noqa: E402
import bench_far  # noqa: E402
from harness.database import Database  # noqa: E402
from harness.pki import Pki  # noqa: E402
from pritunl import seed  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
PEER = Path(__file__).resolve().parent / "bench_peer.py"
ROUNDS = int(os.environ.get("PRITUNL_ACCESS_ROUNDS", "9"))
PATIENCE = 60
OURS = "pritunl-access"
LIBRARIES = ("requests", "urllib")

# As a shell user would: the pair by mongosh, signed by openssl, asked by curl.
SHELL = r"""
set -e
pair=$(mongosh --quiet "$1" --eval 'const a = db.administrators.findOne({auth_api: true}); print(a.token + " " + a.secret)')
token=${pair% *} secret=${pair#* } time=$(date +%s) nonce=$(openssl rand -hex 16)
sign=$(printf %s "$token&$time&$nonce&GET&/status" | openssl dgst -sha256 -hmac "$secret" -binary | base64)
curl -fsSk -o /dev/null "$2/status" -H "Auth-Token: $token" -H "Auth-Timestamp: $time" -H "Auth-Nonce: $nonce" \
    -H "Auth-Signature: $sign"
"""


@dataclass
class Contender:
    """A command line; file is what it writes, if anything."""

    name: str
    command: list
    file: Path | None = None


def race(contenders: list[Contender], environment: dict, rounds: int) -> dict[str, float]:
    """Median seconds of each, after a round that does not count."""
    seconds: dict[str, list[float]] = {each.name: [] for each in contenders}
    for number in range(rounds + 1):
        for each in contenders:
            if each.file is not None:
                each.file.unlink(missing_ok=True)
            began = time.monotonic()
            done = subprocess.run(each.command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=PATIENCE,
                                  text=True, check=False)
            taken = time.monotonic() - began
            if done.returncode != 0:
                raise SystemExit(f"{each.name} failed with {done.returncode}:\n{done.stderr}")
            if number > 0:
                seconds[each.name].append(taken)
    return {name: statistics.median(values) for name, values in seconds.items()}


def table(title: str, medians: dict[str, float]) -> None:
    """The medians of a race, and how many times ours each is."""
    print(f"\n{title}")
    for name, median in medians.items():
        ratio = "" if name == OURS else f"   {median / medians[OURS]:5.1f} ×"
        print(f"  {name:32} {median * 1000:8.0f} ms{ratio}")


@contextlib.contextmanager
def serve(uri: str, certificate, *options: str):
    """A stand-in Pritunl as a process of its own; its URL."""
    command = [sys.executable, str(ROOT / "tests" / "pritunl"), "--mongodb-uri", uri, "--database", "bench", "--until-stdin-closes",
               "--tls-cert", str(certificate.certificate_file), "--tls-key", str(certificate.key_file), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield json.loads(process.stdout.readline())["url"]
        process.stdin.close()


def peers(what: str, uri: str, url: str, folder: Path) -> list[Contender]:
    """The script with either library."""
    return [Contender(f"Python, pymongo, {library}", [sys.executable, str(PEER), what, library, uri, url, str(folder / library)],
                      folder / library) for library in LIBRARIES]


def agree(contenders: list[Contender]) -> None:
    """All of them wrote the same document."""
    documents = [json.loads(each.file.read_text(encoding="utf-8")) for each in contenders]
    if any(each != documents[0] for each in documents):
        raise SystemExit("the contenders wrote different documents")


def start_up(binary: str, folder: Path, database: Database, environment: dict) -> None:
    """verify, and export into a file, over TLS."""
    certificate, uri = Pki(folder / "pki").pritunl, database.uri("bench")
    seed.settings(database.client()["bench"], certificate.certificate)
    with serve(uri, certificate) as url:
        environment = environment | {"PRITUNL_ACCESS_URL": url}
        verify = [Contender(OURS, [binary, "-q", "verify"]), *peers("verify", uri, url, folder)]
        if shutil.which("mongosh") and shutil.which("curl"):
            verify.append(Contender("mongosh, openssl, curl", ["sh", "-c", SHELL, "sh", uri, url]))
        table("verify: one administrator read, one signed request over TLS", race(verify, environment, ROUNDS))
        file = folder / "pair.env"
        export = [Contender(OURS, [binary, "-q", "export", "-o", str(file)], file), *peers("export", uri, url, folder)]
        table("export -o FILE: the same, and a private file", race(export, environment, ROUNDS))


def inventory(binary: str, folder: Path, uri: str, environment: dict) -> None:
    """dump of 20 organizations and 20 servers where every answer takes 20 ms."""
    with bench_dump.fake(20, 0.02, 20) as url:
        file = folder / "dump.json"
        ours = Contender(OURS, [binary, "-q", "dump", "-o", str(file)], file)
        contenders = [ours, *peers("dump", uri, url, folder)]
        medians = race(contenders, environment | {"PRITUNL_ACCESS_URL": url}, max(ROUNDS // 3, 1))
        agree(contenders)
        table(f"dump: 20 × {bench_dump.USERS} users, 20 × 20 routes, 62 requests of 20 ms", medians)
        singles = [Contender(f"--jobs {jobs}", [*ours.command, "--jobs", jobs], file) for jobs in ("1", "4", "16")]
        for name, median in race(singles, environment | {"PRITUNL_ACCESS_URL": url}, max(ROUNDS // 3, 1)).items():
            print(f"  {'with ' + name:32} {median * 1000:8.0f} ms")


def profiles(binary: str, folder: Path, url: str, uri: str) -> None:
    """verify --all-profiles of ten, a hundred and a thousand."""
    print("\nverify --all-profiles")
    config, figures = folder / "profiles.json", []
    for count in (10, 100, 1000):
        config.touch(mode=0o600)
        config.write_text(json.dumps({"profiles": {f"p{number}": {"mongodb_uri": uri, "url": url} for number in range(count)}}), encoding="utf-8")
        verify = bench_far.Contender(OURS, [binary, "-q", "--config", str(config), "verify", "--all-profiles"])
        seconds, processor, memory = bench_far.run_once(verify, {"HOME": str(folder), "PATH": os.environ["PATH"]})
        print(f"  {count:5} {seconds:7.2f} s {processor:7.2f} s of processor {memory / 1024:7.1f} MiB")
        figures.append((count, seconds, memory / 1024))
    for number, what in ((1, "s"), (2, "MiB")):
        bench_chart.chart(bench_far.BUILT / f"profiles-{what}.svg", "verify --all-profiles", "profiles", what,
                          {OURS: [(each[0], each[number]) for each in figures]})


def far(binary: str, folder: Path, found: dict[str, list]) -> None:
    """Over the cable: in a network of our own from here on."""
    device = bench_far.enter_network(bench_far.SERVERS, bench_far.CLIENTS) if bench_far.can_be_far() else None
    pki, password = Pki(folder / "far-pki"), os.urandom(16).hex()
    with Database(folder / "far", pki=pki, auth=True) as database:
        database.add_user("reader", password, [{"role": "readWrite", "db": "bench"}])
        seed.version(database.client()["bench"])
        seed.administrator(database.client()["bench"], auth_api=True)
        seed.settings(database.client()["bench"], pki.pritunl.certificate)
        uri = database.uri("bench", "reader", password, authMechanism="SCRAM-SHA-256", directConnection="true")
        with serve(uri, pki.pritunl) as url:
            ours = [("pritunl-access, static", str(ROOT / "build/static/pritunl-access")), ("pritunl-access, dynamic", binary)]
            contenders = [bench_far.Contender(name, [program, "-q", "export", "-o", str(folder / "far.env")]) for name, program in ours
                          if Path(program).exists()]
            contenders += [bench_far.Contender(name, [*program, uri, url, str(folder / f"{name}.env")]) for name, program in found.items()]
            environment = {"HOME": str(folder), "PATH": os.environ["PATH"], "PRITUNL_ACCESS_MONGODB_URI": uri, "PRITUNL_ACCESS_URL": url}
            bench_far.measure(contenders, device, environment, ROUNDS)
    print("\n" + bench_far.report(contenders))
    if device is not None:
        bench_chart.chart(bench_far.BUILT / "delay.svg", "export, TLS to database and API", "ms one way", "ms",
                          {each.name: [(delay, each.median(delay)) for delay in bench_far.DELAYS] for each in contenders})


def main() -> None:
    """Every table."""
    found = bench_far.build()
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PRITUNL_ACCESS") or str(ROOT / "build" / "pritunl-access")
    print(f"medians of {ROUNDS} rounds (dump: {max(ROUNDS // 3, 1)}), {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as name, Database(Path(name) / "database") as database:
        folder, uri = Path(name), database.uri("bench")
        environment = {"HOME": name, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PRITUNL_ACCESS_MONGODB_URI": uri}
        seed.version(database.client()["bench"])
        seed.administrator(database.client()["bench"], auth_api=True)
        start_up(binary, folder, database, environment)
        inventory(binary, folder, uri, environment)
        bench_dump.memory(binary, folder, environment)
        certificate = Pki(folder / "profiles-pki").pritunl
        seed.settings(database.client()["bench"], server_cert=certificate.certificate)
        with serve(uri, certificate) as url:
            profiles(binary, folder, url, uri)
    with tempfile.TemporaryDirectory() as name:
        far(binary, Path(name), found)


if __name__ == "__main__":
    main()
