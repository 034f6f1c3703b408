"""The shapes of answers about events: timeline, explanation, comparison; for the OpenAPI document only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.wire import Affected, Answer, AssetRow, Counts, Event, Open, Rests, StandbyCalled, Verdict

Why = Literal[
    "event", "down", "rides", "risk", "fuel", "off", "idle", "open", "out_of_service", "never_holds", "lacks", "loop"
]


class Happening(AssetRow):
    """One thing that happens; further members belong to what it is."""

    time_s: float
    what: Literal[
        "failed", "called", "standby_on", "standby_off", "buffer_spent", "down", "back", "on_buffer", "fed_again",
        "degraded", "at_risk",
    ]  # fmt: skip
    service: str | None = Field(None, description="Of the gate.")
    group: str | None = None
    by: list[str] | None = Field(None, description="The last straw of a drop; who called a standby source.")
    until_s: float | None = None


class OnBuffer(AssetRow):
    """One time that an asset ran on a buffer."""

    service: str
    group: str
    buffer_s: float | None
    from_s: float
    until_s: float | None
    spent_s: float | None = Field(description="When the buffer was or would have been spent.")
    outcome: Literal["fed_again", "spent", "stopped"]


class Race(AssetRow):
    """A buffer against the supply."""

    service: str
    group: str
    buffer_s: float | None
    outcome: Literal["won", "lost"]
    unfed_s: float
    spent_s: float | None
    back_s: float | None = Field(description="When the supply was back; null is never.")
    margin_s: float | None = Field(description="How long before the buffer was spent; negative: too late.")
    margin_min: float | None
    follows: str | None = Field(description="The asset whose own lost race this one comes from.")


class Step(Open):
    """One step of a chain of causes."""

    id: str
    at_s: float | None = Field(description="Since when it did not deliver.")
    why: Why
    next: int | None = Field(None, description="Place of the step before it in time: its last straw.")


class TimelineAnswer(Answer, Rests):
    """Everything that an event does, in order."""

    event: Event
    model_level: str
    summary: dict[str, Counts]
    events: list[Happening]
    buffers: list[OnBuffer]
    races: list[Race]
    standby: list[StandbyCalled]
    steps: list[Step] = Field(description="The critical chains, shared.")
    critical: dict[str, int] = Field(description="Affected asset -> the step that its chain begins with.")
    ahead: list[Happening] = Field(description="What goes down after the horizon.")
    notes: list[str]


class GateState(Open):
    """How a gate stands at the horizon."""

    service: str
    group: str
    effect: Literal["outage", "degrade"]
    joined: bool
    need: int
    size: int
    have: int
    spare: int | None = Field(description="Members to spare; null where the mesh counts none.")
    holds: bool
    delivering: list[str]
    lost: list[str]


class ProofNode(AssetRow):
    """An asset of a proof."""

    verdict: str
    time_s: float | None


class ProofEdge(Open):
    """From who failed a gate to whose gate it is, or from a caller to its standby source."""

    from_: str = Field(alias="from")
    to: str
    why: Literal["failed", "called", "lacks"]
    service: str | None
    group: str | None
    need: int | None
    have: int | None


class ProofGraph(Open):
    """The proof as a graph."""

    nodes: list[ProofNode]
    edges: list[ProofEdge]


class ExplainAnswer(Answer, AssetRow, Rests):
    """Why an asset has its verdict."""

    verdict: Literal["failed", "down", "interrupted", "degraded", "at_risk", "unaffected", "not_operating"]
    flags: list[str]
    time_s: float | None
    outages: list[tuple[float, float | None]]
    event: Event
    model_level: str
    sentences: list[str] = Field(description="The chain in words, from the asset back to the event.")
    chain: list[Step]
    gates: list[GateState]
    proof: list[Affected] = Field(description="The asset and everything that its lost gates lead to.")
    rode: list[dict[str, Any]]
    standby: list[StandbyCalled]
    graph: ProofGraph
    notes: list[str]


class Told(Open):
    """What an event does to an asset."""

    verdict: Verdict
    flags: list[str]
    time_s: float | None
    outages: list[tuple[float, float | None]]


class OnlyOne(AssetRow, Told):
    """An asset that one event affects and the other does not."""


class InBoth(AssetRow):
    """An asset that both events affect."""

    a: Told
    b: Told
    same: bool
    worse_in: Literal["a", "b"] | None
    delta_s: float | None = Field(description="Time in b - time in a.")


class Sides(Open):
    """A number in both events."""

    a: float
    b: float
    delta: float


class Side(Open):
    """One of the events."""

    event: Event
    summary: dict[str, Counts]


class CompareAnswer(Answer, Rests):
    """What sets two events apart."""

    a: Side
    b: Side
    model_level: str
    counts: dict[str, int]
    summary: dict[str, dict[str, Sides]]
    capacity_lost: dict[str, dict[str, Sides]]
    only_a: list[OnlyOne]
    only_b: list[OnlyOne]
    both: list[InBoth]
    notes: list[str]
