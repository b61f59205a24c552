# SPDX-License-Identifier: MIT
"""Where a pair comes from, without any database: env, file, command; and the first source that has one gives it whole."""

from __future__ import annotations

import json
import os
import time

import pytest
from expect import configure, private

URL = "https://vpn.example.com"
FORMATS = ("dotenv", "docker", "sh", "fish", "json", "yaml", "tfvars", "tfvars-json", "github", "kubernetes", "systemd")
NAMES = {
    "terraform": ("PRITUNL_URL", "PRITUNL_TOKEN", "PRITUNL_SECRET"),            # the provider disc/pritunl
    "pritunl-api": ("PRITUNL_BASE_URL", "PRITUNL_API_TOKEN", "PRITUNL_API_SECRET"),     # the Python and Go clients
    "exporter": ("PRITUNL_URL", "PRITUNL_ADMIN_TOKEN", "PRITUNL_ADMIN_SECRET"),
    "ansible": ("pritunl_url", "pritunl_api_token", "pritunl_api_secret"),
    "tfvar": ("TF_VAR_pritunl_url", "TF_VAR_pritunl_token", "TF_VAR_pritunl_secret"),
}


@pytest.fixture
def pair(canaries):
    """A token and a secret that is hard to quote, but that every format carries."""
    return canaries.register(os.urandom(16).hex(), "the token"), canaries.register(os.urandom(16).hex() + " $x!#\"é", "the secret")


def environment(pair, names="terraform", url=URL) -> dict:
    """The pair as variables."""
    return dict(zip(NAMES[names], (url, *pair), strict=True))


def revealed(tool, *args, **how) -> dict:
    """What show finds."""
    result = tool.run("show", "--reveal", "--json", *args, reveals=True, **how)
    assert result.status == 0, result.stderr + result.stdout
    return result.json()


# ---- round trips


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("names", NAMES)
def test_a_file_is_read_back(tool, pair, home, format_name, names):
    target = home / "out"
    result = tool.run("export", "--source", "env", "--no-verify", "-f", format_name, "--names", names, "-o", target,
                      env=environment(pair), reveals=True)
    assert result.status == 0, result.stderr
    answer = revealed(tool, "--source", f"file:{target}")
    assert (answer["url"], answer["token"], answer["secret"]) == (URL, *pair)
    assert answer["url_from"] == f"file:{target}" and answer["administrator"] is None and answer["auth_api"] is None
    again = tool.run("export", "--source", f"file:{target}", "--no-verify", "-f", format_name, "--names", names, "-o", target, "--json",
                     reveals=True)
    assert '"changed": false' in again.stdout


@pytest.mark.parametrize("names", NAMES)
def test_other_tools_names(tool, pair, names):
    """env finds the names of each tool; exec hands them over, and they are read there."""
    answer = revealed(tool, "--source", "env", env=environment(pair, names))
    assert (answer["url"], answer["token"], answer["secret"]) == (URL, *pair)
    result = tool.run("exec", "--source", "env", "--no-verify", "--names", names, "--", "sh", "-c", f'printf %s "${NAMES[names][2]}"',
                      env=environment(pair), reveals=True)
    assert result.stdout == pair[1], result.stderr


def test_custom_names(tool, pair, home):
    custom = "url=A_URL,token=B_TOKEN,secret=C_SECRET"
    target = home / "out"
    assert tool.run("export", "--source", "env", "--no-verify", "--names", custom, "-o", target, env=environment(pair)).status == 0
    assert "A_URL='" in target.read_text()
    assert tool.run("show", "--source", f"file:{target}").status == 6
    assert revealed(tool, "--source", f"file:{target}", "--names", custom)["token"] == pair[0]
    assert revealed(tool, "--source", f"env:{custom}", env={"A_URL": URL, "B_TOKEN": pair[0], "C_SECRET": pair[1]})["secret"] == pair[1]


