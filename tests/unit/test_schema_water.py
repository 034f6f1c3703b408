"""A user adds a water network with a TOML file: kinds, service, mesh and units; no code knows any of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from twin import Snapshot
from twin.errors import TableError
from twin.schema import Schema, load_schema
from twin.schema.generate import labels, reference_page, relationship_types, row_models

FIXTURES = Path(__file__).parent.parent / "fixtures" / "schema"
ROOT = FIXTURES.parent.parent.parent
TABLES = FIXTURES / "water"
HOUR = 3600.0


@pytest.fixture(scope="module")
def water() -> Schema:
    return load_schema([FIXTURES / "water.toml"])


@pytest.fixture(scope="module")
def town(water: Schema) -> Snapshot:
    return Snapshot.from_tables(TABLES, strict=True, schema=water)


def verdicts(snapshot: Snapshot, *failed: str, horizon_s: float | None = None) -> dict[str, tuple[str, float | None]]:
    answer = snapshot.impact(failed, horizon_s=horizon_s).to_dict()
    return {row["id"]: (row["verdict"], row["time_s"]) for row in answer["affected"]}


def test_everything_runs_before_an_event(town: Snapshot) -> None:
    assert town.baseline_down() == []
    assert town.deadlocks() == []


def test_one_main_of_a_ring_is_no_loss(town: Snapshot) -> None:
    assert verdicts(town, "main-1") == {"main-1": ("failed", 0.0)}


def test_two_mains_that_part_the_ring_stop_the_data_centre(town: Snapshot) -> None:
    assert verdicts(town, "main-2", "main-3") == {
        "main-2": ("failed", 0.0),
        "main-3": ("failed", 0.0),
        "j3": ("down", 0.0),
        "chiller": ("down", 0.0),
        "dc": ("down", 600.0),  # it stays cool enough for ten minutes
        "hall": ("down", 600.0),
    }


def test_without_the_pump_the_tank_lasts_four_hours_and_the_ring_does_not_feed_itself(town: Snapshot) -> None:
    ring = ("j1", "j2", "j3", "main-1", "main-2", "main-3", "chiller")
    assert verdicts(town, "pump") == {
        "pump": ("failed", 0.0),
        "tank": ("down", 4 * HOUR),
        **dict.fromkeys(ring, ("down", 4 * HOUR)),
        "dc": ("down", 4 * HOUR + 600),
        "hall": ("down", 4 * HOUR + 600),
    }


def test_within_the_horizon_the_tank_holds(town: Snapshot) -> None:
    got = verdicts(town, "well", horizon_s=HOUR)
    assert got["pump"] == ("down", 0.0)
    assert got["tank"] == ("at_risk", 4 * HOUR)
    assert got["dc"] == ("at_risk", 4 * HOUR + 600)


def test_a_power_loss_reaches_the_water_network(town: Snapshot) -> None:
    answer = town.impact(["bus"]).to_dict()
    assert answer["summary"]["water"]["down"] == 8  # pump, tank and all of the ring
    assert verdicts(town, "bus")["tank"] == ("down", 4 * HOUR)


def test_unknown_ends_and_values_of_the_users_kinds_are_refused(water: Schema, tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text("id,kind,flow_m3h\np,pump,-1\nw,well,5\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text("from,type,to\np,PIPES,w\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        Snapshot.from_tables(tmp_path, strict=True, schema=water)
    assert {r.code for r in caught.value.rejects} >= {"out_of_range"}
    (tmp_path / "assets.csv").write_text("id,kind,flow_m3h\np,pump,1\nw,well,5\n", encoding="utf-8")
    with pytest.raises(TableError) as caught:
        Snapshot.from_tables(tmp_path, strict=True, schema=water)
    assert {r.code for r in caught.value.rejects} == {"disallowed_ends"}


def test_generated_things_follow(water: Schema) -> None:
    assert {"WaterNetwork", "Pump", "Pipe"} <= set(labels(water))
    assert {"PIPES", "WATERS"} <= set(relationship_types(water))
    assert row_models(water)["pump"](id="p", kind="pump", flow_m3h="3").model_dump()["flow_m3h"] == 3.0
    page = reference_page(water)
    assert "### Water" in page
    assert "`ride_through_water_s`" in page
    assert water.convert(10, "l/s", "m3/h") == pytest.approx(36)


def test_no_code_names_the_users_kinds() -> None:
    words = re.compile(r"\b(reservoir|WaterNetwork|WATERS|PIPES|ride_through_water_s)\b")
    files = [path for folder in ("twin", "loaders", "api", "cypher") for path in (ROOT / folder).rglob("*.*")]
    texts = {p: p.read_text(encoding="utf-8") for p in files if p.suffix in {".py", ".toml", ".cypher"}}
    assert len(texts) > 20
    assert not [str(path) for path, text in texts.items() if words.search(text)]
