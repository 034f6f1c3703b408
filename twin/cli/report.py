"""The impact answer as a planner reads it: what is lost by domain and when, what survives, why, what to ask next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from twin.cli import events, output, rests
from twin.cli.commands.find import shell
from twin.durations import human

if TYPE_CHECKING:
    from twin.impact import ImpactResult

VERDICTS = ("failed", "down", "interrupted", "degraded", "at_risk")
STYLES = {"failed": "bold red", "down": "red", "interrupted": "magenta", "degraded": "yellow", "at_risk": "cyan"}
ORDER = {name: place for place, name in enumerate(VERDICTS)}
#: Property -> unit, as it is read in a sentence.
UNITS = {
    "capacity_mw": "MW of capacity",
    "backup_mw": "MW of backup (within the capacity)",
    "demand_mw": "MW of demand",
    "capacity_gbps": "Gbit/s",
    "gpus": "GPUs",
    "customers": "customers",
}
#: Parts of a stake -> how they are headed.
FOOTPRINT = {
    "lost_inside": "Lost inside the footprint",
    "lost_outside": "Lost outside the footprint",
    "lost_unplaced": "Lost without a known place",
    "survives_inside": "Inside the footprint and works on",
}
NAMED = 3


def nothing(notes: list[str]) -> str:
    """What to say of an event that affects nothing; not so where most of what it could hit has no place."""
    from twin.impact.events.event import UNJUDGED

    judged = not any(note.startswith(UNJUDGED) for note in notes)
    return "Nothing is affected." if judged else "Not to be judged: most assets have no known place (see the notes)."


@dataclass(frozen=True)
class Report:
    """One impact answer to print.

    Attributes:
        result: the answer. names: display names of the first failed assets. took_s: how long it took.
        top: how many affected assets to list.
    """

    result: ImpactResult
    names: dict[str, str | None]
    took_s: float
    top: int

    def show(self, options: events.Options, horizon: str, tables: str) -> None:
        """Print it; *options*, *horizon* and *tables* are what a follow-up question needs."""
        self._head()
        if not self.result.affected:
            output.say(nothing(self.result.notes))
        else:
            self._domains()
            self._kinds()
            self._footprint()
            self._survives()
            self._remains()
        rests.show(self.result.assumptions, self.result.notes, "the event")
        self._list()
        idle = options.instead("impact", self.result.event, tables)
        output.hints(idle or self._next(options.again(self.result.event), horizon, tables))

    def _head(self) -> None:
        said = events.called(self.result.event, self.names)
        output.say(f"Impact of losing {said}, {events.until(self.result.event)}", style="bold")
        revision = f"revision {self.result.revision} · " if self.result.revision else ""
        milliseconds = self.took_s * 1000
        output.say(f"{revision}model level {self.result.model_level} · {milliseconds:,.0f} ms", style="dim")
        output.say()

    def _domains(self) -> None:
        rows = []
        for domain, counts in self.result.summary.items():
            times = [a["time_s"] for a in self._of(domain) if a["verdict"] != "at_risk" and a["time_s"] is not None]
            cells = [Text(f"{counts[v]:,}" if counts[v] else "-", STYLES[v] if counts[v] else "dim") for v in VERDICTS]
            first, last = (human(min(times)), human(max(times))) if times else ("-", "-")
            rows.append((domain, *cells, first, last, _capacity(self.result.capacity_lost.get(domain, {}))))
        columns = ("domain", "failed", "down", "interrupted", "degraded", "at risk", "first", "last", "lost")
        output.table(columns, rows, right=columns[1:8])
        output.say()

    def _kinds(self) -> None:
        """What is failed or down, counted by kind."""
        for domain in self.result.summary:
            kinds = Counter(a["kind"] for a in self._of(domain) if a["verdict"] in ("failed", "down"))
            if kinds:
                said = ", ".join(f"{count:,} {kind}{self._megawatts(kind)}" for kind, count in _ranked(kinds))
                output.say(f"Lost in {domain}: {said}")
        output.say()

    def _megawatts(self, kind: str) -> str:
        lost = self.result.stake["by_kind"].get(kind, {}).get("lost", {}).get("capacity_mw")
        return f" ({output.number(lost)} MW)" if lost else ""

    def _footprint(self) -> None:
        """What is lost inside and outside the footprint, apart."""
        if "hazard" not in self.result.event.get("chosen", {}) or self.result.event["chosen"]["hazard"] is None:
            return
        for part, where in FOOTPRINT.items():
            sums = {d: parts[part] for d, parts in self.result.stake["by_domain"].items() if part in parts}
            if sums:
                said = "; ".join(f"{_amount(of)} in {domain}" for domain, of in sums.items())
                output.say(f"{where}: {said}")
        output.say()

    def _remains(self) -> None:
        """What still works at the horizon."""
        for domain in self.result.summary:
            left = self.result.stake["by_domain"].get(domain, {}).get("survives")
            said = _amount(left) if left else "nothing"
            output.say(f"Still works in {domain}: {said}")
        output.say()

    def _of(self, domain: str) -> Iterable[dict[str, Any]]:
        return (entry for entry in self.result.affected if entry["domain"] == domain)

    def _survives(self) -> None:
        risky = [a for a in self.result.affected if a["verdict"] == "at_risk"]
        if risky:
            drops = [a for a in risky if self._will_drop(a)]
            output.say(f"Survive through redundancy or a buffer: {len(risky):,} at risk", style="bold")
            spare = [a for a in risky if not self._will_drop(a)]
            if spare:
                output.say(f"  one more loss away: {_few(spare)}")
            if drops:
                first = min(a["time_s"] for a in drops)
                output.say(f"  will drop later, the first after {human(first)}: {_few(drops)}")
        back = [a for a in self.result.affected if a["verdict"] == "interrupted"]
        if back:
            output.say(f"Came back: {_few(back)}")
        for source in self.result.standby[:NAMED]:
            until = f", for {human(source['off_s'] - source['on_s'])}" if source["off_s"] is not None else ""
            output.say(f"Standby: {output.plain(source['id'])} on after {human(source['on_s'])}{until}")
        if len(self.result.standby) > NAMED:
            output.say(f"Standby: {len(self.result.standby) - NAMED:,} more called")
        if risky or back or self.result.standby:
            output.say()

    def _will_drop(self, entry: dict[str, Any]) -> bool:
        horizon = self.result.event["horizon_s"]
        return horizon is not None and entry["time_s"] is not None and entry["time_s"] > horizon

    def _list(self) -> None:
        if not self.result.affected or not self.top:
            return
        ranked = sorted(self.result.affected, key=_rank)
        output.say()
        rows = []
        for entry in ranked[: self.top]:
            verdict = entry["verdict"].replace("_", " ")
            others = [f.replace("_", " ") for f in entry["flags"] if f != entry["verdict"]]
            shown = Text(f"{verdict} ({', '.join(others)})" if others else verdict, STYLES[entry["verdict"]])
            kind = f"{entry['kind']}"
            rows.append((shown, _when(entry), entry["id"], kind, entry["name"], _why(entry)))
        output.table(("verdict", "when", "asset", "kind", "name", "because"), rows)
        if len(ranked) > self.top:
            output.say(f"... {self.top:,} of {len(ranked):,} affected assets; all with --all", style="dim")

    def _next(self, event: str, horizon: str, tables: str) -> list[str]:
        within = f" --horizon {shell(horizon)}" if horizon != "inf" else ""
        lines = [
            f"twin timeline {event}{within}{tables}     in order, with buffers and races",
            f"twin impact {event}{within}{tables} -o impact.geojson     as a layer (.gpkg, .csv, .parquet too)",
        ]
        lost = next((a["id"] for a in sorted(self.result.affected, key=_rank) if a["verdict"] == "down"), None)
        if lost:
            lines.append(
                f"twin explain {shell(lost)} {events.flagged(event)}{within}{tables}     why, back to the event"
            )
        if not within:
            lines.append(f"twin impact {event} --horizon 8h{tables}     what is down after 8 hours")
        return lines


def _rank(entry: dict[str, Any]) -> tuple[int, float, float, str]:
    time_s, hop = entry["time_s"], entry["hop"]
    endless = float("inf")
    return ORDER[entry["verdict"]], endless if time_s is None else time_s, endless if hop is None else hop, entry["id"]


def _amount(sums: dict[str, float]) -> str:
    """Assets and what they sum up to."""
    count = int(sums["assets"])
    rest = _capacity({name: value for name, value in sums.items() if name != "assets"})
    return f"{count:,} {'asset' if count == 1 else 'assets'}" + (f" ({rest})" if rest else "")


def _ranked(kinds: Counter[str]) -> list[tuple[str, int]]:
    return sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))


def _few(entries: list[dict[str, Any]]) -> str:
    more = f" and {len(entries) - NAMED:,} more" if len(entries) > NAMED else ""
    return ", ".join(events.called_one(entry["id"], entry["name"]) for entry in entries[:NAMED]) + more


def _capacity(lost: dict[str, float]) -> str:
    said = []
    for name, value in lost.items():
        if name == "backup_mw":
            continue
        backup = lost.get("backup_mw", 0) if name == "capacity_mw" else 0
        if backup == value and backup:
            said.append(f"{output.number(value)} MW of backup")
        else:
            part = f", {output.number(backup)} of it backup" if backup else ""
            said.append(f"{output.number(value)} {UNITS.get(name, name)}{part}")
    return ", ".join(said)


def _when(entry: dict[str, Any]) -> str:
    if len(entry["outages"]) > 1 or (entry["outages"] and entry["outages"][-1][1] is not None):
        shown = [f"{human(a)} to {human(b)}" if b is not None else f"from {human(a)}" for a, b in entry["outages"][:2]]
        return ", ".join(shown) + (" ..." if len(entry["outages"]) > 2 else "")
    return human(entry["time_s"])


def _why(entry: dict[str, Any]) -> str:
    if entry["verdict"] == "failed":
        return "the event"
    if not entry["lost"]:
        return ""
    gate = entry["lost"][0]
    members = ", ".join(output.plain(name) for name in gate["failed_members"][:NAMED])
    more = f" and {len(gate['failed_members']) - NAMED:,} more" if len(gate["failed_members"]) > NAMED else ""
    others = f"; and {len(entry['lost']) - 1} more" if len(entry["lost"]) > 1 else ""
    name = gate["service"] if gate["group"] == gate["service"] else f"{gate['service']}/{gate['group']}"
    return f"{name} {gate['have']} of {gate['need']} needed: {members}{more}{others}"
