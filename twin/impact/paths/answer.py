"""The answer to a question for routes: the routes, and a certificate when there are fewer than asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from twin.errors import InvalidParameter, LimitExceeded
from twin.impact.events.places import Places
from twin.impact.paths import words
from twin.impact.paths.deadline import Deadline, Told
from twin.impact.paths.disjoint import Cut, disjoint
from twin.impact.paths.graph import Network
from twin.impact.paths.measures import ESTIMATED, MEASURES, UNKNOWN, Measured, measure
from twin.impact.paths.risks import Footprints, Risks, corridor, footprints, risks
from twin.impact.paths.separate import Proof, Search, Separate
from twin.impact.paths.shortest import Route, best, shortest
from twin.impact.paths.transport import Transport, elsewhere, named, usual
from twin.impact.rests import Resting
from twin.impact.system import System
from twin.schema import Schema, suggest
from twin.snapshot.arrays import Bools, Longs
from twin.snapshot.catalogue import Catalogue

MODEL_LEVEL = "L0"
APART = ("edge", "node", "risk")
#: Routes that one question may ask for: free or disjoint, and without a shared risk.
MAX_K, MAX_K_RISK = 1_000, 8
#: Seconds for one question: unless it says otherwise, and at most.
TIME_S, MAX_TIME_S = 30.0, 600.0
NAMED = 50


@dataclass(frozen=True)
class Question:
    """Which routes are wanted.

    Attributes:
        a, b: ids of the ends. k: how many routes. by: ``hops``, ``length_km`` or ``latency_ms``.
        disjoint: None, ``edge`` (no line, span or link in common), ``node`` (no asset in common but the ends) or
            ``risk`` (no single failure takes down two of them).
        over: services or link types to follow, ``all`` for every link that delivers a service, everything on them
            passed; None for what transports the service that joins the ends (:mod:`twin.impact.paths.transport`).
        domains: pass only assets of these. direction: ``either`` way, or ``supply``.
        hazards: polygons (GeoJSON, or hazards of :mod:`twin.impact.events.hazard`), each a risk; for ``risk`` only.
        limit_s: seconds for the search; then the answer is the best found so far and says what is not proved.
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
                raise InvalidParameter(
                    f"unknown {what} {word!r}.{suggest(word, list(known))}",
                    fix=f"Use {', '.join(known[:-1])} or {known[-1]}.",
                )
        if isinstance(self.k, bool) or self.k < 1:
            raise InvalidParameter(f"{self.k} routes were asked for", fix="Ask for one route or more.")
        most = MAX_K_RISK if self.disjoint == "risk" else MAX_K
        if self.k > most:
            raise LimitExceeded(f"{self.k:,} routes were asked for; at most {most:,} are looked for at a time")
        if self.hazards is not None and self.disjoint != "risk":
            raise InvalidParameter("hazards were given", fix="They count with disjoint = risk only.")
        if not 0 < self.limit_s <= MAX_TIME_S:
            raise InvalidParameter(
                f"the time limit is {self.limit_s} s", fix=f"Give seconds above 0, at most {MAX_TIME_S:g}."
            )


@dataclass(repr=False)
class PathsResult(Resting):
    """Routes between two assets; ``to_dict()`` is the answer in every surface.

    Attributes:
        question: what was asked. revision: state of the twin. found: number of routes.
        routes: the best first: ``cost`` (in the measure asked for, as far as known), ``hops, length_km, latency_ms``,
            ``estimated`` and ``unknown`` (assets and links on it whose measure is estimated, or not known at all: a
            route with fewer of these is the better one, whatever its cost), ``not_operating`` (assets on it that do
            not operate before any event), ``assets`` from end to end and ``steps`` (``from, to, type``).
        total_cost: of all routes together. certificate: None, or why there are fewer than asked for: ``kind``
            (``none``, ``cut``, ``all``, ``shared_risk``, or ``limit`` for a search that was not finished), ``exist``
            (how many there are, as far as known), ``says`` and what shows it.
        proof: ``proved`` (there are no more of those asked for, and none cost less), else ``reached`` (``time`` or
            ``size``, the limit in the way), ``routes_at_most``, ``total_cost_at_least`` of so many as were found (None
            where not known), ``untried`` (failures not looked at) and ``says``.
        notes: caveats in words.
    """

    QUESTION: ClassVar[str] = "paths"

    question: dict[str, Any]
    revision: int
    routes: list[dict[str, Any]]
    total_cost: float
    certificate: dict[str, Any] | None
    proof: dict[str, Any]
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
            "assumptions": self.assumptions,
            "found": self.found,
            "total_cost": self.total_cost,
            "routes": self.routes,
            "certificate": self.certificate,
            "proof": self.proof,
            "notes": self.notes,
        }


