# SPDX-License-Identifier: MIT
"""A Pritunl in which something is wrong, what it means that doctor is content with it, and the register of faults."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

from expect import Site

WRITES = ("enable", "recover", "rotate")
CHECKS = ("database", "privileges", "administrator", "api access", "token", "secret", "url", "connection", "certificate", "answer",
          "web front", "clock", "request", "hosts", "others", "pritunl")


@dataclass
class Place:
    """A Pritunl and its database, in which something is wrong: build() once all faults have said what they want."""

    site: Site
    request: object
    fields: dict = field(default_factory=dict)      # of the administrator's document
    args: list = field(default_factory=list)
    after: list = field(default_factory=list)       # to be called when the administrator is there

    def fixture(self, name: str):
        """Another fixture of the test's."""
        return self.request.getfixturevalue(name)

    @property
    def pritunl(self):
        """The stand-in that the tool's environment names."""
        return self.site.pritunl

    def serve(self, certificate: str | None = None, trust: bool = False, **options):
        """Another stand-in over the same database, to which the tool is sent; with trust the tests' authority is trusted."""
        server = self.fixture("standin")(tls=certificate and getattr(self.fixture("pki"), certificate), **options)
        self.args += ["--url", server.url] + (["--ca-cert", self.fixture("pki").ca.certificate_file] if trust else [])
        return server

    def build(self, *names: str) -> Place:
        """Bring these faults about, in this order."""
        for name in names:
            FAULTS[name].build(self)
        self.site.insert(super_user=True, **self.fields)
        for each in self.after:
            each()
        return self

    def doctor(self, *more, **options) -> tuple[int, dict]:
        """Exit status and answer of `doctor --json pritunl`."""
        result = self.site.run("doctor", "--json", "pritunl", *self.args, *more, **options)
        answer = result.json()
        assert {"administrator", "verdict", "cause", "remedy", "checks"} <= set(answer), answer
        assert all(set(check) >= {"name", "state", "detail"} and check["state"] in ("ok", "warn", "fail", "skip")
                   for check in answer["checks"])
        assert tuple(check["name"] for check in answer["checks"]) == CHECKS
        return result.status, answer

    def obey(self, remedy: str) -> None:
        """Run a remedy exactly as it is printed; a command that writes is told not to ask."""
        words = shlex.split(remedy)
        assert words[0] == "pritunl-access", remedy
        result = self.site.run(*words[1:], *(["--yes"] if words[1] in WRITES else []), start_new_session=True)    # no terminal
        assert result.status == 0, (remedy, result.stdout, result.stderr)


def end_waits_soon(site, pritunl) -> None:
    """There is a host whose answer ends a wait, and it looks at the settings all the time."""
    site.seed.settings(site.db, settings_check_interval=1, server_ssl=False, server_port=pritunl.port)
    site.seed.host(site.db, "a" * 32, local_address="127.0.0.1", hostname=None)
    pritunl.configure(settings_check_interval=0.1)


def mended(place: Place, remedy: str) -> None:
    """The remedy is a command that mends it: doctor is content after it, asked as before."""
    if "--wait" in remedy:
        end_waits_soon(place.site, place.pritunl)
    place.obey(remedy)
    place.pritunl.recount()
    content(place)


def content(place: Place, *more) -> None:
    """doctor finds nothing wrong."""
    status, answer = place.doctor(*more)
    assert (status, answer["verdict"], answer["cause"], answer["remedy"]) == (0, "accepted", None, None), answer
    assert not [check for check in answer["checks"] if check["state"] == "fail"]


def mended_by_option(place: Place, remedy: str) -> None:
    """The remedy is `verify` with an option, whose place is filled in; with that option doctor is content too."""
    pki, words = place.fixture("pki"), remedy.split(", or ")[0]
    place.args.clear()
    for hole, value in (("https://HOST[:PORT]", place.pritunl.url), ("https://NAME-IN-THE-CERTIFICATE", place.pritunl.url),
                        ("FILE", str(pki.other_ca.certificate_file))):
        words = words.replace(hole, value)
    if "--ca-cert" in words:
        server = place.fixture("standin")(tls=pki.untrusted)
        place.site.tool.env["PRITUNL_ACCESS_URL"] = server.url
    place.obey(words)
    options = [word for word in shlex.split(words)[2:] if word != "pritunl"]
    content(place, *options)


def mended_by_first(place: Place, remedy: str) -> None:
    """The remedy is a command, or else something that is no command of ours."""
    mended(place, remedy.split(", or ")[0])


@dataclass(frozen=True)
class Fault:
    """One way to be wrong: how, the cause that is named, exit status and verdict, the check that fails, what the remedy says."""

    build: Callable[[Place], None]
    cause: str
    status: int
    check: str
    remedy: str
    mend: Callable[[Place, str], None] | None = None
    twin: bool = False      # another value of the same kind: `make check-faults` alone mends it, too

    @property
    def verdict(self) -> str:
        """What the contract says of this status."""
        return "refused" if self.status == 1 else "unknown"


FAULTS: dict[str, Fault] = {}


def fault(name: str, status: int, check: str, remedy: str, *, cause: str | None = None, mend=None, twin=False):
    """Register a builder; the cause is the name's part before a blank."""
    def register(build):
        assert name not in FAULTS
        FAULTS[name] = Fault(build, cause or name.split(" ")[0], status, check, remedy, mend, twin)
        return build
    return register
