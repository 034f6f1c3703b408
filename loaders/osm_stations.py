"""Substations of OpenStreetMap: one bus for each voltage level, and what joins the levels (docs/loaders/osm.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely

from loaders.osm_lines import Line, infer
from loaders.osm_places import DEGREE_M, distance_m
from loaders.osm_read import Element
from loaders.osm_tags import Level, circuits


@dataclass
class Station:
    """A station: what its tags say of levels, and (once :meth:`settle` was called) all levels that it has.

    ``met`` are levels of lines and transformers that end in it; ``lines`` is how many ends of lines there are.
    """

    ref: str
    element: Element
    shape: Any
    status: str | None
    tagged: list[Level] = field(default_factory=list)
    met: set[Level] = field(default_factory=set)
    levels: list[Level] = field(default_factory=list)
    lines: int = 0

    def takes(self, level: Level) -> bool:
        """Whether a line of *level* that only passes, or ends nearby, may belong to it: nothing known contradicts."""
        known = self.tagged or [one for one in self.met if one.kv is not None]
        if level.kv is None:
            return not level.hz or any(one.hz == level.hz for one in known)
        return any(one.fits(level) for one in known) or (not known and not level.hz)

    def settle(self) -> None:
        """Fix the levels: known ones, highest first; one of unknown voltage only where no other may be meant."""
        every = {*self.tagged, *self.met}
        known = sorted((one for one in every if one.kv is not None), key=lambda one: (-(one.kv or 0), one.hz))
        for one in [*(t for t in known if t in self.tagged), *known]:
            if not any(one.fits(other) for other in self.levels):
                self.levels.append(one)
        for one in sorted((one for one in every if one.kv is None), key=lambda one: one.hz):
            if not any(other.hz == one.hz for other in self.levels):
                self.levels.append(one)
        if not self.levels:
            self.levels.append(Level())
        self.levels.sort(key=lambda one: (-(one.kv or 0), one.hz))

    def level(self, level: Level) -> Level:
        """Its own level for *level*; one of unknown voltage is taken for the lowest, behind most transformers."""
        same = [one for one in self.levels if one == level or one.fits(level)]
        return same[0] if same else [one for one in self.levels if one.hz == level.hz][-1]

    def has(self, level: Level) -> bool:
        """Whether there is a level for it."""
        return any(one == level or one.fits(level) for one in self.levels)

    def bus(self, level: Level) -> str:
        """Native id of the bus of one of its levels."""
        return "/".join(x for x in ("bus", self.ref, level.label) if x)

    @property
    def highest(self) -> Level:
        """Its highest level of alternating current, if it has any."""
        return next((one for one in self.levels if not one.hz), self.levels[0])

    @property
    def lowest(self) -> Level:
        """Its lowest level of alternating current, if it has any."""
        return next((one for one in reversed(self.levels) if not one.hz), self.levels[-1])


class Device(NamedTuple):
    """A transformer or converter: reference, kind, tags, status."""

    ref: str
    kind: str
    tags: dict[str, str]
    status: str | None


class Tie(NamedTuple):
    """What joins levels: native id, kind, the levels, and whether no such thing is mapped and it was assumed."""

    id: str
    kind: str
    levels: list[Level]
    assumed: bool


def windings(tags: dict[str, str]) -> list[Level]:
    """The levels that tags of a transformer name (``voltage:primary`` and so on, else ``voltage``)."""
    parts = [tags[k] for k in ("voltage:primary", "voltage:secondary", "voltage:tertiary") if tags.get(k)]
    found, _ = circuits({"voltage": ";".join(parts) or tags.get("voltage", ""), "frequency": tags.get("frequency", "")})
    return [one.level for one in found if one.level.kv is not None]


def ties(station: Station, devices: list[Device]) -> Iterator[Tie | Device]:
    """What joins the levels of a station, mapped or assumed; a device alone where it is not known what it joins.

    A mapped transformer joins the levels that its tags name, without tags the two that there are. Levels that nothing
    mapped joins are joined by an assumed transformer, each to the next lower: a station of two voltages without one
    would else split the grid, and what it feeds would wrongly stay unaffected. Direct current meets alternating
    current through a converter, mapped or assumed; other frequencies only through a mapped one.
    """
    parts = {level: level for level in station.levels}

    def root(level: Level) -> Level:
        while parts[level] != level:
            level = parts[level]
        return level

    for device in devices:
        joined = _joined(station, device)
        if joined is None:
            yield device
            continue
        for other in joined[1:]:
            parts[root(other)] = root(joined[0])
        yield Tie(device.ref, device.kind, joined, False)
    for hz in sorted({level.hz for level in station.levels} - {"dc"}):
        chain = [level for level in station.levels if level.hz == hz]
        for upper, lower in pairwise(chain):
            if root(upper) != root(lower):
                parts[root(lower)] = root(upper)
                name = f"transformer/{station.ref}/{upper.label}-{lower.label or 'unknown'}"
                yield Tie(name, "transformer", [upper, lower], True)
    if not station.highest.hz:
        for level in (one for one in station.levels if one.hz == "dc"):
            if root(level) != root(station.highest):
                parts[root(level)] = root(station.highest)
                yield Tie(f"converter/{station.ref}/{level.label}", "hvdc_converter", [station.highest, level], True)


def _joined(station: Station, device: Device) -> list[Level] | None:
    """Levels that a device joins; None: not known."""
    named = [station.level(one) for one in windings(device.tags) if station.has(one)]
    named = list(dict.fromkeys(named))
    if len(named) > 1:
        return named
    if device.kind == "hvdc_converter":
        others = [one for one in station.levels if one.hz]
        if station.highest.hz or len(others) > 1:
            return None
        return [station.highest, *others]
    plain = [one for one in station.levels if not one.hz]
    return plain if 0 < len(plain) <= 2 else None


class Places:
    """Stations to find by points; the smallest of those that hold a point is meant."""

    def __init__(self, stations: list[Station]) -> None:
        self.stations = sorted(stations, key=lambda one: (float(shapely.area(one.shape)), one.ref))
        self.tree = shapely.STRtree([one.shape for one in self.stations])

    def inside(self, points: np.ndarray) -> np.ndarray:
        """(n,) row of the station that holds each of (n, 2) points in degrees, -1 for none."""
        found = np.full(len(points), len(self.stations), np.int64)
        if len(points) and self.stations:
            at, row = self.tree.query(shapely.points(points), predicate="intersects")
            np.minimum.at(found, at, row)
        found[found == len(self.stations)] = -1
        return found

    def near(self, points: np.ndarray, tolerance_m: float) -> Iterator[tuple[int, float, int]]:
        """Each point, distance in metres and row of the stations in reach."""
        if not len(points) or not self.stations:
            return
        dy = tolerance_m / DEGREE_M
        dx = dy / np.maximum(np.cos(np.radians(points[:, 1])), 0.01)
        boxes = shapely.box(points[:, 0] - dx, points[:, 1] - dy, points[:, 0] + dx, points[:, 1] + dy)
        for at, row in self.tree.query(boxes).T.tolist():
            x, y = points[at].tolist()
            away = distance_m(self.stations[row].shape, (x, y))
            if away <= tolerance_m:
                yield at, away, row


def same_stations(stations: list[Station]) -> tuple[list[Station], dict[str, str]]:
    """Stations without those that are mapped twice, and which is meant by each that was left out.

    A node inside of an area is that station, and so is an area of the same extent. What the tags of both say holds.
    """
    places = Places([one for one in stations if one.shape.geom_type != "Point"])
    twins: dict[str, str] = {}
    by_ref = {one.ref: one for one in stations}
    points = np.array([shapely.get_coordinates(shapely.point_on_surface(s.shape))[0] for s in stations]).reshape(-1, 2)
    at, rows = places.tree.query(shapely.points(points), predicate="intersects") if places.stations else ((), ())
    for number, row in zip(at, rows, strict=True):
        one, other = stations[number], places.stations[row]
        if one is other or one.ref in twins or other.ref in twins:
            continue
        area, around = float(shapely.area(one.shape)), float(shapely.area(other.shape))
        if one.shape.geom_type == "Point" or (abs(area - around) <= 0.01 * around and one.ref > other.ref):
            twins[one.ref] = other.ref
            other.tagged += [level for level in one.tagged if level not in other.tagged]
            other.element = Element(
                other.element.type, other.element.id, {**one.element.tags, **other.element.tags},
                other.element.nodes, other.element.members,
            )  # fmt: skip
    return [one for one in by_ref.values() if one.ref not in twins], twins


class Hit(NamedTuple):
    """A line's node that belongs to a station: rows of the line and of the node in it, and the station."""

    line: int
    at: int
    station: Station


