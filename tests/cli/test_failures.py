"""Commands about single, further and many failures, without a database."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from twin import Snapshot

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]


def test_criticality_lists_the_worst_first(twin: Cli, tables: str) -> None:
    answer = twin("criticality", "--tables", tables, "--top", "3")
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines()[2:5]] == ["plant", "bus-a", "line"]
    assert "3 of 10 single failures" in answer.err
    assert "twin impact plant" in answer.err
    assert "steady" in answer.out


def test_criticality_says_the_same_as_python(twin: Cli, tables: str) -> None:
    answer = twin("criticality", "-W", "customers", "--all", "--pairs", "--json", "--tables", tables)
    wanted = Snapshot.from_tables(tables).criticality("customers", pairs=True).to_dict()
    assert answer.json == {**wanted, "notice": None}
    late = twin("criticality", "--timeline", "-H", "5min", "--json", "--all", "--tables", tables).json
    assert late == {**Snapshot.from_tables(tables).criticality(timeline=True, horizon_s=300).to_dict(), "notice": None}


@pytest.mark.parametrize("suffix", [".csv", ".json", ".geojson", ".gpkg", ".parquet"])
def test_criticality_as_a_file(twin: Cli, tables: str, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"c{suffix}"
    answer = twin("criticality", "--all", "--tables", tables, "-o", str(target))
    assert answer.code == 0, answer.err
    assert answer.out == ""
    assert target.stat().st_size > 100
    if suffix == ".geojson":
        found = json.loads(target.read_text(encoding="utf-8"))
        assert {f["properties"]["id"] for f in found["features"]} >= {"plant", "line"}
    if suffix == ".csv":
        assert target.read_text(encoding="utf-8").splitlines()[0].startswith("id,kind,domain,name,assets,lost,")


def test_a_file_and_json_have_all_whatever_is_shown(twin: Cli, tables: str, tmp_path: Path) -> None:
    target = tmp_path / "c.csv"
    assert twin("criticality", "--top", "2", "--tables", tables, "-o", str(target)).code == 0
    assert len(target.read_text(encoding="utf-8").splitlines()) == 1 + 10
    assert len(twin("criticality", "--top", "2", "--tables", tables, "--json").json["items"]) == 10
    (tmp_path / "assets.csv").write_text("id,kind\na,bus\nb,bus\nc,bus\nx,rack\ny,rack\n", encoding="utf-8")
    fed = "".join(f"{one},POWERS,{other}\n" for one, other in ("ax", "bx", "by", "cy"))
    (tmp_path / "links.csv").write_text(f"from,type,to\n{fed}", encoding="utf-8")
    words = ["criticality", "--top", "0", "--pairs", "--tables", str(tmp_path)]
    document = twin(*words, "--json").json
    assert {(row["a"], row["b"]) for row in document["pairs"]} == {("a", "b"), ("b", "c")}
    assert twin(*words, "-o", str(target)).code == 0
    assert len(target.read_text(encoding="utf-8").splitlines()) == 1 + document["pairs_total"] == 3
    shown = twin("criticality", "--top", "2", "--tables", tables)
    assert "2 of 10 single failures; all with --all" in shown.err


def test_progress_is_told_where_nobody_sees_a_bar(capsys: pytest.CaptureFixture[str]) -> None:
    from twin.cli.progress import Lines, bar

    with bar("failures") as tell:
        tell(5, 10)
    assert capsys.readouterr().err == ""  # short work tells nothing
    often = Lines("failures", every_s=0.0)
    often(1_000, 4_000)
    often(2_000, 4_000)
    assert capsys.readouterr().err.splitlines() == [
        "failures: 1,000 of 4,000 (25 %)",
        "failures: 2,000 of 4,000 (50 %)",
    ]


def test_ctrl_c_ends_a_long_question_without_a_traceback(tmp_path: Path) -> None:
    """A mesh of 70 x 70 buses has some 12 million pairs: minutes of work."""
    side = 70
    names = [f"b-{x}-{y}" for x in range(side) for y in range(side)]
    pairs = [(f"b-{x}-{y}", f"b-{x + 1}-{y}") for x in range(side - 1) for y in range(side)]
    pairs += [(f"b-{x}-{y}", f"b-{x}-{y + 1}") for x in range(side) for y in range(side - 1)]
    rows = ["id,kind", "p,power_plant", *(f"{name},bus" for name in names)]
    links = ["from,type,to", "p,POWERS,b-0-0", *(f"{a},CONDUCTS,{b}" for a, b in pairs)]
    (tmp_path / "assets.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "links.csv").write_text("\n".join(links), encoding="utf-8")
    words = [sys.executable, "-m", "twin.cli.main", "criticality", "--pairs", "--tables", str(tmp_path)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert "failures:" in running.stderr.readline()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=120)
    assert running.returncode == 130
    assert out == ""
    assert "Interrupted." in err
    assert "Traceback" not in err


def test_pairs_as_a_table_and_never_as_a_layer(twin: Cli, tables: str, tmp_path: Path) -> None:
    answer = twin("criticality", "--pairs", "--all", "--tables", tables, "-o", str(tmp_path / "p.csv"))
    assert answer.code == 0
    assert (tmp_path / "p.csv").exists()
    refused = twin("criticality", "--pairs", "--tables", tables, "-o", str(tmp_path / "p.gpkg"))
    assert refused.code == 2
    assert "no place on a map" in refused.err
    assert not (tmp_path / "p.gpkg").exists()


def test_spof(twin: Cli, tables: str) -> None:
    answer = twin("spof", "server", "--tables", tables)
    assert answer.code == 0
    named = {line.split()[1] for line in answer.out.splitlines() if line.startswith("down")}
    assert named == {"plant", "bus-a", "line", "bus-b", "ups", "rack-1"}
    again = twin("spof", "rack-2", "--timeline", "-H", "1h", "--tables", tables, "--json").json
    assert again["down"] == []
    assert {row["id"] for row in again["interrupted"]} == {"plant", "bus-a", "line", "bus-b"}
    assert again["interrupted"][0]["outages"] == [[0.0, 60.0]]
    none = twin("spof", "plant", "--tables", tables)
    assert "no single other asset" in none.out
    assert "does not operate" in twin("spof", "spare", "--tables", tables).out


def test_exposed(twin: Cli, tables: str) -> None:
    answer = twin("exposed", "bus-b", "--timeline", "-H", "1h", "--tables", tables, "--json")
    rack = next(row for row in answer.json["exposed"] if row["id"] == "rack-2")
    assert rack["failures"] == ["genset"]
    shown = twin("exposed", "bus-b", "--timeline", "-H", "1h", "--tables", tables)
    assert "genset" in shown.out
    assert "both together" in shown.err
    assert "Nothing" in twin("exposed", "server", "--tables", tables).out
    assert twin("exposed", "-", "--tables", tables, "--json", stdin="bus-b\n").json["event"]["failed"] == ["bus-b"]


def test_exposed_by_selection_and_hazard(twin: Cli, tables: str, tmp_path: Path) -> None:
    hazard = tmp_path / "flood.geojson"
    ring = [[9.15, 50.15], [9.25, 50.15], [9.25, 50.25], [9.15, 50.25], [9.15, 50.15]]
    hazard.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}), encoding="utf-8")
    in_time = ["--timeline", "-H", "1h", "--tables", tables]
    words = ["exposed", "--hazard", str(hazard), "--where", "id=bus-b", *in_time]
    found = twin(*words, "--json").json
    assert found["event"]["failed"] == ["bus-b"]
    assert found["event"]["chosen"]["hazard"]["hits"] > 1
    assert found["exposed"] == twin("exposed", "bus-b", *in_time, "--json").json["exposed"] != []
    shown = twin(*words)
    assert "the hazard flood.geojson" in shown.out
    assert f"--hazard {hazard}" in shown.err
    by_kind = twin("exposed", "-w", "kind=ups", "--tables", tables, "--json").json
    assert by_kind["event"]["failed"] == ["ups"]
    assert twin("exposed", "--tables", tables).code == 2
    far = tmp_path / "far.geojson"
    far.write_text(json.dumps({"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 1]]]}), encoding="utf-8")
    none = twin("exposed", "--hazard", str(far), "--tables", tables)
    assert none.code == 0
    assert "hits no asset" in none.out


def test_screen_says_which_assets_failed(twin: Cli, tables: str, tmp_path: Path) -> None:
    """What is drawn can be asked again: the failed ids of each scenario give the same row."""
    words = ["screen", "--random", "20", "--seed", "7", "--failures", "2", "--tables", tables]
    drawn = twin(*words, "--json").json["items"]
    assert all(len(row["failed_ids"]) == 2 for row in drawn)
    again = tmp_path / "again.json"
    again.write_text(json.dumps({row["scenario"]: row["failed_ids"] for row in drawn}), encoding="utf-8")
    assert twin("screen", str(again), "--tables", tables, "--json").json["items"] == drawn
    for suffix in ("csv", "parquet"):
        assert twin(*words, "-o", str(tmp_path / f"s.{suffix}")).code == 0
    assert pq.read_table(tmp_path / "s.parquet")["failed_ids"].to_pylist() == [row["failed_ids"] for row in drawn]
    with (tmp_path / "s.csv").open(encoding="utf-8", newline="") as stream:
        assert [json.loads(row["failed_ids"]) for row in csv.DictReader(stream)] == [r["failed_ids"] for r in drawn]
    assert ", ".join(drawn[0]["failed_ids"]) in twin(*words).out


def test_a_scenario_that_hits_nothing_counts_and_is_named(twin: Cli, tables: str, tmp_path: Path) -> None:
    file = tmp_path / "storms.json"
    file.write_text(json.dumps({"north": ["plant"], "calm": [], "old": ["spare"]}), encoding="utf-8")
    found = twin("screen", str(file), "--tables", tables, "--json").json
    assert {row["scenario"]: row["assets"] for row in found["items"]} == {"north": 9, "calm": 0, "old": 0}
    assert any("2 of 3 scenarios hit nothing" in note and "(calm, old)" in note for note in found["notes"])
    file.write_text(json.dumps({"calm": []}), encoding="utf-8")
    refused = twin("screen", str(file), "--tables", tables)
    assert refused.code == 2
    assert "no scenario names an asset: calm" in refused.err
    chances = twin("screen", "--random", "5", "-p", "0", "--tables", tables)
    assert "every scenario would be empty" in chances.err


def test_screen_a_file(twin: Cli, tables: str, tmp_path: Path) -> None:
    scenarios = tmp_path / "storms.csv"
    scenarios.write_text("scenario,id\nnorth,plant\nsouth,ups\nsouth,feeder\n", encoding="utf-8")
    found = twin("screen", str(scenarios), "-W", "customers", "--assets", "--tables", tables, "--json").json
    assert {row["scenario"]: (row["failed"], row["lost"]) for row in found["items"]} == {
        "north": (1, 120.0),
        "south": (2, 120.0),
    }
    assert next(row for row in found["often"] if row["id"] == "feeder")["frequency"] == 1.0
    shown = twin("screen", str(scenarios), "--tables", tables)
    assert "2 scenarios" in shown.out
    for suffix in (".csv", ".parquet", ".json"):
        target = tmp_path / f"s{suffix}"
        assert twin("screen", str(scenarios), "--tables", tables, "-o", str(target)).code == 0
        assert target.stat().st_size > 50
    layer = tmp_path / "lost.geojson"
    assert twin("screen", str(scenarios), "--assets", "--tables", tables, "-o", str(layer)).code == 0
    assert json.loads(layer.read_text(encoding="utf-8"))["features"]


def test_screen_at_random(twin: Cli, tables: str) -> None:
    words = ["screen", "--random", "50", "--seed", "4", "--kind", "bus=0.3", "--tables", tables, "--json"]
    first = twin(*words).json
    assert first["total"] == 50
    assert twin(*words).json == first
    other = twin("screen", "--random", "5", "--failures", "2", "--tables", tables, "--json").json
    assert {row["failed"] for row in other["items"]} == {2}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("criticality", "-W", "custmers"), "Did you mean customers"),
        (("criticality", "-d", "energie"), "energy"),
        (("criticality", "-H", "8h"), "--horizon needs --timeline"),
        (("criticality", "-o", "x.xlsx"), "no format"),
        (("spof", "serve"), "server"),
        (("exposed", "bus-x", "bus-y"), "bus-y"),
        (("screen",), "from a file or are drawn"),
        (("screen", "x.csv", "--random", "3"), "from a file or are drawn"),
        (("screen", "nothing.csv"), "nothing.csv"),
        (("screen", "nothing.csv", "-p", "0.5"), "chances are for random"),
        (("screen", "--random", "3"), "need chances"),
        (("screen", "--random", "3", "-p", "1.5"), "from 0 to 1"),
        (("screen", "--random", "3", "-k", "bus"), "bus=0.01"),
        (("screen", "--random", "3", "-k", "bus=0.1", "-p", "0.1"), "given twice"),
        (("screen", "--random", "3", "-p", "0.1", "-o", "x.gpkg"), "no place on a map"),
    ],
)
def test_mistakes_are_told_with_a_fix(twin: Cli, tables: str, words: tuple[str, ...], says: str) -> None:
    answer = twin(*words, "--tables", tables)
    assert answer.code == 2
    assert says in answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""


def test_bad_rows_of_scenarios_are_told_by_row(twin: Cli, tables: str, tmp_path: Path) -> None:
    scenarios = tmp_path / "storms.csv"
    scenarios.write_text("scenario,id\nnorth,plant\nsouth,upps\n", encoding="utf-8")
    answer = twin("screen", str(scenarios), "--tables", tables, "--json")
    assert answer.code == 2
    assert "storms.csv:3:id" in answer.error["detail"]
    assert answer.error["rejects"][0]["code"] == "unknown_asset"


def test_cold_start(twin: Cli, tables: str, tmp_path: Path) -> None:
    answer = twin("cold-start", "--tables", tables)
    assert answer.code == 0
    assert "Everything that operates starts by itself" in answer.out
    assert twin("cold-start", "--tables", tables, "--json").json["sizes"][0] == 2
    target = tmp_path / "rounds.csv"
    assert twin("cold-start", "--tables", tables, "-o", str(target)).code == 0
    lines = target.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "id,kind,domain,name,round"
    assert len(lines) == 11


def test_deadlocks(twin: Cli, tables: str, tmp_path: Path) -> None:
    assert "No deadlock" in twin("deadlocks", "--tables", tables).out
    with Path(tables, "assets.csv").open("a", encoding="utf-8") as file:
        file.write("grid,bus,,,,,,,,,,,,\nplant-2,power_plant,,,,,,,,,,,,\ntelecom,exchange,,,,,,,,,,,,\n")
    with Path(tables, "links.csv").open("a", encoding="utf-8") as file:
        file.write("plant-2,POWERS,grid,,\ngrid,POWERS,telecom,,\ntelecom,SERVES,plant-2,,\n")
    found = twin("deadlocks", "--tables", tables, "--json").json
    (core,) = found["items"]
    assert core["assets"] == ["grid", "plant-2", "telecom"]
    assert (len(core["places"]), core["exact"]) == (1, True)
    shown = twin("deadlocks", "--tables", tables)
    assert "portable sources needed: 1" in shown.out
    assert "would not start" in twin("cold-start", "--tables", tables).out
    target = tmp_path / "cores.csv"
    assert twin("deadlocks", "--tables", tables, "-o", str(target)).code == 0
    assert len(target.read_text(encoding="utf-8").splitlines()) == 4


def test_hints_fit_what_was_asked(twin: Cli, tables: str, tmp_path: Path) -> None:
    """The weight that is suggested is one that assets carry; a screening is repeated as it was asked."""
    assert "twin criticality --weight customers" in twin("criticality", "--tables", tables).err
    by = twin("criticality", "--weight", "demand_mw", "--tables", tables)
    assert "Criticality by demand_mw (MW)" in by.out
    assert "lost MW" in by.out
    assert "twin criticality --weight demand_mw --tables" in by.err
    (tmp_path / "assets.csv").write_text("id,kind,voltage_kv\na,bus,380\nb,bus,380\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text("from,type,to\na,CONDUCTS,b\n", encoding="utf-8")
    bare = twin("criticality", "--tables", str(tmp_path))
    assert "--weight" not in bare.err
    words = ["screen", "--random", "9", "--seed", "4", "--kind", "bus=0.5", "--weight", "customers"]
    shown = twin(*words, "--tables", tables)
    assert f"twin {' '.join(words)} --assets --tables" in shown.err
    assert f"twin {' '.join(words)} --tables {tables} -o screen.parquet" in shown.err
    single = twin("screen", "--random", "5", "--failures", "1", "--tables", tables)
    assert "the worst one: when and why" in single.err


def test_tables_of_scenarios_show_sensible_digits(twin: Cli, tables: str) -> None:
    words = ["screen", "--random", "7", "--failures", "2", "--weight", "demand_mw", "--tables", tables]
    exact = twin(*words, "--json").json["summary"]["assets"]["mean"]
    assert exact == round(exact, 6) != round(exact, 3)
    assert f" {exact:.3f}".rstrip("0") in twin(*words).out


@pytest.mark.parametrize(
    ("file", "text", "says", "fix"),
    [
        ("s.csv", "storm,asset\na,bus-a\n", "columns scenario, id are missing; there are storm, asset", "scenario, id"),
        ("s.csv", "scenario,asset\na,bus-a\n", "column id is missing", "needed are: scenario, id"),
        ("s.gpkg", "", "no table has the suffix '.gpkg'", "twin impact --hazard FILE"),
    ],
)
def test_a_file_of_scenarios_is_told_what_it_lacks(
    twin: Cli, tables: str, tmp_path: Path, file: str, text: str, says: str, fix: str
) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    answer = twin("screen", str(tmp_path / file), "--tables", tables, "--json")
    assert answer.code == 2
    assert says in answer.error["detail"]
    assert fix in answer.error["fix"]
