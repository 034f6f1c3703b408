"""NetBox: cables between ports, and the paths that they make through patch panels and circuits, end to end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from loaders.fields import is_absent
from loaders.netbox_base import Work, native
from loaders.netbox_objects import MODELS, Node, Obj
from loaders.netbox_places import Parts

#: Where a path begins and ends; a panel's ports and a circuit's terminations are passed.
ENDS = ("dcim.interface", "dcim.consoleport", "dcim.consoleserverport")
POWER = ("dcim.powerport", "dcim.poweroutlet", "dcim.powerfeed")
FRONT, REAR, TERMINATION, CIRCUIT = (
    "dcim.frontport",
    "dcim.rearport",
    "circuits.circuittermination",
    "circuits.circuit",
)
#: Steps of the traces from one port; more is a knot of cables with many ends.
MAX_STEPS = 5000


class Step(NamedTuple):
    """Where a trace stands: a port, what it ran over, strands to take at the next panel, cables used."""

    port: Node
    route: tuple[Obj, ...]
    positions: tuple[int, ...]
    used: frozenset[Any]


class Cables:
    """What is plugged where.

    Attributes:
        at: port -> its cables, each with the ports at the other end.
        ends: key of a cable -> all its ports.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self.at: dict[Node, list[tuple[Obj, list[Node]]]] = defaultdict(list)
        self.ends: dict[Any, list[Node]] = {}
        sides: dict[Any, dict[str, list[Node]]] = defaultdict(lambda: {"A": [], "B": []})
        inventory = work.inventory
        for one in inventory.all("dcim.cabletermination"):
            cable = inventory.ref(one, "cable", "dcim.cable")
            if cable is not None:
                self._end(one, sides[cable.pk], one.text("cable_end"), "termination_type", "termination_id")
        for cable in inventory.all("dcim.cable"):
            for side in "ab":
                self._listed(cable, sides[cable.pk], side)
            near, far = sides[cable.pk]["A"], sides[cable.pk]["B"]
            self.ends[cable.pk] = near + far
            for ports, others in ((near, far), (far, near)):
                for port in ports:
                    self.at[port].append((cable, others))

    def _listed(self, cable: Obj, sides: dict[str, list[Node]], side: str) -> None:
        listed = cable.fields.get(f"{side}_terminations")
        for entry in listed if isinstance(listed, list) else ():
            if isinstance(entry, dict):
                model = self.work.inventory.type_of(entry.get("object_type"))
                self._far(cable, sides, side.upper(), model, entry.get("object_id"), f"{side}_terminations")
        if not is_absent(cable.fields.get(f"termination_{side}_id")):  # before NetBox 3.3
            self._end(cable, sides, side.upper(), f"termination_{side}_type", f"termination_{side}_id")

    def _end(self, obj: Obj, sides: dict[str, list[Node]], side: str, type_column: str, column: str) -> None:
        model = self.work.inventory.type_of(obj.fields.get(type_column))
        self._far(obj, sides, side, model, obj.fields.get(column), column)

    def _far(self, obj: Obj, sides: dict[str, list[Node]], side: str, model: str, key: Any, column: str) -> None:
        inventory = self.work.inventory
        if side not in sides or model not in MODELS or not isinstance(key, int | str):
            message = f"an end is on side A or B and names a port, not {side[:20]!r}, {model[:60]!r}, {str(key)[:60]!r}"
            inventory.reject(obj, column, "missing_end", message, "Dump with --natural-foreign, or export again.")
        elif key not in inventory.by.get(model, {}):
            message = f"there is no {model.split('.')[1]} {str(key)[:60]!r}"
            inventory.reject(obj, column, "missing_end", message, "Export it too.")
        else:
            sides[side].append((model, key))

    def in_use(self, cable: Obj) -> bool:
        """Whether the cable is plugged and meant to stay."""
        return self.work.cable_status(cable) is None

    def across(self, port: Node) -> list[Obj]:
        """What is at the other end of the cables in use at a port."""
        by = self.work.inventory.by
        return [by[m][key] for cable, far in self.at.get(port, ()) if self.in_use(cable) for m, key in far]

    def cabled(self, port: Node) -> bool:
        """Whether a cable in use is plugged in there."""
        return any(self.in_use(cable) for cable, _ in self.at.get(port, ()))

    def is_power(self, cable: Obj) -> bool:
        """Whether it joins nothing but ports of power; such a cable is a link and no asset."""
        ends = self.ends.get(cable.pk, [])
        return bool(ends) and all(model in POWER for model, _ in ends)


