#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The pictures of `make pictures`: real runs on the test servers, at two widths, in doc/pictures.

    build/venv/bin/python tests/pictures.py [FOLDER]
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
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
    "dump": ["pritunl-access dump -o pritunl.json"],
    "enable": ["pritunl-access enable pritunl --yes --wait"],
}


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
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "doc" / "pictures").absolute()
    target.mkdir(exist_ok=True)
    folder = Path(tempfile.gettempdir(), "pritunl-access-pictures-" + secrets.token_hex(8))
    folder.mkdir(mode=0o700)
    try:
        with open_desk(folder) as desk:
            for columns, lines in SIZES:
                desk.renew()
                profiles(desk)
                os.environ.update(desk.environment)
                os.environ.pop("NO_COLOR", None)
                os.chdir(desk.folder)
                for name, commands in SHOWN.items():
                    text = tool.picture(columns, lines, commands)
                    (target / f"{name}-{columns}.svg").write_text(text, encoding="utf-8")
                os.chdir(ROOT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(SIZES) * len(SHOWN)} pictures in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
