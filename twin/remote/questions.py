"""The questions of :class:`twin.service.Twin`, asked over HTTP."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from twin.display import Answer, Rows
from twin.errors import InvalidParameter
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
from twin.impact.result import ImpactResult
from twin.impact.starting.coldstart import ColdStart, Deadlocks
from twin.remote.asked import commas, event_body, geojson, scenarios_body
from twin.remote.places import RemotePlaces
from twin.remote.wire import Wire, path_of

A = TypeVar("A", bound=Answer)


class RemoteQuestions:
    """Questions that a server answers; signatures and answers are those of :class:`twin.service.Twin`."""

    def __init__(self, wire: Wire, edits: list[Any] | None = None) -> None:
        """*edits* are supposed in every question."""
        self._wire = wire
        self._edits = edits
        self._supposed: dict[str, Any] = {} if edits is None else {"what_if": json.dumps(edits)}
        self._places = RemotePlaces(wire)

    @property
    def revision(self) -> int:
        """The last published state."""
        found: int = self._wire.get("/assets", {"limit": 1})["revision"]
        return found

    @property
    def where(self) -> RemotePlaces:
        """The places of assets, for :meth:`twin.display.Answer.placed`."""
        return self._places

    @property
    def _as_it_is(self) -> Wire:
        """For lists and facts of assets, which the API gives of the twin as it is only."""
        if self._edits is not None:
            raise InvalidParameter(
                "over HTTP a what-if has no lists of assets: the API lists the twin as it is",
                fix="Ask the twin without edits, or a what-if of a twin over a store.",
            )
        return self._wire

    def _asked(self, cls: type[A], path: str, body: Mapping[str, Any], listed: str | None = None) -> A:
        """The answer to a question by POST; a list (*listed*) that the server cut short is told in the notes."""
        whole = {**body, **({} if self._edits is None else {"what_if": self._edits})}
        if listed is None:
            return cls.from_dict(self._wire.post(path, whole)).placed(self._places)
        document = self._wire.fitting(lambda most: self._wire.post(path, {**whole, "limit": most}))
        if document["total"] > len(document[listed]):
            _told(document, f"The API lists the first {len(document[listed]):,} of {document['total']:,}.")
        return cls.from_dict(document).placed(self._places)

    def _paged(self, cls: type[A], path: str, asked: Mapping[str, Any], listed: str) -> A:
        """The answer to a question by GET, all pages of its list together."""
        table, document = self._wire.whole(path, {**asked, **self._supposed})
        document[listed] = table.to_pylist()
        islands = len(document.get("islands", ()))
        if islands < document.get("islands_total", 0):
            _told(document, f"The API lists the first {islands:,} of {document['islands_total']:,} islands.")
        return cls.from_dict(document).placed(self._places)

    def _cold_start(self, skip: int, most: int) -> dict[str, Any]:
        return self._wire.get("/cold-start", {"limit": most, "skip": skip, **self._supposed})

    def _walk(
        self, way: str, asset_id: str, depth: int | None, domains: Sequence[str] | None,
        services: Sequence[str] | None, through: Sequence[str] | None,
    ) -> Rows:  # fmt: skip
        asked = {"depth": depth, "domain": commas(domains), "service": commas(services), "through": commas(through)}
        table, _ = self._wire.whole(path_of("assets", asset_id) + f"/{way}", {**asked, **self._supposed})
        return Rows(table.to_pylist(), way, asset_id).placed(self._places)

    def asset(self, asset_id: str) -> dict[str, Any]:
        """One asset with everything it carries. Raises UnknownAsset, with the nearest ids."""
        facts = self._as_it_is.get(path_of("assets", asset_id))
        return {name: value for name, value in facts.items() if name not in ("gates", "revision", "notice")}

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
        asked = {
            "kind": kind,
            "domain": domain,
            "text": text or None,
            "bbox": _box(bbox),
            "cursor": after,
            "limit": limit,
        }
        table, beside = self._as_it_is.table("/assets", asked)
        return Rows(table.to_pylist()).placed(self._places), beside["cursor"], beside["total"]

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
        asked = {"kind": kind, "domain": domain, "text": text or None, "bbox": _box(bbox)}
        table, _ = self._as_it_is.whole("/assets", asked, limit)
        return Rows(table.to_pylist()).placed(self._places)

    def gates(self, asset_id: str) -> list[dict[str, Any]]:
        """What an asset needs: its gates with their members, and whether they hold before any event."""
        found: list[dict[str, Any]] = self._as_it_is.get(path_of("assets", asset_id))["gates"]
        return [{**gate, "ride_through_s": _seconds(gate["ride_through_s"])} for gate in found]

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
        return self._walk("dependencies", asset_id, depth, domains, services, through)

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
        return self._walk("dependents", asset_id, depth, domains, services, through)

    def reach(
        self,
        ids: Iterable[str],
        up: bool,
        *,
        services: Sequence[str] | None = None,
        through: Sequence[str] | None = None,
    ) -> list[str]:
        """*ids* and all that they depend on (*up*) or that depends on them, sorted; see :meth:`dependencies`."""
        way = "dependencies" if up else "dependents"
        known = set()
        for asset_id in ids:
            rows = self._walk(way, asset_id, None, None, services, through)
            known |= {self._wire.get(path_of("assets", asset_id))["id"], *(row["id"] for row in rows)}
        return sorted(known)

    def impact(self, event: Event | Iterable[str], horizon_s: float | None = None) -> ImpactResult:
        """What is lost in an event, until *horizon_s* seconds (None: until all buffers are spent).

        Args:
            event: ids taken as failed, or an :class:`twin.Event` (a selection, a hazard).

        Raises:
            UnknownAsset: an id is not there. InvalidParameter: no asset is named, or the horizon is negative.
        """
        return self._asked(ImpactResult, "/impact", {**event_body(event), "horizon_s": horizon_s})

    def timeline(self, event: Event | Iterable[str], horizon_s: float | None = None) -> TimelineResult:
        """What an event does in which order, what runs on which buffer, races lost; as :meth:`impact`."""
        return self._asked(TimelineResult, "/timeline", {**event_body(event), "horizon_s": horizon_s})

    def explain(self, asset_id: str, event: Event | Iterable[str], horizon_s: float | None = None) -> ExplainResult:
        """Why an asset has its verdict after an event, as a chain and as a graph; as :meth:`impact`."""
        return self._asked(ExplainResult, "/explain", {"id": asset_id, **event_body(event), "horizon_s": horizon_s})

    def compare(
        self, a: Event | Iterable[str], b: Event | Iterable[str], horizon_s: float | None = None
    ) -> CompareResult:
        """What sets two events apart; as :meth:`impact`."""
        return self._asked(CompareResult, "/compare", {"a": event_body(a), "b": event_body(b), "horizon_s": horizon_s})

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
        asked = {
            "weight": weight,
            "domain": domain,
            "pairs": pairs,
            "timeline": timeline,
            "horizon": _horizon(horizon_s),
        }
        table, beside = self._wire.whole("/criticality", {**asked, **self._supposed}, top)
        found = CriticalityResult.from_dict({**beside, "items": []})
        found.table = table.slice(0, top)
        return found.placed(self._places)

    def single_points_of_failure(
        self, asset_id: str, *, timeline: bool = False, horizon_s: float | None = None
    ) -> SpofResult:
        """Every asset whose loss alone takes this one down; *timeline*: as of :meth:`criticality`."""
        asked = {"timeline": timeline, "horizon": _horizon(horizon_s), **self._supposed}
        document = self._wire.get(path_of("assets", asset_id) + "/single-points-of-failure", asked)
        return SpofResult.from_dict(document).placed(self._places)

    def exposed(
        self, event: Event | Iterable[str], *, timeline: bool = False, horizon_s: float | None = None, named: int = 100
    ) -> ExposedResult:
        """What is one failure away after an event, and was not before; *named*: failures to name per asset."""
        asked = {"timeline": timeline, "horizon_s": horizon_s, "named": named}
        return self._asked(ExposedResult, "/exposed", {**event_body(event), **asked}, "exposed")

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
        asked = {"weight": weight, "assets": often, "timeline": timeline, "horizon_s": horizon_s}
        return self._asked(ScreenResult, "/screen", {**scenarios_body(scenarios), **asked}, "items")

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
        asked: dict[str, Any] = {
            "id": asset_id,
            "order": order,
            "can_fail": None if can_fail is None else list(can_fail),
            "unavailability": None if probabilities is None else dict(probabilities),
            "kind_unavailability": None if kind_probabilities is None else dict(kind_probabilities),
            "timeline": timeline,
            "horizon_s": horizon_s,
        }
        return self._asked(CutSets, "/cut-sets", asked, "sets")

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
        asked = {"from": a, "to": b, "k": k, "by": by, "disjoint": disjoint, "direction": direction}
        asked |= {"over": over and list(over), "domains": domains and list(domains), "time_limit_s": limit_s}
        asked |= {"hazards": None if hazards is None else [geojson(hazard) for hazard in hazards]}
        return self._asked(PathsResult, "/paths", asked)

    def mesh(self, name: str = "power") -> MeshResult:
        """What holds the mesh of a service or link type together: islands, bridges, articulation points."""
        return self._paged(MeshResult, path_of("meshes", name), {}, "cuts")

    def dominators(self, service: str = "power") -> DominatorResult:
        """Through which single asset all supply comes, if any one supplier is enough."""
        return self._paged(DominatorResult, "/dominators", {"service": service}, "items")

    def cold_start(self) -> ColdStart:
        """What can be started from nothing, in which rounds."""
        rounds: dict[int, list[str]] = {}
        stuck: list[str] = []
        page: dict[str, Any] = {"complete": False}
        skip = 0
        while not page["complete"]:
            page = self._wire.fitting(partial(self._cold_start, skip))
            for place, names in enumerate(page["rounds"], page["first_round"]):
                rounds.setdefault(place, []).extend(names)
            stuck += page["stuck"]
            skip += self._wire.most
        whole = {**page, "rounds": [rounds[place] for place in sorted(rounds)], "stuck": stuck}
        return ColdStart.from_dict(whole).placed(self._places)

    def deadlocks(self) -> Deadlocks:
        """Cores that must be started by hand, in order, with a witness cycle and where to start them."""
        document = self._wire.fitting(lambda most: self._wire.get("/deadlocks", {"limit": most, **self._supposed}))
        return Deadlocks.from_dict(document).placed(self._places)


def _told(document: dict[str, Any], note: str) -> None:
    document["notes"] = [*document["notes"], note]


def _box(bbox: Sequence[float] | None) -> str | None:
    return None if bbox is None else ",".join(repr(float(side)) for side in bbox)


def _horizon(seconds: float | None) -> str | None:
    """A horizon as it stands in an address: whole seconds."""
    if seconds is None:
        return None
    if seconds < 0 or seconds != int(seconds):
        raise InvalidParameter(f"the horizon is {seconds} s", fix="The API takes whole seconds from 0 here.")
    return f"{int(seconds)}s"


def _seconds(value: float | None) -> float:
    return math.inf if value is None else value
