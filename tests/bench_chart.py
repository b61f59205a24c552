# SPDX-License-Identifier: MIT
"""bench_chart - lines in an SVG, for bench.py: chart(path, title, x, y, {name: [(x, y), ...]})."""

from __future__ import annotations

import math
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 40, 50
COLOURS = ("#0b6e4f", "#7a9e9f", "#b5541c", "#5b4b8a", "#8a6d3b")
FONT = 'font-family="sans-serif" font-size="12"'


def ticks(most: float) -> list[float]:
    """Round numbers from 0 to what is at least the largest value."""
    step = 10 ** math.floor(math.log10(most))
    step = next(step * part for part in (0.2, 0.5, 1, 2) if most / (step * part) <= 6)
    return [step * number for number in range(math.ceil(most / step) + 1)]


def chart(path: Path, title: str, x_label: str, y_label: str, lines: dict[str, list[tuple[float, float]]]) -> None:
    """Write the picture. Both axes begin at 0."""
    across, up = (ticks(max(point[axis] for points in lines.values() for point in points)) for axis in (0, 1))

    def place(x: float, y: float) -> tuple[float, float]:
        return (LEFT + x / across[-1] * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / up[-1] * (HEIGHT - TOP - BOTTOM))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', f'<text x="{LEFT}" y="22" {FONT} font-weight="bold">{escape(title)}</text>']
    for value in up:
        x, y = place(0, value)
        parts.append(f'<path d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                     f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end" {FONT}>{value:g}</text>')
    for value in across:
        x, y = place(value, 0)
        parts.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle" {FONT}>{value:g}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 14}" text-anchor="end" {FONT}>{escape(x_label)}</text>'
                 f'<text x="{LEFT - 8}" y="{TOP - 2}" text-anchor="end" {FONT}>{escape(y_label)}</text>')
    # The names stand in the order of the lines' ends, and none over another.
    lowest = 0.0
    for (name, points), colour in sorted(zip(lines.items(), COLOURS, strict=False), key=lambda item: -item[0][1][-1][1]):
        at = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        x, y = place(*points[-1])
        lowest = max(y + 4, lowest + 15)
        parts.append(f'<polyline points="{at}" fill="none" stroke="{colour}" stroke-width="2"/>'
                     f'<text x="{x + 8:.1f}" y="{lowest:.1f}" fill="{colour}" {FONT}>{escape(name)}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")
