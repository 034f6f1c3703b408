"""Routes that no single failure takes down together: exact, as a mixed integer program.

Routes without a shared risk group are hard to find (NP-complete, Hu 2003), so the search has bounds: a size and a
time. What comes back is proven best, or an error says that it could not be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from twin.errors import LimitExceeded
from twin.impact.paths.disjoint import disjoint
from twin.impact.paths.graph import Network
from twin.impact.paths.risks import Risks
from twin.impact.paths.shortest import Route, shortest, without_loops
from twin.snapshot.arrays import Bools, Longs

#: Largest program: routes times arcs, and routes times memberships of risk groups.
MAX_SIZE = 100_000
OPTIMAL, LIMIT, INFEASIBLE = 0, 1, 2


@dataclass(frozen=True)
class Program:
    """The search for k routes: arcs of the corridor, groups of assets that fall together, a limit in seconds."""

    net: Network
    arcs: Longs
    groups: list[frozenset[int]]
    cost: Any
    s: int
    t: int
    limit_s: float

    def solve(self, k: int, sharing: bool) -> list[Route] | None:
        """k routes: without a shared group at the least total cost, or (*sharing*) with the fewest shared groups.

        Returns:
            The routes, or None when there are none.

        Raises:
            LimitExceeded: too large, or the best could not be proven in time.
        """
        members = sum(len(group) for group in self.groups)
        if k * len(self.arcs) > MAX_SIZE or k * members > MAX_SIZE:
            raise LimitExceeded(
                f"routes without a shared risk would need a search over {k} x {len(self.arcs):,} steps and "
                f"{k} x {members:,} risks; at most {MAX_SIZE:,} each are tried",
                fix="Name the services or link types that routes may use, or ask for node-disjoint routes.",
            )
        a, g = len(self.arcs), len(self.groups)
        width = k * (a + g) + g
        objective = np.zeros(width)
        if sharing:
            objective[k * (a + g) :] = 1.0
        else:
            objective[: k * a] = np.tile(self.cost, k)
        upper = np.ones(width)
        if not sharing:
            upper[k * (a + g) :] = 0.0
        integrality = np.zeros(width)
        integrality[: k * a] = 1
        integrality[k * (a + g) :] = 1
        found = milp(
            objective,
            integrality=integrality,
            bounds=Bounds(np.zeros(width), upper),
            constraints=self._constraints(k, width),
            options={"time_limit": self.limit_s, "mip_rel_gap": 0.0},
        )
        if found.status == INFEASIBLE:
            return None
        if found.status != OPTIMAL:
            bound = f"; at least {found.mip_dual_bound:g} is needed" if found.mip_dual_bound is not None else ""
            raise LimitExceeded(
                f"the best {k} routes without a shared risk were not proven within {self.limit_s:g} s{bound}",
                fix="Allow more time, name the link types that routes may use, or ask for node-disjoint routes.",
            )
        return [self._route(found.x[r * a : (r + 1) * a] > 0.5) for r in range(k)]

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


@dataclass(frozen=True)
class Separate:
    """Routes without a shared risk, of least total cost.

    Attributes:
        routes: at most as many as asked for.
        sharing: when there are no more: one more route, all chosen to share the fewest sets of assets that fall
            together; None when there is not even one more that shares something.
    """

    routes: list[Route]
    sharing: list[Route] | None


def separate(
    net: Network, by: str, allowed: Bools, risks: Risks, inside: Longs, s: int, t: int, k: int, limit_s: float
) -> Separate:
    """k routes of least total cost that no single failure and no hazard takes down together, or as many as exist.

    Args:
        allowed: (n,) assets that may be passed, all operating. risks: from :func:`twin.impact.paths.risks.risks`.
        inside: the corridor that they were found for. limit_s: seconds for each search.

    Raises:
        LimitExceeded: too large, or the best could not be proven in time.
    """
    lucky = disjoint(net, by, allowed, np.ones(net.n, bool), s, t, k)
    if len(lucky.routes) == k and not risks.shared([net.to[list(r[:-1])].tolist() for r in lucky.routes]):
        return Separate(lucky.routes, None)
    keep = np.zeros(net.n, bool)
    keep[inside] = True
    keep[[s, t]] = True
    source = net.source(np.arange(len(net.to)))
    arcs = np.flatnonzero(net.open & keep[source] & keep[net.to] & (net.to != s) & (source != t))
    costs = net.costs(by)
    cost = costs.link[arcs] + np.where(net.to[arcs] == t, 0.0, costs.asset[net.to[arcs]])
    program = Program(net, arcs, risks.groups(), cost, s, t, limit_s)
    every = replace(program, groups=risks.sets)
    if not len(arcs) or not ((source[arcs] == s).any() and (net.to[arcs] == t).any()):
        return Separate([], None)
    for count in range(min(k, len(lucky.routes)), 0, -1):
        found = program.solve(count, sharing=False) if count > 1 else [shortest(net, by, allowed, s, t)]
        if found:
            return Separate(sorted(found, key=len), every.solve(count + 1, sharing=True) if count < k else None)
    return Separate([], None)
