"""Which format the client wants: ``?f=``, else ``Accept`` (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.formats.format import FORMATS, JSON, Format

#: Parts of an ``Accept`` header that are looked at.
MAX_PARTS = 100


class Range(NamedTuple):
    """One part of an ``Accept`` header: ``type/subtype`` or with ``*``, and its weight."""

    kind: str
    sub: str
    q: float

    @property
    def exactness(self) -> int:
        """0 for ``*/*``, 1 for ``type/*``, 2 for one media type."""
        return (self.kind != "*") + (self.sub != "*")

    def covers(self, media_type: str) -> bool:
        """Whether it speaks of this media type."""
        kind, _, sub = media_type.partition("/")
        return self.kind in ("*", kind) and self.sub in ("*", sub)


def chosen(request: Request, allowed: Iterable[Format] = FORMATS.values()) -> Format:
    """The format of the answer to *request*; it is the same however often it is asked.

    Raises:
        HTTPException: 406, nothing that the client accepts can be given.
    """
    held: Format | None = getattr(request.state, "format", None)
    if held is None:
        held = request.state.format = _choose(request, allowed)
    return held


def _choose(request: Request, allowed: Iterable[Format]) -> Format:
    formats = {each.name: each for each in allowed}
    named = request.query_params.get("f")
    if named is not None:  # the query's model has refused what is not known
        return formats.get(named, JSON)
    header = ",".join(request.headers.getlist("accept"))
    found = accepted(header, formats.values())
    if found is None:
        names = ", ".join(f"{each.media_type} ({each.name})" for each in formats.values())
        raise HTTPException(406, f"Nothing of what Accept lists can be given here; there is {names}")
    return found


def accepted(header: str, formats: Iterable[Format]) -> Format | None:
    """The format that *header* likes best, None if it accepts none.

    The largest weight wins, then the part that names it most exactly, then what stands first in the header, then our
    own order. A header without a single part that can be read accepts everything.
    """
    ranges = [part for part in map(_range, header.split(",")[:MAX_PARTS]) if part is not None]
    best: tuple[tuple[float, int, int], Format] | None = None
    for each in formats:
        if not ranges:
            return each
        fitting = [
            (part.exactness, -place, part.q) for place, part in enumerate(ranges) if part.covers(each.media_type)
        ]
        exactness, place, q = max(fitting, default=(0, 0, 0.0))
        if q > 0 and (best is None or (q, exactness, place) > best[0]):
            best = (q, exactness, place), each
    return None if best is None else best[1]


def _range(text: str) -> Range | None:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    kind, slash, sub = media.partition("/")
    if not slash or not kind or not sub or (kind == "*" and sub != "*"):
        return None
    q = next((value for name, _, value in (p.partition("=") for p in parameters) if name.strip() == "q"), "1")
    try:
        weight = float(q)
    except ValueError:
        return None
    return Range(kind, sub, weight) if 0 <= weight <= 1 else None
