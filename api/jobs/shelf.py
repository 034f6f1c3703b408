"""Jobs in the library's file: they outlive the request that made them, and the process that ran them."""

from __future__ import annotations

import zlib
from typing import Any

import orjson

from api.jobs.job import Job
from api.jobs.owners import is_gone
from api.library.database import Database, Row
from api.library.naming import new_id, now
from twin.errors import JobInterrupted, NotFound

#: Finished jobs that are kept, the newest.
KEPT = 1_000
INTERRUPTED = JobInterrupted("The server that ran this job was stopped before it was done").to_dict()


class Shelf:
    """The jobs of a library's file. Every method raises LibraryUnavailable when it cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, kind: str, about: dict[str, Any], owner: str, by: str | None) -> Job:
        """A new job in the queue; the oldest finished ones go."""
        id = new_id()
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO jobs (id, kind, about, state, owner, made_at, made_by)"
                " VALUES (?, ?, ?, 'queued', ?, ?, ?)",
                (id, kind, orjson.dumps(about).decode(), owner, now(), by),
            )
            connection.execute(
                "DELETE FROM jobs WHERE state NOT IN ('queued', 'running') AND seq NOT IN"
                " (SELECT seq FROM jobs WHERE state NOT IN ('queued', 'running') ORDER BY seq DESC LIMIT ?)",
                (KEPT,),
            )
        return self.job(id)

    def job(self, id: str) -> Job:
        """A job. Raises NotFound."""
        row = self._database.row("SELECT * FROM jobs WHERE id = ?", id)
        if row is None:
            raise NotFound(f"There is no job {id}", fix="List them with GET /jobs.")
        if row["state"] in ("queued", "running") and is_gone(row["owner"]):
            self.finish(id, "failed", error=INTERRUPTED)
            return self.job(id)
        return _job(row)

    def jobs(self, before: int | None = None, limit: int = -1) -> list[Job]:
        """Jobs, newest first; those *before* a place in the list, *limit* at most."""
        self.bury()
        rows = self._database.rows(
            "SELECT * FROM jobs WHERE ? IS NULL OR seq < ? ORDER BY seq DESC LIMIT ?", before, before, limit
        )
        return [_job(row) for row in rows]

    def count(self) -> int:
        """How many jobs are kept."""
        return int(self._database.rows("SELECT count(*) FROM jobs")[0][0])

    def bury(self) -> None:
        """Jobs whose server is gone have failed."""
        rows = self._database.rows("SELECT id, owner FROM jobs WHERE state IN ('queued', 'running')")
        for row in rows:
            if is_gone(row["owner"]):
                self.finish(row["id"], "failed", error=INTERRUPTED)

    def start(self, id: str) -> bool:
        """A queued job runs now; False when it was cancelled meanwhile."""
        return bool(
            self._database.run(
                "UPDATE jobs SET state = 'running', started_at = ?, changed = changed + 1"
                " WHERE id = ? AND state = 'queued'",
                now(), id,
            )
        )  # fmt: skip

    def tell(self, id: str, step: str, done: int, total: int | None) -> bool:
        """Keep how far it is; whether somebody asked for its end."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE jobs SET step = ?, done = ?, total = ?, changed = changed + 1"
                " WHERE id = ? AND state = 'running'",
                (step, done, total, id),
            )
            row = connection.execute("SELECT cancelling FROM jobs WHERE id = ?", (id,)).fetchone()
        return row is None or bool(row["cancelling"])

    def ask_to_end(self, id: str) -> Job:
        """Cancel a queued job at once, and ask a running one to end. Raises NotFound."""
        job = self.job(id)
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE jobs SET state = 'cancelled', finished_at = ?, changed = changed + 1"
                " WHERE id = ? AND state = 'queued'",
                (now(), id),
            )
            connection.execute(
                "UPDATE jobs SET cancelling = 1, changed = changed + 1"
                " WHERE id = ? AND state = 'running' AND NOT cancelling",
                (id,),
            )
        return self.job(job.id)

    def finish(
        self, id: str, state: str, result: str | None = None, report: dict[str, Any] | None = None,
        error: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """A job is over; one that is over already stays as it is."""
        packed = None if report is None else zlib.compress(orjson.dumps(report), 1)
        told = None if error is None else orjson.dumps(error, default=str).decode()
        self._database.run(
            "UPDATE jobs SET state = ?, result = ?, report = ?, error = ?, finished_at = ?, changed = changed + 1"
            " WHERE id = ? AND state IN ('queued', 'running')",
            state, result, packed, told, now(), id,
        )  # fmt: skip


def _job(row: Row) -> Job:
    return Job(
        seq=row["seq"],
        id=row["id"],
        kind=row["kind"],
        about=orjson.loads(row["about"]),
        state=row["state"],
        step=row["step"],
        done=row["done"],
        total=row["total"],
        changed=row["changed"],
        cancelling=bool(row["cancelling"]),
        result=row["result"],
        report=None if row["report"] is None else orjson.loads(zlib.decompress(row["report"])),
        error=None if row["error"] is None else orjson.loads(row["error"]),
        owner=row["owner"],
        made_at=row["made_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        made_by=row["made_by"],
    )
