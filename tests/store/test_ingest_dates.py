"""When an export was made: of its files or of its manifest, in the store and in every answer."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.store.ingest_tables import grid
from twin.errors import ManifestError
from twin.ingest.manifest import read_manifest, single
from twin.ingest.run import run_import
from twin.schema import default_schema
from twin.service import Twin
from twin.store import Store

pytestmark = pytest.mark.store

OLD = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)


def dated(folder: Path, moment: datetime) -> Path:
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (moment.timestamp(), moment.timestamp()))
    return folder


def test_the_files_say_when_an_export_was_made(store: Store, tmp_path: Path) -> None:
    folder = dated(grid(tmp_path / "x"), OLD)
    run_import(store, default_schema(), single("tables", "grid", folder), reports=tmp_path)
    rows = store.rows("ingest.sources")
    assert [(row["as_of"], row["as_of_from"]) for row in rows] == [("2026-03-01T06:30:00Z", "files")]
    twin = Twin(store, default_schema(), tmp_path / "home")
    told = twin.impact(["grid:b0"]).to_dict()["assumptions"]["sources"]
    assert [(one["source"], one["as_of"], one["as_of_from"]) for one in told] == [
        ("grid", "2026-03-01T06:30:00Z", "files")
    ]
    assert abs(told[0]["age_s"] - (time.time() - OLD.timestamp())) < 60


def test_the_newest_file_of_an_import_and_the_oldest_import_of_a_source_count(store: Store, tmp_path: Path) -> None:
    dated(grid(tmp_path / "x"), OLD)
    newer = next(path for path in (tmp_path / "x").rglob("*") if path.is_file())
    os.utime(newer, (OLD.timestamp() + 3600, OLD.timestamp() + 3600))
    (tmp_path / "y").mkdir()
    (tmp_path / "y" / "assets.csv").write_text("id,kind,name\nz,bus,Z\n", encoding="utf-8")
    text = (
        '[twin]\nname = "t"\n[[import]]\nsource = "grid"\nloader = "tables"\npath = "x"\n'
        '[[import]]\nsource = "grid"\nloader = "tables"\npath = "y"\nas_of = {}\n'
        'options = {{ links = "" }}\n'
    )
    (tmp_path / "twin.toml").write_text(text.format("2026-04-01"), encoding="utf-8")
    run_import(store, default_schema(), read_manifest(tmp_path / "twin.toml"), reports=tmp_path)
    row = store.rows("ingest.sources")[0]
    assert (row["as_of"], row["as_of_from"]) == ("2026-03-01T07:30:00Z", "files")
    (tmp_path / "y" / "assets.csv").write_text("id,kind,name\nz,bus,ZZ\n", encoding="utf-8")
    (tmp_path / "twin.toml").write_text(text.format("2026-01-02T03:00:00+02:00"), encoding="utf-8")
    run_import(store, default_schema(), read_manifest(tmp_path / "twin.toml"), reports=tmp_path)
    row = store.rows("ingest.sources")[0]
    assert (row["as_of"], row["as_of_from"]) == ("2026-01-02T01:00:00Z", "manifest")


def test_what_is_no_date_is_refused() -> None:
    with pytest.raises(ManifestError, match="no date"):
        single("tables", "grid", Path("x"), as_of="yesterday")
