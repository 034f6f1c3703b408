"""What the command line makes of a user's words, and what it says about what is missing; no server is needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyogrio
import pytest

from twin.cli.commands.timeline import _groups

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]


@pytest.mark.parametrize(
    ("words", "by", "disjoint"),
    [
        (["--by", "km"], "length_km", None),
        (["--by", "Latency"], "latency_ms", None),
        (["--disjoint", "srlg", "-k", "2"], "hops", "risk"),
        (["--by", "distance", "--disjoint", "link", "-k", "2"], "length_km", "edge"),
        (["--disjoint", "nodes", "-k", "2"], "hops", "node"),
    ],
)
def test_usual_words_for_routes_are_understood(
    twin: Cli, tables: str, words: list[str], by: str, disjoint: str | None
) -> None:
    answer = twin("paths", "bus-a", "bus-b", *words, "--tables", tables, "--json")
    assert answer.code == 0, answer.err
    assert (answer.json["question"]["by"], answer.json["question"]["disjoint"]) == (by, disjoint)


@pytest.mark.parametrize("words", [["--by", "euros"], ["--disjoint", "colour"]])
def test_other_words_for_routes_are_refused_with_those_there_are(twin: Cli, tables: str, words: list[str]) -> None:
    answer = twin("paths", "bus-a", "bus-b", *words, "--tables", tables)
    assert answer.code == 2
    assert "unknown" in answer.err
    assert ("length_km" if "--by" in words else "risk") in answer.err


def test_ends_without_a_service_in_common_say_so(twin: Cli, tables: str) -> None:
    answer = twin("paths", "spare", "server", "--tables", tables, "--json").json
    assert answer["question"]["service"] is None
    assert any("`service` is null" in note for note in answer["notes"])
    assert "--over all" in twin("paths", "spare", "server", "--tables", tables).err
    joined = twin("paths", "bus-a", "bus-b", "--tables", tables, "--json").json
    assert joined["question"]["service"] == "power"
    assert not any("null" in note for note in joined["notes"])


def test_an_event_without_its_flag_is_told_where_it_goes(twin: Cli, tables: str) -> None:
    answer = twin("explain", "server", "bus-b", "line", "--tables", tables)
    assert answer.code == 2
    assert "--event bus-b --event line" in answer.err
    assert "--event ID" in twin("explain", "server", "--tables", tables).err
    assert "--event" not in twin("impact", "--tables", tables).err
    assert "--event" not in twin("spof", "server", "bus-b", "--tables", tables).err


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "parquet"])
def test_a_layer_says_what_has_no_place(twin: Cli, tables: str, tmp_path: Path, suffix: str) -> None:
    assets = Path(tables) / "assets.csv"
    assets.write_text(assets.read_text(encoding="utf-8").replace("Rack 1,9.2,50.2", "Rack 1,,"), encoding="utf-8")
    target = tmp_path / f"impact.{suffix}"
    said = "1 of 5 rows have no known place and are written without geometry (1 rack)."
    answer = twin("impact", "ups", "-o", str(target), "--tables", tables)
    assert answer.code == 0
    placeless = [line for line in answer.err.splitlines() if "no known place" in line]
    rows = len(twin("impact", "ups", "--tables", tables, "--json").json["affected"])
    said = said.replace("of 5", f"of {rows}")
    assert placeless == [said]
    if suffix == "geojson":
        assert json.loads(target.read_text(encoding="utf-8"))["notes"] == [said]
    elif suffix != "parquet":
        layer = pyogrio.list_layers(target)[0][0]
        assert said in pyogrio.read_info(target, layer=layer)["layer_metadata"].values()
    everywhere = twin("impact", "feeder", "-o", str(target), "--tables", tables)
    assert "no known place" not in everywhere.err
    if suffix == "geojson":
        assert "notes" not in json.loads(target.read_text(encoding="utf-8"))


def test_lines_of_a_timeline_are_of_one_last_straw() -> None:
    def down(name: str, by: str) -> dict[str, object]:
        entry = {"time_s": 0.0, "what": "down", "id": name, "kind": "rack", "service": "power", "group": "power"}
        return {**entry, "by": [by]}

    found = [down("a", "ups-1"), down("b", "ups-2"), down("c", "ups-1")]
    assert [[entry["id"] for entry in group] for group in _groups(found)] == [["a", "c"], ["b"]]
