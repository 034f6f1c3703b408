"""One importer at a time: who holds the right to import, and whether that process still lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import psutil

from twin.errors import ImportBusy, StoreMoved, StoreUnavailable

if TYPE_CHECKING:
    from twin.store import Store

#: An importer on another machine that has written nothing for so long is taken as dead.
STALE_MS = 15 * 60 * 1000
#: How often what was planned on a state that is gone is planned again.
ATTEMPTS = 3

T = TypeVar("T")


@dataclass(frozen=True)
class Claim:
    """The right to import, and the state of the twin when it was taken.

    ``applying`` is the run that was cut off, if there is one.
    """

    importer: str
    revision: int
    next_ord: int
    applying: str | None


def myself() -> str:
    """Name of this process: host, pid and start time."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{int(psutil.Process(pid).create_time())}"


def is_dead(importer: str) -> bool:
    """Whether *importer* ran on this machine and runs no more."""
    host, _, rest = importer.rpartition(":")
    host, _, pid = host.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        return bool(abs(psutil.Process(int(pid)).create_time() - int(rest)) > 1.5)
    except (psutil.Error, ValueError):
        return True


def unclaimed(store: Store) -> Claim:
    """The state of the twin for one who only looks: a dry run."""
    state = store.rows("ingest.state")
    row: dict[str, Any] = state[0] if state else {"revision": 0, "next_ord": 0, "applying": None}
    return Claim("", row["revision"], row["next_ord"], row["applying"])


def with_claim(store: Store, work: Callable[[Claim], T]) -> T:
    """What *work* makes with the right to import; it is called again where the twin moved on while it planned.

    Raises:
        ImportBusy: another process is importing. StoreMoved: the twin moved on each time.
    """
    for attempt in range(ATTEMPTS):
        with claimed(store) as claim:
            try:
                return work(claim)
            except StoreMoved:
                if attempt == ATTEMPTS - 1:
                    raise
    raise AssertionError("unreachable")


@contextmanager
def claimed(store: Store) -> Iterator[Claim]:
    """Hold the right to import.

    Raises:
        ImportBusy: another process is importing.
    """
    importer = myself()
    state = store.rows("ingest.state")
    holder = state[0]["importer"] if state else None
    free = [holder] if holder is not None and is_dead(holder) else []
    rows = store.rows("ingest.claim", importer=importer, free=free, stale_ms=STALE_MS)
    if not rows:
        host, pid, _ = (holder or "another machine:?:").rsplit(":", 2)
        raise ImportBusy(
            f"another import is running (process {pid} on {host})",
            fix="Wait until it is done. If that machine died, the import is free again after 15 minutes.",
        )
    claim = Claim(importer, rows[0]["revision"], rows[0]["next_ord"], rows[0]["applying"])
    try:
        yield claim
    finally:
        with suppress(StoreUnavailable):  # who comes next sees that this process is dead
            store.rows("ingest.release", importer=importer)
