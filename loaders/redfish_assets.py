"""From a Redfish resource to an asset: its kind, status, place and properties."""

from __future__ import annotations

import math
import re
from typing import Any

from loaders.fields import text_of
from loaders.places import PlaceProblem, parse_point
from loaders.redfish_tree import Resource, Service
from twin.model import AssetRecord, Origin, Reject

KINDS = {
    "PowerDomain": "power_group",
    "OutletGroup": "power_group",
    "Circuit": "feeder",
    "Outlet": "power_outlet",
    "PowerSupply": "power_supply",
    "Fan": "fan",
    "Pump": "coolant_pump",
    "CoolingUnit": "cooling_unit",
    "CoolingLoop": "cooling_loop",
}
FACILITIES = {"Room": "hall", "Floor": "building", "Building": "data_centre", "Site": "data_centre"}
EQUIPMENT = {
    "RackPDU": "pdu",
    "FloorPDU": "pdu",
    "PowerShelf": "pdu",
    "AutomaticTransferSwitch": "transfer_switch",
    "ManualTransferSwitch": "transfer_switch",
    "Switchgear": "switchgear",
    "Bus": "bus",
    "BatteryShelf": "ups",
}
#: Types with a member that tells the kind: member, its values, and what to do about another value.
TOLD = {"Facility": ("FacilityType", FACILITIES), "PowerDistribution": ("EquipmentType", EQUIPMENT)}
TAKEN = (*KINDS, *TOLD, "Chassis", "ComputerSystem")
VIRTUAL = ("Virtual", "VirtuallyPartitioned", "OS")
#: Status.State -> status; None: in service.
STATES = {
    "Enabled": None,
    "StandbySpare": None,
    "InTest": None,
    "Starting": None,
    "Deferring": None,
    "Quiesced": None,
    "Updating": None,
    "Qualified": None,
    "Degraded": None,
    "Disabled": "out_of_service",
    "StandbyOffline": "out_of_service",
    "UnavailableOffline": "out_of_service",
}
#: Members that say whether current can flow: value -> status.
SWITCHES: dict[str, dict[Any, str]] = {
    "BreakerState": {"Tripped": "open", "Off": "open"},
    "PowerState": {"Off": "open"},
    "PowerEnabled": {False: "open"},
}
SWITCHED = ("Circuit", "Outlet")
#: What delivers nothing when its health is critical (option ``critical = "parts"``).
PARTS = ("PowerSupply", "Fan", "Pump")
VOLTAGE = re.compile(r"(?:AC|DC|DCNeg)(\d+)V\Z")
#: Properties: type -> our property, their member, factor.
NUMBERS = {
    "Circuit": [("current_a", "RatedCurrentAmps", 1.0)],
    "Outlet": [("current_a", "RatedCurrentAmps", 1.0)],
    "PowerSupply": [("power_kw", "PowerCapacityWatts", 1e-3)],
    "PowerDistribution": [("capacity_mva", "PowerCapacityVA", 1e-6)],
    "Chassis": [("power_kw", "MaxPowerWatts", 1e-3)],
    "CoolingUnit": [("cooling_kw", "CoolingCapacityWatts", 1e-3)],
    "CoolingLoop": [("cooling_kw", "RatedCoolingCapacityWatts", 1e-3)],
    "ComputerSystem": [
        ("cpus", "ProcessorSummary.CoreCount", 1),
        ("memory_gb", "MemorySummary.TotalSystemMemoryGiB", 1.073741824),
    ],
}


def is_absent(resource: Resource) -> bool:
    """Whether it is an empty bay: described, but not there."""
    return bool(resource.at("Status.State") == "Absent")


def kind_of(resource: Resource) -> str | None:
    """The kind of the asset that *resource* becomes; None when it becomes none."""
    if resource.type not in TAKEN or is_absent(resource):
        return None
    if resource.type in TOLD:
        member, kinds = TOLD[resource.type]
        return kinds.get(text_of(resource.at(member)))
    if resource.type == "Chassis":
        return "rack" if resource.at("ChassisType") == "Rack" else "chassis"
    if resource.type == "ComputerSystem":
        virtual = resource.at("SystemType") in VIRTUAL and resource.at("Links.HostingComputerSystem") is not None
        return "vm" if virtual else "server"
    return KINDS[resource.type]


