# SPDX-License-Identifier: MIT
"""One value from a variable or a file: a line break at its end is none of it, blanks and quotation marks around it are named."""

from __future__ import annotations

import pytest
from expect import configure, failed, private

NOTHING = {"PRITUNL_ACCESS_MONGODB_URI": None}
URI = "mongodb://127.0.0.1:1/pritunl"
VARIABLES = ("PRITUNL_ACCESS_MONGODB_URI", "PRITUNL_MONGODB_URI", "MONGODB_URI", "MONGO_URI")
ENDS = ["\n", "\r\n", "\r", "\n\n"]


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_line_break_behind_a_uri(tool, variable):
    for end in ENDS:
        for options in ("", "?authSource=admin", "?appName=x"):
            result = tool.run("-v", "--connect-timeout", "1", "list", env={variable: URI + options + end})
            assert result.status == 3 and "database pritunl at 127.0.0.1:1" in result.stderr, (end, result.stderr)


@pytest.mark.parametrize("stray, word", [
    ("{} ", "ends with a blank"), (" {}", "begins with a blank"), ("\t{}", "begins with a blank"), ('"{}"', "quotation marks"),
    ("'{}'", "quotation marks"), ('{}"', "quotation marks"), ("`{}`", "quotation marks"), ("{}\nMORE=1", "line break"),
    ("{}\x01", "control character")])
@pytest.mark.parametrize("uri", [URI, "mongodb://user:password@127.0.0.1:1/pritunl?authSource=admin"])
def test_what_stands_around_a_uri_is_named(tool, home, stray, word, uri):
    value = stray.format(uri)
    for result in (tool.run("list", env={"MONGODB_URI": value}), tool.run("list", "--config", configure(home, mongodb_uri=value), env=NOTHING)):
        failed(result, 2, word)
        assert "password@" not in result.stderr


@pytest.mark.parametrize("end", ENDS)
def test_a_line_break_behind_any_setting(site, home, end):
    me = site.admin("anna")
    site.admin("bert")
    env = {"PRITUNL_ACCESS_ADMINISTRATOR": "anna" + end, "PRITUNL_ACCESS_URL": site.pritunl.url + end, "PRITUNL_ACCESS_TIMEOUT": "20" + end,
           "PRITUNL_ACCESS_SERVER_TIME": "true" + end}
    assert site.run("show", "--field", "administrator", env=env).stdout == "anna\n"
    file = configure(home, administrator="anna" + end, url=site.pritunl.url + end, color="never" + end)
    assert site.run("verify", "--config", file, env={"PRITUNL_ACCESS_URL": None}).status == 0
    path = private(home / "uri", site.database.uri)
    assert site.run("list", env=NOTHING | {"MONGODB_URI_FILE": str(path) + end}).status == 0
    for name in ("PRITUNL_URL", "PRITUNL_BASE_URL"):
        pair = {name: site.pritunl.url + end, "PRITUNL_ACCESS_URL": None, "PRITUNL_TOKEN": me["token"] + end, "PRITUNL_SECRET": me["secret"] + end}
        result = site.run("verify", "-s", "env", env=pair)
        assert (result.status, "warning" in result.stderr) == (0, False), result.stderr


@pytest.mark.parametrize("value, word", [('"{}"', "quotation marks"), ("'{}'", "quotation marks"), (" {}", "blank"), ("{} ", "blank")])
def test_what_stands_around_a_url_is_named(tool, value, word):
    for name in ("PRITUNL_URL", "PRITUNL_ACCESS_URL", "PRITUNL_BASE_URL"):
        result = tool.run("show", "-s", "env", "--field", "url", env={
            name: value.format("https://vpn.example.com"), "PRITUNL_TOKEN": "t" * 32, "PRITUNL_SECRET": "s" * 32})
        failed(result, 2, word, warnings=True)


@pytest.mark.parametrize("value, word", [('"{}"', "quot"), ("'{}'", "quot"), (" {}", "blank"), ("{}\t", "blank")])
@pytest.mark.parametrize("name", ["PRITUNL_TOKEN", "PRITUNL_SECRET"])
def test_what_stands_around_a_pair_is_named(tool, canaries, name, value, word):
    pair = {"PRITUNL_URL": "https://vpn.example.com", "PRITUNL_TOKEN": "t" * 32, "PRITUNL_SECRET": "s" * 32}
    pair[name] = canaries.register(value.format("v" * 30), "what stands in the variable")
    result = tool.run("show", "-s", "env", "--json", env=pair)
    assert name in result.stderr and word in result.stderr, result.stderr
