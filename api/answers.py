"""Building answers: fast JSON, entity tags by revision, pages with a next link."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zlib import crc32

from starlette.requests import Request
from starlette.responses import Response

from api.formats import chosen, respond
from api.formats.encode import document
from api.formats.format import JSON
from api.formats.respond import VARY
from twin.errors import InvalidParameter
from twin.snapshot.catalogue import Catalogue

if TYPE_CHECKING:
    from api.deps import View

#: Clients may keep an answer but ask each time whether it still holds.
REVALIDATE = "private, no-cache"
#: Any plain data as JSON bytes.
encode = document


def answer(body: Any, headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    """*body* as a JSON answer."""
    return Response(encode(body), status, dict(headers or {}), "application/json")


def entity_tag(request: Request, state: str, form: str = JSON.name) -> str:
    """The tag of this very address at this *state* of the twin in this format: no other address can have it."""
    asked = f"{address(request)}?{request.url.query}".encode()
    return f'W/"{state}-{crc32(asked):08x}{_mark(form)}"'


def body_tag(content: bytes, form: str = JSON.name) -> str:
    """A tag made from the answer itself, for what can change without a new revision.

    Args:
        content: the answer as JSON. form: name of the format that it is given in.
    """
    return f'W/"{crc32(content):08x}-{len(content)}{_mark(form)}"'


def _mark(form: str) -> str:
    return "" if form == JSON.name else f"-{form}"


def unchanged(request: Request, tag: str) -> bool:
    """Whether the client already has the answer with this tag (``If-None-Match``, weak comparison)."""
    held = request.headers.get("if-none-match")
    if held is None:
        return False
    return any(part.strip().removeprefix("W/") == tag.removeprefix("W/") for part in held.split(","))


def not_modified(headers: Mapping[str, str]) -> Response:
    """304: what the client holds is still right."""
    return Response(status_code=304, headers=dict(headers))


def tagged(request: Request, body: Any, more: Mapping[str, str] | None = None) -> Response:
    """*body* with a tag made from its bytes, or 304 when the client has it already."""
    content = encode(body)
    headers = {"ETag": body_tag(content), "Cache-Control": REVALIDATE, **(more or {})}
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    return Response(content, 200, headers, "application/json")


def tagged_as(
    request: Request, question: str, body: Mapping[str, Any], headers: Mapping[str, str], catalogue: Catalogue | None
) -> Response:
    """*body* in the format that the client wants (:func:`api.formats.respond`), with a tag as :func:`tagged` makes."""
    tag = body_tag(encode(body), chosen(request).name)
    more = {"ETag": tag, "Cache-Control": REVALIDATE, **VARY, **headers}
    if unchanged(request, tag):
        return not_modified(more)
    return respond(request, question, body, more, catalogue)


def tagged_page(
    request: Request, question: str, rows: Sequence[Any], cursor: str | None, limit: int, view: View
) -> Response:
    """One page of a list computed from *view* in the format that the client wants, with a tag.

    Args:
        question: see :func:`api.formats.respond`. rows, cursor, limit: see :func:`cut`.
    """
    items, following = cut(rows, cursor, limit, view.state)
    snapshot = view.snapshot
    link = next_link(request, following)
    body = {
        "items": items,
        "total": len(rows),
        "next": link,
        "cursor": following,
        "revision": snapshot.revision,
        "notice": view.notice,
    }
    headers = {"X-Twin-Revision": str(snapshot.revision)} | page_headers(link)
    return tagged_as(request, question, body, headers, snapshot.catalogue)


def next_link(request: Request, cursor: str | None) -> str | None:
    """Address of the next page, relative to the server, or None at the end."""
    if cursor is None:
        return None
    query = request.url.include_query_params(cursor=cursor).query
    return f"{address(request)}?{query}"


def address(request: Request) -> str:
    """The path as the client wrote it, percent-encoded: decoding may lose which slash belongs to an id."""
    raw: bytes | None = request.scope.get("raw_path")
    return raw.decode("latin-1") if raw is not None else quote(request.url.path)


def page_headers(link: str | None) -> dict[str, str]:
    """The ``Link`` header of a page that has a next one."""
    return {"Link": f'<{link}>; rel="next"'} if link else {}


def cut(rows: Sequence[Any], cursor: str | None, limit: int, state: str) -> tuple[Sequence[Any], str | None]:
    """One page of a computed list, and the cursor of the next.

    Args:
        rows: the whole list, in an order that is fixed at one *state*.
        cursor: from the page before, or None.
        limit: rows of a page.
        state: names what the list was computed from; a cursor of another state is refused.

    Raises:
        InvalidParameter: the cursor is not ours, or the twin has changed since.
    """
    start = 0 if cursor is None else _offset(cursor, state)
    stop = start + limit
    return rows[start:stop], _cursor(stop, state) if stop < len(rows) else None


def _cursor(offset: int, state: str) -> str:
    return urlsafe_b64encode(f"{offset}.{state}".encode()).decode().rstrip("=")


def _offset(cursor: str, state: str) -> int:
    fix = "Take the cursor from the page before, or leave it out to start again."
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        offset, _, made_from = urlsafe_b64decode(padded).decode("ascii").partition(".")
        start = int(offset)
    except ValueError:
        raise InvalidParameter("cursor: this is not a cursor of this list", fix=fix) from None
    if made_from != state or start < 0:
        raise InvalidParameter("cursor: the twin has changed since this list was begun", fix=fix)
    return start
