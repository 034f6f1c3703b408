"""What feeds, cools and holds what in a Redfish service.

Power: source circuit or outlet -> mains -> equipment -> branch, feeder or subfeed -> outlet -> power supply or
chassis -> system. Where Redfish can state a redundancy and does not, there is none.
"""

from __future__ import annotations

from loaders.redfish_assets import is_absent, kind_of
from loaders.redfish_links import End, Gate, Linker
from loaders.redfish_tree import Resource, Service

OUTPUTS = ("Branches", "Feeders", "Subfeeds")
RACKED = ("RackPDUs", "FloorPDUs", "TransferSwitches", "PowerShelves", "Switchgear", "ElectricalBuses")
COOLED = ("CDUs", "HeatExchangers", "ImmersionUnits", "RPUs")
SUPPLIES = ("PowerSupply",)
#: References that say what feeds what: type -> member, whether the other end feeds this one, types it may be.
FEEDS: dict[str, list[tuple[str, bool, tuple[str, ...]]]] = {
    "Circuit": [
        ("Links.SourceCircuit", True, ("Circuit",)),
        ("Links.BranchCircuit", True, ("Circuit",)),
        ("Links.PowerOutlet", True, ("Outlet",)),
        ("Links.DistributionCircuits", False, ("Circuit",)),
        ("Links.Outlets", False, ("Outlet",)),
    ],
    "Outlet": [
        ("Links.BranchCircuit", True, ("Circuit",)),
        ("Links.DistributionCircuits", False, ("Circuit",)),
        ("Links.PowerSupplies", False, ("PowerSupply",)),
        ("Links.Chassis", False, ("Chassis",)),
    ],
    "PowerSupply": [("Links.PowerOutlets", True, ("Outlet",)), ("Links.Outlet", True, ("Outlet",))],
    "Chassis": [("Links.PowerOutlets", True, ("Outlet",))],
}
#: References that say what stands in or belongs to what: type -> member, link, whether it comes from the other end.
PLACES: dict[str, list[tuple[str, str, bool, tuple[str, ...]]]] = {
    "Facility": [
        ("Links.ContainsFacilities", "CONTAINS", False, ("Facility",)),
        ("Links.ContainedByFacility", "CONTAINS", True, ("Facility",)),
        *((f"Links.{name}", "CONTAINS", False, ("PowerDistribution",)) for name in RACKED),
        *((f"Links.{name}", "CONTAINS", False, ("CoolingUnit",)) for name in COOLED),
    ],
    "PowerDomain": [(f"Links.{name}", "WITHIN", False, ("PowerDistribution",)) for name in RACKED],
    "OutletGroup": [("Links.Outlets", "WITHIN", False, ("Outlet",))],
    "PowerDistribution": [
        ("Links.Facility", "CONTAINS", True, ("Facility",)),
        ("Links.Chassis", "CONTAINS", True, ("Chassis",)),
    ],
    "CoolingUnit": [
        ("Links.Facility", "CONTAINS", True, ("Facility",)),
        ("Links.Chassis", "CONTAINS", True, ("Chassis",)),
    ],
    "CoolingLoop": [("Links.Facility", "CONTAINS", True, ("Facility",))],
    "Chassis": [
        ("Links.Facility", "CONTAINS", True, ("Facility",)),
        ("Links.ContainedBy", "CONTAINS", True, ("Chassis",)),
        ("Links.Contains", "CONTAINS", False, ("Chassis",)),
        ("Links.ComputerSystems", "CONTAINS", False, ("ComputerSystem",)),
        ("Links.PowerDistribution", "CONTAINS", False, ("PowerDistribution",)),
    ],
    "ComputerSystem": [
        ("Links.Chassis", "CONTAINS", True, ("Chassis",)),
        ("Links.HostingComputerSystem", "HOSTS", True, ("ComputerSystem",)),
    ],
}
#: Where the redundancy of parts is stated, by the resource that holds it; the last ones are of old services.
REDUNDANCY = {
    "PowerSupply": (
        ("PowerSubsystem", "PowerSupplyRedundancy"),
        ("Power", "Redundancy"),
    ),
    "Fan": (("ThermalSubsystem", "FanRedundancy"), ("CoolingUnit", "FanRedundancy"), ("Thermal", "Redundancy")),
    "Pump": (("CoolingUnit", "PumpRedundancy"),),
}
CONNECTED = (
    ("Links.ConnectedCoolingLoop", ("CoolingLoop",)),
    ("Links.ConnectedCoolingUnit", ("CoolingUnit",)),
    ("Links.ConnectedChassis", ("Chassis",)),
)


