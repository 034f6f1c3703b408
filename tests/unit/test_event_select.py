"""Choosing assets by what they carry: the small language of ``--where``."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import InvalidParameter
from twin.impact.events.select import _few, select, worded

ROWS: list[dict[str, Any]] = [
    {"id": "a", "kind": "substation", "domain": "energy", "name": "Nordstadt", "voltage_kv": 380.0, "standby": None},
    {"id": "b", "kind": "substation", "domain": "energy", "name": "Süd (alt)", "voltage_kv": 110.0, "standby": False},
    {"id": "c", "kind": "genset", "domain": "energy", "name": None, "voltage_kv": None, "standby": True},
    {"id": "d", "kind": "router", "domain": "connectivity", "name": "nord-1", "voltage_kv": None, "standby": None},
]
TABLE = pa.table(
    {
        name: pa.array([row[name] for row in ROWS]).dictionary_encode()
        if name in ("kind", "domain")
        else pa.array([row[name] for row in ROWS])
        for name in ROWS[0]
    }
).append_column("status", pa.array([None, "planned", "in_service", None]))


def chosen(where: Any) -> str:
    return "".join(ROWS[i]["id"] for i in np.flatnonzero(select(TABLE, where)))


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("kind=substation", "ab"),
        ("kind = 'substation' and voltage_kv >= 380", "a"),
        ("kind=substation and voltage_kv>=380 and name~Nord", "a"),
        ("name~nord", "ad"),
        ("name !~ nord", "bc"),
        ('name = "Süd (alt)"', "b"),
        ("voltage_kv<380", "b"),
        ("voltage_kv>110", "a"),
        ("voltage_kv!=380", "bcd"),
        ("voltage_kv is null", "cd"),
        ("voltage_kv is not null", "ab"),
        ("kind in (genset, router)", "cd"),
        ("kind not in (genset, router)", "ab"),
        ("not kind=substation", "cd"),
        ("kind=genset or kind=router and domain=energy", "c"),
        ("(kind=genset or kind=router) and domain=connectivity", "d"),
        ("NOT (kind=genset OR kind=router) AND name~st", "a"),
        ("standby=true", "c"),
        ("standby=no", "b"),
        ("status=in_service", "acd"),
        ("status!=planned", "acd"),
        ("id=d", "d"),
        ("kind == substation", "ab"),
        ({"kind": "substation", "voltage_kv": ">=380"}, "a"),
        ({"kind": ["genset", "router"]}, "cd"),
        ({"standby": True}, "c"),
        ({"voltage_kv": None, "domain": "energy"}, "c"),
        ({"voltage_kv": 110}, "b"),
        ({"name": "~NORD"}, "ad"),
    ],
)
def test_a_selection_chooses(where: Any, ids: str) -> None:
    assert chosen(where) == ids


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("kind", "one of"),
        ("kind=", "ends where a value"),
        ("=substation", "a property is needed"),
        ("kind=substation and", "ends where a property"),
        ("kind=substation voltage_kv=1", "and, or, or the end"),
        ("(kind=substation", "a closing bracket"),
        ("kind=substation)", "and, or, or the end"),
        ("kind in genset", "a list in brackets"),
        ("kind in (genset", "a comma or a closing bracket"),
        ("kind not substation", "'substation' where in is needed"),
        ("voltage_kv is 3", "null is needed"),
        ('name="open', "cannot be read"),
        ("voltge_kv>3", "Did you mean voltage_kv"),
        ("voltage_kw>3", "Did you mean voltage_kv or voltage_low_kv or"),
        ("gpus>3", "no asset here carries 'gpus'"),
        ("geometry=1", "no asset has a property 'geometry'"),
        ("voltage_kv>high", "is a number, not 'high'"),
        ("voltage_kv>nan", "is a number, not 'nan'"),
        ("voltage_kv~3", "is no text"),
        ("name>3", "is no number"),
        ("standby=maybe", "true or false"),
        ("kind=substaton", "Did you mean substation"),
        ("domain=enrgy", "Did you mean energy"),
        ("status=broken", "there is no status 'broken'"),
        ("__import__('os').system('true')", "cannot be read|is needed|no asset has"),
        ("not " * 60 + "kind=genset", "nested more than 50"),
        ("(" * 60, "nested more than 50"),
        ("kind=genset or " * 1000, "characters"),
    ],
)
def test_a_bad_selection_is_told(where: str, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said) as caught:
        select(TABLE, where)
    assert caught.value.fix


def test_a_kind_of_the_schema_that_is_not_here_matches_nothing() -> None:
    assert chosen("kind=workload") == ""


SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
comparisons = st.one_of(
    st.tuples(st.just("voltage_kv"), st.sampled_from(sorted(SIGNS)), st.sampled_from((0, 110, 380, 400))),
    st.tuples(st.sampled_from(("kind", "id")), st.sampled_from(("=", "!=")), st.sampled_from(("genset", "router"))),
)
expressions: st.SearchStrategy[Any] = st.recursive(
    comparisons,
    lambda inner: st.one_of(st.tuples(st.just("not"), inner), st.tuples(st.sampled_from(("and", "or")), inner, inner)),
    max_leaves=8,
)


def text_of(tree: Any) -> str:
    if tree[0] == "not":
        return f"not ({text_of(tree[1])})"
    if tree[0] in ("and", "or"):
        return f"({text_of(tree[1])} {tree[0]} {text_of(tree[2])})"
    return f"{tree[0]}{tree[1]}{tree[2]}"


def holds(tree: Any, row: dict[str, Any]) -> bool:
    if tree[0] == "not":
        return not holds(tree[1], row)
    if tree[0] == "and":
        return holds(tree[1], row) and holds(tree[2], row)
    if tree[0] == "or":
        return holds(tree[1], row) or holds(tree[2], row)
    value = row[tree[0]]
    if value is None:
        return bool(tree[1] == "!=")
    return SIGNS[tree[1]](value, tree[2])


@given(expressions)
def test_expressions_mean_what_they_say(tree: Any) -> None:
    assert chosen(text_of(tree)) == "".join(row["id"] for row in ROWS if holds(tree, row))


def test_words_of_a_mapping_can_be_read_again() -> None:
    where = {"kind": "substation", "name": 'say "x"', "voltage_kv": ">=110", "standby": False, "domain": ["energy"]}
    assert chosen(worded(where)) == ""
    with pytest.raises(InvalidParameter, match="both kinds of quotes"):
        worded({"name": "'\""})


def test_a_long_list_of_words_says_how_many_it_leaves_out() -> None:
    words = [f"kind-{number:03}" for number in range(130)]
    assert _few(words).endswith("kind-099 and 30 more")
    assert _few(words[:40]) == ", ".join(words[:40])
