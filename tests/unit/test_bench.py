"""The made-up infrastructure of the benchmarks, and the rivals that its figures are compared with."""

from __future__ import annotations

import numpy as np
import pytest

from bench.gates import Fixpoint, Flat, Worklist
from bench.infrastructure import SMALLEST, Infrastructure
from twin.schema import default_schema


@pytest.mark.parametrize("meshes", [True, False])
def test_the_infrastructure_runs_and_has_three_links_an_asset(meshes: bool) -> None:
    made = Infrastructure(SMALLEST, meshes=meshes)
    assets, links = made.assets(stored=True), made.links(stored=True)
    assert (assets.num_rows, links.num_rows) == (SMALLEST, 3 * SMALLEST)
    assert len(set(assets["id"].to_pylist())) == SMALLEST
    assert set(assets["kind"].to_pylist()) <= set(default_schema().kinds)
    snapshot = made.snapshot()
    assert snapshot.baseline_down() == []
    assert not snapshot.arrays.assumed.any()
    largest = max(int(np.diff(order.start).max()) for order in snapshot.arrays.orders.values())
    assert (largest > SMALLEST // 20) == meshes


def test_the_same_seed_gives_the_same_tables() -> None:
    first, again, other = (Infrastructure(SMALLEST, seed) for seed in (4, 4, 5))
    assert first.assets(stored=True).equals(again.assets(stored=True))
    assert first.links().equals(again.links())
    assert not first.links().equals(other.links())


@pytest.mark.parametrize("meshes", [True, False])
def test_rivals_of_the_cascade_give_the_steady_answer(meshes: bool) -> None:
    system = Infrastructure(SMALLEST, meshes=meshes).snapshot().system
    flat = Flat(system)
    worklist, fixpoint = Worklist(flat), Fixpoint(flat)
    rng = np.random.default_rng(3)
    sizes = set()
    for many in (1, 1, 2, 3, 10, 30, 100, 300, 1000, 2500):
        failed = np.zeros(system.n, bool)
        failed[rng.choice(system.n, many, replace=False)] = True
        wanted = set(np.flatnonzero(system.baseline & ~system.steady(failed)).tolist())
        assert worklist.lost(np.flatnonzero(failed).tolist()) == wanted
        assert set(np.flatnonzero(fixpoint.lost(np.flatnonzero(failed))).tolist()) == wanted
        sizes.add(len(wanted))
    assert len(sizes) > 5
    assert max(sizes) > 2500
