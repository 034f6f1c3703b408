"""Why an asset operates: a set of assets that is enough to keep it up (a path set), whatever else fails."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.impact.cutsets import kernels
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Ints, Longs


class Witnesses:
    """Path sets of one asset; not to be shared between threads."""

    def __init__(self, system: System, row: int, rows: list[int]) -> None:
        """Args: row: the asset. rows: everything it rests on, itself included."""
        self.system = system
        self.row = row
        self._rows = np.array(sorted(rows), np.int32)
        n, grounded = system.n, np.flatnonzero(system.grounded)
        self._grounded = grounded.tolist()
        self._slots = np.full(len(system.grounded), -1, np.int64)
        self._slots[grounded] = np.arange(len(grounded))
        self._mesh = _meshes(system)
        self._have, self._unsat = np.zeros(system.m, np.int32), np.zeros(n, np.int32)
        self._queue, self._before = np.zeros(n + 1, np.int32), np.full(n, -1, np.int32)
        self._rank = np.full((max(len(grounded), 1), n), -1, np.int32)
        self._kept: Bools = np.zeros(n, bool)
        self._flags, self._marked = np.zeros(n, np.int64), np.zeros(n, bool)
        self._stack = np.zeros(n * (len(grounded) + 1) + 1, np.int64)
        self._keys = np.zeros(int(system.gates.need.max(initial=0)) + 1, np.int64)
        self._found = np.zeros(n, np.int32)

    def of(self, working: Bools) -> Ints:
        """Assets of the operating set *working* (n,) that keep the asset up by themselves.

        Each gate on the way gets as many members as it needs; in a grounded service members that came up before
        its owner, so that all support leads back to sources. Whether the set stands by itself is then looked at
        anew; where it does not (no system is known) the answer is everything that works.
        """
        g = self.system.gates
        self._come_up(self._rows, working)
        count = kernels.support(
            self.row, working, self.system.finite, self._slots, self._rank, *self._mesh, g.service, g.need,
            g.degrade, g.joined, g.own_ptr, g.ptr, g.member, self._flags, self._marked, self._before, self._queue,
            self._stack, self._keys, self._found,
        )  # fmt: skip
        rows = np.sort(self._found[: max(count, 0)])
        self._flags[self._rows] = 0
        if count > 0 and self._stands(rows):
            return rows
        return self._rows[working[self._rows]]

    def _come_up(self, rows: Ints, working: Bools) -> None:
        g = self.system.gates
        for slot, service in enumerate(self._grounded):
            kernels.ranks(
                service, rows, working, self.system.finite, g.owner, g.service, g.need, g.own_ptr, g.use_ptr,
                g.use_gate, self._have, self._unsat, self._rank[slot], self._queue,
            )  # fmt: skip

    def _stands(self, rows: Ints) -> bool:
        g = self.system.gates
        self._kept[rows] = True
        self._come_up(rows, self._kept)
        found = kernels.stands(
            rows, self._kept, self.system.finite, self._slots, self._rank, *self._mesh, g.service, g.need,
            g.degrade, g.joined, g.own_ptr, g.ptr, g.member, self._marked, self._before, self._queue,
        )  # fmt: skip
        self._kept[rows] = False
        return bool(found)


def _meshes(system: System) -> tuple[Longs, Any, Ints]:
    """Service -> row of the pointers (the last one is of no mesh at all), the pointers, and neighbours of all."""
    services = [s for s in system.joined_services if s in system.arrays.meshes]
    of = np.full(len(system.grounded), len(services), np.int64)
    of[services] = np.arange(len(services))
    pointers = np.zeros((len(services) + 1, system.n + 1), np.int64)
    parts: list[Ints] = [np.zeros(0, np.int32)]
    offset = 0
    for place, service in enumerate(services):
        mesh = system.arrays.meshes[service]
        pointers[place] = mesh.ptr + offset
        parts.append(np.asarray(mesh.to, np.int32))
        offset += len(mesh.to)
    return of, pointers, np.concatenate(parts)
