"""The cascade as one would write it first: a worklist over dicts, and a fixpoint over numpy columns.

Both give answer 1 of design §4 and know all of its rules that the made-up infrastructure uses: k-of-n gates, standby
sources that are spent, grounded meshes (support leads back to a source) and circuits that the transport mesh joins.
Gates that only degrade do not count.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.impact.system import System

Rows = npt.NDArray[Any]


class Flat:
    """What both need of a system, as plain columns.

    Attributes:
        gate_of, member: (k,) memberships of outage gates that are not joined. need: (m,), a gate that only degrades
            or is joined needs 0. owner: (m,). up: (n,) operating before.
        loops: for each grounded service with cycles: assets in them.
        circuits: pairs of (owner, end points) of joined gates. mesh: ends of the transport mesh, both directions.
    """

    def __init__(self, system: System) -> None:
        """Args: system: of any snapshot without degrading gates of grounded services."""
        a, g = system.arrays, system.gates
        grounded = np.array(a.grounded, bool)
        if (g.degrade & grounded[g.service]).any():
            raise ValueError("a gate of a grounded service only degrades")
        self.n, self.m = a.n, len(g.owner)
        self.up = np.array(system.baseline, bool)
        silent = a.standby & np.isfinite(a.endurance_s)
        outage = ~g.degrade & ~g.joined
        gate_of = np.repeat(np.arange(self.m), np.diff(np.asarray(g.ptr, np.int64)))
        keep = outage[gate_of] & ~silent[g.member]
        self.gate_of, self.member = gate_of[keep], np.asarray(g.member, np.int64)[keep]
        self.owner, self.service = np.asarray(g.owner, np.int64), g.service
        self.need = np.where(outage, g.need, 0)
        self.silent = silent
        self.loops = {}
        for service, order in a.orders.items():
            size = np.diff(np.asarray(order.start, np.int64))
            inside = np.asarray(order.component, np.int64)
            looped = (inside >= 0) & (size[np.maximum(inside, 0)] > 1)
            if looped.any():
                self.loops[service] = looped
        self.circuits = [
            (int(g.owner[x]), int(g.need[x]), np.asarray(g.member[int(g.ptr[x]) : int(g.ptr[x + 1])]).tolist())
            for x in np.flatnonzero(g.joined & ~g.degrade)
        ]
        self.mesh = [
            (np.repeat(np.arange(self.n), np.diff(np.asarray(mesh.ptr, np.int64))), np.asarray(mesh.to, np.int64))
            for mesh in a.meshes.values()
        ]
        if self.circuits and len(self.mesh) != 1:
            raise ValueError("one transport mesh was expected")


class Worklist:
    """Failure-driven counting over Python dicts and lists; costs what it touches, but for meshes."""

    def __init__(self, flat: Flat) -> None:
        """Args: flat: the columns, turned into dicts here."""
        self.up = set(np.flatnonzero(flat.up).tolist())
        self.owner = flat.owner.tolist()
        delivers = flat.up[flat.member]
        self.spare = (np.bincount(flat.gate_of[delivers], minlength=flat.m) - flat.need).tolist()
        self.uses: dict[int, list[int]] = {}
        counted = flat.need[flat.gate_of] > 0
        for asset, gate in zip(flat.member[counted].tolist(), flat.gate_of[counted].tolist(), strict=True):
            self.uses.setdefault(asset, []).append(gate)
        self.loops = [Loop(flat, service, inside) for service, inside in flat.loops.items()]
        self.circuits = flat.circuits
        self.silent = set(np.flatnonzero(flat.silent).tolist())
        self.neighbours: dict[int, list[int]] = {}
        for source, target in flat.mesh:
            for a, b in zip(source.tolist(), target.tolist(), strict=True):
                self.neighbours.setdefault(a, []).append(b)

    def lost(self, failed: list[int]) -> set[int]:
        """What leaves the operating set when these fail, themselves included."""
        gone: set[int] = set()
        taken: dict[int, int] = {}
        work = [v for v in failed if v in self.up]
        while work:
            self._drain(work, gone, taken)
            work = [v for loop in self.loops for v in loop.unsupported(gone)]
            if self.circuits and not work:
                work = self._parted(gone)
        return gone

    def _drain(self, work: list[int], gone: set[int], taken: dict[int, int]) -> None:
        uses, owner, spare, up = self.uses, self.owner, self.spare, self.up
        while work:
            v = work.pop()
            if v in gone:
                continue
            gone.add(v)
            for gate in uses.get(v, ()):
                count = taken.get(gate, 0) + 1
                taken[gate] = count
                if count == spare[gate] + 1:
                    w = owner[gate]
                    if w in up and w not in gone:
                        work.append(w)

    def _parted(self, gone: set[int]) -> list[int]:
        """Circuits whose ends the working transport mesh joins no more."""
        if not any(v in self.neighbours for v in gone):
            return []
        label: dict[int, int] = {}
        for start in self.neighbours:
            if start in label or not self._carries(start, gone):
                continue
            label[start] = start
            waiting = [start]
            while waiting:
                for w in self.neighbours[waiting.pop()]:
                    if w not in label and self._carries(w, gone):
                        label[w] = start
                        waiting.append(w)
        lost = []
        for circuit, need, ends in self.circuits:
            if circuit in gone or circuit not in self.up:
                continue
            islands = [label.get(v, v) for v in ends if self._carries(v, gone)]
            if max((islands.count(i) for i in islands), default=0) < need:
                lost.append(circuit)
        return lost

    def _carries(self, v: int, gone: set[int]) -> bool:
        return v in self.up and v not in gone and v not in self.silent


class Loop:
    """The cyclic part of one grounded service: which of its assets have support from a source left."""

    def __init__(self, flat: Flat, service: int, inside: npt.NDArray[np.bool_]) -> None:
        """Args: flat: the columns. service: its index. inside: (n,) assets on cycles."""
        gates = (flat.service == service) & inside[flat.owner] & (flat.need > 0)
        self.assets = np.flatnonzero(inside & flat.up).tolist()
        self.need = {int(g): int(flat.need[g]) for g in np.flatnonzero(gates)}
        self.gates: dict[int, list[int]] = {}
        for g in self.need:
            self.gates.setdefault(int(flat.owner[g]), []).append(g)
        self.outside: list[tuple[int, int]] = []
        self.uses: dict[int, list[int]] = {}
        self.owner = flat.owner
        rows = np.flatnonzero(gates[flat.gate_of] & flat.up[flat.member])
        for v, g in zip(flat.member[rows].tolist(), flat.gate_of[rows].tolist(), strict=True):
            if inside[v]:
                self.uses.setdefault(v, []).append(g)
            else:
                self.outside.append((v, g))
        self.watched = {*self.assets, *(v for v, _ in self.outside)}

    def unsupported(self, gone: set[int]) -> list[int]:
        """Assets that work and have no support: the rest of the least set that sources hold."""
        if gone.isdisjoint(self.watched):
            return []
        have = dict.fromkeys(self.need, 0)
        for v, g in self.outside:
            if v not in gone:
                have[g] += 1
        lacking = {v: sum(have[g] < self.need[g] for g in self.gates.get(v, ())) for v in self.assets}
        ready = deque(v for v in self.assets if lacking[v] == 0 and v not in gone)
        held = set(ready)
        while ready:
            for g in self.uses.get(ready.popleft(), ()):
                have[g] += 1
                if have[g] == self.need[g]:
                    w = int(self.owner[g])
                    lacking[w] -= 1
                    if lacking[w] == 0 and w not in gone and w not in held:
                        held.add(w)
                        ready.append(w)
        return [v for v in self.assets if v not in held and v not in gone]


class Fixpoint:
    """Whole columns again and again until nothing changes: numpy, with scipy for the islands."""

    def __init__(self, flat: Flat) -> None:
        """Args: flat: the columns."""
        self.flat = flat
        self.loops = []
        for service, inside in flat.loops.items():
            gates = np.flatnonzero((flat.service == service) & inside[flat.owner] & (flat.need > 0))
            local = np.full(flat.m, -1)
            local[gates] = np.arange(len(gates))
            rows = np.flatnonzero(local[flat.gate_of] >= 0)
            self.loops.append(
                (inside, flat.owner[gates], flat.need[gates], local[flat.gate_of[rows]], flat.member[rows])
            )
        if flat.circuits:
            self.ends = np.array([v for _, _, ends in flat.circuits for v in ends])
            self.end_of = np.repeat(np.arange(len(flat.circuits)), [len(ends) for _, _, ends in flat.circuits])
            self.circuit = np.array([c for c, _, _ in flat.circuits])
            self.all_needed = np.array([need == len(ends) for _, need, ends in flat.circuits])
            if not self.all_needed.all():
                raise ValueError("a joined gate does not need all of its ends")

    def lost(self, failed: Rows) -> npt.NDArray[np.bool_]:
        """(n,) what leaves the operating set when these rows fail, themselves included."""
        flat = self.flat
        working = flat.up.copy()
        working[failed] = False
        while True:
            have = np.bincount(flat.gate_of, weights=working[flat.member], minlength=flat.m)
            bad = np.zeros(flat.n, bool)
            bad[flat.owner[have < flat.need]] = True
            for loop in self.loops:
                bad |= self._unsupported(working, *loop)
            if flat.circuits:
                bad |= self._parted(working)
            bad &= working
            if not bad.any():
                return flat.up & ~working
            working &= ~bad

    def _unsupported(
        self, working: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_], owner: Rows, need: Rows, gate_of: Rows,
        member: Rows,
    ) -> npt.NDArray[np.bool_]:  # fmt: skip
        held = working & ~inside
        while True:
            have = np.bincount(gate_of, weights=held[member], minlength=len(owner))
            ready = working & inside & ~held
            ready[owner[have < need]] = False
            if not ready.any():
                return working & inside & ~held
            held |= ready

    def _parted(self, working: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        flat = self.flat
        carries = working & ~flat.silent
        source, target = flat.mesh[0]
        keep = carries[source] & carries[target]
        matrix = coo_array((np.ones(int(keep.sum()), np.int8), (source[keep], target[keep])), shape=(flat.n, flat.n))
        label = connected_components(matrix.tocsr(), directed=False)[1]
        low = np.full(len(self.circuit), flat.n)
        high = np.full(len(self.circuit), -1)
        np.minimum.at(low, self.end_of, label[self.ends])
        np.maximum.at(high, self.end_of, label[self.ends])
        all_up = np.ones(len(self.circuit), bool)
        np.logical_and.at(all_up, self.end_of, carries[self.ends])
        bad = np.zeros(flat.n, bool)
        bad[self.circuit[~all_up | (low != high)]] = True
        return bad
