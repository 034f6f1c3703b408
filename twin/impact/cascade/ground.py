# mypy: disable-error-code="no-untyped-def"
"""Grounded services in a cascade: support leads back to a source by ranks.

Every supplied asset has a rank, and a gate of it counts as support only members of lower rank. What lost its support is
taken out first and put back where it still holds (delete and re-derive: Gupta, Mumick, Subrahmanian 1993).
"""

from __future__ import annotations

from twin.impact.cascade.state import FRESH, GONE, GROUNDED, look_at, touch, touch_gate
from twin.impact.compiled import compiled


@compiled
def _holds(r, s, k, v):
    for g in range(r.own_ptr[v], r.own_ptr[v + 1]):
        if r.kind[g] == GROUNDED and r.slot[g] == k and s.have[g] < r.need[g]:
            return False
    return True


@compiled
def unground(r, s, w, k, start):
    """Take what left since place *start* of ``gone``, and all whose support that was, out of grounded service k.

    Returns how many candidates the queue holds.
    """
    tail = 0
    for i in range(start, w.count[GONE]):
        v = w.gone[i]
        if s.rank[k, v] >= 0:
            w.was[v] = s.rank[k, v]
            s.rank[k, v] = -1
            w.queue[tail] = v
            tail += 1
    head = 0
    while head < tail:
        v = w.queue[head]
        head += 1
        if r.silent[v]:
            continue
        for j in range(r.use_ptr[v], r.use_ptr[v + 1]):
            g = r.use_gate[j]
            if r.kind[g] != GROUNDED or r.slot[g] != k:
                continue
            touch_gate(w, g)
            look_at(w, g)
            s.have[g] -= 1
            o = r.owner[g]
            if s.rank[k, o] > w.was[v]:
                s.support[g] -= 1
                if s.support[g] < r.need[g]:
                    touch(w, o)
                    w.was[o] = s.rank[k, o]
                    s.rank[k, o] = -1
                    w.queue[tail] = o
                    tail += 1
    return tail


@compiled
def _supply_again(r, s, w, k, v, tail):
    """Put *v* back: all that it counts on now has a lower rank."""
    touch(w, v)
    s.rank[k, v] = w.count[FRESH]
    w.count[FRESH] += 1
    for g in range(r.own_ptr[v], r.own_ptr[v + 1]):
        if r.kind[g] == GROUNDED and r.slot[g] == k:
            touch_gate(w, g)
            s.support[g] = s.have[g]
    w.fresh[tail] = v
    return tail + 1


@compiled
def reground(r, s, w, k, candidates):
    """Put candidates back whose gates hold without the rest, and what these hold in turn."""
    head = tail = 0
    for i in range(candidates):
        v = w.queue[i]
        if s.working[v] and s.rank[k, v] < 0 and _holds(r, s, k, v):
            tail = _supply_again(r, s, w, k, v, tail)
        while head < tail:
            u = w.fresh[head]
            head += 1
            if r.silent[u]:
                continue
            for j in range(r.use_ptr[u], r.use_ptr[u + 1]):
                g = r.use_gate[j]
                if r.kind[g] != GROUNDED or r.slot[g] != k:
                    continue
                s.have[g] += 1
                o = r.owner[g]
                if s.working[o] and s.rank[k, o] < 0 and s.have[g] >= r.need[g] and _holds(r, s, k, o):
                    tail = _supply_again(r, s, w, k, o, tail)


@compiled
def supply(r, working, k, rank, have, support, unsat, queue):
    """Who is supplied in grounded service k, from its sources outwards: ranks, members that deliver, support.

    Args:
        rank: (n,) filled with -1. have, support: (m,) zero for the gates of k. unsat, queue: (n + 1,) scratch.
    """
    tail = 0
    for v in range(len(working)):
        unsat[v] = 0
        for g in range(r.own_ptr[v], r.own_ptr[v + 1]):
            if r.kind[g] == GROUNDED and r.slot[g] == k and r.need[g] > 0:
                unsat[v] += 1
        if working[v] and unsat[v] == 0:
            rank[v] = 0
            queue[tail] = v
            tail += 1
    head = 0
    while head < tail:
        u = queue[head]
        head += 1
        if r.silent[u]:
            continue
        for j in range(r.use_ptr[u], r.use_ptr[u + 1]):
            g = r.use_gate[j]
            if r.kind[g] != GROUNDED or r.slot[g] != k:
                continue
            have[g] += 1
            if have[g] == r.need[g]:
                o = r.owner[g]
                unsat[o] -= 1
                if unsat[o] == 0 and working[o]:
                    rank[o] = rank[u] + 1
                    queue[tail] = o
                    tail += 1
    _count_support(r, k, rank, support)


@compiled
def _count_support(r, k, rank, support):
    """Members of lower rank that deliver, for the gates of grounded service k."""
    for g in range(len(r.owner)):
        if r.kind[g] == GROUNDED and r.slot[g] == k:
            for i in range(r.ptr[g], r.ptr[g + 1]):
                u = r.member[i]
                if rank[u] >= 0 and not r.silent[u] and rank[u] < rank[r.owner[g]]:
                    support[g] += 1
