"""``class Twin``: the use cases that the CLI, the API and notebooks call.

It answers from a snapshot of the last published state. Every question first asks the store for its revision;
when that has moved, one thread reads the new state while the others go on answering from the old one.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from twin.errors import ApplyInProgress, EmptyTwin, SnapshotError, StoreTransient
from twin.impact import ImpactResult, Snapshot
from twin.ingest import unfinished
from twin.ingest.planned import PLANNED
from twin.ingest.stored import SEVERITIES, finding_of, flat, plain
from twin.model import Finding
from twin.schema import Schema, load_schema, supersede
from twin.snapshot.arrays import Arrays
from twin.snapshot.build import UNSUPPLIED, build
from twin.snapshot.check import opened
from twin.store import Store
from twin.store.changes import read_changed
from twin.store.read import read_numbered

if TYPE_CHECKING:
    import geopandas

    from twin.impact.completeness import CompletenessResult
    from twin.ingest.report import ImportReport
    from twin.ingest.rollback import RollbackReport
    from twin.store import State

#: What a slow start is doing: step, done, total (0 when not known).
Progress = Callable[[str, int, int], None]

#: Published states kept on disk per store.
KEPT = 3
#: Runs listed at most.
#: What a run keeps for imports to come.
INSIDE = (PLANNED, "files", "scopes", "rule_digests")
MAX_RUNS = 10_000
#: How often a state that changes while it is read is tried again.
ATTEMPTS = 5


class StoreSettings(Protocol):
    """What opening a twin needs to know; :class:`twin.settings.Settings` has it."""

    @property
    def home(self) -> Path: ...
    @property
    def neo4j_uri(self) -> str | None: ...
    @property
    def neo4j_user(self) -> str: ...
    @property
    def neo4j_password(self) -> Any: ...
    @property
    def neo4j_database(self) -> str: ...
    @property
    def neo4j_version(self) -> str: ...
    @property
    def cache(self) -> Path: ...
    @property
    def schema_files(self) -> Sequence[Path]: ...


class Current(NamedTuple):
    """A snapshot, and what to know about it (an import is being applied, a newer state is being read)."""

    snapshot: Snapshot
    notice: str | None


def open_store(settings: StoreSettings, progress: Progress | None = None) -> Store:
    """The store that the settings name: the managed local server, started if need be, or any other.

    Args:
        settings: home, address and credentials. progress: is told what a slow start is doing.

    Raises:
        TwinError: the server cannot be started, reached or logged in to.
    """
    if settings.neo4j_uri:
        secret = settings.neo4j_password
        password = secret.get_secret_value() if hasattr(secret, "get_secret_value") else secret
        return Store(settings.neo4j_uri, settings.neo4j_user, password or "", settings.neo4j_database)
    from twin.store.server import LocalServer

    server = LocalServer(settings.home, settings.neo4j_version, settings.cache)
    endpoint = server.ensure(progress) if progress is not None else server.ensure()
    return Store(endpoint.uri, endpoint.user, endpoint.password, settings.neo4j_database)


class Twin:
    """One twin: a store, its schema and the snapshots of its published states. Safe to share between threads.

    Example:
        >>> with Twin.connect("neo4j://localhost:7687", "neo4j", "secret") as twin:  # doctest: +SKIP
        ...     twin.impact(["grid:bus-1"], horizon_s=8 * 3600).summary
    """

    def __init__(self, store: Store, schema: Schema, home: Path) -> None:
        """*home* is the folder for snapshots; *schema* is extended by what the store keeps; closes the store."""
        self.home = home
        self.store = store
        self._schema = schema
        self._cache = home / "snapshots"
        self._held: Snapshot | None = None
        self._held_state = ""
        self._reading = threading.Lock()
        self._told = threading.local()

    @classmethod
    def open(cls, settings: StoreSettings, progress: Progress | None = None) -> Twin:
        """The twin that the settings name. Raises TwinError."""
        schema = load_schema(settings.schema_files)
        return cls(open_store(settings, progress), schema, settings.home)

    @classmethod
    def connect(
        cls, uri: str, user: str, password: str, database: str = "neo4j", home: str | Path | None = None,
        schema_files: Sequence[Path] = (),
    ) -> Twin:  # fmt: skip
        """A twin in any Neo4j, for notebooks and scripts.

        Args:
            uri: as in ``neo4j://host:7687``. user, password, database: as the server knows them.
            home: folder for snapshots, by default the user's cache folder. schema_files: own schema files.

        Raises:
            TwinError: the schema is not valid or the address is not one.
        """
        if home is None:
            from platformdirs import user_cache_path

            home = user_cache_path("infrastructure-twin")
        return cls(Store(uri, user, password, database), load_schema(schema_files), Path(home))

    def close(self) -> None:
        """Close the connection to the store."""
        self.store.close()

    def __enter__(self) -> Twin:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def schema(self) -> Schema:
        """The vocabulary: built in, of this process, and what the data last seen were imported with."""
        return self._schema

    def _learn(self, state: State) -> None:
        """Extend the vocabulary by the schema files that the store keeps with the data."""
        if not set(state.schema) <= set(self._schema.extras):
            self._schema = load_schema(supersede(self._schema.extras, state.schema))

    # -- the snapshot ---------------------------------------------------------------------------------------

    @property
    def notice(self) -> str | None:
        """What to know about the snapshot that this thread was given last."""
        told: str | None = getattr(self._told, "notice", None)
        return told

    def snapshot(self) -> Snapshot:
        """The last published state; see :meth:`current`."""
        return self.current().snapshot

    def current(self) -> Current:
        """The last published state, and a notice when something is going on.

        Raises:
            EmptyTwin: nothing was imported yet. ApplyInProgress: an import is being applied and this process
                has no snapshot of the state before it. StoreError: the store does not answer.
        """
        found = self._find()
        self._told.notice = found.notice
        if found.snapshot.n_assets == 0:
            raise EmptyTwin("Nothing has been imported yet")
        return found

    def _find(self) -> Current:
        state = self.store.state()
        if state.revision == 0 and not state.applying:
            raise EmptyTwin("Nothing has been imported yet")
        held = self._held
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
            self._learn(state)
            if self._held is not None and self._shows(self._held, state):
                return Current(self._held, unfinished.notice(self.store, state))
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
                self._held, self._held_state = found, state.state_id
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
        known: dict[str, Any] = {"sources": self._sources(), "findings": self._unsupplied()}
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
        if self._held is not None and self._held.store_id == state.store_id:
            return self._held.arrays
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

    def _sources(self) -> list[dict[str, Any]]:
        rows = self.store.rows("ingest.sources")
        return [{name: plain(row[name]) for name in ("source", "imported_at", "as_of", "as_of_from")} for row in rows]

    def _unsupplied(self) -> list[Finding]:
        """What imports found about assets that they left without a supplier: answers rest on it."""
        return [finding_of(row) for row in self.store.rows("ingest.findings") if row["code"] in UNSUPPLIED]

    def asset(self, asset_id: str) -> dict[str, Any]:
        """One asset with everything it carries. Raises UnknownAsset."""
        return self.snapshot().asset(asset_id)

    def assets(self, **filters: Any) -> tuple[list[dict[str, Any]], str | None, int]:
        """Assets by ``kind, domain, text, bbox, after, limit``: rows, the next cursor and the total."""
        return self.snapshot().assets(**filters)

    def dependencies(
        self, asset_id: str, depth: int | None = None, domains: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """What an asset depends on, nearest first."""
        return self.snapshot().dependencies(asset_id, depth, domains)

    def dependents(
        self, asset_id: str, depth: int | None = None, domains: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """What depends on an asset, nearest first."""
        return self.snapshot().dependents(asset_id, depth, domains)

    def impact(self, ids: Iterable[str], horizon_s: float | None = None) -> ImpactResult:
        """What is lost when these assets fail, until *horizon_s* seconds (None: until all buffers are spent)."""
        return self.snapshot().impact(ids, horizon_s)

    def findings(self) -> list[Finding]:
        """What is wrong or missing: what the data show by themselves, and what imports found, worst first."""
        found = [*self.snapshot().findings, *map(finding_of, self.store.rows("ingest.findings"))]
        return sorted(dict.fromkeys(found), key=lambda f: (SEVERITIES.index(f.severity), f.code))

    def completeness(self) -> CompletenessResult:
        """How complete the data are, by source and kind, and how old; see :mod:`twin.impact.completeness`."""
        return self.snapshot().completeness(schema=self.schema, findings=self.findings())

    def conflicts(self) -> list[dict[str, Any]]:
        """Values that the sources of an asset do not agree on; see :func:`twin.ingest.matching.ask.conflicts`."""
        from twin.ingest.matching.ask import conflicts

        return conflicts(self.store)

    def provenance(self, asset_id: str) -> dict[str, Any]:
        """Which source, run and row said what of an asset. Raises UnknownAsset."""
        from twin.ingest.matching.ask import provenance

        return provenance(self.store, asset_id)

    def runs(self) -> list[dict[str, Any]]:
        """Every import run as plain data, newest first."""
        rows = self.store.rows("ingest.runs", limit=MAX_RUNS)
        return [{name: plain(value) for name, value in flat(row).items() if name not in INSIDE} for row in rows]

    def import_(
        self,
        manifest: str | Path,
        *,
        dry_run: bool = False,
        replace: bool = False,
        force: bool = False,
        skip_rejects: bool = False,
    ) -> ImportReport:
        """Import everything that a manifest lists, as ``twin import`` does; the flags are those of the command.

        Raises:
            ImportRejected: rows cannot be taken; nothing was written. TwinError: see ``twin.ingest.run``.
        """
        from twin.ingest.manifest import read_manifest
        from twin.ingest.planner import Flags
        from twin.ingest.run import run_import

        found = read_manifest(Path(manifest))
        schema = load_schema(supersede(self.schema.extras, load_schema(found.schema_files).extras))
        flags = Flags(replace=replace, force=force, skip_rejects=skip_rejects)
        return run_import(self.store, schema, found, reports=self.home / "reports", flags=flags, dry_run=dry_run)

    def edit(self, edits: Iterable[Any], *, dry_run: bool = False, note: str = "") -> ImportReport:
        """Make edits as one run: all of them or none; see :func:`twin.ingest.edits.run_edits`.

        Example:
            >>> twin.edit([{"op": "set", "id": "grid:bus-1", "properties": {"voltage_kv": 220}}])  # doctest: +SKIP
        """
        from twin.ingest.edits import run_edits

        self._learn(self.store.state())
        return run_edits(self.store, self.schema, edits, reports=self.home / "reports", dry_run=dry_run, note=note)

    def undo(self) -> RollbackReport:
        """Take the newest run back, an edit or an import. Raises RollbackRefused: there is none, or it is too old."""
        from twin.ingest.edits import undo

        return undo(self.store)

    def status(self) -> dict[str, Any]:
        """Server version, store id, revision, run being applied, and the revision that answers come from."""
        state = self.store.state()
        held = self._held
        self._told.notice = unfinished.notice(self.store, state)
        return {
            "version": self.store.version(),
            "store_id": state.store_id,
            "revision": state.revision,
            "applying": state.applying,
            "snapshot_revision": held.revision if held is not None else None,
        }

    def to_geodataframe(self, rows: Sequence[Mapping[str, Any]]) -> geopandas.GeoDataFrame:
        """Rows with an ``id`` (assets, ``impact(...).affected``) as a layer in WGS 84, one feature per row."""
        from twin.export.layers import frame_of

        return frame_of(self.snapshot().arrays.assets, rows)
