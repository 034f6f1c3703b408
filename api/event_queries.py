"""What may be asked about an event: what fails (ids, a selection, a hazard), and how long to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from api.limits import Limits
from api.queries import LIMITS, Strict
from api.what_if_queries import WhatIf
from twin.durations import LONGEST_S, parse_duration
from twin.errors import InvalidParameter, LimitExceeded, NotFound
from twin.impact.events.event import Event
from twin.impact.events.hazard import MAX_BUFFER_M, Hazard

MAX_WHERE = 10_000
FLOOD: Any = {
    "type": "Polygon",
    "coordinates": [[[13.2, 52.4], [13.6, 52.4], [13.6, 52.6], [13.2, 52.6], [13.2, 52.4]]],
}


def _seconds(value: Any) -> Any:
    """A horizon in seconds; text such as ``8h`` is a duration."""
    if isinstance(value, bool):
        raise ValueError("give seconds, or a duration such as 8h")
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except InvalidParameter as error:
            raise ValueError(f"{error.detail}. {error.fix}") from None
    if isinstance(value, int | float) and not 0 <= value <= LONGEST_S:  # also refuses NaN
        raise ValueError("give 0 to 1e15 seconds, or null for no end")
    return value


Horizon = Annotated[
    float | None,
    BeforeValidator(_seconds),
    Field(
        description="How long to look, in seconds or as a duration such as 8h; null looks until nothing "
        "more can happen.",
        json_schema_extra={
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1e15},
                {"type": "string", "pattern": "^([0-9]{1,6}(s|min|m|h|d)){1,4}$"},
                {"type": "null"},
            ]
        },
    ),
]
AssetId = Annotated[str, Field(min_length=1, max_length=LIMITS.text)]
Metres = Annotated[float, Field(ge=0, le=MAX_BUFFER_M)]


class EventRequest(Strict):
    """An event: the assets taken as failed, by id, by what they carry, or by where they are."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"failed": ["grid:bus/220"]}, {"hazard": FLOOD, "buffer_m": 500}]},
    )

    failed: list[AssetId] | None = Field(
        None, max_length=LIMITS.failed, description="Ids of the assets that fail at t = 0."
    )
    where: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_WHERE,
        description="Assets that match fail; with a hazard, of what it hits only these.",
        examples=["kind=substation and voltage_kv>=380 and name~Nord"],
    )
    hazard: dict[str, Any] | None = Field(
        None,
        description="GeoJSON geometry, Feature or FeatureCollection (WGS 84): what its polygons hit fails.",
        examples=[FLOOD],
    )
    saved_event: str | None = Field(
        None, min_length=1, max_length=LIMITS.text, description="Id of a saved event (`/events`) instead of the others."
    )
    buffer_m: Metres = Field(0.0, description="Widens the hazard, in metres.")
    min_crossing_m: Metres = Field(0.0, description="A line is hit when so many metres of it lie inside, or all of it.")

    @model_validator(mode="after")
    def _names_something(self) -> EventRequest:
        said = [self.failed is not None, self.where is not None, self.hazard is not None]
        if self.saved_event is not None and any(said):
            raise ValueError("saved_event stands for failed, where and hazard: give it alone")
        if self.saved_event is None and not any(said):
            raise ValueError("say what fails: failed, where, hazard or saved_event")
        if self.hazard is None and (self.buffer_m or self.min_crossing_m):
            raise ValueError("buffer_m and min_crossing_m need a hazard")
        return self

    def event(self, limits: Limits, saved: Callable[[str], Mapping[str, Any]] | None = None) -> Event:
        """The event; *saved* gives what was saved under an id.

        Raises:
            LimitExceeded: more than this server takes. InvalidParameter: the hazard is not valid. NotFound: no event
                is saved under this id.
        """
        if self.saved_event is not None:
            if saved is None:
                raise NotFound(f"There is no saved event {self.saved_event}")
            return EventRequest.model_validate(saved(self.saved_event)).event(limits)
        if len(self.failed or ()) > limits.failed:
            raise LimitExceeded(f"failed: at most {limits.failed:,} assets can fail in one event")
        hazard = None
        if self.hazard is not None:
            hazard = Hazard.from_geojson(
                self.hazard,
                buffer_m=self.buffer_m,
                min_crossing_m=self.min_crossing_m,
                max_vertices=limits.vertices,
            )
        return Event(self.failed or (), self.where, hazard)


class ImpactRequest(EventRequest):
    """An event, and how long to look."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"failed": ["grid:bus/220"], "horizon_s": "8h"},
                {"where": "kind=substation and name~Nord"},
                {"hazard": FLOOD, "buffer_m": 500, "min_crossing_m": 100},
                {"failed": ["grid:bus/220"], "what_if": [{"op": "delete", "id": "grid:bus/110"}]},
            ]
        },
    )

    horizon_s: Horizon = None
    what_if: WhatIf = None


class ExplainRequest(ImpactRequest):
    """An asset, and the event after which its verdict is to be explained."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"id": "grid:bus/110", "failed": ["grid:bus/220"], "horizon_s": "8h"}]},
    )

    id: AssetId = Field(description="The asset to explain.")


class CompareRequest(Strict):
    """Two events, and how long to look."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"a": {"failed": ["grid:bus/220"]}, "b": {"where": "kind=bus"}}]},
    )

    a: EventRequest
    b: EventRequest
    horizon_s: Horizon = None
    what_if: WhatIf = None
