"""From a CIM model to records: stations and their levels, network nodes, equipment, feeders, and their links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from loaders.cim_classes import BUSBAR, EQUIPMENT, EXTERNAL, JOINS, SWITCHES, Units
from loaders.cim_equipment import Describer, Setting, Thing
from loaders.cim_places import Pair, Places, as_line, as_point
from loaders.cim_topology import End, Place, Topology
from loaders.cim_values import Values
from loaders.rdf import Model, Node
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Schema

Record = AssetRecord | LinkRecord | Reject
#: Ends that a class must have; the rest of what joins has two.
ONE_END = {"GroundDisconnector"}


@dataclass
class Grid:
    """One pass over a model: assets first, then the links that were found on the way.

    ``heads``: terminal -> the feeder that begins there; its asset stands between the equipment and the node.
    """

    model: Model
    places: Places
    schema: Schema
    units: Units
    setting: Setting
    straight_lines: bool = False
    operators: bool = False
    links: list[LinkRecord | Reject] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.topology = Topology(self.model)
        self.values = Values(self.model, self.topology, self.schema, self.units)
        self.describer = Describer(self.values, self.topology, self.setting)
        self.heads: dict[str, Node] = {}
        self.made: set[str] = set()

    def records(self) -> Iterator[Record]:
        """Everything, in an order that repeats."""
        yield from self._areas()
        yield from self._stations()
        yield from self._feeders()
        yield from self._nodes()
        for node in self.model.of(*(EQUIPMENT - {BUSBAR})):
            yield from self._equipment(node)
        yield from self._lost_busbars()
        yield from self.model.rejects
        yield from self.topology.rejects
        yield from self.places.rejects
        yield from self.values.shared
        for link in self.links:
            if isinstance(link, Reject) or (link.from_id in self.made and link.to_id in self.made):
                yield link

    # -- places -------------------------------------------------------------------------------------------------------

    def _areas(self) -> Iterator[Record]:
        for node in self.model.of("GeographicalRegion", "SubGeographicalRegion"):
            yield self._asset(node, "region", {}, None)
            above = self.model.follow(node, "SubGeographicalRegion.Region")
            if above is not None:
                self._link(above.native, "WITHIN", node.native, node.origin("SubGeographicalRegion.Region"))

    def _stations(self) -> Iterator[Record]:
        for node in self.model.of("Substation"):
            yield self._asset(node, "substation", {}, as_point(self.places.points(node)))
            region = self.model.follow(node, "Substation.Region")
            if region is not None:
                self._link(region.native, "WITHIN", node.native, node.origin("Substation.Region"))
        for node in self.model.of("VoltageLevel"):
            station = self.model.follow(node, "VoltageLevel.Substation")
            voltage = self.values.base_kv(node, "VoltageLevel.BaseVoltage")
            point = as_point(self.places.points(node, station))
            yield self._asset(node, "voltage_level", {"voltage_kv": voltage}, point)
            if station is not None:
                self._link(station.native, "CONTAINS", node.native, node.origin("VoltageLevel.Substation"))

    def housing(self, container: Node | None) -> Node | None:
        """The voltage level or substation that a container is or lies in; None for a line, a feeder or nothing."""
        for _ in range(4):
            if container is None or container.cls in ("VoltageLevel", "Substation"):
                return container
            path = ("Bay.VoltageLevel", "Bay.Substation", "DCConverterUnit.Substation", "Plant.Substation")
            container = next((one for name in path if (one := self.model.follow(container, name))), None)
        return None

    def _station(self, container: Node | None) -> Node | None:
        house = self.housing(container)
        return self.model.follow(house, "VoltageLevel.Substation") or house

    def _contained(self, native: str, container: Node | None, origin: Origin) -> None:
        house = self.housing(container)
        if house is not None:
            self._link(house.native, "CONTAINS", native, origin)
        elif container is not None and container.cls == "Feeder":
            self._link(container.native, "WITHIN", native, origin)

    # -- network nodes ------------------------------------------------------------------------------------------------

    def _nodes(self) -> Iterator[Record]:
        for id, place in self.topology.places.items():
            node = place.busbars[0] if len(place.busbars) == 1 else place.node
            self.values.rejects = []
            properties: dict[str, Any] = {"voltage_kv": self.values.place_kv(id)}
            if len(place.busbars) > 1:
                parts = sorted(f"{busbar.name or '-'} ({busbar.native})" for busbar in place.busbars)
                properties["sections"] = "; ".join(parts)
            if place.busbars and all(self.describer.out_of_service(busbar) for busbar in place.busbars):
                properties["status"] = "out_of_service"
            if self.values.rejects:
                yield from self.values.rejects
                continue
            container = self._node_container(place)
            points = self.places.points(node, place.node, container, self._station(container)) or self._met(place)
            merged = place.node.cls == "TopologicalNode" and not self.topology.is_border(place)
            kind = "bus" if place.busbars or merged else "line_junction"
            yield self._asset(node, kind, properties, as_point(points))
            self._contained(node.native, container, node.origin())

    def _node_container(self, place: Place) -> Node | None:
        for busbar in place.busbars:
            found = self.model.follow(busbar, "Equipment.EquipmentContainer")
            if found is not None:
                return found
        columns = (
            "ConnectivityNode.ConnectivityNodeContainer",
            "TopologicalNode.ConnectivityNodeContainer",
            "DCNode.DCEquipmentContainer",
        )
        return next((found for name in columns if (found := self.model.follow(place.node, name))), None)

    def _met(self, place: Place) -> list[Pair]:
        """Where the equipment that has a point for each of its ends says that this node is."""
        for owner, terminal in place.users:
            points, ends = self.places.points(owner), self.topology.ends(owner)
            if len(points) == len(ends):
                return [point for point, end in zip(points, ends, strict=True) if end.terminal is terminal]
            if points and owner.cls in JOINS and len(points) > 1 and len(ends) == 2:
                return [points[0] if ends[0].terminal is terminal else points[-1]]
        return []

    def _lost_busbars(self) -> Iterator[Reject]:
        for busbar in self.model.of(BUSBAR):
            if not any(end.state == "joined" for end in self.topology.ends(busbar)):
                message = f"busbar section {busbar.native} lies at no node of the network"
                fix = "Export its terminal with a ConnectivityNode, or the topology (TP)."
                yield Reject(busbar.origin(), "missing_value", message, fix)

    # -- equipment ----------------------------------------------------------------------------------------------------

    def _equipment(self, node: Node) -> Iterator[Record]:
        thing = self.describer.describe(node)
        ends = self.topology.ends(node)
        least = 2 if node.cls in JOINS and node.cls not in ONE_END else 1
        rejects = thing.rejects
        if len(ends) < least:
            message = f"{node.cls} {node.native} has {len(ends)} of {least} terminals"
            fix = "Export the terminals with the equipment, each with the equipment that it belongs to."
            rejects = [*rejects, Reject(node.origin(), "missing_value", message, fix)]
        if rejects:
            yield from rejects
            return
        container = self.model.follow(node, "Equipment.EquipmentContainer")
        yield self._asset(node, thing.kind, thing.properties, self._geometry(node, thing, ends, container))
        if node.cls not in EXTERNAL or (container is not None and container.cls == "Feeder"):
            self._contained(node.native, container, node.origin("Equipment.EquipmentContainer"))
        seen: set[str] = set()
        for end in ends:
            yield from self._end(node, thing, end, seen)

    def _end(self, node: Node, thing: Thing, end: End, seen: set[str]) -> Iterator[Record]:
        if end.state == "earth":
            return
        origin = end.terminal.origin()
        if end.state == "missing":
            self._missing(node, thing, end)
            return
        other = self.topology.places[end.node].native
        head = self.heads.get(end.terminal.id)
        if end.state == "parted" and node.cls not in SWITCHES:
            name = f"{node.name or node.native} (disconnected)"
            properties = {"status": "open", "equipment_type": end.terminal.cls}
            point = as_point(self.places.points(node))
            self.made.add(end.terminal.native)
            yield AssetRecord(end.terminal.native, "switch", name, properties, point, origin)
            self._link(end.terminal.native, "CONDUCTS", other, origin)
            if thing.role == "joins":
                self._link(end.terminal.native, "CONDUCTS", node.native, origin)
                return
            other = end.terminal.native
        elif head is not None:
            other = head.native
        elif other in seen:
            return
        seen.add(other)
        if thing.role == "joins":
            self._link(node.native, "CONDUCTS", other, origin)
        elif thing.role == "feeds":
            self._link(node.native, "POWERS", other, origin)
        else:
            self._link(other, "POWERS", node.native, origin)

    def _missing(self, node: Node, thing: Thing, end: End) -> None:
        named = end.node or "no node"
        message = f"a terminal of {node.cls} {node.native} lies at {named}, which is in no file"
        if not end.node:
            message = f"a terminal of {node.cls} {node.native} says no node"
        link = ("CONDUCTS", named, node.native) if thing.role == "joins" else ("POWERS", named, node.native)
        fix = "Add the file with the node: the topology (TP), or the boundary set (EQ_BD, TP_BD) for a border."
        known = None if thing.role == "feeds" else link
        self.links.append(Reject(end.terminal.origin(), "missing_end", message, fix, link=known))

    def _geometry(self, node: Node, thing: Thing, ends: list[End], container: Node | None) -> bytes | None:
        line = container if container is not None and container.cls in ("Line", "DCLine") else None
        if self.schema.kinds[thing.kind].geometry == "line":
            drawn = as_line(self.places.points(node, line))
            if drawn is None and self.straight_lines:
                drawn = as_line([point for end in ends for point in self._at(end)[:1]])
            return drawn
        points = self.places.points(node, None if line else container, self._station(container))
        return as_point(points or [point for end in ends[:1] for point in self._at(end)])

    def _at(self, end: End) -> list[Pair]:
        place = self.topology.places.get(end.node)
        if place is None:
            return []
        container = self._node_container(place)
        return self.places.points(place.node, *place.busbars, container, self._station(container)) or self._met(place)

    # -- feeders ------------------------------------------------------------------------------------------------------

    def _feeders(self) -> Iterator[Record]:
        for node in self.model.of("Feeder"):
            found = self._head(node)
            if isinstance(found, Reject):
                yield found
                continue
            self.heads[found.terminal.id] = node
            voltage = self.values.place_kv(found.node)
            station = self.model.follow(node, "Feeder.NormalEnergizingSubstation")
            yield self._asset(node, "feeder", {"voltage_kv": voltage}, as_point(self.places.points(node, station)))
            self._link(node.native, "CONDUCTS", self.topology.places[found.node].native, found.terminal.origin())
            if station is not None:
                origin = node.origin("Feeder.NormalEnergizingSubstation")
                self._link(station.native, "CONTAINS", node.native, origin)

    def _head(self, feeder: Node) -> End | Reject:
        """The end where a feeder begins: its head terminal, or that of the only source in it."""
        named = feeder.refs.get("Feeder.NormalHeadTerminal", ())
        ends = [end for id in named if (end := self.topology.end_of(id)) and end.state == "joined"]
        if not named:
            found = [end for source in self._sources(feeder) for end in self.topology.ends(source)]
            ends = [end for end in found if end.state == "joined"]
        if len(ends) == 1:
            return ends[0]
        what = "head terminals" if named else "energy sources, and names no head terminal"
        message = f"feeder {feeder.native} has {len(ends)} {what}: where it begins is not known"
        fix = "Give it one Feeder.NormalHeadTerminal that is connected; its equipment is taken all the same."
        return Reject(feeder.origin("Feeder.NormalHeadTerminal"), "missing_value", message, fix)

    def _sources(self, feeder: Node) -> list[Node]:
        sources = self.model.of("EnergySource")
        return [source for source in sources if source.ref("Equipment.EquipmentContainer") == feeder.id]

    # -- records ------------------------------------------------------------------------------------------------------

    def _asset(self, node: Node, kind: str, properties: dict[str, Any], geometry: bytes | None) -> AssetRecord:
        kept = {name: value for name, value in properties.items() if value is not None}
        if self.operators and node.authority and kind != "region" and node.id not in self.model.boundary:
            kept["operator"] = node.authority
        self.made.add(node.native)
        return AssetRecord(node.native, kind, node.name, kept, geometry, node.origin())

    def _link(self, start: str, type_: str, end: str, origin: Origin) -> None:
        self.links.append(LinkRecord(start, type_, end, origin=origin))