class AssetMaker:
    """Makes assets of one service.

    Args:
        critical: which resources deliver nothing while their health is critical: ``ignore``, ``parts``, ``all``.
        positions: what Location.Longitude and Latitude hold: ``lonlat``, ``latlon`` (swapped) or ``none``.
        known: property names of a kind.
    """

    def __init__(self, service: Service, critical: str, positions: str, known: Any) -> None:
        self.service, self.critical, self.positions, self.known = service, critical, positions, known

    def make(self, resource: Resource) -> AssetRecord | list[Reject]:
        """The asset, or all that is wrong with it; no asset for an empty bay: an empty list."""
        if is_absent(resource):
            return []
        kind = kind_of(resource)
        if kind is None:
            member, kinds = TOLD[resource.type]
            value = text_of(resource.at(member))
            fix = f"Known are {', '.join(kinds)}."
            if not value:
                return [resource.reject(member, "missing_value", f"{resource.key} says no {member}", fix)]
            return [resource.reject(member, "unknown_kind", f"{member} {value[:60]!r} is not known", fix)]
        rejects: list[Reject] = []
        properties = self._properties(resource, kind, rejects)
        status = self._status(resource, rejects)
        if status:
            properties["status"] = status
        geometry = self._place(resource, rejects)
        if rejects:
            return rejects
        name = text_of(resource.at("UserLabel")) or text_of(resource.at("Name")) or None
        return AssetRecord(
            self.service.id(resource.key), kind, name, properties, geometry, Origin(resource.file, None, None)
        )

    def _status(self, resource: Resource, rejects: list[Reject]) -> str | None:
        state = resource.at("Status.State")
        if state is not None and (not isinstance(state, str) or state not in STATES):
            message = f"Status.State {str(state)[:60]!r} is not known"
            fix = f"Known are Absent, {', '.join(STATES)}."
            rejects.append(resource.reject("Status.State", "wrong_type", message, fix))
            return None
        status = STATES[state] if state else None
        critical = resource.at("Status.Health") == "Critical"
        if critical and (self.critical == "all" or (self.critical == "parts" and resource.type in PARTS)):
            status = status or "out_of_service"
        if resource.type in SWITCHED and not status:
            for member, values in SWITCHES.items():
                value = resource.at(member)
                if isinstance(value, str | bool) and value in values:
                    return values[value]
        return status

    def _properties(self, resource: Resource, kind: str, rejects: list[Reject]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, member, factor in NUMBERS.get(resource.type, ()):
            value = resource.at(member)
            if value is None or name not in self.known(kind):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                message = f"{member} is a number, not {str(value)[:60]!r}"
                rejects.append(resource.reject(member, "wrong_type", message, "Write a number."))
                continue
            made[name] = value if factor == 1 else value * factor
        voltage = VOLTAGE.match(text_of(resource.at("NominalVoltage")))
        texts = {
            "voltage_kv": int(voltage[1]) / 1000 if voltage and len(voltage[1]) < 9 else None,
            "health": text_of(resource.at("Status.Health")) or None,
            "ref": text_of(resource.at("SerialNumber")) or None,
            "gpus": self._gpus(resource) if resource.type == "ComputerSystem" else None,
        }
        return made | {name: value for name, value in texts.items() if value and name in self.known(kind)}

    def _gpus(self, resource: Resource) -> int:
        processors = self.service.under(resource, "Processor")
        return sum(1 for one in processors if one.at("ProcessorType") == "GPU" and not is_absent(one))

    def _place(self, resource: Resource, rejects: list[Reject]) -> bytes | None:
        if self.positions == "none":
            return None
        lon, lat = resource.at("Location.Longitude"), resource.at("Location.Latitude")
        if self.positions == "latlon":
            lon, lat = lat, lon
        try:
            return parse_point(lon, lat, ("Location.Longitude", "Location.Latitude"))
        except PlaceProblem as problem:
            fix = f'{problem.fix} If they are, set positions = "latlon"; to leave them out, positions = "none".'
            rejects.append(resource.reject(problem.column, problem.code, str(problem), fix))
            return None
