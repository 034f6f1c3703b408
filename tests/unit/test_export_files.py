"""Files of layers, read back by the programs that they are for, row by row."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pyogrio
import pytest
import shapely

from twin.errors import InvalidParameter
from twin.export import files, gdal, layer, text
from twin.export.files import FORMATS
from twin.export.layer import Layer, layers_by_kind

KML = "{http://www.opengis.net/kml/2.2}"
SHAPES = [
    shapely.Point(8.123456789012345, 50.1),
    shapely.LineString([(8, 50), (9, 51.5), (9.25, 50)]),
    shapely.Polygon([(8, 50), (9, 50), (9, 51), (8, 51)], [[(8.2, 50.2), (8.4, 50.2), (8.4, 50.4)]]),
    None,
    shapely.MultiPolygon([shapely.box(1, 2, 3, 4), shapely.box(5, 6, 7, 8)]),
    shapely.MultiPoint([(1, 2), (3, 4)]),
    shapely.Point(-180, -90),
]
ROWS = [
    {
        "id": "a:1",
        "kind": "bus",
        "domain": "energy",
        "name": "Ümspannwerk <A> & B",
        "voltage_kv": 110.0,
        "verdict": "down",
    },
    {
        "id": "a:2",
        "kind": "power_line",
        "domain": "energy",
        "name": "=1+1",
        "voltage_kv": 0.1 + 0.2,
        "verdict": "at_risk",
    },
    {"id": "b/3", "kind": "hall", "domain": "compute", "name": None, "voltage_kv": None, "verdict": "failed"},
    {"id": "c", "kind": "vm", "domain": "compute", "name": "x" * 300, "voltage_kv": None, "verdict": "interrupted"},
    {"id": "d", "kind": "region", "domain": "place", "name": "\"quoted\", 'too'\nand broken", "verdict": "degraded"},
    {"id": "e", "kind": "site", "domain": "connectivity", "name": "日本\u0007", "verdict": "unaffected"},
    {"id": "f", "kind": "bus", "domain": "energy", "name": "pole", "voltage_kv": 380.0, "verdict": "down"},
]


def made(rows: list[dict[str, Any]] = ROWS, shapes: list[Any] = SHAPES) -> Layer:
    table = {
        **{name: pa.array([row.get(name) for row in rows], pa.string()) for name in ("id", "kind", "domain", "name")},
        "voltage_kv": pa.array([row.get("voltage_kv") for row in rows], pa.float64()),
        "standby": pa.array([[True, False, None][i % 3] for i in range(len(rows))], pa.bool_()),
        "gpus": pa.array([None if i % 2 else 2**40 + i for i in range(len(rows))], pa.int64()),
        "ride_through_power_s": pa.array([float(i) for i in range(len(rows))], pa.float64()),
        "verdict": pa.array([row.get("verdict") for row in rows], pa.string()),
        "flags": pa.array([["a", "b"] if i % 2 else [] for i in range(len(rows))], pa.list_(pa.string())),
    }
    found = np.full(len(rows), None, object)
    found[:] = shapes
    return Layer("rows", layer.flat(pa.table(table)), found)


def same(read: geopandas.GeoDataFrame, wanted: Layer, without: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Every row with all its values and its shape, whatever the order."""
    assert len(read) == len(wanted.shapes)
    rows = {row["id"]: (row, shape) for row, shape in zip(wanted.table.to_pylist(), wanted.shapes, strict=True)}
    geometry = read.geometry if isinstance(read, geopandas.GeoDataFrame) else [None] * len(read)
    for found, shape in zip(read.to_dict("records"), geometry, strict=True):
        row, exact = rows.pop(found["id"])
        for name in row.keys() - without:
            value = None if found[name] is None or found[name] is pd.NA or found[name] != found[name] else found[name]
            assert value == row[name] or (row[name] in ("", None) and value in ("", None)), (row["id"], name)
        assert (shape is None) == (exact is None), row["id"]
        assert shape is None or shapely.equals(shape, exact), row["id"]
    assert rows == {}


def test_every_format_keeps_every_row(tmp_path: Path) -> None:
    whole = made()
    readers = {
        "geojson": lambda path: geopandas.read_file(path, engine="pyogrio"),
        "geojsonseq": lambda path: pyogrio.read_dataframe(path),
        "fgb": lambda path: pyogrio.read_dataframe(path),
        "geoparquet": geopandas.read_parquet,
    }
    for name, reader in readers.items():
        path = tmp_path / f"rows{FORMATS[name].suffix}"
        files.write(whole, path)
        same(reader(path), whole, {"flags"} if name in ("geojson", "geojsonseq") else set())
    with pa.ipc.open_stream(b"".join(files.stream(whole, FORMATS["arrow"]))) as stream:
        same(geopandas.GeoDataFrame.from_arrow(stream.read_all()), whole)


