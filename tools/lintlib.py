# SPDX-License-Identifier: MIT
"""What the checkers share: which files there are, C without its comments and strings, and how to complain."""

import os
import re
import subprocess
import sys

COMPLAINT_LIMIT = 200
TOKEN = re.compile(
    r"//[^\n]*"
    r"|/\*.*?(?:\*/|\Z)"
    r'|"(?:\\.|[^"\\\n])*(?:"|\n|\Z)'
    r"|'(?:\\.|[^'\\\n])*(?:'|\n|\Z)",
    re.DOTALL,
)


def all_files():
    """Return every file of the project, sorted: what git knows or would add; without git, all but build/."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    names = os.fsdecode(listing.stdout).split("\0") if listing.returncode == 0 else walk()
    return sorted(name for name in set(names) if name and os.path.isfile(name) and not os.path.islink(name))


def walk():
    """Return every file below here that is not made."""
    found = []
    for folder, folders, names in os.walk("."):
        folders[:] = [name for name in folders if name not in ("build", ".git", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), ".") for name in names]
    return found


def read(path):
    """Return the file's text; bytes that are not UTF-8 stay recognisable."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def shebang(path):
    """Return the file's first line where that names an interpreter, else ''."""
    with open(path, "rb") as file:
        line = file.readline(200)
    return line.decode("ascii", "replace").strip() if line.startswith(b"#!") else ""


def is_python(path):
    """Tell Python by its name or its first line."""
    return path.endswith(".py") or "python" in shebang(path)


def is_shell(path):
    """Tell sh and bash by the name or the first line."""
    return path.endswith(".sh") or re.search(r"\b(ba|da)?sh$", shebang(path)) is not None


def is_c(path):
    """Tell C by its name."""
    return path.endswith((".c", ".h"))


def without_comments(text, strings=True):
    """Blank out comments, and the content of strings where asked; every line and column stays in place."""

    def blank(match):
        token = match.group(0)
        if token[0] == "/":
            return re.sub(r"[^\n]", " ", token)
        if not strings:
            return token
        return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1]

    return TOKEN.sub(blank, text)


def line_of(text, offset):
    """Return the number of the line in which offset lies."""
    return text.count("\n", 0, offset) + 1


class Report:
    """Complaints, each as `file:line: what: how to mend it`."""

    def __init__(self):
        self.count = 0

    def complain(self, path, line, what, mend):
        """Print one complaint."""
        self.count += 1
        if self.count <= COMPLAINT_LIMIT:
            print("%s:%d: %s: %s" % (path, line, what, mend))

    def status(self):
        """Return the checker's exit status."""
        if self.count > COMPLAINT_LIMIT:
            print("... and %d more" % (self.count - COMPLAINT_LIMIT))
        sys.stdout.flush()
        return 1 if self.count else 0
