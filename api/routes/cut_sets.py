"""Cut sets: the smallest sets of failures that take an asset down."""

from __future__ import annotations

from fastapi import Request, Response

from api.cut_sets_queries import CutSetsRequest
from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.formats import FORMAT_QUERY, respond
from api.questions.failures import cut_sets
from api.section import Section
from api.security import asks
from api.wire_cut_sets import CutSetsAnswer

router = Section(tags=["impact"])


@router.post(
    "/cut-sets",
    operation_id="askCutSets",
    summary="What must fail together to take an asset down",
    dependencies=[FORMAT_QUERY, asks],
    responses={200: {"model": CutSetsAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_cut_sets(request: Request, body: CutSetsRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """The minimal cut sets of an asset up to an order, its unavailability and what contributes to it.

    Nothing is written. A question that would take too long is refused, with what was reached and how to narrow it.
    """
    view = view.supposing(body.what_if)
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    document = cut_sets(view, body, limits)
    return respond(request, "cut-sets", document, headers, view.snapshot.catalogue)
