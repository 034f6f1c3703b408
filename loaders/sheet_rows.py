"""What the cells of one row mean: texts and patterns, values by the schema, and the conditions of filters."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from loaders.fields import is_absent
from loaders.sheet_cells import (
    cell_text,
    columns_of,
    fill_pattern,
    is_pattern,
    normal,
    number_text,
    read_date,
    split_unit,
)
from loaders.sheet_csv import BadCell
from loaders.sheet_options import ColumnMap, Condition, Where
from loaders.sheet_table import Table
from twin.errors import LoaderOptionError
from twin.schema import Property, Schema
from twin.schema.values import ValueProblem, convert_value, parse_number, parse_value

Cells = list[Any]


class CellProblem(ValueProblem):
    """A cell that cannot be taken: what a value problem has, and the column."""

    def __init__(self, column: str, code: str, message: str, fix: str) -> None:
        super().__init__(code, message, fix)
        self.column = column


class Columns:
    """The columns of one table by name, as one block of the mapping uses them.

    Args:
        table: the table. mistakes: what is wrong with names is added here.
    """

    def __init__(self, table: Table, schema: Schema, mistakes: list[str]) -> None:
        self.table, self.schema, self._mistakes = table, schema, mistakes
        self._places: dict[str, int] = {}

    def need(self, names: Iterable[str | None]) -> None:
        """Ask for columns before rows are read; those that are not there are mistakes."""
        for name in names:
            if name is not None and name not in self._places:
                try:  # by both spellings, so that no name is normalised row by row
                    self._places[name] = self._places[normal(name)] = self.table.place(name)
                except LoaderOptionError as error:
                    self._mistakes.append(error.detail)

    def need_text(self, said: str | None) -> None:
        """Ask for the columns of a text that is a pattern, or a column's name."""
        if said is not None:
            self.need(columns_of(said) if is_pattern(said) else [said])

    def raw(self, cells: Cells, name: str) -> Any:
        """The cell of a column; None when it is empty.

        Raises:
            CellProblem: it is damaged or holds an error.
        """
        cell = cells[self._places[name]]
        if isinstance(cell, BadCell):
            raise CellProblem(name, cell.code, cell.message, cell.fix)
        return None if is_absent(cell) else cell

    def text(self, cells: Cells, said: str) -> tuple[str, str | None]:
        """A pattern filled, or the cell of a column as text; and the column that is empty, if one is."""
        if is_pattern(said):
            return fill_pattern(said, lambda name: self.raw(cells, name))
        text = cell_text(self.raw(cells, said))
        return text, None if text else said

    def number(self, cells: Cells, name: str) -> float | None:
        """The cell of a column as a number.

        Raises:
            CellProblem: it is none.
        """
        raw = self.raw(cells, name)
        if raw is None:
            return None
        try:
            return parse_number(name, self._plain(name, raw))
        except ValueProblem as problem:
            raise CellProblem(name, problem.code, str(problem), problem.fix) from problem

    def date(self, cells: Cells, name: str, form: str | None = None) -> dt.datetime | dt.date | None:
        """The cell of a column as a date, with the time zone of the table.

        Raises:
            CellProblem: it is none.
        """
        options = self.table.options
        try:
            return read_date(name, self.raw(cells, name), form or options.dates, options.timezone)
        except CellProblem:
            raise
        except ValueProblem as problem:
            raise CellProblem(name, problem.code, str(problem), problem.fix) from problem

    def value(self, cells: Cells, prop: Property, how: ColumnMap) -> Any:
        """What a property gets from a row; None when it is absent.

        Raises:
            CellProblem: the cell does not fit.
        """
        where = how.column or (columns_of(how.text or "") or [prop.name])[0]
        try:
            if how.date and how.column:
                made = self.date(cells, how.column, None if how.date == "iso" else how.date)
                raw: Any = None if made is None else made.isoformat()
            elif how.column:
                raw = self.raw(cells, how.column)
            elif how.text:
                raw, missing = self.text(cells, how.text)
                raw = None if missing else raw
            else:
                raw = how.value
            return None if raw is None else self._convert(prop, how, raw)
        except CellProblem:
            raise
        except ValueProblem as problem:
            raise CellProblem(where, problem.code, str(problem), problem.fix) from problem

    def _convert(self, prop: Property, how: ColumnMap, raw: Any) -> Any:
        number = prop.type in ("number", "integer")
        if how.several and isinstance(raw, str):
            raw = self._one_of(how, raw)
        if how.values is not None:
            word = cell_text(raw)
            if word not in how.values:
                message = f"{word[:60]!r} is not among the words that the mapping translates to {prop.name}"
                fix = f"Add it to `values`, which knows {', '.join(how.values)[:200]}."
                raise ValueProblem("wrong_type", message, fix)
            raw = how.values[word]
        unit = how.unit
        if number and isinstance(raw, str):
            raw, own = split_unit(raw, self.schema.units)
            unit = own or unit
            raw = self._plain(how.column or prop.name, raw)
        if unit and not is_absent(raw):
            raw = convert_value(self.schema, prop, parse_number(prop.name, raw), unit)
        if isinstance(raw, dt.datetime) and raw.tzinfo is None and self.table.options.timezone:
            raw = raw.replace(tzinfo=ZoneInfo(self.table.options.timezone))
        return parse_value(prop, cell_text(raw) if prop.type in ("string", "enum") else raw)

    def _one_of(self, how: ColumnMap, raw: str) -> Any:
        decimal = self.table.options.decimal
        parts = [p.strip() for p in re.split("[;/]" if decimal == "," else "[;/,]", raw) if p.strip()]
        if not parts or how.several == "first":
            return parts[0] if parts else None
        numbers = [parse_number(how.column or "", number_text(how.column or "", p, decimal)) for p in parts]
        return max(numbers) if how.several == "max" else min(numbers)

    def _plain(self, name: str, raw: Any) -> Any:
        if not isinstance(raw, str):
            return raw
        place = self._places.get(name)
        return number_text(name, raw, self.table.decimal(place) if place is not None else self.table.options.decimal)


