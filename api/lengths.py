"""How long an answer without pages may be: a longer one is refused, never cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.formats import Format
from api.formats.format import JSON
from api.limits import Limits
from twin.errors import LimitExceeded
from twin.export.answers import MAIN

#: What has no pages: all of its rows are one story.
WITHOUT_PAGES = frozenset({"impact", "timeline", "explain", "compare"})
#: Formats that are written column by column take so many times as much.
COLUMNAR = 10


def check_rows(rows: int, limits: Limits, form: Format = JSON) -> None:
    """Refuse an answer of so many rows in this format. Raises LimitExceeded, with what would do."""
    most = limits.answer * (COLUMNAR if form.columnar else 1)
    if rows <= most:
        return
    other = "" if form.columnar else f"ask for f=arrow, which gives {limits.answer * COLUMNAR:,}, "
    job = "ask as a job (POST /jobs): its answer is kept whole"
    raise LimitExceeded(
        f"the answer has {rows:,} rows, and one answer gives {most:,} as {form.name}",
        fix=f"Narrow it (fewer assets, a shorter horizon), {other}or {job}.",
        rows=rows,
        most=most,
    )


def check_length(question: str, document: Mapping[str, Any], limits: Limits, form: Format = JSON) -> None:
    """Refuse a document whose main table, or any list, is too long. Raises LimitExceeded."""
    if question in WITHOUT_PAGES:
        main = sum(len(document[name]) for name in MAIN[question].members)
        lists = [len(value) for value in document.values() if isinstance(value, list)]
        check_rows(max([main, *lists]), limits, form)
