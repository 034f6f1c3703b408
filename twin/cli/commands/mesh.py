"""``twin mesh``: bridges, articulation points and islands of a mesh; with ``--dominators`` its single supply points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, rests, whatif, wiring
from twin.cli.commands.find import shell
from twin.cli.options import Json, Limit, Output, Tables, again

if TYPE_CHECKING:
    from pathlib import Path

    from twin.cli.wiring import Source
    from twin.impact.meshes import DominatorResult, MeshResult

ISLANDS = 10


def mesh(
    name: Annotated[
        str, typer.Argument(metavar="[SERVICE]", help="A service or a link type with a mesh: power, data, CONDUCTS.")
    ] = "power",
    dominators: Annotated[
        bool, typer.Option("--dominators", help="Instead: assets that all supply of others comes through.")
    ] = False,
    limit: Limit = 20,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """What holds a mesh together: bridges, articulation points and what each of them isolates, and islands."""
    output.check_target(output_file, spatial=True)
    with wiring.opened(tables) as source:
        if dominators:
            found = source.snapshot.dominators(name)
            _give(found.to_dict(), found.items, source, output_file, json)
            if not json and output_file is None:
                _show_dominators(found, limit, again(tables))
            return
        result = source.snapshot.mesh(name, schema=source.schema)
        _give(result.to_dict(), result.cuts, source, output_file, json)
        if not json and output_file is None:
            _show(result, limit, again(tables))


def _give(
    document: dict[str, Any], rows: list[dict[str, Any]], source: Source, output_file: Path | None, json: bool
) -> None:
    document = {**document, "notice": source.notice}
    if output_file is not None:
        from twin.export.layers import frame_of

        output.write(output_file, document, rows, lambda: frame_of(source.snapshot.arrays.assets, rows))
    if json:
        output.emit_json(document)


def _show(result: MeshResult, limit: int, more: str) -> None:
    output.say(
        f"Mesh {output.plain(result.mesh)}: {result.nodes:,} nodes and {result.edges:,} edges in "
        f"{len(result.islands):,} island(s), {len(result.bridges):,} bridges, "
        f"{len(result.articulation_points):,} articulation points",
        style="bold",
    )
    output.say()
    if len(result.islands) > 1:
        columns = [
            "nodes",
            "edges and nodes",
            "MW of demand",
            *(["MW of generation", "fed at"] if result.grounded else []),
        ]
        rows = [
            [x["nodes"], x["assets"], x["demand_mw"], *([x["generation_mw"], x["sources"]] if result.grounded else []),
             ", ".join(x["first_assets"][:3])]
            for x in result.islands[:ISLANDS]
        ]  # fmt: skip
        output.table([*columns, "first assets"], rows, right=columns)
        if len(result.islands) > ISLANDS:
            output.say(f"... {ISLANDS} of {len(result.islands):,} islands; all with --json", style="dim")
        output.say()
    if result.cuts:
        columns = ["isolates", "MW of demand", "MW of generation"] if result.grounded else ["isolates"]
        columns += ["left dark", "MW dark"] if result.grounded else []
        rows = [[x["id"], x["kind"], x["role"], *_cells(x, result.grounded)] for x in result.cuts[:limit]]
        output.table(("without", "kind", "is", *columns), rows, right=columns)
        if len(result.cuts) > limit:
            output.say(f"... {limit:,} of {len(result.cuts):,}; more with --limit {len(result.cuts)}", style="dim")
    for link in result.bridge_links[:limit]:
        output.say(f"Bridge link: {output.plain(link['from'])} - {output.plain(link['to'])}")
    rests.show(result.assumptions, result.notes)
    if result.cuts:
        output.hints(
            [
                f"twin impact {shell(result.cuts[0]['id'])}{more}     what its loss does, exactly",
                f"twin mesh {shell(result.mesh)}{more} -o cuts.gpkg     as a layer (.geojson, .csv, .parquet too)",
            ]
        )


def _cells(entry: dict[str, Any], grounded: bool) -> list[Any]:
    if not grounded:
        return [entry["isolated_nodes"]]
    return [
        entry["isolated_nodes"],
        entry["isolated_demand_mw"],
        entry["isolated_generation_mw"],
        entry["unsupplied_nodes"],
        entry["unsupplied_demand_mw"],
    ]


def _show_dominators(result: DominatorResult, limit: int, more: str) -> None:
    output.say(
        f"Single supply points of {output.plain(result.service)}: {len(result.items):,} of {result.supplied:,} assets, "
        f"fed by {result.sources:,} sources",
        style="bold",
    )
    rows = [
        (x["id"], x["kind"], x["lost"], x["demand_mw"], x["customers"], x["dominated_by"]) for x in result.items[:limit]
    ]
    columns = ("without", "kind", "others lose all supply", "MW of demand", "customers", "itself fed through")
    output.table(columns, rows, right=columns[2:5])
    if len(result.items) > limit:
        output.say(f"... {limit:,} of {len(result.items):,}; more with --limit {len(result.items)}", style="dim")
    rests.show(result.assumptions, result.notes)
    if result.items:
        output.hints([f"twin impact {shell(result.items[0]['id'])}{more}     what its loss does, exactly"])


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(mesh))
