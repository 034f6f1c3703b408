"""Attribute columns as arrays, and findings about rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.impact import affected
from twin.impact.system import System
from twin.model import Finding
from twin.snapshot.arrays import Bools, Floats, Ints, Longs


def numbers(system: System, name: str) -> Floats:
    """(n,) of a numeric property, NaN where there is none."""
    table = system.arrays.assets
    if name not in table.column_names:
        return np.full(system.n, np.nan)
    values: Floats = pc.cast(table[name], pa.float64()).fill_null(np.nan).to_numpy()
    return values


def codes(system: System, name: str) -> tuple[list[str], Ints]:
    """Different values of a text column ("" for none), and (n,) which one each asset has."""
    column = pc.cast(system.arrays.assets[name], pa.string()).fill_null("").combine_chunks().dictionary_encode()
    return column.dictionary.to_pylist(), column.indices.to_numpy(zero_copy_only=False).astype(np.int32)


def of_kinds(system: System, kinds: set[str]) -> Bools:
    """(n,) assets of one of *kinds*."""
    names, code = codes(system, "kind")
    found: Bools = np.isin(code, [i for i, name in enumerate(names) if name in kinds])
    return found


def texts(system: System, rows: Any, name: str = "id") -> list[str]:
    """Texts of a column at *rows*, "" for none."""
    return [text or "" for text in affected.texts(system, name, np.asarray(rows, np.int64))]


def in_order(system: System, rows: Longs) -> Longs:
    """Rows in the order in which people see assets."""
    return rows[np.argsort(system.arrays.place[rows], kind="stable")]


def about(system: System, code: str, severity: str, message: str, fix: str, rows: Longs) -> Finding:
    """A finding about the assets at *rows*."""
    rows = in_order(system, np.asarray(rows, np.int64))
    return Finding(code, severity, message, fix, tuple(texts(system, rows)), len(rows))


def examples(words: list[str], shown: int = 3) -> str:
    """The first few of some texts."""
    more = f" and {len(words) - shown:,} more" if len(words) > shown else ""
    return "; ".join(words[:shown]) + more