MONGOSH = """{
  _id: ObjectId('507f1f77bcf86cd799439011'),
  username: 'pritunl',
  password: '3$aGVsbG8=$d29ybGQ=',
  yubikey_id: null,
  otp_auth: undefined,
  token: %s,
  secret: %s,
  sessions: [ 'a1', "b'2", { x: Long('3') } ],
  when: ISODate('2026-11-22T17:00:00.000Z'),
  n: Int32(1), d: -1.5e3,
  auth_api: true
}
"""
JS = "'{}'"


@pytest.mark.parametrize("wrap", [JS.format, '"{}"'.format, "`{}`".format, lambda t: f"'{t[:5]}' +\n    '{t[5:]}'"])
def test_what_mongosh_prints(tool, home, canaries, wrap):
    token, secret = canaries.register(os.urandom(16).hex()), canaries.register(os.urandom(16).hex())
    for text in (MONGOSH % (wrap(token), wrap(secret)), "[\n" + MONGOSH % (wrap(token), wrap(secret)) + "]\n"):
        source = f"file:{private(home / 'document', text)}"
        answer = revealed(tool, "--source", source)
        assert (answer["administrator"], answer["token"], answer["secret"]) == ("pritunl", token, secret)
        assert tool.run("show", "nobody", "--source", source).status == 6


def test_what_mongosh_escapes(tool, home, canaries):
    secret = canaries.register("tab\tquote'\"back\\slash é\x07 line\nend " + os.urandom(8).hex())
    text = r"'" + secret.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t").replace("\x07", "\\x07") + "'"
    path = private(home / "document", MONGOSH % ("'0123456789abcdef'", text))
    assert revealed(tool, "--source", f"file:{path}")["secret"] == secret


def test_what_mongosh_prints_as_json(tool, home, pair):
    """Extended JSON, as --json and mongoexport write it; the same twice is one, two that differ are no choice."""
    document = {"_id": {"$oid": "507f1f77bcf86cd799439011"}, "username": "x", "token": pair[0], "secret": pair[1], "n": {"$numberLong": "1"}}
    for value in (document, [document], [document, document]):
        assert revealed(tool, "--source", f"file:{private(home / 'document', json.dumps(value, indent=2))}")["secret"] == pair[1]
    differs = tool.run("show", "--source", f"file:{private(home / 'document', json.dumps([document, document | {'username': 'y'}]))}")
    assert differs.status == 4 and "x, y" in differs.stderr
    for bad in ([], {}, "x", None):
        assert tool.run("show", "--source", f"file:{private(home / 'document', json.dumps(bad))}").status == 6
    for bad in ("{", "{a: 1", "{token: 'x', secret: }", "{token: 'a' 'b'}", "[" * 5000, "{a:" * 5000, MONGOSH[:100], "\0", "a=\0b"):
        assert tool.run("show", "--source", f"file:{private(home / 'document', bad)}").status == 6


def test_an_administrator_of_several(tool, home, pair, canaries):
    """By name; without one the names are listed, and no value."""
    other = [canaries.register(os.urandom(16).hex()) for _ in range(2)]
    text = "".join(f"{{ _id: ObjectId('60f1'), username: '{name}', token: '{token}', secret: {json.dumps(secret, ensure_ascii=False)} }}\n"
                   for name, (token, secret) in (("pritunl", other), ("bot", pair)))
    source = ("--source", f"file:{private(home / 'pasted', text)}")
    assert revealed(tool, "bot", *source)["secret"] == pair[1]
    assert revealed(tool, "pritunl", *source)["secret"] == other[1]
    assert revealed(tool, *source, env={"PRITUNL_ACCESS_ADMINISTRATOR": "bot"})["token"] == pair[0]
    several = tool.run("show", *source)
    assert several.status == 4 and "pritunl, bot" in several.stderr and "--administrator" in several.stderr
    assert tool.run("show", "nobody", *source).status == 6


def test_a_mounted_secret(tool, home, pair):
    """As Kubernetes mounts it: links through ..data, a line break at the end of each; what lies beside is not looked at."""
    folder = home / "mounted"
    (folder / "..2026").mkdir(parents=True)
    for name, value in zip(NAMES["pritunl-api"], (URL, *pair), strict=True):
        private(folder / "..2026" / name, value + "\n")
        (folder / name).symlink_to(f"..data/{name}")
    (folder / "..data").symlink_to("..2026")
    (folder / "OTHER").symlink_to("nowhere")
    answer = revealed(tool, "--source", f"file:{folder}")
    assert (answer["url"], answer["token"], answer["secret"]) == (URL, *pair)


