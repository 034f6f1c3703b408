"""Reach, walks and closures against a plain reference on random systems."""

from __future__ import annotations

import random
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.reference import reach as plain
from tests.unit.strategies import SeededPicker, Traits, generate
from twin import Snapshot
from twin.errors import InvalidParameter
from twin.impact.reach import Filter, Step, closure, depended_on, reach, steps, walk
from twin.snapshot.arrays import Arrays
from twin.snapshot.check import opened

SEEDS = 300
BLOCKS = 6


def arrays_of(seed: int) -> Arrays:
    tables = generate(SeededPicker(seed), Traits(user_types=seed % 3 == 0, largest=8 if seed % 4 == 0 else 30))
    with tempfile.TemporaryDirectory() as folder:
        return Snapshot.from_tables(tables.write(Path(folder)), schema=tables.schema).arrays


def told(arrays: Arrays, rows: list[int], up: bool, depth: int | None, only: Filter) -> list[tuple[int, ...]]:
    columns = steps(arrays, np.array(rows), up, depth, only)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_walk_of_random_systems(block: int) -> None:
    meshed = filtered = 0
    for seed in range(block * SEEDS // BLOCKS, (block + 1) * SEEDS // BLOCKS):
        arrays, pick = arrays_of(seed), random.Random(seed)
        meshed += bool(arrays.meshes)
        for up in (True, False):
            for row in range(arrays.n):
                depth = pick.choice((None, None, 1, 2, 3))
                assert walk(arrays, row, up, depth) == [Step(*step) for step in plain.walk(arrays, [row], up, depth)], (
                    f"seed {seed} row {row} up {up} depth {depth}"
                )
            rows = pick.sample(range(arrays.n), pick.randint(1, min(4, arrays.n)))
            services = pick.choice((None, pick.sample(arrays.services, pick.randint(0, 4))))
            through = pick.choice((None, {v for v in range(arrays.n) if pick.random() < 0.7}))
            mask = None if through is None else np.isin(np.arange(arrays.n), list(through))
            only = Filter(services, mask)
            expected = plain.walk(arrays, rows, up, None, services, through)
            assert told(arrays, rows, up, None, only) == expected, f"seed {seed}"
            found = reach(arrays, np.array(rows), up, only).tolist()
            assert found == sorted(set(rows) | {step[0] for step in expected}), f"seed {seed}"
            filtered += len(found) < len(plain.reach(arrays, rows, up))
    assert meshed
    assert filtered


def test_closures_of_random_systems() -> None:
    for seed in range(SEEDS, SEEDS + 100):
        arrays, pick = arrays_of(seed), random.Random(seed)
        rows = pick.sample(range(arrays.n), pick.randint(0, min(3, arrays.n)))
        below = plain.reach(arrays, rows, False)
        expected = sorted(plain.reach(arrays, below, True))
        assert closure(arrays, np.array(rows, np.int64)).tolist() == expected, f"seed {seed}"
        assert np.flatnonzero(depended_on(arrays, np.array(rows, np.int64))).tolist() == sorted(
            plain.reach(arrays, rows, True)
        )


def test_memory_maps_and_threads_give_the_same(tmp_path: Path) -> None:
    """Read-only arrays take the same kernel, and each search has marks of its own."""
    arrays = arrays_of(5)
    arrays.save(tmp_path / "saved")
    loaded = opened(tmp_path / "saved")
    assert not loaded.up.to.flags.writeable
    asked = [(row, up) for row in range(arrays.n) for up in (True, False)] * 20
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda ask: reach(loaded, np.array([ask[0]]), ask[1]).tolist(), asked))
    assert found == [sorted(plain.reach(arrays, [row], up)) for row, up in asked]


def test_an_unknown_service_is_told() -> None:
    with pytest.raises(InvalidParameter, match="power"):
        reach(arrays_of(5), np.array([0]), True, Filter(["powr"]))


def test_ids_of_a_reach_are_in_the_order_of_lists() -> None:
    arrays = arrays_of(5)
    snapshot = Snapshot(arrays)
    ids = [row["id"] for row in snapshot.assets(limit=arrays.n)[0]]
    for name in ids:
        found = snapshot.reach([name], up=False)
        assert found == [other for other in ids if other in set(found)]
        assert set(found) == {name} | {step["id"] for step in snapshot.dependents(name)}
