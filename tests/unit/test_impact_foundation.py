"""What an answer rests on, against the closure itself."""

from __future__ import annotations

import os

import numpy as np

from tests.unit.test_impact_cascade import snapshot_of
from twin.impact.foundation import Foundation
from twin.impact.reach import closure

SEEDS = 3_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 150


def test_the_summary_is_that_of_the_closure() -> None:
    cores = 0
    for seed in range(SEEDS):
        snapshot, _ = snapshot_of(seed)
        system, arrays = snapshot.system, snapshot.arrays
        foundation = Foundation.of(system)
        cores += bool(foundation._core.inside.any())
        rng = np.random.default_rng(seed)
        down = arrays.in_service & ~system.baseline
        for rows in [[row] for row in range(system.n)] + [rng.choice(system.n, min(3, system.n), replace=False)]:
            inside = closure(arrays, np.array(rows))
            ground = foundation.under(np.array(rows))
            assert ground.assumed == arrays.assumed[inside].sum(), f"seed {seed} {rows}"
            assert ground.down == down[inside].sum(), f"seed {seed} {rows}"
            named = {name for name in arrays.assets["source"].take(inside).to_pylist() if name is not None}
            assert ground.sources == named
    assert cores > SEEDS // 2


def test_nothing_rests_on_nothing() -> None:
    snapshot, _ = snapshot_of(1)
    ground = Foundation.of(snapshot.system).under(np.zeros(0, np.int64))
    assert (ground.assumed, ground.down, ground.sources) == (0, 0, frozenset())
