"""Bars on a logarithmic scale: one SVG for each line that has rivals."""

from __future__ import annotations

import math
from typing import Any
from xml.sax.saxutils import escape

from bench.result import seconds

WIDTH, LEFT, RIGHT, ROW, TOP = 760, 210, 120, 24, 44
OURS, THEIRS, LEAST = "#2a7f62", "#b9c4cc", "#e0b84c"


def bars(result: dict[str, Any]) -> str:
    """The contestants of one result, fastest first; empty when there is nobody beside ours."""
    entries = [t for t in (result["ours"], *result["others"]) if t["median_s"] and not t["wrong"]]
    if len(entries) < 2 or result["ours"] not in entries:
        return ""
    entries.sort(key=lambda t: t["median_s"])
    low = math.floor(math.log10(entries[0]["median_s"]) - 0.3)
    high = math.ceil(math.log10(entries[-1]["median_s"]) + 0.01)
    height = TOP + ROW * len(entries) + 30
    title = f"{result['what']}, {result['size'].split(', ')[0]}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="Helvetica, Arial, sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="14" font-weight="bold">{escape(title)}</text>',
    ]
    bottom = TOP + ROW * len(entries)
    for power in range(low, high + 1):
        x = _x(10.0**power, low, high)
        parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom}" stroke="#e6e6e6"/>')
        label = escape(seconds(10.0**power))
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle" fill="#555555">{label}</text>')
    for place, times in enumerate(entries):
        parts += _bar(times, TOP + ROW * place, low, high, result["ours"])
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bar(times: dict[str, Any], y: float, low: int, high: int, ours: dict[str, Any]) -> list[str]:
    own = times is ours or times["name"].startswith("ours")
    colour = OURS if own else LEAST if times["name"].startswith("replay") else THEIRS
    x = _x(times["median_s"], low, high)
    ratio = "" if times is ours else f" ({times['median_s'] / ours['median_s']:,.3g}x)"
    weight = ' font-weight="bold"' if own else ""
    return [
        f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end"{weight}>{escape(times["name"])}</text>',
        f'<rect x="{LEFT}" y="{y}" width="{max(x - LEFT, 1):.1f}" height="{ROW - 7}" fill="{colour}"/>',
        f'<text x="{x + 5:.1f}" y="{y + 13}">{escape(seconds(times["median_s"]) + ratio)}</text>',
    ]


def _x(value: float, low: int, high: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(value) - low) / max(high - low, 1)
