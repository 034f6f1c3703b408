"""The list of affected assets of an answer, built column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from twin.collector import paused
from twin.impact import verdicts as v
from twin.impact.losses import Losses
from twin.impact.system import System
from twin.impact.timeline import Run
from twin.snapshot.arrays import Longs

FLAGS = ("interrupted", "degraded", "at_risk")


def seconds(value: float | None) -> float | int | None:
    """A time for people and JSON: whole seconds as integers, None for never."""
    if value is None or value != value or value in (np.inf, -np.inf):
        return None
    return int(value) if value == int(value) else value


def texts(system: System, column: str, rows: Longs) -> list[Any]:
    """Values of one attribute of *rows*."""
    values: list[Any] = system.arrays.assets[column].take(pa.array(rows)).to_pylist()
    return values


@paused()
def affected(system: System, run: Run, verdicts: v.Verdicts, rows: Longs) -> list[dict[str, Any]]:
    """One entry of design §7 per asset of *rows*, in their order."""
    columns = {name: texts(system, name, rows) for name in ("id", "kind", "domain", "name")}
    flags = sum(getattr(verdicts, name)[rows].astype(np.uint8) << bit for bit, name in enumerate(FLAGS)).tolist()
    named = [[name for bit, name in enumerate(FLAGS) if code >> bit & 1] for code in range(1 << len(FLAGS))]
    hops, times = verdicts.hop[rows].tolist(), verdicts.time_s[rows].tolist()
    lost = _lost(system, run, verdicts, rows)
    outages = verdicts.outages
    result = []
    for i, row in enumerate(rows.tolist()):
        spells = outages.get(row)
        result.append(
            {
                "id": columns["id"][i],
                "kind": columns["kind"][i],
                "domain": columns["domain"][i],
                "name": columns["name"][i],
                "verdict": v.NAMES[verdicts.verdict[row]],
                "flags": named[flags[i]].copy(),
                "time_s": seconds(times[i]),
                "outages": [[seconds(a), seconds(b)] for a, b in spells] if spells else [],
                "hop": hops[i] if hops[i] >= 0 else None,
                "lost": lost[i],
            }
        )
    return result


def _lost(system: System, run: Run, verdicts: v.Verdicts, rows: Longs) -> list[list[dict[str, Any]]]:
    """Per row the gates that explain its verdict: at its first drop, else at the horizon."""
    code = verdicts.verdict[rows]
    source = np.where(verdicts.by_drop[rows], run.first_drop[rows], -1)
    found: list[list[dict[str, Any]]] = [[] for _ in rows]
    for batch in np.unique(source[code != v.FAILED]).tolist():
        losses = verdicts.now if batch < 0 else run.drops[batch]
        chosen = np.flatnonzero((source == batch) & (code != v.FAILED))
        entries = _entries(system, losses)
        starts = np.searchsorted(losses.owner, rows[chosen]).tolist()
        ends = np.searchsorted(losses.owner, rows[chosen] + 1).tolist()
        for place, start, end in zip(chosen.tolist(), starts, ends, strict=True):
            found[place] = entries[start:end]
    return found


def rode(system: System, run: Run, verdicts: v.Verdicts, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Unaffected assets that the chains of *entries* lead through: they rode on a buffer for a while."""
    rows = np.flatnonzero((run.first_ride >= 0) & (verdicts.verdict == v.UNAFFECTED))
    row_of = dict(zip(texts(system, "id", rows), rows.tolist(), strict=True))
    batches: dict[int, list[dict[str, Any]]] = {}
    found: dict[str, dict[str, Any]] = {}
    waiting = {member for entry in entries for gate in entry["lost"] for member in gate["failed_members"]}
    while waiting:
        name = waiting.pop()
        row = row_of.get(name)
        if row is None or name in found:
            continue
        batch = int(run.first_ride[row])
        losses = run.rides[batch]
        if batch not in batches:
            batches[batch] = _entries(system, losses)
        start, end = np.searchsorted(losses.owner, [row, row + 1]).tolist()
        lost, hop = batches[batch][start:end], int(verdicts.hop[row])
        found[name] = {"id": name, "time_s": seconds(losses.time_s), "hop": hop if hop >= 0 else None, "lost": lost}
        waiting |= {member for gate in lost for member in gate["failed_members"]}
    return [found[name] for name in sorted(found)]


def _entries(system: System, losses: Losses) -> list[dict[str, Any]]:
    g, names, groups = system.gates, system.arrays.services, system.arrays.groups
    members = texts(system, "id", losses.member.astype(np.int64))
    ptr = losses.ptr.tolist()
    return [
        {
            "service": names[service],
            "group": groups[group],
            "need": need,
            "have": have,
            "failed_members": members[ptr[i] : ptr[i + 1]],
        }
        for i, (service, group, need, have) in enumerate(
            zip(
                g.service[losses.gate].tolist(),
                g.group[losses.gate].tolist(),
                g.need[losses.gate].tolist(),
                losses.have.tolist(),
                strict=True,
            )
        )
    ]
