"""The shapes of answers about saved events and results, for the OpenAPI document only."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.wire import Open, Page


class SavedEvent(Open):
    """A saved event."""

    id: str = Field(description="Unguessable; the address is the link to share, and `saved_event` takes the id.")
    name: str
    note: str
    event: dict[str, Any] = Field(description="What fails, as the questions take it.")
    made_at: str
    made_by: str | None = Field(description="Name of the API key; null without keys.")


class SavedEventPage(Page):
    """A page of saved events, newest first."""

    items: list[SavedEvent]


class SavedResultRow(Open):
    """A saved result in a list, without its answer."""

    id: str = Field(description="Unguessable: the address is the link to share.")
    name: str | None = Field(description="Null for results that a job or a subscription kept by the way.")
    note: str
    question: str
    asked: dict[str, Any]
    revision: int = Field(description="Revision of the twin that the answer is of.")
    made_at: str
    made_by: str | None = Field(description="Name of the API key; null without keys.")
    size: int = Field(description="Bytes of the answer as JSON.")


class SavedResult(SavedResultRow):
    """A saved result."""

    answer: dict[str, Any] = Field(description="What the question's own route answered.")
    current_revision: int | None = Field(description="Revision of the twin now; null when the store does not answer.")
    stale: bool | None = Field(description="Whether the twin has moved on since; null when that is not known.")


class SavedResultPage(Page):
    """A page of saved results, newest first."""

    items: list[SavedResultRow]


class Removed(Open):
    """What was removed."""

    id: str
    removed: bool
