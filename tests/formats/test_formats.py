# SPDX-License-Identifier: MIT
"""Round trips: format, reader, value. What is not refused comes back as it was."""

from __future__ import annotations

import hashlib
import os
import re

import pytest

from formats import readers, values
from harness.moto import moto

RANDOM = 5_000
SEED = int(os.environ.get("FORMATS_SEED", "20261122"))

ALL = [(name, reader) for name, of in readers.READERS.items() for reader in of]


def round_trip(format_name: str, reader: str, given: list[bytes]) -> tuple[int, list[bytes]]:
    """How many are carried, and those that come back altered."""
    text, refused = readers.encode(format_name, given)
    carried = [number for number in range(len(given)) if number not in refused]
    read = readers.READERS[format_name][reader](text, carried)
    return len(carried), [given[number] for number in carried if read[number] != given[number]]


@pytest.mark.parametrize(("format_name", "reader"), ALL)
def test_hostile_values(format_name, reader):
    """The values with names."""
    carried, altered = round_trip(format_name, reader, list(values.named().values()))
    assert not altered
    assert carried >= 20


@pytest.mark.parametrize(("format_name", "reader"), ALL)
def test_random_values(format_name, reader):
    """Five thousand random values through one process."""
    carried, altered = round_trip(format_name, reader, values.random_values(RANDOM, SEED))
    assert not altered
    assert carried > RANDOM / 10, "the test would show nothing"


@pytest.mark.parametrize("kind", ["named", "random"])
def test_credentials_of_systemd(kind):
    """A directory carries every value."""
    given = list(values.named().values()) if kind == "named" else values.random_values(RANDOM, SEED)
    refused, found = readers.credentials_rules(given)
    assert not refused
    assert [found[number] for number in range(len(given))] == given


@pytest.mark.parametrize("kind", ["named", "random"])
def test_secrets_of_aws(kind):
    """A secret carries every text."""
    given = list(values.named().values()) if kind == "named" else values.random_values(RANDOM, SEED)
    given = [value for value in given if len(value) < 9_000]
    with moto() as address:
        refused, found = readers.secrets_manager(address, given)
    assert all(found[number] == value for number, value in enumerate(given) if number not in refused)
    assert len(found) + len(refused) == len(given) and len(refused) < len(given) / 10


CARRIED = {
    "dotenv": ["plain", "url", "empty", "single quote", "double quote", "dollar", "hash", "equals", "spaces", "backslash", "emoji", "10 kB"],
    "docker": ["single quote", "quoted whole", "dollar", "backslashes", "hash", "spaces", "10 kB", "CR", "emoji"],
    "sh": [name for name in values.NAMED],
    "fish": ["newline", "CR LF", "backslashes", "10 kB of quotes", "emoji", "controls", "braces", "65 kB"],
    "json": ["newline", "CR LF", "backslashes", "10 kB of quotes", "emoji", "controls", "noncharacters", "decomposed"],
    "yaml": ["newline", "CR LF", "backslashes", "10 kB of quotes", "emoji", "controls", "yaml words", "number", "decomposed"],
    "tfvars": ["newline", "CR LF", "terraform", "doubled braces", "emoji", "controls", "greek, hebrew, thai", "cjk"],
    "tfvars-json": ["newline", "CR LF", "terraform", "doubled braces", "emoji", "controls", "greek, hebrew, thai", "cjk"],
    "github": ["newline", "newline end", "heredoc", "equals", "emoji", "empty"],
    "kubernetes": [name for name in values.NAMED],
}
REFUSED = {
    "dotenv": ["newline", "CR", "braces", "both quotes", "backslashes", "not UTF-8"],
    "docker": ["newline", "CR end", "not UTF-8", "65 kB"],
    "sh": [],
    "fish": ["not UTF-8"],
    "json": ["not UTF-8"],
    "yaml": ["not UTF-8"],
    "tfvars": ["decomposed", "jamo", "not UTF-8"],
    "tfvars-json": ["decomposed", "jamo", "not UTF-8"],
    "github": ["CR", "CR end", "CR LF", "not UTF-8"],
    "kubernetes": [],
}


