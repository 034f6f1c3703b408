"""Links that are like most links, planned thousands at a time; what is not goes one by one (:mod:`twin.ingest.ends`).

A block is planned here only if each of its links has ends in this import, is allowed, carries no property and occurs
once. The result is the same as one by one; a test holds them to that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import repeat
from typing import Any, NamedTuple

from twin.ingest.known import AssetIndex
from twin.ingest.rows import link_hash, link_keys
from twin.schema import Schema


class Ready(NamedTuple):
    """Links ready to be compared with the store, as columns."""

    starts: list[str]
    types: Sequence[str]
    ends: list[str]
    groups: Sequence[str | None]
    needs: Sequence[str | None]
    keys: list[str]
    files: Sequence[str]
    rows: Sequence[int | None]

    def made(self) -> list[tuple[Any, ...]]:
        """The links as plain :class:`twin.ingest.rows.LinkRow` tuples."""
        hashes = {need: link_hash(need, {}) for need in set(self.needs)}
        contents = [hashes[need] for need in self.needs]
        head = (self.starts, self.types, self.ends, self.groups, self.needs)
        return list(zip(*head, repeat({}), self.keys, contents, self.files, self.rows, strict=False))


class Blocks:
    """Recognises blocks of plain links.

    Args:
        schema: the vocabulary. index: the assets of this import.
    """

    def __init__(self, schema: Schema, index: AssetIndex) -> None:
        self._schema = schema
        self._index = index
        self._allowed: dict[tuple[str, int, int], bool] = {}

    def ready(self, source: str, raw: Sequence[tuple[Any, ...]], seen: set[str]) -> Ready | None:
        """The links of *raw* (plain ``RawLink`` tuples) with their keys, None if one needs a look of its own.

        Args:
            seen: keys of the source's links so far; those of the block are added.
        """
        froms, types, tos, groups, needs, properties, files, rows = zip(*raw, strict=True)
        if any(properties):
            return None
        prefix = f"{source}:"
        starts, ends = [prefix + text for text in froms], [prefix + text for text in tos]
        start_kinds, end_kinds = self._index.codes(starts), self._index.codes(ends)
        if start_kinds is None or end_kinds is None:
            return None
        if not all(map(self._allows, set(zip(types, start_kinds, end_kinds, strict=True)))):
            return None
        keys = link_keys(starts, types, ends, groups)
        if len(set(keys)) < len(keys) or not seen.isdisjoint(keys):
            return None
        seen.update(keys)
        return Ready(starts, types, ends, groups, needs, keys, files, rows)

    def _allows(self, ends: tuple[str, int, int]) -> bool:
        allowed = self._allowed.get(ends)
        if allowed is None:
            type_, start, end = ends
            kinds = self._index.kind_of(start), self._index.kind_of(end)
            allowed = self._allowed[ends] = self._schema.link_types[type_].allows(*kinds)
        return allowed


def by_type(rows: Sequence[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    """Plain link rows by their type."""
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        found[row[1]].append(row)
    return found
