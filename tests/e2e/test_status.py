# SPDX-License-Identifier: MIT
"""Every row of the table of exit statuses that the reading commands can give, as text and as JSON, and which row wins."""

from __future__ import annotations

import pytest
from expect import VERIFY_KEYS, failed, failed_json, pair, tree

READING = ("list", "show", "verify", "export")
ASKING = ("show", "verify", "export")
CONTROL = {"exec": ("--", "true")}


def test_0_each_command_that_succeeds(site):
    admin = site.admin()
    for command in ("list", "show", "verify", "config", "help", "--version"):
        result = site.run(command)
        assert result.status == 0 and result.stdout and result.stderr == "", (command, result.stderr)
    for shell in ("bash", "zsh", "fish"):
        assert site.run("completion", shell).status == 0
    exported = site.run("export", reveals=True)
    assert exported.status == 0 and exported.stderr == "" and admin["secret"] in exported.stdout
    assert site.run("exec", "--", "true").status == 0


def test_1_a_refused_credential(site, home):
    site.admin()
    site.pritunl.front = "strict"
    before = tree(home)
    failed(site.run("verify"), 1, "refuse", ": ", attempt="pritunl-access ")
    failed(site.run("export", "-o", "pair.env"), 1, "refuse", attempt="pritunl-access ")
    failed(site.run("export"), 1, "refuse")
    failed_json(site.run("export", "--json", "-o", "pair.env"), 1)
    answer = site.run("verify", "--json")
    assert answer.status == 1 and answer.stderr == "" and answer.json()["verdict"] == "refused"
    assert tree(home) == before


def test_1_a_file_that_differs(site, home):
    site.admin()
    target = home / "pair.env"
    target.write_text("PRITUNL_TOKEN=another\n")
    before = tree(home)
    result = site.run("export", "--check", "-o", target)
    assert result.status == 1 and result.stdout == "" and "differs" in result.stderr
    answer = site.run("export", "--check", "-o", target, "--json")
    assert answer.status == 1 and answer.json()["changed"] is True and answer.stderr == ""
    assert tree(home) == before


@pytest.mark.parametrize("words", [
    ("lst",), ("--nonsense", "list"), ("list", "extra"), ("show", "one", "two"), ("export", "-f", "toml"), ("list", "--timeout", "0"),
    ("list", "--timeout", "many"), ("list", "--timeout"), ("export", "--mode", "0998"), ("export", "--names", "url=1A"),
    ("verify", "--all", "somebody"), ("completion", "tcsh"), ("help", "nothing"), ("show", "--field", "password"),
    ("list", "--pin", "sha256//AAAA", "--insecure"), ("list", "--config", "/nowhere.json"), ("list", "-p", "nobody"),
    ("export", "--check"),
], ids=" ".join)
def test_2_wrong_usage(site, home, words):
    site.admin()
    failed(site.run(*words), 2)
    failed_json(site.run(*words, "--json"), 2, kind="usage")
    assert tree(home) == {} and site.pritunl.requests == []


def test_2_no_database_is_named(site, home):
    nowhere = {"PRITUNL_ACCESS_MONGODB_URI": None}
    for command in READING:
        options = ("--pritunl-conf", home / "none.conf")
        failed(site.run(command, *options, env=nowhere), 2, "none.conf", attempt="--mongodb-uri-file")
        failed_json(site.run(command, *options, "--json", env=nowhere), 2)


def test_2_exec_without_a_command(site):
    site.admin()
    for words in (("exec",), ("exec", "--"), ("exec", "pritunl", "--")):
        failed(site.run(*words), 125, attempt="exec")
    assert site.pritunl.requests == [] or not site.signed()


def test_3_a_database_that_refuses_connections(site, home, address):
    gone = {"PRITUNL_ACCESS_MONGODB_URI": f"mongodb://{address('refused')}/pritunl"}
    options = ("--connect-timeout", "1")
    for command in READING:
        failed(site.run(command, *options, env=gone), 3)
    for command in ("list", "show"):
        failed_json(site.run(command, *options, "--json", env=gone), 3, kind="database-unreachable")
    answer = site.run("verify", *options, "--json", env=gone)
    assert answer.status == 3 and VERIFY_KEYS <= set(answer.json())
    assert (answer.json()["verdict"], answer.json()["cause"]) == ("unknown", "database-unreachable")
    failed_json(site.run("export", "-o", "pair.env", *options, "--json", env=gone), 3, kind="database-unreachable")
    assert tree(home) == {} and not site.signed()


def test_3_a_database_that_refuses_the_login(tool, secure_server, database, home):
    uri = secure_server.uri(database.name, "nobody", "a password that nobody has")
    failed(tool.run("list", "--mongodb-uri-file", "-", stdin=uri), 3)
    failed_json(tool.run("list", "--json", "--mongodb-uri-file", "-", stdin=uri), 3, kind="database-auth")
    answer = tool.run("verify", "--json", "--mongodb-uri-file", "-", stdin=uri)
    assert answer.status == 3 and answer.json()["cause"] == "database-auth"
    assert tree(home) == {}


