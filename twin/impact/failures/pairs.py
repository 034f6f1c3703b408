"""Failures of two (N-2): every pair that loses more together than its members lose one by one."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from twin.errors import LimitExceeded
from twin.impact.cascade import Cascade
from twin.impact.failures.criticality import Progress, Question, about, tidy
from twin.impact.failures.regions import Regions, regions_of
from twin.impact.failures.weights import only, worth
from twin.impact.system import System, ranges
from twin.snapshot.arrays import Bools, Floats, Longs

MAX_PAIRS = 20_000_000
MAX_LOSSES = 200_000_000
PART = 4096
#: Pairs that are held before those of several regions are counted once, in multiples of what is tried at most.
OVERLAP = 5
#: Pairs that are tried before progress is told and the time is looked at.
AT_ONCE = 100_000


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


@dataclass
class Pairs:
    """Failures of two, the worst first.

    Attributes:
        table: Arrow ``a, b, a_kind, b_kind, assets`` (lost together), ``assets_beyond`` (of these, lost by neither
            alone), ``lost`` and ``lost_beyond`` (the same in the weight). total: how many such pairs were found.
        tried: pairs that were tried. candidates: pairs that could lose more; fewer were tried when time was up.
    """

    table: pa.Table
    total: int
    tried: int
    candidates: int


def worst_pairs(
    system: System,
    asked: Question,
    progress: Progress | None = None,
    max_pairs: int = MAX_PAIRS,
    limit_s: float | None = None,
) -> Pairs:
    """Every pair of operating assets whose joint steady loss exceeds the union of their single losses, worst first.

    Exact and complete: two failures lose more together only where both touch one region of redundancy, which is
    shown in :mod:`.regions`; each pair that does is tried with a cascade of its own. So pairs that share
    a gate (a redundant feed, chillers of one hall, two routes) are found at whatever depth above the gate they stand,
    and pairs that part a mesh (a 2-cut of lines, buses or transport) as well.

    Args:
        limit_s: seconds after which no further pair is tried; what shares small regions (gates) is tried first.

    Raises:
        LimitExceeded: more than *max_pairs* pairs share a region.
    """
    asked.check()
    until = time.monotonic() + (limit_s if limit_s is not None else float("inf"))
    values = worth(system.arrays, asked.weight)
    rows = np.flatnonzero(system.baseline & only(system.arrays, asked.domain))
    alone = singles(system, rows)
    wanted = candidates(system, alone, max_pairs)
    many = sum(map(len, wanted))
    cascade = Cascade(system)
    cascade.lost(np.zeros(0, np.int32))  # makes ready what the threads share
    marked = np.zeros(system.n, bool)
    found: list[tuple[Longs, Longs]] = []
    tried = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for places in _portions(wanted):
            if time.monotonic() >= until:
                break
            sizes = pool.map(lambda place: _together(cascade, int(rows[place]), rows[wanted[place]]), places)
            for place, together in zip(places, sizes, strict=True):
                more = together > _union(alone, place, wanted[place], marked)
                found.append((np.full(int(more.sum()), place), wanted[place][more]))
                tried += len(more)
            if progress:
                progress(tried, many)
    a, b = (np.concatenate([pair[i] for pair in found] or [np.zeros(0, np.int64)]) for i in (0, 1))
    return Pairs(_table(system, alone, a, b, values, asked.top), len(a), tried, many)


def _portions(wanted: list[Longs]) -> Iterator[list[int]]:
    """Places with any pair, those with the fewest first, some ``AT_ONCE`` pairs at a time."""
    sizes = np.array([len(others) for others in wanted], np.int64)
    order = np.argsort(sizes, kind="stable")
    order = order[sizes[order] > 0]
    cut = np.flatnonzero(np.diff(np.cumsum(sizes[order]) // AT_ONCE)) + 1
    yield from (part.tolist() for part in np.split(order, cut) if len(part))


def _together(cascade: Cascade, one: int, others: Longs) -> Longs:
    """(k,) how many assets *one* and each of *others* lose together."""
    events = np.column_stack([np.full(len(others), one), others]).ravel().astype(np.int32)
    nothing = np.zeros((cascade.system.n, 0))
    return cascade.scenarios(2 * np.arange(len(others) + 1), events, nothing)[1]


def _union(alone: Singles, place: int, others: Longs, marked: Bools) -> Longs:
    """(k,) how many assets the failure at *place* or that at each of *others* loses alone."""
    own = alone.row[alone.ptr[place] : alone.ptr[place + 1]]
    marked[own] = True
    fresh = ~marked[alone.row[ranges(alone.ptr, others)]]
    marked[own] = False
    sizes = alone.ptr[others + 1] - alone.ptr[others]
    start = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    total: Longs = np.add.reduceat(fresh.astype(np.int64), start) + len(own)
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
    if total > OVERLAP * max_pairs:
        raise _too_many(total, max_pairs)
    packed = [np.zeros(0, np.int64)]
    for low, high in zip(start.tolist(), (start + sizes).tolist(), strict=True):
        packed += _inside(event[low:high], hits[low:high], int(spare[low]), k)
    pairs = _distinct(np.concatenate(packed))
    if len(pairs) > max_pairs:
        raise _too_many(len(pairs), max_pairs)
    first = np.searchsorted(pairs, np.arange(k + 1) * k)
    return [pairs[first[i] : first[i + 1]] % k for i in range(k)]


def _distinct(values: Longs) -> Longs:
    """*values* sorted, each once; several times faster than ``np.unique`` on millions."""
    values.sort()
    return values[np.concatenate([[True], values[1:] != values[:-1]])] if len(values) else values


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

    Of a larger region 1: any two failures may meet there. What an asset would supply to itself is nothing to spare in a
    grounded service: it goes when the others go.
    """
    g, gate = system.gates, system.gate_of_member
    itself = (g.member == g.owner[gate]) & system.grounded[g.service[gate]]
    delivers = system.baseline[g.member] & ~system.finite[g.member] & ~itself
    have = np.bincount(system.gate_of_member[delivers], minlength=system.m)
    spare = np.where(g.degrade, -1, have - g.need)
    return np.where(regions.gate >= 0, spare[np.maximum(regions.gate, 0)] if system.m else 0, 1)


def _table(system: System, alone: Singles, a: Longs, b: Longs, values: Floats, top: int | None) -> pa.Table:
    """The pairs at places *a* and *b* of *alone*, worst first."""
    cascade = Cascade(system)
    numbers = np.zeros((len(a), 4))
    for i, (one, two) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        lost = cascade.lost(alone.event[[one, two]])
        both = np.union1d(
            alone.row[alone.ptr[one] : alone.ptr[one + 1]], alone.row[alone.ptr[two] : alone.ptr[two + 1]]
        )
        beyond = np.setdiff1d(lost, both)
        numbers[i] = len(lost), len(beyond), values[lost].sum(), values[beyond].sum()
    order = np.lexsort((b, a, -numbers[:, 2], -numbers[:, 1], -numbers[:, 3]))[:top]
    one, two = about(system, alone.event[a[order]]), about(system, alone.event[b[order]])
    return pa.table(
        {
            "a": one["id"],
            "b": two["id"],
            "a_kind": one["kind"],
            "b_kind": two["kind"],
            "assets": pa.array(numbers[order, 0].astype(np.int64)),
            "assets_beyond": pa.array(numbers[order, 1].astype(np.int64)),
            "lost": pa.array(tidy(numbers[order, 2])),
            "lost_beyond": pa.array(tidy(numbers[order, 3])),
        }
    )
