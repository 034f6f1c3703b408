"""Addresses and links between the parts of ``/ogc``, and the shelf of a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

import orjson
from fastapi import Depends, Request, Response

from api.answers import REVALIDATE, body_tag, not_modified, unchanged
from api.deps import TwinDep, ViewDep
from api.library import Library
from api.ogc.shelf import Offer, shelf_of
from twin.errors import InvalidParameter

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
PREFIX = "ogc"


def base(request: Request) -> str:
    """Address of the landing page as the client knows it, without a slash at the end."""
    return f"{str(request.base_url).rstrip('/')}/{PREFIX}"


def address(request: Request, *parts: str) -> str:
    """Address of a collection or of something in it."""
    return "/".join([base(request), "collections", *(quote(part, safe="") for part in parts)])


def link(href: str, rel: str, media: str, title: str) -> dict[str, Any]:
    """One link."""
    return {"href": href, "rel": rel, "type": media, "title": title}


def only(request: Request, names: Sequence[str] = ("f",), formats: Sequence[str] = ("json",)) -> None:
    """Refuse query parameters other than *names*, and formats other than *formats*. Raises InvalidParameter."""
    for name in request.query_params:
        if name not in names:
            raise InvalidParameter(f"{name[:100]!r} is not a parameter here", fix=f"Use: {', '.join(names)}.")
    wanted = request.query_params.get("f", formats[0])
    if wanted not in formats:
        raise InvalidParameter(f"f: {wanted[:100]!r} is not known", fix=f"Use one of: {', '.join(formats)}.")


def reply(request: Request, body: Any, media: str = JSON) -> Response:
    """*body* as JSON with a tag made from its bytes, or 304 when the client has it already."""
    content = orjson.dumps(body)
    headers = {"ETag": body_tag(content), "Cache-Control": REVALIDATE}
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    return Response(content, 200, headers, media)


def _offer(request: Request, twin: TwinDep, view: ViewDep) -> Offer:
    library: Library = request.app.state.library
    return Offer(shelf_of(view.snapshot, view.schema, twin.findings), library)


OfferDep = Annotated[Offer, Depends(_offer)]
