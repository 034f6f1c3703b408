"""``twin conflicts``: what the sources of an asset do not agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import faults, output, wiring
from twin.cli.commands.find import shell
from twin.cli.options import Json, Limit, Output

if TYPE_CHECKING:
    import geopandas

    from twin.service import Twin

COLUMNS = ("asset", "property", "counts", "says", "others say", "apart_m")


def conflicts(
    property_: Annotated[
        str | None, typer.Option("--property", help="Only this property; `location` for places.")
    ] = None,
    limit: Limit = 100,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """List values that several sources of an asset do not agree on, and which one counts; exit code 1 with any.

    They never block: the rule's authority says who counts. A file for GIS has a feature for each.
    """
    output.check_target(output_file, spatial=True)
    with wiring.open_twin() as twin:
        rows = [row for row in twin.conflicts() if property_ in (None, row["property"])]
        document: dict[str, Any] = {"revision": twin.store.state().revision, "total": len(rows)}
        if output_file is not None:
            output.write(output_file, {**document, "items": rows}, flat(rows), lambda: _layer(twin, rows))
    if output_file is None:
        if json:
            output.emit_json({**document, "items": rows[:limit]})
        elif not rows:
            output.say("No conflicts: the sources agree, or no asset has several.")
        else:
            _show(rows, limit)
    if rows:
        raise typer.Exit(faults.FINDINGS)


def _show(rows: list[dict[str, Any]], limit: int) -> None:
    lines = [
        [row["asset"], row["property"], row["taken"], row["value"], row["others"],
         "" if row["distance_m"] is None else f"{row['distance_m']:,.0f}"]
        for row in flat(rows[:limit])
    ]  # fmt: skip
    output.table(COLUMNS, lines, right=("apart_m",))
    if len(rows) > limit:
        output.note(f"... and {len(rows) - limit:,} more; --limit shows them")
    output.hints([f"twin show {shell(rows[0]['asset'])} --provenance"])


def flat(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with what counts and what the others say as one text each."""
    found = []
    for row in rows:
        said = {value["source"]: value["value"] for value in row["values"]}
        others = ", ".join(f"{source}: {_text(value)}" for source, value in said.items() if source != row["taken"])
        own = {name: row[name] for name in ("asset", "kind", "property", "taken", "distance_m")}
        found.append({**own, "value": _text(said[row["taken"]]), "others": others})
    return found


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(f"{number:.5f}" for number in value)
    return "(nothing)" if value is None else output.plain(value)


def _layer(twin: Twin, rows: list[dict[str, Any]]) -> geopandas.GeoDataFrame:
    """One feature for each conflict, at the asset."""
    return twin.to_geodataframe([{"id": row["asset"], **row} for row in flat(rows)])


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(conflicts)
