"""Which snapshot is current: held in memory, on disk, or read from the store.

Every question first asks the store for its revision; when that has moved, one thread reads the new state while the
others go on answering from the old one.
"""

from __future__ import annotations

import shutil
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from twin.errors import ApplyInProgress, EmptyTwin, SnapshotError, StoreTransient
from twin.impact import Snapshot
from twin.ingest import unfinished
from twin.ingest.stored import finding_of, plain
from twin.model import Finding
from twin.schema import Schema, load_schema, supersede
from twin.snapshot.arrays import Arrays
from twin.snapshot.build import UNSUPPLIED, build
from twin.snapshot.check import opened
from twin.store import Store
from twin.store.changes import read_changed
from twin.store.read import read_numbered

if TYPE_CHECKING:
    from twin.store import State

#: Published states kept on disk per store.
KEPT = 3
#: How often a state that changes while it is read is tried again.
ATTEMPTS = 5


class Current(NamedTuple):
    """A snapshot, and what to know about it (an import is being applied, a newer state is being read)."""

    snapshot: Snapshot
    notice: str | None


class States:
    """The snapshots of one store's published states. Safe to share between threads."""

    def __init__(self, store: Store, schema: Schema, home: Path) -> None:
        """*home* is the folder for snapshots; *schema* is extended by what the store keeps."""
        self.store = store
        self.schema = schema
        self.held: Snapshot | None = None
        self._cache = home / "snapshots"
        self._held_state = ""
        self._reading = threading.Lock()

    def learn(self, state: State) -> None:
        """Extend the vocabulary by the schema files that the store keeps with the data."""
        if not set(state.schema) <= set(self.schema.extras):
            self.schema = load_schema(supersede(self.schema.extras, state.schema))

    def current(self) -> Current:
        """The last published state, and a notice when something is going on; see :meth:`twin.service.Twin.current`."""
        state = self.store.state()
        if state.revision == 0 and not state.applying:
            raise EmptyTwin("Nothing has been imported yet")
        held = self.held
        if held is not None and self._shows(held, state):
            return Current(held, unfinished.notice(self.store, state))
        must_wait = held is None or held.arrays.store_id != state.store_id
        if not self._reading.acquire(blocking=must_wait) and held is not None:
            return Current(held, f"Revision {state.revision} is being read; this is revision {held.revision}.")
        try:
            return self._refresh()
        finally:
            self._reading.release()

    def _refresh(self) -> Current:
        for _ in range(ATTEMPTS):
            state = self.store.state()
            self.learn(state)
            if self.held is not None and self._shows(self.held, state):
                return Current(self.held, unfinished.notice(self.store, state))
            found = self._from_disk(state)
            if found is None and state.applying:
                dead = unfinished.cut_off(self.store, state)
                raise ApplyInProgress(
                    f"The import run {state.applying} {'was cut off' if dead else 'is being applied'}, and this "
                    f"process has not seen revision {state.revision} before it",
                    fix=unfinished.finish(state.applying) if dead else None,
                    run=state.applying,
                    revision=state.revision,
                )
            found = found or self._from_store(state)
            if found is not None:
                self.held, self._held_state = found, state.state_id
                return Current(found, unfinished.notice(self.store, state))
        raise StoreTransient(f"The twin changed {ATTEMPTS} times while it was read", fix="Ask again in a moment.")

    def _shows(self, snapshot: Snapshot, state: State) -> bool:
        same = snapshot.arrays.store_id == state.store_id and snapshot.revision == state.revision
        return same and self._held_state == state.state_id

    def _folder(self, state: State) -> Path:
        return self._cache / state.store_id / f"{state.revision:08d}-{self.schema.digest}-{state.state_id[:8]}"

    def _from_disk(self, state: State) -> Snapshot | None:
        folder = self._folder(state)
        if not folder.is_dir():
            return None
        try:
            return Snapshot.load(folder)
        except SnapshotError:  # of another version, or damaged: it is built again
            shutil.rmtree(folder, ignore_errors=True)
            return None

    def _from_store(self, state: State) -> Snapshot | None:
        """A snapshot of exactly *state*, or None when the store moved on meanwhile."""
        try:
            base = self._older(state)
            changed = read_changed(self.store, self.schema, base, state) if base is not None else None
            assets, links, place = changed or read_numbered(self.store, self.schema)
        except StoreTransient:  # it gave up because the store went on changing: decide anew from the new state
            if self.store.state() == state:
                raise
            return None
        known: dict[str, Any] = {"sources": _sources(self.store), "findings": _unsupplied(self.store)}
        if self.store.state() != state:
            return None
        known |= {"revision": state.revision, "store_id": state.store_id, "state_id": state.state_id}
        found = Snapshot(build(assets, links, self.schema, place=place, file=None, **known))
        if found.n_assets == 0:
            return found
        folder = self._folder(state)
        with suppress(OSError):  # a full or read-only disk costs time, not the answer
            found.save(folder)
            self._prune(folder)
        return found

    def _older(self, state: State) -> Arrays | None:
        """The newest earlier state of this store that is in memory or on disk, in today's vocabulary."""
        if self.held is not None and self.held.store_id == state.store_id:
            return self.held.arrays
        for folder in sorted((self._cache / state.store_id).glob(f"*-{self.schema.digest}-*"), reverse=True):
            with suppress(SnapshotError):
                return opened(folder)
        return None

    def _prune(self, newest: Path) -> None:
        """Keep the last few states of this store; open memory maps of removed ones stay valid."""
        folders = sorted(path for path in newest.parent.iterdir() if path.is_dir() and not path.name.startswith("."))
        for folder in folders[:-KEPT]:
            if folder != newest:
                shutil.rmtree(folder, ignore_errors=True)


def _sources(store: Store) -> list[dict[str, Any]]:
    rows = store.rows("ingest.sources")
    return [{name: plain(row[name]) for name in ("source", "imported_at", "as_of", "as_of_from")} for row in rows]


def _unsupplied(store: Store) -> list[Finding]:
    """What imports found about assets that they left without a supplier: answers rest on it."""
    return [finding_of(row) for row in store.rows("ingest.findings") if row["code"] in UNSUPPLIED]
