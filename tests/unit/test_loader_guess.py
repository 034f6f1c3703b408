"""``twin import --guess``: each format is known by its content, whatever the file is called."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from loaders.guess import FORMATS, entry, guess
from loaders.guess_signs import signs_of_bytes
from tests.unit.loader_tools import FIXTURES
from tests.unit.test_loader_damage import QUICK
from twin.errors import SourceUnreadable
from twin.ingest.loader import available
from twin.ingest.manifest import read_manifest
from twin.schema import default_schema

RDF = '<?xml version="1.0"?>\n<!-- x -->\n<rdf:RDF xmlns:cim="http://iec.ch/TC57/CIM100#" xmlns:md="http://iec.ch/md">'
NODES = '"nodes": [{"id": 1%s}], "links": [{"source": 1, "target": 1}]'
HEADS: dict[str, tuple[str, ...]] = {
    "cgmes": (RDF + '<md:FullModel rdf:about="x"/>',),
    "cim": (RDF + '<cim:Substation rdf:ID="x"/>',),
    "graphml": (
        '<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        'Creator "x"\ngraph [\n  node [\n    id 0\n  ]\n]\n',
        '{"directed": false, "multigraph": false, ' + NODES % "" + "}",
    ),
    "topohub": ('{"graph": {}, ' + NODES % ', "pos": [9.5, 52.3]' + "}",),
    "osm": (
        '<?xml version="1.0"?><osm version="0.6">',
        '{"version": 0.6, "generator": "Overpass API", "elements": [{"type": "node", "id": 1}]}',
        "\0\0\0\x0d\n\tOSMHeader\x18",
    ),
    "pandapower": ('{"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": {}}',),
    "matpower": ("function mpc = case9\n% x\nmpc.version = '2';\nmpc.baseMVA = 100;\n",),
    "netbox": ('[{"model": "dcim.site", "pk": 1, "fields": {}}]',),
    "redfish": ('{"@odata.type": "#Outlet.v1_4_0.Outlet", "@odata.id": "/redfish/v1/PowerEquipment/RackPDUs/1"}',),
    "ofds": (
        '{"networks": [{"id": "x", "name": "y", "nodes": [], "spans": []}]}',
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"network": {"id": "x"}}}]}',
    ),
    "tmf639": ('[{"id": "1", "href": "/resourceInventoryManagement/v4/resource/1", "@type": "PhysicalResource"}]',),
    "gis": (
        '{"type": "FeatureCollection", "features": []}',
        "fgb\x03fgb\x00",
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2">',
    ),
    "sheet": ("Nr;Name\n1;x\n2;y\n", "a,b\n1,2\n3,4\n"),
}


@pytest.mark.parametrize(("loader", "text"), [(name, text) for name, texts in HEADS.items() for text in texts])
def test_heads(tmp_path: Path, loader: str, text: str) -> None:
    for name in ("export.txt", "export", "export.xml", "export.json"):
        (tmp_path / name).write_bytes(text.encode("latin-1"))
        found = guess(tmp_path / name, list(FORMATS))
        assert found[0].loader == loader, found
        assert found[0].why
        assert [g.sure for g in found] == sorted((g.sure for g in found), reverse=True)


@pytest.mark.parametrize("loader", sorted(p.name for p in FIXTURES.iterdir() if p.name not in ("netbox", "simbench")))
def test_fixtures(loader: str) -> None:
    found = guess(FIXTURES / loader, list(FORMATS))
    same = {"graphml": {"graphml", "topohub"}, "tables": {"tables"}}.get(loader, {loader})
    assert found[0].loader in same, found


def test_netbox_tables_and_simbench(tmp_path: Path) -> None:
    for name in ("netbox_devices.csv", "netbox_sites.csv"):
        (tmp_path / name).write_text("ID,Name\n1,x\n")
    assert guess(tmp_path, list(FORMATS))[0].loader == "netbox"
    assert guess(tmp_path / "netbox_devices.csv", list(FORMATS))[0].loader == "netbox"
    (tmp_path / "sim").mkdir()
    for name in ("Node.csv", "Line.csv"):
        (tmp_path / "sim" / name).write_text("id;type\nx;y\n")
    assert guess(tmp_path / "sim", list(FORMATS))[0].loader == "simbench"


def test_binary_files(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "book")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "table")
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs=4326)
    frame.to_file(tmp_path / "x.gpkg", driver="GPKG")
    frame.to_file(tmp_path / "x.shp")
    with zipfile.ZipFile(tmp_path / "models.zip", "w") as archive:
        archive.writestr("BE_EQ.xml", HEADS["cgmes"][0])
    expected = {"book": "sheet", "table": "sheet", "x.gpkg": "gis", "x.shp": "gis", "models.zip": "cgmes"}
    assert {name: guess(tmp_path / name, list(FORMATS))[0].loader for name in expected} == expected


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\x00\x01\x02" * 50, b"hello world", b"{}", b"<html></html>", b"[1"]
)
def test_unknown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SourceUnreadable) as error:
        guess(tmp_path / "x", ["gis", "sheet"])
    assert "GeoPackage" in error.value.detail
    assert "pandapower" not in error.value.detail  # not installed
    with pytest.raises(SourceUnreadable, match="does not exist"):
        guess(tmp_path / "y", [])


@pytest.mark.parametrize("loader", ["gis", "sheet", "tables", "topohub", "pypsa"])
def test_entries_are_manifests(tmp_path: Path, loader: str) -> None:
    best = guess(FIXTURES / loader, list(available()))[0]
    text = entry(FIXTURES / loader, best, default_schema(), shown=f'odd "{loader}"')
    (tmp_path / "twin.toml").write_text(text, encoding="utf-8")
    spec = read_manifest(tmp_path / "twin.toml").imports[0]
    assert (spec.loader, spec.source) == (loader, loader)
    assert spec.paths == (tmp_path / f'odd "{loader}"',)
    assert text.startswith("# Seen: ")


def test_loaders_of_other_packages_are_asked(tmp_path: Path) -> None:
    def fails(path: Path) -> float:
        raise KeyError(path)

    (tmp_path / "x.scada").write_bytes(b"?")
    found = guess(tmp_path / "x.scada", ["scada"], {"scada": lambda path: 0.8, "a": lambda path: None, "b": fails})
    assert [(g.loader, g.sure, g.installed) for g in found] == [("scada", 0.8, True)]


def test_every_loader_has_its_format_told() -> None:
    ours = {name for name, point in available().items() if point.value.startswith("loaders.")}
    assert ours <= FORMATS.keys()


@QUICK
@given(content=st.binary(max_size=300), text=st.sampled_from([t for texts in HEADS.values() for t in texts]))
def test_anything(content: bytes, text: str) -> None:
    for data in (content, text.encode("latin-1")[: len(content)] + content, json.dumps(str(content)).encode()):
        for sign in signs_of_bytes(data, "x"):
            assert 0 < sign.sure <= 1
            assert sign.loader in FORMATS
