# SPDX-License-Identifier: MIT
"""Where settings come from, which of two wins, and what is refused or warned about before anything is asked."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import time
from pathlib import Path

import pytest
from expect import configure, failed, failed_json, private, tree

URI_VARIABLES = ("PRITUNL_ACCESS_MONGODB_URI", "PRITUNL_MONGODB_URI", "MONGODB_URI", "MONGO_URI")
PROFILES = {"profiles": {"office": {"administrator": "of-office"}, "home": {"administrator": "of-home"}}}


def settings(tool, *args, env=None, **options) -> dict:
    """The settings in force, as `config` tells them: {key: (value, where it came from)}."""
    result = tool.run("config", "--json", *args, env=env, **options)
    assert result.status == 0, (result.stdout, result.stderr)
    return {key: (row["value"], row["from"]) for key, row in result.json()["settings"].items()}


def value(tool, key, *args, **options) -> str:
    """One setting's value."""
    return settings(tool, *args, **options)[key][0]


# ---- precedence


def test_option_then_environment_then_profile_then_file_then_default(tool, home):
    given = {"PRITUNL_ACCESS_TIMEOUT": "21", "PRITUNL_ACCESS_PROFILE": "office"}
    file = configure(home, timeout=23, profiles={"office": {"timeout": 22}})
    assert settings(tool, "--timeout", "20", env=given)["timeout"] == ("20", "--timeout")
    assert settings(tool, env=given)["timeout"] == ("21", "PRITUNL_ACCESS_TIMEOUT")
    inside = settings(tool, "-p", "office")["timeout"]
    assert inside[0] == "22" and "office" in inside[1]
    plain = settings(tool)["timeout"]
    assert plain[0] == "23" and str(file) in plain[1]
    file.unlink()
    assert settings(tool)["timeout"] == ("60", "default") and value(tool, "connect_timeout") == "10"


def test_every_setting_has_its_three_spellings(tool, home):
    values = {"administrator": "anna", "url": "https://vpn.example.com", "collection_prefix": "x_", "names": "ansible", "server_time": "true",
              "insecure_consumer": "true", "timeout": "5", "connect_timeout": "6", "mongodb_uri_file": "/uri", "pritunl_conf": "/conf",
              "ca_cert": "/ca", "color": "never"}
    for key, given in values.items():
        flag = given == "true"
        option = "--" + key.replace("_", "-")
        assert value(tool, key, *((option,) if flag else (option, given))) == given
        if not flag:
            assert value(tool, key, f"{option}={given}") == given
        assert settings(tool, env={"PRITUNL_ACCESS_" + key.upper(): given})[key] == (given, "PRITUNL_ACCESS_" + key.upper())
        configure(home, **{key: True if flag else given})
        assert value(tool, key) == given
        configure(home)


def test_where_the_user_file_lies(tool, home):
    configure(home, administrator="in-home")
    assert value(tool, "administrator") == "in-home"
    private(home / "xdg" / "pritunl-access" / "config.json", '{"administrator": "in-xdg"}')
    assert value(tool, "administrator", env={"XDG_CONFIG_HOME": home / "xdg"}) == "in-xdg"
    other = private(home / "other.json", '{"administrator": "in-other"}')
    assert value(tool, "administrator", "--config", other, env={"XDG_CONFIG_HOME": home / "xdg"}) == "in-other"
    assert value(tool, "administrator", "--config", "~/other.json", env={"XDG_CONFIG_HOME": home / "xdg"}) == "in-other"


def test_the_administrator_of_the_file_is_used(site, home):
    site.admin("anna")
    site.admin("bert")
    configure(home, administrator="bert", **PROFILES)
    assert site.run("show", "--field", "administrator").stdout == "bert\n"
    failed(site.run("show", "-p", "office"), 4, "of-office")


@pytest.mark.parametrize("name", URI_VARIABLES)
def test_each_variable_that_may_hold_the_uri(site, home, name):
    site.admin()
    del site.tool.env["PRITUNL_ACCESS_MONGODB_URI"]
    configure(home, mongodb_uri_file="/nowhere/uri")
    assert site.run("list", env={name: site.database.uri}).status == 0
    file = private(home / "uri", site.database.uri + "\n")
    assert site.run("list", env={name + "_FILE": file}).status == 0
    failed(site.run("list"), 2, "/nowhere/uri")


