"""Stitch rules as a job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from api.holder import Holder
from api.jobs.job import Outcome, Ticket, Work
from api.jobs.writing import taken_back
from api.reports import public
from api.stitch_queries import StitchRequest
from twin.ingest.planner import Progress
from twin.ingest.report import ImportReport
from twin.ingest.run import quiet, run_import
from twin.service import Twin


def stitched(twin: Twin, body: StitchRequest, progress: Progress = quiet) -> ImportReport:
    """Run the rules as an import does. Raises TwinError, and whatever *progress* raises."""
    with TemporaryDirectory(prefix="twin-stitch-") as folder:
        manifest = body.manifest(Path(folder))
        reports = twin.home / "reports"
        return run_import(
            twin.store, twin.schema, manifest, reports=reports, dry_run=body.dry_run, progress=progress
        )  # fmt: skip


def stitching(holder: Holder, body: StitchRequest, published: Callable[[], None]) -> Work:
    """The work of a job that runs the rules; *published*: called after a new revision."""

    def work(ticket: Ticket) -> Outcome:
        with holder.asking() as twin:
            ticket.tell("reading the rules", 0, None)
            with taken_back(twin, ticket, published):
                report = stitched(twin, body, ticket.tell)
        if report.status == "applied":
            published()
        return Outcome(report=public(report.to_dict()))

    return work
