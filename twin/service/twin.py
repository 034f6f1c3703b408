"""``class Twin``: the use cases that the CLI, the API and notebooks call, over a store."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, overload
from urllib.parse import urlsplit

from twin.display import Findings, Rows
from twin.errors import EmptyTwin, InvalidParameter, NotFound
from twin.impact import Snapshot
from twin.ingest import unfinished
from twin.ingest.planned import PLANNED
from twin.ingest.stored import SEVERITIES, finding_of, flat, plain
from twin.schema import Schema, load_schema, supersede
from twin.service.opening import Progress, StoreSettings, open_store
from twin.service.questions import Questions
from twin.service.states import Current, States
from twin.store import Store

if TYPE_CHECKING:
    import geopandas

    from twin.impact.completeness import CompletenessResult
    from twin.ingest.report import ImportReport
    from twin.ingest.rollback import RollbackReport
    from twin.remote import RemoteTwin

#: What a run keeps for imports to come.
INSIDE = (PLANNED, "files", "scopes", "rule_digests")
#: Runs listed at most.
MAX_RUNS = 10_000


class Twin(Questions):
    """One twin: a store, its schema and the snapshots of its published states. Safe to share between threads.

    Example:
        >>> with Twin.open() as twin:  # doctest: +SKIP
        ...     twin.impact(["grid:bus-1"], horizon_s=8 * 3600).summary
    """

    def __init__(self, store: Store, schema: Schema, home: Path) -> None:
        """*home* is the folder for snapshots; *schema* is extended by what the store keeps; closes the store."""
        self.home = home
        self.store = store
        self._states = States(store, schema, home)
        self._told = threading.local()

    @classmethod
    def open(cls, settings: StoreSettings | None = None, progress: Progress | None = None) -> Twin:
        """The twin that the settings name: without any, those of the environment (``TWIN_*``), as the CLI takes them.

        The managed local server is started when it does not run.

        Raises:
            TwinError: a setting is not valid, or the server cannot be started, reached or logged in to.
        """
        if settings is None:
            from twin.opening import settings_of_process

            settings = settings_of_process()
        schema = load_schema(settings.schema_files)
        return cls(open_store(settings, progress), schema, settings.home)

    @overload
    @classmethod
    def connect(
        cls, url: str, user: str, password: str, database: str = "neo4j", home: str | Path | None = None,
        schema_files: Sequence[Path] = (),
    ) -> Twin: ...  # fmt: skip

    @overload
    @classmethod
    def connect(
        cls, url: str, *, key: str | None = None, timeout_s: float = 60.0, patience_s: float = 30.0
    ) -> RemoteTwin: ...

    @classmethod
    def connect(
        cls, url: str, user: str | None = None, password: str | None = None, database: str = "neo4j",
        home: str | Path | None = None, schema_files: Sequence[Path] = (), *, key: str | None = None,
        timeout_s: float = 60.0, patience_s: float = 30.0,
    ) -> Twin | RemoteTwin:  # fmt: skip
        """A twin somewhere else: behind its HTTP API (``https://...``), or in any Neo4j (``neo4j://...``).

        Args:
            url: as in ``http://twin.example:8000`` or ``neo4j://host:7687``.
            user, password, database: as the Neo4j server knows them.
            home: folder for snapshots, by default the user's cache folder. schema_files: own schema files.
            key: of the API, by default ``TWIN_API_KEY``. timeout_s: seconds that one answer may take.
            patience_s: seconds to go on asking a server that says it is busy (503).

        Raises:
            TwinError: the schema is not valid or the address is not one.
        """
        if urlsplit(url).scheme.lower() in ("http", "https"):
            from twin.opening import api_key
            from twin.remote import RemoteTwin

            if user is not None or password is not None:
                raise InvalidParameter("an API takes no user and password", fix="Give key=..., or a neo4j:// address.")
            return RemoteTwin(url, api_key() if key is None else key, timeout_s=timeout_s, patience_s=patience_s)
        if user is None or password is None:
            raise InvalidParameter(
                f"{url} is no address of an API, and for a Neo4j server user and password are missing",
                fix="Twin.connect('http://host:8000', key=...) or Twin.connect('neo4j://host:7687', user, password)",
            )
        if home is None:
            from platformdirs import user_cache_path

            home = user_cache_path("infrastructure-twin")
        return cls(Store(url, user, password, database), load_schema(schema_files), Path(home))

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
        return self._states.schema

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
        found = self._states.current()
        self._told.notice = found.notice
        if found.snapshot.n_assets == 0:
            raise EmptyTwin("Nothing has been imported yet")
        return found

    def findings(self) -> Findings:
        """What is wrong or missing: what the data show by themselves, and what imports found, worst first."""
        found = [*self.snapshot().findings, *map(finding_of, self.store.rows("ingest.findings"))]
        worst = sorted(dict.fromkeys(found), key=lambda f: (SEVERITIES.index(f.severity), f.code))
        return Findings(worst).placed(self.where)

    def completeness(self) -> CompletenessResult:
        """How complete the data are, by source and kind, and how old; see :mod:`twin.impact.completeness`."""
        return self.snapshot().completeness(schema=self.schema, findings=self.findings())

    def conflicts(self) -> Rows:
        """Values that the sources of an asset do not agree on; see :func:`twin.ingest.matching.ask.conflicts`."""
        from twin.ingest.matching.ask import conflicts

        return Rows(conflicts(self.store), "conflicts").placed(self.where)

    def provenance(self, asset_id: str) -> dict[str, Any]:
        """Which source, run and row said what of an asset. Raises UnknownAsset."""
        from twin.ingest.matching.ask import provenance

        return provenance(self.store, asset_id)

    def runs(self) -> Rows:
        """Every import run as plain data, newest first."""
        rows = self.store.rows("ingest.runs", limit=MAX_RUNS)
        return Rows(map(_told, rows), "imports")

    def run(self, run: str) -> dict[str, Any]:
        """One import run as plain data. Raises NotFound."""
        rows = self.store.rows("ingest.run", run=run)
        if not rows:
            ways = "GET /imports, `twin runs`, or runs() in Python"
            raise NotFound(f"There is no import run {run}", fix=f"List them: {ways}.")
        return _told(rows[0])

    def report(self, run: str) -> ImportReport:
        """What a run told when it was over: its plan, rejects and findings; the newest 50 are kept.

        Raises:
            NotFound: there is no such run, or its report is not kept in this home.
        """
        from twin.ingest.report import kept

        return kept(self.home / "reports", self.run(run)["id"])

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

        self._states.learn(self.store.state())
        return run_edits(self.store, self.schema, edits, reports=self.home / "reports", dry_run=dry_run, note=note)

    def what_if(self, edits: Iterable[Any]) -> Snapshot:
        """The twin as it would be with *edits*, of which nothing is written; it answers the same questions.

        Raises:
            UnknownAsset, InvalidParameter, LimitExceeded: see :func:`twin.ingest.edits.what_if.what_if`.
        """
        from twin.ingest.edits.what_if import what_if

        return what_if(self.snapshot(), edits, self.schema)[0]

    def undo(self, run: str | None = None) -> RollbackReport:
        """Take a run back, an edit or an import: the newest, or the one named.

        Raises:
            RollbackRefused: there is none, it is too old, or later runs build on it. NotFound: there is no such run.
        """
        from twin.ingest.edits import undo
        from twin.ingest.rollback import rollback
        from twin.ingest.run import quiet

        if run is None:
            return undo(self.store)
        self.run(run)
        return rollback(self.store, run, quiet)

    def status(self) -> dict[str, Any]:
        """Server version, store id, revision, run being applied, and the revision that answers come from."""
        state = self.store.state()
        held = self._states.held
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


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """An import run of the store as plain data, without what is for imports to come."""
    return {name: plain(value) for name, value in flat(row).items() if name not in INSIDE}
