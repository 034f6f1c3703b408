"""What the rules of a manifest say of the assets that they take on one side."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Part(BaseModel):
    """A part of a manifest: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(Part):
    """A condition on a number: both ends belong to it."""

    min: float | None = None
    max: float | None = None


Condition = str | bool | int | float | tuple[str | bool | int | float, ...] | Range


class Side(Part):
    """Which assets a stitch rule takes on one side.

    Attributes:
        kind: one kind or several. source: one source or several; None for all.
        where: property -> value, list of values or ``{min, max}``; all must hold.
        key: property (or ``name``, ``native_id``, ``id``) that rule ``key`` compares.
    """

    kind: tuple[str, ...]
    source: tuple[str, ...] | None = None
    where: dict[str, Condition] = Field(default_factory=dict)
    key: str | None = None

    @field_validator("kind", "source", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value
