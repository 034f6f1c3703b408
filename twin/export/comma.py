"""Tables as CSV that spreadsheets can open without harm."""

from __future__ import annotations

import orjson
import pyarrow as pa
import pyarrow.compute as pc

#: What a spreadsheet takes for the beginning of a formula.
FORMULA = "=+-@\t\r"
_BEGINS = rf"^[{FORMULA.replace('-', '')}\-]"


def guarded(text: str) -> str:
    """*text* with an apostrophe before it where a spreadsheet would run it as a formula; a number stays."""
    return f"'{text}" if text.startswith(tuple(FORMULA)) and not _is_number(text) else text


def csv_of(table: pa.Table, head: bool = True) -> bytes:
    """*table* as CSV, UTF-8, with a *head* of names; nested values as JSON, text :func:`guarded`, null as nothing."""
    import pyarrow.csv

    made = {name: _cells(table[name]) for name in table.column_names}
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(pa.table(made), sink, pyarrow.csv.WriteOptions(include_header=head))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type):
        texts = [None if value is None else orjson.dumps(value).decode() for value in column.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if not pa.types.is_string(column.type):
        return column
    risky = pc.match_substring_regex(column, _BEGINS)
    if not pc.any(risky).as_py():
        return column
    return pa.chunked_array([pa.array([None if x is None else guarded(x) for x in column.to_pylist()], pa.string())])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
