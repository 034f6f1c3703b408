"""Columns as JSON text: the same as a JSON encoder of its own right gives, whatever stands in the texts."""

from __future__ import annotations

import json
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.formats import encode

WORDS = st.one_of(
    st.none(), st.text(max_size=8), st.sampled_from(["", "null", '"', "\\", "\n", "Übung", "a,b", "\x7f"])
)


def read(column: pa.Array | pa.ChunkedArray) -> Any:
    found = json.loads(encode.columns(pa.table({"x": column}), {"more": 1}))
    assert found["rows"] == len(column)
    assert found["more"] == 1
    return found["columns"]["x"]


@given(st.lists(WORDS), st.booleans(), st.integers(0, 3))
def test_texts(words: list[str | None], coded: bool, skipped: int) -> None:
    whole = pa.array(words, pa.string())
    column = whole.dictionary_encode() if coded else whole
    assert read(column.slice(skipped)) == words[skipped:]
    parts = pa.chunked_array([column.slice(0, skipped), column.slice(skipped)])
    assert read(parts) == words


@given(st.lists(st.one_of(st.none(), st.floats(), st.integers(-(2**53), 2**53).map(float))))
def test_numbers(numbers: list[float | None]) -> None:
    expected = [x if x is not None and math.isfinite(x) else None for x in numbers]
    assert read(pa.array(numbers, pa.float64())) == expected


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, None, -(2**62)], pa.int64()),
        ([1, 2**62], pa.int64()),
        ([True, None, False], pa.bool_()),
        ([["a", None], None, []], pa.list_(pa.string())),
        ([{"a": 1.5, "b": ["x"]}, None], pa.struct({"a": pa.float64(), "b": pa.list_(pa.string())}.items())),
    ],
)
def test_other_values(values: list[Any], kind: pa.DataType) -> None:
    assert read(pa.array(values, kind)) == values
