"""What a CIM model joins: terminals, and the nodes that they lie at, in node-breaker and in bus-branch models."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from loaders.cim_classes import BUSBAR, EARTHS, EQUIPMENT, JOINS, NO_ASSET
from loaders.rdf import Model, Node
from twin.model import Reject

TERMINALS = ("Terminal", "DCTerminal", "ACDCConverterDCTerminal")
OWNER = {
    "Terminal": "Terminal.ConductingEquipment",
    "DCTerminal": "DCTerminal.DCConductingEquipment",
    "ACDCConverterDCTerminal": "ACDCConverterDCTerminal.DCConductingEquipment",
}
#: Where a terminal says its node: of the equipment model first, of the topology second.
AT = ("Terminal.ConnectivityNode", "Terminal.TopologicalNode")
AT_DC = ("DCBaseTerminal.DCNode", "DCBaseTerminal.DCTopologicalNode")
#: From a node of the equipment model to the one of the topology.
MERGED = ("ConnectivityNode.TopologicalNode", "DCNode.DCTopologicalNode")
SEQUENCE = ("ACDCTerminal.sequenceNumber", "Terminal.sequenceNumber")


class End(NamedTuple):
    """One end of an equipment: its terminal, the id of the node there, and whether it is joined.

    ``state``: ``joined``, ``parted`` (the terminal says that it is not connected), ``earth``, or ``missing`` (the
    node is named in no file, or not at all).
    """

    terminal: Node
    node: str
    state: Literal["joined", "parted", "earth", "missing"]


@dataclass
class Place:
    """A node of the network: its object, the busbar sections that are it, and (equipment, terminal) of all else."""

    node: Node
    busbars: list[Node] = field(default_factory=list)
    users: list[tuple[Node, Node]] = field(default_factory=list)

    @property
    def native(self) -> str:
        """The id of its asset: that of its busbar section where there is one, or else its own."""
        return self.busbars[0].native if len(self.busbars) == 1 else self.node.native


class Topology:
    """Terminals and nodes of a model.

    Attributes:
        places: node id -> place, of the nodes that something is at. rejects: what cannot be taken.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.places: dict[str, Place] = {}
        self.rejects: list[Reject] = []
        self._ends: dict[str, list[End]] = defaultdict(list)
        self._unknown: set[str] = set()
        points = (point.ref("BoundaryPoint.ConnectivityNode") for point in model.of("BoundaryPoint"))
        self._border_points = {id for id in points if id}
        terminals = [(t, owner) for t in model.of(*TERMINALS) if (owner := self._owner(t)) is not None]
        self._moved = self._mixed([t for t, _ in terminals])
        earths = {self._node(t) for t, owner in terminals if owner.cls in EARTHS}
        for terminal, owner in terminals:
            self._add(terminal, owner, earths)
        for ends in self._ends.values():
            ends.sort(key=lambda end: _sequence(end.terminal))

    def ends(self, equipment: Node) -> list[End]:
        """The ends of an equipment, by their sequence number."""
        return self._ends.get(equipment.id, [])

    def end_of(self, terminal: str) -> End | None:
        """The end of an equipment that a terminal is, by the terminal's id."""
        node = self.model.get(terminal)
        owner = self._owner(node) if node is not None and node.cls in OWNER else None
        return next((end for end in self.ends(owner) if end.terminal.id == terminal), None) if owner else None

    def _owner(self, terminal: Node) -> Node | None:
        target = terminal.ref(OWNER[terminal.cls])
        owner = self.model.get(target)
        if owner is not None and (owner.cls in EQUIPMENT or owner.cls in NO_ASSET):
            return owner
        cls = self.model.classes.get(target or "")
        if target is None:
            self._reject(terminal, OWNER[terminal.cls], "missing_value", f"terminal {terminal.native} has no equipment")
        elif cls is not None and target not in self._unknown:
            self._unknown.add(target)
            message = f"{target} is a {cls}, which is not taken, but terminal {terminal.native} joins it to the network"
            self._reject(terminal, OWNER[terminal.cls], "unknown_kind", message)
        return None

    def _mixed(self, terminals: list[Node]) -> dict[str, str]:
        """Topological nodes that some terminals name directly while others name a connectivity node that is in it."""
        parts: dict[str, set[str]] = defaultdict(set)
        direct: dict[str, Node] = {}
        for terminal in terminals:
            fine, coarse = (self.model.get(terminal.ref(name)) for name in _at(terminal))
            if fine is not None:
                for name in MERGED:
                    parts[fine.ref(name) or ""].add(fine.id)
            elif coarse is not None:
                direct.setdefault(coarse.id, terminal)
        moved = {}
        for id, terminal in direct.items():
            inside = sorted(parts.get(id, ()))
            if len(inside) == 1:
                moved[id] = inside[0]
            elif inside:
                message = f"topological node {id} has {len(inside)} connectivity nodes; terminal {terminal.native}"
                message += " names only the former: at which of them it lies is not said"
                self._reject(terminal, AT[1], "ambiguous_node", message)
        return moved

    def _node(self, terminal: Node) -> str | None:
        """The node of a terminal, or None when it names none that is there."""
        for name in _at(terminal):
            node = self.model.get(terminal.ref(name))
            if node is not None:
                return self._moved.get(node.id, node.id)
        return None

    def _add(self, terminal: Node, owner: Node, earths: set[str | None]) -> None:
        id = self._node(terminal)
        if id is None:
            if owner.cls not in NO_ASSET:
                named = next((ref for name in _at(terminal) if (ref := terminal.ref(name))), "")
                self._ends[owner.id].append(End(terminal, named, "missing"))
            return
        if id in earths:
            self._ends[owner.id].append(End(terminal, id, "earth"))
            return
        if owner.cls == "Clamp":
            line = self.model.follow(owner, "Clamp.ACLineSegment")
            if line is None:
                return
            owner = line
        elif owner.cls in NO_ASSET:
            return
        place = self.places.get(id)
        if place is None:
            place = self.places[id] = Place(self.model.nodes[id])
        if owner.cls == BUSBAR:
            place.busbars.append(owner)
            self._ends[owner.id].append(End(terminal, id, "joined"))
            return
        place.users.append((owner, terminal))
        joined = (terminal.text("ACDCTerminal.connected", "Terminal.connected") or "true").lower() != "false"
        self._ends[owner.id].append(End(terminal, id, "joined" if joined else "parted"))

    def is_border(self, place: Place) -> bool:
        """Whether networks of two models meet here: a boundary set defines it, or says that it is such a point."""
        node = place.node
        if node.id in self.model.boundary:
            return True
        mark = node.text("ConnectivityNode.boundaryPoint", "TopologicalNode.boundaryPoint")
        return (mark or "").lower() == "true" or node.id in self._border_points

    def is_closed_border(self, place: Place) -> bool:
        """Whether both sides of a border are there: two or more lines (or other branches) meet in it."""
        branches = {owner.id for owner, terminal in place.users if owner.cls in JOINS}
        return len(branches) >= 2 and self.is_border(place)

    def _reject(self, node: Node, column: str, code: str, message: str) -> None:
        fixes = {
            "unknown_kind": "Tell us of the class; until then join what it joins in a table, or import without it.",
            "ambiguous_node": "Export the equipment model with connectivity nodes, or both parts as bus-branch.",
        }
        fix = fixes.get(code, "Name the equipment, or leave the terminal out.")
        self.rejects.append(Reject(node.origin(column), code, message, fix))


def _at(terminal: Node) -> tuple[str, str]:
    return AT if terminal.cls == "Terminal" else AT_DC


def _sequence(terminal: Node) -> float:
    try:
        return float(terminal.text(*SEQUENCE) or 0)
    except ValueError:
        return 0.0
