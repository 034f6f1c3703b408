"""The impact result of design §7: the same fields in CLI, API and Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from twin.display.answer import Answer
from twin.display.where import InArrays
from twin.impact import verdicts as v
from twin.impact.affected import Entries, affected, affected_table, rode, seconds, texts
from twin.impact.events.event import Chosen
from twin.impact.events.stake import capacity_lost, stake
from twin.impact.foundation import Foundation
from twin.impact.region import Region
from twin.impact.rests import assumptions, unsupplied
from twin.impact.system import System
from twin.impact.timeline import Run
from twin.snapshot.arrays import Longs

MODEL_LEVEL = "L1"
COUNTED = ("failed", "down", "interrupted", "degraded", "at_risk")


class Later:
    """A member that may be given as a function, which makes it when somebody first asks for it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Entries:
        """The entries, made now if they were not yet."""
        if instance is None:
            raise AttributeError(self.name)  # to the dataclass: there is no default
        held = instance.__dict__[self.name]
        if callable(held):
            held = instance.__dict__[self.name] = held()
        entries: Entries = held
        return entries

    def __set__(self, instance: Any, value: Entries | Callable[[], Entries]) -> None:
        instance.__dict__[self.name] = value


@dataclass(repr=False)
class ImpactResult(Answer):
    """The answer to one event; ``to_dict()`` has exactly the members of design §7 and what stands below them.

    Attributes:
        event: ``failed`` ids and ``horizon_s`` (None for infinity). revision, model_level: what it rests on.
        summary: domain -> verdict -> count. assumptions: see design §7. affected: one entry per asset.
        standby: standby sources that the event called, when they come on and go off, and who called them.
        rode: unaffected assets in the chains of others, which rode on their buffer, with the gates they lacked.
        capacity_lost: domain -> property -> sum over what is failed or down at the horizon; ``backup_mw`` is the part
            of ``capacity_mw`` in standby sources and batteries. stake: the same inside and outside a footprint, and
            what survives, see :func:`twin.impact.events.stake.stake`. notes: caveats in words.
    """

    QUESTION: ClassVar[str] = "impact"

    event: dict[str, Any]
    revision: int
    summary: dict[str, dict[str, int]]
    assumptions: dict[str, Any]
    affected: Later = Later()
    standby: list[dict[str, Any]] = field(default_factory=list)
    rode: list[dict[str, Any]] = field(default_factory=list)
    capacity_lost: dict[str, dict[str, float]] = field(default_factory=dict)
    stake: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    @property
    def ids(self) -> list[str]:
        """Every asset of the event or affected by it; some of them twice."""
        return [*self.event["failed"], *(entry["id"] for entry in self.affected)]

    def to_arrow(self) -> pa.Table:
        """What is affected as columns; straight from the arrays where the answer was made in this process."""
        columns: Callable[[], pa.Table] = self.__dict__.get("_columns", super().to_arrow)
        return columns()

    def beside(self) -> dict[str, Any]:
        """Plain data without what is affected."""
        return {
            "event": self.event,
            "revision": self.revision,
            "model_level": self.model_level,
            "summary": self.summary,
            "assumptions": self.assumptions,
            "standby": self.standby,
            "rode": self.rode,
            "capacity_lost": self.capacity_lost,
            "stake": self.stake,
            "notes": self.notes,
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        said = self.beside()
        first = ("event", "revision", "model_level", "summary", "assumptions")
        return {name: said[name] for name in first} | {"affected": self.affected} | said


def assemble(whole: System, part: Region, chosen: Chosen, run: Run, verdicts: v.Verdicts) -> ImpactResult:
    """Put the result together.

    Args:
        whole: the rules of the snapshot. part: what *run* and *verdicts* are about.
        chosen: the assets of the event, whatever their state, as rows of the whole.
    """
    system, event = part.system, chosen.rows
    sums = stake(whole, part, verdicts, chosen)
    rows = v.rows_affected(verdicts)
    horizon = None if np.isinf(run.horizon_s) else run.horizon_s
    notes = ["Topology and gates only (L1): overload after re-routing is not checked."]
    idle = event[~whole.baseline[event]]
    if len(idle):
        notes.append(
            f"{len(idle)} named asset(s) were not operating before the event and are not counted: "
            + ", ".join(texts(whole, "id", idle[:5]))
        )
    ground = Foundation.of(whole).under(np.union1d(event, part.whole(rows)))
    notes += unsupplied(whole, ground)
    made = ImpactResult(
        event=chosen.described(seconds(horizon)),
        revision=whole.arrays.revision,
        summary=_summary(system, verdicts, rows),
        assumptions=assumptions(whole, ground),
        affected=lambda: affected(system, run, verdicts, rows),
        standby=_standby(system, run),
        rode=[],
        capacity_lost=capacity_lost(sums),
        stake=sums,
        notes=notes + chosen.notes,
    )
    made.rode = rode(system, run, verdicts, lambda: made.affected)
    made.__dict__["_columns"] = lambda: affected_table(system, run, verdicts, rows)
    return made.placed(InArrays(whole.arrays))


def _summary(system: System, verdicts: v.Verdicts, rows: Longs) -> dict[str, dict[str, int]]:
    domain = system.arrays.assets["domain"].combine_chunks()
    codes = domain.indices.to_numpy()[rows].astype(np.int64)
    counts = np.bincount(codes * len(v.NAMES) + verdicts.verdict[rows], minlength=len(domain.dictionary) * len(v.NAMES))
    summary: dict[str, dict[str, int]] = {}
    for name, row in zip(domain.dictionary.to_pylist(), counts.reshape(-1, len(v.NAMES)).tolist(), strict=True):
        entry = summary.setdefault(name, dict.fromkeys(COUNTED, 0))
        for verdict, count in zip(v.NAMES, row, strict=True):
            if verdict in entry:
                entry[verdict] += count
    return {name: entry for name, entry in summary.items() if any(entry.values())}


def _standby(system: System, run: Run) -> list[dict[str, Any]]:
    called = np.flatnonzero(run.called & ~system.on_before & run.at_horizon.working)
    by: dict[int, list[int]] = {}
    for owners, sources in run.callers:
        for owner, source in zip(owners.tolist(), sources.tolist(), strict=True):
            if owner not in by.setdefault(source, []):
                by[source].append(owner)
    found = [
        {
            "id": name,
            "on_s": seconds(float(run.on_at[row])),
            "off_s": seconds(float(run.off_at[row])),
            "called_by": texts(system, "id", np.array(by[row], np.int64)),
        }
        for name, row in zip(texts(system, "id", called), called.tolist(), strict=True)
    ]
    return sorted(found, key=lambda source: (source["on_s"] is None, source["on_s"] or 0, source["id"]))
