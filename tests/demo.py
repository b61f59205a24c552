#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tour that `make demo` gives: a disposable database, a stand-in Pritunl, and the program's main job done on them.

    build/venv/bin/python tests/demo.py

Every command line is run by a shell just as it is printed. Status 1 as soon as one does something else than is told here. All
that it makes lies in one folder, which goes with it, also after Ctrl-C; the database dies with this process however that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = os.environ.get("PRITUNL_ACCESS") or ROOT / "build" / "pritunl-access"
WIDTH = 78
PATIENCE = 60       # seconds for one command
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Deviation(Exception):
    """The program did something else than the tour says."""


def fold(line: str) -> str:
    """One line of a program's output, indented; a long one is broken between words."""
    if len(line) <= WIDTH - 2:
        return "  " + line
    return textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="      ", break_long_words=False,
                         break_on_hyphens=False)


class Tour:
    """Narrates, runs commands, and compares what they do with what was said."""

    def __init__(self, folder: Path, conf: Path, hidden: list[str]):
        self.folder = folder
        self.hidden = hidden
        self.step = 0
        self.bold = ("\033[1m", "\033[0m") if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else ("", "")
        self.environment = {
            "PATH": f"{folder / 'bin'}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PRITUNL_ACCESS_PRITUNL_CONF": str(conf),
        }

    def title(self, text: str) -> None:
        """Begin the next step."""
        self.step += 1
        print(f"\n{self.bold[0]}{self.step}. {text}{self.bold[1]}")

    def tell(self, text: str) -> None:
        """Say something, in lines that fit."""
        print(textwrap.fill(" ".join(text.split()), WIDTH))

    def run(self, line: str, status=0, shows=()) -> str:
        """Run a command line, print what it prints, and insist on its status and on what it shows."""
        print(f"\n  {self.bold[0]}$ {line}{self.bold[1]}", flush=True)
        done = subprocess.run(["sh", "-c", "exec " + line], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
        if any(secret in done.stdout for secret in self.hidden):
            raise Deviation(f"{line}\nprinted a secret, which is not repeated here")
        for printed in done.stdout.splitlines():
            print(fold(printed))
        if done.returncode != 0:
            print(f"  (exit status {done.returncode})")
        if done.returncode != status:
            raise Deviation(f"{line}\nended with {done.returncode}, and {status} was due")
        for pattern in shows:
            if not re.search(pattern, done.stdout):
                raise Deviation(f"{line}\ndid not show {pattern!r}")
        return done.stdout


def tour(guide: Tour) -> None:
    """The main job, step by step."""
    guide.tell("""On a Pritunl host no setting is needed: /etc/pritunl.conf names the database, and the database names the
               API's address and certificate. (Here PRITUNL_ACCESS_PRITUNL_CONF names another such file.)""")

    guide.title("Who has API access?")
    guide.run("pritunl-access list", shows=[r"pritunl +api-disabled", r"automation +ready"])

    guide.title("Why is one of them refused?")
    guide.tell("To a client every reason looks the same: 401. The program names the one cause, and what mends it.")
    guide.run("pritunl-access verify pritunl", 1, [r"API access is off", r"try: pritunl-access enable pritunl"])

    guide.title("Does the other one work?")
    guide.tell("""Without a name it takes the only administrator whose API access is on. Pritunl's certificate names no host
               and no authority signed it: it is trusted because it is exactly the one in Pritunl's own database.""")
    guide.run("pritunl-access verify", shows=[r"accepted: automation at https://", r"trust: database"])
    guide.run("pritunl-access show", shows=[r"token +\*{8}\n", r"secret +\*{8}\n"])

    guide.title("Recover, verify, write: a private file")
    guide.tell("Nothing is written unless the server accepts the credential.")
    guide.run("pritunl-access export -o pritunl.env", shows=[r"pritunl.env: changed .*verified"])
    guide.run("ls -l pritunl.env", shows=[r"^-rw-------"])
    guide.run("sed -E 's/(TOKEN|SECRET)=.*/\\1=(masked here)/' pritunl.env",
              shows=["PRITUNL_URL=", "PRITUNL_TOKEN=.masked", "PRITUNL_SECRET=.masked"])
    guide.run("pritunl-access export -o pritunl.env --check", shows=["up to date"])

    guide.title("Or no file at all: a program that gets it in its environment")
    guide.tell("""organizations.py is a client of its own, some 50 lines of plain Python: it signs GET /organization with what
               it finds in its environment. The database's address is not in there.""")
    guide.run("pritunl-access exec -- python3 organizations.py pritunl.crt", shows=["Engineering: 2", "Operations: 1"])

    guide.title("Mend what was refused")
    guide.tell("One compare-and-set on one document, after a record that undoes it.")
    guide.run("pritunl-access enable pritunl --yes", shows=[r"accepted"])
    guide.run("pritunl-access undo --yes", shows=[r"auth_api"])

    guide.title("A credential for one job")
    guide.tell("An administrator of its own, whose end is written in its document; revoked as soon as the program has ended.")
    guide.run("pritunl-access exec --issue 5m --yes -- python3 organizations.py pritunl.crt", shows=["Engineering: 2"])
    guide.run("pritunl-access list", shows=[r"automation"])


def enforce(folder: Path, token: str, secret: str) -> None:
    """What the last words claim, looked at without the program's help."""
    text = (folder / "pritunl.env").read_text()
    if token not in text or secret not in text or (folder / "pritunl.env").stat().st_mode & 0o777 != 0o600:
        raise Deviation("pritunl.env is not a private file with the credential that is in the database")


def populate(db, seed, certificate) -> dict:
    """Two administrators as after a change of the licence, and something to read. Returns the good one."""
    seed.version(db)
    seed.administrator(db, "pritunl", auth_api=False)
    good = seed.administrator(db, "automation", auth_api=True, super_user=False)
    seed.settings(db, server_cert=certificate.certificate, server_key=certificate.key)
    for name, count in (("Engineering", 2), ("Operations", 1)):
        organization = seed.organization(db, name)
        for number in range(count):
            seed.user(db, organization, f"user{number}")
    return good


def show(folder: Path) -> None:
    """Bring up the scenery in this folder, and give the tour."""
    sys.path.insert(0, str(ROOT / "tests"))
    from harness.database import Database
    from harness.pki import Pki
    from pritunl import StandIn, seed

    certificate = Pki(folder / "pki").pritunl
    with Database(folder / "database") as database:
        uri = database.uri("pritunl")
        tls = (str(certificate.certificate_file), str(certificate.key_file))
        good = populate(database.client()["pritunl"], seed, certificate)
        with StandIn(uri, "pritunl", tls=tls, front="auto") as pritunl:
            seed.settings(pritunl.db, server_port=pritunl.port)
            hidden = [document[name] for document in pritunl.db["administrators"].find() for name in ("token", "secret")]
            desk = folder / "desk"
            (desk / "bin").mkdir(parents=True)
            (desk / "bin" / "pritunl-access").symlink_to(Path(BINARY).absolute())
            shutil.copy(ROOT / "doc" / "organizations.py", desk)
            (desk / "pritunl.crt").write_text(certificate.certificate)
            conf = folder / "pritunl.conf"
            conf.touch(mode=0o600)
            conf.write_text(json.dumps({"mongodb_uri": uri}))
            tour(Tour(desk, conf, hidden))
            enforce(desk, good["token"], good["secret"])


def stop(number, _frame):
    """Ctrl-C and its like: go, by way of every clean-up."""
    raise SystemExit(128 + number)


def main() -> int:
    """Make a folder, give the tour in it, take the folder away."""
    for number in SIGNALS:
        signal.signal(number, stop)
    sys.stdout.reconfigure(encoding="utf-8")
    began = time.monotonic()
    folder = Path(tempfile.gettempdir(), "pritunl-access-demo-" + secrets.token_hex(8))
    try:
        print("A disposable database and a stand-in Pritunl are being started …\n", flush=True)
        folder.mkdir(mode=0o700)
        show(folder)
    except Deviation as deviation:
        sys.stdout.flush()
        print(f"demo: {deviation}", file=sys.stderr)
        return 1
    except BrokenPipeError:     # demo | head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
    print(f"\nDone in {time.monotonic() - began:.1f} s: an exported, verified file and an exec'd child that used it.")
    print("The database, the stand-in and their folder are gone.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
