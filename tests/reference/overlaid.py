"""The reference's view of a system with changes: the tables changed by hand, and gates that stay (design §4)."""

from __future__ import annotations

from tests.reference.system import Gate, System
from tests.unit.strategies import Tables
from twin.schema.load import default_schema
from twin.schema.model import NEED_ALL, Schema
from twin.snapshot.changes import Changes, Link

Row = dict[str, str]


def changed_rows(tables: Tables, changes: Changes, schema: Schema) -> tuple[list[Row], list[Row]]:
    """Assets and links as somebody would write them down after the changes."""
    removed = set(changes.removed)
    assets = [dict(row) for row in tables.assets if row["id"] not in removed]
    for row in assets:
        if row["id"] in changes.failed and row.get("status") != "planned":
            row["status"] = "out_of_service"
    assets += [{name: str(value) for name, value in row.items()} for row in changes.added]
    links = [
        dict(row)
        for row in tables.links
        if not {row["from"], row["to"]} & removed
        and not any(_fits(row, link, schema) for link in changes.links_removed)
    ]
    links += [
        {"from": link.source, "type": link.type, "to": link.target, "group": link.group, "need": link.need}
        for link in changes.links_added
    ]
    return assets, links


def _fits(row: Row, link: Link, schema: Schema) -> bool:
    kind = schema.link_types[link.type]
    ends = [(link.source, link.target)] + ([(link.target, link.source)] if kind.mesh else [])
    group = row.get("group") or kind.group
    return row["type"] == link.type and (row["from"], row["to"]) in ends and link.group in ("", group)


def words(system: System) -> dict[tuple[str, str, str], int]:
    """What each gate needs as it was written: a number or ``NEED_ALL``."""
    return {key: next(iter(gate.needs or gate.defaults)) for key, gate in system.gates.items()}


def overlaid(tables: Tables, changes: Changes) -> System:
    """The system after the changes; gates that were there keep what they need, and stay when their links go."""
    schema = tables.schema or default_schema()
    base = System(tables.assets, tables.links, schema)
    assets, links = changed_rows(tables, changes, schema)
    system = System(assets, [], schema)
    for row in links:
        system._add_link(row)
    needs = words(base)
    for key, gate in base.gates.items():
        if gate.consumer in system.assets:
            here = system.gates.setdefault(key, Gate(*key))
            here.effects, here.joined = gate.effects, gate.joined
            given = {n for n in here.needs if n != needs[key]}
            here.needs = given if given and needs[key] in here.defaults else {needs[key]}
    system.gates_of = {name: [] for name in system.assets}
    for gate in system.gates.values():
        system._resolve(gate)
        system.gates_of[gate.consumer].append(gate)
    return system


__all__ = ["NEED_ALL", "changed_rows", "overlaid", "words"]
