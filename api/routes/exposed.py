"""Exposed: what an event leaves one failure away."""

from __future__ import annotations

from fastapi import Request, Response

from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.failure_queries import ExposedRequest
from api.formats import FORMAT_QUERY, respond
from api.questions.events import exposed
from api.section import Section
from api.security import asks
from api.wire_failures import ExposedAnswer

router = Section(tags=["impact"])


@router.post(
    "/exposed",
    operation_id="askExposed",
    summary="What is one failure away after an event",
    dependencies=[FORMAT_QUERY, asks],
    responses={200: {"model": ExposedAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_exposed(request: Request, body: ExposedRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """Exactly what one further failure would take down after the event and would not have before, and which failure.

    Nothing is written. An event that names nothing is an error; a hazard that hits nothing says so in its notes.
    """
    view = view.supposing(body.what_if)
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    document = exposed(view, body, limits)
    return respond(request, "exposed", document, headers, view.snapshot.catalogue)
