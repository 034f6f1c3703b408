"""OGC API - Tiles: what is announced leads to tiles, of the whole twin and of each collection."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.api.serving import served
from tests.reference import mercator

pytestmark = pytest.mark.store

HERE = (13.31, 52.60)
MVT = "application/vnd.mapbox-vector-tile"


def follow(client: TestClient, page: dict[str, Any], rel: str) -> str:
    """Path of the link with this relation."""
    found = [link["href"] for link in page["links"] if link["rel"].rpartition("/")[2] == rel]
    assert found, rel
    return str(found[0].removeprefix("http://testserver"))


def tile_address(template: str, z: int) -> str:
    x, y = mercator.tile_of(*HERE, z)
    return template.replace("{tileMatrix}", str(z)).replace("{tileRow}", str(y)).replace("{tileCol}", str(x))


@pytest.mark.parametrize("start", ["/ogc/", "/ogc/collections/energy-bus"])
def test_the_links_lead_to_tiles(client: TestClient, start: str) -> None:
    sets = client.get(follow(client, client.get(start).json(), "tilesets-vector")).json()
    (entry,) = sets["tilesets"]
    assert (entry["dataType"], entry["crs"]) == ("vector", "http://www.opengis.net/def/crs/EPSG/0/3857")
    about = client.get(follow(client, entry, "self")).json()
    scheme = client.get(follow(client, about, "tiling-scheme")).json()
    assert [matrix["id"] for matrix in scheme["tileMatrices"]] == [str(z) for z in range(15)]
    (item,) = [link for link in about["links"] if link["rel"] == "item"]
    assert (item["type"], item["templated"]) == (MVT, True)
    answer = client.get(tile_address(item["href"].removeprefix("http://testserver"), 12))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, MVT)
    layers = mercator.decoded(answer.content)
    assert set(layers) <= {layer["id"] for layer in about["layers"]}
    assert "demo:bus/220" in (layers.get("energy-bus") or layers["points"])
    for limits in about["tileMatrixSetLimits"]:
        x, y = mercator.tile_of(*HERE, int(limits["tileMatrix"]))
        assert limits["minTileCol"] <= x <= limits["maxTileCol"]
        assert limits["minTileRow"] <= y <= limits["maxTileRow"]


def test_tiles_of_the_twin_are_the_same_as_elsewhere(client: TestClient) -> None:
    x, y = mercator.tile_of(*HERE, 12)
    assert client.get(f"/ogc/tiles/WebMercatorQuad/12/{y}/{x}").content == client.get(f"/tiles/12/{x}/{y}.pbf").content


def test_a_collection_has_its_own_assets_only(client: TestClient) -> None:
    for each in client.get("/ogc/collections").json()["collections"]:
        root = f"/ogc/collections/{each['id']}/tiles"
        if client.get(root).status_code == 404:
            assert not [link for link in each["links"] if "tilesets" in link["rel"]]
            continue
        rows = client.get(f"/ogc/collections/{each['id']}/items?limit=1000").json()["features"]
        answer = client.get(tile_address(f"{root}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", 2))
        layers = mercator.decoded(answer.content)
        assert set(layers) <= {each["id"], "sites"}
        counted = sum(row["count"] for _, row in layers.get("sites", {}).values())
        assert set(layers.get(each["id"], {})) <= {row["id"] for row in rows}
        assert counted + len(layers.get(each["id"], {})) == len(rows), each["id"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ogc/tiles/WebMercatorQuad/2/4/0", 404),
        ("/ogc/tiles/WebMercatorQuad/15/0/0", 400),
        ("/ogc/tiles/WebMercatorQuad/2/0/0?f=png", 400),
        ("/ogc/tiles/Else", 404),
        ("/ogc/collections/nothing/tiles", 404),
        ("/ogc/collections/energy-bus/tiles/WebMercatorQuad/2/4/0", 404),
        ("/ogc/tiles?x=1", 400),
    ],
)
def test_what_is_not_there(client: TestClient, path: str, status: int) -> None:
    assert client.get(path).status_code == status


def test_a_tile_that_the_client_holds_is_not_sent_again(client: TestClient) -> None:
    path = tile_address("/ogc/collections/energy-bus/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}", 8)
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_gdal_finds_the_tiles_by_itself(app: FastAPI, client: TestClient) -> None:
    with served(app) as address:  # GDAL looks into the coarsest tiles only
        read = (
            "import pyogrio; rows = pyogrio.read_dataframe("
            f"'OGCAPI:{address}/ogc/collections/energy-bus', layer='Zoom level 0', API='TILES'); "
            "print(rows['count'].sum(), rows.crs.to_epsg())"
        )
        # in a process of its own: GDAL holds the lock of this one while it waits for the server, which is in this one
        done = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, check=True, timeout=200)
    matched = client.get("/ogc/collections/energy-bus/items?resultType=hits").json()["numberMatched"]
    assert done.stdout.split() == [str(matched), "3857"]
