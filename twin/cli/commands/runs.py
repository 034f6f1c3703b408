"""``twin runs``: which exports were imported, when and with what result."""

from __future__ import annotations

from typing import Annotated

import typer

from twin.cli import output, wiring
from twin.cli.options import Json, Limit, Output
from twin.errors import InvalidParameter

FIRST = ("id", "source", "loader", "status", "revision")


Run = Annotated[str | None, typer.Argument(metavar="[RUN]", help="Show what this run did; its report is kept a while.")]


def runs(run: Run = None, limit: Limit = 50, output_file: Output = None, json: Json = False) -> None:
    """List the import runs, newest first, also one that is being applied; or show what one run did."""
    if run is not None:
        _one(run, output_file is not None, json)
        return
    output.check_target(output_file)
    with wiring.open_twin() as twin:
        rows = twin.runs()
    if output_file is not None:
        output.write(output_file, {"total": len(rows), "items": rows}, rows)
    elif json:
        output.emit_json({"total": len(rows), "items": rows[:limit]})
    elif not rows:
        output.say("Nothing has been imported yet.")
        output.hints(["twin import samples/germany/twin.toml"])
    else:
        names = [*FIRST, *(n for n in ("created", "updated", "removed", "unchanged", "finished_at") if n in rows[0])]
        output.table(names, ([row.get(name) for name in names] for row in rows[:limit]), right=names[4:-1])
        output.hints([f"twin runs --limit {len(rows)}"] if len(rows) > limit else [f"twin runs {rows[0]['id']}"])


def _one(run: str, to_file: bool, json: bool) -> None:
    from twin.cli.imports import show

    if to_file:
        raise InvalidParameter("a report is no list: -o takes lists", fix="Take --json, and send it to a file.")
    with wiring.open_twin() as twin:
        found, report = twin.run(run), twin.report(run)
    if json:
        output.emit_json(report.to_dict())
        return
    show(report, str(found.get("name") or found["source"]))
    back = [f"twin import --rollback {run}   (takes it back)"] if found["status"] == "applied" else []
    output.hints(["twin runs", *back])


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(runs)
