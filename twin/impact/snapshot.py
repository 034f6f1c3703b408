"""``Snapshot``: one state of the twin in memory, and the questions it answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from twin.display import Findings, Rows
from twin.display.where import InArrays, Where
from twin.impact.events.ask import Asked, ask, not_empty
from twin.impact.events.event import Event, choose
from twin.impact.events.places import Places
from twin.impact.findings import found_by_data
from twin.impact.reach import EVERYTHING, Filter, named_walk, reach
from twin.impact.rests import Way, assumptions, ground_of, resting, rows_of
from twin.impact.result import ImpactResult
from twin.impact.starting.coldstart import ColdStart, Deadlocks
from twin.impact.system import System
from twin.model import Finding
from twin.schema import Schema, default_schema
from twin.snapshot.arrays import Arrays
from twin.snapshot.build import build
from twin.snapshot.catalogue import Catalogue
from twin.snapshot.changes import Changes
from twin.snapshot.check import opened
from twin.snapshot.overlay import changed
from twin.snapshot.tables import read_folder

if TYPE_CHECKING:
    from twin.impact.completeness import CompletenessResult
    from twin.impact.cutsets import CutSets
    from twin.impact.events.compare import CompareResult
    from twin.impact.events.explain import ExplainResult
    from twin.impact.events.story import TimelineResult
    from twin.impact.failures.criticality import CriticalityResult
    from twin.impact.failures.exposed import ExposedResult
    from twin.impact.failures.scenarios import Source
    from twin.impact.failures.screen import ScreenResult
    from twin.impact.failures.single import SpofResult
    from twin.impact.meshes import DominatorResult, MeshResult
    from twin.impact.paths import PathsResult


class Snapshot:
    """The dependency view of one revision: no database behind it, nothing in it changes.

    Example:
        >>> Snapshot.from_tables("samples/small").impact(["bus-1"]).to_dict()  # doctest: +SKIP
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.catalogue = Catalogue(arrays)

    @classmethod
    def from_tables(cls, folder: str | Path, strict: bool = False, schema: Schema | None = None) -> Snapshot:
        """From a folder with ``assets.csv`` and ``links.csv`` (design §7), ids as written there.

        Args:
            folder: the folder. strict: unknown kinds, properties and ends are errors, not findings.
            schema: the vocabulary, by default the built-in one.

        Raises:
            SourceUnreadable: a file is missing or no CSV. TableError: all bad rows at once.
        """
        schema = schema or default_schema()
        assets, links, findings = read_folder(Path(folder), schema, strict)
        return cls(build(assets, links, schema, findings=findings))

    @classmethod
    def from_arrow(
        cls,
        assets: pa.Table,
        links: pa.Table,
        schema: Schema | None = None,
        *,
        revision: int = 0,
        store_id: str = "",
        sources: list[dict[str, Any]] | None = None,
        findings: list[Finding] | None = None,
    ) -> Snapshot:
        """From typed columns, see :func:`twin.snapshot.build.build`."""
        schema = schema or default_schema()
        known: dict[str, Any] = {"revision": revision, "store_id": store_id, "sources": sources, "findings": findings}
        return cls(build(assets, links, schema, file=None, **known))

    @classmethod
    def load(cls, folder: str | Path) -> Snapshot:
        """Open a saved snapshot by memory map. Raises SnapshotError."""
        return cls(opened(Path(folder)))

    def save(self, folder: str | Path) -> None:
        """Save to *folder*, all or nothing."""
        self.arrays.save(Path(folder))

    @property
    def revision(self) -> int:
        """The state of the twin that this shows."""
        return self.arrays.revision

    @property
    def store_id(self) -> str:
        """The store that this is a state of; empty for tables."""
        return self.arrays.store_id

    @property
    def n_assets(self) -> int:
        """Number of assets."""
        return self.arrays.n - int(self.arrays.removed.sum())

    @property
    def n_links(self) -> int:
        """Number of links."""
        return len(self.arrays.link_from)

    def with_changes(self, *, schema: Schema | None = None, **changes: Any) -> Snapshot:
        """What-if: this snapshot with changes, which shares with it whatever stays the same; it answers everything.

        Args:
            schema: the one of this snapshot. changes: ``failed, removed, added, links_added, links_removed``, see
                :class:`twin.snapshot.changes.Changes`.
        """
        return Snapshot(changed(self.arrays, Changes(**changes), schema or default_schema()))

    @cached_property
    def system(self) -> System:
        """The operating rules of this snapshot."""
        return System(self.arrays)

    @cached_property
    def places(self) -> Places:
        """Where the assets are."""
        return Places(self.arrays)

    def ask(self, event: Event | Iterable[str], horizon_s: float | None = None) -> Asked:
        """An event run in time, for all answers about it, an empty one too; see :func:`twin.impact.events.ask.ask`."""
        return ask(self.system, self.catalogue, lambda: self.places, event, horizon_s)

    def impact(self, event: Event | Iterable[str], horizon_s: float | None = None) -> ImpactResult:
        """What fails when these assets are lost (design §4, run in time).

        Args:
            event: ids taken as failed, or an :class:`Event` (a selection, a hazard).
            horizon_s: verdicts as of this many seconds, None for the end of all buffers.

        Raises:
            UnknownAsset: an id is not there. InvalidParameter: no asset is named, or the horizon is negative.
        """
        return not_empty(self.ask(event, horizon_s)).impact()

    def warm(self) -> None:
        """Make ready what all questions share, compiled kernels too, by an event in which nothing fails."""
        self.ask(()).impact()

    def timeline(self, event: Event | Iterable[str], horizon_s: float | None = None) -> TimelineResult:
        """What an event does in which order, what runs on which buffer, races lost; as :meth:`impact`."""
        from twin.impact.events.story import timeline

        return timeline(not_empty(self.ask(event, horizon_s)))

    def explain(self, asset_id: str, event: Event | Iterable[str], horizon_s: float | None = None) -> ExplainResult:
        """Why an asset has its verdict after an event, as a chain and as a graph; as :meth:`impact`."""
        from twin.impact.events.explain import explain

        asked = ask(self.system, self.catalogue, lambda: self.places, event, horizon_s, self.catalogue.row(asset_id))
        return resting(explain(not_empty(asked), asset_id), self.system, "needs", [self.catalogue.row(asset_id)])

    def compare(
        self, a: Event | Iterable[str], b: Event | Iterable[str], horizon_s: float | None = None
    ) -> CompareResult:
        """What sets two events apart; as :meth:`impact`."""
        from twin.impact.events.compare import compare

        one, two = (not_empty(self.ask(event, horizon_s)).impact() for event in (a, b))
        ids = [*one.ids, *two.ids]
        return resting(compare(one, two), self.system, "event", rows_of(self.system, ids))

    def steady(self, ids: Iterable[str]) -> set[str]:
        """Answer 1 of design §4: ids operating after the event, finite buffers and fuel spent."""
        failed = np.zeros(self.arrays.n, bool)
        failed[[self.catalogue.row(name) for name in ids]] = True
        return set(self.catalogue.ids(np.flatnonzero(self.system.steady(failed))))

    def baseline_down(self) -> list[str]:
        """Ids in service that do not operate before any event, sorted."""
        return sorted(self.catalogue.ids(np.flatnonzero(self.arrays.in_service & ~self.system.baseline)))

    def cold_start(self) -> ColdStart:
        """Answer 2: what can be started from nothing, in which rounds."""
        from twin.impact.starting.kickstart import started

        return resting(started(self.catalogue, self.system), self.system, "whole")

    def deadlocks(self, **how: Any) -> Deadlocks:
        """Answer 3: cores that must be started by hand, in order, with a witness cycle and where to start them."""
        from twin.impact.starting.kickstart import cores

        return Deadlocks(cores(self.catalogue, self.system, **how)).placed(self.where)

    def criticality(
        self, weight: str = "count", domain: str | None = None, top: int | None = None, **how: Any
    ) -> CriticalityResult:
        """What each single failure costs, the worst first; *how*: see :func:`.failures.nminus.criticality`."""
        from twin.impact.failures.nminus import criticality

        return resting(criticality(self.system, weight, domain, top, **how), self.system, "whole")

    def single_points_of_failure(self, asset_id: str, **how: Any) -> SpofResult:
        """Every asset whose loss alone takes this one down; *how*: see :func:`.failures.single.single_points`."""
        from twin.impact.failures.single import single_points

        found = single_points(self.catalogue, self.system, asset_id, **how)
        return resting(found, self.system, "needs", [self.catalogue.row(asset_id)])

    def exposed(self, event: Event | Iterable[str], progress: Any = None, **how: Any) -> ExposedResult:
        """What is one failure away after an event, and was not before; *how*: :class:`.failures.exposed.Options`."""
        from twin.impact.failures.exposed import Options, exposed

        chosen = choose(self.catalogue, lambda: self.places, event)
        found = exposed(self.catalogue, self.system, chosen, Options(**how), progress)
        return resting(found, self.system, "event", chosen.rows)

    def screen(self, scenarios: Source, **how: Any) -> ScreenResult:
        """What each of many scenarios costs; *how*: see :class:`twin.impact.failures.screen.Options`."""
        from twin.impact.failures.screen import screened

        return screened(self.catalogue, self.system, scenarios, **how)

    def paths(
        self, a: str, b: str, *, schema: Schema | None = None, progress: Any = None, **how: Any
    ) -> PathsResult:  # fmt: skip
        """Routes from *a* to *b*; *how* and errors: see :class:`twin.impact.paths.Question`."""
        from twin.impact.paths import Question, paths

        asked = Question(a, b, **how)
        found = paths(self.system, self.catalogue, lambda: self.places, schema or default_schema(), asked, progress)
        way: Way = "needs" if found.certificate is None else "whole"  # that there is no other route rests on all
        return resting(found, self.system, way, rows_of(self.system, [a, b, *(row["id"] for row in found.rows)]))

    def cut_sets(self, asset_id: str, order: int | None = 3, **how: Any) -> CutSets:
        """Smallest sets of failures that take an asset down; *how*: see :func:`twin.impact.cutsets.cut_sets`."""
        from twin.impact.cutsets import cut_sets

        found = cut_sets(self.system, self.catalogue, asset_id, order, **how)
        return resting(found, self.system, "needs", [self.catalogue.row(asset_id)])

    def mesh(self, name: str = "power", *, schema: Schema | None = None) -> MeshResult:
        """What holds the mesh of a service or link type together; see :func:`twin.impact.meshes.mesh`."""
        from twin.impact.meshes import mesh

        return resting(mesh(self.system, self.catalogue, schema or default_schema(), name), self.system, "whole")

    def dominators(self, service: str = "power") -> DominatorResult:
        """Through which single asset all supply comes; see :func:`twin.impact.meshes.dominators`."""
        from twin.impact.meshes import dominators

        return resting(dominators(self.system, self.catalogue, service), self.system, "whole")

    def rests_on(self, ids: Iterable[str] | None = None, way: Way = "needs") -> dict[str, Any]:
        """Assumptions and ages of the sources that answers about *ids* rest on (None: of the whole twin).

        See :class:`twin.impact.rests.Resting`; *way*: :data:`twin.impact.rests.Way`.
        """
        rows = [] if ids is None else [self.catalogue.row(name) for name in ids]
        return assumptions(self.system, ground_of(self.system, "whole" if ids is None else way, rows))

    @property
    def where(self) -> Where:
        """The places of assets, for :meth:`twin.display.Answer.placed`."""
        return InArrays(self.arrays)

    @cached_property
    def findings(self) -> Findings:
        """Everything wrong or missing that the data show by themselves."""
        return Findings(found_by_data(self.system)).placed(self.where)

    def completeness(
        self, *, schema: Schema | None = None, findings: Iterable[Finding] | None = None
    ) -> CompletenessResult:
        """How complete the data are, by source and kind; see :func:`twin.impact.completeness.completeness`."""
        from twin.impact.completeness import completeness

        return completeness(self.system, schema or default_schema(), self.findings if findings is None else findings)

    def asset(self, asset_id: str) -> dict[str, Any]:
        """One asset with all it carries. Raises UnknownAsset."""
        return self.catalogue.asset(self.catalogue.row(asset_id))

    def assets(
        self,
        kind: str | None = None,
        domain: str | None = None,
        text: str | None = None,
        bbox: Sequence[float] | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[Rows, str | None, int]:
        """A page of assets by filters; see :meth:`twin.snapshot.catalogue.Catalogue.search`."""
        rows, cursor, total = self.catalogue.search(kind, domain, text, bbox, after, limit)
        return Rows(rows).placed(self.where), cursor, total

    def find(
        self,
        text: str | None = None,
        *,
        kind: str | None = None,
        domain: str | None = None,
        bbox: Sequence[float] | None = None,
        limit: int | None = None,
    ) -> Rows:
        """All assets (or the first *limit*) with *text* in id or name, of a kind, a domain, inside a box."""
        return self.assets(kind, domain, text, bbox, None, self.arrays.n if limit is None else limit)[0]

    def gates(self, asset_id: str) -> list[dict[str, Any]]:
        """What an asset needs: its gates with their members, and whether they hold before any event."""
        held = self.system.before.held
        entries = self.catalogue.gates(self.catalogue.row(asset_id))
        return [{"holds": bool(held[entry.pop("gate")]), **entry} for entry in entries]

    def dependencies(
        self, asset_id: str, depth: int | None = None, domains: Sequence[str] | None = None, **only: Any
    ) -> Rows:
        """What an asset depends on, nearest first: id, kind, domain, name, hop, parent, service, group.

        Args:
            depth: most links to follow, None for all. domains: list only assets of these; paths cross any.
            only: ``services`` to follow, and ``through``: domains that paths may pass.

        Raises:
            UnknownAsset, InvalidParameter.
        """
        found = named_walk(self.catalogue, self.catalogue.row(asset_id), True, depth, domains, **only)
        return Rows(found, "dependencies", asset_id).placed(self.where)

    def dependents(
        self, asset_id: str, depth: int | None = None, domains: Sequence[str] | None = None, **only: Any
    ) -> Rows:
        """What depends on an asset, nearest first; see :meth:`dependencies`."""
        found = named_walk(self.catalogue, self.catalogue.row(asset_id), False, depth, domains, **only)
        return Rows(found, "dependents", asset_id).placed(self.where)

    def reach(self, ids: Iterable[str], up: bool, only: Filter = EVERYTHING) -> list[str]:
        """*ids* and all that they depend on (up) or that depends on them; see :func:`twin.impact.reach.reach`."""
        rows = np.array([self.catalogue.row(name) for name in ids], np.int64)
        return self.catalogue.ids(self.catalogue.listed(reach(self.arrays, rows, up, only)))
