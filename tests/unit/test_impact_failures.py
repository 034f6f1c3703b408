"""Criticality, pairs, exposure and single points of failure equal brute force on random systems."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.unit.failure_tools import Brute, random_systems, snapshot
from twin import Snapshot
from twin.errors import InvalidParameter, LimitExceeded, UnknownAsset
from twin.impact.failures.pairs import AT_ONCE, _portions, candidates, singles

SEEDS = 4000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 240
BLOCKS = [range(start, start + SEEDS // 4) for start in range(0, SEEDS, SEEDS // 4)]
blocks = pytest.mark.parametrize("block", BLOCKS, ids=str)


@blocks
def test_criticality_is_brute_force(block: range) -> None:
    for seed, tables, _ in random_systems(block):
        brute = Brute(snapshot(tables))
        answer = brute.snap.criticality().to_dict()
        assert answer["mode"] == "steady"
        assert answer["total"] == len(brute.operating)
        domain = {row["id"]: row["domain"] for row in answer["items"]}
        for row in answer["items"]:
            lost = brute.lost([row["id"]])
            assert row["assets"] == row["lost"] == len(lost), (seed, row)
            for name in set(domain.values()):
                assert row[f"lost_{name}"] == sum(domain[v] == name for v in lost), (seed, row)
        sizes = [row["lost"] for row in answer["items"]]
        assert sizes == sorted(sizes, reverse=True)
        assert {row["id"] for row in answer["items"]} == set(brute.operating)


@blocks
def test_pairs_are_brute_force(block: range) -> None:
    """Every pair of all is tried here; those that are no candidates lose nothing beyond the union."""
    met = 0
    for seed, tables, _ in random_systems(block):
        brute = Brute(snapshot(tables))
        answer = brute.snap.criticality(pairs=True)
        assert answer.pairs is not None
        mine = {(r["a"], r["b"]): (r["assets"], r["assets_beyond"]) for r in answer.pairs.to_pylist()}
        found = brute.pairs()
        assert {tuple(sorted(k)): v for k, v in mine.items()} == {tuple(sorted(k)): v for k, v in found.items()}, seed
        assert answer.pairs_total == len(mine)
        met += len(found)
    assert met > 20


@pytest.mark.parametrize("seed", [2392, 3321])
def test_what_an_asset_supplies_to_itself_is_no_redundancy(seed: int) -> None:
    """Found by the long run: two feeds of a bus that also feeds itself are a pair."""
    for _, tables, _ in random_systems(range(seed, seed + 1)):
        brute = Brute(snapshot(tables))
        pairs = brute.snap.criticality(pairs=True).pairs
        assert pairs is not None
        assert {frozenset((r["a"], r["b"])) for r in pairs.to_pylist()} == {frozenset(pair) for pair in brute.pairs()}


def test_candidates_are_fewer_than_all_pairs() -> None:
    tried = everything = 0
    for _, tables, _ in random_systems(range(60)):
        system = snapshot(tables).system
        rows = np.flatnonzero(system.baseline)
        tried += sum(len(c) for c in candidates(system, singles(system, rows), 10**6))
        everything += len(rows) * (len(rows) - 1) // 2
    assert 0 < tried < everything / 2


def test_portions_have_every_place_once_the_small_ones_first() -> None:
    dice = np.random.default_rng(5)
    wanted = [np.zeros(size, np.int64) for size in [*dice.integers(0, AT_ONCE // 3, 40).tolist(), 0, 0, 1]]
    parts = list(_portions(wanted))
    places = [place for part in parts for place in part]
    assert sorted(places) == [place for place, others in enumerate(wanted) if len(others)]
    sizes = [len(wanted[place]) for place in places]
    assert sizes == sorted(sizes)
    assert len(parts) > 3
    assert list(_portions([])) == []


def test_pairs_without_time_are_none() -> None:
    for _, tables, _ in random_systems(range(20)):
        answer = snapshot(tables).criticality(pairs=True, pairs_limit_s=1e-9)
        assert answer.pairs_tried == 0
        assert answer.pairs_total == 0
        assert ("time was up" in answer.notes[-1]) == bool(answer.pairs_candidates)
    with pytest.raises(InvalidParameter, match="time for pairs"):
        snapshot(tables).criticality(pairs=True, pairs_limit_s=0)


@blocks
def test_exposed_is_brute_force(block: range) -> None:
    met = 0
    for seed, tables, failed in random_systems(block):
        brute = Brute(snapshot(tables))
        answer = brute.snap.exposed(failed, named=10_000).to_dict()
        mine = {row["id"]: set(row["failures"]) for row in answer["exposed"]}
        assert mine == brute.exposed(failed), seed
        assert all(row["count"] == len(row["failures"]) for row in answer["exposed"])
        assert answer["lost"] == len(brute.lost(failed))
        met += len(mine)
    assert met > 5


def test_exposed_in_time_is_brute_force() -> None:
    met = 0
    for seed, tables, failed in random_systems(range(40)):
        brute = Brute(snapshot(tables))
        for horizon in (None, 10.0):
            end = np.inf if horizon is None else horizon
            first = brute.in_time(failed, end)[0]
            wanted: dict[str, set[str]] = {}
            for further in set(brute.operating) - first:
                alone = brute.in_time([further], end)[0]
                for name in brute.in_time([*failed, further], end)[0] - first - alone - {further}:
                    wanted.setdefault(name, set()).add(further)
            answer = brute.snap.exposed(failed, timeline=True, horizon_s=horizon, named=10_000)
            assert {row["id"]: set(row["failures"]) for row in answer.exposed} == wanted, (seed, horizon)
            met += len(wanted)
    assert met > 5


@blocks
def test_single_points_are_brute_force(block: range) -> None:
    """Also those that take the asset down only for a while, found without a run for every failure."""
    gaps = 0
    for seed, tables, _ in random_systems(block):
        brute = Brute(snapshot(tables))
        times = {name: brute.in_time([name]) for name in brute.operating}
        for name in brute.operating:
            answer = brute.snap.single_points_of_failure(name)
            others = [v for v in brute.operating if v != name]
            down = {v for v in others if name in brute.lost([v])}
            assert {row["id"] for row in answer.down} == down, (seed, name)
            only = {v for v in others if v not in down and name in times[v][1]}
            assert {row["id"] for row in answer.interrupted} == only, (seed, name)
            assert all(row["outages"] for row in answer.interrupted)
            gaps += len(only)
    assert gaps > 0


@blocks
def test_answers_in_time_are_brute_force(block: range) -> None:
    for seed, tables, _ in random_systems(block):
        brute = Brute(snapshot(tables))
        for horizon in (None, 0.0, float(seed % 70)):
            end = np.inf if horizon is None else horizon
            times = {name: brute.in_time([name], end) for name in brute.operating}
            answer = brute.snap.criticality(timeline=True, horizon_s=horizon).to_dict()
            mine = {row["id"]: row["assets"] for row in answer["items"]}
            assert mine == {name: len(lost) for name, (lost, _) in times.items()}, (seed, horizon)
            for name in brute.operating[::4]:
                spof = brute.snap.single_points_of_failure(name, timeline=True, horizon_s=horizon)
                others = [v for v in brute.operating if v != name]
                assert {r["id"] for r in spof.down} == {v for v in others if name in times[v][0]}, (seed, name)
                brief = {v for v in others if name in times[v][1] - times[v][0]}
                assert {r["id"] for r in spof.interrupted} == brief, (seed, name)


@blocks
def test_steady_losses_are_down_at_infinity(block: range) -> None:
    for seed, tables, failed in random_systems(block):
        brute = Brute(snapshot(tables))
        assert brute.lost(failed) <= brute.in_time(failed)[0], seed


def small(assets: str, links: str, tmp: object) -> Snapshot:
    from pathlib import Path

    folder = Path(str(tmp))
    (folder / "assets.csv").write_text(assets, encoding="utf-8")
    (folder / "links.csv").write_text(links, encoding="utf-8")
    return Snapshot.from_tables(folder)


@pytest.fixture
def fed_twice(tmp_path: object) -> Snapshot:
    """A rack on two feeds from two plants, a genset with a start gap behind a second rack."""
    assets = """id,kind,standby,start_delay_s,customers,demand_mw
