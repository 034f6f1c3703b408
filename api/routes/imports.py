"""Imports: which exports were loaded, when and with what result."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Path, Query, Request, Response
from starlette.responses import FileResponse

from api import wire
from api.answers import answer, cut, next_link, page_headers, tagged, tagged_as
from api.deps import NO_QUERY, PUBLISHES, LimitsDep, TwinDep
from api.errors import documented
from api.formats import chosen
from api.queries import LIMITS, PageQuery, page_size
from api.section import Section
from api.security import writes
from api.wire_edits import EditReport, UndoReport
from twin.errors import NotFound
from twin.ingest.report import ImportReport
from twin.ingest.rollback import rollback
from twin.ingest.run import quiet
from twin.service import Twin

router = Section(tags=["imports"])

RunId = Annotated[str, Path(max_length=LIMITS.text, description="Id of the run.")]


def _runs(twin: Twin) -> list[dict[str, Any]]:
    twin.store.state()  # it tells soon that the store is gone
    return twin.runs()


@router.get(
    "/imports",
    operation_id="listImports",
    summary="Import runs",
    responses={200: {"model": wire.RunPage}, **documented([400])},
)
def list_imports(request: Request, twin: TwinDep, limits: LimitsDep, query: Annotated[PageQuery, Query()]) -> Response:
    """Every import run, newest first, with source, counts, revision and times; also one that is being applied."""
    limit = page_size(query, limits, chosen(request))
    runs = _runs(twin)
    items, cursor = cut(runs, query.cursor, limit, "runs")
    link = next_link(request, cursor)
    body = {"items": items, "total": len(runs), "next": link, "cursor": cursor}
    return tagged_as(request, "imports", body, page_headers(link), None)


@router.get(
    "/imports/{run}",
    operation_id="getImport",
    summary="One import run",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire.RunDetail}, **documented([400, 404])},
)
def get_import(request: Request, twin: TwinDep, run: RunId) -> Response:
    """What one import run did."""
    return tagged(request, _run(twin, run))


@router.get(
    "/imports/{run}/report",
    operation_id="getImportReport",
    summary="What an import run told",
    dependencies=[NO_QUERY],
    responses={200: {"model": EditReport}, **documented([400, 404])},
)
def get_import_report(request: Request, twin: TwinDep, run: RunId) -> Response:
    """Plan, rejects and findings of a run, as it told them when it was over. The newest 50 are kept, where it ran."""
    report = _report(twin, run)
    rejects = f"/imports/{quote(run, safe='')}/rejects" if report.rejected else None
    return tagged(request, {**report.to_dict(), "rejects_file": rejects, "report_file": None})


@router.get(
    "/imports/{run}/rejects",
    operation_id="getImportRejects",
    summary="Every row that an import run did not take",
    dependencies=[NO_QUERY],
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **documented([400, 404])},
)
def get_import_rejects(twin: TwinDep, run: RunId) -> Response:
    """All rejects of a run as CSV: file, row, column, code, message, fix."""
    path = twin.home / "reports" / run / "rejects.csv" if _report(twin, run).rejected else None
    if path is None or not path.is_file():
        raise NotFound(f"There are no rejects of the run {run}", fix="GET /imports/{run}/report says how it went.")
    headers = {"Cache-Control": "private, no-cache"}
    return FileResponse(path, headers=headers, media_type="text/csv", filename="rejects.csv")


@router.post(
    "/imports/{run}/undo",
    operation_id="undoImport",
    summary="Take an import run back",
    dependencies=[NO_QUERY, writes, PUBLISHES],
    responses={200: {"model": UndoReport}, **documented([400, 404, 409])},
)
def undo_import(twin: TwinDep, run: RunId) -> Response:
    """Takes back the newest run, or one that was cut off: the twin is as it was before it, under a new revision.

    It is refused while later runs build on this one.
    """
    _run(twin, run)
    return answer(rollback(twin.store, run, quiet).to_dict())


def _run(twin: Twin, run: str) -> dict[str, Any]:
    found = next((row for row in _runs(twin) if row["id"] == run), None)
    if found is None:
        raise NotFound(f"There is no import run {run}", fix="List them with GET /imports.")
    return found


def _report(twin: Twin, run: str) -> ImportReport:
    _run(twin, run)
    return twin.report(run)
