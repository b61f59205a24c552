# SPDX-License-Identifier: MIT
"""The programs that our formats are for: each reads one text and says what it took for the values of V0, V1 …

A reader gets the text and the number of the values that are in it, and gives back a dictionary of number and bytes. Thousands of
values go through one process.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import dotenv
import yaml

from harness.moto import secrets_client

ROOT = Path(__file__).resolve().parents[2]
ENCODE = ROOT / "build" / "encode"
NODE_MODULES = ROOT / "build" / "readers" / "node_modules"
HCL = ROOT / "build" / "readers" / "hcl"
SECONDS = 100
TOKEN_MAX = 64 * 1024       # bufio.MaxScanTokenSize

Read = dict[int, bytes]


def run(command: list, stdin: bytes | None = None, **options) -> bytes:
    """The standard output of a program that must not fail."""
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent"} | options.pop("env", {})
    done = subprocess.run(command, input=stdin, capture_output=True, env=environment, timeout=SECONDS, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command[0]} failed ({done.returncode}): {done.stderr[-2000:]!r}")
    return done.stdout


def encode(format_name: str, values: list[bytes], prefix: str = "V") -> tuple[bytes, set[int]]:
    """The text that we would write, and the numbers of the values that we refuse."""
    done = subprocess.run([ENCODE, format_name, prefix], input=b"".join(value + b"\0" for value in values), capture_output=True,
                          timeout=SECONDS, check=True)
    return done.stdout, {int(line) for line in done.stderr.split()}


def credentials_rules(values: list[bytes]) -> tuple[set[int], Read]:
    """A directory as systemd's LoadCredential=ID:DIRECTORY takes it: regular files, their names and sizes within its limits."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "credentials")
        refused = put("systemd", target, values)
        found = {}
        for path in target.iterdir():
            if path.is_symlink() or not path.is_file() or ":" in path.name or len(path.name) > 255 or path.stat().st_size > 1024 * 1024:
                raise AssertionError(f"{path.name} is no credential")
            found[int(path.name[1:])] = path.read_bytes()
    return refused, found


def put(format_name: str, place, values: list[bytes], env: dict | None = None) -> set[int]:
    """Put the values into a directory or a secret, and give the numbers of those that are refused."""
    done = subprocess.run([ENCODE, format_name, "V", place], input=b"".join(value + b"\0" for value in values), capture_output=True,
                          timeout=SECONDS, check=True, env=dict(os.environ) | (env or {}))
    return {int(line) for line in done.stderr.split()}


def secrets_manager(address: str, values: list[bytes]) -> tuple[set[int], Read]:
    """Secrets of moto's server, as boto3 gets them: as many as AWS's limit on their size makes it."""
    region, user, password = "eu-central-1", "AKIAIOSFODNN7EXAMPLE", "x" * 40
    client = secrets_client(address, region, user, password)
    env = {"AWS_ACCESS_KEY_ID": user, "AWS_SECRET_ACCESS_KEY": password, "AWS_REGION": region, "AWS_ENDPOINT_URL": address}
    refused, found, start = set(), {}, 0
    while start < len(values):
        end, size = start, 0
        while end < len(values) and (end == start or size + 7 * len(values[end]) < 40_000):
            size += 7 * len(values[end]) + 20
            end += 1
        name = "matrix-" + os.urandom(6).hex()
        refused |= {start + number for number in put("aws", name, values[start:end], env)}
        for key, value in json.loads(client.get_secret_value(SecretId=name)["SecretString"]).items():
            found[start + int(key[1:])] = _bytes(value)
        start = end
    return refused, found


def decode(text: bytes, prefix: str = "V", count: int = 0) -> dict[str, bytes]:
    """What our own reader (--source file:) takes a text for; so many names with that prefix are wanted."""
    parts = run([ENCODE, "--decode", prefix, str(count)], text).split(b"\0")[:-1]
    return {name.decode(): value for name, value in zip(parts[::2], parts[1::2], strict=True)}


