"""``twin findings``: what is wrong or missing in the data."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.text import Text

from twin.cli import faults, output, wiring
from twin.cli.commands.find import shell
from twin.cli.options import Json, Limit, Output, Tables, again
from twin.errors import InvalidParameter

STYLES = {"error": "red", "warning": "yellow", "info": ""}
SHOWN_ASSETS = 3


class Severity(StrEnum):
    """How bad a finding is."""

    error = "error"
    warning = "warning"
    info = "info"


def findings(
    code: Annotated[str | None, typer.Option("--code", help="Only this code.")] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only this severity.")] = None,
    limit: Limit = 100,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """List what is wrong or missing in the data; exit code 1 when there is anything."""
    output.check_target(output_file)
    with wiring.opened(tables) as source:
        everything = [finding.to_dict() for finding in source.findings()]
        known = sorted({row["code"] for row in everything})
        rows = [r for r in everything if code in (None, r["code"]) and severity in (None, r["severity"])]
        check_code(code, known)
        document = {"revision": source.snapshot.revision, "notice": source.notice, "total": len(rows)}
    if output_file is not None:
        output.write(output_file, {**document, "items": rows}, rows)
    elif json:
        output.emit_json({**document, "items": rows[:limit]})
    else:
        _show(rows, limit, again(tables))
    if rows:
        raise typer.Exit(faults.FINDINGS)


def check_code(code: str | None, known: list[str]) -> None:
    """Refuse a code that looks like a slip of one that there is. Raises InvalidParameter."""
    from twin.schema import suggest

    if code is not None and code not in known and suggest(code, known):
        raise InvalidParameter(f"no finding has the code {code!r}.{suggest(code, known)}")


def _show(rows: list[dict[str, Any]], limit: int, more: str) -> None:
    if not rows:
        output.say("No findings.")
        return
    for row in rows[:limit]:
        head = Text(row["severity"], style=STYLES.get(row["severity"], ""))
        output.line(head + Text(f"  {row['code']}  {output.plain(row['message'])}"))
        if row["origin"]:
            output.say(f"    where: {output.plain(row['origin'])}")
        if row["assets"]:
            others = max(row["count"], len(row["assets"])) - SHOWN_ASSETS
            names = ", ".join(output.plain(name) for name in row["assets"][:SHOWN_ASSETS])
            output.say(f"    assets: {names}" + (f" and {others:,} more" if others > 0 else ""))
        output.say(f"    fix: {output.plain(row['fix'])}", style="dim")
    if len(rows) > limit:
        output.note(f"{limit:,} of {len(rows):,} are shown; all with --limit {len(rows)}")
    first = next((row["assets"][0] for row in rows if row["assets"]), None)
    output.hints([f"twin findings{more} -o findings.csv", *([f"twin show {shell(first)}{more}"] if first else [])])


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(findings)
