"""Reading the table format (``assets.csv`` and ``links.csv``, design §7) into columns, without a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import SourceUnreadable
from twin.model import Finding, Origin
from twin.schema import Property, Schema, parse_need, suggest
from twin.schema.values import ValueProblem, parse_value
from twin.snapshot.cells import SHOWN, Notes, parsed, read_csv
from twin.snapshot.geometry import read_geometry
from twin.snapshot.measured import MEASURES

ARROW_TYPES = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "enum": pa.string(),
}
ASSET_COLUMNS = ("id", "kind", "name", "lon", "lat", "wkt")
LINK_COLUMNS = ("from", "type", "to", "group", "need")
UNKNOWN_KIND = "unknown"


def read_folder(folder: Path, schema: Schema, strict: bool = False) -> tuple[pa.Table, pa.Table, list[Finding]]:
    """Assets and links of a folder as :func:`twin.snapshot.build.build` takes them, and findings.

    Args:
        folder: holds ``assets.csv`` and ``links.csv``.
        strict: unknown kinds, properties and ends are errors, as on import; else they are findings.

    Raises:
        SourceUnreadable: a file is missing or no CSV. TableError: rows have errors; all of them at once.
    """
    missing = [name for name in ("assets.csv", "links.csv") if not (folder / name).exists()]
    if missing:
        what = f"{folder} has no {' and no '.join(missing)}" if folder.is_dir() else f"{folder} is no folder"
        raise SourceUnreadable(
            what,
            fix="A folder of tables has assets.csv (id, kind, ...) and links.csv (from, type, to).",
        )
    notes = Notes(strict)
    raw_assets = read_csv(folder / "assets.csv", ("id", "kind"))
    raw_links = read_csv(folder / "links.csv", ("from", "type", "to"))
    assets = _assets(raw_assets, schema, notes)
    assets, links = _links(raw_links, assets, schema, notes)
    notes.done()
    return assets, links, notes.findings


def _assets(raw: pa.Table, schema: Schema, notes: Notes) -> pa.Table:
    file = "assets.csv"
    ids = pc.utf8_trim_whitespace(raw["id"]).combine_chunks()
    _check_ids(ids, notes)
    kinds = pc.utf8_trim_whitespace(raw["kind"]).combine_chunks()
    for blank in np.flatnonzero(pc.is_null(kinds).to_numpy(zero_copy_only=False)):
        notes.reject(
            Origin(file, int(blank) + 2, "kind"),
            "missing_value",
            "the asset has no kind",
            "Give a kind of the schema.",
        )
    for kind in pc.unique(kinds).drop_null().to_pylist():
        if kind not in schema.kinds:
            row = int(pc.index(kinds, kind).as_py()) + 2
            count = int(pc.sum(pc.equal(kinds, kind)).as_py())
            notes.lenient(
                Origin(file, row, "kind"),
                "unknown_kind",
                f"unknown kind {kind!r}.{suggest(kind, schema.kinds)}",
                "Use a kind of the schema, or add it in a schema file.",
                count=count,
            )
    columns: dict[str, Any] = {"id": ids, "kind": kinds.fill_null(UNKNOWN_KIND)}
    columns["name"] = raw["name"].combine_chunks() if "name" in raw.column_names else pa.nulls(len(ids), pa.string())
    lon, lat, geometry = read_geometry(raw, notes)
    columns |= {"lon": lon, "lat": lat, "geometry": geometry}
    for name in raw.column_names:
        if name in ASSET_COLUMNS or not name:
            continue
        prop = schema.properties.get(name)
        if prop is None:
            notes.lenient(
                Origin(file, 1, name),
                "unknown_property",
                f"unknown property {name!r}.{suggest(name, schema.properties)}",
                "Use a property of the schema, or add it in a schema file.",
            )
            columns[name] = raw[name].combine_chunks()
        else:
            columns[name] = _property(raw[name], prop, file, notes)
            _check_owner(columns[name], kinds, prop, schema, notes)
    return pa.table(columns)


def _property(column: pa.ChunkedArray, prop: Property, file: str, notes: Notes) -> pa.Array:
    def bad(row: int, problem: ValueProblem) -> None:
        notes.reject(Origin(file, row + 2, prop.name), problem.code, str(problem), problem.fix)

    return parsed(column, lambda text: parse_value(prop, text), ARROW_TYPES[prop.type], bad)


def _check_ids(ids: pa.Array, notes: Notes) -> None:
    empty = pc.or_kleene(pc.is_null(ids), pc.equal(ids, "")).fill_null(True)
    for row in np.flatnonzero(empty.to_numpy(zero_copy_only=False)):
        notes.reject(
            Origin("assets.csv", int(row) + 2, "id"),
            "missing_value",
            "the asset has no id",
            "Give every asset an id.",
        )
    coded = ids.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    seen, first, count = np.unique(coded, return_index=True, return_counts=True)
    for code, row in zip(seen[count > 1], first[count > 1], strict=True):
        if code >= 0:
            again = int(np.flatnonzero(coded == code)[1])
            notes.reject(
                Origin("assets.csv", again + 2, "id"),
                "duplicate_id",
                f"id {ids[int(row)].as_py()!r} stands in row {int(row) + 2} too",
                "Give every asset an id of its own.",
            )


def _check_owner(values: pa.Array, kinds: pa.Array, prop: Property, schema: Schema, notes: Notes) -> None:
    """A property that the schema knows, on a kind that does not have it."""
    if prop.common or values.null_count == len(values):
        return
    for kind in pc.unique(kinds.filter(pc.is_valid(values))).drop_null().to_pylist():
        if kind in schema.kinds and prop.name not in schema.kinds[kind].properties:
            chosen = pc.and_(pc.equal(kinds, kind), pc.is_valid(values))
            row = int(pc.index(chosen, True).as_py()) + 2
            notes.lenient(
                Origin("assets.csv", row, prop.name),
                "unknown_property",
                f"{kind} has no property {prop.name!r}",
                "Leave the cell empty, or add the property to the kind in a schema file.",
                count=int(pc.sum(chosen).as_py()),
            )


def _links(raw: pa.Table, assets: pa.Table, schema: Schema, notes: Notes) -> tuple[pa.Table, pa.Table]:
    file = "links.csv"
    text = {
        name: (
            pc.utf8_trim_whitespace(raw[name]).combine_chunks()
            if name in raw.column_names
            else pa.nulls(raw.num_rows, pa.string())
        )
        for name in LINK_COLUMNS
    }
    for name in ("from", "type", "to"):
        for row in np.flatnonzero(pc.is_null(text[name]).to_numpy(zero_copy_only=False)):
            notes.reject(
                Origin(file, int(row) + 2, name),
                "missing_value",
                f"the link has no {name!r}",
                "Fill the cell in.",
            )
    _check_types(text["type"], schema, notes)

    def bad_need(row: int, problem: ValueProblem) -> None:
        notes.reject(Origin(file, row + 2, "need"), problem.code, str(problem), problem.fix)

    parsed(pa.chunked_array([text["need"]]), _need, pa.int64(), bad_need)
    measures = {}
    for name in raw.column_names:
        if name and name not in LINK_COLUMNS:
            if name in schema.link_properties:
                values = _property(raw[name], schema.link_properties[name], file, notes)
                if name in MEASURES:
                    measures[name] = values
            else:
                notes.lenient(
                    Origin(file, 1, name),
                    "unknown_property",
                    f"unknown link property {name!r}.{suggest(name, schema.link_properties)}",
                    "Use a link property of the schema.",
                )
    assets, ends = _ends(text, assets, notes)
    notes.done()
    _check_ends(ends, text["type"], assets["kind"].to_pylist(), schema, notes)
    links = pa.table(
        {
            "from": ends[0],
            "to": ends[1],
            "type": text["type"],
            "group": text["group"],
            "need": text["need"],
            **measures,
        }
    )
    return assets, links


def _need(text: str) -> int | None:
    try:
        return parse_need(text) if text.strip() else None
    except ValueError as error:
        raise ValueProblem("bad_need", str(error), "Write any, all or a whole number.") from None


def _check_types(types: pa.Array, schema: Schema, notes: Notes) -> None:
    for word in pc.unique(types).drop_null().to_pylist():
        if word not in schema.link_types:
            row = int(pc.index(types, word).as_py()) + 2
            notes.reject(
                Origin("links.csv", row, "type"),
                "unknown_link_type",
                f"unknown link type {word!r}.{suggest(word, schema.link_types)}",
                "Use a link type of the schema.",
            )


def _ends(text: dict[str, pa.Array], assets: pa.Table, notes: Notes) -> tuple[pa.Table, tuple[Any, Any]]:
    """Row numbers of both ends; without *strict* an unknown end becomes an asset of unknown kind."""
    known = assets["id"].combine_chunks()
    missing: dict[str, None] = {}
    for name in ("from", "to"):
        place = pc.index_in(text[name], value_set=known)
        for row in np.flatnonzero(pc.is_null(place).to_numpy(zero_copy_only=False)):
            end = text[name][int(row)].as_py()
            if end is None:
                continue
            if end not in missing:
                hint = suggest(end, known.to_pylist()) if len(missing) < SHOWN and len(known) <= 50_000 else ""
                notes.lenient(
                    Origin("links.csv", int(row) + 2, name),
                    "missing_end",
                    f"no asset has the id {end!r}.{hint}",
                    "Add the asset, or correct the id.",
                    severity="error",
                )
            missing[end] = None
    if missing and not notes.strict:
        extra = pa.table({"id": list(missing), "kind": [UNKNOWN_KIND] * len(missing)})
        assets = pa.concat_tables([assets, extra], promote_options="default")
        known = assets["id"].combine_chunks()
    found = [
        pc.index_in(text[name], value_set=known).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        for name in ("from", "to")
    ]
    return assets, (found[0], found[1])


def _check_ends(ends: tuple[Any, Any], types: pa.Array, kinds: list[str], schema: Schema, notes: Notes) -> None:
    pairs: dict[tuple[str, str, str], list[int]] = {}
    for row, (a, b, t) in enumerate(zip(ends[0].tolist(), ends[1].tolist(), types.to_pylist(), strict=True)):
        pairs.setdefault((t, kinds[a], kinds[b]), []).append(row)
    for (t, a, b), rows in pairs.items():
        if a in schema.kinds and b in schema.kinds and not schema.link_types[t].allows(a, b):
            notes.lenient(
                Origin("links.csv", rows[0] + 2, "type"),
                "disallowed_ends",
                f"{t} does not go from {a} to {b}",
                "Use another link type, or allow the ends in a schema file.",
                count=len(rows),
            )
    notes.done()
