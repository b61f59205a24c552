# SPDX-License-Identifier: MIT
"""The JSON bodies that the web front takes. It writes each anew from a structure with fixed fields.

A field that was not sent therefore reaches the API as the empty value of its type, and one that the front does not know
is lost; a value of another type is refused. (A PUT of an administrator without auth_api turns the API off in this way.)
"""

from __future__ import annotations


def _value(name, empty, given):
    if given is None:
        return None if empty == [] else empty  # an array that was not sent is null
    if empty is not ANYTHING and type(given) is not type(empty):
        raise ValueError(f"{name} is no {type(empty).__name__}")
    return given


ANYTHING = None


def _structure(**fields):
    """A JSON object with these fields, each given by its empty value."""
    def shape(value):
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise ValueError("no JSON object")
        return {name: _value(name, empty, value.get(name)) for name, empty in fields.items()}
    return shape


def _array(shape):
    def array(value):
        if value is not None and not isinstance(value, list):
            raise ValueError("no JSON array")
        return value and [shape(item) for item in value]
    return array


def _named(empty, names):
    return dict.fromkeys(names.split(), empty)


SESSION = _structure(username="", password="", otp_code="", yubico_key="")
ADMIN_POST = _structure(username="", password="", yubikey_id="", otp_auth=False, auth_api=False, disabled=False,
                        super_user=False)
ADMIN_PUT = _structure(username="", password="", yubikey_id="", super_user=False, auth_api=False, token="", secret="",
                       disabled=False, otp_auth=False, otp_secret=False)
ROUTE = _structure(network="", comment="", metric=0, nat=False, nat_interface="", nat_netmap="", advertise=False,
                   vpc_region="", vpc_id="", net_gateway=False)
ROUTES = _array(ROUTE)

ORGANIZATION_POST = _structure(name="", auth_api=False)
ORGANIZATION_PUT = _structure(name="", auth_api=False, auth_token=False, auth_secret=False)
_USER = {
    **_named("", "name email auth_type yubico_id dns_suffix"), **_named(False, "disabled bypass_secondary client_to_client"),
    **_named([], "groups network_links mac_addresses dns_servers port_forwarding"), "pin": ANYTHING,
}
USER_POST = _structure(**_USER)
USER_PUT = _structure(**_USER, send_key_email=False)
SERVER = _structure(**_named("", "name network protocol cipher hash"), **_named(0, "port dh_param_bits"),
                    **_named([], "groups dns_servers"))  # of some forty those that the tests look at

REGIONS = ("us_east_1 us_east_2 us_west_1 us_west_2 us_gov_east_1 us_gov_west_1 eu_north_1 eu_west_1 eu_west_2 eu_west_3"
           " eu_central_1 ca_central_1 cn_north_1 cn_northwest_1 ap_northeast_1 ap_northeast_2 ap_southeast_1 ap_southeast_2"
           " ap_east_1 ap_south_1 sa_east_1").split()
SETTINGS_FIELDS = {
    **_named("", "username password server_cert server_key acme_domain auditing monitoring influxdb_uri email_from"
                 " email_server email_username email_password pin_mode sso sso_azure_directory_id sso_azure_app_id"
                 " sso_azure_app_secret sso_authzero_domain sso_authzero_app_id sso_authzero_app_secret sso_google_key"
                 " sso_google_email sso_duo_token sso_duo_secret sso_duo_host sso_duo_mode sso_yubico_client"
                 " sso_yubico_secret sso_radius_secret sso_radius_host sso_org sso_saml_url sso_saml_issuer_url"
                 " sso_saml_cert sso_okta_app_id sso_okta_mode sso_okta_token sso_onelogin_app_id sso_onelogin_id"
                 " sso_onelogin_secret sso_onelogin_mode theme public_address public_address6 routed_subnet6"
                 " cloud_provider route53_region route53_zone oracle_user_ocid oracle_public_key"),
    **_named(False, "email_tls sso_cache sso_client_cache restrict_import client_reconnect reverse_proxy"),
    **{f"{region}_{name}_key": "" for region in REGIONS for name in ("access", "secret")},
    "server_port": 0, "sso_match": [],
}
"""The fields of PUT /settings (117 in the newest front, of which some have no name here): each is sent to the API, empty or not."""
SETTINGS = _structure(**SETTINGS_FIELDS)
