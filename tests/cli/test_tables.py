"""Questions of tables: no server is needed for any of these."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
import pandas as pd
import pyogrio
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]


def test_impact_says_what_is_lost_when_and_what_survives(twin: Cli, tables: str) -> None:
    answer = twin("impact", "bus-a", "--tables", tables)
    assert answer.code == 0
    assert "Impact of losing bus-a (Bus A), until all buffers are spent" in answer.out
    energy = next(line for line in answer.out.splitlines() if line.startswith("energy"))
    assert energy.split()[:6] == ["energy", "1", "4", "-", "-", "-"]
    assert "2.5 MW of demand" in energy
    assert "120 customers" in energy
    compute = next(line for line in answer.out.splitlines() if line.startswith("compute"))
    assert "8 GPUs" in compute
    assert "15 min" in compute
    assert "power 0 of 1 needed: line" in answer.out
    assert "next:" in answer.err
    assert "next:" not in answer.out


def test_a_horizon_leaves_the_buffered_at_risk(twin: Cli, tables: str) -> None:
    answer = twin("impact", "bus-a", "--tables", tables, "--horizon", "10min")
    assert "within 10 min" in answer.out
    assert "will drop later, the first after 15 min" in answer.out
    assert "Standby: genset on after 1 min, for 24 h" in answer.out
    assert "Came back: rack-2 (Rack 2)" in answer.out


def test_json_is_the_result_of_the_design(twin: Cli, tables: str) -> None:
    document = twin("impact", "bus-a", "--tables", tables, "--horizon", "8h", "--json").json
    assert document["event"] == {"failed": ["bus-a"], "horizon_s": 28800}
    assert document["model_level"] == "L1"
    assert {"revision", "summary", "assumptions", "affected", "notice"} <= document.keys()
    verdicts = {entry["id"]: entry["verdict"] for entry in document["affected"]}
    assert verdicts == {
        "bus-a": "failed",
        "line": "down",
        "bus-b": "down",
        "feeder": "down",
        "ups": "down",
        "rack-1": "down",
        "server": "down",
        "rack-2": "interrupted",
    }
    assert document["summary"]["energy"]["failed"] == 1


def test_ids_come_from_stdin_too(twin: Cli, tables: str) -> None:
    answer = twin("impact", "-", "line", "--tables", tables, "--json", stdin="ups\n\n line \r\n")
    assert answer.json["event"]["failed"] == ["line", "ups"]


def test_no_id_at_all_is_said(twin: Cli, tables: str) -> None:
    answer = twin("impact", "-", "--tables", tables)
    assert answer.code == 2
    assert "no asset id was given" in answer.err


def test_nothing_affected_is_an_answer(twin: Cli, tables: str) -> None:
    answer = twin("impact", "spare", "--tables", tables)
    assert answer.code == 0
    assert "Nothing is affected." in answer.out
    assert "spare" in answer.out


def test_all_lists_all_and_top_few(twin: Cli, tables: str) -> None:
    few = twin("impact", "bus-a", "--tables", tables, "--top", "2").out
    assert "2 of 8 affected assets" in few
    everything = twin("impact", "bus-a", "--tables", tables, "--all").out
    assert "affected assets; all with" not in everything
    assert all(name in everything for name in ("rack-1", "rack-2", "server", "feeder"))


def read_layers(path: Path) -> geopandas.GeoDataFrame:
    """All rows of a file, whichever layer they are in."""
    if path.suffix == ".parquet":
        return geopandas.read_parquet(path)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [f"/vsizip/{path}/{name}" for name in archive.namelist() if name.endswith(".shp")]
        return pd.concat([pyogrio.read_dataframe(name) for name in names])
    layers = [name for name, _ in pyogrio.list_layers(path) if name != "layer_styles"]
    return pd.concat([pyogrio.read_dataframe(path, layer=name) for name in layers])


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".fgb", ".parquet", ".geojsonl", ".shp.zip"])
def test_an_impact_is_a_layer(twin: Cli, tables: str, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"impact{suffix}"
    answer = twin("impact", "bus-a", "--tables", tables, "-o", str(path))
    assert answer.code == 0
    assert answer.out == ""
    frame = read_layers(path)
    assert frame.crs.to_epsg() == 4326
    rows = frame.set_index("id")
    assert rows.loc["rack-1", "verdict"] == "down"
    assert rows.loc["rack-1", "time_s"] == 900
    assert rows.loc["line"].geometry.geom_type == "LineString"
    assert rows.loc["bus-a"].geometry.x == 9.1


def test_an_impact_is_a_table_and_a_document(twin: Cli, tables: str, tmp_path: Path) -> None:
    twin("impact", "bus-a", "--tables", tables, "-o", str(tmp_path / "x.csv"))
    text = (tmp_path / "x.csv").read_text(encoding="utf-8")
    rows = {row["id"]: row for row in csv.DictReader(text.splitlines())}
    assert json.loads(rows["rack-1"]["outages"]) == [[900, None]]
    twin("impact", "bus-a", "--tables", tables, "-o", str(tmp_path / "x.json"))
    assert json.loads((tmp_path / "x.json").read_text())["summary"]["compute"]["down"] == 3


def test_an_unknown_suffix_is_refused_before_any_work(twin: Cli, tables: str, tmp_path: Path) -> None:
    answer = twin("impact", "bus-a", "--tables", tables, "-o", str(tmp_path / "x.geojsn"))
    assert answer.code == 2
    assert "Did you mean .geojson" in answer.err
    assert [p.name for p in tmp_path.iterdir()] == ["tables"]


def test_a_missing_folder_is_said(twin: Cli, tables: str, tmp_path: Path) -> None:
    answer = twin("impact", "bus-a", "--tables", tables, "-o", str(tmp_path / "no" / "x.csv"))
    assert answer.code == 2
    assert "is not a folder" in answer.err


def test_show_has_facts_units_and_gates(twin: Cli, tables: str) -> None:
    answer = twin("show", "ups", "--tables", tables)
    assert answer.code == 0
    assert "UPS 1" in answer.out
    assert "15 min" in answer.out
    assert "1 of 1" in answer.out
    document = twin("show", "feeder", "--tables", tables, "--json").json
    assert document["properties"] == {"demand_mw": 2.5, "customers": 120}
    assert document["geometry"] == {"type": "Point", "coordinates": [9.3, 50.3]}
    assert [gate["service"] for gate in document["gates"]] == ["power"]
    assert {member["id"] for member in document["gates"][0]["members"]} == {"bus-a", "bus-b"}


def test_an_unknown_asset_gets_a_suggestion(twin: Cli, tables: str) -> None:
    answer = twin("show", "buss-a", "--tables", tables)
    assert answer.code == 2
    assert "Did you mean bus-a" in answer.err
    assert "fix:" in answer.err
    assert answer.out == ""
    assert twin("impact", "buss-a", "--tables", tables, "--json").error["code"] == "unknown_asset"


def test_all_unknown_ids_are_named_at_once(twin: Cli, tables: str) -> None:
    answer = twin("impact", "bus-a", "buss-a", "nowhere", "--tables", tables)
    assert answer.code == 2
    assert "2 of 3 ids are unknown: buss-a, nowhere" in answer.err
    assert twin("impact", "x", "y", "--tables", tables, "--json").error["ids"] == ["x", "y"]


def test_find_filters_and_says_when_there_is_more(twin: Cli, tables: str) -> None:
    ids = {item["id"] for item in twin("find", "bus", "--tables", tables, "--json").json["items"]}
    assert ids == {"bus-a", "bus-b", "spare"} or ids == {"bus-a", "bus-b"}
    assert twin("find", "--kind", "rack", "--tables", tables, "--json").json["total"] == 2
    assert (
        twin("find", "--bbox", "9.05,50.05,9.15,50.15", "--tables", tables, "--json").json["items"][0]["id"] == "bus-a"
    )
    cut = twin("find", "--tables", tables, "--limit", "3")
    assert "3 of 11" in cut.err
    nothing = twin("find", "zebra", "--tables", tables)
    assert nothing.code == 0
    assert "No asset matches 'zebra'" in nothing.err


def test_a_wrong_kind_domain_or_box_is_refused(twin: Cli, tables: str) -> None:
    assert "Did you mean rack" in twin("find", "--kind", "racks", "--tables", tables).err
    assert "Did you mean energy" in twin("find", "--domain", "enrgy", "--tables", tables).err
    assert twin("find", "--bbox", "1,2,3", "--tables", tables).code == 2
    assert twin("find", "--bbox", "nan,2,3,4", "--tables", tables).code == 2


def test_dependencies_and_dependents_go_both_ways(twin: Cli, tables: str) -> None:
    up = twin("dependencies", "server", "--tables", tables, "--json").json
    assert [(item["id"], item["hop"]) for item in up["items"]][:2] == [("ups", 1), ("rack-1", 1)]
    assert up["total"] == 6
    assert {item["id"] for item in up["items"]} == {"rack-1", "ups", "bus-b", "line", "bus-a", "plant"}
    assert twin("dependencies", "server", "--depth", "1", "--tables", tables, "--json").json["total"] == 2
    down = twin("dependents", "ups", "--tables", tables, "--json").json
    assert [item["id"] for item in down["items"]] == ["rack-1", "server"]
    assert twin("dependents", "ups", "--domain", "compute", "--tables", tables, "--json").json["total"] == 2


def test_a_tree_hangs_each_asset_below_its_parent(twin: Cli, tables: str) -> None:
    lines = twin("dependencies", "server", "--tree", "--tables", tables).out.splitlines()
    assert lines[0] == "server"
    below = {line.strip("│├└─ ").split()[0]: len(line) - len(line.lstrip("│├└─ ")) for line in lines[1:]}
    assert below["ups"] == below["rack-1"] < below["bus-b"] < below["line"]
    assert twin("dependencies", "plant", "--tables", tables).out == "plant has no dependencies.\n"


def test_a_tree_of_some_domains_hangs_together(twin: Cli, tables: str) -> None:
    with (Path(tables) / "assets.csv").open("a", encoding="utf-8") as out:
        out.write("job,workload,Job" + "," * 11 + "\n")
    with (Path(tables) / "links.csv").open("a", encoding="utf-8") as out:
        out.write("server,HOSTS,job,,\n")
    answer = twin("dependencies", "job", "--tree", "--domain", "energy", "--tables", tables)
    assert answer.code == 0
    assert "server" not in answer.out
    assert answer.out.splitlines()[1].split()[1] == "ups"


def test_completeness_by_kind_and_source(twin: Cli, tables: str, tmp_path: Path) -> None:
    document = twin("completeness", "--tables", tables, "--json").json
    rows = {row["kind"]: row for row in document["items"]}
    assert rows["ups"]["parts"]["supply"] == {"have": 1, "of": 1, "share": 1.0}
    assert rows["server"]["parts"]["stated"]["of"] > rows["server"]["assets"]
    assert document["total"]["assets"] == 11
    told = twin("completeness", "--tables", tables)
    assert (told.code, told.out.splitlines()[0].split()[:4]) == (0, ["source", "kind", "assets", "score"])
    assert told.out.splitlines()[len(rows) + 1].split()[:2] == ["all", "11"]
    only = twin("completeness", "--tables", tables, "--kind", "bus", "--json").json["items"]
    assert [row["kind"] for row in only] == ["bus"]
    assert len(twin("completeness", "--tables", tables, "--by", "source", "--json").json["items"]) == 1
    assert twin("completeness", "--tables", tables, "-o", str(tmp_path / "c.csv")).code == 0
    assert (tmp_path / "c.csv").read_text().startswith("source,kind,domain,assets,score,supply,supply_have,supply_of,")
    assert "Did you mean bus" in twin("completeness", "--tables", tables, "--kind", "buss").err
    assert twin("completeness", "--tables", tables, "--source", "x").code == 2


def test_every_answer_about_tables_says_what_it_rests_on(twin: Cli, tables: str) -> None:
    for words in (
        ["impact", "ups"], ["timeline", "ups"], ["explain", "server", "--event", "ups"], ["spof", "server"],
        ["compare", "--a", "ups", "--b", "line"], ["criticality"], ["cut-sets", "server"], ["exposed", "ups"],
        ["cold-start"], ["deadlocks"], ["paths", "bus-a", "bus-b"], ["mesh"], ["mesh", "--dominators"],
        ["dependencies", "server"], ["dependents", "ups"], ["screen", "--random", "3", "--failures", "1"],
        ["completeness"],
    ):  # fmt: skip
        answer = twin(*words, "--tables", tables, "--json")
        assert answer.code == 0, (words, answer.err)
        assert answer.json["assumptions"] == {"assumed_supplied": 0, "baseline_down": 0, "sources": []}, words


def test_findings_exit_with_1_when_there_are_any(twin: Cli, tables: str) -> None:
    assert twin("findings", "--tables", tables).code == 0
    with (Path(tables) / "assets.csv").open("a", encoding="utf-8") as out:
        out.write("lonely,server,Lonely" + "," * 11 + "\n")
    answer = twin("findings", "--tables", tables)
    assert answer.code == 1
    assert "assumed_supplied" in answer.out
    assert "lonely" in answer.out
    document = twin("findings", "--tables", tables, "--json", "--code", "assumed_supplied").json
    assert [item["assets"] for item in document["items"]] == [["lonely"]]
    for words, code in ((("--kind", "server"), 1), (("--kind", "vm"), 0), (("--source", "other"), 0)):
        assert twin("findings", "--tables", tables, *words).code == code, words
    assert twin("findings", "--tables", tables, "--severity", "error").code == 0
    assert "Did you mean assumed_supplied" in twin("findings", "--tables", tables, "--code", "assumed_suplied").err


def test_findings_are_counted_and_drawn_beyond_those_that_are_named(twin: Cli, tables: str, tmp_path: Path) -> None:
    with (Path(tables) / "assets.csv").open("a", encoding="utf-8") as out:
        out.writelines(f"lonely-{i},server,Lonely,9,50" + "," * 9 + "\n" for i in range(1_200))
    words = ("findings", "--tables", tables, "--code", "assumed_supplied")
    (item,) = twin(*words, "--json").json["items"]
    assert (item["count"], len(item["assets"])) == (1_200, 1_000)
    (row,) = twin(*words, "--by", "kind", "--json").json["items"]
    assert (row["kind"], row["assets"]) == ("server", 1_200)
    assert twin(*words, "-o", str(tmp_path / "f.gpkg")).code == 1
    assert len(read_layers(tmp_path / "f.gpkg")) == 1_200
    servers = twin("completeness", "--tables", tables, "--kind", "server", "--json").json["items"][0]
    assert servers["parts"]["supply"]["of"] - servers["parts"]["supply"]["have"] >= 1_200


def test_export_writes_all_properties(twin: Cli, tables: str, tmp_path: Path) -> None:
    path = tmp_path / "all.gpkg"
    assert twin("export", "--tables", tables, "-o", str(path)).code == 0
    rows = read_layers(path).set_index("id")
    assert len(rows) == 11
    assert "bus" in {name for name, _ in pyogrio.list_layers(path)}, "a layer for each kind"
    assert rows.loc["feeder", "demand_mw"] == 2.5
    nothing = twin("export", "--tables", tables, "--text", "zebra", "-o", str(tmp_path / "none.csv"))
    assert nothing.code == 2
    assert not (tmp_path / "none.csv").exists()


def test_export_in_json_is_the_rows_or_what_was_written(twin: Cli, tables: str, tmp_path: Path) -> None:
    whole = twin("export", "--tables", tables, "--json").json
    assert (whole["total"], len(whole["items"])) == (11, 11)
    path = tmp_path / "all.csv"
    said = twin("export", "--tables", tables, "--json", "-o", str(path)).json
    assert said == {"revision": 0, "total": 11, "file": str(path)}
    assert len(path.read_text().splitlines()) == 12
    lines = {row["id"]: row["wkt"] for row in csv.DictReader(path.read_text().splitlines())}
    assert lines["line"].startswith("LINESTRING")
    neither = twin("export", "--tables", tables)
    assert neither.code == 2
    assert "-o FILE" in neither.err


def test_missing_tables_are_a_clear_error(twin: Cli, tmp_path: Path) -> None:
    answer = twin("impact", "x", "--tables", str(tmp_path / "nowhere"))
    assert answer.code == 2
    assert "assets.csv" in answer.err
    assert "Traceback" not in answer.err


def test_control_characters_of_an_export_do_not_reach_the_terminal(twin: Cli, tables: str) -> None:
    with (Path(tables) / "assets.csv").open("a", encoding="utf-8") as out:
        out.write("evil,bus,\x1b[31mred [bold]" + "," * 11 + "\n")
    for words in (("find", "evil"), ("show", "evil"), ("impact", "evil"), ("dependents", "evil", "--tree")):
        answer = twin(*words, "--tables", tables)
        assert "\x1b" not in answer.out + answer.err
        assert words[0] == "dependents" or "red [bold]" in answer.out
