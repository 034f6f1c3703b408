"""Edits by hand: assets and links added, changed and removed, as one run; and the newest run taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import Field

from api import wire_edits as wire
from api.answers import answer
from api.deps import NO_QUERY, PUBLISHES, TwinDep
from api.errors import documented
from api.queries import Strict
from api.section import Section
from api.security import writes
from twin.ingest.edits.edit import MAX_EDITS, Edit

router = Section(tags=["edits"])


class EditRequest(Strict):
    """Edits, made in order: all of them or none."""

    edits: Annotated[list[Edit], Field(min_length=1, max_length=MAX_EDITS)] = Field(
        examples=[[{"op": "set", "id": "grid:bus/220", "properties": {"voltage_kv": 220}}]]
    )
    dry_run: bool = Field(False, description="Say what would change; write nothing.")
    note: Annotated[str, Field(max_length=1_000)] = Field("", description="Why; kept with the run.")


@router.post(
    "/edits",
    operation_id="makeEdits",
    summary="Edit assets and links",
    dependencies=[NO_QUERY, writes, PUBLISHES],
    responses={200: {"model": wire.EditReport}, **documented([400, 404, 409, 413, 415, 422])},
)
def make_edits(body: EditRequest, twin: TwinDep) -> Response:
    """Adds, changes and removes assets and links through the same checks and plan as an import: one new revision.

    An edit is told by its `op`: `add`, `set`, `link`, `unlink`, `delete` or `rename`. `POST /undo` takes the run back.
    """
    report = twin.edit(body.edits, dry_run=body.dry_run, note=body.note)
    return answer(report.to_dict())


@router.post(
    "/undo",
    operation_id="undoRun",
    summary="Take the newest run back",
    dependencies=[NO_QUERY, writes, PUBLISHES],
    responses={200: {"model": wire.UndoReport}, **documented([400, 409])},
)
def undo_run(twin: TwinDep) -> Response:
    """Takes back the newest run, edits or an import: the twin is as it was before it, under a new revision."""
    return answer(twin.undo().to_dict())
