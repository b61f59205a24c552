# SPDX-License-Identifier: MIT
"""
Where a pair and a database password are not, once they were released: anywhere in the process's writable memory.

The tool is stopped in its last moment, by a library of ours that takes the place of _exit(); then /proc/PID/mem is searched, as
root, for every piece of the values. That the search can find them is shown by looking while they are in use.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import Fresh, fresh_name

PIECE = 10      # so many characters in a row are a find: what free() writes into a block leaves more of these values than that
STOP = Path(__file__).parents[1] / "harness" / "stop.c"


@pytest.fixture(scope="module")
def stop_library(tmp_path_factory):
    """stop.c, to preload."""
    library = tmp_path_factory.mktemp("stop") / "stop.so"
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", library, STOP], check=True)
    return library


@pytest.fixture(autouse=True)
def possible(tool):
    """Memory of a process that is not dumpable is root's to read; a sanitizer keeps its own copies, and wants to be loaded first."""
    if os.geteuid() != 0:
        pytest.skip("only root can look into the tool's memory")
    if b"__asan_init" in Path(tool.binary).read_bytes():
        pytest.skip("the sanitizers' runtime must be loaded first")


@pytest.fixture
def stop_at_the_end(tool, stop_library):
    """The library to preload. The static file preloads nothing: another one, with stop.c in it, takes its place."""
    if tool.is_static:
        tool.binary = str(Path(tool.binary).with_name("stopping"))
    return stop_library


def await_stop(running):
    """Wait until the process has stopped itself."""
    deadline = time.monotonic() + 30
    while (state := Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()[0]) != "T":
        assert state not in "ZX" and time.monotonic() < deadline, f"it never stopped: {running.stderr}"
        os.sched_yield()


def writable(pid: int) -> Iterator[tuple[str, bytes]]:
    """Every mapping that the process may write to: its name, and what is in it."""
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            region, rights, _, _, _, *name = line.split(None, 5)
            start, end = (int(part, 16) for part in region.split("-"))
            if "w" in rights:
                memory.seek(start)
                with contextlib.suppress(OSError):
                    yield name[0] if name else "anonymous memory", memory.read(end - start)


def find(pid: int, values: dict[str, str]) -> list[str]:
    """Which of these values are in the writable memory of a process, and in which mapping, with the most that is there in a row."""
    pieces = {}
    for name, value in values.items():
        raw = value.encode()
        pieces |= {raw[at:at + PIECE]: (name, raw) for at in range(len(raw) - PIECE + 1)}
    pattern = re.compile(b"|".join(map(re.escape, pieces)))
    found = []
    for name, data in writable(pid):
        end = 0
        for hit in pattern.finditer(data):
            what, raw = pieces[hit.group()]
            length = PIECE
            if hit.start() >= end:
                while data[hit.start():hit.start() + length + 1] in raw and length < len(raw):
                    length += 1
                end = hit.start() + length
                if what.startswith("the password") and "/libmongoc" in name:
                    continue    # its cache for the next login, since some version behind 1.23 (seen in 1.30): no call forgets it
                found.append(f"{length} of {len(raw)} characters of {what} in {name}")
    return found


@pytest.fixture
def place(secure_database, standin, seed, pki, home):
    """A database with a long password behind SCRAM and TLS, which describes a Pritunl; secrets are long enough to leave pieces."""
    server = standin(over=secure_database, tls=pki.pritunl)
    admin = seed.administrator(secure_database.db, auth_api=True, secret=seed.random_text(64))
    second = seed.administrator(secure_database.db, "second", secret=seed.random_text(48))
    seed.settings(secure_database.db, server_cert=pki.pritunl.certificate, server_key=pki.pritunl.key, server_port=server.port)
    seed.host(secure_database.db, "a" * 32, public_address="127.0.0.1", hostname=None)
    values = {"the token": admin["token"], "the secret": admin["secret"], "the password": secure_database.password,
              "the password, escaped": quote(secure_database.password, safe=""), "another's secret": second["secret"],
              "another's token": second["token"], "the server's key": pki.pritunl.key.splitlines()[2][:40]}
    uri = home / "uri"
    uri.touch(mode=0o600)
    uri.write_text(secure_database.uri)
    return server, values, uri


