"""What may be asked by name of questions whose own route is a GET: its parameters as a body, without pages."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.event_queries import AssetId, Horizon
from api.failure_queries import TIMELINE, Weight
from api.queries import LIMITS, Strict

#: Rows that one kept answer holds.
MAX_ROWS = 100_000

Word = Annotated[str, Field(min_length=1, max_length=LIMITS.text)]
Words = Annotated[list[Word] | None, Field(None, max_length=50)]
Rows = Annotated[int, Field(ge=1, le=MAX_ROWS)]


class CriticalityAsked(Strict):
    """Which failures, and what they are ranked by; as of ``GET /criticality``."""

    weight: Weight = "count"
    domain: Word | None = None
    pairs: bool = False
    timeline: bool = False
    horizon_s: Horizon = None
    limit: Rows = LIMITS.max_page


class SinglePointsAsked(Strict):
    """An asset; as of ``GET /assets/{id}/single-points-of-failure``."""

    id: AssetId
    timeline: bool = Field(False, description=TIMELINE)
    horizon_s: Horizon = None


class WalkAsked(Strict):
    """An asset, and how far to follow links; as of ``GET /assets/{id}/dependencies``."""

    id: AssetId
    depth: int | None = Field(None, ge=1, le=LIMITS.depth)
    domains: Words = None
    services: Words = None
    through: Words = None
    limit: Rows = LIMITS.max_page
