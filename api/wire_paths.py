"""The shapes of answers about routes and meshes, for the OpenAPI document only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.wire import Answer, AnswerPage, AssetRow, Open, Rests


class PathsQuestion(Open):
    """What was asked."""

    from_: str = Field(alias="from")
    to: str
    k: int
    by: str
    disjoint: str | None
    over: list[str] | None
    domains: list[str] | None
    direction: str
    time_limit_s: float
    service: str | None = Field(description="Whose transport routes pass, when the question names no links.")
    link_types: list[str] = Field(description="The links that were followed.")


class RouteStep(Open):
    """One link of a route."""

    from_: str = Field(alias="from")
    to: str
    type: str


class Route(Open):
    """One route, from end to end."""

    cost: float = Field(description="In the measure asked for, as far as it is known.")
    hops: int
    length_km: float
    latency_ms: float
    estimated: int = Field(description="Assets and links on it whose measure is estimated.")
    unknown: int = Field(description="Assets and links on it whose measure is not known; routes with fewer come first.")
    not_operating: int = Field(description="Assets on it that do not operate before any event.")
    assets: list[AssetRow]
    steps: list[RouteStep]


class SharedAsset(AssetRow):
    """An asset of a cut, or one whose loss takes down several routes."""

    takes_down: list[str] | None = None


class SharedHazard(Open):
    """A hazard that takes down several routes."""

    name: str
    takes_down: list[str]


class Certificate(Open):
    """Why there are no more routes."""

    kind: Literal["none", "all", "cut", "shared_risk", "limit"]
    exist: int = Field(description="How many such routes there are, of kind `limit` as far as known.")
    says: str
    assets: list[SharedAsset] | None = None
    links: list[RouteStep] | None = None
    hazards: list[SharedHazard] | None = None
    routes: list[list[str]] | None = Field(None, description="One route more, which share as little as can be.")


class Proof(Open):
    """What is proved: that there are no more of the routes asked for, and that none cost less."""

    proved: bool
    reached: Literal["time", "size"] | None = Field(description="The limit that was in the way of a proof.")
    routes_at_most: int | None
    total_cost_at_least: float | None = Field(description="Of so many routes as were found; null when not known.")
    untried: int = Field(description="Single failures whose effect was not looked at.")
    says: str = Field(description="What a limit left open, in words.")


class PathsAnswer(Answer, Rests):
    """Routes between two assets, the best first."""

    question: PathsQuestion
    model_level: str = Field(examples=["L0"])
    found: int
    total_cost: float
    routes: list[Route]
    certificate: Certificate | None = Field(description="Null when all routes asked for are there.")
    proof: Proof
    notes: list[str]


class Island(Open):
    """A part of a mesh that hangs together."""

    nodes: int
    assets: int
    sources: int | None = Field(description="Nodes that are fed from outside; null where supply needs no source.")
    demand_mw: float
    customers: float
    first_assets: list[str]


class MeshCut(AssetRow):
    """An asset without which nodes of the mesh are parted; `unsupplied_*` where supply needs a source."""

    role: Literal["bridge", "articulation"]
    pieces: int
    isolated_nodes: int = Field(description="Nodes parted from the largest piece.")
    isolated_assets: int
    isolated_demand_mw: float
    isolated_customers: float


class MeshLink(Open):
    """A mesh link between two nodes."""

    from_: str = Field(alias="from")
    to: str


class MeshAnswer(AnswerPage, Rests):
    """What holds a mesh together; `cuts` is a page, `total` counts all."""

    mesh: str
    service: str
    grounded: bool
    model_level: str = Field(examples=["L0"])
    nodes: int
    edges: int
    bridges: int
    articulation_points: int
    islands_total: int
    islands: list[Island] = Field(description="The largest first, at most 100.")
    cuts: list[MeshCut]
    bridge_links: list[MeshLink] = Field(description="At most 100.")
    notes: list[str]


class Dominator(AssetRow):
    """An asset that all supply of others comes through."""

    dominated_by: str | None
    lost: int = Field(description="Others that lose all supply with it.")
    demand_mw: float
    customers: float


class DominatorPage(AnswerPage):
    """Single supply points of a service, the worst first."""

    service: str
    model_level: str = Field(examples=["L0"])
    sources: int
    supplied: int
    items: list[Dominator]
    notes: list[str]
