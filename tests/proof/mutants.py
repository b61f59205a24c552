#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plant a fault, build, and run the test that is named beside it: it must fail. Twenty, one after the other.

    mutants.py BUILD [NAME...]

Works on a copy of the checkout in BUILD, whose objects are made once; a mutant builds one file and links. A mutant whose text is
not found any more has to be planted again: that fails, too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mutant:
    """A fault: in this file, this text (once) becomes that one; caught by a unit suite, or by a test of pytest."""

    name: str
    file: str
    text: str
    fault: str
    caught: str


def unit(suite: str) -> str:
    """Caught by this suite of the unit tests."""
    return "unit:" + suite


MUTANTS = [
    Mutant("a buffer passes its maximum", "src/base/buf.c", "length > buf->max || buf->length > buf->max - length", "length > buf->max", unit("buf")),
    Mutant("what is freed is not wiped", "src/base/mem.c", "        mem_wipe(block, size);\n    free(block);",
           "        (void)size;\n    free(block);", unit("mem")),
    Mutant("memory that is out is not said", "src/base/mem.c", 'ending_now(NO_MEMORY_STATUS, "out of memory");',
           "_exit(NO_MEMORY_STATUS);", unit("mem")),
    Mutant("a string ends behind a backslash", "src/format/escaped.c", "    if (letter == '\\0')\n        return false;\n", "",
           unit("prefixes")),
    Mutant("a shell's quote is not escaped", "src/format/sh.c", "*p == '\\'' ? ", "false ? ",
           "tests/formats/test_formats.py::test_hostile_values[sh-dash]"),
    Mutant("others may write the configuration", "src/base/file.c", "!trusted(fd, path, info, belief, error) || ", "", unit("file")),
    Mutant("a pipe is waited for without end", "src/base/file.c", "reading.is_pipe = S_ISFIFO(info.st_mode) && !is_input;",
           "reading.is_pipe = false;", "tests/e2e/test_place.py::test_a_pipe_that_nobody_writes_ends_at_the_timeout"),
    Mutant("an empty batch ends a cursor", "src/io/db_query.c", "!mongoc_cursor_more(cursor)) {", "true) {",
           "tests/e2e/test_hostile_database.py::test_an_empty_batch_is_no_end"),
    Mutant("a query has no deadline", "src/io/db_query.c", "return deadline_ms != 0 && clock_monotonic_ms() >= deadline_ms;",
           "return deadline_ms < 0;", "tests/e2e/test_hostile_database.py::test_a_row_now_and_then_ends_at_the_timeout"),
    Mutant("a cursor without a namespace is followed", "src/io/db_query.c", "    if (!check_cursor(db, &reply, &call->error)) {",
           "    if (false) {", "tests/e2e/test_hostile_database.py::test_a_cursor_that_cannot_be_read_on"),
    Mutant("a percent-encoded password is shown", "src/io/db_error.c", "        return 3;\n", "        return 0;\n", unit("db")),
    Mutant("a password in base64 is shown", "src/io/db_error.c", "        add_base64(needles, decoded);\n", "        (void)add_base64;\n",
           unit("db")),
    Mutant("no answer to a login is a refusal", "src/io/db_error.c", "if (!has_login(db) || is_no_verdict(why))",
           "if (!has_login(db) || (false && is_no_verdict(why)))",
           "tests/e2e/test_hostile_database.py::test_no_answer_to_a_login_is_no_refusal"),
    Mutant("a second name looks like the first", "src/base/text.c", "} else if (text_is_invisible(point)) {", "} else if (false) {",
           unit("text")),
    Mutant("a change does not pin what was read", "src/pritunl/change.c", "        if (!change->fields[i].blind)\n            change_match(",
           "        if (false)\n            change_match(", "tests/e2e/test_change_race.py::test_changed_between_reading_and_writing"),
    Mutant("a lost answer is taken for a change", "src/pritunl/write.c", "            *error = why;\n", "            return WRITE_DONE;\n",
           "tests/e2e/test_change_faults.py::test_a_connection_that_breaks[cut-2-false]"),
    Mutant("a file is not synchronised", "src/base/file_replace.c", "!write_content(work, fd) || fsync(fd) != 0)",
           "!write_content(work, fd))", "tests/e2e/test_private_file.py::test_mode_and_owner_are_there_from_the_first_moment"),
    Mutant("the signature leaves out the path", "src/api/sign.c", "request->method, request->path);",
           "request->method, request->method);", "tests/e2e/test_status.py::test_0_each_command_that_succeeds"),
    Mutant("a redirect is an answer", "src/api/answerer.c", "    if (status >= 300 && status < 400)", "    if (status < 0)", unit("answerer")),
    Mutant("another certificate will do", "src/io/tls.c", "X509_cmp(judge->fixed, judge->met) != 0", "false", unit("tls")),
]


