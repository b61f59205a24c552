# SPDX-License-Identifier: MIT
"""What the usual readers of a format return for the known names is what we return, or we refuse with the reason.

Thousands of files a format go through one process of each reader.
"""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import dotenv
import pytest
import yaml

from formats import readers, written

COUNT = int(os.environ.get("FORMATS_WRITTEN", "200"))
SEED = int(os.environ.get("FORMATS_SEED", "20261126"))
EVERY = sorted({name for names in written.NAMES for name in names})

Values = dict[str, bytes]


def ours(texts: list[str]) -> list[tuple[bytes, bytes, bytes] | str]:
    """What --source file: takes each text for: a pair and its URL, or why there is none."""
    out = subprocess.run([readers.ENCODE, "--find"], input=b"".join(text.encode() + b"\0" for text in texts), capture_output=True,
                         timeout=readers.SECONDS, check=True).stdout.split(b"\0")[:-1]
    found, at = [], 0
    while at < len(out):
        if out[at][:1] == b"+":
            found.append((out[at][1:], out[at + 1], out[at + 2]))
            at += 3
        else:
            found.append(out[at][1:].decode())
            at += 1
    assert len(found) == len(texts)
    return found


# ---- the readers: of each text the values of the names that they see

def in_files(texts: list[str], script, *command: str) -> list[Values]:
    """One run of a shell over all files."""
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            Path(folder, str(number)).write_bytes(text.encode())
        Path(folder, "script").write_text(script(len(texts)))
        done = subprocess.run([*command, Path(folder, "script")], cwd=folder, capture_output=True, timeout=readers.SECONDS, check=False,
                              stdin=subprocess.DEVNULL, env={"PATH": "/nonexistent", "HOME": folder, "LANG": "C.UTF-8", "XDG_CONFIG_HOME": folder})
    parts = done.stdout.split(b"\0\0END\0")[:-1]
    assert len(parts) == len(texts), done.stderr[-500:]
    return [dict(item.split(b"\0", 1) for item in part.split(b"\0\0NAME\0")[1:]) for part in parts]


def named(values: list[Values]) -> list[Values]:
    """Names as text."""
    return [{name.decode(): value for name, value in each.items()} for each in values]


def bash(texts: list[str]) -> list[Values]:
    """Each in a shell of its own, which has no program but its own commands."""
    names = " ".join(EVERY)
    show = f"show() {{ for n in {names}; do [ -z \"${{!n+x}}\" ] || printf '\\0\\0NAME\\0%s\\0%s' \"$n\" \"${{!n}}\" >&3; done; }}\n"
    return named(in_files(texts, lambda count: f"{show}for i in {{0..{count - 1}}}; do (\nexec 3>&1 >/dev/null 2>&1\ntrap show EXIT\n. ./$i\n); "
                          "printf '\\0\\0END\\0'; done\n", shutil.which("bash"), "--norc"))


def fish(texts: list[str]) -> list[Values]:
    """A list of values is none."""
    names = " ".join(EVERY)
    body = (f"for i in (seq 0 COUNT)\n source ./$i >/dev/null 2>/dev/null\n for n in {names}\n if test (count $$n) = 1\n printf '\\0\\0NAME\\0%s\\0%s' $n $$n\n end\n"
            " set -e $n\n set -eg $n\n set -eU $n\n end\n printf '\\0\\0END\\0'\nend\n")
    return named(in_files(texts, lambda count: body.replace("(seq 0 COUNT)", " ".join(map(str, range(count)))), shutil.which("fish"), "--no-config"))


def python_dotenv(texts: list[str]) -> list[Values]:
    """With its defaults."""
    return [{name: value.encode() for name, value in dotenv.dotenv_values(stream=io.StringIO(text.removeprefix("\ufeff"))).items() if value is not None}
            for text in texts]


NODE = """
const texts = JSON.parse(require('fs').readFileSync(0));
const parse = process.argv[2] === 'own' ? require('util').parseEnv : require('dotenv').parse;
process.stdout.write(JSON.stringify(texts.map((text) => parse(text))));
"""


def node(which: str):
    """node --env-file's own parser, or motdotla's."""
    end = "\n" if which == "own" else ""    # node 20 takes a comment of a last line without an end for a part of its value

    def read(texts: list[str]) -> list[Values]:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "read.js").write_text(NODE)
            out = readers.run(["node", Path(folder, "read.js"), which], json.dumps([text.removeprefix("\ufeff") + end for text in texts]).encode(),
                              env={"NODE_PATH": str(readers.NODE_MODULES)})
        return [{name: value.encode() for name, value in each.items()} for each in json.loads(out)]
    return read


