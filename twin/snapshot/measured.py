"""Length and latency that links have themselves: few do, so only those are kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.snapshot.arrays import Arrays, Floats, Indices, Longs
from twin.snapshot.gates import LinkColumns

#: Columns of a link table, both optional.
MEASURES = ("length_km", "latency_ms")


def link_measures(links: pa.Table, columns: LinkColumns, origin: Indices) -> dict[str, Any]:
    """``measured, measured_km, measured_ms`` of :class:`twin.snapshot.arrays.Arrays`.

    Args:
        links: the table, with any of ``length_km, latency_ms``. columns: its links as sorted; origin: (l,) the row of
            each in the table. Links that agree in everything else are in the order of these values.
    """
    km, ms = (_column(links, name)[origin] for name in MEASURES)
    rows = np.flatnonzero(~(np.isnan(km) & np.isnan(ms)))
    km, ms = km[rows], ms[rows]
    if len(rows):
        first = _first_alike(columns)[rows]
        order = np.lexsort((ms, km, first))
        first, km, ms = first[order], km[order], ms[order]
        start = np.flatnonzero(np.append(True, first[1:] != first[:-1]))
        rows = first + np.arange(len(first)) - np.repeat(start, np.diff(np.append(start, len(first))))
    return {"measured": rows.astype(np.int64), "measured_km": km, "measured_ms": ms}


def measure_columns(arrays: Arrays, rows: Longs) -> dict[str, pa.Array]:
    """The values of some links as columns, for a table that :func:`link_measures` reads; none where no link has any."""
    if not len(arrays.measured):
        return {}
    place = np.minimum(np.searchsorted(arrays.measured, rows), len(arrays.measured) - 1)
    has = arrays.measured[place] == rows
    found = {}
    for name, values in zip(MEASURES, (arrays.measured_km, arrays.measured_ms), strict=True):
        column = np.where(has, values[place], np.nan)
        found[name] = pa.array(column, pa.float64(), mask=np.isnan(column))
    return found


def _column(links: pa.Table, name: str) -> Floats:
    if name not in links.column_names:
        return np.full(links.num_rows, np.nan)
    return np.array(pc.cast(links[name], pa.float64()).to_numpy(zero_copy_only=False), float)


def _first_alike(columns: LinkColumns) -> Longs:
    """(l,) the first of the links that agree with each in all that they are sorted by."""
    same = np.ones(max(len(columns.source) - 1, 0), bool)
    for column in (columns.source, columns.target, columns.type, columns.group, columns.need):
        same &= column[1:] == column[:-1]
    rows = np.arange(len(columns.source))
    found: Longs = np.maximum.accumulate(np.where(np.append(False, same)[: len(rows)], 0, rows))
    return found
