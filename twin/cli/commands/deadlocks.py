"""``twin deadlocks``: what must be started by hand after a blackout, and where a portable source does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from twin.cli import output, rests, whatif, wiring
from twin.cli.commands.cold_start import about
from twin.cli.commands.find import shell
from twin.cli.options import Json, Output, Tables, again

if TYPE_CHECKING:
    from twin.impact import Deadlock, Snapshot

NAMED = 6


def deadlocks(tables: Tables = None, output_file: Output = None, json: Json = False) -> None:
    """Cores that wait for each other and do not start by themselves, in the order in which to start them by hand."""
    output.check_target(output_file, spatial=True)
    with wiring.opened(tables) as source:
        cores = source.snapshot.deadlocks()
        document: dict[str, Any] = {
            "revision": source.snapshot.revision,
            "model_level": "L1",
            "assumptions": source.snapshot.rests_on(),
            "total": len(cores),
            "items": [core.to_dict() for core in cores],
            "notice": source.notice,
        }
        if output_file is not None:
            from twin.export.layers import frame_of

            rows = _rows(cores, source.snapshot)
            output.write(output_file, document, rows, lambda: frame_of(source.snapshot.arrays.assets, rows))
        if json:
            output.emit_json(document)
        elif output_file is None:
            _show(cores, document["assumptions"], again(tables))


def _rows(cores: list[Deadlock], snapshot: Snapshot) -> list[dict[str, Any]]:
    """One row per asset of a core."""
    rows = []
    for number, core in enumerate(cores, 1):
        places = set(core.places)
        rows += [
            {**entry, "core": number, "stage": core.stage, "place": entry["id"] in places}
            for entry in about(snapshot, core.assets)
        ]
    return rows


def _show(cores: list[Deadlock], assumptions: dict[str, Any], more: str) -> None:
    if not cores:
        output.say("No deadlock: everything that operates starts by itself.")
        rests.show(assumptions)
        output.hints([f"twin cold-start{more}     in which order"])
        return
    total = sum(len(core.places) for core in cores)
    exact = all(core.exact for core in cores)
    least = "" if exact else f", at least {sum(core.at_least for core in cores):,}"
    output.say(f"{_said(len(cores))}; portable sources needed: {total:,}{least}", style="bold")
    rows = []
    for number, core in enumerate(cores, 1):
        known = "smallest" if core.exact else f"greedy, at least {core.at_least}"
        rows.append([number, core.stage, len(core.assets), _few(core.places), known, _few(core.cycle, " > ")])
    output.table(("core", "stage", "assets", "start at", "which is", "cycle"), rows, right=("core", "stage", "assets"))
    rests.show(assumptions)
    output.say("A portable source forces the asset on; cores of a later stage wait for those before.", style="dim")
    output.hints(
        [
            f"twin cold-start{more}     what starts by itself",
            f"twin show {shell(cores[0].places[0])}{more}     the first place",
        ]
    )


def _said(count: int) -> str:
    return "1 core does not start by itself" if count == 1 else f"{count:,} cores do not start by themselves"


def _few(names: list[str], between: str = ", ") -> str:
    more = f" ... ({len(names):,})" if len(names) > NAMED else ""
    return between.join(output.plain(name) for name in names[:NAMED]) + more


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(deadlocks))
