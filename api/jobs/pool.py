"""The workers of an app: a few threads, and a queue with an end. The kernels let go of the interpreter."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from prometheus_client import Counter

from api.jobs.job import OVER, Cancelled, Job, State, Ticket, Work
from api.jobs.owners import new_owner, retire
from api.jobs.shelf import INTERRUPTED, Shelf
from api.library.database import Database
from api.operations.metrics import Metrics
from twin.errors import Overloaded, TwinError

log = logging.getLogger("api")

WORKERS = 2
#: Jobs that wait for a worker at most.
WAITING = 50
#: Seconds between two times that progress is kept.
EVERY_S = 0.2


class Pool:
    """Runs jobs. Safe to share between threads.

    Args:
        database: where jobs are kept. workers: jobs at once. waiting: jobs in the queue at most.
    """

    def __init__(self, database: Database, workers: int = WORKERS, waiting: int = WAITING) -> None:
        self.shelf = Shelf(database)
        self._workers, self._waiting = workers, waiting
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None
        self._owner = ""
        self._ends: dict[str, threading.Event] = {}
        self._running: set[str] = set()
        self._over: Counter | None = None
        self._closed = False

    def submit(self, kind: str, about: dict[str, Any], work: Work, by: str | None = None) -> Job:
        """Put a job into the queue.

        Raises:
            Overloaded: the queue is full, or the server is stopping. LibraryUnavailable.
        """
        with self._lock:
            if self._closed:
                raise Overloaded("The server is stopping")
            if len(self._ends) >= self._workers + self._waiting:
                raise Overloaded(
                    f"{len(self._ends):,} jobs are running or waiting",
                    fix="Wait for them, or cancel some: DELETE /jobs/{id}",
                )
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._workers, "job")
                self._owner = new_owner()
            job = self.shelf.add(kind, about, self._owner, by)
            self._ends[job.id] = threading.Event()
            self._threads.submit(self._run, job.id, work)
        return job

    def cancel(self, id: str) -> Job:
        """Ask a job to end: one that waits does at once, one that runs soon, in any process. Raises NotFound."""
        job = self.shelf.ask_to_end(id)
        end = self._ends.get(id)
        if end is not None:
            end.set()
        return job

    def close(self) -> None:
        """End what runs, at the next place where it can be ended; what waits is not begun any more."""
        with self._lock:
            self._closed = True
            threads = self._threads
            for end in self._ends.values():
                end.set()
        if threads is not None:
            threads.shutdown(wait=True)
            retire(self._owner)

    def open(self) -> None:
        """Take jobs again after :meth:`close`."""
        with self._lock:
            self._closed, self._threads = False, None
            self._ends.clear()

    def measure(self, metrics: Metrics) -> None:
        """Let *metrics* tell how many jobs of this pool wait and run, and how many ended how."""
        metrics.watch("twin_jobs", "Jobs of this process that wait or run.", "state", self._going)
        self._over = Counter(
            "twin_jobs_over", "Jobs of this process that are over.", ["state"], registry=metrics.registry
        )
        for state in sorted(OVER):
            self._over.labels(state)  # there from the start, as 0

    def _going(self) -> dict[str, float]:
        ends, running = dict(self._ends), set(self._running)
        waiting = [id for id, end in ends.items() if id not in running and not end.is_set()]
        return {"queued": len(waiting), "running": len(running)}

    def _end(self, id: str, state: State, **how: Any) -> None:
        self.shelf.finish(id, state, **how)
        if self._over is not None:
            self._over.labels(state).inc()

    def _run(self, id: str, work: Work) -> None:
        end = self._ends[id]
        try:
            if self._closed:
                self._end(id, "failed", error=INTERRUPTED)
            elif self.shelf.start(id):
                self._running.add(id)
                self._finish(id, work, end)
            else:
                self._end(id, "cancelled")
        except Exception as error:  # the file of the library; there is nowhere to say so but in the log
            log.error("job %s cannot be kept", id, exc_info=error)
        finally:
            self._running.discard(id)
            self._ends.pop(id, None)

    def _finish(self, id: str, work: Work, end: threading.Event) -> None:
        """Do the work and keep what came of it."""
        try:
            outcome = work(Ticket(id, _Teller(self.shelf, id, end), lambda: self._closed))
        except Cancelled:
            if self._closed:
                self._end(id, "failed", error=INTERRUPTED)
            else:
                self._end(id, "cancelled")
        except TwinError as error:
            told = error.to_dict()
            report = told.pop("report", None)
            self._end(id, "failed", report=report, error=told)
        except Exception as error:
            log.error("job %s failed", id, exc_info=error)
            fault = TwinError(
                "The job met a fault of the server; its log says more.", fix="Report it with the job's id."
            )
            self._end(id, "failed", error=fault.to_dict())
        else:
            self._end(id, "done", result=outcome.result, report=outcome.report)


class _Teller:
    """Keeps how far a job is, not more often than now and then; raises when it is to end."""

    def __init__(self, shelf: Shelf, id: str, end: threading.Event) -> None:
        self._shelf, self._id, self._end = shelf, id, end
        self._step, self._next = "", 0.0

    def __call__(self, step: str, done: int, total: int | None) -> None:
        at = time.monotonic()
        if step != self._step or at >= self._next or done == total:
            self._step, self._next = step, at + EVERY_S
            if self._shelf.tell(self._id, step, done, total):
                raise Cancelled
        if self._end.is_set():
            raise Cancelled
