"""Stitching: links between assets of different exports, made by rules."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import Header, Request, Response

from api import wire_edits, wire_jobs
from api.answers import answer
from api.deps import NO_QUERY, PUBLISHES, TwinDep
from api.errors import documented
from api.jobs.stitching import stitched, stitching
from api.queries import LIMITS
from api.reports import public
from api.routes.jobs import PoolDep, accepted
from api.section import Section
from api.security import writes
from api.security.roles import caller
from api.stitch_queries import StitchRequest

router = Section(tags=["edits"])

Prefer = Annotated[
    str | None,
    Header(
        max_length=LIMITS.text,
        description="`respond-async`: run them as a job and answer 202 at once (RFC 7240).",
        examples=["respond-async"],
    ),
]


@router.post(
    "/stitch",
    operation_id="runStitchRules",
    summary="Link assets of different exports by rules",
    dependencies=[NO_QUERY, writes, PUBLISHES],
    responses={
        200: {"model": wire_edits.EditReport},
        202: {"model": wire_jobs.Job},
        **documented([400, 409, 413, 415, 422]),
    },
)
def run_stitch_rules(
    request: Request, body: StitchRequest, twin: TwinDep, pool: PoolDep, prefer: Prefer = None
) -> Response:  # fmt: skip
    """Runs the rules as an import does, through its plan and checks: one new revision, or none when nothing changes.

    A rule replaces its own links and no others; it is known by its name. `POST /undo` takes the run back. With the
    header `Prefer: respond-async` the rules run as a job: 202, watch it at `Location`, its `report` is this answer;
    cancelled while it is written, what was written is taken back.
    """
    if not _later(prefer):
        return answer(public(stitched(twin, body).to_dict()))
    with TemporaryDirectory(prefix="twin-stitch-") as folder:
        body.manifest(Path(folder))  # rules that make no sense are refused now
    about = {"rules": [rule.name for rule in body.rules], "dry_run": body.dry_run}
    work = stitching(request.app.state.holder, body, request.app.state.watcher.look)
    reply = accepted(pool.submit("stitch", about, work, caller(request).name))
    reply.headers["Preference-Applied"] = "respond-async"
    return reply


def _later(prefer: str | None) -> bool:
    """Whether the client would rather not wait; preferences that are not known are passed over."""
    return any(part.partition(";")[0].strip().lower() == "respond-async" for part in (prefer or "").split(","))
