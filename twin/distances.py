"""Distances as people write them: ``500m``, ``1.5km``."""

from __future__ import annotations

import re

from twin.errors import InvalidParameter

FACTORS = {"": 1.0, "m": 1.0, "km": 1000.0}
LONGEST_M = 1_000_000.0
_WORD = re.compile(r"(\d+(?:\.\d+)?)(km|m|)\Z", re.ASCII)


def parse_distance(text: str) -> float:
    """Metres of a distance: ``500m``, ``1.5 km``, or plain metres.

    Raises:
        InvalidParameter: it is no distance, or longer than 1,000 km.
    """
    found = _WORD.match("".join(text.split()).lower())
    if found is None:
        raise InvalidParameter(f"{text!r} is not a distance", fix="Write for example 500m, 1.5km, or metres.")
    metres = float(found.group(1)) * FACTORS[found.group(2)]
    if metres > LONGEST_M:
        raise InvalidParameter(f"{text!r} is too far", fix=f"Give at most {LONGEST_M / 1000:,.0f} km.")
    return metres


def human_distance(metres: float) -> str:
    """A distance for people: ``500 m``, ``1.5 km``."""
    return f"{metres / 1000:,.6g} km" if metres >= 1000 else f"{metres:,.6g} m"
