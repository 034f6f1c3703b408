"""Making edits: claim, plan, apply in one transaction, report; and taking the last run back."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import EmptyTwin, ImportRejected, ImportUnfinished, RollbackRefused
from twin.ingest.apply import Applier
from twin.ingest.claim import Claim, unclaimed, with_claim
from twin.ingest.edits.edit import parse_edits
from twin.ingest.edits.planner import LOADER, EditPlanner
from twin.ingest.origins import listed
from twin.ingest.plan import Plan
from twin.ingest.planned import PLANNED
from twin.ingest.planner import Progress
from twin.ingest.rejects import Rejects
from twin.ingest.report import ImportReport
from twin.ingest.rollback import RollbackReport, rollback
from twin.ingest.run import new_id, now, quiet, result_of
from twin.ingest.spool import Spool
from twin.ingest.view import StoreView
from twin.schema import Schema

if TYPE_CHECKING:
    from twin.store import Store


def run_edits(
    store: Store, schema: Schema, edits: Iterable[Any], *, reports: Path, dry_run: bool = False, note: str = ""
) -> ImportReport:
    """Make edits as one run with one new revision: all of them, or none.

    Args:
        schema: with the schema files that the twin keeps. edits: models or plain data of :mod:`.edit`, in order.
        reports: folder for the report and the rejects. dry_run: plan only. note: why, kept with the run.

    Raises:
        InvalidParameter, UnknownAsset: an edit does not fit. ImportRejected: the schema or a gate forbids it; the
        error's ``report`` has all problems. ImportBusy, ImportUnfinished, StoreError.
    """
    wanted = parse_edits(edits)
    if dry_run:
        return _once(store, schema, wanted, reports, unclaimed(store), True, note)
    store.prepare(schema)

    def work(claim: Claim) -> ImportReport:
        if claim.applying is not None:
            raise ImportUnfinished(
                f"the import {claim.applying} was cut off",
                fix=f"Finish it by running it again, or take it back: twin import --rollback {claim.applying}",
                run=claim.applying,
            )
        return _once(store, schema, wanted, reports, claim, False, note)

    return with_claim(store, work)


def _once(
    store: Store, schema: Schema, edits: list[Any], reports: Path, claim: Claim, dry: bool, note: str
) -> ImportReport:
    started, begun, run = time.monotonic(), now(), f"dry-{new_id()}" if dry else new_id()
    with Spool() as spool:
        rejects = Rejects(reports / run / "rejects.csv")
        try:
            view = StoreView(store, claim.next_ord)
            plan = EditPlanner(store, view, schema, edits, spool, rejects, quiet, run).edit(claim.revision)
        finally:
            rejects.close()

        def told(status: str, made: str | None, revision: int) -> ImportReport:
            report = ImportReport.of(plan, status, made, revision, time.monotonic() - started)
            report.save(rejects.path.parent)
            return report

        if rejects.count:
            raise ImportRejected(
                f"{rejects.count:,} {'edit' if rejects.count == 1 else 'problems'} cannot be taken: "
                f"{rejects.first[0].message}",
                fix=rejects.first[0].fix,
                report=told("rejected", None, claim.revision).to_dict(),
            )
        if dry:
            return told("planned", None, claim.revision)
        if not plan.changed:
            return told("unchanged", None, claim.revision)
        head = _head(plan, run, begun, edits, note)
        whole = plan.to_dict()
        applier = Applier(store, schema, plan, claim, head, quiet)
        return told("applied", run, applier.apply(lambda: result_of(plan, whole, started)))


def _head(plan: Plan, run: str, begun: str, edits: list[Any], note: str) -> dict[str, Any]:
    return {
        "id": run,
        "name": note or ", ".join(dict.fromkeys(edit.op for edit in edits)),
        "source": ", ".join(plan.sources),
        "sources": list(plan.sources),
        "loader": LOADER,
        "status": "applying",
        "digest": plan.digest,
        "manifest": "",
        "owner": "",
        "rules": [],
        "flags": [],
        "edits": len(edits),
        "files": listed(plan.files),
        "started_at": begun,
        PLANNED: None,
    }


def newest(store: Store) -> dict[str, Any]:
    """The newest run that is applied. Raises EmptyTwin, RollbackRefused: there is none."""
    runs = [dict(row["run"]) for row in store.rows("ingest.runs", limit=1_000)]
    if not runs:
        raise EmptyTwin("Nothing has been imported yet")
    for run in runs:
        if run["status"] in ("applied", "applying"):
            return run
    raise RollbackRefused("every run is taken back already", fix="There is nothing to undo.")


def undo(store: Store, progress: Progress = quiet) -> RollbackReport:
    """Take the newest run back, an edit or an import. Raises RollbackRefused, ImportBusy, EmptyTwin."""
    return rollback(store, str(newest(store)["id"]), progress)
