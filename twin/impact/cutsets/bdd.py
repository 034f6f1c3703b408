"""Binary decision diagrams of monotone functions, just as much as cut sets need.

A diagram is a number: 0 is false, 1 is true, the others are nodes ``(variable, low, high)``, each made once (Bryant
1986), so equal functions are equal numbers. Variables are whole numbers, tested in ascending order. Children are
made before their parents: ascending numbers are a topological order, which the loops below rely on.
"""

from __future__ import annotations

from collections.abc import Sequence

FALSE, TRUE = 0, 1
#: Levels at most: operations recurse once a level, which must fit Python's own limit.
MAX_VARIABLES = 600
_LAST = 1 << 60


class NodeLimit(Exception):
    """The diagrams would need more nodes than allowed."""


class Diagrams:
    """A store of diagrams.

    Attributes:
        variable, low, high: of each node; a node is true where its variable is true and ``high`` is, or is false
            and ``low`` is.
    """

    def __init__(self, limit: int) -> None:
        """Args: limit: nodes at most; one more raises NodeLimit."""
        self.limit = limit
        self.variable: list[int] = [_LAST, _LAST]
        self.low: list[int] = [0, 1]
        self.high: list[int] = [0, 1]
        self._unique: dict[tuple[int, int, int], int] = {}
        self._and: dict[tuple[int, int], int] = {}
        self._or: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self.variable)

    def node(self, variable: int, low: int, high: int) -> int:
        """The node that tests *variable* first. Raises NodeLimit."""
        if low == high:
            return low
        key = (variable, low, high)
        found = self._unique.get(key)
        if found is None:
            found = len(self.variable)
            if found >= self.limit:
                raise NodeLimit(self.limit)
            self._unique[key] = found
            self.variable.append(variable)
            self.low.append(low)
            self.high.append(high)
        return found

    def var(self, variable: int) -> int:
        """The function that is one variable."""
        return self.node(variable, FALSE, TRUE)

    def both(self, a: int, b: int) -> int:
        """*a* and *b*."""
        if a == b or b == TRUE:
            return a
        if a == TRUE:
            return b
        if a == FALSE or b == FALSE:
            return FALSE
        return self._apply(a, b, self._and, self.both)

    def either(self, a: int, b: int) -> int:
        """*a* or *b*."""
        if a == b or b == FALSE:
            return a
        if a == FALSE:
            return b
        if a == TRUE or b == TRUE:
            return TRUE
        return self._apply(a, b, self._or, self.either)

    def _apply(self, a: int, b: int, cache: dict[tuple[int, int], int], operation) -> int:  # type: ignore[no-untyped-def]
        key = (a, b) if a < b else (b, a)
        found = cache.get(key)
        if found is None:
            va, vb = self.variable[a], self.variable[b]
            if va == vb:
                found = self.node(va, operation(self.low[a], self.low[b]), operation(self.high[a], self.high[b]))
            elif va < vb:
                found = self.node(va, operation(self.low[a], b), operation(self.high[a], b))
            else:
                found = self.node(vb, operation(a, self.low[b]), operation(a, self.high[b]))
            cache[key] = found
        return found

    def at_least(self, count: int, parts: Sequence[int]) -> int:
        """True where *count* or more of *parts* are."""
        if count <= 0:
            return TRUE
        if count > len(parts):
            return FALSE
        if count == 1 or count == len(parts):
            total = FALSE if count == 1 else TRUE
            for part in sorted(parts, key=self.variable.__getitem__, reverse=True):
                total = self.either(total, part) if count == 1 else self.both(total, part)
            return total
        reached = [TRUE] + [FALSE] * count
        for part in parts:
            for k in range(count, 0, -1):
                reached[k] = self.either(reached[k], self.both(part, reached[k - 1]))
        return reached[count]

    def reachable(self, root: int) -> list[int]:
        """Nodes of *root* in ascending order, without the constants."""
        seen = {root}
        todo = [root]
        while todo:
            node = todo.pop()
            for child in (self.low[node], self.high[node]):
                if child not in seen:
                    seen.add(child)
                    todo.append(child)
        return sorted(seen - {FALSE, TRUE})

    def probability(self, root: int, chance: Sequence[float]) -> tuple[float, dict[int, float]]:
        """How likely *root* is, and by how much each variable moves it (Shannon; exact for independent variables).

        Args:
            chance: probability of each variable to be true.

        Returns:
            P(root), and variable -> P(root | true) - P(root | false) (Birnbaum 1969) of all variables in it: one
            pass up for P, one down for all derivatives.
        """
        nodes = self.reachable(root)
        p = {FALSE: 0.0, TRUE: 1.0}
        for node in nodes:
            q = chance[self.variable[node]]
            p[node] = q * p[self.high[node]] + (1.0 - q) * p[self.low[node]]
        weight = dict.fromkeys(p, 0.0)
        weight[root] = 1.0
        slope: dict[int, float] = {}
        for node in reversed(nodes):
            variable, low, high, w = self.variable[node], self.low[node], self.high[node], weight[node]
            q = chance[variable]
            slope[variable] = slope.get(variable, 0.0) + w * (p[high] - p[low])
            weight[high] += w * q
            weight[low] += w * (1.0 - q)
        return p[root], slope
