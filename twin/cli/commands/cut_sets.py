"""``twin cut-sets``: the smallest sets of failures that take an asset down, and how likely that is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, rests, whatif, wiring
from twin.cli.commands.criticality import Horizon, InTime, time_of, when
from twin.cli.commands.find import shell
from twin.cli.options import TOP_NAMES, Json, Output, Tables, again
from twin.errors import InvalidParameter

if TYPE_CHECKING:
    import pyarrow as pa

    from twin.impact.cutsets import CutSets

TOP = 20
IMPORTANCES = ("unavailability", "birnbaum", "fussell_vesely", "raw", "rrw")


def cut_sets(
    id: Annotated[str, typer.Argument(metavar="ID", help="The asset's id.")],
    order: Annotated[
        str, typer.Option("--order", metavar="N", help="Sets of at most N assets; all for every order.")
    ] = "3",
    can_fail: Annotated[
        list[str] | None,
        typer.Option("--can-fail", help="Only these kinds or domains can fail; comma-separated or several times."),
    ] = None,
    unavailability: Annotated[
        list[str] | None,
        typer.Option("--unavailability", metavar="ID=P", help="Share of the time that an asset is down by itself."),
    ] = None,
    kind_unavailability: Annotated[
        list[str] | None,
        typer.Option("--kind-unavailability", metavar="KIND=P", help="The same for assets of a kind that carry none."),
    ] = None,
    timeline: InTime = False,
    horizon: Horizon = "inf",
    top: Annotated[int, typer.Option(*TOP_NAMES, min=0, help="Sets and importances to list.")] = TOP,
    everything: Annotated[bool, typer.Option("--all", help="List all of them.")] = False,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """The smallest sets of failures that take an asset down for good, and how likely that is."""
    output.check_target(output_file, what="cut sets")
    most, kinds = read_order(order), words(can_fail)
    horizon_s = time_of(timeline, horizon)
    given, by_kind = chances(unavailability), chances(kind_unavailability, "--kind-unavailability")
    with wiring.opened(tables) as source:
        result = source.snapshot.cut_sets(
            id,
            most,
            probabilities=given,
            kind_probabilities=by_kind,
            can_fail=kinds,
            timeline=timeline,
            horizon_s=horizon_s,
            progress=None if json else _Progress(),
        )
        document = {**result.to_dict(), "notice": source.notice}
        if output_file is not None:
            output.write(output_file, document, _rows(result), table=_table(result))
        if json:
            output.emit_json(document)
        elif output_file is None:
            _show(result, None if everything else top, again(tables))


class _Progress:
    """Tells how far a long search is, to stderr, not more than once a second."""

    def __init__(self) -> None:
        self._next = time.monotonic() + 1

    def __call__(self, text: str) -> None:
        if time.monotonic() >= self._next:
            output.note(text)
            self._next = time.monotonic() + 1


def read_order(word: str) -> int | None:
    """The order, None for all. Raises InvalidParameter."""
    if word == "all":
        return None
    if not word.isdecimal():
        raise InvalidParameter(f"the order is {word!r}", fix="Give a whole number from 1, or: all.")
    return int(word)


def words(given: list[str] | None) -> list[str] | None:
    """Words of an option that may hold several, None when there is none."""
    return [part.strip() for word in given or [] for part in word.split(",") if part.strip()] or None


def chances(given: list[str] | None, option: str = "--unavailability") -> dict[str, float]:
    """``NAME=P`` as a dictionary. Raises InvalidParameter."""
    found: dict[str, float] = {}
    for word in given or []:
        name, equals, number = word.rpartition("=")
        try:
            found[name] = float(number)
        except ValueError:
            equals = ""
        if not (name and equals):
            raise InvalidParameter(f"{option} {word!r} is not NAME=P", fix=f"Such as: {option} NAME=0.001")
    return found


def _table(result: CutSets) -> pa.Table:
    """One row per set: ``order, probability, assets`` (a list)."""
    import pyarrow as pa

    columns = {
        "order": pa.array([len(s["assets"]) for s in result.sets], pa.int64()),
        "probability": pa.array([s["probability"] for s in result.sets], pa.float64()),
        "assets": pa.array([s["assets"] for s in result.sets], pa.list_(pa.string())),
    }
    return pa.table(columns)


def _rows(result: CutSets) -> list[dict[str, Any]]:
    return [
        {"order": len(s["assets"]), "probability": s["probability"], "assets": " ".join(s["assets"])}
        for s in result.sets
    ]


def _show(result: CutSets, top: int | None, more: str) -> None:
    asset = result.asset["id"]
    called = output.plain(_called(asset, result.asset["name"]))
    reach = "of all orders" if result.order is None else f"of at most {result.order}"
    asked = when(result.state, result.horizon_s)
    output.say(f"Minimal cut sets of {called}, {reach}, {asked}", style="bold")
    listed = [f"{count:,} of order {size}" for size, count in enumerate(result.counts) if count]
    output.say(f"{', '.join(listed) or 'none'}; {result.can_fail:,} assets can fail")
    if result.out:
        output.say(f"Left out: {result.out:,} that it rests on do not operate before any event.")
    _likelihood(result, top)
    _sets(result, top)
    rests.show(result.assumptions, result.notes)
    hints = [f"twin impact {' '.join(map(shell, result.sets[0]['assets']))}{more}     why"] if result.sets else []
    if result.order is not None and not result.sets:
        hints.append(f"twin cut-sets {shell(asset)} --order {result.order + 1}{more}     larger sets")
    output.hints([*hints, f"twin spof {shell(asset)}{more}     single failures, those that count only in time too"])


def _sets(result: CutSets, top: int | None) -> None:
    shown = result.sets[:top]
    if not shown:
        return
    output.say()
    with_chance = any(s["probability"] is not None for s in shown)
    rows = []
    for found in shown:
        chance = [f"{found['probability']:.3g}"] if with_chance and found["probability"] is not None else [""]
        named = [_called(name, result.assets[name]["name"]) for name in found["assets"]]
        rows.append([len(found["assets"]), *(chance if with_chance else []), " + ".join(named)])
    columns = ["order", *(["probability"] if with_chance else []), "all of these fail"]
    output.table(columns, rows, right=columns[:-1])
    if len(result.sets) > len(shown):
        output.note(
            f"{len(shown):,} of {len(result.sets):,} sets; all with --all, or -o FILE.csv (.parquet, .arrow, .json)"
        )


def _called(name: str, title: str | None) -> str:
    return f"{name} ({title})" if title and title != name else name


def _likelihood(result: CutSets, top: int | None) -> None:
    known = result.unavailability
    if known is None and result.state == "timeline":
        return
    if known is None:
        output.say("How likely it is cannot be said: none of them carries unavailability, or mttf_h and mttr_h.")
        return
    if known["value"] is not None:
        value = f"{known['value']:.6g}, exact"
    else:
        value = f"from {known['lower']:.6g} to {known['upper']:.6g}"
    output.say(f"Unavailability: {value}; rare-event sum of the sets {known['rare_event']:.6g}")
    output.say(f"{known['with_data']:,} assets carry data; {known['without_data']:,} without are never down at random.")
    if result.importances[:top]:
        output.say()
        columns = ("id", "name", *(name.replace("_", " ") for name in IMPORTANCES))
        rows = [[e["id"], e["name"], *(_number(e[name]) for name in IMPORTANCES)] for e in result.importances[:top]]
        output.table(columns, rows, right=columns[2:])


def _number(value: float | None) -> str:
    return "inf" if value is None else f"{value:.4g}"


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command("cut-sets")(whatif.asking(cut_sets))
