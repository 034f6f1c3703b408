"""What an overlay changes: checked against the schema and the snapshot, and turned into rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from twin.errors import InvalidParameter
from twin.schema import Schema, parse_need, suggest
from twin.schema.values import ValueProblem, parse_value
from twin.snapshot.arrays import Arrays, Ints, Longs
from twin.snapshot.catalogue import Catalogue
from twin.snapshot.gates import NOT_GIVEN, LinkColumns

OWN = ("id", "kind", "name", "lon", "lat")


class Link(NamedTuple):
    """A link by the ids of its ends, as a row of ``links.csv``; ``group`` and ``need`` may be blank."""

    source: str
    type: str
    target: str
    group: str = ""
    need: str = ""


@dataclass
class Changes:
    """What is different from a snapshot.

    Attributes:
        failed: ids out of service: they stay where they are, and never operate. removed: ids taken out, with their
            links. added: new assets: ``id, kind`` and any of ``name, lon, lat`` and the properties of the kind.
        links_added: may end at new assets. links_removed: by ends and type, and by group where one is given; all
            that fit go. A mesh link is known from either end.
    """

    failed: Sequence[str] = ()
    removed: Sequence[str] = ()
    added: Sequence[Mapping[str, Any]] = ()
    links_added: Sequence[Link] = ()
    links_removed: Sequence[Link] = ()

    def __post_init__(self) -> None:
        """Tuples are taken as links. Raises InvalidParameter: one does not have ends and type."""
        self.links_added, self.links_removed = _links(self.links_added), _links(self.links_removed)


def _links(given: Sequence[Any]) -> list[Link]:
    made = []
    for one in given:
        try:
            link = one if isinstance(one, Link) else Link(*one)
        except TypeError:
            link = None
        if link is None or isinstance(one, str) or not all(isinstance(word, str) for word in link):
            raise InvalidParameter(
                f"{one!r} is no link", fix="Give ('from', 'TYPE', 'to'), or twin.snapshot.changes.Link."
            )
        made.append(link)
    return made


@dataclass
class Resolved:
    """The same as rows: ``assets`` are checked rows of new assets, ``gone`` rows of links of the snapshot."""

    failed: Ints
    removed: Ints
    assets: list[dict[str, Any]]
    links: LinkColumns
    gone: Longs
    groups: list[str] = field(default_factory=list)


def resolve(changes: Changes, arrays: Arrays, schema: Schema) -> Resolved:
    """Rows of everything that *changes* names.

    Raises:
        UnknownAsset: an id is not there. InvalidParameter: an added id is there already; a kind, property, link type
            or link that is not there; ends that a link type does not allow; another schema than the snapshot's.
    """
    if schema.digest != arrays.schema_digest:
        raise InvalidParameter("the schema is not the one of the snapshot", fix="Give the schema it was made with.")
    book = _Book(arrays, schema)
    failed = book.rows(changes.failed)
    removed = book.rows(changes.removed)
    assets = [book.new(row) for row in changes.added]
    links, groups = book.links(changes.links_added, set(removed.tolist()))
    gone = book.gone(changes.links_removed)
    return Resolved(failed, removed, assets, links, gone, groups)


class _Book:
    """The assets and links of a snapshot, and those that are being added."""

    def __init__(self, arrays: Arrays, schema: Schema) -> None:
        self.arrays, self.schema = arrays, schema
        self.catalogue = Catalogue(arrays)
        self.added: dict[str, int] = {}
        self.kinds: list[str] = []

    def rows(self, ids: Iterable[str]) -> Ints:
        return np.unique(np.array([self.catalogue.row(name) for name in ids], np.int32))

    def new(self, given: Mapping[str, Any]) -> dict[str, Any]:
        name, kind = str(given.get("id") or "").strip(), str(given.get("kind") or "").strip()
        if not name or name in self.added or self.catalogue.find(name) is not None:
            raise InvalidParameter(f"the added id {name!r} is blank or there already", fix="Give another id.")
        if kind not in self.schema.kinds:
            raise InvalidParameter(f"unknown kind {kind!r}.{suggest(kind, self.schema.kinds)}")
        own = self.schema.kind_properties(kind)
        asset: dict[str, Any] = {"id": name, "kind": kind, "name": given.get("name")}
        for word in given:
            if word not in OWN and word not in own:
                raise InvalidParameter(f"{kind} has no property {word!r}.{suggest(word, list(own))}")
        for word, limit in (("lon", 180.0), ("lat", 90.0)):
            value = given.get(word)
            if value is not None and not abs(float(value)) <= limit:
                raise InvalidParameter(f"{word} of {name} is {value}", fix=f"At most {limit:g} degrees.")
            asset[word] = None if value is None else float(value)
        try:
            asset |= {word: parse_value(own[word], given[word]) for word in given if word not in OWN}
        except ValueProblem as problem:
            raise InvalidParameter(f"{name}: {problem}", fix=problem.fix) from None
        self.added[name] = self.arrays.n + len(self.added)
        self.kinds.append(kind)
        return asset

    def _row(self, name: str) -> int:
        return self.added[name] if name in self.added else self.catalogue.row(name)

    def _kind(self, row: int) -> str:
        if row >= self.arrays.n:
            return self.kinds[row - self.arrays.n]
        return str(self.arrays.assets["kind"][row].as_py())

    def _type(self, name: str) -> int:
        names = self.arrays.link_types
        if name not in names:
            raise InvalidParameter(f"unknown link type {name!r}.{suggest(name, names)}")
        return names.index(name)

    def links(self, given: Iterable[Link], removed: set[int]) -> tuple[LinkColumns, list[str]]:
        groups = list(self.arrays.groups)
        columns: list[tuple[int, int, int, int, int]] = []
        for link in given:
            kind, a, b = self._type(link.type), self._row(link.source), self._row(link.target)
            if {a, b} & removed:
                raise InvalidParameter(f"the link {_told(link)} ends at an asset that is removed")
            if not self.schema.link_types[link.type].allows(self._kind(a), self._kind(b)):
                raise InvalidParameter(
                    f"{link.type} does not go from {self._kind(a)} to {self._kind(b)}: {_told(link)}",
                    fix=self._instead(self._kind(a), self._kind(b)),
                )
            group = str(link.group or "").strip()
            if group and group not in groups:
                groups.append(group)
            try:
                need = parse_need(link.need) if str(link.need or "").strip() else NOT_GIVEN
            except ValueError as error:
                raise InvalidParameter(f"the link {_told(link)}: {error}") from None
            columns.append((a, b, kind, groups.index(group) if group else -1, need))
        table = np.array(columns, np.int32).reshape(-1, 5)
        return LinkColumns(table[:, 0], table[:, 1], table[:, 2].astype(np.uint8), table[:, 3], table[:, 4]), groups

    def _instead(self, start: str, end: str) -> str:
        """Link types that may join two kinds."""
        types = [t for t in self.schema.link_types.values() if t.name in self.arrays.link_types]
        there = [t.name for t in types if t.allows(start, end)]
        back = [t.name for t in types if t.allows(end, start)]
        if there:
            return f"From {start} to {end} goes: {', '.join(there)}."
        if back:
            return f"The other way round goes: {', '.join(back)}. A link points from what supplies to what needs."
        return f"Nothing joins {start} and {end} directly; see: twin schema kinds."

    def gone(self, given: Iterable[Link]) -> Longs:
        found: list[int] = []
        for link in given:
            kind, a, b = self._type(link.type), self.catalogue.row(link.source), self.catalogue.row(link.target)
            ends = [(a, b), (b, a)] if self.schema.link_types[link.type].mesh else [(a, b)]
            rows = [row for start, end in ends for row in self._between(start, end, kind, link.group)]
            if not rows:
                raise InvalidParameter(
                    f"there is no link {_told(link)}", fix=f"See what it has with: twin show {link.target}"
                )
            found += rows
        return np.unique(np.array(found, np.int64))

    def _between(self, start: int, end: int, kind: int, group: str) -> list[int]:
        x = self.arrays
        rows = range(int(x.out_ptr[start]), int(x.out_ptr[start + 1]))
        wanted = str(group or "").strip()
        return [
            row
            for row in rows
            if x.link_to[row] == end and x.link_type[row] == kind and (not wanted or wanted == self._group(row))
        ]

    def _group(self, row: int) -> str:
        x = self.arrays
        if x.link_group[row] >= 0:
            return x.groups[int(x.link_group[row])]
        return self.schema.link_types[x.link_types[int(x.link_type[row])]].group


def _told(link: Link) -> str:
    return f"{link.source} -{link.type}-> {link.target}" + (f" ({link.group})" if link.group else "")
