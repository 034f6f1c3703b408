"""Loader ``gis``: every format gives the same twin, ends are found both ways, and bad sources are told."""

from __future__ import annotations

import copy
import shutil
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from pydantic import ValidationError
from pyproj import Geod

from loaders.gis import GisLoader
from loaders.gis_options import GisOptions
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from twin.errors import LoaderOptionError, SourceUnreadable
from twin.model import LinkRecord, Origin

GIS = FIXTURES / "gis"
NAMES = ("stations", "busbars", "conductors")
UTM = "EPSG:25832"
VOLTAGE = {"field": "UN_V", "unit": "V"}
MAPPING: dict[str, Any] = {
    "stations": {"kind": "substation", "id": "STATION_ID", "prefix": "station/", "name": "NAME"},
    "busbars": {
        "kind": "bus",
        "id": "BB_ID",
        "prefix": "bus/",
        "properties": {"voltage_kv": VOLTAGE},
        "links": [{"type": "CONTAINS", "from_field": "STATION_ID", "layer": "stations"}],
    },
    "conductors": {
        "kind": "power_line",
        "id": "COND_ID",
        "prefix": "line/",
        "properties": {
            "voltage_kv": VOLTAGE,
            "status": {"field": "STATE", "values": {"B": "in_service", "P": "planned"}},
            "capacity_mva": {"field": "LIMIT_KVA", "unit": "kVA"},
            "circuits": {"value": 1},
        },
        "ends": {"type": "CONDUCTS", "layers": ["busbars"], "tolerance_m": 25, "match": ["voltage_kv"]},
    },
}
LINKS = [
    ("station/1", "CONTAINS", "bus/1a"),
    ("station/1", "CONTAINS", "bus/1b"),
    ("station/2", "CONTAINS", "bus/2a"),
    ("bus/1a", "CONDUCTS", "line/7"),
    ("line/7", "CONDUCTS", "bus/2a"),
    ("bus/2a", "CONDUCTS", "line/8"),
    ("line/8", "CONDUCTS", "bus/1a"),
]


def mapping(**changes: Any) -> dict[str, Any]:
    """The mapping of the fixture; ``conductors__ends={...}`` replaces a part, None removes it."""
    layers = copy.deepcopy(MAPPING)
    for path, value in changes.items():
        layer, key = path.split("__")
        if value is None:
            del layers[layer][key]
        else:
            layers[layer][key] = value
    return layers


def read(path: Path, **changes: Any) -> Result:
    return Result(GisLoader(), path, layers=mapping(**changes))


def only(path: Path, **layer: Any) -> Result:
    """One layer of buses with the field ``ref`` as id."""
    return Result(GisLoader(), path, layers={"x": {"kind": "bus", "id": "ref", **layer}})


def write(path: Path, shapes: list[Any], crs: str | None = "EPSG:4326", **columns: list[Any]) -> Path:
    fields = {"ref": [str(i) for i in range(len(shapes))], **columns}
    arrays = [np.array(column, dtype=object if isinstance(column[0], str) else None) for column in fields.values()]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        _write(path, shapes, crs, fields, arrays)
    return path


def _write(path: Path, shapes: list[Any], crs: str | None, fields: dict[str, Any], arrays: list[Any]) -> None:
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array(shapes, dtype=object)),
        arrays,
        fields=list(fields),
        geometry_type="Unknown" if path.suffix != ".shp" else shapes[0].geom_type,
        crs=crs,
    )


def broken(value: float) -> Any:
    """A line with a coordinate that is not finite."""
    with np.errstate(invalid="ignore"):
        return shapely.LineString([(9, 50), (value, 51)])


