"""The impact result of design §7: the same fields in CLI, API and Python."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.impact import verdicts as v
from twin.impact.reach import closure
from twin.impact.system import System
from twin.impact.timeline import Run
from twin.snapshot.arrays import Longs

MODEL_LEVEL = "L1"
COUNTED = ("failed", "down", "interrupted", "degraded", "at_risk")
#: Properties that are summed over what is failed or down.
CAPACITIES = ("capacity_mw", "demand_mw", "capacity_gbps", "gpus", "customers")


@dataclass
class ImpactResult:
    """The answer to one event; ``to_dict()`` has exactly the members of design §7 and what stands below them.

    Attributes:
        event: ``failed`` ids and ``horizon_s`` (None for infinity). revision, model_level: what it rests on.
        summary: domain -> verdict -> count. assumptions: see design §7. affected: one entry per asset.
        standby: standby sources that the event called, with times. capacity_lost: domain -> property -> sum over
            what is failed or down at the horizon. notes: caveats in words.
    """

    event: dict[str, Any]
    revision: int
    summary: dict[str, dict[str, int]]
    assumptions: dict[str, Any]
    affected: list[dict[str, Any]]
    standby: list[dict[str, Any]] = field(default_factory=list)
    capacity_lost: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    model_level: str = MODEL_LEVEL

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {
            "event": self.event,
            "revision": self.revision,
            "model_level": self.model_level,
            "summary": self.summary,
            "assumptions": self.assumptions,
            "affected": self.affected,
            "standby": self.standby,
            "capacity_lost": self.capacity_lost,
            "notes": self.notes,
        }


def assemble(system: System, ids: list[str], event: Longs, run: Run, verdicts: v.Verdicts) -> ImpactResult:
    """Put the result together. *event*: rows named in the event, whatever their state; *ids*: their ids, sorted."""
    rows = v.affected(verdicts)
    horizon = None if np.isinf(run.horizon_s) else run.horizon_s
    notes = ["Topology and gates only (L1): overload after re-routing is not checked."]
    idle = event[~system.baseline[event]]
    if len(idle):
        notes.append(
            f"{len(idle)} named asset(s) were not operating before the event and are not counted: "
            + ", ".join(_texts(system, "id", idle[:5]))
        )
    return ImpactResult(
        event={"failed": ids, "horizon_s": _seconds(horizon)},
        revision=system.arrays.revision,
        summary=_summary(system, verdicts, rows),
        assumptions=_assumptions(system, event, rows),
        affected=_affected(system, run, verdicts, rows),
        standby=_standby(system, run),
        capacity_lost=_capacity(system, verdicts, rows),
        notes=notes,
    )


def _seconds(value: float | None) -> float | int | None:
    if value is None or np.isinf(value) or np.isnan(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def _texts(system: System, column: str, rows: Longs) -> list[Any]:
    values: list[Any] = system.arrays.assets[column].take(pa.array(rows)).to_pylist()
    return values


def _summary(system: System, verdicts: v.Verdicts, rows: Longs) -> dict[str, dict[str, int]]:
    summary: dict[str, dict[str, int]] = {}
    for domain, code in zip(_texts(system, "domain", rows), verdicts.verdict[rows].tolist(), strict=True):
        summary.setdefault(domain, dict.fromkeys(COUNTED, 0))[v.NAMES[code]] += 1
    return summary


def _assumptions(system: System, event: Longs, rows: Longs) -> dict[str, Any]:
    inside = closure(system.arrays, np.union1d(event, rows))
    a = system.arrays
    used = set(pc.unique(a.assets["source"].filter(pa.array(inside))).to_pylist())
    now = time.time()
    sources = []
    for source in a.sources:
        if source["source"] in used:
            imported = source.get("imported_at")
            sources.append({"source": source["source"], "imported_at": imported, "age_s": _age(imported, now)})
    return {
        "assumed_supplied": int((a.assumed & inside).sum()),
        "baseline_down": int((a.in_service & ~system.baseline & inside).sum()),
        "sources": sources,
    }


def _age(imported: str | None, now: float) -> int | None:
    if not imported:
        return None
    return max(0, int(now - datetime.fromisoformat(imported).timestamp()))


def _affected(system: System, run: Run, verdicts: v.Verdicts, rows: Longs) -> list[dict[str, Any]]:
    texts = {name: _texts(system, name, rows) for name in ("id", "kind", "domain", "name")}
    ids = system.arrays.assets["id"]
    flags = {name: getattr(verdicts, name)[rows].tolist() for name in ("interrupted", "degraded", "at_risk")}
    g, services, groups = system.gates, system.arrays.services, system.arrays.groups
    member_ids: dict[int, list[str]] = {}

    def names(batch: Any) -> list[str]:
        found = member_ids.get(id(batch))
        if found is None:
            found = member_ids[id(batch)] = ids.take(pa.array(batch.member)).to_pylist()
        return found

    def lost(row: int) -> list[dict[str, Any]]:
        batch, places = v.losses_of(run, verdicts, row)
        entries = []
        for i in places:
            gate = int(batch.gate[i])
            entries.append(
                {
                    "service": services[g.service[gate]],
                    "group": groups[g.group[gate]],
                    "need": int(g.need[gate]),
                    "have": int(batch.have[i]),
                    "failed_members": names(batch)[int(batch.ptr[i]) : int(batch.ptr[i + 1])],
                }
            )
        return entries

    result = []
    codes, hop, times = verdicts.verdict[rows].tolist(), verdicts.hop[rows].tolist(), verdicts.time_s[rows].tolist()
    for i, row in enumerate(rows.tolist()):
        code = codes[i]
        result.append(
            {
                "id": texts["id"][i],
                "kind": texts["kind"][i],
                "domain": texts["domain"][i],
                "name": texts["name"][i],
                "verdict": v.NAMES[code],
                "flags": [name for name, flag in flags.items() if flag[i]],
                "time_s": _seconds(times[i]),
                "outages": [[_seconds(a), _seconds(b)] for a, b in verdicts.outages.get(row, ())],
                "hop": hop[i] if hop[i] >= 0 else None,
                "lost": [] if code == v.FAILED else lost(row),
            }
        )
    return result


def _standby(system: System, run: Run) -> list[dict[str, Any]]:
    called = np.flatnonzero(run.called & ~system.on_before & run.at_horizon.working)
    return [
        {"id": name, "on_s": _seconds(float(run.on_at[row])), "off_s": _seconds(float(run.off_at[row]))}
        for name, row in zip(_texts(system, "id", called), called.tolist(), strict=True)
    ]


def _capacity(system: System, verdicts: v.Verdicts, rows: Longs) -> dict[str, dict[str, float]]:
    gone = rows[np.isin(verdicts.verdict[rows], (v.FAILED, v.DOWN))]
    domains = np.array(_texts(system, "domain", gone), dtype=object)
    table = system.arrays.assets
    lost: dict[str, dict[str, float]] = {}
    for name in CAPACITIES:
        if name not in table.column_names or not len(gone):
            continue
        column = table[name].take(pa.array(gone))
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            continue
        values = pc.cast(column, pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
        for domain in dict.fromkeys(domains.tolist()):
            total = float(values[domains == domain].sum())
            if total:
                lost.setdefault(domain, {})[name] = round(total, 6)
    return lost
