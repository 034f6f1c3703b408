"""The German sample as layers, without a server: nothing is lost, and counts are those of the questions."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from api.ogc.items import features_text
from api.ogc.layer import Layer
from api.ogc.query import page, read
from api.ogc.shelf import Shelf
from tests.unit.sample_tools import read_sample, stitched, write_tables
from twin.impact import Snapshot
from twin.ingest.manifest import read_manifest
from twin.schema import Schema, default_schema

SAMPLE = Path(__file__).parent.parent.parent / "samples" / "germany" / "twin.toml"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """The sample, with its geometries."""
    manifest, schema = read_manifest(SAMPLE), default_schema()
    assets, links, _ = read_sample(manifest, schema)
    for spec in manifest.stitches:
        links += stitched(spec, assets)
    folder = tmp_path_factory.mktemp("germany")
    write_tables(folder, assets, links)
    _with_places(folder / "assets.csv", {name: record.geometry for name, record in assets.items()})
    snapshot = Snapshot.from_tables(folder, schema=schema)
    return Shelf(snapshot, schema, lambda: snapshot.findings)


def _with_places(path: Path, places: dict[str, bytes | None]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "wkt"])
        writer.writeheader()
        for row in rows:
            wkb = places[row["id"]]
            wkt = "" if wkb is None else shapely.to_wkt(shapely.from_wkb(wkb), rounding_precision=-1)
            writer.writerow({**row, "wkt": wkt})


def features(shelf: Shelf, layer: Layer, **asked: str) -> tuple[list[dict[str, Any]], int]:
    """Features of a page, and how many match."""
    question = read(layer, asked, shelf.crs)
    rows, total, _ = page(question)
    return json.loads(b"[" + features_text(layer, rows, question.crs) + b"]"), total


def test_every_asset_and_link_is_in_one_layer(shelf: Shelf) -> None:
    sizes = {"assets": 0, "links": 0, "findings": 0}
    for layer in shelf.layers.values():
        sizes[layer.about.group] += layer.size
        found, total = features(shelf, layer, limit="10000")
        assert (len(found), total) == (layer.size, layer.size)
        types = {None if f["geometry"] is None else f["geometry"]["type"] for f in found}
        assert types == {layer.about.geometry}
    assert sizes["assets"] == shelf.snapshot.n_assets == 10_189
    assert sizes["links"] == shelf.snapshot.n_links


@pytest.mark.parametrize(
    ("collection", "asked", "wanted"),
    [
        ("energy-power_line", {"filter": "voltage_kv > 220 AND name LIKE 'Leitung%'"},
         lambda p: (p["voltage_kv"] or 0) > 220 and p["name"].startswith("Leitung")),
        ("energy-substation", {"filter": "casei(name) LIKE 'b%' OR dependents_count < 10"},
         lambda p: p["name"].casefold().startswith("b") or p["dependents_count"] < 10),
        ("compute-server", {"redundancy": "spare", "filter": "loss_count BETWEEN 1 AND 1.5"},
         lambda p: p["redundancy"] == "spare" and p["loss_count"] == 1),
        ("links-powers", {"filter": "cross_domain = TRUE AND to_kind IN ('router', 'feeder')"},
         lambda p: p["cross_domain"] and p["to_kind"] in ("router", "feeder")),
    ],
)  # fmt: skip
def test_filters_select_what_they_say(shelf: Shelf, collection: str, asked: dict[str, str], wanted: Any) -> None:
    layer = shelf.layers[collection]
    every, _ = features(shelf, layer, limit="10000")
    expected = [f["id"] for f in every if wanted(f["properties"])]
    found, total = features(shelf, layer, limit="10000", **asked)
    assert [f["id"] for f in found] == expected
    assert 0 < total == len(expected) < layer.size


@pytest.mark.parametrize("bbox", ["9,51,10,52", "13.2,52.4,13.6,52.6", "5.9,47,6,48"])
def test_boxes_select_what_touches_them(shelf: Shelf, bbox: str) -> None:
    area = shapely.box(*map(float, bbox.split(",")))
    for name in ("energy-power_line", "energy-substation", "place-region"):
        every, _ = features(shelf, shelf.layers[name], limit="10000")
        expected = [f["id"] for f in every if shapely.geometry.shape(f["geometry"]).intersects(area)]
        assert [f["id"] for f in features(shelf, shelf.layers[name], limit="10000", bbox=bbox)[0]] == expected


def test_counts_are_those_of_the_questions(shelf: Shelf) -> None:
    for name in ("energy-substation", "compute-rack", "connectivity-router", "compute-data_centre"):
        found, _ = features(shelf, shelf.layers[name], limit="3")
        for feature in found:
            asset = feature["id"]
            assert feature["properties"]["dependents_count"] == len(shelf.snapshot.dependents(asset))
            lost = len(shelf.snapshot.steady([])) - len(shelf.snapshot.steady([asset])) - 1
            assert feature["properties"]["loss_count"] == lost


def test_systems_are_those_of_germany(shelf: Shelf) -> None:
    codes = {uri.rpartition("/")[2] for uri in shelf.crs}
    assert codes == {"CRS84", "4326", "3857", "4258", "3035", "25831", "25832", "25833", "32631", "32632", "32633"}


def test_the_schema_has_no_property_that_is_a_parameter(schema: Schema) -> None:
    """A property of such a name could not be asked for by itself."""
    from api.ogc.query import RESERVED

    assert not set(schema.properties) & set(RESERVED)
