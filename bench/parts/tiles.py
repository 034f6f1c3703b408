"""Vector tiles of about a thousand features, compressed, from nothing: beside another encoder and beside gzip alone."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely

from bench import stock
from bench.clock import Contestant, Wrong, interleaved, load
from bench.infrastructure import LAND
from bench.parts import Scale
from bench.result import Result, seconds
from twin.export.tiles import Tiles, exists, zipped

WANTED, LEAST_PER_S, SAMPLE, RIVAL = 1_000, 500, 200, 10
Where = tuple[int, int, int]


def measure(scale: Scale) -> Iterator[Result]:
    """Tiles of the zoom at which they hold about a thousand features; what preparing the sheet takes in the notes."""
    before = load()
    snapshot = stock.snapshot(scale.n)
    began = time.perf_counter()
    tiles = Tiles(snapshot)
    prepared = time.perf_counter() - began
    asked, features = _asked(tiles)
    decoded = [_features(tiles.tile(*where)) for where in asked[:RIVAL]]
    ready = [tiles.tile(*where) for where in asked]

    def ours() -> list[bytes]:
        return [zipped(tiles.tile(*where)) for where in asked]

    def bare() -> list[bytes]:
        return [tiles.tile(*where) for where in asked]

    def rival() -> list[bytes]:
        return [_encoded(layers) for layers in decoded]

    def same(answer: list[bytes]) -> None:
        for mine, other in zip(decoded, answer, strict=True):
            if sorted(map(_told, mine)) != sorted(map(_told, _features(other))):
                raise Wrong("other features")

    times = interleaved(
        [
            Contestant("ours, gzip", ours, len(asked)),
            Contestant("ours, not compressed", bare, len(asked)),
            Contestant("mapbox-vector-tile, cut shapes given, not compressed", rival, len(decoded), same),
            Contestant("gzip -1 of ready tiles", lambda: [zipped(tile) for tile in ready], len(ready)),
        ]
    )
    made = times.pop("ours, gzip")
    result = Result(
        "vector tile", f"{snapshot.n_assets:,} assets",
        f"{features:,.0f} features (mean of {len(asked)} tiles at zoom {asked[0][0]})",
        made, list(times.values()), before=before,
    )  # fmt: skip
    result.ask_most(made.median, 1 / LEAST_PER_S, f">= {LEAST_PER_S} tiles/s of 1,000 features, one core, with gzip")
    size = sum(map(len, ready)) / len(ready)
    result.notes.append(f"{1 / made.median:,.0f} tiles/s; {size / 1e3:,.0f} kB before gzip; "
                        f"the sheet of a revision takes {seconds(prepared)}")  # fmt: skip
    yield result


def _asked(tiles: Tiles) -> tuple[list[Where], float]:
    """Tiles of the zoom that comes nearest to the features wanted, and how many they have."""
    best: tuple[float, list[Where], float] | None = None
    for z in range(8, 15):
        west, north = _place(LAND[0], LAND[3], z)
        east, south = _place(LAND[2], LAND[1], z)
        rng = np.random.default_rng(z)
        every = (east - west + 1) * (south - north + 1)
        places = rng.permutation(every)[: 4 * SAMPLE]
        inside = [(z, west + int(at) % (east - west + 1), north + int(at) // (east - west + 1)) for at in places]
        found = [where for where in inside if exists(*where) and tiles.tile(*where)][:SAMPLE]
        if not found:
            continue
        count = float(np.mean([len(_features(tiles.tile(*where))) for where in found[:10]]))
        far = abs(math.log(count / WANTED))
        if best is None or far < best[0]:
            best = far, found, count
    if best is None:
        raise Wrong("no tiles")
    return best[1], best[2]


def _place(lon: float, lat: float, z: int) -> tuple[int, int]:
    n = 1 << z
    return int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)


def _features(tile: bytes) -> list[tuple[str, dict[str, Any]]]:
    """Layer and feature, as the other library decodes them."""
    read = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    return [(name, feature) for name, layer in read.items() for feature in layer["features"]]


def _encoded(features: list[tuple[str, dict[str, Any]]]) -> bytes:
    """The same by the other library."""
    layers: dict[str, list[dict[str, Any]]] = {}
    for name, feature in features:
        shape = shapely.geometry.shape(feature["geometry"])
        layers.setdefault(name, []).append({"geometry": shape, "properties": feature["properties"]})
    made = [{"name": name, "features": found} for name, found in layers.items()]
    tile: bytes = mapbox_vector_tile.encode(made, default_options={"y_coord_down": True, "extents": 4096})
    return tile


def _told(entry: tuple[str, dict[str, Any]]) -> tuple[str, str]:
    name, feature = entry
    return name, f"{sorted(feature['properties'].items())}"
