"""One job: what it is about, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["queued", "running", "done", "failed", "cancelled"]
OVER: frozenset[str] = frozenset({"done", "failed", "cancelled"})


class Cancelled(Exception):
    """Raised by what tells the progress of a job: somebody cancelled it, or the server is stopping."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: the id of a kept result, or a report."""

    result: str | None = None
    report: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the work of a job is given.

    Attributes:
        id: of the job.
        tell: told step, done and total (None when not known); it raises :class:`Cancelled` to end the work.
        stopping: whether the server is stopping, and there is no time to put things back.
    """

    id: str
    tell: Callable[[str, int, int | None], None]
    stopping: Callable[[], bool]


Work = Callable[[Ticket], Outcome]


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is kept.

    Attributes:
        kind: ``question``, ``check`` (the dry run of an upload), ``apply`` or ``stitch``.
        about: the question and what was asked, the upload, or the rules.
        step, done, total: how far it is. changed: counts every change, for those who watch.
        cancelling: somebody asked for its end. result: id of the kept result.
        report: of an import. error: why it failed, as the members of a problem.
        owner: process and pool that run it. Times: UTC, ISO 8601.
    """

    seq: int
    id: str
    kind: str
    about: dict[str, Any]
    state: str
    step: str
    done: int
    total: int | None
    changed: int
    cancelling: bool
    result: str | None
    report: dict[str, Any] | None
    error: dict[str, Any] | None
    owner: str
    made_at: str
    started_at: str | None
    finished_at: str | None
    made_by: str | None

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in OVER

    def to_dict(self) -> dict[str, Any]:
        """Plain data without the report."""
        return {
            "id": self.id,
            "kind": self.kind,
            "state": self.state,
            "step": self.step,
            "done": self.done,
            "total": self.total,
            "cancelling": self.cancelling,
            **self.about,
            "result": self.result,
            "error": self.error,
            "made_at": self.made_at,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "made_by": self.made_by,
        }