def test_3_an_empty_database_also_when_a_name_was_given(site):
    for name in ((), ("pritunl",), ("-a", "pritunl"), ("--collection-prefix", "other_")):
        for command in ASKING:
            failed(site.run(command, *name), 3, "no administrators", attempt="pritunl-access ")
        failed_json(site.run("show", *name, "--json"), 3, kind="database-empty")
        answer = site.run("verify", *name, "--json")
        assert answer.status == 3 and answer.json()["verdict"] == "unknown" and answer.json()["cause"] == "database-empty"
    failed(site.run("list"), 3)
    failed_json(site.run("list", "--json"), 3, kind="database-empty")
    failed(site.run("exec", "--", "true"), 125, "no administrators")


def test_4_nobody_of_that_name(site, home):
    site.admin("anna")
    site.admin("bert", auth_api=False)
    for command in ASKING:
        failed(site.run(command, "carl"), 4, "carl", "anna", "bert")
        failed(site.run(command, "-a", "carl"), 4, "carl", "anna", "bert")
        failed_json(site.run(command, "carl", "--json"), 4, "carl", kind="not-found")
    failed(site.run("exec", "carl", "--", "true"), 125, "carl")
    failed(site.run("verify", "ANNA"), 4, "ANNA")
    assert tree(home) == {} and not site.signed()


def test_4_the_choice_is_ambiguous(site, home):
    site.admin("anna")
    site.admin("bert")
    for command in ASKING:
        failed(site.run(command), 4, "anna", "bert")
        failed_json(site.run(command, "--json"), 4, "anna", "bert", kind="ambiguous")
    failed(site.run("exec", "--", "true"), 125, "anna", "bert")
    assert tree(home) == {} and not site.signed()


def test_4_two_documents_of_one_name(site):
    site.db["administrators"].drop_indexes()
    for _ in range(2):
        site.admin("twin")
    for command in ASKING:
        failed(site.run(command, "twin"), 4, "twin")
        failed_json(site.run(command, "twin", "--json"), 4, kind="ambiguous")
    assert len(site.run("list", "--json").json()) == 2 and not site.signed()


def test_5_an_api_that_does_not_answer(site, home, address):
    site.admin()
    url = ("--url", f"http://{address('refused')}")
    failed(site.run("verify", *url), 5)
    failed(site.run("export", *url, "-o", "pair.env"), 5)
    failed_json(site.run("export", *url, "-o", "pair.env", "--json"), 5, kind="unreachable")
    failed(site.run("exec", *url, "--", "true"), 125)
    answer = site.run("verify", *url, "--json")
    assert answer.status == 5 and VERIFY_KEYS <= set(answer.json())
    assert (answer.json()["verdict"], answer.json()["cause"]) == ("unknown", "unreachable")
    assert answer.json()["status"] is None and tree(home) == {}


def test_5_an_api_that_is_not_trusted(site, home, standin, pki):
    site.admin()
    url = ("--url", standin(tls=pki.untrusted).url)
    failed(site.run("verify", *url), 5, "certificate")
    failed(site.run("export", *url, "-o", "pair.env"), 5, "certificate")
    failed_json(site.run("export", *url, "--json"), 5, kind="tls-untrusted")
    assert site.run("verify", *url, "--json").json()["cause"] == "tls-untrusted"
    assert tree(home) == {}


def test_5_a_server_that_fails_is_the_same_in_text_and_json(site, address):
    site.admin()
    body = b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n"
    url = ("--url", f"http://{address('answering', body)}")
    answer = site.run("verify", *url, "--json")
    assert (answer.json()["verdict"], answer.json()["cause"]) == ("unknown", "server-error") and answer.status == 5
    failed(site.run("verify", *url), 5)
    failed(site.run("export", *url), 5)


@pytest.mark.parametrize(("fields", "kind"), [
    ({"auth_api": False}, "api-disabled"), ({"token": None}, "token-unknown"), ({"secret": ""}, "secret-missing"),
    ({"secret": "short"}, "secret-short"), ({"disabled": True}, "administrator-disabled"),
], ids=["off", "no token", "no secret", "short secret", "disabled"])
def test_6_no_usable_credential(site, home, fields, kind):
    site.admin(**fields)
    for options in ((), ("--no-verify",), ("-o", "pair.env")):
        failed(site.run("export", *options), 6, "pritunl", attempt="pritunl-access ")
        failed_json(site.run("export", *options, "--json"), 6, "pritunl", kind=kind)
    failed(site.run("exec", "--", "true"), 125, "pritunl")
    failed_json(site.run("exec", "--json", "--", "true"), 125, kind=kind)
    status, answer = site.verify()
    assert (status, answer["verdict"], answer["cause"]) == (1, "refused", kind), answer
    assert failed(site.run("verify"), 1, "pritunl")
    assert site.run("show").status == 0 and site.run("list").status == 0
    assert tree(home) == {}


