"""What a twin can be asked; the same methods, with the same answers, as :class:`twin.remote.RemoteTwin` has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twin.impact.reach import Filter

if TYPE_CHECKING:
    from twin.display import Rows, Where
    from twin.impact import ColdStart, ImpactResult, Snapshot
    from twin.impact.cutsets import CutSets
    from twin.impact.events.compare import CompareResult
    from twin.impact.events.event import Event
    from twin.impact.events.explain import ExplainResult
    from twin.impact.events.story import TimelineResult
    from twin.impact.failures.criticality import CriticalityResult
    from twin.impact.failures.exposed import ExposedResult
    from twin.impact.failures.scenarios import Random
    from twin.impact.failures.screen import ScreenResult
    from twin.impact.failures.single import SpofResult
    from twin.impact.meshes import DominatorResult, MeshResult
    from twin.impact.paths import PathsResult
    from twin.impact.starting.coldstart import Deadlocks
    from twin.schema import Schema


class Questions(ABC):
    """Questions that the newest snapshot answers."""

    @abstractmethod
    def snapshot(self) -> Snapshot:
        """The last published state."""

    @property
    @abstractmethod
    def schema(self) -> Schema:
        """The vocabulary."""

    @property
    def revision(self) -> int:
        """The last published state."""
        return self.snapshot().revision

    @property
    def where(self) -> Where:
        """The places of assets, for :meth:`twin.display.Answer.placed`."""
        return self.snapshot().where

    def asset(self, asset_id: str) -> dict[str, Any]:
        """One asset with everything it carries. Raises UnknownAsset, with the nearest ids."""
        return self.snapshot().asset(asset_id)

    def assets(
        self,
        kind: str | None = None,
        domain: str | None = None,
        text: str | None = None,
        bbox: Sequence[float] | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[Rows, str | None, int]:
        """A page of assets: rows, the next cursor (for *after*; None at the end) and how many match in all."""
        return self.snapshot().assets(kind, domain, text, bbox, after, limit)

    def find(
        self,
        text: str | None = None,
        *,
        kind: str | None = None,
        domain: str | None = None,
        bbox: Sequence[float] | None = None,
        limit: int | None = None,
    ) -> Rows:
        """All assets (or the first *limit*) with *text* in id or name, of a kind, a domain, inside a box.

        Args:
            bbox: west, south, east, north in degrees.
        """
        return self.snapshot().find(text, kind=kind, domain=domain, bbox=bbox, limit=limit)

    def gates(self, asset_id: str) -> list[dict[str, Any]]:
        """What an asset needs: its gates with their members, and whether they hold before any event."""
        return self.snapshot().gates(asset_id)

    def dependencies(
        self,
        asset_id: str,
        depth: int | None = None,
        domains: Sequence[str] | None = None,
        *,
        services: Sequence[str] | None = None,
        through: Sequence[str] | None = None,
    ) -> Rows:
        """What an asset depends on, nearest first.

        Args:
            depth: most links to follow. domains: list only assets of these; paths cross any.
            services: follow only these. through: domains that paths may pass.
        """
        return self.snapshot().dependencies(asset_id, depth, domains, services=services, through=through)

    def dependents(
        self,
        asset_id: str,
        depth: int | None = None,
        domains: Sequence[str] | None = None,
        *,
        services: Sequence[str] | None = None,
        through: Sequence[str] | None = None,
    ) -> Rows:
        """What depends on an asset, nearest first; see :meth:`dependencies`."""
        return self.snapshot().dependents(asset_id, depth, domains, services=services, through=through)

    def reach(
        self,
        ids: Iterable[str],
        up: bool,
        *,
        services: Sequence[str] | None = None,
        through: Sequence[str] | None = None,
    ) -> list[str]:
        """*ids* and all that they depend on (*up*) or that depends on them, sorted; see :meth:`dependencies`."""
        snapshot = self.snapshot()
        only = Filter(services or None, snapshot.catalogue.in_domains(through) if through else None)
        return sorted(snapshot.reach(ids, up, only))

    def impact(self, event: Event | Iterable[str], horizon_s: float | None = None) -> ImpactResult:
        """What is lost in an event, until *horizon_s* seconds (None: until all buffers are spent).

        Args:
            event: ids taken as failed, or an :class:`twin.Event` (a selection, a hazard).

        Raises:
            UnknownAsset: an id is not there. InvalidParameter: no asset is named, or the horizon is negative.
        """
        return self.snapshot().impact(event, horizon_s)

    def timeline(self, event: Event | Iterable[str], horizon_s: float | None = None) -> TimelineResult:
        """What an event does in which order, what runs on which buffer, races lost; as :meth:`impact`."""
        return self.snapshot().timeline(event, horizon_s)

    def explain(self, asset_id: str, event: Event | Iterable[str], horizon_s: float | None = None) -> ExplainResult:
        """Why an asset has its verdict after an event, as a chain and as a graph; as :meth:`impact`."""
        return self.snapshot().explain(asset_id, event, horizon_s)

    def compare(
        self, a: Event | Iterable[str], b: Event | Iterable[str], horizon_s: float | None = None
    ) -> CompareResult:
        """What sets two events apart; as :meth:`impact`."""
        return self.snapshot().compare(a, b, horizon_s)

    def criticality(
        self,
        weight: str = "count",
        domain: str | None = None,
        top: int | None = None,
        *,
        pairs: bool = False,
        timeline: bool = False,
        horizon_s: float | None = None,
    ) -> CriticalityResult:
        """What each single failure costs, the worst first.

        Args:
            weight: what counts: ``count``, ``workloads``, ``kind:<kind>`` or a numeric property.
            domain: only failures of this domain. top: most rows. pairs: also failures of two (steady only).
            timeline, horizon_s: run in time up to a horizon instead of the steady answer.
        """
        return self.snapshot().criticality(
            weight, domain, top, pairs=pairs, timeline=timeline, horizon_s=horizon_s
        )  # fmt: skip

    def single_points_of_failure(
        self, asset_id: str, *, timeline: bool = False, horizon_s: float | None = None
    ) -> SpofResult:
        """Every asset whose loss alone takes this one down; *timeline*: as of :meth:`criticality`."""
        return self.snapshot().single_points_of_failure(asset_id, timeline=timeline, horizon_s=horizon_s)

    def exposed(
        self, event: Event | Iterable[str], *, timeline: bool = False, horizon_s: float | None = None, named: int = 100
    ) -> ExposedResult:
        """What is one failure away after an event, and was not before; *named*: failures to name per asset."""
        return self.snapshot().exposed(event, timeline=timeline, horizon_s=horizon_s, named=named)

    def screen(
        self,
        scenarios: Random | Mapping[str, Sequence[str]],
        *,
        weight: str = "count",
        often: bool = False,
        timeline: bool = False,
        horizon_s: float | None = None,
    ) -> ScreenResult:
        """What each of many scenarios costs.

        Args:
            scenarios: name -> failed ids, or :class:`twin.Random` ones. weight: as of :meth:`criticality`.
            often: also how often each asset is lost. timeline, horizon_s: as of :meth:`criticality`.
        """
        return self.snapshot().screen(
            scenarios, weight=weight, often=often, timeline=timeline, horizon_s=horizon_s
        )  # fmt: skip

    def cut_sets(
        self,
        asset_id: str,
        order: int | None = 3,
        *,
        probabilities: Mapping[str, float] | None = None,
        kind_probabilities: Mapping[str, float] | None = None,
        can_fail: Sequence[str] | None = None,
        timeline: bool = False,
        horizon_s: float | None = None,
    ) -> CutSets:
        """Smallest sets of failures that take an asset down.

        Args:
            order: sets of at most so many assets, None for all. can_fail: kinds or domains that can fail.
            probabilities, kind_probabilities: share of the time that assets are down by themselves, by id and kind.
        """
        return self.snapshot().cut_sets(
            asset_id, order, probabilities=probabilities, kind_probabilities=kind_probabilities, can_fail=can_fail,
            timeline=timeline, horizon_s=horizon_s,
        )  # fmt: skip

    def paths(
        self,
        a: str,
        b: str,
        *,
        k: int = 1,
        by: str = "hops",
        disjoint: str | None = None,
        over: Sequence[str] | None = None,
        domains: Sequence[str] | None = None,
        direction: str = "either",
        hazards: Sequence[Any] | None = None,
        limit_s: float = 30.0,
    ) -> PathsResult:
        """Routes from *a* to *b*; see :class:`twin.impact.paths.Question`."""
        return self.snapshot().paths(
            a, b, schema=self.schema, k=k, by=by, disjoint=disjoint, over=over, domains=domains, direction=direction,
            hazards=hazards, limit_s=limit_s,
        )  # fmt: skip

    def mesh(self, name: str = "power") -> MeshResult:
        """What holds the mesh of a service or link type together: islands, bridges, articulation points."""
        return self.snapshot().mesh(name, schema=self.schema)

    def dominators(self, service: str = "power") -> DominatorResult:
        """Through which single asset all supply comes, if any one supplier is enough."""
        return self.snapshot().dominators(service)

    def cold_start(self) -> ColdStart:
        """What can be started from nothing, in which rounds."""
        return self.snapshot().cold_start()

    def deadlocks(self) -> Deadlocks:
        """Cores that must be started by hand, in order, with a witness cycle and where to start them."""
        return self.snapshot().deadlocks()
