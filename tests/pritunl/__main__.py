# SPDX-License-Identifier: MIT
"""The stand-in as a program.

    python tests/pritunl --mongodb-uri URI [OPTION]...         serve; one line of JSON says where
    python tests/pritunl seed --mongodb-uri URI [OPTION]...    fill a database, and say in JSON with what
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import signal
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import pymongo  # the package's own folder must be found first

from pritunl import StandIn, seed
from pritunl.standin import HOST_ID


def _database_options(parser):
    parser.add_argument("--mongodb-uri", required=True)
    parser.add_argument("--database", default="pritunl")
    parser.add_argument("--prefix", default="", help="in front of each collection's name")
    parser.add_argument("--host-id", default=HOST_ID)


def _serve_parser():
    parser = argparse.ArgumentParser(
        prog="python tests/pritunl",
        description="A stand-in for a Pritunl server. `seed --help` tells how to fill its database.")
    _database_options(parser)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 chooses a free one")
    parser.add_argument("--http-redirect-port", type=int, help="also redirect to https, as port 80 does")
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    parser.add_argument("--front", choices=["normal", "strict", "auto", "off"], default="normal")
    parser.add_argument("--settings-check-interval", type=float, help="seconds; default: what the settings say")
    parser.add_argument("--clock-offset", type=float, default=0.0, help="seconds that this host's clock is ahead")
    parser.add_argument("--heartbeat", type=float, default=0.0, help="seconds between updates of the host's document")
    parser.add_argument("--journal", help="append refusals to this file while auditing is on")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=JSON", help="any attribute of Behaviour")
    parser.add_argument("--until-stdin-closes", action="store_true")
    return parser


def _behaviour(items):
    """NAME=JSON of the command line, as values."""
    values = {}
    for item in items:
        name, _, value = item.partition("=")
        values[name] = json.loads(value)
    return values


def serve(arguments):
    """Serve until SIGTERM, SIGINT, or the end of standard input."""
    options = _serve_parser().parse_args(arguments)
    if (options.tls_cert is None) != (options.tls_key is None):
        sys.exit("--tls-cert and --tls-key belong together")
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    standin = StandIn(
        options.mongodb_uri, options.database, options.prefix, host=options.host, port=options.port,
        tls=(options.tls_cert, options.tls_key) if options.tls_cert else None,
        http_redirect_port=options.http_redirect_port, front=options.front, host_id=options.host_id,
        heartbeat_s=options.heartbeat, journal_file=options.journal, clock_offset_s=options.clock_offset,
        settings_check_interval=options.settings_check_interval, **_behaviour(options.set))
    with standin:
        where = {"url": standin.url, "port": standin.port, "pid": os.getpid()}
        if standin.http_port:
            where["http_port"] = standin.http_port
        print(json.dumps(where), flush=True)
        if options.until_stdin_closes:
            threading.Thread(target=lambda: (sys.stdin.buffer.read(), ended.set()), daemon=True).start()
        ended.wait()


def _seed_parser():
    parser = argparse.ArgumentParser(
        prog="python tests/pritunl seed", description="Fill a database as a Pritunl would have.")
    _database_options(parser)
    parser.add_argument("--administrator", action="append", default=[], metavar="NAME[=JSON]",
                        help="a fresh one, with these fields changed; repeatable; default: pritunl")
    parser.add_argument("--settings", default="{}", metavar="JSON", help="fields of the settings group app")
    parser.add_argument("--server-cert", help="PEM file for settings.app.server_cert")
    parser.add_argument("--server-key", help="PEM file for settings.app.server_key")
    parser.add_argument("--host", default="{}", metavar="JSON", help="fields of this host's document")
    parser.add_argument("--vpn", action="store_true", help="also an organization with two users, and a server with a route")
    return parser


def fill(arguments):
    """Insert what a small installation has."""
    options = _seed_parser().parse_args(arguments)
    with pymongo.MongoClient(options.mongodb_uri) as client:
        db = seed.collections(client[options.database], options.prefix)
        made = {"administrators": {}}
        shown = ("_id", "token", "secret", "default_password")
        for item in options.administrator or ["pritunl"]:
            name, _, fields = item.partition("=")
            document = seed.administrator(db, name, **json.loads(fields or "{}"))
            made["administrators"][name] = {key: document.get(key) for key in shown}
        paths = (options.server_cert, options.server_key)
        pem = [path and pathlib.Path(path).read_text(encoding="ascii") for path in paths]
        seed.settings(db, *pem, **json.loads(options.settings))
        seed.version(db)
        made["host"] = seed.host(db, options.host_id, **json.loads(options.host))["_id"]
        if options.vpn:
            made.update(_vpn(db))
    print(json.dumps(made, default=str))


def _vpn(db):
    """One organization with two users, one server with a route."""
    organization = seed.organization(db, "example")
    users = [seed.user(db, organization, name, f"{name}@example.com") for name in ("ada", "grace")]
    server = seed.server(db, "office", [organization], ["10.0.0.0/16"])
    return {"organization": organization["_id"], "users": [user["_id"] for user in users], "server": server["_id"]}


if __name__ == "__main__":
    if sys.argv[1:2] == ["seed"]:
        fill(sys.argv[2:])
    else:
        serve(sys.argv[1:])
