"""Real clients: the rows that they get, and the requests that the server saw, which prove that it filtered."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from owslib.ogcapi.features import Features

from tests.ogc.conftest import Served
from tests.ogc.system import ROUTERS
from tests.tools import missing

pytestmark = pytest.mark.store
COUNT = "Feature Count: "

#: Collection, condition as GDAL takes it, how many features match, what must be seen in the address.
CONDITIONS: list[tuple[str, str, int, str]] = [
    ("energy-power_line", "voltage_kv > 220", 1, "filter=voltage_kv > 220"),
    ("energy-power_line", "voltage_kv = 380", 1, "voltage_kv"),
    ("energy-power_line", "voltage_kv >= 100 AND name LIKE 'L%'", 2, "LIKE 'L%'"),
    ("energy-power_line", "name ILIKE 'LINE%' OR length_km > 10", 2, "ILIKE 'LINE%'"),
    ("energy-power_line", "NOT (voltage_kv = 220)", 1, "NOT"),
    ("energy-power_line", "length_km IS NULL", 1, "length_km IS NULL"),
    ("energy-power_line", "length_km IS NOT NULL AND state = 'operating'", 1, "length_km IS NULL"),
    ("energy-genset", "standby = 1", 1, "standby"),
    ("energy-genset", "imported_at > '2020-01-01T00:00:00Z'", 2, "imported_at"),
    ("connectivity-router", "capacity_gbps < 5", 3, "capacity_gbps < 5"),
    ("energy-substation", "name = 'Süd ''Alt'''", 1, "name = 'Süd ''Alt'''"),
    ("energy-substation", "name = 'Nord'", 1, "name"),
    ("energy-power_line", "voltage_kv > 1000", 0, "filter=voltage_kv > 1000"),
]  # fmt: skip
CASES = [pytest.param(*case, id=case[1]) for case in CONDITIONS]


@pytest.fixture(scope="module")
def gdal() -> Callable[..., str]:
    """Runs one of Debian's GDAL programs; its errors fail the test."""
    if shutil.which("ogrinfo") is None or shutil.which("ogr2ogr") is None:
        missing("gdal-bin (apt install gdal-bin)")

    def run(*command: str) -> str:
        environment = {**os.environ, "GDAL_HTTP_TIMEOUT": "60"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        assert "ERROR" not in done.stderr, done.stderr
        return done.stdout

    return run


@pytest.mark.gdal
@pytest.mark.parametrize(("collection", "where", "count", "seen"), CASES)
def test_ogrinfo_filters_on_the_server(
    served: Served, gdal: Callable[..., str], collection: str, where: str, count: int, seen: str
) -> None:
    served.forget()
    told = gdal("ogrinfo", "-ro", "-so", f"OAPIF:{served.ogc}", collection, "-where", where)
    assert f"{COUNT}{count}\n" in told
    (asked,) = [line for line in served.asked(f"/{collection}/items") if "resultType=hits" in line]
    assert seen in asked


@pytest.mark.gdal
def test_ogrinfo_knows_all_columns_with_their_types(served: Served, gdal: Callable[..., str]) -> None:
    told = gdal("ogrinfo", "-ro", "-so", f"OAPIF:{served.ogc}", "energy-power_line")
    for line in ("Geometry: Multi Line String", f"{COUNT}2", "id: String", "voltage_kv: Real", "circuits: Real",
                 "standby: Integer(Boolean)", "dependents_count: Integer", "imported_at: DateTime"):  # fmt: skip
        assert line in told
    assert told.count("\nid: ") == 1


@pytest.mark.gdal
def test_ogr2ogr_fetches_what_the_box_and_the_condition_select(
    served: Served, gdal: Callable[..., str], tmp_path: Path
) -> None:
    target = tmp_path / "lines.gpkg"
    served.forget()
    gdal("ogr2ogr", "-f", "GPKG", str(target), f"OAPIF:{served.ogc}", "energy-power_line", "-spat", "13.34", "52.49",
         "13.352", "52.51", "-where", "voltage_kv > 220", "-oo", "PAGE_SIZE=1000")  # fmt: skip
    frame = pyogrio.read_dataframe(target)
    assert frame["id"].tolist() == ["demo:line#2?"]
    assert frame.geometry.iloc[0].geom_type == "MultiLineString"
    (asked,) = served.asked("bbox=")
    assert box_of(asked) == pytest.approx([13.34, 52.49, 13.352, 52.51])
    assert "filter=voltage_kv > 220" in asked
    assert "limit=1000" in asked


@pytest.mark.gdal
def test_ogr2ogr_follows_the_pages(served: Served, gdal: Callable[..., str], tmp_path: Path) -> None:
    target = tmp_path / "routers.geojson"
    served.forget()
    gdal("ogr2ogr", "-f", "GeoJSON", str(target), f"OAPIF:{served.ogc}", "connectivity-router", "-oo", "PAGE_SIZE=10")
    found = [feature["properties"]["id"] for feature in json.loads(target.read_text())["features"]]
    assert found == [f"demo:router/{i:02}" for i in range(ROUTERS)]
    assert len(served.asked("cursor=")) == 5


def box_of(asked: str) -> list[float]:
    """The box of a request; GDAL writes its numbers with all their digits."""
    return [float(part) for part in asked.partition("bbox=")[2].partition("&")[0].split(",")]


@pytest.mark.gdal
@pytest.mark.parametrize(
    ("collection", "asset", "sign"),
    [("energy-bus", "bus/220", "="), ("energy-power_line", "line 1", "LIKE"), ("energy-power_line", "line#2?", "LIKE")],
)
def test_a_condition_on_the_id(
    served: Served, gdal: Callable[..., str], collection: str, asset: str, sign: str
) -> None:
    """With ``=`` GDAL asks for the feature by its address, where it does not escape spaces and the like."""
    served.forget()
    told = gdal("ogrinfo", "-ro", f"OAPIF:{served.ogc}", collection, "-where", f"id {sign} 'demo:{asset}'")
    assert f"{COUNT}1\n" in told
    assert f"id (String) = demo:{asset}\n" in told
    assert served.asked(f"items/demo:{asset}" if sign == "=" else f"id LIKE 'demo:{asset}'")


@pytest.mark.gdal
def test_what_the_server_cannot_do_gdal_does_itself(served: Served, gdal: Callable[..., str]) -> None:
    told = gdal("ogrinfo", "-ro", "-so", f"OAPIF:{served.ogc}", "energy-power_line", "-where",
                "name IN ('Line 1', 'nosuch') AND voltage_kv > 0")  # fmt: skip
    assert f"{COUNT}1\n" in told


@pytest.mark.gdal
def test_a_wrong_filter_is_an_error_and_not_the_whole_layer(served: Served, tmp_path: Path) -> None:
    """Through GDAL's GeoJSON reader over HTTP, where the address is the user's own."""
    if shutil.which("ogrinfo") is None:
        missing("gdal-bin (apt install gdal-bin)")
    for query in ("filter=nosuch>1", "nosuch=1", "bbox=1,2,3"):
        address = f"/vsicurl/{served.ogc}/collections/energy-power_line/items?{query}"
        done = subprocess.run(["ogrinfo", "-ro", "-so", "-al", address], capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert COUNT not in done.stdout


def test_pyogrio_lists_the_layers(served: Served) -> None:
    layers = dict(pyogrio.list_layers(f"OAPIF:{served.ogc}").tolist())
    listed = served.get("/collections").json()["collections"]
    assert list(layers) == [entry["id"] for entry in listed]
    assert layers["energy-substation"] == "Point"
    assert layers["place-region"] == "MultiPolygon"


@pytest.mark.parametrize(("collection", "where", "count", "seen"), CASES)
def test_pyogrio_filters_on_the_server(served: Served, collection: str, where: str, count: int, seen: str) -> None:
    served.forget()
    frame = read(served, collection, where=where)
    assert len(frame) == count
    asked = served.asked(f"/{collection}/items?")[-1]
    assert seen in asked


def read(served: Served, collection: str, **how: Any) -> Any:
    return pyogrio.read_dataframe(f"OAPIF:{served.ogc}", layer=collection, **how)


def test_pyogrio_asks_for_the_box_and_gets_the_right_axes(served: Served) -> None:
    served.forget()
    frame = read(served, "energy-substation", bbox=(13.35, 52.3, 13.5, 52.5))
    assert frame["id"].tolist() == ["demo:station/süd"]
    assert (frame.geometry.x[0], frame.geometry.y[0]) == (13.40, 52.40)
    assert box_of(served.asked("bbox=")[-1]) == pytest.approx([13.35, 52.3, 13.5, 52.5])
    turned = read(served, "energy-substation", CRS="EPSG:25833", max_features=1)
    assert turned.crs.to_epsg() == 25833
    assert turned.geometry.x[0] == pytest.approx(384_865, abs=1)


def test_pyogrio_reads_features_without_a_place(served: Served) -> None:
    frame = read(served, "compute-vm")
    assert frame["name"].tolist() == ["VM"]
    assert frame["upstream_substation"].tolist() == ["demo:station/süd"]


def test_owslib_reads_all_parts(served: Served) -> None:
    client = Features(served.ogc)
    assert client.conformance()["conformsTo"]
    assert "energy-power_line" in client.feature_collections()
    assert client.collection("energy-power_line")["storageCrs"]
    assert "voltage_kv" in client.collection_queryables("energy-power_line")["properties"]
    found = client.collection_items("energy-power_line", limit=1, bbox=[13, 52, 14, 53], filter="voltage_kv > 200")
    assert (found["numberMatched"], found["numberReturned"]) == (2, 1)
    assert client.collection_item("energy-power_line", found["features"][0]["id"])["properties"]["voltage_kv"] == 220
    assert "/collections/energy-power_line/items" in client.api()["paths"]


@pytest.mark.gdal
def test_ogr2ogr_takes_the_whole_twin_into_one_file(served: Served, gdal: Callable[..., str], tmp_path: Path) -> None:
    target = tmp_path / "twin.gpkg"
    gdal("ogr2ogr", "-f", "GPKG", str(target), f"OAPIF:{served.ogc}", "-oo", "PAGE_SIZE=1000")
    written = dict(pyogrio.list_layers(target).tolist())
    assert set(written) == {entry["id"] for entry in served.get("/collections").json()["collections"]}
    for name in written:
        assert pyogrio.read_info(target, layer=name)["features"] == served.items(name)["numberMatched"]
