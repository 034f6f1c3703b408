"""Paths: routes between two assets."""

from __future__ import annotations

from fastapi import Request, Response

from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.formats import FORMAT_QUERY, respond
from api.paths_queries import PathsRequest
from api.questions.graph import paths
from api.section import Section
from api.security import asks
from api.wire_paths import PathsAnswer

router = Section(tags=["assets"])


@router.post(
    "/paths",
    operation_id="askPaths",
    summary="Routes between two assets",
    dependencies=[FORMAT_QUERY, asks],
    responses={200: {"model": PathsAnswer}, **documented([400, 404, 409, 413, 415, 422])},
)
def ask_paths(request: Request, body: PathsRequest, view: ViewDep, limits: LimitsDep) -> Response:
    """The shortest routes, the k best, or k that share nothing; with a certificate when there are fewer than asked for.

    Nothing is written.
    """
    view = view.supposing(body.what_if)
    headers = {"X-Twin-Revision": str(view.snapshot.revision)}
    document = paths(view, body, limits)
    return respond(request, "paths", document, headers, view.snapshot.catalogue)
