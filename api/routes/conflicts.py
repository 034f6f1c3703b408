"""Several sources, one asset: who says what, and what they do not agree on."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api import wire_sources
from api.answers import tagged, tagged_page
from api.deps import NO_QUERY, LimitsDep, TwinDep, ViewDep
from api.errors import documented
from api.formats import chosen
from api.queries import ConflictQuery, page_size
from api.routes.assets import AssetId
from api.section import Section

router = Section(tags=["findings"])


@router.get(
    "/conflicts",
    operation_id="listConflicts",
    summary="What the sources of an asset do not agree on",
    responses={200: {"model": wire_sources.ConflictPage}, **documented([400, 409])},
)
def list_conflicts(
    request: Request, twin: TwinDep, view: ViewDep, limits: LimitsDep, query: Annotated[ConflictQuery, Query()]
) -> Response:
    """Values that differ, who gives each, and which one counts by the authority of the match rule."""
    limit = page_size(query, limits, chosen(request))
    rows = [row for row in twin.conflicts() if query.property in (None, row["property"])]
    return tagged_page(request, "conflicts", rows, query.cursor, limit, view)


@router.get(
    "/assets/{id:path}/provenance",
    operation_id="getProvenance",
    summary="Who says what about an asset",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire_sources.Provenance}, **documented([400, 404, 409])},
)
def get_provenance(request: Request, id: AssetId, twin: TwinDep, view: ViewDep) -> Response:
    """The records that describe the asset, and for each property who gives the value that counts, with run and row."""
    body = {**twin.provenance(id), "revision": view.snapshot.revision, "notice": view.notice}
    return tagged(request, body, {"X-Twin-Revision": str(view.snapshot.revision)})
