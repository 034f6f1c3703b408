"""Cells of spreadsheets: texts, numbers of any locale, dates, and patterns with columns in braces."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from twin.schema.values import ValueProblem

BRACES = re.compile(r"\{([^{}]+)\}")
#: A comma or dot as decimal sign, beyond doubt.
COMMA = re.compile(r"[-+]?(\d+,(\d{1,2}|\d{4,})|0,\d+|\d{1,3}(\.\d{3})+,\d+|\d{4,},\d+)([eE][-+]?\d+)?\Z")
POINT = re.compile(r"[-+]?(\d+\.(\d{1,2}|\d{4,})|0\.\d+|\d{1,3}(,\d{3})+\.\d+|\d{4,}\.\d+)([eE][-+]?\d+)?\Z")
#: Signs of several groups can only separate thousands.
GROUPS = {",": re.compile(r"[-+]?\d{1,3}(\.\d{3}){2,}\Z"), ".": re.compile(r"[-+]?\d{1,3}(,\d{3}){2,}\Z")}
DOUBTFUL = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}\Z")
SPACED = re.compile(r"(?<=\d)[ \u00a0\u202f'\u2019](?=\d{3}(\D|\Z))")
WITH_UNIT = re.compile(r"([-+]?[\d.,' \u00a0\u202f]*\d(?:[eE][-+]?\d+)?)[ \u00a0]*([^\d\s.,].*)\Z")


def cell_text(raw: Any) -> str:
    """A cell as trimmed text; empty when it is absent. ``12.0`` is ``12``, true is ``true``, dates are ISO."""
    if raw is None:
        return ""
    if isinstance(raw, str):
        return raw.strip()
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float):
        return "" if raw != raw else str(int(raw)) if raw.is_integer() else repr(raw)
    if isinstance(raw, dt.date | dt.time):
        return raw.isoformat()
    return str(raw).strip()


def decimal_sign(texts: Iterable[Any]) -> str | None:
    """The decimal sign of the numbers among *texts*; None when none says it beyond doubt, or they disagree."""
    comma = point = False
    for text in texts:
        if isinstance(text, str):
            text = SPACED.sub("", text.strip())
            comma = comma or COMMA.match(text) is not None or GROUPS[","].match(text) is not None
            point = point or POINT.match(text) is not None or GROUPS["."].match(text) is not None
    return None if comma == point else "," if comma else "."


def number_text(name: str, text: str, decimal: str | None) -> str:
    """*text* with a decimal point and without thousands, ready for ``float``; what is no number stays as it is.

    Args:
        name: of the column, for the message. decimal: the decimal sign, None when it is not known.

    Raises:
        ValueProblem: ``wrong_type``, it can be read in two ways.
    """
    plain = SPACED.sub("", text.strip())
    if decimal is None:
        if DOUBTFUL.match(plain):
            raise ValueProblem(
                "wrong_type",
                f"{plain!r} in {name} may be {plain.replace(',', '.')} or {re.sub('[.,]', '', plain)}",
                'Say which: set decimal = "," or decimal = "." for the table.',
            )
        decimal = decimal_sign([plain]) or "."
    if GROUPS[decimal].match(plain) or (DOUBTFUL.match(plain) and decimal not in plain):
        return re.sub("[.,]", "", plain)
    exact = COMMA if decimal == "," else POINT
    if exact.match(plain) or (decimal == "," and re.match(r"[-+]?\d+,\d+([eE][-+]?\d+)?\Z", plain)):
        thousands = "." if decimal == "," else ","
        return plain.replace(thousands, "").replace(decimal, ".")
    if decimal == "," and re.match(r"[-+]?\d*\.\d+\Z", plain):
        raise ValueProblem(
            "wrong_type",
            f"{plain!r} in {name} has a decimal point, the decimal sign is a comma",
            "Set decimal for the table, or write the number with a comma.",
        )
    return plain


def split_unit(text: str, units: Iterable[str]) -> tuple[str, str | None]:
    """``20 MVA`` as number and unit, when the unit is one of *units*; else the text and None."""
    found = WITH_UNIT.match(text.strip())
    if found and found[2].strip() in units:
        return found[1], found[2].strip()
    return text, None


def columns_of(pattern: str) -> list[str]:
    """The columns that stand in braces in *pattern*."""
    return [normal(name) for name in BRACES.findall(pattern)]


def is_pattern(text: str) -> bool:
    """Whether *text* has columns in braces."""
    return BRACES.search(text) is not None


def fill_pattern(pattern: str, cell: Callable[[str], Any]) -> tuple[str, str | None]:
    """*pattern* with the cells of a row, and the first column that is empty (None: all are filled)."""
    missing: list[str] = []

    def put(found: re.Match[str]) -> str:
        name = normal(found[1])
        text = cell_text(cell(name))
        if not text:
            missing.append(name)
        return text

    made = BRACES.sub(put, pattern)
    return made, missing[0] if missing else None


def normal(name: Any) -> str:
    """A header cell as the mapping names it: trimmed, line breaks and runs of blanks as one blank."""
    return " ".join(cell_text(name).split())


def letters(index: int) -> str:
    """0-based column number as a spreadsheet names it: A, B, ..., AA."""
    made = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        made = chr(65 + rest) + made
    return made


def read_date(name: str, raw: Any, form: str | None, zone: str | None) -> dt.datetime | dt.date | None:
    """A date cell, or a text as *form* (else ISO 8601) writes it; a time gets the time zone *zone*.

    Raises:
        ValueProblem: ``wrong_type``.
    """
    if isinstance(raw, dt.datetime | dt.date):
        made = raw
    else:
        text = cell_text(raw)
        if not text:
            return None
        try:
            made = dt.datetime.strptime(text, form) if form else dt.datetime.fromisoformat(text)
        except ValueError:
            wanted = form or "2026-01-31 or 2026-01-31T12:00"
            raise ValueProblem(
                "wrong_type", f"{text[:60]!r} in {name} is no date like {wanted}", "Set `dates` for the table."
            ) from None
        if (form is None and len(text) <= 10) or (form and not re.search("%[HIMSXcT]", form)):
            made = made.date()
    if isinstance(made, dt.datetime) and made.tzinfo is None and zone:
        made = made.replace(tzinfo=ZoneInfo(zone))
    return made
