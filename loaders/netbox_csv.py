"""Reading the CSV exports of NetBox's pages: one file a kind of object, references by what the page shows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loaders.csvfile import CsvFile
from loaders.netbox_objects import MODELS, Inventory, Key, Obj
from loaders.netbox_options import NetboxOptions
from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

#: Name of a CSV file, without ``netbox_`` -> model.
TABLES = {path.rsplit("/", 1)[1].replace("-", "_"): model for model, path in MODELS.items()}
#: Exports that hold nothing that we take.
OTHERS = {
    "aggregates",
    "asns",
    "asn_ranges",
    "circuit_groups",
    "cluster_groups",
    "config_contexts",
    "config_templates",
    "contact_groups",
    "contact_roles",
    "device_bay_templates",
    "fhrp_groups",
    "inventory_items",
    "ip_addresses",
    "ip_ranges",
    "journal_entries",
    "l2vpns",
    "mac_addresses",
    "manufacturers",
    "module_bays",
    "module_types",
    "modules",
    "platforms",
    "prefixes",
    "provider_accounts",
    "rack_reservations",
    "rack_roles",
    "rack_types",
    "rirs",
    "roles",
    "route_targets",
    "services",
    "tags",
    "tenant_groups",
    "virtual_chassis",
    "virtual_disks",
    "vlan_groups",
    "vlans",
    "vm_interfaces",
    "vrfs",
    "wireless_lans",
}
#: Headings that are not NetBox's own name of the field.
HEADINGS = {
    "circuit_id": "cid",
    "device_role": "role",
    "host_device": "device",
    "installed_device_name": "installed_device",
    "panel": "power_panel",
    "port_position": "rear_port_position",
    "scope": "scope_id",
    "serial_number": "serial",
    "side": "term_side",
    "site_group": "group",
    "termination_point": "termination_id",
    "virtual_cpus": "vcpus",
}
PORTS = tuple(
    f"dcim.{model}"
    for model in (
        *("interface", "frontport", "rearport", "powerport"),
        *("poweroutlet", "consoleport", "consoleserverport"),
    )
)
#: What makes a key where the export has no column ID, by model; else the name.
NATURAL: dict[str, tuple[str, ...]] = {
    **{f"dcim.{m}": ("site", "name") for m in ("rack", "location", "powerpanel")},
    **{
        f"dcim.{m}": ("device", "name")
        for m in [
            "powerport",
            "poweroutlet",
            "interface",
            "frontport",
            "rearport",
            "consoleport",
            "consoleserverport",
            "devicebay",
        ]
    },
    "dcim.powerfeed": ("power_panel", "name"),
    "dcim.devicetype": ("model",),
    "circuits.circuit": ("cid",),
    "circuits.circuittermination": ("circuit", "term_side"),
    "virtualization.virtualmachine": ("cluster", "name"),
    "dcim.cable": ("label",),
}
PORTS = tuple(
    f"dcim.{m}"
    for m in ["interface", "frontport", "rearport", "powerport", "poweroutlet", "consoleport", "consoleserverport"]
)
LOOSE = ("circuits.circuittermination", "dcim.powerfeed")
AMOUNT = re.compile(r"([\d.]+)\s*([A-Za-z]+)\Z")
FILE_FIX = "Call it as NetBox does, for example netbox_devices.csv, or take it out of the folder."


def csv_files(path: Path) -> list[Path]:
    """The CSV files at the top of *path*, or *path* itself; none where it holds none."""
    if path.is_file():
        return [path] if path.suffix.lower() == ".csv" else []
    return sorted(p for p in path.iterdir() if p.suffix.lower() == ".csv") if path.is_dir() else []


def read_csv(path: Path, files: list[Path], options: NetboxOptions) -> Inventory:
    """The objects of the CSV files; ends of cables are already looked up.

    Raises:
        SourceUnreadable: none of the files is one of NetBox's, or one cannot be read.
    """
    inventory = Inventory(by_text=True)
    taken = 0
    for file in files:
        name = re.sub(r"[\s-]+", "_", file.stem.lower()).removeprefix("netbox_")
        model = TABLES.get(name)
        if model is not None:
            taken += 1
            _read(inventory, model, CsvFile(file, file.name, encoding=options.encoding, delimiter=options.delimiter))
        elif name not in OTHERS:
            message = f"{file.name} is no export that NetBox makes"
            inventory.problems.append(Reject(Origin(file.name), "bad_row", message, FILE_FIX))
    if not taken:
        raise SourceUnreadable(f"{path} has no CSV file of NetBox", fix=FILE_FIX)
    _plug(inventory)
    return inventory


def _read(inventory: Inventory, model: str, table: CsvFile) -> None:
    inventory.problems += table.problems
    header = [_field(name, model) for name in table.header]
    for item in table.rows():
        if isinstance(item, Reject):
            inventory.problems.append(item)
            continue
        row, cells = item
        fields: dict[str, Any] = {}
        for name, cell in zip(header, cells, strict=True):
            if cell.strip() not in ("", "—", "&mdash;"):
                fields.setdefault(name, cell.strip())
        _amounts(fields)
        pk = _key(model, fields)
        if pk is None:
            column = "ID" if "id" in header else NATURAL.get(model, ("name",))[-1]
            fix = "Export all data with the column ID, or give it a name."
            inventory.problems.append(table.reject(row, column, "missing_value", "the row has nothing to go by", fix))
        else:
            inventory.add(Obj(model, pk, fields, Origin(table.file, row)))


def _field(heading: str, model: str) -> str:
    """NetBox's name of a field from the heading of a column: ``Maximum draw (W)`` is ``maximum_draw``."""
    plain = re.sub(r"\(.*?\)", "", heading).strip().lower()
    name = re.sub(r"[\s-]+", "_", plain)
    if model == "dcim.device" and name == "type":
        return "device_type"
    if model != "dcim.site" and name == "site_group":
        return name
    return HEADINGS.get(name, name)


