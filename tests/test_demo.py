# SPDX-License-Identifier: MIT
"""The demo: it shows what it says, fails where the program does, and leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

DEMO = Path(__file__).with_name("demo.py")


def start(folder: Path, **environment) -> subprocess.Popen:
    """The demo, with a folder of its own to make folders in."""
    return subprocess.Popen([sys.executable, DEMO], env={**os.environ, "TMPDIR": str(folder), **environment}, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def left(folder: Path) -> list:
    """What is left of it: files in the folder, and processes whose command line names that."""
    running = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in process.read_bytes():
                running.append(process.parent.name)
        except OSError:
            pass
    return [*folder.iterdir(), *running]


def test_the_demo_shows_the_main_job(tmp_path):
    running = start(tmp_path)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 0, out
    assert "an exported, verified file and an exec'd child that used it" in out
    assert not [line for line in out.splitlines() if len(line) > 80]
    assert not re.search(r"(TOKEN|SECRET)='?[A-Za-z0-9]{8}", out)
    assert left(tmp_path) == []


@pytest.mark.parametrize(("moment", "number"), [("being started", signal.SIGINT), ("$ pritunl-access list", signal.SIGTERM),
                                               ("$ pritunl-access exec", signal.SIGINT)])
def test_a_demo_that_is_cut_short_leaves_nothing(tmp_path, moment, number):
    running = start(tmp_path)
    while moment not in running.stdout.readline():
        assert running.poll() is None
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode in (128 + number, 0)     # 0: it had just ended
    deadline = time.monotonic() + 5
    while left(tmp_path) and time.monotonic() < deadline:     # the kernel ends the database with the demo, not before
        time.sleep(0.05)
    assert left(tmp_path) == []


def test_the_demo_fails_where_the_program_does(tmp_path):
    running = start(tmp_path, PRITUNL_ACCESS="/bin/true")
    out, _ = running.communicate(timeout=60)
    assert running.returncode == 1 and "did not show" in out
    assert left(tmp_path) == []
