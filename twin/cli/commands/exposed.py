"""``twin exposed``: what an event leaves one failure away from being lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import events, output, rests, whatif, wiring
from twin.cli.commands.criticality import Horizon, InTime, time_of, when
from twin.cli.commands.find import shell
from twin.cli.options import TOP_NAMES, Json, Output, Tables, again
from twin.cli.progress import bar

if TYPE_CHECKING:
    from twin.impact.failures.exposed import ExposedResult

NAMED = 3


def exposed(
    context: typer.Context,
    ids: events.Ids = None,
    where: events.Where = None,
    hazard: events.HazardFile = None,
    layer: events.HazardLayer = None,
    buffer: events.Buffer = "0",
    crossing: events.Crossing = "0",
    top: Annotated[int, typer.Option(*TOP_NAMES, min=0, help="Exposed assets to list.")] = 20,
    everything: Annotated[bool, typer.Option("--all", help="List all exposed assets.")] = False,
    failures: Annotated[int, typer.Option("--failures", min=0, help="Further failures to name per asset.")] = 100,
    timeline: InTime = False,
    horizon: Horizon = "inf",
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """What one further failure would take down after this event, and would not have before it; and which failure."""
    output.check_target(output_file, spatial=True)
    horizon_s = time_of(timeline, horizon)
    options = events.Options(ids, where, hazard, layer, buffer, crossing)
    event = options.read(context)
    with wiring.opened(tables) as source, bar("further failures") as tell:
        result = source.snapshot.exposed(event, tell, timeline=timeline, horizon_s=horizon_s, named=failures)
        document = {**result.to_dict(), "notice": source.notice}
        if output_file is not None:
            from twin.export.layers import frame_of

            rows = result.exposed
            output.write(output_file, document, rows, lambda: frame_of(source.snapshot.arrays.assets, rows))
        if json:
            output.emit_json(document)
        elif output_file is None:
            names = events.names_of(source.snapshot, result.event)
            _show(result, names, len(result.exposed) if everything else top)
            _hints(result, options, again(tables))


def _show(result: ExposedResult, names: dict[str, str | None], top: int) -> None:
    said = events.called(result.event, names)
    output.say(f"One failure away after losing {said}, {when(result.mode, result.event['horizon_s'])}", style="bold")
    if not result.exposed:
        output.say("Nothing: no further failure takes down what it would not have before.")
    else:
        rows = []
        for row in result.exposed[:top]:
            by = ", ".join(output.plain(name) for name in row["failures"][:NAMED])
            by += f" and {row['count'] - NAMED:,} more" if row["count"] > NAMED else ""
            rows.append([row["id"], row["kind"], row["domain"], row["name"], row["count"], by])
        output.table(("id", "kind", "domain", "name", "failures", "lost with"), rows, right=("failures",))
        count = min(top, len(result.exposed))
        output.note(
            f"{count:,} of {len(result.exposed):,} exposed assets; {result.lost:,} are lost by the event itself"
        )
    rests.show(result.assumptions, result.notes, "the event")


def _hints(result: ExposedResult, options: events.Options, more: str) -> None:
    if idle := options.instead("exposed", result.event, more):
        output.hints(idle)
        return
    event = options.again(result.event)
    hints = [f"twin impact {event}{more}     what the event itself does"]
    if result.exposed and result.exposed[0]["failures"]:
        hints.append(f"twin impact {shell(result.exposed[0]['failures'][0])} {event}{more}     both together")
    output.hints(hints)


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(exposed))
