"""``twin cold-start``: what can be started from nothing, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, rests, whatif, wiring
from twin.cli.commands.find import shell
from twin.cli.options import TOP_NAMES, Json, Output, Tables, again

if TYPE_CHECKING:
    from twin.impact import ColdStart, Snapshot

NAMED = 4


def cold_start(
    rounds: Annotated[int, typer.Option(*TOP_NAMES, "--rounds", min=0, help="Rounds to list.")] = 50,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """What comes up by itself after everything was down, round by round: an energisation order."""
    output.check_target(output_file, spatial=True)
    with wiring.opened(tables) as source:
        result = source.snapshot.cold_start()
        document = {**result.to_dict(), "notice": source.notice}
        if output_file is not None:
            from twin.export.layers import frame_of

            rows = _rows(result, source.snapshot)
            output.write(output_file, document, rows, lambda: frame_of(source.snapshot.arrays.assets, rows))
        if json:
            output.emit_json(document)
        elif output_file is None:
            _show(result, source.snapshot, rounds, again(tables))


def about(snapshot: Snapshot, ids: list[str]) -> list[dict[str, Any]]:
    """``id, kind, domain, name`` of these assets, in order."""
    import numpy as np

    return snapshot.catalogue.brief(np.array([snapshot.catalogue.row(name) for name in ids], np.int64))


def _rows(result: ColdStart, snapshot: Snapshot) -> list[dict[str, Any]]:
    """One row per asset: its round, or none for what operates and does not start."""
    placed: list[tuple[str, int | None]] = [
        (name, step) for step, names in enumerate(result.rounds, 1) for name in names
    ]
    placed += [(name, None) for name in result.stuck]
    named = about(snapshot, [name for name, _ in placed])
    return [{**entry, "round": step} for entry, (_, step) in zip(named, placed, strict=True)]


def _show(result: ColdStart, snapshot: Snapshot, top: int, more: str) -> None:
    output.say("Cold start: what comes up from nothing", style="bold")
    rows = []
    for step, names in enumerate(result.rounds[:top], 1):
        kinds: dict[str, int] = {}
        for entry in about(snapshot, names):
            kinds[entry["kind"]] = kinds.get(entry["kind"], 0) + 1
        ranked = sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
        said = ", ".join(f"{count:,} {kind}" for kind, count in ranked[:NAMED])
        said += f" and {len(ranked) - NAMED} kinds more" if len(ranked) > NAMED else ""
        first = ", ".join(output.plain(name) for name in names[:NAMED])
        rows.append([step, len(names), said, first + (" ..." if len(names) > NAMED else "")])
    output.table(("round", "assets", "kinds", "first of them"), rows, right=("round", "assets"))
    output.note(
        f"{min(top, len(result.rounds)):,} of {len(result.rounds):,} rounds; {len(result.started):,} assets start"
    )
    rests.show(result.assumptions)
    if result.stuck:
        output.say(f"{len(result.stuck):,} assets operate now and would not start: up only while warm.", style="bold")
        output.hints(
            [
                f"twin deadlocks{more}     what must be started by hand, and where",
                f"twin dependencies {shell(result.stuck[0])}{more}     what the first of them rests on",
            ]
        )
    else:
        output.say("Everything that operates starts by itself.")
        output.hints([f"twin criticality{more}     which single failures cost most"])


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(cold_start))
