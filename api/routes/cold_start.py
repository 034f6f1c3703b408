"""Cold start: what comes up from nothing."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api.answers import not_modified, unchanged
from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.failure_queries import ColdStartPageQuery, check_limit
from api.formats import chosen, respond
from api.section import Section
from api.wire_failures import ColdStartAnswer

router = Section(tags=["impact"])


@router.get(
    "/cold-start",
    operation_id="getColdStart",
    summary="What comes up from nothing",
    responses={200: {"model": ColdStartAnswer}, **documented([400, 404, 409, 413])},
)
def get_cold_start(
    request: Request, view: ViewDep, limits: LimitsDep, query: Annotated[ColdStartPageQuery, Query()]
) -> Response:
    """What can be started after everything was down, round by round: an energisation order; and what can not."""
    view = view.supposing(query.edits)
    headers = view.headers(request, chosen(request))
    limit = check_limit(query.limit, limits)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    result = view.snapshot.cold_start()
    document = {**result.to_dict(limit, query.skip), "notice": view.notice}
    return respond(request, "cold-start", document, headers, view.snapshot.catalogue)
