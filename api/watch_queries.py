"""What may be said about subscriptions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api.library_queries import Text, Title
from api.queries import Strict
from api.questions import Name


class NewSubscription(Strict):
    """A question, and where to tell that its answer has changed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "What hall A needs", "question": "dependencies", "asked": {"id": "dc:hall/a"}},
                {
                    "question": "impact",
                    "asked": {"failed": ["grid:bus/220"]},
                    "webhook": "https://example.org/twin",
                    "secret": "at-least-16-characters",
                },
            ]
        },
    )

    name: Title | None = Field(None, description="What it is called.")
    question: Name = Field(description="Which question: the last part of its route.")
    asked: dict[str, Any] = Field(description="As of `POST /results`.")
    webhook: Annotated[Text, Field(max_length=2_000)] | None = Field(
        None, description="Address (http, https) that notices are posted to, signed. Absent: streams only."
    )
    secret: Annotated[Text, Field(min_length=16, max_length=200)] | None = Field(
        None, description="Signs what is posted. Absent: one is made, and shown in this answer only."
    )