@pytest.mark.parametrize("format_name", readers.READERS)
def test_refuses_no_more_than_it_must(format_name):
    """What each format is expected to carry, and to refuse."""
    given = values.named()
    order = list(given)
    _, refused = readers.encode(format_name, list(given.values()))
    refused_names = {order[number] for number in refused}
    assert not refused_names & set(CARRIED[format_name])
    assert refused_names >= set(REFUSED[format_name])


def test_formats_are_told_apart():
    """A text is taken for the format that it was written in, whatever stands in its values."""
    for seed in range(8):
        given = values.random_values(30, SEED + seed)
        for format_name in readers.READERS:
            text, refused = readers.encode(format_name, given)
            carried = [number for number in range(len(given)) if number not in refused]
            if carried:
                assert readers.ours(text, carried) == {number: given[number] for number in carried}, format_name


# What each format wrote for these values when it was first released, as SHA-256: none may change by a byte.
GOLDEN = {
    "dotenv": "eafb4ffc2d5c9ec8d2dc0d818a3caf11",
    "docker": "4f1cc8d0da33a809266675981230aa37",
    "sh": "f2012505c6670b3be7698c51a6327650",
    "fish": "fcfdbd42bf07beccea5ed27ce212ca35",
    "json": "329304a1e98404643b8a571571bdf4b4",
    "yaml": "0239d0d65e2edf921e87c49e181d0fde",
    "tfvars": "d123a72b580d8d34f1533294be8d1f07",
    "tfvars-json": "e016cc0a7cc520136a13bf6c199b7b64",
    "github": "9124e681a9b2b40a5ecf2101506946a3",
    "kubernetes": "7e5520b12b173e9393f9fbe73d3e5907",
}


def digest(format_name: str) -> str:
    """Of all that the format writes for the named and a thousand random values; GitHub's delimiters are random."""
    text, refused = readers.encode(format_name, [*values.named().values(), *values.random_values(1000, 20261122)])
    text = re.sub(rb"pritunl_access_[A-Za-z0-9]{32}", b"pritunl_access_", text)
    return hashlib.sha256(text + repr(sorted(refused)).encode()).hexdigest()[:32]


@pytest.mark.parametrize("format_name", readers.READERS)
def test_nothing_is_written_otherwise(format_name):
    assert digest(format_name) == GOLDEN[format_name]


def test_github_delimiters_differ():
    """Nobody can guess the delimiter."""
    text, _ = readers.encode("github", [b"x", b"y"])
    other, _ = readers.encode("github", [b"x", b"y"])
    delimiters = {line.split(b"<<")[1] for line in (text + other).splitlines() if b"<<" in line}
    assert len(delimiters) == 4
    assert all(len(delimiter) > 24 for delimiter in delimiters)


@pytest.mark.parametrize("name", ["yes", "no", "on", "y", "N", "null", "true"])
def test_names_that_yaml_takes_for_words(name):
    """A name is a name in YAML too."""
    text, _ = readers.encode("yaml", [b"x"], name)
    assert list(readers.yaml.safe_load(text)) == [name + "0"]


@pytest.mark.parametrize(("format_name", "reader", "text", "value"), [
    ("dotenv", "python-dotenv", b"V0='${HOME}'\n", b"${HOME}"), ("dotenv", "dotenv (npm)", b'V0="a\\n"\n', b"a\\n"),
    ("dotenv", "dotenv (Ruby)", b'V0="$HOME"\n', b"$HOME"), ("docker", "docker's rules", b"V0=a\r\n", b"a\r"),
    ("sh", "bash", b'export V0="$HOME"\n', b"$HOME"), ("fish", "fish", b"set -gx V0 'a\\\\b'\n", b"a\\\\b"),
    ("yaml", "PyYAML", b'V0: "a\\n"\n', b"a\\n"), ("tfvars", "hashicorp/hcl", 'V0 = "u\u0308"\n'.encode(), "u\u0308".encode()),
    ("github", "runner's rules", b"V0<<X\na\nX\nV1<<X\nb\nX\n", b"a\nX\nV1<<X\nb")])
def test_the_check_can_fail(format_name, reader, text, value):
    """What careless encoders write is seen to be altered by these readers."""
    assert readers.READERS[format_name][reader](text, [0])[0] != value
