"""``twin.jobs``: questions that take long, asked without holding the line."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from twin.display import Answer
from twin.errors import JobInterrupted, TwinError
from twin.ingest.report import ImportReport
from twin.remote.calls import answer_of, asked_of
from twin.remote.problems import error_of
from twin.remote.records import Collection, Record, Server
from twin.remote.stream import told
from twin.remote.wire import path_of

#: Seconds between two looks at a job: the first, and at most.
FIRST_S, LONGEST_S = 0.05, 1.0


@dataclass(repr=False)
class Job(Record):
    """Work that a server does by itself.

    Attributes:
        kind: ``question``, ``check`` (the dry run of an upload), ``apply`` or ``stitch``.
        state: ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``.
        step, done, total: what it is doing and how far it is; total is None when that is not known.
        cancelling: somebody asked for its end. question, asked: of a question, as the API takes them.
        upload: id of the upload that it is about. result: id of the kept answer, in ``twin.library``.
        report: of an import that is done. error: why it failed.
        started_at, finished_at: UTC, ISO 8601, None before.
    """

    NOUN: ClassVar[str] = "jobs"

    kind: str
    state: str
    step: str
    done: int
    total: int | None
    cancelling: bool
    question: str | None
    asked: dict[str, Any] | None
    upload: str | None
    result: str | None
    report: ImportReport | None
    error: TwinError | None
    started_at: str | None
    finished_at: str | None

    @classmethod
    def _read(cls, server: Server, document: Mapping[str, Any]) -> dict[str, Any]:
        report, error = document.get("report"), document.get("error")
        whole = report is not None and "rejected_by_code" in report
        return {
            "report": ImportReport.from_dict(report) if report is not None and whole else None,
            "error": None if error is None else error_of(0, error),
        }

    def _said(self) -> str:
        """What it is about, and how far it is."""
        of = "" if self.total is None else f" of {self.total:,}"
        far = f", {self.step} {self.done:,}{of}" if self.state == "running" and self.step else ""
        return f"{self.question or self.kind}, {self.state}{far}"

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed", "cancelled")

    def follow(self) -> Iterator[Self]:
        """This very job after each change, as it happens, until it is over.

        Example:
            >>> for job in twin.jobs.start("criticality", timeline=True).follow():  # doctest: +SKIP
            ...     print(job.step, job.done, job.total)

        Raises:
            TwinError: the server cannot be reached; the job goes on.
        """
        for event in told(self.server.wire, path_of("jobs", self.id, "events")):
            yield self._take(event.data)
            if self.over:
                return
        self.reload()

    def wait(self, timeout_s: float | None = None) -> Self:
        """This very job once it is over, however it ended; or after *timeout_s* seconds (None: any time) as it is."""
        until, pause = None if timeout_s is None else time.monotonic() + timeout_s, FIRST_S
        while not self.reload().over and (until is None or time.monotonic() < until):
            time.sleep(pause if until is None else max(0.0, min(pause, until - time.monotonic())))
            pause = min(2 * pause, LONGEST_S)
        return self

    def finish(self) -> Self:
        """This very job once it is done.

        Raises:
            TwinError: why it failed. JobInterrupted: it was cancelled.
        """
        self.wait()
        if self.error is not None:
            raise self.error
        if self.state != "done":
            raise JobInterrupted("The job was cancelled")
        return self

    def answer(self) -> Answer:
        """The answer of a question, of the class that its method gives; waits for it.

        Raises:
            TwinError: as of :meth:`finish`. NotFound: the kept result was removed, or the job is no question.
        """
        self.finish()
        saved = self.server.wire.get(path_of("results", self.result or "none"))
        return answer_of(self.server, saved["question"], saved["asked"], saved["answer"])

    def cancel(self) -> Self:
        """Ask for its end: at once when it waits, soon when it runs; one that is over stays as it is."""
        return self._take(self.server.wire.send("DELETE", self._path))


class Jobs(Collection[Job]):
    """Questions as jobs: without the limits of time that a request has; their answers are kept in ``twin.library``."""

    _of = Job

    def start(
        self, question: str, /, *args: Any, save_as: str | None = None, note: str = "", **asked: Any
    ) -> Job:  # fmt: skip
        """Ask a question without waiting for its answer.

        Args:
            question: a method of the twin, such as ``"criticality"``. args, asked: as that method takes them; besides
                ``what_if=`` edits that are supposed. save_as: keeps the answer for good under this name; without one
                the oldest answers go. note: free text.

        Raises:
            InvalidParameter: there is no such question. Overloaded: too many jobs wait. TypeError.

        Example:
            >>> twin.jobs.start("screen", Random(10_000, failures=2), often=True).answer()  # doctest: +SKIP
        """
        name, body = asked_of(question, args, asked, self._server.wire.most)
        about = {"question": name, "asked": body, "name": save_as, "note": note}
        return Job.of(self._server, self._server.wire.send("POST", "/jobs", about))
