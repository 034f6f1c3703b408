"""What is in the tiles, for TileJSON and for the metadata of tile sets."""

from __future__ import annotations

from typing import Any

from twin.export.tiles.sheet import MAX_ZOOM
from twin.export.tiles.tiles import POINTS_FROM, Tiles

_TEXT, _NUMBER = "String", "Number"
_SINGLE = {
    "id": _TEXT,
    "kind": _TEXT,
    "domain": _TEXT,
    "name": _TEXT,
    "voltage_kv": _NUMBER,
    "state": _TEXT,
    "site": _TEXT,
    "status": _TEXT,
}
_ABOUT = {
    "points": "Assets with one place, and areas too small to be seen as such",
    "lines": "Lines; at low zooms only the highest voltages and the longest of the others, where there are too many",
    "areas": "Areas that are large enough to be seen",
    "sites": "Assets with one place, counted by the cells of a grid; id, kind, domain and name where all stand in one",
}


def vector_layers(tiles: Tiles) -> list[dict[str, Any]]:
    """The layers as TileJSON 3.0 describes them, section 3.3."""
    counted = dict.fromkeys(["count", "down", *tiles.sheet.values.domains], _NUMBER)
    named = dict.fromkeys(("id", "kind", "domain", "name"), _TEXT)
    zooms = {"points": (POINTS_FROM, MAX_ZOOM), "lines": (0, MAX_ZOOM), "areas": (0, MAX_ZOOM), "sites": (0, MAX_ZOOM)}
    return [
        {
            "id": name,
            "description": about,
            "fields": {**named, **counted} if name == "sites" else dict(_SINGLE),
            "minzoom": zooms[name][0],
            "maxzoom": zooms[name][1],
        }
        for name, about in _ABOUT.items()
    ]
