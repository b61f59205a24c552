# SPDX-License-Identifier: MIT
"""What the static file is made with (tools/static), as far as it can be judged without building it."""

from __future__ import annotations

import os
import random
import re
import shutil
import stringprep
import subprocess
from pathlib import Path

import pytest
from pymongo.saslprep import saslprep

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "tools" / "static"
DRIVER = r"""
#include <stdio.h>
#include <stdlib.h>
#define bson_malloc malloc
#define bson_free free
#include "saslprep.h"
int main(void)
{
    static char line[4096];

    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        char *prepared = saslprep(line);
        puts(prepared != NULL ? prepared : "REFUSED");
        free(prepared);
    }
    return 0;
}
"""


@pytest.fixture(scope="module")
def prepare(tmp_path_factory):
    """tools/static/saslprep.h, for a list of texts: what each becomes; None where it is refused."""
    folder = tmp_path_factory.mktemp("saslprep")
    (folder / "driver.c").write_text(DRIVER)
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{STATIC}", "-o", folder / "driver",
                    folder / "driver.c", "-lutf8proc"], check=True)

    def run(texts):
        given = "".join(text + "\n" for text in texts).encode()
        lines = subprocess.run([folder / "driver"], input=given, check=True, stdout=subprocess.PIPE).stdout.decode().split("\n")[:-1]
        assert len(lines) == len(texts)
        return [None if line == "REFUSED" else line for line in lines]
    return run


def theirs(text):
    """What pymongo makes of it."""
    try:
        return saslprep(text) or None
    except (ValueError, IndexError):
        return None


def test_the_rfcs_examples(prepare):
    texts = ["I\u00adX", "user", "USER", "\u00aa", "\u2168", "\u0627\u0031", "\u06271\u0628", "\u0627b\u0628", "a\u00a0b", "\u0007", "\u0221"]
    assert prepare(texts) == ["IX", "user", "USER", "a", "IX", None, "\u06271\u0628", None, "a b", None, None]


def characters() -> list[str]:
    """Those by which the rules change, and their neighbours."""
    edges = {int(code, 16) + step for code in re.findall(r"0x([0-9a-f]+)", (STATIC / "saslprep_tables.h").read_text()) for step in (-1, 0, 1)}
    alone = [chr(code) for code in sorted({*range(1, 0x3100), *range(0xf900, 0x10000), *range(0x2f800, 0x2fa20), *edges})
             if 0 < code < 0x110000 and not 0xd800 <= code < 0xe000 and code != 10]
    return alone


def test_it_prepares_as_pymongo_does(prepare):
    """Where the rules change, by itself, and random texts of what the rules are about."""
    alone = characters()
    classes = [[char for char in alone if table(char)] for table in
               (stringprep.in_table_b1, stringprep.in_table_c12, stringprep.in_table_d1, stringprep.in_table_d2)]
    classes.append([char for char in alone if theirs(char) not in (None, char)])
    chance = random.Random(4013)
    texts = ["".join(chance.choice(chance.choice([*classes, "abc123"])) for _ in range(chance.randrange(1, 8))) for _ in range(5000)]
    wrong = [(ascii(text), ascii(ours), ascii(theirs(text))) for text, ours in zip(alone + texts, prepare(alone + texts)) if ours != theirs(text)]
    assert not wrong


def test_every_package_is_pinned_whole():
    """A .dsc is among each package's files, and every file that it is made of."""
    rows = [line.split() for line in (STATIC / "sources").read_text().splitlines() if not line.startswith("#")]
    assert all(len(row) == 5 and re.fullmatch("[0-9a-f]{64}", row[4]) for row in rows)
    for package in {row[1] for row in rows}:
        names = [row[3] for row in rows if row[1] == package]
        assert any(name.endswith(".dsc") for name in names) and any(".orig.tar." in name for name in names)
        assert f"make_{package.replace('-', '_')}()" in (STATIC / "build").read_text()


def test_every_patch_says_why():
    for patch in (STATIC / "patches").iterdir():
        assert len(patch.read_text().split("\n--- ")[0]) > 80, patch


def test_what_is_missing_or_altered_is_named(tmp_path):
    """Without the network; a file of the right name with other bytes is none."""
    folder, target = tmp_path / "given", tmp_path / "sources"
    folder.mkdir()
    names = [line.split()[3] for line in (STATIC / "sources").read_text().splitlines() if not line.startswith("#")]
    (folder / names[0]).write_text("altered")
    done = subprocess.run([STATIC / "fetch", target], check=False, capture_output=True, text=True, env=os.environ | {"STATIC_SOURCES": str(folder)})
    assert done.returncode == 1 and all(f"  {name} (" in done.stderr for name in names)
    assert "\ntry: " in done.stderr and not list(target.iterdir())


@pytest.fixture
def built():
    """The static file, where it was built."""
    file = ROOT / "build" / "static" / "pritunl-access"
    if not file.exists() or not shutil.which("readelf"):
        pytest.skip("make static has not run, or binutils are missing")
    return file


def test_the_file_stands_alone(built):
    """No interpreter, no library; position independent, nothing writable that need not be; threads with a mebibyte of stack."""
    told = subprocess.run(["readelf", "-W", "-h", "-l", "-d", built], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert "DYN (" in told and "INTERP" not in told and "(NEEDED)" not in told and "TEXTREL" not in told
    assert "GNU_RELRO" in told and re.search(r"FLAGS.*NOW", told)
    (stack,) = re.findall(r"GNU_STACK +0x0+ 0x0+ 0x0+ 0x0+ 0x(\w+) (\S+)", told)
    assert int(stack[0], 16) == 1 << 20 and "E" not in stack[1]


def test_nothing_in_the_file_says_where_it_was_built(built):
    data = built.read_bytes()
    assert b"/tmp/" not in data.replace(b"/tmp/XXXXXX", b"") and os.fsencode(ROOT) not in data
