"""Why an asset operates: a set of assets that is enough to keep it up (a path set), whatever else fails."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np

from twin.impact.cutsets import kernels
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Ints

_FREE = 1 << 60


class _Gate(NamedTuple):
    """One gate as plain numbers: members without those that never deliver."""

    service: int
    need: int
    degrade: bool
    joined: bool
    members: list[int]


class Witnesses:
    """Path sets of one asset; not to be shared between threads."""

    def __init__(self, system: System, row: int, rows: list[int]) -> None:
        """Args: row: the asset. rows: everything it rests on, itself included."""
        self.system = system
        self.row = row
        self._rows = np.array(sorted(rows), np.int32)
        inside = np.zeros(system.n, bool)
        inside[self._rows] = True
        self._inside: Bools = inside
        self._grounded = np.flatnonzero(system.grounded).tolist()
        self._have = np.zeros(system.m, np.int32)
        self._unsat = np.zeros(system.n, np.int32)
        self._queue = np.zeros(system.n + 1, np.int32)
        self._rank: dict[int, Ints] = {s: np.full(system.n, -1, np.int32) for s in self._grounded}
        self._working: Bools = inside
        self._works: set[int] = set()
        self._gates: dict[int, list[_Gate]] = {}
        self._chosen: set[int] = set()

    def of(self, working: Bools) -> set[int]:
        """Assets of the operating set *working* (n,) that keep the asset up by themselves.

        Each gate on the way gets as many members as it needs; in a grounded service members that came up before
        its owner, so that all support leads back to sources. The operating rules themselves confirm the set.
        """
        self._working = working & self._inside
        g = self.system.gates
        for service, rank in self._rank.items():
            kernels.ranks(
                service, self._rows, self._working, self.system.finite, g.owner, g.service, g.need, g.own_ptr,
                g.use_ptr, g.use_gate, self._have, self._unsat, rank, self._queue,
            )  # fmt: skip
        chosen = self._walk()
        kept = np.zeros(self.system.n, bool)
        kept[list(chosen)] = True
        if self.system.operating(kept)[self.row]:
            return chosen
        return set(np.flatnonzero(self._working).tolist())

    def _gates_of(self, v: int) -> list[_Gate]:
        found = self._gates.get(v)
        if found is None:
            g, mute = self.system.gates, self.system.finite
            found = [
                _Gate(
                    int(g.service[i]),
                    int(g.need[i]),
                    bool(g.degrade[i]),
                    bool(g.joined[i]),
                    [m for m in g.member[g.ptr[i] : g.ptr[i + 1]].tolist() if not mute[m]],
                )
                for i in range(int(g.own_ptr[v]), int(g.own_ptr[v + 1]))
            ]
            self._gates[v] = found
        return found

    def _walk(self) -> set[int]:
        self._works = set(np.flatnonzero(self._working).tolist())
        self._chosen = {self.row}
        done: set[tuple[int, int]] = set()
        todo = [(self.row, -1)]
        while todo:
            v, supplied = todo.pop()
            if (v, supplied) in done:
                continue
            done.add((v, supplied))
            for gate in self._gates_of(v):
                if gate.degrade if supplied < 0 else not gate.degrade or gate.service != supplied:
                    continue
                for m in self._members(v, gate):
                    self._chosen.add(m)
                    todo.append((m, -1))
                    if gate.service in self._rank:
                        todo.append((m, gate.service))
        return self._chosen

    def _members(self, v: int, gate: _Gate) -> list[int]:
        """Members enough for one gate, those in the set already first."""
        if gate.joined:
            return self._joined(gate)
        rank = self._rank.get(gate.service)
        if rank is None:
            able = [(m not in self._chosen, 0, m) for m in gate.members if m in self._works]
        else:
            mine = int(rank[v])
            bound = mine if mine >= 0 else _FREE
            ranked = zip(gate.members, rank[gate.members].tolist(), strict=True)
            able = [(m not in self._chosen, place, m) for m, place in ranked if 0 <= place < bound]
        able.sort()
        return [m for _, _, m in able[: gate.need]]

    def _joined(self, gate: _Gate) -> list[int]:
        """End points enough, and the transport that joins them."""
        mesh = self.system.arrays.meshes.get(gate.service)
        need, mute = gate.need, self.system.finite
        ends = [m for m in gate.members if m in self._works]
        for start in sorted(ends, key=lambda m: m not in self._chosen):
            before = {start: start}
            found = [start]
            waiting = deque([start])
            while waiting and len(found) < need and mesh is not None:
                u = waiting.popleft()
                for w in mesh.to[mesh.ptr[u] : mesh.ptr[u + 1]].tolist():
                    if w not in before and w in self._works and not mute[w]:
                        before[w] = u
                        waiting.append(w)
                        if w in ends:
                            found.append(w)
            if len(found) >= need:
                return _trails(before, found[:need])
        return []


def _trails(before: dict[int, int], ends: list[int]) -> list[int]:
    """All assets on the way from *ends* back to the start."""
    seen: set[int] = set()
    for v in ends:
        while v not in seen:
            seen.add(v)
            v = before[v]
    return list(seen)
