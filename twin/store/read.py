"""The whole graph as Arrow columns, at one revision.

The server collects each column of a chunk into one list (chunks are ranges of ``ord``), which is an order of
magnitude faster than a record per asset. Two connections take turns, so that the server already works on the
next chunks while this process unpacks the last ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import SchemaError, StoreError, StoreTransient
from twin.schema import Schema
from twin.snapshot.arrays import Longs

if TYPE_CHECKING:
    from twin.store.store import Store

STEP = 10_000
CHUNKS = 5
READERS = 2
ATTEMPTS = 5
ARROW = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "enum": pa.string(),
}
ASSET = {
    "ord": pa.int64(),
    "id": pa.string(),
    "name": pa.string(),
    "source": pa.string(),
    "run": pa.string(),
    "lon": pa.float64(),
    "lat": pa.float64(),
    "geometry": pa.binary(),
}
LINK = {"from": pa.int64(), "to": pa.int64(), "type": pa.string(), "group": pa.string(), "need": pa.string()}
MEASURES = {"length_km": pa.float64(), "latency_ms": pa.float64()}
DETAILS = {
    "source": pa.string(),
    "key": pa.string(),
    "rule": pa.string(),
    "distance_m": pa.float64(),
    "confidence": pa.float64(),
}


#: Arrays of one server row: number of things, column -> array.
Part = tuple[int, dict[str, pa.Array]]


def read_tables(store: Store, schema: Schema, details: bool = False) -> tuple[pa.Table, pa.Table]:
    """All assets and links of the published state.

    Args:
        store: the twin. schema: its kinds, link types and properties; of whatever the graph holds.
        details: read all columns of the links; a snapshot needs only the first five and lengths, in half the time.

    Returns:
        Assets, ordered by ``ord``: ``id, kind, name, lon, lat`` (degrees), ``geometry`` (WKB or null), ``source,
        run`` and a column for each property that occurs. Links: ``from, to`` (int32 rows of the assets),
        ``type, group, need``, and ``length_km, latency_ms`` where any has them; with *details* also
        ``source, key, rule, distance_m, confidence`` and the link properties that occur.

    Raises:
        StoreTransient: the twin went on changing while it was read, or an import is being applied.
        SchemaError: the graph holds a kind or a link type that the schema does not know.
        StoreError: the graph holds what the twin never writes (a link without ends, a value of another type).
    """
    assets, links, _ = read_numbered(store, schema, details)
    return assets, links


def read_numbered(store: Store, schema: Schema, details: bool = False) -> tuple[pa.Table, pa.Table, Longs]:
    """Like :func:`read_tables`, with the ``ord`` of each asset."""
    for _ in range(ATTEMPTS):
        before = store.rows("store.state")
        last = before[0]["next_ord"] if before else 0
        known = set(store.rows("read.property_keys")[0]["keys"])
        chunks = range(0, last, STEP)
        assets = read_assets(store, schema, chunks, known)
        links = _link_details(store, schema, chunks, known) if details else read_links(store, schema, chunks)
        if store.rows("store.state") == before and (not before or before[0]["applying"] is None):
            ords = assets["ord"].to_numpy()
            return assets.drop_columns("ord"), _with_rows(links, ords, last), ords
    raise StoreTransient("the twin went on changing while it was read", fix="Ask again when the import is done.")


def read_assets(
    store: Store, schema: Schema, chunks: Sequence[int], known: set[str], query: str = "read.assets", **params: Any
) -> pa.Table:
    """Assets with their ``ord``, in its order.

    Args:
        chunks: where chunks of ``STEP`` ords begin. known: property keys that occur. query: the columns of which
            assets; params: what it takes besides.
    """
    names = {kind: [name for name in schema.kind_properties(kind) if name in known] for kind in schema.kinds}
    types = {name: ARROW[prop.type] for name, prop in schema.properties.items()}

    def part(row: dict[str, Any]) -> Part:
        n = len(row["ord"])
        if row["kind"] not in schema.kinds:
            raise _unknown("assets of kind", row["kind"])
        arrays = {name: _array(row[name], kind, name) for name, kind in ASSET.items() if row[name] is not None}
        arrays["kind"] = _constant(row["kind"], n)
        for name, values in zip(names.get(row["kind"], ()), row["properties"], strict=True):
            if values is not None:
                arrays[name] = _array(values, types[name], name)
        return n, arrays

    parts = _read(store, query, chunks, part, names=names, **params)
    table = _table(parts, {**ASSET, "kind": pa.string()}, types)
    return table.take(pc.sort_indices(table, [("ord", "ascending")]))


def read_links(
    store: Store, schema: Schema, chunks: Sequence[int], query: str = "read.links", **params: Any
) -> pa.Table:
    """Links with the ``ord`` of their ends: ``from, to, type, group, need``, and ``length_km, latency_ms`` when a link
    has one; see :func:`read_assets`."""

    def part(row: dict[str, Any]) -> Part:
        if row["type"] not in schema.link_types:
            raise _unknown("links of type", row["type"])
        n = len(row["from"])
        arrays = {name: _array(row[name], LINK[name], name) for name in ("from", "to", "group")}
        for name in MEASURES:
            if row[name]:
                values = _array(row[name], MEASURES[name], name)
                arrays[name] = pc.if_else(pc.less(values, 0.0), pa.scalar(None, pa.float64()), values)
        return n, arrays | {name: _constant(row[name], n) for name in ("type", "need")}

    table = _table(_read(store, query, chunks, part, **params), LINK, MEASURES)
    return _with_blanks(table, ("group",))


def _link_details(store: Store, schema: Schema, chunks: Sequence[int], known: set[str]) -> pa.Table:
    own = {name: ARROW[prop.type] for name, prop in schema.link_properties.items()}
    fixed = {name: DETAILS[name] for name in ("source", "key")} | {n: k for n, k in LINK.items() if n != "type"}
    types = {n: k for n, k in {**DETAILS, **own}.items() if n in known and n not in fixed}

    def part(row: dict[str, Any]) -> Part:
        if row["type"] not in schema.link_types:
            raise _unknown("links of type", row["type"])
        n = len(row["from"])
        arrays = {name: _array(row[name], kind, name) for name, kind in fixed.items()}
        arrays["type"] = _constant(row["type"], n)
        for (name, kind), values in zip(types.items(), row["properties"], strict=True):
            if values is not None:
                arrays[name] = _array(values, kind, name)
        return n, arrays

    parts = _read(store, "read.link_details", chunks, part, names=list(types))
    return _table(parts, {**LINK, **DETAILS}, own)


def _unknown(what: str, word: str | None) -> SchemaError:
    """Leaving it out could hide what a failure does, so there is no answer without it."""
    return SchemaError(
        f"the graph holds {what} {word!r}, which the schema does not know",
        fix="Set TWIN_SCHEMA to the schema file that they were imported with, or remove what is not the twin's.",
    )


def _read(
    store: Store, query: str, chunks: Sequence[int], part: Callable[[dict[str, Any]], Part], **params: Any
) -> list[Part]:
    """The answers for all chunks, as arrays."""
    starts = list(chunks)
    jobs = [starts[i : i + CHUNKS] for i in range(0, len(starts), CHUNKS)]

    def work(job: list[int]) -> list[Part]:
        return [part(row) for row in store.rows(query, starts=job, step=STEP, **params)]

    with ThreadPoolExecutor(READERS) as pool:
        return [one for done in pool.map(work, jobs) for one in done]


def _with_blanks(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The table with nulls where the server sent "" for them (it leaves nulls out of what it collects)."""
    for name in names:
        column = table[name]
        blank = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        table = table.set_column(table.column_names.index(name), name, blank)
    return table


