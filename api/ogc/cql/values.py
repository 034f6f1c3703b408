"""What expressions have as values: typed Arrow columns or single values, with SQL's null throughout."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidFilter

#: Kinds of values; a ``date`` is a whole day, an ``instant`` a moment in UTC.
NUMBER, TEXT, TRUTH, INSTANT, DATE, INTERVAL, SHAPE = (
    "number",
    "text",
    "boolean",
    "timestamp",
    "date",
    "interval",
    "geometry",
)
UTC_US = pa.timestamp("us", "UTC")
#: Open ends of intervals, microseconds; both are beyond every date that can be written.
EVER, NEVER = -(2**62), 2**62
DAY_US = 86_400_000_000
WRITTEN_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
WRITTEN_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})\Z")


class Value(NamedTuple):
    """A value: its kind, and a column of n or one scalar of it.

    ``data`` is an Arrow array or scalar (numbers, texts, booleans; times as microseconds), a pair of those for an
    interval or a time with its beginning and end, or shapely geometries. ``single`` marks what is the same for all
    features.
    """

    kind: str
    data: Any
    single: bool


def number(value: float) -> Value:
    """A written number; a whole one that fits stays exact."""
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return Value(NUMBER, pa.scalar(value, pa.int64()), True)
    if isinstance(value, int) and abs(value) > 10**308:
        raise InvalidFilter("a number is too large", part=str(value)[:20])
    return Value(NUMBER, pa.scalar(float(value), pa.float64()), True)


def column(kind: str, data: pa.Array) -> Value:
    """A property's column."""
    if kind == INSTANT:
        at = pc.cast(data, pa.int64())
        return Value(INSTANT, (at, at), False)
    return Value(kind, data, False)


def moment(kind: str, written: Any) -> Value:
    """A written date or instant as the time from its beginning to its end. Raises InvalidFilter."""
    pattern = WRITTEN_DATE if kind == DATE else WRITTEN_INSTANT
    if not isinstance(written, str) or not pattern.match(written):
        raise _bad_time(kind, written)
    try:
        low = microseconds(written)
    except (ValueError, OverflowError):
        raise _bad_time(kind, written) from None
    high = low + DAY_US - 1 if kind == DATE else low
    return Value(kind, (pa.scalar(low, pa.int64()), pa.scalar(high, pa.int64())), True)


def microseconds(written: str) -> int:
    """A date or instant as microseconds since 1970. Raises ValueError."""
    found = dt.datetime.fromisoformat(written)
    if found.tzinfo is None:
        found = found.replace(tzinfo=dt.UTC)
    return (found - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _bad_time(kind: str, written: Any) -> InvalidFilter:
    example = "2026-11-26" if kind == DATE else "2026-11-26T08:00:00Z"
    return InvalidFilter(
        f"{str(written)[:40]!r} is not a {kind}", fix=f"Write it like {example} (RFC 3339).", part=kind.upper()
    )


def loosened(values: list[Value]) -> list[Value]:
    """Values to be compared, with what GDAL writes for truth values and times read as such.

    Raises:
        InvalidFilter: a text that is to be compared with times is none.
    """
    kinds = {value.kind for value in values}
    if kinds == {TRUTH, NUMBER}:
        return [_truth(value) if value.kind == NUMBER else value for value in values]
    if kinds == {INSTANT, TEXT}:
        return [_time(value) if value.kind == TEXT else value for value in values]
    return values


def _truth(value: Value) -> Value:
    if value.single and value.data.as_py() in (0, 1):
        return Value(TRUTH, pa.scalar(bool(value.data.as_py())), True)
    return value


def _time(value: Value) -> Value:
    if not value.single:
        return value
    text = value.data.as_py()
    try:
        at = microseconds(text.replace("/", "-").removesuffix("T"))
    except (ValueError, OverflowError):
        raise _bad_time(INSTANT, text) from None
    return Value(INSTANT, (pa.scalar(at, pa.int64()), pa.scalar(at, pa.int64())), True)


def mapped(text: Any, change: Callable[[str], str]) -> Any:
    """A text column or scalar with *change* done to each different text once."""
    if isinstance(text, pa.Scalar):
        return pa.scalar(None if text.as_py() is None else change(text.as_py()), pa.string())
    coded = text.dictionary_encode()
    words = pa.array([change(word) for word in coded.dictionary.to_pylist()], pa.string())
    return words.take(coded.indices)


def without_accents(text: str) -> str:
    """*text* without the marks that Unicode can take apart: e for é."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def like_pattern(pattern: str) -> str:
    """A regular expression for a LIKE pattern: ``%`` any run, ``_`` one character, a backslash makes plain."""
    parts = ["(?s)^"]
    escaped = False
    for character in pattern:
        if escaped or character not in "%_\\":
            parts.append(_plain(character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            parts.append(".*" if character == "%" else ".")
    if escaped:
        parts.append(_plain("\\"))
    return "".join([*parts, r"\z"])


def _plain(character: str) -> str:
    return f"\\x{{{ord(character):x}}}"
