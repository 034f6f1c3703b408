"""A CQL2 tree over columns: which features match, with SQL's three-valued logic.

What is not understood is refused with its name; nothing is ever skipped, because clients do not check again.
Comparisons and logic are Arrow kernels (Kleene logic for nulls), geometry is GEOS by way of an STR tree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from api.ogc.cql import spatial, temporal
from api.ogc.cql.tokens import KNOWN_FIX
from api.ogc.cql.values import (
    DATE,
    INSTANT,
    INTERVAL,
    NUMBER,
    SHAPE,
    TEXT,
    TRUTH,
    Value,
    column,
    like_pattern,
    loosened,
    mapped,
    moment,
    number,
    without_accents,
)
from twin.errors import InvalidFilter
from twin.schema import suggest

Bools = np.ndarray[Any, np.dtype[np.bool_]]

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}
ARITHMETIC = ("+", "-", "*", "/", "%", "^", "div")
#: Longest pattern of LIKE; far below what the matcher's memory holds.
LONGEST_PATTERN = 2000
ORDERED = (NUMBER, TEXT, INSTANT, DATE)


class Scope(Protocol):
    """What a filter is asked of: n features with typed properties and one geometry each."""

    @property
    def size(self) -> int:
        """n."""

    def kinds(self) -> dict[str, str]:
        """Kind of each property by name; the geometry's is ``geometry``."""

    def values(self, name: str) -> pa.Array:
        """(n,) values of a property that is no geometry."""

    def shapes(self) -> Any:
        """(n,) shapely geometries in CRS84, None where there is none."""

    def tree(self) -> Any:
        """An STRtree over :meth:`shapes`."""

    def into_degrees(self, shape: Any) -> Any:
        """A written geometry, from the CRS that the filter is in, in CRS84."""

    @property
    def loose(self) -> bool:
        """Whether the filter is in GDAL's dialect: 0 and 1 stand for truth values, plain texts for times."""


def matches(tree: Any, scope: Scope) -> Bools:
    """(n,) features for which the filter is true (not false, not null).

    Raises:
        InvalidFilter: a part of the tree is not understood, or its types do not fit; it names the part.
    """
    found = pc.fill_null(_truth(tree, scope), False)
    if isinstance(found, pa.Scalar):
        return np.full(scope.size, found.as_py(), bool)
    mask: Bools = found.to_numpy(zero_copy_only=False)
    return mask


def refuse(what: str, part: str) -> InvalidFilter:
    """The error about one part of a filter."""
    return InvalidFilter(what, fix=KNOWN_FIX, part=part)


def _truth(node: Any, scope: Scope) -> Any:
    value = _value(node, scope)
    if value.kind != TRUTH:
        raise refuse(f"{_shown(node)} is a {value.kind}, but a condition is needed here", _shown(node))
    return value.data


def _value(node: Any, scope: Scope) -> Value:
    if isinstance(node, bool):
        return Value(TRUTH, pa.scalar(node), True)
    if isinstance(node, int | float):
        return number(node)
    if isinstance(node, str):
        return Value(TEXT, pa.scalar(node, pa.string()), True)
    if not isinstance(node, dict):
        raise refuse(f"{_shown(node)} is not understood here", _shown(node))
    keys = set(node)
    if keys == {"property"}:
        return _property(node["property"], scope)
    if keys == {"op", "args"}:
        return _operation(node["op"], node["args"], scope)
    if keys == {"date"} or keys == {"timestamp"}:
        return moment(*((DATE, node["date"]) if "date" in node else (INSTANT, node["timestamp"])))
    if keys == {"interval"}:
        return temporal.interval(node["interval"], lambda item: _value(item, scope))
    if keys == {"bbox"} or "type" in keys:
        return Value(SHAPE, spatial.written(node, scope.into_degrees), True)
    raise refuse(f"{_shown(node)} is not understood", _shown(node))


