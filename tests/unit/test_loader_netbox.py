"""Loader ``netbox``: one made instance as dump, CSV and live pages; the demo of NetBox; and bad exports."""

from __future__ import annotations

import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loaders.netbox import NetboxLoader
from loaders.netbox_options import NetboxOptions
from loaders.netbox_read import KEPT
from tests.unit.loader_snapshot import lost, snapshot_of, verdict
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from tests.unit.test_loader_damage import PLACES, QUICK, damage, read_damaged
from twin import Snapshot
from twin.errors import LoaderOptionError, SourceUnreadable
from twin.ingest.digest import input_digest
from twin.ingest.manifest import ImportSpec
from twin.model import LinkRecord
from twin.schema import default_schema

NETBOX = FIXTURES / "netbox"
DUMP = NETBOX / "dump.json"
TOKEN = "0123456789abcdef-secret"


def read(path: Path = DUMP, **options: Any) -> Result:
    return Result(NetboxLoader(), path, **options)


def dump(*entries: tuple[str, Any, dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"model": model, "pk": pk, "fields": fields} for model, pk, fields in entries]


def changed(folder: Path, changes: dict[tuple[str, int], dict[str, Any]], *more: dict[str, Any]) -> Path:
    """The made instance with other fields of some objects, and some objects more."""
    entries = json.loads(DUMP.read_text(encoding="utf-8"))
    for entry in entries:
        entry["fields"] |= changes.get((entry["model"], entry["pk"]), {})
    path = folder / "changed.json"
    path.write_text(json.dumps([*entries, *more]), encoding="utf-8")
    return path


def plugged(cable: int, side: str, model: str, key: int) -> dict[str, Any]:
    """One end of a cable, as a dump has it."""
    fields = {"cable": cable, "cable_end": side, "termination_type": ["dcim", model], "termination_id": key}
    return {"model": "dcim.cabletermination", "pk": f"{cable}{side}{model}{key}", "fields": fields}


def content(result: Result) -> tuple[Any, Any]:
    """Assets and links without where they stand."""
    assets = {a.id: (a.kind, a.name, a.properties, a.geometry) for a in result.assets.values()}
    links = {(x.from_id, x.type, x.to_id, x.group, x.need) for x in result.all if isinstance(x, LinkRecord)}
    return assets, links


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return snapshot_of(read(), tmp_path_factory.mktemp("netbox"))


# ---- the made instance ----------------------------------------------------------------------------------------------


def test_fixture() -> None:
    result = read()
    assert result.rejects == []
    check_against_schema(result)
    kinds = {name: result.assets[name].kind for name in result.assets if name.startswith("device/")}
    assert list(kinds.values()) == [
        *["server"] * 3,
        *["pdu"] * 2,
        *["router"] * 2,
        *["patch_panel"] * 2,
        "chassis",
        "server",
        "device",
        *["server"] * 2,
    ]
    assert result.shape("rack/1").wkt == result.shape("device/1").wkt == "POINT (8.73 50.12)"
    assert result.shape("site/2") is None
    feed = result.assets["power-feed/1"]
    assert feed.properties == {"voltage_kv": 0.4, "current_a": 32.0, "capacity_mva": 0.017736, "ref": "primary"}
    assert result.assets["vm/1"].properties == {"cpus": 3, "memory_gb": 8.0, "tenant": "Acme"}
    assert result.assets["circuit/1"].properties["capacity_gbps"] == 10.0
    assert result.assets["cable/13"].properties["length_km"] == pytest.approx(0.003048)
    assert result.assets["device/8"].name == "24 LC (8)"
    assert [link for link in result.links if link[2] in ("region/2", "location/2")] == [
        ("region/1", "WITHIN", "region/2"),
        ("location/1", "CONTAINS", "location/2"),
    ]
    assert not any("secret" in repr(one) or "pbkdf2" in repr(one) for one in result.all)


def test_statuses() -> None:
    assets = read().assets
    said = {name: one.properties["status"] for name, one in assets.items() if "status" in one.properties}
    assert said == {
        "site/2": "planned",
        "device/13": "planned",
        "device/14": "out_of_service",
        "power-feed/5": "planned",
        "cable/14": "planned",
        "circuit/2": "planned",
        "path/interface-3--interface-6": "planned",
        "vm/4": "out_of_service",
    }


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("offline", "out_of_service"),
        ("failed", "out_of_service"),
        ("staged", "planned"),
        ("inventory", "out_of_service"),
    ],
)
def test_status_words(tmp_path: Path, word: str, ours: str) -> None:
    path = changed(tmp_path, {("dcim.device", 1): {"status": word}})
    assert read(path).assets["device/1"].properties["status"] == ours


