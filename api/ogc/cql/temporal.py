"""Temporal parts of CQL2: intervals, and how times lie to each other (OGC 21-065, table 8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from api.ogc.cql.values import DATE, EVER, INSTANT, INTERVAL, NEVER, WRITTEN_DATE, Value, moment
from twin.errors import InvalidFilter

OPEN = ("..", "")
AND, OR = pc.and_kleene, pc.or_kleene
#: Function -> relation of (a0, a1) and (b0, b1), beginnings and ends.
RELATIONS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "t_after": lambda a0, a1, b0, b1: pc.greater(a0, b1),
    "t_before": lambda a0, a1, b0, b1: pc.less(a1, b0),
    "t_contains": lambda a0, a1, b0, b1: AND(pc.less(a0, b0), pc.greater(a1, b1)),
    "t_disjoint": lambda a0, a1, b0, b1: OR(pc.less(a1, b0), pc.greater(a0, b1)),
    "t_during": lambda a0, a1, b0, b1: AND(pc.greater(a0, b0), pc.less(a1, b1)),
    "t_equals": lambda a0, a1, b0, b1: AND(pc.equal(a0, b0), pc.equal(a1, b1)),
    "t_finishedBy": lambda a0, a1, b0, b1: AND(pc.less(a0, b0), pc.equal(a1, b1)),
    "t_finishes": lambda a0, a1, b0, b1: AND(pc.greater(a0, b0), pc.equal(a1, b1)),
    "t_intersects": lambda a0, a1, b0, b1: AND(pc.greater_equal(a1, b0), pc.less_equal(a0, b1)),
    "t_meets": lambda a0, a1, b0, b1: pc.equal(a1, b0),
    "t_metBy": lambda a0, a1, b0, b1: pc.equal(a0, b1),
    "t_overlappedBy": lambda a0, a1, b0, b1: AND(AND(pc.greater(a0, b0), pc.less(a0, b1)), pc.greater(a1, b1)),
    "t_overlaps": lambda a0, a1, b0, b1: AND(AND(pc.less(a0, b0), pc.greater(a1, b0)), pc.less(a1, b1)),
    "t_startedBy": lambda a0, a1, b0, b1: AND(pc.equal(a0, b0), pc.greater(a1, b1)),
    "t_starts": lambda a0, a1, b0, b1: AND(pc.equal(a0, b0), pc.less(a1, b1)),
}


def interval(ends: Any, value: Callable[[Any], Value]) -> Value:
    """An interval of two ends: a written date or instant, ``..`` for open, or a property.

    Raises:
        InvalidFilter: not two ends, or one that is no time, or the first is later than the second.
    """
    if not isinstance(ends, list) or len(ends) != 2:
        raise InvalidFilter("INTERVAL takes a beginning and an end", part="INTERVAL")
    (low, _), (_, high) = (_end(item, value) for item in ends)
    if isinstance(low, pa.Scalar) and isinstance(high, pa.Scalar) and low.as_py() > high.as_py():
        raise InvalidFilter("the interval ends before it begins", part="INTERVAL")
    return Value(INTERVAL, (low, high), isinstance(low, pa.Scalar) and isinstance(high, pa.Scalar))


def _end(item: Any, value: Callable[[Any], Value]) -> tuple[Any, Any]:
    if isinstance(item, str):
        if item in OPEN:
            return pa.scalar(EVER, pa.int64()), pa.scalar(NEVER, pa.int64())
        low, high = moment(DATE if WRITTEN_DATE.match(item) else INSTANT, item).data
        return low, high
    found = value(item)
    if found.kind not in (INSTANT, DATE):
        raise InvalidFilter(f"an interval ends at a time, not at a {found.kind}", part="INTERVAL")
    low, high = found.data
    return low, high


def related(op: str, a: Value, b: Value) -> Any:
    """Whether two times lie to each other as *op* says; null where one is."""
    return RELATIONS[op](*a.data, *b.data)