def _property(name: Any, scope: Scope) -> Value:
    kinds = scope.kinds()
    if not isinstance(name, str) or name not in kinds:
        raise InvalidFilter(
            f"there is no property {str(name)[:60]!r}.{suggest(str(name), kinds)}",
            fix="Use a property from the collection's queryables.",
            part=str(name)[:60],
        )
    if kinds[name] == SHAPE:
        return Value(SHAPE, scope.shapes(), False)
    return column(kinds[name], scope.values(name))


def _operation(op: Any, args: Any, scope: Scope) -> Value:
    if not isinstance(op, str) or not isinstance(args, list):
        raise refuse(f"{_shown({'op': op, 'args': args})} is not an operation with arguments", str(op)[:60])
    if op in ("and", "or"):
        return _joined(op, args, scope)
    if op == "not":
        _count(op, args, 1)
        return Value(TRUTH, pc.invert(_truth(args[0], scope)), False)
    if op == "in":
        return _in(args, scope)
    if op in COMPARE or op in ARITHMETIC or op in FUNCTIONS or op in spatial.PREDICATES or op in temporal.RELATIONS:
        values = [_value(item, scope) for item in args]
        _count(op, args, FUNCTIONS[op][0] if op in FUNCTIONS else 2)
        if scope.loose and (op in COMPARE or op == "between"):
            values = loosened(values)
        if op in COMPARE:
            return Value(TRUTH, _compared(op, *values), False)
        if op in ARITHMETIC:
            return _computed(op, *values)
        if op in spatial.PREDICATES:
            a, b = _all(op, SHAPE, values)
            return Value(TRUTH, spatial.related(op, a, b, scope.tree), False)
        if op in temporal.RELATIONS:
            return Value(TRUTH, temporal.related(op, *_all(op, (INSTANT, DATE, INTERVAL), values)), False)
        return FUNCTIONS[op][1](op, *values)
    raise InvalidFilter(
        f"{op[:60]!r} is not an operator or function that is known here.{suggest(op, KNOWN)}",
        fix=KNOWN_FIX,
        part=op[:60],
    )


def _count(op: str, args: Sequence[Any], wanted: int) -> None:
    if len(args) != wanted:
        raise refuse(f"{op} takes {wanted} argument{'s' * (wanted != 1)}, not {len(args)}", op)


def _all(op: str, kinds: str | Sequence[str], values: Sequence[Value]) -> Sequence[Value]:
    wanted = (kinds,) if isinstance(kinds, str) else kinds
    for value in values:
        if value.kind not in wanted:
            raise refuse(f"{op} takes a {' or '.join(wanted)}, not a {value.kind}", op)
    return values


def _joined(op: str, args: list[Any], scope: Scope) -> Value:
    if len(args) < 2:
        raise refuse(f"{op} takes two arguments or more, not {len(args)}", op)
    how = pc.and_kleene if op == "and" else pc.or_kleene
    return Value(TRUTH, reduce(how, (_truth(item, scope) for item in args)), False)


def _same(op: str, *values: Value) -> str:
    kinds = {value.kind for value in values}
    if len(kinds) != 1:
        raise refuse(f"{op} compares values of one type, not a {' with a '.join(v.kind for v in values)}", op)
    return kinds.pop()


def _compared(op: str, a: Value, b: Value) -> Any:
    kind = _same(op, a, b)
    if kind not in ORDERED and not (kind == TRUTH and op in ("=", "<>")):
        raise refuse(f"{op} does not compare a {kind}", op)
    if kind in (INSTANT, DATE):
        return COMPARE[op](a.data[0], b.data[0])
    return COMPARE[op](*_alike(a.data, b.data))


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    """Whole numbers are compared with whole numbers exactly; else both as floating point."""
    if pa.types.is_integer(a.type) and pa.types.is_floating(b.type):
        return a.cast(pa.float64(), safe=False) if isinstance(a, pa.Scalar) else pc.cast(a, pa.float64(), safe=False), b
    if pa.types.is_floating(a.type) and pa.types.is_integer(b.type):
        return tuple(reversed(_alike(b, a)))
    return a, b