def test_status_of_their_own(tmp_path: Path) -> None:
    path = changed(tmp_path, {("dcim.device", 12): {"status": "burn-in"}})
    result = read(path)
    assert result.places == [("changed.json:49:status", "wrong_type")] or result.rejects[0].code == "wrong_type"
    assert "device/12" not in result.assets
    assert read(path, statuses={"burn-in": "planned"}).assets["device/12"].properties["status"] == "planned"
    assert "status" not in read(path, statuses={"burn-in": "in_service"}).assets["device/12"].properties


# ---- what depends on what -------------------------------------------------------------------------------------------


def test_panel_a_is_lost(snapshot: Snapshot) -> None:
    down = lost(snapshot, "power-panel/1")
    assert {"device/3", "device/6", "device/12", "device/4", "power-outlet/1"} <= down  # one cord, or not said which
    assert not {"device/1", "device/2", "device/7", "device/10", "device/11", "vm/1", "vm/2"} & down
    assert verdict(snapshot, "device/1", "power-panel/1") == "at_risk"
    assert verdict(snapshot, "device/7", "power-panel/1") == "at_risk"


def test_panel_b_is_lost(snapshot: Snapshot) -> None:
    down = lost(snapshot, "power-panel/2")
    assert "device/5" in down
    assert not {"device/1", "device/2", "device/3", "device/6", "device/10"} & down
    assert "device/12" in down  # one cord, and NetBox does not say on which feed of the rack it hangs


def test_both_panels_are_lost(snapshot: Snapshot) -> None:
    down = lost(snapshot, "power-panel/1", "power-panel/2")
    assert {"device/1", "device/2", "device/3", "device/7", "cluster/1", "vm/1", "vm/2", "tenant/1"} <= down
    assert not {"device/10", "device/11", "vm/3", "device/8"} & down  # one port of the chassis is plugged elsewhere


def test_one_feed_of_each_side(snapshot: Snapshot) -> None:
    assert "device/1" not in lost(snapshot, "power-feed/1")
    assert "device/1" in lost(snapshot, "power-feed/1", "power-feed/2")
    assert "device/1" in lost(snapshot, "power-feed/1", "power-port/4")
    assert "device/1" in lost(snapshot, "device/4", "device/5")


def test_a_dual_fed_server_has_one_gate(snapshot: Snapshot) -> None:
    gates = [g for g in snapshot.gates("device/1") if g["service"] == "power"]
    assert [(g["need"], len(g["members"])) for g in gates] == [(1, 2)]


def test_what_is_assumed(snapshot: Snapshot) -> None:
    found = {f.code: f for f in snapshot.findings}
    assert set(found["assumed_supplied"].assets) >= {"power-panel/1", "power-panel/2", "power-port/11", "cluster/2"}
    assert "device/1" not in found["assumed_supplied"].assets
    assert snapshot.baseline_down() == []


def test_hosts(snapshot: Snapshot) -> None:
    assert "vm/1" not in lost(snapshot, "device/1")
    assert verdict(snapshot, "cluster/1", "device/1") == "at_risk"
    assert "vm/1" in lost(snapshot, "device/1", "device/2")
    assert lost(snapshot, "device/2") == {"vm/2", "tenant/1"}  # the VM names its host


def test_vm_that_moves(tmp_path: Path) -> None:
    moved = snapshot_of(read(pinned_vms="move"), tmp_path)
    assert lost(moved, "device/2") == set()


def test_cluster_that_needs_both_hosts(tmp_path: Path) -> None:
    assert "vm/1" in lost(snapshot_of(read(hosts={"prod": 2}), tmp_path), "device/1")


def test_paths_through_panels(snapshot: Snapshot) -> None:
    path = "path/interface-1--interface-4"
    for part in ("cable/10", "device/8", "cable/11", "device/9", "cable/12"):
        assert lost(snapshot, part) >= {path}
    carriers = {start for start, kind, end in read().links if kind == "CARRIES" and end == path}
    assert carriers == {"cable/10", "device/8", "cable/11", "device/9", "cable/12"}
    assert {s for s, kind, end in read().links if kind == "TRANSPORTS" and end == path} == {"device/6", "device/7"}


def test_circuit(snapshot: Snapshot) -> None:
    path = "path/circuittermination-2--interface-2"
    assert lost(snapshot, "provider/1") == {"provider-network/1", "circuit/1", path}
    assert lost(snapshot, "cable/13") == {path}
    assert ("site/2", "TRANSPORTS", "circuit/2") in read().links  # no cable: it joins the sites


def test_rack_and_hall(snapshot: Snapshot) -> None:
    down = lost(snapshot, "location/2")
    assert {"rack/1", "device/1", "vm/1", "device/11"} <= down
    assert "power-panel/1" not in down
    assert {"power-panel/1", "device/1"} <= lost(snapshot, "site/1")


