# SPDX-License-Identifier: MIT
"""
No secret and no database password where nobody asked for it: not on stdout or stderr, with -v or without, in no error text, not on
the command line of the running process. After each test the fixture `leaks` searches all that was printed for every canary.
"""

from __future__ import annotations

import os
import resource
import secrets
import sys
from pathlib import Path

import pytest
from kills import ALL

PASSWORD = "CanaryOfADatabasePasswordZq7"     # fixed: it is in the names of the tests
HERE = "127.0.0.1:1"        # nobody listens there

URIS = [
    f"mongodb://user:{PASSWORD}@{HERE}/db", f"mongodb://user:{PASSWORD}@{HERE}:2/db", f"mongodb://user:{PASSWORD}@/db",
    f"mongodb://us@er:{PASSWORD}@{HERE}/db", f"mongodb://user:{PASSWORD}@x@{HERE}/db", f"mongodb://user:{PASSWORD}/x@{HERE}/db",
    f"mongodb://user:1/{PASSWORD}@{HERE}/db", f"mongodb://user:{PASSWORD}?x@{HERE}/db", f"mongodb://user:{PASSWORD}#x@{HERE}/db",
    f"mongodb://user:{PASSWORD}%@{HERE}/db", f"mongodb://user:{PASSWORD}%zz@{HERE}/db", f"mongodb://user:x:{PASSWORD}@{HERE}/db",
    f"mongodb:/user:{PASSWORD}@{HERE}/db", f"mongo://user:{PASSWORD}@{HERE}/db", f"user:{PASSWORD}@{HERE}/db", PASSWORD,
    f"MONGODB://user:{PASSWORD}@{HERE}/db", f"mongodb://user:{PASSWORD}@{HERE}/$db", f"mongodb://user:{PASSWORD}@{HERE}/a b",
    f"mongodb://user:{PASSWORD}@[::1/db", f"mongodb://user:{PASSWORD}@{HERE},/db", f"mongodb://{PASSWORD}@{HERE}/db",
    f"mongodb+srv://user:{PASSWORD}@{HERE}/db", f"mongodb+srv://user:{PASSWORD}@name.invalid/db",
    f"mongodb://user:{PASSWORD}@name.invalid/db", f"mongodb://user:{PASSWORD}@{HERE}/db?authMechanism=NONSENSE",
    f"mongodb://{HERE}/db?{PASSWORD}", f"mongodb://{HERE}/db?{PASSWORD}=1", f"mongodb://{HERE}/db?connectTimeoutMS={PASSWORD}",
    f"mongodb://{HERE}/db?authMechanism={PASSWORD}", f"mongodb://{HERE}/db?readPreference={PASSWORD}",
    f"mongodb://{HERE}/db?tls=true&tlsCertificateKeyFile=/nonexistent&tlsCertificateKeyFilePassword={PASSWORD}",
    f"mongodb://{HERE}/db?tls=true&tlsCertificateKeyFile=/etc/hostname&tlsCertificateKeyFilePassword={PASSWORD}",
    f"mongodb://user:{PASSWORD}@{HERE}/db?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:{PASSWORD}",
    f"mongodb://user:{PASSWORD}@{HERE}/db?replicaSet=x&serverSelectionTimeoutMS=100",
    f"mongodb://user:{PASSWORD}@{HERE}/db?replicaSet=x&directConnection=true&serverSelectionTimeoutMS=100",
    f"mongodb://user:{PASSWORD}@{HERE}/db?appName={PASSWORD}", f"mongodb://user:{PASSWORD}@{HERE}/db?tls=maybe",
    f"mongodb://user:{PASSWORD}@{HERE}/db\nmongodb://user:{PASSWORD}@{HERE}/db", f"mongodb://user:{PASSWORD}\x01@{HERE}/db",
]


@pytest.fixture(autouse=True)
def canary(canaries):
    """The password is searched for in everything."""
    canaries.register(PASSWORD, "the password of a broken URI")


def private(path: Path, text: str) -> Path:
    """A file of the owner's alone."""
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def quoted(text: str) -> str:
    """As a JSON string."""
    return '"' + text.replace("\n", "\\n").replace("\x01", "\\u0001") + '"'


