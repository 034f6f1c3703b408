"""What feeds the grid of an extract: plants and generators, networks outside, and feeds that are only assumed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from loaders.osm_places import Near
from loaders.osm_stations import Station
from loaders.osm_tags import Level

#: Energy that feeds through an inverter which follows the grid: off without it, unless an option says otherwise.
FOLLOW = ("solar", "wind", "battery", "wave", "tidal")


@dataclass
class Maker:
    """A plant or generator: reference, kind, shape, energy carrier, status, and level by its tags."""

    ref: str
    kind: str
    shape: Any
    fuel: str | None
    status: str | None
    level: Level | None = None

    @property
    def follows(self) -> bool:
        """Whether it cannot hold a grid by itself."""
        return (self.fuel or "").split(";")[0].strip().lower() in FOLLOW


@dataclass
class Supply:
    """Links as (from, type, to), and the buses and junctions with a source that is in service."""

    links: list[tuple[str, str, str]] = field(default_factory=list)
    fed: set[str] = field(default_factory=set)

    def feed(self, maker: Maker, target: str, follow: bool) -> None:
        """Join a plant or generator to what it stands at."""
        if follow and maker.follows:
            self.links.append((target, "POWERS", maker.ref))
            return
        self.links.append((maker.ref, "POWERS", target))
        if maker.status == "in_service":
            self.fed.add(target)


def supply(
    makers: list[Maker], stations: list[Station], joints: dict[str, tuple[float, float]],
    tolerance_m: float, follow: bool,
) -> Supply:  # fmt: skip
    """Plants and generators onto the stations and junctions that they touch, else the nearest.

    Generators in a plant feed what the plant touches, and the plant is what they stand in: it feeds by itself only
    where none of its generators is mapped (both would let the plant run on when all its generators are lost).
    """
    made = Supply()
    by_ref = {one.ref: one for one in stations}
    halls = Near(list(by_ref), [one.shape for one in stations])
    near = Near(list(joints), [shapely.Point(at) for at in joints.values()])
    plants = [one for one in makers if one.kind == "power_plant"]
    around = Near([p.ref for p in plants if p.shape.area], [p.shape for p in plants if p.shape.area])
    owner: dict[str, str] = {}
    for one in makers:
        at = one.shape.point_on_surface()
        plant = around.find((at.x, at.y), 0.0) if one.kind != "power_plant" else None
        if plant is not None:
            owner[one.ref] = plant
            made.links.append((plant, "CONTAINS", one.ref))
    places = {p.ref: p for p in plants}
    inner = {
        owner[one.ref]
        for one in makers
        if one.ref in owner and one.status == "in_service" and not (follow and one.follows)
    }
    for one in makers:
        if one.ref in inner and not (follow and one.follows):
            continue
        spot = places[owner[one.ref]] if one.ref in owner else one
        for target in _targets(spot, one.level, (by_ref, halls, near), tolerance_m):
            made.feed(one, target, follow)
    return made


def _targets(
    maker: Maker, level: Level | None, where: tuple[dict[str, Station], Near, Near], tolerance_m: float
) -> list[str]:
    by_ref, halls, near = where

    def bus(ref: str) -> str:
        station = by_ref[ref]
        return station.bus(station.level(level) if level and station.has(level) else station.highest)

    found = [bus(halls.refs[row]) for row in halls.tree.query(maker.shape, predicate="intersects")]
    found += [near.refs[row] for row in near.tree.query(maker.shape, predicate="intersects")]
    if found:
        return sorted(set(found))
    at = maker.shape.point_on_surface()
    station = halls.find((at.x, at.y), tolerance_m)
    if station is not None:
        return [bus(station)]
    joint = near.find((at.x, at.y), tolerance_m)
    return [] if joint is None else [joint]


def unfed(
    stations: list[Station], conducts: Iterable[tuple[str, str]], dead: set[str], fed: set[str]
) -> list[tuple[Station, Level]]:
    """Stations and levels at which a feed has to be assumed: of each island without a source.

    Those that say ``substation=generation`` (power comes in there), else the one of the highest voltage with most
    lines: one only, so that whatever is parted from it is down and nothing stays up on a guess.

    Args:
        conducts: links between lines, transformers and buses. dead: ids that are not in service.
        fed: buses and junctions with a source.
    """
    pairs = [(a, b) for a, b in conducts if a not in dead and b not in dead]
    rows: dict[str, int] = {}
    for one in (end for pair in pairs for end in pair):
        rows.setdefault(one, len(rows))
    if not rows:
        return []
    ends = np.array([(rows[a], rows[b]) for a, b in pairs], np.int64)
    matrix = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(len(rows), len(rows)))
    _, part = connected_components(matrix.tocsr(), directed=False)
    done = {int(part[rows[one]]) for one in fed if one in rows}
    islands: dict[int, dict[str, tuple[Station, Level]]] = {}
    for station in stations:
        for level in station.levels:  # the highest first
            row = rows.get(station.bus(level))
            if row is not None and int(part[row]) not in done:
                islands.setdefault(int(part[row]), {}).setdefault(station.ref, (station, level))
    found = []
    for some in islands.values():
        plants = [one for one in some.values() if one[0].element.tags.get("substation") == "generation"]
        best = min(some.values(), key=lambda one: (-(one[1].kv or 0), -one[0].lines, one[0].ref))
        found += plants or [best]
    return found