def attach(lines: list[Line], spots: dict[int, tuple[float, float]], places: Places, tolerance_m: float) -> list[Hit]:
    """Where lines end at stations: an end inside always; a node inside, or an end nearby, unless voltages contradict.

    Args:
        lines: of one service; those of unknown voltage are given a level here. spots: longitude and latitude of every
            node of theirs. places: the stations; what lines end in them is noted there.
        tolerance_m: reach of a station, for ends.
    """
    sure, perhaps, loose = _inside(lines, spots, places)
    for hit in sure:
        hit.station.met.add(lines[hit.line].level)
    near = _nearby(loose, spots, places, tolerance_m)
    evidence: dict[int, list[Level]] = {}
    for hit in (*sure, *perhaps, *near):
        known = {one for one in (*hit.station.tagged, *hit.station.met) if one.kv is not None}
        if len(known) == 1 and lines[hit.line].level.kv is None:
            evidence.setdefault(hit.line, []).extend(known)
    infer(lines, evidence)
    home = {(hit.line, hit.station.ref) for hit in sure}
    taken = [hit for hit in perhaps if (hit.line, hit.station.ref) in home or hit.station.takes(lines[hit.line].level)]
    done: set[tuple[int, int]] = set()
    for hit in near:  # the nearest first
        if (hit.line, hit.at) not in done and hit.station.takes(lines[hit.line].level):
            done.add((hit.line, hit.at))
            taken.append(hit)
    for hit in (*sure, *taken):
        hit.station.lines += lines[hit.line].is_end(hit.at)
    for station in places.stations:
        station.met.clear()
    for hit in (*sure, *taken):
        hit.station.met.add(lines[hit.line].level)
    return sure + taken


