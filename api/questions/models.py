"""What may be asked by name of questions whose own route is a GET: its parameters as a body, without pages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.event_queries import AssetId, Horizon
from api.failure_queries import TIMELINE, ColdStartQuery, ListQuery, Weight
from api.queries import LIMITS, Strict
from api.what_if_queries import WhatIf

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
    what_if: WhatIf = None


class SinglePointsAsked(Strict):
    """An asset; as of ``GET /assets/{id}/single-points-of-failure``."""

    id: AssetId
    timeline: bool = Field(False, description=TIMELINE)
    horizon_s: Horizon = None
    what_if: WhatIf = None


class WalkAsked(Strict):
    """An asset, and how far to follow links; as of ``GET /assets/{id}/dependencies``."""

    id: AssetId
    depth: int | None = Field(None, ge=1, le=LIMITS.depth)
    domains: Words = None
    services: Words = None
    through: Words = None
    limit: Rows = LIMITS.max_page
    what_if: WhatIf = None


class ColdStartAsked(ColdStartQuery):
    """Which part of the rounds; as of ``GET /cold-start``."""

    what_if: WhatIf = None


class DeadlocksAsked(ListQuery):
    """How many ids; as of ``GET /deadlocks``."""

    what_if: WhatIf = None


class MeshAsked(Strict):
    """A mesh; as of ``GET /meshes/{mesh}``."""

    mesh: Word = "power"
    limit: Rows = LIMITS.max_page
    what_if: WhatIf = None


class DominatorsAsked(Strict):
    """A service; as of ``GET /dominators``."""

    service: Word = "power"
    limit: Rows = LIMITS.max_page
    what_if: WhatIf = None


class FindingsAsked(Strict):
    """Which findings; as of ``GET /findings``."""

    code: Word | None = None
    severity: Literal["error", "warning", "info"] | None = None
    limit: Rows = LIMITS.max_page
