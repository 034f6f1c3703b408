"""Screening: scenario by scenario what one event costs, from every source of scenarios, with any number of threads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from tests.unit.failure_tools import Brute, random_systems, snapshot
from twin import Snapshot
from twin.errors import InvalidParameter, LimitExceeded, SourceUnreadable, TableError, UnknownAsset
from twin.impact.failures.scenarios import Random, chances, drawn, exactly

ASSETS = """id,kind,customers
plant,power_plant,
bus-a,bus,
bus-b,bus,
village,load,100
town,load,900
"""
LINKS = """from,type,to,group,need
plant,POWERS,bus-a,,
plant,POWERS,bus-b,,
bus-a,POWERS,village,,
bus-b,POWERS,town,,
bus-a,POWERS,town,,
"""
STORMS = {"a": ["bus-a"], "both": ["bus-a", "bus-b"], "none": [], "twice": ["town", "town"]}


@pytest.fixture
def snap(tmp_path: Path) -> Snapshot:
    (tmp_path / "assets.csv").write_text(ASSETS, encoding="utf-8")
    (tmp_path / "links.csv").write_text(LINKS, encoding="utf-8")
    return Snapshot.from_tables(tmp_path)


def test_scenarios_equal_single_events_on_random_systems() -> None:
    for seed, tables, failed in random_systems(range(80)):
        brute = Brute(snapshot(tables))
        scenarios = {str(size): failed[:size] for size in range(len(failed) + 1)}
        scenarios |= {name: [name, *failed] for name in brute.names}
        answer = brute.snap.screen(scenarios, often=True, threads=2).to_dict()
        hits: dict[str, int] = {}
        for row in answer["items"]:
            lost = brute.lost(scenarios[row["scenario"]])
            assert row["assets"] == row["lost"] == len(lost), (seed, row)
            assert row["failed"] == len(set(scenarios[row["scenario"]]) & set(brute.operating))
            for name in lost:
                hits[name] = hits.get(name, 0) + 1
        assert {row["id"]: row["lost"] for row in answer["often"]} == hits, seed
        assert [row["scenario"] for row in answer["items"]] == list(scenarios)


def test_screening_in_time_equals_runs() -> None:
    for seed, tables, failed in random_systems(range(30)):
        brute = Brute(snapshot(tables))
        for horizon in (None, 10.0):
            answer = brute.snap.screen({"x": failed, "y": failed[:1]}, timeline=True, horizon_s=horizon).to_dict()
            end = np.inf if horizon is None else horizon
            wanted = [len(brute.in_time(event, end)[0]) for event in (failed, failed[:1])]
            assert [row["assets"] for row in answer["items"]] == wanted, (seed, horizon)


def test_what_scenarios_cost(snap: Snapshot) -> None:
    answer = snap.screen(STORMS, weight="customers", often=True).to_dict()
    rows = {row["scenario"]: row for row in answer["items"]}
    assert {name: (row["failed"], row["assets"], row["lost"]) for name, row in rows.items()} == {
        "a": (1, 2, 100.0),
        "both": (2, 4, 1000.0),
        "none": (0, 0, 0.0),
        "twice": (1, 1, 900.0),
    }
    assert answer["summary"]["lost"]["mean"] == 500.0
    assert answer["summary"]["lost"]["max"] == 1000.0
    often = {row["id"]: (row["failed"], row["lost"], row["frequency"]) for row in answer["often"]}
    assert often["town"] == (1, 2, 0.5)
    assert often["bus-a"] == (2, 2, 0.5)
    assert "plant" not in often


def test_files_say_the_same_as_dictionaries(snap: Snapshot, tmp_path: Path) -> None:
    pairs = [(name, id) for name, ids in STORMS.items() for id in ids]
    table = pa.table({"scenario": [p[0] for p in pairs], "id": [p[1] for p in pairs]})
    pcsv.write_csv(table, tmp_path / "s.csv")
    pq.write_table(table, tmp_path / "s.parquet")
    (tmp_path / "s.json").write_text(json.dumps(STORMS), encoding="utf-8")
    wanted = snap.screen(STORMS).table
    assert snap.screen(tmp_path / "s.json").table.equals(wanted)
    without_empty = wanted.filter(pa.array([name != "none" for name in STORMS]))
    for source in (tmp_path / "s.csv", tmp_path / "s.parquet", table):
        assert snap.screen(source).table.equals(without_empty)


def test_rows_of_a_scenario_need_not_lie_together(snap: Snapshot) -> None:
    table = pa.table({"scenario": ["x", "y", "x"], "id": ["bus-a", "plant", "bus-b"]})
    assert snap.screen(table).to_dict()["items"][0]["failed"] == 2


def test_unknown_ids_are_told_with_their_scenario(snap: Snapshot) -> None:
    with pytest.raises(UnknownAsset, match=r"2 unknown ids: bus-x \(in a\), plan \(in b\)\. Did you mean bus-"):
        snap.screen({"a": ["bus-a", "bus-x"], "b": ["plan"]})


def test_all_bad_rows_are_told_with_row_and_column(snap: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("scenario,id\na,bus-a\na,bus-x\n,bus-a\nb,\nb,plan\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        snap.screen(tmp_path / "s.csv")
    where = {(str(r.origin), r.code) for r in caught.value.rejects}
    assert where == {
        ("s.csv:3:id", "unknown_asset"),
        ("s.csv:4:scenario", "missing_value"),
        ("s.csv:5:id", "missing_value"),
        ("s.csv:6:id", "unknown_asset"),
    }
    assert "Did you mean plant" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("s.csv", "scenario,asset\na,bus-a\n", "column id is missing"),
        ("s.csv", "", "empty"),
        ("s.txt", "a", "suffix"),
        ("s.json", "[1]", "no object of lists"),
        ("s.json", "{", "s.json"),
        ("s.parquet", "no parquet", "s.parquet"),
    ],
)
def test_unreadable_files(snap: Snapshot, tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(SourceUnreadable, match=says):
        snap.screen(tmp_path / name)
    with pytest.raises(SourceUnreadable):
        snap.screen(tmp_path / f"missing-{name}")


def test_no_scenario_is_an_error(snap: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("scenario,id\n", encoding="utf-8")
    for source in ({}, tmp_path / "s.csv"):
        with pytest.raises(InvalidParameter, match="there is no scenario"):
            snap.screen(source)


# -- random ---------------------------------------------------------------------------------------------------


def test_the_seed_decides_and_more_scenarios_begin_alike(snap: Snapshot) -> None:
    short = snap.screen(Random(20, 7, 0.4)).table
    assert snap.screen(Random(20, 7, 0.4), threads=1).table.equals(short)
    assert snap.screen(Random(30, 7, 0.4)).table.slice(0, 20).equals(short)
    assert not snap.screen(Random(20, 8, 0.4)).table.equals(short)


def test_chances_are_met() -> None:
    chance = np.array([0.0, 1.0, 0.2, 0.2, 0.7])
    scenarios = drawn(chance, 4000, 1)
    count = np.bincount(scenarios.rows, minlength=5) / 4000
    assert count[0] == 0
    assert count[1] == 1
    assert np.abs(count - chance).max() < 0.03
    for low, high in zip(scenarios.ptr, scenarios.ptr[1:], strict=False):
        assert len(set(scenarios.rows[low:high])) == high - low


def test_exactly_so_many_fail() -> None:
    scenarios = exactly(np.arange(10, dtype=np.int32), 3, 500, 2)
    assert set(np.diff(scenarios.ptr)) == {3}
    assert np.abs(np.bincount(scenarios.rows, minlength=10) / 500 - 0.3).max() < 0.1


def test_fragility_per_kind_and_asset(snap: Snapshot, tmp_path: Path) -> None:
    by_kind = chances(snap.catalogue, {"bus": 0.25, "load": 1})
    named = dict(zip(snap.catalogue.ids(range(5)), by_kind.tolist(), strict=True))
    assert named == {"plant": 0.0, "bus-a": 0.25, "bus-b": 0.25, "village": 1.0, "town": 1.0}
    table = pa.table({"kind": ["bus", None], "id": [None, "bus-b"], "probability": [0.25, 0.5]})
    own = dict(zip(snap.catalogue.ids(range(5)), chances(snap.catalogue, table).tolist(), strict=True))
    assert own == {"plant": 0.0, "bus-a": 0.25, "bus-b": 0.5, "village": 0.0, "town": 0.0}
    (tmp_path / "f.csv").write_text("kind,probability\nbus,1\n", encoding="utf-8")
    answer = snap.screen(Random(3, 0, tmp_path / "f.csv")).to_dict()
    assert [row["failed"] for row in answer["items"]] == [2, 2, 2]


def test_bad_chances(snap: Snapshot, tmp_path: Path) -> None:
    for source, says in (
        (Random(5, 0, 1.5), "probability is 1.5"),
        (Random(5, 0, {"buss": 0.1}), "Did you mean bus"),
        (Random(5, 0, {"bus": -1}), "probability of bus is -1"),
        (Random(0, 0, 0.1), "number of scenarios is 0"),
        (Random(5, -1, 0.1), "seed is -1"),
        (Random(5, 0), "need chances"),
        (Random(5, 0, 0.5, 2), "and not both"),
        (Random(5, 0, failures=9), "failures is 9"),
        (Random(5, 0, failures=0), "failures is 0"),
    ):
        with pytest.raises(InvalidParameter, match=says):
            snap.screen(source)
    (tmp_path / "f.csv").write_text("id,kind,probability\nbus-x,,1\n,pear,1\n,bus,2\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        snap.screen(Random(5, 0, tmp_path / "f.csv"))
    assert [str(r.origin) for r in caught.value.rejects] == ["f.csv:2:id", "f.csv:3:kind", "f.csv:4:probability"]


def test_limits(snap: Snapshot) -> None:
    with pytest.raises(LimitExceeded, match="scenarios"):
        snap.screen(STORMS, max_scenarios=2)
    with pytest.raises(LimitExceeded, match="runs in time"):
        snap.screen(STORMS, timeline=True, max_work=3)
    for source in (Random(50, 0, 0.5, max_failures=20), Random(50, 0, failures=2, max_failures=20)):
        with pytest.raises(LimitExceeded, match="failures would be drawn"):
            snap.screen(source)
    with pytest.raises(InvalidParameter, match="threads is 0"):
        snap.screen(STORMS, threads=0)
    with pytest.raises(InvalidParameter, match="needs the run in time"):
        snap.screen(STORMS, horizon_s=3)


def test_progress_ends_at_the_total(snap: Snapshot) -> None:
    told: list[tuple[int, int]] = []
    snap.screen(Random(200, 1, 0.5), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (200, 200)
