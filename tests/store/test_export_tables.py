"""``twin export tables``: what it writes, imported again, is the same twin, whatever loader the first one came from."""

from __future__ import annotations

import csv
import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import shapely

from tests.store.ingest_tables import grid, load, write
from tests.unit.loader_tools import FIXTURES
from tests.unit.test_loader_gis import MAPPING
from twin.cli.main import main
from twin.errors import EmptyTwin, InvalidParameter
from twin.ingest.digest import STAMPS, store_digest
from twin.ingest.dump import dump_tables
from twin.ingest.loader import available
from twin.ingest.manifest import read_manifest, single
from twin.ingest.report import ImportReport
from twin.ingest.run import Flags, run_import
from twin.schema import load_schema
from twin.store import Store

pytestmark = [pytest.mark.store, pytest.mark.newest]

SHEET = tomllib.loads((FIXTURES / "sheet" / "mapping.toml").read_text(encoding="utf-8"))["import"][0]["options"]
#: Loader -> its committed exports: path below the fixtures, options.
EXPORTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "cgmes": [("cgmes", {})],
    "cim": [("cim/feeders.xml", {})],
    "gis": [("gis", {"layers": MAPPING})],
    "graphml": [(f"graphml/net.{suffix}", {}) for suffix in ("graphml", "gml", "json")],
    "matpower": [("matpower/ring.m", {})],
    "netbox": [("netbox/dump.json", {}), ("netbox/csv", {})],
    "ofds": [("ofds/two.json", {})],
    "osm": [("osm/valley.osm", {})],
    "pandapower": [("pandapower/net.json", {})],
    "pypsa": [("pypsa", {"straight_lines": True})],
    "redfish": [("redfish/hall.json", {})],
    "sheet": [("sheet", SHEET)],
    "simbench": [("simbench", {})],
    "tables": [("tables", {})],
    "tmf639": [("tmf639/v4", {}), ("tmf639/v5", {})],
    "topohub": [("topohub/ring.json", {})],
}


def content_of(store: Store) -> list[str]:
    """Every asset and link with all its properties, to see what differs where digests do."""
    items = [
        item
        for query in ("ingest.content_assets", "ingest.content_links")
        for row in store.rows(query, starts=[0], step=10_000)
        for item in row["items"]
    ]
    told = [
        (*sorted(map(str, head)), sorted((k, v) for k, v in own.items() if k not in STAMPS)) for *head, own in items
    ]
    return sorted(map(repr, told))


def again(store: Store, folder: Path, wipe: Any) -> ImportReport:
    """The twin written to *folder*, taken away, and made anew from there; its content is the same."""
    before, content = store_digest(store), content_of(store)
    report = dump_tables(store, folder)
    wipe()
    manifest = read_manifest(folder)
    schema = load_schema(manifest.schema_files)
    made = run_import(store, schema, manifest, reports=folder.parent / "reports", flags=Flags())
    assert made.rejected == 0
    assert sum(part["assets"]["create"] for part in made.plan["sources"]) == report.assets
    parts = [*made.plan["sources"], *made.plan["stitches"]]
    assert sum(part["links"]["create"] for part in parts) == report.links
    assert content_of(store) == content
    assert store_digest(store) == before
    return made


@pytest.fixture
def wipe(store: Store, driver: Any, schema: Any) -> Any:
    from tests.conftest import WIPE

    def gone() -> None:
        with driver.session(database="neo4j") as session:
            session.run(WIPE).consume()
        store.prepare(schema)

    return gone


def test_every_loader_has_an_export_here() -> None:
    assert set(available()) == set(EXPORTS)


@pytest.mark.parametrize(
    ("loader", "path", "options"), [(name, *one) for name, some in EXPORTS.items() for one in some]
)
def test_what_a_loader_read_comes_back(
    store: Store, wipe: Any, tmp_path: Path, loader: str, path: str, options: dict[str, Any]
) -> None:
    manifest = single(loader, "src", FIXTURES / path, options)
    reports = tmp_path / "reports"
    first = run_import(store, load_schema(()), manifest, reports=reports, flags=Flags(skip_rejects=True))
    assert first.plan["sources"][0]["assets"]["create"] > 3
    again(store, tmp_path / "out", wipe)


UGLY = [
    ("a,b", "bus", 'say "no", twice', 1e-300, -0.1 - 0.2, "", 380.00000000000006, " inner  blanks\nand a\r\nline", ""),
    ("x:y", "bus", "NULL", 179.99999999999997, 0.0, "", 0.1 + 0.2, "true", ""),
    ("other:b", "bus", "\u202eright\u2028to left \U0001f50c", -0.0, 5e-324, "", 1.7976931348623157e308, "007", ""),
    ("nan", "bus", "-", "", "", "", "", "''", "planned"),
    ("ring", "site", "=1+1", "", "", "POLYGON ((0 0, 0.1 0, 0.30000000000000004 0.1, 0 0.1, 0 0))", "", "1e5", ""),
    ("many", "power_line", "", "", "", "MULTILINESTRING ((1 2, 3.0000000000000004 4), (5 6, 7 8))", 110, "\t\\", ""),
    ("g", "generator", "Gen", 9.0, 52.0),
]  # fmt: skip


