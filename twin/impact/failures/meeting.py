"""Which further failures can meet an event in time: all others do beside it what they do alone.

Let C(X) be what the cascade without buffers and without uncalled standby sources loses to X (:func:`.views.uncalled`).
What C leaves standing is supplied throughout by what it leaves standing: it never drops, rides or calls. Take a failure
f with C(event + f) = C(event) + C(f), the two apart, where no gate of an asset of one has a member in the other, no
standby source that may be called is a member of gates of both, and no island of transport has carriers in one and
circuits (``CONNECTS``) of the other. Then each gate of C(event) counts, in the run of both together, members in
C(event) and members that deliver throughout, and is called on by nobody else: by induction over the rounds of an
instant C(event) does what it does in the run of the event alone (it may wait for rounds of C(f), in which nothing of
its own changes), and C(f) likewise. So the two together lose what they lose apart, at any horizon.
"""

from __future__ import annotations

import numpy as np

from twin.impact.cascade import Cascade, Standing
from twin.impact.failures.regions import transport_of
from twin.impact.failures.views import View, after
from twin.impact.system import System, ranges
from twin.snapshot.arrays import Bools, Ints, Longs


def meeting(system: System, event: Longs, further: Longs) -> Longs:
    """Those of *further* that may take down, together with *event*, what neither does alone; in time.

    Args:
        event, further: rows that operate before any event.
    """
    if not Standing.cautious(system).divisible:
        return further
    silent = system.arrays.standby & ~system.on_before
    before = Cascade(View(system, system.baseline, silent))
    first = np.zeros(system.n, bool)
    first[before.lost(event)] = True
    then = Cascade(View(system, system.baseline & ~first, silent))
    weights = np.column_stack([~first, _near(system, first, silent)]).astype(np.float64)
    alone = before.singles(further, weights)
    together = then.singles(further, np.ones((system.n, 1)))[:, 0]
    found: Longs = further[(alone[:, 1] > 0) | (together > alone[:, 0])]
    return found


def _near(system: System, lost: Bools, silent: Bools) -> Bools:
    """(n,) assets that have to do with *lost*: in it, or beside it by a gate, a standby source or transport."""
    g, near = system.gates, lost.copy()
    rows = np.flatnonzero(lost)
    own = ranges(g.own_ptr, rows)
    members = g.member[ranges(g.ptr, own)]
    near[members] = True
    near[g.owner[g.use_gate[ranges(g.use_ptr, rows)]]] = True
    callable_ = np.unique(members[silent[members]]).astype(np.int64)
    near[g.owner[g.use_gate[ranges(g.use_ptr, callable_)]]] = True
    for service in system.joined_services:
        near |= _over_transport(system, service, lost)
    return near


def _over_transport(system: System, service: int, lost: Bools) -> Bools:
    """(n,) carriers of the islands that lost circuits need, and owners of circuits over islands with lost carriers."""
    n, g = system.n, system.gates
    label = transport_of(system, service)
    joined = np.flatnonzero(g.joined & (g.service == service))
    circuits, owner = label[n + joined], g.owner[joined]
    near = np.isin(label[:n], circuits[lost[owner]])
    near[owner[np.isin(circuits, label[:n][lost])]] = True
    return near


class Bounds:
    """Between which two sets lies what a further failure takes down beside an event, and would not have alone.

    The cascade without buffers and uncalled standby sources loses at least what is lost at any horizon; the steady
    cascade at most what is lost at infinity.
    """

    def __init__(self, system: System, event: Longs, lost: Bools, at_infinity: bool) -> None:
        """Args: event: rows of the event. lost: (n,) what it takes down by the horizon, by itself."""
        failed = np.zeros(system.n, bool)
        failed[event] = True
        silent = system.arrays.standby & ~system.on_before
        self._lost = np.flatnonzero(lost)
        self._alone = Cascade(View(system, system.baseline, silent))
        first = np.zeros(system.n, bool)
        first[self._alone.lost(event)] = True
        self._both = Cascade(View(system, system.baseline & ~first, silent))
        self._doubtful = np.flatnonzero(first & ~lost)
        self._steady = (Cascade(system), Cascade(after(system, failed))) if at_infinity else None

    def of(self, cause: int) -> tuple[Longs, Longs]:
        """Rows that *cause* can take down at most, and those that it does take down; sorted."""
        row = np.array([cause], np.int32)
        most = np.union1d(self._both.lost(row), self._doubtful)
        if self._steady is None:
            return self._new(most, row), np.zeros(0, np.int64)
        alone, both = self._steady
        return self._new(most, alone.lost(row)), self._new(both.lost(row), self._alone.lost(row))

    def _new(self, rows: Longs | Ints, alone: Ints) -> Longs:
        """*rows* without what the event takes down, and without what the further failure takes down *alone*."""
        return np.setdiff1d(rows, np.union1d(self._lost, alone)).astype(np.int64)

    def may_be_lost_alone(self, cause: int, rows: Longs) -> bool:
        """Whether the further failure may take down one of *rows* by itself."""
        return bool(np.isin(rows, self._alone.lost(np.array([cause], np.int32))).any())