def test_the_order_of_the_variables(site, address):
    site.admin()
    del site.tool.env["PRITUNL_ACCESS_MONGODB_URI"]
    wrong = f"mongodb://{address('refused')}/pritunl?serverSelectionTimeoutMS=300"
    for better, worse in zip(URI_VARIABLES, URI_VARIABLES[1:], strict=False):
        assert site.run("list", env={better: site.database.uri, worse: wrong}).status == 0
        assert site.run("list", env={better: wrong, worse: site.database.uri}).status == 3
    assert site.run("list", "--mongodb-uri", site.database.uri, env={URI_VARIABLES[0]: wrong}).status == 0


def test_variables_that_other_tools_use_for_the_url(site):
    site.admin()
    del site.tool.env["PRITUNL_ACCESS_URL"]
    for names in (("PRITUNL_ACCESS_URL", "PRITUNL_URL"), ("PRITUNL_URL", "PRITUNL_BASE_URL"), ("PRITUNL_BASE_URL",)):
        env = dict(zip(names, (site.pritunl.url + "/", "https://wrong.invalid"), strict=False))
        answer = site.run("show", "--json", env=env).json()
        assert (answer["url"], answer["url_from"]) == (site.pritunl.url, names[0])


# ---- files


def test_a_home_in_the_file_is_expanded(site, home):
    site.admin()
    del site.tool.env["PRITUNL_ACCESS_MONGODB_URI"]
    private(home / "secrets" / "uri", site.database.uri)
    configure(home, mongodb_uri_file="~/secrets/uri")
    assert site.run("list").status == 0
    assert value(site.tool, "mongodb_uri_file") == str(home / "secrets" / "uri")


@pytest.mark.parametrize(("text", "words", "attempt"), [
    ('{"administrater": "x"}', ("administrater",), "administrator"), ('{"mongodb-uri": "x"}', ("mongodb-uri",), "mongodb_uri"),
    ('{"profiles": {"a": {"tmeout": 1}}}', ("tmeout",), "timeout"), ("{", ("config.json",), None), ("[]", ("object",), None),
    ('{"timeout": 1, "timeout": 2}', ("twice",), None), ('{"timeout": "many"}', ("timeout",), None), ('{"timeout": 0}', (), None),
    ('{"json": "perhaps"}', (), None), ('{"administrator": {}}', ("administrator",), None), ('{"color": "blue"}', ("auto",), None),
    ('{"profiles": {"a": {"profiles": {}}}}', ("profiles",), None), ('{"yes": true}', ("yes",), None), ('{"reveal": true}', ("reveal",), None),
], ids=lambda each: each if isinstance(each, str) else "")
def test_a_file_with_a_mistake(tool, home, text, words, attempt):
    private(home / ".config" / "pritunl-access" / "config.json", text)
    before = tree(home)
    failed(tool.run("config", "-p", "a") if '"a"' in text else tool.run("config"), 2, *words, attempt=attempt)
    assert tree(home) == before


def test_profiles(tool, home):
    configure(home, administrator="of-all", timeout=9, **PROFILES)
    assert value(tool, "administrator") == "of-all"
    for spelling in (("-p", "office"), ("--profile", "office"), ("--profile=office",), ("-poffice",)):
        found = settings(tool, *spelling)
        assert (found["administrator"][0], found["timeout"][0]) == ("of-office", "9")
    assert value(tool, "administrator", env={"PRITUNL_ACCESS_PROFILE": "home"}) == "of-home"
    failed(tool.run("config", "--profile=--"), 2, "a profile --")
    failed(tool.run("config", "-p", "nobody"), 2, "nobody", attempt="pritunl-access config")
    failed(tool.run("config", "-p", "offcie"), 2, "offcie", attempt="--profile office")
    failed_json(tool.run("list", "-p", "", "--json"), 2)


def test_a_file_that_others_may_write_is_refused(site, home):
    site.admin()
    uri = private(home / "uri", site.database.uri)
    conf = private(home / "pritunl.conf", json.dumps({"mongodb_uri": site.database.uri}))
    file = configure(home, timeout=5)
    cases = ((file, ()), (uri, ("--mongodb-uri-file", uri)), (conf, ("--pritunl-conf", conf)))
    nothing = {"PRITUNL_ACCESS_MONGODB_URI": None}
    for mode in (0o620, 0o602, 0o666):
        for path, options in cases:
            path.chmod(mode)
            failed(site.run("list", *options, env=nothing), 2, str(path), attempt="chmod go-w")
            path.chmod(0o600)
    for path, options in cases[1:] if os.geteuid() == 0 else ():
        os.chown(path, 12345, -1)
        failed(site.run("list", *options, env=nothing), 2, str(path), "another user")
        os.chown(path, 0, -1)


