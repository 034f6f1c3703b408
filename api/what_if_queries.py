"""What a question may suppose: edits that are made to a copy of the snapshot for this one answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

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
