"""The tables of a later state from a snapshot and what changed since: as a full read would give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from twin.schema import NEED_ALL, Schema, parse_need
from twin.snapshot.arrays import Arrays, Bools, Longs
from twin.snapshot.ids import find_row
from twin.snapshot.measured import MEASURES, measure_columns

#: Columns that every read has, whatever occurs.
ALWAYS = ("id", "name", "source", "run", "lon", "lat", "geometry", "kind")


@dataclass
class Delta:
    """What changed from one published state to a later one.

    Attributes:
        gone_ords: assets that were updated or removed, by ``ord``. gone_links: links that were updated or removed, as
            they were: ``from, type, to`` (ids and a name), ``group, need`` (text, may be blank).
        assets: those updated or new, with ``ord``. links: those updated or new: ``from, to`` (ords), ``type, group,
            need``, and any of ``length_km, latency_ms``.
    """

    gone_ords: list[int]
    gone_links: list[tuple[str, str, str, str, str]]
    assets: pa.Table
    links: pa.Table


def merged(base: Arrays, delta: Delta, schema: Schema) -> tuple[pa.Table, pa.Table, Longs] | None:
    """Assets in the order of ``ord``, links with rows of them, and the ords, as :func:`twin.snapshot.build.build`
    takes them; None when the delta does not fit the base."""
    kept = _without_links(base, delta.gone_links)
    if kept is None or not np.isin(delta.gone_ords, base.place).all():
        return None
    assets, ords = _assets(base, delta, schema)
    if len(np.unique(ords)) != len(ords):
        return None
    old = _links(base, kept)
    table = pa.concat_tables([old, delta.links], promote_options="default")
    columns = {name: table[name] for name in ("type", "group", "need", *MEASURES) if name in table.column_names}
    for name in ("from", "to"):
        wanted = table[name].to_numpy()
        row = np.minimum(np.searchsorted(ords, wanted), max(len(ords) - 1, 0))
        if len(wanted) and (not len(ords) or (ords[row] != wanted).any()):
            return None
        columns[name] = pa.array(row.astype(np.int32))
    return assets, pa.table(columns), ords


def _without_links(base: Arrays, gone: list[tuple[str, str, str, str, str]]) -> Bools | None:
    """(l,) links that stay; None when one that is gone was not there, or is not to be told from others."""
    kept = np.ones(len(base.link_from), bool)
    ids = base.assets["id"]
    rows = {name: find_row(name, base.id_hash, base.id_row, ids) for link in gone for name in (link[0], link[2])}
    for start, kind, end, group, need in gone:
        a, b = rows[start], rows[end]
        if a is None or b is None or kind not in base.link_types:
            return None
        code = (base.link_types.index(kind), _group(base, group), parse_need(need) if need.strip() else 0)
        alike = [
            link
            for link in range(int(base.out_ptr[a]), int(base.out_ptr[a + 1]))
            if kept[link]
            and base.link_to[link] == b
            and (base.link_type[link], base.link_group[link], base.link_need[link]) == code
        ]
        if not alike or (len(alike) > 1 and np.isin(alike, base.measured).any()):  # not told which of them
            return None
        kept[alike[0]] = False
    return kept


def _group(base: Arrays, group: str) -> int:
    if not group.strip():
        return -1
    return base.groups.index(group) if group in base.groups else -2


def _links(base: Arrays, kept: Bools) -> pa.Table:
    rows = np.flatnonzero(kept)
    needs = np.unique(base.link_need[rows])
    words = pa.array([_word(int(need)) for need in needs], pa.string())
    group = base.link_group[rows]
    named = pa.array(np.where(group < 0, 0, group), mask=group < 0)
    return pa.table(
        {
            "from": pa.array(base.place[base.link_from[rows]]),
            "to": pa.array(base.place[base.link_to[rows]]),
            "type": pa.array(base.link_types, pa.string()).take(pa.array(base.link_type[rows])),
            "group": pa.array(base.groups, pa.string()).take(named),
            "need": words.take(pa.array(np.searchsorted(needs, base.link_need[rows]))),
            **measure_columns(base, rows),
        }
    )


def _word(need: int) -> str | None:
    return None if need == 0 else "all" if need == NEED_ALL else str(need)


def _assets(base: Arrays, delta: Delta, schema: Schema) -> tuple[pa.Table, Longs]:
    """The attributes of all assets, plain columns in the order of a read, without what nobody has."""
    rows = np.argsort(base.place, kind="stable")
    rows = rows[~np.isin(base.place[rows], delta.gone_ords)]
    old = base.assets.take(pa.array(rows))
    fresh = delta.assets["ord"].to_numpy()
    ords = np.concatenate([base.place[rows], fresh]).astype(np.int64)
    order = np.argsort(ords, kind="stable")
    names = [*ALWAYS, *(name for name in schema.properties if name not in ALWAYS)]
    columns: dict[str, Any] = {}
    for name in names:
        parts = [table[name] if name in table.column_names else None for table in (old, delta.assets)]
        kind = next((_plain(part.type) for part in parts if part is not None), None)
        if kind is None:
            continue
        sizes = (len(rows), len(fresh))
        chunks = [
            pa.nulls(n, kind) if p is None else p.cast(kind).combine_chunks() for p, n in zip(parts, sizes, strict=True)
        ]
        whole = pa.concat_arrays(chunks).take(pa.array(order))
        if name in ALWAYS or whole.null_count < len(whole):
            columns[name] = whole
    return pa.table(columns), ords[order]


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
