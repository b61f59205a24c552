# SPDX-License-Identifier: MIT
"""Help, completion and version: for everybody, whatever the configuration is like."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from expect import failed, failed_json, private

COMMANDS = ("list", "show", "verify", "export", "exec", "rotate", "issue", "dump", "config", "completion", "help")


def test_help_names_every_command(tool):
    result = tool.run("help")
    assert result.status == 0 and result.stderr == ""
    for command in COMMANDS:
        assert re.search(rf"^  (look|hand over|mend|temporary|raw|help) .*\b{command}\b", result.stdout, re.MULTILINE), command
    for words in ((), ("--help",), ("-h",), ("help", "--help")):
        again = tool.run(*words)
        assert (again.status, again.stderr) == (0, "") and "usage: pritunl-access" in again.stdout, words


def test_help_is_one_screen(tool):
    """24 lines of 80 columns; five command lines first, each a command that the groups below name."""
    lines = tool.run().stdout.splitlines()
    assert len(lines) <= 24 and all(len(line) < 80 for line in lines)
    everyday = [line.split()[1] for line in lines if line.startswith("  pritunl-access ")]
    assert everyday == ["verify", "export", "exec", "doctor", "enable"]
    named = " ".join(lines[-13:]).split()
    assert all(command in named for command in everyday)


def test_help_options_lists_all(tool):
    """Every option that the help of any command names, and every setting that `config` tells of."""
    shown = tool.run("help", "options")
    options = set(re.findall(r"^(?:  -., |      )--([a-z-]+)", shown.stdout, re.MULTILINE))
    assert shown.status == 0 and shown.stderr == ""
    assert {key.replace("_", "-") for key in tool.run("config", "--json").json()["settings"]} <= options
    for command in COMMANDS:
        named = set(re.findall(r"^(?:  -., |      )--([a-z-]+)", tool.run("help", command).stdout, re.MULTILINE))
        assert named <= options, command


def test_help_leads_with_examples_and_the_settings_that_matter(tool):
    text = tool.run("help", "export").stdout
    assert text.index("Examples:") < text.index("Nothing is written") < text.index("Options:") < text.index("Settings that matter here:")
    assert "--names" in text.split("Settings that matter here:")[1] and "--source" in text
    assert "Settings that matter" not in tool.run("help", "completion").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_for_a_command(tool, command):
    result = tool.run("help", command)
    assert result.status == 0 and result.stderr == "" and "usage: pritunl-access" in result.stdout
    assert f"pritunl-access {command}" in result.stdout, "an example, or the title"
    for words in ((command, "--help"), (command, "-h")):
        assert command == "help" or tool.run(*words).stdout == result.stdout


def test_help_fits_a_terminal(tool):
    for words in (("help",), ("help", "options"), *(("help", command) for command in COMMANDS)):
        for line in tool.run(*words).stdout.splitlines():
            assert (len(line) < 80 or line.startswith("      pritunl-access") or line.startswith("usage")) and line == line.rstrip(), (words, line)


def test_help_does_not_need_a_configuration_in_order(tool, home):
    private(home / ".config" / "pritunl-access" / "config.json", "{broken")
    for words in (("help",), ("--version",), ("list", "--help"), ("completion", "bash")):
        assert tool.run(*words, env={"PRITUNL_ACCESS_TIMEOUT": "never"}).status == 0
    failed(tool.run("config"), 2)


def test_help_for_an_unknown_command_names_the_nearest(tool):
    failed(tool.run("help", "exprot"), 2, "exprot", attempt="help export")
    failed_json(tool.run("help", "exprot", "--json"), 2, "exprot")


@pytest.mark.parametrize("words", [("--version",), ("-V",), ("list", "--version")], ids=" ".join)
def test_version(tool, words):
    result = tool.run(*words)
    assert result.status == 0 and result.stderr == ""
    assert re.fullmatch(r"pritunl-access \d+\.\d+\.\d+\n", result.stdout)


def shell(tool, home, program, script):
    """Run a script in a shell that knows the tool by its name."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"there is no {program}")
    (home / "bin").mkdir(exist_ok=True)
    link = home / "bin" / "pritunl-access"
    link.unlink(missing_ok=True)
    link.symlink_to(tool.binary)
    for name in ("bash", "zsh", "fish"):
        (home / f"completion.{name}").write_text(tool.run("completion", name).stdout)
    env = tool.environment({"PATH": f"{home / 'bin'}:/usr/bin:/bin"})
    return subprocess.run([path, *script], env=env, cwd=home, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(("line", "expected", "not_expected"), [
    (["pritunl-access", "ex"], {"export", "exec"}, {"list"}), (["pritunl-access", "export", "--form"], {"--format"}, set()),
    (["pritunl-access", "export", "--format", "y"], {"yaml"}, {"json"}), (["pritunl-access", "completion", ""], {"bash", "zsh"}, {"list"}),
    (["pritunl-access", "help", "ver"], {"verify"}, {"list"}),
])
def test_bash_completes(tool, home, line, expected, not_expected):
    words = " ".join(f"'{word}'" for word in line)
    script = f"""set -u; source completion.bash; COMP_WORDS=({words}); COMP_CWORD={len(line) - 1}; _pritunl_access
                 printf '%s\\n' "${{COMPREPLY[@]}}"; complete -p pritunl-access >/dev/null"""
    result = shell(tool, home, "bash", ["--norc", "-c", script])
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    found = set(result.stdout.split())
    assert expected <= found and not not_expected & found, found


@pytest.mark.parametrize(("line", "expected", "not_expected"), [
    ("pritunl-access ex", {"export", "exec"}, {"list"}), ("pritunl-access export --form", {"--format"}, set()),
    ("pritunl-access completion ", {"bash", "zsh", "fish"}, {"list"}), ("pritunl-access export --format ", {"yaml", "json"}, {"list"}),
])
def test_fish_completes(tool, home, line, expected, not_expected):
    result = shell(tool, home, "fish", ["--no-config", "-c", f"source completion.fish; complete -C '{line}'"])
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    found = {each.split("\t")[0] for each in result.stdout.splitlines()}
    assert expected <= found and not not_expected & found, found


ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
type_line() { zpty -w shell "$1" }
type_line 'PS1=; PROMPT_EOL_MARK=; autoload -Uz compinit; compinit -D -u; source ./completion.zsh; zstyle ":completion:*" menu no'
type_line 'setopt no_always_last_prompt no_beep; LISTMAX=1000; bindkey "^I" complete-word; print LOADED$((1+1))'
zpty -r shell text '*LOADED2*'
zpty -w -n shell $'pritunl-access expo\t'
zpty -r shell text '*export*' && print -r -- completed
zpty -d shell
"""


def test_zsh_completes(tool, home):
    result = shell(tool, home, "zsh", ["-f", "-c", ZSH])
    assert (result.returncode, result.stderr, result.stdout.split()[-1:]) == (0, "", ["completed"]), result
    for check in ("zsh -n completion.zsh", "bash -n completion.bash", "fish --no-execute completion.fish"):
        result = shell(tool, home, check.split()[0], check.split()[1:])
        assert (result.returncode, result.stderr) == (0, ""), result


def test_completion_of_an_unknown_shell(tool):
    for words in (("completion",), ("completion", "tcsh")):
        failed(tool.run(*words), 2, "bash", "zsh", "fish")
