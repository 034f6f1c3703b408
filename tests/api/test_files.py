"""Downloads over HTTP: every format read back, ranges, tags, and GDAL as a client."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas
import networkx
import pyarrow as pa
import pyarrow.csv
import pyogrio
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.downloads import KEPT_S, Files
from tests.api.serving import served
from tests.tools import missing
from twin.export.files import FORMATS
from twin.service import Twin

pytestmark = pytest.mark.store

FILES = [name for name, form in FORMATS.items() if not form.streamed]
STREAMS = [name for name, form in FORMATS.items() if form.streamed]


def ids_in(name: str, content: bytes, folder: Path) -> list[str]:
    """Ids of all rows of a file, as the program reads them that it is for."""
    path = folder / f"read{FORMATS[name].suffix}"
    path.write_bytes(content)
    if name == "geoparquet":
        return list(geopandas.read_parquet(path)["id"])
    if name == "csv":
        options = pa.csv.ParseOptions(newlines_in_values=True)
        found: list[str] = pa.csv.read_csv(io.BytesIO(content), parse_options=options)["id"].to_pylist()
        return found
    if name == "arrow":
        return list(pa.ipc.open_stream(content).read_all()["id"].to_pylist())
    if name == "shp":
        shapes = [f"/vsizip/{path}/{n}" for n in _members(path) if n.endswith(".dbf")]
        return [row for shape in shapes for row in pyogrio.read_dataframe(shape)["id"]]
    layers = [layer for layer, _ in pyogrio.list_layers(path) if layer != "layer_styles"]
    return [row for layer in layers for row in pyogrio.read_dataframe(path, layer=layer)["id"]]


def _members(path: Path) -> list[str]:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


@pytest.mark.parametrize("name", FORMATS)
def test_all_assets_in_every_format(client: TestClient, ids: list[str], tmp_path: Path, name: str) -> None:
    answer = client.get("/export/assets", params={"f": name})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == FORMATS[name].media_type
    assert answer.headers["Content-Disposition"] == f'attachment; filename="assets{FORMATS[name].suffix}"'
    assert answer.headers["X-Twin-Revision"]
    assert sorted(ids_in(name, answer.content, tmp_path)) == sorted(ids)


def test_some_assets(client: TestClient, tmp_path: Path) -> None:
    for params in ({"kind": "bus"}, {"domain": "energy"}, {"text": "bus/110"}, {"bbox": "13.3,52.55,13.35,52.65"}):
        wanted = [row["id"] for row in client.get("/assets", params={**params, "limit": 1000}).json()["items"]]
        answer = client.get("/export/assets", params={**params, "f": "geojson"})
        assert ids_in("geojson", answer.content, tmp_path) == wanted
        assert wanted


def test_a_geopackage_has_a_styled_layer_for_each_kind(client: TestClient, twin: Twin, tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    path.write_bytes(client.get("/export/assets?f=gpkg").content)
    layers = {name for name, _ in pyogrio.list_layers(path)} - {"layer_styles"}
    assert layers == set(twin.snapshot().arrays.assets["kind"].cast(pa.string()).to_pylist())
    styles = pyogrio.read_dataframe(path, layer="layer_styles")
    assert set(styles["f_table_name"]) == {name for name, kind in pyogrio.list_layers(path) if kind}


@pytest.mark.parametrize(
    ("query", "status"),
    [("f=xyz", 400), ("kind=buss", 400), ("bbox=1,2,3", 400), ("a=1", 400), ("text=nobody-has-this", 404)],
)
def test_what_cannot_be_exported(client: TestClient, query: str, status: int) -> None:
    answer = client.get(f"/export/assets?{query}")
    assert answer.status_code == status
    assert answer.json()["fix"]


@pytest.mark.parametrize("name", FORMATS)
def test_head_and_tags(client: TestClient, name: str) -> None:
    address = f"/export/assets?f={name}"
    whole, head = client.get(address), client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    if name in FILES:
        assert head.headers["Content-Length"] == str(len(whole.content))
        assert head.headers["ETag"] == whole.headers["ETag"]
        assert not whole.headers["ETag"].startswith("W/")
    for tag in (whole.headers["ETag"], f'"other", W/{whole.headers["ETag"].removeprefix("W/")}'):
        again = client.get(address, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get(address, headers={"If-None-Match": '"something"'}).status_code == 200


@pytest.mark.parametrize("name", FILES)
def test_ranges_are_pieces_of_one_file(client: TestClient, name: str) -> None:
    address = f"/export/assets?f={name}"
    whole = client.get(address)
    pieces, tags = b"", set()
    for low in range(0, len(whole.content), 10_000):
        piece = client.get(address, headers={"Range": f"bytes={low}-{low + 9_999}", "If-Range": whole.headers["ETag"]})
        assert piece.status_code == 206
        tags.add(piece.headers["ETag"])
        pieces += piece.content
    assert pieces == whole.content
    assert tags == {whole.headers["ETag"]}
    assert client.get(address, headers={"Range": f"bytes={len(pieces)}-"}).status_code == 416


def test_a_result_as_a_file(client: TestClient, tmp_path: Path) -> None:
    asked = {"name": "Plant lost", "question": "impact", "asked": {"failed": ["demo:plant"]}}
    saved = client.post("/results", json=asked).json()
    affected = {row["id"]: row["verdict"] for row in client.get(f"/results/{saved['id']}").json()["answer"]["affected"]}
    assert len(affected) > 2
    for name in FORMATS:
        answer = client.get(f"/results/{saved['id']}/export", params={"f": name})
        assert answer.status_code == 200, name
        assert sorted(ids_in(name, answer.content, tmp_path)) == sorted(affected), name
    path = tmp_path / "impact.gpkg"
    path.write_bytes(client.get(f"/results/{saved['id']}/export?f=gpkg").content)
    told = {
        row.id: row.verdict
        for layer, _ in pyogrio.list_layers(path)
        if layer != "layer_styles"
        for row in pyogrio.read_dataframe(path, layer=layer).itertuples()
    }
    assert told == affected
    assert "verdict" in pyogrio.read_dataframe(path, layer="layer_styles")["styleQML"][0]
    assert client.get("/results/none/export").status_code == 404


def test_the_graph_as_a_file(client: TestClient, ids: list[str], twin: Twin, tmp_path: Path) -> None:
    graph = networkx.parse_graphml(client.get("/export/graph").text, force_multigraph=True)
    assert sorted(graph.nodes) == sorted(ids)
    assert graph.number_of_edges() == twin.snapshot().n_links
    elements = client.get("/export/graph?f=cyjs").json()["elements"]
    assert sorted(node["data"]["id"] for node in elements["nodes"]) == sorted(ids)
    twins = client.get("/export/graph?f=dtdl").json()["digitalTwinsGraph"]["digitalTwins"]
    assert sorted(each["asset_id"] for each in twins) == sorted(ids)
    answer = client.get("/export/graph?f=neo4j")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="twin-neo4j.zip"'
    (tmp_path / "x.zip").write_bytes(answer.content)
    assert _members(tmp_path / "x.zip") == ["README.txt", "nodes.csv", "relationships.csv"]
    assert client.get("/export/graph?f=gml").status_code == 400
    for name in ("graphml", "neo4j"):
        address = f"/export/graph?f={name}"
        assert client.head(address).content == b""
        tag = client.get(address).headers["ETag"]
        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


# Files that are kept.


@pytest.fixture
def kept() -> Iterator[Files]:
    files = Files()
    yield files
    files.close()


def writes(text: str) -> Callable[[Path], Any]:
    return lambda path: path.write_text(text)


def test_a_file_is_made_once_and_goes_when_it_is_old(kept: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kept.lease("a", ".x", writes("one"))
    again = kept.lease("a", ".x", writes("two"))
    assert again is first
    assert first.path.read_text() == "one"
    now = first.used_at
    monkeypatch.setattr("api.downloads.monotonic", lambda: now + 2 * KEPT_S)
    kept.release(first)
    assert first.path.exists(), "somebody still sends it"
    kept.release(again)
    other = kept.lease("b", ".x", writes("three"))
    assert first.path.exists(), "it was used a moment ago"
    monkeypatch.setattr("api.downloads.monotonic", lambda: now + 4 * KEPT_S)
    kept.release(other)
    assert not first.path.exists()
    assert other.path.exists()
    home = other.path.parent
    kept.close()
    assert not home.exists()


def test_no_more_files_than_there_is_room_for(kept: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.downloads.MOST", 3)
    made = [kept.lease(str(i), ".x", writes("text")) for i in range(5)]
    assert all(each.path.exists() for each in made)
    for each in made:
        kept.release(each)
    assert [each.path.exists() for each in made] == [False, False, True, True, True]


def test_a_file_that_cannot_be_made_leaves_nothing(kept: Files) -> None:
    def fails(path: Path) -> None:
        path.write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.lease("a", ".x", fails)
    good = kept.lease("a", ".x", writes("whole"))
    assert [path.read_text() for path in good.path.parent.iterdir()] == ["whole"]


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    with served(app) as found:
        yield found


@pytest.mark.gdal
@pytest.mark.filterwarnings("ignore:File /vsicurl/")  # the address does not end in .gpkg
def test_gdal_reads_files_from_the_server(address: str, client: TestClient, ids: list[str]) -> None:
    if not shutil.which("ogrinfo"):
        missing("ogrinfo (Debian's gdal-bin)")
    # what is streamed has no size, so GDAL takes it whole
    for name, way in (("fgb", "/vsicurl/"), ("geojson", "")):
        told = subprocess.run(
            ["ogrinfo", "-ro", "-al", "-q", f"{way}{address}/export/assets?f={name}"],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert all(f"id (String) = {each}\n" in told.stdout for each in ids), (name, told.stdout[:300], told.stderr)
    table = pyogrio.read_dataframe(f"/vsicurl/{address}/export/assets?f=gpkg", layer="bus")
    assert sorted(table["id"]) == sorted(row["id"] for row in client.get("/assets?kind=bus").json()["items"])
