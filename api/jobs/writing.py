"""Jobs that write to the twin: what a cancelled one had written by then is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from api.jobs.job import Cancelled, Ticket
from twin.ingest.rollback import rollback
from twin.ingest.run import quiet
from twin.service import Twin


@contextmanager
def taken_back(twin: Twin, ticket: Ticket, published: Callable[[], None]) -> Iterator[None]:
    """Runs an import that the job's ticket may end: half of it must not stay.

    Args:
        published: called after a new revision.
    """
    begun = twin.store.state().applying
    try:
        yield
    except Cancelled:
        applying = twin.store.state().applying
        if not ticket.stopping() and applying is not None and begun is None:
            rollback(twin.store, applying, quiet)
            published()
        raise
