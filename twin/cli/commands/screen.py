"""``twin screen``: thousands of scenarios, what each costs, and how often each asset is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, rests, whatif, wiring
from twin.cli.commands.criticality import Horizon, InTime, Weight, is_json, time_of, weighed, when, write
from twin.cli.commands.find import shell
from twin.cli.options import TOP_NAMES, Json, Output, Tables, again
from twin.cli.progress import bar
from twin.errors import InvalidParameter

if TYPE_CHECKING:
    from twin.impact.failures.scenarios import Source
    from twin.impact.failures.screen import ScreenResult

NAMED = 3
#: Failed assets that a hint repeats at most.
REPEATED = 6


def screen(
    context: typer.Context,
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
            _show(result, top)
            _hints(result, worst_of(result, 1), _asked(context.params), again(tables))


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
    if random is None and file is None and (chance is not None or failures is not None):
        raise InvalidParameter("how many scenarios are to be drawn is missing", fix="Add --random 1000.")
    if random is not None and file is None and (chance is None) == (failures is None):
        raise InvalidParameter(
            "random scenarios need chances of failure, or a number of failures, and not both",
            fix="Give one of --failures 5, --probability 0.001, --kind power_line=0.01 and --fragility FILE.",
        )
    if random is None or file is not None:
        raise InvalidParameter(
            "scenarios come from a file or are drawn at random",
            fix="twin screen FILE, or: twin screen --random 1000 --seed 1 --failures 5",
        )
    return Random(random, seed, chance, failures)


def worst_of(result: ScreenResult, top: int) -> list[dict[str, Any]]:
    """The scenarios that cost most, as rows."""
    from twin.impact.failures.screen import worst

    rows: list[dict[str, Any]] = worst(result, top).to_pylist()
    return rows


def _show(result: ScreenResult, top: int) -> None:
    head = f"{result.table.num_rows:,} scenarios, {when(result.mode, result.horizon_s)}"
    weight, loss = weighed(result.weight)
    output.say(f"{head}, by {weight}", style="bold")
    names = ["assets", *([] if result.weight == "count" else ["lost"])]
    columns = list(result.summary["assets"])
    output.table(
        ("per scenario", *columns),
        ([loss if n == "lost" else n, *(result.summary[n][c] for c in columns)] for n in names),
        right=columns,
    )
    output.say()
    rows = worst_of(result, top)
    parts = [name for name in result.table.column_names if name.startswith("assets_")]
    shown = ["scenario", "failed", *names, *(name for name in parts if any(row[name] for row in rows))]
    heads = [loss if name == "lost" else name.removeprefix("assets_") for name in shown]
    output.table(
        [*heads, "which failed"], ([*(row[n] for n in shown), _few(row["failed_ids"])] for row in rows), right=heads[1:]
    )
    others = "" if result.often is not None else "; all with -o FILE or --json"
    output.note(f"the worst {len(rows):,} of {result.table.num_rows:,}{others}")
    if result.often is not None:
        output.say()
        lost = result.often.slice(0, top).to_pylist()
        columns = ["id", "kind", "domain", "name", "failed", "lost", "frequency"]
        output.table(columns, ([row[c] for c in columns] for row in lost), right=columns[4:])
        output.note(f"{len(lost):,} of {result.often.num_rows:,} assets that are lost in some scenario")
    rests.show(result.assumptions, result.notes, "the event")


def _asked(given: Mapping[str, Any]) -> str:
    """This very question as a command line, from the values of its options; without -o, --assets and --tables."""
    words = ["twin screen"]
    for name in ("file", "random", "seed", "probability", "kind", "fragility", "failures", "weight", "horizon"):
        value = given[name]
        if value is None or value == () or (name, value) in (("seed", 0), ("weight", "count"), ("horizon", "inf")):
            continue
        flag = "" if name == "file" else f"--{name} "
        words += [f"{flag}{shell(str(one))}" for one in (value if isinstance(value, list | tuple) else [value])]
    return " ".join([*words, "--timeline"] if given["timeline"] else words)


def _hints(result: ScreenResult, worst: list[dict[str, Any]], asked: str, more: str) -> None:
    """*worst*: the scenario that costs most; *asked*: this very question as a command line."""
    hints = []
    if worst and 0 < len(worst[0]["failed_ids"]) <= REPEATED:
        ids = " ".join(map(shell, worst[0]["failed_ids"]))
        hints.append(f"twin impact {ids}{more}     the worst one: when and why")
    if result.often is not None and result.often.num_rows:
        often = result.often["id"][0].as_py()
        hints.append(f"twin spof {shell(often)}{more}     what alone takes the most often lost one down")
        hints.append(f"{asked} --assets{more} -o lost.gpkg     how often each asset is lost, as a layer")
    else:
        hints.append(f"{asked} --assets{more}     how often each asset is lost")
        hints.append(f"{asked}{more} -o screen.parquet     all scenarios")
    output.hints([*hints, f"twin criticality{more}     every single failure"])


def _few(ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return ", ".join(output.plain(name) for name in ids[:NAMED]) + more


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(screen))
