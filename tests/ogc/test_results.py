"""Saved results as layers: the numbers of the answer, where the assets are, when it happens."""

from __future__ import annotations

import datetime as dt
from typing import Any
from xml.etree import ElementTree as xml

import pytest

from tests.ogc.conftest import Served

pytestmark = pytest.mark.store

HAZARD = {
    "type": "Polygon",
    "coordinates": [[[13.29, 52.59], [13.31, 52.59], [13.31, 52.61], [13.29, 52.61], [13.29, 52.59]]],
}


def save(served: Served, question: str, asked: dict[str, Any], name: str = "Fire") -> dict[str, Any]:
    body = {"name": name, "question": question, "asked": asked}
    response = served.client.post(f"{served.url}/results", json=body)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def rows(served: Served, *collections: str) -> list[dict[str, Any]]:
    """Properties of the features of collections, those of them that are there, by number."""
    found = []
    for name in collections:
        response = served.get(f"/collections/{name}/items")
        found += [f["properties"] for f in response.json().get("features", [])]
    return sorted(found, key=lambda row: int(row["id"]))


def parts(result: dict[str, Any], part: str) -> list[str]:
    return [f"result-{result['id']}-{part}{end}" for end in ("", "-lines", "-areas", "-noplace")]


def test_an_impact_is_a_layer_of_each_part(served: Served) -> None:
    saved = save(served, "impact", {"hazard": HAZARD, "horizon_s": "2h"})
    affected = saved["answer"]["affected"]
    nodes = rows(served, *parts(saved, "nodes"))
    assert [(n["asset"], n["verdict"], n["time_s"], n["hop"]) for n in nodes] == [
        (a["id"], a["verdict"], a["time_s"], a["hop"]) for a in affected
    ]
    by_asset = {node["asset"]: node for node in nodes}
    assert by_asset["demo:plant"]["place"] == "inside"
    assert by_asset["demo:server"]["place"] == "outside"
    assert by_asset["demo:server"]["verdict"] == "down"
    assert by_asset["demo:vm/1"]["place"] == "outside"  # where its server stands
    assert "demo:ups" in by_asset["demo:server"]["cause"]
    made = dt.datetime.fromisoformat(saved["made_at"])
    late = dt.datetime.fromisoformat(by_asset["demo:server"]["at"]) - made
    assert late.total_seconds() == by_asset["demo:server"]["time_s"] == 60 + 3600 + 900

    links = rows(served, *parts(saved, "links"))
    told = [(m, a["id"], g["service"]) for a in affected for g in a["lost"] for m in g["failed_members"]]
    assert [(link["from"], link["to"], link["service"]) for link in links] == told
    footprint = rows(served, f"result-{saved['id']}-footprint")
    assert footprint[0]["part"] == "hazard"
    assert {row["domain"] for row in footprint if row["part"] == "hull"} >= {"energy", "compute"}


def test_layers_have_one_type_of_geometry(served: Served) -> None:
    saved = save(served, "impact", {"failed": ["demo:bus/220"]})
    types = {"": "Point", "-lines": "LineString", "-noplace": None}
    for end, expected in types.items():
        name = f"result-{saved['id']}-nodes{end}"
        entry = served.get(f"/collections/{name}").json()
        assert (entry["geometryType"] or "").removeprefix("Multi") == (expected or "")
        assert entry["title"].startswith("Fire")
        assert all(
            (f["geometry"] or {"type": None})["type"] == entry["geometryType"] for f in served.items(name)["features"]
        )


def test_a_timeline_is_a_layer_by_event(served: Served) -> None:
    saved = save(served, "timeline", {"failed": ["demo:bus/110"], "horizon_s": "1d"})
    events = saved["answer"]["events"]
    nodes = rows(served, *parts(saved, "nodes"))
    assert [(n["asset"], n["what"], n["time_s"]) for n in nodes] == [(e["id"], e["what"], e["time_s"]) for e in events]
    name = f"result-{saved['id']}-nodes"
    first = served.items(name, filter="time_s <= 60")["numberMatched"]
    assert 0 < first < served.items(name)["numberMatched"]
    before = served.items(name, datetime=f"../{saved['made_at']}")["numberMatched"]
    assert 0 < before < served.items(name)["numberMatched"]


@pytest.mark.parametrize(
    ("question", "asked", "member"),
    [
        ("screen", {"scenarios": {"a": ["demo:bus/110"], "b": ["demo:ups"]}, "assets": True}, "often"),
        ("criticality", {"limit": 10}, "items"),
        ("dependents", {"id": "demo:bus/110"}, "items"),
    ],
)
def test_lists_of_assets_are_layers(served: Served, question: str, asked: dict[str, Any], member: str) -> None:
    saved = save(served, question, asked)
    answer = saved["answer"][member]
    nodes = rows(served, *parts(saved, "nodes"))
    assert [node["asset"] for node in nodes] == [row["id"] for row in answer]
    for name, value in answer[0].items():
        if name != "id" and not isinstance(value, list | dict):
            assert nodes[0][name] == value


def test_a_comparison_has_all_its_lists(served: Served) -> None:
    saved = save(served, "compare", {"a": {"failed": ["demo:bus/110"]}, "b": {"failed": ["demo:ups"]}})
    nodes = rows(served, *parts(saved, "nodes"))
    told = [(name, row["id"]) for name, value in saved["answer"].items() if isinstance(value, list)
            for row in value if isinstance(row, dict) and "id" in row]  # fmt: skip
    assert sorted((node["list"], node["asset"]) for node in nodes) == sorted(told)


def test_named_results_are_listed_and_removed_ones_are_gone(served: Served) -> None:
    saved = save(served, "impact", {"failed": ["demo:ups"]}, "To be removed")
    name = f"result-{saved['id']}-nodes"
    listed = [entry["id"] for entry in served.get("/collections").json()["collections"]]
    assert name in listed
    assert f"/collections/{name}/items" in served.get("/api").json()["paths"]
    assert served.client.delete(f"{served.url}/results/{saved['id']}").status_code in (200, 204)
    assert name not in [entry["id"] for entry in served.get("/collections").json()["collections"]]
    assert served.get(f"/collections/{name}/items").status_code == 404


def test_the_layer_definition_names_layers_that_are_there(served: Served) -> None:
    saved = save(served, "impact", {"hazard": HAZARD}, "A <name> & \x01 more")
    for address in ("/qgis/twin.qlr", f"/qgis/twin.qlr?result={saved['id']}"):
        response = served.get(address)
        assert response.headers["content-type"] == "application/x-qgis-layer-definition"
        root = xml.fromstring(response.text)
        layers = root.findall(".//maplayer[@type='vector']")
        assert layers
        for layer in layers:
            source = dict(part.split("=", 1) for part in (layer.findtext("datasource") or "").split(" "))
            assert source["url"] == f"'{served.ogc}'"
            entry = served.get(f"/collections/{source['typename'].strip(chr(39))}").json()
            assert entry["geometryType"].removeprefix("Multi").startswith((layer.get("geometry") or "")[:4])
            assert layer.find("renderer-v2/symbols/symbol") is not None
        leaves = {leaf.get("id") for leaf in root.findall(".//layer-tree-layer")}
        assert leaves == {layer.findtext("id") for layer in root.findall(".//maplayer")}
    assert "result-" in served.get(f"/qgis/twin.qlr?result={saved['id']}").text
