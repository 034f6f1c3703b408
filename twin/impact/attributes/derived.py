"""Attributes that an asset has by what it is linked to, for all assets at once."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.impact.cascade import Cascade
from twin.impact.risk import spare_before
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Ints, Longs

#: Values of ``state``: it works, it does not before any event, it is not in service.
STATES = ("operating", "down", "out_of_service")
#: Values of ``redundancy``, see :attr:`Attributes.redundancy`.
REDUNDANCIES = ("spare", "none", "undivided", "source", "down", "out_of_service")
SPARE, NONE, UNDIVIDED, SOURCE, DOWN, OUT = range(6)
#: The kind that the upstream substation is one of.
SUBSTATION = "substation"
NOT_COUNTED = np.iinfo(np.int32).max


class Attributes:
    """Derived attributes of the n assets of a system, each computed when first asked for."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.arrays = system.arrays

    @cached_property
    def state(self) -> Ints:
        """(n,) index into :data:`STATES`, before any event."""
        found: Ints = np.where(self.arrays.in_service, np.where(self.system.baseline, 0, 1), 2).astype(np.int32)
        return found

    @cached_property
    def _choices(self) -> Bools:
        """(m,) outage gates whose members stand in for each other: not all are needed, and no mesh joins them."""
        gates = self.arrays.gates
        found: Bools = ~gates.degrade & ~gates.mesh & ~self.arrays.need_all & ~gates.joined
        return found

    @cached_property
    def spare(self) -> Ints:
        """(n,) fewest members to spare over the gates in which members stand in for each other.

        Spare as in design §4, before any event: members that deliver, and working standby ones, minus need.
        :data:`NOT_COUNTED` for assets without such a gate.
        """
        found = np.full(self.arrays.n, NOT_COUNTED, np.int32)
        chosen = np.flatnonzero(self._choices)
        np.minimum.at(found, self.arrays.gates.owner[chosen], spare_before(self.system)[chosen])
        return found

    @cached_property
    def redundancy(self) -> Ints:
        """(n,) index into :data:`REDUNDANCIES`.

        ``spare``: each gate in which members stand in for each other has one to spare. ``none``: one of them has none.
        ``undivided``: it has gates, but only such that need all their members or are meshes. ``source``: it needs
        nothing. ``down`` and ``out_of_service`` as in ``state``.
        """
        gates = self.arrays.gates
        needs = np.zeros(self.arrays.n, bool)
        needs[gates.owner[~gates.degrade]] = True
        choice = self.spare != NOT_COUNTED
        found = np.where(choice, np.where(self.spare > 0, SPARE, NONE), np.where(needs, UNDIVIDED, SOURCE))
        found = np.where(self.state == 0, found, np.where(self.state == 1, DOWN, OUT))
        return np.asarray(found, np.int32)

    @cached_property
    def dependents(self) -> Longs:
        """(n,) how many assets depend on each, directly or not: as many as :meth:`Snapshot.dependents` lists."""
        from twin.impact.attributes import kernels
        from twin.snapshot import kernels as building

        down, n = self.arrays.down, self.arrays.n
        count, label = building.strong(down.ptr, down.to)
        rank = np.asarray(building.supply_rank(count, label, down.ptr, down.to), np.int64)[label]
        source = np.repeat(np.arange(len(down.ptr) - 1), (down.ptr[1:] - down.ptr[:-1]).astype(np.int64))
        tail, head = rank[source], rank[down.to]
        edges = np.unique((tail * count + head)[tail != head])
        ptr = np.searchsorted(edges // count, np.arange(count + 1)).astype(np.int64)
        listed = np.sort(rank[:n][~self.arrays.removed])
        total = kernels.reached_counts(ptr, (edges % count).astype(np.int64), listed, len(listed))
        found: Longs = np.where(self.arrays.removed, 0, total[rank[:n]] - 1)
        return found

    @cached_property
    def losses(self) -> Longs:
        """(n,) how many other assets leave the operating set when each fails alone (answer 1 of design §4)."""
        rows = np.flatnonzero(self.system.baseline)
        ptr = np.arange(len(rows) + 1)
        _, sizes = Cascade(self.system).scenarios(ptr, rows, np.zeros((self.arrays.n, 1)))
        found = np.zeros(self.arrays.n, np.int64)
        found[rows] = sizes - 1
        return found

    @cached_property
    def substation(self) -> Longs:
        """(n,) row of the substation that each is the fewest links below, -1 for none and for substations themselves.

        Of two at the same distance the first in the order of lists.
        """
        from twin.impact.attributes import kernels

        kind = pc.cast(self.arrays.assets["kind"], pa.string())
        rows = np.flatnonzero(pc.equal(kind, SUBSTATION).to_numpy() & ~self.arrays.removed)
        seeds = rows[np.argsort(self.arrays.place[rows], kind="stable")]
        label = kernels.nearest(seeds, self.arrays.n, self.arrays.down.ptr, self.arrays.down.to)[: self.arrays.n]
        found: Longs = np.where(label >= 0, np.append(seeds, -1)[label], -1)
        found[seeds] = -1
        return found


def attributes(system: System) -> Attributes:
    """The derived attributes of a system, kept with it."""
    return system.kept("attributes", lambda: Attributes(system))
