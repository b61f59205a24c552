# SPDX-License-Identifier: MIT
"""Completion as it is typed: a TAB in bash, zsh and fish, each in a terminal of its own (tmux), set up as `make install` does it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time

import pytest
from expect import configure, private

PATIENCE = 30       # seconds for what the screen is to show
PROMPT = "type> "
LIBRARY = "/usr/share/bash-completion/bash_completion"

# What is typed behind the program's name, and what the screen is to show after a TAB. The first of them is the session's first.
TYPED = {
    "a command": ("exp", "export "),
    "an option behind its command": ("export --form", "export --format"),
    "its value, joined": ("export --format=ya", "export --format=yaml "),
    "a short option's value": ("export -f tfvars-", "export -f tfvars-json "),
    "an option that only this command has": ("verify --every", "verify --every-host "),
    "an administrator": ("show dep", "show deploy-bot "),
    "a profile": ("-p par", "-p paris "),
    "a file to restore": ("restore pai", "restore pairs.json "),
    "a file to forget, behind another": ("forget a.env old", "forget a.env old.env "),
    "a command behind exec --": ("exec -- mytoo", "exec -- mytool "),
    "that command's own words": ("exec -- mytool alph", "exec -- mytool alpha "),
}

BASH = """PS1='{prompt}'; PROMPT_COMMAND=; [ ! -e {library} ] || . {library}; . {home}/completion
complete -W 'alpha beta' mytool
"""
ZSH = """PS1='{prompt}'; unsetopt BEEP; fpath=({home} $fpath); autoload -Uz compinit; compinit -u -d {home}/dump
_mytool() {{ compadd alpha beta }}; compdef _mytool mytool
"""
FISH = """function fish_prompt; echo -n '{prompt}'; end; function fish_greeting; end; set -g fish_autosuggestion_enabled 0
complete -c mytool -f -a 'alpha beta'
"""


class Screen:
    """A terminal with a shell in it."""

    def __init__(self, home, command: list[str], env: dict[str, str]):
        self.tmux = ["tmux", "-L", str(home / "tmux.socket").replace("/", "_")[-60:], "-f", "/dev/null"]
        self.run("new-session", "-d", "-x", "100", "-y", "30", "env", "-i", *(f"{name}={value}" for name, value in env.items()), *command, cwd=home, env=env)
        self.wait(PROMPT.strip())

    def run(self, *words: str, **more) -> str:
        """One command of tmux's."""
        return subprocess.run([*self.tmux, *words], check=True, capture_output=True, text=True, timeout=PATIENCE, **more).stdout

    def shown(self) -> str:
        """What is on the screen; a blank at a line's end stays."""
        return self.run("capture-pane", "-p", "-N", "-J")

    def wait(self, text: str, again: str | None = None) -> bool:
        """Until the screen shows text; a TAB is pressed again where the shell lists at the second."""
        end = time.monotonic() + PATIENCE
        while text not in self.shown():
            if time.monotonic() > end:
                raise AssertionError(f"{text!r} is not shown:\n{self.shown()}")
            if again is not None:
                self.run("send-keys", again)
            time.sleep(0.05)
        return True

    def type(self, text: str, *keys: str) -> None:
        """Type on an empty line of an empty screen."""
        self.run("send-keys", "C-u")
        self.run("send-keys", "C-l")
        self.run("send-keys", "-l", text)
        self.wait(PROMPT + text)
        self.run("send-keys", *keys)


@pytest.fixture(params=["bash", "zsh", "fish"])
def screen(request, site, home):
    """The shell, in a folder with files, over a database with administrators."""
    if missing := [each for each in ("tmux", request.param) if not shutil.which(each)]:
        pytest.skip(f"not installed: {missing}")
    site.admin("deploy-bot")
    site.admin("pritunl", auth_api=False)
    for name in ("pairs.json", "old.env"):
        (home / name).touch()
    tools = home / "bin"
    tools.mkdir()
    (tools / "pritunl-access").symlink_to(site.tool.binary)
    (tools / "mytool").write_text("#!/bin/sh\n")
    (tools / "mytool").chmod(0o755)
    configure(home, profiles={"paris": {}, "rome": {}})
    script = site.run("completion", request.param).stdout
    here = {"prompt": PROMPT, "home": shlex.quote(str(home)), "library": LIBRARY}
    rc, place, text = {
        "bash": (".bashrc", "completion", BASH), "zsh": (".zshrc", "_pritunl-access", ZSH),
        "fish": (".config/fish/config.fish", ".config/fish/completions/pritunl-access.fish", FISH)}[request.param]
    for name, content in ((place, script), (rc, text.format(**here))):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content)
    env = {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(home), "TERM": "screen", "LANG": "C.UTF-8", "ZDOTDIR": str(home),
           **{name: str(value) for name, value in site.tool.env.items() if value is not None}}
    screen = Screen(home, [shutil.which(request.param), *(["--rcfile", str(home / rc), "-i"] if request.param == "bash" else ["-i"])], env)
    screen.shell = request.param
    yield screen
    subprocess.run([*screen.tmux, "kill-server"], check=False)


def test_what_a_tab_completes(screen, record_property):
    """And nothing is said beside it: the line stands on the first line of the screen, and the prompt but once."""
    for what, (typed, due) in TYPED.items():
        if what == "that command's own words" and screen.shell == "bash" and not os.path.exists(LIBRARY):
            continue
        screen.type(f"pritunl-access {typed}", "Tab")
        screen.wait(f"{PROMPT}pritunl-access {due}")
        shown = screen.shown()
        assert shown.count(PROMPT) == 1 and "rror" not in shown and "pritunl-access:" not in shown, (what, shown)
        record_property("figure: completions typed", 1)
    screen.type("pritunl-access show ", "Tab")
    screen.wait("deploy-bot", again="Tab" if screen.shell == "bash" else None)
    assert "deploy-bot" in screen.shown() and "pritunl" in screen.shown().replace("pritunl-access", "")


def test_a_database_that_never_answers_is_silent(screen, home, address):
    """A TAB for administrators comes back without a word: what is typed behind it is on the same line."""
    private(home / "lost", f"mongodb://{address('silent')}/pritunl")
    screen.type("pritunl-access --mongodb-uri-file lost show dep", "Tab")
    screen.run("send-keys", "-l", "end")
    screen.wait(f"{PROMPT}pritunl-access --mongodb-uri-file lost show depend")
    assert screen.shown().strip().count("\n") == 0, screen.shown()