def test_a_file_with_a_secret_that_others_may_read_is_warned_about(site, home):
    site.admin()
    nothing = {"PRITUNL_ACCESS_MONGODB_URI": None}
    uri = private(home / "uri", site.database.uri)
    conf = private(home / "pritunl.conf", json.dumps({"mongodb_uri": site.database.uri}))
    file = configure(home, mongodb_uri=site.database.uri)
    for path, options in ((file, ()), (uri, ("--mongodb-uri-file", uri)), (conf, ("--pritunl-conf", conf, "--config", os.devnull))):
        if path == conf:
            options = ("--pritunl-conf", conf, "--config", private(home / "empty.json", "{}"))
        path.chmod(0o640)
        result = site.run("list", *options, env=nothing)
        assert result.status == 0 and result.stderr.count("warning") == 1 and str(path) in result.stderr, (path, result.stderr)
        path.chmod(0o600)
        assert site.run("list", *options, env=nothing).stderr == ""
    configure(home, administrator="pritunl", profiles={"other": {"url": "https://vpn.example.com"}}).chmod(0o644)
    assert site.run("list").stderr == "", "nothing secret is in it"
    file = configure(home, profiles={"other": {}, "this": {"mongodb_uri": site.database.uri}})
    file.chmod(0o644)
    for options in (("-p", "this"), ()):
        result = site.run("list", *options)
        assert result.status == 0 and result.stderr.count("warning") == 1 and str(file) in result.stderr, result.stderr


def test_quiet_silences_the_warning_about_a_file(site, home):
    site.admin()
    configure(home, mongodb_uri=site.database.uri).chmod(0o644)
    assert site.run("list", "-q").stderr == ""


def test_the_uri_from_standard_input(site, home):
    site.admin()
    nothing = {"PRITUNL_ACCESS_MONGODB_URI": None}
    for text in (site.database.uri, site.database.uri + "\n", f"  {site.database.uri} \r\n\n", f"\ufeff{site.database.uri}\r\n"):
        assert site.run("list", "--mongodb-uri-file", "-", stdin=text, env=nothing).status == 0
    for text in ("", "\n", site.database.uri + "\n" + site.database.uri, "x" * 100_000, "no uri at all"):
        failed(site.run("list", "--mongodb-uri-file", "-", stdin=text, env=nothing), 2)
    failed(site.run("list", "--mongodb-uri-file", home / "none", env=nothing), 2, str(home / "none"))
    wide = private(home / "wide", "")
    wide.write_bytes(site.database.uri.encode("utf-16"))
    failed(site.run("list", "--mongodb-uri-file", wide, env=nothing), 2, "save it as UTF-8")


def test_a_mark_in_front_of_a_file_is_passed_over(site, home):
    """As editors of other systems put it there, and show it to nobody."""
    site.admin()
    file = private(home / "marked.json", "\ufeff" + json.dumps({"administrator": "pritunl", "timeout": 7}) + "\r\n")
    assert site.run("config", "--config", file, "--json").json()["settings"]["timeout"]["value"] == "7"
    text = site.run("snapshot", "-o", "-", reveals=True).stdout
    assert site.run("restore", private(home / "pairs.json", "\ufeff" + text), "--yes").status == 0


def test_pritunls_own_configuration(site, home, wire, seed):
    db = seed.collections(site.db, "pre_")
    seed.administrator(db, "behind-the-prefix", auth_api=True)
    proxy = wire()
    conf = private(home / "pritunl.conf", json.dumps({
        "mongodb_uri": proxy.uri(site.database.name), "mongodb_collection_prefix": "pre_", "mongodb_read_preference": "secondaryPreferred",
        "bind_addr": "0.0.0.0", "port": 443, "something": ["else"]}))
    options = ("--pritunl-conf", conf)
    row, = site.run("list", "--json", *options, env={"PRITUNL_ACCESS_MONGODB_URI": None}).json()
    assert row["administrator"] == "behind-the-prefix"
    asked = [each for each in proxy.commands if each.collection == "pre_administrators"]
    assert asked and all(each.body["$readPreference"]["mode"] == "secondaryPreferred" for each in asked)
    assert site.run("list", *options).status == 3, "a URI that was given wins, without the prefix"
    assert site.run("list", "--collection-prefix", "pre_").status == 0


