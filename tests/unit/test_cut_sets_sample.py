"""The cut sets that docs/questions/cut-sets.md tells of the sample."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.unit.sample_tools import read_sample, stitched, write_tables
from twin import Snapshot
from twin.ingest.manifest import read_manifest
from twin.schema import default_schema

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "questions" / "cut-sets.md"
WORKLOAD = "datacentres:workload/webshop-frankfurt-1"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    manifest = read_manifest(ROOT / "samples" / "germany")
    assets, links, _ = read_sample(manifest, default_schema())
    for spec in manifest.stitches:
        links += stitched(spec, assets)
    folder = tmp_path_factory.mktemp("germany")
    write_tables(folder, assets, links)
    return Snapshot.from_tables(folder, strict=True)


def test_the_example_of_the_page(snapshot: Snapshot) -> None:
    text = PAGE.read_text(encoding="utf-8")
    kinds = {kind: float(p) for kind, p in re.findall(r"--kind-unavailability ([a-z_]+)=([0-9.]+)", text)}
    assert len(kinds) == 7
    result = snapshot.cut_sets(WORKLOAD, 2, kind_probabilities=kinds)
    assert f"{result.counts[1]} of order 1, {result.counts[2]} of order 2; {result.can_fail:,} assets can fail" in text
    known = result.unavailability
    assert known is not None
    assert f"{known['lower']:.6g} to " in text
    assert f"rare-event sum of the sets {known['rare_event']:.6g}" in text
    assert known["lower"] < known["upper"] < 1.1 * known["lower"]
    assert [entry["id"] for entry in result.importances[:6]] == re.findall(r"^(\S+:\S+)  .*\d$", text, re.MULTILINE)[:6]


def test_every_set_of_two_is_one(snapshot: Snapshot) -> None:
    """Each takes the workload down, none of its assets does alone; and what alone does is all there."""
    result = snapshot.cut_sets(WORKLOAD, 2)
    alone = {entry["assets"][0] for entry in result.sets if len(entry["assets"]) == 1}
    assert alone == {WORKLOAD, *(row["id"] for row in snapshot.single_points_of_failure(WORKLOAD).down)}
    pairs = [entry["assets"] for entry in result.sets if len(entry["assets"]) == 2]
    for pair in pairs:
        assert WORKLOAD not in snapshot.steady(pair)
        assert not set(pair) & alone


def test_random_pairs_that_are_no_cut_set_leave_it_up(snapshot: Snapshot) -> None:
    cuts = [set(entry["assets"]) for entry in snapshot.cut_sets(WORKLOAD, 2).sets]
    near = sorted({name for cut in cuts for name in cut})
    rng = np.random.default_rng(4)
    for _ in range(300):
        pair = set(rng.choice(near, 2, replace=False).tolist())
        assert (WORKLOAD in snapshot.steady(pair)) == (not any(cut <= pair for cut in cuts)), pair
