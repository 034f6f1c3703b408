"""The timeline answer: what happens in which order, what runs on which buffer, what set each time, races lost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from twin.collector import paused
from twin.display.where import InArrays
from twin.impact import verdicts as v
from twin.impact.affected import seconds, texts
from twin.impact.events.ask import Asked
from twin.impact.events.causes import DOWN, Node
from twin.impact.events.races import buffers, races
from twin.impact.rests import Resting
from twin.impact.result import MODEL_LEVEL
from twin.snapshot.arrays import Longs

#: What happens, in the order in which it happens within one instant.
ORDER = (
    "failed",
    "called",
    "standby_on",
    "standby_off",
    "buffer_spent",
    "down",
    "back",
    "on_buffer",
    "fed_again",
    "degraded",
    "at_risk",
)


@dataclass(repr=False)
class TimelineResult(Resting):
    """One event through time.

    Attributes:
        event, revision, model_level: what it rests on.
        events: in order, each ``time_s, what`` (see ``ORDER``), ``id, kind, domain, name`` and what belongs to it:
            ``service, group`` of a gate, ``buffer_s, until_s``, ``by`` (who called; the last straw of a drop).
        buffers, races: see :mod:`twin.impact.events.races`. standby: sources called, from when to when, by whom.
        steps: the critical chains, shared: each ``id``, ``at_s`` (since when it did not deliver), ``why`` (see
            :mod:`twin.impact.events.causes`), ``service, group, buffer_s`` (the gate it lost, and how long its buffer
            lasted) and ``next``, the place of the step before it in time (its last straw), None at the end.
        critical: affected asset -> the step that its chain begins with; see :meth:`chain`.
        ahead: what will drop after a finite horizon, by time.
        summary: domain -> verdict -> count. notes: caveats in words.
    """

    QUESTION: ClassVar[str] = "timeline"

    event: dict[str, Any]
    revision: int
    summary: dict[str, dict[str, int]]
    events: list[dict[str, Any]]
    buffers: list[dict[str, Any]]
    races: list[dict[str, Any]]
    standby: list[dict[str, Any]]
    steps: list[dict[str, Any]] = field(default_factory=list)
    critical: dict[str, int] = field(default_factory=dict)
    ahead: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    def chain(self, asset_id: str) -> list[dict[str, Any]]:
        """The critical chain of an affected asset: steps from it back to the event; empty for any other asset."""
        found = []
        place = self.critical.get(asset_id)
        while place is not None:
            found.append(self.steps[place])
            place = found[-1]["next"]
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "event": self.event,
            "revision": self.revision,
            "model_level": self.model_level,
            "assumptions": self.assumptions,
            "summary": self.summary,
            "events": self.events,
            "buffers": self.buffers,
            "races": self.races,
            "standby": self.standby,
            "steps": self.steps,
            "critical": self.critical,
            "ahead": self.ahead,
            "notes": self.notes,
        }


@paused()
def timeline(asked: Asked) -> TimelineResult:
    """Everything that an event does, in order."""
    impact, running = asked.impact(), buffers(asked)
    events = [*_dropping(asked), *_buffered(running), *_standing_by(asked, impact.standby), *_risen(asked)]
    horizon = asked.run.horizon_s
    place = {what: i for i, what in enumerate(ORDER)}
    events.sort(key=lambda e: (e["time_s"], place[e["what"]], e["id"], e.get("service", ""), e.get("group", "")))
    rows = np.flatnonzero((asked.verdicts.verdict != v.UNAFFECTED) & (asked.verdicts.verdict != v.FAILED))
    steps, starts = chains(asked, [asked.causes.start(row) for row in rows.tolist()])
    made = TimelineResult(
        event=impact.event,
        revision=impact.revision,
        summary=impact.summary,
        events=[e for e in events if e["time_s"] <= horizon],
        buffers=running,
        races=races(asked),
        standby=impact.standby,
        steps=steps,
        critical=dict(zip(texts(asked.system, "id", rows), starts, strict=True)),
        ahead=[e for e in events if e["time_s"] > horizon and e["what"] == "down"],
        notes=impact.notes,
        assumptions=impact.assumptions,
    )
    return made.placed(InArrays(asked.whole.arrays))


def chains(asked: Asked, nodes: list[Node]) -> tuple[list[dict[str, Any]], list[int]]:
    """The critical chains of *nodes* as steps that they share, and the step that each begins with."""
    causes = asked.causes
    causes.trace(nodes)
    order: dict[Node, int] = {}
    for node in nodes:
        step: Node | None = node
        while step is not None and step not in order:
            order[step] = len(order)
            step = causes.straw(step)
    steps = []
    for node, name in zip(order, texts(asked.system, "id", _rows(list(order))), strict=True):
        after = causes.straw(node)
        said = {"id": name, "at_s": seconds(node.time), "why": node.why, **gate_of(asked, node)}
        steps.append({**said, "next": None if after is None else order[after]})
    return steps, [order[node] for node in nodes]


def gate_of(asked: Asked, node: Node) -> dict[str, Any]:
    """The gate that decided at a node: service, group, and how long its buffer lasted."""
    reason = asked.causes.reason(node)
    if reason.losses is None or reason.gate is None:
        return {}
    gate = int(reason.losses.gate[reason.gate])
    service, group = asked.catalogue.gate_name(gate)
    return {"service": service, "group": group, "buffer_s": seconds(node.time - reason.since)}


def _rows(nodes: list[Node]) -> Longs:
    return np.array([node.row for node in nodes], np.int64)


def _dropping(asked: Asked) -> list[dict[str, Any]]:
    """Who failed, went down (by which last straw) and came back."""
    found = [_event(0.0, "failed", brief) for brief in asked.catalogue.brief(np.flatnonzero(asked.failed))]
    nodes = [Node(row, time, DOWN) for time, down, _ in asked.run.changes for row in down.tolist()]
    steps, starts = chains(asked, nodes)
    for node, start, brief in zip(nodes, starts, asked.catalogue.brief(_rows(nodes)), strict=True):
        step = steps[start]
        gate = {name: step[name] for name in ("service", "group") if name in step}
        by = {} if step["next"] is None else {"by": [steps[step["next"]]["id"]]}
        found.append(_event(node.time, "down", brief, **gate, **by))
    for time, _, back in asked.run.changes:
        found += [_event(time, "back", brief) for brief in asked.catalogue.brief(np.asarray(back, np.int64))]
    return found


def _buffered(running: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Buffers that start, and how they end."""
    found = []
    for entry in running:
        gate = {name: entry[name] for name in ("service", "group", "buffer_s")}
        found.append(_event(entry["from_s"], "on_buffer", entry, **gate, until_s=entry["spent_s"]))
        if entry["outcome"] == "spent":
            found.append(_event(entry["until_s"], "buffer_spent", entry, **gate))
        elif entry["outcome"] == "fed_again" and entry["until_s"] is not None:
            found.append(_event(entry["until_s"], "fed_again", entry, **gate))
    return found