def test_a_given_url_needs_no_other(tool, home, pair):
    """Two URLs in a file are no matter where one is given; two sets are none where one is named."""
    text = f"PRITUNL_URL=https://a\nPRITUNL_BASE_URL=https://b\nPRITUNL_TOKEN={pair[0]}\nPRITUNL_SECRET='{pair[1]}'\n"
    source = ("--source", f"file:{private(home / 'two', text)}")
    assert tool.run("show", *source).status == 4
    assert revealed(tool, *source, "--url", URL)["url"] == URL
    assert revealed(tool, *source, "--names", "terraform")["url"] == "https://a"
    private(home / "two", text + "PRITUNL_API_TOKEN=abcdefgh\nPRITUNL_API_SECRET=ijklmnop\n")
    assert tool.run("show", *source, "--url", URL).status == 4
    assert revealed(tool, *source, "--names", "terraform")["token"] == pair[0]


def test_why_a_file_cannot_be_read(tool, home):
    """File, line, reason; never the value."""
    for text, words in (("a: b\nPRITUNL_TOKEN: 123\nPRITUNL_SECRET: abcdefgh\n", "line 2"), ('{"PRITUNL_TOKEN": "abcdefgh",\n "PRITUNL_SECRET": "x" "y"}', "line 2"),
                        ("PRITUNL_TOKEN=$(abcdefgh)\nPRITUNL_SECRET=x\n", "line 1")):
        path = private(home / "bad", text)
        result = tool.run("show", "--source", f"file:{path}")
        assert result.status == 6 and f"{path}: {words}" in result.stderr and "abcdefgh" not in result.stderr, result.stderr


def test_standard_input(tool, pair):
    result = tool.run("show", "--source", "file:-", "--field", "token", stdin=f"PRITUNL_TOKEN={pair[0]}\nPRITUNL_SECRET='{pair[1]}'\n",
                      reveals=True)
    assert result.stdout == pair[0] + "\n"


# ---- the order of sources


def test_the_first_whole_pair_counts(tool, pair, home):
    half = private(home / "half", "PRITUNL_TOKEN='only-a-token-here'\nPRITUNL_URL='https://half.example'\n")
    answer = revealed(tool, "--source", f"file:{half}", "--source", "file:/missing", "--source", "env", env=environment(pair))
    assert (answer["url"], answer["token"], answer["secret"]) == (URL, *pair)
    mixed = environment(pair) | {"PRITUNL_SECRET": None, "PRITUNL_API_SECRET": pair[1]}
    result = tool.run("show", "--source", "env", env=mixed)
    assert result.status == 6 and "without" in result.stderr


def test_the_database_in_the_row(tool, database, seed, pair):
    """mongodb where it has a pair, else the next one; its URL is not used for another's pair."""
    admin = seed.administrator(database.db, auth_api=True)
    seed.host(database.db, "h" * 32, public_address="database.example.com")
    tool.env = {"PRITUNL_ACCESS_MONGODB_URI": database.uri}
    order = ("--source", "mongodb", "--source", "env:pritunl-api")
    theirs = environment(pair, "pritunl-api", None)
    assert revealed(tool, *order, env=theirs)["token"] == admin["token"]
    database.db["administrators"].update_one({}, {"$set": {"token": None}})
    answer = revealed(tool, *order, env=theirs)
    assert (answer["token"], answer["url"]) == (pair[0], None)
    assert revealed(tool, "someone", *order, env=theirs)["token"] == pair[0]
    # Another's pair is judged like any other.
    assert tool.run("export", *order, "--no-verify", env=theirs).status == 2


