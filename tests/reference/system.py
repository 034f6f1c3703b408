"""The reference's view of the tables: assets, links and gates, as plain dictionaries and sets (design §4, "Gates").

Written from the text of the design alone, for clarity and not for speed. It shares no code with
``twin.snapshot`` or ``twin.impact``; from ``twin.schema`` it takes only the vocabulary (services, link types).
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.schema.load import default_schema, parse_need
from twin.schema.model import NEED_ALL, Schema

TRUE = {"true", "1", "yes", "y", "t"}


class NeedConflict(ValueError):
    """Two values of ``need``, or two defaults, in one gate."""


@dataclass(frozen=True)
class Asset:
    """One row of assets.csv; ``ride`` maps a service to its buffer in seconds."""

    id: str
    kind: str
    status: str
    standby: bool
    start_delay: float
    endurance: float
    black_start: bool
    manual_restart: bool
    ride: dict[str, float]

    @property
    def in_service(self) -> bool:
        return self.status == "in_service"


@dataclass
class Gate:
    """What consumer needs of one service and group. ``directed`` and ``mesh`` say how each member is linked."""

    consumer: str
    service: str
    group: str
    directed: set[str] = field(default_factory=set)
    mesh: set[str] = field(default_factory=set)
    needs: set[int] = field(default_factory=set)
    defaults: set[int] = field(default_factory=set)
    effects: set[str] = field(default_factory=set)
    joined: bool = False
    need: int = 0  # resolved number
    impossible: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.consumer, self.service, self.group)

    @property
    def members(self) -> set[str]:
        return self.directed | self.mesh

    @property
    def outage(self) -> bool:
        return "outage" in self.effects


class System:
    """Assets, gates and transport of one pair of tables."""

    def __init__(self, assets: list[dict[str, Any]], links: list[dict[str, Any]], schema: Schema | None = None) -> None:
        self.schema = schema or default_schema()
        self.assets: dict[str, Asset] = {}
        for row in assets:
            asset = _asset(row, list(self.schema.services))
            self.assets[asset.id] = asset
        self.grounded = [s.name for s in self.schema.services.values() if s.grounded]
        #: service -> directed pairs (supplier, consumer), mesh links in both directions; for components
        self.arcs: dict[str, set[tuple[str, str]]] = {s: set() for s in self.schema.services}
        #: service -> unordered transport pairs (mesh types without a gate)
        self.transport: dict[str, set[tuple[str, str]]] = {s: set() for s in self.schema.services}
        self.gates: dict[tuple[str, str, str], Gate] = {}
        for row in links:
            self._add_link(row)
        for gate in self.gates.values():
            self._resolve(gate)
        self.gates_of: dict[str, list[Gate]] = {a: [] for a in self.assets}
        for gate in self.gates.values():
            self.gates_of[gate.consumer].append(gate)

    @classmethod
    def read(cls, folder: Path | str, schema: Schema | None = None) -> System:
        """From assets.csv and links.csv (table format of design §7)."""
        with (Path(folder) / "assets.csv").open(encoding="utf-8", newline="") as file:
            assets = list(csv.DictReader(file))
        with (Path(folder) / "links.csv").open(encoding="utf-8", newline="") as file:
            links = list(csv.DictReader(file))
        return cls(assets, links, schema)

    def services(self) -> list[str]:
        return list(self.schema.services)

    def outage_gates(self, asset: str) -> list[Gate]:
        return [g for g in self.gates_of[asset] if g.outage]

    def has_gate(self, asset: str, service: str) -> bool:
        return any(g.service == service for g in self.gates_of[asset])

    def _add_link(self, row: dict[str, Any]) -> None:
        kind = self.schema.link_types[_text(row["type"])]
        a, b = _text(row["from"]), _text(row["to"])
        if kind.service is None:
            return
        if kind.mesh and not kind.gated:
            self.transport[kind.service].add((a, b))
            self.arcs[kind.service] |= {(a, b), (b, a)}
            return
        if not kind.gated:
            return
        group = _text(row.get("group")) or kind.group
        need = _text(row.get("need"))
        for supplier, consumer in [(a, b), (b, a)] if kind.mesh else [(a, b)]:
            self.arcs[kind.service].add((supplier, consumer))
            key = (consumer, kind.service, group)
            gate = self.gates.setdefault(key, Gate(*key))
            (gate.mesh if kind.mesh else gate.directed).add(supplier)
            gate.effects.add(kind.effect)
            gate.joined = gate.joined or kind.joined
            if need:
                gate.needs.add(parse_need(need))
            else:
                gate.defaults.add(kind.need)

    def _resolve(self, gate: Gate) -> None:
        values = gate.needs or gate.defaults
        if len(values) != 1 or len(gate.effects) != 1:
            raise NeedConflict(str(gate))
        gate.directed = {m for m in gate.directed if self.assets[m].status != "planned"}
        gate.mesh = {m for m in gate.mesh if self.assets[m].status != "planned"}
        (need,) = values
        n = len(gate.members)
        gate.need = n if need == NEED_ALL else need
        gate.impossible = n == 0 or gate.need > n


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _asset(row: dict[str, Any], services: list[str]) -> Asset:
    def number(name: str, absent: float) -> float:
        text = _text(row.get(name))
        return float(text) if text else absent

    def flag(name: str, absent: bool) -> bool:
        text = _text(row.get(name)).lower()
        return text in TRUE if text else absent

    return Asset(
        id=_text(row["id"]),
        kind=_text(row.get("kind")),
        status=_text(row.get("status")) or "in_service",
        standby=flag("standby", absent=False),
        start_delay=number("start_delay_s", 0.0),
        endurance=number("endurance_s", math.inf),
        black_start=flag("black_start", absent=True),
        manual_restart=flag("manual_restart", absent=False),
        ride={s: number(f"ride_through_{s}_s", 0.0) for s in services},
    )
