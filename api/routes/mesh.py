"""Meshes: what holds them together, and single points of supply."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from api.answers import cut, next_link, not_modified, page_headers, unchanged
from api.deps import LimitsDep, ViewDep
from api.errors import documented
from api.formats import chosen, respond
from api.paths_queries import DominatorQuery, MeshQuery
from api.queries import LIMITS, page_size
from api.questions.graph import mesh_document
from api.section import Section
from api.wire_paths import DominatorPage, MeshAnswer

router = Section(tags=["assets"])

MeshName = Annotated[
    str,
    Path(
        max_length=LIMITS.text, description="A service or a link type with mesh links.", examples=["power", "CONDUCTS"]
    ),
]


@router.get(
    "/meshes/{mesh}",
    operation_id="getMesh",
    summary="What holds a mesh together",
    responses={200: {"model": MeshAnswer}, **documented([400, 404, 409])},
)
def get_mesh(
    request: Request, mesh: MeshName, view: ViewDep, limits: LimitsDep, query: Annotated[MeshQuery, Query()]
) -> Response:
    """Islands, and each bridge and articulation point with what it isolates, the worst first, a page at a time."""
    view = view.supposing(query.edits)
    form = chosen(request)
    headers = view.headers(request, form)
    limit = page_size(query, limits, form)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    result = view.snapshot.mesh(mesh, schema=view.schema)
    cuts, cursor = cut(result.cuts, query.cursor, limit, view.state)
    link = next_link(request, cursor)
    body = {
        **mesh_document(result),
        "cuts": cuts,
        "next": link,
        "cursor": cursor,
        "notice": view.notice,
    }
    return respond(request, "mesh", body, headers | page_headers(link), view.snapshot.catalogue)


@router.get(
    "/dominators",
    operation_id="listDominators",
    summary="Single points of supply",
    responses={200: {"model": DominatorPage}, **documented([400, 404, 409])},
)
def list_dominators(
    request: Request, view: ViewDep, limits: LimitsDep, query: Annotated[DominatorQuery, Query()]
) -> Response:
    """Assets that all supply of others comes through, if any one supplier is enough (OR only), a page at a time."""
    view = view.supposing(query.edits)
    form = chosen(request)
    headers = view.headers(request, form)
    limit = page_size(query, limits, form)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    result = view.snapshot.dominators(query.service)
    items, cursor = cut(result.items, query.cursor, limit, view.state)
    link = next_link(request, cursor)
    page = {"items": items, "total": len(result.items), "next": link, "cursor": cursor, "notice": view.notice}
    document = {**result.to_dict(), **page}
    return respond(request, "dominators", document, headers | page_headers(link), view.snapshot.catalogue)
