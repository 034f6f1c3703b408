"""Single points of failure of one asset."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api.answers import not_modified, unchanged
from api.deps import ViewDep
from api.errors import documented
from api.failure_queries import MAX_WORK, RUNS_S, SinglePointsQuery
from api.formats import chosen, respond
from api.routes.assets import AssetId, detail, is_part_of_the_id
from api.section import Section
from api.wire_failures import SinglePointsAnswer

router = Section(tags=["impact"])
NAME = "single-points-of-failure"


@router.get(
    "/assets/{id:path}/single-points-of-failure",
    operation_id="listSinglePointsOfFailure",
    summary="What alone takes an asset down",
    responses={200: {"model": SinglePointsAnswer}, **documented([400, 404, 409, 413])},
)
def list_single_points(
    request: Request, id: AssetId, view: ViewDep, query: Annotated[SinglePointsQuery, Query()]
) -> Response:
    """Every single other asset whose loss takes this one down, for good or (a start gap) for a while. Exact."""
    view = view.supposing(query.edits)
    if is_part_of_the_id(request, NAME):
        return detail(request, f"{id}/{NAME}", view)
    headers = view.headers(request, chosen(request))
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    result = view.snapshot.single_points_of_failure(
        id, timeline=query.timeline, horizon_s=query.horizon_s, max_work=MAX_WORK, limit_s=RUNS_S
    )
    document = {**result.to_dict(), "notice": view.notice}
    return respond(request, NAME, document, headers, view.snapshot.catalogue)