def _in(args: list[Any], scope: Scope) -> Value:
    _count("in", args, 2)
    if not isinstance(args[1], list) or not args[1]:
        raise refuse("in takes a value and a list that is not empty", "in")
    value = _value(args[0], scope)
    among = [_value(item, scope) for item in args[1]]
    if scope.loose:
        value, *among = loosened([value, *among])
    if value.kind == TEXT and not value.single and all(item.kind == TEXT and item.single for item in among):
        words = pa.array([item.data.as_py() for item in among], pa.string())
        found = pc.if_else(pc.is_valid(value.data), pc.is_in(value.data, value_set=words), pa.scalar(None, pa.bool_()))
        return Value(TRUTH, found, False)
    return Value(TRUTH, reduce(pc.or_kleene, (_compared("=", value, item) for item in among)), False)


def _between(op: str, value: Value, low: Value, high: Value) -> Value:
    return Value(TRUTH, pc.and_kleene(_compared(">=", value, low), _compared("<=", value, high)), False)


def _like(op: str, value: Value, pattern: Value) -> Value:
    _all(op, TEXT, (value, pattern))
    if not pattern.single:
        raise refuse("the pattern of LIKE is a text in single quotes, not a property", op)
    if len(pattern.data.as_py()) > LONGEST_PATTERN:
        raise refuse(f"a pattern of LIKE has at most {LONGEST_PATTERN} characters", op)
    return Value(TRUTH, pc.match_substring_regex(value.data, like_pattern(pattern.data.as_py())), False)


def _is_null(op: str, value: Value) -> Value:
    if value.kind == SHAPE:
        return Value(TRUTH, spatial.missing(value), False)
    if value.kind == INTERVAL:
        raise refuse("an interval is never null", op)
    return Value(TRUTH, pc.is_null(value.data[0] if value.kind in (INSTANT, DATE) else value.data), False)


def _changed(change: Callable[[str], str]) -> Callable[..., Value]:
    def do(op: str, value: Value) -> Value:
        _all(op, TEXT, (value,))
        return Value(TEXT, mapped(value.data, change), value.single)

    return do


def _computed(op: str, a: Value, b: Value) -> Value:
    """Arithmetic in floating point; what has no finite result (a division by zero) is null."""
    _all(op, NUMBER, (a, b))
    x, y = (pc.cast(v.data, pa.float64(), safe=False) for v in (a, b))
    if op == "+":
        found = pc.add(x, y)
    elif op == "-":
        found = pc.subtract(x, y)
    elif op == "*":
        found = pc.multiply(x, y)
    elif op == "^":
        found = pc.power(x, y)
    else:
        found = pc.divide(x, y)
        if op == "div":
            found = pc.trunc(found)
        elif op == "%":
            found = pc.subtract(x, pc.multiply(pc.trunc(found), y))
    finite = pc.is_finite(found)
    return Value(NUMBER, pc.if_else(finite, found, pa.scalar(None, pa.float64())), a.single and b.single)


#: Name -> how many arguments, and what it does with them.
FUNCTIONS: dict[str, tuple[int, Callable[..., Value]]] = {
    "between": (3, _between),
    "like": (2, _like),
    "isNull": (1, _is_null),
    "casei": (1, _changed(str.casefold)),
    "accenti": (1, _changed(without_accents)),
}
KNOWN = [*FUNCTIONS, *spatial.PREDICATES, *temporal.RELATIONS]


def _shown(node: Any) -> str:
    """A part of a tree, short enough to be told."""
    if isinstance(node, dict) and set(node) == {"property"}:
        return str(node["property"])[:60]
    if isinstance(node, dict) and "op" in node:
        return str(node["op"])[:60]
    text = repr(node)
    return text if len(text) <= 60 else text[:57] + "..."
