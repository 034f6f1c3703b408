"""``twin findings``: what is wrong or missing in the data."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.text import Text

from twin.cli import faults, output, wiring
from twin.cli.commands.find import shell
from twin.cli.options import Json, Limit, Output, Tables, again
from twin.errors import InvalidParameter
from twin.model import SHOWN, Finding

if TYPE_CHECKING:
    import geopandas

    from twin.impact import Snapshot

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
    kind: Annotated[str | None, typer.Option("--kind", help="Only what names an asset of this kind.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only what names an asset of this source.")] = None,
    by: Annotated[
        Literal["code", "source", "kind"] | None,
        typer.Option("--by", help="Count the assets concerned instead, by this."),
    ] = None,
    limit: Limit = 100,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """List what is wrong or missing in the data; exit code 1 when there is anything.

    A file for GIS (.gpkg, .geojson, .fgb, .parquet) has one feature for each asset that a finding names.
    """
    from twin.impact.checks.counts import concerning

    output.check_target(output_file, spatial=True)
    with wiring.opened(tables) as opened:
        everything = opened.findings()
        known = sorted({finding.code for finding in everything})
        about = {"code": code, "severity": severity, "kind": kind, "source": source}
        found = concerning(opened.snapshot, everything, **about)
        rows = [finding.to_dict(SHOWN) for finding in found]
        check_code(code, known)
        document = {"revision": opened.snapshot.revision, "notice": opened.notice, "total": len(rows)}
        shown = rows if by is None else _counted(opened.snapshot, found, by)
        if output_file is not None:
            output.write(output_file, {**document, "items": shown}, shown, lambda: _layer(opened.snapshot, found))
    if output_file is None:
        if json:
            output.emit_json({**document, "items": shown[:limit]})
        elif by is not None and shown:
            output.table(tuple(shown[0]), [list(row.values()) for row in shown], right=("findings", "assets"))
        else:
            _show(rows, limit, again(tables))
    if rows:
        raise typer.Exit(faults.FINDINGS)


def _counted(snapshot: Snapshot, findings: list[Finding], by: str) -> list[dict[str, Any]]:
    from twin.impact.checks.counts import By, counted

    return counted(snapshot, findings, By(by))


def _layer(snapshot: Snapshot, findings: list[Finding]) -> geopandas.GeoDataFrame:
    """One feature for each asset that a finding names and that is there."""
    from twin.export.layers import frame_of

    known = [
        {"id": name, "code": one.code, "severity": one.severity, "message": one.message, "fix": one.fix}
        for one in findings
        for name in one.assets
        if snapshot.catalogue.find(name) is not None
    ]
    return frame_of(snapshot.arrays.assets, known)


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