def test_a_planned_second_cord_changes_nothing(tmp_path: Path) -> None:
    path = changed(tmp_path, {("dcim.cable", 4): {"status": "planned"}})  # PSU2 of srv1
    result = read(path)
    assert "power-port/4" not in result.assets
    assert "device/1" in lost(snapshot_of(result, tmp_path / "s"), "power-panel/1")


def test_failed_feed_does_not_hold(tmp_path: Path) -> None:
    path = changed(tmp_path, {("dcim.powerfeed", 2): {"status": "failed"}})
    assert "device/1" in lost(snapshot_of(read(path), tmp_path / "s"), "power-panel/1")


def test_rack_feeds_can_be_left_out(tmp_path: Path) -> None:
    result = read(rack_feeds=False)
    assert not any(end == "device/7" for _, kind, end in result.links if kind == "POWERS")
    found = {f.code: f for f in snapshot_of(result, tmp_path).findings}
    assert {"device/7", "device/12"} <= set(found["assumed_supplied"].assets)


def many_supplies(folder: Path, count: int = 4) -> Path:
    """A switch with *count* power ports, odd ones on A, even ones on B."""
    more = dump(("dcim.device", 50, {"name": "core", "role": 3, "device_type": 3, "site": 1, "status": "active"}))
    for number in range(count):
        feed, cable = 60 + number, 70 + number
        more += dump(
            ("dcim.powerport", 50 + number, {"device": 50, "name": f"PS{number}"}),
            ("dcim.powerfeed", feed, {"power_panel": 1 + number % 2, "name": f"F{number}", "status": "active"}),
            ("dcim.cable", cable, {"status": "connected"}),
        )
        for side, model, key in (("A", "powerport", 50 + number), ("B", "powerfeed", feed)):
            more.append(plugged(cable, side, model, key))
    return changed(folder, {}, *more)


def test_many_supplies(tmp_path: Path) -> None:
    path = many_supplies(tmp_path)
    half = snapshot_of(read(path), tmp_path / "half")
    assert "device/50" not in lost(half, "power-panel/1")
    assert "device/50" in lost(half, "power-panel/1", "power-feed/61")
    for options, count in (
        ({"supplies": "any"}, 1),
        ({"supplies": "n-1"}, 3),
        ({"supplies": "all"}, 4),
        ({"supplies_of": {"qfx5120": 3}}, 3),
    ):
        needs = {x.need for x in read(path, **options).all if isinstance(x, LinkRecord) and x.to_id == "device/50"}
        assert needs - {None} == {str(count)}


def test_outlets_of_a_unit_with_two_inlets(tmp_path: Path) -> None:
    """An outlet needs its unit and the inlet that it hangs on, even when the other inlet is alive."""
    more = dump(
        ("dcim.device", 50, {"name": "pdu-c", "role": 2, "device_type": 2, "site": 1, "status": "active"}),
        ("dcim.powerport", 50, {"device": 50, "name": "In 1"}),
        ("dcim.powerport", 51, {"device": 50, "name": "In 2"}),
        ("dcim.poweroutlet", 50, {"device": 50, "name": "Out 1", "power_port": 50}),
        ("dcim.poweroutlet", 51, {"device": 50, "name": "Out 2", "power_port": 51}),
        ("dcim.cable", 50, {"status": "connected"}),
        ("dcim.cable", 51, {"status": "connected"}),
    )
    more += [plugged(50, "A", "powerport", 50), plugged(50, "B", "powerfeed", 3)]
    more += [plugged(51, "A", "powerport", 51), plugged(51, "B", "powerfeed", 4)]
    made = snapshot_of(read(changed(tmp_path, {}, *more)), tmp_path / "s")
    down = lost(made, "power-feed/3")
    assert "power-outlet/50" in down
    assert not {"power-outlet/51", "device/50"} & down
    assert {"power-outlet/51", "device/50"} <= lost(made, "power-feed/3", "power-feed/4")


def test_chassis_that_nobody_plugged_in(tmp_path: Path) -> None:
    """A chassis need not have power by its kind; one with power ports must not pass for a source unsaid."""
    path = changed(
        tmp_path, {("dcim.cable", 9): {"status": "planned"}, ("dcim.powerport", 11): {"mark_connected": False}}
    )
    made = snapshot_of(read(path, rack_feeds=False), tmp_path / "s")
    found = {f.code: f for f in made.findings}
    assert {"power-port/10", "power-port/11"} <= set(found["assumed_supplied"].assets)
    assert "device/11" in lost(made, "power-port/10", "power-port/11")


