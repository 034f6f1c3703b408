"""What a vector tile must hold, the slow and obvious way: projected by formula, cut by shapely, decoded by others."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from mapbox_vector_tile.Mapbox import vector_tile_pb2

EXTENT, MARGIN, END = 4096, 64, 85.0511287798066


def world(lon: float, lat: float) -> tuple[float, float]:
    """Web Mercator: 0 to 1 from the north-west corner."""
    lat = math.radians(min(max(lat, -END), END))
    return (lon + 180) / 360, (1 - math.asinh(math.tan(lat)) / math.pi) / 2


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int]:
    """Column and row of the tile that a place is in."""
    x, y = (min(max(value, 0.0), 1 - 1e-12) for value in world(lon, lat))
    return int(x * 2**z), int(y * 2**z)


def in_tile(shape: Any, z: int, x: int, y: int) -> Any:
    """*shape* (degrees) in units of a tile, whole: not cut, not rounded."""

    def moved(lonlat: Any) -> Any:
        return [[(a * 2**z - x) * EXTENT, (b * 2**z - y) * EXTENT] for a, b in (world(*p) for p in lonlat)]

    return shapely.transform(shape, moved)


def cut(shape: Any, z: int, x: int, y: int, margin: float = MARGIN) -> Any:
    """What of *shape* (degrees) is in the tile and a margin around it, in its units."""
    inside = shapely.box(-margin, -margin, EXTENT + margin, EXTENT + margin)
    return shapely.intersection(shapely.make_valid(in_tile(shape, z, x, y)), inside)


def decoded(tile: bytes) -> dict[str, dict[str, tuple[Any, dict[str, Any]]]]:
    """Layer -> id (or number) -> shape in units of the tile and properties, as an independent decoder reads it."""
    if not tile:
        return {}
    read = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    return {
        name: {
            feature["properties"].get("id", str(number)): (
                shapely.geometry.shape(feature["geometry"]),
                feature["properties"],
            )
            for number, feature in enumerate(layer["features"])
        }
        for name, layer in read.items()
    }


def inside(shape: Any, places: Any) -> Any:
    """Which places are inside the rings of *shape* by the even-odd rule, whatever else is wrong with it."""
    crossed = np.zeros(len(places), int)
    x, y = shapely.get_x(places), shapely.get_y(places)
    for part in shapely.get_parts(shape):
        for ring in shapely.get_rings(part):
            for (ax, ay), (bx, by) in pairwise(shapely.get_coordinates(ring).tolist()):
                if ay != by:
                    crossed += ((ay > y) != (by > y)) & (x < ax + (y - ay) / (by - ay) * (bx - ax))
    return crossed % 2 == 1


def strictly(tile: bytes) -> Any:
    """The message itself, after all that the specification demands of it (sections 4.1-4.4)."""
    message = vector_tile_pb2.tile()
    message.ParseFromString(tile)
    names = [layer.name for layer in message.layers]
    assert len(names) == len(set(names))
    for layer in message.layers:
        assert (layer.version, layer.extent) == (2, EXTENT)
        assert layer.features
        assert len(layer.keys) == len(set(layer.keys))
        values = [value.SerializeToString() for value in layer.values]
        assert len(values) == len(set(values))
        used = set()
        for feature in layer.features:
            keys = feature.tags[::2]
            assert len(feature.tags) % 2 == 0
            assert len(keys) == len(set(keys))
            used |= {("key", k) for k in keys} | {("value", v) for v in feature.tags[1::2]}
            _commands(list(feature.geometry), feature.type)
        assert used == {("key", i) for i in range(len(layer.keys))} | {("value", i) for i in range(len(layer.values))}
    return message


def _commands(geometry: list[int], kind: int) -> None:
    """Commands in the order that a type allows; lines of two places or more, rings with area, an outer one first."""
    at, x, y, rings = 0, 0, 0, []
    while at < len(geometry):
        parts = []
        for wanted in {1: [1], 2: [1, 2], 3: [1, 2, 7]}[kind]:
            command, count = geometry[at] & 7, geometry[at] >> 3
            at += 1
            assert command == wanted
            assert count == 1 or command == 2
            for _ in range(count if command != 7 else 0):
                step = [(v >> 1) ^ -(v & 1) for v in geometry[at : at + 2]]
                assert command == 1 or step != [0, 0]
                x, y = x + step[0], y + step[1]
                parts.append((x, y))
                at += 2
        assert len(parts) >= kind
        if kind == 3:
            rings.append(sum(a * d - b * c for (a, b), (c, d) in zip(parts, [*parts[1:], parts[0]], strict=True)))
    assert kind != 3 or (rings[0] > 0 and 0 not in rings)
