"""Why assets dropped or are at risk: gates with the members that failed them, kept as flat arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.impact import kernels
from twin.impact.system import Evaluation, System, ranges
from twin.snapshot.arrays import Bools, Floats, Ints, Longs


@dataclass
class Losses:
    """Gates lost at one moment, sorted by owner.

    Attributes:
        time_s: the moment. gate: (k,) gates. have: (k,) members that delivered then.
        ptr, member: who failed gate i is ``member[ptr[i]:ptr[i+1]]``.
        owner: (k,) owners.
    """

    time_s: float
    gate: Longs
    have: Ints
    ptr: Longs
    member: Ints
    owner: Ints


@dataclass
class Moment:
    """What :func:`collect` looks at: who works, which standby sources are off, which ran or are spent, what holds."""

    time_s: float
    working: Bools
    silent: Bools
    ran: Bools
    evaluation: Evaluation


def delivering(system: System, moment: Moment, at: Longs) -> Bools:
    """Whether the memberships at positions *at* deliver to their gates (``CONNECTS``: work, joined or not)."""
    g = system.gates
    member = g.member[at]
    service = g.service[system.gate_of_member[at]]
    ok: Bools = moment.working[member] & ~moment.silent[member]
    for s, state in moment.evaluation.state.items():
        of_service = service == s
        own = state[member]
        ok &= ~of_service | ((own != kernels.DEAD) & ~(g.member_mesh[at] & (own == kernels.RIDES)))
    return ok


def feeding(system: System, moment: Moment, at: Longs) -> Bools:
    """Whether the memberships at *at* feed their gates: deliver, and not only on a buffer of the gate's own loop."""
    g = system.gates
    member, gate = g.member[at], system.gate_of_member[at]
    ok = delivering(system, moment, at)
    for s, state in moment.evaluation.state.items():
        component = system.arrays.orders[s].component
        same = component[member] == component[g.owner[gate]]
        ok &= (g.service[gate] != s) | ~same | (state[member] == kernels.FED)
    return ok


def collect(system: System, flagged: Bools, moment: Moment, idle: Bools | None = None) -> Losses:
    """The flagged gates with who failed them.

    Those are the members that delivered before the event and do not now, standby sources that ran after it and do not
    now (spent, or down themselves), and for ``CONNECTS`` the transport that parts the end points. A gate that holds but
    is not fed lives on buffers of its own loop: what counts there is what feeds.

    Args:
        flagged: (m,) gates. moment: when. idle: (n,) standby sources that wait for a call; given, those that
            waited before the event and now neither wait nor deliver are listed too (lost redundancy).
    """
    g = system.gates
    kept = moment.evaluation.held & ~moment.evaluation.fed
    gate = np.flatnonzero(flagged)
    at = ranges(g.ptr, gate)
    member = g.member[at]
    counts = np.where(kept[system.gate_of_member[at]], feeding(system, moment, at), delivering(system, moment, at))
    failed = (system.delivered_before[at] | moment.ran[member]) & ~counts
    if idle is not None:
        waited = (system.arrays.standby & system.baseline & ~system.on_before)[member]
        failed |= waited & ~counts & ~idle[member]
    place = np.repeat(np.arange(len(gate)), g.ptr[gate + 1] - g.ptr[gate])[failed]
    member = member[failed]
    joined = _parted(system, gate, moment)
    if joined:
        place = np.concatenate([place, *(np.full(len(m), i) for i, m in joined)])
        member = np.concatenate([member, *(m for _, m in joined)])
        pair = np.unique(place * system.n + member)
        place, member = pair // system.n, (pair % system.n).astype(np.int32)
    sort = np.argsort(place, kind="stable")
    have = np.where(kept, moment.evaluation.have_fed, moment.evaluation.have)
    return Losses(
        moment.time_s,
        gate,
        have[gate],
        np.searchsorted(place[sort], np.arange(len(gate) + 1)),
        member[sort],
        g.owner[gate],
    )


def _parted(system: System, gates: Longs, moment: Moment) -> list[tuple[int, Ints]]:
    """Per joined gate of *gates* whose working end points lie apart, the transport that parts them.

    That is what worked before, carries nothing now, and borders an island of an end point.
    """
    g = system.gates
    carries = moment.working & ~moment.silent
    borders: dict[int, tuple[Ints, Ints]] = {}
    found = []
    for place in np.flatnonzero(g.joined[gates]).tolist():
        gate = int(gates[place])
        service = int(g.service[gate])
        if service not in borders:
            borders[service] = _borders(system, service, moment.evaluation.label[service], carries)
        label, border = borders[service]
        ends = g.member[g.ptr[gate] : g.ptr[gate + 1]]
        islands = set(moment.evaluation.label[service][ends[carries[ends]]].tolist())
        if len(islands) < 2:
            continue
        spans = [border[slice(*np.searchsorted(label, [island, island + 1]))] for island in islands]
        found.append((place, np.concatenate(spans)))
    return found


def _borders(system: System, service: int, label: Ints, carries: Bools) -> tuple[Ints, Ints]:
    """Islands and the lost transport that borders them, as pairs sorted by island."""
    mesh = system.arrays.meshes.get(service)
    if mesh is None:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    lost = np.flatnonzero(system.baseline & ~carries & (np.diff(mesh.ptr) > 0))
    near = mesh.to[ranges(mesh.ptr, lost)]
    lost = np.repeat(lost, mesh.ptr[lost + 1] - mesh.ptr[lost])[carries[near]]
    near = near[carries[near]]
    sort = np.argsort(label[near], kind="stable")
    return label[near][sort], lost[sort].astype(np.int32)


def hops(n: int, failed: Bools, batches: list[tuple[Losses, Bools]], callers: list[tuple[Ints, Ints]]) -> Ints:
    """Length of the shortest chain of failed members from each asset back to the event; -1 without one.

    Args:
        failed: (n,) the event. batches: losses, and which assets each of them speaks for.
        callers: who lacked something, and the standby source that it called: a step of the chain too.
    """
    sources, targets = [c[0] for c in callers], [c[1] for c in callers]
    for losses, speaks in batches:
        owner = np.repeat(losses.owner, np.diff(losses.ptr))
        keep = speaks[owner]
        sources.append(losses.member[keep])
        targets.append(owner[keep])
    hop = np.where(failed, 0, -1).astype(np.int32)
    if not sources:
        return hop
    source, target = np.concatenate(sources), np.concatenate(targets)
    sort = np.argsort(source, kind="stable")
    target = target[sort]
    ptr = np.searchsorted(source[sort], np.arange(n + 1))
    frontier: Longs = np.flatnonzero(failed)
    level = 0
    while len(frontier):
        level += 1
        reached = np.unique(target[ranges(ptr, frontier)]).astype(np.int64)
        frontier = reached[hop[reached] < 0]
        hop[frontier] = level
    return hop


def since(start: Floats, flag: Bools, now: float) -> None:
    """Keep the first time of the current spell of *flag*; NaN outside a spell."""
    start[~flag] = np.nan
    start[flag & np.isnan(start)] = now
