"""Findings: what is wrong or missing in the data."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from api import wire
from api.answers import tagged_page
from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.formats import chosen
from api.queries import FindingCountQuery, FindingListQuery, known, page_size
from api.section import Section
from twin.impact.checks.counts import By, concerning, counted
from twin.model import SHOWN

router = Section(tags=["findings"])


@router.get(
    "/findings",
    operation_id="listFindings",
    summary="What is wrong or missing in the data",
    responses={200: {"model": wire.FindingPage}, **documented([400, 409])},
)
def list_findings(
    request: Request, view: ViewDep, limits: LimitsDep, query: Annotated[FindingListQuery, Query()]
) -> Response:
    """Findings of the data, each with its stable code, what was seen and what to do; never silently repaired."""
    limit = page_size(query, limits, chosen(request))
    kind = known("kind", query.kind, view.schema.kinds)
    about = {"code": query.code, "severity": query.severity, "kind": kind, "source": query.source}
    rows = [finding.to_dict(SHOWN) for finding in concerning(view.snapshot, view.findings, **about)]
    return tagged_page(request, "findings", rows, query.cursor, limit, view)


@router.get(
    "/findings/counts",
    operation_id="countFindings",
    summary="Findings counted",
    responses={200: {"model": wire.FindingCountPage}, **documented([400, 409])},
)
def count_findings(
    request: Request, view: ViewDep, limits: LimitsDep, query: Annotated[FindingCountQuery, Query()]
) -> Response:
    """How many findings there are and how many assets they name, by code, source or kind: most assets first."""
    limit = page_size(query, limits, chosen(request))
    found = concerning(view.snapshot, view.findings, code=query.code, severity=query.severity)
    rows = counted(view.snapshot, found, By(query.by))
    return tagged_page(request, "finding-counts", rows, query.cursor, limit, view)