class Tracer:
    """Follows cables from a port to the ports at the far ends, as NetBox does."""

    def __init__(self, work: Work, parts: Parts, cables: Cables) -> None:
        self.work, self.parts, self.cables = work, parts, cables
        self.by = work.inventory.by
        self.fronts: dict[Node, list[tuple[Node, int]]] = defaultdict(list)
        self.rears: dict[Node, dict[int, Node]] = defaultdict(dict)
        self.opposite: dict[Node, Obj] = {}
        self._panels()
        sides: dict[Any, list[Obj]] = defaultdict(list)
        for one in work.inventory.all(TERMINATION):
            circuit = work.inventory.ref(one, "circuit", CIRCUIT)
            if circuit is not None:
                sides[circuit.pk].append(one)
        self.sides = dict(sides)
        for pair in sides.values():
            if len(pair) == 2:
                self.opposite[pair[0].node], self.opposite[pair[1].node] = pair[1], pair[0]

    def _panels(self) -> None:
        inventory = self.work.inventory
        for front in inventory.all(FRONT):
            rear = inventory.ref(front, "rear_port", REAR)
            if rear is not None:
                self._strand(front.node, rear.node, front.fields.get("rear_port_position"))
            listed = front.fields.get("rear_ports")  # pages of NetBox 4.5
            for entry in listed if isinstance(listed, list) else ():
                key = entry.get("rear_port") if isinstance(entry, dict) else None
                if isinstance(key, int | str) and key in self.by.get(REAR, {}):
                    self._strand(front.node, (REAR, key), entry.get("rear_port_position"))
        for one in inventory.all("dcim.portmapping"):  # dumps of NetBox 4.5
            ends = [inventory.ref(one, f"{side}_port", f"dcim.{side}port") for side in ("front", "rear")]
            if ends[0] is not None and ends[1] is not None:
                self._strand(ends[0].node, ends[1].node, one.fields.get("rear_port_position"))

    def _strand(self, front: Node, rear: Node, position: Any) -> None:
        text = str(position)
        place = int(text) if text.isdecimal() and len(text) < 6 else 1
        self.fronts[front].append((rear, place))
        self.rears[rear][place] = front

    def ends(self, start: Node, route: tuple[Obj, ...] = ()) -> list[tuple[Node, tuple[Obj, ...]]]:
        """Each far end with what lies on the way: cables, devices whose panel ports are passed, circuits."""
        found: list[tuple[Node, tuple[Obj, ...]]] = []
        todo = [Step(start, route, (), frozenset())]
        steps = 0
        while todo:
            step = todo.pop()
            for cable, far in self.cables.at.get(step.port, ()):
                if cable.pk in step.used:
                    continue
                steps += len(far)
                if steps > MAX_STEPS:
                    message = "the cables that lead here make too many paths"
                    self.work.inventory.reject(cable, None, "bad_row", message, "Look for cables with many ends.")
                    return found
                for node in far:
                    over = Step(node, (*step.route, cable), step.positions, step.used | {cable.pk})
                    for end in self._enter(over):
                        if isinstance(end, Step):
                            todo.append(end)
                        else:
                            found.append(end)
        return found

    def _enter(self, step: Step) -> Iterator[Step | tuple[Node, tuple[Obj, ...]]]:
        model = step.port[0]
        if model in ENDS:
            yield step.port, step.route
        elif model == TERMINATION:
            yield self._through_circuit(step)
        elif model == FRONT:
            yield from self._to_rear(step)
        elif model == REAR:
            front = self._to_front(step)
            if front is not None:
                yield front

    def _through_circuit(self, step: Step) -> Step | tuple[Node, tuple[Obj, ...]]:
        circuit = self.work.inventory.ref(self.by[TERMINATION][step.port[1]], "circuit", CIRCUIT)
        if circuit is None:
            return step.port, step.route
        route = (*step.route, circuit)
        other = self.opposite.get(step.port)
        if other is None:
            return circuit.node, route
        return step._replace(port=other.node, route=route) if other.node in self.cables.at else (other.node, route)

    def _to_rear(self, step: Step) -> Iterator[Step]:
        for rear, place in self.fronts.get(step.port, ()):
            positions = (*step.positions, place) if self._many(rear) else step.positions
            yield step._replace(port=rear, route=(*step.route, *self._panel(step.port)), positions=positions)

    def _to_front(self, step: Step) -> Step | None:
        """The front port behind a rear port; of several the one of the strand that was come in by, else none."""
        strands, positions = self.rears.get(step.port, {}), step.positions
        if not self._many(step.port):
            front = next(iter(strands.values()), None)
        elif positions:
            front, positions = strands.get(positions[-1]), positions[:-1]
        else:
            front = None
        if front is None:
            return None
        return step._replace(port=front, route=(*step.route, *self._panel(step.port)), positions=positions)

    def _many(self, rear: Node) -> bool:
        return len(self.rears.get(rear, ())) > 1 or str(self.by[REAR][rear[1]].fields.get("positions", 1)) not in (
            "1",
            "None",
            "",
        )

    def _panel(self, port: Node) -> tuple[Obj, ...]:
        device = self.parts.owner.get(port)
        return (device,) if device is not None else ()


