"""``twin export``: assets as a layer or a table; ``twin export tables``: the whole twin, to be imported again."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from twin.cli import output, wiring
from twin.cli.commands.find import Box, Domain, Kind, check_words
from twin.cli.options import Json, Tables
from twin.errors import InvalidParameter
from twin.export.files import SUFFIXES
from twin.geo import parse_bbox

group = typer.Typer(help="Write assets as a layer that GIS programs open or as a table, or the whole twin as tables.")

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or an empty folder.")]


@group.callback(invoke_without_command=True)
def export(
    context: typer.Context,
    output_file: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help=f"A {', '.join(SUFFIXES)} or .json file."),
    ] = None,
    kind: Kind = None,
    domain: Domain = None,
    text: Annotated[str | None, typer.Option("--text", help="Only with this in the id or the name.")] = None,
    bbox: Box = None,
    tables: Tables = None,
    json: Json = False,
) -> None:
    """Write assets with all their properties as a layer that GIS programs open, or as a table.

    With --json they go to stdout; with -o too, only what was written is told there.
    """
    if context.invoked_subcommand is not None:
        return
    if output_file is None and not json:
        raise InvalidParameter("-o FILE is missing", fix="twin export -o FILE, or --json for stdout")
    output.check_target(output_file, spatial=True)
    box = parse_bbox(bbox) if bbox else None
    with wiring.opened(tables) as source:
        check_words(source.schema, kind, domain)
        from twin.export.layer import asset_layer

        snapshot = source.snapshot
        found, _, total = snapshot.catalogue.found(kind, domain, text, box, None, snapshot.n_assets)
        if not total:
            raise InvalidParameter("no asset matches, so nothing was written", fix="Look with: twin find")
        layer = asset_layer(snapshot.catalogue, found["id"], output_file.name.split(".")[0] if output_file else "")
        if output_file is not None and output_file.suffix.lower() != ".json":
            output.write_assets(output_file, layer)
        else:
            rows = layer.table.to_pylist()
            document = {"revision": snapshot.revision, "total": total, "items": rows}
            if output_file is None:
                output.emit_json(document)
                return
            output.write(output_file, document, rows)
        if json:
            output.emit_json({"revision": snapshot.revision, "total": total, "file": str(output_file)})


@group.command("graph")
def graph(
    output_file: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE",
            help="A .graphml, .cyjs (Cytoscape), .json (DTDL v3) or .zip file, or a new folder (CSV for Neo4j).",
        ),
    ],
    tables: Tables = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Write all assets and links, with the gate that each link is in, for graph programs and other twins."""
    from twin.export.graph import GRAPH_FORMATS, Network, graph_format_of, write_graph

    form = graph_format_of(output_file)
    if form is None:
        raise InvalidParameter(
            f"{output_file}: no format of graphs has the suffix {output_file.suffix!r}",
            fix=f"Use {', '.join(each.suffix for each in GRAPH_FORMATS.values())}, or a folder.",
        )
    folder = not output_file.suffix
    if folder and output_file.exists() and (not output_file.is_dir() or any(output_file.iterdir())):
        raise InvalidParameter(f"{output_file} is not empty", fix="Name a new or an empty folder.")
    with wiring.opened(tables) as source, output.whole(output_file) as part:
        network = Network(source.snapshot, source.schema)
        if folder:
            part.mkdir()
        write_graph(network, part, form)
    told = {"revision": network.snapshot.revision, "assets": len(network.assets), "links": len(network.links)}
    if json:
        output.emit_json({**told, "format": form.name, "file": str(output_file)})
        return
    output.note(f"wrote {output_file} ({told['assets']:,} assets, {told['links']:,} links, {form.title})")


@group.command("tables")
def whole(
    folder: Folder,
    name: Annotated[str, typer.Option("--name", help="Name in the manifest, by default the folder's.")] = "",
    json: Json = False,
) -> None:
    """Write the whole twin into FOLDER as tables with a manifest; importing it gives the same twin again."""
    from twin.ingest.dump import dump_tables

    with wiring.open_store(wiring.settings()) as store:
        report = dump_tables(store, folder, name)
    for line in report.notes:
        output.note(line, style="yellow")
    if json:
        output.emit_json(report.to_dict())
        return
    rules = f", {len(report.rules):,} stitch rules" if report.rules else ""
    output.say(
        f"Wrote {report.assets:,} assets and {report.links:,} links of {', '.join(report.sources)}{rules}: "
        f"{output.plain(folder)}, revision {report.revision}"
    )
    output.hints([f"twin import {quote(str(folder))}     into an empty twin: the same twin"])


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.add_typer(group, name="export")