def _amounts(fields: dict[str, Any]) -> None:
    """Numbers that the page shows with a unit, as NetBox keeps them."""
    length = AMOUNT.match(fields.get("length", ""))
    if length is not None:
        fields["length"], fields["length_unit"] = length[1], length[2]
    memory = AMOUNT.match(fields.get("memory", ""))
    factor = {"mb": 1, "gb": 1000, "tb": 1_000_000}.get(memory[2].lower()) if memory is not None else None
    if memory is not None and factor is not None and memory[1].count(".") < 2 and memory[1] != ".":
        fields["memory"] = float(memory[1]) * factor


def _key(model: str, fields: dict[str, Any]) -> Key | None:
    text = str(fields.get("id", ""))
    if text.isdecimal() and len(text) < 19:
        return int(text)
    if text:
        return None
    parts = [fields.get(name, "") for name in NATURAL.get(model, ("name",))]
    if not parts[-1] and model == "dcim.cable":
        parts = ["--".join(":".join(name for name in _side(fields, side) if name) for side in "ab")]
    made = "/".join(parts)
    return made[:300] if parts[-1] and made != "--" else None


def _side(fields: dict[str, Any], side: str) -> tuple[str, str, str]:
    """Device, type and name of what one side of a cable is plugged in; empty where it is not said."""
    device = fields.get(f"side_{side}_device") or fields.get(f"device_{side}") or ""
    name = fields.get(f"side_{side}_name") or fields.get(f"termination_{side}") or ""
    return device, str(fields.get(f"side_{side}_type") or ""), name or str(fields.get(f"{side}_terminations") or "")


def _plug(inventory: Inventory) -> None:
    """Look up the ends of cables, which the page shows by device and name only."""
    ports: dict[tuple[str, str], list[Obj]] = defaultdict(list)
    for model in (*PORTS, *LOOSE):
        for port in inventory.all(model):
            for name in _shown(port):
                ports[port.text("device"), name].append(port)
    for cable in inventory.all("dcim.cable"):
        for side in "ab":
            device, type_, names = _side(cable.fields, side)
            cable.fields[f"{side}_terminations"] = list(_ends(inventory, ports, cable, (side, device, type_, names)))


def _shown(port: Obj) -> Iterator[str]:
    if port.model == "circuits.circuittermination":
        yield f"{port.text('circuit')}: Termination {port.text('term_side')}"
    else:
        yield port.name


def _ends(
    inventory: Inventory, ports: dict[tuple[str, str], list[Obj]], cable: Obj, said: tuple[str, str, str, str]
) -> Iterator[dict[str, Any]]:
    side, device, type_, names = said
    if not names:
        return
    whole = ports.get((device, names))
    for name in [names] if whole else [part.strip() for part in names.split(",")]:
        found = ports.get((device, name), [])
        if type_:
            model = inventory.type_of(type_)
            found = [port for port in found if port.model == model]
        if len(found) > 1:  # a panel's front and rear port: each says which cable is in it
            shown = {f"#{cable.pk}", cable.text("label")} - {""}
            found = [port for port in found if port.text("cable") in shown]
        if len(found) == 1:
            yield {"object_type": found[0].model, "object_id": found[0].pk}
            continue
        what = "is not in the export" if not found else "may be several ports"
        fix = "Export all data of every kind of port, with the columns ID and Cable."
        column = f"Termination {side.upper()}"
        message = f"port {name[:60]!r} of {device[:60]!r} {what}"
        inventory.reject(cable, column, "missing_end", message, fix)
