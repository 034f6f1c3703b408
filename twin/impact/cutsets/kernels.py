# mypy: disable-error-code="no-untyped-def"
"""The compiled loops of cut sets: in which order a grounded service comes up, and what is enough to keep it up."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


def _compiled(function: Any) -> Any:
    """Compile with a disk cache; a read-only installation falls back to no cache."""
    try:
        return numba.njit(function, nogil=True, cache=True)
    except RuntimeError:
        return numba.njit(function, nogil=True)


@_compiled
def ranks(
    service, rows, working, silent, owner, gate_service, need, own_ptr, use_ptr, use_gate, have, unsat, rank, queue
):
    """Breadth-first support of one grounded service among *rows* (design §4, Y_s).

    Args:
        rows: assets to look at. working: (n,) those of them in the operating set; what is not in *rows* is not.
        silent: (n,) standby sources that deliver nothing. have (m,), unsat (n,), queue (n,): scratch.

    Writes ``rank[v]`` of *rows*: place of v in the order of support, -1 without any.
    """
    tail = 0
    for v in rows:
        rank[v] = -1
        count = 0
        for g in range(own_ptr[v], own_ptr[v + 1]):
            if gate_service[g] == service:
                have[g] = 0
                count += 1
        unsat[v] = count
        if count == 0 and working[v]:
            queue[tail] = v
            tail += 1
    head = 0
    while head < tail:
        u = queue[head]
        rank[u] = head
        head += 1
        if silent[u]:
            continue
        for j in range(use_ptr[u], use_ptr[u + 1]):
            g = use_gate[j]
            w = owner[g]
            if gate_service[g] != service or not working[w] or unsat[w] <= 0:
                continue
            have[g] += 1
            if have[g] == need[g]:
                unsat[w] -= 1
                if unsat[w] == 0:
                    queue[tail] = w
                    tail += 1


@_compiled
def _spread(start, need, marked, allowed, silent, mesh_ptr, mesh_to, before, queue):
    """Breadth-first through working transport from an end point until *need* marked ones are met.

    Writes ``before`` (-1 where not met; the caller clears it) and ``queue``; returns (end points met, assets met).
    """
    queue[0] = start
    before[start] = start
    tail, head, met = 1, 0, 1
    while head < tail and met < need:
        u = queue[head]
        head += 1
        for j in range(mesh_ptr[u], mesh_ptr[u + 1]):
            w = mesh_to[j]
            if before[w] < 0 and allowed[w] and not silent[w]:
                before[w] = u
                queue[tail] = w
                tail += 1
                if marked[w]:
                    met += 1
                    if met == need:
                        break
    return met, tail


@_compiled
def _add(v, bit, flags, found, count, stack, top):
    """Take asset v into the set, asked for in a way (bit 0: to work; 1 + slot: to support); new ways are pushed."""
    if not flags[v] & 1:
        flags[v] |= 1
        found[count] = v
        count += 1
        stack[top] = v * 64
        top += 1
    if bit > 0 and not flags[v] >> bit & 1:
        flags[v] |= 1 << bit
        stack[top] = v * 64 + bit
        top += 1
    return count, top


@_compiled
def _next(ptr, member, g, silent, working, flags, rank, slot, bound, last):
    """The best member of a gate after *last*: those in the set first, then by rank. Returns its key, or -1."""
    best = np.int64(-1)
    for i in range(ptr[g], ptr[g + 1]):
        m = member[i]
        if silent[m] or not working[m]:
            continue
        place = 0
        if slot >= 0:
            place = rank[slot, m]
            if place < 0 or place >= bound:
                continue
        key = (np.int64(1 - (flags[m] & 1)) << 62) | (np.int64(place) << 31) | np.int64(m)
        if key > last and (best < 0 or key < best):
            best = key
    return best


@_compiled
def _joined_members(
    g, need, ptr, member, working, silent, flags, mesh_ptr, mesh_to, marked, before, queue, found, count, stack, top
):
    """Take end points and the transport that joins them; returns count -1 where there are too few."""
    for i in range(ptr[g], ptr[g + 1]):
        marked[member[i]] = working[member[i]] and not silent[member[i]]
    done = False
    for first in range(2):
        for i in range(ptr[g], ptr[g + 1]):
            start = member[i]
            if done or not marked[start] or (flags[start] & 1) == first:
                continue
            met, tail = _spread(start, need, marked, working, silent, mesh_ptr, mesh_to, before, queue)
            if met >= need:
                done = True
                for j in range(tail):
                    w = queue[j]
                    if marked[w]:
                        while True:
                            count, top = _add(w, 0, flags, found, count, stack, top)
                            if before[w] == w:
                                break
                            w = before[w]
            for j in range(tail):
                before[queue[j]] = -1
    for i in range(ptr[g], ptr[g + 1]):
        marked[member[i]] = False
    return (count if done else -1), top


@_compiled
def support(
    target, working, silent, slots, rank, mesh_of, mesh_ptr, mesh_to, gate_service, need, degrade, joined, own_ptr,
    ptr, member, flags, marked, before, queue, stack, keys, found,
):  # fmt: skip
    """Assets of *working* enough to keep *target* up: each gate on the way gets as many members as it needs.

    Args:
        slots: service -> row of *rank*, or -1. rank: (slots, n) from :func:`ranks`; members of a gate in a grounded
            service come before its owner. mesh_of: service -> row of *mesh_ptr*, the last one without any mesh.
        flags (n, zero), marked (n, zero), before (n, -1), queue, stack, keys: scratch; found (n,) is written.

    Returns:
        How many assets were found, -1 where a gate lacks members. ``flags`` is not cleared.
    """
    count, top = _add(target, 0, flags, found, 0, stack, 0)
    while top > 0:
        top -= 1
        v, bit = stack[top] // 64, stack[top] % 64
        for g in range(own_ptr[v], own_ptr[v + 1]):
            s = gate_service[g]
            slot = slots[s]
            if degrade[g] if bit == 0 else not degrade[g] or slot != bit - 1:
                continue
            if joined[g]:
                count, top = _joined_members(
                    g, need[g], ptr, member, working, silent, flags, mesh_ptr[mesh_of[s]], mesh_to, marked, before,
                    queue, found, count, stack, top,
                )  # fmt: skip
                if count < 0:
                    return -1
                continue
            bound = np.int64(1) << 40
            if slot >= 0 and rank[slot, v] >= 0:
                bound = np.int64(rank[slot, v])
            last = np.int64(-1)
            for i in range(need[g]):
                last = _next(ptr, member, g, silent, working, flags, rank, slot, bound, last)
                if last < 0:
                    return -1
                keys[i] = last & 0x7FFFFFFF
            for i in range(need[g]):
                count, top = _add(keys[i], slot + 1 if slot >= 0 else 0, flags, found, count, stack, top)
    return count


@_compiled
def stands(
    rows, inside, silent, slots, rank, mesh_of, mesh_ptr, mesh_to, gate_service, need, degrade, joined, own_ptr, ptr,
    member, marked, before, queue,
):  # fmt: skip
    """Whether *rows* (flags *inside*) operate by themselves: every outage gate of each holds among them.

    Then they are part of every operating set that may contain them (design §4: it is the greatest such set).

    Args: rank: (slots, n) from :func:`ranks` of *rows* alone; the others as in :func:`support`.
    """
    for v in rows:
        for g in range(own_ptr[v], own_ptr[v + 1]):
            if degrade[g]:
                continue
            s = gate_service[g]
            slot = slots[s]
            have = 0
            for i in range(ptr[g], ptr[g + 1]):
                m = member[i]
                able = inside[m] and not silent[m]
                if able and (joined[g] or slot < 0 or rank[slot, m] >= 0):
                    have += 1
                    marked[m] = joined[g]
            if joined[g] and have >= need[g]:
                have = 0
                for i in range(ptr[g], ptr[g + 1]):
                    start = member[i]
                    if marked[start] and have < need[g]:
                        have, tail = _spread(
                            start, need[g], marked, inside, silent, mesh_ptr[mesh_of[s]], mesh_to, before, queue
                        )
                        for j in range(tail):
                            before[queue[j]] = -1
            for i in range(ptr[g], ptr[g + 1]):
                marked[member[i]] = False
            if have < need[g]:
                return False
    return True