class Filter:
    """The conditions of a block: whether it takes a row."""

    def __init__(self, where: Where, columns: Columns) -> None:
        columns.need(where)
        self._columns = columns
        self._tests = [self._test(name, wanted) for name, wanted in where.items()]

    def takes(self, cells: Cells) -> bool:
        """Whether all conditions hold.

        Raises:
            CellProblem: a cell is no number or date where one is compared.
        """
        return all(test(cells) for test in self._tests)

    def _test(self, name: str, wanted: Any) -> Callable[[Cells], bool]:
        columns = self._columns
        if not isinstance(wanted, Condition):
            words = _words(wanted)
            return lambda cells: cell_text(columns.raw(cells, name)) in words
        tests: list[Callable[[Cells], bool]] = []
        if wanted.is_ is not None:
            good = _words(wanted.is_)
            tests.append(lambda cells: cell_text(columns.raw(cells, name)) in good)
        if wanted.not_ is not None:
            bad = _words(wanted.not_)
            tests.append(lambda cells: cell_text(columns.raw(cells, name)) not in bad)
        if wanted.empty is not None:
            tests.append(lambda cells: (columns.raw(cells, name) is None) == wanted.empty)
        for bound, sign in ((wanted.min, 1), (wanted.max, -1)):
            if bound is not None:
                tests.append(self._bound(name, bound, sign))
        return lambda cells: all(test(cells) for test in tests)

    def _bound(self, name: str, bound: float | str, sign: int) -> Callable[[Cells], bool]:
        columns = self._columns
        if isinstance(bound, str):
            try:
                day = dt.date.fromisoformat(bound[:10])
            except ValueError:
                raise LoaderOptionError(
                    f"where: {bound!r} is neither a number nor a date", fix="Write a date as 2026-01-31."
                ) from None

            def by_date(cells: Cells) -> bool:
                at = columns.date(cells, name)
                if at is None:
                    return False
                at = at.date() if isinstance(at, dt.datetime) else at
                return at >= day if sign > 0 else at <= day

            return by_date

        def by_number(cells: Cells) -> bool:
            number = columns.number(cells, name)
            return number is not None and (number - bound) * sign >= 0

        return by_number


def _words(wanted: Any) -> set[str]:
    return {cell_text(word) for word in (wanted if isinstance(wanted, list) else [wanted])}
