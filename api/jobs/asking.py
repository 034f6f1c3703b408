"""A question as a job: without the bounds on time of a request, its answer kept in the library."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api import questions
from api.deps import view_of
from api.holder import Holder
from api.jobs.job import Outcome, Ticket, Work
from api.library import Library
from api.limits import Limits

#: What a question is doing, in a word.
STEPS = {
    "screen": "scenarios", "criticality": "failures", "exposed": "failures", "single-points-of-failure": "failures",
    "paths": "seconds", "deadlocks": "cores",
}  # fmt: skip


def asking(
    holder: Holder, library: Library, limits: Limits, question: str, asked: dict[str, Any], read: BaseModel,
    about: dict[str, Any],
) -> Work:  # fmt: skip
    """The work of a job that asks *question*.

    Args:
        asked: as it was sent. read: the same, checked. about: ``name``, ``note`` and ``by`` of the result.
    """

    def work(ticket: Ticket) -> Outcome:
        step = STEPS.get(question, question)
        ticket.tell("reading the twin", 0, None)
        with holder.asking() as twin:
            view = view_of(twin, library)
        ticket.tell(step, 0, None)
        tell = lambda done, total: ticket.tell(step, done, total or None)  # noqa: E731
        effort = questions.Effort(patient=True, tell=tell)
        answer = questions.ask(question, read, view, limits, effort)
        ticket.tell("keeping the result", 0, None)
        saved = library.keep_result(question, asked, answer, store_id=view.snapshot.store_id, **about)
        return Outcome(saved.id)

    return work
