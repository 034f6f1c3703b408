"""Questions about many failures that the API has to answer on the sample, within its limits."""

from __future__ import annotations

from dataclasses import replace
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


def test_the_mesh_is_that_of_scigrid_but_for_lines_out_of_service(
    snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What docs/questions/meshes.md explains: three lines that are off make the four cuts that raw SciGRID lacks."""
    manifest = read_manifest(SAMPLE)
    assets, links, _ = read_sample(manifest, default_schema())
    lines = {name: record for name, record in assets.items() if record.kind == "power_line"}
    off = {name for name, record in lines.items() if record.properties.get("status", "in_service") != "in_service"}
    assert off == {"grid:line/12", "grid:line/355", "grid:line/840"}
    for name in off:
        properties = {key: value for key, value in assets[name].properties.items() if key != "status"}
        assets[name] = replace(assets[name], properties=properties)
    for spec in manifest.stitches:
        links += stitched(spec, assets)
    folder = tmp_path_factory.mktemp("back")
    write_tables(folder, assets, links)
    back = Snapshot.from_tables(folder).mesh()
    assert (back.nodes, back.edges, len(back.bridges), len(back.articulation_points)) == (585, 948, 120, 140)
    mesh = snapshot.mesh()
    assert (mesh.nodes, mesh.edges, len(mesh.bridges), len(mesh.articulation_points)) == (585, 945, 122, 142)
    more = {cut["id"] for cut in mesh.cuts} - {cut["id"] for cut in back.cuts}
    assert more == {"grid:bus/12", "grid:line/13", "grid:bus/251_220kV", "grid:transformer/251"}
    for worst in (mesh.cuts[0], back.cuts[0]):
        assert (worst["id"], worst["isolated_nodes"]) == ("grid:bus/46", 6)
        assert worst["isolated_demand_mw"] == pytest.approx(1613.15, abs=0.005)
