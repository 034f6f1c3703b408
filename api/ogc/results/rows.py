"""Answers that are a list of assets: criticality, screens, dependents, what is exposed, and whatever is to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.ogc.columns import Column
from api.ogc.results.table import Nodes

#: Columns that every row about an asset has already.
KNOWN = ("id", "kind", "domain")


def nodes(answer: Mapping[str, Any]) -> Nodes | None:
    """The lists of assets that an answer has, with all that they say of them; None where it has none."""
    lists = {name: value for name, value in answer.items() if _about_assets(value)}
    if not lists:
        return None
    told = [(name, row) for name, rows in lists.items() for row in rows]
    values: dict[str, list[Any]] = {"list": [name for name, _ in told]}
    columns = [Column("list", "enum", "Which list of the answer it is from.", values=tuple(lists))]
    for key in dict.fromkeys(key for _, row in told for key in row if key not in (*KNOWN, "list")):
        column, kind = _typed([row.get(key) for _, row in told])
        if kind is not None:
            columns.append(Column(key, kind, "As in the answer."))
            values[key] = column
    return Nodes(f"The answer's {' and '.join(lists)}.", [row["id"] for _, row in told], columns, values)


def _about_assets(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) and "id" in row for row in value)


def _typed(values: Sequence[Any]) -> tuple[list[Any], str | None]:
    """A column and its type; lists of words become one text, and what is deeper is left to the answer itself."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, list) and all(isinstance(word, str) for word in value) for value in known) and known:
        return [None if value is None else ", ".join(value) for value in values], "string"
    if any(isinstance(value, dict | list) for value in known):
        return [], None
    if all(isinstance(value, bool) for value in known):
        return list(values), "boolean" if known else "string"
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        whole = all(isinstance(value, int) for value in known)
        return [value if value is None or whole else float(value) for value in values], "integer" if whole else "number"
    return [None if value is None else str(value) for value in values], "string"