def has_own_parser() -> bool:
    """Node 20.12 and newer."""
    return subprocess.run(["node", "-e", "process.exit(require('util').parseEnv ? 0 : 1)"], check=False).returncode == 0


def docker(texts: list[str]) -> list[Values]:
    """As docker/cli's opts/file.go reads it."""
    found = []
    for text in texts:
        values = {}
        for line in text.encode().split(b"\n"):
            line = line.removesuffix(b"\r").lstrip(b" \t")
            name, sign, value = line.partition(b"=")
            if sign and not line.startswith(b"#"):
                values[name.decode()] = value
        found.append(values)
    return found


def search(value, found: list[dict]) -> list[dict]:
    """Every mapping in what a parser gives, with lists of names and values, outputs of Terraform and text that is JSON understood."""
    if isinstance(value, list):
        pairs = {each.get("name", str(each.get("Name")).rpartition("/")[2]): each.get("value", each.get("Value")) for each in value if isinstance(each, dict)}
        found.append(pairs)
        for each in value:
            search(each, found)
    elif isinstance(value, dict):
        found.append({name: each["value"] if isinstance(each, dict) and "value" in each and "sensitive" in each else each for name, each in value.items()})
        for each in value.values():
            search(each, found)
    elif isinstance(value, str) and value.startswith("{"):
        try:
            search(json.loads(value), found)
        except ValueError:
            pass
    return found


def as_values(mappings: list[dict]) -> Values:
    """The known names of all mappings, of a text that has one pair; what is no text there is no value."""
    values = {}
    for mapping in mappings:
        for name, value in mapping.items():
            if name in EVERY and isinstance(value, str) and (name not in values):
                values[name] = value.encode()
    return values


def pyyaml(texts: list[str]) -> list[Values]:
    """All documents; a text that is no YAML has none."""
    found = []
    for text in texts:
        try:
            found.append(as_values(search(list(yaml.load_all(text, Loader=yaml.CSafeLoader)), [])))
        except (yaml.YAMLError, ValueError):
            try:
                found.append(as_values(search(list(yaml.load_all(text, Loader=yaml.CBaseLoader)), [])) if "!vault" in text else {})
            except yaml.YAMLError:
                found.append({})
    return found


def python_json(texts: list[str]) -> list[Values]:
    """Python's json, value after value."""
    found = []
    for text in texts:
        decoder, at, values = json.JSONDecoder(), 0, []
        while at < len(text.rstrip()):
            value, at = decoder.raw_decode(text, at)
            values.append(value)
            at += len(text[at:]) - len(text[at:].lstrip())
        found.append(as_values(search(values, [])))
    return found


def kubectl(texts: list[str]) -> list[Values]:
    """Secrets as the API server keeps them: data decoded, stringData on top."""
    found = []
    for text in texts:
        values = {}
        for document in yaml.load_all(text, Loader=yaml.CSafeLoader):
            for each in document["items"] if document["kind"] == "List" else [document]:
                if each["kind"] == "Secret":
                    values |= {name: base64.b64decode(value, validate=True) for name, value in each.get("data", {}).items()}
                    values |= {name: value.encode() for name, value in each.get("stringData", {}).items()}
        found.append(values)
    return found


def hcl(texts: list[str]) -> list[Values]:
    """Terraform's own parser; of a file that it refuses there is nothing."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}.tfvars") for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text.encode())
        out = subprocess.run([readers.HCL, *paths], capture_output=True, timeout=readers.SECONDS, check=True).stdout
    return [{name: base64.b64decode(value) for name, value in json.loads(line).get("names", {}).items()} for line in out.splitlines()]


def runner(texts: list[str]) -> list[Values]:
    """GitHub's rules."""
    found = []
    for text in texts:
        lines, values, at = text.split("\n")[:-1], {}, 0
        while at < len(lines):
            line, at = lines[at], at + 1
            equals, heredoc = line.find("="), line.find("<<")
            if heredoc >= 0 and (equals < 0 or heredoc < equals):
                name, end = line.split("<<", 1)
                stop = lines.index(end, at)
                values[name], at = "\n".join(lines[at:stop]).encode(), stop + 1
            elif equals > 0:
                name, value = line.split("=", 1)
                values[name] = value.encode()
        found.append(values)
    return found


