"""Saved results: questions with their answers, under a name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from api import questions
from api import wire_library as wire
from api.answers import answer, tagged
from api.deps import NO_QUERY, LibraryDep, LimitsDep, ViewDep
from api.errors import documented
from api.holder import Holder
from api.library import Saved
from api.library_queries import Description, NewResult, ShelfQuery
from api.queries import LIMITS
from api.section import Section
from api.security import writes
from api.security.roles import caller
from api.shelves import shelf_page, wanted
from twin.errors import TwinError

router = Section(tags=["library"])

ResultId = Annotated[str, Path(max_length=LIMITS.text, description="Id of the saved result.")]
BODY = [400, 403, 404, 409, 413, 415, 422]


@router.post(
    "/results",
    operation_id="saveResult",
    summary="Ask a question and keep its answer",
    status_code=201,
    dependencies=[NO_QUERY, writes],
    responses={201: {"model": wire.SavedResult}, **documented(BODY)},
)
def save_result(
    request: Request, body: NewResult, view: ViewDep, limits: LimitsDep, library: LibraryDep
) -> Response:  # fmt: skip
    """Asks the question as its own route does, and keeps the answer with its revision. The address is the link.

    A question that takes long is asked as a job: `POST /jobs`.
    """
    asked = questions.read(body.question, body.asked)
    found = questions.ask(body.question, asked, view, limits)
    saved = library.keep_result(
        body.question,
        body.asked,
        found,
        store_id=view.snapshot.store_id,
        name=body.name,
        note=body.note,
        by=caller(request).name,
    )
    return answer(_whole(request, saved), {"Location": f"/results/{saved.id}"}, 201)


@router.get(
    "/results",
    operation_id="listResults",
    summary="Saved results",
    responses={200: {"model": wire.SavedResultPage}, **documented([400])},
)
def list_results(
    request: Request, library: LibraryDep, limits: LimitsDep, query: Annotated[ShelfQuery, Query()]
) -> Response:
    """Every kept result without its answer, newest first, a page at a time."""
    rows = library.results(query.before, wanted(query, limits))
    return shelf_page(request, "results", query, rows, library.count_results())


@router.get(
    "/results/{id}",
    operation_id="getResult",
    summary="One saved result",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire.SavedResult}, **documented([400, 404])},
)
def get_result(request: Request, id: ResultId, library: LibraryDep) -> Response:
    """The question, its answer as it was, the revision it is of, and whether the twin has moved on since."""
    return tagged(request, _whole(request, library.result(id)))


@router.post(
    "/results/{id}/refresh",
    operation_id="refreshResult",
    summary="Ask a saved question again",
    dependencies=[NO_QUERY, writes],
    responses={200: {"model": wire.SavedResult}, **documented([400, 403, 404, 409, 413, 422])},
)
def refresh_result(
    request: Request, id: ResultId, view: ViewDep, limits: LimitsDep, library: LibraryDep
) -> Response:  # fmt: skip
    """Asks the same question of the twin as it is now; the new answer takes the place of the old one."""
    saved = library.result(id)
    asked = questions.read(saved.question, saved.asked)
    found = questions.ask(saved.question, asked, view, limits)
    return answer(_whole(request, library.replace_result(saved, found, view.snapshot.store_id)))


@router.patch(
    "/results/{id}",
    operation_id="describeResult",
    summary="Another name or note for a saved result",
    dependencies=[NO_QUERY, writes],
    responses={200: {"model": wire.SavedResult}, **documented([400, 403, 404, 413, 415, 422])},
)
def describe_result(request: Request, id: ResultId, body: Description, library: LibraryDep) -> Response:
    """Changes the name or the note. A result that a job kept by the way stays for good once it has a name."""
    return answer(_whole(request, library.describe_result(id, body.name, body.note)))


@router.delete(
    "/results/{id}",
    operation_id="removeResult",
    summary="Remove a saved result",
    dependencies=[NO_QUERY, writes],
    responses={200: {"model": wire.Removed}, **documented([400, 403, 404])},
)
def remove_result(id: ResultId, library: LibraryDep) -> Response:
    """Removes the result; its link leads nowhere then."""
    library.remove_result(id)
    return answer({"id": id, "removed": True})


def _whole(request: Request, saved: Saved) -> dict[str, Any]:
    """A result with its answer, and whether it still stands."""
    holder: Holder = request.app.state.holder
    try:
        with holder.asking() as twin:
            state = twin.store.state()
    except TwinError:  # the result is worth reading all the same
        revision, stale = None, None
    else:
        revision, stale = state.revision, (state.revision, state.store_id) != (saved.revision, saved.store_id)
    return {**saved.to_dict(), "answer": saved.answer, "current_revision": revision, "stale": stale}
