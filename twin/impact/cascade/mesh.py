# mypy: disable-error-code="no-untyped-def"
"""Islands of a transport mesh in a cascade.

A cut is searched from all its sides at once and in step, so that only the smaller parts are walked (after Even and
Shiloach 1981).
"""

from __future__ import annotations

import numpy as np

from twin.impact.cascade.state import FRESH, GONE, JOINED, look_at, touch
from twin.impact.compiled import compiled


@compiled
def joined_have(r, s, g):
    """Most end points of a joined gate that carry and lie in one island."""
    best, k = 0, r.slot[g]
    for i in range(r.ptr[g], r.ptr[g + 1]):
        u = r.member[i]
        if not s.working[u] or r.silent[u]:
            continue
        count = 0
        for j in range(r.ptr[g], r.ptr[g + 1]):
            v = r.member[j]
            if s.working[v] and not r.silent[v] and s.label[k, v] == s.label[k, u]:
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
def _borders(r, s, w, k, start):
    """Working transport next to what left since *start*, each once, into ``queue``; returns how many."""
    tail = 0
    for i in range(start, w.count[GONE]):
        v = w.gone[i]
        if r.silent[v]:
            continue
        for j in range(r.mesh_ptr[k, v], r.mesh_ptr[k, v + 1]):
            u = r.mesh_to[j]
            if s.working[u] and not r.silent[u] and w.group[u] < 0:
                w.group[u] = 0
                w.queue[tail] = u
                tail += 1
    for i in range(tail):
        w.group[w.queue[i]] = -1
    return tail


@compiled
def part(r, s, w, k, start):
    """Find which islands the loss of transport has parted, and give the smaller parts a label of their own."""
    seeds = _borders(r, s, w, k, start)
    if seeds < 2:
        return
    chosen = w.queue[:seeds].copy()
    labels = s.label[k][chosen]
    order = np.argsort(labels)
    first = 0
    while first < seeds:
        last = first + 1
        while last < seeds and labels[order[last]] == labels[order[first]]:
            last += 1
        if last - first > 1:
            found = _search(r, s, w, k, chosen[order[first:last]])
            _relabel(r, s, w, k, found)
        first = last


@compiled
def _search(r, s, w, k, seeds):
    """Breadth-first from all seeds of one island at once, until at most one group of them is still searching.

    ``active`` of a group's root counts its assets still to be looked at. Returns how many assets ``fresh`` holds.
    """
    for i in range(len(seeds)):
        w.group[seeds[i]] = i
        w.parent[i] = i
        w.active[i] = 1
        w.fresh[i] = seeds[i]
    head, tail, rivals = 0, len(seeds), len(seeds) - 1
    while rivals > 0:
        v = w.fresh[head]
        head += 1
        a = _root(w.parent, w.group[v])
        for j in range(r.mesh_ptr[k, v], r.mesh_ptr[k, v + 1]):
            u = r.mesh_to[j]
            if not s.working[u] or r.silent[u]:
                continue
            if w.group[u] < 0:
                w.group[u] = a
                w.active[a] += 1
                w.fresh[tail] = u
                tail += 1
                continue
            b = _root(w.parent, w.group[u])
            if a != b:
                w.parent[b] = a
                w.active[a] += w.active[b]
                rivals -= 1
        w.active[a] -= 1
        if w.active[a] == 0:
            rivals -= 1
    return tail


@compiled
def _relabel(r, s, w, k, found):
    """Labels for the groups that came to an end, and a look at the gates of their assets; flags are reset."""
    for i in range(found):
        v = w.fresh[i]
        a = _root(w.parent, w.group[v])
        if w.active[a] > 0:
            continue
        if w.active[a] == 0:  # from now on the negative of its label
            w.active[a] = -w.count[FRESH]
            w.count[FRESH] += 1
        touch(w, v)
        s.label[k, v] = -w.active[a]
        for j in range(r.use_ptr[v], r.use_ptr[v + 1]):
            g = r.use_gate[j]
            if r.kind[g] == JOINED and r.slot[g] == k:
                look_at(w, g)
    for i in range(found):
        w.group[w.fresh[i]] = -1
