"""The records that flow through the twin: assets, links, rejects and findings.

Loaders yield :class:`AssetRecord`, :class:`LinkRecord` and :class:`Reject`; validation turns the first two
into typed rows; checks yield :class:`Finding`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Origin(NamedTuple):
    """Where a record stands: file (relative to the import), 1-based row (the header is row 1), column."""

    file: str
    row: int | None = None
    column: str | None = None

    @classmethod
    def parse(cls, text: str) -> Origin:
        """The origin that ``str`` gave: file, and row and column where there are any.

        A file whose name ends like a row (``a:1``) is taken for one with a row.
        """
        found = re.fullmatch(r"(.*?):(\d+)(?::(.+))?", text, re.DOTALL)
        return cls(text) if found is None else cls(found[1], int(found[2]), found[3])

    def __str__(self) -> str:
        parts = [self.file]
        if self.row is not None:
            parts.append(str(self.row))
        if self.column is not None:
            parts.append(self.column)
        return ":".join(parts)


NOWHERE = Origin("")
#: The property that tells under which other ids an asset is known, and what stands between them.
ALSO, BETWEEN = "also_known_as", " | "


@dataclass(slots=True)
class AssetRecord:
    """One asset as an export says it.

    Attributes:
        id: native id, unique inside the source, not yet prefixed with it.
        kind: name of the kind in the schema.
        name: display name, or None.
        properties: schema property name -> raw value (a string is parsed by the schema; None is absent).
        geometry: WGS 84 geometry as WKB bytes, or None.
        origin: where the record stands in the export.
    """

    id: str
    kind: str
    name: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    geometry: bytes | None = None
    origin: Origin = NOWHERE


@dataclass(slots=True)
class LinkRecord:
    """One link as an export says it; it points from what supplies to what needs.

    Attributes:
        from_id, to_id: native ids of the same source, or full ids ``source:native`` of another one.
        type: link type of the schema.
        group: gate group, or None for the type's default.
        need: ``"any"``, ``"all"``, a number as text, or None for the others' value or the default.
        properties: link property name -> raw value.
        origin: where the record stands in the export.
    """

    from_id: str
    type: str
    to_id: str
    group: str | None = None
    need: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    origin: Origin = NOWHERE


class LinkColumns(NamedTuple):
    """Many links of one file as columns, the fast way for those that carry no properties.

    The texts are trimmed, ``types`` and the ends are not empty; a group or need that is not given is None.
    """

    from_ids: list[str]
    types: list[str]
    to_ids: list[str]
    groups: list[str | None]
    needs: list[str | None]
    file: str
    rows: list[int]

    def records(self) -> Iterator[LinkRecord]:
        """The same links one by one."""
        columns = (self.from_ids, self.types, self.to_ids, self.groups, self.needs)
        for number, start, type_, end, group, need in zip(self.rows, *columns, strict=True):
            yield LinkRecord(start, type_, end, group, need, {}, Origin(self.file, number))


def one_by_one(items: Iterable[Any]) -> Iterator[Any]:
    """What a loader's ``blocks`` give as ``records`` give it: links in columns one by one."""
    for item in items:
        if isinstance(item, LinkColumns):
            yield from item.records()
        else:
            yield item


@dataclass(slots=True, frozen=True)
class Reject:
    """One thing in an export that cannot be taken: where, a stable code, what, and what to do.

    ``link`` is (type, from, to) as written where a link is what cannot be taken: its consumer lacks a supplier.
    """

    origin: Origin
    code: str
    message: str
    fix: str
    link: tuple[str, str, str] | None = field(default=None, compare=False)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Reject:
        """The reject with this plain form."""
        where = Origin(document["file"], document["row"], document["column"])
        return cls(where, document["code"], document["message"], document["fix"])

    def to_dict(self) -> dict[str, Any]:
        """The reject as plain data with ``file``, ``row``, ``column``, ``code``, ``message`` and ``fix``."""
        file, row, column = self.origin
        return {
            "file": file,
            "row": row,
            "column": column,
            "code": self.code,
            "message": self.message,
            "fix": self.fix,
        }


#: Assets of one finding that a list of findings names; the layer and the counts have all.
SHOWN = 1_000


@dataclass(slots=True, frozen=True)
class Finding:
    """Something wrong or missing in the data; it is reported and never silently repaired.

    Attributes:
        code: stable code, documented in ``docs/findings.md``.
        severity: ``"error"`` (answers are wrong until mended), ``"warning"`` or ``"info"``.
        message: what was seen.
        fix: what to do.
        assets: ids it concerns; those of an import may be cut.
        count: how many things the finding stands for.
        origin: file, row and column where known.
    """

    code: str
    severity: str
    message: str
    fix: str
    assets: tuple[str, ...] = ()
    count: int = 1
    origin: Origin | None = None

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Finding:
        """The finding with this plain form."""
        origin = document.get("origin")
        words = {name: document[name] for name in ("code", "severity", "message", "fix", "count")}
        return cls(**words, assets=tuple(document["assets"]), origin=Origin.parse(origin) if origin else None)

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """The finding as plain data, with the first *limit* assets."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "fix": self.fix,
            "assets": list(self.assets[:limit]),
            "count": self.count,
            "origin": str(self.origin) if self.origin else None,
        }
