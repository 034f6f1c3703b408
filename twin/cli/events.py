"""How a command is told what fails: ids, a selection, a hazard; and how an answer says it again."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output
from twin.distances import human_distance, parse_distance
from twin.durations import human
from twin.errors import InvalidParameter, LimitExceeded

if TYPE_CHECKING:
    from twin.impact import Snapshot
    from twin.impact.events.event import Event
    from twin.impact.events.hazard import Hazard

MAX_IDS = 1_000_000
NAMED = 3

Ids = Annotated[
    list[str] | None, typer.Argument(metavar="[ID...]", help="Assets taken as failed; - reads ids from stdin.")
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        "-w",
        metavar="EXPR",
        help="Assets that match fail, e.g. 'kind=substation and name~Nord'; with --hazard, of what it hits only these.",
    ),
]
HazardFile = Annotated[
    Path | None,
    typer.Option(
        "--hazard", metavar="FILE", help="What lies in or crosses the polygons of FILE fails (any GDAL format)."
    ),
]
HazardLayer = Annotated[str | None, typer.Option("--hazard-layer", metavar="NAME", help="Which layer of that file.")]
Buffer = Annotated[str, typer.Option("--buffer", metavar="DISTANCE", help="Widen the hazard: 500m, 2km.")]
Crossing = Annotated[
    str,
    typer.Option(
        "--min-crossing", metavar="DISTANCE", help="A line fails when so much of it lies inside, or all of it."
    ),
]
Horizon = Annotated[str, typer.Option("--horizon", "-H", help="How long to look: 90s, 15min, 8h, 2d, seconds, or inf.")]


@dataclass(frozen=True)
class Options:
    """What the command line says about an event."""

    ids: list[str] | None = None
    where: list[str] | None = None
    hazard: Path | None = None
    layer: str | None = None
    buffer: str = "0"
    crossing: str = "0"

    def read(self, context: typer.Context) -> Event:
        """The event; a command line that names none is a usage error.

        Raises:
            InvalidParameter: an option is not valid. SourceUnreadable: the hazard cannot be read.
        """
        from twin.impact.events.event import Event

        if not self.ids and not self.where and self.hazard is None:
            named = "--event ID" if context.info_name == "explain" else "an ID"
            context.fail(f"Missing what fails: {named}, --where EXPR or --hazard FILE.")
        metres, least = parse_distance(self.buffer), parse_distance(self.crossing)
        if self.hazard is None and (metres or least or self.layer):
            raise InvalidParameter(
                "--buffer, --min-crossing and --hazard-layer need --hazard", fix="Add --hazard FILE."
            )
        footprint = read_hazard(self.hazard, self.layer, metres, least)
        return Event(read_ids(self.ids) if self.ids else [], both(self.where), footprint)

    def again(self, event: dict[str, Any], flag: str = "") -> str:
        """The same as words of a command line; *event*: of the answer; *flag*: what stands before an id."""
        ids = [name for name in self.ids or [] if name != "-"] if "-" not in (self.ids or []) else event["failed"]
        shown = ids if len(ids) <= NAMED else ["ID..."]
        parts = [f"{flag}{quote(output.plain(name)) if name != 'ID...' else name}" for name in shown]
        parts += [f"--where {quote(text)}" for text in self.where or []]
        for name, value in (
            ("hazard", self.hazard),
            ("hazard-layer", self.layer),
            ("buffer", self.buffer),
            ("min-crossing", self.crossing),
        ):
            if value is not None and str(value) != "0":
                parts.append(f"--{name} {quote(str(value))}")
        return " ".join(parts)

    def instead(self, command: str, event: dict[str, Any], more: str) -> list[str]:
        """What to ask where the hazard hit nothing that fails, none where something does; *event*: of the answer."""
        if event["failed"] or self.hazard is None:
            return []
        metres = parse_distance(self.buffer)
        wider = replace(self, buffer=f"{max(1, round(10 * metres / 1000))}km", crossing="0")
        hints = [f"twin {command} {wider.again(event)}{more}     a wider footprint"]
        if self.where:
            hints.append(f"twin {command} {replace(self, where=None).again(event)}{more}     whatever it hits")
        return [*hints, f"twin find{more}     what there is"]


def read_hazard(path: Path | None, layer: str | None, buffer_m: float, min_crossing_m: float) -> Hazard | None:
    """The hazard of a file, or None. Raises SourceUnreadable, InvalidParameter, LimitExceeded."""
    if path is None:
        return None
    from twin.impact.events.hazard import Hazard

    return Hazard.read(path, layer, buffer_m=buffer_m, min_crossing_m=min_crossing_m)


def both(where: list[str] | None) -> str | None:
    """Several selections as one that asks for all of them."""
    if not where:
        return None
    return where[0] if len(where) == 1 else " and ".join(f"({part})" for part in where)


def read_ids(words: list[str]) -> list[str]:
    """The ids of the command line, each once; ``-`` stands for the lines of stdin.

    Raises:
        InvalidParameter: there is none. LimitExceeded: far too many.
    """
    found: list[str] = []
    for word in words:
        lines = sys.stdin.read().splitlines() if word == "-" else [word]
        found += [line.strip() for line in lines if line.strip()]
    if not found:
        raise InvalidParameter("no asset id was given", fix="Name at least one: twin impact ID")
    if len(found) > MAX_IDS:
        raise LimitExceeded(f"{len(found):,} ids were given; at most {MAX_IDS:,} can fail in one event")
    return list(dict.fromkeys(found))


def names_of(snapshot: Snapshot, event: dict[str, Any]) -> dict[str, str | None]:
    """Display names of the first assets of an event."""
    ids = event.get("chosen", {}).get("ids", event["failed"])[:NAMED]
    return {name: snapshot.asset(name)["name"] for name in ids}


def called(event: dict[str, Any], names: dict[str, str | None]) -> str:
    """An event in words; *names*: display names of its first assets."""
    failed, chosen = event["failed"], event.get("chosen")
    if chosen is None:
        return some(failed, names)
    parts = [some(chosen["ids"], names)] if chosen["ids"] else []
    hazard, where = chosen["hazard"], chosen["where"]
    if hazard is not None:
        parts.append(_footprint(hazard) + (f", of that {where}" if where else ""))
    elif where:
        parts.append(f"all with {where}")
    return output.plain(f"{' and '.join(parts)}: {len(failed):,} {'asset' if len(failed) == 1 else 'assets'}")


def _footprint(hazard: dict[str, Any]) -> str:
    names = hazard["names"]
    listed = f": {', '.join(names[:NAMED])}{' and more' if len(names) > NAMED else ''}" if names else ""
    said = [f"{hazard['features']:,} {'feature' if hazard['features'] == 1 else 'features'}{listed}"]
    if hazard["buffer_m"]:
        said.append(f"buffer {human_distance(hazard['buffer_m'])}")
    if hazard["min_crossing_m"]:
        said.append(f"lines from {human_distance(hazard['min_crossing_m'])} inside")
    return f"the hazard {hazard['source'] or ''} ({'; '.join(said)})".replace("hazard  (", "hazard (")


def some(ids: list[str], names: dict[str, str | None]) -> str:
    """The first of some ids, with their names."""
    shown = ", ".join(called_one(name, names.get(name)) for name in ids[:NAMED])
    return shown + (f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else "")


def called_one(id: str, name: str | None) -> str:
    """An asset as it is called."""
    return output.plain(f"{id} ({name})" if name and name != id else id)


def until(event: dict[str, Any]) -> str:
    """The horizon of an event in words."""
    horizon = event["horizon_s"]
    return "until all buffers are spent" if horizon is None else f"within {human(horizon)}"


def flagged(event: str) -> str:
    """The words of an event, ids behind ``--event`` as ``twin explain`` takes them."""
    import shlex

    parts = shlex.split(event)
    found: list[str] = []
    for place, word in enumerate(parts):
        is_option = word.startswith("--") or (place > 0 and parts[place - 1].startswith("--"))
        found += [quote(word)] if is_option else ["--event", word if word == "ID..." else quote(word)]
    return " ".join(found)
