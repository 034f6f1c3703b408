"""Completeness: how complete and how old the data are."""

from __future__ import annotations

from fastapi import Request, Response

from api.answers import tagged_as
from api.deps import TwinDep, ViewDep
from api.errors import documented
from api.formats import FORMAT_QUERY
from api.section import Section
from api.wire_completeness import CompletenessAnswer

router = Section(tags=["findings"])


@router.get(
    "/completeness",
    operation_id="getCompleteness",
    summary="How complete the data are",
    dependencies=[FORMAT_QUERY],
    responses={200: {"model": CompletenessAnswer}, **documented([400, 409])},
)
def get_completeness(request: Request, twin: TwinDep, view: ViewDep) -> Response:
    """By source and kind: six shares that are counted, their weighted mean, and the age of each source."""
    result = view.snapshot.completeness(schema=view.schema, findings=twin.findings())
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    document = {**result.to_dict(), "notice": view.notice}
    return tagged_as(request, "completeness", document, headers, None)
