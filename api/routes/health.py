"""Health: whether the API lives, and whether it can answer."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Request, Response

from api import wire
from api.answers import answer
from api.deps import NO_QUERY
from api.errors import documented
from api.holder import Holder
from twin.errors import TwinError

router = APIRouter(tags=["health"], dependencies=[NO_QUERY])


@router.get(
    "/health",
    operation_id="getHealth",
    summary="Ready to answer?",
    responses={200: {"model": wire.Health}, **documented([400])},
)
def get_health(request: Request) -> Response:
    """The database's version and revision, and the revision that answers come from; 503 when it cannot be reached."""
    holder: Holder = request.app.state.holder
    try:
        with holder.asking() as twin:
            status, notice = twin.status(), twin.notice
    except TwinError as error:
        error.extra = {**error.extra, "live": True, "ready": False}
        raise
    body = {
        "live": True,
        "ready": True,
        "version": version("infrastructure-twin"),
        "store": {
            "version": status["version"],
            "revision": status["revision"],
            "applying": status["applying"],
        },
        "snapshot_revision": status["snapshot_revision"],
        "notice": notice,
    }
    return answer(body)


@router.get(
    "/health/live",
    operation_id="getLiveness",
    summary="Alive?",
    responses={200: {"model": wire.Liveness}, **documented([400])},
)
async def get_liveness() -> Response:
    """Answers as long as the process serves, whatever the database does."""
    return answer({"live": True})
