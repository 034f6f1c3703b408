"""The snapshot: reading tables, building gates, saving and loading, looking things up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twin import Snapshot
from twin.errors import InvalidParameter, SnapshotError, SourceUnreadable, TableError, UnknownAsset

ASSETS = """id,kind,name,lon,lat,wkt,status,ride_through_power_s,capacity_mw
gen,power_plant,Kraftwerk Süd,9.0,50.0,,,,600
b1,bus,Bus 1,9.1,50.1,,,,
line,power_line,Line,,,"LINESTRING (9.1 50.1, 9.4 50.1)",,,
b2,bus,Bus 2,9.4,50.1,,,,
old,bus,Old,9.5,50.1,,planned,,
ups,ups,USV,9.4,50.2,,,900,
r1,router,Router,9.4,50.2,,,,
"""
LINKS = """from,type,to,group,need
gen,POWERS,b1,,
b1,CONDUCTS,line,,
line,CONDUCTS,b2,,
line,CONDUCTS,b2,,
old,POWERS,ups,,
b2,POWERS,ups,,
ups,POWERS,r1,A,
b2,POWERS,r1,B,any
"""


def write(folder: Path, assets: str = ASSETS, links: str = LINKS) -> Path:
    (folder / "assets.csv").write_text(assets, encoding="utf-8")
    (folder / "links.csv").write_text(links, encoding="utf-8")
    return folder


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return Snapshot.from_tables(write(tmp_path), strict=True)


def test_gates_have_different_members_and_leave_planned_ones_out(snapshot: Snapshot) -> None:
    ups = snapshot.gates("ups")
    assert [(g["service"], g["group"], g["need"], [m["id"] for m in g["members"]]) for g in ups] == [
        ("power", "power", 1, ["b2"])
    ]
    assert [(g["group"], g["holds"], "gate" in g) for g in snapshot.gates("r1")] == [
        ("A", True, False),
        ("B", True, False),
    ]
    assert [[m["id"] for m in g["members"]] for g in snapshot.gates("b2")] == [["line"]]


def test_saved_and_loaded_answers_are_the_same(snapshot: Snapshot, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "7"
    snapshot.save(folder)
    snapshot.save(folder)
    loaded = Snapshot.load(folder)
    assert loaded.impact(["line"]).to_dict() == snapshot.impact(["line"]).to_dict()
    assert loaded.asset("line") == snapshot.asset("line")
    assert loaded.asset("line")["geometry"]["type"] == "LineString"
    assert [f.to_dict() for f in loaded.findings] == [f.to_dict() for f in snapshot.findings]
    assert isinstance(loaded.arrays.gates.owner, np.ndarray)
    assert list(tmp_path.glob("cache/.part-*")) == []


def test_a_damaged_snapshot_is_an_error_that_names_the_folder(snapshot: Snapshot, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    snapshot.save(folder)
    (folder / "gates.owner.npy").write_bytes(b"")
    with pytest.raises(SnapshotError, match="cache"):
        Snapshot.load(folder)
    with pytest.raises(SnapshotError):
        Snapshot.load(tmp_path / "nothing")


def test_search_filters_page_and_count(snapshot: Snapshot) -> None:
    rows, cursor, total = snapshot.assets(kind="bus", limit=2)
    assert ([r["id"] for r in rows], total) == (["b1", "b2"], 3)
    rest, end, total = snapshot.assets(kind="bus", limit=2, after=cursor)
    assert ([r["id"] for r in rest], end, total) == (["old"], None, 3)
    assert [r["id"] for r in snapshot.assets(text="SÜD")[0]] == ["gen"]
    assert [r["id"] for r in snapshot.assets(text=" süd  GEN ")[0]] == ["gen"]
    assert snapshot.assets(text="süd bus")[0] == []
    assert {r["id"] for r in snapshot.assets(bbox=(9.35, 50.0, 9.45, 50.3))[0]} == {"b2", "ups", "r1"}
    assert snapshot.assets(domain="connectivity")[2] == 1
    with pytest.raises(InvalidParameter):
        snapshot.assets(after="nonsense")
    with pytest.raises(InvalidParameter):
        snapshot.assets(bbox=(9, 51, 10, 50))


def test_dependencies_and_dependents_name_hop_and_parent(snapshot: Snapshot) -> None:
    up = {(d["id"], d["hop"], d["parent"]) for d in snapshot.dependencies("r1")}
    assert up == {("ups", 1, "r1"), ("b2", 1, "r1"), ("line", 2, "b2"), ("b1", 3, "line"), ("gen", 4, "b1")}
    assert [d["id"] for d in snapshot.dependents("ups")] == ["r1"]
    assert {d["id"] for d in snapshot.dependencies("r1", depth=1, domains=["energy"])} == {"b2", "ups"}
    assert [d["id"] for d in snapshot.dependents("gen", domains=["connectivity"])] == ["r1"]
    with pytest.raises(InvalidParameter):
        snapshot.dependencies("r1", depth=0)
    with pytest.raises(InvalidParameter, match="energy"):
        snapshot.dependencies("r1", domains=["enrgy"])


def test_an_unknown_asset_suggests_the_nearest(snapshot: Snapshot) -> None:
    with pytest.raises(UnknownAsset, match=r"Did you mean .*line"):
        snapshot.impact(["lin"])


@pytest.mark.parametrize("horizon", [-1, float("nan")])
def test_a_horizon_is_a_time(snapshot: Snapshot, horizon: float) -> None:
    with pytest.raises(InvalidParameter):
        snapshot.impact(["line"], horizon)


def test_capacity_lost_is_summed_per_domain(snapshot: Snapshot) -> None:
    assert snapshot.impact(["gen"]).capacity_lost == {"energy": {"capacity_mw": 600.0}}


LENIENT_ASSETS = (
    ASSETS.replace("gen,power_plant", "gen,dynamo").replace("status,", "status,").replace("capacity_mw\n", "colour\n")
)


def test_lenient_reading_lists_what_it_accepts(tmp_path: Path) -> None:
    links = LINKS + "ghost,POWERS,r1,A,\nr1,COOLS,gen,,\n"
    snapshot = Snapshot.from_tables(write(tmp_path, LENIENT_ASSETS, links))
    codes = [f.code for f in snapshot.findings]
    assert {"unknown_kind", "unknown_property", "missing_end"} <= set(codes)
    assert snapshot.asset("ghost")["kind"] == "unknown"
    assert snapshot.asset("gen")["domain"] == "unknown"
    with pytest.raises(TableError) as caught:
        Snapshot.from_tables(tmp_path, strict=True)
    places = {str(r.origin): r.code for r in caught.value.rejects}
    assert places["assets.csv:2:kind"] == "unknown_kind"
    assert places["links.csv:10:from"] == "missing_end"


def test_disallowed_ends_are_found(tmp_path: Path) -> None:
    snapshot = Snapshot.from_tables(write(tmp_path, links=LINKS + "r1,COOLS,b1,,\n"))
    assert [str(f.origin) for f in snapshot.findings if f.code == "disallowed_ends"] == ["links.csv:10:type"]


TRANSPORT = """id,kind
r1,router
s1,span
r2,router
s2,span
r3,router
c12,circuit
app,workload
"""
TRANSPORT_LINKS = """from,type,to
r1,TRANSPORTS,s1
s1,TRANSPORTS,r2
r2,TRANSPORTS,s2
s2,TRANSPORTS,r3
r1,CONNECTS,c12
r2,CONNECTS,c12
c12,SERVES,app
"""


def test_only_joined_circuits_depend_on_the_transport_mesh(tmp_path: Path) -> None:
    snapshot = Snapshot.from_tables(write(tmp_path, TRANSPORT, TRANSPORT_LINKS), strict=True)
    assert snapshot.dependencies("r1") == []
    assert {d["id"] for d in snapshot.dependencies("c12")} == {"r1", "r2", "r3", "s1", "s2"}
    assert [(d["id"], d["hop"], d["parent"]) for d in snapshot.dependents("s2")] == [
        ("c12", 1, "s2"),
        ("app", 2, "c12"),
    ]
    assert snapshot.dependents("app") == []


@pytest.mark.parametrize(
    ("assets", "links", "code", "place"),
    [
        (ASSETS + "b1,bus,,,,,,,\n", LINKS, "duplicate_id", "assets.csv:9:id"),
        (ASSETS + ",bus,,,,,,,\n", LINKS, "missing_value", "assets.csv:9:id"),
        (ASSETS + "x,bus,,nan,50,,,,\n", LINKS, "not_finite", "assets.csv:9:lon"),
        (ASSETS + "x,bus,,200,50,,,,\n", LINKS, "out_of_range", "assets.csv:9:lon"),
        (ASSETS + "x,bus,,,50,,,,\n", LINKS, "missing_value", "assets.csv:9:lon"),
        (ASSETS + "x,bus,,,,POINT (1,,,\n", LINKS, "bad_geometry", "assets.csv:9:wkt"),
        (ASSETS + "x,bus,,,,POINT (1 95),,,\n", LINKS, "out_of_range", "assets.csv:9:wkt"),
        (ASSETS + "x,bus,,,,,broken,,\n", LINKS, "wrong_type", "assets.csv:9:status"),
        (ASSETS + "x,bus,,,,,,inf,\n", LINKS, "not_finite", "assets.csv:9:ride_through_power_s"),
        (ASSETS + "x,bus,,,,,,-1,\n", LINKS, "out_of_range", "assets.csv:9:ride_through_power_s"),
        (ASSETS, LINKS + "b1,FEEDS,b2,,\n", "unknown_link_type", "links.csv:10:type"),
        (ASSETS, LINKS + "b1,POWERS,ups,,0\n", "bad_need", "links.csv:10:need"),
        (ASSETS, LINKS + ",POWERS,ups,,\n", "missing_value", "links.csv:10:from"),
        (ASSETS, LINKS + "b1,POWERS,r1,B,2\n", "conflicting_need", "links.csv:9:need"),
    ],
)  # fmt: skip
def test_bad_rows_are_errors_with_their_place(tmp_path: Path, assets: str, links: str, code: str, place: str) -> None:
    with pytest.raises(TableError) as caught:
        Snapshot.from_tables(write(tmp_path, assets, links))
    assert (code, place) in [(r.code, str(r.origin)) for r in caught.value.rejects]


def test_two_defaults_in_one_gate_are_an_error(tmp_path: Path) -> None:
    assets = "id,kind\nspan,span\nroute,path\ncircuit,circuit\n"
    links = "from,type,to,group,need\nspan,CARRIES,circuit,x,\nroute,SERVES,circuit,x,\n"
    with pytest.raises(TableError, match="two default"):
        Snapshot.from_tables(write(tmp_path, assets, links))
    settled = links.replace("route,SERVES,circuit,x,", "route,SERVES,circuit,x,2")
    assert Snapshot.from_tables(write(tmp_path, assets, settled)).baseline_down() == []


def test_a_gate_that_can_never_hold_is_a_finding(tmp_path: Path) -> None:
    links = LINKS.replace("b2,POWERS,r1,B,any", "b2,POWERS,r1,B,3")
    snapshot = Snapshot.from_tables(write(tmp_path, links=links))
    assert [f.assets for f in snapshot.findings if f.code == "gate_unsatisfiable"] == [("r1",)]
    assert snapshot.baseline_down() == ["r1"]


def test_headers_with_blanks_and_columns_that_stand_twice(tmp_path: Path) -> None:
    links = LINKS.replace("group,need", " group , need ")
    snapshot = Snapshot.from_tables(write(tmp_path, "id,kind\n007,bus\n", " from,type , to\n"))
    assert snapshot.asset("007")["kind"] == "bus"
    assert Snapshot.from_tables(write(tmp_path, links=links)).baseline_down() == []
    with pytest.raises(SourceUnreadable, match="kind stands twice"):
        Snapshot.from_tables(write(tmp_path, "id,kind,kind\n007,bus,bus\n"))


@pytest.mark.parametrize("text", ["", "kind\nbus\n", 'id,kind\n"a,bus\n'])
def test_files_that_are_no_tables(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceUnreadable, match=r"assets\.csv"):
        Snapshot.from_tables(write(tmp_path, assets=text))
    (tmp_path / "assets.csv").unlink()
    with pytest.raises(SourceUnreadable, match=r"assets\.csv"):
        Snapshot.from_tables(tmp_path)


def test_transport_that_only_an_idle_standby_source_would_carry_is_down_before_any_event(tmp_path: Path) -> None:
    assets = (
        TRANSPORT.replace("id,kind\n", "id,kind,standby\n")
        .replace("router\n", "router,\n")
        .replace("span\n", "span,\n")
    )
    assets = (
        assets.replace("circuit\n", "circuit,\n")
        .replace("workload\n", "workload,\n")
        .replace("r2,router,", "r2,router,true")
    )
    links = TRANSPORT_LINKS.replace("r2,CONNECTS,c12", "r3,CONNECTS,c12")
    snapshot = Snapshot.from_tables(write(tmp_path, assets, links), strict=True)
    assert snapshot.baseline_down() == ["app", "c12"]
    with pytest.raises(InvalidParameter, match="the event is empty"):
        snapshot.impact([])
    assert snapshot.ask([]).impact().affected == []
    snapshot.warm()
