"""Stitching: links between assets of different exports, made by rules."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import Response

from api import wire_edits as wire
from api.answers import answer
from api.deps import NO_QUERY, TwinDep
from api.errors import documented
from api.section import Section
from api.security import writes
from api.stitch_queries import StitchRequest
from twin.ingest.run import run_import

router = Section(tags=["edits"])


@router.post(
    "/stitch",
    operation_id="runStitchRules",
    summary="Link assets of different exports by rules",
    dependencies=[NO_QUERY, writes],
    responses={200: {"model": wire.EditReport}, **documented([400, 409, 413, 415, 422])},
)
def run_stitch_rules(body: StitchRequest, twin: TwinDep) -> Response:
    """Runs the rules as an import does, through its plan and checks: one new revision, or none when nothing changes.

    A rule replaces its own links and no others; it is known by its name. `POST /undo` takes the run back.
    """
    with TemporaryDirectory(prefix="twin-stitch-") as folder:
        manifest = body.manifest(Path(folder))
        report = run_import(twin.store, twin.schema, manifest, reports=twin.home / "reports", dry_run=body.dry_run)
    return answer(report.to_dict())