def channels(home, uri):
    """The ways in which a URI may come: arguments and environment."""
    yield ("--mongodb-uri-file", private(home / "uri", uri)), {}
    yield ("--mongodb-uri", uri), {}
    yield (), {"MONGO_URI": uri}
    yield ("--config", private(home / "config.json", f'{{"mongodb_uri": {quoted(uri)}}}')), {}
    yield ("--pritunl-conf", private(home / "pritunl.conf", f'{{"mongodb_uri": {quoted(uri)}}}')), {}


@pytest.mark.parametrize("number", range(len(URIS)))
def test_a_broken_uri_is_never_quoted(tool, home, canaries, number):
    """Each by two of the ways in turn; by every way in `make check-faults`."""
    uri = URIS[number]
    for which, (args, env) in enumerate(channels(home, uri)):
        if not ALL and which not in (number % 5, (number + 2) % 5):
            continue
        more = ("-v",) if which % 2 else ("--json",)
        result = tool.run("list", "--connect-timeout", "1", *more, *args, env=env)
        assert result.status in (2, 3), result.stderr
        assert not canaries.find(result.out + result.err)
        if which in (0, 1):
            shown = tool.run("config", *more, *args, env=env)
            assert not canaries.find(shown.out + shown.err)


@pytest.mark.parametrize("text", [
    f'{{"mongodb_uri": "mongodb://u:{PASSWORD}@h/d",}}', f'{{"mongodb_uri": "{PASSWORD}', f'{{"mongodb_uri": {PASSWORD}}}',
    f'{{"mongodb_uri": ["{PASSWORD}"]}}', f'{{"mongodb_uri": {{"{PASSWORD}": "{PASSWORD}"}}}}', f'"{PASSWORD}"', PASSWORD,
    f'{{"mongodb_uri": "a{PASSWORD}", "mongodb_uri": "b"}}', f'{{"mongodb_uri": "{PASSWORD}\x01"}}', f"mongodb_uri={PASSWORD}",
    f'{{"url": "https://user:{PASSWORD}@host"}}',
    f'{{"url": "https://user:{PASSWORD}@"}}', f'{{"url": "https://us/er:{PASSWORD}@host"}}'])
def test_a_broken_configuration_is_never_quoted(tool, home, canaries, text):
    file = private(home / "settings.json", text)
    for args in (("--config", file), ("--pritunl-conf", file)):
        for command in ("verify", "config"):
            result = tool.run(command, *args, "--connect-timeout", "1", "-v")
            assert not canaries.find(result.out + result.err), (command, args)


@pytest.mark.parametrize("args, status", [
    (("--mongodb-uri-file", "{others}"), 2), (("--mongodb-uri-file", "{two}"), 2), (("--mongodb-uri-file", "{directory}"), 2),
    (("--mongodb-uri-file", "{binary}"), 2), (("--pritunl-conf", "{others}"), 2), (("--config", "{others}"), 2)])
def test_a_file_that_is_refused_is_never_quoted(tool, home, canaries, args, status):
    uri = f"mongodb://user:{PASSWORD}@{HERE}/db"
    private(home / "others", uri).chmod(0o666)
    private(home / "two", f"{uri}\nsomething else {PASSWORD}\n")
    private(home / "binary", f"{uri}\0{PASSWORD}")
    (home / "directory").mkdir()
    filled = [word.format(**{name: home / name for name in ("others", "two", "binary", "directory")}) for word in args]
    result = tool.run("list", *filled, "-v")
    assert result.status == status and not canaries.find(result.err), result.stderr


# ---- a pair


HOSTILE = ["quote'\"`$(id)", "new\nline", "\r\ncarriage", "\x1b[31mescape", "tab\t\x07bell", "\u202edirection", "back\\slash", "=x #!"]