def test_parts_share_the_status_of_their_unit(tmp_path: Path) -> None:
    path = changed(tmp_path, {("dcim.device", 5): {"status": "planned"}})  # pdu-b
    result = read(path)
    assert result.assets["power-outlet/11"].properties["status"] == "planned"
    made = snapshot_of(result, tmp_path / "s")
    assert not any(one.startswith("power-outlet/") for one in made.baseline_down())
    assert "device/1" in lost(made, "power-panel/1")


@pytest.mark.parametrize(("word", "ours"), [("planned", "planned"), ("offline", "out_of_service")])
def test_path_over_a_circuit_that_is_not_there(tmp_path: Path, word: str, ours: str) -> None:
    path = changed(tmp_path, {("circuits.circuit", 1): {"status": word}})
    assert read(path).assets["path/circuittermination-2--interface-2"].properties["status"] == ours


def test_blade_without_ports_of_its_own(snapshot: Snapshot) -> None:
    assert "device/11" in lost(snapshot, "power-port/10", "power-port/11")
    assert "device/11" in lost(snapshot, "device/10")


def test_models_of_other_versions(tmp_path: Path) -> None:
    """Before 3.3 a cable named its two ends; before 3.6 a role was a device role; before 4.2 a scope was a site; from
    4.5 on front and rear ports are mapped by objects of their own. All say the same."""
    old: list[Any] = []
    new: list[Any] = []
    ends: dict[int, dict[str, Any]] = {}
    entries = json.loads(DUMP.read_text(encoding="utf-8"))
    for one in entries:
        if one["model"] == "dcim.cabletermination":
            side = one["fields"]["cable_end"].lower()
            ends.setdefault(one["fields"]["cable"], {}).update(
                {f"termination_{side}_{part}": one["fields"][f"termination_{part}"] for part in ("type", "id")}
            )
    for one in entries:
        fields = dict(one["fields"])
        if one["model"] == "dcim.device":
            fields["device_role"] = fields.pop("role")
        if one["model"] == "virtualization.cluster" and fields.pop("scope_type"):
            fields["site"] = fields.pop("scope_id")
        if one["model"] == "circuits.circuittermination":
            column = "site" if fields.pop("termination_type")[1] == "site" else "provider_network"
            fields[column] = fields.pop("termination_id")
        if one["model"] == "dcim.cable":
            fields |= ends[one["pk"]]
        if one["model"] != "dcim.cabletermination":
            old.append({**one, "fields": fields})
        if one["model"] == "dcim.frontport":
            own = {name: value for name, value in one["fields"].items() if not name.startswith("rear_port")}
            mapping = {"front_port": one["pk"], "front_port_position": 1}
            mapping |= {name: value for name, value in one["fields"].items() if name.startswith("rear_port")}
            new.append({**one, "fields": own})
            new += dump(("dcim.portmapping", one["pk"], mapping))
        else:
            new.append(one)
    for name, some in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(json.dumps(some))
        assert content(read(tmp_path / f"{name}.json")) == content(read()), name


# ---- options --------------------------------------------------------------------------------------------------------


def test_kinds_and_data_centres() -> None:
    result = read(kinds={"storage": "server", "FAS 2750": "server", "24-lc": "device"}, data_centres=["fra*"])
    assert [result.assets[name].kind for name in ("device/12", "device/8", "site/1", "site/2")] == [
        "server",
        "device",
        "data_centre",
        "site",
    ]


def test_custom_fields(tmp_path: Path) -> None:
    result = read(custom_fields={"buffer_min": {"property": "ride_through_power_s", "unit": "min"}})
    assert result.assets["device/4"].properties["ride_through_power_s"] == 90.0
    with pytest.raises(LoaderOptionError, match="ride_through_power_s"):
        read(custom_fields={"buffer_min": {"property": "ride_through_powr_s"}})
    path = changed(tmp_path, {("dcim.device", 4): {"custom_field_data": {"buffer_min": "long"}}})
    assert "wrong_type" in {r.code for r in read(path, custom_fields={"buffer_min": {"property": "mttf_h"}}).rejects}


def test_contacts() -> None:
    assert read(contacts=True).assets["site/1"].properties["contact"] == "Duty desk"
    assert "example.org" not in repr([a.properties for a in read(contacts=True).assets.values()])
    assert all("contact" not in one.properties for one in read().assets.values())


def test_tenants() -> None:
    needs = {x.need for x in read(tenants="any").all if isinstance(x, LinkRecord) and x.type == "SERVES"}
    assert needs == {"any"}
    serving = {x.from_id for x in read().all if isinstance(x, LinkRecord) and x.type == "SERVES"}
    assert serving == {"vm/1", "vm/2", "device/3"}  # not the VM that is off