MONGOSH = """
const same = (value) => value;
const calls = {ObjectId: same, ISODate: same, Long: same};
const texts = JSON.parse(require('fs').readFileSync(0));
process.stdout.write(JSON.stringify(texts.map((text) => [].concat(new Function(...Object.keys(calls), 'return ' + text)(...Object.values(calls))))));
"""


def javascript(texts: list[str]) -> list[Values]:
    """The documents alone, evaluated by node."""
    documents = []
    for text in texts:
        lines = [line for line in text.split("\n") if "> " not in line and not line.startswith("switched")]
        documents.append("\n".join(lines).strip())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "read.js").write_text(MONGOSH)
        out = json.loads(readers.run(["node", Path(folder, "read.js")], json.dumps(documents).encode()))
    return [{name: value.encode() for document in each if document["token"] for name, value in document.items() if name in ("token", "secret")} for each in out]


OWN_PARSER = pytest.param("dotenv", written.dotenv, node("own"), id="dotenv-node --env-file",
                          marks=pytest.mark.skipif(not has_own_parser(), reason="this node reads no env files"))
CASES = [
    pytest.param("dotenv", written.dotenv, python_dotenv, id="dotenv-python-dotenv"),
    pytest.param("dotenv", written.dotenv, node("npm"), id="dotenv-npm"),
    OWN_PARSER,
    pytest.param("dotenv", written.dotenv, bash, id="dotenv-bash"),
    pytest.param("sh", written.sh, bash, id="sh-bash"),
    pytest.param("fish", written.fish, fish, id="fish-fish"),
    pytest.param("yaml", written.yaml, pyyaml, id="yaml-PyYAML"),
    pytest.param("json", written.json_text, python_json, id="json-Python"),
    pytest.param("kubernetes", written.kubernetes, kubectl, id="kubernetes-kubectl"),
    pytest.param("tfvars", written.tfvars, hcl, id="tfvars-hcl"),
    pytest.param("github", written.github, runner, id="github-runner"),
    pytest.param("docker", written.docker, docker, id="docker-rules"),
    pytest.param("mongosh", written.mongosh, javascript, id="mongosh-node"),
]
# What of so many files must be found at least, or the test would show nothing.
FOUND = {"dotenv": 0.15, "sh": 0.25, "fish": 0.3, "yaml": 0.4, "json": 0.7, "kubernetes": 0.7, "tfvars": 0.3, "github": 0.5, "docker": 0.6, "mongosh": 0.7}


def sees(values: Values, pair: tuple[bytes, bytes, bytes], every_line: bool) -> bool:
    """Does a reader see exactly this pair, under one set of names? Not every line is one for every reader of dotenv: what they see must agree."""
    if not every_line:
        return all(value in pair for name, value in values.items() if name in EVERY)
    sets = [*written.NAMES, ("url", "token", "secret")]
    return any([values.get(name) for name in names[1:]] == list(pair[:2]) for names in sets) and (not pair[2] or pair[2] in values.values())


@pytest.mark.parametrize(("format_name", "generator", "reader"), CASES)
def test_what_readers_return(format_name, generator, reader):
    write = written.Writer(SEED)
    texts = [generator(write) for _ in range(COUNT)]
    found, read = ours(texts), reader(texts)
    assert len(read) == len(texts)
    wrong = [(text, mine, theirs) for text, mine, theirs in zip(texts, found, read, strict=True)
             if not isinstance(mine, str) and not sees(theirs, mine, format_name != "dotenv")]
    assert not wrong, f"{len(wrong)} of {COUNT}: {wrong[0]}"
    taken = sum(not isinstance(mine, str) for mine in found)
    assert taken >= FOUND[format_name] * COUNT, f"only {taken}"


@pytest.mark.parametrize("format_name", FOUND)
def test_refusals_name_a_reason(format_name):
    """A refusal of a text that has our names says more than that there are none; where a line can be told, it is."""
    generator = {case.values[0]: case.values[1] for case in CASES}[format_name]
    write = written.Writer(SEED + 1)
    texts = [generator(write) for _ in range(COUNT // 4)]
    refused = [mine for mine in ours(texts) if isinstance(mine, str)]
    assert all(reason.startswith("text") and len(reason) > len("text: ") for reason in refused)
