# SPDX-License-Identifier: MIT
"""A site to which one command can be given again and again, each time as if for the first time, and what is wrong after a run that met a fault."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from expect import private
from harness import canary
from harness.tool import Record, Tool

DOCUMENTED = {*range(10), 125}
OF_A_CHILD = range(126, 160)
FIELD = "pritunl_access"
STATE = ("administrators", "servers", "organizations")
PAIR = {"token", "secret"}
CLAIMS = re.compile(r" changed; undo: | was revoked$| was made, and stands | routes were added| was done \(", re.MULTILINE)
SAID = re.compile(CLAIMS.pattern + r"|may have happened|may have been done|not known whether|whether .* is not known|try: pritunl-access revoke "
                  r"|nobody knows whether|was changed, ", re.MULTILINE)
LONGEST = 60            # seconds that any run may take, on a loaded machine
DENIED = re.compile(r"nothing was (changed|written|added)")


@dataclass(frozen=True)
class Command:
    """
    What is run, what was run before it; the fields of the administrator that it changes: any of them may, all of whole must, together.

    makes     it puts another administrator beside the first; or ends one
    differs   what it writes is another thing each time
    """

    args: tuple
    before: tuple = ()
    admin: dict = field(default_factory=dict)
    whole: frozenset = frozenset()
    more: frozenset = frozenset()
    makes: bool = False
    differs: bool = False
    reveals: bool = False
    writes: bool = False


def change(*args, whole=PAIR, more=(), **other) -> Command:
    """One that writes to the administrator."""
    return Command(args, whole=frozenset(whole), more=frozenset(more), writes=True, **other)


def lease(*args, **other) -> Command:
    """One that makes a temporary administrator, or ends one."""
    return Command(args, makes=True, differs=True, writes=True, **other)


ISSUED = (("issue", "job", "--yes", "-o", "job.env"),)
RECOVERED = {"default", "default_password", "sessions"}
NOBODY = {"auth_api": None}
COMMANDS = {
    "list": Command(("list",)), "show": Command(("show", "--reveal"), reveals=True), "verify": Command(("verify",)),
    "doctor": Command(("doctor",)), "audit": Command(("audit",)), "config": Command(("config",)),
    "export": Command(("export", "-o", "target")), "systemd": Command(("export", "-f", "systemd", "-o", "target")),
    "exec": Command(("exec", "--", "/bin/true")), "sign": Command(("sign", "GET", "/status"), reveals=True),
    "api": Command(("api", "GET", "/status")), "snapshot": Command(("snapshot", "-o", "target"), differs=True),
    "dump": Command(("dump", "-o", "target"), differs=True),
    "post": Command(("api", "POST", "/organization", "--data", '{"name": "more"}'), writes=True),
    "routes": Command(("routes", "add", "office", "--file", "networks", "--yes"), writes=True),
    "rotate": change("rotate", "--yes"),
    "disable": change("disable", "--yes", whole={"auth_api"}),
    "enable": change("enable", "--yes", whole={"auth_api"}, admin=NOBODY),
    "undo": change("undo", "--yes", before=(("rotate", "--yes"),)),
    "restore": change("restore", "all", "--yes", before=(("snapshot", "-o", "all"), ("rotate", "--yes"))),
    "recover": change("recover", "--yes", whole={"password"}, more=RECOVERED, reveals=True),
    "recover-file": change("recover", "--yes", "--password-file", "password", whole={"password"}, more=RECOVERED),
    "bootstrap": change("bootstrap", "--yes", "--wait=20", "-o", "target", whole={"auth_api"}, admin=NOBODY),
    "finish": change("rotate", "--finish", "job", "--yes", before=(("rotate", "--overlap", "job", "--yes", "--wait=20", "-o", "job.env"),), makes=True),
    "overlap": lease("rotate", "--overlap", "job", "--yes", "--wait=20", "-o", "target"),
    "issue": lease("issue", "job", "--yes", "-o", "target"),
    "issue-stdout": lease("issue", "job", "--yes", reveals=True),
    "exec-issue": lease("exec", "--issue", "1h", "--", "/bin/true"),
    "revoke": lease("revoke", "job", "--yes", before=ISSUED),
    "forget": lease("forget", "job.env", "--revoke", "--yes", before=ISSUED),
}


class Bench:
    """One command, ready to be run."""

    def __init__(self, site, name):
        self.site, self.name, self.command = site, name, COMMANDS[name]
        self.args = list(self.command.args)
        site.seed.settings(site.db, server_port=site.pritunl.port, server_ssl=False)
        site.seed.host(site.db, "1" * 32, public_address="127.0.0.1")
        site.seed.server(site.db, "office", routes=["10.1.0.0/16"])
        site.admin(**self.command.admin)
        self._template = self._prepare()
        self._state = self.state()
        self.before = {each["_id"]: each for each in site.db["administrators"].find()}
        tool = self.machine()
        result = tool.run(*self.args, reveals=True)
        assert result.status == 0, result.stderr
        self.good = self.content(tool.home)
        self.wanted = self.state() != self._state
        assert self.wanted == (self.command.writes and name != "exec-issue")
        shutil.rmtree(tool.home)

    def _prepare(self) -> Path:
        home = Path(tempfile.mkdtemp(dir=self.site.tool.home))
        private(home / "password", "a new password")
        private(home / "networks", "10.2.0.0/16\n10.3.0.0/16\n")
        tool = Tool(home, env=self.site.tool.env)
        self.site.pritunl.recount()
        for args in self.command.before:
            result = tool.run(*args, reveals=True)
            assert result.status == 0, result.stderr
        return home

    def state(self) -> dict:
        """What a command may change, byte by byte."""
        codec = CodecOptions(document_class=RawBSONDocument)
        return {name: sorted(each.raw for each in self.site.db.get_collection(name, codec_options=codec).find()) for name in STATE}

    def machine(self) -> Tool:
        """A home of its own, and the database as it was."""
        home = Path(tempfile.mkdtemp(dir=self.site.tool.home))
        shutil.copytree(self._template, home, dirs_exist_ok=True, symlinks=True)
        if self.command.writes:
            for name in STATE:
                self.site.db[name].delete_many({})
                if self._state[name]:
                    self.site.db[name].insert_many([RawBSONDocument(each) for each in self._state[name]])
        return Tool(home, env=self.site.tool.env)

    @staticmethod
    def content(home):
        """Of the target: what is in it."""
        target = home / "target"
        if target.is_dir():
            return {path.name: path.read_bytes() for path in target.iterdir()}
        return target.read_bytes() if target.exists() else None

    def judge(self, tool, status, out, err, deaf=False) -> list[str]:
        """What is wrong after a run with a fault in it; deaf: the fault was that standard error could not be written."""
        self.site.tool.records.append(Record(tuple(self.args), out, err, self.command.reveals))
        said = err.decode(errors="replace")
        found = self.judge_target(tool, status)
        if not deaf:
            found += self.judge_end(status, out, err)
        if self.command.writes:
            found += self.judge_database(status, said, deaf)
        return found

    def judge_end(self, status, out, err) -> list[str]:
        """It ended as it says, and with a word."""
        if status is None:
            return ["it did not end"]
        if self.name == "exec-issue" and status in OF_A_CHILD:
            return []
        if status < 0 and b"pritunl-access: crashed" not in err:
            return [f"signal {-status} without a word"]
        if status >= 0 and status not in DOCUMENTED and not (self.name == "exec" and status in (126, 127)):
            return [f"status {status}"]
        if status > 0 and not err.strip() and not out.strip():
            return [f"status {status} without a word"]
        return []

    def judge_target(self, tool, status) -> list[str]:
        """Old or new, whole, and nothing beside it."""
        found = []
        left = [path.name for path in tool.home.rglob("*") if path.name.startswith(".pritunl-access")]
        kept = self.content(tool.home)
        if left:
            found.append(f"left {left}")
        if kept is not None and not self.command.differs and kept != self.good:
            found.append("the target is neither old nor new")
        if kept is not None and self.good is not None and len(kept) < len(self.good) * 0.9:
            found.append("the target is a part")
        if status == 0 and self.good is not None and kept is None:
            found.append("done, and no target")
        return found

    def judge_database(self, status, said, deaf) -> list[str]:
        """The administrators are whole, and what is said of them is so."""
        changed = self.state() != self._state
        found = self.judge_administrators() if changed else []
        if changed and status != 0 and not deaf and not SAID.search(said) and self.name != "exec-issue":
            found.append("changed, and not said")
        if not changed and CLAIMS.search(said) and not deaf:
            found.append("said, and not done")
        if changed and DENIED.search(said):
            found.append("denied, and done")
        if not changed and self.wanted and status == 0:
            found.append("done, and nothing is changed")
        return found

    def judge_administrators(self) -> list[str]:
        """Each is old or new; a temporary one has its end."""
        found = []
        now = {each["_id"]: each for each in self.site.db["administrators"].find()}
        canary.register_fields(list(now.values()))
        for number, old in self.before.items():
            new = now.get(number)
            if new is None:
                if FIELD not in old or not self.command.makes:
                    found.append("an administrator is gone")
                continue
            fields = {key for key in new.keys() | old.keys() if new.get(key) != old.get(key)}
            if fields and not self.command.whole <= fields <= self.command.whole | self.command.more:
                found.append(f"an administrator is half changed: {sorted(fields)}")
        found += ["an administrator without an end" for number, new in now.items()
                  if number not in self.before and not new.get(FIELD, {}).get("expires_at")]
        return found


    def judge_signal(self, tool, status, out, err) -> list[str]:
        """What is wrong after a signal that ends: what is held was handed out, or taken back, or is said."""
        self.site.tool.records.append(Record(tuple(self.args), out, err, self.command.reveals))
        said = err.decode(errors="replace")
        handed = bool(out) if self.content(tool.home) is None else True
        found = self.judge_administrators()
        if status is None or status >= 0:
            found += self.judge_end(status, out, err)
        if self.state() != self._state and not handed and not SAID.search(said):
            found.append("stands, and nobody has it")
        if self.state() == self._state and self.content(tool.home) is not None:
            found.append("handed out, and taken back")
        if self.name == "exec-issue" and self.state() != self._state:
            found.append("it was not taken back")
        return found


def run(tool, command, env=None, pass_fds=()):
    """Run to the end: status (or minus the signal; None where it did not end), what it printed."""
    process = subprocess.Popen(command, env=tool.environment({"PRITUNL_ACCESS_RUNNER": ""} | (env or {})), cwd=tool.home,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=pass_fds,
                               start_new_session=True)
    try:
        out, err = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)      # whoever traced it, and it
        process.communicate()
        return None, b"", b""
    return process.returncode, out, err
