"""Open-PSA MEF fault trees as test systems: read, and turned into tables or straight into a diagram.

Read are ``define-gate`` with nested ``and``, ``or``, ``atleast``, ``define-house-event`` and ``define-basic-event``
with ``float`` or ``exponential`` of two floats. Whatever else is met raises ValueError: no tree is read by halves.
So do ``not`` and ``xor``: nothing in the twin works again because something else fails.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from twin.impact.cutsets.bdd import FALSE, TRUE, Diagrams

EVENT_KIND, GATE_KIND = "power_plant", "bus"
Gate = tuple[int, list[str]]


@dataclass
class FaultTree:
    """A fault tree: a gate is (how many of its members must fail, members).

    Attributes:
        top: the gate that no other gate has. gates: by name. chances: probability of each basic event.
        house: house event -> whether it has happened.
    """

    top: str = ""
    gates: dict[str, Gate] = field(default_factory=dict)
    chances: dict[str, float] = field(default_factory=dict)
    house: dict[str, bool] = field(default_factory=dict)

    def tables(self, folder: Path, link: str = "POWERS") -> Path:
        """Write it as assets.csv and links.csv: a gate that fails with k of n needs n - k + 1 of them.

        Basic events are of EVENT_KIND, all others of GATE_KIND. *link* is POWERS (grounded) or SERVES (not).
        """
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "assets.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "kind", "name", "status", "unavailability"])
            rows.writerows([name, EVENT_KIND, name, "", repr(chance)] for name, chance in self.chances.items())
            rows.writerows([name, GATE_KIND, name, "", ""] for name in self.gates)
            rows.writerows(
                [name, GATE_KIND, name, "out_of_service" if down else "", ""] for name, down in self.house.items()
            )
        with (folder / "links.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["from", "type", "to", "group", "need"])
            for name, (least, members) in self.gates.items():
                rows.writerows([m, link, name, "", len(members) - least + 1] for m in members)
        return folder

    def diagram(self, diagrams: Diagrams) -> tuple[int, list[str]]:
        """Its diagram, and the basic event of each variable, in depth-first order."""
        events: dict[str, int] = {}
        made: dict[str, int] = {}

        def visit(name: str) -> int:
            if name not in made:
                if name in self.gates:
                    least, members = self.gates[name]
                    made[name] = diagrams.at_least(least, [visit(m) for m in members])
                elif name in self.house:
                    made[name] = TRUE if self.house[name] else FALSE
                else:
                    made[name] = diagrams.var(events.setdefault(name, len(events)))
            return made[name]

        return visit(self.top), list(events)


def read_mef(text: str) -> FaultTree:
    """A fault tree from MEF XML.

    Raises:
        ValueError: an element that is not read here, a name without definition, or not exactly one top gate.
    """
    tree = FaultTree()
    _read(ElementTree.fromstring(text), tree)
    used = {m for _, members in tree.gates.values() for m in members}
    defined = {*tree.gates, *tree.chances, *tree.house}
    if used - defined:
        raise ValueError(f"not defined: {sorted(used - defined)}")
    tops = sorted(set(tree.gates) - used)
    if len(tops) != 1:
        raise ValueError(f"top gates: {tops}")
    tree.top = tops[0]
    return tree


def _read(element: Element, tree: FaultTree) -> None:
    for child in element:
        name = child.get("name", "")
        if child.tag in ("define-fault-tree", "model-data"):
            _read(child, tree)
        elif child.tag == "define-gate":
            (formula,) = child
            tree.gates[name] = _formula(formula, name, tree)
        elif child.tag == "define-basic-event":
            (expression,) = child
            tree.chances[name] = _chance(expression)
        elif child.tag == "define-house-event":
            tree.house[name] = child[0].get("value") == "true"
        elif child.tag not in ("label", "attributes"):
            raise ValueError(f"<{child.tag}> is not read")


def _formula(formula: Element, name: str, tree: FaultTree) -> Gate:
    if formula.tag in ("gate", "basic-event", "house-event", "event"):
        return 1, [formula.get("name", "")]
    members: list[str] = []
    for place, part in enumerate(formula):
        if part.tag in ("gate", "basic-event", "house-event", "event"):
            members.append(part.get("name", ""))
        else:
            inner = f"{name}.{place}"
            tree.gates[inner] = _formula(part, inner, tree)
            members.append(inner)
    least = {"or": 1, "and": len(members), "atleast": int(formula.get("min", "0"))}.get(formula.tag)
    if not least or len(set(members)) != len(members):
        raise ValueError(f"<{formula.tag}> of {name} is not read")
    return least, members


def _chance(expression: Element) -> float:
    if expression.tag == "float":
        return float(expression.get("value", "nan"))
    if expression.tag == "exponential" and [part.tag for part in expression] == ["float", "float"]:
        rate, time = (_chance(part) for part in expression)
        return 1.0 - math.exp(-rate * time)
    raise ValueError(f"<{expression.tag}> is not read")
