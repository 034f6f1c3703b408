"""The import command: claim, plan, guard, apply, report (design §6)."""

from __future__ import annotations

import secrets
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.collector import paused
from twin.errors import ImportRejected, ImportUnfinished, InvalidParameter, ReplaceRefused, SchemaError
from twin.ingest.apply import Applier
from twin.ingest.bulk import BulkApplier
from twin.ingest.claim import Claim, unclaimed, with_claim
from twin.ingest.manifest import Manifest
from twin.ingest.origins import listed
from twin.ingest.plan import Plan, SourcePlan
from twin.ingest.planned import PLANNED, Planned, counted, written
from twin.ingest.planner import Flags, Planner, Progress
from twin.ingest.publish import note, supply_differs
from twin.ingest.rejects import Rejects
from twin.ingest.report import ImportReport
from twin.ingest.spool import Spool
from twin.ingest.view import StoreView
from twin.schema import Schema, SchemaText, load_schema, supersede

if TYPE_CHECKING:
    from twin.store import Store
    from twin.store.server import LocalServer

#: ``--replace`` refuses to remove more than this share of what the store holds of a source.
GUARD = 0.05
#: Newest applied runs whose before-images are kept, and images removed in one transaction.
KEPT_RUNS = 10
PURGE = 10_000


def quiet(phase: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


def run_import(
    store: Store,
    schema: Schema,
    manifest: Manifest,
    *,
    reports: Path,
    flags: Flags | None = None,
    dry_run: bool = False,
    progress: Progress = quiet,
    bulk: LocalServer | None = None,
) -> ImportReport:
    """Import everything the manifest lists, as one run with one new revision.

    Args:
        schema: the built-in schema extended by ``manifest.schema_files``; what the store keeps is added to it.
        reports: folder for the report and the rejects file of the run.
        dry_run: plan only; the store is not written at all.
        progress: called with phase, done, total.
        bulk: the managed server behind *store*, to be loaded offline; only where the twin is empty.

    Raises:
        ImportRejected: rows cannot be taken and ``skip_rejects`` is off; nothing was written, and the error's
            ``report`` has the whole report. ReplaceRefused, ImportBusy, ImportUnfinished, SourceUnreadable,
            ManifestError, LoaderOptionError, UnknownLoader, StoreError.
    """
    flags = flags or Flags()
    schema = _kept_schema(store.state().schema, schema)
    job = _Job(store, schema, manifest, reports, flags, progress, bulk)
    if dry_run:
        return job.dry(unclaimed(store))
    store.prepare(schema)
    return with_claim(store, job.run)


def _kept_schema(kept: tuple[SchemaText, ...], schema: Schema) -> Schema:
    """The schema of this import, extended by the files that the twin keeps; a newer version of one replaces it.

    Raises:
        SchemaError: a kind or link type of a kept file is no longer there, and the twin may hold some.
    """
    merged = load_schema(supersede(kept, schema.extras))
    if set(kept) <= set(merged.extras):
        return merged
    before = load_schema(kept)
    gone = sorted({*before.kinds, *before.link_types} - {*merged.kinds, *merged.link_types})
    if gone:
        raise SchemaError(
            f"the schema no longer defines {', '.join(gone)}, which the twin was imported with",
            fix="Keep the definition in your schema file, or start a new twin (twin down --purge).",
        )
    return merged


class _Job:
    def __init__(
        self, store: Store, schema: Schema, manifest: Manifest, reports: Path, flags: Flags, progress: Progress,
        bulk: LocalServer | None = None,
    ) -> None:  # fmt: skip
        self._bulk = bulk
        self._store = store
        self._schema = schema
        self._manifest = manifest
        self._reports = reports
        self._flags = flags
        self._progress = progress

    def dry(self, claim: Claim) -> ImportReport:
        started = time.monotonic()
        with Spool() as spool:
            plan = self._plan(claim, spool, f"dry-{new_id()}", None)
            return self._report(plan, "planned", None, claim.revision, started)

    def run(self, claim: Claim) -> ImportReport:
        started, begun = time.monotonic(), now()
        if self._bulk is not None and (claim.next_ord or claim.applying):
            raise InvalidParameter(
                "--bulk loads an empty twin, and this one is not empty",
                fix="Leave --bulk out, or twin down --purge first.",
            )
        open_run = self._open_run(claim)
        run = str(open_run["id"]) if open_run else new_id()
        with Spool() as spool:
            plan = self._plan(claim, spool, run, open_run)
            if plan.rejects.count and (not self._flags.skip_rejects or self._flags.replace):
                raise self._rejected(plan, claim, started)
            if open_run is None:
                self._guard(plan)
            if not plan.changed and open_run is None and not supply_differs(self._store, self._schema, plan):
                self._store.write(lambda unit: note(unit, plan, now()))
                return self._report(plan, "unchanged", None, claim.revision, started)
            head = self._head(plan, run, begun)
            whole = Planned.read(open_run).plan or plan.to_dict()
            how = (self._store, self._schema, plan, claim, head, self._progress)
            applier = Applier(*how) if self._bulk is None else BulkApplier(self._bulk, *how)
            revision = applier.apply(lambda: result_of(plan, whole, started))
            resumed = whole if open_run is not None else None
            report = self._report(plan, "applied", run, revision, started, resumed)
        self._purge()
        return report

    def _open_run(self, claim: Claim) -> dict[str, Any] | None:
        """The run that was cut off, if there is one; it must be one of this command."""
        if claim.applying is None:
            return None
        rows = self._store.rows("ingest.run", run=claim.applying)
        return dict(rows[0]["run"]) if rows else None

    def _plan(self, claim: Claim, spool: Spool, run: str, open_run: dict[str, Any] | None) -> Plan:
        rejects = Rejects(self._reports / run / "rejects.csv")
        view = StoreView(self._store, claim.next_ord)
        planner = Planner(view, self._schema, self._manifest, self._flags, spool, rejects, self._progress, run)
        if open_run is not None and (open_run.get("rolling_back") or open_run["digest"] != planner.digest):
            raise ImportUnfinished(
                f"the import {open_run['id']} of {open_run['source']} was cut off, and this is not the same import"
                " (other files, options or rules)",
                fix=f"Finish it by running it as before, or take it back: twin import --rollback {open_run['id']}",
                run=open_run["id"],
            )
        stored = {r["source"]: (r["stamp"], bool(r["exact"])) for r in self._store.rows("ingest.sources")}
        try:
            with paused():
                earlier = Planned.read(open_run)
                return planner.plan(claim.revision, stored, open_run is not None, earlier)
        finally:
            rejects.close()

    def _rejected(self, plan: Plan, claim: Claim, started: float) -> ImportRejected:
        report = self._report(plan, "rejected", None, claim.revision, started)
        count = plan.rejects.count
        both = self._flags.skip_rejects and self._flags.replace
        return ImportRejected(
            f"{count:,} {'row' if count == 1 else 'rows'} cannot be taken; see {plan.rejects.path}",
            fix="With --replace every row must be good: mend the rows listed." if both else None,
            report=report.to_dict(),
        )

    def _guard(self, plan: Plan) -> None:
        if not self._flags.replace or self._flags.force:
            return
        for part in plan.sources.values():
            for what, gone, held in _losses(part):
                if gone > GUARD * held:
                    raise ReplaceRefused(
                        f"{part.source}: {gone:,} of {held:,} {what} ({gone / held:.0%}) are missing in the export",
                        plan=plan.to_dict(),
                    )

    def _head(self, plan: Plan, run: str, begun: str) -> dict[str, Any]:
        return {
            "id": run,
            "name": self._manifest.name,
            "source": ", ".join(plan.sources) or "stitch",
            "sources": list(plan.sources),
            "loader": ", ".join(dict.fromkeys(s.loader for s in plan.sources.values())) or "stitch",
            "status": "applying",
            "digest": plan.digest,
            "manifest": str(self._manifest.path) if self._manifest.path else "",
            "owner": self._manifest.owner,
            "rules": list(plan.rule_digests),
            "rule_digests": list(plan.rule_digests.values()),
            "flags": [name for name, on in asdict(self._flags).items() if on],
            "started_at": begun,
            "files": listed(plan.files),
            PLANNED: Planned.of(plan).text(),
        }

    def _report(
        self,
        plan: Plan,
        status: str,
        run: str | None,
        revision: int,
        started: float,
        resumed: dict[str, Any] | None = None,
    ) -> ImportReport:
        """The report, also as a file beside the rejects. *resumed*: counts of all of a run that was cut off before."""
        report = ImportReport.of(plan, status, run, revision, time.monotonic() - started)
        if resumed is not None:
            report.resumed, report.plan = True, resumed
            report.written_before = written(resumed, plan.to_dict())
        report.save(plan.rejects.path.parent)
        return report

    def _purge(self) -> None:
        """Before-images of runs that are too old to be rolled back go."""
        for row in self._store.rows("ingest.old_images", keep=KEPT_RUNS):
            while self._store.rows("ingest.purge_images", run=row["run"], limit=PURGE)[0]["done"]:
                pass
            self._store.rows("ingest.purged", run=row["run"])


def result_of(plan: Plan, whole: dict[str, Any], started: float) -> dict[str, Any]:
    """Properties of the finished run. *whole*: counts of all of it, also of what was written before it was cut."""
    counts = {
        f"{what}_{op}": sum(count[op] for about, count in counted(whole) if about == what)
        for what in ("assets", "links")
        for op in ("create", "update", "unchanged", "remove")
    }
    words = (("created", "create"), ("updated", "update"), ("unchanged", "unchanged"), ("removed", "remove"))
    return {
        **counts,
        **{word: counts[f"assets_{op}"] + counts[f"links_{op}"] for word, op in words},
        "status": "applied",
        PLANNED: None,
        "rejected": plan.rejects.count,
        "finished_at": now(),
        "seconds": round(time.monotonic() - started, 3),
    }


def _losses(part: SourcePlan) -> list[tuple[str, int, int]]:
    pairs = (
        ("assets", part.assets.remove - part.merged, part.held_assets),
        ("links", part.links.remove, part.held_links),
    )
    return [(what, gone, held) for what, gone, held in pairs if held]


def now() -> str:
    """This moment, UTC, as ISO 8601 text with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id() -> str:
    """Id of a new run: its start and four random digits."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
