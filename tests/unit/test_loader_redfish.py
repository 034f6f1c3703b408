"""Loader ``redfish``: trees, zips and bundles; what feeds and cools what; damaged and hostile exports."""

from __future__ import annotations

import copy
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loaders.redfish import RedfishLoader, RedfishOptions
from loaders.redfish_tree import parse_ref
from tests.unit.loader_snapshot import lost, snapshot_of, verdict
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from tests.unit.test_loader_damage import ODD, PLACES, QUICK, damage, read_damaged, spots
from twin.errors import SourceUnreadable
from twin.model import LinkRecord

HALL = FIXTURES / "redfish" / "hall.json"
SG, T1 = "PowerEquipment/Switchgear/SG1", "PowerEquipment/TransferSwitches/T1"
PDU_A, PDU_B = "PowerEquipment/RackPDUs/A", "PowerEquipment/RackPDUs/B"
BAY = "Chassis/{}/PowerSubsystem/PowerSupplies/Bay{}"


def read(path: Path = HALL, **options: Any) -> Result:
    return Result(RedfishLoader(), path, **options)


def hall() -> dict[str, Any]:
    return json.loads(HALL.read_text(encoding="utf-8"))


def write(tmp_path: Path, resources: Any, name: str = "bundle.json") -> Path:
    (tmp_path / name).write_text(json.dumps(resources), encoding="utf-8")
    return tmp_path / name


def tree(folder: Path, resources: dict[str, Any]) -> Path:
    for uri, body in resources.items():
        place = folder / uri.strip("/").removeprefix("redfish/v1").strip("/")
        place.mkdir(parents=True, exist_ok=True)
        (place / "index.json").write_text(json.dumps(body), encoding="utf-8")
    return folder


def changed(uri: str, **members: Any) -> dict[str, Any]:
    resources = hall()
    resources[f"/redfish/v1/{uri}"].update(members)
    return resources


def gates(result: Result, consumer: str) -> dict[str, tuple[str | None, list[str]]]:
    found: dict[str, tuple[str | None, list[str]]] = {}
    for one in result.all:
        if isinstance(one, LinkRecord) and one.to_id == consumer and one.type in ("POWERS", "COOLS"):
            found.setdefault(one.group or one.type, (one.need, []))[1].append(one.from_id)
    return found


def test_fixture() -> None:
    result = read()
    assert result.rejects == []
    check_against_schema(result)
    assert Counter(one.kind for one in result.assets.values()) == {
        "feeder": 12,
        "power_outlet": 8,
        "power_supply": 7,
        "chassis": 5,
        "coolant_pump": 4,
        "server": 3,
        "fan": 3,
        "pdu": 2,
        "cooling_unit": 2,
        "power_group": 2,
        "data_centre": 1,
        "hall": 1,
        "rack": 1,
        "switchgear": 1,
        "transfer_switch": 1,
        "cooling_loop": 1,
        "vm": 1,
    }
    assert result.assets["Systems/S2"].properties == {
        "cpus": 64,
        "memory_gb": pytest.approx(549.755813888),
        "gpus": 2,
        "health": "OK",
        "ref": "SN-S2",
    }
    utility = result.assets[f"{SG}/Mains/Utility"]
    assert utility.name == "Utility feed"
    assert utility.properties == {"current_a": 630, "voltage_kv": 0.4, "health": "OK"}
    assert result.shape("Facilities/Building").wkt == "POINT (8.68 50.11)"
    assert str(utility.origin) == "hall.json"


def test_every_form_of_the_export_gives_the_same(tmp_path: Path) -> None:
    folder = tree(tmp_path / "tree", hall())
    packed = tmp_path / "tree.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("index.json")):
            archive.write(file, f"redfish/v1/{file.relative_to(folder).as_posix()}")
    listed = write(tmp_path, list(hall().values()))
    wanted = read()
    for path in (folder, packed, listed):
        result = read(path)
        assert result.rejects == []
        assert result.links == wanted.links
        assert {k: (v.kind, v.name, v.properties) for k, v in result.assets.items()} == {
            k: (v.kind, v.name, v.properties) for k, v in wanted.assets.items()
        }
    assert len(read(folder).inputs) == len(hall())


