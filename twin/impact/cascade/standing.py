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
from twin.impact.cascade.state import FRESH, GONE, GROUNDED, JOINED, PLAIN, Rules, State, Work
from twin.impact.kernels import islands
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Bytes, Floats, Ints, Longs


class Standing:
    """The operating state before any event, ready for cascades; shared between threads.

    Args:
        system: the operating rules.
        silent: (n,) assets that deliver nothing, by default the standby sources of finite endurance (answer 1).
    """

    def __init__(self, system: System, silent: Bools | None = None) -> None:
        self.system = system
        gates = system.gates
        silent = system.finite if silent is None else silent
        grounded, joined = sorted(system.arrays.orders), system.joined_services
        slots = np.zeros(len(system.grounded), np.uint8)
        slots[grounded] = np.arange(len(grounded))
        slot = slots[gates.service]
        slots[joined] = np.arange(len(joined))
        slot[gates.joined] = slots[gates.service[gates.joined]]
        kind = np.where(gates.joined, JOINED, np.where(system.grounded[gates.service], GROUNDED, 0))
        mesh_ptr, mesh_to = _meshes(system, joined)
        self.rules = Rules(
            *map(_frozen, (silent.view(np.uint8), kind.astype(np.uint8), slot, gates.need)),
            *map(_frozen, (system.outage.view(np.uint8), gates.owner, gates.ptr, gates.member, gates.own_ptr)),
            *map(_frozen, (gates.use_ptr, gates.use_gate, mesh_ptr, mesh_to)),
        )
        self.state = self._base(len(grounded), joined)
        self._check()
        self._idle: deque[tuple[State, Work]] = deque()

    def _base(self, slots: int, joined: list[int]) -> State:
        """The counters of the state before any event."""
        system, rules = self.system, self.rules
        n, m = system.n, system.m
        working = system.baseline.astype(np.uint8)
        gates, silent = system.gates, rules.silent.view(bool)
        delivers = system.baseline & ~silent
        counts = np.bincount(system.gate_of_member[delivers[gates.member]], minlength=m).astype(np.int32)
        have = np.where(rules.kind == PLAIN, counts, 0).astype(np.int32)
        support = np.zeros(m, np.int32)
        rank = np.full((slots, n), -1, np.int32)
        unsat, queue = np.zeros(n + 1, np.int32), np.zeros(n + 1, np.int32)
        for k in range(slots):
            supply(rules, working, k, rank[k], have, support, unsat, queue)
        label = np.zeros((len(joined), n), np.int32)
        for k in range(len(joined)):
            islands(rules.mesh_ptr[k], rules.mesh_to, delivers, label[k], queue)
        state = State(working, rank, have, support, label)
        for gate in np.flatnonzero(gates.joined):
            have[gate] = joined_have(rules, state, gate)
        return state

    def _check(self) -> None:
        """The state before any event stands by itself, or nothing that follows from it would be right."""
        rules, state = self.rules, self.state
        broken = rules.outage.view(bool) & (state.have < rules.need) & state.working.view(bool)[rules.owner]
        if broken.any():
            raise TwinError(
                f"{int(broken.sum())} gate(s) do not hold before any event", fix="Report it, with the snapshot."
            )

    @cached_property
    def divisible(self) -> bool:
        """Whether what a cascade leaves standing is better off than before only through its own gates.

        Not so where a working asset is without supply in a grounded service (a ``degrade`` gate), or where a standby
        source that is off is transport: such a source coming on could help others.
        """
        state, rules = self.state, self.rules
        idle = np.flatnonzero(rules.silent)
        transport = (rules.mesh_ptr[:, idle + 1] > rules.mesh_ptr[:, idle]).any()
        return not transport and not ((state.rank < 0) & state.working.view(bool)).any()

    @contextmanager
    def worker(self) -> Iterator[tuple[State, Work]]:
        """A private copy of the state with its scratch; idle ones are used again."""
        try:
            pair = self._idle.pop()
        except IndexError:
            pair = State(*(part.copy() for part in self.state)), scratch(self.system.n, self.system.m)
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
        return self.system.standing

    def lost(self, rows: Ints | Longs) -> Ints:
        """Rows that leave the operating set when *rows* fail, sorted; operating members of *rows* included."""
        s = self.standing
        with s.worker() as (state, work):
            kernels.cascade(s.rules, state, work, np.ascontiguousarray(rows, np.int32))
            gone: Ints = np.sort(work.gone[: work.count[GONE]])
            kernels.undo(state, s.state, work)
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
                s.rules, state, s.state, work, np.ascontiguousarray(ptr, np.int64),
                np.ascontiguousarray(rows, np.int32), np.ascontiguousarray(weights, np.float64), sums, sizes,
                np.zeros(0, np.int64) if often is None else often,
            )  # fmt: skip
        return sums, sizes


def scratch(n: int, m: int) -> Work:
    """Work space for cascades over n assets and m gates."""
    count = np.zeros(5, np.int64)
    count[FRESH] = n + 1
    assets = [np.zeros(n + 1, np.int32) for _ in range(8)]
    gone, touched, queue, was, fresh, group, parent, active = assets
    group[:] = -1
    return Work(
        gone, touched, _flags(n), np.zeros(m, np.int32), _flags(m), np.zeros(m, np.int32), _flags(m), queue, was, fresh,
        group, parent, active, count,
    )  # fmt: skip


def _flags(n: int) -> Bytes:
    return np.zeros(n, np.uint8)


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
