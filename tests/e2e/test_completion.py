# SPDX-License-Identifier: MIT
"""What a TAB offers: the program's own answer first, then each shell's way to it."""

import json

import pytest

from test_help import shell


def offered(result) -> dict[str, str]:
    """Kind and words of an answer to the scripts."""
    assert (result.status, result.stderr) == (0, ""), result
    kind, *lines = result.stdout.split("\n")[:-1]
    return {"kind": kind, "words": [line.split("\t")[0] for line in lines]}


def ask(tool, *words):
    """Ask as the scripts do."""
    return offered(tool.run("completion", "words", "--", *words))


@pytest.mark.parametrize(("words", "expected"), [
    (("exp",), ["export"]), (("ex",), ["export", "exec"]), (("nothing",), []),
    (("--colo",), ["--color"]), (("--color=a",), ["--color=auto", "--color=always"]), (("--color", "n"), ["never"]),
    (("export", "--form"), ["--format"]), (("export", "-f", "y"), ["yaml"]), (("export", "-fy"), ["-fyaml"]),
    (("export", "-qf", "tfv"), ["tfvars", "tfvars-json"]), (("export", "--format=ya"), ["--format=yaml"]),
    (("list", "--form"), []), (("show", "--field", "tok"), ["token"]), (("--names", "ans"), ["ansible"]),
    (("-s", "aw"), ["aws:"]), (("help", "ver"), ["verify"]), (("completion", "b"), ["bash"]), (("routes", "a"), ["add"]),
    (("api", "P"), ["POST", "PUT"]), (("dump", "--from", "d"), ["database"]), (("--url", "list", "exp"), ["export"]),
])
def test_the_tables_words(tool, words, expected):
    assert ask(tool, *words) == {"kind": "words", "words": expected}


@pytest.mark.parametrize(("words", "kind"), [
    (("restore", ""), "files 0"), (("forget", "one", "tw"), "files 0"), (("export", "-o", ""), "files 0"),
    (("export", "--output=x"), "files 9"), (("--mongodb-uri-file", "x"), "files 0"), (("-s", "file:/tm"), "files 5"),
    (("--source=file:/tm",), "files 14"), (("exec", "--", "ls", ""), "command 2"), (("exec", "-q", "name", "--", ""), "command 4"),
])
def test_what_others_complete(tool, words, kind):
    assert ask(tool, *words)["kind"] == kind


def test_administrators_labels_and_profiles(site, home):
    site.admin()
    site.admin("deploy bot", auth_api=False)
    site.admin("two\nlines")
    assert site.run("issue", "nightly", "--yes", reveals=True).status in (0, 5)
    told = offered(site.run("completion", "words", "--", "show", ""))
    assert {"pritunl", "deploy bot"} <= set(told["words"]) and not any("two" in word for word in told["words"])
    assert offered(site.run("completion", "words", "--", "enable", "dep"))["words"] == ["deploy bot"]
    assert offered(site.run("completion", "words", "--", "-a", "pri"))["words"][0] == "pritunl"
    if site.run("list", "--issued", "--json").json():
        assert offered(site.run("completion", "words", "--", "revoke", ""))["words"] == ["nightly"]
    config = home / "config.json"
    config.write_text(json.dumps({"profiles": {"paris": {}, "rome": {}}}))
    config.chmod(0o600)
    assert offered(site.run("completion", "words", "--", "--config", config, "-p", ""))["words"] == ["paris", "rome"]
    assert offered(site.run("completion", "words", "--", "--config", config, "--profile=r"))["words"] == ["--profile=rome"]


def test_a_database_that_is_not_there_is_silent(tool):
    told = tool.run("--mongodb-uri", "mongodb://127.0.0.1:1/pritunl", "completion", "words", "--", "show", "")
    assert (told.status, told.stdout, told.stderr) == (0, "words\n", "")


BASH = """set -u; source completion.bash; COMP_WORDS=({words}); COMP_CWORD={last}; _pritunl_access
printf '%s\\n' "${{COMPREPLY[@]}}" """


@pytest.mark.parametrize(("line", "expected"), [
    (["pritunl-access", "export", "--format", "=", "ya"], ["yaml"]), (["pritunl-access", "export", "--format", "="], ["dotenv", "docker"]),
    (["pritunl-access", "export", "-f", "ya"], ["yaml"]), (["pritunl-access", "restore", "a"], ["a file"]),
    (["pritunl-access", "--source", "aw"], ["aws:"]), (["pritunl-access", "--source", "file", ":", "a"], ["a file"]),
    (["pritunl-access", "exec", "--", "prin"], ["printf"]), (["pritunl-access", "exec", "--", "cat", "a"], ["a file"]),
])
def test_bash(tool, home, line, expected):
    (home / "a file").touch()
    words = " ".join(f"'{word}'" for word in line)
    result = shell(tool, home, "bash", ["--norc", "-c", BASH.format(words=words, last=len(line) - 1)])
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    found = result.stdout.splitlines()
    assert all(each in found for each in expected) and "list" not in found, found


@pytest.mark.parametrize(("line", "expected"), [
    ("pritunl-access export --format=ya", "--format=yaml"), ("pritunl-access restore a", "a file"),
    ("pritunl-access --source file:a", "file:a file"), ("pritunl-access exec -- cat a", "a file"), ("pritunl-access export -f ya", "yaml"),
])
def test_fish(tool, home, line, expected):
    (home / "a file").touch()
    result = shell(tool, home, "fish", ["--no-config", "-c", f"source completion.fish; complete -C '{line}'"])
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    assert expected in [each.split("\t")[0].replace("\\ ", " ") for each in result.stdout.splitlines()], result.stdout


def test_zsh_without_compinit_says_nothing(tool, home):
    result = shell(tool, home, "zsh", ["-f", "-c", "source ./completion.zsh"])
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
