"""``twin export``: assets as a layer or a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin.cli import output, wiring
from twin.cli.commands.find import Box, Domain, Kind, check_words
from twin.cli.options import Tables
from twin.errors import InvalidParameter
from twin.geo import parse_bbox


def export(
    output_file: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="FILE", help="A .geojson, .gpkg, .fgb, .parquet, .csv or .json file."),
    ],
    kind: Kind = None,
    domain: Domain = None,
    text: Annotated[str | None, typer.Option("--text", help="Only with this in the id or the name.")] = None,
    bbox: Box = None,
    tables: Tables = None,
) -> None:
    """Write assets with all their properties as a layer that GIS programs open, or as a table."""
    output.check_target(output_file, spatial=True)
    box = parse_bbox(bbox) if bbox else None
    with wiring.opened(tables) as source:
        check_words(source.schema, kind, domain)
        from twin.export.layers import frame_of, rows_of

        snapshot = source.snapshot
        found, _, total = snapshot.assets(kind, domain, text, box, None, snapshot.n_assets)
        if not total:
            raise InvalidParameter("no asset matches, so nothing was written", fix="Look with: twin find")
        table = snapshot.arrays.assets
        rows = rows_of(table, [row["id"] for row in found])
        document = {"revision": snapshot.revision, "total": total, "items": rows}
        output.write(output_file, document, rows, lambda: frame_of(table, rows))


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(export)