@pytest.fixture(scope="module")
def formats(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The fixture as one GeoPackage and as folders of other formats, all in UTM."""
    root = tmp_path_factory.mktemp("formats")
    paths = {"geojson": GIS}
    for name in NAMES:
        frame = geopandas.read_file(GIS / f"{name}.geojson").to_crs(UTM)
        frame.to_file(root / "grid.gpkg", layer=name, driver="GPKG")
        for suffix in ("shp", "fgb"):
            paths[suffix] = root / suffix
            paths[suffix].mkdir(exist_ok=True)
            frame.to_file(paths[suffix] / f"{name}.{suffix}")
    return {**paths, "gpkg": root / "grid.gpkg"}


@pytest.mark.parametrize("name", ["geojson", "gpkg", "shp", "fgb"])
def test_every_format_gives_the_same(formats: dict[str, Path], name: str) -> None:
    result = read(formats[name])
    assert result.rejects == []
    check_against_schema(result)
    # FlatGeobuf orders features by place, so order is not compared
    assert sorted(result.links) == sorted(LINKS)
    assert set(result.assets) == {"station/1", "station/2", "bus/1a", "bus/1b", "bus/2a", "line/7", "line/8"}
    assert result.assets["line/7"].properties == {
        "voltage_kv": 380.0,
        "status": "in_service",
        "capacity_mva": 1700.0,
        "circuits": 1.0,
    }
    assert "capacity_mva" not in result.assets["line/8"].properties
    assert result.assets["line/8"].properties["status"] == "planned"
    assert result.assets["station/1"].name == "Südwerk"
    line = result.shape("line/7")
    assert np.allclose(line.coords, [[9.5001, 52.3], [9.3, 52.45], [9.1, 52.50005]], atol=1e-7)
    assert result.shape("station/2").geom_type in ("Polygon", "MultiPolygon")


def test_origins_and_inputs(formats: dict[str, Path]) -> None:
    result = read(formats["gpkg"])
    assert result.assets["bus/2a"].origin == Origin("grid.gpkg/busbars", 3)
    assert result.inputs == [formats["gpkg"]]
    links = [r for r in read(GIS).all if isinstance(r, LinkRecord)]
    assert links[0].origin == Origin("busbars.geojson", 1, "STATION_ID")
    assert {p.suffix for p in read(formats["shp"]).inputs} >= {".shp", ".dbf", ".shx", ".prj"}


def test_ends_by_reference_fields() -> None:
    ends = {"type": "CONDUCTS", "from_field": "A_BUS", "to_field": "B_BUS", "layers": ["busbars"]}
    result = read(GIS, conductors__ends=ends)
    assert sorted(result.links) == sorted(LINKS)


def test_reference_to_one_of_several_layers() -> None:
    layers = mapping(conductors__links=[{"type": "WITHIN", "from_field": "A_BUS"}])
    layers["other"] = {"kind": "bus", "id": "NAME", "prefix": "other/", "file": "stations.geojson"}
    layers["conductors"]["ends"] = {
        "type": "CONDUCTS",
        "from_field": "A_BUS",
        "to_field": "B_BUS",
        "layers": ["other", "busbars"],
    }
    result = Result(GisLoader(), GIS, layers=layers)
    assert ("bus/1a", "CONDUCTS", "line/7") in result.links
    assert ("1a", "WITHIN", "line/7") in result.links, "without a layer the id is taken as it is"


def test_equally_near_busbars_need_a_match() -> None:
    ends = {"type": "CONDUCTS", "layers": ["busbars"], "tolerance_m": 25}
    result = read(GIS, conductors__ends=ends)
    assert result.places == [
        ("conductors.geojson:1:geometry", "missing_end"),
        ("conductors.geojson:2:geometry", "missing_end"),
    ]
    assert "'bus/1a' as to 'bus/1b'" in result.rejects[0].message
    assert "match" in result.rejects[0].fix


def test_ends_too_far_away_name_the_feature_and_the_distance() -> None:
    ends = {**MAPPING["conductors"]["ends"], "tolerance_m": 6}
    result = read(GIS, conductors__ends=ends)
    exact = Geod(ellps="WGS84").inv(9.5001, 52.3, 9.5, 52.3)[2]
    assert 6 < exact < 7
    assert (
        f"feature line/7: its first end is at no asset of busbars: the nearest is {exact:.1f} m"
        in result.rejects[0].message
    )
    assert {r.code for r in result.rejects} == {"missing_end"}
    assert ("line/7", "CONDUCTS", "bus/2a") in result.links, "the other end is found"
    kept = read(GIS, conductors__ends={**ends, "open_ends": "keep"})
    assert kept.rejects == []
    assert kept.links == result.links


def test_nothing_to_snap_to(tmp_path: Path) -> None:
    shutil.copytree(GIS, tmp_path / "g")
    write(tmp_path / "g" / "busbars.geojson", [shapely.Point(-70, -30)], BB_ID=["x"], STATION_ID=["1"], UN_V=[380000])
    result = read(tmp_path / "g")
    assert len(result.rejects) == 4
    assert all("none is anywhere near" in r.message for r in result.rejects)


def test_snapping_prefers_layer_then_distance_then_area(tmp_path: Path) -> None:
    fence, hall = shapely.box(9, 50, 9.01, 50.01), shapely.box(9.004, 50.004, 9.006, 50.006)
    write(tmp_path / "places.geojson", [fence, hall, shapely.Point(9.2, 50.0001), shapely.Point(9.2, 50.0003)])
    write(tmp_path / "poles.geojson", [shapely.Point(9.005, 50.005), shapely.Point(9.2, 50)])
    write(tmp_path / "lines.geojson", [shapely.LineString([(9.005, 50.005), (9.2, 50)])])
    line = {"kind": "power_line", "id": "ref", "prefix": "l"}
    layers = {
        "places": {"kind": "bus", "id": "ref", "prefix": "p"},
        "poles": {"kind": "bus", "id": "ref", "prefix": "q"},
        "lines": {**line, "ends": {"type": "CONDUCTS", "layers": ["places", "poles"], "tolerance_m": 50}},
    }
    assert Result(GisLoader(), tmp_path, layers=layers).links == [("p1", "CONDUCTS", "l0"), ("l0", "CONDUCTS", "p2")]
    layers["lines"]["ends"]["layers"] = ["poles", "places"]
    assert Result(GisLoader(), tmp_path, layers=layers).links == [("q0", "CONDUCTS", "l0"), ("l0", "CONDUCTS", "q1")]


def test_lines_snap_to_lines_but_not_to_themselves(tmp_path: Path) -> None:
    main = shapely.LineString([(9, 50), (9.2, 50)])
    branch = shapely.LineString([(9.1, 50.00001), (9.1, 50.1)])
    loop = shapely.LineString([(9.1, 50.1), (9.12, 50.1), (9.1, 50.10001)])
    write(tmp_path / "lines.geojson", [main, branch, loop])
    ends = {"type": "CONDUCTS", "layers": ["lines"], "tolerance_m": 20, "open_ends": "keep"}
    layers = {"lines": {"kind": "power_line", "id": "ref", "ends": ends}}
    result = Result(GisLoader(), tmp_path, layers=layers)
    assert result.links == [("0", "CONDUCTS", "1"), ("1", "CONDUCTS", "2")]
    assert result.rejects == []


def test_snapping_distance_is_geodesic_at_high_latitude(tmp_path: Path) -> None:
    write(tmp_path / "n.geojson", [shapely.Point(25.0, 70.0), shapely.Point(25.02, 70.004)])
    write(tmp_path / "l.geojson", [shapely.LineString([(25.012, 70.0), (25.0, 70.0)])])
    layers: dict[str, Any] = {
        "n": {"kind": "router", "id": "ref", "prefix": "n"},
        "l": {"kind": "span", "id": "ref", "ends": {"type": "TRANSPORTS", "layers": ["n"], "tolerance_m": 500}},
    }
    result = Result(GisLoader(), tmp_path, layers=layers)
    near, far = (Geod(ellps="WGS84").inv(25.012, 70.0, *p)[2] for p in ((25.0, 70.0), (25.02, 70.004)))
    assert near < 500 < far
    assert result.links == [("n0", "TRANSPORTS", "0")], "both ends are at the same node: one link"


def test_line_of_several_parts(tmp_path: Path) -> None:
    joined = shapely.MultiLineString([[(9, 50), (9.1, 50)], [(9.1, 50), (9.2, 50)]])
    apart = shapely.MultiLineString([[(9, 50), (9.1, 50)], [(9.15, 50), (9.2, 50)]])
    write(tmp_path / "n.geojson", [shapely.Point(9, 50), shapely.Point(9.2, 50)])
    write(tmp_path / "l.geojson", [joined, apart, shapely.Point(9, 50)])
    layers: dict[str, Any] = {
        "n": {"kind": "bus", "id": "ref", "prefix": "n"},
        "l": {"kind": "power_line", "id": "ref", "ends": {"type": "CONDUCTS", "layers": ["n"], "tolerance_m": 5}},
    }
    result = Result(GisLoader(), tmp_path, layers=layers)
    assert result.links == [("n0", "CONDUCTS", "0"), ("0", "CONDUCTS", "n1")]
    assert result.places == [("l.geojson:2:geometry", "bad_geometry"), ("l.geojson:3:geometry", "bad_geometry")]


@pytest.mark.shared
def test_openstreetmap_of_nepal(shared: Path) -> None:
    volts = {"field": "voltage", "unit": "V", "several": "max"}
    layers: dict[str, Any] = {
        "stations": {"file": "osm_power_substation_NP.geojson", "kind": "bus", "id": "osmid"},
        "lines": {
            "file": "osm_power_line_NP.geojson",
            "kind": "power_line",
            "id": "osmid",
            "properties": {"voltage_kv": volts, "circuits": {"field": "circuits", "several": "max"}},
            "ends": {"type": "CONDUCTS", "layers": ["stations", "lines"], "tolerance_m": 50, "open_ends": "keep"},
        },
    }
    result = Result(GisLoader(), shared / "data" / "osm-power-nepal", layers=layers)
    assert [r for r in result.rejects if r.code != "missing_end"] == []
    assert all("as near to" in r.message for r in result.rejects), "only ambiguous ends are rejected"
    assert Counter(a.kind for a in result.assets.values()) == {"power_line": 471, "bus": 171}
    assert result.assets["way/92943821"].properties["voltage_kv"] == 132.0
    assert len(result.links) > 500
    check_against_schema(result)
    strict = copy.deepcopy(layers)
    strict["lines"]["ends"] = {"type": "CONDUCTS", "layers": ["stations"], "tolerance_m": 50}
    open_ends = Result(GisLoader(), shared / "data" / "osm-power-nepal", layers=strict)
    assert len(open_ends.rejects) + len(open_ends.links) <= 2 * 471
    assert len(open_ends.rejects) > 100


def test_missing_reference_system(tmp_path: Path) -> None:
    path = write(tmp_path / "x.shp", [shapely.Point(500000, 5700000)], crs=None)
    (tmp_path / "x.prj").unlink(missing_ok=True)
    result = only(path)
    assert result.places == [("x.shp", "wrong_crs")]
    assert result.assets == {}
    given = only(path, crs=UTM)
    assert given.rejects == []
    assert given.shape("0").x == pytest.approx(9.0, abs=1e-6)


@pytest.mark.parametrize(
    ("shape", "crs", "code"),
    [
        (shapely.Point(500000, 5700000), "EPSG:4326", "wrong_crs"),
        (shapely.Point(9e9, 9e9), UTM, "wrong_crs"),
        (shapely.Point(9, 91), "EPSG:4326", "wrong_crs"),
        (broken(np.nan), "EPSG:4326", "not_finite"),
        (broken(np.inf), "EPSG:4326", "not_finite"),
        (shapely.Point(), "EPSG:4326", "bad_geometry"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "EPSG:4326", "bad_geometry"),
    ],
)
def test_nonsense_geometries(tmp_path: Path, shape: Any, crs: str, code: str) -> None:
    path = write(
        tmp_path / "x.gpkg", [shape, shapely.Point(9, 50) if crs != UTM else shapely.Point(500000, 5700000)], crs
    )
    result = only(path)
    assert result.places == [("x.gpkg:1:geometry", code)]
    assert list(result.assets) == ["1"]


def test_invalid_geometry_can_be_mended(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", [shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])])
    result = only(path, make_valid=True)
    assert result.rejects == []
    assert result.shape("0").is_valid


def test_unusable_reference_system(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", [shapely.Point(1, 1)])
    assert only(path, crs="EPSG:1").places == [("x.gpkg", "wrong_crs")]


def test_heights_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", [shapely.Point(9, 50, 120)])
    assert not only(path).shape("0").has_z


def test_bad_values_are_told_with_their_field(tmp_path: Path) -> None:
    points = [shapely.Point(9, 50)] * 4
    path = write(
        tmp_path / "x.gpkg", points, ref=["a", "", "c", "d"], u=["380 kV", "1", "-5", "220"], s=["in", "in", "in", "?"]
    )
    properties = {"voltage_kv": {"field": "u", "unit": "kV"}, "status": {"field": "s", "values": {"in": "in_service"}}}
    result = only(path, properties=properties)
    assert result.places == [
        ("x.gpkg:1:u", "wrong_type"),
        ("x.gpkg:2:ref", "missing_value"),
        ("x.gpkg:3:u", "out_of_range"),
        ("x.gpkg:4:s", "wrong_type"),
    ]
    assert "feature a" in result.rejects[0].message


def test_not_finite_values(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", [shapely.Point(9, 50)] * 2, u=["nan", "inf"])
    assert [r.code for r in only(path, properties={"voltage_kv": "u"}).rejects] == ["not_finite", "not_finite"]


def test_mapping_that_the_schema_does_not_know() -> None:
    changes = {
        "stations__kind": "substaton",
        "busbars__properties": {"voltage_kw": "UN_V", "voltage_kv": {"field": "UN_V", "unit": "Volt"}},
        "busbars__links": [{"type": "CONTAIN", "from_field": "STATION_ID"}],
        "conductors__properties": {"capacity_mva": {"field": "LIMIT_KVA", "unit": "km"}},
    }
    result = read(GIS, **changes, conductors__ends=None)
    assert result.places == [
        ("stations.geojson:layers.stations.kind", "unknown_kind"),
        ("busbars.geojson:layers.busbars.properties.voltage_kw", "unknown_property"),
        ("busbars.geojson:layers.busbars.properties.voltage_kv", "unknown_unit"),
        ("busbars.geojson:layers.busbars.links", "unknown_link_type"),
        ("conductors.geojson:layers.conductors.properties.capacity_mva", "unknown_unit"),
    ]
    assert "Did you mean substation" in result.rejects[0].message
    assert result.assets == {}


def test_mapping_that_the_file_does_not_fit(formats: dict[str, Path]) -> None:
    with pytest.raises(LoaderOptionError) as caught:
        read(formats["gpkg"], stations__layer="Stations", busbars__name="NAMEN", conductors__id="COND")
    detail = caught.value.detail
    assert "no layer 'Stations'" in detail
    assert "no field 'NAMEN'" in detail
    assert "Did you mean COND_ID" in detail


def test_condition(formats: dict[str, Path]) -> None:
    result = read(formats["gpkg"], conductors__where="STATE = 'B'")
    assert [a for a in result.assets if a.startswith("line")] == ["line/7"]
    with pytest.raises(LoaderOptionError, match="where"):
        read(formats["gpkg"], conductors__where="NO SUCH THING")


def test_required_and_listed_references(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", [shapely.Point(9, 50)] * 3, f=["a; b", "", "c"])
    result = only(path, kind="load", links=[{"type": "POWERS", "from_field": "f", "separator": ";", "required": True}])
    assert result.links == [("a", "POWERS", "0"), ("b", "POWERS", "0"), ("c", "POWERS", "2")]
    assert result.places == [("x.gpkg:2:f", "missing_value")]


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb"])
def test_empty_file(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"x{suffix}").touch()
    result = only(tmp_path / f"x{suffix}")
    assert result.places == [(f"x{suffix}", "empty_file")]


def test_no_features(formats: dict[str, Path]) -> None:
    layers = {"conductors": {**MAPPING["conductors"], "where": "STATE = 'none'", "ends": None}}
    assert Result(GisLoader(), formats["gpkg"], layers=layers).places == [("grid.gpkg", "empty_file")]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_truncated_geopackage(formats: dict[str, Path], tmp_path: Path, share: float) -> None:
    whole = formats["gpkg"].read_bytes()
    (tmp_path / "grid.gpkg").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(SourceUnreadable):
        read(tmp_path / "grid.gpkg")


def test_overwritten_geopackage(formats: dict[str, Path], tmp_path: Path) -> None:
    whole = bytearray(formats["gpkg"].read_bytes())
    for page in range(4096 * 2, len(whole), 4096):
        whole[page : page + 4096] = b"\xff" * len(whole[page : page + 4096])
    (tmp_path / "grid.gpkg").write_bytes(whole)
    with pytest.raises(SourceUnreadable):
        read(tmp_path / "grid.gpkg")


@pytest.mark.parametrize("name", ["x.gpkg", "x.geojson", "x.shp", "x.fgb"])
def test_file_of_another_format(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this is no geodata at all " * 40)
    with pytest.raises(SourceUnreadable):
        only(tmp_path / name)


def test_truncated_geojson(tmp_path: Path) -> None:
    text = (GIS / "conductors.geojson").read_bytes()
    (tmp_path / "x.geojson").write_bytes(text[: len(text) // 2])
    with pytest.raises(SourceUnreadable):
        only(tmp_path / "x.geojson", id="COND_ID")


def test_wrong_encoding(tmp_path: Path) -> None:
    text = (GIS / "stations.geojson").read_text(encoding="utf-8")
    (tmp_path / "x.geojson").write_bytes(text.encode("cp1252"))
    result = only(tmp_path / "x.geojson", id="STATION_ID", name="NAME", kind="substation")
    assert result.places == [("x.geojson:1:NAME", "bad_encoding")]
    assert list(result.assets) == ["2"]


def test_huge_value(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", [shapely.Point(9, 50)] * 2, o=["x" * 10_000_000, "y"])
    result = only(path, properties={"operator": "o"})
    assert result.places == [("x.gpkg:1:o", "value_too_long")]
    assert list(result.assets) == ["1"]


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="does not exist"):
        read(tmp_path / "none.gpkg")
    with pytest.raises(SourceUnreadable, match="no file for the layer 'stations'"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kid": "bus"}, "kid"),
        ({"properties": {"voltage_kv": {"unit": "V"}}}, "either `field` or `value`"),
        ({"ends": {"type": "CONDUCTS", "from_field": "A"}}, "both `from_field` and `to_field`"),
        ({"ends": {"type": "CONDUCTS"}}, "tolerance_m"),
        ({"ends": {"type": "CONDUCTS", "tolerance_m": 5}}, "needs `layers`"),
        ({"ends": {"type": "CONDUCTS", "tolerance_m": 5, "layers": ["nodes"]}}, "refers to layer 'nodes'"),
        ({"links": [{"type": "POWERS"}]}, "either `from_field` or `to_field`"),
    ],
)
def test_bad_options(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        GisOptions.model_validate({"layers": {"x": {"kind": "bus", "id": "ref", **change}}})


def test_mapping_is_another_name_for_layers() -> None:
    assert GisOptions.model_validate({"mapping": MAPPING}) == GisOptions.model_validate({"layers": MAPPING})
