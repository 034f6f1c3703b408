"""Shapes of answers about several sources of one asset; the document is made from them."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.wire import Answer, AnswerPage, Open


class SaidValue(Open):
    """A value, who gives it and where it stands."""

    value: Any = Field(description="Of `location` [longitude, latitude] in degrees; null: taken away by hand.")
    source: str
    id: str = Field(description="The id that the source gives the asset.")
    run: str
    file: str
    row: int | None


class Conflict(Open):
    """A property that the sources of an asset do not agree on."""

    asset: str
    kind: str
    property: str = Field(description="A property of the kind, `name` or `location`.")
    taken: str = Field(description="The source whose value counts.")
    distance_m: float | None = Field(description="Of places: how far apart, in metres.")
    values: list[SaidValue]


class ConflictPage(AnswerPage):
    """A page of conflicts."""

    items: list[Conflict]


class SourceRecord(Open):
    """A record that describes the asset; its own record comes first."""

    source: str
    id: str
    rule: str | None = Field(description="The match rule that joined it.")
    distance_m: float | None = Field(description="From the asset's own place, in metres.")
    run: str
    file: str
    row: int | None
    imported_at: str | None


class SaidProperty(SaidValue):
    """A property with the value that counts, and what other records say."""

    property: str
    others: list[SaidValue]


class Provenance(Answer):
    """Who says what about an asset."""

    id: str
    kind: str
    records: list[SourceRecord]
    properties: list[SaidProperty]
