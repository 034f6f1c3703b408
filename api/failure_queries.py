"""What may be asked about single, further and many failures; and how much of it one request may take."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from api.event_queries import Horizon, ImpactRequest
from api.formats import Formatted
from api.limits import Limits
from api.queries import LIMITS, PageQuery, Strict
from api.what_if_queries import Supposing, WhatIf
from twin.durations import parse_duration
from twin.errors import LimitExceeded
from twin.impact.failures.scenarios import Random, Source

#: Runs in time times assets, some ten to thirty seconds; every single failure of the German sample fits.
MAX_WORK = 100_000_000
#: Pairs of failures that are taken up, and seconds after which no further one is tried.
MAX_PAIRS = 10_000_000
PAIRS_S = 30.0
#: Seconds after which no further run in time is made, and the question is refused.
RUNS_S = 30.0
MAX_SCENARIOS = 10_000
#: Failures of all random scenarios together.
MAX_FAILURES = 2_000_000
#: Ids of failed assets that one answer lists.
MAX_LISTED = 100_000
#: Assets and memberships that the search for places of portable sources passes over.
MAX_SEARCH = 100_000_000
MAX_NAMED = 1_000
DURATION = "^([0-9]{1,6}(s|min|m|h|d)){1,4}$"

Weight = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LIMITS.text,
        description="What counts: `count`, `workloads`, `kind:<kind>`, or a numeric property.",
        examples=["customers"],
    ),
]
AssetId = Annotated[str, Field(min_length=1, max_length=LIMITS.text)]
Chance = Annotated[float, Field(ge=0, le=1)]
TIMELINE = "Run in time instead of the steady answer."


class TimeQuery(Strict):
    """Steady, or run in time up to a horizon."""

    timeline: bool = Field(False, description=TIMELINE)
    horizon: str | None = Field(
        None, max_length=40, pattern=DURATION, description="With `timeline`: how long to look.", examples=["8h"]
    )

    @property
    def horizon_s(self) -> float | None:
        """Seconds, None for no end. Raises InvalidParameter."""
        return None if self.horizon is None else parse_duration(self.horizon)


class CriticalityQuery(PageQuery, TimeQuery, Supposing):
    """Which failures, and what they are ranked by."""

    weight: Weight = "count"
    domain: str | None = Field(
        None, max_length=LIMITS.text, description="Only failures of this domain.", examples=["energy"]
    )
    pairs: bool = Field(
        False,
        description="Also the worst pairs that lose more together than one by one, at most `limit`; they come with the "
        f"first page only. After {PAIRS_S:.0f} s what was found is answered, and `pairs_tried` says how far it came.",
    )


class ListQuery(Strict):
    """How many ids."""

    limit: int = Field(LIMITS.max_page, ge=1, le=LIMITS.max_page, description="Ids of a list at most.")


class ColdStartQuery(ListQuery):
    """Which part of the rounds."""

    skip: int = Field(0, ge=0, le=2**31, description="Ids to leave out first: those of the pages before.")


class SinglePointsQuery(TimeQuery, Formatted, Supposing):
    """Steady or in time, and the format."""


class DeadlocksQuery(ListQuery, Formatted, Supposing):
    """How many ids, and the format."""


class ColdStartPageQuery(ColdStartQuery, Formatted, Supposing):
    """Which part of the rounds, and the format."""


class ExposedRequest(ImpactRequest):
    """An event, and how to look for further failures."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"failed": ["grid:bus/220"]}]})

    timeline: bool = Field(False, description=TIMELINE)
    named: int = Field(20, ge=0, le=MAX_NAMED, description="Failures to name per exposed asset at most.")
    limit: int = Field(LIMITS.page, ge=1, le=LIMITS.max_page, description="Exposed assets to list at most.")


class RandomScenarios(Strict):
    """Scenarios drawn at random: by chances of failure, or so many failures in each."""

    count: int = Field(ge=1, le=MAX_SCENARIOS, description="How many scenarios.")
    seed: int = Field(0, ge=0, le=2**32, description="The same seed draws the same scenarios.")
    probability: Chance | None = Field(None, description="Chance of failure of every asset.")
    by_kind: dict[Annotated[str, Field(min_length=1, max_length=LIMITS.text)], Chance] | None = Field(
        None, min_length=1, max_length=1000, description="Chance of failure per kind."
    )
    failures: int | None = Field(None, ge=1, le=MAX_FAILURES, description="So many assets fail in each.")

    @model_validator(mode="after")
    def _one_way(self) -> RandomScenarios:
        if sum(x is not None for x in (self.probability, self.by_kind, self.failures)) != 1:
            raise ValueError("give one of probability, by_kind and failures")
        return self


class ScreenRequest(Strict):
    """The scenarios, and what to sum over what they lose."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"scenarios": {"storm-1": ["grid:bus/220"], "storm-2": ["grid:bus/110", "grid:line 1"]}},
                {"random": {"count": 1000, "seed": 1, "by_kind": {"power_line": 0.01}}, "assets": True},
            ]
        },
    )

    scenarios: (
        dict[Annotated[str, Field(max_length=LIMITS.text)], Annotated[list[AssetId], Field(max_length=LIMITS.failed)]]
        | None
    ) = Field(None, min_length=1, max_length=MAX_SCENARIOS, description="Name of a scenario -> failed ids.")
    random: RandomScenarios | None = Field(None, description="Or draw them.")
    weight: Weight = "count"
    assets: bool = Field(False, description="Also how often each asset is lost, the most often first.")
    timeline: bool = Field(False, description=TIMELINE)
    horizon_s: Horizon = None
    limit: int = Field(LIMITS.max_page, ge=1, le=LIMITS.max_page, description="Rows of each list at most.")
    what_if: WhatIf = None

    @model_validator(mode="after")
    def _one_source(self) -> ScreenRequest:
        if (self.scenarios is None) == (self.random is None):
            raise ValueError("give either scenarios or random")
        return self

    def source(self) -> Source:
        """What to screen."""
        if self.random is None:
            return self.scenarios or {}
        chance = self.random.by_kind if self.random.by_kind is not None else self.random.probability
        return Random(self.random.count, self.random.seed, chance, self.random.failures, MAX_FAILURES)


def check_limit(limit: int, limits: Limits) -> int:
    """Rows of a list. Raises LimitExceeded: more than this server gives at once."""
    if limit > limits.max_page:
        raise LimitExceeded(f"limit: at most {limits.max_page:,} rows are given at once")
    return limit
