"""The picture of the README: Germany's grid, fibre and data centres, and what one event does to them.

    .venv/bin/python scripts/picture.py docs/germany.svg

asks the twin that the settings name (after `make demo`) the demo's question and draws the answer.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import shapely

from twin import Snapshot
from twin.durations import parse_duration
from twin.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, MARGIN = 1000, 840, 20
#: Kind -> (what the legend says, colour, width of a line or radius of a point).
LINES = {"power_line": ("transmission line", "#c9a27c", 0.8), "span": ("fibre span", "#8fb8d8", 1.4)}
POINTS = {
    "substation": ("substation", "#b98a5e", 1.3),
    "site": ("telecom site", "#4d8fbf", 2.6),
    "data_centre": ("data centre (made up)", "#2a9d6f", 4.0),
}
#: Kinds that the second map is drawn around.
SHOWN = {*POINTS, "bus", "power_plant"}
#: Verdict -> (what the legend says, colour); drawn in this order, the worst on top.
VERDICTS = {
    "at_risk": ("at risk", "#f2b705"),
    "degraded": ("degraded", "#a66fd4"),
    "interrupted": ("interrupted", "#f28705"),
    "down": ("down", "#d62828"),
    "failed": ("the event", "#000000"),
}


class Map:
    """A map in a box of the page; degrees in, points of the page out."""

    def __init__(self, bounds: tuple[float, float, float, float], box: tuple[float, float, float, float]) -> None:
        """Args: bounds: west, south, east, north, degrees. box: left, top, width, height, points."""
        self.west, south, east, self.north = bounds
        self.left, self.top, width, height = box
        self.stretch = math.cos(math.radians((south + self.north) / 2))
        self.scale = min(height / (self.north - south), width / ((east - self.west) * self.stretch))
        self.right = self.left + (east - self.west) * self.stretch * self.scale
        self.bottom = self.top + (self.north - south) * self.scale
        self.parts: list[str] = []

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        """The point of the page."""
        x = self.left + (lon - self.west) * self.stretch * self.scale
        return round(x, 1), round(self.top + (self.north - lat) * self.scale, 1)

    def line(self, points: Any, colour: str, width: float) -> None:
        """A line through points given in degrees."""
        path = " ".join("{},{}".format(*self.xy(lon, lat)) for lon, lat in points)
        self.parts.append(f'<polyline points="{path}" stroke="{colour}" stroke-width="{width}" fill="none"/>')

    def dot(self, lon: float, lat: float, colour: str, radius: float, edge: str = "none") -> None:
        """A dot at a point given in degrees."""
        x, y = self.xy(lon, lat)
        self.parts.append(f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{colour}" stroke="{edge}"/>')

    def svg(self, name: str) -> str:
        """The map, cut at its box."""
        width, height = self.right - self.left, self.bottom - self.top
        box = f'x="{self.left}" y="{self.top}" width="{width:.1f}" height="{height:.1f}"'
        clip = f'<clipPath id="{name}"><rect {box}/></clipPath>'
        return "\n".join([clip, f'<g clip-path="url(#{name})">', f'<rect {box} fill="#fff"/>', *self.parts, "</g>"])


def text(x: float, y: float, words: str, size: int = 13, colour: str = "#222", weight: str = "400") -> str:
    """A line of text on the page."""
    style = f'font-size="{size}" fill="{colour}" font-weight="{weight}"'
    return f'<text x="{x:.0f}" y="{y:.0f}" {style}>{escape(words)}</text>'


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
    """The SVG of one event: the whole country, and where it happens once more from nearby."""
    answer = snapshot.impact(event["failed"], horizon_s=horizon_s).to_dict()
    verdict = {row["id"]: row["verdict"] for row in answer["affected"]}
    assets = list(rows(snapshot))
    placed = {r["id"]: r for r in assets if r["lon"] is not None}
    country = Map(around(r for r in placed.values() if r["kind"] in POINTS), (MARGIN, MARGIN, 580, HEIGHT - 2 * MARGIN))
    near = around((placed[i] for i in verdict if i in placed and placed[i]["kind"] in SHOWN), 0.12)
    inset = Map(near, (country.right + 24, 330, WIDTH - country.right - 44, 200))
    for page, grow in ((country, 1.0), (inset, 1.9)):
        layers(page, assets if page is country else [r for r in assets if close(r, near)], grow)
        for word, (_, colour) in VERDICTS.items():
            for row in (placed[i] for i, v in verdict.items() if v == word and i in placed):
                mark(page, row, colour, grow * (2.0 if word == "failed" else 1.0))
    x, y = country.xy(near[0], near[3])
    right, bottom = country.xy(near[2], near[1])
    frame = f'<rect x="{x}" y="{y}" width="{right - x:.1f}" height="{bottom - y:.1f}" fill="none" stroke="#333"/>'
    edge = f'width="{inset.right - inset.left:.1f}" height="{inset.bottom - inset.top:.1f}" fill="none" stroke="#333"/>'
    names = {r["id"]: r["name"] or r["id"] for r in assets}
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{escape(event["question"])}" font-family="Helvetica, Arial, sans-serif">'
    )
    background = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    parts = [head, background, country.svg("country"), frame, inset.svg("inset")]
    parts.append(f'<rect x="{inset.left}" y="{inset.top}" {edge}')
    return "\n".join([*parts, *side(country.right + 24, event, answer, names), "</svg>"]) + "\n"


def around(shown: Iterable[dict[str, Any]], margin: float = 0.15) -> tuple[float, float, float, float]:
    """Bounds of the assets with a margin, degrees."""
    places = [(r["lon"], r["lat"]) for r in shown]
    lons, lats = [lon for lon, _ in places], [lat for _, lat in places]
    return min(lons) - margin * 1.5, min(lats) - margin, max(lons) + margin * 1.5, max(lats) + margin


def close(row: dict[str, Any], bounds: tuple[float, float, float, float], degrees: float = 1.5) -> bool:
    """Whether an asset may show in the bounds; its place is a point of its geometry, so lines get some room."""
    west, south, east, north = bounds
    inside = row["lon"] is not None and west - degrees < row["lon"] < east + degrees
    return inside and south - degrees < row["lat"] < north + degrees


def layers(page: Map, assets: list[dict[str, Any]], grow: float) -> None:
    """Lines first, then points, then data centres."""
    for kind, (_, colour, width) in LINES.items():
        for row in assets:
            for points in points_of(row) if row["kind"] == kind else ():
                page.line(points, colour, width * grow)
    for kind, (_, colour, radius) in POINTS.items():
        for row in assets:
            if row["kind"] == kind and row["lon"] is not None:
                page.dot(row["lon"], row["lat"], colour, radius * grow, "#fff" if radius > 3 else "none")


def mark(page: Map, row: dict[str, Any], colour: str, grow: float) -> None:
    """Draw one affected asset over the map."""
    lines = points_of(row)
    for points in lines:
        page.line(points, colour, 2.2 * grow)
    if not lines:
        page.dot(row["lon"], row["lat"], colour, 3.2 * grow, edge="#fff")


def side(x: float, event: dict[str, Any], answer: dict[str, Any], names: dict[str, str]) -> list[str]:
    """The column beside the map: question, answer in figures, legend."""
    parts, y = [], 56.0
    for line in wrapped(event["question"], 36):
        parts.append(text(x, y, line, 17, weight="600"))
        y += 24
    for line in (line for name in event["failed"][:2] for line in wrapped(f"{names[name]} ({name})", 48)):
        parts.append(text(x, y, line, 12, "#555"))
        y += 17
    y += 12
    for domain, counts in answer["summary"].items():
        told = ", ".join(f"{n} {v.replace('_', ' ')}" for v, n in counts.items() if n)
        if told:
            parts.append(text(x, y, domain, 14, weight="600"))
            parts.append(text(x + 108, y, told, 13))
            y += 22
    y = HEIGHT - 270.0
    legend = [(words, colour) for words, colour, _ in (*LINES.values(), *POINTS.values())]
    for words, colour in (*legend, *VERDICTS.values()):
        parts.append(f'<rect x="{x:.0f}" y="{y - 9:.0f}" width="16" height="8" fill="{colour}"/>')
        parts.append(text(x + 26, y, words, 12))
        y += 20
    parts.append(text(x, HEIGHT - 36, "Grid: OpenStreetMap contributors, SciGRID,", 10, "#777"))
    parts.append(text(x, HEIGHT - 22, "PyPSA Contributors (CC BY 4.0). Fibre: SNDlib.", 10, "#777"))
    return parts


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
    from twin import Twin

    with Twin.open(load_settings()) as twin:
        Path(sys.argv[1]).write_text(draw(twin.snapshot(), event, parse_duration(event["horizon"])), encoding="utf-8")


if __name__ == "__main__":
    main()
