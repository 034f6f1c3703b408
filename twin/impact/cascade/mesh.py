# mypy: disable-error-code="no-untyped-def"
"""Islands of a transport mesh in a cascade.

A cut is searched from all its sides at once and in step, so that only the smaller parts are walked (after Even and
Shiloach 1981).
"""

from __future__ import annotations

import numpy as np

from twin.impact.cascade.state import (
    FAR,
    FORM,
    FRESH,
    JOINED,
    LEFT,
    MESHED,
    SERVICE,
    SILENT,
    SLOT_BIT,
    WORKS,
    look_at,
    touch,
)
from twin.impact.compiled import compiled

#: A hole that has no number yet.
PENDING = 0


@compiled
def joined_have(s, ptr, member, g):
    """Most end points of a joined gate that carry and lie in one island."""
    best, local, label = 0, s.local, s.rank[s.grounded + ((s.gate[g, FORM] & SERVICE) >> SLOT_BIT)]
    for i in range(ptr[g], ptr[g + 1]):
        u = member[i]
        if local[u] & (WORKS | SILENT) != WORKS:
            continue
        count = 0
        for j in range(ptr[g], ptr[g + 1]):
            v = member[j]
            if local[v] & (WORKS | SILENT) == WORKS and label[v] == label[u]:
                count += 1
        best = max(best, count)
    return best


@compiled
def _root(parent, a):
    while parent[a] != a:
        parent[a] = parent[parent[a]]
        a = parent[a]
    return a


