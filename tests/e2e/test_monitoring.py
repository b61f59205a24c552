# SPDX-License-Identifier: MIT
"""`verify --format nagios` and `prometheus`: as a plugin's line and a text file are parsed by those who read them."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import time
from pathlib import Path

import pytest
from expect import configure, failed, failed_json

DOC = Path(__file__).resolve().parents[2] / "doc"
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
SERIES = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.]+)')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"')


def nagios(result) -> tuple[str, dict]:
    """Text and figures of a plugin's one line, whose word is the exit status."""
    assert result.stdout.count("\n") == 1 and result.stdout.count("|") <= 1 and result.stderr == "", (result.stdout, result.stderr)
    text, _, figures = result.stdout.rstrip("\n").partition("|")
    state, rest = re.fullmatch(r"PRITUNL ([A-Z]+) - (.+)", text).groups()
    assert result.status == STATES.index(state)
    return rest, {name: value.split(";")[0] for name, value in (each.split("=") for each in figures.split())}


def prometheus(text: str) -> dict:
    """Samples of a text file: {name: [(labels, value)]}. Each metric has HELP and TYPE before it, and no series comes twice."""
    found, described = {}, {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            described.setdefault(name, []).append(word)
            assert rest and (word != "TYPE" or rest == "gauge") and name not in found
            continue
        name, labels, value = SERIES.fullmatch(line).groups()
        assert described[name] == ["HELP", "TYPE"], line
        pairs = {key: re.sub(r"\\(.)", lambda hit: {"n": "\n"}.get(hit[1], hit[1]), value) for key, value in LABEL.findall(labels or "")}
        assert (pairs, ) not in [(each, ) for each, _ in found.get(name, [])], line
        found.setdefault(name, []).append((pairs, float(value)))
    return found


@pytest.fixture
def secure_url(site, standin, pki):
    """The same Pritunl over TLS, trusted for what the database holds."""
    server = standin(tls=pki.pritunl)
    site.seed.settings(site.db, server_cert=pki.pritunl.certificate)
    return server.url


def test_a_plugins_line(site, address):
    site.admin()
    text, figures = nagios(site.run("verify", "--format", "nagios"))
    assert "pritunl" in text and site.pritunl.url in text
    assert (figures["accepted"], figures["refused"], figures["unknown"]) == ("1", "0", "0")
    assert re.fullmatch(r"\d+ms", figures["latency"]) and re.fullmatch(r"-?\d+s", figures["skew"])
    site.pritunl.front = "strict"
    result = site.run("verify", "-f", "nagios")
    text, figures = nagios(result)
    assert result.status == 2 and "web-strict" in text and figures["refused"] == "1"
    result = site.run("verify", "-f", "nagios", "--url", f"http://{address('refused')}")
    assert nagios(result)[1]["unknown"] == "1" and result.status == 3, "no answer is no refusal"


def test_a_plugins_line_whatever_goes_wrong(site, address):
    site.admin("anna")
    site.admin("be|rt")
    text, _ = nagios(site.run("verify", "-f", "nagios"))
    assert "anna" in text and "be/rt" in text
    for words in (("--mongodb-uri", f"mongodb://{address('refused')}/?serverSelectionTimeoutMS=200"), ("--every-host", "anna"), ("nobody",)):
        result = site.run("verify", "-f", "nagios", *words)
        assert result.status == 3 and nagios(result)
    failed(site.run("verify", "-f", "dotenv"), 2, "nagios", attempt="--json")
    site.admin("carl")
    for words, env in ((("--nothing",), None), (("-c", "/nowhere/config.json"), None), (("--timeout", "x"), None), (("--jobs", "0"), None), (("one", "two"), None),
                       ((), {"PRITUNL_ACCESS_TIMEOUT": "soon"}), (("--all", "anna"), None), (("-o", "file"), None), (("-p", "nowhere"), None)):
        result = site.run("verify", "--format", "nagios", *words, env=env)
        assert result.status == 3 and nagios(result), (words, "a mistake in asking is no CRITICAL")
    # In front of the command as well, and of the format.
    for words in (("--nothing", "verify", "-f", "nagios"), ("--timeout", "x", "verify", "--format", "nagios"), ("--jobs=0", "-f", "nagios", "verify"),
                  ("verify", "--nothing", "--format=nagios"), ("--nothing", "verify", "anna", "--neither", "-fnagios"), ("-fnagios", "verify", "--url")):
        result = site.run(*words)
        assert result.status == 3 and nagios(result), words
    for words in (("--nothing", "verify", "--", "-f", "nagios"), ("--nothing", "verify", "-f", "prometheus"), ("--nothing", "-f", "nagios", "export")):
        failed(site.run(*words), 2, "nothing")
    for words in (("verfiy", "-f", "nagios"), ("--format=nagios",), ("check", "-f", "nagios"), ("--nothing", "verfiy", "-fnagios"), ("--nothing", "-fnagios"),
                  ("-f", "nagios", "--all", "anna")):
        result = site.run(*words)
        assert result.status == 3 and nagios(result), (words, "who wants a plugin's line means verify, whatever else is wrong")
    failed(site.run("verfiy", "-f", "prometheus"), 2, "unknown command verfiy", attempt="pritunl-access verify")
    failed(site.run("help", "-f", "nagios"), 2, "help does not take --format")
    failed_json(site.run("verfiy", "-f", "nagios", "--json"), 2, "unknown command")
    failed_json(site.run("verify", "-f", "nagios", "--json"), 2, "exclude")
    failed(site.run("export", "-f", "nagios"), 2, "verify")
    failed(site.run("verify", "-o", "file"), 2, "prometheus")


def test_a_plugins_warning(site, secure_url, standin, pki):
    site.admin()
    text, figures = nagios(site.run("verify", "-f", "nagios", "--url", secure_url))
    assert "accepted" in text and int(figures["certificate_days"]) > 14
    server = standin(tls=pki.pritunl_expired)
    site.seed.settings(site.db, server_cert=pki.pritunl_expired.certificate)
    result = site.run("verify", "-f", "nagios", "--url", server.url)
    text, figures = nagios(result)
    assert result.status == 1 and "out of date" in text and int(figures["certificate_days"]) < 0 and figures["accepted"] == "1"
    server = standin(tls=pki.pritunl_ending)
    site.seed.settings(site.db, server_cert=pki.pritunl_ending.certificate)
    result = site.run("verify", "-f", "nagios", "--url", server.url)
    assert result.status == 1 and re.search("the certificate ends in [45] days", nagios(result)[0]), result.stdout
    site.pritunl.configure(clock_offset_s=1000)
    result = site.run("verify", "-f", "nagios", "--server-time")
    assert result.status == 1 and re.search("the clocks differ by (999|1000) s", nagios(result)[0]), result.stdout


def test_a_plugins_line_for_everybody(site):
    for number in range(8):
        site.admin(f"off{number}", auth_api=False)
    site.admin("anna")
    result = site.run("verify", "--all", "-f", "nagios")
    text, figures = nagios(result)
    assert result.status == 2 and text.startswith("1 of 9 accepted; off0: api-disabled; ") and text.endswith("; and 3 more")
    assert (figures["accepted"], figures["refused"]) == ("1", "8")
    site.db["administrators"].delete_many({"auth_api": False})
    assert nagios(site.run("verify", "--all", "-f", "nagios"))[0].startswith("anna: accepted at ")


def test_a_text_file_for_everybody(site, secure_url):
    site.admin("anna")
    odd = 'od"d\\ na\nme'
    site.admin(odd, auth_api=False)
    assert site.run("issue", "ci", "--yes", "--lifetime", "1h", "--url", secure_url, reveals=True).status == 0
    temporary, = (each["username"] for each in site.db["administrators"].find({"pritunl_access": {"$exists": True}}))
    result = site.run("verify", "--all", "-f", "prometheus", "--url", secure_url)
    found = prometheus(result.stdout)
    verdicts = {labels["administrator"]: value for labels, value in found["pritunl_access_verdict"]}
    assert result.status == 1 and verdicts == {"anna": 1, odd: 0, temporary: 1}
    (labels, value), = found["pritunl_access_cause"]
    assert (labels["administrator"], labels["cause"], value) == (odd, "api-disabled", 1)
    assert {labels["administrator"] for labels, _ in found["pritunl_access_latency_seconds"]} >= {"anna", temporary}
    assert all(abs(value) < 60 for _, value in found["pritunl_access_clock_skew_seconds"])
    assert all(value > time.time() + 14 * 86400 for _, value in found["pritunl_access_certificate_end_seconds"])
    (labels, value), = found["pritunl_access_temporary_end_seconds"]
    assert labels["administrator"] == temporary and abs(value - time.time() - 3600) < 300
    (_, value), = found["pritunl_access_checked_seconds"]
    assert abs(value - time.time()) < 300


def test_no_series_comes_twice(site):
    """Prometheus refuses a text in which one does; two documents may carry one name."""
    site.admin("anna")
    site.db["administrators"].drop_index("username_1")
    for _ in range(3):
        site.insert(username="twin")
    site.insert(username=None)
    found = prometheus(site.run("verify", "--all", "-f", "prometheus").stdout)
    twins = [labels.get("nth") for labels, _ in found["pritunl_access_verdict"] if labels.get("administrator") == "twin"]
    assert sorted(twins, key=str) == ["2", "3", None] and len(found["pritunl_access_verdict"]) == 5


def test_a_text_file_for_profiles(site, home, address):
    site.admin()
    url = site.tool.env.pop("PRITUNL_ACCESS_URL")
    configure(home, profiles={"here": {"url": url}, "away": {"url": f"http://{address('refused')}"}, "lost": {"url": url, "administrator": "nobody"}})
    target = home / "pritunl.prom"
    words = ("verify", "--all-profiles", "-f", "prometheus", "-o", target, "--mode", "0644")
    assert site.run("verify", "--all-profiles").status != 0 and site.run(*words).stdout == ""
    found = prometheus(target.read_text())
    assert {labels["profile"]: value for labels, value in found["pritunl_access_verdict"]} == {"here": 1, "away": -1, "lost": -1}
    causes = {labels["profile"]: labels["cause"] for labels, _ in found["pritunl_access_cause"]}
    assert causes == {"away": "unreachable", "lost": "not-found"} and stat.S_IMODE(target.stat().st_mode) == 0o644
    text, figures = nagios(site.run("verify", "--all-profiles", "-f", "nagios"))
    assert text.startswith("1 of 3 accepted; ") and "on away: unreachable" in text and figures["unknown"] == "2"


def test_the_unit_writes_the_file(site, home):
    """What the unit runs, with the place of the file alone replaced; systemd takes unit and timer."""
    site.admin()
    configure(home, profiles={"p": {"administrator": "pritunl"}})
    service = DOC / "pritunl-access-metrics.service"
    line = re.search(r"^ExecStart=/usr/local/bin/pritunl-access (.*)$", service.read_text(), re.MULTILINE)[1]
    target = home / "pritunl.prom"
    result = site.run(*(str(target) if word.endswith(".prom") else word for word in line.split()))
    assert (result.status, result.stdout) == (0, "") and prometheus(target.read_text())["pritunl_access_verdict"][0][1] == 1
    plugin = re.search(r"^#   /usr/local/bin/pritunl-access (verify .*nagios)$", service.read_text(), re.MULTILINE)[1]
    assert nagios(site.run(*plugin.split()))
    if os.path.exists("/usr/bin/systemd-analyze"):
        for unit in (service, service.with_suffix(".timer")):
            checked = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False, timeout=30)
            assert not re.search("Unknown|Invalid|Failed to parse", checked.stderr), checked.stderr
