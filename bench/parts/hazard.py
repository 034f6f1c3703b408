"""A polygon on the map, what it hits, what that takes with it, and all of it as Arrow: in process."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from bench import stock
from bench.clock import Contestant, Wrong, interleaved, load
from bench.infrastructure import LAND
from bench.parts import Scale
from bench.parts.small import _steady
from bench.result import Result, seconds
from twin.impact.cascade import Cascade
from twin.impact.events.hazard import Hazard
from twin.impact.events.hazard_file import Feature
from twin.impact.events.places import Places

HIT, MOST_S, VERTICES = 10_000, 10e-3, 200
COLUMNS = ["id", "kind", "domain", "lon", "lat"]


def measure(scale: Scale) -> Iterator[Result]:
    """Ten thousand assets hit; the steps apart in the notes."""
    before = load()
    snapshot = stock.snapshot(scale.n)
    places = Places(snapshot.arrays)
    places.touching(shapely.Point(9.0, 50.0))  # makes the index
    cascade = Cascade(snapshot.system)
    shape = _sized(places, min(HIT, scale.n // 10))
    table = snapshot.arrays.assets.select(COLUMNS)

    def hit() -> Any:
        return Hazard.of([Feature(shape, None)]).hits(places)

    def packed(lost: Any) -> pa.Buffer:
        sink = pa.BufferOutputStream()
        found = table.take(pa.array(lost))
        with pa.ipc.new_stream(sink, found.schema) as out:
            out.write_table(found)
        return sink.getvalue()

    def whole() -> pa.Buffer:
        return packed(cascade.lost(hit().astype(np.int32)))

    rows = hit()
    lost = cascade.lost(rows.astype(np.int32))

    def checked(answer: pa.Buffer) -> None:
        told = pa.ipc.open_stream(answer).read_all()
        inside = np.flatnonzero(shapely.intersects(places.shapes, shape))
        if not np.array_equal(inside, rows) or not np.array_equal(_steady(snapshot.system, rows), lost):
            raise Wrong(f"{len(rows):,} hit and {len(lost):,} lost, else {len(inside):,} hit")
        if told["id"].to_pylist() != snapshot.catalogue.ids(lost):
            raise Wrong("other ids")

    parts = {
        "polygon to assets": Contestant("polygon to assets", hit),
        "cascade": Contestant("cascade", lambda: cascade.lost(rows.astype(np.int32))),
        "Arrow": Contestant("Arrow", lambda: packed(lost)),
    }
    times = interleaved([Contestant("ours", whole, check=checked), *parts.values()])
    result = Result(
        "polygon to cascade to Arrow",
        f"{scale.n:,} assets, a polygon of {VERTICES} vertices",
        f"{len(rows):,} hit, {len(lost):,} lost",
        times["ours"],
        before=before,
    )
    result.ask_most(result.ours.median, MOST_S, "<= 10 ms in process, 10,000 hit")
    result.notes.append("; ".join(f"{name} {seconds(times[name].median)}" for name in parts))
    yield result


def _sized(places: Places, wanted: int) -> shapely.Polygon:
    """A star-shaped polygon in the middle of the land that hits about as many assets."""
    west, south, east, north = LAND
    low, high = 0.0, (north - south) / 2
    middle = shapely.Point((west + east) / 2 + 0.3, (south + north) / 2 + 0.2)
    for _ in range(30):
        radius = (low + high) / 2
        found = len(places.touching(_star(middle, radius)))
        if abs(found - wanted) <= wanted // 200:
            break
        low, high = (radius, high) if found < wanted else (low, radius)
    return _star(middle, radius)


def _star(middle: shapely.Point, radius: float) -> shapely.Polygon:
    angles = np.linspace(0.0, 2.0 * math.pi, VERTICES, endpoint=False)
    far = radius * (1.0 + 0.15 * np.sin(7 * angles))
    return shapely.Polygon(np.stack([middle.x + far * np.cos(angles), middle.y + far * np.sin(angles)], axis=1))
