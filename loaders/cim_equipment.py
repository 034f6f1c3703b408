"""What a piece of CIM equipment is to us: its kind, whether it feeds, draws or joins, its state and its properties."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from loaders.cim_classes import CONVERTERS, EXTERNAL, JOINS, LOADS, MACHINES, SHUNTS, SWITCHES, UNITS
from loaders.cim_topology import Topology
from loaders.cim_values import Values
from loaders.rdf import Node
from twin.model import Reject

Role = Literal["joins", "feeds", "draws"]


class Setting(NamedTuple):
    """What the options of the loaders decide.

    ``followers``: inverters and induction machines follow a grid (they need one), and are no sources.
    ``unknown_switches``: what a switch without a state is: ``reject``, ``open`` or ``closed``.
    ``mixed_switches``: the same for one of which some phases are open.
    ``regulators``: transformers that only regulate are of the kind ``regulator``.
    """

    followers: bool = True
    unknown_switches: str = "reject"
    mixed_switches: str = "open"
    regulators: bool = True


class Thing(NamedTuple):
    """Equipment as ours: kind, role, properties, and what of it cannot be taken."""

    kind: str
    role: Role
    properties: dict[str, Any]
    rejects: list[Reject]


class Describer:
    """Describes equipment, one after the other."""

    def __init__(self, values: Values, topology: Topology, setting: Setting) -> None:
        self.values, self.topology, self.setting = values, topology, setting
        self.model = values.model

    def describe(self, node: Node) -> Thing:
        """Kind, role and properties; with rejects, the equipment is not to be taken."""
        self.values.rejects = []
        if node.cls in JOINS:
            kind, role, properties = self._branch(node)
        elif node.cls in LOADS:
            kind, role, properties = "load", "draws", self._load(node)
        elif node.cls in SHUNTS:
            kind, role, properties = "shunt", "draws", self._shunt(node)
        elif node.cls in EXTERNAL:
            kind, role, properties = self._external(node)
        elif node.cls in MACHINES:
            kind, role, properties = self._machine(node)
        else:
            kind, role, properties = self._inverter(node)
        properties["ref"] = node.text("IdentifiedObject.energyIdentCodeEic")
        status = self._status(node)
        if status:
            properties["status"] = status
        known = self.values.schema.kind_properties(kind)
        properties = {name: value for name, value in properties.items() if value is not None and name in known}
        return Thing(kind, role, properties, self.values.rejects)

    def out_of_service(self, node: Node) -> bool:
        """Whether an equipment (or the unit that drives it) is not in service: by SSH, else by SV, else by EQ."""
        unit = self.model.follow(node, "RotatingMachine.GeneratingUnit")
        if unit is not None and self.out_of_service(unit):
            return True
        flag = self.values.flag(node, "Equipment.inService")
        for status in self.values.back(node, "SvStatus.ConductingEquipment"):
            flag = self.values.flag(status, "SvStatus.inService") if flag is None else flag
        if flag is None:
            flag = self.values.flag(node, "Equipment.normallyInService")
        return flag is False

    def _status(self, node: Node) -> str | None:
        if node.cls in SWITCHES and not node.cls.startswith("DC") and self._is_open(node):
            return "open"
        if self.out_of_service(node):
            return "out_of_service"
        if node.cls == "EquivalentInjection" and self._covered(node):
            return "out_of_service"
        return None

    def _is_open(self, node: Node) -> bool:
        """By SSH, else by SV, else by EQ; by its phases where only they say. A terminal not connected opens it."""
        if any(end.state == "parted" for end in self.topology.ends(node)):
            return True
        state = self.values.flag(node, "Switch.open")
        for other in self.values.back(node, "SvSwitch.Switch"):
            state = self.values.flag(other, "SvSwitch.open") if state is None else state
        phases = {self._phase_open(part) for part in self.values.back(node, "SwitchPhase.Switch")} - {None}
        if phases == {True, False}:
            return self._decide(node, self.setting.mixed_switches, "is open in some phases and closed in others")
        if state is None and phases:
            return phases == {True}
        if state is None:
            state = self.values.flag(node, "Switch.normalOpen")
        elif phases and phases != {state}:
            return self._decide(node, self.setting.mixed_switches, "is said to be open and closed, by its phases")
        if state is None and not self.values.rejects:
            return self._decide(node, self.setting.unknown_switches, "has neither Switch.open nor Switch.normalOpen")
        return bool(state)

    def _phase_open(self, part: Node) -> bool | None:
        closed = self.values.flag(part, "SwitchPhase.closed")
        return self.values.flag(part, "SwitchPhase.normalOpen") if closed is None else not closed

    def _decide(self, node: Node, how: str, what: str) -> bool:
        if how == "reject":
            message = f"switch {node.native} {what}"
            fix = "Export its state (SSH), or say what to take with the options unknown_switches, mixed_switches."
            self.values.rejects.append(Reject(node.origin("Switch.open"), "missing_value", message, fix))
        return how == "open"

    def _covered(self, node: Node) -> bool:
        """An injection that stands for a neighbour whose own model is here: it would feed in twice."""
        places = self.topology.places
        ends = self.topology.ends(node)
        return any(end.node in places and self.topology.is_closed_border(places[end.node]) for end in ends)

    # -- by class -----------------------------------------------------------------------------------------------------

    def _branch(self, node: Node) -> tuple[str, Role, dict[str, Any]]:
        kind = JOINS[node.cls]
        values = self.values
        if kind == "transformer":
            found = values.transformer(node)
            if self.setting.regulators and values.is_regulator(node, found):
                kind = "regulator"
            return kind, "joins", found
        found = {"equipment_type": node.cls}
        if kind == "hvdc_converter":
            found["capacity_mva"] = values.number(node, "capacity_mva", "ACDCConverter.baseS", factor=values.units.mw)
            columns = "ACDCConverter.maxP", "VsConverter.maxP"
            found["capacity_mw"] = values.number(node, "capacity_mw", *columns, factor=values.units.mw)
        if kind.startswith("hvdc"):
            found["voltage_kv"] = values.number(node, "voltage_kv", "ACDCConverter.ratedUdc", factor=values.units.kv)
            found["length_km"] = values.number(node, "length_km", "DCLineSegment.length", factor=values.units.km)
            return kind, "joins", found
        found["voltage_kv"] = voltage = values.voltage(node)
        if kind == "power_line":
            found["length_km"] = values.number(node, "length_km", "Conductor.length", factor=values.units.km)
            found["phases"] = values.phases(node, "ACLineSegmentPhase.ACLineSegment", "ACLineSegmentPhase.phase")
            if found["phases"] in (None, "ABC"):
                found["capacity_mva"] = values.limit_mva(node, voltage)
        elif kind == "switch":
            found["phases"] = values.phases(node, "SwitchPhase.Switch", "SwitchPhase.phaseSide1")
        return kind, "joins", found

    def _load(self, node: Node) -> dict[str, Any]:
        values, factor = self.values, self.values.units.mw
        demand = values.number(node, "demand_mw", "EnergyConsumer.p", "EnergyConsumer.pfixed", factor=factor)
        if demand is None:
            parts = values.back(node, "EnergyConsumerPhase.EnergyConsumer")
            shares = [values.number(part, "demand_mw", "EnergyConsumerPhase.p", factor=factor) for part in parts]
            for end in self.topology.ends(node):
                flows = values.back(end.terminal, "SvPowerFlow.Terminal")
                shares += [values.number(flow, "demand_mw", "SvPowerFlow.p", factor=factor) for flow in flows[:1]]
            taken = [share for share in shares if share is not None]
            demand = round(sum(taken), 9) if taken else None
        return {
            "demand_mw": demand,
            "voltage_kv": values.voltage(node),
            "customers": values.number(node, "customers", "EnergyConsumer.customerCount"),
            "phases": values.phases(node, "EnergyConsumerPhase.EnergyConsumer", "EnergyConsumerPhase.phase"),
            "equipment_type": node.cls,
        }

    def _shunt(self, node: Node) -> dict[str, Any]:
        columns = "LinearShuntCompensatorPhase.phase", "ShuntCompensatorPhase.phase"
        return {
            "voltage_kv": self.values.voltage(node),
            "equipment_type": node.cls,
            "phases": self.values.phases(node, "ShuntCompensatorPhase.ShuntCompensator", *columns),
        }

    def _external(self, node: Node) -> tuple[str, Role, dict[str, Any]]:
        factor = self.values.units.mw
        columns = "ExternalNetworkInjection.maxP", "EquivalentInjection.maxP"
        found = {
            "voltage_kv": self.values.voltage(node),
            "capacity_mw": node.text(*columns) and self._positive(node, *columns, factor=factor),
            "equipment_type": node.cls,
        }
        return "external_grid", "feeds" if self._is_grid(node) else "draws", found

    def _positive(self, node: Node, *columns: str, factor: float) -> float | None:
        """A rating; some exports write huge or negative numbers for *none*."""
        value = self.values.number(node, "demand_mw", *columns, factor=factor)
        return value if value is not None and 0 < value < 1e6 else None

    def _is_grid(self, node: Node) -> bool:
        """An equivalent injection is a grid at a border, or where it holds the voltage; else a load or plant behind."""
        if node.cls != "EquivalentInjection":
            return True
        ends = [self.topology.places[end.node] for end in self.topology.ends(node) if end.node in self.topology.places]
        if not ends or any(self.topology.is_border(place) for place in ends):
            return True
        return self.values.flag(node, "EquivalentInjection.regulationCapability") is True

    def _machine(self, node: Node) -> tuple[str, Role, dict[str, Any]]:
        values, factor = self.values, self.values.units.mw
        unit = self.model.follow(node, "RotatingMachine.GeneratingUnit")
        able = node.text("SynchronousMachine.type") or ("generator" if unit else "")
        now = node.text("SynchronousMachine.operatingMode", "AsynchronousMachine.asynchronousMachineType")
        kind = "generator" if "generator" in able.lower() or (now or "") == "generator" else "shunt"
        if kind == "shunt" and ("motor" in able.lower() or now == "motor" or node.cls == "AsynchronousMachine"):
            kind = "load"
        feeds = kind == "generator" and (now or "generator") == "generator"
        if node.cls == "AsynchronousMachine" and self.setting.followers:
            feeds = False
        found = {
            "capacity_mva": values.number(node, "capacity_mva", "RotatingMachine.ratedS", factor=factor),
            "voltage_kv": values.number(node, "voltage_kv", "RotatingMachine.ratedU", factor=values.units.kv),
            "equipment_type": node.cls,
        }
        if unit is not None:
            found["fuel"] = self._fuel(unit)
            if len(values.back(unit, "RotatingMachine.GeneratingUnit")) == 1:
                columns = "GeneratingUnit.maxOperatingP", "GeneratingUnit.nominalP"
                found["capacity_mw"] = values.number(unit, "capacity_mw", *columns, factor=factor)
        return kind, "feeds" if feeds else "draws", found

    def _fuel(self, unit: Node) -> str | None:
        words = {
            f.text("FossilFuel.fossilFuelType") for f in self.values.back(unit, "FossilFuel.ThermalGeneratingUnit")
        }
        return ";".join(sorted(word for word in words if word)) or UNITS[unit.cls]

    def _inverter(self, node: Node) -> tuple[str, Role, dict[str, Any]]:
        values, factor = self.values, self.values.units.mw
        assert node.cls == CONVERTERS, node.cls
        named = [self.model.get(id) for id in node.refs.get("PowerElectronicsConnection.PowerElectronicsUnit", ())]
        back = values.back(node, "PowerElectronicsUnit.PowerElectronicsConnection")
        units = list({unit.id: unit for unit in [*named, *back] if unit is not None and unit.cls in UNITS}.values())
        batteries = [unit for unit in units if unit.cls == "BatteryUnit"]
        kind = "storage_unit" if batteries and len(batteries) == len(units) else "generator"
        powers = [values.number(unit, "capacity_mw", "PowerElectronicsUnit.maxP", factor=factor) for unit in units]
        stores = [values.number(unit, "energy_mwh", "BatteryUnit.ratedE", factor=factor) for unit in batteries]
        columns = "PowerElectronicsConnection.ratedS", "PowerElectronicsConnection.ratedU"
        found = {
            "capacity_mw": round(sum(p for p in powers if p is not None), 9) if any(powers) else None,
            "capacity_mva": values.number(node, "capacity_mva", columns[0], factor=factor),
            "energy_mwh": sum(e for e in stores if e is not None) or None,
            "voltage_kv": values.number(node, "voltage_kv", columns[1], factor=values.units.kv),
            "fuel": ";".join(sorted({word for unit in units if (word := UNITS[unit.cls])})) or None,
            "equipment_type": node.cls,
        }
        return kind, "draws" if self.setting.followers else "feeds", found
