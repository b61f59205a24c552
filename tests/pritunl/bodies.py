# SPDX-License-Identifier: MIT
"""The JSON bodies that the web front takes. It writes each anew from a structure with fixed fields.

A field that was not sent therefore reaches the API as the empty value of its type, and one that the front does not know
is lost; a value of another type is refused. (A PUT of an administrator without auth_api turns the API off in this way.)
"""

from __future__ import annotations


def _value(name, empty, given):
    if given is None:
        return empty
    if type(given) is not type(empty):
        raise ValueError(f"{name} is no {type(empty).__name__}")
    return given


def _structure(**fields):
    """A JSON object with these fields, each given by its empty value."""
    def shape(value):
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise ValueError("no JSON object")
        return {name: _value(name, empty, value.get(name)) for name, empty in fields.items()}
    return shape


def _named_only(shape):
    """Forward only the fields that were sent: a simplification where nothing was observed."""
    def reduced(value):
        full = shape(value)
        return {name: full[name] for name in full if name in value}
    return reduced


def _array(shape):
    def array(value):
        if value is not None and not isinstance(value, list):
            raise ValueError("no JSON array")
        return value and [shape(item) for item in value]
    return array


SESSION = _structure(username="", password="", otp_code="", yubico_key="")
ADMIN_POST = _structure(username="", password="", yubikey_id="", otp_auth=False, auth_api=False, disabled=False,
                        super_user=False)
ADMIN_PUT = _structure(username="", password="", yubikey_id="", super_user=False, auth_api=False, token="", secret="",
                       disabled=False, otp_auth=False, otp_secret=False)
ROUTE = _structure(network="", comment="", metric=0, nat=False, nat_interface="", nat_netmap="", advertise=False,
                   vpc_region="", vpc_id="", net_gateway=False)
ROUTES = _array(ROUTE)
SETTINGS = _named_only(_structure(theme="", auditing="", server_port=0, server_cert="", server_key="", acme_domain="",
                                  reverse_proxy=False, sso=""))
