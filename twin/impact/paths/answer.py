"""The answer to a question for routes: the routes, and a certificate when there are fewer than asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.errors import InvalidParameter, LimitExceeded
from twin.impact.events.places import Places
from twin.impact.paths.disjoint import Cut, disjoint
from twin.impact.paths.graph import ESTIMATED, MEASURES, MISSING, Network, measure, network
from twin.impact.paths.risks import Footprints, Risks, corridor, footprints, risks
from twin.impact.paths.shared_risk import separate
from twin.impact.paths.shortest import Route, best, cost_of
from twin.impact.system import System
from twin.schema import Schema, suggest
from twin.snapshot.arrays import Bools, Longs
from twin.snapshot.catalogue import Catalogue

MODEL_LEVEL = "L0"
APART = ("edge", "node", "risk")
#: Routes that one question may ask for: free or disjoint, and without a shared risk.
MAX_K, MAX_K_RISK = 1_000, 8
TIME_S = 30.0
NAMED = 50


@dataclass(frozen=True)
class Question:
    """Which routes are wanted.

    Attributes:
        a, b: ids of the ends. k: how many routes. by: ``hops``, ``length_km`` or ``latency_ms``.
        disjoint: None, ``edge`` (no line, span or link in common), ``node`` (no asset in common but the ends) or
            ``risk`` (no single failure takes down two of them). over: services or link types, None for all.
        domains: pass only assets of these. direction: ``either`` way, or ``supply``.
        hazards: polygons (GeoJSON, or hazards of :mod:`twin.impact.events.hazard`), each a risk; for ``risk`` only.
        limit_s: seconds for each search without shared risk.
    """

    a: str
    b: str
    k: int = 1
    by: str = "hops"
    disjoint: str | None = None
    over: Sequence[str] | None = None
    domains: Sequence[str] | None = None
    direction: str = "either"
    hazards: Any = None
    limit_s: float = TIME_S

    def check(self) -> None:
        """Raises InvalidParameter or LimitExceeded for what makes no sense or is too much."""
        if self.a == self.b:
            raise InvalidParameter(f"both ends are {self.a!r}", fix="Name two different assets.")
        for what, word, known in (("measure", self.by, MEASURES), ("kind of disjoint", self.disjoint, APART)):
            if word is not None and word not in known:
                raise InvalidParameter(f"unknown {what} {word!r}.{suggest(word, list(known))}", fix=f"One of: {known}.")
        if isinstance(self.k, bool) or self.k < 1:
            raise InvalidParameter(f"k is {self.k}", fix="Ask for one route or more.")
        most = MAX_K_RISK if self.disjoint == "risk" else MAX_K
        if self.k > most:
            raise LimitExceeded(f"{self.k:,} routes were asked for; at most {most:,} are looked for at a time")
        if self.hazards is not None and self.disjoint != "risk":
            raise InvalidParameter("hazards were given", fix="They count with disjoint = risk only.")
        if not 0 < self.limit_s < float("inf"):
            raise InvalidParameter(f"the time limit is {self.limit_s} s", fix="Give seconds above 0.")


@dataclass
class PathsResult:
    """Routes between two assets; ``to_dict()`` is the answer in every surface.

    Attributes:
        question: what was asked. revision: state of the twin. found: number of routes.
        routes: the best first: ``cost`` (in the measure asked for), ``hops, length_km, latency_ms``, ``estimated`` and
            ``missing`` (lines and spans on it whose measure is estimated, or not known and counted as 0),
            ``not_operating`` (assets on it that do not operate before any event), ``assets`` from end to end and
            ``steps`` (``from, to, type``).
        total_cost: of all routes together. certificate: None, or why there are fewer than asked for: ``kind``
            (``none``, ``cut``, ``all`` or ``shared_risk``), ``exist`` (how many there are), ``says`` and what shows it.
        notes: caveats in words.
    """

    question: dict[str, Any]
    revision: int
    routes: list[dict[str, Any]]
    total_cost: float
    certificate: dict[str, Any] | None
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    @property
    def found(self) -> int:
        """How many routes there are in the answer."""
        return len(self.routes)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row for each asset of each route: ``route, place`` and the asset."""
        return [
            {"route": number, "place": place, **asset}
            for number, route in enumerate(self.routes, 1)
            for place, asset in enumerate(route["assets"])
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "question": self.question,
            "revision": self.revision,
            "model_level": self.model_level,
            "found": self.found,
            "total_cost": self.total_cost,
            "routes": self.routes,
            "certificate": self.certificate,
            "notes": self.notes,
        }


