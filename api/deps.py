"""What handlers are given: the twin, one view of it for the whole request, and the limits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Annotated, Any, NamedTuple
from zlib import crc32

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from api.answers import REVALIDATE, entity_tag
from api.formats import Format
from api.formats.format import JSON
from api.formats.respond import VARY
from api.holder import Holder
from api.library import Library
from api.limits import Limits
from api.operations.tracing import traced
from twin.errors import InvalidParameter
from twin.impact import Snapshot
from twin.ingest.edits.what_if import what_if
from twin.model import Finding
from twin.schema import Schema
from twin.service import Twin


async def _twin(request: Request) -> AsyncIterator[Twin]:
    holder: Holder = request.app.state.holder
    if not holder.opened:
        await run_in_threadpool(holder.open)
    with holder.asking() as twin:
        yield twin


async def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits


TwinDep = Annotated[Twin, Depends(_twin)]
LimitsDep = Annotated[Limits, Depends(_limits)]

VERSION = version("infrastructure-twin")


class Seen(NamedTuple):
    """A snapshot, the vocabulary, and what to know about it."""

    snapshot: Snapshot
    schema: Schema
    notice: str | None


@dataclass(frozen=True)
class View:
    """The twin at one revision: everything that one answer says comes from this one snapshot.

    The store is asked when the view is first looked at, in the thread of whoever does, and not again.

    Attributes:
        look: finds the state of now; raises TwinError. saved_event: gives what was saved as an event under an id; it
            raises NotFound. supposed: which edits are only thought of. found: gives all findings, those of imports
            too; without it there are those of the snapshot.
    """

    look: Callable[[], Seen]
    saved_event: Callable[[str], Mapping[str, Any]] | None = None
    supposed: str = ""
    found: Callable[[], Sequence[Finding]] | None = None

    @cached_property
    def _seen(self) -> Seen:
        return self.look()

    @property
    def snapshot(self) -> Snapshot:
        """The state of the twin."""
        return self._seen.snapshot

    @property
    def schema(self) -> Schema:
        """The vocabulary."""
        return self._seen.schema

    @property
    def notice(self) -> str | None:
        """What to know about the state, None for nothing."""
        return self._seen.notice

    @property
    def findings(self) -> Sequence[Finding]:
        """What is wrong or missing in the data."""
        return self.snapshot.findings if self.found is None else self.found()

    def supposing(self, edits: Sequence[Any] | None) -> View:
        """The twin as it would be with *edits*, of which nothing is written; itself without any.

        Raises:
            UnknownAsset, InvalidParameter: see :func:`twin.ingest.edits.what_if.what_if`.
        """
        if edits is None:
            return self
        snapshot, told = what_if(self.snapshot, edits, self.schema)
        notice = " ".join(filter(None, [self.notice, told]))
        seen = Seen(traced(snapshot), self.schema, notice)
        return View(lambda: seen, self.saved_event, f"{crc32(repr(edits).encode()):08x}")

    @property
    def state(self) -> str:
        """Names the revision and store for tags and cursors."""
        return f"{self.snapshot.store_id[:8]}.{self.snapshot.revision}{self.supposed and '.' + self.supposed}"

    def headers(self, request: Request, form: Format | None = None) -> dict[str, str]:
        """Headers of an answer from this view: the revision and the tag to ask again with.

        Args:
            form: the format of the answer, where the client chooses it.
        """
        made_by = f"{VERSION} {self.snapshot.arrays.schema_digest} {self.notice or ''}"
        mark = f"{self.state}.{crc32(made_by.encode()):08x}"
        return {
            "X-Twin-Revision": str(self.snapshot.revision),
            "ETag": entity_tag(request, mark, (form or JSON).name),
            "Cache-Control": REVALIDATE,
            **({} if form is None else VARY),
        }


def view_of(twin: Twin, library: Library) -> View:
    """The twin at its newest revision."""

    def look() -> Seen:
        snapshot, notice = twin.current()
        return Seen(traced(snapshot), twin.schema, notice)

    return View(look, lambda id: library.event(id).event, found=twin.findings)


async def _library(request: Request) -> Library:
    library: Library = request.app.state.library
    return library


LibraryDep = Annotated[Library, Depends(_library)]


async def _view(twin: TwinDep, library: LibraryDep) -> View:
    return view_of(twin, library)


ViewDep = Annotated[View, Depends(_view)]


def _publishes(request: Request) -> Iterator[None]:
    yield
    request.app.state.watcher.look()


#: For routes that may make a new revision: subscriptions look at once.
PUBLISHES = Depends(_publishes)


class _NoQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")


async def _no_query(query: Annotated[_NoQuery, Query()]) -> None:
    """Refuses every query parameter."""


#: For routes that take no query parameters: one that is given anyway is a mistake, not noise.
NO_QUERY = Depends(_no_query)


async def _single_values(request: Request) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidParameter(f"{', '.join(twice)}: given more than once", fix="Give each parameter once.")


#: For all routes: a parameter given twice has no clear meaning.
SINGLE_VALUES = Depends(_single_values)
