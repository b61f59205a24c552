#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""List the organizations of a Pritunl server: how a program signs requests by itself, with nothing but Python's own library.

    pritunl-access exec -- python3 organizations.py [CERTIFICATE]

PRITUNL_URL, PRITUNL_TOKEN and PRITUNL_SECRET come from the environment. CERTIFICATE is a PEM file to trust instead of the
system's authorities: Pritunl's own certificate names no host, so that its key is all that can be checked.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import ssl
import sys
import time
import urllib.request


def signed_get(path, context):
    """GET a path of the API, signed, and parse the answer."""
    url, token, secret = (os.environ["PRITUNL_" + name] for name in ("URL", "TOKEN", "SECRET"))
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    text = "&".join((token, timestamp, nonce, "GET", path))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    headers = {
        "Auth-Token": token,
        "Auth-Timestamp": timestamp,
        "Auth-Nonce": nonce,
        "Auth-Signature": base64.b64encode(digest).decode(),
    }
    request = urllib.request.Request(url + path, headers=headers)
    with urllib.request.urlopen(request, timeout=30, context=context) as answer:
        return json.load(answer)


def trust(certificate):
    """What to trust: one certificate, by its key alone, or whatever the system trusts."""
    if certificate is None:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(certificate)
    return context


def main():
    """Print each organization and how many users it has."""
    context = trust(sys.argv[1] if len(sys.argv) > 1 else None)
    for organization in signed_get("/organization", context):
        print(f"{organization['name']}: {organization['user_count']}")


if __name__ == "__main__":
    main()