def test_services_side_by_side_keep_apart(tmp_path: Path) -> None:
    tree(tmp_path / "east" / "redfish" / "v1", hall())
    tree(tmp_path / "west", hall())
    result = read(tmp_path)
    assert result.rejects == []
    assert len(result.assets) == 2 * len(read().assets)
    assert {name.split("/")[0] for name in result.assets} == {"east", "west"}


def test_gates() -> None:
    result = read()
    assert gates(result, SG) == {"mains": ("1", [f"{SG}/Mains/Utility", f"{SG}/Mains/Generator"])}
    assert gates(result, T1) == {"mains": ("any", [f"{T1}/Mains/AC1", f"{T1}/Mains/AC2"])}
    assert gates(result, "Chassis/S1") == {"supplies": ("1", [BAY.format("S1", 1), BAY.format("S1", 2)])}
    assert gates(result, "Chassis/E") == {"supplies": ("all", [BAY.format("E", 1), BAY.format("E", 2)])}
    assert gates(read(redundancy="any"), "Chassis/E")["supplies"][0] == "any"
    assert gates(result, "Chassis/Switch") == {"feeds": ("any", [f"{PDU_A}/Outlets/4", f"{PDU_B}/Outlets/4"])}
    assert gates(read(feeds="all"), "Chassis/Switch")["feeds"][0] == "all"
    assert gates(result, f"{PDU_A}/Outlets/2") == {"feeds": ("all", [f"{PDU_A}/Branches/1"])}
    assert list(gates(result, "Chassis/S2")) == ["supplies", "fans", "COOLS"]


def test_what_goes_down(tmp_path: Path) -> None:
    twin = snapshot_of(read(), tmp_path / "tables")
    machines = {"Systems/S1", "Systems/S2", "Systems/Blade1", "Systems/VM1"}

    def down(*failed: str) -> set[str]:
        return lost(twin, *failed) & machines

    assert down(f"{SG}/Mains/Utility") == set()
    assert verdict(twin, SG, f"{SG}/Mains/Utility") == "at_risk"
    assert down(f"{SG}/Mains/Utility", f"{SG}/Mains/Generator") == machines
    assert down(SG) == machines
    assert down(f"{SG}/Feeders/F1") == set()
    assert verdict(twin, T1, f"{SG}/Feeders/F1") == "at_risk"
    assert f"{PDU_A}/Outlets/1" in lost(twin, f"{SG}/Feeders/F1", f"{SG}/Feeders/F2")
    # blade: both supplies are needed, for no redundancy is stated; S2 needs two of its three supplies
    assert down(PDU_A) == {"Systems/Blade1"}
    assert down(PDU_B) == {"Systems/S2", "Systems/Blade1"}
    assert down(PDU_A, PDU_B) == machines
    assert verdict(twin, "Chassis/S1", PDU_A) == "at_risk"
    assert verdict(twin, "Chassis/Switch", PDU_A) == "at_risk"
    assert "Chassis/Switch" in lost(twin, PDU_A, PDU_B)
    assert down(BAY.format("S1", 1)) == set()
    assert down(BAY.format("S1", 1), BAY.format("S1", 2)) == {"Systems/S1", "Systems/VM1"}
    assert down(BAY.format("S2", 3)) == set()
    assert down(BAY.format("S2", 3), BAY.format("S2", 1)) == {"Systems/S2"}
    assert down(f"{PDU_B}/Outlets/2") == {"Systems/S2"}
    fan = "Chassis/S2/ThermalSubsystem/Fans/{}"
    assert down(fan.format(1)) == set()
    assert down(fan.format(1), fan.format(2)) == {"Systems/S2"}
    cdu = "ThermalEquipment/CDUs/{}"
    assert down(cdu.format(1)) == set()
    assert down(cdu.format(1), cdu.format(2)) == {"Systems/S2"}
    assert down(f"{cdu.format(1)}/Pumps/1", f"{cdu.format(1)}/Pumps/2", cdu.format(2)) == {"Systems/S2"}
    assert down("Facilities/Room1") == machines
    assert BAY.format("S1", 1) in lost(twin, "Chassis/Rack1")
    assert down("Facilities/Room1/PowerDomains/Row1") == set()


def test_no_deadlock_of_its_own(tmp_path: Path) -> None:
    twin = snapshot_of(read(), tmp_path / "tables")
    assert twin.impact([SG]).to_dict()["assumptions"]["baseline_down"] == 0
    assert twin.deadlocks() == []


