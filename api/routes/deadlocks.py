"""Black-start deadlocks: what must be started by hand."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api.answers import not_modified, unchanged
from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.failure_queries import MAX_SEARCH, RUNS_S, DeadlocksQuery, check_limit
from api.formats import chosen, respond
from api.section import Section
from api.wire_failures import DeadlockAnswer

router = Section(tags=["impact"])


@router.get(
    "/deadlocks",
    operation_id="listDeadlocks",
    summary="What must be started by hand",
    responses={200: {"model": DeadlockAnswer}, **documented([400, 404, 409, 413])},
)
def list_deadlocks(
    request: Request, view: ViewDep, limits: LimitsDep, query: Annotated[DeadlocksQuery, Query()]
) -> Response:
    """Cores that wait for each other and do not start by themselves, in order, each with the places for portable
    sources that start it.
    """
    view = view.supposing(query.edits)
    headers = view.headers(request, chosen(request))
    limit = check_limit(query.limit, limits)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    cores = view.snapshot.deadlocks(max_work=MAX_SEARCH, limit_s=RUNS_S)
    body = {
        "revision": view.snapshot.revision,
        "model_level": "L1",
        "assumptions": view.snapshot.rests_on(),
        "total": len(cores),
        "items": [core.to_dict(limit) for core in cores[:limit]],
        "notice": view.notice,
    }
    return respond(request, "deadlocks", body, headers, view.snapshot.catalogue)
