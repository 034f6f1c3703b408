"""What a question may suppose: edits that are made to a copy of the snapshot for this one answer."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from pydantic import BaseModel, Field

from twin.errors import InvalidParameter
from twin.ingest.edits.edit import Edit
from twin.ingest.edits.what_if import MAX_WHAT_IF

WhatIf = Annotated[
    list[Edit] | None,
    Field(
        min_length=1,
        max_length=MAX_WHAT_IF,
        description="Answer for the twin as it would be with these edits (as of `POST /edits`), of which nothing is "
        "written: `add`, `delete`, `link`, `unlink`, and `set` of the status `out_of_service`. `notice` says so.",
        examples=[
            [
                {"op": "set", "id": "grid:bus/110", "properties": {"status": "out_of_service"}},
                {"op": "link", "from": "grid:bus/220", "type": "POWERS", "to": "dc:board/a"},
            ]
        ],
    ),
]

#: Characters of edits in an address; more belong into the body of a question that is asked by POST.
MAX_TEXT = 16_000


class Supposing(BaseModel):
    """A question by GET that may suppose edits: part of the address, so that pages, tags and links keep them."""

    what_if: str | None = Field(
        None,
        max_length=MAX_TEXT,
        description="Answer for the twin as it would be with these edits, of which nothing is written: a JSON list as "
        "in `what_if` of `POST /impact`. `notice` says so.",
        examples=['[{"op":"delete","id":"grid:bus/110"}]'],
    )

    @property
    def edits(self) -> list[Any] | None:
        """What is supposed, or None. Raises InvalidParameter."""
        if self.what_if is None:
            return None
        try:
            found = orjson.loads(self.what_if)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, list) or not found:
            raise InvalidParameter(
                "what_if: this is no JSON list of edits",
                fix='Write it like [{"op":"delete","id":"grid:bus/110"}], percent-encoded.',
            )
        return found
