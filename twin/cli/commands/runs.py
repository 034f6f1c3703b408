"""``twin runs``: which exports were imported, when and with what result."""

from __future__ import annotations

import typer

from twin.cli import output, wiring
from twin.cli.options import Json, Limit, Output

FIRST = ("id", "source", "loader", "status", "revision")


def runs(limit: Limit = 50, output_file: Output = None, json: Json = False) -> None:
    """List the import runs, newest first; also one that is being applied."""
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
        output.hints([f"twin runs --limit {len(rows)}"] if len(rows) > limit else [])


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(runs)
