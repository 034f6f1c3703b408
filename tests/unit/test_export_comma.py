"""CSV: what a spreadsheet would run is no formula any more, and nothing else is changed."""

from __future__ import annotations

import csv
import io
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.cli.output import to_csv
from twin.export.comma import csv_of, guarded


@pytest.mark.parametrize("text", ["=1+1", "+1 A", "-W1", "@SUM(A1)", "\tx", "\r=1", "=W1+QA2"])
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-5", "+4.5e3", "a=b", "grid:bus/1", "'=1", "Übung"])
def test_other_text_stays(text: str) -> None:
    assert guarded(text) == text


@given(
    st.lists(
        st.tuples(st.text(max_size=6), st.one_of(st.none(), st.floats(allow_nan=False)), st.booleans()), min_size=1
    )
)
def test_both_writers_give_the_same_cells(rows: list[tuple[str, Any, bool]]) -> None:
    named = [{"text": text, "number": number, "yes": yes, "list": [text]} for text, number, yes in rows]
    ours = csv_of(pa.Table.from_pylist(named, _SCHEMA)).decode()
    theirs = to_csv(named)
    read = [list(csv.DictReader(io.StringIO(text, newline=""))) for text in (ours, theirs)]
    for one, other, row in zip(*read, named, strict=True):
        assert one["text"] == guarded(str(row["text"]))
        assert other["text"] == one["text"].replace("\r\n", "\n").replace("\r", "\n")
        assert one["list"] == other["list"]
        assert one["yes"] == other["yes"]
        assert (one["number"] == "") == (other["number"] == "")
        assert one["number"] == "" or float(one["number"]) == float(other["number"])


_SCHEMA = pa.schema(
    {"text": pa.string(), "number": pa.float64(), "yes": pa.bool_(), "list": pa.list_(pa.string())}.items()
)
