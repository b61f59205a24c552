# SPDX-License-Identifier: MIT
"""On a terminal: tables fit it, what matters has a colour, and failures stand last; in a pipe everything is whole and plain."""

from __future__ import annotations

import copy
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from expect import configure

SGR = re.compile(r"\x1b\[[0-9;]*m")


def shown(site, width, *words, env=None):
    """All that a terminal of that width got: it is made so wide before the program looks."""
    script = "import fcntl, os, struct, sys, termios; fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 20, int(sys.argv[1]), 0, 0)); " \
             "os.execv(sys.argv[2], sys.argv[2:])"
    tool = copy.copy(site.tool)
    tool.binary = sys.executable
    result = tool.run("-I", "-S", "-c", script, str(width), site.tool.binary, *words, tty=True, env={"TERM": "xterm"} | (env or {}))
    return result.status, result.stdout.replace("\r\n", "\n")


def at_once(*runs):
    """What each of them gives; they are waited for together."""
    with ThreadPoolExecutor(len(runs)) as threads:
        return [each.result() for each in [threads.submit(run) for run in runs]]


@pytest.mark.parametrize("width", [80, 60])
def test_tables_fit(site, home, width):
    site.admin("a-rather-long-name@of-somebody.example.com")
    site.admin("bert", auth_api=False)
    url = site.pritunl.url
    configure(home, profiles={"production-in-frankfurt": {"url": url, "administrator": "bert"}, "lost": {"url": url, "administrator": "nobody"}})
    for words in (("list",), ("verify", "--all"), ("verify", "--all-profiles"), ("audit",), ("config",), ("undo", "--list")):
        status, text = shown(site, width, *words)
        assert status in (0, 1, 4), (words, text)
        lines = SGR.sub("", text).replace("\x1b[K", "").splitlines()      # where it took long, what was waited for was taken away again
        table = [line for line in lines if not line.startswith("pritunl-access: ")]
        assert table and max(map(len, table)) <= width, (words, text)
        piped = site.run(*words)
        assert "\x1b" not in piped.stdout and (words[0] != "verify" or (url in piped.stdout and "…" not in piped.stdout))
    _, text = shown(site, width, "verify", "--all")
    assert "bert" in text and "api-disabled" in text, "the last columns give way, not the first"
    if width == 60:
        assert "no room for URL" in text or "…" in text


def test_sentences_are_broken_between_words(site):
    """Answers, notes and errors; in a pipe each is one line. The command at the end is whole, and behind sudo where that began us."""
    site.admin("somebody-with-a-name", auth_api=False)
    words = ("enable", "somebody-with-a-name", "--yes")
    status, text = shown(site, 60, *words, env={"SUDO_USER": "alice"})
    lines = SGR.sub("", text).splitlines()
    assert status == 0 and max(map(len, lines)) <= 60 and "auth_api changed" in text, text
    sudo = "sudo " if os.geteuid() == 0 else ""
    assert re.fullmatch(rf"  {sudo}pritunl-access undo \S+", lines[-1]), text
    assert all(each.startswith(("  ", "pritunl-access: ", "somebody-with-a-name: ")) for each in lines), text
    assert len(site.run(*words).stdout.splitlines()) == 1
    _, text = shown(site, 60, "verify", "somebody-with-a-name", "--timeout", "x", env={"SUDO_USER": "alice"})
    assert text.splitlines()[-1] == "try: pritunl-access help verify", text


def test_colour_where_it_means_something(site):
    site.admin("anna")
    site.admin("bert", auth_api=False)
    _, text = shown(site, 120, "verify", "--all")
    assert "\x1b[32maccepted\x1b[0m" in text and "\x1b[31mrefused\x1b[0m" in text and "\x1b[31mapi-disabled\x1b[0m" in text
    assert "\x1b[31mapi-disabled\x1b[0m" in shown(site, 120, "list")[1]
    text = shown(site, 120, "show", "nobody")[1]
    assert "\x1b[31mpritunl-access:\x1b[0m" in text and "\x1b[1mtry:\x1b[0m" in text
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        for words in (("verify", "--all"), ("list",), ("show", "nobody")):
            assert not SGR.search(shown(site, 120, *words, env=env)[1])


def test_failures_stand_last_with_a_sum(site, home):
    site.admin("anna")
    site.admin("bert", auth_api=False)
    url = site.tool.env.pop("PRITUNL_ACCESS_URL")
    configure(home, profiles={"bad": {"url": url, "administrator": "bert"}, "lost": {"url": url, "administrator": "nobody"},
                              "good": {"url": url, "administrator": "anna"}})
    words = ("verify", "--all-profiles")
    rows = [line.split()[0] for line in site.run(*words).stdout.splitlines()[1:]]
    assert rows == ["accepted", "unknown", "refused"] and site.run(*words).stderr == ""
    assert [each["profile"] for each in site.run(*words, "--json").json()] == ["bad", "lost", "good"], "JSON has the files' order"
    status, text = shown(site, 100, *words)
    assert status == 1 and text.splitlines()[-1] == "pritunl-access: 3 asked: 1 accepted, 1 refused, 1 unknown"
    assert "asked" not in shown(site, 100, *words, "-q")[1]


@pytest.mark.long
def test_a_wait_counts_down(site):
    """On a terminal alone, and the line is gone when the answer comes."""
    site.admin("bert", auth_api=False)
    site.pritunl.front = "strict"
    words = ("enable", "bert", "--yes", "--wait=3")
    status, text = shown(site, 100, *words)
    left = re.findall(r"\r\x1b\[K(\d+) s left", text)
    assert status == 9 and left and [int(each) for each in left] == sorted(map(int, left), reverse=True)
    assert re.search(r"s left\r\x1b\[K", text) and "s left" not in SGR.sub("", text).splitlines()[-1]
    others = at_once(lambda: shown(site, 100, *words, env={"TERM": "dumb"})[1], lambda: shown(site, 100, *words, "-q")[1],
                     lambda: site.run(*words).stderr)
    assert not any("s left" in text for text in others)


def test_a_word_on_what_takes_long(site, home, wire):
    """On a terminal alone; gone before the answer comes."""
    site.admin("anna")
    proxy = wire()
    site.tool.env["PRITUNL_ACCESS_MONGODB_URI"] = proxy.uri(site.database.name)
    site.pritunl.configure(answer_delay_s=0.9)
    host = site.pritunl.url.split("//")[1].split(":")[0]
    (status, text), (_, of_all), (_, dumb), (_, quiet), piped = at_once(
        lambda: shown(site, 100, "verify"), lambda: shown(site, 100, "verify", "--all"), lambda: shown(site, 100, "verify", env={"TERM": "dumb"}),
        lambda: shown(site, 100, "verify", "-q"), lambda: site.run("verify"))
    assert status == 0 and f"\r\x1b[Kwaiting for {host} …\r\x1b[K" in text and text.split("\x1b[K")[-1].startswith("accepted: "), text
    assert "\r\x1b[Kwaiting for one answer …" in of_all
    assert not any("waiting" in each for each in (dumb, quiet, piped.stdout, piped.stderr))
    site.pritunl.configure(answer_delay_s=0)
    proxy.on("aggregate", delay=0.9)
    assert "\r\x1b[Kwaiting for the database …\r\x1b[K" in shown(site, 100, "list")[1]
