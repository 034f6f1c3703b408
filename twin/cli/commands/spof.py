"""``twin spof``: the single points of failure of one asset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, rests, whatif, wiring
from twin.cli.commands.criticality import Horizon, InTime, time_of, when
from twin.cli.commands.find import shell
from twin.cli.options import Json, Output, Tables, again
from twin.durations import human

if TYPE_CHECKING:
    from twin.impact.failures.single import SpofResult

COLUMNS = ("id", "kind", "domain", "name")


def spof(
    id: Annotated[str, typer.Argument(metavar="ID", help="The asset's id.")],
    timeline: InTime = False,
    horizon: Horizon = "inf",
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """Every single asset whose loss takes this one down, for good or (a start gap) for a while."""
    output.check_target(output_file, spatial=True)
    horizon_s = time_of(timeline, horizon)
    with wiring.opened(tables) as source:
        result = source.snapshot.single_points_of_failure(id, timeline=timeline, horizon_s=horizon_s)
        document = {**result.to_dict(), "notice": source.notice}
        if output_file is not None:
            from twin.export.layers import frame_of

            rows = [{"takes_down": how, **row} for how, row in _rows(result)]
            output.write(output_file, document, rows, lambda: frame_of(source.snapshot.arrays.assets, rows))
        if json:
            output.emit_json(document)
        elif output_file is None:
            _show(result, again(tables))


def _rows(result: SpofResult) -> list[tuple[str, dict[str, Any]]]:
    return [("down", row) for row in result.down] + [("interrupted", row) for row in result.interrupted]


def spells(outages: list[list[float | None]]) -> str:
    """Intervals for people."""
    return ", ".join(f"{human(a)} to {human(b)}" if b is not None else f"from {human(a)}" for a, b in outages)


def _show(result: SpofResult, more: str) -> None:
    name = output.plain(result.id)
    output.say(f"Single points of failure of {name}, {when(result.mode, result.horizon_s)}", style="bold")
    if not result.operating:
        output.say(f"{name} does not operate before any event.")
        rests.show(result.assumptions)
        output.hints([f"twin findings{more}     why"])
        return
    rows = _rows(result)
    if rows:
        output.table(
            ("takes it", *COLUMNS, "down"),
            ([how, *(row[c] for c in COLUMNS), spells(row.get("outages", []))] for how, row in rows),
        )
    else:
        output.say("None: no single other asset takes it down.")
    output.note(
        f"{len(result.down):,} take it down, {len(result.interrupted):,} only for a while; tried: {result.tried:,}"
    )
    rests.show(result.assumptions, result.notes)
    hints = [f"twin impact {shell(rows[0][1]['id'])}{more}     all that this one takes down"] if rows else []
    output.hints([*hints, f"twin dependencies {shell(result.id)}{more}     what it rests on"])


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(spof))