def test_verify_export_exec_without_a_database(tool, pair, site):
    """The whole way, with no database anywhere near the tool."""
    admin = site.admin()
    tool.env = {}
    env = environment((admin["token"], admin["secret"]), url=site.pritunl.url)
    result = tool.run("verify", "--source", "env", "--json", env=env)
    assert result.status == 0, result.stderr + result.stdout
    assert (result.status, result.json()["verdict"], result.json()["administrator"]) == (0, "accepted", None)
    assert tool.run("verify", "--source", "env", env=env).stdout.startswith("accepted: the pair at ")
    assert tool.run("export", "--source", "env", "-o", "out", "--json", env=env).json()["verified"] is True
    assert tool.run("exec", "--source", "env", "--", "true", env=env).status == 0
    wrong = tool.run("verify", "--source", "env", "--json", env=env | {"PRITUNL_SECRET": "x" * 32})
    assert (wrong.status, wrong.json()["verdict"]) == (1, "refused")
    assert tool.run("export", "--source", "env", env=env | {"PRITUNL_SECRET": "x" * 32}).status == 1
    assert tool.run("verify", "--all", "--source", "env", env=env).status == 2
    # A profile may hold all of it.
    private(tool.home / "pair", f"PRITUNL_URL='{site.pritunl.url}'\nPRITUNL_TOKEN='{admin['token']}'\nPRITUNL_SECRET='{admin['secret']}'\n")
    configure(tool.home, profiles={"a": {"source": f"file:{tool.home}/pair"}, "b": {"source": ["env", "file:~/pair"]},
                                   "c": {"source": {"command": ["cat", f"{tool.home}/pair"]}}})
    found = tool.run("verify", "--all-profiles", "--json")
    assert found.status == 0 and [each["verdict"] for each in found.json()] == ["accepted"] * 3, found.stdout


@pytest.mark.parametrize(("change", "cause"), [({"PRITUNL_TOKEN": None}, "token-unknown"), ({"PRITUNL_SECRET": None}, "secret-missing"),
                                               ({"PRITUNL_SECRET": "short"}, "secret-short"), ({"PRITUNL_TOKEN": "a\nb"}, "token-unknown"),
                                               ({"PRITUNL_TOKEN": None, "PRITUNL_SECRET": None}, "token-unknown")])
def test_no_usable_pair(tool, pair, change, cause):
    env = environment(pair) | change
    answer = tool.run("verify", "--source", "env", "--json", env=env)
    assert (answer.status, answer.json()["verdict"], answer.json()["cause"]) == (1, "refused", cause)
    assert tool.run("export", "--source", "env", "--no-verify", env=env).status == 6
    assert tool.run("exec", "--source", "env", "--no-verify", "--", "true", env=env).status == 125


# ---- the URL


def test_which_url(tool, pair, home):
    """Given beats stored; what other tools' variables say does not beat what is stored with the pair."""
    path = private(home / "pair", f"PRITUNL_URL='https://stored.example'\nPRITUNL_TOKEN='{pair[0]}'\nPRITUNL_SECRET='{pair[1]}'\n")
    source = ("--source", f"file:{path}")
    assert revealed(tool, *source, env={"PRITUNL_URL": "https://other.example"})["url"] == "https://stored.example"
    assert revealed(tool, *source, env={"PRITUNL_ACCESS_URL": "https://given.example"})["url"] == "https://given.example"
    assert revealed(tool, *source, "--url", "https://given.example/")["url"] == "https://given.example"
    path.write_text(f"PRITUNL_TOKEN='{pair[0]}'\nPRITUNL_SECRET='{pair[1]}'\n")
    assert revealed(tool, *source, env={"PRITUNL_URL": "https://other.example"})["url"] == "https://other.example"
    assert revealed(tool, *source)["url"] is None
    result = tool.run("verify", *source)
    assert result.status == 2 and "--url" in result.stderr


def test_a_stored_url_must_be_https(tool, pair, home):
    path = private(home / "pair", f"PRITUNL_URL='http://vpn.example.com'\nPRITUNL_TOKEN='{pair[0]}'\nPRITUNL_SECRET='{pair[1]}'\n")
    result = tool.run("verify", "--source", f"file:{path}")
    assert result.status == 2 and "try: --url http://vpn.example.com" in result.stderr


# ---- files and programs


