"""A snapshot made ready for questions: which gates hold when these assets work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from twin.impact import kernels
from twin.snapshot.arrays import Arrays, Bools, Bytes, Gates, Ints, Longs

T = TypeVar("T")


@dataclass
class Evaluation:
    """Which gates hold (design §4, Time, step 1).

    Attributes:
        have: (m,) members that deliver. have_fed: (m,) those that deliver without a buffer of the gate's own loop.
        held, fed: (m,) ``have`` or ``have_fed`` reaches the need.
        state: service index -> (n,) state of each asset in that grounded service.
        label: service index -> (n,) island of the transport mesh.
    """

    have: Ints
    have_fed: Ints
    held: Bools
    fed: Bools
    state: dict[int, Bytes]
    label: dict[int, Ints]


class System:
    """The operating rules of one snapshot; stateless between calls."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.gates: Gates = arrays.gates
        self.n = arrays.n
        self.m = len(self.gates.owner)
        self.outage: Bools = ~self.gates.degrade
        self.grounded = np.array(arrays.grounded, bool)
        self.finite = arrays.standby & np.isfinite(arrays.endurance_s)
        self.unbuffered: Bools = np.zeros(self.m, bool)
        self._kept: dict[str, Any] = {}

    def evaluate(self, working: Bools, silent: Bools, buffered: Bools) -> Evaluation:
        """Which gates hold when *working* works, *silent* delivers nothing and *buffered* gates have buffer left.

        Args:
            working, silent: (n,). buffered: (m,).
        """
        g = self.gates
        have, have_fed = np.zeros(self.m, np.int32), np.zeros(self.m, np.int32)
        unsat, stack = kernels.scratch(self.n)
        states: dict[int, Bytes] = {}
        for service, order in self.arrays.orders.items():
            state = np.zeros(self.n, np.uint8)
            kernels.grounded(
                service, order.asset, order.start, order.component, working, silent, buffered, g.owner, g.service,
                g.degrade, g.need, g.own_ptr, g.use_ptr, g.use_gate, g.use_mesh, have, have_fed, state, unsat, stack,
            )  # fmt: skip
            states[service] = state
        kernels.plain(self.grounded, g.joined, g.service, working, silent, g.ptr, g.member, have, have_fed)
        labels = self._join(working & ~silent, have, have_fed, stack)
        return Evaluation(have, have_fed, have >= g.need, have_fed >= g.need, states, labels)

    def _join(self, carries: Bools, have: Ints, have_fed: Ints, stack: Ints) -> dict[int, Ints]:
        g = self.gates
        labels: dict[int, Ints] = {}
        for service in self.joined_services:
            label = np.arange(self.n, dtype=np.int32)
            mesh = self.arrays.meshes.get(service)
            if mesh is not None:
                kernels.islands(mesh.ptr, mesh.to, carries, label, stack)
            kernels.joined_gates(service, g.joined, g.service, carries, label, g.ptr, g.member, have, have_fed)
            labels[service] = label
        return labels

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """What *make* gave when *name* was first asked for: what others derive from this system, and is dear."""
        if name not in self._kept:
            self._kept[name] = make()
        found: T = self._kept[name]
        return found

    def start_from(self, baseline: Bools, on_before: Bools) -> None:
        """Take the state before any event as given: (n,) what operates, (n,) endless standby sources that are on."""
        self.__dict__["_start"] = baseline, on_before

    @cached_property
    def joined_services(self) -> list[int]:
        """Services that have joined gates."""
        return sorted(set(self.gates.service[self.gates.joined].tolist()))

    def owners(self, flag: Bools) -> Bools:
        """(n,) assets that own a flagged gate."""
        chosen = np.zeros(self.n, bool)
        kernels.owners_of(flag, self.gates.owner, chosen)
        return chosen

    def operating(self, within: Bools, silent: Bools | None = None) -> Bools:
        """The greatest operating set inside *within* (design §4): no buffers, *silent* delivers nothing.

        Args:
            within: (n,) candidates. silent: (n,), by default the standby sources of finite endurance.
        """
        silent = self.finite if silent is None else silent
        working = within & self.arrays.in_service
        while True:
            lost = self.owners(self.outage & ~self.evaluate(working, silent, self.unbuffered).held) & working
            if not lost.any():
                return working
            working = working & ~lost

    @cached_property
    def _start(self) -> tuple[Bools, Bools]:
        """(n,) assets operating before any event, and (n,) endless standby sources that are on.

        What holds only through an endless standby source that nothing calls (transport that it would carry) does
        not operate: else it would go down without any event.
        """
        working = self.operating(self.arrays.in_service)
        while True:
            on = self._called(working)
            evaluation = self.evaluate(working, self.arrays.standby & ~on, self.gates.buffer_s > 0)
            lost = self.owners(self.outage & ~evaluation.fed) & working
            if not lost.any():
                return working, on
            working = self.operating(working & ~lost)

    def _called(self, working: Bools) -> Bools:
        """(n,) endless standby sources that *working* calls before any event, until nothing more is called."""
        standby = self.arrays.standby
        endless = standby & ~self.finite
        on = np.zeros(self.n, bool)
        while True:
            evaluation = self.evaluate(working, standby & ~on, self.gates.buffer_s > 0)
            called = self.members(self.outage & ~evaluation.fed & working[self.gates.owner]) & endless & ~on
            if not called.any():
                return on
            on |= called

    @property
    def baseline(self) -> Bools:
        """(n,) assets operating before any event."""
        return self._start[0]

    @property
    def on_before(self) -> Bools:
        """(n,) endless standby sources that the baseline calls: on for ever."""
        return self._start[1]

    @cached_property
    def before(self) -> Evaluation:
        """Which gates hold before any event."""
        return self.evaluate(self.baseline, self.arrays.standby & ~self.on_before, self.gates.buffer_s > 0)

    @cached_property
    def gate_of_member(self) -> Ints:
        """(k,) the gate of each membership."""
        return np.repeat(np.arange(self.m, dtype=np.int32), np.diff(self.gates.ptr))

    def members(self, flag: Bools) -> Bools:
        """(n,) assets that are a member of a flagged gate."""
        chosen = np.zeros(self.n, bool)
        chosen[self.gates.member[flag[self.gate_of_member]]] = True
        return chosen

    @cached_property
    def delivered_before(self) -> Bools:
        """(k,) memberships whose member delivered before any event."""
        g = self.gates
        ok: Bools = self.baseline[g.member] & ~(self.arrays.standby & ~self.on_before)[g.member]
        for service, state in self.before.state.items():
            ok &= (g.service[self.gate_of_member] != service) | (state[g.member] != kernels.DEAD)
        return ok

    def steady(self, failed: Bools) -> Bools:
        """Answer 1: the operating set within (operating before - event), buffers and finite standby spent."""
        return self.operating(self.baseline & ~failed)


def ranges(ptr: Longs, rows: Longs) -> Longs:
    """Concatenated ``range(ptr[r], ptr[r+1])`` of all *rows*."""
    sizes = ptr[rows + 1] - ptr[rows]
    offsets = np.repeat(ptr[rows] - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    return offsets + np.arange(len(offsets))
