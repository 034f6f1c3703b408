"""Health: whether the API lives, and whether it can answer."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import Request, Response

from api import wire
from api.answers import answer
from api.deps import NO_QUERY
from api.errors import documented
from api.holder import Holder
from api.operations import Metrics, Pulse
from api.section import Section
from twin.errors import Overloaded, TwinError

router = Section(tags=["health"], dependencies=[NO_QUERY])


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


@router.get(
    "/health/ready",
    operation_id="getReadiness",
    summary="Ready for questions?",
    responses={200: {"model": wire.Readiness}, **documented([400])},
)
async def get_readiness(request: Request) -> Response:
    """For load balancers: 503 until the twin has been read once and while the database does not answer."""
    warming = getattr(request.app.state, "warming", None)
    if warming is not None and not warming.done():
        raise Overloaded("The twin is being read for the first time", live=True, ready=False)
    pulse: Pulse = request.app.state.pulse
    state = await pulse.look()
    if state.fault is not None:
        state.fault.extra = {**state.fault.extra, "live": True, "ready": False}
        raise state.fault
    revision = state.snapshot.revision if state.snapshot is not None else None
    return answer({"live": True, "ready": True, "snapshot_revision": revision})


@router.get("/metrics", operation_id="getMetrics", include_in_schema=False)
async def get_metrics(request: Request) -> Response:
    """Requests by operation and status, times, the revision, the size of the twin, the age of its sources, jobs."""
    metrics: Metrics = request.app.state.metrics
    pulse: Pulse = request.app.state.pulse
    await pulse.look()
    content, media_type = metrics.text(request.headers.get("accept", ""))
    return Response(content, 200, {"Cache-Control": "no-store"}, media_type)