def test_values_that_get_lost_easily(store: Store, wipe: Any, tmp_path: Path) -> None:
    links = [
        ("g", "POWERS", "a,b", "", "all", "", 12.3),
        ("g", "POWERS", "a,b", "", "", "", 0.1 + 0.2),
        ("g", "POWERS", "a,b", "B", "1", "", "", 1e-17),
        ("many", "CONDUCTS", "a,b"),
        ("x:y", "CONDUCTS", "many"),
        ("src:x:y", "CONDUCTS", "many"),
    ]
    load(store, write(tmp_path / "ugly", UGLY, links), "src")
    links = [("src:g", "POWERS", "b"), ("b", "CONDUCTS", "src:many")]
    load(store, write(tmp_path / "more", [("b", "bus", "B")], links), "other")
    again(store, tmp_path / "out", wipe)
    with (tmp_path / "out" / "sources" / "src" / "assets.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows["a,b"]["operator"] == "inner  blanks\nand a\r\nline"
    assert rows["x:y"]["voltage_kv"] == "0.30000000000000004"
    assert shapely.from_wkt(rows["ring"]["wkt"]).exterior.coords[2] == (0.30000000000000004, 0.1)


def test_parallel_links_keep_their_own_properties(store: Store, wipe: Any, tmp_path: Path) -> None:
    """Which of equal links is which is told by their order alone."""
    lengths = [(("g", "POWERS", "b0", "", "", "", length)) for length in (5, 3, 9, 1)]
    folder = grid(tmp_path / "grid", 4)
    with (folder / "links.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([*row, ""] for row in lengths)
    load(store, folder)
    again(store, tmp_path / "out", wipe)


MANIFEST = """
[twin]
name = "two"
schema = "water.toml"
[[import]]
source = "grid"
loader = "tables"
path = "grid"
[[import]]
source = "far"
loader = "tables"
path = "far"
[[stitch]]
name = "near"
rule = "nearest"
link = "POWERS"
from = { kind = "bus", source = "grid" }
to = { kind = "pump", source = "far" }
k = 2
group = "fee\\"d"
need = 2
properties = { capacity = 0.30000000000000004 }
[[stitch]]
name = "inside"
rule = "within"
link = "WITHIN"
from = { kind = "region" }
to = { kind = "bus" }
"""


def test_stitched_links_and_own_schema_come_back(store: Store, wipe: Any, tmp_path: Path) -> None:
    grid(tmp_path / "grid", 6)
    region = ("r", "region", "R", "", "", "POLYGON ((8 51, 10 51, 10 53, 8 53, 8 51))")
    write(tmp_path / "far", [("p", "pump", "P", 9.001, 52.001), ("q", "pump", "Q"), region], [])
    shutil.copy(FIXTURES.parent / "schema" / "water.toml", tmp_path)
    (tmp_path / "twin.toml").write_text(MANIFEST, encoding="utf-8")
    manifest = read_manifest(tmp_path)
    run_import(store, load_schema(manifest.schema_files), manifest, reports=tmp_path / "reports", flags=Flags())
    made = again(store, tmp_path / "out", wipe)
    assert {rule["name"]: rule["links"]["create"] for rule in made.plan["stitches"]} == {"near": 2, "inside": 6}


def test_the_command(twin_env: Path, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(EmptyTwin):
        dump_tables(store, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    load(store, grid(tmp_path / "grid", 5))
    assert main(["export", "tables", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["assets"], told["links"], told["sources"], told["notes"]) == (11, 11, ["grid"], [])
    with pytest.raises(InvalidParameter, match="not empty"):
        dump_tables(store, tmp_path / "out")
    assert main(["impact", "g", "--tables", str(tmp_path / "out" / "sources" / "grid"), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["affected"]) == 11


def test_what_tables_cannot_say_is_told(store: Store, tmp_path: Path) -> None:
    """An asset that an import left without a supplier is a source in the copy if its kind requires none."""
    load(store, grid(tmp_path / "grid", 5))
    assets = [("b0", "bus", "Bus 0", 9.0, 52.0, "", 380, "TSO")]
    load(store, write(tmp_path / "grid", assets, []), replace=True, force=True)
    report = dump_tables(store, tmp_path / "out")
    assert report.assets == 1
    assert "grid:b0" in report.notes[0]
