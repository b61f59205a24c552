# SPDX-License-Identifier: MIT
"""bench_far - whole exports over a cable of some length, beside the fastest that can be written: for bench.py.

Database and API stand in one network namespace, the contenders in another, and every packet between them takes as long as
peers/cable.c is told. All log in to the database by SCRAM-SHA-256 over TLS, sign one request over TLS, and write a private file. Needs
root and /dev/net/tun; a peer without its compiler is left out.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import shutil
import statistics
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "tests" / "peers"
BUILT = ROOT / "build" / "bench"
DELAYS = (0, 5, 25, 50)     # milliseconds one way
NEW_NETWORK = 0x40000000
SET_TUN = 0x400454ca
TUN_WITHOUT_HEADER = 0x1001
SERVERS, CLIENTS = "127.0.0.1", "127.0.0.2"     # the servers' certificates name the first


@dataclass
class Contender:
    """A command line and what its runs took: seconds by delay, and seconds of processor and KiB of all runs without one."""

    name: str
    command: list
    seconds: dict = field(default_factory=dict)
    processor: list = field(default_factory=list)
    memory: list = field(default_factory=list)

    def median(self, delay: int) -> float:
        """Milliseconds."""
        return statistics.median(self.seconds[delay]) * 1000

    def round_trips(self) -> float:
        """The slope of time over the time of a round trip, by least squares."""
        return statistics.linear_regression([2 * delay for delay in DELAYS[1:]], [self.median(delay) for delay in DELAYS[1:]]).slope


def build() -> dict[str, list]:
    """The instruments, and the peers that can be built here, by name."""
    BUILT.mkdir(parents=True, exist_ok=True)
    for name in ("run", "cable"):
        subprocess.run([os.environ.get("CC", "cc"), "-O2", "-std=c11", "-D_GNU_SOURCE", "-o", BUILT / name, PEERS / f"{name}.c"], check=True)
    recipes = (
        ("Go", "go", PEERS / "go", ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", BUILT / "go"], BUILT / "go"),
        ("Rust", "cargo", PEERS / "rust", ["cargo", "build", "-q", "--release", "--locked", "--target-dir", BUILT / "cargo"],
         BUILT / "cargo" / "release" / "peer"))
    found = {}
    for name, compiler, folder, command, program in recipes:
        if shutil.which(compiler) and subprocess.run(command, cwd=folder, env={**os.environ, "CGO_ENABLED": "0"}, check=False).returncode == 0:
            found[name] = [program]
        else:
            print(f"without {name}: {compiler} is missing or too old", flush=True)
    return found


def enter_network(own: str, other: str) -> int:
    """Leave for a network of this thread's own, with one address and a TUN device towards the other; the device."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace")
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, SET_TUN, struct.pack("16sH22x", b"cable", TUN_WITHOUT_HEADER))
    for words in ("link set lo up", "addr flush dev lo", f"addr add {own}/32 dev lo", "link set cable up",
                  f"route add {other}/32 dev cable src {own}"):
        subprocess.run(["ip", *words.split()], check=True)
    for name in ("all", "cable"):
        Path(f"/proc/sys/net/ipv4/conf/{name}/route_localnet").write_text("1", encoding="ascii")
    return device


@contextlib.contextmanager
def cable(ends, delay_ms: int):
    """Both devices are connected."""
    with subprocess.Popen([BUILT / "cable", *map(str, ends), str(delay_ms * 1000)], stdin=subprocess.PIPE, pass_fds=ends) as process:
        yield
        process.stdin.close()


def run_once(contender: Contender, environment: dict) -> tuple[float, float, int]:
    """Seconds, seconds of processor, and KiB of one run."""
    done = subprocess.run([BUILT / "run", *contender.command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise SystemExit(f"{contender.name} failed with {done.returncode}:\n{done.stderr}")
    wall, processor, memory = done.stderr.splitlines()[-1].split()
    return float(wall), float(processor), int(memory)


def race(contenders: list[Contender], delay: int, environment: dict, rounds: int) -> None:
    """In turns, after a round that does not count."""
    for number in range(rounds + 1):
        for each in contenders:
            wall, processor, memory = run_once(each, environment)
            if number > 0:
                each.seconds.setdefault(delay, []).append(wall)
                if delay == 0:
                    each.processor.append(processor)
                    each.memory.append(memory)


def measure(contenders: list[Contender], device: int | None, environment: dict, rounds: int) -> None:
    """Every delay; 0 is the servers' own loopback, where this thread still is."""
    race(contenders, 0, environment, rounds)
    if device is None:
        return
    own = enter_network(CLIENTS, SERVERS)
    for delay in DELAYS[1:]:
        with cable((device, own), delay):
            race(contenders, delay, environment, rounds)


def report(contenders: list[Contender]) -> str:
    """A table in Markdown: medians, their ratios to the fastest peer's, round trips, processor, memory."""
    delays = [delay for delay in DELAYS if delay in contenders[0].seconds]
    peers = [each for each in contenders if each.name in ("Go", "Rust")]
    lines = ["| export, TLS to both | " + " | ".join(f"{delay} ms one way" for delay in delays) + " | round trips | processor | memory |",
             "|---" * (len(delays) + 4) + "|"]
    for each in contenders:
        cells = []
        for delay in delays:
            ratio = "" if each in peers or not peers else f" ({each.median(delay) / min(peer.median(delay) for peer in peers):.2f} ×)"
            cells.append(f"{each.median(delay):.1f} ms{ratio}")
        trips = f"{each.round_trips():.1f}" if len(delays) > 1 else "–"
        lines.append(f"| {each.name} | " + " | ".join(cells) + f" | {trips} | {statistics.median(each.processor) * 1000:.1f} ms | "
                     f"{statistics.median(each.memory) / 1024:.1f} MiB |")
    return "\n".join(lines)


def can_be_far() -> bool:
    """Whether this system lets us lay a cable."""
    return sys.platform == "linux" and os.geteuid() == 0 and os.path.exists("/dev/net/tun") and shutil.which("ip") is not None