def test_7_the_output_cannot_be_written(site, home):
    site.admin()
    (home / "folder").mkdir()
    before = tree(home)
    for target in (home / "folder", home / "none" / "pair.env"):
        failed(site.run("export", "-o", target), 7, str(target.parent))
        failed_json(site.run("export", "-o", target, "--json"), 7, kind="output")
    assert tree(home) == before


def test_7_the_output_is_full(site):
    site.admin()
    with open("/dev/full", "wb") as full:
        for words in (("export",), ("list",), ("show",), ("verify",), ("help",), ("completion", "bash"), ("--version",)):
            failed(site.run(*words, stdout=full), 7)


def test_7_an_error_that_cannot_be_written_as_json_is_said_on_stderr(site):
    site.admin()
    with open("/dev/full", "wb") as full:
        failed(site.run("show", "--json", stdout=full), 7)


def test_7_the_format_cannot_carry_it(site, home):
    site.admin(secret="both \\ ' and \" in one")
    failed(site.run("export", "-f", "dotenv", "-o", "pair.env"), 7, "dotenv", attempt="-f ")
    failed_json(site.run("export", "-f", "dotenv", "--json"), 7, "dotenv", kind="format")
    assert tree(home) == {}


def test_125_126_127_and_its_own(site, home):
    site.admin()
    (home / "plain").write_text("not a program\n")
    (home / "plain").chmod(0o600)
    failed(site.run("exec", "nobody", "--", "true"), 125)
    failed(site.run("exec", "--", home / "plain"), 126, "plain")
    failed(site.run("exec", "--", home), 126)
    failed(site.run("exec", "--", home / "none"), 127, "none")
    failed(site.run("exec", "--", "no-such-program-anywhere"), 127, "no-such-program-anywhere")
    failed_json(site.run("exec", "--json", "--", home / "plain"), 126)
    failed_json(site.run("exec", "--json", "--", home / "none"), 127)
    for status in (0, 1, 7, 42, 125, 126, 127, 255):
        result = site.run("exec", "--", "sh", "-c", f"exit {status}")
        assert (result.status, result.stdout, result.stderr) == (status, "", "")


def test_the_database_comes_before_the_api(site, address):
    gone = {"PRITUNL_ACCESS_MONGODB_URI": f"mongodb://{address('refused')}/pritunl"}
    options = ("--connect-timeout", "1", "--url", f"http://{address('refused')}")
    failed(site.run("verify", *options, env=gone), 3)
    failed(site.run("export", *options, env=gone), 3)
    failed(site.run("verify", *options), 3, "no administrators")


def test_a_name_comes_before_the_api_and_usage_before_all(site, address):
    site.admin()
    dead = ("--url", f"http://{address('refused')}")
    failed(site.run("verify", "nobody", *dead), 4)
    failed(site.run("export", "nobody", *dead, "--mode", "9"), 2)
    failed(site.run("export", "nobody", "-f", "sh", "--names", "nonsense"), 2)


def test_unusable_comes_before_an_api_that_is_away(site, address):
    site.admin(auth_api=False)
    dead = ("--url", f"http://{address('refused')}")
    failed(site.run("export", *dead), 6)
    status, answer = site.verify(*dead)
    assert (status, answer["verdict"], answer["cause"]) == (5, "unknown", "unreachable")


def test_no_verify_needs_no_api(site, address):
    admin = site.admin()
    url = f"http://{address('refused')}"
    result = site.run("export", "-f", "json", "--no-verify", "--url", url, reveals=True)
    assert result.status == 0 and result.json() == pair(site, admin) | {"PRITUNL_URL": url}


# ---- how long it took


def test_an_answer_within_a_millisecond(site, address):
    """The least of several is below one on any machine, and is not called nothing."""
    site.admin()
    where = address("answering", b"HTTP/1.1 200 OK\r\nServer: TornadoServer/6\r\nContent-Type: text/html; charset=UTF-8\r\n"
                                 b"Content-Length: 2\r\nConnection: close\r\n\r\nOK")
    answers = [site.verify("--url", f"http://{where}")[1] for _ in range(8)]
    assert {each["status"] for each in answers} == {200} and min(each["latency_ms"] for each in answers) >= 1, answers


def test_latency_is_never_nothing(site):
    """What was really asked took time, and it is counted from the request, not from the connection."""
    site.admin()
    assert all(site.verify()[1]["latency_ms"] >= 1 for _ in range(3))
    site.pritunl.configure(answer_delay_s=0.3)
    assert site.verify()[1]["latency_ms"] >= 300
    site.db["administrators"].update_one({}, {"$set": {"secret": "w" * 32}})
    assert site.verify()[1]["latency_ms"] >= 300
