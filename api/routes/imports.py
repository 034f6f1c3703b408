"""Imports: which exports were loaded, when and with what result."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Path, Query, Request, Response

from api import wire
from api.answers import answer, cut, next_link, page_headers, tagged, tagged_as
from api.deps import NO_QUERY, PUBLISHES, LimitsDep, TwinDep
from api.errors import documented
from api.formats import chosen
from api.queries import LIMITS, PageQuery, page_size
from api.reports import public, rejects_csv
from api.section import Section
from api.security import writes
from api.wire_edits import EditReport, UndoReport
from twin.errors import NotFound
from twin.service import Twin

router = Section(tags=["imports"])

RunId = Annotated[str, Path(max_length=LIMITS.text, description="Id of the run.")]


def _soon(twin: Twin) -> Twin:
    """The twin, whose store was there a moment ago: that it is gone is told soon, not after all retries."""
    twin.store.state()
    return twin


@router.get(
    "/imports",
    operation_id="listImports",
    summary="Import runs",
    responses={200: {"model": wire.RunPage}, **documented([400])},
)
def list_imports(request: Request, twin: TwinDep, limits: LimitsDep, query: Annotated[PageQuery, Query()]) -> Response:
    """Every import run, newest first, with source, counts, revision and times; also one that is being applied."""
    limit = page_size(query, limits, chosen(request))
    runs = _soon(twin).runs()
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
    return tagged(request, _soon(twin).run(run))


@router.get(
    "/imports/{run}/report",
    operation_id="getImportReport",
    summary="What an import run told",
    dependencies=[NO_QUERY],
    responses={200: {"model": EditReport}, **documented([400, 404])},
)
def get_import_report(request: Request, twin: TwinDep, run: RunId) -> Response:
    """Plan, rejects and findings of a run, as it told them when it was over. The newest 50 are kept, where it ran."""
    report = _soon(twin).report(run)
    rejects = f"/imports/{quote(run, safe='')}/rejects" if report.rejected else None
    return tagged(request, public(report.to_dict(), rejects))


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
    path = twin.home / "reports" / run / "rejects.csv" if _soon(twin).report(run).rejected else None
    if path is None or not path.is_file():
        raise NotFound(f"There are no rejects of the run {run}", fix="GET /imports/{run}/report says how it went.")
    return rejects_csv(path)


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
    return answer(_soon(twin).undo(run).to_dict())