# ---- contradictions, mistakes, warnings


def test_two_ways_to_trust_contradict_each_other(tool, home, pki):
    pin, ca = ("--pin", pki.server.pin), ("--ca-cert", pki.ca.certificate_file)
    for words in ((*pin, *ca), (*pin, "--insecure"), (*ca, "-k"), (*pin, *ca, "-k")):
        failed(tool.run("verify", *words), 2)
    configure(home, pin=pki.server.pin)
    failed(tool.run("verify", *ca), 2, "pin", "ca-cert")
    failed(tool.run("verify", env={"PRITUNL_ACCESS_INSECURE": "1"}), 2, warnings=True)
    failed_json(tool.run("verify", "-q", "-k", "--json"), 2, kind="usage")


@pytest.mark.parametrize("words", [("--pin", "sha256//short"), ("--pin", "AAAA"), ("--ca-cert", "/nowhere.pem"), ("--url", "vpn.example.com"),
                                   ("--url", "ftp://vpn.example.com"), ("--url", "https://user:pass@vpn.example.com"), ("--url", "https://"),
                                   ("--url", "https://vpn.example.com:99999"), ("--url", "https://vpn.example.com/?a=b")], ids=" ".join)
def test_values_that_cannot_be(site, words):
    site.admin()
    failed(site.run("verify", *words), 2)


def test_insecure_from_elsewhere_warns_on_every_run(site, home):
    site.admin()
    for _ in range(2):
        result = site.run("list", env={"PRITUNL_ACCESS_INSECURE": "true"})
        assert result.status == 0 and "warning" in result.stderr and "PRITUNL_ACCESS_INSECURE" in result.stderr
    file = configure(home, insecure=True)
    result = site.run("verify")
    assert result.status == 0 and "warning" in result.stderr and str(file) in result.stderr
    many = configure(home, profiles={"first": {"url": site.pritunl.url}, "second": {"url": site.pritunl.url, "insecure": True}})
    for command in (("verify", "--all-profiles"), ("verify", "-p", "second")):
        result = site.run(*command)
        assert result.status == 0 and result.stderr.count("warning: insecure") == 1 and f"{many}, profile second" in result.stderr, result.stderr
    configure(home, insecure=False)
    assert site.run("list").stderr == ""
    assert site.run("list", env={"PRITUNL_ACCESS_INSECURE": "0"}).stderr == ""


def test_config_redacts(tool, home, canaries):
    password, user = canaries.register("p-" + os.urandom(12).hex()), canaries.register("u-" + os.urandom(12).hex())
    for uri in (f"mongodb://{user}:{password}@db.example.com/pritunl", f"mongodb://{user}:{password}@a,b/x?tlsCertificateKeyFilePassword={password}",
                f"mongodb+srv://{user}:{password}@db.example.com/", f"{user}:{password}", f"mongodb://{user}:a/b?c@{password}@db.example.com/"):
        configure(home, mongodb_uri=uri)
        assert tool.run("config").status == 0
        result = tool.run("config", "--json")
        assert result.status == 0 and user not in result.stdout and password not in result.stdout


@pytest.mark.parametrize("form", ["command:vault read -token={}", 'command:["vault", "{}"]', "command:/bin/vault\t{}"])
def test_an_argument_of_a_program_is_not_shown(site, home, canaries, form):
    """It may be the secret by which the secret is read."""
    site.admin()
    hidden = canaries.register("s." + os.urandom(12).hex())
    configure(home, source=form.format(hidden))
    for words in (("config",), ("config", "--json")):
        shown = site.run(*words, reveals=True)
        assert shown.status == 0 and hidden not in shown.stdout + shown.stderr and "command:" in shown.stdout, shown.stdout
    mistaken = site.run("verify", "--source", f"vault read -token={hidden}")
    assert mistaken.status == 2 and "source: vault is none" in mistaken.stderr and hidden not in mistaken.stderr
    for words in (("enable", "--yes"), ("verify", "--every-host"), ("dump", "--from", "database")):
        result = site.run(*words)
        assert result.status == 2 and "needs the database" in result.stderr and "command:" in result.stderr and hidden not in result.stderr