def ended(tool, library, *args):
    """Run the tool, and stop it in its last moment."""
    running = tool.start(*args, env={"LD_PRELOAD": library}, reveals=True)
    await_stop(running)
    return running


@pytest.fixture
def guarded_database(leaks, login_server):
    """One that wants a login, without TLS: each call of it is made in a thread of its own."""
    user, password = "who-waits", "password-of-who-waits"
    login_server.add_user(user, password, [{"role": "root", "db": "admin"}])
    name = fresh_name()
    fresh = Fresh(login_server, name, login_server.uri(name, user, password), user, password)
    yield fresh
    fresh.drop()
    login_server.client().admin.command("dropUser", user)


@pytest.mark.parametrize("over", ["database", "guarded_database", "secure_database"])
def test_exec_issue_waits_without_the_pair(tool, request, over, standin, seed):
    """While the command runs, its parent has nobody's token or secret: only the command has."""
    database = request.getfixturevalue(over)
    others = [seed.administrator(database.db, auth_api=True), *(seed.administrator(database.db, f"admin-{n}") for n in range(40))]
    tool.env |= {"PRITUNL_ACCESS_MONGODB_URI": database.uri, "PRITUNL_ACCESS_URL": standin(over=database).url}
    running = tool.start("exec", "--issue", "1h", "--", "sh", "-c", "echo ready; read -r word", stdin=subprocess.PIPE)
    running.await_text("ready")
    issued = database.db.administrators.find_one({"pritunl_access": {"$exists": True}})
    found = find(running.pid, {f"{name} of {admin['username']}": admin[name] for admin in (issued, *others) for name in ("token", "secret")})
    running.type("on\n")
    assert running.wait().status == 0
    assert found == []


def test_the_search_finds_what_is_in_use(tool, place):
    server, values, uri = place
    server.hang = True
    running = tool.start("export", "--mongodb-uri-file", uri)
    server.wait_for(lambda: any(each.signed for each in server.requests))
    found = " ".join(find(running.pid, values))
    for what in ("the token", "the secret", "the password, escaped"):
        assert re.search(rf"of {what} in", found), found
    assert "the server's key" not in found      # it is never asked for
    running.kill()


@pytest.mark.parametrize("args, status", [
    (("verify",), 0), (("verify", "pritunl", "--json"), 0), (("verify", "--all"), 1), (("verify", "--every-host"), 0),
    (("export",), 0), (("export", "-f", "json"), 0), (("export", "-f", "yaml"), 0), (("export", "-f", "sh"), 0),
    (("export", "--no-verify"), 0), (("export", "-o", "written"), 0), (("export", "second"), 6),
    (("show", "--reveal"), 0), (("show", "--field", "secret"), 0), (("list",), 0), (("list", "--json"), 0), (("config",), 0),
    (("export", "nobody"), 4), (("exec", "--", "/nonexistent/program"), 127), (("verify", "--ca-cert", "/etc/hostname"), None),
    (("export", "--format", "nonsense"), 2)])
def test_nothing_is_left_at_the_end(tool, place, stop_at_the_end, args, status):
    _, values, uri = place
    where = args.index("--") if "--" in args else len(args)
    running = ended(tool, stop_at_the_end, *args[:where], "--mongodb-uri-file", uri, *args[where:])
    found = find(running.pid, values)
    running.signal(signal.SIGCONT)
    result = running.wait()
    assert status in (None, result.status), result.stderr
    assert not found


@pytest.mark.parametrize("changes", [{"front": "strict"}, {"strip_auth": True}, {"replay": True}, {"cut_every": 2}, {"close_after": 1},
                                     {"redirect_to": "https://127.0.0.1:1"}, {"captive_page": True}])
