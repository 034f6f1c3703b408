"""``twin timeline``: what an event does in which order, what runs on which buffer, which races are lost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from twin.cli import events, output, rests, whatif, wiring
from twin.cli.commands.find import shell
from twin.cli.options import TOP_NAMES, Json, Output, Tables, again
from twin.durations import exact, parse_duration

if TYPE_CHECKING:
    from twin.impact.events.story import TimelineResult

TOP = 40
STYLES = {
    "failed": "bold red",
    "down": "red",
    "back": "green",
    "fed_again": "green",
    "standby_on": "green",
    "on_buffer": "cyan",
    "at_risk": "cyan",
    "degraded": "yellow",
    "buffer_spent": "magenta",
    "standby_off": "magenta",
}


def timeline(
    context: typer.Context,
    ids: events.Ids = None,
    where: events.Where = None,
    hazard: events.HazardFile = None,
    layer: events.HazardLayer = None,
    buffer: events.Buffer = "0",
    crossing: events.Crossing = "0",
    horizon: events.Horizon = "inf",
    top: Annotated[
        int, typer.Option(*TOP_NAMES, min=0, help="Lines to show: what happens to one kind at one time is one.")
    ] = TOP,
    everything: Annotated[bool, typer.Option("--all", help="A line for everything that happens.")] = False,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """What happens in which order when these assets fail: drops and their causes, buffers, standby sources, races."""
    output.check_target(output_file, spatial=True)
    horizon_s = parse_duration(horizon)
    options = events.Options(ids, where, hazard, layer, buffer, crossing)
    event = options.read(context)
    with wiring.opened(tables) as source:
        result = source.snapshot.timeline(event, horizon_s)
        document = {**result.to_dict(), "notice": source.notice}
        if output_file is not None:
            from twin.export.layers import frame_of

            rows = result.events
            output.write(output_file, document, rows, lambda: frame_of(source.snapshot.arrays.assets, rows))
        if json:
            output.emit_json(document)
        elif output_file is None:
            _show(result, events.names_of(source.snapshot, result.event), None if everything else top)
            _hints(result, options, horizon, again(tables))


def _show(result: TimelineResult, names: dict[str, str | None], top: int | None) -> None:
    said = events.called(result.event, names)
    output.say(f"Timeline of losing {said}, {events.until(result.event)}", style="bold")
    output.say()
    if not result.events:
        output.say("Nothing happens.")
    groups = _groups(result.events) if top is not None else [[e] for e in result.events]
    rows = [
        (
            exact(g[0]["time_s"]),
            Text(g[0]["what"].replace("_", " "), STYLES.get(g[0]["what"], "")),
            *_who(g),
            _more(g[0]),
        )
        for g in groups[:top]
    ]
    if rows:
        output.table(("at", "what", "assets", "kind", "detail"), rows, right=("at",))
    if len(groups) > len(rows) or len(groups) < len(result.events):
        counts = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in _counted(result.events).items())
        more = f"{len(rows):,} of {len(groups):,} lines for " if len(groups) > len(rows) else ""
        output.say(f"{more}{len(result.events):,} happenings ({counts}); each of them with --all", style="dim")
    _races(result.races, top)
    if result.ahead:
        first = min(e["time_s"] for e in result.ahead)
        output.say()
        output.say(f"After the horizon {len(result.ahead):,} more go down, the first at {exact(first)}.")
    rests.show(result.assumptions, result.notes, "the event")


def _groups(found: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """What happens at one time to assets of one kind, by one last straw, together."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for e in found:
        gate = (e.get("service"), e.get("group"), e.get("buffer_s"), e.get("until_s"))
        alike = (e["time_s"], e["what"], e["kind"], *gate, tuple(e.get("by", ())))
        groups.setdefault(alike, []).append(e)
    return list(groups.values())


def _who(group: list[dict[str, Any]]) -> tuple[str, str]:
    kind = group[0]["kind"]
    if len(group) == 1:
        return output.plain(group[0]["id"]), kind
    return output.plain(f"{group[0]['id']} and {len(group) - 1:,} more"), f"{len(group):,} {kind}"


def _counted(found: list[dict[str, Any]]) -> Counter[str]:
    return Counter(e["what"] for e in found)


def _more(entry: dict[str, Any]) -> str:
    gate = _gate(entry) if "service" in entry else ""
    until = exact(entry["until_s"]) if entry.get("until_s") is not None else None
    by = ", ".join(entry.get("by", ())[: events.NAMED])
    said = {
        "down": f"{gate}, last straw {by}" if by else gate,
        "called": f"by {by}, on at {until or 'once'}",
        "standby_on": f"until {until}" if until else "",
        "on_buffer": f"{gate} not fed: {exact(entry.get('buffer_s'))}, until {until}",
        "buffer_spent": f"{gate}: {exact(entry.get('buffer_s'))}",
        "fed_again": gate,
    }
    return output.plain(said.get(entry["what"], ""))


def _gate(entry: dict[str, Any]) -> str:
    service, group = entry["service"], entry["group"]
    return service if service == group else f"{service}/{group}"


def _races(races: list[dict[str, Any]], top: int | None) -> None:
    lost = [race for race in races if race["outcome"] == "lost"]
    won = [race for race in races if race["outcome"] == "won"]
    for found, title in ((lost, "Races lost"), (won, "Races won")):
        roots = [race for race in found if race["follows"] is None]
        if not found:
            continue
        output.say()
        beside = f", {len(found) - len(roots):,} more follow from a race lost before" if len(found) > len(roots) else ""
        output.say(f"{title}: {len(roots):,}{beside}", style="bold")
        rows = [
            (r["id"], _gate(r), exact(r["buffer_s"]), exact(r["unfed_s"]), exact(r["spent_s"]), _back(r), _margin(r))
            for r in (roots or found)[:top]
        ]
        if rows:
            columns = ("asset", "gate", "buffer", "not fed from", "lasts until", "supply back", "margin")
            output.table(columns, rows, right=columns[2:])


def _back(race: dict[str, Any]) -> str:
    return "never" if race["back_s"] is None else exact(race["back_s"])


def _margin(race: dict[str, Any]) -> str:
    margin = race["margin_min"]
    if margin is None:
        return "-"
    return f"{margin:+,.6g} min"


def _hints(result: TimelineResult, options: events.Options, horizon: str, tables: str) -> None:
    if idle := options.instead("timeline", result.event, tables):
        output.hints(idle)
        return
    event = options.again(result.event)
    within = f" --horizon {shell(horizon)}" if horizon != "inf" else ""
    last = next((e["id"] for e in reversed(result.events) if e["what"] == "down"), None)
    lines = [f"twin impact {event}{within}{tables}     what is lost per domain"]
    if last:
        lines.insert(0, f"twin explain {shell(last)} {events.flagged(event)}{within}{tables}     why, step by step")
    output.hints(lines)


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(timeline))
