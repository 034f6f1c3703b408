"""CQL2: the columnar evaluator against a row-by-row one, the parser against an independent one, and refusals."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import cql2
import numpy as np
import pytest
from hypothesis import assume, given

from api.ogc.cql import matches, read_filter
from api.ogc.cql.text import parse_text
from tests.ogc.strategies import FILTERS, ROWS, Table, op, written
from tests.reference.cql import holds
from twin.errors import InvalidFilter


@given(ROWS, FILTERS)
def test_matches_are_those_of_the_row_by_row_reference(rows: list[dict[str, Any]], tree: Any) -> None:
    expected = [holds(tree, row) is True for row in rows]
    assert matches(tree, Table(rows)).tolist() == expected


@given(FILTERS)
def test_text_is_read_as_the_tree_that_it_was_written_from(tree: Any) -> None:
    text = written(tree)
    assume("\\'" not in text)  # a backslash makes the quote behind it plain: no text can end in one
    assert normal(parse_text(text)) == normal(tree)


@given(FILTERS)
def test_text_is_read_as_another_parser_reads_it(tree: Any) -> None:
    text = written(tree)
    assume("\\" not in text)  # it drops them
    theirs = cql2.parse_text(text).to_json()
    assert numbers_rounded(normal(parse_text(text))) == numbers_rounded(normal(theirs))


def normal(node: Any) -> Any:
    """A tree with and, or flattened, double negation gone and coordinates as lists of floats."""
    if isinstance(node, list | tuple):
        return [normal(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "type" in node:
        return {"type": node["type"], "coordinates": normal(node["coordinates"])}
    if "op" not in node:
        return {key: normal(value) for key, value in node.items()}
    args = [normal(item) for item in node["args"]]
    if node["op"] in ("and", "or"):
        args = [part for item in args for part in (item["args"] if _is(item, node["op"]) else [item])]
    if node["op"] == "not" and _is(args[0], "not"):
        return args[0]["args"][0]
    return {"op": node["op"], "args": args}


def _is(node: Any, name: str) -> bool:
    return isinstance(node, dict) and node.get("op") == name


def numbers_rounded(node: Any) -> Any:
    """Numbers as floating point and times in one zone: the other parser has no others."""
    if isinstance(node, list):
        return [numbers_rounded(item) for item in node]
    if isinstance(node, dict):
        return {key: numbers_rounded(value) for key, value in node.items()}
    if isinstance(node, str) and TIME.match(node):
        return dt.datetime.fromisoformat(node).astimezone(dt.UTC)
    return float(node) if isinstance(node, int) and not isinstance(node, bool) else node


TIME = re.compile(r"\d{4}-\d{2}-\d{2}T")

ROW = {
    "name": "Übung", "note": "a", "kv": 220.0, "count": 2**53 + 1, "on": True, "at": None, "geometry": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kv = 220", True),
        ("kv <> 220 OR on", True),
        ("NOT on AND kv = 220", False),
        ("NOT (on AND kv = 110)", True),
        ("name ILIKE 'üb%'", True),
        ("name NOT ILIKE 'üb%'", False),
        ("casei(name) = casei('ÜBUNG') and accenti(name) = 'Ubung'", True),
        ("note LIKE '_'", True),
        ("note IN ('b','a')", True),
        ("kv NOT BETWEEN 0 AND 110.5", True),
        ("kv + 2 * 10 ^ 2 = 420", True),
        ("kv - -1 = 221", True),
        ("-kv = -220", True),
        ("kv DIV 100 = 2 AND kv % 100 = 20", True),
        ("kv / 0 IS NULL", True),
        ("at IS NULL AND geometry IS NULL AND NOT name IS NULL", True),
        ("count = 9007199254740993", True),
        ("count = 9007199254740992", False),
        ('"kv" > 1e2', True),
        ("((((kv))))=((220))", True),
        ("S_INTERSECTS(geometry, POINT(1 1)) IS NULL", True),
        ("T_AFTER(at, DATE('2026-01-01')) = TRUE", False),
    ],
)
def test_filters_with_known_answers(text: str, expected: bool) -> None:
    assert matches(parse_text(text), Table([ROW])).tolist() == [expected]


REFUSED = [
    ("", "filter"), ("kv", "kv"), ("kv =", ""), ("kv = NULL", "NULL"), ("kv = 1 = 2", "="), ("kv == 220", "="),
    ("kv = '220'", "="), ("on = 1", "="), ("on < TRUE", "<"), ("at > '2026-01-01'", ">"), ("nosuch = 1", "nosuch"),
    ("name LIKE note", "like"), ("kv LIKE '2%'", "like"), ("foo(kv) = 1", "foo"), ("kv != 1", "!"), ("kv IN ()", ")"),
    ("A_CONTAINS(name, ('a','b'))", ","), ("name = 'open", "'"), ("kv = 1 garbage", "garbage"), ("NOT", ""),
    ("kv BETWEEN 1", ""), ("name IS 1", "1"), ("S_INTERSECTS(geometry, POINT(1))", "POINT"),
    ("S_INTERSECTS(geometry, POINT EMPTY)", "POINT"), ("S_INTERSECTS(geometry, 1)", "s_intersects"),
    ("S_INTERSECTS(geometry)", "s_intersects"), ("S_NEAR(geometry, POINT(1 1))", "s_near"),
    ("S_INTERSECTS(geometry, POLYGON((0 0,2 2,2 0,0 2,0 0)))", "Polygon"), ("geometry = geometry", "="),
    ("S_INTERSECTS(geometry, BBOX(2,2,1,1))", "BBOX"), ("BBOX(1,2,3,kv) IS NULL", "BBOX"),
    ("T_AFTER(at, DATE('2026-13-01'))", "DATE"), ("T_AFTER(at, DATE(2026))", "DATE"), ("T_AFTER(at, kv)", "t_after"),
    ("T_DURING(at, INTERVAL('2026-02-01','2026-01-01'))", "INTERVAL"), ("T_DURING(at, INTERVAL('..'))", "INTERVAL"),
    ("1 + TRUE = 2", "+"), ("2 ^ 2 ^ 2 = 1", "^"), ("kv = 1e400 AND ;", ";"), ("casei(kv) = 'a'", "casei"),
    ("kv AND on", "kv"), ("'a' AND on", "'a'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "part"), REFUSED)
def test_what_is_not_understood_is_refused_by_name(text: str, part: str) -> None:
    with pytest.raises(InvalidFilter) as caught:
        matches(read_filter(text, "cql2-text"), Table([ROW]))
    assert caught.value.extra["part"] == part
    assert caught.value.code == "invalid_filter"


@pytest.mark.parametrize(
    "tree",
    [
        None, [], {}, 1, "on", {"op": "and", "args": []}, {"op": "and", "args": [True]}, {"op": "=", "args": [1]},
        {"op": "=", "args": [1, None]}, {"op": "=", "args": [{"property": "kv"}, [220]]}, {"op": 1, "args": []},
        {"op": "=", "args": {"property": "kv"}}, {"property": "nosuch"}, {"property": ["kv"]},
        {"op": "=", "args": [{"property": "kv"}, 220], "extra": 1}, {"op": "in", "args": [{"property": "kv"}, 1]},
        {"op": "in", "args": [{"property": "kv"}, []]}, {"op": "isNull", "args": {"property": "kv"}},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point"}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": ["a", 1]}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"type": "Sphere", "coordinates": [1, 1]}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1, 2, 3]}]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [1, 2, 3, True]}]},
        {"op": "t_after", "args": [{"property": "at"}, {"date": 1}]}, {"date": "2026-01-01"},
        {"op": "t_after", "args": [{"property": "at"}, {"interval": [1, 2]}]}, {"interval": ["..", ".."]},
        {"op": "=", "args": [{"function": {"name": "f", "args": []}}, 1]}, {"op": "=", "args": [10**400, 1]},
    ],
)  # fmt: skip
def test_trees_that_are_no_cql2_are_refused(tree: Any) -> None:
    with pytest.raises(InvalidFilter):
        matches(tree, Table([ROW]))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000, "(" * 2_000 + "kv = 1" + ")" * 2_000, "kv = " + "(" * 2_000 + "1" + ")" * 2_000,
        "kv=1" + "+1" * 20_000, "f(" * 5_000 + "kv" + ")" * 5_000, "kv = 1 " * 9_000, "'" * 59_999, "x" * 70_000,
        "INTERVAL(" * 5_000, "name LIKE '" + "%a" * 20_000 + "'",
    ],
)  # fmt: skip
def test_hostile_texts_are_refused_without_harm(text: str) -> None:
    with pytest.raises(InvalidFilter):
        matches(read_filter(text, "cql2-text"), Table([ROW]))


def test_long_conditions_are_read() -> None:
    text = " OR ".join(f"kv = {number}" for number in range(1000))
    assert matches(parse_text(text), Table([ROW])).tolist() == [True]
    assert matches(parse_text("NOT " * 10_000 + "on"), Table([ROW])).tolist() == [True]


def test_deep_json_is_refused() -> None:
    text = '{"op":"not","args":[' * 500 + "true" + "]}" * 500
    with pytest.raises(InvalidFilter):
        read_filter(text, "cql2-json")
    with pytest.raises(InvalidFilter):
        read_filter("{", "cql2-json")
    with pytest.raises(InvalidFilter):
        read_filter("on", "sql")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on = 1", True),
        ("on = 0", False),
        ("on <> 0", True),
        ("at > '2020-01-01T'", True),
        ("at < '2020/01/01 00:00:00'", False),
    ],
)
def test_the_dialect_of_gdal_writes_truth_and_time_in_its_own_way(text: str, expected: bool) -> None:
    table = Table([{**ROW, "at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}])
    with pytest.raises(InvalidFilter):
        matches(parse_text(text), table)
    table.loose = True
    assert matches(parse_text(text), table).tolist() == [expected]
    with pytest.raises(InvalidFilter):
        matches(parse_text("at > 'soon'"), table)


def test_a_filter_without_properties_says_the_same_of_all() -> None:
    assert matches(op("=", 1, 1), Table([ROW, ROW])).tolist() == [True, True]
    assert matches(op("=", 1, 2), Table([ROW])).tolist() == [False]
    assert matches(True, Table([])).tolist() == []
    assert isinstance(matches(True, Table([ROW])), np.ndarray)
