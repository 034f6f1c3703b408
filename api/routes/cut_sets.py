"""Cut sets: the smallest sets of failures that take an asset down."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from api.answers import answer
from api.cut_sets_queries import MAX_NODES, SECONDS, CutSetsRequest
from api.deps import NO_QUERY, LimitsDep, ViewDep
from api.errors import documented
from api.security import asks
from api.wire_cut_sets import CutSetsAnswer
from twin.errors import LimitExceeded

router = APIRouter(tags=["impact"])


@router.post(
    "/cut-sets",
    operation_id="askCutSets",
    summary="What must fail together to take an asset down",
    dependencies=[NO_QUERY, asks],
    responses={200: {"model": CutSetsAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_cut_sets(request: Request, body: CutSetsRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """The minimal cut sets of an asset up to an order, its unavailability and what contributes to it.

    Nothing is written. A question that would take too long is refused, with what was reached and how to narrow it.
    """
    if body.limit > limits.max_page or len(body.unavailability or ()) > limits.failed:
        raise LimitExceeded(f"limit: at most {limits.max_page:,} sets, and {limits.failed:,} unavailabilities")
    result = view.snapshot.cut_sets(
        body.id,
        body.order,
        probabilities=body.unavailability,
        kind_probabilities=body.kind_unavailability,
        can_fail=body.can_fail,
        timeline=body.timeline,
        horizon_s=body.horizon_s,
        max_steps=body.steps(view.snapshot.n_assets),
        max_nodes=MAX_NODES,
        limit_s=SECONDS,
    )
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    return answer({**result.to_dict(body.limit), "notice": view.notice}, headers)
