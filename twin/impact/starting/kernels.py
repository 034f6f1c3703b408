# mypy: disable-error-code="no-untyped-def"
"""The cold start as a worklist: every membership is counted once, whatever the number of rounds.

Waves keep the rounds of the definition (design §4, answer 2): what starts in one round counts from the next on.
"""

from __future__ import annotations

import numpy as np

from twin.impact.compiled import compiled


@compiled
def _root(parent, v):
    """The island of v, with halved paths (Tarjan and van Leeuwen 1984)."""
    while parent[v] != v:
        parent[v] = parent[parent[v]]
        v = parent[v]
    return v


@compiled
def _unite(parent, size, a, b):
    """Join two islands; the smaller hangs under the larger."""
    a, b = _root(parent, a), _root(parent, b)
    if a == b:
        return
    if size[a] < size[b]:
        a, b = b, a
    parent[b] = a
    size[a] += size[b]


@compiled
def _best(parent, started, low, high, member):
    """End points of a joined gate that have started and lie in one island, at most."""
    best = 0
    for i in range(low, high):
        u = member[i]
        if not started[u]:
            continue
        root, count = _root(parent, u), 0
        for k in range(low, high):
            w = member[k]
            if started[w] and _root(parent, w) == root:
                count += 1
        best = max(best, count)
    return best


@compiled
def _met(w, unsat, allowed, started, queue, tail):
    """One condition of w is met; who has none left starts in the next round."""
    unsat[w] -= 1
    if unsat[w] == 0 and allowed[w] and not started[w]:
        queue[tail] = w
        tail += 1
    return tail


@compiled
def _open(allowed, started, owner, need, outage, wait_source, unsat, queue):
    """Count what each asset waits for; the queue holds what runs already, then what waits for nothing.

    Returns how many run already, and the end of the queue.
    """
    for g in range(len(owner)):
        if outage[g] and need[g] > 0:
            unsat[owner[g]] += 1
    for i in range(len(wait_source)):
        unsat[wait_source[i]] += 1
    tail = 0
    for v in range(len(allowed)):
        if started[v]:
            queue[tail] = v
            tail += 1
    running = tail
    for v in range(len(allowed)):
        if unsat[v] == 0 and allowed[v] and not started[v]:
            queue[tail] = v
            tail += 1
    return running, tail


@compiled
def _count(
    u, allowed, started, owner, need, outage, joined, use_ptr, use_gate, wait_source, wake_ptr, wake, have, over, unsat,
    queue, tail,
):  # fmt: skip
    """u has started: count it in its gates and end the waits for it; returns the end of the queue."""
    for k in range(use_ptr[u], use_ptr[u + 1]):
        g = use_gate[k]
        if joined[g]:
            continue
        have[g] += 1
        if have[g] == need[g] and outage[g]:
            tail = _met(owner[g], unsat, allowed, started, queue, tail)
    for k in range(wake_ptr[u], wake_ptr[u + 1]):
        if not over[wake[k]]:
            over[wake[k]] = True
            tail = _met(wait_source[wake[k]], unsat, allowed, started, queue, tail)
    return tail


@compiled
def start(
    allowed, started, rounds, owner, need, outage, joined, ptr, member, use_ptr, use_gate, wait_source, wake_ptr, wake,
    mesh_of, mesh_ptr, mesh_to,
):  # fmt: skip
    """The least fixpoint from *started*, in rounds.

    Args:
        allowed: (n,) in service. started: (n,) running already; written. rounds: (n,) written for who starts.
        owner, need, outage, joined, ptr, member, use_ptr, use_gate: gates.
        wait_source: (w,) the asset of each wait, which ends when any of its other ends has started.
        wake_ptr, wake: waits that asset v ends are ``wake[wake_ptr[v]:wake_ptr[v+1]]``.
        mesh_of: (m,) the mesh of a joined gate. mesh_ptr: (J, n + 1), mesh_to: neighbours of v in mesh j are
            ``mesh_to[mesh_ptr[j, v]:mesh_ptr[j, v + 1]]``.
    """
    n, meshes = len(allowed), len(mesh_ptr)
    gates = np.flatnonzero(joined & outage & (need > 0))
    have, over = np.zeros(len(owner), np.int32), np.zeros(len(wait_source), np.bool_)
    unsat, queue = np.zeros(n, np.int32), np.zeros(n + 1, np.int32)
    parent, size = np.zeros((meshes, n), np.int32), np.ones((meshes, n), np.int32)
    for j in range(meshes):
        for v in range(n):
            parent[j, v] = v
    low = 0
    high, tail = _open(allowed, started, owner, need, outage, wait_source, unsat, queue)
    step = 0
    while low < tail:
        for i in range(low, high):
            u = queue[i]
            tail = _count(
                u, allowed, started, owner, need, outage, joined, use_ptr, use_gate, wait_source, wake_ptr, wake, have,
                over, unsat, queue, tail,
            )  # fmt: skip
            for j in range(meshes):
                for k in range(mesh_ptr[j, u], mesh_ptr[j, u + 1]):
                    if started[mesh_to[k]]:
                        _unite(parent[j], size[j], u, mesh_to[k])
        for g in gates:
            if have[g] < need[g]:
                have[g] = _best(parent[mesh_of[g]], started, ptr[g], ptr[g + 1], member)
                if have[g] >= need[g]:
                    tail = _met(owner[g], unsat, allowed, started, queue, tail)
        low, high = high, tail
        step += 1
        for i in range(low, high):
            started[queue[i]] = True
            rounds[queue[i]] = step
