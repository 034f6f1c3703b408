"""Asset blocks of the loader ``sheet``: rows as assets, with places in any reference system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from loaders.places import PlaceProblem, check_shapes, parse_point, parse_wkt, to_wgs84
from loaders.sheet_cells import is_pattern
from loaders.sheet_options import AssetBlock, ColumnMap, KindMap
from loaders.sheet_rows import CellProblem, Cells, Columns, Filter
from loaders.sheet_table import Table
from twin.model import AssetRecord, Origin, Reject
from twin.schema import Schema, suggest
from twin.schema.values import ValueProblem, convert_value

NUMBER_FIX = "Give every row a value there, or leave the row out with `where`."


@dataclass
class Draft:
    """A row on its way to an asset: its problems, and its place as it stands in the row."""

    row: int
    record: AssetRecord
    problems: list[Reject] = field(default_factory=list)
    place: Any = None


class AssetMaker:
    """One asset block.

    Args:
        mistakes: what is wrong with columns of the mapping is added here.
    """

    def __init__(self, key: str, block: AssetBlock, table: Table, schema: Schema, mistakes: list[str]) -> None:
        self.key, self.block, self.table, self.schema = key, block, table, schema
        self.columns = Columns(table, schema, mistakes)
        self.filter = Filter(block.where, self.columns)
        self.columns.need_text(block.id)
        self.columns.need_text(block.name)
        self.columns.need([block.lon, block.lat, block.wkt])
        if isinstance(block.kind, KindMap):
            self.columns.need([block.kind.column])
        self.mapped = {p: short_map(how) if isinstance(how, str) else how for p, how in block.properties.items()}
        for how in self.mapped.values():
            self.columns.need([how.column])
            self.columns.need_text(how.text)
        self.kinds = [block.kind] if isinstance(block.kind, str) else list(dict.fromkeys(block.kind.values.values()))
        self._known = {kind: schema.kind_properties(kind) for kind in self.kinds if kind in schema.kinds}
        self._first: dict[str, tuple[int, AssetRecord]] = {}
        self._transform: Any = None
        self._crs_problem: PlaceProblem | None = None
        if block.crs:
            try:
                self._transform = to_wgs84(block.crs)
            except PlaceProblem as problem:
                self._crs_problem = problem

    def check(self) -> Iterator[Reject]:
        """A reject for each kind, property, unit and reference system of the block that cannot be."""
        where = f"assets.{self.key}"
        if self._crs_problem is not None:
            yield self._mistake(f"{where}.crs", "wrong_crs", str(self._crs_problem), self._crs_problem.fix)
        for kind in self.kinds:
            if kind not in self.schema.kinds:
                message = f"the schema has no kind {kind!r}.{suggest(kind, self.schema.kinds)}"
                yield self._mistake(f"{where}.kind", "unknown_kind", message, "Use a kind of the schema.")
        for name, how in self.mapped.items():
            having = [known[name] for known in self._known.values() if name in known]
            if not having and self._known:
                known = sorted({p for props in self._known.values() for p in props})
                message = f"the kind {' or '.join(self.kinds)} has no property {name!r}.{suggest(name, known)}"
                fix = "Use a property of the kind, or declare one in a schema file of your own."
                yield self._mistake(f"{where}.properties.{name}", "unknown_property", message, fix)
            if having and how.unit:
                try:
                    convert_value(self.schema, having[0], 1.0, how.unit)
                except ValueProblem as problem:
                    yield self._mistake(f"{where}.properties.{name}", problem.code, str(problem), problem.fix)

    def native_id(self, cells: Cells) -> str:
        """The id of a row's asset; empty when a column of it is.

        Raises:
            CellProblem: a cell of it is damaged.
        """
        text, missing = self.columns.text(cells, self.block.id)
        return "" if missing else text

    def assets(self, rows: Sequence[tuple[int, Cells]]) -> tuple[list[AssetRecord | Reject], set[int]]:
        """What the rows of a chunk became, and the numbers of the rows that the block took."""
        drafts = []
        taken: set[int] = set()
        for row, cells in rows:
            draft = self._draft(row, cells)
            if draft is not None:
                drafts.append(draft)
                taken.add(row)
        self._places(drafts)
        made: list[AssetRecord | Reject] = []
        for draft in drafts:
            made += draft.problems or self._once(draft)
        return made, taken

    def _draft(self, row: int, cells: Cells) -> Draft | None:
        draft = Draft(row, AssetRecord("", "", origin=Origin(self.table.file, row)))
        try:
            if not self.filter.takes(cells):
                return None
        except CellProblem as problem:
            draft.problems.append(self._reject(row, problem))
            return draft
        record = draft.record
        for step in (self._identify, self._describe, self._locate):
            try:
                step(draft, cells)
            except CellProblem as problem:
                draft.problems.append(self._reject(row, problem))
        if record.kind in self._known:
            for name, how in self.mapped.items():
                prop = self._known[record.kind].get(name)
                try:
                    if prop is None:
                        self._not_its(record.kind, name, how, cells)
                    elif (value := self.columns.value(cells, prop, how)) is not None:
                        record.properties[name] = value
                except CellProblem as problem:
                    draft.problems.append(self._reject(row, problem))
        return draft

    def _identify(self, draft: Draft, cells: Cells) -> None:
        text, missing = self.columns.text(cells, self.block.id)
        if missing:
            raise CellProblem(missing, "missing_value", f"{missing} is empty, and the id needs it", NUMBER_FIX)
        draft.record.id = text

    def _describe(self, draft: Draft, cells: Cells) -> None:
        kind = self.block.kind
        if isinstance(kind, str):
            draft.record.kind = kind
        else:
            word, _ = self.columns.text(cells, kind.column)
            if word not in kind.values:
                code = "unknown_kind" if word else "missing_value"
                message = f"{word[:60]!r} is not among the words that the mapping translates to kinds"
                fix = f"Add it to assets.{self.key}.kind.values, or leave such rows out with `where`."
                raise CellProblem(kind.column, code, message, fix)
            draft.record.kind = kind.values[word]
        if self.block.name:
            name, missing = self.columns.text(cells, self.block.name)
            draft.record.name = None if missing else name or None

    def _locate(self, draft: Draft, cells: Cells) -> None:
        block = self.block
        if block.wkt:
            draft.place = self.columns.text(cells, block.wkt)[0] or None
        elif block.lon and block.lat:
            x, y = self.columns.number(cells, block.lon), self.columns.number(cells, block.lat)
            if (x is None) != (y is None):
                missing, other = (block.lon, block.lat) if x is None else (block.lat, block.lon)
                message = f"{other} is given without {missing}"
                raise CellProblem(missing, "missing_value", message, "Give both, or neither.")
            draft.place = None if x is None else (x, y)

    def _not_its(self, kind: str, name: str, how: ColumnMap, cells: Cells) -> None:
        """A property that other kinds of the block have: its cell must be empty here."""
        if how.column and self.columns.raw(cells, how.column) is not None:
            message = f"a {kind} has no property {name!r}, and the cell is not empty"
            raise CellProblem(how.column, "unknown_property", message, "Map these rows in a block of their own.")

    def _places(self, drafts: list[Draft]) -> None:
        found = [draft for draft in drafts if draft.place is not None and not draft.problems]
        if not found:
            return
        block = self.block
        column = block.wkt or block.lon or ""
        if self._transform is None and block.lon and block.lat:
            for draft in found:
                try:
                    draft.record.geometry = parse_point(draft.place[0], draft.place[1], (block.lon, block.lat))
                except PlaceProblem as problem:
                    fix = problem.fix + ("" if block.crs else f" Or set assets.{self.key}.crs.")
                    draft.problems.append(
                        self._bad(draft.row, problem.column or column, problem.code, str(problem), fix)
                    )
            return
        if self._transform is None:
            taken = parse_wkt([draft.place for draft in found])
        else:
            with np.errstate(all="ignore"):
                shapes = (
                    shapely.from_wkt([d.place for d in found], on_invalid="ignore")
                    if block.wkt
                    else shapely.points(np.array([d.place for d in found], dtype=np.float64))
                )
                lost = set(np.flatnonzero(shapely.is_missing(shapes)).tolist())
                taken = check_shapes(shapely.transform(shapes, self._transform), code="wrong_crs")
            for number in lost:
                fix = "Write it like POINT (9.5 52.3) or LINESTRING (9.5 52.3, 9.1 52.5)."
                taken.problems[number] = PlaceProblem("bad_geometry", column, "it is no geometry in WKT", fix)
        for number, draft in enumerate(found):
            bad = taken.problems.get(number)
            draft.record.geometry = taken.wkb[number]
            if bad is not None:
                code = "wrong_crs" if bad.code == "not_finite" and self._transform is not None else bad.code
                fix = f"Check assets.{self.key}.crs and the order of lon and lat." if code == "wrong_crs" else bad.fix
                draft.problems.append(self._bad(draft.row, column, code, str(bad), fix))

    def _once(self, draft: Draft) -> list[AssetRecord | Reject]:
        """The asset, unless an earlier row gave the same and the block allows that."""
        record = draft.record
        if self.block.repeated == "reject":
            return [record]
        row, first = self._first.setdefault(record.id, (draft.row, record))
        if first is record:
            return [record]
        ours, theirs = ({"kind": r.kind, "name": r.name, "place": r.geometry, **r.properties} for r in (record, first))
        differing = [key for key in {**theirs, **ours} if ours.get(key) != theirs.get(key)]
        if not differing:
            return []
        message = f"{record.id!r} differs from row {row} in {', '.join(differing)}"
        fix = "Mend the rows so that they agree, or map only what they agree on."
        return [self._bad(draft.row, None, "conflicting_value", message, fix)]

    def _reject(self, row: int, problem: CellProblem) -> Reject:
        return self._bad(row, problem.column, problem.code, str(problem), problem.fix)

    def _bad(self, row: int, column: str | None, code: str, message: str, fix: str) -> Reject:
        return self.table.reject(row, column, code, message, fix)

    def _mistake(self, where: str, code: str, message: str, fix: str) -> Reject:
        return self.table.reject(None, where, code, message, fix)


def short_map(text: str) -> ColumnMap:
    """A property that is said by a text alone: a column, or a pattern when it has braces."""
    return ColumnMap(text=text) if is_pattern(text) else ColumnMap(column=text)
