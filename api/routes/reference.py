"""The reference pages: ``/docs`` for the operations, ``/docs/errors`` for the codes. They need no internet."""

from __future__ import annotations

import re
from html import escape
from importlib import resources

from starlette.responses import Response

from api.deps import NO_QUERY
from api.errors import FAULTS, STATUS, HttpFault
from api.section import Section
from twin.errors import NotFound, TwinError, all_errors

router = Section(include_in_schema=False, dependencies=[NO_QUERY])

TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}
CODE = re.compile(r"``?([^`]+)``?")
FILES = ("reference.css", "reference.js")


@router.get("/docs")
def docs() -> Response:
    """The page that shows every operation and lets one try it."""
    return _file("reference.html")


@router.get("/docs/errors")
def docs_errors() -> Response:
    """A section per error code, for the ``type`` links of problem documents."""
    sections = {cls.code: _section(cls) for cls in all_errors()}
    for status, fault in FAULTS.items():
        sections.setdefault(fault.code, _entry(fault, status, ""))
    page = _text("errors.html").replace("<!-- sections -->", "\n".join(sections[code] for code in sorted(sections)))
    return Response(page, media_type=TYPES["html"], headers=PAGE_HEADERS)


@router.get("/docs/{name}")
def docs_file(name: str) -> Response:
    """Script and style of the pages."""
    if name not in FILES:
        raise NotFound(f"There is nothing at /docs/{name}", fix="See /docs for the paths there are.")
    return _file(name)


def _section(cls: type[TwinError]) -> str:
    meaning = (cls.__doc__ or "").split("\n\n")[0]
    return _entry(HttpFault(cls.code, cls.title, cls.default_fix), STATUS[cls], meaning)


def _entry(fault: HttpFault, status: int, meaning: str) -> str:
    lines = [
        f'<section id="{escape(fault.code)}">',
        f"<h2><code>{escape(fault.code)}</code> <small>HTTP {status}</small></h2>",
        f"<p><strong>{escape(fault.title)}.</strong> {_inline(meaning)}</p>",
        f"<p>What to do: {_inline(fault.fix)}</p>",
        "</section>",
    ]
    return "\n".join(lines)


def _inline(text: str) -> str:
    return CODE.sub(r"<code>\1</code>", escape(text))


def _text(name: str) -> str:
    return (resources.files("api") / "web" / name).read_text(encoding="utf-8")


def _file(name: str) -> Response:
    kind = name.rpartition(".")[2]
    return Response(_text(name), media_type=TYPES[kind], headers=PAGE_HEADERS)
