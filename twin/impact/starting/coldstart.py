"""Answers 2 and 3 of design §4: what can be started from nothing, and what deadlocks a black start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.display.answer import Answer
from twin.impact import kernels
from twin.impact.cascade import Cascade
from twin.impact.rests import Resting
from twin.impact.starting import kernels as start_kernels
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Ints, Longs

#: Tails and heads of edges.
Edges = tuple[Longs | Ints, Longs | Ints]


@dataclass(repr=False)
class ColdStart(Resting):
    """What can be started.

    Attributes:
        started: ids. rounds: an energisation order, the ids of each round.
        stuck: ids that operate before any event and do not start: up only while warm.
        revision: state of the twin.
    """

    QUESTION: ClassVar[str] = "cold-start"

    started: set[str]
    rounds: list[list[str]] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    revision: int = 0

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """See :meth:`twin.display.Answer.from_dict`."""
        started = {name for names in document["rounds"] for name in names}
        return super().from_dict({**document, "started": started})

    def to_dict(self, limit: int | None = None, skip: int = 0) -> dict[str, Any]:
        """Plain data, ready for JSON.

        Args:
            limit: ids in ``rounds`` at most, and in ``stuck``; ``sizes`` has the size of every round.
            skip: so many ids of either are left out first; ``first_round`` is the place of the first round given.
        """
        stop = None if limit is None else skip + limit
        shown, at = [], 0
        for names in self.rounds:
            shown.append(names[max(skip - at, 0) : None if stop is None else max(stop - at, 0)])
            at += len(names)
        first = next((place for place, names in enumerate(shown) if names), 0)
        return {
            "revision": self.revision,
            "model_level": "L1",
            "assumptions": self.assumptions,
            "started": len(self.started),
            "stuck_total": len(self.stuck),
            "sizes": [len(names) for names in self.rounds],
            "first_round": first,
            "rounds": [names for names in shown if names],
            "stuck": self.stuck[skip:stop],
            "complete": stop is None or stop >= max(at, len(self.stuck)),
        }


@dataclass
class Deadlock:
    """One core that must be started by hand.

    Attributes:
        assets: its ids. cycle: ids that wait for each other in a ring. stage: cores of one stage wait for nothing
            but cores of the stages before, from 1.
        places: a set of its ids where a portable source starts all of it; the smallest one when ``exact``, else one
            made greedily; no set of fewer than ``at_least`` does.
    """

    assets: list[str]
    cycle: list[str]
    stage: int = 1
    places: list[str] = field(default_factory=list)
    exact: bool = True
    at_least: int = 0

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The core with this plain form."""
        names = ("assets", "cycle", "stage", "places", "exact", "at_least")
        return cls(**{name: document[name] for name in names})

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain data, ready for JSON; each list has the first *limit* ids."""
        return {
            "stage": self.stage,
            "size": len(self.assets),
            "assets": self.assets[:limit],
            "cycle": self.cycle[:limit],
            "places": self.places[:limit],
            "exact": self.exact,
            "at_least": self.at_least,
        }


class Deadlocks(Answer, list[Deadlock]):
    """Cores in the order in which they must be started: a list of them, and an answer."""

    QUESTION = "deadlocks"

    def to_dict(self) -> dict[str, Any]:
        """Plain data: the cores as ``items``."""
        return {"items": [core.to_dict() for core in self]}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The cores in ``items``."""
        return cls(Deadlock.from_dict(item) for item in document["items"])


@dataclass
class Core:
    """One core as rows, with its witness cycle, its stage and what ran before it was started: (n,)."""

    rows: Longs
    cycle: list[int]
    stage: int
    running: Bools


def cold_start(system: System, running: Bools | None = None) -> tuple[Bools, Ints]:
    """The least fixpoint over all services from *running*.

    Returns:
        (n,) what is started and keeps running without the finite standby sources, and (n,) the round in which
        each asset started (0 for *running*, -1 for never).
    """
    started, rounds = least(system, running)
    kept = started & system.baseline
    kept[Cascade(system).lost(np.flatnonzero(system.baseline & ~started))] = False
    rounds[~kept] = -1
    return kept, rounds


