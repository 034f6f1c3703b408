"""What may be said about jobs."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from api.library_queries import NOTE, Note, Title
from api.queries import Strict
from api.questions import Name


class NewJob(Strict):
    """A question to ask without waiting for the answer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"question": "criticality", "asked": {"weight": "count", "timeline": True, "horizon_s": "8h"}},
                {"question": "screen", "asked": {"random": {"count": 1000, "probability": 0.01}}, "name": "Storms"},
            ]
        },
    )

    question: Name = Field(description="Which question: the last part of its route.")
    asked: dict[str, Any] = Field(description="As of `POST /results`.")
    name: Title | None = Field(None, description="Keeps the result for good; without one the oldest results go.")
    note: Note = Field("", description=NOTE)