@pytest.mark.parametrize(
    ("uri", "members", "status"),
    [
        (f"{PDU_A}/Branches/1", {"BreakerState": "Tripped"}, "open"),
        (f"{PDU_A}/Outlets/1", {"PowerState": "Off"}, "open"),
        (f"{PDU_A}/Outlets/1", {"PowerEnabled": False}, "open"),
        (PDU_A, {"Status": {"State": "UnavailableOffline"}}, "out_of_service"),
        (PDU_A, {"Status": {"State": "Enabled", "Health": "Critical"}}, None),
        (BAY.format("S1", 1), {"Status": {"State": "Enabled", "Health": "Critical"}}, "out_of_service"),
        (BAY.format("S1", 1), {"Status": {"State": "StandbySpare", "Health": "OK"}}, None),
    ],
)
def test_status(tmp_path: Path, uri: str, members: dict[str, Any], status: str | None) -> None:
    path = write(tmp_path, changed(uri, **members))
    assert read(path).assets[uri].properties.get("status") == status
    twin = snapshot_of(read(path), tmp_path / "tables")
    assert verdict(twin, "Systems/S1", PDU_B) == ("down" if status else "unaffected")


def test_critical_is_an_option(tmp_path: Path) -> None:
    path = write(tmp_path, changed(PDU_A, Status={"State": "Enabled", "Health": "Critical"}))
    assert read(path, critical="all").assets[PDU_A].properties["status"] == "out_of_service"
    path = write(tmp_path, changed(BAY.format("S1", 1), Status={"Health": "Critical"}))
    assert "status" not in read(path, critical="ignore").assets[BAY.format("S1", 1)].properties


def test_redundancy_that_is_not_in_force(tmp_path: Path) -> None:
    uri = "Chassis/S1/PowerSubsystem"
    group = hall()[f"/redfish/v1/{uri}"]["PowerSupplyRedundancy"]
    for more in ({"Status": {"State": "Disabled"}}, {"RedundancyType": "NotRedundant"}, {"MinNeededInGroup": None}):
        path = write(tmp_path, changed(uri, PowerSupplyRedundancy=[group[0] | more]))
        assert gates(read(path), "Chassis/S1")["supplies"][0] == "all"
    path = write(tmp_path, changed(uri, PowerSupplyRedundancy=[group[0] | {"MinNeededInGroup": "1"}]))
    assert read(path).places == [("bundle.json:PowerSupplyRedundancy/0/MinNeededInGroup", "bad_need")]


def test_a_transfer_switch_that_does_not_transfer(tmp_path: Path) -> None:
    path = write(tmp_path, changed(T1, TransferConfiguration={"AutoTransferEnabled": False, "ActiveMainsId": "AC2"}))
    assert gates(read(path), T1) == {"mains": ("all", [f"{T1}/Mains/AC2"])}
    path = write(tmp_path, changed(T1, EquipmentType="ManualTransferSwitch", TransferConfiguration={}))
    assert gates(read(path), T1)["mains"][0] == "all"


def test_supplies_of_old_services(tmp_path: Path) -> None:
    power = "/redfish/v1/Chassis/Old/Power"
    inline = [
        {"@odata.id": f"{power}#/PowerSupplies/{n}", "MemberId": str(n), "Status": {"State": "Enabled"}} for n in (0, 1)
    ]
    old = {
        "/redfish/v1/Chassis/Old": {
            "@odata.type": "#Chassis.v1_0_0.Chassis",
            "ChassisType": "RackMount",
            "Links": {"ComputerSystems": [{"@odata.id": "/redfish/v1/Systems/Old"}]},
        },
        "/redfish/v1/Systems/Old": {"@odata.type": "#ComputerSystem.v1_0_0.ComputerSystem", "Name": "old"},
        power: {
            "@odata.type": "#Power.v1_5_0.Power",
            "PowerSupplies": inline,
            "Redundancy": [
                {
                    "Mode": "Failover",
                    "MinNumNeeded": 1,
                    "RedundancySet": [{"@odata.id": one["@odata.id"]} for one in inline],
                }
            ],
        },
    }
    result = read(write(tmp_path, old))
    assert result.rejects == []
    assert gates(result, "Chassis/Old") == {
        "supplies": ("1", ["Chassis/Old/Power#/PowerSupplies/0", "Chassis/Old/Power#/PowerSupplies/1"])
    }


