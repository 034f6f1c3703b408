"""Assets: search them, read one, follow what it depends on and what depends on it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Request, Response

from api import wire
from api.answers import answer, cut, next_link, not_modified, page_headers, unchanged
from api.deps import NO_QUERY, LimitsDep, View, ViewDep
from api.errors import documented
from api.formats import Reply, chosen, give, respond
from api.limits import Limits
from api.queries import LIMITS, AssetQuery, WalkQuery, hops, known, page_size, words
from api.section import Section
from twin.geo import parse_bbox

router = Section(tags=["assets"])

AssetId = Annotated[
    str,
    Path(
        max_length=LIMITS.text,
        description="The asset's id, `<source>:<native id>`; a `/` in it may be written as it is.",
        examples=["grid:bus/220"],
    ),
]
Direction = Literal["dependencies", "dependents"]


@router.get(
    "/assets",
    operation_id="listAssets",
    summary="Search assets",
    responses={200: {"model": wire.AssetPage}, **documented([400, 409])},
)
def list_assets(request: Request, view: ViewDep, limits: LimitsDep, query: Annotated[AssetQuery, Query()]) -> Response:
    """Assets by kind, domain, text and bounding box, in a fixed order, a page at a time."""
    form = chosen(request)
    headers = view.headers(request, form)
    limit, bbox = page_size(query, limits, form), parse_bbox(query.bbox) if query.bbox is not None else None
    kind = known("kind", query.kind, view.schema.kinds)
    domain = known("domain", query.domain, view.schema.domains)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    table, cursor, total = view.snapshot.catalogue.found(kind, domain, query.text, bbox, query.cursor, limit)
    link = next_link(request, cursor)
    beside = {
        "total": total,
        "next": link,
        "cursor": cursor,
        "revision": view.snapshot.revision,
        "notice": view.notice,
    }
    reply = Reply("assets", lambda: {"items": table.to_pylist(), **beside}, lambda: table, lambda: beside, "id")
    return give(request, reply, headers | page_headers(link), view.snapshot.catalogue)


@router.get(
    "/assets/{id:path}/dependencies",
    operation_id="listDependencies",
    summary="What an asset depends on",
    responses={200: {"model": wire.WalkPage}, **documented([400, 404, 409])},
)
def list_dependencies(
    request: Request, id: AssetId, view: ViewDep, limits: LimitsDep, query: Annotated[WalkQuery, Query()]
) -> Response:
    """Everything upstream of the asset, nearest first, with the hop and the link it was reached by."""
    return _walk(request, id, "dependencies", view, limits, query)


@router.get(
    "/assets/{id:path}/dependents",
    operation_id="listDependents",
    summary="What depends on an asset",
    responses={200: {"model": wire.WalkPage}, **documented([400, 404, 409])},
)
def list_dependents(
    request: Request, id: AssetId, view: ViewDep, limits: LimitsDep, query: Annotated[WalkQuery, Query()]
) -> Response:
    """Everything downstream of the asset, nearest first. What its loss does is asked with `POST /impact`."""
    return _walk(request, id, "dependents", view, limits, query)


@router.get(
    "/assets/{id:path}",
    operation_id="getAsset",
    summary="One asset",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire.AssetDetail}, **documented([400, 404, 409])},
)
def get_asset(request: Request, id: AssetId, view: ViewDep) -> Response:
    """The asset's facts, its geometry, where it came from, and the gates that it needs to work."""
    return detail(request, id, view)


def detail(request: Request, id: str, view: View) -> Response:
    """The answer to ``GET /assets/{id}``."""
    headers = view.headers(request)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    facts = view.snapshot.asset(id)
    gates = view.snapshot.gates(id)
    about = {"revision": view.snapshot.revision, "notice": view.notice}
    return answer({**facts, "gates": gates, **about}, headers)


def _walk(request: Request, id: str, direction: Direction, view: View, limits: Limits, query: WalkQuery) -> Response:
    view = view.supposing(query.edits)
    if is_part_of_the_id(request, direction):
        return detail(request, f"{id}/{direction}", view)
    form = chosen(request)
    headers = view.headers(request, form)
    limit, depth, domains = page_size(query, limits, form), hops(query, limits), words(query.domain)
    services, through = words(query.service), words(query.through)
    for domain in (*(domains or ()), *(through or ())):
        known("domain", domain, view.schema.domains)
    for service in services or ():
        known("service", service, view.schema.services)
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    walk = view.snapshot.dependencies if direction == "dependencies" else view.snapshot.dependents
    rows: list[dict[str, Any]] = walk(id, depth=depth, services=services, through=through)
    if domains:  # after the walk: what lies behind an asset of another domain is part of the answer
        rows = [row for row in rows if row["domain"] in domains]
    items, cursor = cut(rows, query.cursor, limit, view.state)
    rests = view.snapshot.rests_on([id], "needs" if direction == "dependencies" else "below")
    link = next_link(request, cursor)
    document = {
        "items": items,
        "total": len(rows),
        "next": link,
        "cursor": cursor,
        "revision": view.snapshot.revision,
        "notice": view.notice,
        "assumptions": rests,
    }
    return respond(request, direction, document, headers | page_headers(link), view.snapshot.catalogue)


def is_part_of_the_id(request: Request, word: str) -> bool:
    """Whether the client wrote the slash before *word* as ``%2F``: then it belongs to the id."""
    raw: bytes | None = request.scope.get("raw_path")
    return raw is not None and raw.lower().endswith(b"%2f" + word.encode())
