"""Events on the command line: selections, hazards, timeline, explain, compare; no server is needed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import pandas as pd
import pyogrio
import pytest
import shapely

from twin import Snapshot
from twin.impact.events.event import Event
from twin.impact.events.hazard import Hazard

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]
FLOOD = {
    "type": "Polygon",
    "coordinates": [[[9.05, 50.05], [9.15, 50.05], [9.15, 50.15], [9.05, 50.15], [9.05, 50.05]]],
}


@pytest.fixture
def flood(tmp_path: Path) -> str:
    """A hazard around bus A and half of the line."""
    path = tmp_path / "flood.geojson"
    document = {"type": "Feature", "properties": {"name": "Elbe"}, "geometry": FLOOD}
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def same(document: Any, expected: Any) -> bool:
    return bool({**document, "notice": None} == {**json.loads(json.dumps(expected)), "notice": None})


def test_json_is_what_python_answers(twin: Cli, tables: str, flood: str) -> None:
    snap = Snapshot.from_tables(tables)
    event = Event(["ups"], hazard=Hazard.read(flood, buffer_m=500, min_crossing_m=100))
    words = (
        "--hazard",
        flood,
        "--buffer",
        "500m",
        "--min-crossing",
        "0.1km",
        "--horizon",
        "8h",
        "--tables",
        tables,
        "--json",
    )
    assert same(twin("impact", "ups", *words).json, snap.impact(event, 8 * 3600).to_dict())
    assert same(twin("timeline", "ups", *words).json, snap.timeline(event, 8 * 3600).to_dict())
    assert same(
        twin("explain", "server", "--event", "ups", *words).json, snap.explain("server", event, 8 * 3600).to_dict()
    )
    asked = twin("compare", "--a", "ups", "--b-where", "kind=bus", "--tables", tables, "--json").json
    assert same(asked, snap.compare(["ups"], Event(where="kind=bus")).to_dict())


def test_a_selection_fails_what_matches(twin: Cli, tables: str) -> None:
    answer = twin("impact", "--where", "kind=bus", "--where", "name~'Bus A'", "--tables", tables)
    assert answer.code == 0
    assert "Impact of losing all with (kind=bus) and (name~'Bus A'): 1 asset," in answer.out
    assert "--where kind=bus" in answer.err


def test_a_hazard_is_told_with_inside_and_outside(twin: Cli, tables: str, flood: str) -> None:
    answer = twin("impact", "--hazard", flood, "--tables", tables)
    assert "the hazard flood.geojson (1 feature: Elbe): 2 assets" in answer.out
    assert "Lost inside the footprint: 2 assets in energy" in answer.out
    assert "Lost outside the footprint: 3 assets (2.5 MW of demand, 120 customers) in energy" in answer.out
    assert "Still works in energy: 2 assets" in answer.out
    only = twin("impact", "--hazard", flood, "--where", "kind=power_line", "--tables", tables, "--json").json
    assert only["event"]["failed"] == ["line"]
    short = twin("impact", "--hazard", flood, "--min-crossing", "50km", "--tables", tables, "--json").json
    assert short["event"]["failed"] == ["bus-a"]


def test_a_hazard_that_hits_nothing_is_exit_0(twin: Cli, tables: str, tmp_path: Path) -> None:
    path = tmp_path / "sea.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}))
    answer = twin("impact", "--hazard", str(path), "--tables", tables)
    assert answer.code == 0
    assert "Nothing is affected." in answer.out
    assert "The hazard hits no asset" in answer.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--where", "kind=buss"), "Did you mean bus"),
        (("--where", "colour=red"), "no asset has a property 'colour'"),
        (("--where", "name~nobody"), "the event is empty"),
        (("--where", "kind ="), "a value is needed"),
        (("--hazard", "/nowhere.geojson"), "is not there"),
        (("bus-a", "--buffer", "5m"), "need --hazard"),
        (("bus-a", "--hazard", "{flood}", "--buffer", "far"), "'far' is not a distance"),
        (("bus-a", "--hazard", "{flood}", "--buffer", "5000km"), "too far"),
        (("--hazard", "{metres}"), "wrong CRS"),
    ],
)
def test_bad_events_are_told_with_exit_2(twin: Cli, tables: str, flood: str, words: tuple[str, ...], said: str) -> None:
    metres = Path(flood).with_name("metres.geojson")
    metres.write_text(
        json.dumps({"type": "Polygon", "coordinates": [[[5e5, 5e6], [6e5, 5e6], [6e5, 6e6], [5e5, 5e6]]]})
    )
    given = [word.replace("{flood}", flood).replace("{metres}", str(metres)) for word in words]
    for command in ("impact", "timeline"):
        answer = twin(command, *given, "--tables", tables)
        assert answer.code == 2
        assert said in answer.err
        assert "fix:" in answer.err


@pytest.mark.parametrize(
    "words", [("timeline",), ("explain", "ups"), ("explain",), ("compare",), ("compare", "--a", "ups")]
)
def test_a_question_without_an_event_is_a_usage_error(twin: Cli, tables: str, words: tuple[str, ...]) -> None:
    answer = twin(*words, "--tables", tables)
    assert (answer.code, answer.out) == (2, "")
    assert "[usage]" in answer.err
    assert "issing" in answer.err


def test_the_timeline_as_a_planner_reads_it(twin: Cli, tables: str) -> None:
    answer = twin("timeline", "bus-a", "--horizon", "10min", "--tables", tables)
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert "Timeline of losing bus-a (Bus A), within 10 min" in lines
    assert "0 s called genset genset by rack-2, on at 1 min" in lines
    assert "0 s on buffer ups ups power not fed: 15 min, until 15 min" in lines
    assert "1 min back rack-2 rack" in lines
    assert "rack-2 power 0 s 0 s 0 s 1 min -1 min" in lines
    assert "After the horizon 4 more go down, the first at 15 min." in lines
    assert "twin explain" in answer.err
    few = twin("timeline", "bus-a", "--top", "2", "--tables", tables).out
    assert "each of them with --all" in few
    everything = twin("timeline", "bus-a", "--all", "--tables", tables).out
    assert all(f"down          {name}" in everything for name in ("feeder", "rack-1", "server"))


def test_an_explanation_as_a_planner_reads_it(twin: Cli, tables: str) -> None:
    answer = twin("explain", "server", "-e", "bus-a", "--tables", tables)
    assert answer.out.splitlines()[0] == "server (GPU host) is down from 15 min on."
    assert "its buffer of 15 min lasted from 0 s to 15 min" in answer.out
    assert "bus-a (Bus A) fails in the event." in answer.out
    kept = twin("explain", "plant", "-e", "bus-a", "--tables", tables).out
    assert "plant (Nord) is unaffected." in kept
    idle = twin("explain", "spare", "-e", "bus-a", "--tables", tables).out
    assert "spare (Old) is not in service (status planned)." in idle
    assert twin("explain", "sever", "-e", "bus-a", "--tables", tables).err.count("Did you mean server") == 1


def test_the_graph_of_an_explanation(twin: Cli, tables: str, tmp_path: Path) -> None:
    printed = twin("explain", "server", "-e", "bus-a", "--dot", "--tables", tables).out
    twin("explain", "server", "-e", "bus-a", "-o", str(tmp_path / "proof.dot"), "--tables", tables)
    assert (tmp_path / "proof.dot").read_text(encoding="utf-8") == printed
    assert '"bus-a" -> "line"' in printed


def test_a_comparison_as_a_planner_reads_it(twin: Cli, tables: str) -> None:
    answer = twin("compare", "--a", "bus-a", "--b", "bus-a", "--b", "genset", "--tables", tables)
    assert "A: losing bus-a (Bus A)" in answer.out
    assert "B: losing bus-a (Bus A), genset (Diesel)" in answer.out
    assert "Only A affects 0, only B 1, both 8: 7 alike, 0 worse in A, 1 worse in B." in answer.out
    assert "A: down 0 s; B: down 0 s" in answer.out


@pytest.mark.parametrize(
    "words",
    [("timeline", "bus-a"), ("explain", "server", "-e", "bus-a"), ("compare", "--a", "bus-a", "--b", "ups")],
    ids=lambda words: words[0],
)
def test_answers_are_files_by_suffix(twin: Cli, tables: str, tmp_path: Path, words: tuple[str, ...]) -> None:
    for suffix in (".json", ".csv", ".gpkg"):
        path = tmp_path / f"answer{suffix}"
        answer = twin(*words, "-o", str(path), "--tables", tables)
        assert (answer.code, answer.out) == (0, "")
        assert path.stat().st_size > 0
    rows = list(csv.DictReader((tmp_path / "answer.csv").read_text(encoding="utf-8").splitlines()))
    layers = [name for name, _ in pyogrio.list_layers(tmp_path / "answer.gpkg") if name != "layer_styles"]
    frame = pd.concat([geopandas.read_file(tmp_path / "answer.gpkg", layer=name) for name in layers])
    assert len(rows) == len(frame) > 0
    assert set(frame["id"]) == {row["id"] for row in rows}
    assert twin(*words, "-o", str(tmp_path / "x.nope"), "--tables", tables).code == 2


def test_compare_takes_a_layer_for_each_hazard(twin: Cli, tables: str, tmp_path: Path) -> None:
    """Two layers of one file are two events."""
    file = str(tmp_path / "two.gpkg")
    for name, box in (("west", shapely.box(9.05, 50.05, 9.12, 50.12)), ("east", shapely.box(9.25, 50.25, 9.4, 50.4))):
        geopandas.GeoDataFrame(geometry=[box], crs="EPSG:4326").to_file(file, layer=name)
    words = ["compare", "--a-hazard", file, "--b-hazard", file, "--tables", tables]
    assert "several layers" in twin(*words).err
    found = twin(*words, "--a-hazard-layer", "west", "--hazard-layer", "east", "--json").json
    assert found["a"]["event"]["failed"] == ["bus-a", "line"]
    assert found["b"]["event"]["failed"] == ["feeder", "spare"]
    alike = twin(*words, "--hazard-layer", "east", "--json").json
    assert alike["counts"]["same"] == alike["counts"]["both"] > 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--a-hazard-layer", "x"), "--a-hazard-layer needs --a-hazard"),
        (("--buffer", "1km"), "need a hazard"),
        (("--hazard-layer", "x"), "need a hazard"),
    ],
)
def test_compare_refuses_what_is_said_of_no_hazard(twin: Cli, tables: str, words: tuple[str, ...], says: str) -> None:
    answer = twin("compare", "--a", "ups", "--b", "bus-a", *words, "--tables", tables)
    assert answer.code == 2
    assert says in answer.err


def test_a_hazard_that_hits_nothing_suggests_a_wider_one(twin: Cli, tables: str, tmp_path: Path) -> None:
    sea = tmp_path / "sea.geojson"
    sea.write_text(json.dumps({"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 1]]]}), encoding="utf-8")
    for name in ("impact", "timeline", "exposed"):
        answer = twin(name, "--hazard", str(sea), "--tables", tables)
        assert answer.code == 0
        assert "hits no asset" in answer.out
        assert f"twin {name} --hazard {sea} --buffer 1km --tables {tables}     a wider footprint" in answer.err
        assert "-o impact.geojson" not in answer.err
    more = twin("impact", "--hazard", str(sea), "--buffer", "2km", "--where", "kind=bus", "--tables", tables).err
    assert "--buffer 20km" in more
    assert "whatever it hits" in more


def test_backup_and_generation_are_told_apart(twin: Cli, tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text(
        "id,kind,capacity_mw,standby,ride_through_power_s\np,power_plant,600,,\nu,ups,2,,600\ng,genset,3,true,\n",
        encoding="utf-8",
    )
    (tmp_path / "links.csv").write_text("from,type,to\np,POWERS,u\ng,POWERS,u\n", encoding="utf-8")
    whole = twin("impact", "p", "u", "g", "--tables", str(tmp_path)).out
    assert "605 MW of capacity, 5 of it backup" in whole
    assert "1 power_plant (600 MW)" in whole
    assert "2 MW of backup" in twin("impact", "u", "--tables", str(tmp_path)).out


@pytest.mark.parametrize("folder", ["empty", "nowhere"])
def test_a_folder_without_tables_is_told_what_it_needs(twin: Cli, tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    answer = twin("impact", "x", "--tables", str(tmp_path / folder), "--json")
    assert answer.code == 2
    assert "Errno" not in answer.err
    assert "assets.csv" in answer.error["fix"]
    assert ("is no folder" in answer.error["detail"]) == (folder == "nowhere")


def test_a_point_names_the_option_it_needs(twin: Cli, tables: str, tmp_path: Path) -> None:
    point = tmp_path / "point.geojson"
    point.write_text(json.dumps({"type": "Point", "coordinates": [9.1, 50.1]}), encoding="utf-8")
    answer = twin("impact", "--hazard", str(point), "--tables", tables)
    assert answer.code == 2
    assert "--buffer 500m" in answer.err
    assert twin("impact", "--hazard", str(point), "--buffer", "500m", "--tables", tables).code == 0