def test_services_in_transition_are_taken_once(tmp_path: Path) -> None:
    """A chassis that has its supplies as resources and in an old Power resource too has each of them once."""
    resources = hall()
    power = "/redfish/v1/Chassis/S1/Power"
    inline = [{"@odata.id": f"{power}#/PowerSupplies/{n}", "Status": {"State": "Enabled"}} for n in (0, 1)]
    resources[power] = {
        "@odata.type": "#Power.v1_5_0.Power",
        "PowerSupplies": inline,
        "Redundancy": [
            {"Mode": "N+m", "MinNumNeeded": 2, "RedundancySet": [{"@odata.id": one["@odata.id"]} for one in inline]}
        ],
    }
    result = read(write(tmp_path, resources))
    assert result.rejects == []
    assert set(result.links) == set(read().links)
    bare = {power: resources[power] | {"Redundancy": [], "PowerSupplies": [{"Name": "one"}, {"Name": "two"}]}}
    bare["/redfish/v1/Chassis/S1"] = resources["/redfish/v1/Chassis/S1"] | {"Links": {}}
    assert gates(read(write(tmp_path, bare)), "Chassis/S1") == {
        "supplies": ("all", ["Chassis/S1/Power#/PowerSupplies/0", "Chassis/S1/Power#/PowerSupplies/1"])
    }


def test_the_older_word_for_an_outlet(tmp_path: Path) -> None:
    links = {"Outlet": {"@odata.id": f"/redfish/v1/{PDU_A}/Outlets/1"}}
    result = read(write(tmp_path, changed(BAY.format("S1", 1), Links=links)))
    assert result.rejects == []
    assert set(result.links) == set(read().links)


def test_a_redundancy_group_over_two_chassis(tmp_path: Path) -> None:
    uri = "Chassis/S1/PowerSubsystem"
    group = hall()[f"/redfish/v1/{uri}"]["PowerSupplyRedundancy"][0]
    group["RedundancyGroup"].append({"@odata.id": f"/redfish/v1/{BAY.format('E', 1)}"})
    result = read(write(tmp_path, changed(uri, PowerSupplyRedundancy=[group])))
    assert gates(result, "Chassis/S1")["supplies"] == (
        "1",
        [BAY.format("S1", 1), BAY.format("S1", 2), BAY.format("E", 1)],
    )


def test_members_may_be_expanded(tmp_path: Path) -> None:
    resources = hall()
    outlets = f"/redfish/v1/{PDU_A}/Outlets"
    resources[outlets]["Members"] = [resources.pop(f"{outlets}/{n}") for n in (1, 2, 3, 4)]
    result = read(write(tmp_path, resources))
    assert result.rejects == []
    assert set(result.links) == set(read().links)


def test_what_is_not_there_is_rejected(tmp_path: Path) -> None:
    resources = hall()
    del resources[f"/redfish/v1/{SG}/Feeders/F3"]
    del resources[f"/redfish/v1/{PDU_A}/Outlets/4"]
    del resources["/redfish/v1/ThermalEquipment/CoolingLoops/L1"]
    resources["/redfish/v1/Systems/S1"]["Links"]["Chassis"] = [{"@odata.id": "/redfish/v1/Systems/S2"}, "text"]
    resources["/redfish/v1/Chassis/S1/PowerSubsystem"]["PowerSupplyRedundancy"][0]["RedundancyGroup"].append(
        {"@odata.id": f"/redfish/v1/{BAY.format('S1', 9)}"}
    )
    result = read(write(tmp_path, resources))
    assert Counter((r.code, r.origin.column) for r in result.rejects) == {
        ("missing_end", "Members/3"): 1,
        ("missing_end", "Links.SourceCircuit"): 1,
        ("missing_end", "Links.ConnectedCoolingLoop"): 3,
        ("missing_end", "Links.Chassis/0"): 1,
        ("wrong_type", "Links.Chassis/1"): 1,
        ("missing_end", "PowerSupplyRedundancy/0/RedundancyGroup/2"): 1,
    }
    source = next(r for r in result.rejects if r.origin.column == "Links.SourceCircuit")
    assert source.link == ("POWERS", f"{SG}/Feeders/F3", f"{PDU_B}/Mains/AC1")


