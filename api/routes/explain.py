"""Explain: why an asset has its verdict."""

from __future__ import annotations

from fastapi import Request, Response

from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.event_queries import ExplainRequest
from api.formats import FORMAT_QUERY, chosen, respond
from api.lengths import check_length
from api.questions.events import explain
from api.section import Section
from api.security import asks
from api.wire_events import ExplainAnswer

router = Section(tags=["impact"])


@router.post(
    "/explain",
    operation_id="askExplain",
    summary="Why an asset goes down, is at risk or survives",
    dependencies=[FORMAT_QUERY, asks],
    responses={200: {"model": ExplainAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_explain(request: Request, body: ExplainRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """The chain of causes from the asset back to the event, in sentences and as data; the whole proof, and its graph.

    Nothing is written. An empty event is an error.
    """
    view = view.supposing(body.what_if)
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    document = explain(view, body, limits)
    check_length("explain", document, limits, chosen(request))
    return respond(request, "explain", document, headers, view.snapshot.catalogue)
