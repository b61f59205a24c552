# SPDX-License-Identifier: MIT
"""bench_peer - what pritunl-access replaces: the script of some fifty lines that teams write, here only to be raced by bench.py.

    bench_peer.py verify|export|dump requests|urllib MONGODB_URI URL FILE

It reads the first administrator with API access by pymongo and signs GET /status by hmac; verify says so, export writes three
variables, dump writes organizations with users and servers with routes, one request after another on one connection where the
library keeps one. It trusts any certificate, gives no reasons and writes over what is there.
"""

import base64
import hashlib
import hmac
import json
import os
import ssl
import sys
import time
import urllib.request
import uuid

import pymongo


def headers(admin, method, path):
    """The four headers of a signed request."""
    timestamp, nonce = str(int(time.time())), uuid.uuid4().hex
    text = "&".join((admin["token"], timestamp, nonce, method, path))
    digest = hmac.new(admin["secret"].encode(), text.encode(), hashlib.sha256).digest()
    return {"Auth-Token": admin["token"], "Auth-Timestamp": timestamp, "Auth-Nonce": nonce,
            "Auth-Signature": base64.b64encode(digest).decode()}


def getter(library, url, admin):
    """A function that makes one signed GET and parses its answer."""
    if library == "requests":
        import requests  # so that the other variant does not pay for it
        import urllib3

        urllib3.disable_warnings()
        session = requests.Session()

        def get(path):
            answer = session.get(url + path, headers=headers(admin, "GET", path), verify=False, timeout=30)
            answer.raise_for_status()
            return answer.json()
    else:
        context = ssl._create_unverified_context()

        def get(path):
            request = urllib.request.Request(url + path, headers=headers(admin, "GET", path))
            with urllib.request.urlopen(request, context=context if url.startswith("https") else None, timeout=30) as answer:
                return json.load(answer)
    return get


USER_FIELDS = ("id", "name", "email", "disabled", "groups")
SERVER_FIELDS = ("id", "name", "port", "network", "protocol", "status", "groups")


def pick(value, *names):
    """Some fields of it."""
    return {name: value[name] for name in names}


def dump(get):
    """Everything, one after the other."""
    organizations = [{**pick(org, "id", "name"), "users": [pick(user, *USER_FIELDS) for user in get("/user/" + org["id"])]}
                     for org in get("/organization")]
    servers = [{**pick(server, *SERVER_FIELDS),
                "organizations": [pick(org, "id", "name") for org in get(f"/server/{server['id']}/organization")],
                "routes": [pick(route, "id", "network", "nat") for route in get(f"/server/{server['id']}/route")]}
               for server in get("/server")]
    return {"organizations": organizations, "servers": servers}


def main():
    """One of the three."""
    what, library, uri, url, file = sys.argv[1:]
    client = pymongo.MongoClient(uri)
    admin = client.get_default_database()["administrators"].find_one({"auth_api": True})
    get = getter(library, url, admin)
    if what == "dump":
        text = json.dumps(dump(get))
    else:
        get("/status")
        text = f"PRITUNL_URL={url}\nPRITUNL_TOKEN={admin['token']}\nPRITUNL_SECRET={admin['secret']}\n"
    if what == "verify":
        print("accepted")
        return
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)


if __name__ == "__main__":
    main()
