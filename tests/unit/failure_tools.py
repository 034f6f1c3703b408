"""Slow, obviously right answers about single and double failures, from the steady set and the run in time alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np

from tests.unit.strategies import SeededPicker, Tables, Traits, event, generate
from twin import Snapshot
from twin.impact.timeline import Timeline

Ids = frozenset[str]


def snapshot(tables: Tables) -> Snapshot:
    with tempfile.TemporaryDirectory() as folder:
        return Snapshot.from_tables(tables.write(Path(folder)), schema=tables.schema)


def random_systems(seeds: range) -> Iterator[tuple[int, Tables, list[str]]]:
    """Random systems with an event each."""
    for seed in seeds:
        pick = SeededPicker(seed)
        tables = generate(pick, Traits(user_types=seed % 3 == 0, largest=8 if seed % 2 else 25))
        yield seed, tables, event(pick, tables)


class Brute:
    """Every failure tried by the definition; answers are kept."""

    def __init__(self, snap: Snapshot) -> None:
        self.snap = snap
        self.system = snap.system
        self.names = snap.catalogue.ids(range(self.system.n))
        self.operating = [self.names[row] for row in np.flatnonzero(self.system.baseline)]
        self._lost: dict[Ids, Ids] = {}

    def lost(self, failed: Iterable[str]) -> Ids:
        """What leaves the steady operating set."""
        key = frozenset(failed)
        if key not in self._lost:
            before = frozenset(self.operating)
            self._lost[key] = before - self.snap.steady(key)
        return self._lost[key]

    def in_time(self, failed: Iterable[str], horizon: float = np.inf) -> tuple[Ids, Ids]:
        """What is not working at the horizon, and what was down at any instant up to it."""
        mask = np.zeros(self.system.n, bool)
        mask[[self.snap.catalogue.row(name) for name in failed]] = True
        mask &= self.system.baseline
        run = Timeline(self.system, mask).run(horizon)
        dropped = mask.copy()
        for time, down, _ in run.changes:
            if time <= horizon:
                dropped[down] = True
        return self._named(self.system.baseline & ~run.at_horizon.working), self._named(dropped)

    def _named(self, mask: np.ndarray) -> Ids:
        return frozenset(self.names[row] for row in np.flatnonzero(mask))

    def pairs(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Every pair that loses more together than one by one: how many together, how many beyond the union."""
        found = {}
        for a, b in combinations(self.operating, 2):
            both, union = self.lost([a, b]), self.lost([a]) | self.lost([b])
            if both != union:
                found[a, b] = (len(both), len(both - union))
        return found

    def exposed(self, failed: list[str]) -> dict[str, set[str]]:
        """Asset -> failures that take it down after the event and would not have before."""
        first = self.lost(failed)
        found: dict[str, set[str]] = {}
        for further in set(self.operating) - first:
            for name in self.lost([*failed, further]) - first - self.lost([further]):
                found.setdefault(name, set()).add(further)
        return found
