"""Screening: what each of many scenarios costs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.answers import answer
from api.deps import NO_QUERY, LimitsDep, ViewDep
from api.errors import documented
from api.failure_queries import MAX_LISTED, MAX_SCENARIOS, MAX_WORK, ScreenRequest, check_limit
from api.security import asks
from api.wire_failures import ScreenAnswer

router = APIRouter(tags=["impact"])


@router.post(
    "/screen",
    operation_id="askScreen",
    summary="What each of many scenarios costs",
    dependencies=[NO_QUERY, asks],
    responses={200: {"model": ScreenAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_screen(request: Request, body: ScreenRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """Scenarios by name, or drawn at random: what each loses, per domain, and how often each asset is lost.

    Nothing is written. A scenario without ids counts as one that costs nothing; when all are, that is an error.
    """
    view = view.supposing(body.what_if)
    limit = check_limit(body.limit, limits)
    result = view.snapshot.screen(
        body.source(),
        weight=body.weight,
        often=body.assets,
        timeline=body.timeline,
        horizon_s=body.horizon_s,
        max_work=MAX_WORK,
        max_scenarios=MAX_SCENARIOS,
    )
    total = result.table.num_rows
    result.table = result.table.slice(0, limit)
    result.often = None if result.often is None else result.often.slice(0, limit)
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    return answer({**shortened(result.to_dict()), "total": total, "notice": view.notice}, headers)


def shortened(body: dict[str, Any]) -> dict[str, Any]:
    """*body* with the failed ids of as many scenarios as one answer lists; a note says where they end."""
    left = MAX_LISTED
    for place, row in enumerate(body["items"]):
        left -= len(row["failed_ids"])
        if left < 0:
            for other in body["items"][place:]:
                other["failed_ids"] = None
            note = (
                f"failed_ids stand for the first {place:,} scenarios only: one answer lists {MAX_LISTED:,} ids at most."
            )
            return {**body, "notes": [*body["notes"], note]}
    return body
