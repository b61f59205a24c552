# SPDX-License-Identifier: MIT
"""moto's server, which stands for AWS, and boto3. Both are loaded where a test asks for them: half a second, which the start of every
worker would take longer."""

from __future__ import annotations

import contextlib
import importlib
import logging


@contextlib.contextmanager
def moto():
    """moto's server: its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = importlib.import_module("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


def secrets_client(address: str, region: str, key: str, secret: str):
    """boto3's client of the Secrets Manager there."""
    return importlib.import_module("boto3").client(
        "secretsmanager", endpoint_url=address, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret)
