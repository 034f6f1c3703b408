"""What an event does in the part that it can touch is what it does in the whole."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.test_impact_cascade import circuits_over_a_mesh, snapshot_of, transport_events
from twin.impact import region, verdicts
from twin.impact.affected import affected, rode
from twin.impact.cascade import Standing
from twin.impact.region import region_of
from twin.impact.system import System
from twin.impact.timeline import Timeline
from twin.snapshot.arrays import Bools

SEEDS = 2_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 60
BLOCKS = 5


def answer(system: System, failed: Bools, horizon_s: float) -> Any:
    run = Timeline(system, failed).run(horizon_s)
    judged = verdicts.judge(system, failed, run)
    rows = verdicts.rows_affected(judged)
    entries = affected(system, run, judged, rows)
    ids = system.arrays.assets["id"].to_pylist()
    called = sorted((ids[a], ids[b]) for pair in run.callers for a, b in zip(*(p.tolist() for p in pair), strict=True))
    on = {ids[row]: (run.on_at[row], run.off_at[row]) for row in np.flatnonzero(run.called & ~system.on_before)}
    return entries, rode(system, run, judged, lambda: entries), called, on


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_part_answers_as_the_whole(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(region, "SHARE", 0)  # cut out however large the part is
    parts = 0
    for seed in range(block * SEEDS // BLOCKS, (block + 1) * SEEDS // BLOCKS):
        snapshot, failed = snapshot_of(seed)
        system, rng = snapshot.system, np.random.default_rng(seed)
        events = [np.array([snapshot.catalogue.row(name) for name in failed])]
        events += [rng.choice(system.n, min(system.n, k), replace=False) for k in (1, 1, 2, 4)]
        for rows in events:
            flags = np.zeros(system.n, bool)
            flags[rows] = True
            flags &= system.baseline
            also = rng.choice(system.n, 2)
            found = region_of(system, rows, also)
            if found.rows is None:
                assert not Standing.cautious(system).divisible
                continue
            parts += 1
            assert set(also) <= set(found.rows)
            assert found.whole(found.local(also)).tolist() == also.tolist()
            for horizon_s in (math.inf, 0.0, float(rng.integers(1, 5000))):
                whole = answer(system, flags, horizon_s)
                assert answer(found.system, found.mask(flags), horizon_s) == whole, f"seed {seed} {rows}"
    assert parts > SEEDS // BLOCKS


@pytest.mark.parametrize("seed", range(SEEDS // 15))
def test_circuits_whose_ends_are_parted(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A circuit that one of two ends is enough for comes at risk when they are parted, though no end is lost."""
    monkeypatch.setattr(region, "SHARE", 0)
    snapshot = circuits_over_a_mesh(seed, tmp_path)
    system, at_risk = snapshot.system, 0
    for rows in transport_events(snapshot, seed, each=2):
        flags = np.zeros(system.n, bool)
        flags[rows] = True
        found = region_of(system, np.array(rows))
        whole = answer(system, flags, math.inf)
        assert answer(found.system, found.mask(flags), math.inf) == whole, f"seed {seed} {rows}"
        at_risk += sum(entry["verdict"] == "at_risk" for entry in whole[0])
    assert at_risk


def test_a_small_event_takes_a_small_part() -> None:
    sizes = []
    for seed in range(40):
        snapshot, _ = snapshot_of(2 * seed)
        for row in range(snapshot.system.n):
            rows = region_of(snapshot.system, np.array([row])).rows
            sizes.append(1.0 if rows is None else len(rows) / snapshot.system.n)
    assert np.median(sizes) < 0.5
