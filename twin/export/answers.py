"""The main table of each answer: what a CSV, an Arrow stream or a layer of it holds, from its JSON document.

An answer has one table that people want as a table (what is affected, the ranking, the routes) and much that is said
beside it. Saved answers are documents too, so a layer of an old result is the same as one of a new result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

Row = Mapping[str, Any]
Document = Mapping[str, Any]
Types = dict[str, pa.DataType]

TEXT, NUMBER, COUNT, YES = pa.string(), pa.float64(), pa.int64(), pa.bool_()
TEXTS = pa.list_(TEXT)
#: From, to in seconds; null is not back.
SPELLS = pa.list_(pa.list_(NUMBER))
GATES = pa.list_(
    pa.struct({"service": TEXT, "group": TEXT, "need": COUNT, "have": COUNT, "failed_members": TEXTS}.items())
)
ASSET: Types = {"id": TEXT, "kind": TEXT, "domain": TEXT, "name": TEXT}
AFFECTED: Types = ASSET | {
    "verdict": TEXT,
    "flags": TEXTS,
    "time_s": NUMBER,
    "outages": SPELLS,
    "hop": COUNT,
    "lost": GATES,
}


@dataclass(frozen=True)
class Main:
    """The main table of one kind of answer.

    Attributes:
        members: of the document that the rows are made of; all others are said beside the table.
        columns: name -> type of the columns that are always there, also when no row has a value.
        rows: makes the rows of a document; further members of a row become further columns.
        at: the column that says where a row is: an asset's id, or a list of them; None when rows have no place.
    """

    members: tuple[str, ...]
    columns: Types
    rows: Callable[[Document], Iterable[Row]]
    at: str | None = "id"

    def beside(self, document: Document) -> dict[str, Any]:
        """What the document says beside the table."""
        return {name: value for name, value in document.items() if name not in self.members}

    def table(self, document: Document) -> pa.Table:
        """The rows of the document as columns."""
        return table_of(list(self.rows(document)), self.columns)


def table_of(rows: Sequence[Row], columns: Types) -> pa.Table:
    """Rows as columns: those of *columns*, then what else the rows have, in the order in which it is met.

    A further column whose values Arrow finds no type for (text here, a number there) is JSON text.
    """
    made = {name: pa.array([_cell(row.get(name), kind) for row in rows], kind) for name, kind in columns.items()}
    for name in dict.fromkeys(name for row in rows for name in row if name not in columns):
        made[name] = _array([row.get(name) for row in rows])
    return pa.table(made)


def _cell(value: Any, kind: pa.DataType) -> Any:
    """*value* as its column takes it: an object in a column of text is JSON."""
    return orjson.dumps(value).decode() if kind == TEXT and isinstance(value, dict | list) else value


def _array(values: list[Any]) -> pa.Array:
    try:
        found = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        found = pa.array([None if value is None else orjson.dumps(value).decode() for value in values], TEXT)
    return found.cast(TEXT) if pa.types.is_null(found.type) else found


def _members(*names: str) -> Callable[[Document], Iterable[Row]]:
    def rows(document: Document) -> Iterable[Row]:
        for name in names:
            yield from document[name]

    return rows


def _compared(document: Document) -> Iterable[Row]:
    """One row per asset that either event affects; ``affected_by`` is a, b or both."""
    for by, member in (("a", "only_a"), ("b", "only_b"), ("both", "both")):
        for entry in document[member]:
            sides = {s: entry[s] for s in "ab"} if by == "both" else {by: entry}
            row = {**{name: entry[name] for name in ASSET}, "affected_by": by}
            for side in "ab":
                row[f"verdict_{side}"] = sides[side]["verdict"] if side in sides else "unaffected"
                row[f"time_{side}_s"] = sides[side]["time_s"] if side in sides else None
            yield {**row, "worse_in": entry.get("worse_in", by), "delta_s": entry.get("delta_s")}


def _single_points(document: Document) -> Iterable[Row]:
    for how in ("down", "interrupted"):
        yield from ({"takes_down": how, **row} for row in document[how])


def _rounds(document: Document) -> Iterable[Row]:
    """One row per asset: its round, none for what operates and does not start."""
    for number, names in enumerate(document["rounds"], document["first_round"] + 1):
        yield from ({"id": name, "round": number} for name in names)
    yield from ({"id": name, "round": None} for name in document["stuck"])


def _cores(document: Document) -> Iterable[Row]:
    """One row per asset of a core."""
    for number, core in enumerate(document["items"], 1):
        places = set(core["places"])
        for name in core["assets"]:
            yield {"id": name, "core": number, "stage": core["stage"], "place": name in places}


def _sets(document: Document) -> Iterable[Row]:
    yield from ({"order": len(row["assets"]), **row} for row in document["sets"])


def _routes(document: Document) -> Iterable[Row]:
    """One row for each asset of each route."""
    for number, route in enumerate(document["routes"], 1):
        yield from ({"route": number, "place": place, **row} for place, row in enumerate(route["assets"]))


def _conflicts(document: Document) -> Iterable[Row]:
    """The rows with the value that counts and those of the others as text."""
    for row in document["items"]:
        said = {value["source"]: value["value"] for value in row["values"]}
        others = {source: value for source, value in said.items() if source != row["taken"]}
        own = {name: row[name] for name in ("asset", "kind", "property", "taken", "distance_m")}
        yield {**own, "value": _said(said.get(row["taken"])), "others": orjson.dumps(others).decode()}


def _said(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _complete(document: Document) -> Iterable[Row]:
    """The rows with their parts as columns."""
    for row in document["items"]:
        parts = {
            column: value
            for name, part in row["parts"].items()
            for column, value in ((name, part["share"]), (f"{name}_have", part["have"]), (f"{name}_of", part["of"]))
        }
        missing = [one["property"] for one in row.get("missing", ())]
        own = {name: row[name] for name in ("source", "kind", "domain", "assets", "score")}
        yield {**own, **parts, "missing": missing}


_ITEMS = _members("items")
_WALK = Main(("items",), ASSET | {"hop": COUNT, "parent": TEXT, "service": TEXT, "group": TEXT}, _ITEMS)

#: Question -> its main table. The names are those of the questions of ``Twin``, of saved results and of the API.
MAIN: dict[str, Main] = {
    "assets": Main(("items",), ASSET | {"lon": NUMBER, "lat": NUMBER, "status": TEXT}, _ITEMS),
    "dependencies": _WALK,
    "dependents": _WALK,
    "impact": Main(("affected",), AFFECTED, _members("affected")),
    "timeline": Main(
        ("events",),
        ASSET | {"time_s": NUMBER, "what": TEXT, "service": TEXT, "group": TEXT, "by": TEXTS, "until_s": NUMBER},
        _members("events"),
    ),
    "explain": Main(("proof",), AFFECTED, _members("proof")),
    "compare": Main(
        ("only_a", "only_b", "both"),
        ASSET
        | {
            "affected_by": TEXT,
            "verdict_a": TEXT,
            "time_a_s": NUMBER,
            "verdict_b": TEXT,
            "time_b_s": NUMBER,
            "worse_in": TEXT,
            "delta_s": NUMBER,
        },
        _compared,
    ),
    "criticality": Main(("items",), ASSET | {"assets": COUNT, "lost": NUMBER}, _ITEMS),
    "single-points-of-failure": Main(
        ("down", "interrupted"), {"takes_down": TEXT} | ASSET | {"outages": SPELLS}, _single_points
    ),
    "exposed": Main(("exposed",), ASSET | {"count": COUNT, "failures": TEXTS}, _members("exposed")),
    "screen": Main(
        ("items",),
        {"scenario": TEXT, "failed": COUNT, "assets": COUNT, "lost": NUMBER, "failed_ids": TEXTS},
        _ITEMS,
        at="failed_ids",
    ),
    "cold-start": Main(("rounds", "stuck"), ASSET | {"round": COUNT}, _rounds),
    "deadlocks": Main(("items",), ASSET | {"core": COUNT, "stage": COUNT, "place": YES}, _cores),
    "cut-sets": Main(("sets",), {"order": COUNT, "probability": NUMBER, "assets": TEXTS}, _sets, at="assets"),
    "paths": Main(("routes",), {"route": COUNT, "place": COUNT} | ASSET, _routes),
    "mesh": Main(
        ("cuts",),
        ASSET
        | {
            "role": TEXT,
            "pieces": COUNT,
            "isolated_nodes": COUNT,
            "isolated_assets": COUNT,
            "isolated_demand_mw": NUMBER,
            "isolated_customers": NUMBER,
        },
        _members("cuts"),
    ),
    "dominators": Main(
        ("items",), ASSET | {"dominated_by": TEXT, "lost": COUNT, "demand_mw": NUMBER, "customers": NUMBER}, _ITEMS
    ),
    "conflicts": Main(
        ("items",),
        {
            "asset": TEXT,
            "kind": TEXT,
            "property": TEXT,
            "taken": TEXT,
            "distance_m": NUMBER,
            "value": TEXT,
            "others": TEXT,
        },
        _conflicts,
        at="asset",
    ),
    "findings": Main(
        ("items",),
        {"code": TEXT, "severity": TEXT, "message": TEXT, "fix": TEXT, "assets": TEXTS, "count": COUNT},
        _ITEMS,
        at="assets",
    ),
    "finding-counts": Main(
        ("items",),
        {"source": TEXT, "kind": TEXT, "code": TEXT, "severity": TEXT, "findings": COUNT, "assets": COUNT},
        _ITEMS,
        at=None,
    ),
    "events": Main(
        ("items",),
        {"id": TEXT, "name": TEXT, "note": TEXT, "event": TEXT, "made_at": TEXT, "made_by": TEXT},
        _ITEMS,
        at=None,
    ),
    "results": Main(
        ("items",),
        {
            "id": TEXT,
            "name": TEXT,
            "note": TEXT,
            "question": TEXT,
            "asked": TEXT,
            "revision": COUNT,
            "made_at": TEXT,
            "made_by": TEXT,
            "size": COUNT,
        },
        _ITEMS,
        at=None,
    ),
    "jobs": Main(
        ("items",),
        {
            "id": TEXT,
            "kind": TEXT,
            "state": TEXT,
            "step": TEXT,
            "done": COUNT,
            "total": COUNT,
            "cancelling": YES,
            "question": TEXT,
            "asked": TEXT,
            "result": TEXT,
            "error": TEXT,
            "made_at": TEXT,
            "started_at": TEXT,
            "finished_at": TEXT,
            "made_by": TEXT,
        },
        _ITEMS,
        at=None,
    ),
    "uploads": Main(
        ("items",),
        {
            "id": TEXT,
            "name": TEXT,
            "size": COUNT,
            "loader": TEXT,
            "source": TEXT,
            "job": TEXT,
            "run": TEXT,
            "made_at": TEXT,
            "made_by": TEXT,
        },
        _ITEMS,
        at=None,
    ),
    "subscriptions": Main(
        ("items",),
        {
            "id": TEXT,
            "name": TEXT,
            "question": TEXT,
            "asked": TEXT,
            "webhook": TEXT,
            "revision": COUNT,
            "made_at": TEXT,
            "made_by": TEXT,
        },
        _ITEMS,
        at=None,
    ),
    "imports": Main(("items",), {"id": TEXT, "source": TEXT, "loader": TEXT, "status": TEXT}, _ITEMS, at=None),
    "completeness": Main(
        ("items",),
        {"source": TEXT, "kind": TEXT, "domain": TEXT, "assets": COUNT, "score": NUMBER},
        _complete,
        at=None,
    ),
}
