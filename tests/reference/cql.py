"""CQL2 (OGC 21-065) row by row, for comparison with the columnar evaluator: slow, and close to the words of SQL.

A row is a dict of plain values; times are aware datetimes, the geometry is a shapely shape. Truth is True, False or
None for unknown (Kleene). Nothing here is shared with ``api.ogc.cql``.
"""

from __future__ import annotations

import datetime as dt
import math
import operator
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]
Truth = bool | None
FAR_PAST = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
FAR_FUTURE = dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
SPATIAL = ("intersects", "disjoint", "within", "contains", "equals", "touches", "crosses", "overlaps")


def holds(node: Any, row: Row) -> Truth:
    """Whether the condition is true of the row."""
    if isinstance(node, bool):
        return node
    if "property" in node:
        return row[node["property"]]
    op, args = node["op"], node["args"]
    if op == "and":
        parts = [holds(item, row) for item in args]
        return False if False in parts else None if None in parts else True
    if op == "or":
        parts = [holds(item, row) for item in args]
        return True if True in parts else None if None in parts else False
    if op == "not":
        inner = holds(args[0], row)
        return None if inner is None else not inner
    if op == "isNull":
        return value(args[0], row) is None
    if op == "between":
        return holds(
            {"op": "and", "args": [{"op": ">=", "args": args[:2]}, {"op": "<=", "args": [args[0], args[2]]}]}, row
        )
    if op == "in":
        return holds({"op": "or", "args": [*({"op": "=", "args": [args[0], item]} for item in args[1]), False]}, row)
    if op.startswith("t_"):
        return during(op, args, row)
    a, b = value(args[0], row), value(args[1], row)
    if a is None or b is None:
        return None
    if op == "like":
        return like(a, b)
    if op.startswith("s_"):
        assert op[2:] in SPATIAL
        return bool(getattr(a, op[2:])(b))
    if isinstance(a, float) is not isinstance(b, float) and not isinstance(a, str | bool | dt.datetime):
        a, b = float(a), float(b)  # whole numbers are compared exactly with each other only
    return COMPARE[op](a, b)


def value(node: Any, row: Row) -> Any:
    """The value of an expression of the row; None for null."""
    if not isinstance(node, dict):
        return node
    if "property" in node:
        return row[node["property"]]
    if "date" in node:
        return instant(node["date"])
    if "timestamp" in node:
        return instant(node["timestamp"])
    if "bbox" in node:
        import shapely

        return shapely.box(*node["bbox"])
    if "type" in node:
        import shapely

        return shapely.geometry.shape(node)
    op = node["op"]
    if op in ("casei", "accenti"):
        text = value(node["args"][0], row)
        if text is None:
            return None
        return text.casefold() if op == "casei" else plain(text)
    if op in ("+", "-", "*", "/", "^", "%", "div"):
        return computed(op, value(node["args"][0], row), value(node["args"][1], row))
    return holds(node, row)


def computed(op: str, a: Any, b: Any) -> float | None:
    """Arithmetic; null where there is no finite result."""
    if a is None or b is None:
        return None
    x, y = float(a), float(b)
    try:
        found = {
            "+": lambda: x + y,
            "-": lambda: x - y,
            "*": lambda: x * y,
            "/": lambda: x / y,
            "^": lambda: math.pow(x, y),
            "div": lambda: float(math.trunc(x / y)),
            "%": lambda: x - math.trunc(x / y) * y,
        }[op]()
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return found if math.isfinite(found) else None


def plain(text: str) -> str:
    """Text without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def like(text: str, pattern: str) -> bool:
    """Whether a text has the form of a pattern: % any run, _ one character, a backslash before a plain one."""
    if not pattern:
        return not text
    first, rest = pattern[0], pattern[1:]
    if first == "%":
        return any(like(text[at:], rest) for at in range(len(text) + 1))
    if first == "\\" and rest:
        first, rest = rest[0], rest[1:]
        return text[:1] == first and like(text[1:], rest)
    return bool(text) and (first in ("_", text[0])) and like(text[1:], rest)


def instant(text: str) -> dt.datetime:
    """A written date or time, in UTC."""
    found = dt.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def span(node: Any, row: Row) -> tuple[Any, Any]:
    """Beginning and end of a time; a date is its whole day, ``..`` is open."""
    if isinstance(node, dict) and "interval" in node:
        low, high = node["interval"]
        return (
            FAR_PAST if low == ".." else span(_time(low), row)[0],
            FAR_FUTURE if high == ".." else span(_time(high), row)[1],
        )
    if isinstance(node, dict) and "date" in node:
        low = instant(node["date"])
        return low, low + dt.timedelta(days=1) - dt.timedelta(microseconds=1)
    at = value(node, row)
    return at, at


def _time(item: Any) -> Any:
    if not isinstance(item, str):
        return item
    return {"date": item} if len(item) == 10 else {"timestamp": item}


def during(op: str, args: Any, row: Row) -> Truth:
    """How two times lie to each other: the table of the standard."""
    (a0, a1), (b0, b1) = (span(item, row) for item in args)
    parts: dict[str, list[tuple[Any, str, Any]]] = {
        "t_after": [(a0, ">", b1)],
        "t_before": [(a1, "<", b0)],
        "t_contains": [(a0, "<", b0), (a1, ">", b1)],
        "t_during": [(a0, ">", b0), (a1, "<", b1)],
        "t_equals": [(a0, "=", b0), (a1, "=", b1)],
        "t_finishedBy": [(a0, "<", b0), (a1, "=", b1)],
        "t_finishes": [(a0, ">", b0), (a1, "=", b1)],
        "t_intersects": [(a0, "<=", b1), (a1, ">=", b0)],
        "t_meets": [(a1, "=", b0)],
        "t_metBy": [(a0, "=", b1)],
        "t_overlappedBy": [(a0, ">", b0), (a0, "<", b1), (a1, ">", b1)],
        "t_overlaps": [(a0, "<", b0), (a1, ">", b0), (a1, "<", b1)],
        "t_startedBy": [(a0, "=", b0), (a1, ">", b1)],
        "t_starts": [(a0, "=", b0), (a1, "<", b1)],
    }
    if op == "t_disjoint":
        meets = during("t_intersects", args, row)
        return None if meets is None else not meets
    found = [None if x is None or y is None else COMPARE[sign](x, y) for x, sign, y in parts[op]]
    return False if False in found else None if None in found else True
