"""The search for routes without a shared risk: what is quick first, then what proves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from twin.impact.paths.deadline import Deadline
from twin.impact.paths.disjoint import Disjoint, disjoint
from twin.impact.paths.graph import Network
from twin.impact.paths.risks import Risks
from twin.impact.paths.shared_risk import Program, Solved, program
from twin.impact.paths.shortest import Route, best, cost_of, shortest
from twin.snapshot.arrays import Bools, Longs

#: Routes that the quick search tries as the first of its own, and its share of the time.
FIRST, QUICK = 20, 0.2


@dataclass(frozen=True)
class Proof:
    """What is proved about routes.

    Attributes:
        proved: as many as can be of those asked for, and none cost less. reached: ``time`` or ``size``, the limit that
            was in the way. at_most: how many there can be. bound: what so many cost at least, None where not known.
        untried: single failures whose effect was not looked at.
    """

    proved: bool = True
    reached: str | None = None
    at_most: int | None = None
    bound: float | None = None
    untried: int = 0


@dataclass(frozen=True)
class Separate:
    """Routes without a shared risk, of least total cost as far as *proof* says.

    Attributes:
        routes: at most as many as asked for.
        sharing: when there are no more: one route more, all chosen to share the fewest sets of assets that fall
            together (*least*: proved so); None when there is not even one more that shares something.
    """

    routes: list[Route]
    sharing: list[Route] | None
    proof: Proof
    least: bool = True


@dataclass
class Search:
    """k routes from s to t of least total cost that no single failure and no hazard takes down together.

    Attributes:
        allowed: (n,) assets that may be passed, all operating. inside: the corridor, assets on any route.
        look: finds the risks (:func:`twin.impact.paths.risks.risks`), all of them, or those of some corridor assets.
        risks: what was found.
    """

    net: Network
    by: str
    allowed: Bools
    inside: Longs
    look: Callable[[Longs | None], Risks]
    s: int
    t: int
    deadline: Deadline
    risks: Risks = field(init=False)

    def find(self, k: int) -> Separate:
        """The k routes, or as many as exist; within the deadline, and then the best found."""
        lucky = self._lucky(k)
        passed = [self.net.to[list(route[:-1])].astype(np.int64) for route in lucky.routes]
        self.risks = self.look(np.concatenate([np.zeros(0, np.int64), *passed]))
        one = [shortest(self.net, self.by, self.allowed, self.s, self.t)]
        if not lucky.routes or k == 1:
            return Separate(one if lucky.routes else [], None, Proof())
        apart = not self.risks.left and not self._shares(lucky.routes)
        if len(lucky.routes) == k and apart:
            return Separate(lucky.routes, None, Proof())
        self.risks = self.look(None)
        if lucky.cut is not None and apart:
            sharing, least = (None, False) if self.risks.left else self._sharing(len(lucky.routes) + 1, lucky)
            return Separate(lucky.routes, sharing, Proof(), least)
        if self.risks.left:
            return Separate(lucky.routes if apart else one, None, self._open(lucky, k))
        quick = self._quick(k)
        exact = self._program(self.risks.groups())
        for count in range(self._at_most(lucky, k), 1, -1):
            solved = exact.solve(count, False, self.deadline)
            routes = solved.routes
            if routes is not None and self._shares(routes):  # the solver's tolerance: never shown as disjoint
                routes, solved = None, replace(solved, proved=False, reached="size")
            if routes is None and solved.proved:
                continue
            if not solved.proved:
                return self._unproved(count, routes, quick, solved, lucky)
            sharing, least = self._sharing(count + 1, lucky) if count < k else (None, True)
            return Separate(sorted(routes or [], key=len), sharing, Proof(), least)
        sharing, least = self._sharing(2, lucky)
        return Separate(one, sharing, Proof(), least)

    def _lucky(self, k: int) -> Disjoint:
        """Routes that share no asset: what shares no risk costs as much at least."""
        return disjoint(self.net, self.by, self.allowed, np.ones(self.net.n, bool), self.s, self.t, k, self.deadline)

    def _open(self, lucky: Disjoint, k: int) -> Proof:
        """Not all risks are known."""
        return Proof(False, "time", self._at_most(lucky, k), None, self.risks.left)

    def _at_most(self, lucky: Disjoint, k: int) -> int:
        return len(lucky.routes) if lucky.cut is not None else k

    def _shares(self, routes: list[Route]) -> bool:
        return bool(self.risks.shared([self.net.to[list(route[:-1])].tolist() for route in routes]))

    def _cost(self, routes: list[Route]) -> float:
        return sum(cost_of(self.net, self.by, self.s, self.t, route) for route in routes)

    def _program(self, groups: list[frozenset[int]]) -> Program:
        net = self.net
        keep = np.zeros(net.n, bool)
        keep[self.inside] = True
        keep[[self.s, self.t]] = True
        source = net.source(np.arange(len(net.to)))
        arcs = np.flatnonzero(net.open & keep[source] & keep[net.to] & (net.to != self.s) & (source != self.t))
        return program(net, self.by, groups, arcs, self.s, self.t)

    def _quick(self, k: int) -> list[Route]:
        """As many as are found one after the other, each the shortest that shares no risk with those before."""
        deadline = self.deadline.part(QUICK)
        sets = self.risks.sets
        found: list[Route] = []
        for first in best(self.net, self.by, self.allowed, self.s, self.t, FIRST, deadline)[0]:
            chosen, left = [first], self.allowed.copy()
            banned = np.zeros(len(self.net.to), bool)
            while len(chosen) < k:
                passed = set(self.net.to[list(chosen[-1][:-1])].tolist())
                for hit in sets:
                    if not hit.isdisjoint(passed):
                        left[list(hit)] = False
                left[list(passed)] = False
                left[[self.s, self.t]] = True
                banned[list(chosen[-1])] = True
                more = shortest(self.net, self.by, left, self.s, self.t, banned)
                if not more:
                    break
                chosen.append(more)
            better = len(chosen) > len(found) or (len(chosen) == len(found) and self._cost(chosen) < self._cost(found))
            if better:
                found = chosen
            if deadline.over:
                break
        return found

    def _unproved(
        self, count: int, routes: list[Route] | None, quick: list[Route], solved: Solved, lucky: Disjoint
    ) -> Separate:
        """The best of what was found, with what is known about what can be."""
        quick = quick[:count]
        if routes is None or (len(quick) == count and self._cost(quick) < self._cost(routes)):
            routes = quick
        bound = None
        unit = self.net.costs(self.by).unit
        if len(routes) == count and (not unit or self._cost(routes) < unit):  # else no number says how good they are
            bounds = [solved.bound] if solved.bound is not None else []
            bounds += [self._cost(lucky.routes)] if len(lucky.routes) == count else []
            bound = max(bounds, default=None)
        return Separate(sorted(routes, key=len), None, Proof(False, solved.reached, count, bound))

    def _sharing(self, count: int, lucky: Disjoint) -> tuple[list[Route] | None, bool]:
        """*count* routes that share as little as can be, and whether that is proved."""
        solved = self._program(self.risks.sets).solve(count, True, self.deadline)
        if solved.routes is not None or solved.proved:
            return solved.routes, solved.proved
        return (lucky.routes[:count] if len(lucky.routes) >= count else None), False
