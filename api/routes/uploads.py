"""Uploads: exports sent over HTTP, tried (a dry run), and imported."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api import wire_jobs, wire_library
from api import wire_uploads as wire
from api.answers import answer, tagged
from api.deps import NO_QUERY, LimitsDep, TwinDep
from api.errors import documented
from api.jobs import Job, Pool
from api.library_queries import ShelfQuery
from api.queries import LIMITS
from api.reports import rejects_csv
from api.routes.jobs import PoolDep, accepted
from api.section import Section
from api.security import writes
from api.security.roles import caller
from api.shelves import shelf_page, wanted
from api.upload_queries import FORM, Reading, reading_of
from api.uploads import Upload, Uploads
from api.uploads.importing import Importing, refuse_outdated, rejects_path
from api.uploads.receive import receive
from twin.errors import ImportBusy, ImportRejected, InvalidParameter, NotFound

router = Section(tags=["imports"])

UploadId = Annotated[str, Path(max_length=LIMITS.text, description="Id of the upload.")]
#: Bytes that a zip may unpack to, as a multiple of what an upload may have.
UNPACKED = 8


def _uploads(request: Request) -> Uploads:
    uploads: Uploads = request.app.state.uploads
    return uploads


UploadsDep = Annotated[Uploads, Depends(_uploads)]


def _importing(request: Request) -> Importing:
    return Importing(request.app.state.holder, request.app.state.uploads, request.app.state.watcher.look)


@router.post(
    "/uploads",
    operation_id="uploadExport",
    summary="Send an export, and see what importing it would do",
    status_code=202,
    dependencies=[NO_QUERY, writes],
    openapi_extra={"requestBody": FORM},
    responses={202: {"model": wire.Upload}, **documented([400, 413, 415, 422])},
)
async def upload_export(request: Request, uploads: UploadsDep, pool: PoolDep, limits: LimitsDep) -> Response:
    """Takes the files of one export (or a zip of them) and starts a dry run as a job: nothing is written.

    Watch the `job`; then `GET /uploads/{id}` has the plan and every row that cannot be taken. Old uploads are removed.
    """
    by = caller(request).name
    id, folder = await run_in_threadpool(uploads.begin)
    try:
        fields = await receive(request, folder, limits.upload)
        reading = reading_of(fields)
        most = UNPACKED * limits.upload
        upload = await run_in_threadpool(uploads.keep, id, reading.model_dump(mode="json"), by, most)
        job = await run_in_threadpool(_check, request, upload, reading, by)
    except BaseException:
        await run_in_threadpool(uploads.discard, id)
        raise
    headers = {"Location": f"/uploads/{id}", "Retry-After": "1"}
    return answer(await run_in_threadpool(_whole, uploads.upload(id), pool, job), headers, 202)


@router.get(
    "/uploads",
    operation_id="listUploads",
    summary="Uploads",
    responses={200: {"model": wire.UploadPage}, **documented([400])},
)
def list_uploads(
    request: Request, uploads: UploadsDep, limits: LimitsDep, query: Annotated[ShelfQuery, Query()]
) -> Response:
    """Uploads, newest first, a page at a time; the newest 50 are kept for a week."""
    rows = uploads.uploads(query.before, wanted(query, limits))
    return shelf_page(request, "uploads", query, rows, uploads.count())


@router.get(
    "/uploads/{id}",
    operation_id="getUpload",
    summary="One upload",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire.Upload}, **documented([400, 404])},
)
def get_upload(request: Request, id: UploadId, uploads: UploadsDep, pool: PoolDep) -> Response:
    """Its files, how they are read, the plan of the last dry run with its rejects, or the report of the import."""
    upload = uploads.upload(id)
    return tagged(request, _whole(upload, pool, _job(upload, pool)))


@router.get(
    "/uploads/{id}/rejects",
    operation_id="getRejects",
    summary="Every row that cannot be taken",
    dependencies=[NO_QUERY],
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **documented([400, 404])},
)
def get_rejects(id: UploadId, uploads: UploadsDep) -> Response:
    """All rejects of the last dry run as CSV: file, row, column, code, message, fix."""
    path: FilePath | None = rejects_path(uploads.upload(id))
    if path is None:
        raise NotFound(f"There are no rejects of upload {id}", fix="GET /uploads/{id} says how its dry run went.")
    return rejects_csv(path)


@router.post(
    "/uploads/{id}/check",
    operation_id="checkUpload",
    summary="Try an upload again, read another way",
    status_code=202,
    dependencies=[NO_QUERY, writes],
    responses={202: {"model": wire_jobs.Job}, **documented([400, 404, 409, 413, 415, 422])},
)
def check_upload(
    request: Request, id: UploadId, body: Reading, uploads: UploadsDep, pool: PoolDep
) -> Response:  # fmt: skip
    """Another dry run as a job, with another loader, mapping or other flags; what is absent is guessed."""
    upload = uploads.upload(id)
    _refuse_busy(upload, pool)
    return accepted(_check(request, upload, body, caller(request).name))


@router.post(
    "/uploads/{id}/apply",
    operation_id="applyUpload",
    summary="Import an upload",
    status_code=202,
    dependencies=[NO_QUERY, writes],
    responses={202: {"model": wire_jobs.Job}, **documented([400, 404, 409, 422])},
)
def apply_upload(request: Request, id: UploadId, uploads: UploadsDep, pool: PoolDep, twin: TwinDep) -> Response:
    """Imports what the last dry run planned, as a job and one new revision; `POST /imports/{run}/undo` takes it back.

    It is refused when the twin or its schema is not as it was at the dry run: try it again first.
    """
    upload = uploads.upload(id)
    _refuse_busy(upload, pool)
    if upload.checked is None:
        raise InvalidParameter("the upload was not tried yet, or that failed", fix="POST /uploads/{id}/check")
    reading = Reading.model_validate({name: upload.how[name] for name in Reading.model_fields})
    count = upload.checked["rejected"]
    if count and (not reading.skip_rejects or reading.replace):
        raise ImportRejected(
            f"{count:,} {'row' if count == 1 else 'rows'} cannot be taken",
            fix="Mend them, or try it again with skip_rejects (and without replace).",
            rejects=f"/uploads/{id}/rejects",
        )
    refuse_outdated(twin, None, upload)
    by = caller(request).name
    job = pool.submit("apply", {"upload": id}, _importing(request).apply(upload, reading), by)
    uploads.worked_on(id, job.id)
    return accepted(job)


@router.delete(
    "/uploads/{id}",
    operation_id="removeUpload",
    summary="Remove an upload",
    dependencies=[NO_QUERY, writes],
    responses={200: {"model": wire_library.Removed}, **documented([400, 404, 409])},
)
def remove_upload(id: UploadId, uploads: UploadsDep, pool: PoolDep) -> Response:
    """Removes the upload and its files; what was imported from it stays."""
    _refuse_busy(uploads.upload(id), pool)
    uploads.remove(id)
    return answer({"id": id, "removed": True})


def _check(request: Request, upload: Upload, reading: Reading, by: str | None) -> Job:
    pool: Pool = request.app.state.jobs
    job = pool.submit("check", {"upload": upload.id}, _importing(request).check(upload, reading), by)
    uploads: Uploads = request.app.state.uploads
    uploads.worked_on(upload.id, job.id, reading.model_dump(mode="json"))
    return job


def _job(upload: Upload, pool: Pool) -> Job | None:
    """The last job about an upload, if it is still known."""
    try:
        return pool.shelf.job(upload.job) if upload.job is not None else None
    except NotFound:
        return None


def _refuse_busy(upload: Upload, pool: Pool) -> None:
    job = _job(upload, pool)
    if job is not None and not job.over:
        raise ImportBusy(
            f"the job {job.id} about this upload is not over", fix="Wait for it, or cancel it: DELETE /jobs/{id}"
        )


def _whole(upload: Upload, pool: Pool, job: Job | None) -> dict[str, Any]:
    """An upload with what came of its last job."""
    state = "received"
    if job is not None:
        going = {"check": "checking", "apply": "applying"}
        done = {"check": "checked", "apply": "applied"}
        state = going[job.kind] if not job.over else done[job.kind] if job.state == "done" else job.state
    report, error = (job.report, job.error) if job is not None else (None, None)
    return {**upload.to_dict(), "state": state, "report": report, "error": error}