@pytest.mark.parametrize("words", HOSTILE)
def test_no_message_quotes_a_pair_whatever_is_in_it(tool, database, seed, standin, canaries, words):
    """Where a value cannot be sent, exported or carried, the message names the fact, not the value."""
    tool.env = {"PRITUNL_ACCESS_MONGODB_URI": database.uri}
    server = standin()
    values = {field: secrets.token_hex(8) + words + secrets.token_hex(8) for field in ("token", "secret")}
    admin = seed.administrator(database.db, auth_api=True, **values)
    for value in values.values():
        for part in (value, *value.split(words)):
            canaries.register(part, "a part of a pair")
    for args in (("verify", "-v", "--url", server.url), ("list", "-v"), ("show", "-v"), ("list", "--json"), ("show", "--json")):
        result = tool.run(*args)
        assert not canaries.find(result.out + result.err), args
    for number, form in enumerate(("dotenv", "json", "sh", "yaml", "docker", "github")):
        result = tool.run("export", "--no-verify", "-f", form, "-v", "--url", server.url, reveals=True)
        assert not canaries.find(result.err) and (result.status == 0 or not canaries.find(result.out)), (form, number)
    result = tool.run("exec", "--no-verify", "--url", server.url, "-v", "--", "/nowhere/program")
    assert result.status in (125, 127) and not canaries.find(result.out + result.err)
    assert admin["token"] == values["token"]


@pytest.mark.parametrize("field, value", [("token", None), ("token", 7), ("secret", "short"), ("secret", None), ("secret", ["x"]),
                                          ("token", {"a": 1}), ("username", 7), ("username", "x\x1b[31m\ny")])
def test_an_odd_half_does_not_betray_the_other(tool, database, seed, canaries, field, value):
    tool.env = {"PRITUNL_ACCESS_MONGODB_URI": database.uri}
    admin = seed.administrator(database.db, auth_api=True, **{field: value})
    for args in (("list",), ("show", "-v"), ("export", "--no-verify", "--url", "https://h.example"), ("list", "--json", "-v")):
        result = tool.run(*args, reveals=args[0] == "export" and field == "username")
        if args[0] != "export":
            assert not canaries.find(result.out + result.err)
        assert admin["secret"] is None or "\x1b" not in result.stdout + result.stderr


# ---- the process itself


@pytest.fixture
def held(tool, database, wire, seed, home):
    """The tool, waiting for its database, started with a password among its arguments."""
    seed.administrator(database.db, auth_api=True)
    proxy = wire()
    hold = proxy.hold("hello")

    def start(*args, **how):
        uri = f"mongodb://user:{PASSWORD}@{proxy.address}/{database.name}"
        running = tool.start("list", "--mongodb-uri", uri, *args, **how)
        assert hold.reached.wait(30), running.stderr
        return running
    yield start
    hold.release()


def test_a_password_among_the_arguments_is_wiped_and_warned_about(held):
    running = held("-v")
    line = Path(f"/proc/{running.pid}/cmdline").read_bytes()
    assert PASSWORD.encode() not in line and b"mongodb://" not in line and b"--mongodb-uri" in line
    assert PASSWORD not in running.await_text("argument")


def test_no_core_is_left_and_nobody_else_may_look(held):
    """What is not dumpable belongs to root in /proc, whoever runs it."""
    user = {"user": 65534, "group": 65534, "cwd": "/"} if os.geteuid() == 0 else {}
    try:
        running = held(**user)
    except PermissionError:
        pytest.skip("the binary lies where only root may go")
    limits = Path(f"/proc/{running.pid}/limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4] == "0"
    assert Path(f"/proc/{running.pid}/environ").stat().st_uid == 0
    status = Path(f"/proc/{running.pid}/status").read_text()
    assert "Uid:\t65534" in status or not user
    assert "Umask:\t0077" in status


def test_a_child_gets_its_own_limits_back(tool, database, seed):
    seed.administrator(database.db, auth_api=True)
    limit = (12345 * 1024, resource.getrlimit(resource.RLIMIT_CORE)[1])
    if limit[1] != resource.RLIM_INFINITY and limit[1] < limit[0]:
        pytest.skip("core files are limited here")
    script = "import os, resource; old = os.umask(0); print(resource.getrlimit(resource.RLIMIT_CORE)[0], old, " \
             "sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"
    read, write = os.pipe()
    try:
        result = tool.run("exec", "--no-verify", "--url", "https://h.example", "--", sys.executable, "-c", script, umask=0o027,
                          pass_fds=(write,), env={"PRITUNL_ACCESS_MONGODB_URI": database.uri},
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, limit))
    finally:
        os.close(read)
        os.close(write)
    assert result.stdout == f"{limit[0]} {0o027} [0, 1, 2]\n", result.stdout + result.stderr