def run(command: list, folder: Path, **environment) -> subprocess.CompletedProcess:
    """Run it there, quietly."""
    return subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, errors="replace", check=False)


def copy_to(folder: Path) -> None:
    """The checkout as it is, without what was built, the last run's too: its last fault would be in an object that is newer than its source."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("src", "tests", "queries", "tools", "Makefile", "doc", "README.md", "docker", "DESIGN.md", "LICENSE", "CHANGELOG.md"):
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.exists():
            shutil.copy2(source, target)
    (folder / "build").mkdir(exist_ok=True)
    for name in ("venv", "readers"):
        link = folder / "build" / name
        if not link.exists() and (ROOT / "build" / name).exists():
            link.symlink_to((ROOT / "build" / name).resolve())


def build(folder: Path, *programs: str) -> str:
    """Make these; what was said where that fails."""
    done = run(["make", *(f"build/{program}" for program in programs)], folder)
    return "" if done.returncode == 0 else done.stdout[-2000:] + done.stderr[-2000:]


def suites_of(tests) -> list[str]:
    """The unit suites among them."""
    return [test.removeprefix("unit:") for test in tests if test.startswith("unit:")]


def fails(folder: Path, *tests: str) -> str:
    """What is said where any of these tests fails."""
    said = ""
    for suite in suites_of(tests):
        done = run(["build/unit"], folder, CK_RUN_SUITE=suite)
        said += f"{suite}: {done.stdout}{done.stderr}\n" if done.returncode != 0 else ""
    others = [test for test in tests if not test.startswith("unit:")]
    if others:
        python = ROOT / "build" / "venv" / "bin" / "python"
        done = run([python, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *others], folder,
                   PRITUNL_ACCESS=str(folder / "build" / "pritunl-access"))
        said += done.stdout[-2000:] + done.stderr[-2000:] if done.returncode != 0 else ""
        if done.returncode not in (0, 1):
            raise RuntimeError(said)
    return said


def plant(folder: Path, mutant: Mutant) -> str:
    """Plant it, look whether it is caught, take it out; what is wrong."""
    path = folder / mutant.file
    sound = path.read_text()
    if sound.count(mutant.text) != 1:
        return "its text is not there once: plant it anew"
    path.write_text(sound.replace(mutant.text, mutant.fault))
    try:
        failed = build(folder, *(["unit"] if suites_of([mutant.caught]) else ["pritunl-access", "encode"]))
        if failed:
            return "does not compile:\n" + failed
        return "" if fails(folder, mutant.caught) else "is not caught"
    finally:
        path.write_text(sound)


def main() -> int:
    """All of them, or those that are named; first the tests without any fault, which must pass."""
    folder = Path(sys.argv[1]).resolve()
    chosen = [mutant for mutant in MUTANTS if not sys.argv[2:] or mutant.name in sys.argv[2:]]
    copy_to(folder)
    failed = build(folder, "pritunl-access", "unit", "encode") or fails(folder, *sorted({mutant.caught for mutant in chosen}))
    if failed:
        print(f"it fails without a fault:\n{failed}")
        return 1
    caught = 0
    for mutant in chosen:
        problem = plant(folder, mutant)
        caught += not problem
        print(f"{'MISSED' if problem else 'caught'}  {mutant.name}  [{mutant.caught}]{': ' + problem if problem else ''}", flush=True)
    print(f"{caught} of {len(chosen)}")
    return 0 if caught == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
