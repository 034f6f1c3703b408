"""What may be asked about routes and meshes, and how much of it one request may take."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import shapely
from pydantic import ConfigDict, Field

from api.event_queries import FLOOD
from api.limits import Limits
from api.queries import LIMITS, PageQuery, Strict
from api.what_if_queries import Supposing, WhatIf
from twin.errors import LimitExceeded
from twin.impact.events.hazard import Hazard

MAX_ROUTES = 50
MAX_HAZARDS = 100
#: Seconds for the search of routes: unless asked otherwise, and at most.
SEARCH_S, MAX_SEARCH_S = 10.0, 60.0
#: Islands and bridge links in one answer.
MAX_LISTED = 100

OVER = (
    "Services or link types to follow, or `all`. Absent: routes pass only what transports the one service that joins "
    "both ends."
)

AssetId = Annotated[str, Field(min_length=1, max_length=LIMITS.text)]
Word = Annotated[str, Field(min_length=1, max_length=LIMITS.text)]


class PathsRequest(Strict):
    """Two ends, and which routes between them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"from": "fibre:router/ulm", "to": "fibre:router/kiel", "k": 2, "disjoint": "risk"}]
        },
        populate_by_name=True,
    )

    start: AssetId = Field(alias="from", description="One end.")
    end: AssetId = Field(alias="to", description="The other end.")
    k: int = Field(1, ge=1, le=MAX_ROUTES, description="Routes; at most 8 without a shared risk.")
    by: Literal["hops", "length_km", "latency_ms"] = Field("hops", description="What counts.")
    disjoint: Literal["edge", "node", "risk"] | None = Field(
        None,
        description="What routes must not share: `edge` lines, spans and links, `node` any asset but the ends, `risk` "
        "what one single failure takes down.",
    )
    over: list[Word] | None = Field(None, max_length=50, description=OVER, examples=[["data"]])
    domains: list[Word] | None = Field(None, max_length=50, description="Pass only assets of these domains.")
    direction: Literal["either", "supply"] = Field(
        "either", description="`supply` follows directed links from supplier to consumer only."
    )
    hazards: list[dict[str, Any]] | None = Field(
        None,
        max_length=MAX_HAZARDS,
        description="With `risk`: GeoJSON polygons or features (WGS 84), each one a risk too.",
        examples=[[FLOOD]],
    )

    time_limit_s: float = Field(
        SEARCH_S,
        gt=0,
        le=MAX_SEARCH_S,
        description="Seconds for the search; then the answer is the best found so far, and `proof` says what is open.",
    )
    what_if: WhatIf = None

    def read(self, limits: Limits) -> dict[str, Any]:
        """The question as :class:`twin.impact.paths.Question` takes it. Raises InvalidParameter, LimitExceeded."""
        asked: dict[str, Any] = self.model_dump(exclude={"start", "end", "hazards", "time_limit_s", "what_if"})
        left, found = limits.vertices, []
        for document in self.hazards or ():
            hazard = Hazard.from_geojson(document, max_vertices=limits.vertices)
            left -= int(shapely.get_num_coordinates(hazard.area))
            if left < 0:
                raise LimitExceeded(f"hazards: at most {limits.vertices:,} corners are taken in all")
            found.append(hazard)
        return {**asked, "hazards": found or None, "limit_s": self.time_limit_s}


class MeshQuery(PageQuery, Supposing):
    """Which part of the list."""


class DominatorQuery(PageQuery, Supposing):
    """Of which service."""

    service: str = Field("power", min_length=1, max_length=LIMITS.text, description="The service.", examples=["power"])
