"""Parts 1, 2, 3 and 5 over HTTP: what the standards ask, and that nothing is ignored."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

import httpx2
import pyproj
import pytest
import shapely

from tests.ogc.conftest import Served
from tests.ogc.system import ASSETS, LINKS, ROUTERS

pytestmark = pytest.mark.store

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def ids(collection: dict[str, Any]) -> list[str]:
    return [feature["id"].removeprefix("demo:") for feature in collection["features"]]


def links(body: dict[str, Any], rel: str) -> list[dict[str, str]]:
    return [link for link in body["links"] if link["rel"] == rel]


def test_the_landing_page_leads_everywhere(served: Served) -> None:
    for address in ("", "/"):
        body = served.get(address).json()
        for rel in ("self", "service-desc", "service-doc", "conformance", "data"):
            (link,) = links(body, rel)
            response = served.client.get(link["href"])
            assert response.status_code == 200
            assert response.headers["content-type"].split(";")[0] == link["type"].split(";")[0]


def test_all_assets_are_in_exactly_one_collection(served: Served) -> None:
    found: dict[str, str] = {}
    for name in collections(served):
        if name.split("-")[0] in ("links", "findings", "result"):
            continue
        for feature in served.items(name)["features"]:
            assert feature["id"] not in found
            found[feature["id"]] = name
    assert set(found) == {f"demo:{row['id']}" for row in ASSETS}
    assert found["demo:line 1"] == found["demo:line#2?"] == "energy-power_line"
    assert found["demo:line/3"] == "energy-power_line-noplace"
    assert found["demo:line/4"] == "energy-power_line-points"
    assert found["demo:vm/1"] == "compute-vm"


def collections(served: Served) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in served.get("/collections").json()["collections"]}


def test_all_links_are_in_exactly_one_collection(served: Served) -> None:
    found = [
        (f["properties"]["from"], f["properties"]["type"], f["properties"]["to"])
        for name in collections(served)
        if name.startswith("links-")
        for f in served.items(name)["features"]
    ]
    assert sorted(found) == sorted((f"demo:{a}", kind, f"demo:{b}") for a, kind, b, _, _ in LINKS)
    (powers,) = [f for f in served.items("links-powers")["features"] if f["properties"]["to"] == "demo:server"]
    assert powers["properties"]["need"] == "any"
    assert powers["properties"]["group"] == "feed"
    assert powers["properties"]["cross_domain"] is True


def test_a_collection_has_one_geometry_type_and_all_properties(served: Served) -> None:
    for name, entry in collections(served).items():
        schema = served.get(f"/collections/{name}/schema").json()["properties"]
        geometry = schema.pop("geometry", None)
        boxes = []
        for feature in served.items(name)["features"]:
            assert set(feature["properties"]) == set(schema)
            assert feature["properties"]["id"] == feature["id"]
            shape = feature["geometry"]
            assert (None if shape is None else shape["type"]) == entry["geometryType"]
            boxes += [] if shape is None else [shapely.bounds(shapely.geometry.shape(shape))]
        if geometry is None:
            assert not boxes
            assert "spatial" not in entry["extent"]
        else:
            assert geometry["format"] == f"geometry-{entry['geometryType'].lower()}"
            west, south, east, north = zip(*boxes, strict=True)
            assert entry["extent"]["spatial"]["bbox"] == [[min(west), min(south), max(east), max(north)]]


def test_single_geometries_become_multi_where_some_are(served: Served) -> None:
    features = served.items("energy-power_line")["features"]
    assert [f["geometry"]["type"] for f in features] == ["MultiLineString"] * 2
    assert features[0]["geometry"]["coordinates"] == [[[13.30, 52.60], [13.40, 52.40]]]


def test_derived_attributes(served: Served) -> None:
    by_id = {f["id"]: f["properties"] for name in ("compute-server", "energy-ups", "energy-bus", "energy-substation")
             for f in served.items(name)["features"]}  # fmt: skip
    server, ups, bus = by_id["demo:server"], by_id["demo:ups"], by_id["demo:bus/110"]
    assert (server["state"], server["redundancy"], server["spare_min"]) == ("operating", "none", 0)
    assert (ups["redundancy"], ups["spare_min"]) == ("spare", 1)
    assert server["upstream_substation"] == "demo:station/süd"
    assert server["dependents_count"] == 2
    assert bus["loss_count"] >= 4
    planned = by_id["demo:station/fern"]
    assert (planned["state"], planned["redundancy"], planned["status"]) == (
        "out_of_service",
        "out_of_service",
        "planned",
    )


@pytest.mark.parametrize("limit", [1, 7, 19, 57, 58])
def test_pages_are_complete_and_without_repeats(served: Served, limit: int) -> None:
    found, url, pages = [], f"{served.ogc}/collections/connectivity-router/items?limit={limit}", 0
    while url:
        body = served.client.get(url).json()
        assert body["numberMatched"] == ROUTERS
        assert body["numberReturned"] == len(body["features"]) <= limit
        found += ids(body)
        url = next((link["href"] for link in links(body, "next")), "")
        pages += 1
    assert found == [f"router/{i:02}" for i in range(ROUTERS)]
    assert pages == -(-ROUTERS // limit)


def test_the_next_link_keeps_the_filters(served: Served) -> None:
    body = served.items("connectivity-router", filter="capacity_gbps >= 10 AND name LIKE 'Router%'", limit=10)
    (link,) = links(body, "next")
    more = served.client.get(link["href"]).json()
    assert more["numberMatched"] == body["numberMatched"] == len([i for i in range(10, 57) if i % 3])
    assert not set(ids(more)) & set(ids(body))


def test_features_without_a_time_match_any(served: Served) -> None:
    assert served.items("links-powers", datetime="1999-01-01")["numberMatched"] == 5


def test_hits_are_counted_without_features(served: Served) -> None:
    body = served.items("connectivity-router", resultType="hits", capacity_gbps=1)
    assert (body["numberMatched"], body["numberReturned"], body["features"]) == (1, 0, [])


def test_the_time_stamp_is_now(served: Served) -> None:
    made = dt.datetime.fromisoformat(served.items("energy-bus")["timeStamp"])
    assert abs((dt.datetime.now(dt.UTC) - made).total_seconds()) < 60


@pytest.mark.parametrize("row", ASSETS[:18], ids=lambda row: row["id"])
def test_every_feature_has_an_address(served: Served, row: dict[str, str]) -> None:
    name = next(n for n in collections(served) if n.split("-")[1:2] == [row["kind"]] and
                f"demo:{row['id']}" in [f["id"] for f in served.items(n)["features"]])  # fmt: skip
    feature = httpx2.URL(f"{served.ogc}/collections/{name}/items/").join(
        "./" + re.sub(r"[^A-Za-z0-9]", lambda m: "".join(f"%{b:02X}" for b in m.group().encode()), f"demo:{row['id']}")
    )
    body = served.client.get(feature).json()
    assert body["id"] == f"demo:{row['id']}"
    assert body["properties"]["name"] == (row["name"] or None)
    assert served.client.get(links(body, "self")[0]["href"]).json()["id"] == body["id"]


BOXES = [
    ("13.2,52.3,13.5,52.7", {}),
    ("52.3,13.2,52.7,13.5", {"bbox-crs": EPSG + "4326"}),
    ("1469417,6856440,1502813,6929980", {"bbox-crs": EPSG + "3857"}),
    ("13.2,52.3,0,13.5,52.7,100", {}),
]


@pytest.mark.parametrize(("box", "crs"), BOXES)
def test_boxes_in_any_system_and_axis_order(served: Served, box: str, crs: dict[str, str]) -> None:
    assert ids(served.items("energy-substation", bbox=box, **crs)) == ["station/nord", "station/süd"]
    assert ids(served.items("energy-power_line", bbox=box, **crs)) == ["line 1", "line#2?"]
    assert ids(served.items("compute-vm", bbox=box, **crs)) == ["vm/1"]  # the standard: no place, so no box parts it


def test_a_box_meets_the_shape_and_not_its_frame(served: Served) -> None:
    assert ids(served.items("energy-power_line", bbox="13.38,52.55,13.4,52.6")) == []
    assert ids(served.items("energy-power_line", bbox="13.34,52.49,13.352,52.51")) == ["line 1", "line#2?"]


def test_a_box_larger_than_the_world(served: Served) -> None:
    assert served.items("energy-substation", bbox="-300,-120,300,120")["numberMatched"] == 3
    asked = {"bbox": "-3e7,-3e7,3e7,3e7", "bbox-crs": EPSG + "3857"}
    assert served.items("energy-substation", **asked)["numberMatched"] == 3


def test_a_box_across_the_antimeridian(served: Served) -> None:
    assert ids(served.items("energy-substation", bbox="13.35,50,-170,60")) == ["station/süd"]
    assert ids(served.items("energy-substation", bbox="170,50,13.35,60")) == ["station/nord"]


def test_coordinates_in_the_order_of_the_axes(served: Served) -> None:
    where = {}
    for uri in (CRS84, EPSG + "4326", EPSG + "3857", EPSG + "25833"):
        response = served.get("/collections/energy-substation/items", crs=uri, name="Nord")
        assert response.headers["content-crs"] == f"<{uri}>"
        where[uri] = response.json()["features"][0]["geometry"]["coordinates"]
    assert where[CRS84] == [13.30, 52.60]
    assert where[EPSG + "4326"] == [52.60, 13.30]
    assert where[EPSG + "3857"] == pytest.approx(mercator(13.30, 52.60))
    zone = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:25833", always_xy=True)
    assert where[EPSG + "25833"] == pytest.approx(zone.transform(13.30, 52.60))
    feature = served.get("/collections/energy-substation/items/demo:station%2Fnord", crs=EPSG + "4326")
    assert feature.json()["geometry"]["coordinates"] == [52.60, 13.30]
    assert feature.headers["content-crs"] == f"<{EPSG}4326>"


def mercator(lon: float, lat: float) -> list[float]:
    """Web Mercator by its formula."""
    radius = 6378137.0
    return [radius * math.radians(lon), radius * math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))]


def test_declared_systems_are_honoured_and_no_others(served: Served) -> None:
    entry = served.get("/collections/energy-bus").json()
    assert entry["storageCrs"] == CRS84 == entry["crs"][0]
    for uri in entry["crs"]:
        assert served.get("/collections/energy-bus/items", crs=uri).headers["content-crs"] == f"<{uri}>"
    assert served.get("/collections").json()["crs"] == entry["crs"]
    assert served.get("/collections/energy-bus/items", crs=EPSG + "27700").status_code == 400


FILTERS = [
    ({"filter": "voltage_kv > 200"}, ["line 1", "line#2?"]),
    ({"filter": "voltage_kv > 220"}, ["line#2?"]),
    ({"filter": "name LIKE 'Leitung \\%\\_2'"}, ["line#2?"]),
    ({"filter": "name ILIKE 'LINE%'", "filter-lang": "cql-text"}, ["line 1"]),
    ({"filter": "length_km IS NULL", "filter-lang": "cql2-text"}, ["line 1"]),
    ({"filter": '{"op":"=","args":[{"property":"voltage_kv"},380]}', "filter-lang": "cql2-json"}, ["line#2?"]),
    ({"filter": '{"op":"=","args":[{"property":"voltage_kv"},380]}'}, ["line#2?"]),
    ({"filter": "S_INTERSECTS(geometry, BBOX(13.29,52.59,13.31,52.61))"}, ["line 1", "line#2?"]),
    ({"filter": "S_INTERSECTS(geometry, BBOX(52.59,13.29,52.61,13.31))", "filter-crs": EPSG + "4326"},
     ["line 1", "line#2?"]),
    ({"filter": "S_DISJOINT(geometry, POLYGON((13 52,14 52,14 53,13 53,13 52)))"}, []),
    ({"filter": "T_AFTER(imported_at, TIMESTAMP('2020-01-01T00:00:00Z'))", "voltage_kv": "220"}, ["line 1"]),
    ({"voltage_kv": "380.0"}, ["line#2?"]),
    ({"state": "operating", "id": "demo:line 1"}, ["line 1"]),
    ({"datetime": "../.."}, ["line 1", "line#2?"]),
    ({"datetime": "2100-01-01T00:00:00Z"}, ["line 1", "line#2?"]),
    ({"datetime": "../2001-01-01"}, []),
    ({"datetime": "/2001-01-01"}, []),
    ({"datetime": "1999-12-31"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "expected"), FILTERS)
def test_filters_select(served: Served, asked: dict[str, str], expected: list[str]) -> None:
    body = served.items("energy-power_line", **asked)
    assert ids(body) == expected
    assert body["numberMatched"] == len(expected)


REFUSED = [
    {"nosuch": "1"}, {"limit": "0"}, {"limit": "-1"}, {"limit": "x"}, {"limit": "1.5"}, {"limit": ""}, {"limit": "١"},
    {"bbox": "1,2,3"}, {"bbox": "1,2,3,x"}, {"bbox": "1,2,3,nan"}, {"bbox": "0,2,1,1"},
    {"bbox": "1,2,3,4", "bbox-crs": "EPSG:4326"}, {"crs": "nosuch"}, {"filter-crs": "nosuch"}, {"cursor": "?"},
    {"cursor": "ImEi"}, {"datetime": "yesterday"}, {"datetime": "2026-01-02/2026-01-01"}, {"datetime": "a/b/c"},
    {"datetime": "2026-02-30"}, {"f": "html"}, {"resultType": "all"}, {"filter-lang": "sql"}, {"filter": ""},
    {"filter": "nosuch = 1"}, {"filter": "voltage_kv = 'x'"}, {"filter": "x", "filter-lang": "cql2-json"},
    {"filter": "name LIKE 'a' AND nosuch(name) = 1"}, {"voltage_kv": "high"}, {"standby": "maybe"},
    {"state": "sleeping"}, {"imported_at": "now"}, {"filter-lang": "cql-sql", "filter": "voltage_kv = 1"},
]  # fmt: skip


@pytest.mark.parametrize("asked", REFUSED, ids=str)
def test_what_is_not_known_is_refused(served: Served, asked: dict[str, str]) -> None:
    response = served.get("/collections/energy-power_line/items", **asked)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] in ("invalid_parameter", "invalid_filter")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/collections/nosuch", 404), ("/collections/nosuch/items", 404), ("/collections/energy-bus/items/nosuch", 404),
        ("/collections/nosuch/schema", 404), ("/collections?limit=1", 400),
        ("/?x=1", 400), ("/conformance?f=html", 400),
        ("/collections/energy-bus/queryables?f=html", 400), ("/api?x=1", 400), ("/collections/energy-bus?x=1", 400),
        ("/collections/energy-bus/items/demo:bus%2F220?limit=1", 400), ("/nosuch", 404),
        ("/collections/result-x-nodes/items", 404), ("/qgis/twin.qlr?result=x", 404),
        ("/collections/energy-bus/items?f=json&f=json", 400),
    ],
)  # fmt: skip
def test_addresses_that_are_not_there(served: Served, path: str, status: int) -> None:
    response = served.get(path)
    assert response.status_code == status
    assert response.json()["code"]


def test_head_and_unchanged_answers(served: Served) -> None:
    for path in ("/", "/collections", "/api", "/collections/energy-bus/items", "/collections/energy-bus/schema",
                 "/collections/energy-bus/items/demo:bus%2F220", "/qgis/twin.qlr"):  # fmt: skip
        full = served.get(path)
        head = served.client.head(f"{served.ogc}{path}")
        assert (head.status_code, head.content) == (200, b"")
        again = served.client.get(f"{served.ogc}{path}", headers={"If-None-Match": full.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_a_limit_above_the_greatest_is_the_greatest(served: Served) -> None:
    assert served.items("connectivity-router", limit=10_000_000)["numberReturned"] == ROUTERS


def test_the_document_has_a_literal_path_for_each_collection(served: Served) -> None:
    document = served.get("/api").json()
    assert document["openapi"].startswith("3.0")
    assert document["servers"] == [{"url": served.ogc}]
    limit = document["components"]["parameters"]["limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 10_000, 1000)
    names = [operation["get"]["operationId"] for operation in document["paths"].values()]
    assert len(names) == len(set(names))
    for name in [*collections(served), "{collectionId}"]:
        for rest in ("", "/items", "/items/{featureId}", "/schema", "/queryables"):
            assert f"/collections/{name}{rest}" in document["paths"]
    for name in collections(served):
        told = [
            document["components"]["parameters"][p["$ref"].rpartition("/")[2]] if "$ref" in p else p
            for p in document["paths"][f"/collections/{name}/items"]["get"]["parameters"]
        ]
        by_name = {parameter["name"]: parameter for parameter in told}
        assert len(by_name) == len(told)
        assert "cql-text" in by_name["filter-lang"]["schema"]["enum"]
        assert set(by_name) >= set(served.get(f"/collections/{name}/schema").json()["properties"]) - {"geometry"}


def test_every_reference_of_the_document_leads_somewhere(served: Served) -> None:
    document = served.get("/api").json()
    refs = set(re.findall(r'"#/([^"]+)"', served.get("/api").text))
    assert len(refs) > 20
    for ref in refs:
        part = document
        for word in ref.split("/"):
            part = part[word]


def test_schemas_in_both_media_types(served: Served) -> None:
    entry = served.get("/collections/energy-power_line").json()
    for rel, media in (
        ("http://www.opengis.net/def/rel/ogc/1.0/queryables", "application/schema+json"),
        ("queryables", "application/json"),
        ("http://www.opengis.net/def/rel/ogc/1.0/schema", "application/schema+json"),
        ("describedBy", "application/schema+json"),
    ):
        (link,) = links(entry, rel)
        response = served.client.get(link["href"])
        assert response.headers["content-type"] == media == link["type"]
        assert response.json()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    flat = served.get("/collections/energy-power_line/schema").json()["properties"]
    assert flat["geometry"]["x-ogc-role"] == "primary-geometry"
    assert flat["id"]["x-ogc-role"] == "id"
    assert flat["voltage_kv"]["x-ogc-unit"] == "kV"
    assert flat["state"]["enum"] == ["operating", "down", "out_of_service"]


def test_this_document_is_not_in_the_main_one(served: Served) -> None:
    assert not [
        path for path in served.client.get(f"{served.url}/openapi.json").json()["paths"] if path.startswith("/ogc")
    ]