def test_bad_options() -> None:
    for bad in ({"kind": {}}, {"kinds": {"x": "vm"}}, {"page": 0}, {"delimiter": ""}, {"encoding": "utf-99"}):
        with pytest.raises(ValidationError):
            NetboxOptions.model_validate(bad)


# ---- CSV ------------------------------------------------------------------------------------------------------------


def test_csv_is_the_same_instance() -> None:
    result = read(NETBOX / "csv")
    assert result.rejects == []
    assert content(result) == content(read())
    assert len(result.inputs) == len(list((NETBOX / "csv").iterdir()))


def test_csv_without_ids(tmp_path: Path) -> None:
    """Keys are then made of names; what depends on what stays the same."""
    for file in (NETBOX / "csv").iterdir():
        rows = file.read_text(encoding="utf-8").splitlines()
        named = [row.split(",", 1)[1] for row in rows]
        text = "\n".join(named).replace("Generic 24 LC (8)", "pp1").replace("Generic 24 LC (9)", "pp2")
        (tmp_path / file.name).write_text(text + "\n", encoding="utf-8")
    devices = tmp_path / "netbox_devices.csv"
    lines = devices.read_text(encoding="utf-8").splitlines()
    lines[8], lines[9] = "pp1" + lines[8], "pp2" + lines[9]
    devices.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = read(tmp_path)
    assert result.rejects == []
    check_against_schema(result)
    whole = read()
    assert Counter(a.kind for a in result.assets.values()) == Counter(a.kind for a in whole.assets.values())
    assert Counter(kind for _, kind, _ in result.links) == Counter(kind for _, kind, _ in whole.links)
    named = {"device/srv1", "rack/FRA 1/R1", "power-feed/UV-A/A-R1", "circuit/C-1001", "vm/prod/web", "cable/trunk"}
    assert named <= set(result.assets)
    assert "device/srv1" in lost(snapshot_of(result, tmp_path / "s"), "power-panel/FRA 1/UV-A", "device/pdu-b")


def test_csv_delimiter_and_encoding(tmp_path: Path) -> None:
    (tmp_path / "netbox_sites.csv").write_bytes("ID;Name;Status\n1;Köln;Active\n".encode("cp1252"))
    result = read(tmp_path, delimiter=";", encoding="cp1252")
    assert [a.name for a in result.assets.values()] == ["Köln"]
    with pytest.raises(SourceUnreadable, match="separated"):
        read(tmp_path, encoding="cp1252")
    assert read(tmp_path, delimiter=";").rejects[0].code == "bad_encoding"


def test_csv_problems(tmp_path: Path) -> None:
    (tmp_path / "netbox_sites.csv").write_text("ID,Name,Status\n1,A,Active\nx,B,Active\n1,C,Active\n3,D,Gone\n")
    (tmp_path / "netbox_racks.csv").write_text("Name,Site\nR1,A\nR2,Z\n,A\nR3\n")
    (tmp_path / "houses.csv").write_text("ID\n1\n")
    assert read(tmp_path).places == [
        ("houses.csv", "bad_row"),
        ("netbox_racks.csv:4:name", "missing_value"),
        ("netbox_racks.csv:5", "bad_row"),
        ("netbox_sites.csv:3:ID", "missing_value"),
        ("netbox_sites.csv:4", "duplicate_id"),
        ("netbox_sites.csv:5:status", "wrong_type"),
        ("netbox_racks.csv:3:site", "missing_end"),
    ]
    (tmp_path / "netbox_sites.csv").unlink()
    (tmp_path / "netbox_racks.csv").unlink()
    with pytest.raises(SourceUnreadable, match="no CSV file of NetBox"):
        read(tmp_path)


def test_csv_ports_of_one_name(tmp_path: Path) -> None:
    """Front and rear port of a panel often have one name: the ports say which cable is in them."""
    for file in (NETBOX / "csv").iterdir():
        shutil.copy(file, tmp_path)
    for name in ("rear ports", "front ports", "cables"):
        file = tmp_path / f"netbox_{name}.csv"
        file.write_text(file.read_text(encoding="utf-8").replace("Rear 1", "Port 1"), encoding="utf-8")
    assert set(read(tmp_path).assets) == set(read().assets)
    file = tmp_path / "netbox_front ports.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("#10", "").replace("#12", ""), encoding="utf-8")
    assert {r.code for r in read(tmp_path).rejects} == {"missing_end"}


# ---- a live instance ------------------------------------------------------------------------------------------------


