"""A user's water network, added as a TOML file, through a real import into Neo4j and back as answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin import Snapshot, Twin
from twin.errors import SchemaError
from twin.ingest.manifest import single
from twin.ingest.planner import Flags
from twin.ingest.run import run_import
from twin.schema import default_schema, load_schema
from twin.store import Store
from twin.store.read import read_tables

pytestmark = pytest.mark.store

FIXTURES = Path(__file__).parent.parent / "fixtures" / "schema"
EVENTS = (["pump"], ["bus"], ["main-1"], ["main-2", "main-3"], ["well"])


def test_the_store_answers_about_water_as_the_tables_do(store: Store, tmp_path: Path) -> None:
    schema = load_schema([FIXTURES / "water.toml"])
    report = run_import(store, schema, single("tables", "town", FIXTURES / "water"), reports=tmp_path)
    assert (report.status, report.rejected, report.revision) == ("applied", 0, 1)
    stored = Snapshot.from_arrow(*read_tables(store, schema), schema)
    plain = Snapshot.from_tables(FIXTURES / "water", strict=True, schema=schema)
    assert (stored.n_assets, stored.n_links) == (plain.n_assets, plain.n_links)
    for failed in EVENTS:
        expected = {row["id"]: (row["verdict"], row["time_s"]) for row in plain.impact(failed).to_dict()["affected"]}
        got = stored.impact([f"town:{name}" for name in failed]).to_dict()["affected"]
        assert {row["id"].removeprefix("town:"): (row["verdict"], row["time_s"]) for row in got} == expected
    assert stored.asset("town:tank")["properties"]["volume_m3"] == 2000.0


def test_importing_the_same_water_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    schema = load_schema([FIXTURES / "water.toml"])
    manifest = single("tables", "town", FIXTURES / "water")
    run_import(store, schema, manifest, reports=tmp_path)
    assert run_import(store, schema, manifest, reports=tmp_path).status == "unchanged"
    assert store.state().revision == 1


def test_questions_know_the_schema_that_the_data_were_imported_with(store: Store, tmp_path: Path) -> None:
    run_import(
        store, load_schema([FIXTURES / "water.toml"]), single("tables", "town", FIXTURES / "water"), reports=tmp_path
    )
    twin = Twin(store, default_schema(), tmp_path)
    plain = Snapshot.from_tables(FIXTURES / "water", strict=True, schema=load_schema([FIXTURES / "water.toml"]))
    assert twin.impact(["town:pump"]).summary == plain.impact(["pump"]).summary
    assert "water" in twin.schema.domains
    with pytest.raises(SchemaError, match="the schema does not know"):
        read_tables(store, default_schema())
    again = run_import(store, default_schema(), single("tables", "town", FIXTURES / "water"), reports=tmp_path)
    assert again.status == "unchanged"


def test_a_newer_version_of_a_schema_file_replaces_the_one_that_the_twin_keeps(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "water.toml"
    text = (FIXTURES / "water.toml").read_text(encoding="utf-8")
    manifest = single("tables", "town", FIXTURES / "water")
    path.write_text(text, encoding="utf-8")
    run_import(store, load_schema([path]), manifest, reports=tmp_path)
    path.write_text(text.replace("description = ", 'description = "Newer: " # ', 1), encoding="utf-8")
    run_import(store, load_schema([path]), manifest, reports=tmp_path, flags=Flags(full=True))
    assert Twin(store, load_schema([path]), tmp_path).impact(["town:pump"]).revision >= 1
    path.write_text(text.partition("[properties.flow_m3h]")[0], encoding="utf-8")
    with pytest.raises(SchemaError, match="no longer defines"):
        run_import(store, load_schema([path]), manifest, reports=tmp_path)


def test_a_restored_state_of_the_same_number_is_read_anew(store: Store, tmp_path: Path) -> None:
    schema = load_schema([FIXTURES / "water.toml"])
    report = run_import(store, schema, single("tables", "town", FIXTURES / "water"), reports=tmp_path)
    before = store.state()
    twin = Twin(store, schema, tmp_path)
    assert twin.snapshot().revision == report.revision
    run_import(store, schema, single("tables", "village", FIXTURES / "water"), reports=tmp_path)
    after = store.state()
    assert before.state_id != after.state_id
    assert twin._states._folder(before) != twin._states._folder(after._replace(revision=before.revision))