plant-a,power_plant,,,,
plant-b,power_plant,,,,
bus-a,bus,,,,
bus-b,bus,,,,
rack,rack,,,100,0.5
genset,genset,true,60,,
hut,cell_site,,,40,
"""
    links = """from,type,to,group,need
plant-a,POWERS,bus-a,,
plant-b,POWERS,bus-b,,
bus-a,POWERS,rack,,
bus-b,POWERS,rack,,
bus-a,POWERS,hut,,
genset,POWERS,hut,,
"""
    return small(assets, links, tmp_path)


def test_a_start_gap_is_a_single_point_in_time_only(fed_twice: Snapshot) -> None:
    answer = fed_twice.single_points_of_failure("hut").to_dict()
    assert answer["down"] == []
    assert {row["id"]: row["outages"] for row in answer["interrupted"]} == {
        "plant-a": [[0.0, 60.0]],
        "bus-a": [[0.0, 60.0]],
    }
    early = fed_twice.single_points_of_failure("hut", timeline=True, horizon_s=30)
    assert [row["id"] for row in early.down] == ["plant-a", "bus-a"]
    assert early.interrupted == []


def test_both_feeds_are_a_pair(fed_twice: Snapshot) -> None:
    answer = fed_twice.criticality("customers", pairs=True)
    assert answer.pairs is not None
    found = {frozenset((r["a"], r["b"])): r["lost_beyond"] for r in answer.pairs.to_pylist()}
    above = [{a, b} for a in ("plant-a", "bus-a") for b in ("plant-b", "bus-b")]
    expected = {frozenset(p): 100.0 for p in above}
    expected |= {frozenset({a, "genset"}): 40.0 for a in ("plant-a", "bus-a")}
    assert found == expected


def test_after_one_feed_the_other_is_named(fed_twice: Snapshot) -> None:
    answer = fed_twice.exposed(["bus-a"])
    assert {row["id"]: sorted(row["failures"]) for row in answer.exposed} == {
        "rack": ["bus-b", "plant-b"],
        "hut": ["genset"],
    }
    cut = fed_twice.exposed(["bus-a"], named=1).exposed
    assert [(row["id"], row["count"], len(row["failures"])) for row in cut] == [("rack", 2, 1), ("hut", 1, 1)]


def test_weights(fed_twice: Snapshot) -> None:
    by = {
        w: {r["id"]: r["lost"] for r in fed_twice.criticality(w).to_dict()["items"]} for w in ("customers", "demand_mw")
    }
    assert by["customers"]["plant-a"] == 0  # the hut keeps running on its genset, the rack on its other feed
    assert by["customers"]["hut"] == 40
    assert by["demand_mw"]["rack"] == 0.5
    assert {r["id"]: r["lost"] for r in fed_twice.criticality("kind:bus").to_dict()["items"]}["plant-a"] == 1
    only = fed_twice.criticality(domain="compute").to_dict()
    assert [row["id"] for row in only["items"]] == ["rack"]
    assert len(fed_twice.criticality(top=2).to_dict()["items"]) == 2


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda s: s.criticality("custommers"), "customers"),
        (lambda s: s.criticality("kind:buss"), "bus"),
        (lambda s: s.criticality(domain="energie"), "energy"),
        (lambda s: s.criticality(top=-1), "top is -1"),
        (lambda s: s.criticality(horizon_s=5), "needs the run in time"),
        (lambda s: s.criticality(timeline=True, horizon_s=-5), "horizon is -5"),
        (lambda s: s.criticality(timeline=True, pairs=True), "pairs are steady"),
        (lambda s: s.exposed([]), "event is empty"),
        (lambda s: s.exposed(["rack"], named=-1), "named is -1"),
        (lambda s: s.single_points_of_failure("hut", horizon_s=3), "needs the run in time"),
    ],
)
def test_bad_questions_say_what_is_wrong(fed_twice: Snapshot, ask: object, says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        ask(fed_twice)  # type: ignore[operator]


def test_unknown_ids_are_named_all_at_once(fed_twice: Snapshot) -> None:
    with pytest.raises(UnknownAsset, match=r"plant-x.*plant-y"):
        fed_twice.exposed(["plant-x", "plant-y"])
    with pytest.raises(UnknownAsset, match="Did you mean hut"):
        fed_twice.single_points_of_failure("hutt")


def test_work_beyond_its_limit_is_refused(fed_twice: Snapshot) -> None:
    with pytest.raises(LimitExceeded, match="runs in time"):
        fed_twice.criticality(timeline=True, horizon_s=5, max_work=3)
    with pytest.raises(LimitExceeded, match="runs in time"):
        fed_twice.single_points_of_failure("hut", max_work=3)
    with pytest.raises(LimitExceeded, match="runs in time"):
        fed_twice.exposed(["bus-a"], timeline=True, max_work=3)
    with pytest.raises(LimitExceeded, match="not finished in the time there is: 0 of"):
        fed_twice.criticality(timeline=True, horizon_s=5, limit_s=-1)
    with pytest.raises(LimitExceeded, match="not finished in the time there is: 0 of 2 runs") as refused:
        fed_twice.single_points_of_failure("hut", limit_s=-1)
    assert "twin spof" in refused.value.fix
    for timeline in (False, True):
        with pytest.raises(LimitExceeded, match="not finished in the time there is: 0 of") as refused:
            fed_twice.exposed(["bus-a"], timeline=timeline, limit_s=-1)
        assert "twin exposed" in refused.value.fix
        one_by_one = {f"s{i}": ["bus-a"] for i in range(200)}
        with pytest.raises(LimitExceeded, match="Screening was not finished") as refused:
            fed_twice.screen(one_by_one, timeline=timeline, limit_s=-1)
        assert "twin screen" in refused.value.fix
        assert fed_twice.screen({"x": ["bus-a"]}, timeline=timeline, limit_s=3600).table.num_rows == 1
    with pytest.raises(LimitExceeded, match="pairs share a gate"):
        fed_twice.criticality(pairs=True, max_pairs=2)


def test_progress_ends_at_the_total(fed_twice: Snapshot) -> None:
    told: list[tuple[int, int]] = []
    fed_twice.criticality(progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (7, 7)
