"""The map: its page at ``/``, its files below ``/web``. It needs no internet."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.answers import not_modified, unchanged
from api.deps import NO_QUERY
from api.queries import Strict
from api.section import Section
from api.web_files import WebFile, WebFiles
from twin.errors import NotFound

router = Section(include_in_schema=False)

FILES = WebFiles(Path(str(resources.files("api") / "web")))


class FileQuery(Strict):
    """Libraries name their version when they ask for a part of themselves; it changes nothing."""

    v: str | None = Query(None, max_length=40)


@router.get("/", dependencies=[NO_QUERY])
def map_page(request: Request) -> Response:
    """The map."""
    return _sent(request, FILES.page(), {"Permissions-Policy": "camera=(), microphone=(), geolocation=()"})


@router.get("/web/{name:path}")
def web_file(request: Request, name: str, query: Annotated[FileQuery, Query()]) -> Response:
    """A file of the page: ours, or one of a vendored library."""
    found = FILES.find(name)
    if found is None:
        raise NotFound(f"There is nothing at /web/{name}", fix="Libraries of the map are installed by `make setup`.")
    return _sent(request, found, {})


def _sent(request: Request, file: WebFile, more: dict[str, str]) -> Response:
    # A worker obeys the policy of its own script, not the page's: so every file carries it.
    policy = {"Content-Security-Policy": FILES.policy()}
    headers = {"ETag": file.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding", **policy, **more}
    if unchanged(request, file.tag):
        return not_modified(headers)
    if "gzip" in request.headers.get("accept-encoding", "") and len(file.content) > 1000:
        return Response(file.packed, 200, {**headers, "Content-Encoding": "gzip"}, file.media_type)
    return Response(file.content, 200, headers, file.media_type)