def _array(values: Sequence[Any], kind: pa.DataType, name: str) -> pa.Array:
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise StoreError(
            f"the property {name} has a value of another type: {error}",
            fix="Something other than the twin wrote to the graph; import the source again.",
        ) from None


def _constant(value: str | None, n: int) -> pa.Array:
    return pa.nulls(n, pa.string()) if value is None else pa.repeat(pa.scalar(value, pa.string()), n)


def _table(parts: Sequence[Part], always: Mapping[str, pa.DataType], optional: Mapping[str, pa.DataType]) -> pa.Table:
    """One table of all parts; a column of *optional* is left out when no part has it."""
    occurring = {name for _, arrays in parts for name in arrays}
    columns = {}
    for name, kind in {**always, **{n: k for n, k in optional.items() if n in occurring}}.items():
        chunks = [arrays[name] if name in arrays else pa.nulls(n, kind) for n, arrays in parts if n]
        columns[name] = pa.chunked_array(chunks, kind).combine_chunks()
    return pa.table(columns)


def _with_rows(links: pa.Table, ords: np.ndarray[Any, np.dtype[np.int64]], last: int) -> pa.Table:
    """The links with rows of the assets in place of the ``ord`` of their ends."""
    row_of = np.full(last + 1, -1, np.int32)  # the last entry stands for ends without an ord
    row_of[ords] = np.arange(len(ords), dtype=np.int32)
    for place, name in enumerate(("from", "to")):
        rows = row_of[links[name].to_numpy()]
        if (rows < 0).any():
            raise StoreError(
                "a link ends at an asset that the twin does not know",
                fix="Something other than the twin wrote to the graph; remove what it wrote, or import again.",
            )
        links = links.set_column(place, name, pa.array(rows))
    return links
