"""Compare: two events side by side."""

from __future__ import annotations

from fastapi import Request, Response

from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.event_queries import CompareRequest
from api.formats import FORMAT_QUERY, chosen, respond
from api.lengths import check_length
from api.questions.events import compare
from api.section import Section
from api.security import asks
from api.wire_events import CompareAnswer

router = Section(tags=["impact"])


@router.post(
    "/compare",
    operation_id="askCompare",
    summary="What sets two events apart",
    dependencies=[FORMAT_QUERY, asks],
    responses={200: {"model": CompareAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_compare(request: Request, body: CompareRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """What only A affects, only B, and both, with the deltas of verdicts, times and capacity per domain.

    Nothing is written. An empty event is an error.
    """
    view = view.supposing(body.what_if)
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    document = compare(view, body, limits)
    check_length("compare", document, limits, chosen(request))
    return respond(request, "compare", document, headers, view.snapshot.catalogue)