def test_nothing_is_left_when_the_api_misbehaves(tool, place, stop_at_the_end, changes):
    server, values, uri = place
    for name, value in changes.items():
        setattr(server, name, value)
    for url in ((), ("--url", server.url)):
        running = ended(tool, stop_at_the_end, "export", "--mongodb-uri-file", uri, *url)
        found = find(running.pid, values)
        running.signal(signal.SIGCONT)
        running.wait()
        assert not found


def test_nothing_is_left_when_the_login_is_refused(tool, secure_server, secure_database, stop_at_the_end, home):
    password = "refused" + secrets.token_hex(20)
    uri = home / "uri"
    uri.touch(mode=0o600)
    uri.write_text(secure_server.uri(secure_database.name, secure_database.user, password))
    running = ended(tool, stop_at_the_end, "list", "--mongodb-uri-file", uri)
    found = find(running.pid, {"the password": password})
    running.signal(signal.SIGCONT)
    assert running.wait().status == 3 and not found


@pytest.mark.parametrize("channel", ["PRITUNL_ACCESS_CONFIG", "--pritunl-conf", "stdin", "--mongodb-uri"])
def test_nothing_is_left_of_a_uri_however_it_came(tool, place, stop_at_the_end, home, channel):
    _, values, uri = place
    text = uri.read_text()
    file = home / "settings.json"
    file.touch(mode=0o600)
    file.write_text('{"mongodb_uri": "' + text + '"}')
    args = {"PRITUNL_ACCESS_CONFIG": ("--config", file), "--pritunl-conf": ("--pritunl-conf", file),
            "stdin": ("--mongodb-uri-file", "-"), "--mongodb-uri": ("--mongodb-uri", text)}[channel]
    with open(uri, "rb") as standard_input:
        running = tool.start("export", *args, env={"LD_PRELOAD": stop_at_the_end}, reveals=True, stdin=standard_input)
        await_stop(running)
    found = find(running.pid, values)
    running.signal(signal.SIGCONT)
    assert running.wait().status == 0 and not found


def test_what_a_replica_sets_pool_keeps(tool, place, stop_at_the_end, secure_server):
    """A pool, and the URI in it, may outlive its use: ending it waits for dead members. The pair is gone all the same."""
    _, values, uri = place
    name = secure_server.client().admin.command("hello")["setName"]
    uri.write_text(uri.read_text() + f"&replicaSet={name}")
    running = ended(tool, stop_at_the_end, "export", "--mongodb-uri-file", uri)
    found = find(running.pid, values)
    running.signal(signal.SIGCONT)
    assert running.wait().status == 0
    assert not [line for line in found if "of the password" not in line]


@pytest.mark.parametrize("name", ["pair.yml", "pair.json", "pair.env", "pair.tfvars"])
def test_no_reader_leaves_a_file_on_the_heap(tool, home, stop_at_the_end, seed, name):
    """What its reader held was wiped as well."""
    values = {"the token": seed.random_text(32), "the secret": seed.random_text(64)}
    token, secret = values.values()
    text = {"pair.yml": f"- a: b\n- pritunl_token: {token}\n  pritunl_secret: \"{secret}\"\n", "pair.env": f"PRITUNL_TOKEN={token}\nPRITUNL_SECRET='{secret}'\n",
            "pair.json": f'{{"data": {{"pritunl_token": "{token}", "pritunl_secret": "{secret}"}}}}', "pair.tfvars": f'pritunl_token = "{token}"\npritunl_secret = "{secret}"\n'}
    path = home / name
    path.touch(mode=0o600)
    path.write_text(text[name])
    running = ended(tool, stop_at_the_end, "export", "--source", f"file:{path}", "--url", "https://vpn.example.com", "--no-verify", "-o", "out")
    found = [each for each in find(running.pid, values) if "[stack]" not in each]
    running.signal(signal.SIGCONT)
    result = running.wait()
    assert result.status == 0, result.stderr
    assert not found
