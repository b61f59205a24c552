# SPDX-License-Identifier: MIT
"""The documents tell the truth: their examples run, their tables are the program's own, and every file that they name exists."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from desk import BINARY, ROOT, open_desk

CHANGE = ("enable", "disable", "rotate", "bootstrap", "recover", "restore", "forget")
DOCUMENTS = ("README.md", "DESIGN.md", "SECURITY.md", "CONTRIBUTING.md", "queries/README.md", "doc/json.md", "doc/pritunl.md", "doc/recipes.md",
             "doc/release.md")

# Options of other programs that the documents name.
OTHERS = {"insecure", "pinnedpubkey", "now", "rm", "network", "prefix", "database", "latest", "updates"}


def read(name: str) -> str:
    """A file of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", text)


def program(*args: str) -> str:
    """What the program prints when it needs no database."""
    return subprocess.run([BINARY, *args], check=True, stdout=subprocess.PIPE, text=True, env={"HOME": "/nonexistent"}).stdout


@pytest.fixture(scope="module")
def manual():
    """tools/manual, as a module."""
    loader = importlib.machinery.SourceFileLoader("manual", str(ROOT / "tools" / "manual"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("manual", loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def errors() -> dict[str, int]:
    """The kinds of error and their exit statuses, as the source has them."""
    return {name: int(status) for status, name in re.findall(r'= \{(\d), "([a-z-]+)"\}', read("src/base/error.c"))}


@pytest.fixture(scope="module")
def causes() -> set[str]:
    """The names of all causes, as the source has them."""
    return set(re.findall(r'\[CAUSE_\w+\] =\s*\{"([a-z-]+)"', read("src/pritunl/cause.c")))


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A desk in front of a Pritunl as the examples take it for granted: desk.run(line) runs one there."""
    with open_desk(tmp_path_factory.mktemp("docs")) as desk:
        yield desk


def figures(record_property, lines: int) -> None:
    """Add to what is said at the end."""
    record_property("figure: documents whose command lines are run", 1)
    record_property("figure: command lines run", lines)


def test_the_readmes_examples_run(scene, record_property):
    scripts = blocks(read("README.md"), "sh")
    assert len(scripts) >= 3
    figures(record_property, len("".join(scripts).splitlines()))
    for line in "".join(scripts).splitlines():
        scene.example(line)


def test_the_manuals_examples_run(scene, record_property):
    lines = re.findall(r"(?m)^\.Dl \$ (.*)$", read("doc/pritunl-access.1.in"))
    assert len(lines) >= 5
    figures(record_property, len(lines))
    for line in lines:
        scene.example(line.replace("\\(dq", '"'))


def test_the_examples_of_help_run(scene):
    commands = re.sub(r"(?m)^  (look|hand over|mend|temporary|raw|help) ", "", program("help").split("\n\n")[3]).split()
    assert {"list", "show", "verify", "export", "exec"} <= set(commands)
    for command in commands:
        for line in re.findall(r"(?m)^      (pritunl-access .*|eval .*)$", program("help", command).split("Examples:")[1]):
            if command in CHANGE:     # the scene must stay as it is for the others
                line = line.split(" && ")[0].replace(" --dry-run", "") + " --dry-run"
            if command != "undo":       # there is nothing to undo here
                scene.example(line)


def test_the_readmes_configuration_is_taken(scene):
    (text,) = blocks(read("README.md"), "json")
    path = scene.folder / "config.json"
    path.touch(mode=0o600)
    path.write_text(text)
    assert "automation" in scene.run("pritunl-access --config config.json config").stdout
    assert "vpn.example.com" in scene.run("pritunl-access --config config.json -p paris config").stdout


def test_the_example_client_works(scene):
    shutil.copy(ROOT / "doc" / "organizations.py", scene.folder)
    (scene.folder / "pritunl.crt").write_text((scene.folder.parent / "pki" / "pritunl.crt").read_text())
    done = scene.run("pritunl-access exec -- python3 organizations.py pritunl.crt")
    assert done.stdout == "Engineering: 2\nOperations: 1\n", done.stderr
    assert scene.run("pritunl-access exec -- python3 organizations.py").returncode != 0     # nobody vouches for it


def documented_keys(section: str) -> set[str]:
    """The keys that a section of doc/json.md names."""
    text = re.search(rf"(?ms)^## {section}\n(.*?)(?=^## |\Z)", read("doc/json.md")).group(1)
    cells = " ".join(re.findall(r"(?m)^\| (`.*?) \|", text))
    prose = " ".join(re.findall(r"One object: (.*?)(?: as above|\.)", text))
    return set(re.findall(r"`([a-z_]+)`", cells + prose))


def in_manual(section: str) -> str:
    """What the manual says of a command's answer."""
    answers = read("doc/pritunl-access.1.in").split(".Sh JSON")[1].split(".Sh ")[0]
    return re.search(rf"(?ms)^\.It Cm [a-z ,]*\b{section}\b[a-z ,]*\n(.*?)^\.(?:It|El)", answers).group(1)


@pytest.mark.parametrize(("section", "line"), [
    ("list", "list"), ("show", "show"), ("verify", "verify --every-host"), ("doctor", "doctor --source file:terraform.env"), ("enable", "enable pritunl --dry-run"),
    ("export", "export -o json.env --ca-file json.pem --check"),
])
def test_the_json_answers_have_the_keys_that_are_documented(scene, section, line):
    answer = json.loads(scene.run(f"pritunl-access --json {line}").stdout)
    keys = set(answer[0] if isinstance(answer, list) else answer)
    if section == "verify":
        keys.add("profile")
    if section == "doctor":
        keys.add("administrators")      # where nobody is named and several could be meant: tests/e2e/test_doctor_overview.py
    assert keys == documented_keys(section)
    assert all(key in in_manual(section) for key in keys)


@pytest.mark.parametrize(("section", "line"), [
    ("list", "list --issued"), ("issue", "issue job --dry-run"), ("revoke", "revoke --expired --dry-run"),
    ("recover", "recover pritunl --dry-run"), ("snapshot", "snapshot -o pairs.json"), ("audit", "audit"),
    ("routes", "routes add office --file networks.txt --dry-run"), ("sign", "sign GET /status"), ("config", "config"),
])
def test_the_other_json_answers_too(scene, section, line):
    """A section in words: the keys are all there."""
    answer = json.loads(scene.run(f"pritunl-access --json {line}").stdout)
    text = re.search(rf"(?ms)^## {section}\n(.*?)(?=^## |\Z)", read("doc/json.md")).group(1)
    for key in set(answer[0] if isinstance(answer, list) and answer else answer):
        assert (f"`{key}`" in text or (section == "recover" and key in documented_keys("enable"))) and key in in_manual(section), key


def test_an_error_is_the_object_that_is_documented(scene):
    done = scene.run("pritunl-access --json export pritunl")
    assert done.returncode == 6
    assert set(json.loads(done.stdout)["error"]) == {"kind", "message", "try"}


PAGES = ("pritunl-access.1", "pritunl-access.5", "pritunl-access-causes.7")


def test_the_manual_is_the_one_that_make_doc_makes(manual):
    made = manual.pages(BINARY, str(ROOT / "doc"))
    assert {Path(path).name for path in made} == set(PAGES)
    for path, text in made.items():
        assert Path(path).read_text(encoding="utf-8") == text, "run: make doc"


@pytest.mark.skipif(not shutil.which("mandoc"), reason="there is no mandoc")
@pytest.mark.parametrize("page", PAGES)
def test_the_manual_is_good_mdoc(page):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", ROOT / "doc" / page], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.stdout == "" and done.returncode == 0


def test_the_manual_is_installed_whole():
    for page in PAGES:
        assert read("Makefile").count(f"/{page}") >= 2, page      # put there, and taken away again


def test_the_manual_has_every_command_option_and_cause(causes):
    pages = "".join(read(f"doc/{page}") for page in PAGES)
    for option in set(re.findall(r"--([a-z-]+)", "".join(program("help", name) for name in ("export", "verify")) + program("help", "options"))):
        assert f"Fl Fl {option}" in pages or f"\\-\\-{option}" in pages, option
    assert re.findall(r"(?m)^\.It Li (\S+)$", read("doc/pritunl-access-causes.7").split(".Sh CAUSES")[1].split(".Sh ORDER")[0]) == \
        re.findall(r'\[CAUSE_\w+\] =\s*\{"([a-z-]+)", (?!STAGE_SOURCE)', read("src/pritunl/cause.c"))
    assert len(causes) > 25


def test_an_option_of_several_commands_is_told_once(manual):
    """What help says of it stands in the first page a single time, and each command that takes it names it."""
    text = manual.sections(BINARY)
    told = re.findall(r"(?m)^\.It (?:Fl \w , )?Fl Fl (\S+)", text["SHARED OPTIONS"])
    assert {"output", "format", "yes", "dry-run", "wait"} <= set(told) and len(told) == len(set(told))
    for command in re.findall(r"(?m)^  (\w+) +\S", program("help").split("\n\n")[2]):
        part = re.search(rf"(?ms)^\.It Cm {command}\b.*?(?=^\.It Cm |\Z)", text["COMMANDS"]).group(0)
        for option in re.findall(r"(?m)^  (?:-\w, |    )--([a-z-]+)", program("help", command).split("Examples:")[0]):
            assert re.search(rf"Fl Fl {option}\b", part), (command, option)


def test_every_option_that_a_document_names_exists():
    known = set(re.findall(r"Fl Fl ([a-z-]+)", program("completion", "mdoc")))
    for name in ("README.md", "SECURITY.md", "queries/README.md", "doc/json.md", "doc/recipes.md"):
        for option in re.findall(r"(?<![\w-])--([a-z][a-z-]+)", read(name)):
            assert option in known | OTHERS, (name, option)
    for page in PAGES:
        for option in re.findall(r"Fl Fl ([a-z-]+)", read(f"doc/{page}.in")):
            assert option in known, (page, option)


def test_the_exit_statuses_are_the_sources(errors):
    statuses = set(errors.values())
    section = read("doc/pritunl-access.1.in").split(".Sh EXIT STATUS")[1].split(".Sh ")[0]
    assert {int(number) for number in re.findall(r"(?m)^\.It (\d)$", section)} == statuses
    assert all(number in section for number in ("125", "126", "127"))


def test_the_kinds_of_error_are_the_sources(errors):
    kinds = set(errors) - {"none"}
    line = re.search(r"`kind` is one of the causes.*?or (.*?)\. `try`", read("doc/json.md"), re.DOTALL).group(1)
    assert set(re.findall(r"`([a-z-]+)`", line)) == kinds
    line = re.search(r"(?m)^kind is one of the causes, or\n\.Li (.*) \.$", read("doc/pritunl-access.1.in")).group(1)
    assert set(line.split(" , ")) == kinds


def test_the_causes_of_the_page_about_pritunl_are_the_sources(causes):
    table = read("doc/pritunl.md").split("| case | answer | cause |")[1].split("\n\n")[0]
    named = {name for row in table.splitlines()[2:] for name in re.findall(r"`([a-z-]+)`", row.split("|")[-2])}
    assert len(named) > 10 and named <= causes


def test_every_file_that_a_document_names_exists():
    for name in DOCUMENTS:
        text = read(name)
        links = [target for target in re.findall(r"\]\(([^)#:]+)\)", text)]
        assert all(((ROOT / name).parent / target).exists() for target in links), (name, links)
        for path in re.findall(r"(?<![\w/.~-])((?:src|tests|tools|doc|docker|queries)/[\w./-]*\w)", text):
            assert "NAME" in path or (ROOT / path).exists(), (name, path)


def test_the_rooms_of_the_design_are_those_that_lint_checks():
    told = {room.rstrip("/"): int(rank) for room, rank in re.findall(r"(?m)^\| `src/([a-z.]+/?)` \| (\d) \|", read("DESIGN.md"))}
    ranks = {name: int(rank) for name, rank in re.findall(r'"([a-z.]+)": (\d)', read("tools/lint-ranks"))}
    assert {name: rank for name, rank in told.items() if name != "main.c"} == \
        {name: rank for name, rank in ranks.items() if name != "main.c"}


def test_the_packages_are_those_of_the_makefile():
    packages = set(re.search(r"(?m)^PACKAGES_BUILD = (.*)$", read("Makefile")).group(1).split())
    (line,) = [line for line in read("README.md").splitlines() if "apt-get install" in line]
    assert packages <= set(line.split())
    static = set(re.search(r"(?m)^PACKAGES_STATIC = (.*)$", read("Makefile")).group(1).split())
    assert static <= set(read("docker/Dockerfile").split("FROM ")[1].split())


def test_the_compose_files_commands_are_there():
    """With --help nothing is done, but an unknown command or option is refused all the same."""
    told = re.findall(r"(?m)^#.* run --rm access (.*)$", read("docker/compose.yaml"))
    assert {line.split()[0] for line in told} >= {"list", "doctor", "bootstrap", "issue", "verify"}
    for line in told:
        program(*line.split(), "--help")