def test_other_services(tmp_path: Path) -> None:
    there = "https://user@10.0.0.7:8443/redfish/v1/Chassis/9/PowerSubsystem/PowerSupplies/Bay1/"
    path = write(tmp_path, changed(f"{PDU_A}/Outlets/1", Links={"PowerSupplies": [{"@odata.id": there}]}))
    result = read(path)
    assert [(r.code, r.origin.column) for r in result.rejects] == [("missing_end", "Links.PowerSupplies/0")]
    assert 'hosts = { "10.0.0.7:8443"' in result.rejects[0].fix
    kept = read(path, outside="asset")
    assert kept.rejects == []
    other = "outside/10.0.0.7_8443/Chassis/9/PowerSubsystem/PowerSupplies/Bay1"
    assert kept.assets[other].kind == "power_supply"
    assert gates(kept, other) == {"feeds": ("any", [f"{PDU_A}/Outlets/1"])}
    named = read(path, hosts={"10.0.0.7:8443": "node9"})
    assert named.rejects == []
    among = read(path, hosts={"10.0.0.7:8443": "all:node9"})
    assert "all:node9/Chassis/9/PowerSubsystem/PowerSupplies/Bay1" in {end for _, _, end in among.links}
    assert gates(named, "node9:Chassis/9/PowerSubsystem/PowerSupplies/Bay1") == {
        "feeds": (None, [f"{PDU_A}/Outlets/1"])
    }


def test_bad_resources(tmp_path: Path) -> None:
    resources = hall()
    resources["/redfish/v1/PowerEquipment/Odd/1"] = {"@odata.type": "#FluxCapacitor.v1_0_0.FluxCapacitor"}
    resources["/redfish/v1/PowerEquipment/Odd/2"] = "text"
    resources[f"/redfish/v1/{PDU_A}"]["EquipmentType"] = "Toaster"
    del resources["/redfish/v1/Facilities/Building"]["FacilityType"]
    resources[f"/redfish/v1/{SG}"]["Status"] = {"State": "Sleepy"}
    resources[f"/redfish/v1/{SG}/Mains/Utility"]["RatedCurrentAmps"] = "many"
    resources["/redfish/v1/Chassis/S1"]["Location"] = {"Longitude": 45.5, "Latitude": 122.6}
    result = read(write(tmp_path, resources))
    assert sorted((r.code, r.origin.column) for r in result.rejects) == [
        ("bad_row", None),
        ("missing_value", "FacilityType"),
        ("out_of_range", "Location.Latitude"),
        ("unknown_kind", "@odata.type"),
        ("unknown_kind", "EquipmentType"),
        ("wrong_type", "RatedCurrentAmps"),
        ("wrong_type", "Status.State"),
    ]
    good = read(
        write(tmp_path, changed("Chassis/S1", Location={"Longitude": 45.5, "Latitude": 122.6})), positions="latlon"
    )
    assert good.shape("Chassis/S1").wkt == "POINT (122.6 45.5)"


