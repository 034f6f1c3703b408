"""The steady cascade (design §4, answer 1): which assets leave the operating set when others fail.

A :class:`Standing` is the operating state before any event, with counters; a :class:`Cascade` works on a copy of it and
takes every change back, so that an event costs what it touches and not the size of the twin.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from twin.errors import TwinError
from twin.impact.cascade import kernels
from twin.impact.cascade.ground import supply
from twin.impact.cascade.mesh import joined_have
from twin.impact.cascade.records import Members, kinds, members_of, mesh_of, plain_of, records_of, specials
from twin.impact.cascade.state import (
    FALLS,
    FAR,
    FORM,
    FRESH,
    GONE,
    HAVE,
    HAVE_BEFORE,
    JOINED,
    LINKED,
    MESHED,
    NEED,
    OUTAGE,
    OWNER,
    PLAIN,
    SILENT,
    SPARE,
    SPECIAL,
    SUPPORT,
    SUPPORT_BEFORE,
    WORKED,
    WORKS,
    Rules,
    State,
    Work,
)
from twin.impact.kernels import islands
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Bytes, Floats, Indices, Ints, Longs

#: Losses of more than one in so many assets are listed from the flags instead of being sorted.
MANY = 32


class Standing:
    """The operating state before any event, ready for cascades; shared between threads.

    Args:
        system: the operating rules.
        silent: (n,) assets that deliver nothing, by default the standby sources of finite endurance (answer 1).
    """

    def __init__(self, system: System, silent: Bools | None = None) -> None:
        self.system = system
        self.silent = system.finite if silent is None else silent
        self.delivers: Bools = system.baseline & ~self.silent
        grounded, joined = sorted(system.arrays.orders), system.joined_services
        kind = kinds(system)
        gates = np.flatnonzero(kind != PLAIN)
        meshes = [system.arrays.meshes.get(service) for service in joined]
        special = specials(system, gates, meshes)
        spot = np.zeros(system.n, np.int32)
        spot[special] = np.arange(len(special))
        members = members_of(system, gates, special)
        plain_ptr, plain, spare = plain_of(system, kind == PLAIN, self.delivers)
        mesh_ptr, mesh_to = mesh_of(meshes, special, spot)
        rank = np.zeros((len(grounded) + len(joined), len(special)), np.int32)
        flags = np.where(system.baseline, WORKS | WORKED, 0).astype(np.uint8)
        flags[special] |= SPECIAL
        local = self._local(special, members, mesh_ptr)
        records = records_of(system, gates, kind[gates], special)
        self.state = State(flags, local, rank, spare, records, len(grounded), len(rank))
        kept = plain_ptr, plain, spare[:, SPARE].copy(), rank, special, spot, *members, mesh_ptr, mesh_to
        self.rules = Rules(*map(_frozen, kept))
        self._write_state(len(joined))
        self._check()
        self._idle: deque[tuple[State, Work]] = deque()

    @staticmethod
    def of(system: System) -> Standing:
        """The state that steady cascades start from (answer 1)."""
        return system.kept("standing", lambda: Standing(system))

    @staticmethod
    def cautious(system: System) -> Standing:
        """The same without any standby source that is off: what a cascade from it keeps never changes."""
        silent = system.arrays.standby & ~system.on_before
        if (silent == system.finite).all():
            return Standing.of(system)
        return system.kept("cautious", lambda: Standing(system, silent))

    def _local(self, special: Ints, members: Members, mesh_ptr: Indices) -> Bytes:
        """(q,) flags of the special assets before any event."""
        linked = (np.diff(members.own_ptr) > 0) | (np.diff(members.use_ptr) > 0)
        meshed = (np.diff(mesh_ptr, axis=1) > 0).any(axis=0)
        flags = np.where(self.system.baseline[special], WORKS, 0) | np.where(self.silent[special], SILENT, 0)
        return (flags | np.where(linked, LINKED, 0) | np.where(meshed, MESHED, 0)).astype(np.uint8)

    def _write_state(self, joined: int) -> None:
        """Ranks, islands and records of the state before any event."""
        rules, (_, local, rank, _, gate, grounded, _) = self.rules, self.state
        unsat, queue = np.zeros(len(local) + 1, np.int32), np.zeros(len(local) + 1, np.int32)
        delivers = self.delivers[rules.special]
        for k in range(grounded):
            rank[k] = -1
            supply(local, rank[k], gate, rules, k, unsat, queue)
        for k in range(joined):
            islands(rules.mesh_ptr[k], rules.mesh_to, delivers, rank[grounded + k], queue)
        for place in np.flatnonzero(gate[:, FORM] & 3 == JOINED):
            gate[place, HAVE] = joined_have(self.state, rules.ptr, rules.member, place)
        gate[:, HAVE_BEFORE], gate[:, SUPPORT_BEFORE] = gate[:, HAVE], gate[:, SUPPORT]

    def _check(self) -> None:
        """The state before any event stands by itself, or nothing that follows from it would be right."""
        gate, spare, up = self.state.gate, self.state.spare, self.system.baseline
        owner = self.rules.special[gate[:, OWNER]]
        broken = (gate[:, FORM] & OUTAGE > 0) & (gate[:, HAVE] < gate[:, NEED]) & up[owner]
        count = int(broken.sum()) + int((up[spare[:, FALLS]] & (spare[:, SPARE] < 0)).sum())
        if count:
            raise TwinError(f"{count} gate(s) do not hold before any event", fix="Report it, with the snapshot.")

    @cached_property
    def divisible(self) -> bool:
        """Whether what a cascade leaves standing is better off than before only through its own gates.

        Not so where a working asset is without supply in a grounded service (a ``degrade`` gate), or where a standby
        source that is off is transport: such a source coming on could help others.
        """
        idle = np.flatnonzero(self.state.local & SILENT)
        transport = (self.rules.mesh_ptr[:, idle + 1] > self.rules.mesh_ptr[:, idle]).any()
        unsupplied = (self.state.rank[: self.state.grounded] < 0).any(axis=0)
        return not transport and not (unsupplied & self.system.baseline[self.rules.special]).any()

    @contextmanager
    def worker(self) -> Iterator[tuple[State, Work]]:
        """A private copy of the state with its scratch; idle ones are used again."""
        try:
            pair = self._idle.pop()
        except IndexError:
            pair = self.state.copy(), scratch(self.system.n, len(self.state.gate), len(self.state.local))
        yield pair
        self._idle.append(pair)  # not after an exception: its state may be half undone


class Cascade:
    """Cascades from the operating state of one system. Safe to share between threads."""

    def __init__(self, system: System) -> None:
        """Args: system: the operating rules."""
        self.system = system

    @property
    def standing(self) -> Standing:
        """The state that cascades start from."""
        return Standing.of(self.system)

    def lost(self, rows: Ints | Longs) -> Ints:
        """Rows that leave the operating set when *rows* fail, sorted; operating members of *rows* included."""
        s = self.standing
        with s.worker() as (state, work):
            kernels.cascade(s.rules, state, work, np.ascontiguousarray(rows, np.int32))
            gone: Ints = work.gone[: work.count[GONE]]
            if len(gone) * MANY > self.system.n:
                gone = np.flatnonzero(state.flags & (WORKS | WORKED) == WORKED).astype(np.int32)
            else:
                gone = np.sort(gone)
            kernels.undo(s.rules, state, work)
        return gone

    def singles(self, rows: Ints | Longs, weights: Floats) -> Floats:
        """What each single failure costs.

        Args:
            rows: (r,) assets that fail, each alone. weights: (n, w) what an asset is worth.

        Returns:
            (r, w) sums of the weights of what leaves the operating set, the failed asset included.
        """
        return self.scenarios(np.arange(len(rows) + 1), rows, weights)[0]

    def scenarios(self, ptr: Longs, rows: Ints | Longs, weights: Floats) -> tuple[Floats, Longs]:
        """What each of many events costs.

        Args:
            ptr: (c + 1,) scenario i lets ``rows[ptr[i]:ptr[i+1]]`` fail. weights: (n, w) what an asset is worth.

        Returns:
            (c, w) sums of the weights of what leaves the operating set, and (c,) how many assets that are.
        """
        s = self.standing
        sums, sizes = np.zeros((len(ptr) - 1, weights.shape[1])), np.zeros(len(ptr) - 1, np.int64)
        with s.worker() as (state, work):
            kernels.scenarios(
                s.rules, state, work, np.ascontiguousarray(ptr, np.int64),
                np.ascontiguousarray(rows, np.int32), np.ascontiguousarray(weights, np.float64), sums, sizes,
            )  # fmt: skip
        return sums, sizes

    def tally(
        self, ptr: Longs, rows: Ints | Longs, group: Bytes, values: Floats, groups: int, often: Longs | None = None
    ) -> Tally:
        """What each of many events costs, by groups of assets.

        Args:
            ptr: (c + 1,) scenario i lets ``rows[ptr[i]:ptr[i+1]]`` fail. group: (n,) below *groups*.
            values: (n,) what an asset is worth. often: (n,) how often each asset left, added to.
        """
        s, c = self.standing, len(ptr) - 1
        made = Tally(np.zeros(c, np.int64), np.zeros((c, groups), np.int64), np.zeros((c, groups)))
        with s.worker() as (state, work):
            kernels.tallies(
                s.rules, state, work, np.ascontiguousarray(ptr, np.int64), np.ascontiguousarray(rows, np.int32),
                np.ascontiguousarray(group, np.uint8), np.ascontiguousarray(values, np.float64), *made,
                np.zeros(0, np.int64) if often is None else often,
            )  # fmt: skip
        return made


class Tally(NamedTuple):
    """Of c events: (c,) how many of the named assets operated, (c, groups) assets that left, and their worth."""

    failed: Longs
    assets: Longs
    worth: Floats


def scratch(n: int, m: int, q: int) -> Work:
    """Work space for cascades over n assets, q special ones, and m gates with records."""
    count = np.zeros(7, np.int64)
    count[FRESH], count[FAR] = q + 1, 32
    left, touched, queue, was, fresh, group, parent, active, hole, first, joint, ring = (
        np.zeros(q + 1, np.int32) for _ in range(12)
    )
    group[:] = hole[:] = -1
    gone, gates, dirty = np.zeros(n + 1, np.int32), np.zeros(m, np.int32), np.zeros(m, np.int32)
    return Work(
        gone, left, touched, gates, dirty, queue, was, fresh, group, parent, active, hole, first, joint, ring, count
    )


def _frozen(array: Any) -> Any:
    """A read-only view: memory maps and arrays of our own are one type to the compiler then."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
