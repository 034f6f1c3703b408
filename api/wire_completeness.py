"""The shape of the answer about completeness, for the OpenAPI document only."""

from __future__ import annotations

from pydantic import Field

from api.wire import Answer, Open, Rests


class Part(Open):
    """One thing that is counted."""

    have: int
    of: int
    share: float | None = Field(description="`have / of`; null for 0 of 0, which has no weight in the score.")


class Score(Open):
    """How complete some assets are."""

    source: str | None
    kind: str | None = Field(description="Null where the row is about several kinds.")
    domain: str | None
    assets: int
    score: float | None = Field(description="Mean of the shares by weight, 0 to 1; null where nothing was counted.")
    parts: dict[str, Part] = Field(
        description="`supply`: services that the kind requires and that have a known supplier. `connected`: assets "
        "with a link. `clean`: assets without a finding. `stated`: status and buffers that are stated. `place`: "
        "physical assets with a place. `properties`: filled cells of the kind's own properties."
    )


class Missing(Open):
    """A property that assets of the kind lack."""

    property: str
    missing: int
    of: int


class KindScore(Score):
    """How complete the assets of one kind and source are."""

    missing: list[Missing] = Field(description="The kind's own properties that are missing most.")


class CompletenessAnswer(Answer, Rests):
    """How complete the data are."""

    weights: dict[str, int] = Field(description="Of the parts in a score.")
    total: Score
    sources: list[Score]
    items: list[KindScore] = Field(description="One for each source and kind.")
    notes: list[str]
