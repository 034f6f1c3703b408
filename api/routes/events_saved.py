"""Saved events: what fails, under a name."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from api import wire_library as wire
from api.answers import answer, tagged
from api.deps import NO_QUERY, LibraryDep, LimitsDep
from api.errors import documented
from api.library_queries import Description, NewEvent, ShelfQuery
from api.queries import LIMITS
from api.section import Section
from api.security import writes
from api.security.roles import caller
from api.shelves import shelf_page, wanted

router = Section(tags=["library"])

EventId = Annotated[str, Path(max_length=LIMITS.text, description="Id of the saved event.")]
BODY = [400, 403, 404, 413, 415, 422]


@router.post(
    "/events",
    operation_id="saveEvent",
    summary="Save an event under a name",
    status_code=201,
    dependencies=[NO_QUERY, writes],
    responses={201: {"model": wire.SavedEvent}, **documented(BODY)},
)
def save_event(request: Request, body: NewEvent, library: LibraryDep, limits: LimitsDep) -> Response:
    """Keeps what fails, to be asked about again: questions take its id as `saved_event`. The address is the link."""
    body.event.event(limits)  # a hazard that cannot be read is refused now
    event = body.event.model_dump(mode="json", exclude_unset=True)
    saved = library.keep_event(body.name, event, body.note, caller(request).name)
    return answer(saved.to_dict(), {"Location": f"/events/{saved.id}"}, 201)


@router.get(
    "/events",
    operation_id="listSavedEvents",
    summary="Saved events",
    responses={200: {"model": wire.SavedEventPage}, **documented([400])},
)
def list_saved_events(
    request: Request, library: LibraryDep, limits: LimitsDep, query: Annotated[ShelfQuery, Query()]
) -> Response:
    """Every saved event, newest first, a page at a time."""
    rows = library.events(query.before, wanted(query, limits))
    return shelf_page(request, "events", query, rows, library.count_events())


@router.get(
    "/events/{id}",
    operation_id="getSavedEvent",
    summary="One saved event",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire.SavedEvent}, **documented([400, 404])},
)
def get_saved_event(request: Request, id: EventId, library: LibraryDep) -> Response:
    """What was saved, with its name and note."""
    return tagged(request, library.event(id).to_dict())


@router.patch(
    "/events/{id}",
    operation_id="describeSavedEvent",
    summary="Another name or note for a saved event",
    dependencies=[NO_QUERY, writes],
    responses={200: {"model": wire.SavedEvent}, **documented(BODY)},
)
def describe_saved_event(id: EventId, body: Description, library: LibraryDep) -> Response:
    """Changes the name or the note; what fails stays as it is: results may have been asked with it."""
    return answer(library.describe_event(id, body.name, body.note).to_dict())


@router.delete(
    "/events/{id}",
    operation_id="removeSavedEvent",
    summary="Remove a saved event",
    dependencies=[NO_QUERY, writes],
    responses={200: {"model": wire.Removed}, **documented([400, 403, 404])},
)
def remove_saved_event(id: EventId, library: LibraryDep) -> Response:
    """Removes the event; results that were asked with it stay."""
    library.remove_event(id)
    return answer({"id": id, "removed": True})
