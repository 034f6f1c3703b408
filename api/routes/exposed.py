"""Exposed: what an event leaves one failure away."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.answers import answer
from api.deps import NO_QUERY, LimitsDep, ViewDep
from api.errors import documented
from api.failure_queries import MAX_WORK, ExposedRequest, check_limit
from api.security import asks
from api.wire_failures import ExposedAnswer

router = APIRouter(tags=["impact"])


@router.post(
    "/exposed",
    operation_id="askExposed",
    summary="What is one failure away after an event",
    dependencies=[NO_QUERY, asks],
    responses={200: {"model": ExposedAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_exposed(request: Request, body: ExposedRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """Exactly what one further failure would take down after the event and would not have before, and which failure.

    Nothing is written. An event that names nothing is an error; a hazard that hits nothing says so in its notes.
    """
    view = view.supposing(body.what_if)
    limit = check_limit(body.limit, limits)
    result = view.snapshot.exposed(
        body.event(limits), timeline=body.timeline, horizon_s=body.horizon_s, named=body.named, max_work=MAX_WORK
    )
    total = len(result.exposed)
    result.exposed = result.exposed[:limit]
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    return answer({**result.to_dict(), "total": total, "notice": view.notice}, headers)