def paths(
    system: System, catalogue: Catalogue, places: Callable[[], Places], schema: Schema, question: Question,
    progress: Told | None = None,
) -> PathsResult:  # fmt: skip
    """The routes that *question* asks for.

    Args:
        system: the operating rules. catalogue: names. schema: the snapshot's vocabulary.
        places: gives the shapes, asked only for hazards. progress: see :class:`.deadline.Deadline`.

    Raises: UnknownAsset, InvalidParameter, LimitExceeded: the question cannot be answered, or not within its limits.
    """
    question = replace(question, by=words.measure(question.by), disjoint=words.apart(question.disjoint))
    question.check()
    deadline = Deadline(question.limit_s, progress)
    s, t = catalogue.row(question.a), catalogue.row(question.b)
    free = system.arrays.in_service.copy()
    if question.domains:
        free &= catalogue.in_domains(question.domains)
    if question.disjoint == "risk":
        free &= system.baseline

    def hops(net: Network, transit: Bools) -> int:
        return len(shortest(net, "hops", _passable(free & transit, s, t), s, t))

    if question.over:
        apart = question.disjoint in ("edge", "node")
        ways = named(system.arrays, schema, question.over, question.direction, apart)
    else:
        ways = usual(system.arrays, schema, question.direction, s, t, hops)
    known = footprints(places(), question.hazards) if question.hazards is not None else None
    allowed = _passable(free & ways.transit, s, t)
    answer = _Answer(system, catalogue, ways, question, allowed, s, t, known, deadline).make()
    if not answer.routes and answer.certificate is not None and not question.over:
        answer.certificate["says"] += elsewhere(system.arrays, schema, question.direction, hops, lambda: deadline.over)
    return answer


def _passable(allowed: Bools, s: int, t: int) -> Bools:
    allowed[[s, t]] = True
    return allowed