Loose = dict[int, list[tuple[int, int]]]


def _inside(
    lines: list[Line], spots: dict[int, tuple[float, float]], places: Places
) -> tuple[list[Hit], list[Hit], Loose]:
    """Ends in stations, other nodes in stations, and by node the ends that are in none."""
    nodes = list(dict.fromkeys(node for line in lines for node in line.nodes))
    held = places.inside(np.array([spots[node] for node in nodes], float).reshape(-1, 2))
    inside = {nodes[i]: int(held[i]) for i in np.flatnonzero(held >= 0).tolist()}
    sure: list[Hit] = []
    perhaps: list[Hit] = []
    loose: Loose = {}
    for row, line in enumerate(lines):
        for at, node in enumerate(line.nodes):
            if node in inside:
                (sure if line.is_end(at) else perhaps).append(Hit(row, at, places.stations[inside[node]]))
            elif line.is_end(at):
                loose.setdefault(node, []).append((row, at))
    return sure, perhaps, loose


def _nearby(loose: Loose, spots: dict[int, tuple[float, float]], places: Places, tolerance_m: float) -> list[Hit]:
    """Every station in reach of a loose end, the nearest first."""
    nodes = list(loose)
    points = np.array([spots[node] for node in nodes], float).reshape(-1, 2)
    found = [(nodes[at], away, row) for at, away, row in places.near(points, tolerance_m)]
    found.sort(key=lambda one: (one[1], one[2]))
    return [Hit(line, at, places.stations[row]) for node, _, row in found for line, at in loose[node]]
