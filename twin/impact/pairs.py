"""Failures of two (N-2): every pair that loses more together than its members lose one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from twin.errors import LimitExceeded
from twin.impact.cascade import Cascade
from twin.impact.criticality import Progress, Question, about, tidy
from twin.impact.regions import Regions, regions_of
from twin.impact.system import System, ranges
from twin.impact.weights import domains, only, spread, worth
from twin.snapshot.arrays import Floats, Longs

MAX_PAIRS = 20_000_000
MAX_LOSSES = 200_000_000
PART = 4096


@dataclass
class Singles:
    """What every single failure loses: rows of ``row[ptr[i]:ptr[i+1]]`` for the failure of ``event[i]``."""

    event: Longs
    ptr: Longs
    row: Longs


def singles(system: System, rows: Longs) -> Singles:
    """The losses of each of *rows*, alone. Raises LimitExceeded: they are too many to hold."""
    cascade = Cascade(system)
    parts, total = [], 0
    for row in rows.tolist():
        parts.append(cascade.lost(np.array([row], np.int32)))
        total += len(parts[-1])
        if total > MAX_LOSSES:
            raise LimitExceeded(f"the single failures lose more than {MAX_LOSSES:,} assets in all", fix=_FIX)
    ptr = np.concatenate([[0], np.cumsum([len(p) for p in parts])]).astype(np.int64)
    return Singles(rows, ptr, np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64))


_FIX = "Ask for the pairs of one domain, or of a part of the system."


def worst_pairs(
    system: System, asked: Question, progress: Progress | None = None, max_pairs: int = MAX_PAIRS
) -> tuple[pa.Table, int]:
    """Every pair of operating assets whose joint steady loss exceeds the union of their single losses, worst first.

    Exact and complete: two failures lose more together only where both touch one region of redundancy, which is
    shown in :mod:`twin.impact.regions`; each pair that does is tried with a cascade of its own. So pairs that share
    a gate (a redundant feed, chillers of one hall, two routes) are found at whatever depth above the gate they stand,
    and pairs that part a mesh (a 2-cut of lines, buses or transport) as well.

    Returns:
        Arrow table ``a, b, a_kind, b_kind, assets`` (lost together), ``assets_beyond`` (of these, lost by neither
        alone), ``lost`` and ``lost_beyond`` (the same in the weight); and how many such pairs there are.

    Raises:
        LimitExceeded: more than *max_pairs* pairs share a region.
    """
    asked.check()
    values = worth(system.arrays, asked.weight)
    names, code = domains(system.arrays)
    weights = np.column_stack([np.ones(system.n), spread(values, code, len(names))])
    rows = np.flatnonzero(system.baseline & only(system.arrays, asked.domain))
    alone = singles(system, rows)
    found: list[tuple[Longs, Longs, Floats, Floats]] = []
    wanted = candidates(system, alone, max_pairs)
    cascade = Cascade(system)
    marked = np.zeros(system.n, bool)
    for place, others in enumerate(wanted):
        if progress and (place % 64 == 0 or place == len(wanted) - 1):
            progress(place + 1, len(wanted))
        if len(others):
            joint = _joint(cascade, rows[place], rows[others], weights)
            union = _union(alone, place, others, weights, marked)
            more = joint[:, 0] > union[:, 0]
            found.append((np.full(more.sum(), place), others[more], joint[more], union[more]))
    return _table(system, rows, found, asked.top), sum(len(f[0]) for f in found)


def _joint(cascade: Cascade, one: int, others: Longs, weights: Floats) -> Floats:
    """(k, w) sums over what *one* and each of *others* lose together."""
    events = np.column_stack([np.full(len(others), one), others]).ravel().astype(np.int32)
    return cascade.scenarios(2 * np.arange(len(others) + 1), events, weights)[0]


def _union(alone: Singles, place: int, others: Longs, weights: Floats, marked: Any) -> Floats:
    """(k, w) sums over what the failure at *place* or that at each of *others* loses alone."""
    own = alone.row[alone.ptr[place] : alone.ptr[place + 1]]
    marked[own] = True
    at = ranges(alone.ptr, others)
    fresh = weights[alone.row[at]] * ~marked[alone.row[at], None]
    marked[own] = False
    sizes = alone.ptr[others + 1] - alone.ptr[others]
    start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    total: Floats = np.add.reduceat(fresh, start, axis=0) + weights[own].sum(axis=0)
    return total


def candidates(system: System, alone: Singles, max_pairs: int) -> list[Longs]:
    """Per failure of *alone* the later ones (their places) that touch a region of its own.

    Of a region that is one gate only those count whose losses together exceed its spare, and each alone does not.
    Raises LimitExceeded.
    """
    k = len(alone.event)
    regions = regions_of(system)
    event, region, hits = _touches(system, alone, regions)
    spare = _spare(system, regions)[region]
    hits[regions.gate[region] < 0] = 1
    keep = (hits > 0) & (hits <= spare)
    sort = np.argsort(region[keep], kind="stable")
    event, region, hits, spare = (x[keep][sort] for x in (event, region, hits, spare))
    start = np.flatnonzero(np.concatenate([[True], region[1:] != region[:-1]])) if len(region) else event[:0]
    sizes = np.diff(np.append(start, len(region)))
    total = int((sizes * (sizes - 1) // 2).sum())
    if total > 20 * max_pairs:
        raise _too_many(total, max_pairs)
    packed = [np.zeros(0, np.int64)]
    for low, high in zip(start.tolist(), (start + sizes).tolist(), strict=True):
        packed += _inside(event[low:high], hits[low:high], int(spare[low]), k)
    pairs = np.unique(np.concatenate(packed))
    if len(pairs) > max_pairs:
        raise _too_many(len(pairs), max_pairs)
    first = np.searchsorted(pairs, np.arange(k + 1) * k)
    return [pairs[first[i] : first[i + 1]] % k for i in range(k)]


def _too_many(count: int, max_pairs: int) -> LimitExceeded:
    return LimitExceeded(f"{count:,} pairs share a gate or a mesh; at most {max_pairs:,} are tried", fix=_FIX)


def _inside(event: Longs, hits: Longs, spare: int, k: int) -> Iterator[Longs]:
    """Pairs of one region, packed as ``a * k + b`` with a < b."""
    for start in range(0, len(event), PART):
        a, b = event[start : start + PART, None], event[None, :]
        together = (hits[start : start + PART, None] + hits[None, :]) > spare
        one, two = np.nonzero((a < b) & together)
        yield event[start : start + PART][one] * k + event[two]


def _touches(system: System, alone: Singles, regions: Regions) -> tuple[Longs, Longs, Longs]:
    """Triples (place of the failure, region, delivering memberships that it loses there)."""
    sizes = np.diff(alone.ptr)
    event = np.repeat(np.arange(len(sizes)), sizes)
    many = regions.ptr[alone.row + 1] - regions.ptr[alone.row]
    packed = np.repeat(event, many) * max(regions.count, 1) + regions.region[ranges(regions.ptr, alone.row)]
    pairs, place = np.unique(packed, return_inverse=True)
    delivers = np.repeat(~system.finite[alone.row], many)
    hits = np.bincount(place, delivers, minlength=len(pairs)).astype(np.int64)
    return pairs // max(regions.count, 1), pairs % max(regions.count, 1), hits


def _spare(system: System, regions: Regions) -> Longs:
    """(count,) members to spare of a region that is one outage gate, -1 of a ``degrade`` gate: it loses nobody.

    Of a larger region 1: any two failures may meet there.
    """
    g = system.gates
    delivers = system.baseline[g.member] & ~system.finite[g.member]
    have = np.bincount(system.gate_of_member[delivers], minlength=system.m)
    spare = np.where(g.degrade, -1, have - g.need)
    return np.where(regions.gate >= 0, spare[np.maximum(regions.gate, 0)] if system.m else 0, 1)


def _table(system: System, rows: Longs, found: list[tuple[Longs, Longs, Floats, Floats]], top: int | None) -> pa.Table:
    a, b = (np.concatenate([rows[f[i]] for f in found] or [np.zeros(0, np.int64)]) for i in (0, 1))
    joint, union = (np.concatenate([f[i] for f in found]) if found else np.zeros((0, 2)) for i in (2, 3))
    lost, beyond = joint[:, 1:].sum(axis=1), (joint - union)[:, 1:].sum(axis=1)
    more = (joint - union)[:, 0]
    order = np.lexsort((b, a, -lost, -more, -beyond))[:top]
    one, two = about(system, a[order]), about(system, b[order])
    return pa.table(
        {
            "a": one["id"],
            "b": two["id"],
            "a_kind": one["kind"],
            "b_kind": two["kind"],
            "assets": pa.array(joint[order, 0].astype(np.int64)),
            "assets_beyond": pa.array(more[order].astype(np.int64)),
            "lost": pa.array(tidy(lost[order])),
            "lost_beyond": pa.array(tidy(beyond[order])),
        }
    )
