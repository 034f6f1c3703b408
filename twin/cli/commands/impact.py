"""``twin impact``: what is lost when assets fail, when, why and for how long."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import events, output, whatif, wiring
from twin.cli.options import TOP_NAMES, Json, Output, Tables, again
from twin.cli.report import Report
from twin.durations import parse_duration

if TYPE_CHECKING:
    from twin.impact import ImpactResult

TOP = 20
Top = Annotated[int, typer.Option(*TOP_NAMES, min=0, help="Affected assets to list.")]
Everything = Annotated[bool, typer.Option("--all", help="List all affected assets.")]


def impact(
    context: typer.Context,
    ids: events.Ids = None,
    where: events.Where = None,
    hazard: events.HazardFile = None,
    layer: events.HazardLayer = None,
    buffer: events.Buffer = "0",
    crossing: events.Crossing = "0",
    horizon: events.Horizon = "inf",
    top: Top = TOP,
    everything: Everything = False,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """What is lost when these assets fail: per domain, when, how much, what survives, and why."""
    output.check_target(output_file, spatial=True)
    horizon_s = parse_duration(horizon)
    options = events.Options(ids, where, hazard, layer, buffer, crossing)
    event = options.read(context)
    with wiring.opened(tables) as source:
        started = time.perf_counter()
        result = source.snapshot.impact(event, horizon_s)
        took_s = time.perf_counter() - started
        document = {**result.to_dict(), "notice": source.notice}
        if output_file is not None:
            _write(output_file, document, result, source.snapshot)
        if json:
            output.emit_json(document)
        elif output_file is None:
            names = events.names_of(source.snapshot, result.event)
            report = Report(result, names, took_s, len(result.affected) if everything else top)
            report.show(options, horizon, again(tables))


def _write(path: Path, document: Any, result: ImpactResult, snapshot: Any) -> None:
    from twin.export.layers import frame_of

    output.write(path, document, result.affected, lambda: frame_of(snapshot.arrays.assets, result.affected))


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(impact))
