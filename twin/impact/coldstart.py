"""Answers 2 and 3 of design §4: what can be started from nothing, and what deadlocks a black start."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.impact import kernels
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Ints, Longs


@dataclass
class ColdStart:
    """What can be started.

    Attributes:
        started: ids. rounds: an energisation order, the ids of each round.
    """

    started: set[str]
    rounds: list[list[str]] = field(default_factory=list)


@dataclass
class Deadlock:
    """One core that must be started by hand: its ids, and a cycle of ids that wait for each other."""

    assets: list[str]
    cycle: list[str]


def cold_start(system: System, running: Bools | None = None) -> tuple[Bools, Ints]:
    """The least fixpoint over all services from *running*.

    Returns:
        (n,) what is started and keeps running without the finite standby sources, and (n,) the round in which
        each asset started (0 for *running*, -1 for never).
    """
    n = system.n
    started = np.zeros(n, bool) if running is None else running.copy()
    rounds = np.where(started, 0, -1).astype(np.int32)
    allowed = system.arrays.in_service
    step = 0
    while True:
        step += 1
        held = _holds(system, started)
        ready = allowed & ~started & ~system.owners(system.outage & ~held) & ~_waits(system, started)
        if not ready.any():
            break
        started = started | ready
        rounds[ready] = step
    kept = system.operating(started & system.baseline)
    rounds[~kept] = -1
    return kept, rounds


def _holds(system: System, started: Bools) -> Bools:
    """(m,) gates that hold counting the assets of *started*, standby sources too."""
    g = system.gates
    have = np.zeros(system.m, np.int32)
    np.add.at(have, system.gate_of_member[started[g.member]], 1)
    spare = np.zeros(system.m, np.int32)
    stack = np.zeros(system.n + 1, np.int32)
    for service in system.joined_services:
        label = np.arange(system.n, dtype=np.int32)
        mesh = system.arrays.meshes.get(service)
        if mesh is not None:
            kernels.islands(mesh.ptr, mesh.to, started, label, stack)
        kernels.joined_gates(service, g.joined, g.service, started, label, g.ptr, g.member, have, spare)
    return have >= g.need


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


def _waits(system: System, started: Bools) -> Bools:
    """(n,) sources with ``black_start = false`` none of whose consumers of a service is in *started*."""
    source, service, other = _black_start_links(system)
    waits = np.zeros(system.n, bool)
    if not len(source):
        return waits
    pair = source.astype(np.int64) * len(system.grounded) + service
    names, index = np.unique(pair, return_inverse=True)
    live = np.zeros(len(names), bool)
    live[index[started[other]]] = True
    waits[names[~live] // len(system.grounded)] = True
    return waits


def deadlocks(system: System) -> list[tuple[Longs, list[int]]]:
    """Answer 3: cores in the order in which they must be started by hand, each with a witness cycle."""
    found: list[tuple[Longs, list[int]]] = []
    running, _ = cold_start(system)
    running = running & system.baseline
    while True:
        waiting = system.baseline & ~running
        if not waiting.any():
            return found
        source, target = _waits_for(system, running, waiting)
        cores = _source_components(source, target, waiting)
        for core in cores:
            found.append((core, _cycle(core, source, target)))
            running = running.copy()
            running[core] = True
        running = cold_start(system, running)[0] & system.baseline | running


def _waits_for(system: System, running: Bools, waiting: Bools) -> tuple[Ints, Ints]:
    """Edges u -> v: v waits and cannot start before u, or something like u, runs.

    Finite standby sources do not count here: what only they would hold does not keep running.
    """
    g = system.gates
    lacking = ~_holds(system, running & ~system.finite) & system.outage & waiting[g.owner]
    chosen = np.flatnonzero(lacking[system.gate_of_member] & waiting[g.member])
    edges = [(g.member[chosen], g.owner[system.gate_of_member[chosen]])]
    edges += _joining(system, running, waiting, lacking)
    source, _, other = _black_start_links(system)
    stuck = _waits(system, running)[source] & waiting[source] & waiting[other]
    edges.append((other[stuck], source[stuck]))
    return np.concatenate([e[0] for e in edges]), np.concatenate([e[1] for e in edges])


def _joining(system: System, running: Bools, waiting: Bools, lacking: Bools) -> list[tuple[Ints, Ints]]:
    """For ``CONNECTS``: the not yet running transport that could join the ends of a lacking gate."""
    g, edges = system.gates, []
    stack = np.zeros(system.n + 1, np.int32)
    for service in system.joined_services:
        mesh = system.arrays.meshes.get(service)
        if mesh is None:
            continue
        label = np.zeros(system.n, np.int32)
        kernels.islands(mesh.ptr, mesh.to, running | waiting, label, stack)
        for gate in np.flatnonzero(lacking & g.joined & (g.service == service)):
            ends = g.member[g.ptr[gate] : g.ptr[gate + 1]]
            ends = ends[(running | waiting)[ends]]
            islands, count = np.unique(label[ends], return_counts=True)
            joinable = islands[(count >= 2) & (g.need[gate] >= 2)]
            could = np.flatnonzero(waiting & np.isin(label, joinable) & (np.diff(mesh.ptr) > 0)).astype(np.int32)
            edges.append((could, np.full(len(could), g.owner[gate], np.int32)))
    return edges


def _source_components(source: Ints, target: Ints, waiting: Bools) -> list[Longs]:
    """Strongly connected components of the waiting assets that nothing else points into.

    A lone asset is one too: a source that cannot start alone and has no live consumer to start from.
    """
    nodes = np.flatnonzero(waiting)
    local = np.full(len(waiting), -1, np.int64)
    local[nodes] = np.arange(len(nodes))
    a, b = local[source], local[target]
    matrix = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(len(nodes), len(nodes))).tocsr()
    count, label = connected_components(matrix, directed=True, connection="strong")
    entered = np.zeros(count, bool)
    apart = label[a] != label[b]
    entered[label[b[apart]]] = True
    return [nodes[label == c] for c in np.flatnonzero(~entered)]


def _cycle(core: Longs, source: Ints, target: Ints) -> list[int]:
    """A shortest cycle through the first asset of a core, as a list of assets; a lone one is its own."""
    inside = set(core.tolist())
    follow: dict[int, list[int]] = {v: [] for v in inside}
    for u, v in zip(source.tolist(), target.tolist(), strict=True):
        if u in inside and v in inside:
            follow[u].append(v)
    start = int(core[0])
    came: dict[int, int] = {}
    queue = [start]
    for u in queue:
        for v in follow[u]:
            if v == start:
                cycle = [u]
                while cycle[-1] != start:
                    cycle.append(came[cycle[-1]])
                return cycle[::-1]
            if v not in came:
                came[v] = u
                queue.append(v)
    return [start]
