# mypy: disable-error-code="no-untyped-def, call-arg"
"""Grounded services in a cascade: support leads back to a source by ranks.

Every supplied asset has a rank, and a gate of it counts as support only members of lower rank. What lost its support is
taken out first and put back where it still holds (delete and re-derive: Gupta, Mumick, Subrahmanian 1993).
"""

from __future__ import annotations

import numpy as np

from twin.impact.ahead import prefetch
from twin.impact.cascade.state import (
    FORM,
    FRESH,
    GROUNDED,
    HAVE,
    LEFT,
    LINKED,
    NEED,
    OWNER,
    RECORD,
    SERVICE,
    SILENT,
    SLOT_BIT,
    SUPPORT,
    WORKS,
    keep,
    look_at,
    touch,
)
from twin.impact.compiled import compiled

#: How far ahead in a queue the processor is told which gates it will read.
AHEAD = 4


@compiled
def _holds(gate, own_ptr, service, v):
    for g in range(own_ptr[v], own_ptr[v + 1]):
        if gate[g, FORM] & SERVICE == service and gate[g, HAVE] < gate[g, NEED]:
            return False
    return True


@compiled
def _leave(local, rank, w, start):
    """Put what left since place *start* of ``left`` and was supplied into the queue; returns how many."""
    left, queue, was, count = w.left, w.queue, w.was, w.count
    tail = 0
    for i in range(start, count[LEFT]):
        v = left[i]
        if local[v] & LINKED and rank[v] >= 0:
            touch(local, w.touched, count, v)
            was[v] = rank[v]
            rank[v] = -1
            queue[tail] = v
            tail += 1
    return tail


@compiled
def unground(r, s, w, k, start):
    """Take what left since *start*, and all whose support that was, out of grounded service k; returns how many."""
    local, rank, gate, use_ptr, use_gate = s.local, s.rank[k], s.gate, r.use_ptr, r.use_gate
    touched, gates, dirty, queue, was, count = w.touched, w.gates, w.dirty, w.queue, w.was, w.count
    service = GROUNDED | k << SLOT_BIT
    tail = _leave(local, rank, w, start)
    head = 0
    while head < tail:
        if head + AHEAD < tail:
            v = queue[head + AHEAD]
            for j in range(use_ptr[v], use_ptr[v + 1]):
                prefetch(gate, np.uint64(RECORD * use_gate[j]))
        v = queue[head]
        head += 1
        if local[v] & SILENT:
            continue
        for j in range(use_ptr[v], use_ptr[v + 1]):
            g = use_gate[j]
            if gate[g, FORM] & SERVICE != service:
                continue
            keep(gate, gates, count, g)
            look_at(gate, dirty, count, g)
            gate[g, HAVE] -= 1
            o = gate[g, OWNER]
            if rank[o] > was[v]:
                gate[g, SUPPORT] -= 1
                if gate[g, SUPPORT] < gate[g, NEED]:
                    touch(local, touched, count, o)
                    was[o] = rank[o]
                    rank[o] = -1
                    queue[tail] = o
                    tail += 1
    return tail


@compiled
def _supply_again(rank, gate, own_ptr, gates, count, service, v):
    """Put *v* back: all that it counts on now has a lower rank."""
    rank[v] = count[FRESH]
    count[FRESH] += 1
    for g in range(own_ptr[v], own_ptr[v + 1]):
        if gate[g, FORM] & SERVICE == service:
            keep(gate, gates, count, g)
            gate[g, SUPPORT] = gate[g, HAVE]


@compiled
def reground(r, s, w, k, candidates):
    """Put candidates back whose gates hold without the rest, and what these hold in turn."""
    local, rank, gate = s.local, s.rank[k], s.gate
    use_ptr, use_gate, own_ptr = r.use_ptr, r.use_gate, r.own_ptr
    gates, queue, fresh, count = w.gates, w.queue, w.fresh, w.count
    service = GROUNDED | k << SLOT_BIT
    head = tail = 0
    for i in range(candidates):
        v = queue[i]
        if local[v] & WORKS and rank[v] < 0 and _holds(gate, own_ptr, service, v):
            _supply_again(rank, gate, own_ptr, gates, count, service, v)
            fresh[tail] = v
            tail += 1
        while head < tail:
            u = fresh[head]
            head += 1
            if local[u] & SILENT:
                continue
            for j in range(use_ptr[u], use_ptr[u + 1]):
                g = use_gate[j]
                if gate[g, FORM] & SERVICE != service:
                    continue
                gate[g, HAVE] += 1
                o = gate[g, OWNER]
                ready = local[o] & WORKS and rank[o] < 0 and gate[g, HAVE] >= gate[g, NEED]
                if ready and _holds(gate, own_ptr, service, o):
                    _supply_again(rank, gate, own_ptr, gates, count, service, o)
                    fresh[tail] = o
                    tail += 1


@compiled
def supply(local, rank, gate, r, k, unsat, queue):
    """Who is supplied in grounded service k, from its sources outwards: ranks, members that deliver, support.

    Ranks are -1 and ``HAVE`` of the gates of k is 0 to begin with; unsat, queue: (q + 1,) scratch.
    """
    service, tail = GROUNDED | k << SLOT_BIT, 0
    for v in range(len(local)):
        unsat[v] = 0
        for g in range(r.own_ptr[v], r.own_ptr[v + 1]):
            if gate[g, FORM] & SERVICE == service and gate[g, NEED] > 0:
                unsat[v] += 1
        if local[v] & WORKS and unsat[v] == 0:
            rank[v] = 0
            queue[tail] = v
            tail += 1
    head = 0
    while head < tail:
        u = queue[head]
        head += 1
        if local[u] & SILENT:
            continue
        for j in range(r.use_ptr[u], r.use_ptr[u + 1]):
            g = r.use_gate[j]
            if gate[g, FORM] & SERVICE != service:
                continue
            gate[g, HAVE] += 1
            if gate[g, HAVE] == gate[g, NEED]:
                o = gate[g, OWNER]
                unsat[o] -= 1
                if unsat[o] == 0 and local[o] & WORKS:
                    rank[o] = rank[u] + 1
                    queue[tail] = o
                    tail += 1
    _count_support(local, rank, gate, r.ptr, r.member, service)


@compiled
def _count_support(local, rank, gate, ptr, member, service):
    """Members of lower rank that deliver, for the gates of one grounded service."""
    for g in range(len(gate)):
        if gate[g, FORM] & SERVICE == service:
            own = rank[gate[g, OWNER]]
            for i in range(ptr[g], ptr[g + 1]):
                u = member[i]
                if 0 <= rank[u] < own and not local[u] & SILENT:
                    gate[g, SUPPORT] += 1
