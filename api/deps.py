"""What handlers are given: the twin, one view of it for the whole request, and the limits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict

from api.answers import REVALIDATE, entity_tag
from api.limits import Limits
from twin.errors import InvalidParameter, StoreUnavailable
from twin.impact import Snapshot
from twin.schema import Schema
from twin.service import Twin


class Holder:
    """The app's one twin: given from outside, or opened on first use and closed with the app.

    A store that cannot be reached at the start is tried again by the next request, so the API may be
    started before Neo4j is.
    """

    def __init__(self, twin: Twin | None, opener: Callable[[], Twin] | None) -> None:
        self._twin = twin
        self._opener = opener
        self._opened = False
        self._lock = threading.Lock()

    def get(self) -> Twin:
        """The twin, opened when it is not yet.

        Raises:
            TwinError: it cannot be opened.
        """
        if self._twin is not None:
            return self._twin
        with self._lock:
            if self._twin is None:
                if self._opener is None:
                    raise StoreUnavailable("The API is shutting down")
                self._twin, self._opened = self._opener(), True
        return self._twin

    def close(self) -> None:
        """Close what was opened here; a twin given from outside stays open."""
        with self._lock:
            if self._opened and self._twin is not None:
                self._twin.close()
                self._twin, self._opened, self._opener = None, False, None


def _twin(request: Request) -> Twin:
    holder: Holder = request.app.state.holder
    return holder.get()


def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits


TwinDep = Annotated[Twin, Depends(_twin)]
LimitsDep = Annotated[Limits, Depends(_limits)]


@dataclass(frozen=True, slots=True)
class View:
    """The twin at one revision: everything that one answer says comes from this one snapshot."""

    snapshot: Snapshot
    schema: Schema
    notice: str | None

    @property
    def state(self) -> str:
        """Names the revision and store for tags and cursors."""
        return f"{self.snapshot.store_id[:8]}.{self.snapshot.revision}"

    def headers(self, request: Request) -> dict[str, str]:
        """Headers of an answer from this view: the revision and the tag to ask again with."""
        mark = f"{self.state}{'.n' if self.notice else ''}"
        return {
            "X-Twin-Revision": str(self.snapshot.revision),
            "ETag": entity_tag(request, mark),
            "Cache-Control": REVALIDATE,
        }


def _view(twin: TwinDep) -> View:
    snapshot, notice = twin.current()
    return View(snapshot, twin.schema, notice)


ViewDep = Annotated[View, Depends(_view)]


class _NoQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _no_query(query: Annotated[_NoQuery, Query()]) -> None:
    """Refuses every query parameter."""


#: For routes that take no query parameters: one that is given anyway is a mistake, not noise.
NO_QUERY = Depends(_no_query)


def _single_values(request: Request) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidParameter(f"{', '.join(twice)}: given more than once", fix="Give each parameter once.")


#: For all routes: a parameter given twice has no clear meaning.
SINGLE_VALUES = Depends(_single_values)