@compiled
def part(r, s, w, k, start):
    """Find which islands the loss of transport has parted, and give the smaller parts a label of their own.

    A hole is lost transport that hangs together. Around most holes there is a short way, or they cut off something
    that meets no other hole: each is looked at by itself. A hole that closes in a part next to holes that are still to
    be looked at is looked at again together with them. So a part is closed in by one hole alone (or several that are
    taken as one), and all parts that none closed in hang together: on the way from one to another, the part behind each
    hole would be closed in by it. When long ways have been walked, the rest is searched at once.
    """
    hole, joint, ring, count = w.hole, w.joint, w.ring, w.count
    holes = _number(r, s, w, k, start)
    far, walked, rest = count[FAR] * max(holes, len(r.mesh_to) // 256), 0, 0
    for number in range(1, holes + 1):
        if joint[number] != number:
            continue
        if walked <= far:
            walked += _around(r, s, w, k, number)
        elif rest == 0:
            rest = number
        else:
            _unite(joint, ring, number, rest)
    if rest:
        _around(r, s, w, k, rest)
    if holes:
        for i in range(start, count[LEFT]):
            hole[w.left[i]] = -1


@compiled
def _number(r, s, w, k, start):
    """Number the holes that what left since *start* makes, from 1; returns how many there are."""
    hole, stack, holes = w.hole, w.was, 0
    for i in range(start, w.count[LEFT]):
        v = w.left[i]
        if s.local[v] & (MESHED | SILENT) == MESHED and r.mesh_ptr[k, v] < r.mesh_ptr[k, v + 1]:
            hole[v] = PENDING
    for i in range(start, w.count[LEFT]):
        if hole[w.left[i]] != PENDING:
            continue
        holes += 1
        w.first[holes] = w.left[i]
        w.joint[holes] = w.ring[holes] = holes
        stack[0], top = w.left[i], 1
        hole[w.left[i]] = holes
        while top:
            top -= 1
            v = stack[top]
            for j in range(r.mesh_ptr[k, v], r.mesh_ptr[k, v + 1]):
                u = r.mesh_to[j]
                if hole[u] == PENDING:
                    hole[u] = holes
                    stack[top] = u
                    top += 1
    return holes


@compiled
def _unite(joint, ring, a, b):
    """Holes of *a* are looked at with those of *b* from now on; both stand for others and are not the same."""
    joint[a] = b
    ring[a], ring[b] = ring[b], ring[a]


@compiled
def _around(r, s, w, k, number):
    """Look at a hole and those joined to it, or join it to others; returns how much transport was walked."""
    island, queue, seeds, h = s.rank[s.grounded + k], w.queue, 0, number
    while True:
        seeds = _border(r, s, w, k, h, seeds)
        h = w.ring[h]
        if h == number:
            break
    for i in range(seeds):
        w.group[queue[i]] = -1
    if seeds < 2:
        return seeds
    if w.ring[number] == number:  # one hole lies in one island
        return _close(r, s, w, k, number, queue[:seeds])
    chosen, labels = queue[:seeds].copy(), np.zeros(seeds, np.int32)
    for i in range(seeds):
        labels[i] = island[chosen[i]]
    chosen = chosen[np.argsort(labels)]
    labels.sort()
    first, walked = 0, 0
    while first < seeds and w.joint[number] == number:
        last = first + 1
        while last < seeds and labels[last] == labels[first]:
            last += 1
        if last - first > 1:
            walked += _close(r, s, w, k, number, chosen[first:last])
        first = last
    return walked


@compiled
def _close(r, s, w, k, number, seeds):
    """Search from what lies around holes in one island, and label what they close in; or join them to others."""
    found = _search(s.local, r.mesh_ptr, r.mesh_to, w.fresh, w.group, w.parent, w.active, k, seeds)
    if _between(r, w, k, found, number):
        for i in range(found):
            w.group[w.fresh[i]] = -1
    else:
        _relabel(r, s, w, k, found)
    return found


@compiled
def _border(r, s, w, k, number, seeds):
    """Working transport around a hole, each once, into ``queue`` from place *seeds*; returns where it ends.

    ``group`` of it is 0 then. Numbers of the hole change sign on the way.
    """
    hole, group, stack = w.hole, w.group, w.was
    stack[0], top = w.first[number], 1
    old = hole[stack[0]]
    new = -1 - old
    hole[stack[0]] = new
    while top:
        top -= 1
        v = stack[top]
        for j in range(r.mesh_ptr[k, v], r.mesh_ptr[k, v + 1]):
            u = r.mesh_to[j]
            if hole[u] == old:
                hole[u] = new
                stack[top] = u
                top += 1
            elif s.local[u] & (WORKS | SILENT) == WORKS and group[u] < 0:
                group[u] = 0
                w.queue[seeds] = u
                seeds += 1
    return seeds


@compiled
def _between(r, w, k, found, number):
    """Whether a part that the search around hole *number* closed in meets holes that are still to be looked at.

    All of these are joined, under the one that will be looked at last.
    """
    hole, joint, stands = w.hole, w.joint, number
    for i in range(found):
        v = w.fresh[i]
        if w.active[_root(w.parent, w.group[v])] != 0:
            continue
        for j in range(r.mesh_ptr[k, v], r.mesh_ptr[k, v + 1]):
            other = hole[r.mesh_to[j]]
            if other == -1:
                continue
            other = _root(joint, other if other > 0 else -1 - other)
            if other <= number or other == stands:
                continue
            _unite(joint, w.ring, min(stands, other), max(stands, other))
            stands = max(stands, other)
    return stands != number


@compiled
def _search(local, mesh_ptr, mesh_to, fresh, group, parent, active, k, seeds):
    """Breadth-first from all seeds of one island at once, until at most one group of them is still searching.

    ``active`` of a group's root counts its assets still to be looked at. Returns how many assets ``fresh`` holds.
    """
    for i in range(len(seeds)):
        group[seeds[i]] = i
        parent[i] = i
        active[i] = 1
        fresh[i] = seeds[i]
    head, tail, rivals = 0, len(seeds), len(seeds) - 1
    while rivals > 0:
        v = fresh[head]
        head += 1
        a = _root(parent, group[v])
        for j in range(mesh_ptr[k, v], mesh_ptr[k, v + 1]):
            u = mesh_to[j]
            if local[u] & (WORKS | SILENT) != WORKS:
                continue
            if group[u] < 0:
                group[u] = a
                active[a] += 1
                fresh[tail] = u
                tail += 1
                continue
            b = _root(parent, group[u])
            if a != b:
                parent[b] = a
                active[a] += active[b]
                rivals -= 1
        active[a] -= 1
        if active[a] == 0:
            rivals -= 1
    return tail


@compiled
def _relabel(r, s, w, k, found):
    """Labels for the groups that came to an end, and a look at the gates of their assets; flags are reset."""
    gate, fresh, group, parent, active, count = s.gate, w.fresh, w.group, w.parent, w.active, w.count
    island, service = s.rank[s.grounded + k], JOINED | k << SLOT_BIT
    for i in range(found):
        v = fresh[i]
        a = _root(parent, group[v])
        if active[a] > 0:
            continue
        if active[a] == 0:  # from now on the negative of its label
            active[a] = -count[FRESH]
            count[FRESH] += 1
        touch(s.local, w.touched, count, v)
        island[v] = -active[a]
        for j in range(r.use_ptr[v], r.use_ptr[v + 1]):
            g = r.use_gate[j]
            if gate[g, FORM] & SERVICE == service:
                look_at(gate, w.dirty, count, g)
    for i in range(found):
        group[fresh[i]] = -1