def paths(
    system: System, catalogue: Catalogue, places: Callable[[], Places], schema: Schema, question: Question
) -> PathsResult:
    """The routes that *question* asks for.

    Args:
        system: the operating rules. catalogue: names. schema: the snapshot's vocabulary.
        places: gives the shapes, asked only for hazards.

    Raises:
        UnknownAsset, InvalidParameter, LimitExceeded: the question cannot be answered, or not within its limits.
    """
    question.check()
    s, t = catalogue.row(question.a), catalogue.row(question.b)
    net = network(system.arrays, schema, question.over, question.direction)
    allowed = system.arrays.in_service.copy()
    if question.domains:
        allowed &= catalogue.in_domains(question.domains)
    if question.disjoint == "risk":
        allowed &= system.baseline
    allowed[[s, t]] = True
    known = footprints(places(), question.hazards) if question.hazards is not None else None
    return _Answer(system, catalogue, net, question, allowed, s, t, known).make()


@dataclass(frozen=True)
class _Answer:
    """The making of one answer."""

    system: System
    catalogue: Catalogue
    net: Network
    question: Question
    allowed: Bools
    s: int
    t: int
    footprints: Footprints | None
    said: list[str] = field(default_factory=list)

    def make(self) -> PathsResult:
        q = self.question
        routes, certificate = self._apart() if q.disjoint != "risk" else self._risk()
        costs = [cost_of(self.net, q.by, self.s, self.t, route) for route in routes]
        ranked = sorted(zip(costs, routes, strict=True), key=lambda pair: (pair[0], len(pair[1])))
        if not routes:
            certificate = {"kind": "none", "exist": 0, "says": f"No route joins {q.a} and {q.b} over these links."}
        return PathsResult(
            question={
                "from": q.a,
                "to": q.b,
                "k": q.k,
                "by": q.by,
                "disjoint": q.disjoint,
                "over": list(q.over) if q.over else None,
                "domains": list(q.domains) if q.domains else None,
                "direction": q.direction,
            },
            revision=self.system.arrays.revision,
            routes=[self._route(cost, route) for cost, route in ranked],
            total_cost=round(sum(costs), 6),
            certificate=certificate,
            notes=self._notes(),
        )

    def _apart(self) -> tuple[list[Route], dict[str, Any] | None]:
        q, net = self.question, self.net
        if q.disjoint is None:
            routes = best(net, q.by, self.allowed, self.s, self.t, q.k)
            if len(routes) == q.k:
                return routes, None
            return routes, {
                "kind": "all",
                "exist": len(routes),
                "says": f"There are no more routes than {len(routes)}.",
            }
        capped = net.edge if q.disjoint == "edge" else np.ones(net.n, bool)
        found = disjoint(net, q.by, self.allowed, capped, self.s, self.t, q.k)
        return found.routes, self._cut(found.cut, len(found.routes)) if found.cut is not None else None

    def _cut(self, cut: Cut, exist: int) -> dict[str, Any]:
        links = sorted(self._steps(cut.arcs), key=lambda link: (link["from"], link["to"]))
        assets = sorted(self.catalogue.brief(cut.assets), key=lambda entry: str(entry["id"]))
        names = [*(entry["id"] for entry in assets), *(f"{x['from']} - {x['to']}" for x in links)]
        return {
            "kind": "cut",
            "exist": exist,
            "says": f"Every route passes one of: {', '.join(names[:NAMED])}.",
            "assets": assets,
            "links": links,
        }

    def _risk(self) -> tuple[list[Route], dict[str, Any] | None]:
        q, net = self.question, self.net
        hit = self.footprints
        inside = corridor(net, self.allowed, self.s, self.t)
        known = risks(self.system, inside, self.s, self.t, hit.rows if hit is not None else [])
        found = separate(net, q.by, self.allowed, known, inside, self.s, self.t, q.k, q.limit_s)
        self.said.extend(self._unavoidable(known))
        if len(found.routes) == q.k:
            return found.routes, None
        return found.routes, self._shared(found.sharing, known, hit.names if hit is not None else [], len(found.routes))

    def _unavoidable(self, known: Risks) -> list[str]:
        hit = self.footprints
        rows = [cause for cause in known.unavoidable if cause >= 0 and cause not in (self.s, self.t)]
        names = [f"hazard {hit.names[-1 - c]}" for c in known.unavoidable if c < 0] if hit is not None else []
        names += self.catalogue.ids(rows[:NAMED])
        return [f"An end goes down with it, so it counts for no route: {', '.join(names)}."] if names else []

    def _shared(
        self, sharing: list[Route] | None, known: Risks, hazards: list[str], exist: int
    ) -> dict[str, Any] | None:
        if sharing is None:
            return {
                "kind": "all",
                "exist": exist,
                "says": f"There are no more routes than {exist}, whatever is shared.",
            }
        inner = [self.net.to[list(route[:-1])].astype(np.int64) for route in sharing]
        causes = known.shared([part.tolist() for part in inner])
        assets = self.catalogue.brief(np.array([c for c in causes if c >= 0], np.int64))
        passed = frozenset(int(row) for part in inner for row in part)
        takes = [sorted(self.catalogue.ids(list(known.hits[c] & passed))) for c in causes]
        some = [{"name": hazards[-1 - c], "takes_down": down} for c, down in zip(causes, takes, strict=True) if c < 0]
        down = [names for c, names in zip(causes, takes, strict=True) if c >= 0]
        assets = [{**entry, "takes_down": names} for entry, names in zip(assets, down, strict=True)]
        assets.sort(key=lambda entry: (-len(entry["takes_down"]), entry["id"]))
        said = [*(f"hazard {entry['name']}" for entry in some), *(entry["id"] for entry in assets)]
        return {
            "kind": "shared_risk",
            "exist": exist,
            "says": f"Any {exist + 1} routes share a risk; those that share least share: {', '.join(said[:NAMED])}.",
            "assets": assets,
            "hazards": some,
            "routes": [self.catalogue.ids([self.s, *part.tolist(), self.t]) for part in inner],
        }

    def _route(self, cost: float, route: Route) -> dict[str, Any]:
        arcs = np.array(route, np.int64)
        rows = np.concatenate([[self.s], self.net.to[arcs]]).astype(np.int64)
        km, km_links, known = measure(self.net, "length_km", rows[1:-1], arcs)
        ms, ms_links, known_ms = measure(self.net, "latency_ms", rows[1:-1], arcs)
        if self.question.by == "latency_ms":
            known = known_ms
        return {
            "cost": round(cost, 6),
            "hops": len(route),
            "length_km": round(float(km.sum() + km_links.sum()), 6),
            "latency_ms": round(float(ms.sum() + ms_links.sum()), 6),
            "estimated": int((known == ESTIMATED).sum()),
            "missing": int((known == MISSING).sum()),
            "not_operating": int((~self.system.baseline[rows]).sum()),
            "assets": self.catalogue.brief(rows),
            "steps": self._steps(arcs),
        }

    def _steps(self, arcs: Longs) -> list[dict[str, str]]:
        a = self.system.arrays
        starts, ends = self.catalogue.ids(self.net.source(arcs)), self.catalogue.ids(self.net.to[arcs])
        types = [a.link_types[t] for t in a.link_type[self.net.row[arcs]].tolist()]
        return [{"from": x, "to": y, "type": z} for x, y, z in zip(starts, ends, types, strict=True)]

    def _notes(self) -> list[str]:
        a = self.system.arrays
        notes = ["Topology only (L0): capacity along a route is not checked."]
        if self.question.by != "hops":
            notes.append(
                "A line or span without a value counts as long as it is drawn, or as its neighbours are apart; "
                "latency without a value as light in fibre needs for the length. Values on links are not read."
            )
        idle = [e for e, row in ((self.question.a, self.s), (self.question.b, self.t)) if not a.in_service[row]]
        if idle:
            notes.append(f"Not in service: {', '.join(idle)}.")
        if self.question.disjoint == "risk":
            notes.append(
                "Two routes share a risk when the loss of one single asset, or one hazard, takes down something of "
                "both in the end: buffers and finite standby sources spent."
            )
        if self.footprints is not None and not self.footprints.known.all():
            notes.append(f"{int((~self.footprints.known).sum()):,} assets have no known place: no hazard hits them.")
        return notes + self.said
