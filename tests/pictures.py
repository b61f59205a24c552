#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pictures of `make pictures`: real runs on the test servers, at two widths, in doc/pictures. Ports, times and random names are
replaced by others as long as they are, so that nothing changes but what is meant.

    build/venv/bin/python tests/pictures.py [FOLDER]
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import re
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from desk import ROOT, open_desk

SIZES = ((80, 24), (60, 20))
SHOWN = {
    "help": ["pritunl-access help"],
    "list": ["pritunl-access list"],
    "doctor": ["pritunl-access doctor pritunl"],
    "doctor-well": ["pritunl-access doctor automation"],
    "verify-all-profiles": ["pritunl-access verify --all-profiles"],
    "dump": ["pritunl-access dump -o pritunl.json", "cut -c -56 pritunl.json"],
    "enable": ["pritunl-access enable pritunl --yes --wait"],
}


STEADY = {
    r"(localhost|127\.0\.0\.1):\d{5}\b": r"\1:44343",
    r"\b\d+ ms\b": "24 ms",
    r"\bundo 20\w{16}Z-\d+-\w{6}\b": "undo 20261101T020304567Z-1-Xq7Lm2",
    r"\b20\d\d-\d\d-\d\d": "2026-11-01",
    r"\b[0-9a-f]{24}\b": "650c1d2e3f4a5b6c7d8e9f01",
    r"at most \d\d s": "at most 63 s",
    r"[+-]\d s from ours": "+0 s from ours",
}


def steady(text: str) -> str:
    """What a program wrote, without what is another at each run."""
    for pattern, constant in STEADY.items():
        text = re.sub(pattern, constant, text)
    return text


def close_the_front(desk) -> None:
    """Nobody's API access is on, and the front has noticed: it opens a second after somebody's is."""
    desk.pritunl.db["administrators"].update_many({}, {"$set": {"auth_api": False}})
    desk.pritunl.configure(settings_check_interval=1)
    desk.pritunl.recount()


def profiles(desk) -> None:
    """Two profiles that work and one that does not."""
    folder = desk.folder / ".config" / "pritunl-access"
    folder.mkdir(parents=True, mode=0o700)
    desk.private(folder / "config.json", json.dumps({"profiles": {
        "paris": {"administrator": "automation"}, "london": {"administrator": "automation"}, "oslo": {"administrator": "pritunl"}}}))


def main() -> int:
    """Make all of them."""
    loader = importlib.machinery.SourceFileLoader("picture", str(ROOT / "tools" / "picture"))
    tool = importlib.util.module_from_spec(importlib.util.spec_from_loader("picture", loader))
    loader.exec_module(tool)
    plain = tool.run
    tool.run = lambda *words: steady(plain(*words))
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "doc" / "pictures").absolute()
    target.mkdir(exist_ok=True)
    folder = Path(tempfile.gettempdir(), "pritunl-access-pictures-" + secrets.token_hex(8))
    folder.mkdir(mode=0o700)
    try:
        with open_desk(folder) as desk:
            for columns, lines in SIZES:
                desk.renew()
                for name, token in (("pritunl", "Kq7x"), ("automation", "a8Zm")):
                    desk.pritunl.db["administrators"].update_one({"username": name}, {"$set": {"token": token.ljust(32, "0")}})
                desk.pritunl.recount()
                profiles(desk)
                os.environ.update(desk.environment)
                os.environ.pop("NO_COLOR", None)
                os.chdir(desk.folder)
                for name, commands in SHOWN.items():
                    if name == "enable":
                        close_the_front(desk)
                    text = tool.picture(columns, lines, commands)
                    (target / f"{name}-{columns}.svg").write_text(text, encoding="utf-8")
                os.chdir(ROOT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(SIZES) * len(SHOWN)} pictures in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
