"""What may be asked about cut sets."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from api.event_queries import Horizon
from api.failure_queries import TIMELINE, Chance
from api.queries import LIMITS, Strict
from api.what_if_queries import WhatIf

#: Seconds after which a search makes no further cascade or run, and is refused.
SECONDS = 10.0
MAX_STEPS = 20_000
MAX_NODES = 300_000
#: Runs in time times assets.
MAX_WORK = 20_000_000
MAX_ORDER = 20
MAX_WORDS = 100

Word = Annotated[str, Field(min_length=1, max_length=LIMITS.text)]


class CutSetsRequest(Strict):
    """Which asset, how large the sets may be, and what may fail."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"id": "grid:bus/220", "order": 2, "can_fail": ["energy"]}]},
    )

    id: str = Field(min_length=1, max_length=LIMITS.text, description="The asset that goes down.")
    order: int | None = Field(
        3, ge=1, le=MAX_ORDER, description="Sets of at most so many assets; null for all, where they can be had."
    )
    can_fail: list[Word] | None = Field(
        None, min_length=1, max_length=MAX_WORDS, description="Kinds or domains that can fail; absent: everything."
    )
    unavailability: dict[Word, Chance] | None = Field(
        None,
        max_length=LIMITS.failed,
        description="Share of the time that assets are down by themselves, by id, instead of what they carry.",
    )
    kind_unavailability: dict[Word, Chance] | None = Field(
        None, max_length=MAX_WORDS, description="The same by kind, for assets that carry none."
    )
    timeline: bool = Field(False, description=TIMELINE)
    horizon_s: Horizon = None
    what_if: WhatIf = None
    limit: int = Field(1000, ge=1, le=LIMITS.max_page, description="Sets and importances in the answer at most.")

    def steps(self, assets: int) -> int:
        """Cascades, or runs in time, that this request may take in a twin of so many assets."""
        return max(1, min(MAX_STEPS, MAX_WORK // max(assets, 1))) if self.timeline else MAX_STEPS
