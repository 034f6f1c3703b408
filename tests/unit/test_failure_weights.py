"""What may be summed over losses, in which unit, and how tables show numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin import Snapshot
from twin.cli.output import number
from twin.errors import InvalidParameter
from twin.impact.failures.weights import adds_up, amounts, unit_of
from twin.schema import default_schema

ASSETS = """id,kind,voltage_kv,demand_mw,capacity_mw,latency_ms,standby,ride_through_power_s,unavailability,customers
p,power_plant,,,600,,,,,
b,bus,380,,,,,,0.1,
u,ups,,,2,,,600,,
g,genset,,,3,,true,,,
v,load,,5.5,,,,,,70
s,span,,,,1.5,,,,
"""
LINKS = "from,type,to\np,POWERS,b\nb,POWERS,u\nb,POWERS,v\ng,POWERS,u\n"


@pytest.fixture
def snap(tmp_path: Path) -> Snapshot:
    (tmp_path / "assets.csv").write_text(ASSETS, encoding="utf-8")
    (tmp_path / "links.csv").write_text(LINKS, encoding="utf-8")
    return Snapshot.from_tables(tmp_path)


def test_only_what_adds_up_is_a_weight(snap: Snapshot) -> None:
    assert set(amounts(snap.arrays)) >= {"demand_mw", "capacity_mw", "customers"}
    assert not set(amounts(snap.arrays)) & {"voltage_kv", "latency_ms", "unavailability", "ride_through_power_s"}
    for name in ("voltage_kv", "latency_ms", "unavailability", "ride_through_power_s"):
        with pytest.raises(InvalidParameter, match="its sum means nothing") as caught:
            snap.criticality(name)
        assert "demand_mw" in caught.value.fix
        assert name not in caught.value.fix
    with pytest.raises(InvalidParameter, match="no asset here carries it"):
        snap.criticality("gpus")


def test_every_property_of_the_schema_is_judged_by_its_unit() -> None:
    schema = default_schema()
    numeric = [p.name for p in schema.properties.values() if p.type in ("number", "integer")]
    good = {name for name in numeric if adds_up(name, schema)}
    assert good >= {"customers", "capacity_mw", "capacity_mva", "demand_mw", "energy_mwh", "capacity_gbps", "gpus"}
    assert good >= {"power_kw", "cooling_kw", "cpus", "memory_gb", "length_km"}
    bad = {"voltage_kv", "voltage_low_kv", "reactance_pu", "latency_ms", "unavailability", "mttf_h", "mttr_h"}
    assert not good & (bad | {"start_delay_s", "endurance_s", "ride_through_power_s"})
    assert adds_up("a_property_of_the_users_own", schema)


def test_units(snap: Snapshot) -> None:
    said = {name: unit_of(name) for name in ("count", "workloads", "kind:bus", "demand_mw", "capacity_gbps", "gpus")}
    assert said == {
        "count": "assets",
        "workloads": "workloads",
        "kind:bus": "bus",
        "demand_mw": "MW",
        "capacity_gbps": "Gbit/s",
        "gpus": "gpus",
    }
    assert snap.criticality("demand_mw").to_dict()["unit"] == "MW"
    assert snap.screen({"a": ["b"]}, weight="customers").to_dict()["unit"] == "customers"


def test_backup_is_told_apart_from_generation(snap: Snapshot) -> None:
    lost = snap.impact(["p", "u", "g"]).capacity_lost["energy"]
    assert (lost["capacity_mw"], lost["backup_mw"]) == (605.0, 5.0)
    assert "backup_mw" not in snap.impact(["p"]).capacity_lost["energy"]
    kinds = snap.impact(["p", "u", "g"]).stake["by_kind"]
    assert {
        kind: parts["lost"].get("backup_mw") for kind, parts in kinds.items() if kind in ("ups", "power_plant")
    } == {
        "ups": 2.0,
        "power_plant": None,
    }


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (254.666667, "254.67"),
        (1944.541, "1,944.54"),
        (22.926, "22.93"),
        (0.123456, "0.1235"),
        (0.027, "0.027"),
        (50.0, "50"),
        (9.99999, "10"),
        (1e-7, "1e-07"),
        (-3.14159, "-3.142"),
        (0.0, "0"),
        (1234567, "1234567"),
        (float("inf"), "inf"),
        (None, ""),
        ("a", "a"),
    ],
)
def test_numbers_of_tables(value: object, said: str) -> None:
    assert number(value) == said
