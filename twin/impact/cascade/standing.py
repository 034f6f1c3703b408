"""The steady cascade (design §4, answer 1): which assets leave the operating set when others fail.

A :class:`Standing` is the operating state before any event, with counters; a :class:`Cascade` works on a copy of it and
takes every change back, so that an event costs what it touches and not the size of the twin.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from twin.errors import TwinError
from twin.impact.cascade import kernels
from twin.impact.cascade.ground import supply
from twin.impact.cascade.mesh import joined_have
from twin.impact.cascade.state import (
    FLAGS,
    FORM,
    FRESH,
    GONE,
    GROUNDED,
    HAVE,
    HAVE_BEFORE,
    JOINED,
    NEED,
    OUTAGE,
    OWNER,
    PLAIN,
    RANKS,
    SILENT,
    SLOT_BIT,
    SUPPORT,
    SUPPORT_BEFORE,
    TRANSPORT,
    WORKED,
    WORKS,
    Rules,
    State,
    Work,
)  # fmt: skip
from twin.impact.kernels import islands
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Floats, Ints, Longs

#: A record has a multiple of so many numbers: half a cache line.
RECORD = 8


class Standing:
    """The operating state before any event, ready for cascades; shared between threads.

    Args:
        system: the operating rules.
        silent: (n,) assets that deliver nothing, by default the standby sources of finite endurance (answer 1).
    """

    def __init__(self, system: System, silent: Bools | None = None) -> None:
        self.system = system
        gates = system.gates
        self.silent = system.finite if silent is None else silent
        grounded, joined = sorted(system.arrays.orders), system.joined_services
        mesh_ptr, mesh_to = _meshes(system, joined)
        self.rules = Rules(
            *map(_frozen, (gates.ptr, gates.member, gates.own_ptr, gates.use_ptr, gates.use_gate, mesh_ptr, mesh_to))
        )
        width = RANKS + 2 * (len(grounded) + len(joined))
        asset = np.zeros((system.n, -(-width // RECORD) * RECORD), np.int32)
        self.state = State(asset, np.zeros((system.m, RECORD), np.int32), len(grounded), len(grounded) + len(joined))
        self._write_rules(grounded, joined)
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

    def _write_rules(self, grounded: list[int], joined: list[int]) -> None:
        """The parts of the records that never change."""
        system, gates, (asset, gate, *_) = self.system, self.system.gates, self.state
        slots = np.zeros(len(system.grounded), np.int32)
        slots[grounded] = np.arange(len(grounded))
        slots[joined] = np.arange(len(joined))
        kind = np.where(gates.joined, JOINED, np.where(system.grounded[gates.service], GROUNDED, PLAIN))
        slot = np.where(kind == PLAIN, 0, slots[gates.service])
        gate[:, NEED], gate[:, OWNER] = gates.need, gates.owner
        gate[:, FORM] = kind | slot << SLOT_BIT | np.where(system.outage, OUTAGE, 0)
        asset[:, FLAGS] = np.where(system.baseline, WORKS | WORKED, 0) | np.where(self.silent, SILENT, 0)
        for k in range(len(joined)):
            asset[np.diff(self.rules.mesh_ptr[k]) > 0, FLAGS] |= TRANSPORT << k

    def _write_state(self, joined: int) -> None:
        """The counters of the state before any event."""
        system, rules, gates, (asset, gate, grounded, _) = self.system, self.rules, self.system.gates, self.state
        unsat, queue = np.zeros(system.n + 1, np.int32), np.zeros(system.n + 1, np.int32)
        delivers = system.baseline & ~self.silent
        counts = np.bincount(system.gate_of_member[delivers[gates.member]], minlength=system.m)
        gate[:, HAVE] = np.where(gate[:, FORM] & 3 == PLAIN, counts, 0)
        for k in range(grounded):
            asset[:, RANKS + 2 * k] = -1
            supply(asset, gate, rules, k, unsat, queue)
        for k in range(joined):
            label = np.zeros(system.n, np.int32)
            islands(rules.mesh_ptr[k], rules.mesh_to, delivers, label, queue)
            asset[:, RANKS + 2 * grounded + 2 * k] = label
        for place in np.flatnonzero(gates.joined):
            gate[place, HAVE] = joined_have(asset, gate, rules.ptr, rules.member, grounded, place)
        for now in range(RANKS, RANKS + 2 * self.state.pairs, 2):
            asset[:, now + 1] = asset[:, now]
        gate[:, HAVE_BEFORE], gate[:, SUPPORT_BEFORE] = gate[:, HAVE], gate[:, SUPPORT]

    def _check(self) -> None:
        """The state before any event stands by itself, or nothing that follows from it would be right."""
        gate = self.state.gate
        broken = (gate[:, FORM] & OUTAGE > 0) & (gate[:, HAVE] < gate[:, NEED]) & self.system.baseline[gate[:, OWNER]]
        if broken.any():
            raise TwinError(
                f"{int(broken.sum())} gate(s) do not hold before any event", fix="Report it, with the snapshot."
            )

    @property
    def rank_columns(self) -> list[int]:
        """Columns of an asset's record with its ranks now; those before follow each."""
        return list(range(RANKS, RANKS + 2 * self.state.grounded, 2))

    def label_column(self, k: int) -> int:
        """Column of an asset's record with its island in joined service k."""
        return RANKS + 2 * self.state.grounded + 2 * k

    @cached_property
    def divisible(self) -> bool:
        """Whether what a cascade leaves standing is better off than before only through its own gates.

        Not so where a working asset is without supply in a grounded service (a ``degrade`` gate), or where a standby
        source that is off is transport: such a source coming on could help others.
        """
        idle = np.flatnonzero(self.silent)
        transport = (self.rules.mesh_ptr[:, idle + 1] > self.rules.mesh_ptr[:, idle]).any()
        unsupplied = (self.state.asset[:, self.rank_columns] < 0).any(axis=1)
        return not transport and not (unsupplied & self.system.baseline).any()

    @contextmanager
    def worker(self) -> Iterator[tuple[State, Work]]:
        """A private copy of the state with its scratch; idle ones are used again."""
        try:
            pair = self._idle.pop()
        except IndexError:
            asset, gate, *rest = self.state
            pair = State(asset.copy(), gate.copy(), *rest), scratch(self.system.n, self.system.m)
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
            gone: Ints = np.sort(work.gone[: work.count[GONE]])
            kernels.undo(state, work)
        return gone

    def singles(self, rows: Ints | Longs, weights: Floats) -> Floats:
        """What each single failure costs.

        Args:
            rows: (r,) assets that fail, each alone. weights: (n, w) what an asset is worth.

        Returns:
            (r, w) sums of the weights of what leaves the operating set, the failed asset included.
        """
        return self.scenarios(np.arange(len(rows) + 1), rows, weights)[0]

    def scenarios(
        self, ptr: Longs, rows: Ints | Longs, weights: Floats, often: Longs | None = None
    ) -> tuple[Floats, Longs]:
        """What each of many events costs.

        Args:
            ptr: (c + 1,) scenario i lets ``rows[ptr[i]:ptr[i+1]]`` fail. weights: (n, w) what an asset is worth.
            often: (n,) how often each asset left, added to.

        Returns:
            (c, w) sums of the weights of what leaves the operating set, and (c,) how many assets that are.
        """
        s = self.standing
        sums, sizes = np.zeros((len(ptr) - 1, weights.shape[1])), np.zeros(len(ptr) - 1, np.int64)
        with s.worker() as (state, work):
            kernels.scenarios(
                s.rules, state, work, np.ascontiguousarray(ptr, np.int64),
                np.ascontiguousarray(rows, np.int32), np.ascontiguousarray(weights, np.float64), sums, sizes,
                np.zeros(0, np.int64) if often is None else often,
            )  # fmt: skip
        return sums, sizes


def scratch(n: int, m: int) -> Work:
    """Work space for cascades over n assets and m gates."""
    count = np.zeros(5, np.int64)
    count[FRESH] = n + 1
    gone, touched, queue, was, fresh, group, parent, active = (np.zeros(n + 1, np.int32) for _ in range(8))
    group[:] = -1
    gates, dirty = np.zeros(m, np.int32), np.zeros(m, np.int32)
    return Work(gone, touched, gates, dirty, queue, was, fresh, group, parent, active, count)


def _frozen(array: Any) -> Any:
    """A read-only view: memory maps and arrays of our own are one type to the compiler then."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


def _meshes(system: System, joined: list[int]) -> tuple[Longs, Ints]:
    """Transport meshes of the services with joined gates, one row of offsets each into one list."""
    ptr = np.zeros((len(joined), system.n + 1), np.int64)
    lists: list[Ints] = []
    for k, service in enumerate(joined):
        mesh = system.arrays.meshes.get(service)
        if mesh is not None:
            ptr[k] = mesh.ptr + sum(len(part) for part in lists)
            lists.append(mesh.to)
    return ptr, np.concatenate([*lists, np.zeros(0, np.int32)])
