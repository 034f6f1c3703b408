"""Screening: what each of many scenarios costs."""

from __future__ import annotations

from fastapi import Request, Response

from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.failure_queries import ScreenRequest
from api.formats import FORMAT_QUERY, respond
from api.questions.failures import screen
from api.section import Section
from api.security import asks
from api.wire_failures import ScreenAnswer

router = Section(tags=["impact"])


@router.post(
    "/screen",
    operation_id="askScreen",
    summary="What each of many scenarios costs",
    dependencies=[FORMAT_QUERY, asks],
    responses={200: {"model": ScreenAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_screen(request: Request, body: ScreenRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """Scenarios by name, or drawn at random: what each loses, per domain, and how often each asset is lost.

    Nothing is written. A scenario without ids counts as one that costs nothing; when all are, that is an error.
    """
    view = view.supposing(body.what_if)
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    document = screen(view, body, limits)
    return respond(request, "screen", document, headers, view.snapshot.catalogue)
