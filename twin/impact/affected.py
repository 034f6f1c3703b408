"""The list of affected assets of an answer, built column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from twin.collector import paused
from twin.impact import verdicts as v
from twin.impact.losses import Losses
from twin.impact.system import System
from twin.impact.timeline import Run
from twin.snapshot.arrays import Longs

Entries = list[dict[str, Any]]

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


def affected_table(system: System, run: Run, verdicts: v.Verdicts, rows: Longs) -> pa.Table:
    """The entries of :func:`affected` as columns, made from the arrays without a Python object per asset."""
    at = pa.array(rows)
    assets = system.arrays.assets
    columns: dict[str, Any] = {n: assets[n].take(at).cast(pa.string()) for n in ("id", "kind", "domain", "name")}
    codes = pa.array(verdicts.verdict[rows].astype(np.int32))
    columns["verdict"] = pa.DictionaryArray.from_arrays(codes, pa.array(v.NAMES)).dictionary_decode()
    named = [[name for bit, name in enumerate(FLAGS) if code >> bit & 1] for code in range(1 << len(FLAGS))]
    flags = sum(getattr(verdicts, name)[rows].astype(np.int32) << bit for bit, name in enumerate(FLAGS))
    columns["flags"] = pa.array(named, pa.list_(pa.string())).take(pa.array(flags))
    times = verdicts.time_s[rows]
    columns["time_s"] = pa.array(times, pa.float64(), mask=~np.isfinite(times))
    columns["outages"] = _spells([verdicts.outages.get(row, ()) for row in rows.tolist()])
    hops = verdicts.hop[rows].astype(np.int64)
    columns["hop"] = pa.array(hops, mask=hops < 0)
    columns["lost"] = _lost_column(system, run, verdicts, rows)
    return pa.table(columns)


def _spells(spells: Sequence[Sequence[tuple[float, float | None]]]) -> pa.ListArray:
    ends = np.array([t if t is not None else np.nan for each in spells for pair in each for t in pair], np.float64)
    pairs = pa.ListArray.from_arrays(
        pa.array(np.arange(0, len(ends) + 1, 2, dtype=np.int32)), pa.array(ends, mask=~np.isfinite(ends))
    )
    return pa.ListArray.from_arrays(_bounds(np.array([len(each) for each in spells], np.int64)), pairs)


def _bounds(sizes: Longs) -> pa.Int32Array:
    """Where lists of these sizes begin and end in what they hold."""
    return pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))


def _lost_column(system: System, run: Run, verdicts: v.Verdicts, rows: Longs) -> pa.ListArray:
    """The gates of :func:`_lost` as a column: those of all losses one after the other, and which of them are whose."""
    g, start, size = system.gates, np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    parts: list[Losses] = []
    before = 0
    for losses, chosen in _explained(run, verdicts, rows):
        start[chosen] = np.searchsorted(losses.owner, rows[chosen])
        size[chosen] = np.searchsorted(losses.owner, rows[chosen] + 1) - start[chosen]
        start[chosen] += before
        before += len(losses.gate)
        parts.append(losses)
    gates = np.concatenate([np.zeros(0, np.int64), *(part.gate for part in parts)])
    have = np.concatenate([np.zeros(0, np.int64), *(part.have for part in parts)]).astype(np.int64)
    member = np.concatenate([np.zeros(0, np.int64), *(part.member for part in parts)]).astype(np.int64)
    sizes = np.concatenate([np.zeros(0, np.int64), *(np.diff(part.ptr) for part in parts)])
    ids = system.arrays.assets["id"].combine_chunks().cast(pa.string())
    columns = {
        "service": pa.array(system.arrays.services, pa.string()).take(pa.array(g.service[gates].astype(np.int64))),
        "group": pa.array(system.arrays.groups, pa.string()).take(pa.array(g.group[gates].astype(np.int64))),
        "need": pa.array(g.need[gates].astype(np.int64)),
        "have": pa.array(have),
        "failed_members": pa.ListArray.from_arrays(_bounds(sizes), ids.take(pa.array(member))),
    }
    entries = pa.StructArray.from_arrays(list(columns.values()), list(columns))
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return pa.ListArray.from_arrays(_bounds(size), entries.take(pa.array(np.repeat(start, size) + within)))


def _explained(run: Run, verdicts: v.Verdicts, rows: Longs) -> Iterator[tuple[Losses, Longs]]:
    """Losses, and the places in *rows* of the assets that they explain: at their first drop, else at the horizon."""
    code = verdicts.verdict[rows]
    source = np.where(verdicts.by_drop[rows], run.first_drop[rows], -1)
    for batch in np.unique(source[code != v.FAILED]).tolist():
        yield verdicts.now if batch < 0 else run.drops[batch], np.flatnonzero((source == batch) & (code != v.FAILED))


def _lost(system: System, run: Run, verdicts: v.Verdicts, rows: Longs) -> list[list[dict[str, Any]]]:
    """Per row the gates that explain its verdict: at its first drop, else at the horizon."""
    found: list[list[dict[str, Any]]] = [[] for _ in rows]
    for losses, chosen in _explained(run, verdicts, rows):
        entries = _entries(system, losses)
        starts = np.searchsorted(losses.owner, rows[chosen]).tolist()
        ends = np.searchsorted(losses.owner, rows[chosen] + 1).tolist()
        for place, start, end in zip(chosen.tolist(), starts, ends, strict=True):
            found[place] = entries[start:end]
    return found


def rode(
    system: System, run: Run, verdicts: v.Verdicts, made: Callable[[], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Unaffected assets in the chains of the entries that *made* gives: they rode on a buffer for a while."""
    rows = np.flatnonzero((run.first_ride >= 0) & (verdicts.verdict == v.UNAFFECTED))
    if not len(rows):
        return []
    entries = made()
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
