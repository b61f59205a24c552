# SPDX-License-Identifier: MIT
"""What the Makefile runs, where it could do harm."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
