# SPDX-License-Identifier: MIT
"""Become another program that cannot outlive its parent, or that has a terminal of its own.

    python leash.py die-with PARENT COMMAND...    killed by the kernel when PARENT ends, however it ends
    python leash.py terminal DESCRIPTOR COMMAND...   a new session whose controlling terminal is DESCRIPTOR
    python leash.py measured DESCRIPTOR COMMAND...   a child of its own, whose wait status, most memory (KiB) and seconds of CPU
                                                     DESCRIPTOR gets

The process id stays the same but in the last case: the most memory of a process counts what it was before it became another. A program started in this way needs no code between fork and exec in the test's
own process, which has threads.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import sys
import termios

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Ask the kernel for SIGKILL when the parent's starting thread ends; leave at once if it has ended already."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("leash: the parent is gone")


def take_terminal(descriptor: int) -> None:
    """Lead a new session, with the terminal behind this descriptor as its controlling one."""
    os.setsid()
    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
    os.close(descriptor)


def measure(descriptor: int, command: list[str]) -> None:
    """Run the command, tell its wait status, its most memory and its time, and end as it did."""
    child = os.fork()
    if child == 0:
        os.close(descriptor)
        die_with(os.getppid())
        os.execv(command[0], command)
    _, status, usage = os.wait4(child, 0)
    os.write(descriptor, f"{status} {usage.ru_maxrss} {usage.ru_utime + usage.ru_stime}".encode())
    os._exit(0)


def main() -> None:
    """Read the arguments, prepare, and become the command."""
    how, value, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    if how == "measured":
        measure(value, command)
    {"die-with": die_with, "terminal": take_terminal}[how](value)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"leash: {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
