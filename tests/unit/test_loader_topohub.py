"""Loader ``topohub``: node-link documents of TopoHub and networkx, and bad ones."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import networkx
import pytest
from pydantic import ValidationError

from loaders.topohub import TopohubLoader, TopohubOptions, straight_line
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from twin.errors import SourceUnreadable
from twin.model import Origin

RING = FIXTURES / "topohub" / "ring.json"


def read(path: Path = RING, **options: Any) -> Result:
    return Result(TopohubLoader(), path, **options)


def write(tmp_path: Path, nodes: list[Any], edges: list[Any], key: str = "edges") -> Path:
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"nodes": nodes, key: edges}), encoding="utf-8")
    return path


def test_fixture() -> None:
    result = read()
    assert result.rejects == []
    check_against_schema(result)
    spans = ["span/0-1", "span/1-2", "span/2-0", "span/2-0/2"]
    assert list(result.assets) == ["router/0", "router/1", "router/2", *spans]
    assert result.assets["router/1"].name == "Süd"
    assert result.assets["router/1"].properties == {"technology": "City"}
    assert result.shape("router/0").wkt == "POINT (9.99 53.55)"
    assert result.assets["span/2-0"].properties == {"length_km": 356.8}
    assert result.assets["span/2-0/2"].properties == {"length_km": 401.0, "technology": "submarine"}
    assert result.shape("span/0-1").wkt == "LINESTRING (9.99 53.55, 11.58 48.14)"
    assert result.links[:2] == [("router/0", "TRANSPORTS", "span/0-1"), ("span/0-1", "TRANSPORTS", "router/1")]
    assert len(result.links) == 8
    assert result.assets["span/1-2"].origin == Origin("ring.json/edges", 2)
    assert result.inputs == [RING]


def test_sites_and_names() -> None:
    result = read(sites=True, ids="name")
    check_against_schema(result)
    assert list(result.assets)[:2] == ["site/Nord", "router/Nord"]
    assert ("site/Nord", "CONTAINS", "router/Nord") in result.links
    assert ("router/West", "TRANSPORTS", "span/West-Nord/2") in result.links


def test_positions_and_lines() -> None:
    assert read(positions="latlon").shape("router/0").wkt == "POINT (53.55 9.99)"
    assert read(positions="none").shape("router/0") is None
    assert read(positions="none").shape("span/0-1") is None
    assert read(straight_lines=False).shape("span/0-1") is None


@pytest.mark.parametrize("key", ["edges", "links"])
def test_networkx(tmp_path: Path, key: str) -> None:
    graph = networkx.MultiGraph()
    graph.add_node("a", name="A")
    graph.add_edge("a", 7, length=5.5)
    graph.add_edge("a", 7)
    path = tmp_path / "g.json"
    path.write_text(json.dumps(networkx.node_link_data(graph, edges=key)))
    result = read(path)
    assert result.rejects == []
    assert list(result.assets) == ["router/a", "router/7", "span/a-7", "span/a-7/2"]
    assert result.assets["span/a-7"].properties == {"length_km": 5.5}


def test_germany50() -> None:
    topohub = pytest.importorskip("topohub")
    path = Path(topohub.__file__).parent / "data" / "sndlib" / "germany50.json"
    result = read(path, sites=True)
    assert result.rejects == []
    check_against_schema(result)
    assert Counter(a.kind for a in result.assets.values()) == {"site": 50, "router": 50, "span": 88}
    assert Counter(kind for _, kind, _ in result.links) == {"TRANSPORTS": 176, "CONTAINS": 50}
    assert result.assets["router/0"].name == "Aachen"
    assert result.assets["span/0-29"].properties == {"length_km": 61.63}


def test_all_errors_at_once(tmp_path: Path) -> None:
    nodes = [
        {"id": 0, "pos": [9, 50]},
        {"name": "no id"},
        "text",
        {"id": 3, "pos": [9, 95]},
        {"id": 4, "pos": ["x", 1]},
        {"id": 5, "pos": [9]},
        {"id": 6, "pos": [float("nan"), 1]},
        {"id": 7, "pos": [float("inf"), 1]},
        {"id": 8},
    ]
    edges = [
        {"source": 0, "target": 99},
        {"source": 0},
        {"source": 0, "target": 0},
        {"source": 0, "target": 8, "dist": "far"},
        {"source": 0, "target": 8, "dist": -1},
        [0, 8],
        {"source": 0, "target": 3},
    ]
    result = read(write(tmp_path, nodes, edges))
    assert result.places == [
        ("net.json/nodes:2:id", "missing_value"),
        ("net.json/nodes:3", "bad_row"),
        ("net.json/nodes:4:pos", "out_of_range"),
        ("net.json/nodes:5:pos", "wrong_type"),
        ("net.json/nodes:6:pos", "wrong_type"),
        ("net.json/nodes:7:pos", "not_finite"),
        ("net.json/nodes:8:pos", "not_finite"),
        ("net.json/edges:1:target", "missing_end"),
        ("net.json/edges:2:target", "missing_value"),
        ("net.json/edges:3:target", "bad_row"),
        ("net.json/edges:4:dist", "wrong_type"),
        ("net.json/edges:5:dist", "out_of_range"),
        ("net.json/edges:6", "bad_row"),
    ]
    assert list(result.assets) == ["router/0", "router/8", "span/0-3"]
    assert 'positions = "none"' in result.rejects[2].fix


def test_huge_value(tmp_path: Path) -> None:
    result = read(write(tmp_path, [{"id": 0}, {"id": 1}], [{"source": 0, "target": 1, "type": "x" * 10_000_000}]))
    assert result.places == [("net.json/edges:1:type", "value_too_long")]


def test_line_over_the_antimeridian() -> None:
    line = straight_line((179.0, 10.0), (-179.0, 20.0))
    assert line.wkt == "MULTILINESTRING ((179 10, 180 15), (-180 15, -179 20))"
    assert straight_line((-170.0, 0.0), (170.0, 0.0)).wkt == "MULTILINESTRING ((-170 0, -180 0), (180 0, 170 0))"
    assert straight_line((10.0, 0.0), (-170.0, 0.0)).geom_type == "LineString"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b" \n", "empty_file"), (b'{"nodes": [], "edges": []}', "empty_file")],
)
def test_empty(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "x.json").write_bytes(content)
    assert read(tmp_path / "x.json").places == [("x.json", code)]


def test_wrong_encoding(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(RING.read_text(encoding="utf-8").encode("cp1252"))
    assert read(tmp_path / "x.json").places == [("x.json:5", "bad_encoding")]
    (tmp_path / "y.json").write_bytes(b"\xef\xbb\xbf" + RING.read_bytes())
    assert read(tmp_path / "y.json").rejects == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (RING.read_bytes()[:200], "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[1]", "no list `nodes`"),
        (b'{"nodes": [{"id": 1}]}', "neither"),
        (b'{"nodes": [{"id": 1}], "edges": [], "links": []}', "both"),
    ],
)
def test_no_document(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=message):
        read(tmp_path / "x.json")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="does not exist"):
        read(tmp_path / "x.json")
    with pytest.raises(SourceUnreadable, match="cannot be opened"):
        read(tmp_path)


def test_bad_options() -> None:
    with pytest.raises(ValidationError):
        TopohubOptions.model_validate({"site": True})
