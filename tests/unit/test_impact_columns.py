"""What an event affects as columns, from the arrays: the same as the entries, whatever the system and the event."""

from __future__ import annotations

import os

import numpy as np

from tests.unit.test_impact_cascade import snapshot_of
from twin.export.answers import MAIN
from twin.impact import ImpactResult

SEEDS = 3_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 200


def test_columns_are_the_entries() -> None:
    main, seen = MAIN["impact"], set()
    for seed in range(SEEDS):
        snapshot, _ = snapshot_of(seed)
        rng = np.random.default_rng(seed)
        ids = snapshot.catalogue.ids(rng.choice(snapshot.system.n, min(int(rng.integers(1, 4)), snapshot.system.n)))
        for horizon in (None, 0.0, 600.0, 7200.0):
            result = snapshot.impact(ids, horizon)
            table = result.to_arrow()
            assert table.schema.equals(main.table({"affected": []}).schema)
            document = result.to_dict()
            assert table.to_pylist() == main.table(document).to_pylist(), f"seed {seed} {ids} {horizon}"
            assert result.beside() == main.beside(document)
            seen |= {row["verdict"] for row in document["affected"]}
            seen |= {"back" for row in document["affected"] for _, back in row["outages"] if back is not None}
            seen |= {"lost" for row in document["affected"] if row["lost"]} | {
                "flag" for r in document["affected"] if r["flags"]
            }
    assert seen >= {"failed", "down", "interrupted", "degraded", "at_risk", "back", "lost", "flag"}


def test_an_answer_from_plain_data_is_the_same() -> None:
    snapshot, _ = snapshot_of(3)
    result = snapshot.impact(snapshot.catalogue.ids([0]))
    again = ImpactResult.from_dict(result.to_dict())
    assert again == result
    assert again.to_arrow().equals(result.to_arrow())
