"""Minimal solutions of a monotone diagram as a zero-suppressed one (Rauzy 1993; Minato 1993)."""

from __future__ import annotations

from collections.abc import Iterator

from twin.impact.cutsets.bdd import FALSE, TRUE, Diagrams, NodeLimit

#: The family without any set, and the family of the empty set alone.
NONE, EMPTY = 0, 1
_LAST = 1 << 60


class Families:
    """A store of families of sets; node ``(variable, low, high)``: sets without the variable, and those with it."""

    def __init__(self, limit: int) -> None:
        """Args: limit: nodes at most; one more raises NodeLimit."""
        self.limit = limit
        self.variable: list[int] = [_LAST, _LAST]
        self.low: list[int] = [0, 1]
        self.high: list[int] = [0, 1]
        self._unique: dict[tuple[int, int, int], int] = {}

    def node(self, variable: int, low: int, high: int) -> int:
        """The family of the sets of *low*, and of those of *high* each with *variable* added. Raises NodeLimit."""
        if high == NONE:
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

    def _nodes(self, root: int) -> list[int]:
        seen, todo = {root}, [root]
        while todo:
            node = todo.pop()
            for child in (self.low[node], self.high[node]):
                if child not in seen:
                    seen.add(child)
                    todo.append(child)
        return sorted(seen - {NONE, EMPTY})

    def counts(self, root: int) -> list[int]:
        """Number of sets by size: ``counts[k]`` sets of k members."""
        by: dict[int, list[int]] = {NONE: [], EMPTY: [1]}
        for node in self._nodes(root):
            low, high = by[self.low[node]], [0, *by[self.high[node]]]
            short, long = sorted((low, high), key=len)
            by[node] = [n + (short[i] if i < len(short) else 0) for i, n in enumerate(long)]
        return by[root]

    def sets(self, root: int, largest: int) -> Iterator[tuple[int, ...]]:
        """The sets of at most *largest* members, each ascending; time is what is listed."""
        least = {NONE: _LAST, EMPTY: 0}
        for node in self._nodes(root):
            least[node] = min(least[self.low[node]], least[self.high[node]] + 1)
        todo: list[tuple[int, tuple[int, ...]]] = [(root, ())]
        while todo:
            node, chosen = todo.pop()
            if least[node] + len(chosen) > largest:
                continue
            if node == EMPTY:
                yield chosen
                continue
            todo.append((self.low[node], chosen))
            todo.append((self.high[node], (*chosen, self.variable[node])))


def minimal_solutions(diagrams: Diagrams, root: int, limit: int) -> tuple[Families, int]:
    """The minimal sets of variables that make *root* true, *root* being monotone (Rauzy's *minsol*).

    Of a node with the variable x: the minimal solutions of ``low``, and those of ``high`` that do not make ``low``
    true already, each with x.

    Raises:
        NodeLimit: the families need more than *limit* nodes.
    """
    families = Families(limit)
    cache: dict[tuple[int, int], int] = {}

    def without(family: int, function: int) -> int:
        """The sets of *family* that do not make *function* true."""
        if function == FALSE or family == NONE:
            return family
        if function == TRUE:
            return NONE
        if family == EMPTY:
            return EMPTY  # no monotone function but TRUE is true of nothing
        key = (family, function)
        found = cache.get(key)
        if found is None:
            v, w = families.variable[family], diagrams.variable[function]
            if v > w:
                found = without(family, diagrams.low[function])
            else:
                low, high = (diagrams.low[function], diagrams.high[function]) if v == w else (function, function)
                found = families.node(v, without(families.low[family], low), without(families.high[family], high))
            cache[key] = found
        return found

    made = {FALSE: NONE, TRUE: EMPTY}
    for node in diagrams.reachable(root):
        low, high = diagrams.low[node], diagrams.high[node]
        made[node] = families.node(diagrams.variable[node], made[low], without(made[high], low))
    return families, made[root]
