"""Link blocks of the loader ``sheet``: ends by id, by the row's own asset, or by any column of another block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from loaders.sheet_assets import NUMBER_FIX, AssetMaker, short_map
from loaders.sheet_cells import is_pattern
from loaders.sheet_options import End, LinkBlock
from loaders.sheet_rows import CellProblem, Cells, Columns, Filter
from loaders.sheet_table import Table
from twin.model import LinkRecord, Origin, Reject
from twin.schema import Schema, suggest
from twin.schema.values import ValueProblem, convert_value

#: Ids that one value of a `by` column may name before it is called ambiguous: one.
Index = dict[str, list[str]]


class LinkMaker:
    """One link block.

    Args:
        makers: asset blocks by name, which ends refer to.
        mistakes: what is wrong with columns of the mapping is added here.
    """

    def __init__(
        self,
        key: str,
        block: LinkBlock,
        table: Table,
        schema: Schema,
        makers: dict[str, AssetMaker],
        mistakes: list[str],
    ) -> None:
        self.key, self.block, self.table, self.schema, self.makers = key, block, table, schema, makers
        self.columns = Columns(table, schema, mistakes)
        self.filter = Filter(block.where, self.columns)
        self.ends = block.ends()
        for end in self.ends:
            self.columns.need([end.column])
            if end.text:
                self.columns.need_text(end.text)
            if end.asset and end.by:
                makers[end.asset].columns.need([end.by])
        for text in (block.group, block.need):
            if isinstance(text, str) and is_pattern(text):
                self.columns.need_text(text)
        self.mapped = {p: short_map(how) if isinstance(how, str) else how for p, how in block.properties.items()}
        for how in self.mapped.values():
            self.columns.need([how.column])
            self.columns.need_text(how.text)
        self.indexes: dict[tuple[str, str], Index] = {}

    def wanted(self) -> Iterator[tuple[str, str]]:
        """(asset block, column) of each look-up; the loader fills ``indexes`` with them."""
        for end in self.ends:
            if end.asset and end.by:
                yield end.asset, end.by

    def check(self) -> Iterator[Reject]:
        """A reject for a link type, property or unit that the schema does not have."""
        where, known = f"links.{self.key}", self.schema.link_properties
        if self.block.type not in self.schema.link_types:
            message = (
                f"the schema has no link type {self.block.type!r}.{suggest(self.block.type, self.schema.link_types)}"
            )
            fix = "Use a link type of the schema."
            yield self.table.reject(None, f"{where}.type", "unknown_link_type", message, fix)
        for name, how in self.mapped.items():
            if name not in known:
                message = f"the schema has no link property {name!r}.{suggest(name, known)}"
                fix = f"Use one of: {', '.join(known)}."
                yield self.table.reject(None, f"{where}.properties.{name}", "unknown_property", message, fix)
            elif how.unit:
                try:
                    convert_value(self.schema, known[name], 1.0, how.unit)
                except ValueProblem as problem:
                    column = f"{where}.properties.{name}"
                    yield self.table.reject(None, column, problem.code, str(problem), problem.fix)

    def links(self, rows: Sequence[tuple[int, Cells]]) -> tuple[list[LinkRecord | Reject], set[int]]:
        """What the rows of a chunk became, and the numbers of the rows that gave links or rejects."""
        made: list[LinkRecord | Reject] = []
        taken: set[int] = set()
        for row, cells in rows:
            before = len(made)
            try:
                if self.filter.takes(cells):
                    made += self._row(row, cells)
            except CellProblem as problem:
                made.append(self.table.reject(row, problem.column, problem.code, str(problem), problem.fix))
            if len(made) > before:
                taken.add(row)
        return made, taken

    def _row(self, row: int, cells: Cells) -> Iterator[LinkRecord | Reject]:
        starts = list(self._end(row, cells, self.ends[0]))
        ends = list(self._end(row, cells, self.ends[1]))
        # A link that cannot be made is named by the end that is known: that asset may lack its only supplier.
        start = next((s for s in starts if isinstance(s, str)), "")
        end = next((e for e in ends if isinstance(e, str)), "")
        for reject in (one for one in starts if isinstance(one, Reject)):
            yield replace(reject, link=(self.block.type, "", end))
        for reject in (one for one in ends if isinstance(one, Reject)):
            yield replace(reject, link=(self.block.type, start, ""))
        good = [(s, e) for s in starts for e in ends if isinstance(s, str) and isinstance(e, str)]
        if not good:
            return
        try:
            group, need, properties = self._said(cells)
        except CellProblem as problem:
            link = (self.block.type, *good[0])
            origin = Origin(self.table.file, row, problem.column)
            yield Reject(origin, problem.code, str(problem), problem.fix, link)
            return
        origin = Origin(self.table.file, row)
        for start, end in good:
            yield LinkRecord(start, self.block.type, end, group, need, dict(properties), origin)

    def _said(self, cells: Cells) -> tuple[str | None, str | None, dict[str, object]]:
        properties: dict[str, object] = {}
        for name, how in self.mapped.items():
            value = self.columns.value(cells, self.schema.link_properties[name], how)
            if value is not None:
                properties[name] = value
        return self._text(cells, self.block.group), self._text(cells, self.block.need), properties

    def _text(self, cells: Cells, said: str | int | None) -> str | None:
        if not isinstance(said, str):
            return None if said is None else str(said)
        if not is_pattern(said):
            return said
        text, missing = self.columns.text(cells, said)
        return None if missing else text

    def _end(self, row: int, cells: Cells, end: End) -> Iterator[str | Reject]:
        """The ids that one end means, or why it means none; nothing when the cell is empty."""
        if end.asset and end.by is None:
            maker = self.makers[end.asset]
            try:
                native = maker.native_id(cells) if maker.filter.takes(cells) else ""
            except CellProblem:
                return  # the asset itself is rejected
            if native:
                yield native
            elif self.block.required:
                message = f"the row is no asset of {end.asset}"
                yield self.table.reject(row, None, "missing_value", message, "Take it into the asset block.")
            return
        said = end.column if end.column is not None else str(end.text)
        where = end.column or said
        try:
            text, missing = self.columns.text(cells, said)
        except CellProblem as problem:
            yield self.table.reject(row, problem.column, problem.code, str(problem), problem.fix)
            return
        if missing:
            if self.block.required:
                message = f"{missing} is empty, and the link needs it"
                yield self.table.reject(row, missing, "missing_value", message, NUMBER_FIX)
            return
        parts = [p.strip() for p in text.split(end.separator)] if end.separator else [text]
        for part in parts:
            if part:
                yield self._find(row, where, end, part)

    def _find(self, row: int, column: str, end: End, value: str) -> str | Reject:
        if not end.asset or not end.by:
            return value
        found = self.indexes[end.asset, end.by].get(value, [])
        if len(found) == 1:
            return found[0]
        if found:
            message = f"{value[:60]!r} is {end.by} of several assets of {end.asset}: {', '.join(found[:3])[:200]}"
            return self.table.reject(row, column, "missing_end", message, "Look it up by a column that is unique.")
        message = f"no asset of {end.asset} has {value[:60]!r} in {end.by}"
        return self.table.reject(row, column, "missing_end", message, "Add it there, or correct the cell.")


def index_of(maker: AssetMaker, column: str) -> Index:
    """Text of *column* -> ids of the assets of a block that have it, each once, in the order of the rows."""
    made: Index = {}
    for item in maker.table.rows():
        if isinstance(item, Reject):
            continue
        _, cells = item
        try:
            if not maker.filter.takes(cells):
                continue
            native, (text, _) = maker.native_id(cells), maker.columns.text(cells, column)
        except CellProblem:
            continue
        if native and text and native not in made.setdefault(text, []):
            made[text].append(native)
    return made
