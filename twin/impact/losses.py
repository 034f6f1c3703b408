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

    def of(self, asset: int) -> range:
        """Positions of the gates of *asset*."""
        low, high = np.searchsorted(self.owner, [asset, asset + 1])
        return range(int(low), int(high))


@dataclass
class Moment:
    """What :func:`collect` looks at: who works, which standby sources are off or spent, what holds."""

    time_s: float
    working: Bools
    silent: Bools
    spent: Bools
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


def collect(system: System, flagged: Bools, moment: Moment, fed: bool = False) -> Losses:
    """The flagged gates with who failed them.

    Those are the members that delivered before the event and do not now, standby sources whose fuel is spent,
    and for ``CONNECTS`` the transport that parts the end points.

    Args:
        flagged: (m,) gates. moment: when. fed: report what feeds instead of what holds.
    """
    g = system.gates
    gate = np.flatnonzero(flagged)
    at = ranges(g.ptr, gate)
    member = g.member[at]
    failed = (system.delivered_before[at] | moment.spent[member]) & ~delivering(system, moment, at)
    place = np.repeat(np.arange(len(gate)), g.ptr[gate + 1] - g.ptr[gate])[failed]
    member = member[failed]
    joined = [_parting(system, int(i), int(x), moment) for i, x in enumerate(gate) if g.joined[x]]
    if joined:
        place = np.concatenate([place, *(np.full(len(m), i) for i, m in joined)])
        member = np.concatenate([member, *(m for _, m in joined)])
        pair = np.unique(place * system.n + member)
        place, member = pair // system.n, (pair % system.n).astype(np.int32)
    sort = np.argsort(place, kind="stable")
    have = moment.evaluation.have_fed if fed else moment.evaluation.have
    return Losses(
        moment.time_s,
        gate,
        have[gate],
        np.searchsorted(place[sort], np.arange(len(gate) + 1)),
        member[sort],
        g.owner[gate],
    )


def _parting(system: System, place: int, gate: int, moment: Moment) -> tuple[int, Ints]:
    """Transport that worked before and borders an island of an end point, when the ends lie apart."""
    g = system.gates
    service = int(g.service[gate])
    mesh = system.arrays.meshes.get(service)
    label = moment.evaluation.label[service]
    carries = moment.working & ~moment.silent
    ends = g.member[g.ptr[gate] : g.ptr[gate + 1]]
    ends = ends[carries[ends]]
    if mesh is None or len(np.unique(label[ends])) < 2:
        return place, np.zeros(0, np.int32)
    inside = np.flatnonzero(carries & np.isin(label, label[ends]))
    border = np.unique(mesh.to[ranges(mesh.ptr, inside)])
    return place, border[system.baseline[border] & ~carries[border]].astype(np.int32)


def hops(n: int, failed: Bools, batches: list[tuple[Losses, Bools]]) -> Ints:
    """Length of the shortest chain of failed members from each asset back to the event; -1 without one.

    Args:
        failed: (n,) the event. batches: losses, and which assets each of them speaks for.
    """
    sources, targets = [], []
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