def make_cables(work: Work, parts: Parts, cables: Cables) -> Tracer:
    """Cables of data as assets, and each path from end to end with what carries it."""
    for cable in work.inventory.all("dcim.cable"):
        if not cables.is_power(cable):
            length, unit = cable.fields.get("length"), cable.text("length_unit").lower()
            work.asset(
                cable,
                "cable",
                cable.text("label") or f"cable {cable.pk}",
                technology=cable.text("type"),
                length_km=_length(length, unit),
                ref=cable.text("label"),
            )
    return Tracer(work, parts, cables)


def _length(length: Any, unit: str) -> Any:
    factors = {"cm": ("m", 0.01), "in": ("ft", 1 / 12), "inches": ("ft", 1 / 12), "centimeters": ("m", 0.01)}
    names = {"meters": "m", "kilometers": "km", "feet": "ft", "miles": "mi", "": "m"}
    if is_absent(length):
        return None
    try:
        return (
            (float(length) * factors[unit][1], factors[unit][0]) if unit in factors else (length, names.get(unit, unit))
        )
    except (TypeError, ValueError, OverflowError):
        return length


def make_paths(work: Work, parts: Parts, cables: Cables, tracer: Tracer) -> None:
    """A ``path`` for each two ends that cables join, carried by all that lies on the way."""
    inventory = work.inventory
    starts: list[tuple[Node, Node, tuple[Obj, ...]]] = [
        (obj.node, obj.node, ()) for model in ENDS for obj in inventory.all(model) if obj.node in cables.at
    ]
    for one in inventory.all(TERMINATION):  # circuits that are patched to circuits
        circuit = inventory.ref(one, "circuit", CIRCUIT)
        other = tracer.opposite.get(one.node)
        if one.node in cables.at and circuit is not None and (other is None or other.node not in cables.at):
            starts.append((other.node if other is not None else circuit.node, one.node, (circuit,)))
    done: set[frozenset[Node]] = set()
    for end, port, route in starts:
        for far, way in tracer.ends(port, route):
            pair = frozenset((end, far))
            if len(pair) == 2 and pair not in done:
                done.add(pair)
                _path(work, parts, (end, far), way)


def _path(work: Work, parts: Parts, ends: tuple[Node, Node], route: tuple[Obj, ...]) -> None:
    ends = (ends[0], ends[1]) if _label(ends[0]) <= _label(ends[1]) else (ends[1], ends[0])
    carriers = list({native(obj): obj for obj in route})
    if not all(carrier in work.kinds for carrier in carriers):
        return  # one of them is a reject
    path = f"path/{_label(ends[0])}--{_label(ends[1])}"
    said = {work.statuses.get(carrier) for carrier in carriers}
    status = next((word for word in ("planned", "out_of_service") if word in said), None)
    name = " - ".join(_shown(work, parts, end) for end in ends)
    first = route[0]
    work.put(path, "path", name, {"status": status} if status else {}, None, first.origin)
    for carrier in carriers:
        work.link(carrier, "CARRIES", path, first)
    for end in ends:
        node = _place(work, parts, end)
        if node is not None:
            work.link(native(node), "TRANSPORTS", path, first)


def _label(node: Node) -> str:
    return f"{node[0].split('.')[1]}-{node[1]}"


def _shown(work: Work, parts: Parts, end: Node) -> str:
    obj = work.inventory.by[end[0]][end[1]]
    device = parts.owner.get(end)
    place = _place(work, parts, end)
    around = work.names.get(native(place)) if place is not None else None
    own = obj.name if device is not None else ""
    return ":".join(part for part in (around, own) if part) or _label(end)


def _place(work: Work, parts: Parts, end: Node) -> Obj | None:
    """The node of the transport mesh that an end belongs to: its device; of a circuit, site or provider."""
    if end in parts.owner:
        return parts.owner[end]
    obj = work.inventory.by[end[0]][end[1]]
    if end[0] == TERMINATION:
        return work.terminates(obj)
    return work.inventory.ref(obj, "provider", "circuits.provider")
