# mypy: disable-error-code="no-untyped-def, no-untyped-call, import-untyped, call-arg"
"""The compiled loops of reach: over the adjacency of a snapshot (see ``twin.snapshot.arrays.Adjacency``).

State is undone, never cleared: ``seen`` is all zero between calls, so a small cone costs what it touches. Queues
have one place more than there are nodes, because a node is written before it is known whether it is new.
"""

from __future__ import annotations

import numpy as np
from numba import types

from twin.impact.ahead import prefetch
from twin.snapshot.kernels import BYTES, FLAGS, INDICES, INTS, LONGS, compiled, writable

MARKS, QUEUE = writable(types.uint8), writable(types.uint32)
#: How far ahead in the queue row pointers and rows are fetched.
FAR, NEAR = np.uint64(8), np.uint64(4)


@compiled(INDICES, INDICES, INDICES, MARKS, QUEUE)
def reach(seeds, ptr, to, seen, queue):
    """Breadth-first closure of the nodes *seeds*.

    Args:
        seeds: (s,) nodes. ptr, to: adjacency of v nodes. seen: (v,) all zero. queue: (v + 1,).

    Returns:
        How much of *queue* is filled, the seeds first, nearest first; these nodes are marked in *seen*.
    """
    tail = np.uint64(0)
    for s in seeds:
        queue[tail] = s
        tail += np.uint64(1 - seen[s])
        seen[s] = 1
    head = np.uint64(0)
    while head < tail:
        if head + FAR < tail:
            prefetch(ptr, np.uint64(queue[head + FAR]))
        if head + NEAR < tail:
            prefetch(to, np.uint64(ptr[queue[head + NEAR]]))
        u = queue[head]
        head += np.uint64(1)
        for j in range(ptr[u], ptr[u + 1]):
            w = to[j]
            queue[tail] = w
            tail += np.uint64(1 - seen[w])
            seen[w] = 1
    return tail


@compiled(INDICES, INDICES, INDICES, BYTES, BYTES, BYTES, MARKS, QUEUE)
def reach_filtered(seeds, ptr, to, service, follow, enter, seen, queue):
    """Like :func:`reach`, along entries of some services into some nodes only.

    Args:
        service: (e,) of each entry. follow: (256,) 1 for a service to follow. enter: (v,) 1 for a node to enter;
            seeds are entered whatever they are.
    """
    tail = 0
    for s in seeds:
        queue[tail] = s
        tail += 1 - seen[s]
        seen[s] = 1
    head = 0
    while head < tail:
        u = queue[head]
        head += 1
        for j in range(ptr[u], ptr[u + 1]):
            w = to[j]
            new = follow[service[j]] & enter[w] & (1 - seen[w])
            queue[tail] = w
            tail += new
            seen[w] |= new
    return tail


@compiled(INDICES, INDICES, INDICES, BYTES, MARKS, QUEUE)
def reach_until(seeds, ptr, to, stop, seen, queue):
    """Like :func:`reach`, without going on from the nodes that *stop* marks: they are reached, and that is all."""
    tail = 0
    for s in seeds:
        queue[tail] = s
        tail += 1 - seen[s]
        seen[s] = 1
    head = 0
    while head < tail:
        u = queue[head]
        head += 1
        if stop[u]:
            continue
        for j in range(ptr[u], ptr[u + 1]):
            w = to[j]
            queue[tail] = w
            tail += 1 - seen[w]
            seen[w] = 1
    return tail


@compiled(QUEUE, types.int64, MARKS)
def forget(queue, tail, seen):
    """Undo the marks of the first *tail* nodes of the queue."""
    for i in range(tail):
        seen[queue[i]] = 0


@compiled(types.int64, types.int64, types.boolean, LONGS, LONGS, FLAGS, LONGS, INTS, INTS, writable(types.int32))
def gates_of_entries(u, n, up, own_ptr, gate_ptr, joined, use_ptr, use_gate, carrier, gate):
    """The gates that the entries of node u belong to, in their order, written to *gate*; returns how many these are.

    Entries beyond these belong to no gate: they lead along the mesh, or between an asset and its carrier.
    """
    count = 0
    if up and u < n:
        for whole in (True, False):
            for g in range(own_ptr[u], own_ptr[u + 1]):
                if whole or joined[g]:
                    for _ in range(gate_ptr[g], gate_ptr[g + 1]):
                        gate[count] = g
                        count += 1
    elif not up:
        v = u if u < n else carrier[u - n]
        for j in range(use_ptr[v], use_ptr[v + 1]):
            if u < n or joined[use_gate[j]]:
                gate[count] = use_gate[j]
                count += 1
    return count


@compiled(INDICES, types.int64, types.boolean, types.int64, INDICES, INDICES, BYTES, BYTES, BYTES, LONGS, LONGS, FLAGS,
          LONGS, INTS, INTS, MARKS)  # fmt: skip
def walk(
    seeds, n, up, depth, ptr, to, service, follow, enter, own_ptr, gate_ptr, joined, use_ptr, use_gate, carrier, seen
):
    """Breadth-first with hop, parent and gate.

    Entries between an asset and its carrier cost nothing, downwards those along the mesh neither: these go first.

    Args:
        seeds: (s,) assets, each at hop 0. n: number of assets. up: the direction that the adjacency has.
        depth: most links to follow. follow, enter: as in :func:`reach_filtered`.
        own_ptr, gate_ptr, joined, use_ptr, use_gate: of the gates. carrier: (c,) asset of each carrier.
        seen: all zero, and left so.

    Returns:
        Rows, hops, parents (the assets they were reached from) and gates (-1 in the mesh) of the assets reached,
        without the seeds, nearest first.
    """
    size = len(to) + len(seeds) + 1  # only what is written costs memory
    queue, stack = np.empty((size, 4), np.int32), np.empty((size, 4), np.int32)
    found, gate = np.empty((len(seen), 4), np.int32), np.empty(size, np.int32)
    visited = np.empty(len(seen), np.int32)
    head, tail, height, count, steps = 0, 0, 0, 0, 0
    for s in seeds:
        queue[tail, 0], queue[tail, 1], queue[tail, 2], queue[tail, 3] = s, 0, s, -1
        tail += 1
    while height > 0 or head < tail:
        if height > 0:
            height -= 1
            u, hop, parent, through = stack[height]
        else:
            u, hop, parent, through = queue[head]
            head += 1
        if seen[u]:
            continue
        seen[u] = 1
        visited[count] = u
        count += 1
        if u < n and hop > 0:
            found[steps, 0], found[steps, 1], found[steps, 2], found[steps, 3] = u, hop, parent, through
            steps += 1
        known = gates_of_entries(u, n, up, own_ptr, gate_ptr, joined, use_ptr, use_gate, carrier, gate)
        origin = u if u < n else (carrier[u - n] if up else parent)
        for j in range(ptr[u], ptr[u + 1]):
            w = np.int32(to[j])
            free = w < n <= u if up else w >= n
            if seen[w] or not follow[service[j]] or not enter[w] or (not free and hop >= depth):
                continue
            k = j - ptr[u]
            g = gate[k] if k < known else -1
            if not free:
                queue[tail, 0], queue[tail, 1], queue[tail, 2], queue[tail, 3] = w, hop + 1, origin, g
                tail += 1
            elif up:
                stack[height, 0], stack[height, 1], stack[height, 2], stack[height, 3] = w, hop, parent, through
                height += 1
            else:
                stack[height, 0], stack[height, 1], stack[height, 2], stack[height, 3] = w, hop, origin, g
                height += 1
    for i in range(count):
        seen[visited[i]] = 0
    return found[:steps].copy()
