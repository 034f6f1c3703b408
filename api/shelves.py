"""Pages of what is kept, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.answers import next_link, page_headers, tagged_as
from api.library_queries import ShelfQuery
from api.limits import Limits
from twin.errors import InvalidParameter


def wanted(query: ShelfQuery, limits: Limits) -> int:
    """Rows to read: one more than a page, to see whether there is another. Raises InvalidParameter."""
    if query.limit > limits.max_page:
        raise InvalidParameter(f"limit: at most {limits.max_page:,} rows are given at once")
    return query.limit + 1


def shelf_page(request: Request, question: str, query: ShelfQuery, rows: Sequence[Any], total: int) -> Response:
    """One page of *rows* (see :func:`wanted`), each with ``seq`` and ``to_dict``, in the format that is wanted.

    *question*: see :func:`api.formats.respond`.
    """
    shown = rows[: query.limit]
    cursor = str(shown[-1].seq) if len(rows) > query.limit else None
    link = next_link(request, cursor)
    body = {"items": [row.to_dict() for row in shown], "total": total, "next": link, "cursor": cursor}
    return tagged_as(request, question, body, page_headers(link), None)
