"""Criticality: what each single failure costs."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api.answers import cut, next_link, not_modified, page_headers, unchanged
from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.failure_queries import MAX_PAIRS, MAX_WORK, PAIRS_S, RUNS_S, CriticalityQuery
from api.formats import chosen, respond
from api.queries import known, page_size
from api.section import Section
from api.wire_failures import CriticalityAnswer

router = Section(tags=["impact"])


@router.get(
    "/criticality",
    operation_id="listCriticality",
    summary="What each single failure costs",
    responses={200: {"model": CriticalityAnswer}, **documented([400, 404, 409, 413])},
)
def list_criticality(
    request: Request, view: ViewDep, limits: LimitsDep, query: Annotated[CriticalityQuery, Query()]
) -> Response:
    """Every operating asset fails once, alone; ranked by what is lost with it, a page at a time. Exact.

    Steady by default: all buffers and fuel spent. Pairs that are not all tried in time are said to be so in `notes`.
    """
    view = view.supposing(query.edits)
    form = chosen(request)
    headers = view.headers(request, form)
    limit, domain = page_size(query, limits, form), known("domain", query.domain, view.schema.domains)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    result = view.snapshot.criticality(
        query.weight,
        domain,
        pairs=query.pairs and query.cursor is None,
        timeline=query.timeline,
        horizon_s=query.horizon_s,
        max_work=MAX_WORK,
        limit_s=RUNS_S,
        max_pairs=MAX_PAIRS,
        pairs_limit_s=PAIRS_S,
    )
    if result.pairs_tried != result.pairs_candidates:  # another time more may be found: nothing to keep
        headers = {"X-Twin-Revision": headers["X-Twin-Revision"], "Cache-Control": "no-store"}
    pairs = None if result.pairs is None else result.pairs.slice(0, limit)
    places, cursor = cut(range(result.total), query.cursor, limit, view.state)
    result.table, result.pairs = result.table.take(list(places)), pairs
    link = next_link(request, cursor)
    body = {**result.to_dict(), "next": link, "cursor": cursor, "notice": view.notice}
    return respond(request, "criticality", body, headers | page_headers(link), view.snapshot.catalogue)