def least(system: System, running: Bools | None = None) -> tuple[Bools, Ints]:
    """(n,) what starts from *running*, kept running or not, and (n,) the rounds; see :func:`cold_start`."""
    g, rules = system.gates, _starting(_ByIdentity(system))
    started = np.zeros(system.n, bool) if running is None else running.copy()
    rounds = np.where(started, 0, -1).astype(np.int32)
    start_kernels.start(
        system.arrays.in_service, started, rounds, g.owner, g.need, system.outage, g.joined, g.ptr, g.member,
        g.use_ptr, g.use_gate, rules.wait_source, rules.wake_ptr, rules.wake, rules.mesh_of, rules.mesh_ptr,
        rules.mesh_to,
    )  # fmt: skip
    return started, rounds


class _ByIdentity:
    """A system as a cache key."""

    def __init__(self, system: System) -> None:
        self.system = system

    def __hash__(self) -> int:
        return id(self.system)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.system is self.system


@dataclass(frozen=True)
class _Starting:
    """What the kernel needs besides the gates: waits of sources that cannot start alone, and transport meshes."""

    wait_source: Ints
    wake_ptr: Longs
    wake: Longs
    mesh_of: Ints
    mesh_ptr: Longs
    mesh_to: Ints


@lru_cache(maxsize=4)
def _starting(key: _ByIdentity) -> _Starting:
    system = key.system
    n = system.n
    source, service, other = _black_start_links(system)
    waits, index = np.unique(source.astype(np.int64) * len(system.grounded) + service, return_inverse=True)
    sort = np.argsort(other, kind="stable")
    joined = system.joined_services
    ptr, lists, mesh_of = (
        np.zeros((len(joined), n + 1), np.int64),
        [np.zeros(0, np.int32)],
        np.zeros(system.m, np.int32),
    )
    for j, s in enumerate(joined):
        mesh_of[system.gates.service == s] = j
        mesh = system.arrays.meshes.get(s)
        if mesh is not None:
            ptr[j] = np.asarray(mesh.ptr, np.int64) + sum(len(part) for part in lists)
            lists.append(np.asarray(mesh.to, np.int32))
    return _Starting(
        (waits // len(system.grounded)).astype(np.int32),
        np.searchsorted(other[sort], np.arange(n + 1)).astype(np.int64),
        index[sort].astype(np.int64),
        mesh_of,
        ptr,
        np.concatenate(lists),
    )


def _black_start_links(system: System) -> tuple[Ints, Ints, Ints]:
    """Links of sources that cannot start alone: (source, service, other end)."""
    a = system.arrays
    stuck = ~a.black_start
    if not stuck.any():
        return (np.zeros(0, np.int32),) * 3
    own = np.zeros((len(a.services), system.n), bool)
    own[a.gates.service, a.gates.owner] = True
    use = np.flatnonzero(np.repeat(stuck, np.diff(a.gates.use_ptr)))
    source = np.repeat(np.arange(system.n, dtype=np.int32), np.diff(a.gates.use_ptr))[use]
    gate = a.gates.use_gate[use]
    service = a.gates.service[gate].astype(np.int32)
    keep = system.grounded[service] & ~own[service, source]
    return source[keep], service[keep], a.gates.owner[gate[keep]]


def _waits(source: Ints, service: Ints, other: Ints, started: Bools) -> Bools:
    """Which links (as of :func:`_black_start_links`) their source waits for: no other end in *started* in that service.

    A source that supplies two services waits for those in which nothing runs yet, and not for the other.
    """
    pair = source.astype(np.int64) * (int(service.max(initial=0)) + 1) + service
    names, index = np.unique(pair, return_inverse=True)
    live = np.zeros(len(names), bool)
    live[index[started[other]]] = True
    waits: Bools = ~live[index]
    return waits


def deadlocks(system: System, look: Callable[[int], None] = lambda cores: None) -> list[Core]:
    """Answer 3: cores in the order in which they must be started by hand, each with a witness cycle.

    *look* is told the cores found so far, stage by stage; whatever it raises ends the work.
    """
    found: list[Core] = []
    running, _ = cold_start(system)
    running = running & system.baseline
    stage = 0
    while True:
        waiting = system.baseline & ~running
        if not waiting.any():
            return found
        stage += 1
        look(len(found))
        before, running = running, running.copy()
        for rows, follow in _source_components(*_waits_for(system, running, waiting), waiting):
            found.append(Core(rows, _cycle(rows, follow), stage, before))
            running[rows] = True
        running = cold_start(system, running)[0] & system.baseline | running


def _waits_for(system: System, running: Bools, waiting: Bools) -> tuple[Longs, Longs, int]:
    """Edges u -> v: v waits and cannot start before u, or something like u, runs.

    Finite standby sources do not count here: what only they would hold does not keep running. Nodes from n on stand
    for islands of transport (all of the island -> its node -> circuits); how many there are comes last.
    """
    g = system.gates
    held = system.evaluate(running, system.finite, system.unbuffered).held
    lacking = ~held & system.outage & waiting[g.owner]
    chosen = np.flatnonzero(lacking[system.gate_of_member] & waiting[g.member])
    edges: list[Edges] = [(g.member[chosen], g.owner[system.gate_of_member[chosen]])]
    islands, extra = _joining(system, running, waiting, lacking)
    source, service, other = _black_start_links(system)
    stuck = _waits(source, service, other, running) & waiting[source] & waiting[other]
    edges += [*islands, (other[stuck], source[stuck])]
    return (
        np.concatenate([e[0] for e in edges]).astype(np.int64),
        np.concatenate([e[1] for e in edges]).astype(np.int64),
        extra,
    )


def _joining(system: System, running: Bools, waiting: Bools, lacking: Bools) -> tuple[list[Edges], int]:
    """For ``CONNECTS``: the not yet running transport that could join the ends of a lacking gate, by island."""
    g = system.gates
    edges: list[Edges] = []
    extra = 0
    stack = np.zeros(system.n + 1, np.int32)
    for service in system.joined_services:
        mesh = system.arrays.meshes.get(service)
        gates = np.flatnonzero(lacking & g.joined & (g.service == service) & (g.need >= 2))
        if mesh is None or not len(gates):
            continue
        label = np.zeros(system.n, np.int32)
        kernels.islands(mesh.ptr, mesh.to, running | waiting, label, stack)
        pairs = []
        for gate in gates.tolist():
            ends = g.member[g.ptr[gate] : g.ptr[gate + 1]]
            islands, count = np.unique(label[ends[(running | waiting)[ends]]], return_counts=True)
            pairs += [(island, g.owner[gate]) for island in islands[count >= 2].tolist()]
        if not pairs:
            continue
        island, owner = np.array(pairs, np.int64).T
        could = np.flatnonzero(waiting & np.isin(label, island) & (np.diff(mesh.ptr) > 0))
        used = np.unique(label[could])
        kept = np.isin(island, used)
        edges.append((system.n + extra + np.searchsorted(used, island[kept]), owner[kept]))
        edges.append((could, system.n + extra + np.searchsorted(used, label[could])))
        extra += len(used)
    return edges, extra


def _source_components(
    source: Longs, target: Longs, extra: int, waiting: Bools
) -> list[tuple[Longs, dict[int, list[int]]]]:
    """Strongly connected components of the waiting assets that nothing else points into, with their own edges.

    A lone asset is one too: a source that cannot start alone and has no live consumer to start from.
    """
    n = len(waiting)
    nodes = np.concatenate([np.flatnonzero(waiting), np.arange(n, n + extra)])
    local = np.full(n + extra, -1, np.int64)
    local[nodes] = np.arange(len(nodes))
    a, b = local[source], local[target]
    matrix = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(len(nodes), len(nodes))).tocsr()
    count, label = connected_components(matrix, directed=True, connection="strong")
    entered = np.zeros(count, bool)
    entered[label[b[label[a] != label[b]]]] = True
    follow: dict[int, dict[int, list[int]]] = {c: {} for c in np.flatnonzero(~entered).tolist()}
    inner = (label[a] == label[b]) & ~entered[label[b]]
    for c, u, v in zip(label[b[inner]].tolist(), source[inner].tolist(), target[inner].tolist(), strict=True):
        follow[c].setdefault(u, []).append(v)
    order = np.argsort(label, kind="stable")
    start = np.searchsorted(label[order], np.arange(count + 1))
    members = {c: nodes[order[start[c] : start[c + 1]]] for c in follow}
    return [(members[c][members[c] < n], follow[c]) for c in follow]


def _cycle(core: Longs, follow: dict[int, list[int]]) -> list[int]:
    """A shortest cycle through the first asset of a core, as a list of assets; a lone one is its own.

    *follow* has the edges inside the core; islands of transport are steps of the search and left out of the list.
    """
    inside = set(core.tolist())
    start = int(core[0])
    came: dict[int, int] = {}
    queue = [start]
    for u in queue:
        for v in follow.get(u, ()):
            if v == start:
                cycle = [u]
                while cycle[-1] != start:
                    cycle.append(came[cycle[-1]])
                return [w for w in cycle[::-1] if w in inside]
            if v not in came:
                came[v] = u
                queue.append(v)
    return [start]
