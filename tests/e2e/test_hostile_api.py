# SPDX-License-Identifier: MIT
"""APIs that mean harm: each ends in time, in memory, with a status of the manual; nothing is written for them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.hostile_api import BEHAVIOURS, HostileApi, answer, resets, says, silent
from hostile import MEMORY, chosen, measured, wrong

COMMANDS = {"verify": ["verify"], "doctor": ["doctor"], "export": ["export", "-o", "{}/pair"], "api": ["api", "GET", "/server"],
            "dump": ["dump"], "json": ["verify", "--json"]}
WHERE = {"ping": ("verify", "doctor"), "signed": ("verify", "export", "api", "dump", "json", "doctor")}
RUNS = [(where, command) for where, commands in WHERE.items() for command in commands]


@pytest.mark.parametrize(("where", "command"), RUNS)
def test_hostile(site, tmp_path, where, command, record_property):
    admin = site.admin()

    def attempt(name, act):
        folder = tmp_path / name.replace("/", "-")
        folder.mkdir()
        with HostileApi(**{where: act} if act else {}) as server:
            words = [word.format(folder) for word in COMMANDS[command]]
            run = measured(site.tool, *words, "--timeout", 1, "--connect-timeout", 1, env={"PRITUNL_ACCESS_URL": server.url})
        left = [path.name for path in folder.iterdir() if run.status != 0 or path.name != "pair"]
        return run, left

    most = attempt("good", None)[0].memory + MEMORY

    def judge(name):
        run, left = attempt(name, BEHAVIOURS[name])
        found = wrong(f"{command}, {where}: {name}", run, most, silent=command in ("api", "json", "doctor"))
        return found + [f"{name}: left {each}" for each in left]

    with ThreadPoolExecutor(6) as pool:
        found = [each for several in pool.map(judge, chosen(BEHAVIOURS)) for each in several]
    record_property("figure: behaviours of hostile APIs", len(chosen(BEHAVIOURS)))
    assert not found, "\n".join(found)
    assert site.db["administrators"].find_one({"_id": admin["_id"]}) == admin


# ---- no answer is not an answer


REFUSAL = answer(b"401: Unauthorized", b"401 Unauthorized", b"Content-Type: text/html; charset=utf-8\r\n")
NO_ANSWERS = {"closed": lambda *_: None, "silent": silent, "reset": resets, "502": says(answer(b"", b"502 Bad Gateway")),
              "503": says(answer(b"busy", b"503 Service Unavailable")), "429": says(answer(b"slow down", b"429 Too Many Requests")),
              "a page": says(answer(b"<html>", headers=b"Content-Type: text/html\r\n")),
              "a gate's 401": says(answer(b"who are you?", b"401 Unauthorized"))}


@pytest.mark.long
@pytest.mark.parametrize("name", NO_ANSWERS)
def test_a_second_question_without_an_answer_names_nothing(site, name):
    site.admin()
    asked = []

    def once(head, peer, server):
        asked.append(head)
        return peer.sendall(REFUSAL) if len(asked) == 1 else NO_ANSWERS[name](head, peer, server)

    with HostileApi(signed=once) as server:
        # Silence is waited for to the end; a busy machine needs longer than that for the others.
        environment = {"PRITUNL_ACCESS_URL": server.url, "PRITUNL_ACCESS_TIMEOUT": "3" if name == "silent" else "30"}
        result = site.run("verify", "--json", env=environment)
        assert len(asked) >= 2, "it asked a second time"
        del asked[:]
        shown = site.run("verify", env=environment)
    found = result.json()
    assert (result.status, found["verdict"]) == (1, "refused"), found
    assert {found["cause"], found["also"]} == {"secret-mismatch", "token-unknown"}, found
    for word in ("rotate", "enable", "recover"):
        assert word not in shown.stdout + shown.stderr, shown.stdout + shown.stderr