class Recorded(BaseHTTPRequestHandler):
    """Serves the recorded lists as NetBox does: token, limit, offset; ``faults`` maps a path to what happens first."""

    lists: ClassVar[dict[str, list[Any]]] = json.loads((NETBOX / "rest.json").read_text(encoding="utf-8"))
    faults: ClassVar[dict[str, list[Any]]] = {}
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = url.path.removeprefix("/netbox").removeprefix("/api/").strip("/")
        self.seen.append(path)
        if self.headers.get("Authorization") != f"Token {TOKEN}":
            return self.answer(403, {"detail": "Invalid token"})
        for fault in [f for f in self.faults.get(path, [])[:1] if self.faults[path].pop(0) is not None or f]:
            if fault == "drop":
                self.close_connection = True
                return None
            if isinstance(fault, str):
                return self.answer(302, {}, {"Location": fault})
            if isinstance(fault, int):
                return self.answer(fault, {}, {"Retry-After": "0"})
            return self.raw(200, fault)
        if path == "status":
            return self.answer(200, {"netbox-version": "4.2.1"})
        if path not in self.lists:
            return self.answer(404, {"detail": "Not found."})
        asked = parse_qs(url.query)
        limit, offset = int(asked["limit"][0]), int(asked["offset"][0])
        results = self.lists[path][offset : offset + min(limit, 7)]
        return self.answer(200, {"count": len(self.lists[path]), "next": None, "previous": None, "results": results})

    def answer(self, code: int, document: Any, headers: dict[str, str] | None = None) -> None:
        self.raw(code, json.dumps(document).encode(), headers)

    def raw(self, code: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NETBOX_TOKEN", TOKEN)
    Recorded.faults, Recorded.seen = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorded)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_live_is_the_same_instance(tmp_path: Path, live: str) -> None:
    result = read(tmp_path / "pages", url=live, page=7)
    assert result.rejects == []
    assert content(result) == content(read())
    check_against_schema(result)
    pages = sorted(p.name for p in (tmp_path / "pages").iterdir())
    assert "dcim.devices.00002.json" in pages
    assert [p.name for p in tmp_path.iterdir()] == ["pages"]
    assert not any(TOKEN.encode() in p.read_bytes() for p in (tmp_path / "pages").iterdir())
    assert content(read(tmp_path / "pages")) == content(result)  # the pages are an export
    assert not any(path.startswith("tenancy/contact") for path in Recorded.seen)


def test_live_below_a_path_and_with_contacts(tmp_path: Path, live: str) -> None:
    result = read(tmp_path / "pages", url=f"{live}/netbox/api/", contacts=True)
    assert result.assets["site/1"].properties["contact"] == "Duty desk"


