"""Assets that two exports may both have: the same kind at the same place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import shapely

from twin.impact.checks.columns import about, codes, examples, numbers, texts
from twin.impact.system import System
from twin.model import Finding
from twin.snapshot.arrays import Longs

#: So near is the same place, degrees (about 11 m).
CELL = 1e-4


def doubles(system: System) -> Iterator[Finding]:
    """Assets of one kind, lines apart, at one place that have one name or come from different sources."""
    a = system.arrays
    lon, lat = numbers(system, "lon"), numbers(system, "lat")
    kinds, kind = codes(system, "kind")
    _, source = codes(system, "source")
    names, name = codes(system, "name")
    folded = {text: i for i, text in enumerate(dict.fromkeys(text.casefold() for text in names))}
    name = np.array([folded[text.casefold()] for text in names] or [0], np.int32)[name]
    unnamed = folded.get("", -1)
    rows = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat) & ~a.removed)
    x, y = np.round(lon[rows] / CELL).astype(np.int64), np.round(lat[rows] / CELL).astype(np.int64)
    _, place = np.unique(np.stack([kind[rows].astype(np.int64), x, y]), axis=1, return_inverse=True)
    place = place.reshape(-1)
    double = np.zeros(len(rows), bool)
    for other, usable in ((name[rows], name[rows] != unnamed), (None, np.ones(len(rows), bool))):
        if other is not None:
            double |= usable & _repeated(np.stack([place, other]))
        else:
            double |= _many_sources(place, source[rows])
    rows = _not_lines(system, rows[double])
    for code in np.unique(kind[rows]):
        some = rows[kind[rows] == code]
        first = some[np.lexsort((lat[some], lon[some]))]
        yield about(
            system, "duplicate_place", "warning",
            f"{len(some):,} {kinds[code]} assets stand where another of their kind stands, with the same name or from "
            f"another source: {examples(texts(system, first[:4]))}",
            "If they are one, take it from one export only, or match the exports; if not, give them other names.", some,
        )  # fmt: skip


def _not_lines(system: System, rows: Longs) -> Longs:
    """Those of *rows* that are no lines: parallel circuits share their route and mostly their name."""
    wkb = np.array(system.arrays.assets["geometry"].take(pa.array(rows)).to_pylist(), dtype=object)
    lines = np.isin(shapely.get_type_id(shapely.from_wkb(wkb, on_invalid="ignore")), (1, 5))
    found: Longs = rows[~lines]
    return found


def _repeated(keys: np.ndarray) -> np.ndarray:
    _, inverse, count = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    found: np.ndarray = count[inverse.reshape(-1)] > 1
    return found


def _many_sources(place: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Which rows share their place with one of another source."""
    count = int(place.max(initial=-1)) + 1
    low, high = np.full(count, np.iinfo(np.int32).max), np.full(count, -1)
    np.minimum.at(low, place, source)
    np.maximum.at(high, place, source)
    found: np.ndarray = (low != high)[place]
    return found
