"""Explain: why an asset has its verdict."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.answers import answer
from api.deps import NO_QUERY, LimitsDep, ViewDep
from api.errors import documented
from api.event_queries import ExplainRequest
from api.security import asks
from api.wire_events import ExplainAnswer

router = APIRouter(tags=["impact"])


@router.post(
    "/explain",
    operation_id="askExplain",
    summary="Why an asset goes down, is at risk or survives",
    dependencies=[NO_QUERY, asks],
    responses={200: {"model": ExplainAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_explain(request: Request, body: ExplainRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """The chain of causes from the asset back to the event, in sentences and as data; the whole proof, and its graph.

    Nothing is written. An empty event is an error.
    """
    view = view.supposing(body.what_if)
    result = view.snapshot.explain(body.id, body.event(limits), horizon_s=body.horizon_s)
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    return answer({**result.to_dict(), "notice": view.notice}, headers)
