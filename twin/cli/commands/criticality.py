"""``twin criticality``: which single failures, and which pairs, cost most."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, rests, whatif, wiring
from twin.cli.commands.find import check_words, shell
from twin.cli.options import TOP_NAMES, Json, Output, Tables, again
from twin.cli.progress import bar
from twin.durations import parse_duration
from twin.errors import InvalidParameter

if TYPE_CHECKING:
    import pyarrow as pa

    from twin.impact import Snapshot
    from twin.impact.failures.criticality import CriticalityResult

TOP = 20
Horizon = Annotated[
    str, typer.Option("--horizon", "-H", help="With --timeline: how long to look, such as 15min, 8h, or inf.")
]
InTime = Annotated[bool, typer.Option("--timeline", help="Run in time instead of the steady answer.")]
Weight = Annotated[
    str,
    typer.Option(
        "--weight",
        "-W",
        help="What counts: count, workloads, kind:KIND, or a property that adds up, such as customers.",
    ),
]


def criticality(
    weight: Weight = "count",
    domain: Annotated[str | None, typer.Option("--domain", "-d", help="Only failures of this domain.")] = None,
    top: Annotated[int, typer.Option(*TOP_NAMES, min=0, help="Failures to show; -o and --json have all.")] = TOP,
    everything: Annotated[bool, typer.Option("--all", help="Show all failures.")] = False,
    pairs: Annotated[
        bool,
        typer.Option("--pairs", help="Also failures of two that lose more together than one by one; -o has these."),
    ] = False,
    timeline: InTime = False,
    horizon: Horizon = "inf",
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """What the loss of each single asset costs, the worst first: exact, every operating asset is tried."""
    output.check_target(output_file, spatial=True, what="pairs" if pairs else "")
    horizon_s = time_of(timeline, horizon)
    with wiring.opened(tables) as source, bar("failures") as tell:
        check_words(source.schema, None, domain)
        result = source.snapshot.criticality(
            weight, domain, pairs=pairs, timeline=timeline, horizon_s=horizon_s, progress=tell
        )
        document = {**result.to_dict(), "notice": source.notice} if json or is_json(output_file) else None
        if output_file is not None:
            write(output_file, document, result.pairs if pairs else result.table, source.snapshot.arrays.assets)
        if json:
            output.emit_json(document)
        elif output_file is None:
            _show(result, None if everything else top, _amount(source.snapshot), again(tables))


def _amount(snapshot: Snapshot) -> str | None:
    """A weight worth asking for next: a property of which operating assets of this twin have any; else None."""
    from twin.impact.failures.weights import WORKLOADS, amounts, worth

    arrays = snapshot.arrays
    known = amounts(arrays)
    for name in [*(x for x in ("customers", "demand_mw", "gpus", "capacity_mw") if x in known), WORKLOADS, *known]:
        if (worth(arrays, name)[snapshot.system.baseline] > 0).any():
            return name
    return None


def is_json(path: Path | None) -> bool:
    """Whether this file takes the whole document."""
    return path is not None and path.suffix.lower() == ".json"


def write(path: Path, document: Any, table: pa.Table, assets: pa.Table) -> None:
    """Write *table* in the format of the suffix; as a layer where its rows are assets (column ``id``).

    Else ``.parquet`` is a plain one, and ``.arrow`` is taken too.
    """
    from twin.export.layers import frame_of

    rows = table.to_pylist() if path.suffix.lower() != ".json" else [{}] * table.num_rows
    if "id" in table.column_names:
        output.write(path, document, rows, lambda: frame_of(assets, rows))
    else:
        output.write(path, document, rows, table=table)


def time_of(timeline: bool, horizon: str) -> float | None:
    """The horizon in seconds, None for no end. Raises InvalidParameter: a steady answer has none."""
    horizon_s = parse_duration(horizon)
    if horizon_s is not None and not timeline:
        raise InvalidParameter(
            "--horizon needs --timeline: without it the answer is steady, with all buffers spent",
            fix=f"Add --timeline, or leave --horizon {horizon} out.",
        )
    return horizon_s


def when(mode: str, horizon_s: float | None) -> str:
    """How the answer was asked, for its first line."""
    from twin.durations import human

    if mode == "steady":
        return "steady, all buffers and fuel spent"
    return "in time, until all buffers are spent" if horizon_s is None else f"in time, at {human(horizon_s)}"


def weighed(weight: str) -> tuple[str, str]:
    """A weight in words with its unit, and the heading of what is lost of it."""
    from twin.impact.failures.weights import unit_of

    unit = unit_of(weight)
    said = output.plain(weight)
    return (f"{said} ({unit})" if unit not in ("assets", weight.removeprefix("kind:")) else said), f"lost {unit}"


def _show(result: CriticalityResult, top: int | None, amount: str | None, more: str) -> None:
    weight, lost = weighed(result.weight)
    output.say(f"Criticality by {weight}, {when(result.mode, result.horizon_s)}", style="bold")
    rows = result.table.slice(0, top).to_pylist()
    parts = [name for name in result.table.column_names if name.startswith("lost_")]
    used = [name for name in parts if any(row[name] for row in rows)]
    columns = ["id", "kind", "name", "assets", *([] if result.weight == "count" else ["lost"]), *used]
    shown = [lost if name == "lost" else name.removeprefix("lost_") for name in columns]
    output.table(shown, ([row[name] for name in columns] for row in rows), right=shown[3:])
    output.note(f"{len(rows):,} of {result.total:,} single failures; all with --all, -o FILE or --json")
    if result.pairs is not None:
        _pairs(result, top)
    rests.show(result.assumptions, result.notes)
    if rows:
        worst = shell(rows[0]["id"])
        by = f" --weight {shell(result.weight)}" if result.weight != "count" else ""
        lines = [
            f"twin impact {worst}{more}     when, why and for how long",
            f"twin exposed {worst}{more}     what is one failure away then",
        ]
        if amount is not None and result.weight == "count":
            lines.append(f"twin criticality --weight {shell(amount)}{more}     by {weighed(amount)[0]}")
        lines.append(f"twin criticality{by}{more} -o criticality.gpkg     all of them as a layer")
        output.hints(lines)


def _pairs(result: CriticalityResult, top: int | None) -> None:
    output.say()
    output.say("Failures of two that lose more together than one by one", style="bold")
    pairs = result.pairs.slice(0, top).to_pylist() if result.pairs is not None else []
    columns = ["a", "b", "assets", "assets_beyond"]
    columns += [] if result.weight == "count" else ["lost", "lost_beyond"]
    lost = weighed(result.weight)[1]
    shown = [name.replace("_", " ").replace("lost", lost) for name in columns]
    if pairs:
        output.table(shown, ([row[name] for name in columns] for row in pairs), right=shown[2:])
    output.note(f"{len(pairs):,} of {result.pairs_total or 0:,} such pairs")


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(criticality))