def test_live_digest_is_that_of_the_content(tmp_path: Path, live: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An instance that did not change is an unchanged export; each import asks it once."""
    options = {"url": live}
    spec = ImportSpec(source="nb", loader="netbox", paths=(tmp_path / "pages",), options=options)

    def digest() -> str:
        loader = NetboxLoader()
        made = loader.Options.model_validate(options)
        text = input_digest([(spec, loader, made)], default_schema())
        Recorded.seen.clear()
        assert list(loader.records(tmp_path / "pages", made, default_schema()))
        assert Recorded.seen == []
        return text

    first = digest()
    assert digest() == first
    other = json.loads(json.dumps(Recorded.lists))
    other["dcim/sites"][0]["name"] = "FRA 2"
    monkeypatch.setattr(Recorded, "lists", other)
    assert digest() != first


def test_live_faults_that_pass(tmp_path: Path, live: str) -> None:
    Recorded.faults = {"dcim/sites": [503, 429], "dcim/racks": ["drop"], "status": [502]}
    assert content(read(tmp_path / "pages", url=live)) == content(read())
    assert Counter(Recorded.seen)["dcim/sites"] == 3


@pytest.mark.parametrize(
    ("fault", "message", "fix"),
    [
        (403, "HTTP 403", "dcim.view_powerfeed"),
        (404, "HTTP 404", "version 3.3"),
        (401, "HTTP 401", "NETBOX_TOKEN"),
        (418, "refuses", "later"),
        (b"<html>", "no JSON object", "NetBox"),
        (b'{"a": 1}', "no list of NetBox", "NetBox"),
        ("http://192.0.2.1/", "sends on to http://192.0.2.1", "right"),
    ],
)
def test_live_refusals(tmp_path: Path, live: str, fault: Any, message: str, fix: str) -> None:
    Recorded.faults = {"dcim/power-feeds": [fault]}
    with pytest.raises(SourceUnreadable, match=message) as caught:
        read(tmp_path / "pages", url=live)
    assert fix in caught.value.fix
    assert TOKEN not in f"{caught.value} {caught.value.fix}"
    assert list(tmp_path.iterdir()) == []


def test_live_gives_up(tmp_path: Path, live: str) -> None:
    Recorded.faults = {"status": [503, 503]}
    with pytest.raises(SourceUnreadable, match="HTTP 503"):
        read(tmp_path / "pages", url=live, retries=1)
    with pytest.raises(SourceUnreadable, match="does not answer"):
        read(tmp_path / "pages", url="http://127.0.0.1:9", retries=0)


def test_live_that_changes_meanwhile(tmp_path: Path, live: str) -> None:
    again = json.dumps({"count": 99, "results": []}).encode()
    Recorded.faults = {"dcim/sites": [again]}
    assert read(tmp_path / "pages", url=live).rejects == []
    Recorded.faults = {"dcim/sites": [again, again]}
    with pytest.raises(SourceUnreadable, match="changes while it is read"):
        read(tmp_path / "pages", url=live)
    assert read(tmp_path / "pages").rejects == []  # the earlier pages are still there


def test_live_needs(tmp_path: Path, live: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("keep")
    with pytest.raises(SourceUnreadable, match="something else"):
        read(tmp_path / "notes", url=live)
    for url, message in (("ftp://x", "no plain web address"), ("http://example.org", "in the clear")):
        with pytest.raises(SourceUnreadable, match=message):
            read(tmp_path / "pages", url=url)
    monkeypatch.setenv("NETBOX_TOKEN", "wrong")
    with pytest.raises(SourceUnreadable, match="HTTP 403"):
        read(tmp_path / "pages", url=live)
    monkeypatch.delenv("NETBOX_TOKEN")
    with pytest.raises(SourceUnreadable, match="holds no API token"):
        read(tmp_path / "pages", url=live)


# ---- bad exports ----------------------------------------------------------------------------------------------------


def test_all_errors_at_once(tmp_path: Path) -> None:
    entries: list[Any] = [
        *dump(
            ("dcim.site", 1, {"name": "A", "status": "active", "latitude": "95", "longitude": "8"}),
            ("dcim.site", 1, {"name": "B"}),
            ("dcim.site", None, {"name": "C"}),
            ("dcim.rack", 1, {"name": "R", "site": 7}),
            ("dcim.powerfeed", 1, {"name": "F", "power_panel": 4, "voltage": "high"}),
            ("dcim.cable", 1, {"status": "connected"}),
        ),
        plugged(1, "C", "powerport", 1),
        {**plugged(1, "A", "powerport", 1), "fields": {"cable": 1, "cable_end": "A", "termination_type": 99}},
        plugged(1, "B", "interface", 1),
        "text",
        {"model": "dcim.site"},
    ]  # fmt: skip
    path = tmp_path / "x.json"
    path.write_text(json.dumps(entries))
    assert sorted(read(path).places) == [
        ("x.json:10", "bad_row"),
        ("x.json:11", "bad_row"),
        ("x.json:1:latitude", "out_of_range"),
        ("x.json:2", "duplicate_id"),
        ("x.json:3:pk", "missing_value"),
        ("x.json:4:site", "missing_end"),
        ("x.json:5:power_panel", "missing_end"),
        ("x.json:5:voltage_kv", "wrong_type"),
        ("x.json:7:termination_id", "missing_end"),
        ("x.json:8:termination_id", "missing_end"),
        ("x.json:9:termination_id", "missing_end"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (DUMP.read_bytes()[:500], "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"[1]", "no dumpdata file"),
        (b'{"nodes": []}', "neither a NetBox dump"),
    ],
)
def test_no_export(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=message):
        read(tmp_path / "x.json")
    with pytest.raises(SourceUnreadable, match="does not exist"):
        read(tmp_path / "y.json")


def test_knot_of_cables(tmp_path: Path) -> None:
    """Cables with many ends on both sides, one after the other, would make millions of paths."""
    entries = dump(("dcim.site", 1, {"name": "A"}))
    entries += dump(("dcim.device", 1, {"name": "p", "site": 1}), ("dcim.interface", 1, {"name": "i", "device": 1}))
    for number in range(200):
        entries += dump(
            ("dcim.rearport", number, {"name": f"r{number}", "device": 1, "positions": 1}),
            (
                "dcim.frontport",
                number,
                {"name": f"f{number}", "device": 1, "rear_port": number, "rear_port_position": 1},
            ),
        )
    for layer in range(10):
        entries += dump(("dcim.cable", layer, {"status": "connected"}))
        ends = [("interface", 1, "A")] if layer == 0 else [("rearport", layer * 20 - 20 + k, "A") for k in range(20)]
        ends += [("frontport", layer * 20 + k, "B") for k in range(20)]
        for model, key, side in ends:
            entries.append(plugged(layer, side, model, key))
    path = tmp_path / "knot.json"
    path.write_text(json.dumps(entries))
    assert {r.code for r in read(path).rejects} <= {"bad_row"}


@QUICK
@given(places=PLACES)
def test_damaged_dump(tmp_path_factory: pytest.TempPathFactory, places: list[tuple[float, int, bytes]]) -> None:
    path = tmp_path_factory.mktemp("d") / "dump.json"
    path.write_bytes(damage(DUMP.read_bytes(), places))
    read_damaged(NetboxLoader(), path)


VALUES = st.none() | st.booleans() | st.integers(-1, 3) | st.floats() | st.sampled_from(["A", "dcim.device", "x"])
NAMES = sorted({name for entry in json.loads(DUMP.read_text(encoding="utf-8")) for name in entry["fields"]})
FIELDS = [*NAMES, "a_terminations", "rear_ports", "device_role", "termination_a_type", "termination_a_id"]
DEEP = st.recursive(
    VALUES,
    lambda x: (
        st.lists(x, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "object_type", "object_id", "rear_port"]), x, max_size=3)
    ),
)


@QUICK
@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), DEEP, max_size=8),
    models=st.lists(st.sampled_from(sorted(KEPT)), max_size=12),
)
def test_anything_in_the_fields(tmp_path_factory: pytest.TempPathFactory, fields: Any, models: list[str]) -> None:
    entries = [{"model": model, "pk": pk % 3, "fields": fields} for pk, model in enumerate(models)]
    path = tmp_path_factory.mktemp("a") / "any.json"
    path.write_text(json.dumps(entries))
    read_damaged(NetboxLoader(), path)


@QUICK
@given(places=PLACES, file=st.sampled_from(sorted(p.name for p in (NETBOX / "csv").iterdir())))
def test_damaged_csv(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[float, int, bytes]], file: str
) -> None:
    folder = tmp_path_factory.mktemp("c")
    shutil.copytree(NETBOX / "csv", folder, dirs_exist_ok=True)
    (folder / file).write_bytes(damage((NETBOX / "csv" / file).read_bytes(), places))
    read_damaged(NetboxLoader(), folder)


# ---- the demo of NetBox ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(shared: Path) -> Path:
    return shared / "data" / "netbox-demo" / "netbox-demo-v3.6.json"


@pytest.mark.shared
def test_demo_counts(demo: Path) -> None:
    """The numbers of docs/loaders/netbox.md."""
    result = read(demo)
    assert result.rejects == []
    check_against_schema(result)
    assert Counter(a.kind for a in result.assets.values()) == {
        "vm": 180,
        "power_outlet": 104,
        "cable": 82,
        "region": 67,
        "path": 64,
        "feeder": 48,
        "rack": 42,
        "router": 39,
        "cluster": 32,
        "circuit": 29,
        "power_supply": 26,
        "site": 24,
        "patch_panel": 19,
        "pdu": 13,
        "tenant": 11,
        "provider": 9,
        "hall": 4,
        "power_panel": 4,
        "site_group": 3,
        "chassis": 1,
        "provider_network": 1,
    }
    counts = {"POWERS": 226, "CARRIES": 205, "HOSTS": 180, "TRANSPORTS": 128, "CONTAINS": 122, "WITHIN": 107}
    assert Counter(kind for _, kind, _ in result.links) == counts


@pytest.mark.shared
def test_demo_paths_are_those_that_netbox_traced(demo: Path) -> None:
    """NetBox keeps the paths that it traced (type 19 is a cable, 32 an interface): each is one of ours, and no more."""
    theirs = set()
    for entry in json.loads(demo.read_text(encoding="utf-8")):
        if entry["model"] == "dcim.cablepath":
            nodes = [node.split(":") for step in entry["fields"]["path"] for node in step]
            if nodes[0][0] == "32":
                theirs.add(frozenset(f"cable/{key}" for kind, key in nodes if kind == "19"))
    ours: dict[str, set[str]] = {}
    for start, kind, end in read(demo).links:
        if kind == "CARRIES" and start.startswith("cable/") and end.startswith("path/"):
            ours.setdefault(end, set()).add(start)
    assert {frozenset(cables) for cables in ours.values()} == theirs


@pytest.mark.shared
def test_demo_falls_as_it_is_wired(demo: Path, tmp_path: Path) -> None:
    made = snapshot_of(read(demo), tmp_path)
    assert made.baseline_down() == []
    panel = lost(made, "power-panel/1")  # A of racks with A and B; its switches have two or four supplies
    assert not any(one.startswith("device/") for one in panel)
    both = lost(made, "power-panel/1", "power-panel/2")
    assert {"device/96", "device/97"} <= both
    pdu = lost(made, "device/27")
    assert {"device/1", "device/14"} <= pdu
    assert {one for one in pdu if one.startswith("device/")} == {"device/1", "device/14"}
