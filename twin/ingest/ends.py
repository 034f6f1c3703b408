"""Links against assets: ends resolved to full ids, allowed ends, keys, and the comparison with the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from twin.ingest.blocks import Blocks, Ready, by_type
from twin.ingest.known import AssetIndex, Held
from twin.ingest.needs import Gate, GateNames
from twin.ingest.rejects import Rejects
from twin.ingest.rows import FROM_AS, TO_AS, link_hash, link_key
from twin.ingest.spool import Spool
from twin.ingest.validate import RawLink
from twin.model import Origin
from twin.schema import Schema, suggest

#: Missing ends that get a "did you mean", and the most ids that are searched for it.
HINTS = 20
SEARCHED = 50_000
#: Ids asked for in one query, and links that wait for such an answer.
ASKED = 5_000
PENDING = 50_000
#: Place of the hash in a plain link row.
HASH = 7

#: A need as a row gives it: ``to`` end as written, type, group, need.
Written = tuple[str, str, str | None, str]
FindKinds = Callable[[list[str]], dict[str, str]]


class LinkPlanner:
    """Turns raw links into rows to create or update.

    Streams of the spool: ``link.create.TYPE`` and ``link.update.TYPE`` with pairs (source, LinkRow).

    Attributes:
        unchanged: source -> links that are in the store as they are.
        duplicates: links that agree with another in ends, type and group. refused: source -> links rejected.
        inside: links whose ends are records of the same asset; they are left out.
        ways: every (type, group, need) of a link to create or update.
    """

    def __init__(
        self,
        schema: Schema,
        index: AssetIndex,
        outside: dict[str, str],
        held: dict[str, Held],
        spool: Spool,
        rejects: Rejects,
        find_kinds: FindKinds,
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._schema = schema
        self._index = index
        self._blocks = Blocks(schema, index)
        self._outside = outside
        self._held = held
        self._spool = spool
        self._rejects = rejects
        self._find_kinds = find_kinds
        self._aliases = aliases or {}
        self._seen: dict[str, set[str]] = {}
        self._repeats: dict[str, int] = {}
        self._allowed: dict[tuple[str, str, str], bool] = {}
        self._plain = link_hash(None, {})
        self._hints = 0
        self._gates = GateNames(schema)
        self._needs: dict[Gate, str] = {}
        self.unchanged: dict[str, int] = {}
        self.created: dict[str, int] = {}
        self.updated: dict[str, int] = {}
        self.refused: dict[str, int] = {}
        self.duplicates = 0
        self.inside: dict[str, list[str]] = {}
        self.ways: set[tuple[str, str | None, str | None]] = set()

    def plan(self, source: str, blocks: Iterable[list[Any]], needs: Iterable[Written] = ()) -> None:
        """Plan all links of one source; ends in other exports are looked up in the store together.

        Args:
            blocks: the links as plain :class:`RawLink` tuples, some at a time.
            needs: the needs that rows of the source give; a blank one of a directed link takes that of its gate.
        """
        self._learn(source, list(needs))
        pending: list[RawLink] = []
        for block in blocks:
            if self._together(source, block):
                continue
            pending += [raw for raw in map(RawLink._make, block) if not self._take(source, raw, False)]
            if len(pending) >= PENDING:
                self._late(source, pending)
                pending = []
        self._late(source, pending)

    def _together(self, source: str, block: list[Any]) -> bool:
        """Plan a block of links that are like most links; False if it has to be planned one by one."""
        if not block:
            return True
        ready = self._blocks.ready(source, block, self._seen.setdefault(source, set()))
        if ready is None:
            return False
        ready = ready._replace(needs=self._filled(ready))
        rows = ready.made()
        held = self._held[source].links
        if not held:
            self._changed(source, "create", self.created, rows)
            return True
        old = [held.get(key) for key in ready.keys]
        self._changed(source, "create", self.created, [row for row, was in zip(rows, old, strict=True) if was is None])
        changed = [row for row, was in zip(rows, old, strict=True) if was is not None and was != row[HASH]]
        self._changed(source, "update", self.updated, changed)
        same = sum(was == row[HASH] for row, was in zip(rows, old, strict=True))
        self.unchanged[source] = self.unchanged.get(source, 0) + same
        return True

    def _filled(self, ready: Ready) -> Sequence[str | None]:
        """The needs, blank ones as other rows of their gates give them."""
        if not self._needs:
            return ready.needs
        given = {gate[1:] for gate in self._needs}
        ways = {(type_, group) for type_, group in zip(ready.types, ready.groups, strict=True)}
        gates = (self._gates.of("", type_, group) for type_, group in ways)
        if not any(gate is not None and gate[1:] in given for gate in gates):
            return ready.needs
        needs = list(ready.needs)
        for place, (end, type_, group) in enumerate(zip(ready.ends, ready.types, ready.groups, strict=True)):
            if needs[place] is None and (found := self._gates.of(end, type_, group)) is not None:
                needs[place] = self._needs.get(found)
        return needs

    def _changed(self, source: str, op: str, counter: dict[str, int], rows: list[tuple[Any, ...]]) -> None:
        if rows:
            counter[source] = counter.get(source, 0) + len(rows)
            self.ways |= {(row[1], row[3], row[4]) for row in rows}
            for type_, some in by_type(rows).items():
                self._spool.extend(f"link.{op}.{type_}", [(source, row) for row in some])

    def _learn(self, source: str, needs: list[Written]) -> None:
        self._needs = {}
        self._look_up(end for end, _, _, _ in needs)
        for text, type_, group, need in needs:
            end = self._resolve(source, text)
            gate = self._gates.of(end[0], type_, group) if end is not None else None
            if gate is not None:
                self._needs.setdefault(gate, need)

    def missing(self, source: str) -> list[str]:
        """Keys of links that the store holds of this source and the export no longer has."""
        seen = self._seen.get(source, set())
        return [key for key in self._held[source].links if key not in seen]

    def _late(self, source: str, pending: list[RawLink]) -> None:
        self._look_up(end for raw in pending for end in (raw.from_id, raw.to_id))
        for raw in pending:
            self._take(source, raw, True)

    def _look_up(self, ends: Iterable[str]) -> None:
        asked = {self._aliases.get(end, end) for end in ends if ":" in end}
        if self._aliases:
            asked |= set(self._aliases.values())
        asked -= self._outside.keys()
        wanted = sorted(end for end in asked if end not in self._index)
        for start in range(0, len(wanted), ASKED):
            self._outside.update(self._find_kinds(wanted[start : start + ASKED]))

    def _resolve(self, source: str, text: str) -> tuple[str, str, str | None] | None:
        """Id and kind of the asset that an end names, and the id it has there if that is another one."""
        for full in (f"{source}:{text}", text) if ":" in text else (f"{source}:{text}",):
            asset = self._aliases.get(full, full)
            kind = self._index.kind(asset) or self._outside.get(asset)
            if kind is not None:
                return asset, kind, full if asset != full else None
        return None

    def _take(self, source: str, raw: RawLink, last: bool) -> bool:
        """Plan one link; False if an end is not known yet and may be in the store (never when *last*)."""
        start = self._resolve(source, raw.from_id)
        end = self._resolve(source, raw.to_id)
        if start is None or end is None:
            lost = [t for t, found in ((raw.from_id, start), (raw.to_id, end)) if found is None]
            if not last and all(":" in text for text in lost):
                return False
            consumer = end[0] if end is not None else _full(source, raw.to_id)
            self.refused[source] = self.refused.get(source, 0) + 1
            self._rejects.without(raw.type, raw.from_id, raw.to_id)
            if start is None:
                self._missing_end(raw, "from", raw.from_id, source, consumer)
            if end is None:
                self._missing_end(raw, "to", raw.to_id, source, consumer)
            return True
        ends = (raw.type, start[1], end[1])
        allowed = self._allowed.get(ends)
        if allowed is None:
            allowed = self._allowed[ends] = self._schema.link_types[raw.type].allows(start[1], end[1])
        if not allowed:
            self.refused[source] = self.refused.get(source, 0) + 1
            self._rejects.without(raw.type, start[0], end[0])
            self._disallowed(raw, ends, end[0])
            return True
        properties = raw.properties
        if start[2] or end[2]:
            if start[0] == end[0]:
                self.inside.setdefault(source, []).append(start[0])
                return True
            properties = {**properties, **{k: v for k, v in ((FROM_AS, start[2]), (TO_AS, end[2])) if v is not None}}
        need = raw.need
        if need is None and self._needs:
            gate = self._gates.of(end[0], raw.type, raw.group)
            need = self._needs.get(gate) if gate is not None else None
        self.row(source, (start[0], raw.type, end[0], raw.group, need), properties, raw.file, raw.row)
        return True

    def row(
        self,
        source: str,
        link: tuple[str, str, str, str | None, str | None],
        properties: dict[str, Any],
        file: str,
        row: int | None,
        scope: str = "",
    ) -> str:
        """Plan one link whose ends are right: (from, type, to, group, need). Returns its key."""
        start, type_, end, group, need = link
        key = link_key(start, type_, end, group, 0, scope)
        seen = self._seen.setdefault(source, set())
        if key in seen:
            count = self._repeats[key] = self._repeats.get(key, 0) + 1
            self.duplicates += 1
            key = link_key(start, type_, end, group, count, scope)
        seen.add(key)
        content = link_hash(need, properties) if properties or need is not None else self._plain
        old = self._held[source].links.get(key)
        if old == content:
            self.unchanged[source] = self.unchanged.get(source, 0) + 1
            return key
        self.ways.add((type_, group, need))
        counter, op = (self.created, "create") if old is None else (self.updated, "update")
        counter[source] = counter.get(source, 0) + 1
        made = (start, type_, end, group, need, properties, key, content, file, row)  # a LinkRow, as plain tuple
        self._spool.add(f"link.{op}.{type_}", (source, made))
        return key

    def expect(self, source: str) -> None:
        """Make ready for links of a source that is not read."""
        self._held.setdefault(source, Held(source))

    def hold(self, source: str, key: str, content: str) -> None:
        """Note a link that the store holds."""
        self._held[source].links[key] = content

    def is_held(self, source: str, key: str) -> bool:
        """Whether the store holds the link."""
        return key in self._held[source].links

    def _missing_end(self, raw: RawLink, column: str, text: str, source: str, consumer: str) -> None:
        hint = ""
        if self._hints < HINTS and len(self._index) <= SEARCHED:
            self._hints += 1
            prefix = f"{source}:"
            hint = suggest(text, [known.removeprefix(prefix) for known in self._index.ids()])
        self._rejects.new(
            Origin(raw.file, raw.row, column),
            "missing_end",
            f"no asset has the id {text[:100]!r}, neither in source {source!r} nor elsewhere.{hint}",
            "Add the asset, correct the id, or import the export that has it first (ids of others: source:id).",
            consumer,
        )

    def _disallowed(self, raw: RawLink, ends: tuple[str, str, str], consumer: str) -> None:
        type_, start, end = ends
        turned = self._schema.link_types[type_].allows(end, start)
        self._rejects.new(
            Origin(raw.file, raw.row, "type"),
            "disallowed_ends",
            f"{type_} does not go from {start} to {end}" + (", only the other way round" if turned else ""),
            "Turn the link round: it points from what supplies to what needs."
            if turned
            else "Use another link type, or allow the ends in a schema file of your own.",
            consumer,
        )


def _full(source: str, text: str) -> str:
    """Full id of an end that is not known: of its own source if it names none."""
    return text if ":" in text else f"{source}:{text}"
