"""Match rules of a manifest: whose records describe which assets of others."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from twin.ingest.sides import Part, Side

#: Key of :attr:`MatchSpec.authority` for all properties that it does not name.
ALL = "*"


class MatchSpec(Part):
    """A rule that finds records of one source that describe assets of another: they add to it, and make none.

    Attributes:
        name: remembered with what a record says. rule: how the asset is found.
        start: the records; it names their sources. end: the assets that they may describe.
        max_distance_m: geodesic, in metres (rule ``nearest``, which needs it).
        authority: property (``name``, ``location`` or of the schema; ``*``: all others) -> sources, who counts first
            first. A source that is not named comes after those that are, the asset's own before others.
        place_tolerance_m: two places further apart than this do not agree.
        unmatched: severity of the finding about records that describe no asset of another source and stay assets of
            their own; ``ignore`` for none.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]
    rule: Literal["id", "key", "nearest", "within"]
    start: Annotated[Side, Field(validation_alias="from")]
    end: Annotated[Side, Field(validation_alias="to")]
    max_distance_m: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    authority: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    place_tolerance_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 100.0
    unmatched: Literal["warning", "info", "ignore"] = "info"

    @field_validator("authority", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return {ALL: value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _fits(self) -> MatchSpec:
        if self.start.source is None:
            raise ValueError("`from` needs `source`: whose records describe assets of others")
        if (self.max_distance_m is not None) != (self.rule == "nearest"):
            raise ValueError("`max_distance_m` belongs to rule 'nearest', which needs it")
        if self.rule == "key" and not (self.start.key and self.end.key):
            raise ValueError("rule 'key' needs `key` on both sides, for example from = { kind = 'site', key = 'ref' }")
        return self

    @property
    def stream(self) -> str:
        """Beginning of the names of its candidates' streams."""
        return f"match.{self.name}"
