"""Random rows and random CQL2 filters over them, as trees and as text."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from hypothesis import strategies as st

TEXTS = [
    "",
    "a",
    "A",
    "b",
    "ab",
    "Ab%",
    "a_c",
    "abc",
    "é",
    "É",
    "straße",
    "STRASSE",
    "x\ny",
    "it's",
    "\\",
    "\U0001f50c",
]
NUMBERS = [0, 1, -1, 2, 3, 0.5, -2.5, 110.0, 220, 1e300, 2**53, 2**53 + 1]
TIMES = ["2026-01-01T00:00:00Z", "2026-01-01T12:00:00Z", "2026-01-02T00:00:00+01:00", "2026-06-01T00:00:00.5Z"]
DATES = ["2026-01-01", "2026-01-02", "2026-06-01"]
SHAPES = [
    "POINT (1 1)", "POINT (2 2)", "POINT (0 0)", "LINESTRING (0 0, 2 2)",
    "LINESTRING (0 2, 2 0)", "LINESTRING (5 5, 6 6)",
    "LINESTRING (1 1, 1 1)", "POLYGON ((0 0, 2 0, 2 2, 0 2, 0 0))", "POLYGON ((1 1, 3 1, 3 3, 1 3, 1 1))",
    "POLYGON ((2 0, 4 0, 4 2, 2 2, 2 0))", "MULTIPOINT ((0 0), (5 5))", "MULTILINESTRING ((0 0, 1 1), (3 3, 4 4))",
]  # fmt: skip
KINDS = {
    "name": "text", "note": "text", "kv": "number", "count": "number", "on": "boolean", "at": "timestamp",
    "geometry": "geometry",
}  # fmt: skip
SPATIAL = ["intersects", "disjoint", "within", "contains", "equals", "touches", "crosses", "overlaps"]
TEMPORAL = [
    "after", "before", "contains", "disjoint", "during", "equals", "finishedBy", "finishes", "intersects", "meets",
    "metBy", "overlappedBy", "overlaps", "startedBy", "starts",
]  # fmt: skip
ORDER = ["=", "<>", "<", "<=", ">", ">="]

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.none() | st.sampled_from(TEXTS),
            "note": st.none() | st.sampled_from(TEXTS),
            "kv": st.none() | st.sampled_from(NUMBERS).map(float),
            "count": st.none() | st.sampled_from([n for n in NUMBERS if isinstance(n, int)]),
            "on": st.none() | st.booleans(),
            "at": st.none() | st.sampled_from(TIMES).map(dt.datetime.fromisoformat),
            "geometry": st.none() | st.sampled_from(SHAPES).map(shapely.from_wkt),
        }
    ),
    max_size=8,
)


def op(name: str, *args: Any) -> dict[str, Any]:
    return {"op": name, "args": list(args)}


def prop(*names: str) -> st.SearchStrategy[Any]:
    return st.sampled_from(names).map(lambda name: {"property": name})


def texts() -> st.SearchStrategy[Any]:
    plain = prop("name", "note") | st.sampled_from(TEXTS)
    changed = st.builds(op, st.sampled_from(["casei", "accenti"]), plain)
    return plain | changed | st.builds(op, st.sampled_from(["casei", "accenti"]), changed)


def numbers() -> st.SearchStrategy[Any]:
    plain = prop("kv", "count") | st.sampled_from(NUMBERS)
    signs = st.sampled_from(["+", "-", "*", "/", "^", "%", "div"])
    return plain | st.builds(op, signs, plain, plain)


def times() -> st.SearchStrategy[Any]:
    return prop("at") | st.sampled_from(TIMES).map(lambda t: {"timestamp": t})


def spans() -> st.SearchStrategy[Any]:
    end = st.sampled_from([*DATES, *TIMES])
    dates = st.sampled_from(DATES).map(lambda d: {"date": d})

    def ordered(pair: tuple[Any, Any]) -> dict[str, Any]:
        low, high = sorted(pair, key=lambda t: dt.datetime.fromisoformat(t).replace(tzinfo=dt.UTC))
        return {"interval": [low, high]}

    closed = st.tuples(st.sampled_from(DATES), st.sampled_from(DATES)).map(ordered)
    return (
        times()
        | dates
        | closed
        | end.map(lambda t: {"interval": ["..", t]})
        | end.map(lambda t: {"interval": [t, ".."]})
    )


def shapes() -> st.SearchStrategy[Any]:
    drawn = st.sampled_from([s for s in SHAPES if s != "LINESTRING (1 1, 1 1)"])
    written = drawn.map(lambda wkt: shapely.geometry.mapping(shapely.from_wkt(wkt)))
    box = st.sampled_from([[0, 0, 2, 2], [-1, -1, 1, 1], [4, 4, 7, 7]]).map(lambda b: {"bbox": b})
    return prop("geometry") | written | box


def leaves() -> st.SearchStrategy[Any]:
    order, dates = st.sampled_from(ORDER), st.sampled_from(DATES).map(lambda d: {"date": d})
    pattern = st.text("a%_b\\É\n", max_size=4)
    patterns = pattern | st.builds(op, st.sampled_from(["casei", "accenti"]), pattern)
    return st.one_of(
        st.booleans(),
        prop("on"),
        st.builds(op, order, texts(), texts()),
        st.builds(op, order, numbers(), numbers()),
        st.builds(op, order, times(), times()),
        st.builds(op, order, dates, dates),
        st.builds(op, st.sampled_from(["=", "<>"]), prop("on"), prop("on") | st.booleans()),
        st.builds(op, st.just("between"), numbers(), numbers(), numbers()),
        st.builds(op, st.just("between"), times(), times(), times()),
        st.builds(op, st.just("in"), texts(), st.lists(texts(), min_size=1, max_size=3)),
        st.builds(op, st.just("in"), numbers(), st.lists(numbers(), min_size=1, max_size=3)),
        st.builds(op, st.just("like"), texts(), patterns),
        st.builds(op, st.just("isNull"), texts() | numbers() | times() | prop("on", "geometry")),
        st.builds(op, st.sampled_from(["s_" + name for name in SPATIAL]), shapes(), shapes()),
        st.builds(op, st.sampled_from(["t_" + name for name in TEMPORAL]), spans(), spans()),
    )


FILTERS = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.builds(lambda a: op("not", a), inner),
        st.builds(
            lambda word, parts: op(word, *parts),
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=2, max_size=3),
        ),
    ),
    max_leaves=6,
)


class Table:
    """Rows as columns: what filters are evaluated over."""

    loose = False

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.size = len(rows)
        kinds = {"text": pa.string(), "boolean": pa.bool_(), "timestamp": pa.timestamp("us", "UTC")}
        self.columns = {
            name: pa.array(
                [row[name] for row in rows], pa.int64() if name == "count" else kinds.get(kind, pa.float64())
            )
            for name, kind in KINDS.items()
            if kind != "geometry"
        }
        self.placed = np.empty(self.size, dtype=object)
        self.placed[:] = [row["geometry"] for row in rows]

    def kinds(self) -> dict[str, str]:
        return KINDS

    def values(self, name: str) -> pa.Array:
        return self.columns[name]

    def shapes(self) -> Any:
        return self.placed

    def tree(self) -> Any:
        return shapely.STRtree(self.placed)

    def into_degrees(self, shape: Any) -> Any:
        return shape


def written(node: Any, inside: bool = False) -> str:
    """A filter as CQL2 text, with all brackets."""
    if isinstance(node, bool):
        return "TRUE" if node else "false"
    if isinstance(node, str):
        return "'" + node.replace("'", "''") + "'"
    if isinstance(node, int | float):
        return repr(node)
    if "property" in node:
        return f'"{node["property"]}"' if len(node["property"]) % 2 else node["property"]
    for word in ("date", "timestamp"):
        if word in node:
            return f"{word.upper()}('{node[word]}')"
    if "interval" in node:
        return "INTERVAL(" + ",".join(f"'{end}'" for end in node["interval"]) + ")"
    if "bbox" in node:
        return "BBOX(" + ", ".join(map(repr, node["bbox"])) + ")"
    if "type" in node:
        return shapely.to_wkt(shapely.geometry.shape(node), rounding_precision=-1)
    return _operation(node["op"], [*node["args"]])


def _operation(name: str, args: list[Any]) -> str:
    if name in ("and", "or"):
        return "(" + f" {name.upper()} ".join(written(item) for item in args) + ")"
    if name == "not":
        return f"(NOT ({written(args[0])}))"
    if name == "isNull":
        return f"({written(args[0])} IS NULL)"
    if name == "between":
        return f"({written(args[0])} BETWEEN {written(args[1])} AND {written(args[2])})"
    if name == "in":
        return f"({written(args[0])} IN ({', '.join(written(item) for item in args[1])}))"
    if name == "like":
        return f"({written(args[0])} LIKE {written(args[1])})"
    if name in (*ORDER, "+", "-", "*", "/", "^", "%", "div"):
        return f"({written(args[0])} {name.upper()} {written(args[1])})"
    return f"{name.upper()}({', '.join(written(item) for item in args)})"
