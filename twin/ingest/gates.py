"""One need per gate: links of one consumer, service and group must not contradict each other (design §3).

Only links that change are looked at, and only gates that could have a contradiction: those of services and
groups that are used in more than one way, and those that the store already has links of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from twin.ingest.manifest import STITCH
from twin.ingest.rejects import Rejects
from twin.ingest.rows import LinkRow
from twin.model import Origin
from twin.schema import Schema, parse_need

Gate = tuple[str, str, str]  # owner, service, group
Way = tuple[str, str | None, str | None]  # type, group, need


class HeldLink(NamedTuple):
    """A link that the store holds, seen from one of its consumers."""

    owner: str
    type: str
    group: str
    need: str
    source: str
    key: str


@dataclass(slots=True)
class _Seen:
    """What the links of one gate said so far: the first need and default, and where."""

    need: int | None = None
    need_at: str = ""
    default: int | None = None
    default_at: str = ""
    effect: str | None = None
    effect_at: str = ""


class GateCheck:
    """Finds changed links that contradict others of their gate."""

    def __init__(self, schema: Schema, rejects: Rejects) -> None:
        self._schema = schema
        self._rejects = rejects
        self._types = {t.name: t for t in schema.link_types.values() if t.gated}
        self._ways: dict[tuple[str, str], set[tuple[str | None, int, str]]] = {}
        self._all: set[str] = set(self._types)
        self._gates: dict[Gate, _Seen] = {}

    @property
    def gated(self) -> list[str]:
        """Names of the link types that make gates."""
        return list(self._types)

    @property
    def mesh(self) -> list[str]:
        """Those of them that have a gate at both ends."""
        return [t.name for t in self._types.values() if t.mesh]

    def owners(self, row: LinkRow) -> Iterator[str]:
        """Consumers of a link: its ``to`` end, both ends in a mesh, none if the type makes no gate."""
        link_type = self._types.get(row.type)
        if link_type is not None:
            yield row.to_id
            if link_type.mesh:
                yield row.from_id

    def check(
        self,
        changed: Callable[[set[str]], Iterable[tuple[str, LinkRow]]],
        held: Callable[[set[str]], Iterable[HeldLink]] | None,
        ways: Iterable[Way],
    ) -> dict[tuple[str, str], LinkRow]:
        """Reject the links that contradict an earlier one of their gate.

        Args:
            changed: gives the changed links (source, row) of some types anew on each call, in a fixed order.
            held: links in the store of the consumers asked for, without those that the import changes or
                removes; None if the store is empty.
            ways: every (type, group, need) that changed links have.

        Returns:
            (source, key) -> row of each rejected link.
        """
        self._survey(ways)
        watched = self._all
        if held is not None:
            touched = {owner for _, row in changed(watched) for owner in self.owners(row)}
            for link in held(touched):
                self._note_held(link)
        if not self._gates:
            watched = self._contested()
        for _, row in changed(watched):
            for gate in self._watched(row):
                self._note(gate, row.type, row.need, str(Origin(row.file, row.row)))
        refused = {}
        for source, row in changed(watched):
            rule = row.properties.get("rule")
            self._rejects.scope = f"{source}:{rule}" if source == STITCH else source
            if self._contradicts(row):
                refused[source, row.key] = row
        return refused

    def _survey(self, ways: Iterable[Way]) -> None:
        for type_, group, need in ways:
            link_type = self._types.get(type_)
            if link_type is not None:
                way = (need, link_type.need, self._effect(type_))
                self._ways.setdefault((link_type.service or "", group or link_type.group), set()).add(way)

    def _contested(self) -> set[str]:
        """Link types of the services in which a group is used in more than one way."""
        services = {service for (service, _), ways in self._ways.items() if len(ways) > 1}
        return {name for name, link_type in self._types.items() if link_type.service in services}

    def _watched(self, row: LinkRow) -> Iterator[Gate]:
        link_type = self._types.get(row.type)
        if link_type is None:
            return
        service, group = link_type.service or "", row.group or link_type.group
        many = len(self._ways.get((service, group), ())) > 1
        for owner in self.owners(row):
            if many or (owner, service, group) in self._gates:
                yield owner, service, group

    def _effect(self, type_: str) -> str:
        link_type = self._types[type_]
        return link_type.effect + (", joined" if link_type.joined else "")

    def _note_held(self, link: HeldLink) -> None:
        link_type = self._types[link.type]
        gate = (link.owner, link_type.service or "", link.group or link_type.group)
        self._note(gate, link.type, link.need or None, f"the store (source {link.source})")

    def _note(self, gate: Gate, type_: str, need: str | None, at: str) -> None:
        seen = self._gates.setdefault(gate, _Seen())
        if need is not None and seen.need is None:
            seen.need, seen.need_at = parse_need(need), at
        if need is None and seen.default is None:
            seen.default, seen.default_at = self._types[type_].need, at
        if seen.effect is None:
            seen.effect, seen.effect_at = self._effect(type_), at

    def _contradicts(self, row: LinkRow) -> bool:
        bad = False
        for gate in self._watched(row):
            seen = self._gates[gate]
            owner, service, group = gate
            where = f"gate {service}/{group} of {owner}"
            if row.need is not None and parse_need(row.need) != seen.need:
                self._reject(row, f"{where}: need is {row.need!r} here and different at {seen.need_at}")
                bad = True
            elif row.need is None and seen.need is None and self._types[row.type].need != seen.default:
                self._reject(row, f"{where}: {row.type} has another default need than the link at {seen.default_at}")
                bad = True
            elif self._effect(row.type) != seen.effect:
                self._reject(row, f"{where}: {row.type} has another effect than the link at {seen.effect_at}")
                bad = True
        return bad

    def _reject(self, row: LinkRow, message: str) -> None:
        self._rejects.without(row.type, row.from_id, row.to_id)
        self._rejects.new(
            Origin(row.file, row.row, "need"),
            "conflicting_need",
            message,
            "Give all links of one consumer, service and group the same need, or put them into different groups.",
            row.to_id,
        )