def test_a_remedy_can_be_copied(site, home):
    """Blanks and other characters that nobody sees are shown as what they are, and still name the file and the administrator."""
    path = configure(home).rename(home / "my\u00a0own\u200b.json")
    path.chmod(0o666)
    result = site.run("list", "--config", path)
    command = re.search("^try: (.*)$", result.stderr, re.MULTILINE)[1]
    assert result.status == 2 and command.isascii() and command.startswith("chmod go-w ")
    subprocess.run(["bash", "-c", command], check=True)
    assert path.stat().st_mode & 0o777 == 0o644
    site.admin("na\u3000me", auth_api=False)
    remedy = site.run("verify", "--json", env={"PRITUNL_ACCESS_URL": site.pritunl.url})
    shown = site.run("verify").stderr
    words = re.search("^try: pritunl-access (.*)$", shown, re.MULTILINE)[1]
    assert remedy.status == 1 and words.isascii(), shown
    done = subprocess.run(["bash", "-c", f"exec {shlex.quote(str(site.tool.binary))} {words} --yes"], env=site.tool.environment(), cwd=home, capture_output=True, check=False)
    assert done.returncode == 0 and site.db["administrators"].find_one()["auth_api"] is True, done.stderr


def test_unknown_options_and_commands_name_the_nearest(tool):
    failed(tool.run("list", "--administator", "x"), 2, "--administator", attempt="--administrator")
    failed(tool.run("exprot"), 2, "exprot", attempt="pritunl-access export")
    failed(tool.run("zzzzzzzz"), 2, "zzzzzzzz", attempt="help")
    for words in (("list", "--time", "5"), ("list", "--time=5"), ("list", "--verb"), ("export", "--out", "x"), ("list", "--js")):
        failed(tool.run(*words), 2, words[1].split("=")[0])
    failed(tool.run("list", "-Z"), 2, "-Z")
    failed(tool.run("list", "--reveal"), 2, "--reveal")
    failed(tool.run("list", "--json=yes"), 2)


def test_a_slip_in_a_variable_names_the_nearest(site):
    """Its value may be a secret. What Kubernetes sets for a service of our name is nobody's mistake."""
    site.admin()
    slips = {"PRITUNL_ACCESS_MONGODB_URL": "a-value-of-it", "PRITUNL_ACCESS_TIMOUT": "1", "PRITUNL_ACCESS_Url": "x"}
    shown = site.run("list", env=slips)
    assert shown.status == 0 and "a-value-of-it" not in shown.stderr
    for slip, meant in (("MONGODB_URL", "MONGODB_URI"), ("TIMOUT", "TIMEOUT"), ("Url", "URL")):
        assert f"warning: PRITUNL_ACCESS_{slip} is ignored, because it is no setting; did you mean PRITUNL_ACCESS_{meant}?" in shown.stderr
    for quiet in ({"args": ("-q",), "env": slips}, {"args": (), "env": slips | {"PRITUNL_ACCESS_QUIET": "true"}}):
        assert site.run("list", *quiet["args"], env=quiet["env"]).stderr == ""
    service = {"SERVICE_HOST": "10.0.0.1", "SERVICE_PORT": "443", "PORT": "tcp://10.0.0.1:443", "PORT_443_TCP": "tcp://10.0.0.1:443",
               "PORT_443_TCP_PROTO": "tcp", "PORT_443_TCP_PORT": "443", "PORT_443_TCP_ADDR": "10.0.0.1", "SERVICE_PORT_HTTPS": "443"}
    assert site.run("list", env={f"PRITUNL_ACCESS_{name}": value for name, value in service.items()}).stderr == ""


def test_a_password_in_an_argument_is_wiped_and_warned_about(tool, address, canaries):
    password = canaries.register("argument-" + os.urandom(8).hex())
    silent = address("silent")
    for words in (("--mongodb-uri", f"mongodb://somebody:{password}@{silent}/pritunl"),
                  (f"--mongodb-uri=mongodb://somebody:{password}@{silent}/pritunl",),
                  ("--mongodb-uri", f"mongodb://{silent}/somebody?tlsCertificateKeyFilePassword={password}"),
                  ("--mongodb-uri", f"mongodb://{silent}/somebody?authMechanismProperties=AWS_SESSION_TOKEN%3A{password}")):
        running = tool.start("list", *words)
        assert "warning" in running.await_text("--mongodb-uri-file") or "warning" in running.stderr
        cmdline = Path(f"/proc/{running.pid}/cmdline")
        deadline = time.monotonic() + 10
        while password.encode() in cmdline.read_bytes():
            assert time.monotonic() < deadline, "the password is still in the argument list"
        assert b"somebody" not in cmdline.read_bytes() and cmdline.read_bytes().split(b"\0")[1] == b"list"
        running.kill()