@dataclass(frozen=True)
class _Answer:
    """The making of one answer."""

    system: System
    catalogue: Catalogue
    ways: Transport
    question: Question
    allowed: Bools
    s: int
    t: int
    footprints: Footprints | None
    deadline: Deadline
    said: list[str] = field(default_factory=list)

    @property
    def net(self) -> Network:
        """The links that may be followed."""
        return self.ways.net

    def make(self) -> PathsResult:
        """The answer."""
        q = self.question
        routes, certificate, proof = self._apart() if q.disjoint != "risk" else self._risk()
        ranked = sorted((self._route(route) for route in routes), key=self._rank)
        if not routes:
            certificate = {"kind": "none", "exist": 0, "says": f"No route joins {q.a} and {q.b} {self._over()}."}
        elif certificate is None and not proof.proved and len(routes) < q.k:
            certificate = {"kind": "limit", "exist": len(routes), "says": self._limit(proof, ranked)}
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
                "time_limit_s": q.limit_s,
                "service": self.ways.service,
                "link_types": list(self.ways.links),
            },
            revision=self.system.arrays.revision,
            routes=ranked,
            total_cost=round(sum(route["cost"] for route in ranked), 6),
            certificate=certificate,
            proof=self._proof(proof, ranked),
            notes=self._notes(sum(route["unknown"] for route in ranked)),
        )

    def _rank(self, route: dict[str, Any]) -> tuple[float, ...]:
        """By how much is not known, then by what is, then by links."""
        return (0 if self.question.by == "hops" else route["unknown"], route["cost"], route["hops"])

    def _over(self) -> str:
        if self.question.over:
            return "over these links"
        if self.ways.service is None:
            return "over the transport of any one service"
        return f"over what transports {self.ways.service} ({', '.join(self.ways.links)} links)"

    def _proof(self, proof: Proof, found: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "proved": proof.proved,
            "reached": proof.reached,
            "routes_at_most": proof.at_most,
            "total_cost_at_least": None if proof.bound is None else round(proof.bound, 6),
            "untried": proof.untried,
            "says": "" if proof.proved else self._limit(proof, found),
        }

    def _limit(self, proof: Proof, ranked: list[dict[str, Any]]) -> str:
        """What a limit left open, in words."""
        q, found, cost = self.question, len(ranked), sum(route["cost"] for route in ranked)
        parts = [f"Time limit of {q.limit_s:g} s reached"]
        if proof.reached == "size":
            parts = ["Too large for the exact search"]
        if proof.untried:
            parts.append(f"{proof.untried:,} single failures were not tried, so what routes share is not known")
        if q.disjoint == "risk":
            parts.append(f"best found so far: {found:,} of {q.k:,}, not proved best")
        else:
            parts.append(f"found so far: the best {found:,} of {q.k:,}, whether there are more is not known")
        if proof.at_most is not None and found < q.k and q.disjoint == "risk":
            parts.append(f"there are {proof.at_most:,} at most" if proof.at_most > found else "there are no more")
        if proof.bound is not None:
            parts.append(f"in all they cost {proof.bound:,.6g} at least, these {cost:,.6g}")
        return "; ".join(parts) + "."

    def _apart(self) -> tuple[list[Route], dict[str, Any] | None, Proof]:
        q, net = self.question, self.net
        stopped = Proof(False, "time", q.k)
        if q.disjoint is None:
            routes, done = best(net, q.by, self.allowed, self.s, self.t, q.k, self.deadline)
            if len(routes) == q.k or not done:
                return routes, None, Proof() if len(routes) == q.k else stopped
            says = f"There are no more routes than {len(routes)}."
            return routes, {"kind": "all", "exist": len(routes), "says": says}, Proof()
        capped = net.edge if q.disjoint == "edge" else np.ones(net.n, bool)
        found = disjoint(net, q.by, self.allowed, capped, self.s, self.t, q.k, self.deadline)
        if found.cut is not None:
            return found.routes, self._cut(found.cut, len(found.routes)), Proof()
        return found.routes, None, Proof() if len(found.routes) == q.k else stopped

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

    def _risk(self) -> tuple[list[Route], dict[str, Any] | None, Proof]:
        q, hit = self.question, self.footprints
        inside = corridor(self.net, self.allowed, self.s, self.t)
        rows = hit.rows if hit is not None else []

        def look(only: Longs | None) -> Risks:
            return risks(self.system, inside, self.s, self.t, rows, self.deadline, only)

        search = Search(self.net, q.by, self.allowed, inside, look, self.s, self.t, self.deadline)
        found = search.find(q.k)
        known = search.risks
        self.said.extend(self._unavoidable(known))
        if len(found.routes) == q.k or not found.proof.proved:
            return found.routes, None, found.proof
        return found.routes, self._shared(found, known, hit.names if hit is not None else []), found.proof

    def _unavoidable(self, known: Risks) -> list[str]:
        hit = self.footprints
        rows = [cause for cause in known.unavoidable if cause >= 0 and cause not in (self.s, self.t)]
        names = [f"hazard {hit.names[-1 - c]}" for c in known.unavoidable if c < 0] if hit is not None else []
        names += self.catalogue.ids(rows[:NAMED])
        return [f"An end goes down with it, so it counts for no route: {', '.join(names)}."] if names else []

    def _shared(self, found: Separate, known: Risks, hazards: list[str]) -> dict[str, Any]:
        sharing, exist = found.sharing, len(found.routes)
        if sharing is None:
            more = ", whatever is shared" if found.least else " without a shared risk (what one more shares: not found)"
            return {"kind": "all", "exist": exist, "says": f"There are no more routes than {exist}{more}."}
        inner = [self.net.to[list(route[:-1])].astype(np.int64) for route in sharing]
        causes = known.shared([part.tolist() for part in inner])
        assets = self.catalogue.brief(np.array([c for c in causes if c >= 0], np.int64))
        passed = frozenset(int(row) for part in inner for row in part)
        takes = [sorted(self.catalogue.ids(list(known.hits[c] & passed))) for c in causes]
        some = [{"name": hazards[-1 - c], "takes_down": down} for c, down in zip(causes, takes, strict=True) if c < 0]
        down = [names for c, names in zip(causes, takes, strict=True) if c >= 0]
        assets = [{**entry, "takes_down": names} for entry, names in zip(assets, down, strict=True)]
        assets.sort(key=lambda entry: (-len(entry["takes_down"]), entry["id"]))
        these = "those that share least share" if found.least else "some (not proved to share least) share"
        said = [*(f"hazard {entry['name']}" for entry in some), *(entry["id"] for entry in assets)]
        return {
            "kind": "shared_risk",
            "exist": exist,
            "says": f"Any {exist + 1} routes share a risk; {these}: {', '.join(said[:NAMED])}.",
            "assets": assets,
            "hazards": some,
            "routes": [self.catalogue.ids([self.s, *part.tolist(), self.t]) for part in inner],
        }

    def _route(self, route: Route) -> dict[str, Any]:
        arcs = np.array(route, np.int64)
        rows = np.concatenate([[self.s], self.net.to[arcs]]).astype(np.int64)
        km, ms = (measure(self.net, name, rows[1:-1], arcs) for name in ("length_km", "latency_ms"))
        by = self.question.by
        asked: Measured = ms if by == "latency_ms" else km
        return {
            "cost": float(len(route)) if by == "hops" else round(asked.total, 6),
            "hops": len(route),
            "length_km": round(km.total, 6),
            "latency_ms": round(ms.total, 6),
            "estimated": asked.count(ESTIMATED),
            "unknown": asked.count(UNKNOWN),
            "not_operating": int((~self.system.baseline[rows]).sum()),
            "assets": self.catalogue.brief(rows),
            "steps": self._steps(arcs),
        }

    def _steps(self, arcs: Longs) -> list[dict[str, str]]:
        a = self.system.arrays
        starts, ends = self.catalogue.ids(self.net.source(arcs)), self.catalogue.ids(self.net.to[arcs])
        types = [a.link_types[t] for t in a.link_type[self.net.row[arcs]].tolist()]
        return [{"from": x, "to": y, "type": z} for x, y, z in zip(starts, ends, types, strict=True)]

    def _notes(self, unknown: int) -> list[str]:
        a = self.system.arrays
        notes = ["Topology only (L0): capacity along a route is not checked.", *self.ways.says]
        if unknown:
            what = "latency" if self.question.by == "latency_ms" else "length"
            more = "." if self.question.by == "hops" else "; routes with fewer such come first."
            said = f"{unknown:,} times a {what} on these routes is not known and not in the sum"
            notes.append(f"{said}: they are longer than said{more}")
        if self.question.by != "hops":
            notes.append(
                "A line or span without a value counts as long as it is drawn, or as the two that it joins are apart; "
                "latency without a value as light in fibre needs for the length."
            )
        idle = [e for e, row in ((self.question.a, self.s), (self.question.b, self.t)) if not a.in_service[row]]
        notes += [f"Not in service: {', '.join(idle)}."] if idle else []
        if self.question.disjoint == "risk":
            notes.append(
                "Two routes share a risk when the loss of one single asset, or one hazard, takes down something of "
                "both in the end: buffers and finite standby sources spent."
            )
        if self.footprints is not None:
            notes += words.unplaced(self.footprints.known)
        return notes + self.said