def _standing_by(asked: Asked, standby: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Standby sources that are called, come on and run out."""
    rows = np.array([asked.catalogue.row(entry["id"]) for entry in standby], np.int64)
    delays = asked.system.arrays.start_delay_s
    found = []
    for row, entry, brief in zip(rows.tolist(), standby, asked.catalogue.brief(rows), strict=True):
        on = float(asked.run.on_at[row])
        found.append(_event(on - float(delays[row]), "called", brief, by=entry["called_by"], until_s=entry["on_s"]))
        found.append(_event(on, "standby_on", brief, until_s=entry["off_s"]))
        if entry["off_s"] is not None:
            found.append(_event(entry["off_s"], "standby_off", brief))
    return found


def _risen(asked: Asked) -> list[dict[str, Any]]:
    """Since when what works at the horizon is degraded, or at risk by a member lost."""
    found = []
    for what, flags, since in (
        ("degraded", asked.verdicts.degraded, asked.run.degraded_since),
        ("at_risk", asked.verdicts.at_risk, asked.run.risk_since),
    ):
        rows = np.flatnonzero(flags & np.isfinite(since))
        briefs = asked.catalogue.brief(rows)
        found += [_event(float(since[row]), what, brief) for row, brief in zip(rows, briefs, strict=True)]
    return found


def _event(time: Any, what: str, brief: dict[str, Any], **more: Any) -> dict[str, Any]:
    named = {name: brief[name] for name in ("id", "kind", "domain", "name")}
    return {"time_s": seconds(float(time)), "what": what, **named, **more}
