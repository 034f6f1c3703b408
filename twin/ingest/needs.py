"""What a blank ``need`` takes: the value that other links of its gate carry, also when those links vanish."""

from __future__ import annotations

from collections.abc import Iterable

from twin.ingest.plan import Plan
from twin.ingest.view import StoreView
from twin.model import Finding
from twin.schema import Schema

Gate = tuple[str, str, str]  # consumer, service, group
LOST = "gate_need_lost"


class GateNames:
    """Names of gates that directed links make; mesh links have a gate at either end and stay as written."""

    def __init__(self, schema: Schema) -> None:
        self._groups = {
            t.name: (t.service or "", t.group) for t in schema.link_types.values() if t.gated and not t.mesh
        }

    @property
    def types(self) -> list[str]:
        """Names of the directed link types that make gates."""
        return list(self._groups)

    def of(self, consumer: str, type_: str, group: str | None) -> Gate | None:
        """The gate of a link, None if its type makes none."""
        found = self._groups.get(type_)
        return None if found is None else (consumer, found[0], group or found[1])


def keep_needs(plan: Plan, schema: Schema, view: StoreView) -> None:
    """Hand the need of links that go on to those of their gate that the run writes with a blank one.

    What it cannot hand on, because the links that stay are not written, becomes a finding ``gate_need_lost``.
    What the plan has from an earlier part of its run stays.
    """
    names = GateNames(schema)
    plan.gate_of = names.of
    known = set(names.types)
    going = {(source, link.key): link for source, link in plan.spool.rows("link.delete") if link.type in known}
    owners = {link.to_id for link in going.values()} - set(plan.spool.rows("asset.delete"))
    if not owners:
        return
    written: dict[Gate, bool] = {}  # gate -> whether a link that is written gives a need
    touched: set[tuple[str, str]] = set()
    for source, row in plan.changed_links(known):
        gate = names.of(row.to_id, row.type, row.group)
        if gate is not None and row.to_id in owners:
            touched.add((source, row.key))
            written[gate] = written.get(gate, False) or row.need is not None
    lost: dict[Gate, tuple[str, str]] = {}  # gate -> need, source
    blank: set[Gate] = set()
    carried: set[Gate] = {gate for gate, given in written.items() if given}
    for held in view.gates(owners, names.types, []):
        gate = names.of(held.owner, held.type, held.group)
        if gate is None or (held.source, held.key) in touched:
            continue
        if (held.source, held.key) in going:
            if held.need:
                lost.setdefault(gate, (held.need, held.source))
        else:
            (carried if held.need else blank).add(gate)
    left = {gate: what for gate, what in lost.items() if gate not in carried}
    plan.kept_needs = {gate: need for gate, (need, _) in left.items() if gate in written} | plan.kept_needs
    plan.notes += _findings((gate, *left[gate]) for gate in sorted(left) if gate in blank and gate not in written)


def _findings(lost: Iterable[tuple[Gate, str, str]]) -> list[tuple[str, Finding]]:
    return [
        (
            source,
            Finding(
                "gate_need_lost",
                "error",
                f"gate {service}/{group} of {consumer} had need {need!r} only from links that vanished",
                "Write the need on the links that stay.",
                (consumer,),
            ),
        )
        for (consumer, service, group), need, source in lost
    ]
