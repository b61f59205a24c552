# SPDX-License-Identifier: MIT
"""The stand-in as a program, and what `seed` fills a database with."""

from __future__ import annotations

import json
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from pritunl import seed
from pritunl.client import Client

FOLDER = pathlib.Path(__file__).parent


@pytest.fixture
def run(mongodb_uri, database):
    """run(...) starts the program over this test's database, and ends it with the test."""
    running = []

    def start(*arguments, **options):
        command = [sys.executable, "-B", FOLDER, *arguments, "--mongodb-uri", mongodb_uri, "--database", database]
        running.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        with process:  # closes its pipes and waits
            pass


def test_serving_until_a_signal(run, administrator, certificate, tmp_path, db):
    cert, key = certificate()
    seed.settings(db, auditing="all")
    process = run("--tls-cert", cert, "--tls-key", key, "--front", "auto", "--journal", tmp_path / "journal",
                  "--http-redirect-port", "0", "--set", "close_after=1", "--clock-offset", "1")
    where = json.loads(process.stdout.readline())
    assert where["url"] == f"https://127.0.0.1:{where['port']}"
    assert where["pid"] == process.pid
    client = Client(where["url"], administrator)
    assert client.get("/status").status == 200
    assert client.get("/status", secret="w" * 32).closed
    lines = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["web_server_start", "admin_auth_failure"]
    assert lines[1]["event_long"] == "Auth signature mismatch"
    assert Client(f"http://127.0.0.1:{where['http_port']}").ask("GET", "/").status == 301
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=60)[0] == ""
    assert process.returncode == 0


def test_serving_until_standard_input_closes(run):
    process = run("--until-stdin-closes")
    assert json.loads(process.stdout.readline())["url"].startswith("http://127.0.0.1:")
    process.stdin.close()
    assert process.wait(timeout=60) == 0


def test_heartbeat(run, db):
    seed.host(db, "h", status="offline")
    process = run("--host-id", "h", "--heartbeat", "60")
    json.loads(process.stdout.readline())
    deadline = time.monotonic() + 10
    while db["hosts"].find_one({})["status"] != "online" and time.monotonic() < deadline:
        pass
    assert db["hosts"].find_one({})["ping_timestamp"] is not None


def test_wrong_usage(run):
    process = run("--tls-cert", "x", stderr=subprocess.PIPE)
    assert "belong together" in process.communicate(timeout=60)[1]
    assert process.returncode == 1


def test_seed_command(run, mongodb, database, certificate):
    cert, key = certificate()
    process = run("seed", "--prefix", "p_", "--administrator", 'ada={"auth_api": true}', "--administrator", "pritunl",
                  "--settings", '{"server_port": 8443}', "--server-cert", cert, "--server-key", key, "--vpn",
                  "--host", '{"public_address": "127.0.0.1"}')
    made = json.loads(process.communicate(timeout=60)[0])
    db = seed.collections(mongodb[database], "p_")
    assert db["administrators"].find_one({"username": "ada"})["token"] == made["administrators"]["ada"]["token"]
    assert made["administrators"]["pritunl"]["default_password"]
    assert db["settings"].find_one({"_id": "app"})["server_cert"].startswith("-----BEGIN CERTIFICATE")
    assert db["settings"].find_one({"_id": "app"})["server_port"] == 8443
    assert db["settings"].find_one({"_id": "version"})["version"] == seed.VERSION
    assert db["hosts"].find_one({"_id": made["host"]})["public_address"] == "127.0.0.1"
    assert db["users"].count_documents({}) == 2
    assert db["servers"].find_one({})["routes"][0]["network"] == "10.0.0.0/16"


def test_fresh_documents(db):
    fresh = seed.administrator(db, "fresh")
    nulls = {name for name, value in fresh.items() if value is None}
    assert nulls == {"default_password", "yubikey_id", "otp_auth", "otp_secret", "local_otp_auth", "local_otp_code",
                     "local_otp_timestamp", "auth_api", "default", "disabled"}
    assert (len(fresh["token"]), len(fresh["secret"]), fresh["super_user"], fresh["sessions"]) == (32, 32, True, [])
    assert seed.password_matches(seed.administrator_document()["default_password"], fresh["password"])
    assert "secret" not in seed.administrator(db, "without", secret=seed.ABSENT)
    offline = seed.host(db, "gone", status="offline")
    assert offline["ping_timestamp"] is None
    assert seed.settings(db)["_id"] == "app"
    seed.settings(db, server_port=None, theme="dark")
    assert seed.settings(db, theme=seed.ABSENT) == {"_id": "app", "server_port": None}
