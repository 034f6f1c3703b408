"""When an asset is down, as one diagram: the structure function of design §4, answer 1, over the failures of assets.

Written in failures everything is upside down: the operating set is the greatest fixpoint, so *down* is the least one;
support inside a grounded service is the least, so *not supported* is the greatest one. Both are reached by iteration
inside each strongly connected component of what the asset depends on, suppliers first; elsewhere once is enough.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.impact.cutsets.bdd import FALSE, MAX_VARIABLES, TRUE, Diagrams, NodeLimit
from twin.impact.failures import regions
from twin.impact.system import System
from twin.snapshot.arrays import Bools

#: Gates evaluated at most while a fixpoint is sought, for each node allowed.
WORK = 2


class Structure:
    """The structure function of one asset.

    Attributes:
        rows: everything that the asset rests on, itself first. events: the asset of each variable.
        diagrams: the store. root: the diagram that is true when the asset is down.
    """

    def __init__(
        self, system: System, row: int, can_fail: Bools, limit: int, rows: Sequence[int] | None = None
    ) -> None:
        """Build it.

        Args:
            row: the asset. can_fail: (n,) assets whose failure is a variable. limit: nodes at most.
            rows: what the asset rests on, when that is known already.

        Raises:
            NodeLimit: too many nodes, variables or steps.
        """
        self.system = system
        self.rows = list(rows) if rows is not None else upstream(system, row)
        self.diagrams = Diagrams(limit)
        self._inside = set(self.rows)
        self._grounded = system.grounded.tolist()
        self._silent = system.finite
        self._members: dict[int, list[int]] = {}
        self._work, self._most = 0, WORK * limit
        self._mesh = {s: {v for v in self.rows if m.ptr[v + 1] > m.ptr[v]} for s, m in system.arrays.meshes.items()}
        able = {v for v in self.rows if can_fail[v] and system.baseline[v]}
        if len(able) > MAX_VARIABLES:
            raise NodeLimit(f"{len(able):,} assets can fail")
        self.events = [v for v in self._depth_first(row) if v in able]
        self._base = {v: FALSE if system.baseline[v] else TRUE for v in self.rows}
        for variable, v in enumerate(self.events):
            self._base[v] = self.diagrams.var(variable)
        self._down: dict[int, int] = {}
        self._unsupported: dict[tuple[int, int], int] = {}
        for component in self._components():
            self._solve(component)
        self.root = self._down[row]

    # -- the graph ------------------------------------------------------------------------------------------

    def _gates(self, v: int) -> range:
        ptr = self.system.gates.own_ptr
        return range(int(ptr[v]), int(ptr[v + 1]))

    def _of(self, gate: int) -> list[int]:
        found = self._members.get(gate)
        if found is None:
            g = self.system.gates
            found = self._members[gate] = g.member[g.ptr[gate] : g.ptr[gate + 1]].tolist()
        return found

    def _needs(self, v: int) -> list[int]:
        """What the state of v is computed from."""
        g = self.system.gates
        found: list[int] = []
        for gate in self._gates(v):
            found += self._of(gate)
            if g.joined[gate]:
                found += sorted(self._mesh.get(int(g.service[gate]), ()))
        return found

    def _depth_first(self, row: int) -> list[int]:
        """All assets in the order in which a depth-first walk meets them: neighbours stay close as variables."""
        seen: dict[int, None] = {}
        todo = [row]
        while todo:
            v = todo.pop()
            if v not in seen:
                seen[v] = None
                todo += [u for u in reversed(self._needs(v)) if u not in seen]
        return [*seen, *(v for v in self.rows if v not in seen)]

    def _components(self) -> list[list[int]]:
        """Strongly connected components, suppliers first (Tarjan 1972, without recursion)."""
        index: dict[int, int] = {}
        low: dict[int, int] = {}
        stack: list[int] = []
        on: set[int] = set()
        found: list[list[int]] = []
        for root in self.rows:
            if root in index:
                continue
            index[root] = low[root] = len(index)
            stack.append(root)
            on.add(root)
            walks = [(root, iter(self._needs(root)))]
            while walks:
                v, rest = walks[-1]
                for u in rest:
                    if u not in index:
                        index[u] = low[u] = len(index)
                        stack.append(u)
                        on.add(u)
                        walks.append((u, iter(self._needs(u))))
                        break
                    if u in on:
                        low[v] = min(low[v], index[u])
                else:
                    walks.pop()
                    if walks:
                        above = walks[-1][0]
                        low[above] = min(low[above], low[v])
                    if low[v] == index[v]:
                        cut = stack.index(v)
                        found.append(stack[cut:])
                        on.difference_update(stack[cut:])
                        del stack[cut:]
        return found

    # -- the fixpoints --------------------------------------------------------------------------------------

    def _solve(self, component: list[int]) -> None:
        cyclic = len(component) > 1 or component[0] in self._needs(component[0])
        for v in component:
            self._down[v] = self._base[v]
        services = sorted({int(self.system.gates.service[g]) for v in component for g in self._gates(v)})
        grounded = [s for s in services if self._grounded[s]]
        while True:
            for service in grounded:
                self._support(service, component, cyclic)
            changed = False
            for v in component:
                now = self._base[v]
                for gate in self._gates(v):
                    if self.system.outage[gate] and now != TRUE:
                        now = self.diagrams.either(now, self._lost(gate))
                changed |= now != self._down[v]
                self._down[v] = now
            if not changed or not cyclic:
                break
        if not cyclic:
            for service in grounded:
                self._support(service, component, cyclic)

    def _support(self, service: int, component: list[int], cyclic: bool) -> None:
        """Greatest fixpoint of *not supported* in the component: not working, or a gate of the service not held."""
        gates = {v: [g for g in self._gates(v) if self.system.gates.service[g] == service] for v in component}
        gates = {v: own for v, own in gates.items() if own}
        for v in gates:
            self._unsupported[service, v] = TRUE
        changed = True
        while changed:
            changed = False
            for v, own in gates.items():
                now = self._down[v]
                for gate in own:
                    if now != TRUE:
                        now = self.diagrams.either(now, self._lost(gate))
                changed |= now != self._unsupported[service, v]
                self._unsupported[service, v] = now
            if not cyclic:
                return

    def _lost(self, gate: int) -> int:
        """When a gate does not hold."""
        self._work += 1
        if self._work > self._most:
            raise NodeLimit("too many steps")
        g = self.system.gates
        members, need, service = self._of(gate), int(g.need[gate]), int(g.service[gate])
        if need > len(members):
            return TRUE
        if g.joined[gate]:
            if self._grounded[service]:
                raise NodeLimit("a joined gate in a grounded service")
            return self._parted(service, members, need)
        return self.diagrams.at_least(len(members) - need + 1, [self._silence(service, m) for m in members])

    def _silence(self, service: int, v: int) -> int:
        """When v does not deliver the service."""
        if self._silent[v]:
            return TRUE
        found = self._unsupported.get((service, v)) if self._grounded[service] else None
        return self._down[v] if found is None else found

    def _parted(self, service: int, members: list[int], need: int) -> int:
        """When fewer than *need* of the end points work in one component of the working transport mesh."""
        carries = {v: TRUE if self._silent[v] else self._down[v] for v in {*members, *self._mesh.get(service, ())}}
        lost = TRUE
        for start in members[: len(members) - need + 1]:  # one of these is in every component that suffices
            apart = self._apart(service, start, carries) if need > 1 else {}
            apart[start] = carries[start]
            parts = [apart.get(m, TRUE) for m in members]
            lost = self.diagrams.both(lost, self.diagrams.at_least(len(members) - need + 1, parts))
        return lost

    def _apart(self, service: int, start: int, carries: dict[int, int]) -> dict[int, int]:
        """Greatest fixpoint of *not joined with start*, which is its own neighbours' and its own failure."""
        mesh = self.system.arrays.meshes.get(service)
        apart = {start: carries[start]}
        waiting = [start] if mesh is not None else []
        while waiting and mesh is not None:
            later: dict[int, None] = {}
            for u in waiting:
                for w in mesh.to[mesh.ptr[u] : mesh.ptr[u + 1]].tolist():
                    if w == start:
                        continue
                    self._work += 1
                    if self._work > self._most:
                        raise NodeLimit("too many steps")
                    known = apart.get(w, TRUE)
                    now = self.diagrams.both(known, self.diagrams.either(carries.get(w, TRUE), apart[u]))
                    if now != known:
                        apart[w] = now
                        later[w] = None
            waiting = list(later)
        return apart


def upstream(system: System, row: int, callers: bool = False) -> list[int]:
    """Rows that an asset rests on, itself first; with *callers* also who may call its standby sources."""
    rows = np.flatnonzero(regions.upstream(system, np.array([row]), callers)).tolist()
    return [row, *(v for v in rows if v != row)]


def mask(system: System, rows: Sequence[int]) -> Bools:
    """(n,) flags of *rows*."""
    chosen = np.zeros(system.n, bool)
    chosen[list(rows)] = True
    return chosen
