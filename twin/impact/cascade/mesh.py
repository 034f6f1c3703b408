# mypy: disable-error-code="no-untyped-def"
"""Islands of a transport mesh in a cascade.

A cut is searched from all its sides at once and in step, so that only the smaller parts are walked (after Even and
Shiloach 1981).
"""

from __future__ import annotations

import numpy as np

from twin.impact.cascade.state import (
    FORM,
    FRESH,
    GONE,
    JOINED,
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
#: Ways around holes are looked for one by one while they pass no more than so many assets a hole.
FAR = 32


@compiled
def joined_have(s, ptr, member, g):
    """Most end points of a joined gate that carry and lie in one island."""
    best, flags, label = 0, s.flags, s.rank[s.grounded + ((s.gate[g, FORM] & SERVICE) >> SLOT_BIT)]
    for i in range(ptr[g], ptr[g + 1]):
        u = member[i]
        if flags[u] & (WORKS | SILENT) != WORKS:
            continue
        count = 0
        for j in range(ptr[g], ptr[g + 1]):
            v = member[j]
            if flags[v] & (WORKS | SILENT) == WORKS and label[v] == label[u]:
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
    that meets no other hole: each is looked at by itself. Holes that share a part between them, and those with a long
    way around, are searched from all their borders together; parts left open then hang together, for on the way from
    one to another every closed part would lie between two such holes.
    """
    hole, joint, count = w.hole, w.joint, w.count
    holes = _number(r, s, w, k, start)
    if not holes:
        return
    far, walked = min(FAR * holes, len(r.mesh_to)), 0
    for i in range(start, count[GONE]):
        number = hole[w.gone[i]]
        if number < 1:
            continue
        seeds = _border(r, s, w, k, w.gone[i], number, -1 - number)
        if walked > far:
            joint[number] = 1
        elif seeds > 1:
            found = _search(s.flags, r.mesh_ptr, r.mesh_to, w.fresh, w.group, w.parent, w.active, k, w.queue[:seeds])
            walked += found
            if _between(r, w, k, found, number):
                for place in range(found):
                    w.group[w.fresh[place]] = -1
            else:
                _relabel(r, s, w, k, found)
    _part_jointly(r, s, w, k, start)
    for i in range(start, count[GONE]):
        hole[w.gone[i]] = -1
    joint[1 : holes + 1] = 0


@compiled
def _number(r, s, w, k, start):
    """Number the holes that what left since *start* makes, from 1; returns how many there are."""
    hole, holes = w.hole, 0
    for i in range(start, w.count[GONE]):
        v = w.gone[i]
        if s.flags[v] & (MESHED | SILENT) == MESHED and r.mesh_ptr[k, v] < r.mesh_ptr[k, v + 1]:
            hole[v] = PENDING
            holes += 1
    if holes:
        holes = 0
        for i in range(start, w.count[GONE]):
            if hole[w.gone[i]] == PENDING:
                holes += 1
                _border(r, s, w, k, w.gone[i], PENDING, holes)
    return holes


@compiled
def _border(r, s, w, k, first, old, new):
    """Working transport around the hole that *first* is in, each once, into ``queue``; returns how many.

    Numbers of the hole change from *old* to *new* on the way.
    """
    hole, group, stack = w.hole, w.group, w.was
    stack[0], top, seeds = first, 1, 0
    hole[first] = new
    while top:
        top -= 1
        v = stack[top]
        for j in range(r.mesh_ptr[k, v], r.mesh_ptr[k, v + 1]):
            u = r.mesh_to[j]
            if hole[u] == old:
                hole[u] = new
                stack[top] = u
                top += 1
            elif s.flags[u] & (WORKS | SILENT) == WORKS and group[u] < 0:
                group[u] = 0
                w.queue[seeds] = u
                seeds += 1
    for i in range(seeds):
        group[w.queue[i]] = -1
    return seeds


@compiled
def _between(r, w, k, found, number):
    """Whether a part that the search around hole *number* closed in meets other holes too; all of them are marked."""
    met = False
    for i in range(found):
        v = w.fresh[i]
        if w.active[_root(w.parent, w.group[v])] != 0:
            continue
        for j in range(r.mesh_ptr[k, v], r.mesh_ptr[k, v + 1]):
            other = w.hole[r.mesh_to[j]]
            if other < -1:
                other = -1 - other
            if other > 0 and other != number:
                w.joint[other] = w.joint[number] = 1
                met = True
    return met


@compiled
def _part_jointly(r, s, w, k, start):
    """The same for the marked holes of an island, all at once."""
    flags, island, queue = s.flags, s.rank[s.grounded + k], w.queue
    seeds = _borders(r, s, w, k, start)
    if seeds < 2:
        return
    chosen, labels = queue[:seeds].copy(), np.zeros(seeds, np.int32)
    for i in range(seeds):
        labels[i] = island[chosen[i]]
    order = np.argsort(labels)
    first = 0
    while first < seeds:
        last = first + 1
        while last < seeds and labels[order[last]] == labels[order[first]]:
            last += 1
        if last - first > 1:
            found = _search(
                flags, r.mesh_ptr, r.mesh_to, w.fresh, w.group, w.parent, w.active, k, chosen[order[first:last]]
            )
            _relabel(r, s, w, k, found)
        first = last


@compiled
def _borders(r, s, w, k, start):
    """Working transport next to marked holes, each once, into ``queue``; returns how many."""
    group, queue, tail = w.group, w.queue, 0
    for i in range(start, w.count[GONE]):
        v = w.gone[i]
        if w.hole[v] == -1 or not w.joint[-1 - w.hole[v]]:
            continue
        for j in range(r.mesh_ptr[k, v], r.mesh_ptr[k, v + 1]):
            u = r.mesh_to[j]
            if s.flags[u] & (WORKS | SILENT) == WORKS and group[u] < 0:
                group[u] = 0
                queue[tail] = u
                tail += 1
    for i in range(tail):
        group[queue[i]] = -1
    return tail


@compiled
def _search(flags, mesh_ptr, mesh_to, fresh, group, parent, active, k, seeds):
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
            if flags[u] & (WORKS | SILENT) != WORKS:
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
        touch(s.flags, w.touched, count, v)
        island[v] = -active[a]
        for j in range(r.use_ptr[v], r.use_ptr[v + 1]):
            g = r.use_gate[j]
            if gate[g, FORM] & SERVICE == service:
                look_at(gate, w.dirty, count, g)
    for i in range(found):
        group[fresh[i]] = -1
