"""Transactions of a large run, in order; where rows are only created, one executes while the one before commits.

Executing a batch and committing it take the server about the same time, on different cores. A transaction that began
before its predecessor was committed marks its number at its end, where the lock on the twin's state makes it wait; it
is rolled back unless the predecessor's number is there by then. So numbers have no gap, whatever is killed or retried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any

from twin.errors import StoreMoved

if TYPE_CHECKING:
    from twin.store.store import Store, Unit

#: Rows of one transaction of a large run.
TRANSACTION = 20_000


@dataclass(frozen=True)
class Batch:
    """One query with its parameters; ``expected`` rows must be done (None: however many there are)."""

    query: str
    params: dict[str, Any]
    size: int
    expected: int | None
    images: bool = False


class _Behind(Exception):
    """The transaction before this one is not committed."""


class Turns:
    """Writes groups of batches as numbered transactions of one run.

    Args:
        write: writes one batch: transaction, number, batch.
    """

    def __init__(
        self, store: Store, importer: str, run: str, write: Callable[[Unit, int, Batch], None], written: int
    ) -> None:
        self._store = store
        self._mine = {"importer": importer, "run": run}
        self._write = write
        self._number = written

    def one_by_one(self, batches: Iterable[Batch]) -> None:
        """Each transaction after the one before: it sees what that one wrote."""
        for group in ahead(grouped(batches)):
            self._number += 1
            self._store.write(partial(self.safe, self._number, group))

    def overlapped(self, batches: Iterable[Batch]) -> None:
        """The next transaction executes while one commits; none of the batches may need what another one writes."""
        before: Future[None] | None = None
        with ThreadPoolExecutor(2, thread_name_prefix="twin-write") as pool:
            for group in ahead(grouped(batches)):
                if before is not None and before.done():
                    before.result()
                self._number += 1
                executed = Event()
                before = pool.submit(self._one, self._number, group, before, executed)
                executed.wait()
        if before is not None:
            before.result()

    def _one(self, number: int, group: list[Batch], before: Future[None] | None, executed: Event) -> None:
        tries = iter((True,))

        def work(unit: Unit) -> None:
            if not next(tries, False):  # the driver tries again: it may have been committed, so it has to wait
                raise _Behind
            self._eager(number, group, unit)
            executed.set()

        try:
            self._store.write(work)
        except _Behind:
            if before is not None:
                before.result()
            self._store.write(partial(self.safe, number, group))
        finally:
            executed.set()

    def _eager(self, number: int, group: list[Batch], unit: Unit) -> None:
        """Execute, then mark."""
        for batch in group:
            self._write(unit, number, batch)
        if self._mark(number, unit) != number - 1:
            raise _Behind

    def safe(self, number: int, group: list[Batch], unit: Unit) -> None:
        """Mark first, which waits for whoever has the twin's state; execute unless it was written before."""
        if self._mark(number, unit) < number:
            for batch in group:
                self._write(unit, number, batch)

    def _mark(self, number: int, unit: Unit) -> int:
        """Mark the number as written if it is the next one; returns the number that was written last before.

        Raises:
            StoreMoved: the run is not ours any more.
        """
        marked = unit.rows("ingest.batch", batch=number, **self._mine)
        if not marked:
            raise StoreMoved("another process took the import over or rolled it back")
        return int(marked[0]["before"])


def grouped(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Batches that share a transaction: a commit waits for the disk, whatever its size."""
    group: list[Batch] = []
    for batch in batches:
        group.append(batch)
        if sum(b.size for b in group) >= TRANSACTION:
            yield group
            group = []
    if group:
        yield group


def ahead(groups: Iterator[list[Batch]]) -> Iterator[list[Batch]]:
    """The same groups, the next one made ready while the server writes the one before."""
    with ThreadPoolExecutor(1, thread_name_prefix="twin-import") as pool:
        coming = pool.submit(next, groups, None)
        while (group := coming.result()) is not None:
            coming = pool.submit(next, groups, None)
            yield group
