"""Validation: records as loaders yield them -> typed rows by the schema, or rejects.

Every problem of a record is reported, each with file:row:column, a stable code and what to do. What needs to
know other rows (ends, gates) is checked in :mod:`twin.ingest.ends` and :mod:`twin.ingest.gates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any, NamedTuple

from twin.ingest.known import AssetIndex
from twin.ingest.places import Place, PlaceProblem, places
from twin.ingest.rejects import Rejects
from twin.ingest.rows import AssetRow, asset_hash
from twin.ingest.values import MAX_SHORT, Needs, Parse, kind_parsers, parsers
from twin.model import AssetRecord, LinkColumns, LinkRecord, Origin
from twin.schema import Schema, suggest
from twin.schema.values import ValueProblem

#: Records that are checked together.
CHUNK = 4_096


class RawLink(NamedTuple):
    """A link whose own cells are valid; its ends are still as written."""

    from_id: str
    type: str
    to_id: str
    group: str | None
    need: str | None
    properties: dict[str, Any]
    file: str
    row: int | None


class Validator:
    """Checks the records of all sources of one import against the schema.

    Attributes:
        index: the assets taken so far.
    """

    def __init__(self, schema: Schema, rejects: Rejects) -> None:
        self.schema = schema
        self.rejects = rejects
        self.index = AssetIndex()
        self.needs = Needs()
        self._kinds = kind_parsers(schema)
        self._link_parsers = parsers(dict(schema.link_properties))
        self._hints: dict[tuple[str, str], str] = {}
        self._record: AssetRecord | LinkRecord | None = None

    def assets(self, source: str, records: Sequence[AssetRecord]) -> list[AssetRow]:
        """The valid ones of *records* as rows; the others become rejects."""
        rows = []
        for record, place in zip(records, places([r.geometry for r in records]), strict=True):
            row = self._asset(source, record, place)
            if row is not None:
                rows.append(row)
        return rows

    def _asset(self, source: str, record: AssetRecord, place: Place | PlaceProblem | None) -> AssetRow | None:
        before = self.rejects.count
        self._record = record
        origin = record.origin
        native = self._short(origin, "id", record.id, needed=True)
        name = self._short(origin, "name", record.name)
        known = self._kinds.get(record.kind)
        full = f"{source}:{native}"
        if known is None:
            self._unknown_kind(origin, record.kind)
        if native is not None and full in self.index:
            self._reject(
                origin,
                "id",
                "duplicate_id",
                f"the id {native!r} stands at {self.index.origin(full)} too",
                "Give every asset of a source an id of its own.",
            )
        if isinstance(place, PlaceProblem):
            self._reject(origin, "geometry", *place)
            place = None
        properties = self._properties(origin, record.kind, known, record.properties) if known is not None else {}
        if native is None or self.rejects.count != before:
            return None
        lon, lat, wkb = place if place is not None else (None, None, None)
        try:
            content = asset_hash(record.kind, name, lon, lat, wkb, properties)
        except TypeError:
            self._bad_text(origin)
            return None
        self.index.add(full, record.kind, origin)
        return AssetRow(full, native, record.kind, name, lon, lat, wkb, properties, content, origin.file, origin.row)

    def links(self, block: LinkColumns) -> list[tuple[Any, ...]] | None:
        """The links of a block as plain :class:`RawLink` tuples; None if one needs a look of its own (:meth:`link`)."""
        if any(max(map(len, ends)) > MAX_SHORT for ends in (block.from_ids, block.to_ids)):
            return None
        if not set(block.types) <= self.schema.link_types.keys():
            return None
        if any(len(group) > MAX_SHORT or not group.isprintable() for group in set(block.groups) if group):
            return None
        try:
            normal = {need: self.needs.normal(need) for need in set(block.needs)}
        except ValueProblem:
            return None
        needs = [normal[need] for need in block.needs]
        ends = (block.from_ids, block.types, block.to_ids)
        return list(zip(*ends, block.groups, needs, repeat({}), repeat(block.file), block.rows, strict=False))

    def link(self, record: LinkRecord) -> RawLink | None:
        """A link whose own cells are valid, or None after its problems were rejected."""
        before = self.rejects.count
        self._record = record
        origin = record.origin
        start, end = record.from_id, record.to_id
        if not (type(start) is str and 0 < len(start) <= MAX_SHORT and start == start.strip()):
            start = self._short(origin, "from", start, needed=True) or ""
        if not (type(end) is str and 0 < len(end) <= MAX_SHORT and end == end.strip()):
            end = self._short(origin, "to", end, needed=True) or ""
        if record.type not in self.schema.link_types:
            self._unknown_type(origin, record.type)
        group = record.group and self._short(origin, "group", record.group)
        try:
            need = self.needs.normal(record.need)
        except ValueProblem as problem:
            self._reject(origin, "need", problem.code, str(problem), problem.fix)
        properties = record.properties
        if properties:
            properties = self._properties(origin, None, self._link_parsers, properties)
        if self.rejects.count != before:
            self.rejects.without(*(str(text or "").strip() for text in (record.type, record.from_id, record.to_id)))
            return None
        return RawLink(start, record.type, end, group, need, properties, origin.file, origin.row)

    def _properties(
        self, origin: Origin, kind: str | None, known: dict[str, Parse], given: dict[str, Any]
    ) -> dict[str, Any]:
        typed = {}
        for name, raw in given.items():
            if raw is None or raw == "":
                continue
            parse = known.get(name)
            if parse is None:
                self._unknown_property(origin, kind, name, known)
                continue
            try:
                value = parse(raw)
            except ValueProblem as problem:
                self._reject(origin, name, problem.code, str(problem), problem.fix)
                continue
            if value is not None:
                typed[name] = value
        return typed

    def _short(self, origin: Origin, column: str, value: Any, needed: bool = False) -> str | None:
        """Trimmed text of at most MAX_SHORT characters, None if empty."""
        if value is None:
            text = ""
        else:
            text = (value if type(value) is str else str(value)).strip()
        if len(text) > MAX_SHORT:
            self._reject(
                origin,
                column,
                "value_too_long",
                f"{column} has {len(text):,} characters; at most {MAX_SHORT:,} are taken",
                "Shorten the value; look for a quote that is never closed.",
            )
            return None
        if not text:
            if needed:
                self._reject(origin, column, "missing_value", f"{column} is empty", f"Give every row its {column}.")
            return None
        if not text.isprintable() and any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in text):
            self._bad_text(origin, column)
            return None
        return text

    def _unknown_kind(self, origin: Origin, kind: Any) -> None:
        if not kind:
            self._reject(origin, "kind", "missing_value", "kind is empty", "Give every asset a kind of the schema.")
            return
        self._reject(
            origin,
            "kind",
            "unknown_kind",
            f"unknown kind {str(kind)[:60]!r}.{self._hint('kind', kind, self.schema.kinds)}",
            "Use a kind of the schema, or declare it in a schema file of your own.",
        )

    def _unknown_type(self, origin: Origin, name: Any) -> None:
        if not name:
            self._reject(origin, "type", "missing_value", "type is empty", "Give every link a type of the schema.")
            return
        self._reject(
            origin,
            "type",
            "unknown_link_type",
            f"unknown link type {str(name)[:60]!r}.{self._hint('type', name, self.schema.link_types)}",
            "Use a link type of the schema, or declare it in a schema file of your own.",
        )

    def _unknown_property(self, origin: Origin, kind: str | None, name: str, known: dict[str, Parse]) -> None:
        owner = "a link" if kind is None else kind
        self._reject(
            origin,
            name,
            "unknown_property",
            f"{owner} has no property {name[:60]!r}.{self._hint(owner, name, known)}",
            "Leave the cell empty, rename the column, or declare the property in a schema file of your own.",
        )

    def _bad_text(self, origin: Origin, column: str | None = None) -> None:
        self._reject(
            origin,
            column,
            "wrong_encoding",
            "the text has control characters or broken characters",
            "Export it again as UTF-8.",
        )

    def _hint(self, what: str, word: Any, known: Any) -> str:
        key = (what, str(word)[:60])
        if key not in self._hints:
            self._hints[key] = suggest(key[1], list(known)) if len(self._hints) < 1_000 else ""
        return self._hints[key]

    def _reject(self, origin: Origin, column: str | None, code: str, message: str, fix: str) -> None:
        self.rejects.new(Origin(origin.file, origin.row, column), code, message, fix, self._about())

    def _about(self) -> str | None:
        """Full id of the asset that the record is, or of the consumer of the link that it is."""
        record = self._record
        text = record.to_id if isinstance(record, LinkRecord) else record.id if record is not None else None
        if not isinstance(text, str) or not 0 < len(text) <= MAX_SHORT or not text.isprintable():
            return None
        full = f"{self.rejects.scope}:{text.strip()}"
        return text.strip() if isinstance(record, LinkRecord) and ":" in text and full not in self.index else full
