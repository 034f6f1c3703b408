"""Loader ``graphml``: three formats, one network; nothing is dropped without a word, nothing hostile gets through."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.gml import parse_gml
from loaders.graphml import GraphmlLoader, GraphmlOptions
from loaders.graphs import read_graph
from tests.unit.loader_snapshot import snapshot_of
from tests.unit.loader_tools import Result, check_against_schema
from twin.errors import LoaderOptionError, SourceUnreadable
from twin.model import AssetRecord, LinkRecord, Reject
from twin.schema import default_schema

FIXTURES = Path(__file__).parents[1] / "fixtures" / "loaders" / "graphml"
FILES = ["net.graphml", "net.gml", "net.json"]


def read(path: Path, **options: Any) -> tuple[list[AssetRecord], list[LinkRecord], list[Reject]]:
    found = list(GraphmlLoader().records(path, GraphmlOptions(**options), default_schema()))
    kinds = (AssetRecord, LinkRecord, Reject)
    assets, links, rejects = ([r for r in found if isinstance(r, kind)] for kind in kinds)
    return assets, links, rejects  # type: ignore[return-value]


@pytest.mark.parametrize("name", FILES)
def test_the_same_network_in_each_format(name: str) -> None:
    assets, links, rejects = read(FIXTURES / name)
    by_id = {asset.id: asset for asset in assets}
    assert list(by_id) == [
        "router/0", "router/1", "router/2", "span/0-1", "span/0-1/2", "span/1-2",
    ]  # fmt: skip
    assert [by_id[f"router/{i}"].name for i in range(3)] == ["Nord", "Mitte", "Süd"]
    assert shapely.from_wkb(by_id["router/0"].geometry) == shapely.Point(10.0, 53.5)
    assert by_id["router/2"].geometry is None
    assert by_id["span/0-1"].properties == {"length_km": 125.5, "capacity_gbps": pytest.approx(10.0)}
    assert shapely.from_wkb(by_id["span/0-1"].geometry).length > 0
    assert [(x.from_id, x.type, x.to_id) for x in links][:2] == [
        ("router/0", "TRANSPORTS", "span/0-1"),
        ("router/1", "TRANSPORTS", "span/0-1"),
    ]
    assert [(r.code, r.origin.row) for r in rejects] == [
        ("missing_end", rejects[0].origin.row),
        ("bad_row", rejects[1].origin.row),
    ]
    assert "'9'" in rejects[0].message


def test_rows_point_into_the_file() -> None:
    assets, _, rejects = read(FIXTURES / "net.graphml")
    lines = (FIXTURES / "net.graphml").read_text(encoding="utf-8").splitlines()
    assert 'id="0"' in lines[int(assets[0].origin.row or 0) - 1]
    assert 'target="9"' in lines[int(rejects[0].origin.row or 0) - 1]


def test_kinds_and_properties_by_options() -> None:
    assets, links, _ = read(
        FIXTURES / "net.graphml", node_kind="bus", edge_kind="power_line", link="CONDUCTS",
        kinds={"station": "substation"}, properties={"ref": "label"},
    )  # fmt: skip
    kinds = {asset.id: asset.kind for asset in assets}
    assert kinds["bus/0"] == "bus"
    assert kinds["substation/2"] == "substation"
    assert kinds["power_line/0-1"] == "power_line"
    assert next(a for a in assets if a.id == "bus/0").properties["ref"] == "Nord"
    assert {link.type for link in links} == {"CONDUCTS"}
    for bad in ({"node_kind": "ruter"}, {"link": "TRANSPORT"}, {"kinds": {"a": "b"}}):
        with pytest.raises(LoaderOptionError):
            read(FIXTURES / "net.graphml", **bad)


@pytest.mark.parametrize("name", FILES)
def test_records_fit_the_schema(name: str) -> None:
    check_against_schema(Result(GraphmlLoader(), FIXTURES / name))


def test_the_mesh_is_whole(tmp_path: Path) -> None:
    (tmp_path / "x.gml").write_text(
        (FIXTURES / "net.gml")
        .read_text(encoding="utf-8")
        .replace("target 9", "target 0")
        .replace("edge [ source 2 target 2 ]", ""),
        encoding="utf-8",
    )
    mesh = snapshot_of(Result(GraphmlLoader(), tmp_path / "x.gml"), tmp_path / "tables").mesh("data")
    assert (mesh.nodes, mesh.edges, len(mesh.islands)) == (3, 4, 1)


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_networkx(seed: int, tmp_path: Path) -> None:
    graph = nx.gnm_random_graph(30, 60, seed=seed)
    made = nx.MultiGraph(graph)
    made.add_edges_from(list(graph.edges)[:10])
    nx.set_node_attributes(made, {n: f"Knoten {n}" for n in made}, "label")
    nx.write_graphml(made, tmp_path / "x.graphml")
    nx.write_gml(made, tmp_path / "x.gml", stringizer=str)
    for name in ("x.graphml", "x.gml"):
        assets, links, rejects = read(tmp_path / name)
        assert not rejects
        assert sum(a.kind == "router" for a in assets) == 30
        assert sum(a.kind == "span" for a in assets) == made.number_of_edges()
        ends: dict[str, list[str]] = {}
        for link in links:
            ends.setdefault(link.to_id, []).append(link.from_id.removeprefix("router/"))
        assert sorted(sorted(map(int, pair)) for pair in ends.values()) == sorted(
            sorted(map(int, pair)) for pair in made.edges(keys=False)
        )


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE g [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    "<graphml><graph><node id='1'>&b;</node></graph></graphml>"
)


@pytest.mark.parametrize(
    "text",
    [BOMB, "<graphml></graphml>", "<html/>", "<graphml><graph>", "graph [ node [ id 1 ]", "graph ]", "graph [ ? ]",
     "{}", '{"nodes": 1}', "{", "graph " + "[ a " * 40, '<!DOCTYPE x SYSTEM "file:///etc/passwd"><graphml><graph/></graphml>'],
)  # fmt: skip
def test_what_is_no_graph_is_an_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text(text, encoding="utf-8")
    with pytest.raises(SourceUnreadable):
        read(tmp_path / "x")


def test_an_empty_file_and_hyperedges_are_rejects(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    assert [r.code for r in read(tmp_path / "x")[2]] == ["empty_file"]
    text = "<graphml><graph><node id='a'/><node/><hyperedge><endpoint node='a'/></hyperedge></graph></graphml>"
    (tmp_path / "x").write_text(text, encoding="utf-8")
    assert sorted(r.code for r in read(tmp_path / "x")[2]) == ["bad_row", "missing_value"]


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(FILES))
def test_damaged_files_give_records_or_words(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str
) -> None:
    raw = bytearray((FIXTURES / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path = tmp_path_factory.mktemp("damaged") / name
    path.write_bytes(bytes(raw))
    try:
        assets, links, rejects = read(path)
        graph = read_graph(path)
    except SourceUnreadable:
        return
    assert len(links) == 2 * sum(asset.id.startswith("span/") for asset in assets)
    told = {(r.origin.file, r.origin.row) for r in rejects} | {(a.origin.file, a.origin.row) for a in assets}
    assert {(x.origin.file, x.origin.row) for x in (*graph.nodes, *graph.edges)} <= told


@given(st.text(max_size=60))
def test_gml_never_breaks(text: str) -> None:
    with suppress(SourceUnreadable):
        parse_gml(text, "x")
