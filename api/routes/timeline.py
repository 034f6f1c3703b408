"""Timeline: what an event does in which order."""

from __future__ import annotations

from fastapi import Request, Response

from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.event_queries import ImpactRequest
from api.formats import FORMAT_QUERY, chosen, respond
from api.lengths import check_length
from api.questions.events import timeline
from api.section import Section
from api.security import asks
from api.wire_events import TimelineAnswer

router = Section(tags=["impact"])


@router.post(
    "/timeline",
    operation_id="askTimeline",
    summary="What an event does in which order",
    dependencies=[FORMAT_QUERY, asks],
    responses={200: {"model": TimelineAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_timeline(request: Request, body: ImpactRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """Everything that happens up to the horizon, what runs on which buffer until when, the critical chain of each
    asset, and the races between buffers and supply with their margins.

    Nothing is written. An empty event is an error.
    """
    view = view.supposing(body.what_if)
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    document = timeline(view, body, limits)
    check_length("timeline", document, limits, chosen(request))
    return respond(request, "timeline", document, headers, view.snapshot.catalogue)