def test_lists_are_json_text() -> None:
    assert made().table["flags"].to_pylist()[:2] == ["[]", '["a","b"]']


def test_geopackage_has_a_layer_for_each_kind_and_class(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    rows = [*ROWS, {"id": "g", "kind": "bus", "domain": "energy"}, {"id": "h", "kind": "hall", "domain": "compute"}]
    shapes = [*SHAPES, shapely.LineString([(0, 0), (1, 1)]), shapely.box(0, 0, 1, 1)]
    whole = made(rows, shapes)
    files.write(layers_by_kind(whole), path)
    told = {name: kind for name, kind in pyogrio.list_layers(path) if name != "layer_styles"}
    assert told == {
        "bus_points": "Point", "bus_lines": "LineString", "power_line": "LineString", "hall": "Polygon", "vm": None,
        "region": "MultiPolygon", "site": "MultiPoint",
    }  # fmt: skip
    read = [pyogrio.read_dataframe(path, layer=name) for name in told]
    assert sum(map(len, read)) == len(rows)
    assert pyogrio.read_info(path, layer="bus_points")["crs"] == "EPSG:4326"
    bus = read[list(told).index("bus_points")]
    assert bus["voltage_kv"].tolist() == [110.0, 380.0]
    assert bus["name"].tolist() == [ROWS[0]["name"], "pole"]
    same(pd.concat(read), whole)


def test_geopackage_is_styled_for_qgis(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    files.write(made(), path)
    with closing(sqlite3.connect(path)) as file:
        kinds = dict(file.execute("SELECT table_name, data_type FROM gpkg_contents").fetchall())
        styles = file.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles"
        ).fetchall()
        columns = dict(file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
        version = file.execute("PRAGMA user_version").fetchone()[0]
    assert version == 10200, "Debian's GDAL 3.6 warns of later ones"
    assert kinds["layer_styles"] == "attributes"
    assert {row[0] for row in styles} == set(columns) == {"rows_points", "rows_lines", "rows_areas"}
    assert kinds["rows_noplace"] == "attributes"
    symbol = {"rows_points": "marker", "rows_lines": "line", "rows_areas": "fill"}
    for table, column, default, qml in styles:
        assert (columns[table], default) == (column, 1)
        renderer = ElementTree.fromstring(qml[qml.index("<qgis") :]).find("renderer-v2")
        assert renderer is not None
        assert renderer.get("attr") == "verdict"
        values = [c.get("value") for c in renderer.iter("category")]
        assert values == ["failed", "down", "interrupted", "degraded", "at_risk", "unaffected", ""]
        named = {s.get("name"): s.get("type") for s in renderer.iter("symbol")}
        assert set(named.values()) == {symbol[table]}
        assert {c.get("symbol") for c in renderer.iter("category")} <= set(named)


@pytest.mark.parametrize(
    ("columns", "attr", "kind"),
    [
        (("id", "kind", "domain", "voltage_kv"), "voltage_kv", "graduatedSymbol"),
        (("id", "kind", "domain"), "domain", "categorizedSymbol"),
        (("id", "kind"), "kind", "categorizedSymbol"),
        (("id",), None, "singleSymbol"),
    ],
)
def test_what_a_layer_is_coloured_by(tmp_path: Path, columns: tuple[str, ...], attr: str | None, kind: str) -> None:
    from twin.export.styles import VOLTAGES, qml

    whole = made()
    style = qml(Layer("x", whole.table.select(columns), whole.shapes))
    renderer = ElementTree.fromstring(style[style.index("<qgis") :]).find("renderer-v2")
    assert renderer is not None
    assert (renderer.get("attr"), renderer.get("type")) == (attr, kind)
    ranges = [(float(r.get("lower", "")), float(r.get("upper", ""))) for r in renderer.iter("range")]
    if attr == "voltage_kv":
        assert [low for low, _ in ranges] == [low for low, _ in VOLTAGES]
        assert all(a[1] == b[0] for a, b in pairwise(ranges))


def test_names_that_sqlite_takes_for_the_same(tmp_path: Path) -> None:
    whole = made(ROWS[:1], SHAPES[:1])
    path = tmp_path / "x.gpkg"
    names = ["Bus", "bus", "layer_styles", "gpkg_contents", "rtree_x", "sqlite_master"]
    files.write([Layer(name, whole.table, whole.shapes) for name in names], path)
    assert len(pyogrio.list_layers(path)) == len(names) + 1
    assert len({name.lower() for name, _ in pyogrio.list_layers(path)}) == len(names) + 1


def test_shapefiles_come_with_what_their_fields_mean(tmp_path: Path) -> None:
    whole = made()
    path = tmp_path / "rows.shp.zip"
    files.write(whole, path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        table = {row["property"]: row for row in pa.csv.read_csv(io.BytesIO(archive.read("fields.csv"))).to_pylist()}
        cpg = archive.read("rows_points.cpg")
    assert cpg == b"UTF-8"
    assert {n for n in names if n.endswith(".dbf")} == {
        f"rows_{c}.dbf" for c in ("points", "lines", "areas", "noplace")
    }
    assert {n for n in names if n.endswith(".shp")} == {f"rows_{c}.shp" for c in ("points", "lines", "areas")}
    assert table["ride_through_power_s"]["field"] == "ri_th_po_s"
    assert table["name"]["values_cut"] == 1
    back = {row["field"]: name for name, row in table.items()}
    read = pd.concat(
        [
            pyogrio.read_dataframe(f"/vsizip/{path}/{name}").rename(columns=back)
            for name in names
            if name.endswith(".dbf")
        ]
    )
    assert sorted(read["id"]) == sorted(row["id"] for row in ROWS)
    points = pyogrio.read_dataframe(f"/vsizip/{path}/rows_points.shp").rename(columns=back).set_index("id")
    assert points.loc["a:1", "name"] == ROWS[0]["name"]
    assert points.loc["a:1", "gpus"] == 2**40
    assert points.loc["a:1", "standby"] == 1
    assert points.loc["a:1"].geometry.geoms[0].equals(SHAPES[0])


def test_short_names_are_short_and_all_different() -> None:
    from twin.schema import default_schema

    names = [
        *default_schema().properties,
        "ID",
        "id",
        "a" * 40,
        "a" * 41,
        "a" * 42,
        *[f"word_{i}_of_many" for i in range(120)],
    ]
    short = gdal.short_names(names)
    assert list(short) == names
    assert len({value.lower() for value in short.values()}) == len(names)
    assert max(map(len, short.values())) <= 10
    assert short["capacity_gbps"] == "capac_gbps"
    assert short["status"] == "status"


def test_geoparquet_says_where_its_rows_are(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    files.write(made(), path)
    meta = json.loads(pa.parquet.read_schema(path).metadata[b"geo"])
    assert meta["version"] == "1.1.0"
    column = meta["columns"]["geometry"]
    assert column["geometry_types"] == ["LineString", "MultiPoint", "MultiPolygon", "Point", "Polygon"]
    assert column["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]
    assert column["bbox"] == [-180.0, -90.0, 9.25, 51.5]
    near = geopandas.read_parquet(path, bbox=(7.9, 49.9, 8.3, 50.2))
    assert set(near["id"]) == {"a:1", "a:2", "b/3"}


def test_csv_keeps_shapes_to_the_last_digit_and_no_formula() -> None:
    read = pa.csv.read_csv(
        io.BytesIO(b"".join(files.stream(made(), FORMATS["csv"]))),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(strings_can_be_null=True),
    ).to_pylist()
    assert [row["id"] for row in read] == [row["id"] for row in ROWS]
    for row, shape in zip(read, SHAPES, strict=True):
        assert (row["wkt"] is None) == (shape is None)
        assert shape is None or shapely.from_wkt(row["wkt"]).equals(shape)
    assert read[1]["name"] == "'=1+1"
    assert read[4]["name"] == ROWS[4]["name"]
    assert read[1]["voltage_kv"] == 0.1 + 0.2


def test_kml_has_names_colours_and_all_values(tmp_path: Path) -> None:
    path = tmp_path / "x.kml"
    whole = made()
    files.write(layers_by_kind(whole), path)
    tree = ElementTree.parse(path).getroot()
    styles = {s.get("id"): s for s in tree.iter(f"{KML}Style")}
    assert styles["down"].find(f"{KML}LineStyle/{KML}color").text == "ff3c1bc5"  # type: ignore[union-attr]
    folders = {f.findtext(f"{KML}name"): f for f in tree.iter(f"{KML}Folder")}
    assert set(folders) == {row["kind"] for row in ROWS}
    marks = {
        d.findtext(f"{KML}value"): p
        for p in tree.iter(f"{KML}Placemark")
        for d in p.iter(f"{KML}Data")
        if d.get("name") == "id"
    }
    assert set(marks) == {row["id"] for row in ROWS}
    for row in ROWS:
        assert marks[row["id"]].findtext(f"{KML}styleUrl") == f"#{row['verdict']}"
    assert marks["a:1"].findtext(f"{KML}name") == ROWS[0]["name"]
    assert marks["e"].findtext(f"{KML}name") == "日本\ufffd", "XML has no control characters"
    read = {name: pyogrio.read_dataframe(path, layer=name) for name in folders}
    by_id = {row["id"]: shape for row, shape in zip(ROWS, SHAPES, strict=True)}
    assert read["power_line"].geometry[0].equals(by_id["a:2"])
    assert read["region"].geometry[0].equals(by_id["d"])
    assert sum(map(len, read.values())) == len(ROWS)


def test_geojson_says_what_has_no_place() -> None:
    document = json.loads(b"".join(files.stream(made(), FORMATS["geojson"])))
    assert document["notes"] == ["1 of 7 rows have no known place and are written without geometry (1 vm)."]
    assert [f["id"] for f in document["features"]] == [row["id"] for row in ROWS]
    assert document["features"][3]["geometry"] is None
    lines = b"".join(files.stream(made(), FORMATS["geojsonseq"])).splitlines()
    assert [json.loads(line) for line in lines] == document["features"]


@pytest.mark.parametrize("name", FORMATS)
def test_no_rows_and_no_places(tmp_path: Path, name: str) -> None:
    empty = Layer("none", made().table.slice(0, 0), np.zeros(0, object))
    nowhere = made(ROWS[:2], [None, None])
    for number, each in enumerate((empty, nowhere)):
        path = tmp_path / f"{number}{FORMATS[name].suffix}"
        files.write(each, path)
        assert path.stat().st_size > 0 or (name, number) == ("geojsonseq", 0)
    if name in ("gpkg", "geojson", "fgb", "shp"):
        target = f"/vsizip/{path}/rows.dbf" if name == "shp" else path
        assert pyogrio.read_dataframe(target)["id"].tolist() == ["a:1", "a:2"]


def test_many_rows_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "BATCH", 2)
    whole = made()
    for name in ("geojson", "geojsonseq", "csv", "arrow", "kml"):
        parts = list(files.stream(whole, FORMATS[name]))
        assert len(parts) >= 4, name
        monkeypatch.setattr(layer, "BATCH", 1000)
        if name != "arrow":
            assert b"".join(parts) == b"".join(files.stream(whole, FORMATS[name])), name
        else:
            assert (
                pa.ipc.open_stream(b"".join(parts))
                .read_all()
                .equals(pa.ipc.open_stream(b"".join(files.stream(whole, FORMATS[name]))).read_all())
            )
        monkeypatch.setattr(layer, "BATCH", 2)


def test_heights_are_kept(tmp_path: Path) -> None:
    whole = made(ROWS[:2], [shapely.Point(1, 2, 3), shapely.Point(4, 5)])
    for suffix in (".gpkg", ".fgb", ".parquet", ".geojson"):
        files.write(whole, tmp_path / f"z{suffix}")
        path = tmp_path / f"z{suffix}"
        read = geopandas.read_parquet(path) if suffix == ".parquet" else pyogrio.read_dataframe(path, layer=0)
        assert read.set_index("id").geometry["a:1"].z == 3, suffix
    assert "1 2 3" in b"".join(text.csv(whole)).decode()


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".parquet", ".geojson"])
def test_single_and_multiple_shapes_together(tmp_path: Path, suffix: str) -> None:
    whole = made(ROWS[:3], [shapely.Point(1, 2), shapely.MultiPoint([(4, 5), (6, 7)]), shapely.Point(8, 9)])
    path = tmp_path / f"m{suffix}"
    files.write(whole, path)
    read = geopandas.read_parquet(path) if suffix == ".parquet" else pyogrio.read_dataframe(path, layer=0)
    same(read, whole, {"flags"})
    lonely = made(ROWS[:2], [shapely.Point(1, 2, 3), shapely.LineString([(4, 5), (6, 7)])])
    files.write(lonely, tmp_path / f"n{suffix}")
    again = tmp_path / f"n{suffix}"
    rows = geopandas.read_parquet(again) if suffix == ".parquet" else pyogrio.read_dataframe(again, layer=0)
    first = rows.set_index("id").geometry["a:1"]
    assert first.has_z != (suffix == ".fgb"), "FlatGeobuf says of the whole layer whether it has heights"


def test_one_layer_is_one_layer(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="takes one layer, here are 2"):
        files.write([made(), made()], tmp_path / "x.fgb")
    with pytest.raises(InvalidParameter, match="no layer format has the suffix"):
        files.write(made(), tmp_path / "x.xyz")
    with pytest.raises(InvalidParameter, match="Did you mean geojson"):
        files.format_named("geojsn")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("a.GPKG", "gpkg"),
        ("a.shp.zip", "shp"),
        ("a.b.geojsonl", "geojsonseq"),
        ("a.parquet", "geoparquet"),
        ("a", None),
    ],
)
def test_formats_by_suffix(name: str, wanted: str | None) -> None:
    found = files.format_of(Path(name))
    assert (found and found.name) == wanted


def test_gdal_refuses_in_words(tmp_path: Path) -> None:
    (tmp_path / "no.gpkg").mkdir()
    with pytest.raises(InvalidParameter, match=r"no\.gpkg cannot be written"):
        files.write(made(), tmp_path / "no.gpkg")
