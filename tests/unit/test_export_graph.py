"""The graph in the formats of others, read back by others and compared link by link."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import networkx
import pyarrow as pa
import pytest
from hypothesis import given, settings

from tests.unit.event_tools import read, snapshot
from tests.unit.strategies import Tables, systems
from twin import Snapshot
from twin.export.graph import GRAPH_FORMATS, Network, graph_format_of, stream_graph, write_graph
from twin.export.graph.dtdl import ASSET, interfaces, model_of, twin_id
from twin.schema import Schema, default_schema

DTMI = re.compile(r"dtmi:[A-Za-z](\w*[A-Za-z0-9])?(:[A-Za-z](\w*[A-Za-z0-9])?)*;[1-9]\d{0,8}")
NAME = re.compile(r"[A-Za-z](\w*[A-Za-z0-9])?", re.ASCII)
HARD = 'a "b" <c> & d\u0007/é:1'


def small() -> Snapshot:
    assets: dict[str, dict[str, Any]] = {
        "mains": {"kind": "substation", "lon": 8.5, "lat": 50.25, "name": "Mains <1>"},
        HARD.replace(" ", "_"): {"kind": "genset", "standby": "true", "start_delay_s": 60},
        "chiller": {"kind": "cooling_unit"},
        "chiller-2": {"kind": "cooling_unit"},
        "hall": {"kind": "hall", "wkt": "POLYGON ((8 50, 9 50, 9 51, 8 50))"},
        "rack": {"kind": "rack"},
        "line": {"kind": "power_line", "wkt": "LINESTRING (8 50, 9 51)", "endurance_s": 110},
        "bus": {"kind": "bus"},
    }
    links = [
        "mains POWERS hall feeds need=all",
        f"{HARD.replace(' ', '_')} POWERS hall feeds",
        "chiller COOLS hall cooling need=1",
        "chiller-2 COOLS hall",
        "hall CONTAINS rack",
        "bus CONDUCTS line",
    ]
    return snapshot(assets, links)


def network(found: Snapshot, schema: Schema | None = None) -> Network:
    return Network(found, schema or default_schema())


def whole(found: Network, name: str) -> bytes:
    return b"".join(stream_graph(found, GRAPH_FORMATS[name]))


def told(found: Snapshot, schema: Schema | None = None) -> Counter[tuple[Any, ...]]:
    """Links with the gate that they are in, from the catalogue of gates: the slow way."""
    catalogue = found.catalogue
    gates = {}
    for row in catalogue.listing.tolist():
        for gate in catalogue.gates(row):
            gates[catalogue.ids([row])[0], gate["service"], gate["group"]] = gate
    schema, arrays = schema or default_schema(), found.arrays
    ids = catalogue.ids(range(arrays.n))
    links: Counter[tuple[Any, ...]] = Counter()
    for i in range(len(arrays.link_from)):
        kind = schema.link_types[arrays.link_types[arrays.link_type[i]]]
        start, end = ids[arrays.link_from[i]], ids[arrays.link_to[i]]
        group = need = None
        if kind.gated:
            group = arrays.groups[arrays.link_group[i]] if arrays.link_group[i] >= 0 else kind.group
            gate = gates[end, kind.service, group]
            need = "all" if arrays.need_all[gate["gate"]] else str(gate["need"])
        links[start, kind.name, end, group, need] += 1
    return links


def test_graphml_comes_back_as_it_was(tmp_path: Path) -> None:
    found = small()
    path = tmp_path / "x.graphml"
    write_graph(network(found), path, GRAPH_FORMATS["graphml"])
    graph = networkx.read_graphml(path)
    clean = HARD.replace(" ", "_").replace("\u0007", "\ufffd")
    assert set(graph.nodes) == {clean if "\u0007" in name else name for name in found.catalogue._names}
    assert graph.nodes["mains"] == {
        "kind": "substation", "domain": "energy", "name": "Mains <1>", "lon": 8.5, "lat": 50.25,
        "wkt": "POINT (8.5 50.25)",
    }  # fmt: skip
    assert graph.nodes[clean]["standby"] is True
    assert graph.nodes[clean]["start_delay_s"] == 60.0
    assert graph.nodes["line"]["endurance_s"] == 110.0
    assert graph.nodes["rack"]["within"] == "hall"
    assert graph.edges["mains", "hall"] == {
        "id": graph.edges["mains", "hall"]["id"], "type": "POWERS", "service": "power", "group": "feeds", "need": "all",
        "effect": "outage", "directed": True,
    }  # fmt: skip
    assert graph.edges["chiller-2", "hall"]["need"] == "1", "one value for the gate"
    assert graph.edges["bus", "line"]["directed"] is False


@settings(max_examples=40, deadline=None)
@given(systems())
def test_every_link_keeps_its_gate(made: Tables) -> None:
    found = read(made)
    graph = networkx.parse_graphml(whole(network(found, made.schema), "graphml").decode(), force_multigraph=True)
    assert sorted(graph.nodes) == sorted(found.catalogue.ids(found.catalogue.listing))
    got = Counter((a, d["type"], b, d.get("group"), d.get("need")) for a, b, d in graph.edges(data=True))
    assert got == told(found, made.schema)
    document = json.loads(whole(network(found, made.schema), "cyjs"))["elements"]
    edges = [edge["data"] for edge in document["edges"]]
    assert Counter((e["source"], e["type"], e["target"], e.get("group"), e.get("need")) for e in edges) == told(
        found, made.schema
    )
    twins = json.loads(whole(network(found, made.schema), "dtdl"))["digitalTwinsGraph"]
    named = {twin["$dtId"]: twin["asset_id"] for twin in twins["digitalTwins"]}
    relations = Counter(
        (named[r["$sourceId"]], r["$relationshipName"].upper(), named[r["$targetId"]], r.get("group"), r.get("need"))
        for r in twins["relationships"]
    )
    assert relations == told(found, made.schema)


def test_cytoscape_has_containers_and_places() -> None:
    elements = json.loads(whole(network(small()), "cyjs"))["elements"]
    nodes = {node["data"]["id"]: node for node in elements["nodes"]}
    assert nodes["rack"]["data"]["parent"] == "hall"
    assert "parent" not in nodes["hall"]["data"]
    assert nodes["mains"]["data"]["name"] == "Mains <1>"
    assert nodes["chiller"]["data"]["name"] == "chiller", "Cytoscape shows the name"
    assert nodes["mains"]["position"]["x"] > nodes["line"]["position"]["x"] - 100
    assert "position" not in nodes["chiller"]
    ids = [e["data"]["id"] for e in (*elements["nodes"], *elements["edges"])]
    assert len(ids) == len(set(ids))


def test_containers_in_a_ring_are_no_parents() -> None:
    found = snapshot(
        {name: {"kind": "hall"} for name in "abcd"},
        ["a CONTAINS b", "b CONTAINS a", "b CONTAINS c", "d CONTAINS d"],
    )
    nodes = json.loads(whole(network(found), "cyjs"))["elements"]["nodes"]
    assert {node["data"]["id"]: node["data"].get("parent") for node in nodes} == dict.fromkeys("abcd")


def test_interfaces_are_dtdl_3() -> None:
    schema = default_schema()
    models = interfaces(schema)
    assert [m["@id"] for m in models] == [ASSET, *map(model_of, schema.kinds)]
    assert len({m["@id"] for m in models}) == len(models)
    base = {c["name"] for c in models[0]["contents"]}
    for model in models:
        assert DTMI.fullmatch(model["@id"])
        assert len(model["@id"]) <= 128
        assert model["@context"][0] == "dtmi:dtdl:context;3"
        assert set(model) <= {
            "@context",
            "@id",
            "@type",
            "displayName",
            "description",
            "comment",
            "extends",
            "contents",
        }
        names = [c["name"] for c in model["contents"]]
        assert len(names) == len(set(names))
        assert model is models[0] or not base & set(names), "an interface may not say again what it inherits"
        for content in model["contents"]:
            _content(content)
    relations = [c for c in models[0]["contents"] if c["@type"] == "Relationship"]
    assert {r["displayName"] for r in relations} == set(schema.link_types)


def _content(content: dict[str, Any]) -> None:
    assert NAME.fullmatch(content["name"])
    assert len(content["name"]) <= 512
    assert len(content.get("description", "")) <= 512
    if content["@type"] == "Relationship":
        for each in content["properties"]:
            _content(each)
        return
    kind = content["schema"]
    if isinstance(kind, dict):
        assert kind["valueSchema"] == "string"
        assert all(NAME.fullmatch(value["name"]) for value in kind["enumValues"])
    else:
        assert kind in ("string", "double", "long", "boolean")
    assert ("unit" in content) == (isinstance(content["@type"], list))


def test_twins_are_of_their_interfaces() -> None:
    document = json.loads(whole(network(small()), "dtdl"))
    known = {model["@id"]: {c["name"] for c in model["contents"]} for model in document["digitalTwinsModels"]}
    ids = set()
    for twin in document["digitalTwinsGraph"]["digitalTwins"]:
        model = twin.pop("$metadata")["$model"]
        identity = twin.pop("$dtId")
        assert re.fullmatch(r"[A-Za-z0-9\-.+%_#*?!(),=@$']+", identity)
        ids.add(identity)
        assert set(twin) <= known[model] | known[ASSET]
    assert twin_id("grid:bus/1 a") == "grid%3Abus%2F1%20a"
    for relation in document["digitalTwinsGraph"]["relationships"]:
        assert {relation["$sourceId"], relation["$targetId"]} <= ids


def test_neo4j_files_say_what_the_tool_needs(tmp_path: Path) -> None:
    found = small()
    write_graph(network(found), tmp_path / "x.zip", GRAPH_FORMATS["neo4j"])
    (tmp_path / "folder").mkdir()
    write_graph(network(found), tmp_path / "folder", GRAPH_FORMATS["neo4j"])
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "folder").iterdir()}
    assert b"neo4j-admin database import full" in files["README.txt"]
    nodes = {row["id:ID(Asset)"]: row for row in csv.DictReader(io.StringIO(files["nodes.csv"].decode(), newline=""))}
    assert set(nodes) == set(found.catalogue._names)
    assert nodes["mains"][":LABEL"].split(";") == ["Asset", "Energy", "Substation"]
    assert nodes["mains"]["lon:double"] == "8.5"
    assert nodes["line"]["wkt"] == "LINESTRING (8 50, 9 51)"
    links = list(csv.DictReader(io.StringIO(files["relationships.csv"].decode(), newline="")))
    got = Counter(
        (r[":START_ID(Asset)"], r[":TYPE"], r[":END_ID(Asset)"], r["group:string"] or None, r["need:string"] or None)
        for r in links
    )
    assert got == told(found)


@pytest.mark.parametrize("name", GRAPH_FORMATS)
def test_a_graph_without_links(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"x{GRAPH_FORMATS[name].suffix}"
    write_graph(network(snapshot({"a": {}}, [])), path, GRAPH_FORMATS[name])
    if name == "graphml":
        assert list(networkx.read_graphml(path).nodes) == ["a"]
    elif name != "neo4j":
        json.loads(path.read_bytes())


@pytest.mark.parametrize(
    ("path", "name"),
    [("x.graphml", "graphml"), ("x.CYJS", "cyjs"), ("a/x.json", "dtdl"), ("x", "neo4j"), ("x.gml", None)],
)
def test_graph_formats_by_suffix(path: str, name: str | None) -> None:
    found = graph_format_of(Path(path))
    assert (found and found.name) == name


def test_links_of_removed_assets_are_not_there() -> None:
    found = small().with_changes(removed=["hall"])
    links = network(found).links
    assert pa.compute.sum(pa.compute.equal(links["to"], "hall")).as_py() == 0
    ids = set(network(found).assets["id"].to_pylist())
    assert "hall" not in ids
    assert set(links["from"].to_pylist()) | set(links["to"].to_pylist()) <= ids
