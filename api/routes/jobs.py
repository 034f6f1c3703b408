"""Jobs: long questions and imports, with progress; each can be watched and cancelled."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from api import questions
from api import wire_jobs as wire
from api.answers import answer, tagged
from api.deps import NO_QUERY, LibraryDep, LimitsDep
from api.errors import RETRY_AFTER_S, documented
from api.job_queries import NewJob
from api.jobs import Job, Pool
from api.jobs.asking import asking
from api.library_queries import ShelfQuery
from api.queries import LIMITS
from api.section import Section
from api.security import writes
from api.security.roles import caller
from api.shelves import shelf_page, wanted
from api.streams import MEDIA_TYPE, Event, Streams

router = Section(tags=["jobs"])

JobId = Annotated[str, Path(max_length=LIMITS.text, description="Id of the job.")]


def _pool(request: Request) -> Pool:
    pool: Pool = request.app.state.jobs
    return pool


PoolDep = Annotated[Pool, Depends(_pool)]


def whole(job: Job) -> dict[str, Any]:
    """A job with its report."""
    return {**job.to_dict(), "report": job.report}


def accepted(job: Job) -> Response:
    """202: the job goes on, and is found at its address."""
    headers = {"Location": f"/jobs/{job.id}", "Retry-After": "1" if not job.over else str(RETRY_AFTER_S)}
    return answer(whole(job), headers, 202)


@router.post(
    "/jobs",
    operation_id="startJob",
    summary="Ask a question that takes long",
    status_code=202,
    dependencies=[NO_QUERY, writes],
    responses={202: {"model": wire.Job}, **documented([400, 404, 409, 413, 415, 422])},
)
def start_job(request: Request, body: NewJob, pool: PoolDep, library: LibraryDep, limits: LimitsDep) -> Response:
    """Asks any question without waiting: no limit on time. Watch `/jobs/{id}`, or its `events`; the result is kept.

    At most a few jobs run at once, and 50 wait; then 503.
    """
    read = questions.read(body.question, body.asked)
    by = caller(request).name
    about = {"name": body.name, "note": body.note, "by": by}
    work = asking(request.app.state.holder, library, limits, body.question, body.asked, read, about)
    return accepted(pool.submit("question", {"question": body.question, "asked": body.asked}, work, by))


@router.get(
    "/jobs",
    operation_id="listJobs",
    summary="Jobs",
    responses={200: {"model": wire.JobPage}, **documented([400])},
)
def list_jobs(
    request: Request, pool: PoolDep, limits: LimitsDep, query: Annotated[ShelfQuery, Query()]
) -> Response:  # fmt: skip
    """Jobs that wait, run or are over, newest first, a page at a time; the newest 1,000 that are over are kept."""
    rows = pool.shelf.jobs(query.before, wanted(query, limits))
    return shelf_page(request, "jobs", query, rows, pool.shelf.count())


@router.get(
    "/jobs/{id}",
    operation_id="getJob",
    summary="One job",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire.Job}, **documented([400, 404])},
)
def get_job(request: Request, id: JobId, pool: PoolDep) -> Response:
    """How far the job is, and what came of it: `result` of a question, `report` of an import, or `error`."""
    return tagged(request, whole(pool.shelf.job(id)))


@router.get(
    "/jobs/{id}/events",
    operation_id="watchJob",
    summary="Progress of a job as it happens",
    dependencies=[NO_QUERY],
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}, 204: {}, **documented([400, 404])},
)
async def watch_job(request: Request, id: JobId, pool: PoolDep) -> Response:
    """Server-sent events: `progress` with the job as of `GET /jobs/{id}`, and `done` when it is over, however it ended.

    A lost line is taken up with `Last-Event-ID`; 204 says that there is nothing more.
    """

    def look(place: int) -> list[Event]:
        job = pool.shelf.job(id)
        if job.changed <= place:
            return []
        return [Event(job.changed, "done" if job.over else "progress", whole(job), job.over)]

    streams: Streams = request.app.state.streams
    return await streams.answer(request, look)


@router.delete(
    "/jobs/{id}",
    operation_id="cancelJob",
    summary="Cancel a job",
    dependencies=[NO_QUERY, writes],
    responses={200: {"model": wire.Job}, 202: {"model": wire.Job}, **documented([400, 404])},
)
def cancel_job(id: JobId, pool: PoolDep) -> Response:
    """A waiting job is cancelled at once. A running one ends at the next place where it can be ended (202); what an
    import had written by then is taken back. One that is over stays as it is.
    """
    job = pool.cancel(id)
    return answer(whole(job)) if job.over else accepted(job)
