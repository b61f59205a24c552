# SPDX-License-Identifier: MIT
"""Two hundred profiles, twenty of them dead: `verify --all-profiles` waits for the slowest once, and keeps nothing of the finished."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from expect import configure, private
from hostile import SANITIZED

COUNT, DEAD = 200, 20
TIMEOUT_S = 3
PATIENCE_S = 60
DOC = Path(__file__).resolve().parents[2] / "doc"

pytestmark = pytest.mark.long


def profiles(site, count, dead, silent, uris) -> dict:
    """As many profiles: databases, or pairs of the environment with a URL that never answers."""
    made = {}
    for number in range(count):
        if number % (count // dead) == 0:
            made[f"dead{number}"] = {"mongodb_uri": uris["dead"], "url": f"http://{silent}"}
        else:
            made[f"p{number}"] = {"mongodb_uri": uris["alive"], "url": site.pritunl.url}
    return made


def measured(tool, log, *args):
    """Run it, and ask the kernel how much memory it had at most, and how long it took."""
    script = ("import os, resource, subprocess, sys, time\nbegan = time.monotonic()\n"
              "status = subprocess.call(sys.argv[2:], stdout=open(sys.argv[1] + '.out', 'wb'))\n"
              "open(sys.argv[1], 'w').write(f'{time.monotonic() - began} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss} {status}')")
    subprocess.run([sys.executable, "-I", "-c", script, log, tool.binary, *args], env=tool.environment(), check=True, timeout=100)
    seconds, kilobytes, status = log.read_text().split()
    return float(seconds), int(kilobytes), int(status), log.with_name(log.name + ".out").read_text()


def with_set(uri: str, name: str) -> str:
    """The same URI, for the replica set of that name: the driver then keeps threads of its own for it."""
    return f"{uri}{'&' if '?' in uri else '?'}replicaSet={name}"


@pytest.mark.parametrize("kind", ["single", "replica set"])
def test_two_hundred_profiles(site, address, capsys, kind):
    site.admin()
    silent = address("silent")
    uris = {"alive": site.database.uri, "dead": f"mongodb://{silent}/?serverSelectionTimeoutMS={TIMEOUT_S}000"}
    if kind == "replica set":
        name = site.database.server.client().admin.command("hello").get("setName")
        if name is None:
            pytest.skip("this server is in no replica set")
        uris = {state: with_set(uri, name) for state, uri in uris.items()}
    # The dead end by their own URI; the living have as long as a slow machine may need for so many at once.
    site.tool.env = {"PRITUNL_ACCESS_TIMEOUT": str(PATIENCE_S), "PRITUNL_ACCESS_CONNECT_TIMEOUT": str(PATIENCE_S)}
    runs = ((COUNT // 4, DEAD // 4, ("--jobs", "16")), (COUNT, DEAD, ("--jobs", "16")), (COUNT // 4, DEAD // 4, ()))

    def figures_of(count, dead, jobs):
        home = Path(tempfile.mkdtemp(dir=site.tool.home))
        file = private(home / "config.json", json.dumps({"profiles": profiles(site, count, dead, silent, uris)}))
        seconds, kilobytes, status, out = measured(site.tool, home / "usage", "verify", "--all-profiles", "--config", file, *jobs)
        assert status == 3, out
        assert out.count("accepted") == count - dead and out.count("database-unreachable") == dead
        return seconds, kilobytes
    with ThreadPoolExecutor(len(runs)) as threads:      # what each does is to wait
        figures = {(run[0], run[2]): threads.submit(figures_of, *run) for run in runs}
    figures = {run: made.result() for run, made in figures.items()}
    with capsys.disabled():
        print("".join(f"\n{kind}: {count} profiles, a tenth dead, timeout {TIMEOUT_S} s, {' '.join(jobs) or 'no --jobs'}: {seconds:.1f} s, {kilobytes} kB at most"
                      for (count, jobs), (seconds, kilobytes) in figures.items()))
    # As many side by side in both; what 150 more leave behind are their answers, and no connections.
    if not SANITIZED:
        few, many = (figures[count, ("--jobs", "16")][1] for count in (COUNT // 4, COUNT))
        assert many - few < 6144


@pytest.mark.parametrize("name", ["verify", "revoke"])
def test_the_units_and_the_cron_line(site, name):
    """What doc/ offers runs, by the unit as by cron, and prints nothing that cron would mail; systemd has nothing to say against it."""
    site.admin()
    configure(site.tool.home, profiles={"p": {"administrator": "pritunl"}})
    service = DOC / f"pritunl-access-{name}.service"
    unit = re.search(r"^ExecStart=/usr/local/bin/pritunl-access (.*)$", service.read_text(), re.MULTILINE)
    result = site.tool.run(*unit[1].split())
    assert result.status == 0 and result.stderr == "", result.stderr
    text = service.read_text().replace("/usr/local/bin/", "")
    cron = re.search(r"^#   (?:[*/\d]+ ){5}(pritunl-access .*)$", text, re.MULTILINE)
    path = f"{Path(site.tool.binary).resolve().parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["sh", "-c", cron[1]], env=site.tool.environment({"PATH": path}), capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    if os.path.exists("/usr/bin/systemd-analyze"):
        for unit in (service, service.with_suffix(".timer")):
            result = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False, timeout=30)
            assert not re.search("Unknown|Invalid|Failed to parse", result.stderr), result.stderr
