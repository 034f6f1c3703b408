"""How the twin is, asked in a thread and not waited for: a database that is gone must not hold up a monitor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool

from api.holder import Holder
from api.operations.metrics import Metrics
from twin.errors import EmptyTwin, StoreUnavailable, TwinError
from twin.impact import Snapshot

#: Seconds that a monitor is made to wait for the database at most.
WAIT_S = 2.0


@dataclass(frozen=True, slots=True)
class State:
    """How the twin was when it was last asked.

    Attributes:
        fault: why it cannot answer, or None. snapshot: what it answers from; None while it is empty or was never read.
        revision: of the published state in the database, None when not known.
    """

    fault: TwinError | None = None
    snapshot: Snapshot | None = None
    revision: int | None = None


class Pulse:
    """Asks the twin how it is.

    Args:
        holder: gives the holder of the app's twin.
    """

    def __init__(self, holder: Callable[[], Holder]) -> None:
        self._holder = holder
        self._asking: asyncio.Task[State] | None = None
        self.last = State(fault=StoreUnavailable("The twin was not asked yet"))

    async def look(self, wait_s: float = WAIT_S) -> State:
        """How the twin is now; a database that takes longer than *wait_s* seconds counts as gone until it answers."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(run_in_threadpool(self._ask))
        await asyncio.wait({self._asking}, timeout=wait_s)
        if self._asking.done():
            self.last = self._asking.result()
        else:
            slow = StoreUnavailable(f"Neo4j has not answered for {wait_s:.0f} s")
            self.last = State(slow, self.last.snapshot, self.last.revision)
        return self.last

    def _ask(self) -> State:
        try:
            with self._holder().asking() as twin:
                snapshot = twin.current().snapshot
                return State(None, snapshot, twin.store.state().revision)
        except EmptyTwin:
            return State(revision=0)
        except TwinError as error:
            return State(error, self.last.snapshot, self.last.revision)

    def measure(self, metrics: Metrics) -> None:
        """Let *metrics* tell what was last seen."""
        metrics.watch("twin_store_up", "Whether the database answers.", None, self._up)
        metrics.watch("twin_store_revision", "Published revision in the database.", None, self._revision)
        metrics.watch("twin_snapshot_revision", "Revision that answers come from.", None, lambda: self._of("revision"))
        metrics.watch("twin_assets", "Assets of the twin.", None, lambda: self._of("n_assets"))
        metrics.watch("twin_links", "Links of the twin.", None, lambda: self._of("n_links"))
        metrics.watch("twin_source_age_seconds", "Age of each export that answers rest on.", "source", self._ages)

    def _up(self) -> dict[str, float]:
        return {"": float(self.last.fault is None)}

    def _revision(self) -> dict[str, float]:
        return {} if self.last.revision is None else {"": float(self.last.revision)}

    def _of(self, what: str) -> dict[str, float]:
        found: Any = self.last.snapshot
        return {} if found is None else {"": float(getattr(found, what))}

    def _ages(self) -> dict[str, float]:
        if self.last.snapshot is None:
            return {}
        rows = self.last.snapshot.rests_on()["sources"]
        return {row["source"]: row["age_s"] for row in rows if row["age_s"] is not None}