def ours(text: bytes, numbers: Iterable[int]) -> Read:
    """Our own reader."""
    numbers = list(numbers)
    found = decode(text, "V", max(numbers) + 1)
    return {number: found[f"V{number}"] for number in numbers}


def _by_number(found: dict, numbers: Iterable[int]) -> Read:
    return {number: _bytes(found[f"V{number}"]) for number in numbers}


def _bytes(value) -> bytes:
    if not isinstance(value, str):
        raise AssertionError(f"{value!r} is no text any more")
    return value.encode("utf-8", "surrogatepass")


def _shell(program: str, *options: str) -> Callable[[bytes, Iterable[int]], Read]:
    def read(text: bytes, numbers: Iterable[int]) -> Read:
        numbers = list(numbers)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "text")
            file.write_bytes(text)
            script = "".join(f"printf '%s\\0' \"$V{number}\"\n" for number in numbers)
            Path(folder, "script").write_text(f". {file}\n{script}")
            values = run([program, *options, Path(folder, "script")]).split(b"\0")
        return dict(zip(numbers, values[:-1], strict=True))
    return read


def evaluated(text: bytes, numbers: Iterable[int]) -> Read:
    """eval "$(pritunl-access export -f sh)", as the manual says."""
    numbers = list(numbers)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "text").write_bytes(text)
        script = f'eval "$(cat {folder}/text)"\n' + "".join(f"printf '%s\\0' \"$V{number}\"\n" for number in numbers)
        Path(folder, "script").write_text(script)
        values = run(["bash", Path(folder, "script")]).split(b"\0")
    return dict(zip(numbers, values[:-1], strict=True))


def python_dotenv(text: bytes, numbers: Iterable[int]) -> Read:
    """python-dotenv with its defaults: dotenv_values(path)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, ".env")
        path.write_bytes(text)
        return _by_number(dotenv.dotenv_values(path), numbers)


NODE = """
const path = process.argv[2];
const loaded = {};
const result = require('dotenv').config({path, processEnv: loaded, quiet: true});
if (result.error) throw result.error;
process.stdout.write(JSON.stringify(Object.fromEntries(Object.entries(loaded).map(([k, v]) => [k, Buffer.from(v).toString('base64')]))));
"""


def node_dotenv(text: bytes, numbers: Iterable[int]) -> Read:
    """motdotla's dotenv with its defaults: config()."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".env").write_bytes(text)
        Path(folder, "read.js").write_text(NODE)
        found = json.loads(run(["node", Path(folder, "read.js"), Path(folder, ".env")], env={"NODE_PATH": str(NODE_MODULES)}))
    return {number: base64.b64decode(found[f"V{number}"]) for number in numbers}


RUBY = """
require 'dotenv'
require 'json'
require 'base64'
puts JSON.generate(Dotenv.load(ARGV[0]).transform_values { |v| Base64.strict_encode64(v) })
"""


def ruby_dotenv(text: bytes, numbers: Iterable[int]) -> Read:
    """Ruby's dotenv with its defaults: Dotenv.load."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".env").write_bytes(text)
        Path(folder, "read.rb").write_text(RUBY)
        found = json.loads(run(["ruby", Path(folder, "read.rb"), Path(folder, ".env")]))
    return {number: base64.b64decode(found[f"V{number}"]) for number in numbers}


def docker_rules(text: bytes, numbers: Iterable[int]) -> Read:
    """docker's --env-file, as docker/cli's opts/file.go reads it."""
    found = {}
    for line in text.split(b"\n"):
        line = line[:-1] if line.endswith(b"\r") else line
        if len(line) >= TOKEN_MAX:
            raise AssertionError("token too long")
        line.decode()       # not UTF-8 is an error
        line = line.lstrip(b" \t")
        if not line or line.startswith(b"#"):
            continue
        name, sign, value = line.partition(b"=")
        if b" " in name or b"\t" in name or not name:
            raise AssertionError(f"variable {name!r} contains whitespace")
        if sign:
            found[name.decode()] = value
    return {number: found[f"V{number}"] for number in numbers}


def pyyaml(text: bytes, numbers: Iterable[int]) -> Read:
    """PyYAML's safe_load."""
    return _by_number(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), numbers)


