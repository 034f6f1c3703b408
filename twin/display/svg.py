"""A map as plain SVG: points, lines and areas on a graticule; no network, no script, readable on light and dark."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

import numpy as np

WIDTH, LOWEST, HIGHEST = 640, 200, 420
#: Pixels above, below and right of the map, and left of it: room for the labels of the graticule.
EDGE, LEFT = 20, 44
#: Shapes of one map, and corners of one shape, at most.
MOST, CORNERS = 600, 200
#: Steps of a graticule in degrees.
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)
#: Pixels that a simplified shape may be off by.
OFF = 0.7


class Mark(NamedTuple):
    """One thing on the map: a shape in WGS 84, its colour, and what its tooltip says."""

    shape: Any
    colour: str
    title: str


class Frame(NamedTuple):
    """The part of the world that is shown: degrees, and how many pixels high it is."""

    west: float
    south: float
    east: float
    north: float
    height: float

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of one degree, east and north."""
        across, up = self.east - self.west, self.north - self.south
        return (WIDTH - LEFT - EDGE) / across, (self.height - 2 * EDGE) / up

    def pixels(self, xy: Any) -> Any:
        """(n, 2) degrees as pixels of the picture."""
        x, y = self.scale
        return np.column_stack([LEFT + (xy[:, 0] - self.west) * x, self.height - EDGE - (xy[:, 1] - self.south) * y])


def svg_of(marks: Sequence[Mark]) -> str:
    """The map of *marks*, the first of them on top; at most ``MOST`` are drawn. Empty without any shape."""
    import shapely

    drawn = [mark for mark in marks if mark.shape is not None and not shapely.is_empty(mark.shape)][:MOST]
    if not drawn:
        return ""
    shapes = _together(np.array([mark.shape for mark in drawn], object))
    frame = _frame(shapely.total_bounds(shapes))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {frame.height:.0f}" '
        f'width="{WIDTH}" style="max-width:100%;height:auto;font:10px sans-serif" fill="none" stroke="currentColor">',
        f"<title>Map of {len(drawn):,} assets</title>",
        *_graticule(frame),
    ]
    upside_down = [*zip(shapes, drawn, strict=True)][::-1]  # what is drawn last is on top
    for shape, mark in sorted(upside_down, key=lambda pair: -_dimension(pair[0])):
        parts.append(_drawn(shape, mark, frame))
    return "\n".join([*parts, "</svg>"])


def _together(shapes: Any) -> Any:
    """The shapes side by side also where they lie on both sides of the 180th meridian."""
    import shapely

    shapes = shapely.force_2d(shapes)
    bounds = shapely.bounds(shapes)
    if np.nanmax(bounds[:, 2]) - np.nanmin(bounds[:, 0]) <= 180:
        return shapes
    west = bounds[:, 2] < 0
    moved = shapely.transform(shapes[west], lambda xy: xy + np.array([360.0, 0.0]))
    shifted = shapes.copy()
    shifted[west] = moved
    there = shapely.bounds(shifted)
    return shifted if np.nanmax(there[:, 2]) - np.nanmin(there[:, 0]) < 180 else shapes


def _frame(bounds: Any) -> Frame:
    west, south, east, north = (float(side) for side in bounds)
    middle = math.cos(math.radians(max(-80.0, min(80.0, (south + north) / 2))))
    across, up = max((east - west) * 1.08, 0.02 / middle), max((north - south) * 1.08, 0.02)
    height = 2 * EDGE + (WIDTH - LEFT - EDGE) * up / (across * middle)
    if height > HIGHEST:
        across *= (height - 2 * EDGE) / (HIGHEST - 2 * EDGE)
    elif height < LOWEST:
        up *= (LOWEST - 2 * EDGE) / (height - 2 * EDGE)
    x, y = (west + east) / 2, (south + north) / 2
    return Frame(x - across / 2, y - up / 2, x + across / 2, y + up / 2, min(max(height, LOWEST), HIGHEST))


def _graticule(frame: Frame) -> list[str]:
    """Frame, meridians and parallels with their degrees."""
    width, height = WIDTH - LEFT - EDGE, frame.height - 2 * EDGE
    parts = [f'<rect x="{LEFT}" y="{EDGE}" width="{width}" height="{height:.0f}" stroke-opacity=".35"/>']
    step = next((s for s in STEPS if (frame.east - frame.west) / s <= 10), STEPS[-1])
    for degree in _between(frame.west, frame.east, step):
        x = LEFT + (degree - frame.west) * frame.scale[0]
        parts.append(f'<path d="M{x:.1f} {EDGE}V{EDGE + height:.1f}" stroke-opacity=".15"/>')
        parts.append(_label(x, frame.height - EDGE + 13, "middle", _degrees(_wrapped(degree), "E", "W", step)))
    for degree in _between(frame.south, frame.north, step):
        y = frame.height - EDGE - (degree - frame.south) * frame.scale[1]
        parts.append(f'<path d="M{LEFT} {y:.1f}H{LEFT + width}" stroke-opacity=".15"/>')
        parts.append(_label(LEFT - 4, y + 3, "end", _degrees(degree, "N", "S", step)))
    return parts


def _between(low: float, high: float, step: float) -> list[float]:
    return [round(k * step, 6) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _wrapped(degree: float) -> float:
    return degree - 360 if degree > 180 else degree


def _degrees(degree: float, plus: str, minus: str, step: float) -> str:
    digits = max(0, -math.floor(math.log10(step)))
    return f"{abs(degree):.{digits}f}°{plus if degree > 0 else minus if degree < 0 else ''}"


def _label(x: float, y: float, anchor: str, text: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor" fill-opacity=".65" '
        f'stroke="none">{escape(text)}</text>'
    )


def _dimension(shape: Any) -> int:
    import shapely

    return int(shapely.get_dimensions(shape))


def _drawn(shape: Any, mark: Mark, frame: Frame) -> str:
    import shapely

    title = f"<title>{escape(mark.title)}</title>"
    colour = escape(mark.colour)
    if shapely.get_dimensions(shape) == 0:
        circles = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
            for x, y in frame.pixels(shapely.get_coordinates(shape)[:CORNERS])
        )
        return f'<g fill="{colour}" stroke-opacity=".5" stroke-width=".7">{title}{circles}</g>'
    area = shapely.get_dimensions(shape) == 2
    fill = f'fill="{colour}" fill-opacity=".35" ' if area else ""
    return f'<path d="{_path(shape, frame)}" {fill}stroke="{colour}" stroke-width="{1 if area else 2}">{title}</path>'


def _path(shape: Any, frame: Frame) -> str:
    import shapely

    slim = shapely.simplify(shape, OFF / max(frame.scale))
    found, left = [], CORNERS
    for part in shapely.get_parts(slim):
        for line in shapely.get_rings([part]) if shapely.get_dimensions(part) == 2 else [part]:
            corners = frame.pixels(shapely.get_coordinates(line))
            thinned = corners[:: max(1, math.ceil(len(corners) / max(left, 2)))]
            left -= len(thinned)
            found.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in [*thinned, corners[-1]]))
    return "".join(found)
