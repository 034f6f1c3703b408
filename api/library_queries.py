"""What may be said about saved events and results."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from api.event_queries import FLOOD, EventRequest
from api.formats import Formatted
from api.queries import LIMITS, Strict
from api.questions import Name

MAX_NAME, MAX_NOTE = 200, 10_000


def _writable(text: str) -> str:
    """Text that can be kept: no half characters."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("half a character (a lone surrogate) cannot be kept") from None
    return text


Text = Annotated[str, AfterValidator(_writable)]
Title = Annotated[Text, Field(min_length=1, max_length=MAX_NAME)]
Note = Annotated[Text, Field(max_length=MAX_NOTE)]
NAME = "What it is called; names need not differ."
NOTE = "Free text: what it is for, what was found."


class NewEvent(Strict):
    """An event to save."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "Flood of the Spree", "note": "1 in 100 years", "event": {"hazard": FLOOD, "buffer_m": 500}}
            ]
        },
    )

    name: Title = Field(description=NAME)
    note: Note = Field("", description=NOTE)
    event: EventRequest

    @model_validator(mode="after")
    def _itself(self) -> NewEvent:
        if self.event.saved_event is not None:
            raise ValueError("event: say what fails, not another saved event")
        return self


class NewResult(Strict):
    """A question to ask, and a name to keep its answer under."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Bus 220 lost, 8 h",
                    "question": "impact",
                    "asked": {"failed": ["grid:bus/220"], "horizon_s": "8h"},
                }
            ]
        },
    )

    name: Title = Field(description=NAME)
    note: Note = Field("", description=NOTE)
    question: Name = Field(description="Which question: the last part of its route.")
    asked: dict[str, Any] = Field(
        description="What its route takes as body; for questions asked by GET their parameters (`id`, `domains` ...), "
        "without pages."
    )


class Description(Strict):
    """Another name or note; what is absent stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"note": "Checked with the operator."}]})

    name: Title | None = Field(None, description=NAME)
    note: Note | None = Field(None, description=NOTE)


class ShelfQuery(Formatted):
    """Which part of a list of what is kept."""

    limit: int = Field(LIMITS.page, ge=1, le=LIMITS.max_page, description="Rows of a page.")
    cursor: str | None = Field(
        None, max_length=20, pattern="^[0-9]{1,18}$", description="Where to go on: from `cursor` of the page before."
    )

    @property
    def before(self) -> int | None:
        """The place in the list to go on before."""
        return None if self.cursor is None else int(self.cursor)