def jq(text: bytes, numbers: Iterable[int]) -> Read:
    """jq, each value written by @base64."""
    lines = run(["jq", "-c", "map_values(@base64)"], text)
    found = json.loads(lines)
    return {number: base64.b64decode(found[f"V{number}"]) for number in numbers}


def python_json(text: bytes, numbers: Iterable[int]) -> Read:
    """Python's json."""
    return _by_number(json.loads(text), numbers)


def _hcl(suffix: str) -> Callable[[bytes, Iterable[int]], Read]:
    def read(text: bytes, numbers: Iterable[int]) -> Read:
        with tempfile.NamedTemporaryFile(suffix=suffix) as file:
            file.write(text)
            file.flush()
            found = json.loads(run([HCL, file.name]))
        if "error" in found:
            raise AssertionError(found["error"])
        return {number: base64.b64decode(found["names"][f"V{number}"]) for number in numbers}
    return read


def github_rules(text: bytes, numbers: Iterable[int]) -> Read:
    """GITHUB_ENV, as actions/runner's FileCommandManager reads it (on Windows a CR LF ends a line too)."""
    found = {}
    lines = text.decode().split("\n")       # ReadAllText: UTF-8
    if lines.pop() != "":
        raise AssertionError("the last line is not ended")
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, delimiter = line.split("<<", 1)
            if not name or not delimiter:
                raise AssertionError("invalid format")
            end = lines.index(delimiter, at)
            found[name] = "\n".join(lines[at:end])
            at = end + 1
        elif equals > 0:
            name, found[name] = line.split("=", 1)
        else:
            raise AssertionError(f"invalid format {line!r}")
    return _by_number(found, numbers)


def kubernetes_rules(text: bytes, numbers: Iterable[int]) -> Read:
    """A manifest as kubectl and the API server decode it: YAML, then strict base64, keys of their alphabet."""
    manifest = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if (manifest["apiVersion"], manifest["kind"], manifest["type"]) != ("v1", "Secret", "Opaque"):
        raise AssertionError("no Secret")
    if not all(re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", key) for key in manifest["data"]):
        raise AssertionError("a key of another alphabet")
    return {number: base64.b64decode(manifest["data"][f"V{number}"], validate=True) for number in numbers}


READERS: dict[str, dict[str, Callable[[bytes, Iterable[int]], Read]]] = {
    "dotenv": {"python-dotenv": python_dotenv, "dotenv (npm)": node_dotenv, "dotenv (Ruby)": ruby_dotenv, "ours": ours},
    "docker": {"docker's rules": docker_rules, "ours": ours},
    "sh": {"sh": _shell("sh"), "bash": _shell("bash", "--norc"), "bash, eval": evaluated, "dash": _shell("dash"),
           "zsh": _shell("zsh", "-f"), "ours": ours},
    "fish": {"fish": _shell("fish", "--no-config"), "ours": ours},
    "json": {"jq": jq, "Python": python_json, "ours": ours},
    "yaml": {"PyYAML": pyyaml, "ours": ours},
    "tfvars": {"hashicorp/hcl": _hcl(".tfvars"), "ours": ours},
    "tfvars-json": {"hashicorp/hcl": _hcl(".tfvars.json"), "ours": ours},
    "github": {"runner's rules": github_rules, "ours": ours},
    "kubernetes": {"kubectl's rules": kubernetes_rules, "ours": ours},
}


def judge(value: bytes, number: int, refused: set[int], read: Read) -> str:
    """carried, refused, or ALTERED."""
    if number in refused:
        return "refused"
    return "carried" if read.get(number) == value else "ALTERED"