def test_a_file_that_others_may_write(tool, pair, home):
    path = private(home / "pair", f"PRITUNL_TOKEN='{pair[0]}'\nPRITUNL_SECRET='{pair[1]}'\n")
    path.chmod(0o622)
    assert tool.run("show", "--source", f"file:{path}").status == 2
    path.chmod(0o644)
    result = tool.run("show", "--source", f"file:{path}")
    assert result.status == 0 and "warning" in result.stderr


@pytest.mark.parametrize("text", ["PRITUNL_TOKEN=\"a$b\"\nPRITUNL_SECRET=\"12345678$c\"\n", "PRITUNL_TOKEN=abc#no comment\nPRITUNL_SECRET=12345678 \n",
                                  "PRITUNL_TOKEN='a' 'b'\nPRITUNL_SECRET='12345678'\n", "export PRITUNL_TOKEN=\"$(id)\"\n", "\xff\xfe", "",
                                  "PRITUNL_TOKEN: [a]\nPRITUNL_SECRET: b\n", "PRITUNL_TOKEN = \"${x}\"\nPRITUNL_SECRET = \"12345678\"\n",
                                  "PRITUNL_TOKEN<<X\nabc\nPRITUNL_SECRET<<Y\n12345678\nY\n"])
def test_what_is_not_sure_is_not_guessed(tool, home, text):
    """Texts that readers take differently are refused."""
    assert tool.run("show", "--source", f"file:{private(home / 'x', text)}").status == 6


def test_command(tool, pair, home):
    """A program without a shell: split at blanks, or a JSON array; its standard error passes through."""
    script = home / "give me"
    script.write_text(f"#!/bin/sh\necho asked >&2\nread x && exit 9\nprintf '%s\\n' \"{{\\\"PRITUNL_TOKEN\\\": \\\"{pair[0]}\\\"\" '"
                      f", \"PRITUNL_SECRET\": \"'\"$1$2\"'\"}}'\n")
    script.chmod(0o700)
    configure(home, source=[{"command": [str(script), "abcd efgh", ";ls"]}])
    result = tool.run("show", "--field", "secret", reveals=True)
    assert (result.stdout, result.stderr) == ("abcd efgh;ls\n", "asked\n")
    (home / "give").symlink_to(script)
    result = tool.run("show", "--source", f"command:{home}/give  $HOMES ;*", "--field", "secret", reveals=True)
    assert result.stdout == "$HOMES;*\n"


def test_command_that_fails(tool, home):
    script = private(home / "script", "#!/bin/sh\necho secretsecretsecret\nexit 3\n")
    script.chmod(0o700)
    result = tool.run("show", "--source", f"command:{script}")
    assert result.status == 6 and "status 3" in result.stderr and "secretsecret" not in result.stderr
    assert tool.run("show", "--source", "command:/nonexistent").status == 2
    assert tool.run("show", "--source", "command:yes").status == 6
    assert tool.run("show", "--source", "command:").status == 2
    assert tool.run("verify", "--source", "command:false", "--json").status == 6


def test_command_that_hangs(tool, home):
    """The whole group is killed when the time is over, children that hold the pipe too."""
    script = private(home / "script", "#!/bin/sh\nsleep 100 &\necho $! >pid\nexec sleep 100\n")
    script.chmod(0o700)
    result = tool.run("show", "--source", f"command:{script}", "--timeout", "1")
    assert result.status == 6 and "in time" in result.stderr
    assert result.seconds < 20
    pid = int((home / "pid").read_text())
    for _ in range(200):
        try:
            state = open(f"/proc/{pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.02)
    raise AssertionError("the child's child lives")


def test_a_child_that_stays_is_not_waited_for(tool, home, pair):
    script = private(home / "script", f"#!/bin/sh\nsleep 5 &\necho PRITUNL_TOKEN={pair[0]}\necho 'PRITUNL_SECRET=12345678'\n")
    script.chmod(0o700)
    result = tool.run("show", "--source", f"command:{script}")
    assert result.status == 0 and result.seconds < 4


@pytest.mark.parametrize("source", ["nope", "env:", "file:", "aws:", "mongodb:x", "env:nonsense", "env:token=1x", "Env", ""])
def test_no_such_source(tool, source):
    assert tool.run("show", "--source", source).status == 2
