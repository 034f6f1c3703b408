"""Every list and result in every format, from the real app, read back by what people read them with."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple, get_args
from urllib.parse import quote

import geopandas
import pandas
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import pytest
import shapely
from starlette.testclient import TestClient

from api.app import create_app
from api.formats import FORMATS
from api.formats.ask import FormatName
from api.formats.choice import accepted
from api.formats.described import negotiated
from api.formats.format import LAYERS
from api.limits import Limits

pytestmark = pytest.mark.store

PLANT, BUS, LINE, UPS, WORKLOAD = "demo:plant", "demo:bus/220", "demo:line 1", "demo:ups-1", "demo:Übung?"
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def _kept(client: TestClient) -> None:
    """Something is saved, so that the lists of what is saved are not empty."""
    for name, event in (("one", {"failed": [PLANT]}), ("two", {"where": "kind=bus"})):
        assert client.post("/events", json={"name": name, "note": "", "event": event}).status_code == 201
        saved = {"name": name, "note": "=1", "question": "impact", "asked": event}
        assert client.post("/results", json=saved).status_code == 201


class Case(NamedTuple):
    """One question: how it is asked, which members of the JSON answer are its table, and the rows these stand for."""

    operation: str
    method: str
    path: str
    members: tuple[str, ...]
    rows: Callable[[dict[str, Any]], Rows]
    body: Any = None
    at: str | None = "id"


def items(document: dict[str, Any]) -> Rows:
    return list(document["items"])


def numbered(groups: Iterable[tuple[int | None, list[str]]], name: str) -> Rows:
    return [{"id": asset, name: number} for number, assets in groups for asset in assets]


def compared(document: dict[str, Any]) -> Rows:
    rows = []
    for side in "ab":
        for row in document[f"only_{side}"]:
            own = {name: row[name] for name in ("id", "kind", "domain", "name")}
            rows.append(
                {**own, "affected_by": side, f"verdict_{side}": row["verdict"], f"time_{side}_s": row["time_s"]}
            )
    for row in document["both"]:
        told = {f"{what}_{s}{u}": row[s][f"{what}{u}"] for s in "ab" for what, u in (("verdict", ""), ("time", "_s"))}
        rows.append({"id": row["id"], "affected_by": "both", "worse_in": row["worse_in"], **told})
    return rows


def conflicting(document: dict[str, Any]) -> Rows:
    return [{name: row[name] for name in ("asset", "kind", "property", "taken")} for row in document["items"]]


def complete(document: dict[str, Any]) -> Rows:
    return [
        {
            **{name: row[name] for name in ("source", "kind", "domain", "assets", "score")},
            **{name: part["share"] for name, part in row["parts"].items()},
        }
        for row in document["items"]
    ]


LOSS = {"failed": [PLANT]}
CASES = [
    Case("listAssets", "GET", "/assets", ("items",), items),
    Case("listDependencies", "GET", f"/assets/{quote(WORKLOAD)}/dependencies", ("items",), items),
    Case("listDependents", "GET", f"/assets/{PLANT}/dependents", ("items",), items),
    Case("askImpact", "POST", "/impact", ("affected",), lambda d: d["affected"], {**LOSS, "horizon_s": "8h"}),
    Case("askTimeline", "POST", "/timeline", ("events",), lambda d: d["events"], LOSS),
    Case("askExplain", "POST", "/explain", ("proof",), lambda d: d["proof"], {**LOSS, "id": WORKLOAD}),
    Case("askCompare", "POST", "/compare", ("only_a", "only_b", "both"), compared, {"a": LOSS, "b": {"failed": [UPS]}}),
    Case("listCriticality", "GET", "/criticality?pairs=true", ("items",), items),
    Case(
        "listSinglePointsOfFailure",
        "GET",
        f"/assets/{quote(WORKLOAD)}/single-points-of-failure?timeline=true",
        ("down", "interrupted"),
        lambda d: [{"takes_down": how, **row} for how in ("down", "interrupted") for row in d[how]],
    ),
    Case("askExposed", "POST", "/exposed", ("exposed",), lambda d: d["exposed"], {"failed": [LINE]}),
    Case(
        "askScreen",
        "POST",
        "/screen",
        ("items",),
        items,
        {"scenarios": {"=one": [PLANT], "two": [UPS, LINE]}, "assets": True},
        at="failed_ids",
    ),
    Case(
        "getColdStart",
        "GET",
        "/cold-start?skip=1",
        ("rounds", "stuck"),
        lambda d: (
            numbered(enumerate(d["rounds"], d["first_round"] + 1), "round") + numbered([(None, d["stuck"])], "round")
        ),
    ),
    Case(
        "listDeadlocks",
        "GET",
        "/deadlocks",
        ("items",),
        lambda d: [
            {"id": name, "core": number, "stage": core["stage"], "place": name in core["places"]}
            for number, core in enumerate(d["items"], 1)
            for name in core["assets"]
        ],
    ),
    Case(
        "askCutSets",
        "POST",
        "/cut-sets",
        ("sets",),
        lambda d: [{"order": len(row["assets"]), **row} for row in d["sets"]],
        {"id": WORKLOAD, "kind_unavailability": {"bus": 0.01}},
        at="assets",
    ),
    Case(
        "askPaths",
        "POST",
        "/paths",
        ("routes",),
        lambda d: [
            {"route": number, "place": place, **row}
            for number, route in enumerate(d["routes"], 1)
            for place, row in enumerate(route["assets"])
        ],
        {"from": PLANT, "to": WORKLOAD},
    ),
    Case("getMesh", "GET", "/meshes/power", ("cuts",), lambda d: d["cuts"]),
    Case("listDominators", "GET", "/dominators", ("items",), items),
    Case("listConflicts", "GET", "/conflicts", ("items",), conflicting, at="asset"),
    Case("listFindings", "GET", "/findings", ("items",), items, at="assets"),
    Case("countFindings", "GET", "/findings/counts", ("items",), items, at=None),
    Case("listImports", "GET", "/imports", ("items",), items, at=None),
    Case("listSavedEvents", "GET", "/events", ("items",), items, at=None),
    Case("listResults", "GET", "/results", ("items",), items, at=None),
    Case("listUploads", "GET", "/uploads", ("items",), items, at=None),
    Case("listSubscriptions", "GET", "/subscriptions", ("items",), items, at=None),
    Case("listJobs", "GET", "/jobs", ("items",), items, at=None),
    Case("getCompleteness", "GET", "/completeness", ("items",), complete, at=None),
]
#: Answers with lists in them that are no list or result of their own, and why.
PLAIN = {
    "getAsset": "one asset",
    "getImport": "one run",
    "getImportReport": "a report",
    "getProvenance": "what is said about one asset",
    "getSchema": "the vocabulary",
    "makeEdits": "a report",
    "undoRun": "a report",
    "runStitchRules": "a report",
    "getUpload": "one upload",
    "listLoaders": "the loaders of this server",
    "getSubscription": "one subscription",
    "getTileJson": "TileJSON",
    "exportGraph": "a file",
    "listKeys": "the keys of this server",
}


def ask(client: TestClient, case: Case, form: str | None = None, **headers: str) -> Any:
    joiner = "&" if "?" in case.path else "?"
    path = case.path if form is None else f"{case.path}{joiner}f={form}"
    response = client.request(case.method, path, json=case.body, headers=headers)
    assert response.status_code == 200, response.text
    return response


def same(found: Any, expected: Any) -> bool:
    """Whether a value read back is that of the JSON answer; an empty cell is null."""
    if isinstance(expected, dict | list) and isinstance(found, str):
        found = json.loads(found)
    if isinstance(expected, float) and isinstance(found, int | float):
        return found == pytest.approx(expected, nan_ok=True)
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(same(found.get(name), value) for name, value in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return bool(found == expected)


def check(found: Rows, expected: Rows) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        wrong = {name: (one.get(name), value) for name, value in other.items() if not same(one.get(name), value)}
        assert not wrong


def check_beside(found: dict[str, Any], case: Case, document: dict[str, Any]) -> None:
    """Everything that the JSON answer says beside its table is there; the age of sources goes on with the clock."""
    expected = {name: value for name, value in document.items() if name not in case.members}
    for one in (found, expected):
        for source in one.get("assumptions", {}).get("sources", []):
            source.pop("age_s")
    # Of a page the address of the next one carries the format.
    found, expected = ({k: v for k, v in one.items() if k != "next"} for one in (found, expected))
    assert found == expected


def every(case: Case) -> str:
    return case.operation


@pytest.mark.parametrize("case", CASES, ids=every)
class TestEvery:
    """Each list and result."""

    def test_json_is_what_it_was(self, client: TestClient, case: Case) -> None:
        plain, named, asked = (
            ask(client, case),
            ask(client, case, "json"),
            ask(client, case, Accept="application/json"),
        )
        for response in (plain, named, asked):
            assert response.headers["Content-Type"] == "application/json"
            assert response.headers["Vary"] == "Accept"
            check(case.rows(response.json()), case.rows(plain.json()))

    def test_columns(self, client: TestClient, case: Case) -> None:
        document, response = ask(client, case).json(), ask(client, case, "columns")
        assert response.headers["Content-Type"] == "application/vnd.twin.columns+json"
        found = response.json()
        columns, rows = found.pop("columns"), found.pop("rows")
        assert {len(values) for values in columns.values()} == {rows}
        check(
            [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)], case.rows(document)
        )
        check_beside(found, case, document)

    @pytest.mark.parametrize("form", ["arrow", "parquet"])
    def test_arrow_and_parquet(self, client: TestClient, case: Case, form: str) -> None:
        document, response = ask(client, case).json(), ask(client, case, form)
        assert response.headers["Content-Type"] == FORMATS[form].media_type
        assert response.headers["Content-Disposition"].endswith(f'{FORMATS[form].suffix}"')
        source = pa.BufferReader(response.content)
        table = pa.ipc.open_stream(source).read_all() if form == "arrow" else pyarrow.parquet.read_table(source)
        assert not [field for field in table.schema if pa.types.is_null(field.type)]
        check(table.to_pylist(), case.rows(document))
        check_beside(json.loads(table.schema.metadata[b"twin"]), case, document)

    def test_csv(self, client: TestClient, case: Case) -> None:
        document, response = ask(client, case).json(), ask(client, case, "csv")
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        found: Rows = list(csv.DictReader(io.StringIO(response.text)))
        expected = case.rows(document)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            for name, value in other.items():
                if value is None:
                    assert one[name] == ""
                elif isinstance(value, str):
                    assert one[name].removeprefix("'") == value
                else:
                    assert same(json.loads(one[name]), value)

    def test_geojson(self, client: TestClient, case: Case) -> None:
        document, response = ask(client, case).json(), ask(client, case, "geojson")
        assert response.headers["Content-Type"] == "application/geo+json"
        found = response.json()
        assert found.pop("type") == "FeatureCollection"
        features = found.pop("features")
        check([feature["properties"] for feature in features], case.rows(document))
        check_beside(found, case, document)
        for feature, row in zip(features, case.rows(document), strict=True):
            assert feature["type"] == "Feature"
            assert feature.get("id") == (feature["properties"].get("id"))
            assert places(feature["geometry"]) == expected_places(client, row, case.at)
        if features:
            frame = geopandas.read_file(io.BytesIO(response.content))
            assert len(frame) == len(features)

    @pytest.mark.parametrize("form", [each.name for each in LAYERS])
    def test_layers(self, client: TestClient, case: Case, form: str, tmp_path: Path) -> None:
        document, response = ask(client, case).json(), ask(client, case, form)
        assert response.headers["Content-Type"] == FORMATS[form].media_type
        expected = case.rows(document)
        path = tmp_path / f"answer{FORMATS[form].suffix}"
        path.write_bytes(response.content)
        if form == "geoparquet":
            found = geopandas.read_parquet(path)
        elif form == "kml":
            assert response.text.count("<Placemark>") == len(expected)
            return
        elif form == "geojsonseq":
            features = [json.loads(line) for line in response.text.splitlines()]
            check([feature["properties"] for feature in features], expected)
            return
        else:
            layers = [name for name, _ in pyogrio.list_layers(path) if name != "layer_styles"]
            found = pandas.concat([pyogrio.read_dataframe(path, layer=name) for name in layers])
        assert len(found) == len(expected)
        if form != "shp" and case.at == "id":  # whose names have ten characters at most, and no order among layers
            assert sorted(found["id"]) == sorted(row["id"] for row in expected)

    def test_the_tag_belongs_to_the_format(self, client: TestClient, case: Case) -> None:
        if case.method == "POST":
            assert "ETag" not in ask(client, case).headers
            return
        json_tag = ask(client, case).headers["ETag"]
        arrow_tag = ask(client, case, Accept=FORMATS["arrow"].media_type).headers["ETag"]
        assert json_tag != arrow_tag
        for form, tag, other in (("json", json_tag, arrow_tag), ("arrow", arrow_tag, json_tag)):
            accept = FORMATS[form].media_type
            again = client.get(case.path, headers={"Accept": accept, "If-None-Match": tag})
            if case.operation != "getCompleteness":  # the age of its sources goes on with the clock
                assert (again.status_code, again.headers["Vary"]) == (304, "Accept")
            anew = client.get(case.path, headers={"Accept": accept, "If-None-Match": other})
            assert (anew.status_code, anew.headers["Content-Type"]) == (200, accept)

    def test_refusals(self, client: TestClient, case: Case) -> None:
        response = client.request(case.method, case.path, json=case.body, headers={"Accept": "image/png"})
        assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")
        assert "text/csv" in response.json()["detail"]
        joiner = "&" if "?" in case.path else "?"
        response = client.request(case.method, f"{case.path}{joiner}f=xls", json=case.body)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")
        assert all(name in response.json()["detail"] for name in FORMATS)


def places(geometry: Any) -> Any:
    """The corners of a geometry, for comparison."""
    if geometry is None:
        return None
    return shapely.get_coordinates(shapely.geometry.shape(geometry)).round(9).tolist()


def expected_places(client: TestClient, row: dict[str, Any], at: str | None) -> Any:
    """Where ``GET /assets/{id}`` says that the assets of a row are."""
    if at is None:
        return None
    ids = row[at] if isinstance(row[at], list) else [row[at]]
    shapes = [client.get(f"/assets/{quote(name, safe='')}").json()["geometry"] for name in ids]
    if at in ("id", "asset"):
        return places(shapes[0])
    found = [shapely.point_on_surface(shapely.geometry.shape(shape)) for shape in shapes if shape is not None]
    return shapely.get_coordinates(found).round(9).tolist() or None


def test_no_list_and_no_result_was_forgotten() -> None:
    document = create_app(limits=Limits()).openapi()
    schemas = document["components"]["schemas"]
    asked = {case.operation for case in CASES}
    for path, item in document["paths"].items():
        for operation in item.values():
            name = operation["operationId"]
            media = operation["responses"].get("200", {}).get("content", {})
            schema = media.get("application/json", {}).get("schema", {})
            listing = [k for k, v in _resolved(schema, schemas).get("properties", {}).items() if _is_table(v)]
            if negotiated(operation):
                assert name in asked, f"{path}: {name} has no case here"
                assert media.keys() == {each.media_type for each in FORMATS.values()}, path
                assert "406" in operation["responses"], path
            elif listing:
                assert name in PLAIN, f"{path}: {name} answers with {listing} as JSON only"
    assert not asked & PLAIN.keys()


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    return _resolved(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas) if "$ref" in schema else schema


def _is_table(member: dict[str, Any]) -> bool:
    return any(each.get("type") == "array" for each in member.get("anyOf", [member]))


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/*", "json"),
        ("text/*", "csv"),
        ("text/csv", "csv"),
        ("TEXT/CSV;Q=0.5", "csv"),
        ("text/csv, */*", "csv"),
        ("text/csv;q=0.5, */*", "json"),
        ("text/csv;q=0.5, */*;q=0.4", "csv"),
        ("application/json;q=0, */*", "columns"),
        ("application/vnd.apache.arrow.stream, application/json", "arrow"),
        ("application/json, application/vnd.apache.arrow.stream", "json"),
        ("application/vnd.apache.arrow.stream;q=0.9, application/json;q=0.8", "arrow"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", "json"),
        ("application/json, text/plain, */*", "json"),
        ("application/geo+json; charset=utf-8", "geojson"),
        ("nonsense", "json"),
        ("text/csv;q=much", "json"),
        ("text/csv;q=nan", "json"),
        ("*/csv", "json"),
        (", ,", "json"),
        ("image/png", None),
        ("text/csv;q=0", None),
        ("*/*;q=0", None),
    ],
)
def test_what_a_client_accepts(header: str, name: str | None) -> None:
    found = accepted(header, FORMATS.values())
    assert (None if found is None else found.name) == name


def test_every_format_has_its_name_in_the_address() -> None:
    assert list(get_args(FormatName)) == list(FORMATS)


def test_f_counts_more_than_accept(client: TestClient) -> None:
    response = client.get("/assets?f=csv", headers={"Accept": "image/png"})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_pages_go_on_in_the_same_format(client: TestClient) -> None:
    rows: Rows = []
    address: str | None = "/assets?limit=5&f=arrow"
    while address:
        response = client.get(address)
        table = pa.ipc.open_stream(response.content).read_all()
        rows += table.to_pylist()
        address = json.loads(table.schema.metadata[b"twin"])["next"]
        assert response.headers.get("Link") == (f'<{address}>; rel="next"' if address else None)
    check(rows, client.get("/assets").json()["items"])


def test_columnar_pages_may_be_longer(client: TestClient) -> None:
    for form in FORMATS.values():
        found = client.get("/assets", params={"limit": 100_000, "f": form.name})
        assert found.status_code == (200 if form.columnar else 400), form.name
        assert client.get("/assets", params={"limit": 100_001, "f": form.name}).status_code == 400


@pytest.mark.parametrize("form", list(FORMATS))
def test_an_empty_list_has_its_columns(client: TestClient, form: str) -> None:
    response = client.get("/assets", params={"text": "no such thing", "f": form})
    assert response.status_code == 200
    names = ["id", "kind", "domain", "name", "lon", "lat", "status"]
    if form == "arrow":
        schema = pa.ipc.open_stream(response.content).read_all().schema
        assert schema.names == names
        assert [str(field.type) for field in schema] == ["string"] * 4 + ["double"] * 2 + ["string"]
    elif form == "csv":
        assert next(csv.reader(io.StringIO(response.text))) == names
    elif form == "columns":
        assert response.json()["columns"] == {name: [] for name in names}


def test_a_formula_is_no_formula_in_csv(client: TestClient) -> None:
    response = client.post("/screen?f=csv", json={"scenarios": {"=HYPERLINK(1)": [PLANT], "-5": [UPS]}})
    assert [row["scenario"] for row in csv.DictReader(io.StringIO(response.text))] == ["'=HYPERLINK(1)", "-5"]


def test_head_says_what_get_would(client: TestClient) -> None:
    for form in FORMATS:
        whole, head = client.get(f"/assets?f={form}"), client.head(f"/assets?f={form}")
        assert (head.status_code, head.content) == (200, b"")
        for name in ("Content-Type", "Content-Length", "ETag"):
            assert head.headers.get(name) == whole.headers.get(name)
