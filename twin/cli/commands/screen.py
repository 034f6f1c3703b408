"""``twin screen``: thousands of scenarios, what each costs, and how often each asset is lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, wiring
from twin.cli.commands.criticality import Horizon, InTime, Weight, is_json, time_of, when, write
from twin.cli.commands.find import shell
from twin.cli.options import TOP_NAMES, Json, Output, Tables, again
from twin.cli.progress import bar
from twin.errors import InvalidParameter

if TYPE_CHECKING:
    from twin.impact.failures.scenarios import Source
    from twin.impact.failures.screen import ScreenResult

NAMED = 3


def screen(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Scenarios: .csv or .parquet with scenario,id; .json name -> ids."),
    ] = None,
    random: Annotated[int | None, typer.Option("--random", help="Draw so many scenarios instead.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same scenarios.")] = 0,
    probability: Annotated[
        float | None, typer.Option("--probability", "-p", help="Chance of failure of every asset.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", "-k", metavar="KIND=P", help="Chance of failure of a kind.")
    ] = None,
    fragility: Annotated[
        Path | None, typer.Option("--fragility", help="Chances: .csv or .parquet with probability, and id or kind.")
    ] = None,
    failures: Annotated[int | None, typer.Option("--failures", help="So many assets fail in each, at random.")] = None,
    weight: Weight = "count",
    assets: Annotated[bool, typer.Option("--assets", help="Also how often each asset is lost.")] = False,
    top: Annotated[int, typer.Option(*TOP_NAMES, min=0, help="Rows to list.")] = 20,
    timeline: InTime = False,
    horizon: Horizon = "inf",
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """What each of many scenarios costs: a table of failed assets, or random failures. With --assets, -o has those."""
    output.check_target(output_file, spatial=True, what="" if assets else "scenarios (without --assets)")
    horizon_s = time_of(timeline, horizon)
    source_of = _source(file, random, seed, _chance(probability, kind, fragility), failures)
    with wiring.opened(tables) as source, bar("scenarios") as tell:
        result = source.snapshot.screen(
            source_of, progress=tell, weight=weight, often=assets, timeline=timeline, horizon_s=horizon_s
        )
        if output_file is not None:
            table = result.often if result.often is not None else result.table
            document = {**result.to_dict(), "notice": source.notice} if is_json(output_file) else None
            write(output_file, document, table, source.snapshot.arrays.assets)
        if json:
            output.emit_json({**result.to_dict(), "notice": source.notice})
        elif output_file is None:
            _show(result, top, again(tables))


def _chance(probability: float | None, kind: list[str] | None, fragility: Path | None) -> Any:
    """The chances of failure, from the one option that gives them. Raises InvalidParameter."""
    given = [x for x in (probability, kind or None, fragility) if x is not None]
    if len(given) > 1:
        raise InvalidParameter("chances are given twice", fix="Use one of --probability, --kind and --fragility.")
    if not kind:
        return given[0] if given else None
    found = {}
    for word in kind:
        name, _, number = word.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            raise InvalidParameter(f"--kind {word}: no chance", fix="Write for example --kind bus=0.01") from None
    return found


def _source(file: Path | None, random: int | None, seed: int, chance: Any, failures: int | None) -> Source:
    from twin.impact.failures.scenarios import Random

    if file is not None and random is None:
        if chance is None and failures is None:
            return file
        raise InvalidParameter(
            "chances are for random scenarios", fix="Leave them out, or use --random instead of FILE."
        )
    if random is None or file is not None:
        raise InvalidParameter(
            "scenarios come from a file or are drawn at random",
            fix="twin screen FILE, or: twin screen --random 1000 --seed 1 --failures 5",
        )
    return Random(random, seed, chance, failures)


def _show(result: ScreenResult, top: int, more: str) -> None:
    from twin.impact.failures.screen import worst

    head = f"{result.table.num_rows:,} scenarios, {when(result.mode, result.horizon_s)}"
    output.say(f"{head}, by {output.plain(result.weight)}", style="bold")
    names = ["assets", *([] if result.weight == "count" else ["lost"])]
    columns = list(result.summary["assets"])
    output.table(
        ("per scenario", *columns), ([n, *(result.summary[n][c] for c in columns)] for n in names), right=columns
    )
    output.say()
    rows = worst(result, top).to_pylist()
    parts = [name for name in result.table.column_names if name.startswith("assets_")]
    shown = ["scenario", "failed", *names, *(name for name in parts if any(row[name] for row in rows))]
    output.table(
        [*(n.removeprefix("assets_") for n in shown), "which failed"],
        ([*(row[n] for n in shown), _few(row["failed_ids"])] for row in rows),
        right=shown[1:],
    )
    output.note(f"the worst {len(rows):,} of {result.table.num_rows:,}; all with -o screen.parquet")
    if result.often is not None:
        output.say()
        lost = result.often.slice(0, top).to_pylist()
        columns = ["id", "kind", "domain", "name", "failed", "lost", "frequency"]
        output.table(columns, ([row[c] for c in columns] for row in lost), right=columns[4:])
        output.note(f"{len(lost):,} of {result.often.num_rows:,} assets that are lost in some scenario")
    for line in result.notes:
        output.say(f"Note: {line}", style="dim")
    hints = [f"twin criticality{more}     every single failure"]
    if result.often is not None and result.often.num_rows:
        often = result.often["id"][0].as_py()
        hints.append(f"twin spof {shell(often)}{more}     what alone takes the most often lost one down")
    else:
        hints.append(f"twin screen ... --assets{more} -o lost.gpkg     how often each asset is lost, as a layer")
    output.hints(hints)


def _few(ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return ", ".join(output.plain(name) for name in ids[:NAMED]) + more


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(screen)
