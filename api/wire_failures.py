"""The shapes of answers about single, further and many failures, for the OpenAPI document only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.wire import Answer, AnswerPage, AssetRow, Event, Open, Rests

Mode = Literal["steady", "timeline"]


class CriticalAsset(AssetRow):
    """One failure and what it costs; `lost_<domain>` has the part of each domain."""

    assets: int = Field(description="Assets lost, the failed one included.")
    lost: float = Field(description="Sum of the weight over them.")


class CriticalPair(Open):
    """Two failures that lose more together than one by one."""

    a: str
    b: str
    a_kind: str | None
    b_kind: str | None
    assets: int
    assets_beyond: int = Field(description="Lost by both together and by neither alone.")
    lost: float
    lost_beyond: float


class CriticalityAnswer(AnswerPage, Rests):
    """Single failures, the worst first."""

    weight: str
    unit: str = Field(description="What `lost` is counted in.", examples=["MW"])
    mode: Mode
    horizon_s: float | None
    model_level: str = Field(examples=["L1"])
    items: list[CriticalAsset]
    pairs: list[CriticalPair] | None = Field(description="The worst ones; null when not asked for, and after page one.")
    pairs_total: int | None = Field(description="How many were found.")
    pairs_tried: int | None
    pairs_candidates: int | None = Field(description="Pairs that could; `pairs_tried` is less when time was up.")
    notes: list[str]


class Cause(AssetRow):
    """An asset whose loss takes the other one down."""

    outages: list[tuple[float, float | None]] | None = Field(
        None, description="When, where it was run in time: from, to in seconds; null is not back."
    )


class SinglePointsAnswer(Answer, Rests):
    """Every single asset whose loss takes this one down."""

    id: str
    mode: Mode
    horizon_s: float | None
    model_level: str = Field(examples=["L1"])
    operating: bool = Field(description="Before any event; when not, the lists are empty.")
    down: list[Cause]
    interrupted: list[Cause] = Field(description="Down for a while only: a start gap.")
    tried: int
    notes: list[str]


class Exposed(AssetRow):
    """An asset that is one failure away."""

    count: int = Field(description="Further failures that would take it down and would not have before.")
    failures: list[str] = Field(description="The first of them.")


class ExposedAnswer(Answer, Rests):
    """What one further failure would take down after the event, and would not have before."""

    event: Event
    mode: Mode
    model_level: str = Field(examples=["L1"])
    lost: int = Field(description="Assets that the event itself takes down.")
    total: int = Field(description="Exposed assets in all.")
    exposed: list[Exposed]
    tried: int
    notes: list[str]


class Screened(Open):
    """One scenario; `assets_<domain>` and `lost_<domain>` have the part of each domain."""

    scenario: str
    failed: int = Field(description="Operating assets that the scenario names.")
    assets: int = Field(description="Assets lost, these included.")
    lost: float = Field(description="Sum of the weight over them.")
    failed_ids: list[str] | None = Field(description="All that the scenario names; null beyond what one answer lists.")


class OftenLost(AssetRow):
    """An asset, and in how many scenarios it is lost."""

    failed: int
    lost: int
    frequency: float


class Spread(Open):
    """How a number spreads over the scenarios."""

    mean: float
    p50: float
    p90: float
    p99: float
    max: float


class ScreenSummary(Open):
    """Over all scenarios."""

    assets: Spread
    lost: Spread


class ScreenAnswer(Answer, Rests):
    """What each scenario costs."""

    weight: str
    unit: str = Field(description="What `lost` is counted in.", examples=["MW"])
    mode: Mode
    horizon_s: float | None
    model_level: str = Field(examples=["L1"])
    total: int = Field(description="Scenarios in all.")
    summary: ScreenSummary
    items: list[Screened]
    often: list[OftenLost] | None
    notes: list[str]


class ColdStartAnswer(Answer, Rests):
    """What comes up from nothing, round by round."""

    model_level: str = Field(examples=["L1"])
    started: int
    stuck_total: int = Field(description="Assets that operate and would not start.")
    sizes: list[int] = Field(description="Assets of every round.")
    first_round: int = Field(description="Place of the first round that is given, from 0 on.")
    rounds: list[list[str]] = Field(description="The ids of each round, as many as `limit` allows.")
    stuck: list[str]
    complete: bool = Field(description="Whether no id is left after these; else ask on with `skip`.")


class Core(Open):
    """Assets that wait for each other."""

    stage: int = Field(description="Cores of a later stage wait for those before.")
    size: int
    assets: list[str]
    cycle: list[str] = Field(description="Some that wait for each other in a ring.")
    places: list[str] = Field(description="Where portable sources start the whole core.")
    exact: bool = Field(description="No smaller set of places does.")
    at_least: int = Field(description="Places that are needed at least.")


class DeadlockAnswer(Answer, Rests):
    """What must be started by hand, in order."""

    model_level: str = Field(examples=["L1"])
    total: int
    items: list[Core]
