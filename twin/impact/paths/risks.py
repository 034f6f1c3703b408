"""What two routes may have in common without touching: single failures, and hazards, that take down both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.errors import InvalidParameter, LimitExceeded
from twin.impact.cascade import Cascade
from twin.impact.events.hazard import Hazard
from twin.impact.events.places import Places
from twin.impact.meshes import kernels
from twin.impact.meshes.cuts import graph, search
from twin.impact.paths.deadline import ENDLESS, Deadline
from twin.impact.paths.graph import Network
from twin.impact.system import System, ranges
from twin.snapshot.arrays import Bools, Longs

#: Assets whose single failure may be tried for one question.
MAX_FAILURES = 200_000
MAX_HAZARDS = 1_000


@dataclass(frozen=True)
class Risks:
    """Single failures that take down assets of the corridor.

    Attributes:
        hits: cause -> corridor assets that leave the operating set with it (steady, design §4 answer 1). A cause from
            0 is the row of an asset, below 0 it is hazard ``-1 - cause``.
        unavoidable: causes that take down an end by themselves, whatever the route: they count for none.
        left: failures and hazards that the time did not suffice to try: 0 when all are known.
    """

    hits: dict[int, frozenset[int]]
    unavoidable: list[int]
    left: int = 0

    def shared(self, routes: Sequence[Iterable[int]]) -> list[int]:
        """Causes that take down two or more of *routes* (each the assets between its ends), sorted."""
        sets = [set(route) for route in routes]
        return sorted(cause for cause, hit in self.hits.items() if sum(not hit.isdisjoint(s) for s in sets) > 1)

    @property
    def sets(self) -> list[frozenset[int]]:
        """The different sets of corridor assets that fall together."""
        return sorted(set(self.hits.values()), key=lambda hit: (-len(hit), sorted(hit)))

    def groups(self) -> list[frozenset[int]]:
        """The sets without those that lie inside another: who shares none of these shares none at all."""
        largest: list[frozenset[int]] = []
        holding: dict[int, list[frozenset[int]]] = {}
        for hit in self.sets:
            first = next(iter(hit))
            if not any(hit <= other for other in holding.get(first, ())):
                largest.append(hit)
                for asset in hit:
                    holding.setdefault(asset, []).append(hit)
        return largest


def corridor(net: Network, allowed: Bools, s: int, t: int) -> Longs:
    """Assets that lie on some route from s to t that passes no asset twice, links taken either way.

    They share a block with the ends once these are joined by a link of their own (Hopcroft & Tarjan 1973).
    """
    inside = allowed & (np.diff(net.ptr) > 0)
    inside[[s, t]] = True
    arcs = np.flatnonzero(net.rev > np.arange(len(net.to)))
    made = graph(net.n, np.append(net.source(arcs), s), np.append(net.to[arcs], t))
    found = search(made, inside)
    order = found.order[found.parent[found.order] >= 0]
    opens = np.zeros(net.n, bool)
    opens[order] = found.low[order] >= found.disc[found.parent[order]]
    block = kernels.blocks(found.order, found.parent, opens)
    deeper = s if found.disc[s] > found.disc[t] else t
    chosen = inside & (block == block[deeper])
    chosen[found.parent[block[deeper]]] = True
    chosen[[s, t]] = False
    return np.flatnonzero(chosen)


def upstream(system: System, rows: Longs) -> Longs:
    """*rows* and everything that they may depend on, transport of joined circuits included."""
    g = system.gates
    seen = np.zeros(system.n, bool)
    seen[rows] = True
    front, joined = rows, False
    while len(front):
        gates = ranges(g.own_ptr, front)
        found = np.unique(g.member[ranges(g.ptr, gates)]).astype(np.int64)
        if not joined and g.joined[gates].any():
            joined = True
            carriers = [np.flatnonzero(np.diff(mesh.ptr)) for mesh in system.arrays.meshes.values()]
            found = np.unique(np.concatenate([found, *carriers]))
        front = found[~seen[found]]
        seen[front] = True
    return np.flatnonzero(seen)


def risks(
    system: System,
    elements: Longs,
    s: int,
    t: int,
    footprints: Sequence[Longs],
    deadline: Deadline = ENDLESS,
    only: Longs | None = None,
) -> Risks:
    """What each single failure, and each hazard, takes down of *elements*.

    Exact by definition: every asset that they may depend on fails alone and the steady cascade says what falls, so
    a duct, a trench, a span, a site or a substation is found whatever links say so.

    What an end cannot do without, wherever the route goes (its own site, its only feed), is no risk of a route. That is
    followed through gates that need all of their members, outside the corridor; when in doubt it is a risk.

    Args:
        elements: corridor assets. s, t: the ends. footprints: rows that each hazard destroys.
        deadline: after it no further failure is tried, see ``left``. only: of the failures, those that these corridor
            assets may depend on: enough to judge routes over them.

    Raises:
        LimitExceeded: there are more failures to try than one question may.
    """
    every = upstream(system, elements)
    every = every[system.baseline[every]]
    among = np.zeros(system.n, bool)
    among[elements] = True
    own = _needed(system, s, among) | _needed(system, t, among)
    unavoidable = every[own[every]].tolist()
    tried = every if only is None else np.intersect1d(every, upstream(system, only))
    tried = tried[~own[tried]]
    if len(tried) > MAX_FAILURES:
        raise LimitExceeded(
            f"{len(tried):,} single failures would have to be tried; at most {MAX_FAILURES:,} are",
            fix="Name the services or link types that routes may use, or ask for node-disjoint routes.",
        )
    cascade = Cascade(system)
    hits: dict[int, frozenset[int]] = {}
    events = [(-1 - i, rows) for i, rows in enumerate(footprints)]
    events += [(row, np.array([row], np.int64)) for row in tried.tolist()]
    for done, (cause, rows) in enumerate(events):
        if deadline.over:
            return Risks(hits, sorted(unavoidable), len(events) - done)
        if own[rows].any():
            unavoidable.append(cause)
            continue
        lost = cascade.lost(rows)
        hit = np.union1d(lost[among[lost]], rows[among[rows]])
        if len(hit):
            hits[cause] = frozenset(hit.tolist())
    return Risks(hits, sorted(unavoidable))


def _needed(system: System, end: int, corridor: Bools) -> Bools:
    """(n,) the end, and what it surely goes down with: members of gates that need all, outside the corridor."""
    g = system.gates
    found = np.zeros(system.n, bool)
    found[end] = True
    front = np.array([end], np.int64)
    while len(front):
        gates = ranges(g.own_ptr, front)
        gates = gates[system.outage[gates] & (g.need[gates] >= g.size[gates])]
        more = np.unique(g.member[ranges(g.ptr, gates)]).astype(np.int64)
        front = more[~found[more] & ~corridor[more]]
        found[front] = True
    return found


@dataclass(frozen=True)
class Footprints:
    """What each hazard destroys: its rows and its name; (n,) assets whose place is known."""

    rows: list[Longs]
    names: list[str]
    known: Bools


def footprints(places: Places, hazards: Any) -> Footprints:
    """What each hazard hits: assets inside or crossed, and what stands in them.

    Args:
        places: where assets are. hazards: hazards, GeoJSON documents (each feature is a hazard), or a list of these.

    Raises:
        InvalidParameter: no polygon, or the wrong CRS. LimitExceeded: too many vertices, or hazards.
    """
    found = _hazards(hazards)
    if not found:
        raise InvalidParameter("there is no hazard in it", fix="Give at least one polygon.")
    if len(found) > MAX_HAZARDS:
        raise LimitExceeded(f"{len(found):,} hazards were given; at most {MAX_HAZARDS:,} count at a time")
    rows = []
    for hazard in found:
        hit = np.zeros(places.arrays.n, bool)
        hit[hazard.hits(places)] = True
        rows.append(np.flatnonzero(places.within(hit)))
    names = [(hazard.about.get("names") or [str(number)])[0] for number, hazard in enumerate(found, 1)]
    return Footprints(rows, names, places.known)


def _hazards(given: Any) -> list[Hazard]:
    if isinstance(given, Hazard):
        return [given]
    if isinstance(given, list | tuple):
        return [hazard for part in given for hazard in _hazards(part)]
    if isinstance(given, dict) and given.get("type") == "FeatureCollection" and isinstance(given.get("features"), list):
        return [Hazard.from_geojson(feature) for feature in given["features"]]
    return [Hazard.from_geojson(given)]
