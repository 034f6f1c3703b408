"""``twin paths`` and ``twin mesh``, of tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
import pytest

from tests.unit.test_paths import SQUARE, box

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]
OVER = ("--over", "TRANSPORTS")


@pytest.fixture
def square(tmp_path: Path) -> str:
    """Two routers with three routes between them; two share a duct."""
    folder = tmp_path / "square"
    folder.mkdir()
    (folder / "assets.csv").write_text(SQUARE["assets"], encoding="utf-8")
    (folder / "links.csv").write_text(SQUARE["links"], encoding="utf-8")
    return str(folder)


def test_the_best_routes(twin: Cli, square: str) -> None:
    answer = twin("paths", "a", "b", "-k", "2", "--by", "length_km", *OVER, "--tables", square)
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0] == "2 routes from a to b, by length_km"
    assert lines[2].startswith("1  2 hops · 14.3")
    assert lines[3].strip() == "a - ab - b"
    assert lines[5].strip() == "a - an - n - nb - b"
    assert f"twin paths a b --by length_km --over TRANSPORTS --tables {square} -k 2 -o" in answer.err


def test_a_shared_duct_is_the_certificate(twin: Cli, square: str) -> None:
    words = ("paths", "a", "b", "-k", "3", "--disjoint", "risk", *OVER, "--tables", square)
    answer = twin(*words)
    assert answer.code == 0
    assert "Any 3 routes share a risk; those that share least share: duct." in answer.out
    assert next(line for line in answer.out.splitlines() if line.startswith("duct")).split() == [
        "duct",
        "duct",
        "ab,",
        "an",
    ]
    document = twin(*words, "--json").json
    assert document["found"] == 2
    assert document["certificate"]["assets"][0]["id"] == "duct"


def test_a_hazard_file_is_a_risk(twin: Cli, square: str, tmp_path: Path) -> None:
    flood = tmp_path / "flood.geojson"
    collection = {"type": "FeatureCollection", "features": [box(9.05, 49.85, 9.15, 50.05, "flood")]}
    flood.write_text(json.dumps(collection), encoding="utf-8")
    words = ("paths", "a", "b", "-k", "2", "--disjoint", "risk", *OVER, "--tables", square, "--hazard", str(flood))
    document = twin(*words, "--json").json
    assert document["found"] == 1
    assert [entry["name"] for entry in document["certificate"]["hazards"]] == ["flood"]
    assert twin(*words[:-1], str(tmp_path / "none.geojson")).code == 2


def test_routes_are_a_layer_and_a_table(twin: Cli, square: str, tmp_path: Path) -> None:
    path = tmp_path / "routes.gpkg"
    assert twin("paths", "a", "b", "-k", "2", *OVER, "--tables", square, "-o", str(path)).code == 0
    rows = geopandas.read_file(path, layer="routes")
    assert rows[rows["route"] == 1]["id"].tolist() == ["a", "ab", "b"]
    twin("paths", "a", "b", *OVER, "--tables", square, "-o", str(tmp_path / "x.csv"))
    table = list(csv.DictReader((tmp_path / "x.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["place"] for row in table] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a", "a"), "both ends are 'a'"),
        (("a", "bb"), "no asset has the id 'bb'"),
        (("a", "b", "-k", "0"), "0 routes"),
        (("a", "b", "--by", "lengthkm"), "Did you mean length_km"),
        (("a", "b", "--disjoint", "edgges"), "Did you mean edge"),
        (("a", "b", "--disjoint", "foo"), "Use edge, node or risk."),
        (("a", "b", "--time-limit", "0"), "time limit"),
        (("a", "b", "--over", "dat"), "Did you mean data"),
        (("a", "b", "--domain", "enrgy"), "unknown domain"),
        (("a", "b", "-k", "9", "--disjoint", "risk"), "at most 8"),
    ],
)
def test_what_makes_no_sense_is_said(twin: Cli, square: str, words: tuple[str, ...], said: str) -> None:
    answer = twin("paths", *words, "--tables", square)
    assert answer.code == 2
    assert said in answer.err
    assert answer.out == ""


def test_no_route_is_an_answer(twin: Cli, square: str) -> None:
    answer = twin("paths", "a", "trench", "--tables", square)
    assert answer.code == 0
    assert "No route joins a and trench over the transport of any one service." in answer.out


def test_a_mesh_and_its_cuts(twin: Cli, tables: str, tmp_path: Path) -> None:
    answer = twin("mesh", "--tables", tables)
    assert answer.code == 0
    assert "Mesh power: 2 nodes and 1 edges in 1 island(s), 1 bridges, 0 articulation points" in answer.out
    assert next(line for line in answer.out.splitlines() if line.startswith("line")).split()[:4] == [
        "line",
        "power_line",
        "bridge",
        "1",
    ]
    document = twin("mesh", "CONDUCTS", "--tables", tables, "--json").json
    assert [entry["id"] for entry in document["cuts"]] == ["line"]
    path = tmp_path / "cuts.geojson"
    assert twin("mesh", "--tables", tables, "-o", str(path)).code == 0
    assert geopandas.read_file(path)["role"].tolist() == ["bridge"]


def test_dominators_of_a_service(twin: Cli, tables: str) -> None:
    answer = twin("mesh", "--dominators", "--tables", tables, "--limit", "2")
    assert answer.code == 0
    assert "2 of 5" in answer.out
    document = twin("mesh", "power", "--dominators", "--tables", tables, "--json").json
    assert [(entry["id"], entry["dominated_by"]) for entry in document["items"]][:2] == [
        ("plant", None),
        ("bus-a", "plant"),
    ]


def test_an_unknown_mesh_is_said(twin: Cli, tables: str) -> None:
    answer = twin("mesh", "powr", "--tables", tables)
    assert answer.code == 2
    assert "there is no mesh 'powr'. Did you mean power" in answer.err
    assert twin("mesh", "powr", "--dominators", "--tables", tables, "--json").error["code"] == "invalid_parameter"
