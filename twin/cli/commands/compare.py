"""``twin compare``: two events side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import events, output, rests, whatif, wiring
from twin.cli.options import TOP_NAMES, Json, Output, Tables
from twin.cli.report import UNITS, VERDICTS
from twin.durations import human, parse_duration
from twin.errors import InvalidParameter

if TYPE_CHECKING:
    from twin.impact.events.compare import CompareResult

TOP = 10


def _ids(side: str) -> Any:
    return typer.Option(f"--{side}", metavar="ID", help=f"An asset that fails in event {side.upper()}.")


def _where(side: str) -> Any:
    return typer.Option(f"--{side}-where", metavar="EXPR", help=f"What matches fails in event {side.upper()}.")


def _hazard(side: str) -> Any:
    return typer.Option(f"--{side}-hazard", metavar="FILE", help=f"What FILE's polygons hit fails in {side.upper()}.")


def _layer(side: str) -> Any:
    return typer.Option(f"--{side}-hazard-layer", metavar="NAME", help=f"Which layer of the hazard of {side.upper()}.")


Words = list[str] | None


def compare(
    context: typer.Context,
    a: Annotated[Words, _ids("a")] = None,
    b: Annotated[Words, _ids("b")] = None,
    a_where: Annotated[Words, _where("a")] = None,
    b_where: Annotated[Words, _where("b")] = None,
    a_hazard: Annotated[Path | None, _hazard("a")] = None,
    b_hazard: Annotated[Path | None, _hazard("b")] = None,
    a_layer: Annotated[str | None, _layer("a")] = None,
    b_layer: Annotated[str | None, _layer("b")] = None,
    layer: Annotated[
        str | None, typer.Option("--hazard-layer", metavar="NAME", help="Which layer, where a side names none.")
    ] = None,
    buffer: events.Buffer = "0",
    crossing: events.Crossing = "0",
    horizon: events.Horizon = "inf",
    top: Annotated[int, typer.Option(*TOP_NAMES, min=0, help="Assets of each list.")] = TOP,
    everything: Annotated[bool, typer.Option("--all", help="List all assets.")] = False,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """Two events side by side: what only A affects, only B, both and worse in which; with the deltas per domain."""
    output.check_target(output_file, spatial=True)
    horizon_s = parse_duration(horizon)
    for side, given in (("a", (a, a_where, a_hazard)), ("b", (b, b_where, b_hazard))):
        if not any(given):
            context.fail(f"Missing event {side.upper()}: --{side} ID, --{side}-where EXPR or --{side}-hazard FILE.")
    _check_hazards((a_hazard, b_hazard), (a_layer, b_layer), layer is not None or buffer != "0" or crossing != "0")
    sides = [
        events.Options(
            ids, where, path, own or layer if path else None, buffer if path else "0", crossing if path else "0"
        ).read(context)
        for ids, where, path, own in ((a, a_where, a_hazard, a_layer), (b, b_where, b_hazard, b_layer))
    ]
    with wiring.opened(tables) as source:
        result = source.snapshot.compare(sides[0], sides[1], horizon_s)
        document = {**result.to_dict(), "notice": source.notice}
        if output_file is not None:
            from twin.export.layers import frame_of

            rows = result.rows()
            output.write(output_file, document, rows, lambda: frame_of(source.snapshot.arrays.assets, rows))
        if json:
            output.emit_json(document)
        elif output_file is None:
            names = [events.names_of(source.snapshot, side["event"]) for side in (result.a, result.b)]
            _show(result, names, None if everything else top)


def _check_hazards(paths: tuple[Path | None, ...], layers: tuple[str | None, ...], shared: bool) -> None:
    """Refuse what is said of a hazard that there is not. Raises InvalidParameter."""
    for side, path, layer in zip("ab", paths, layers, strict=True):
        if layer is not None and path is None:
            raise InvalidParameter(f"--{side}-hazard-layer needs --{side}-hazard", fix=f"Add --{side}-hazard FILE.")
    if shared and not any(paths):
        raise InvalidParameter(
            "--buffer, --min-crossing and --hazard-layer need a hazard", fix="Add --a-hazard FILE or --b-hazard FILE."
        )


def _show(result: CompareResult, names: list[dict[str, str | None]], top: int | None) -> None:
    for side, asked, called in (("A", result.a, names[0]), ("B", result.b, names[1])):
        output.say(f"{side}: losing {events.called(asked['event'], called)}", style="bold")
    output.say(f"{events.until(result.a['event'])[0].upper()}{events.until(result.a['event'])[1:]}")
    output.say()
    rows = []
    for domain, numbers in result.summary.items():
        cells = [_pair(numbers[verdict]) if verdict in numbers else "-" for verdict in VERDICTS]
        lost = [f"{_pair(of)} {UNITS.get(name, name)}" for name, of in result.capacity_lost.get(domain, {}).items()]
        rows.append((domain, *cells, ", ".join(lost)))
    columns = ("A / B (B - A)", "failed", "down", "interrupted", "degraded", "at risk", "lost")
    output.table(columns, rows, right=columns[1:6])
    counts = result.counts
    output.say()
    said = {name: f"{count:,}" for name, count in counts.items()}
    output.say(
        f"Only A affects {said['only_a']}, only B {said['only_b']}, both {said['both']}: "
        f"{said['same']} alike, {said['worse_in_a']} worse in A, {said['worse_in_b']} worse in B."
    )
    _list("Only A", result.only_a, top, _one)
    _list("Only B", result.only_b, top, _one)
    for side in ("a", "b"):
        worse = [entry for entry in result.both if entry["worse_in"] == side]
        _list(f"Worse in {side.upper()}", worse, top, _both)
    rests.show(result.assumptions, result.notes, "the event")


def _pair(of: dict[str, float]) -> str:
    if not of["a"] and not of["b"]:
        return "-"
    return f"{of['a']:,.6g} / {of['b']:,.6g} ({of['delta']:+,.6g})"


def _list(title: str, entries: list[dict[str, Any]], top: int | None, told: Any) -> None:
    if not entries or top == 0:
        return
    output.say()
    more = f" ({top:,} of {len(entries):,}; all with --all)" if top is not None and len(entries) > top else ""
    output.say(f"{title}{more}", style="bold")
    rows = [(entry["id"], entry["kind"], entry["name"], told(entry)) for entry in entries[:top]]
    output.table(("asset", "kind", "name", "verdict"), rows)


def _one(entry: dict[str, Any]) -> str:
    return f"{entry['verdict'].replace('_', ' ')} {human(entry['time_s'])}"


def _both(entry: dict[str, Any]) -> str:
    return f"A: {_one(entry['a'])}; B: {_one(entry['b'])}"


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(compare))
