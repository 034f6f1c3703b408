"""``class RemoteTwin``: a twin behind its HTTP API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from twin.display import Findings, Rows
from twin.display.layer import layer_of
from twin.export.answers import table_of
from twin.impact.completeness import CompletenessResult
from twin.ingest.report import ImportReport
from twin.ingest.rollback import RollbackReport
from twin.model import Finding
from twin.remote.asked import edits_body
from twin.remote.jobs import Jobs
from twin.remote.library import Library
from twin.remote.questions import RemoteQuestions
from twin.remote.records import Server
from twin.remote.subscriptions import Subscriptions
from twin.remote.uploads import Uploads
from twin.remote.vocabulary import schema_of
from twin.remote.wire import Wire, path_of
from twin.schema import Schema

if TYPE_CHECKING:
    import geopandas


class RemoteTwin(RemoteQuestions):
    """A twin behind its HTTP API: methods, answers and errors are those of :class:`twin.Twin`. Threads may share it.

    Example:
        >>> with Twin.connect("http://twin.example:8000", key="...") as twin:  # doctest: +SKIP
        ...     twin.impact(["grid:bus-1"], horizon_s=8 * 3600).summary
    """

    def __init__(
        self, url: str, key: str | None = None, *, timeout_s: float = 60.0, patience_s: float = 30.0
    ) -> None:  # fmt: skip
        """See :meth:`twin.Twin.connect`. Raises InvalidParameter."""
        super().__init__(Wire(url, key, timeout_s, patience_s))
        self._server = Server(self._wire, self._places)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def __enter__(self) -> RemoteTwin:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"RemoteTwin({self._wire.url!r})"

    @property
    def notice(self) -> str | None:
        """What to know about the answer that this thread was given last."""
        return self._wire.notice

    @property
    def jobs(self) -> Jobs:
        """Long questions, asked without waiting; see :mod:`twin.remote.jobs`."""
        return Jobs(self._server)

    @property
    def library(self) -> Library:
        """Answers and events that the server keeps under names; see :mod:`twin.remote.library`."""
        return Library(self._server)

    @property
    def uploads(self) -> Uploads:
        """Exports sent, tried and imported; see :mod:`twin.remote.uploads`."""
        return Uploads(self._server)

    @property
    def subscriptions(self) -> Subscriptions:
        """Questions whose answers are watched; see :mod:`twin.remote.subscriptions`."""
        return Subscriptions(self._server)

    @property
    def schema(self) -> Schema:
        """The vocabulary that the server speaks: kinds, link types, properties, units."""
        return schema_of(self._wire.get("/schema"))

    def findings(self) -> Findings:
        """What is wrong or missing, worst first; each names its first thousand assets and counts them all."""
        table, _ = self._wire.whole("/findings", {})
        return Findings(Finding.from_dict(row) for row in table.to_pylist()).placed(self._places)

    def completeness(self) -> CompletenessResult:
        """How complete the data are, by source and kind, and how old; see :mod:`twin.impact.completeness`."""
        return CompletenessResult.from_dict(self._wire.get("/completeness")).placed(self._places)

    def conflicts(self) -> Rows:
        """Values that the sources of an asset do not agree on; see :func:`twin.ingest.matching.ask.conflicts`."""
        return Rows(self._wire.items("/conflicts"), "conflicts").placed(self._places)

    def provenance(self, asset_id: str) -> dict[str, Any]:
        """Which source, run and row said what of an asset. Raises UnknownAsset."""
        found = self._wire.get(path_of("assets", asset_id) + "/provenance")
        return {name: value for name, value in found.items() if name not in ("revision", "notice")}

    def runs(self) -> Rows:
        """Every import run as plain data, newest first."""
        return Rows(self._wire.items("/imports"), "imports")

    def run(self, run: str) -> dict[str, Any]:
        """One import run as plain data. Raises NotFound."""
        return self._wire.get(path_of("imports", run))

    def report(self, run: str) -> ImportReport:
        """What a run told when it was over: its plan, rejects and findings; the newest 50 are kept.

        Raises:
            NotFound: there is no such run, or its report is not kept in this home.
        """
        return ImportReport.from_dict(self._wire.get(path_of("imports", run, "report")))

    def edit(self, edits: Iterable[Any], *, dry_run: bool = False, note: str = "") -> ImportReport:
        """Make edits as one run: all of them or none; see docs/edits.md."""
        body = {"edits": edits_body(edits), "dry_run": dry_run, "note": note}
        return ImportReport.from_dict(self._wire.post("/edits", body, again=False))

    def what_if(self, edits: Iterable[Any]) -> RemoteQuestions:
        """The twin as it would be with *edits*, of which nothing is written; it answers the same questions.

        Nothing is asked yet: edits that are not allowed are refused with the first question.
        """
        return RemoteQuestions(self._wire, [*(self._edits or ()), *edits_body(edits)])

    def undo(self, run: str | None = None) -> RollbackReport:
        """Take a run back, an edit or an import: the newest, or the one named.

        Raises:
            RollbackRefused: there is none, it is too old, or later runs build on it. NotFound: there is no such run.
        """
        path = "/undo" if run is None else path_of("imports", run, "undo")
        return RollbackReport.from_dict(self._wire.send("POST", path, None if run else {}))

    def status(self) -> dict[str, Any]:
        """Server version, revision, run being applied, and the revision that answers come from."""
        found = self._wire.get("/health")
        return {**found["store"], "snapshot_revision": found["snapshot_revision"]}

    def to_geodataframe(self, rows: Sequence[Mapping[str, Any]]) -> geopandas.GeoDataFrame:
        """Rows with an ``id`` (assets, ``impact(...).affected``) as a layer in WGS 84, one feature per row."""
        return layer_of("assets", table_of(rows, {}), self._places)
