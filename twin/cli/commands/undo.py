"""``twin undo``: the newest run taken back, an edit or an import."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from twin.cli import faults, output, wiring
from twin.cli.options import Json
from twin.errors import InvalidParameter

#: Most rows of an import that are taken back without asking.
UNASKED = 100


def undo(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> int:
    """Take the newest run back: the last edit, or the last import; the twin is as it was before."""
    from twin.ingest.edits import newest

    with wiring.open_twin() as twin:
        run = newest(twin.store)
        rows = sum(int(run.get(word) or 0) for word in ("created", "updated", "removed"))
        what = f"{run['id']} ({run['name']}, {rows:,} rows)"
        if run["loader"] != "edit" and rows > UNASKED and not yes:
            if not sys.stdin.isatty():
                raise InvalidParameter(f"the newest run is an import: {what}", fix="Take it back with: twin undo --yes")
            if not typer.confirm(f"Take back the import {what}?", err=True):
                return faults.OK
        report = twin.undo()
    if json:
        output.emit_json(report.to_dict())
        return faults.OK
    output.say(f"Took back {what}: {report.assets:,} assets and {report.links:,} links are as before.")
    output.say(f"revision {report.revision}")
    output.hints(["twin runs", "twin undo   (the one before)"])
    return faults.OK


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command("undo")(undo)
