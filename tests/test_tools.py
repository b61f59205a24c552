# SPDX-License-Identifier: MIT
"""What the Makefile runs, where it could do harm."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[1] / "tools"


def test_the_environment_of_another_tree_is_left_alone(tmp_path):
    """`venv --clear` through a symbolic link would empty what it points to."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "precious").write_text("x")
    requirements = tmp_path / "requirements.txt"
    requirements.touch()
    for name, target in (("whole", other), ("dangling", tmp_path / "nowhere")):
        link = tmp_path / name
        link.symlink_to(target)
        for spelt in (str(link), f"{link}/"):
            result = subprocess.run([sys.executable, TOOLS / "venv", spelt, requirements], capture_output=True, text=True, check=False,
                                    timeout=60)
            assert result.returncode == 1 and f"{link} is a symbolic link" in result.stderr and "try: rm " in result.stderr
        assert link.is_symlink()
    assert [path.name for path in other.iterdir()] == ["precious"]
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture(scope="module")
def picture():
    """tools/picture, as a module."""
    loader = importlib.machinery.SourceFileLoader("picture", str(TOOLS / "picture"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("picture", loader))
    loader.exec_module(module)
    return module


def shown(svg: str) -> list[tuple[str, str]]:
    """The pieces of text of a picture and their colours."""
    return [(each.text, each.get("fill")) for each in xml.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_picture_is_what_a_terminal_shows(picture):
    """Of its size, for the program; a line that is too long goes on in the next, what is written over is gone, the top scrolls away."""
    svg = picture.picture(20, 4, ["stty size; printf 'away\\rstay <\\033[31m&\\033[0m\\n'; printf '%025d' 0"])
    assert [text for text, _ in shown(svg)] == ["4 20", "stay <", "&", "0" * 20, "0" * 5]
    assert ("&", picture.COLOURS[31]) in shown(svg)
    with pytest.raises(ValueError, match="not known"):
        picture.picture(20, 4, ["printf '\\033[2J'"])


def test_the_pictures_that_documents_show_are_well_formed():
    pictures = sorted((TOOLS.parent / "doc" / "pictures").glob("*.svg"))
    assert len(pictures) >= 14
    for path in pictures:
        assert shown(path.read_text(encoding="utf-8")), path


def test_uninstall_takes_away_what_install_brings(tmp_path):
    """The program, its pages, completions and units, in the folder that was asked for; then no file is left."""
    root = Path(__file__).resolve().parents[1]
    program = os.environ.get("PRITUNL_ACCESS") or str(root / "build" / "pritunl-access")
    shutil.copy(program, tmp_path / "program")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    for goal in ("install", "uninstall"):
        subprocess.run(["make", "-s", goal, f"PROGRAM={tmp_path}/program", f"RUNNABLE={os.path.relpath(program, root)}", f"DESTDIR={tmp_path}/root", "PREFIX=/usr"],
                       cwd=root, env=environment, check=True)
        files = {str(path.relative_to(tmp_path / "root")) for path in (tmp_path / "root").rglob("*") if not path.is_dir()}
        if goal == "install":
            units = {f"usr/lib/systemd/system/{path.name}" for path in (root / "doc").iterdir() if path.suffix in (".service", ".timer")}
            assert units and units | {"usr/bin/pritunl-access", "usr/share/man/man1/pritunl-access.1"} <= files
            assert (tmp_path / "root/usr/bin/pritunl-access").stat().st_mode & 0o777 == 0o755
    assert files == set()
