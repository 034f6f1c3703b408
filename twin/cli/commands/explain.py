"""``twin explain``: why an asset has its verdict after an event."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import events, output, rests, whatif, wiring
from twin.cli.commands.find import shell
from twin.cli.options import Json, Output, Tables, again
from twin.durations import parse_duration

if TYPE_CHECKING:
    from twin.impact.events.explain import ExplainResult

DOT = ".dot"
Ids = Annotated[
    list[str] | None,
    typer.Option("--event", "-e", metavar="ID", help="An asset taken as failed; - reads ids from stdin."),
]


def explain(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID", help="The asset to explain.")],
    event: Ids = None,
    where: events.Where = None,
    hazard: events.HazardFile = None,
    layer: events.HazardLayer = None,
    buffer: events.Buffer = "0",
    crossing: events.Crossing = "0",
    horizon: events.Horizon = "inf",
    dot: Annotated[bool, typer.Option("--dot", help="Print the proof as a graph for Graphviz.")] = False,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """Why an asset goes down, is at risk or survives: the causes back to the event. -o FILE.dot: as a graph."""
    if output_file is None or output_file.suffix.lower() != DOT:
        output.check_target(output_file, spatial=True)
    horizon_s = parse_duration(horizon)
    options = events.Options(event, where, hazard, layer, buffer, crossing)
    asked = options.read(context)
    with wiring.opened(tables) as source:
        result = source.snapshot.explain(id, asked, horizon_s)
        document = {**result.to_dict(), "notice": source.notice}
        if output_file is not None:
            _write(output_file, document, result, source.snapshot)
        if json:
            output.emit_json(document)
        elif dot:
            typer.echo(result.dot(), nl=False)
        elif output_file is None:
            _show(result)
            within = f" --horizon {shell(horizon)}" if horizon != "inf" else ""
            words = options.again(result.event)
            asking = events.flagged(words)
            lines = [
                f"twin explain {shell(id)} {asking}{within}{again(tables)} -o proof.dot     as a graph",
                f"twin timeline {words}{within}{again(tables)}     everything in order",
            ]
            output.hints(lines)


def _write(path: Path, document: Any, result: ExplainResult, snapshot: Any) -> None:
    if path.suffix.lower() == DOT:
        path.write_text(result.dot(), encoding="utf-8")
        output.note(f"wrote {path} ({len(result.graph['nodes']):,} nodes)")
        return
    from twin.export.layers import frame_of

    output.write(path, document, result.proof, lambda: frame_of(snapshot.arrays.assets, result.proof))


def _show(result: ExplainResult) -> None:
    output.say(output.plain(result.sentences[0]), style="bold")
    for number, sentence in enumerate(result.sentences[1:], 1):
        output.say(f"{number:>3}. {output.plain(sentence)}")
    if result.gates and result.verdict not in ("failed", "unaffected"):
        output.say()
        rows = [
            (
                gate["service"] if gate["service"] == gate["group"] else f"{gate['service']}/{gate['group']}",
                f"{gate['have']} of {gate['size']}",
                gate["need"],
                "-" if gate["spare"] is None else gate["spare"],
                "yes" if gate["holds"] else "no",
                ", ".join(gate["lost"][: events.NAMED]),
            )
            for gate in result.gates
        ]
        columns = ("its gate", "delivers", "needs", "to spare", "holds", "lost")
        output.table(columns, rows, right=columns[1:4])
    output.say()
    rests.show(result.assumptions, result.notes, "the event")


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(explain))
