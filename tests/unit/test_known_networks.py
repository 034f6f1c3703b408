"""Known answers on published networks, each computed by a public function."""

from __future__ import annotations

import csv
import itertools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loaders.pypsa import PypsaLoader
from loaders.topohub import TopohubLoader
from tests.tools import missing
from tests.unit.loader_tools import Result
from tests.unit.sample_tools import write_tables
from twin import Snapshot
from twin.impact.meshes import cuts, graph, mutual_giant

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "networks"


def tables(result: Result, folder: Path) -> Snapshot:
    """What a loader read, as a snapshot."""
    assert result.rejects == []
    folder.mkdir(parents=True, exist_ok=True)
    write_tables(folder, result.assets, [(*link, "", "") for link in result.links])
    return Snapshot.from_tables(folder)


def topology(name: str, folder: Path) -> tuple[Snapshot, dict[str, Any]]:
    """A network of topohub, and its own document."""
    try:
        import topohub
    except ImportError:
        missing("topohub (pip install .[samples])")
    package = Path(topohub.__file__).parent  # topohub.get leaves the file open
    document = json.loads((package / "data" / f"{name}.json").read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "net.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return tables(Result(TopohubLoader(), path, positions="none", straight_lines=False), folder / "tables"), document


# -- routes -------------------------------------------------------------------------------------------------

#: Demand-weighted mean number of link-disjoint routes, as topohub publishes it (``avg_adp_num``).
DIVERSITY = {
    "sndlib/polska": 2.67, "sndlib/abilene": 2.01, "sndlib/germany50": 3.19, "sndlib/nobel-germany": 2.52,
    "sndlib/nobel-eu": 2.61, "sndlib/nobel-us": 2.73, "sndlib/geant": 2.67, "sndlib/france": 2.79,
    "topozoo/Abilene": 2.05, "topozoo/Aarnet": 1.64, "topozoo/Arpanet19728": 2.04, "topozoo/Dfn": 2.20,
    "topozoo/Geant2012": 2.03,
}  # fmt: skip


@pytest.mark.parametrize("name", DIVERSITY)
def test_diversity_of_routes(tmp_path: Path, name: str) -> None:
    found, document = topology(name, tmp_path)
    demand: dict[tuple[int, int], float] = {}
    for a, row in document["graph"]["demands"].items():
        for b, value in row.items():
            if int(a) != int(b):
                pair = (min(int(a), int(b)), max(int(a), int(b)))
                demand[pair] = demand.get(pair, 0.0) + value
    if not demand:  # of the Topology Zoo there is no demand: every pair counts the same
        demand = dict.fromkeys(itertools.combinations(sorted(node["id"] for node in document["nodes"]), 2), 1.0)
    total = sum(
        value * found.paths(f"router/{a}", f"router/{b}", k=50, disjoint="edge").found
        for (a, b), value in demand.items()
    )
    mean = total / sum(demand.values())
    assert document["graph"]["stats"]["avg_adp_num"] == DIVERSITY[name]
    assert round(mean, 2) == pytest.approx(DIVERSITY[name], abs=1e-9)


@pytest.mark.parametrize(
    ("name", "fails", "feasible"), [("nobel-eu", 38, 378), ("france", 23, 216), ("germany50", 14, 1225)]
)
def test_taking_the_shortest_first_fails_where_suurballe_does_not(
    tmp_path: Path, name: str, fails: int, feasible: int
) -> None:
    found, document = topology(f"sndlib/{name}", tmp_path)
    routers = sorted(node["id"] for node in document["nodes"])
    pairs = greedy = 0
    for a, b in itertools.combinations(routers, 2):
        ends = f"router/{a}", f"router/{b}"
        if found.paths(*ends, k=2, by="length_km", disjoint="node").found < 2:
            continue
        pairs += 1
        first = found.paths(*ends, by="length_km").routes[0]
        passed = [asset["id"] for asset in first["assets"]][1:-1]
        greedy += found.with_changes(removed=passed).paths(*ends).found == 0
    assert (greedy, pairs) == (fails, feasible)


# -- meshes -------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_german_transmission_grid(tmp_path: Path, shared: Path) -> None:
    """SciGRID: parallel circuits kept apart, demand of the first hour."""
    folder = shared / "data" / "scigrid-de"
    result = Result(PypsaLoader(), folder)
    with (folder / "loads-p_set.csv").open(encoding="utf-8", newline="") as stream:
        first = next(iter(csv.DictReader(stream)))
    for name, asset in result.assets.items():
        if asset.kind == "load":
            known = first.get(asset.name or "", first.get(name.removeprefix("load/"), "0")) or "0"
            result.assets[name] = replace(asset, properties={**asset.properties, "demand_mw": float(known)})
    mesh = tables(result, tmp_path).mesh("power")
    assert (mesh.nodes, mesh.edges) == (585, 852 + 96)
    assert len(mesh.articulation_points) == 140
    assert len(mesh.bridges) == 120
    assert sum(island["demand_mw"] for island in mesh.islands) == pytest.approx(51_754.08, abs=0.01)
    worst, second = mesh.bridges[:2]
    assert (worst["isolated_nodes"], worst["isolated_demand_mw"]) == (6, pytest.approx(1428.82, abs=0.005))
    assert (second["isolated_nodes"], second["isolated_demand_mw"]) == (8, pytest.approx(1187.02, abs=0.005))
    assert sum(entry["isolated_nodes"] == 1 for entry in mesh.bridges) == 95


@pytest.mark.parametrize(("case", "bridges", "points"), [("case118", 9, 9), ("case300", 89, 68)])
def test_outages_without_a_distribution_factor_are_bridges(case: str, bridges: int, points: int) -> None:
    """The LODF of a branch has no value where its own PTDF is 1: exactly at the bridges."""
    with (FIXTURES / f"{case}.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    a, b = (np.array([int(row[end]) for row in rows]) for end in ("from", "to"))
    n, m = int(case[4:]), len(rows)
    incidence = np.zeros((m, n))
    incidence[np.arange(m), a], incidence[np.arange(m), b] = 1.0, -1.0
    flows = incidence / np.array([float(row["x"]) for row in rows])[:, None]
    ptdf = flows[:, 1:] @ np.linalg.inv((incidence.T @ flows)[1:, 1:])
    own = np.einsum("ij,ij->i", ptdf, incidence[:, 1:])
    found = cuts(n, a, b)
    assert found.bridges.sum() == bridges
    assert found.articulation.sum() == points
    assert (found.bridges == (np.abs(1.0 - own) < 1e-6)).all()


def surviving(mean: float, left: float) -> float:
    """Buldyrev et al. 2010: the greatest P with P = p (1 - exp(-kP))^2, as a share of all nodes."""
    share = left
    for _ in range(200_000):
        more = left * (1.0 - math.exp(-mean * share)) ** 2
        if abs(more - share) < 1e-12:
            break
        share = more
    return share


def collapse(n: int, mean: float, left: float, seed: int) -> float:
    """Share of the nodes in the mutual giant component of two random networks, (1 - left) of them attacked."""
    random = np.random.default_rng(seed)
    pair = [graph(n, *random.integers(0, n, (2, int(mean * n / 2)))) for _ in range(2)]
    return float(mutual_giant(pair[0], pair[1], random.random(n) < left).sum()) / n


def test_two_dependent_networks_hold_or_fall(tmp_path: Path) -> None:
    """Well above and well below the threshold; where it is exactly: make soak."""
    assert surviving(4.0, 2.4553 / 4) < 0.01 < 0.3 < surviving(4.0, 2.4555 / 4)
    assert collapse(20_000, 4.0, 2.2 / 4, 1) < 0.005
    assert collapse(20_000, 4.0, 2.8 / 4, 1) == pytest.approx(surviving(4.0, 2.8 / 4), abs=0.02)


@pytest.mark.soak
def test_two_dependent_networks_collapse_at_the_threshold() -> None:
    """k p_c = 2.4554: the middle between the last collapse and the first survival, over many random pairs."""
    n, mean, found = 100_000, 4.0, []
    for seed in range(8):
        low, high = 2.30, 2.60
        assert collapse(n, mean, low / mean, seed) < 0.01
        assert collapse(n, mean, high / mean, seed) == pytest.approx(surviving(mean, high / mean), abs=0.02)
        while high - low > 0.004:
            middle = (low + high) / 2
            fell = collapse(n, mean, middle / mean, seed) < 0.05
            low, high = (middle, high) if fell else (low, middle)
        found.append((low + high) / 2)
    assert np.mean(found) == pytest.approx(2.4554, abs=0.015)
