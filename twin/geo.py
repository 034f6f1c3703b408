"""Boxes in degrees (WGS 84), as people write them."""

from __future__ import annotations

import math

from twin.errors import InvalidParameter

BBox = tuple[float, float, float, float]


def parse_bbox(text: str) -> BBox:
    """``west,south,east,north`` in degrees; west > east crosses the antimeridian.

    Raises:
        InvalidParameter: not four numbers, or not inside the world.
    """
    fix = "Give west,south,east,north in degrees, for example 12.9,52.3,13.8,52.7"
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise InvalidParameter(f"bbox {text!r} is not four numbers", fix=fix) from None
    if not all(map(math.isfinite, (west, south, east, north))):
        raise InvalidParameter(f"bbox {text!r} is not finite", fix=fix)
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidParameter(f"bbox {text!r} does not lie in the world", fix=fix)
    return west, south, east, north
