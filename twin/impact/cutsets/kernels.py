# mypy: disable-error-code="no-untyped-def"
"""The compiled loop of cut sets: in which order a grounded service comes up."""

from __future__ import annotations

from typing import Any

import numba


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
        rows: assets to look at, closed under what they need. working: (n,) the operating set.
        silent: (n,) standby sources that deliver nothing. have (m,), unsat (n,), queue (n,): scratch.

    Writes ``rank[v]``: place of v in the order of support, -1 without any.
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
            if gate_service[g] != service or unsat[w] <= 0:
                continue
            have[g] += 1
            if have[g] == need[g]:
                unsat[w] -= 1
                if unsat[w] == 0 and working[w]:
                    queue[tail] = w
                    tail += 1
