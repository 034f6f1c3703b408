"""Whatever is done to an export, a loader says what is wrong or reads it; nothing else ever comes out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import geopandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.gis import GisLoader
from loaders.pypsa import PypsaLoader
from loaders.tables import TablesLoader
from loaders.topohub import TopohubLoader
from tests.unit.loader_tools import FIXTURES, Result
from tests.unit.test_loader_gis import MAPPING
from twin.errors import LoaderOptionError, SourceUnreadable
from twin.model import AssetRecord, LinkRecord, Reject

#: Bytes that mean something to one format or another.
SIGNS = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"{",
    b"]",
    b"nan",
    b"1e999",
    b"-",
    b";",
    b"NULL",
    b"\xed\xa0\x80",
    b"e",
]
PLACES = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.one_of(st.sampled_from(SIGNS), st.binary(max_size=6))),
    min_size=1,
    max_size=4,
)
QUICK = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def damage(data: bytes, places: list[tuple[float, int, bytes]]) -> bytes:
    """*data* with some bytes replaced by others, at relative places."""
    for where, length, new in places:
        at = int(where * len(data))
        data = data[:at] + new + data[at + length :]
    return data


def read_damaged(loader: Any, path: Path, **options: Any) -> None:
    try:
        result = Result(loader, path, **options)
    except (SourceUnreadable, LoaderOptionError):  # the latter: a field or layer lost its name
        return
    for record in result.all:
        assert isinstance(record, AssetRecord | LinkRecord | Reject)
    for reject in result.rejects:
        assert reject.message
        assert reject.fix
        str(reject.to_dict()).encode()  # can be printed
    for asset in result.assets.values():
        assert asset.id
        asset.id.encode()


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("work")
    shutil.copytree(FIXTURES, root, dirs_exist_ok=True)
    for name in ("stations", "busbars", "conductors"):
        frame = geopandas.read_file(root / "gis" / f"{name}.geojson")
        frame.to_file(root / "whole.gpkg", layer=name, driver="GPKG")
        (root / "shp").mkdir(exist_ok=True)
        frame.to_file(root / "shp" / f"{name}.shp")
    return root


@QUICK
@given(places=PLACES, file=st.sampled_from(["assets.csv", "links.csv"]))
def test_tables(work: Path, places: list[tuple[float, int, bytes]], file: str) -> None:
    whole = (FIXTURES / "tables" / file).read_bytes()
    shutil.copytree(FIXTURES / "tables", work / "tables", dirs_exist_ok=True)
    (work / "tables" / file).write_bytes(damage(whole, places))
    read_damaged(TablesLoader(), work / "tables")


@QUICK
@given(content=st.binary(max_size=200))
def test_tables_of_anything(work: Path, content: bytes) -> None:
    (work / "any").mkdir(exist_ok=True)
    (work / "any" / "assets.csv").write_bytes(b"id,kind,name,lon,lat,wkt\n" + content)
    (work / "any" / "links.csv").write_bytes(b"from,type,to,group,need\n" + content)
    read_damaged(TablesLoader(), work / "any")


@QUICK
@given(places=PLACES, file=st.sampled_from(sorted(p.name for p in (FIXTURES / "pypsa").iterdir())))
def test_pypsa(work: Path, places: list[tuple[float, int, bytes]], file: str) -> None:
    shutil.copytree(FIXTURES / "pypsa", work / "pypsa", dirs_exist_ok=True)
    (work / "pypsa" / file).write_bytes(damage((FIXTURES / "pypsa" / file).read_bytes(), places))
    read_damaged(PypsaLoader(), work / "pypsa", straight_lines=True)


@QUICK
@given(places=PLACES)
def test_topohub(work: Path, places: list[tuple[float, int, bytes]]) -> None:
    whole = (FIXTURES / "topohub" / "ring.json").read_bytes()
    (work / "ring.json").write_bytes(damage(whole, places))
    read_damaged(TopohubLoader(), work / "ring.json")


@QUICK
@given(
    nodes=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["id", "pos", "source", "target", "dist", "name"]), x),
    )
)
def test_topohub_of_anything(work: Path, nodes: Any) -> None:
    for document in ({"nodes": nodes, "edges": nodes}, {"nodes": [nodes], "links": [nodes]}, nodes):
        (work / "any.json").write_text(json.dumps(document))
        read_damaged(TopohubLoader(), work / "any.json")


@settings(QUICK, max_examples=40)
@given(places=PLACES, name=st.sampled_from(["stations", "busbars", "conductors"]))
def test_geojson(work: Path, places: list[tuple[float, int, bytes]], name: str) -> None:
    shutil.copytree(FIXTURES / "gis", work / "gis", dirs_exist_ok=True)
    path = work / "gis" / f"{name}.geojson"
    path.write_bytes(damage(path.read_bytes(), places))
    read_gis(work / "gis")


@settings(QUICK, max_examples=40)
@given(places=PLACES)
def test_geopackage(work: Path, places: list[tuple[float, int, bytes]]) -> None:
    (work / "grid.gpkg").write_bytes(damage((work / "whole.gpkg").read_bytes(), places))
    read_gis(work / "grid.gpkg")


@settings(QUICK, max_examples=40)
@given(places=PLACES, suffix=st.sampled_from(["shp", "shx", "dbf", "prj", "cpg"]))
def test_shapefile(work: Path, places: list[tuple[float, int, bytes]], suffix: str) -> None:
    shutil.copytree(work / "shp", work / "broken", dirs_exist_ok=True)
    path = work / "broken" / f"busbars.{suffix}"
    path.write_bytes(damage(path.read_bytes(), places))
    read_gis(work / "broken")


def read_gis(path: Path) -> None:
    read_damaged(GisLoader(), path, layers=MAPPING)


#: Values of every plain kind, where others are expected.
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.text(max_size=3))
)


def spots(*documents: Any) -> list[tuple[Any, Any]]:
    """Every place of plain documents that something else can stand in: its holder, and its key there."""
    found: list[tuple[Any, Any]] = []
    stack: list[Any] = list(documents)
    while stack:
        one = stack.pop()
        items = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
        for key, inner in list(items):
            found.append((one, key))
            stack.append(inner)
    return found
