"""The picture of the README: Germany's grid, fibre and data centres, and what one event does to them.

    .venv/bin/python scripts/picture.py docs/germany.svg

asks the twin that the settings name (after `make demo`) the demo's question and draws the answer.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import shapely

from twin import Snapshot, Twin
from twin.cli.durations import parse_duration
from twin.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, MARGIN = 1000, 840, 20
#: Kind -> (what the legend says, colour, width of a line or radius of a point).
LINES = {"power_line": ("transmission line", "#c9a27c", 0.8), "span": ("fibre span", "#8fb8d8", 1.4)}
POINTS = {"substation": ("substation", "#b98a5e", 1.3), "site": ("telecom site", "#4d8fbf", 2.6)}
CENTRES = ("data_centre", "data centre (made up)", "#2a9d6f", 4.0)
#: Verdict -> (what the legend says, colour); drawn in this order, the worst on top.
VERDICTS = {
    "at_risk": ("at risk", "#f2b705"),
    "degraded": ("degraded", "#a66fd4"),
    "interrupted": ("interrupted", "#f28705"),
    "down": ("down", "#d62828"),
    "failed": ("the event", "#000000"),
}


class Map:
    """An SVG under construction; degrees in, points of the page out."""

    def __init__(self, bounds: tuple[float, float, float, float]) -> None:
        """Args: bounds: west, south, east, north, degrees."""
        self.west, self.south, east, self.north = bounds
        self.stretch = math.cos(math.radians((self.south + self.north) / 2))
        self.scale = (HEIGHT - 2 * MARGIN) / (self.north - self.south)
        self.right = MARGIN + (east - self.west) * self.stretch * self.scale
        self.parts: list[str] = []

    def xy(self, lon: float, lat: float) -> str:
        x = MARGIN + (lon - self.west) * self.stretch * self.scale
        y = MARGIN + (self.north - lat) * self.scale
        return f"{x:.1f},{y:.1f}"

    def line(self, points: Any, colour: str, width: float) -> None:
        path = " ".join(self.xy(lon, lat) for lon, lat in points)
        self.parts.append(f'<polyline points="{path}" stroke="{colour}" stroke-width="{width}" fill="none"/>')

    def dot(self, lon: float, lat: float, colour: str, radius: float, edge: str = "none") -> None:
        x, y = self.xy(lon, lat).split(",")
        self.parts.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}" stroke="{edge}"/>')

    def text(self, x: float, y: float, words: str, size: int = 13, colour: str = "#222", weight: str = "400") -> None:
        style = f'font-size="{size}" fill="{colour}" font-weight="{weight}"'
        self.parts.append(f'<text x="{x:.0f}" y="{y:.0f}" {style}>{escape(words)}</text>')

    def svg(self, title: str) -> str:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
            f' aria-label="{escape(title)}" font-family="Helvetica, Arial, sans-serif">'
        )
        background = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
        return "\n".join([head, background, *self.parts, "</svg>"]) + "\n"


def rows(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    """Id, kind, place and geometry of every asset."""
    columns = ["id", "kind", "name", "lon", "lat", "geometry"]
    yield from snapshot.arrays.assets.select(columns).to_pylist()


def points_of(row: dict[str, Any]) -> list[Any]:
    """The lines of an asset's geometry, as lists of longitude and latitude; simplified to some 500 m."""
    if row["geometry"] is None:
        return []
    shape = shapely.simplify(shapely.from_wkb(row["geometry"]), 0.005)
    return [part.coords for part in shapely.get_parts(shape) if part.geom_type == "LineString"]


def draw(snapshot: Snapshot, event: dict[str, Any], horizon_s: float | None) -> str:
    """The SVG of one event."""
    answer = snapshot.impact(event["failed"], horizon_s=horizon_s).to_dict()
    verdict = {row["id"]: row["verdict"] for row in answer["affected"]}
    assets = list(rows(snapshot))
    placed = [r for r in assets if r["lon"] is not None and r["kind"] in {*LINES, *POINTS, CENTRES[0]}]
    lons, lats = [r["lon"] for r in placed], [r["lat"] for r in placed]
    page = Map((min(lons) - 0.2, min(lats) - 0.15, max(lons) + 0.2, max(lats) + 0.15))
    for kind, (_, colour, width) in LINES.items():
        for row in assets:
            for points in points_of(row) if row["kind"] == kind else ():
                page.line(points, colour, width)
    for row in placed:
        if row["kind"] in POINTS:
            page.dot(row["lon"], row["lat"], *POINTS[row["kind"]][1:])
        elif row["kind"] == CENTRES[0]:
            page.dot(row["lon"], row["lat"], *CENTRES[2:], edge="#fff")
    places = {r["id"]: r for r in assets if r["lon"] is not None}
    for word, (_, colour) in VERDICTS.items():
        for name in (i for i, v in verdict.items() if v == word and i in places):
            mark(page, places[name], colour, word == "failed")
    side(page, event, answer, {r["id"]: r["name"] or r["id"] for r in assets})
    return page.svg(event["question"])


def mark(page: Map, row: dict[str, Any], colour: str, failed: bool) -> None:
    """Draw one affected asset over the map."""
    lines = points_of(row)
    for points in lines:
        page.line(points, colour, 2.4)
    if not lines:
        page.dot(row["lon"], row["lat"], colour, 6 if failed else 3.6, edge="#fff")


def side(page: Map, event: dict[str, Any], answer: dict[str, Any], names: dict[str, str]) -> None:
    """The column beside the map: question, legend, what failed."""
    x, y = page.right + 24, 60.0
    for line in wrapped(event["question"], 36):
        page.text(x, y, line, 17, weight="600")
        y += 24
    y += 6
    for name in event["failed"][:3]:
        page.text(x, y, f"{names[name]} ({name})", 12, "#555")
        y += 18
    y += 18
    for domain, counts in answer["summary"].items():
        told = ", ".join(f"{n} {VERDICTS[v][0] if v != 'failed' else 'failed'}" for v, n in counts.items() if n)
        if told:
            page.text(x, y, domain, 14, weight="600")
            for line in wrapped(told, 40):
                y += 19
                page.text(x, y, line, 13)
            y += 26
    y = max(y + 20, HEIGHT - 290)
    for words, colour in [
        *((w, c) for w, c, _ in [*LINES.values(), *POINTS.values(), CENTRES[1:]]),
        *VERDICTS.values(),
    ]:
        page.parts.append(f'<rect x="{x:.0f}" y="{y - 9:.0f}" width="16" height="8" fill="{colour}"/>')
        page.text(x + 26, y, words, 12)
        y += 21
    page.text(x, HEIGHT - 36, "Grid: OpenStreetMap contributors, SciGRID,", 10, "#777")
    page.text(x, HEIGHT - 22, "PyPSA Contributors (CC BY 4.0). Fibre: SNDlib.", 10, "#777")


def wrapped(words: str, width: int) -> list[str]:
    """The words in lines of at most *width* characters."""
    lines = [""]
    for word in words.split():
        if len(lines[-1]) + len(word) + 1 > width and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def main() -> None:
    """Draw the demo's event to the file that is named on the command line."""
    event = json.loads((ROOT / "samples/germany/demo.json").read_text(encoding="utf-8"))
    with Twin.open(load_settings()) as twin:
        Path(sys.argv[1]).write_text(draw(twin.snapshot(), event, parse_duration(event["horizon"])), encoding="utf-8")


if __name__ == "__main__":
    main()