def test_references() -> None:
    assert parse_ref("/redfish/v1/Chassis/1/") == ("", "Chassis/1")
    assert parse_ref("HTTPS://Host.Example:443/redfish/v1/Chassis/1") == ("host.example:443", "Chassis/1")
    assert parse_ref("/redfish/v1/") == ("", "")
    assert parse_ref("http://[::1") is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1}', "no Redfish resource"),
        (b"[1]", "no Redfish resource"),
        (b"[" * 100_000, "not valid JSON"),
        (HALL.read_bytes()[:300], "not valid JSON"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_no_tree(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=message):
        read(tmp_path / "x.json")


def test_no_path(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="does not exist"):
        read(tmp_path / "none")
    with pytest.raises(SourceUnreadable, match=r"no \.json file"):
        read(tmp_path)
    (tmp_path / "x.json").write_bytes(b"")
    assert read(tmp_path / "x.json").places == [("x.json", "empty_file")]


def test_a_broken_file_of_a_tree_is_one_reject(tmp_path: Path) -> None:
    folder = tree(tmp_path / "tree", hall())
    (folder / PDU_A / "Outlets" / "1" / "index.json").write_text('{"@odata.type": ')
    result = read(folder)
    assert f"{PDU_A}/Outlets/1/index.json" in dict(result.places)
    assert {r.code for r in result.rejects} == {"bad_row", "missing_end"}


def test_hostile_zips(tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(bad, "w") as archive:
        archive.writestr("../../index.json", "{}")
    with pytest.raises(SourceUnreadable, match="outside of it"):
        read(bad)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.json", b" " * (32 << 20))
    with pytest.raises(SourceUnreadable, match="would unpack"):
        read(bomb)
    (tmp_path / "cut.zip").write_bytes(bad.read_bytes()[:40])
    with pytest.raises(SourceUnreadable, match="no readable zip"):
        read(tmp_path / "cut.zip")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "index.json").symlink_to(HALL)
    with pytest.raises(SourceUnreadable, match="leads out"):
        read(tmp_path / "folder")


def test_bad_options() -> None:
    with pytest.raises(ValidationError):
        RedfishOptions.model_validate({"redundancy": "some"})


@QUICK
@given(places=PLACES)
def test_damaged(tmp_path: Path, places: list[tuple[float, int, bytes]]) -> None:
    (tmp_path / "x.json").write_bytes(damage(HALL.read_bytes(), places))
    read_damaged(RedfishLoader(), tmp_path / "x.json")


@QUICK
@given(
    where=st.integers(0, 10_000), value=st.one_of(ODD, st.dictionaries(st.sampled_from(["@odata.id", "State"]), ODD))
)
def test_anything_anywhere(tmp_path: Path, where: int, value: Any) -> None:
    resources = copy.deepcopy(hall())
    places = spots(*resources.values())
    holder, key = places[where % len(places)]
    holder[key] = value
    read_damaged(RedfishLoader(), write(tmp_path, resources))


@pytest.mark.shared
def test_mockups(shared: Path) -> None:
    result = read(shared / "data" / "redfish-mockup", positions="latlon")
    check_against_schema(result)
    kinds = Counter((one.id.split("/")[0], one.kind) for one in result.assets.values())
    assert kinds["public-pdu", "power_outlet"] == 17
    assert kinds["public-pdu", "feeder"] == 8
    assert kinds["public-pdu", "pdu"] == 2
    assert kinds["public-pdu", "transfer_switch"] == 1
    assert kinds["public-power-shelf", "power_outlet"] == 9
    assert kinds["public-power-shelf", "feeder"] == 7
    assert kinds["public-power-shelf", "bus"] == 2
    assert kinds["public-power-shelf", "power_supply"] == 1  # five bays are empty
    assert Counter(r.code for r in result.rejects) == {"missing_end": 6}  # all at other hosts
    assert all("another service" in r.message for r in result.rejects)
    pdu = "public-pdu/PowerEquipment/RackPDUs/1"
    assert (f"{pdu}/Branches/A", "POWERS", f"{pdu}/Outlets/A4") in result.links  # only the outlet says so
    kept = read(shared / "data" / "redfish-mockup", positions="latlon", outside="asset")
    assert kept.rejects == []
    check_against_schema(kept)


@pytest.mark.shared
def test_mockups_fail_as_they_are_wired(shared: Path, tmp_path: Path) -> None:
    path = shared / "data" / "redfish-mockup"
    twin = snapshot_of(read(path, positions="latlon", outside="asset"), tmp_path / "tables")
    shelf = "public-power-shelf/PowerEquipment/PowerShelves/1"
    busbar = "public-power-shelf/PowerEquipment/ElectricalBuses/Rack42Busbar"
    busway = "public-power-shelf/PowerEquipment/ElectricalBuses/Busway"
    assert verdict(twin, shelf, busway) == "at_risk"  # the other mains, of the rack's UPS, is left
    assert f"{busbar}/Outlets/A3" in lost(twin, shelf)
    assert f"{busbar}/Outlets/A3" in lost(twin, f"{shelf}/Mains/AC1", f"{shelf}/Mains/AC2")
    assert "outside/192.168.1.48/Chassis/1" in {
        n.removeprefix("public-power-shelf/") for n in lost(twin, busbar, busway)
    }
    switch = "public-pdu/PowerEquipment/TransferSwitches/1"
    assert verdict(twin, switch, f"{switch}/Mains/AC1") == "at_risk"
    assert f"{switch}/Outlets/A1" in lost(twin, f"{switch}/Mains/AC1", f"{switch}/Mains/AC2")