class Topology:
    """Finds the links of one service and gives them to its linker."""

    def __init__(self, service: Service, linker: Linker, unstated: str, feeds: str) -> None:
        self.service, self.linker, self.unstated, self.feeds = service, linker, unstated, feeds
        self.feeders: dict[str, dict[str, str]] = {}  # consumer id -> what feeds it by references, with the file
        self.powered: set[str] = set()  # keys of chassis that power reaches
        self.inside: dict[str, list[Resource]] = {}  # key of a chassis -> the chassis in it
        self.shelves = _shelves(service)  # key of power equipment -> the chassis that it is built of
        self.of_shelf = {chassis.key for many in self.shelves.values() for chassis in many}
        self.others: dict[str, list[Resource]] = {}  # key of a chassis -> supplies elsewhere that power it

    def run(self) -> None:
        """Find all links."""
        self._places()
        self._references()
        self._powering()
        for equipment in self.service.of("PowerDistribution"):
            if kind_of(equipment):
                self._equipment(equipment)
        for chassis in self.service.of("Chassis"):
            self._parts(chassis)
        for unit in self.service.of("CoolingUnit"):
            self._parts(unit)
        self._stand()
        self._feeds()
        self._systems()
        self._cooling()

    def _places(self) -> None:
        for type_, members in PLACES.items():
            for one in self.service.of(type_):
                if not kind_of(one):
                    continue
                for path, link, incoming, kinds in members:
                    for end in self.linker.ends(one, path, type_=link, incoming=incoming, kinds=kinds):
                        self._place(one, end, link, incoming)

    def _place(self, one: Resource, end: End, link: str, incoming: bool) -> None:
        own = self.service.id(one.key)
        start, stop = (end.id, own) if incoming else (own, end.id)
        self.linker.add(start, link, stop, one.file)
        if one.type == "Chassis" and end.resource is not None and end.resource.type == "Chassis":
            outer, inner = (end.resource, one) if incoming else (one, end.resource)
            self.inside.setdefault(outer.key, []).append(inner)

    def _references(self) -> None:
        for type_, members in FEEDS.items():
            for one in self.service.of(type_):
                if not kind_of(one):
                    continue
                own = self.service.id(one.key)
                for path, incoming, kinds in members:
                    for end in self.linker.ends(one, path, type_="POWERS", incoming=incoming, kinds=kinds):
                        source, consumer = (end.id, own) if incoming else (own, end.id)
                        self.feeders.setdefault(consumer, {}).setdefault(source, one.file)
        for one in self.service.of("Chassis"):
            if self.feeders.get(self.service.id(one.key)):
                self.powered.add(one.key)

    def _feeds(self) -> None:
        """Links of all references: circuits and outlets need all that feeds them, the rest as the option says."""
        circuits = {self.service.id(one.key) for one in self.service.of("Circuit", "Outlet")}
        for consumer, sources in self.feeders.items():
            known = consumer in circuits or self.linker.others.get(consumer, ("",))[0] == "feeder"
            need = None if consumer in self.linker.elsewhere else "all" if known else self.feeds
            for source, file in sources.items():
                self.linker.add(source, "POWERS", consumer, file, "feeds", need)

    def _equipment(self, equipment: Resource) -> None:
        own = self.service.id(equipment.key)
        mains: list[Resource] = []
        outputs: list[Resource] = []
        for circuit in self.service.under(equipment, "Circuit"):
            part = circuit.key.removeprefix(f"{equipment.key}/").split("/")[0]
            is_input = part == "Mains" or (part not in OUTPUTS and circuit.at("CircuitType") == "Mains")
            (mains if is_input else outputs).append(circuit)
        gates = self._mains(equipment, mains)
        self.linker.gate(own, "POWERS", gates, equipment.file)
        for circuit in outputs:
            if kind_of(circuit):
                self.linker.add(own, "POWERS", self.service.id(circuit.key), circuit.file, "equipment", "all")
        behind = {self.service.id(circuit.key) for circuit in outputs}
        for outlet in self.service.under(equipment, "Outlet"):
            native = self.service.id(outlet.key)
            if kind_of(outlet) and not behind & self.feeders.get(native, {}).keys():
                self.linker.add(own, "POWERS", native, outlet.file, "equipment", "all")
        self._shelf(equipment, gates)

    def _mains(self, equipment: Resource, mains: list[Resource]) -> list[Gate]:
        if kind_of(equipment) != "transfer_switch":
            return self.linker.gates(equipment, "MainsRedundancy", mains, "mains", self.unstated)
        automatic = equipment.at("EquipmentType") == "AutomaticTransferSwitch"
        settings = [
            equipment.at(f"TransferConfiguration.{name}") for name in ("AutoTransferEnabled", "TransferInhibit")
        ]
        if not automatic or settings[0] is False or settings[1] is True:
            active = equipment.at("TransferConfiguration.ActiveMainsId")
            chosen = [one for one in mains if isinstance(active, str) and one.key.rsplit("/", 1)[-1] == active]
            mains = chosen or mains
            return [Gate("mains", "all", [self.service.id(one.key) for one in mains if kind_of(one)])]
        return [Gate("mains", "any", [self.service.id(one.key) for one in mains if kind_of(one)])]

    def _shelf(self, equipment: Resource, mains: list[Gate]) -> None:
        """The supplies in the chassis of power equipment are fed by its mains and feed it."""
        own = self.service.id(equipment.key)
        for chassis in self.shelves.get(equipment.key, []):
            supplies = self.service.under(chassis, *SUPPLIES)
            self._redundant(own, "POWERS", chassis, supplies, "supplies")
            for one in supplies:
                native = self.service.id(one.key)
                if kind_of(one) and not self.feeders.get(native):
                    self.linker.gate(native, "POWERS", mains, one.file)

    def _parts(self, owner: Resource) -> None:
        """Supplies power their chassis, fans and pumps cool what they are in."""
        own = self.service.id(owner.key)
        if not kind_of(owner):
            return
        supplies = self._supplies(owner)
        if supplies and owner.key not in self.of_shelf:
            self._redundant(own, "POWERS", owner, supplies, "supplies")
            if any(kind_of(one) for one in supplies):
                self.powered.add(owner.key)
        self._redundant(own, "COOLS", owner, self.service.under(owner, "Fan"), "fans")
        self._redundant(own, "COOLS", owner, self.service.under(owner, "Pump"), "pumps")

    def _stand(self) -> None:
        """Parts stand where what they are part of stands: not in it, for it needs them to start."""
        places: dict[str, list[str]] = {}
        for start, link, end, _ in self.linker.links:
            if link == "CONTAINS":
                places.setdefault(end, []).append(start)
        for one in self.service.of(*SUPPLIES, "Fan", "Pump"):
            owner = self.service.owner(one.key, "Chassis", "CoolingUnit")
            for place in places.get(self.service.id(owner.key), []) if owner and kind_of(one) else []:
                self.linker.add(place, "CONTAINS", self.service.id(one.key), one.file)

    def _supplies(self, chassis: Resource) -> list[Resource]:
        """Supplies that power a chassis: its own ones that do not name others, and those elsewhere that name it."""
        own = [one for one in self.service.under(chassis, *SUPPLIES) if not one.at("Links.PoweringChassis")]
        return own + self.others.get(chassis.key, [])

    def _powering(self) -> None:
        for one in self.service.of(*SUPPLIES):
            for end in self.linker.ends(
                one, "Links.PoweringChassis", type_="POWERS", incoming=False, kinds=("Chassis",)
            ):
                if end.resource is not None:
                    self.others.setdefault(end.resource.key, []).append(one)
                elif kind_of(one):
                    self.linker.add(self.service.id(one.key), "POWERS", end.id, one.file, "supplies")

    def _redundant(self, consumer: str, link: str, owner: Resource, parts: list[Resource], group: str) -> None:
        if not parts:
            return
        inline = any("#" in one.key for one in parts)
        holders = [
            (holder, member)
            for type_, member in REDUNDANCY[parts[0].type]
            if inline or type_ not in ("Power", "Thermal")
            for holder in ([owner] if owner.type == type_ else self.service.under(owner, type_))
            if holder.at(member)
        ]
        holder, member = holders[0] if holders else (owner, "-")
        self.linker.gate(consumer, link, self.linker.gates(holder, member, parts, group, self.unstated), holder.file)

    def _systems(self) -> None:
        """Chassis that power reaches power what is in them and has no supply of its own."""
        spread = list(self.powered)
        while spread:
            outer = self.service.resources[spread.pop()]
            for inner in self.inside.get(outer.key, []):
                if self._has_own(inner):
                    continue
                self.linker.add(
                    self.service.id(outer.key), "POWERS", self.service.id(inner.key), inner.file, None, "all"
                )
                if inner.key not in self.powered:
                    self.powered.add(inner.key)
                    spread.append(inner.key)
        held = {(start, end) for start, type_, end, _ in list(self.linker.links) if type_ == "CONTAINS"}
        systems = {
            self.service.id(one.key): one for one in self.service.of("ComputerSystem") if kind_of(one) == "server"
        }
        powered = {self.service.id(key) for key in self.powered}
        for start, end in sorted(held):
            if end in systems and start in powered:
                self.linker.add(start, "POWERS", end, systems[end].file, "chassis", "all")
        for native, one in systems.items():
            self._powered_by(native, one)

    def _has_own(self, chassis: Resource) -> bool:
        native = self.service.id(chassis.key)
        return bool(self.feeders.get(native)) or any(kind_of(one) for one in self._supplies(chassis))

    def _powered_by(self, native: str, system: Resource) -> None:
        ends = self.linker.ends(system, "Links.PoweredBy", type_="POWERS", incoming=True, kinds=SUPPLIES)
        by_chassis: dict[str, list[Resource]] = {}
        for end in ends:
            owner = self.service.owner(end.resource.key, "Chassis") if end.resource else None
            if end.resource is None or owner is None:
                self.linker.add(end.id, "POWERS", native, system.file, "supplies", self.unstated)
            elif (self.service.id(owner.key), "POWERS", native, "chassis") not in self.linker.links:
                by_chassis.setdefault(owner.key, []).append(end.resource)
        for key, supplies in sorted(by_chassis.items()):
            self._redundant(native, "POWERS", self.service.resources[key], supplies, f"supplies of {key}")

    def _cooling(self) -> None:
        for connector in self.service.of("CoolantConnector"):
            owner = self.service.owner(connector.key, "CoolingUnit", "CoolingLoop", "Chassis")
            if owner is None or not kind_of(owner) or is_absent(connector):
                continue
            side = connector.key.removeprefix(f"{owner.key}/").split("/")[0]
            out = side == "SecondaryCoolantConnectors"
            own = self.service.id(owner.key)
            for path, kinds in CONNECTED:
                for end in self.linker.ends(connector, path, type_="COOLS", incoming=not out, kinds=kinds):
                    start, stop = (own, end.id) if out else (end.id, own)
                    self.linker.add(start, "COOLS", stop, connector.file, None, self.feeds)
        for type_ in ("Chassis", "ComputerSystem"):
            for one in self.service.of(type_):
                if not kind_of(one):
                    continue
                ends = self.linker.ends(
                    one,
                    "Links.CooledBy",
                    type_="COOLS",
                    incoming=True,
                    kinds=("Fan", "CoolingUnit", "CoolingLoop", "Pump"),
                )
                for end in ends:
                    if end.resource is not None and end.resource.type not in ("Fan", "Pump"):
                        self.linker.add(end.id, "COOLS", self.service.id(one.key), one.file, None, self.feeds)


def _shelves(service: Service) -> dict[str, list[Resource]]:
    found: dict[str, dict[str, Resource]] = {}
    for chassis in service.of("Chassis"):
        for _, ref in chassis.refs("Links.PowerDistribution"):
            if ref is not None and not ref.host:
                found.setdefault(ref.key, {})[chassis.key] = chassis
    for equipment in service.of("PowerDistribution"):
        for _, ref in equipment.refs("Links.Chassis"):
            named = service.resources.get(ref.key) if ref is not None and not ref.host else None
            if named is not None and named.type == "Chassis":
                found.setdefault(equipment.key, {})[named.key] = named
    return {key: list(many.values()) for key, many in found.items()}
