"""Vector tiles over HTTP: TileJSON, tags, compression; read by GDAL as any map client reads them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.api.serving import served
from tests.reference import mercator
from tests.tools import missing
from twin.service import Twin

pytestmark = pytest.mark.store

HERE = (13.31, 52.60)


def tile(z: int) -> str:
    x, y = mercator.tile_of(*HERE, z)
    return f"/tiles/{z}/{x}/{y}.pbf"


def test_tile_json_says_what_there_is(client: TestClient, twin: Twin) -> None:
    said = client.get("/tiles.json").json()
    assert said["tilejson"] == "3.0.0"
    assert said["tiles"] == ["http://testserver/tiles/{z}/{x}/{y}.pbf"]
    assert (said["minzoom"], said["maxzoom"]) == (0, 14)
    west, south, east, north = said["bounds"]
    assert west <= HERE[0] <= east
    assert south <= HERE[1] <= north
    assert {layer["id"] for layer in said["vector_layers"]} == {"points", "lines", "areas", "sites"}
    assert said["placed"] + said["unplaced"] == twin.snapshot().n_assets
    assert said["revision"] == twin.snapshot().revision


def test_every_property_in_a_tile_is_announced(client: TestClient) -> None:
    fields = {layer["id"]: set(layer["fields"]) for layer in client.get("/tiles.json").json()["vector_layers"]}
    for z in (4, 12):
        for name, features in mercator.decoded(client.get(tile(z)).content).items():
            assert {key for _, row in features.values() for key in row} <= fields[name]


def test_a_tile_has_the_assets_that_are_there(client: TestClient, twin: Twin) -> None:
    answer = client.get(tile(12))
    assert answer.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["X-Twin-Revision"] == str(twin.snapshot().revision)
    mercator.strictly(answer.content)
    _, properties = mercator.decoded(answer.content)["points"]["demo:bus/220"]
    facts = client.get("/assets/demo:bus/220").json()
    assert {name: properties[name] for name in ("kind", "domain", "name")} == {
        name: facts[name] for name in ("kind", "domain", "name")
    }


def test_sites_count_all_point_assets(client: TestClient, twin: Twin) -> None:
    places = [shape for shape in twin.snapshot().places.shapes if shape is not None and shape.geom_type == "Point"]
    counted = mercator.decoded(client.get("/tiles/0/0/0.pbf").content)["sites"].values()
    assert sum(row["count"] for _, row in counted) == len(places) > 0


def test_tiles_are_compressed_for_who_takes_that(client: TestClient) -> None:
    packed = client.get(tile(6), headers={"Accept-Encoding": "gzip"})
    plain = client.get(tile(6), headers={"Accept-Encoding": "identity"})
    refused = client.get(tile(6), headers={"Accept-Encoding": "gzip;q=0, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in refused.headers
    assert packed.content == plain.content == refused.content
    assert int(packed.headers["Content-Length"]) < len(plain.content)
    assert plain.headers["Vary"] == "Accept-Encoding"


def test_a_tile_that_the_client_holds_is_not_sent_again(client: TestClient) -> None:
    for path in (tile(6), "/tiles.json", "/tiles/6/0/0.pbf"):
        tag = client.get(path).headers["ETag"]
        again = client.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b""), path


def test_head_of_a_tile(client: TestClient) -> None:
    whole, head = client.get(tile(6)), client.head(tile(6))
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_where_nothing_is(client: TestClient) -> None:
    empty = client.get("/tiles/6/0/0.pbf")
    assert (empty.status_code, empty.content) == (204, b"")


@pytest.mark.parametrize("path", ["/tiles/2/4/0.pbf", "/tiles/2/0/4.pbf"])
def test_tiles_outside_the_world(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/tiles/15/0/0.pbf", "/tiles/a/0/0.pbf", "/tiles/2/0/-1.pbf", "/tiles/2/0/0.pbf?a=1"])
def test_tiles_that_nobody_can_mean(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    with served(app) as found:
        yield found


@pytest.mark.gdal
def test_gdal_reads_a_tile_from_the_server(address: str, client: TestClient) -> None:
    if not shutil.which("ogrinfo"):
        missing("ogrinfo (Debian's gdal-bin)")
    told = subprocess.run(
        ["ogrinfo", "-ro", "-al", f"MVT:{address}{tile(12)}"], capture_output=True, text=True, check=True, timeout=60
    )
    layers = mercator.decoded(client.get(tile(12)).content)
    assert "ERROR" not in told.stderr
    for name, features in layers.items():
        assert f"Layer name: {name}\n" in told.stdout
        for asset in features:
            assert f"id (String) = {asset}\n" in told.stdout
