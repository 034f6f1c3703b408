"""Taking a run back: the newest applied one, or one that was cut off; the old content comes back exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from twin.errors import RollbackRefused
from twin.ingest.claim import Claim, claimed
from twin.ingest.planner import Progress
from twin.ingest.view import STEP
from twin.schema import load_schema

if TYPE_CHECKING:
    from twin.store.store import Store, Unit

#: Most rows that are taken back in one transaction, and rows of one batch.
SMALL = 50_000
BATCH = 10_000

Do = Callable[[Callable[["Unit"], int]], int]


@dataclass(frozen=True)
class RollbackReport:
    """What was taken back: ``assets`` and ``links`` put back as they were, or removed again."""

    run: str
    revision: int
    assets: int
    links: int

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> RollbackReport:
        """The report with this plain form."""
        return cls(document["run"], document["revision"], document["assets"], document["links"])

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {"status": "rolled_back", **asdict(self)}


def rollback(store: Store, run: str, progress: Progress) -> RollbackReport:
    """Take the run back.

    Raises:
        RollbackRefused: there is no such run, it is rolled back already, or later runs build on it.
        ImportBusy: another process is importing.
    """
    with claimed(store) as claim:
        found = store.rows("ingest.rollback_state", run=run)
        if not found:
            raise RollbackRefused(f"there is no run {run!r}", fix="List the runs with: twin runs")
        state = found[0]
        _check(run, state, claim)
        made = state["run"]
        size = state["images"] + made.get("assets_create", SMALL + 1) + made.get("links_create", 0)
        job = _Rollback(run, int(made["first_ord"]), claim, progress)
        if size <= SMALL and made["status"] == "applied":
            report = store.write(job.whole)
        else:
            store.rows("ingest.rollback_begin", run=run, importer=claim.importer)
            job.steps(store.write)
            report = store.write(job.end)
        store.prepare(load_schema([*store.state().schema]))  # a large import that was killed leaves no search index
        return report


def _check(run: str, state: dict[str, Any], claim: Claim) -> None:
    made = state["run"]
    if made["status"] == "rolled_back":
        raise RollbackRefused(f"the run {run} is rolled back already", fix="There is nothing to do.")
    if claim.applying not in (None, run):
        raise RollbackRefused(
            f"the run {claim.applying} was cut off and must be finished or rolled back first",
            fix=f"twin import --rollback {claim.applying}",
        )
    if state["later"]:
        raise RollbackRefused(
            f"{state['later']} later {'run builds' if state['later'] == 1 else 'runs build'} on {run}"
        )
    if made.get("purged"):
        raise RollbackRefused(
            f"the run {run} is too old: what it changed is no longer kept", fix="Import the older export again."
        )


class _Rollback:
    def __init__(self, run: str, first_ord: int, claim: Claim, progress: Progress) -> None:
        self._run = run
        self._first = first_ord
        self._claim = claim
        self._progress = progress
        self._assets = 0
        self._links = 0

    def whole(self, unit: Unit) -> RollbackReport:
        """Everything in one transaction."""
        self._assets = self._links = 0
        unit.rows("ingest.rollback_begin", run=self._run, importer=self._claim.importer)
        self.steps(lambda work: work(unit))
        return self.end(unit)

    def steps(self, do: Do) -> None:
        """Each step may be repeated: what is done is gone from the before-images."""
        self._links += self._until_done(do, "ingest.restore_link_updates")
        for low in range(0, self._claim.next_ord, STEP):
            self._links += do(partial(self._count, "ingest.remove_created_links", low=low, step=STEP))
            self._progress("removing links", low, self._claim.next_ord)
        self._assets += self._until_done(do, "ingest.restore_asset_updates")
        self._assets += self._until_done(do, "ingest.remove_created_assets", first=self._first)
        self._assets += self._until_done(do, "ingest.restore_assets")
        self._links += self._until_done(do, "ingest.restore_links")

    def end(self, unit: Unit) -> RollbackReport:
        """Findings, sources, and the published state."""
        for query in ("ingest.remove_findings", "ingest.restore_findings", "ingest.restore_sources"):
            unit.rows(query, run=self._run)
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        done = unit.rows("ingest.rollback_end", run=self._run, importer=self._claim.importer, at=at)
        return RollbackReport(self._run, int(done[0]["revision"]), self._assets, self._links)

    def _until_done(self, do: Do, query: str, **params: Any) -> int:
        total = 0
        while done := do(partial(self._count, query, limit=BATCH, **params)):
            total += done
            self._progress(query.removeprefix("ingest.").replace("_", " "), total, None)
        return total

    def _count(self, query: str, unit: Unit, **params: Any) -> int:
        return int(unit.rows(query, run=self._run, **params)[0]["done"])
