"""Routes that no single failure takes down together: exact, as a mixed integer program.

Routes without a shared risk group are hard to find (NP-complete, Hu 2003), so the search has bounds: a size and a
time. What comes back says whether it is proved best; when it is not, it is the best that was found.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from twin.impact.paths.deadline import Deadline
from twin.impact.paths.graph import Network
from twin.impact.paths.measures import UNKNOWN, measure
from twin.impact.paths.shortest import Route, without_loops
from twin.snapshot.arrays import Bools, Floats, Longs

#: Largest program: routes times arcs, and routes times memberships of risk groups.
MAX_SIZE = 100_000
OPTIMAL, INFEASIBLE = 0, 2
#: The solver looks at its clock now and then only: it is given this share of the time, and waited for this long.
SHARE, PATIENCE_S = 0.85, 0.3
#: Seconds between two looks at whether the search is to end while the solver works.
LOOK_S = 0.1


@dataclass(frozen=True)
class Solved:
    """What a search came to.

    Attributes:
        routes: the best found, None when none was. proved: they are the best, or there are none. bound: what routes
            cost at least, None where that is not known. reached: ``time`` or ``size``, the limit that ended it.
    """

    routes: list[Route] | None
    proved: bool
    bound: float | None = None
    reached: str | None = None


@dataclass(frozen=True)
class Program:
    """The search for k routes: arcs of the corridor, groups of assets that fall together.

    Attributes:
        cost, unknown: (arcs,) what is known of an arc with the asset that it enters, and how many values are not.
    """

    net: Network
    arcs: Longs
    groups: list[frozenset[int]]
    cost: Floats
    unknown: Floats
    s: int
    t: int

    def solve(self, k: int, sharing: bool, deadline: Deadline) -> Solved:
        """k routes: without a shared group, with the fewest unknown values and then at the least total cost; or
        (*sharing*) with the fewest shared groups, of these the fewest that are one asset alone."""
        members = sum(len(group) for group in self.groups)
        if k * len(self.arcs) > MAX_SIZE or k * members > MAX_SIZE:
            return Solved(None, False, reached="size")
        a, g = len(self.arcs), len(self.groups)
        width = k * (a + g) + g
        rules = self._constraints(k, width)
        upper = np.ones(width)
        objective = np.zeros(width)
        if sharing:
            # At equal number rather what several assets share than one asset: that is no route of its own.
            alone = np.array([len(group) == 1 for group in self.groups], float)
            objective[k * (a + g) :] = 1.0 + alone * (0.5 / (g + 1))
            return self._solved(k, objective, upper, rules, deadline)
        upper[k * (a + g) :] = 0.0
        if self.unknown.any():
            objective[: k * a] = np.tile(self.unknown, k)
            fewest = self._solved(k, objective, upper, rules, deadline)
            if fewest.routes is None or not fewest.proved:
                return replace(fewest, bound=None)
            most = round(float(fewest.bound or 0.0))
            rules = [*rules, LinearConstraint(coo_array(objective[None, :]).tocsr(), -np.inf, most + 0.5)]
            second = self._solved(k, self._known(k, width), upper, rules, deadline)
            bound = second.bound if most == 0 else None
            return replace(second, bound=bound, routes=second.routes or fewest.routes)
        return self._solved(k, self._known(k, width), upper, rules, deadline)

    def _known(self, k: int, width: int) -> Floats:
        objective = np.zeros(width)
        objective[: k * len(self.arcs)] = np.tile(self.cost, k)
        return objective

    def _solved(
        self, k: int, objective: Floats, upper: Floats, rules: list[LinearConstraint], deadline: Deadline
    ) -> Solved:
        a, g = len(self.arcs), len(self.groups)
        integrality = np.zeros(len(objective))
        integrality[: k * a] = 1
        integrality[k * (a + g) :] = 1
        found = _run(
            deadline,
            c=objective,
            integrality=integrality,
            bounds=Bounds(np.zeros(len(objective)), upper),
            constraints=rules,
        )
        if found is None:
            return Solved(None, False, reached="time")
        if found.status == INFEASIBLE:
            return Solved(None, True)
        proved = found.status == OPTIMAL
        bound = found.fun if proved else found.mip_dual_bound
        routes = None
        if found.x is not None:
            routes = [self._route(found.x[r * a : (r + 1) * a] > 0.5) for r in range(k)]
        known = None if bound is None or not np.isfinite(bound) else max(0.0, float(bound))
        return Solved(routes, proved, known, None if proved else "time")

    def _constraints(self, k: int, width: int) -> list[LinearConstraint]:
        net, a, g = self.net, len(self.arcs), len(self.groups)
        source, target = net.source(self.arcs), net.to[self.arcs].astype(np.int64)
        nodes, flat = np.unique(np.concatenate([source, target]), return_inverse=True)
        out, into = flat[:a], flat[a:]
        number = {int(v): i for i, v in enumerate(nodes)}
        size = len(nodes)
        every = np.arange(a)
        balance = coo_array(
            (np.repeat([1.0, -1.0], a), (np.concatenate([out, into]), np.tile(every, 2))), shape=(size, a)
        ).tocsr()
        enters = coo_array((np.ones(a), (into, every)), shape=(size, a)).tocsr()
        right = np.zeros(size)
        right[number[self.s]], right[number[self.t]] = 1.0, -1.0
        where = [(place, number[v]) for place, group in enumerate(self.groups) for v in sorted(group) if v in number]
        groups = np.array([w[0] for w in where], np.int64)
        members = np.array([w[1] for w in where], np.int64)
        rules = []
        for r in range(k):
            rules.append(LinearConstraint(_wide(balance, r * a, width), right, right))
            once = np.ones(size)
            once[number[self.s]] = 0.0
            rules.append(LinearConstraint(_wide(enters, r * a, width), -np.inf, once))
            if len(where):
                uses = _wide(enters[members], r * a, width)
                column = k * a + r * g + groups
                marks = coo_array((np.ones(len(where)), (np.arange(len(where)), column)), shape=(len(where), width))
                rules.append(LinearConstraint(uses - marks.tocsr(), -np.inf, 0.0))
        if g:
            place = np.arange(g)
            columns = [k * a + r * g + place for r in range(k)]
            rows, cols = np.tile(place, k + 1), np.concatenate([*columns, k * (a + g) + place])
            values = np.concatenate([np.ones(k * g), np.full(g, -(k - 1.0))])
            rules.append(LinearConstraint(coo_array((values, (rows, cols)), shape=(g, width)).tocsr(), -np.inf, 1.0))
        direct = np.flatnonzero((source == self.s) & (target == self.t))
        if len(direct):
            rows = np.tile(np.arange(len(direct)), k)
            cols = np.concatenate([r * a + direct for r in range(k)])
            matrix = coo_array((np.ones(len(rows)), (rows, cols)), shape=(len(direct), width)).tocsr()
            rules.append(LinearConstraint(matrix, -np.inf, 1.0))
        return rules

    def _route(self, chosen: Bools) -> Route:
        step = {int(v): int(j) for v, j in zip(self.net.source(self.arcs[chosen]), self.arcs[chosen], strict=True)}
        arcs, v = [], self.s
        while v != self.t:
            arcs.append(step[v])
            v = int(self.net.to[step[v]])
        return without_loops(self.net, self.s, arcs)


def _wide(matrix: Any, left: int, width: int) -> Any:
    """*matrix* moved to column *left* of a wider one."""
    flat = matrix.tocoo()
    return coo_array((flat.data, (flat.row, flat.col + left)), shape=(matrix.shape[0], width)).tocsr()


def _run(deadline: Deadline, **problem: Any) -> Any:
    """The solver's answer, None when it did not come in time: it then ends by itself a little later.

    Raises what the deadline tells to: the solver ends by itself then too.
    """
    answers: list[Any] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            options = {"time_limit": max(0.01, deadline.left * SHARE), "mip_rel_gap": 0.0}
            answers.append(milp(**problem, options=options))
        except BaseException as error:  # handed to the caller
            failures.append(error)

    if deadline.over:
        return None
    thread = threading.Thread(target=work, name="twin-paths")
    thread.start()
    until = time.monotonic() + deadline.left + PATIENCE_S
    while thread.is_alive() and time.monotonic() < until:
        thread.join(LOOK_S)
        deadline.tell()
    if failures:
        raise failures[0]
    return answers[0] if answers else None


def program(net: Network, by: str, groups: list[frozenset[int]], arcs: Longs, s: int, t: int) -> Program:
    """The search over *arcs*, none of which leads into s or out of t."""
    cost, unknown = np.ones(len(arcs)), np.zeros(len(arcs))
    if by != "hops":
        entered, inverse = np.unique(net.to[arcs].astype(np.int64), return_inverse=True)
        found = measure(net, by, entered, arcs)
        inner = net.to[arcs] != t
        cost = found.link + np.where(inner, found.asset[inverse], 0.0)
        unknown = (found.link_known == UNKNOWN) + np.where(inner, found.asset_known[inverse] == UNKNOWN, 0).astype(
            float
        )
    return Program(net, arcs, groups, cost, unknown.astype(float), s, t)
