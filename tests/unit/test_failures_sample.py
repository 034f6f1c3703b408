"""Questions about many failures that the API has to answer on the sample, within its limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from api.failure_queries import MAX_PAIRS, MAX_WORK
from tests.unit.sample_tools import read_sample, stitched, write_tables
from twin import Snapshot
from twin.impact.failures.pairs import candidates, singles
from twin.ingest.manifest import read_manifest
from twin.schema import default_schema

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "germany"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    manifest = read_manifest(SAMPLE)
    assets, links, _ = read_sample(manifest, default_schema())
    for spec in manifest.stitches:
        links += stitched(spec, assets)
    folder = tmp_path_factory.mktemp("germany")
    write_tables(folder, assets, links)
    return Snapshot.from_tables(folder, strict=True)


def test_all_pairs_are_taken_up(snapshot: Snapshot) -> None:
    rows = np.flatnonzero(snapshot.system.baseline)
    found = candidates(snapshot.system, singles(snapshot.system, rows), MAX_PAIRS)
    assert 6_000_000 < sum(map(len, found)) < MAX_PAIRS


def test_pairs_within_a_moment_say_what_they_cover(snapshot: Snapshot) -> None:
    whole = snapshot.criticality("gpus", domain="compute", pairs=True)
    assert whole.pairs_tried == whole.pairs_candidates
    assert whole.pairs is not None
    short = snapshot.criticality("gpus", pairs=True, pairs_limit_s=1e-9, max_pairs=MAX_PAIRS)
    assert short.pairs is not None
    assert short.pairs_tried is not None
    assert short.pairs_candidates is not None
    assert short.pairs_tried < short.pairs_candidates
    assert any("time was up" in note for note in short.notes)
    assert len(short.to_dict()["items"]) == short.total


def test_every_single_failure_in_time(snapshot: Snapshot) -> None:
    late = snapshot.criticality(timeline=True, horizon_s=8 * 3600, max_work=MAX_WORK)
    assert late.table.num_rows == late.total == int(snapshot.system.baseline.sum())
