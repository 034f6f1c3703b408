"""Impact: what is lost when assets fail, when, why and for how long."""

from __future__ import annotations

from fastapi import Request, Response

from api import wire
from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.event_queries import ImpactRequest
from api.formats import FORMAT_QUERY, Reply, chosen, give
from api.lengths import check_rows
from api.questions.events import impact_of
from api.section import Section
from api.security import asks

router = Section(tags=["impact"])


@router.post(
    "/impact",
    operation_id="askImpact",
    summary="What an event does",
    dependencies=[FORMAT_QUERY, asks],
    responses={200: {"model": wire.ImpactAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_impact(request: Request, body: ImpactRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """Takes the assets as failed and runs the cascade: verdict, times, outages and proof of each affected asset.

    Nothing is written. An event that names nothing is an error; a hazard that hits nothing says so in its notes.
    """
    view = view.supposing(body.what_if)
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    result = impact_of(view, body, limits)
    affected = sum(sum(counts.values()) for counts in result.summary.values())  # known before the entries are made
    check_rows(max(affected, len(result.rode), len(result.standby)), limits, chosen(request))
    reply = Reply(
        "impact",
        lambda: {**result.to_dict(), "notice": view.notice},
        result.to_arrow,
        lambda: {**result.beside(), "notice": view.notice},
        "id",
    )
    return give(request, reply, headers, view.snapshot.catalogue)
