"""Numbers and words of CIM objects as properties of ours, in our units."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from loaders.cim_classes import MACHINES, UNITS, Units
from loaders.cim_topology import Topology
from loaders.rdf import Model, Node
from twin.model import Reject
from twin.schema import Schema
from twin.schema.values import ValueProblem, parse_number, parse_value

#: A limit that may be held for so many seconds is one for ever.
FOR_EVER_S = 1e8


class Values:
    """Properties of the objects of a model.

    Attributes:
        rejects: what cannot be taken of the object that was asked for last. shared: of what many objects refer to.
    """

    def __init__(self, model: Model, topology: Topology, schema: Schema, units: Units) -> None:
        self.model, self.topology, self.schema, self.units = model, topology, schema, units
        self.rejects: list[Reject] = []
        self.shared: list[Reject] = []
        self._bases: dict[str, Any] = {}
        self._back = {
            name: self._owned(*classes, by=name)
            for name, classes in {
                "PowerTransformerEnd.PowerTransformer": ("PowerTransformerEnd",),
                "TransformerTank.PowerTransformer": ("TransformerTank",),
                "TransformerTankEnd.TransformerTank": ("TransformerTankEnd",),
                "TransformerEndInfo.TransformerTankInfo": ("TransformerEndInfo",),
                "RatioTapChanger.TransformerEnd": ("RatioTapChanger",),
                "Asset.PowerSystemResources": ("Asset",),
                "ACLineSegmentPhase.ACLineSegment": ("ACLineSegmentPhase",),
                "EnergyConsumerPhase.EnergyConsumer": ("EnergyConsumerPhase",),
                "ShuntCompensatorPhase.ShuntCompensator": ("LinearShuntCompensatorPhase",),
                "SwitchPhase.Switch": ("SwitchPhase",),
                "RotatingMachine.GeneratingUnit": tuple(MACHINES),
                "PowerElectronicsUnit.PowerElectronicsConnection": tuple(UNITS),
                "FossilFuel.ThermalGeneratingUnit": ("FossilFuel",),
                "SvPowerFlow.Terminal": ("SvPowerFlow",),
                "SvSwitch.Switch": ("SvSwitch",),
                "SvStatus.ConductingEquipment": ("SvStatus",),
                "OperationalLimitSet.Terminal": ("OperationalLimitSet",),
                "OperationalLimitSet.Equipment": ("OperationalLimitSet",),
                "OperationalLimit.OperationalLimitSet": ("CurrentLimit", "ApparentPowerLimit"),
            }.items()
        }

    def _owned(self, *classes: str, by: str) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = defaultdict(list)
        for node in self.model.of(*classes):
            for target in node.refs.get(by, ()):
                found[target].append(node)
        return found

    def back(self, node: Node, name: str) -> list[Node]:
        """The objects whose reference *name* is to *node*."""
        return self._back[name].get(node.id, [])

    # -- single values ------------------------------------------------------------------------------------------------

    def number(self, node: Node, prop: str, *columns: str, factor: float = 1.0) -> Any:
        """The first of *columns* that is there, times *factor*, as the property *prop*; None when none is."""
        column = next((name for name in columns if node.text(name)), None)
        if column is None:
            return None
        try:
            value = round(parse_number(prop, node.text(column)) * factor, 9)
            return parse_value(self.schema.properties[prop], value)
        except ValueProblem as problem:
            self.rejects.append(Reject(node.origin(column), problem.code, str(problem), problem.fix))
            return None

    def flag(self, node: Node, *columns: str) -> bool | None:
        """The first of *columns* that is there, as true or false; None when none is."""
        column = next((name for name in columns if node.text(name)), None)
        if column is None:
            return None
        word = (node.text(column) or "").lower()
        if word in ("true", "false", "1", "0"):
            return word in ("true", "1")
        message = f"{column} is true or false, not {word[:60]!r}"
        self.rejects.append(Reject(node.origin(column), "wrong_type", message, "Write true or false."))
        return None

    def base_kv(self, node: Node | None, *path: str) -> float | None:
        """Nominal voltage (kV) of the BaseVoltage at the end of a chain of references."""
        base = self.model.follow(node, *path)
        if base is None or base.cls != "BaseVoltage":
            return None
        if base.id not in self._bases:
            before, self.rejects = self.rejects, self.shared
            self._bases[base.id] = self.number(base, "voltage_kv", "BaseVoltage.nominalVoltage", factor=self.units.kv)
            self.rejects = before
        found: float | None = self._bases[base.id]
        return found

    def voltage(self, node: Node) -> float | None:
        """Nominal voltage (kV) of an equipment: its own, or that of the place that it is at or in."""
        own = self.base_kv(node, "ConductingEquipment.BaseVoltage")
        if own is not None:
            return own
        for end in self.topology.ends(node):
            at = self.place_kv(end.node, but=node)
            if at is not None:
                return at
        return self.base_kv(node, "Equipment.EquipmentContainer", "VoltageLevel.BaseVoltage")

    def place_kv(self, id: str, but: Node | None = None) -> float | None:
        """Nominal voltage (kV) of a network node: as it says, or as its container or what lies at it says."""
        place = self.topology.places.get(id)
        if place is None:
            return None
        node = place.node
        container = "ConnectivityNode.ConnectivityNodeContainer", "VoltageLevel.BaseVoltage"
        above = self.model.follow(node, container[0])
        for start, path in (
            (node, ("TopologicalNode.BaseVoltage",)),
            (node, container),
            (above, ("Bay.VoltageLevel", "VoltageLevel.BaseVoltage")),
            (node, ("TopologicalNode.ConnectivityNodeContainer", "VoltageLevel.BaseVoltage")),
            *((busbar, ("Equipment.EquipmentContainer", "VoltageLevel.BaseVoltage")) for busbar in place.busbars),
            *((owner, ("ConductingEquipment.BaseVoltage",)) for owner, _ in place.users if owner is not but),
            *((self._winding(owner, terminal), ("TransformerEnd.BaseVoltage",)) for owner, terminal in place.users),
        ):
            found = self.base_kv(start, *path)
            if found is not None:
                return found
        return None

    def _winding(self, owner: Node, terminal: Node) -> Node | None:
        ends = (e for e in self.windings(owner) if e.ref("TransformerEnd.Terminal") == terminal.id)
        return next(ends, None)

    def phases(self, node: Node, back: str, *columns: str) -> str | None:
        """The phases that an object is on (``ABC``, ``s1s2``), without neutral; None where no phase is named."""
        words = {part.text(*columns) or "" for part in self.back(node, back)}
        return "".join(sorted(words - {"N", ""})) or None

    # -- transformers -------------------------------------------------------------------------------------------------

    def tanks(self, node: Node) -> list[Node]:
        """The tanks of a transformer."""
        return self.back(node, "TransformerTank.PowerTransformer")

    def windings(self, node: Node) -> list[Node]:
        """The ends of a transformer, of its tanks too, by number."""
        ends = [*self.back(node, "PowerTransformerEnd.PowerTransformer")]
        for tank in self.tanks(node):
            ends += self.back(tank, "TransformerTankEnd.TransformerTank")
        return sorted(ends, key=lambda end: end.text("TransformerEnd.endNumber") or "")

    def transformer(self, node: Node) -> dict[str, Any]:
        """Voltages (kV), rating (MVA), reactance (p.u. on that rating) and windings of a transformer or regulator."""
        windings, tanks = self.windings(node), self.tanks(node)
        levels = {end.id: self._winding_kv(end, tank=bool(tanks)) for end in windings}
        voltages = [kv for kv in levels.values() if kv is not None]
        ratings = [self._rating(end) for end in windings]
        rated = [s for s in ratings if s is not None]
        found: dict[str, Any] = {
            "windings": len({end.text("TransformerEnd.endNumber") or end.id for end in windings}) or None,
            "tanks": len(tanks) or None,
            "capacity_mva": self._tank_rating(tanks) if tanks else max(rated, default=None),
        }
        if voltages:
            found["voltage_kv"], found["voltage_low_kv"] = max(voltages), min(voltages)
        if len(windings) == 2 and not tanks and found["capacity_mva"]:
            parts = [self.number(end, "reactance_pu", "PowerTransformerEnd.x") or 0.0 for end in windings]
            bases = [(levels[end.id] or 0.0) ** 2 / found["capacity_mva"] for end in windings]
            if any(parts) and all(bases):
                found["reactance_pu"] = round(sum(x / base for x, base in zip(parts, bases, strict=True)), 9)
        ordered = "TransformerTankEnd.orderedPhases", "TransformerTankEnd.phases"
        words = {end.text(*ordered) or "" for end in windings} if tanks else set()
        found["phases"] = "".join(sorted(set("".join(words)) & set("ABC"))) or None
        return found

    def is_regulator(self, node: Node, values: dict[str, Any]) -> bool:
        """Whether a transformer only regulates: a tap changer, two windings, the same voltage at both."""
        high, low = values.get("voltage_kv"), values.get("voltage_low_kv")
        taps = any(self.back(end, "RatioTapChanger.TransformerEnd") for end in self.windings(node))
        return bool(taps and values.get("windings") == 2 and high and low and math.isclose(high, low, rel_tol=0.01))

    def _winding_kv(self, end: Node, *, tank: bool) -> float | None:
        base = self.base_kv(end, "TransformerEnd.BaseVoltage")
        rated = self.number(end, "voltage_kv", "PowerTransformerEnd.ratedU", factor=self.units.kv)
        if tank:
            return base
        return rated if rated is not None else base

    def _rating(self, end: Node) -> float | None:
        found: float | None = self.number(end, "capacity_mva", "PowerTransformerEnd.ratedS", factor=self.units.mw)
        return found

    def _tank_rating(self, tanks: list[Node]) -> float | None:
        total = 0.0
        for tank in tanks:
            info = self.model.follow(tank, "TransformerTank.TransformerTankInfo")
            for asset in self.back(tank, "Asset.PowerSystemResources"):
                info = info or self.model.follow(asset, "Asset.AssetInfo")
            ends = self.back(info, "TransformerEndInfo.TransformerTankInfo") if info else []
            sizes = [
                self.number(end, "capacity_mva", "TransformerEndInfo.ratedS", factor=self.units.mw) or 0.0
                for end in ends
            ]
            total += max(sizes, default=0.0)
        return round(total, 9) or None

    # -- limits -------------------------------------------------------------------------------------------------------

    def limit_mva(self, node: Node, voltage_kv: float | None) -> float | None:
        """What a line may carry for ever (MVA, three phases): the smallest of its permanent limits."""
        sets = [*self.back(node, "OperationalLimitSet.Equipment")]
        for end in self.topology.ends(node):
            sets += self.back(end.terminal, "OperationalLimitSet.Terminal")
            named = end.terminal.refs.get("ACDCTerminal.OperationalLimitSet", ())
            sets += [one for id in named if (one := self.model.get(id))]
        found = []
        for limit in (limit for one in sets for limit in self.back(one, "OperationalLimit.OperationalLimitSet")):
            if not _permanent(self.model.follow(limit, "OperationalLimit.OperationalLimitType")):
                continue
            columns = f"{limit.cls}.value", f"{limit.cls}.normalValue"
            if limit.cls == "ApparentPowerLimit":
                found.append(self.number(limit, "capacity_mva", *columns, factor=self.units.mw))
            elif voltage_kv:
                found.append(self.number(limit, "capacity_mva", *columns, factor=math.sqrt(3) * voltage_kv / 1000))
        return min((value for value in found if value), default=None)


def _permanent(kind: Node | None) -> bool:
    if kind is None:
        return False
    word = kind.text("OperationalLimitType.limitType", "OperationalLimitType.kind")
    if word:
        return word == "patl"
    if kind.text("OperationalLimitType.isInfiniteDuration") == "true":
        return True
    try:
        return float(kind.text("OperationalLimitType.acceptableDuration") or 0) >= FOR_EVER_S
    except ValueError:
        return False
