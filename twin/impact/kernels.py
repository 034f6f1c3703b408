# mypy: disable-error-code="no-untyped-def"
"""The compiled inner loops: which gates hold, given which assets work.

Arrays as in :class:`twin.snapshot.arrays.Gates`. All loops are plain and deterministic; ``have`` is scratch of
one counter per gate. States per asset and grounded service: 0 not supplied, 1 fed, 2 rides on its buffer,
3 held by what rides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.impact.compiled import compiled

DEAD, FED, RIDES, HELD = 0, 1, 2, 3


@compiled
def _supply(
    u,
    becomes,
    service,
    c,
    component,
    working,
    owner,
    gate_service,
    need,
    use_ptr,
    use_gate,
    use_mesh,
    have,
    state,
    unsat,
    stack,
    top,
):
    """Count u as delivering inside its component c; who has all gates then is pushed in state *becomes*."""
    for j in range(use_ptr[u], use_ptr[u + 1]):
        g = use_gate[j]
        if gate_service[g] != service or (use_mesh[j] and state[u] == RIDES):
            continue
        w = owner[g]
        if component[w] != c:
            continue
        have[g] += 1
        if have[g] == need[g]:
            unsat[w] -= 1
            if unsat[w] == 0 and working[w] and state[w] == DEAD:
                state[w] = becomes
                stack[top] = w
                top += 1
    return top


@compiled
def _open(order, low, high, service, working, gate_service, need, own_ptr, have, state, unsat, stack):
    """Start a component: who has all gates from outside is fed and pushed; returns the height of the stack."""
    top = 0
    for i in range(low, high):
        v = order[i]
        state[v] = DEAD
        count = 0
        for g in range(own_ptr[v], own_ptr[v + 1]):
            if gate_service[g] == service and have[g] < need[g]:
                count += 1
        unsat[v] = count
        if count == 0 and working[v]:
            state[v] = FED
            stack[top] = v
            top += 1
    return top


@compiled
def _ride(
    order, low, high, service, working, gate_service, degrade, buffered, need, own_ptr, have, have_fed, state, stack
):
    """Note what is fed; who is not and has buffer left for all its gates rides and is pushed."""
    top = 0
    for i in range(low, high):
        v = order[i]
        rides = working[v] and state[v] == DEAD
        for g in range(own_ptr[v], own_ptr[v + 1]):
            if gate_service[g] == service:
                have_fed[g] = have[g]
                if have[g] < need[g] and (degrade[g] or not buffered[g]):
                    rides = False
        if rides:
            state[v] = RIDES
            stack[top] = v
            top += 1
    return top


@compiled
def grounded(
    service, order, start, component, working, silent, buffered, owner, gate_service, degrade, need, own_ptr,
    use_ptr, use_gate, use_mesh, have, have_fed, state, unsat, stack,
):  # fmt: skip
    """One grounded service, component by component, suppliers first (design §4, Time, step 1).

    Args:
        order, start, component: the supply order of the service.
        working: (n,) assets now working. silent: (n,) standby sources that are off: they deliver nothing.
        buffered: (m,) gates whose buffer is not spent. have: (m,) zero for the gates of the service.

    Writes ``have`` (members that deliver), ``have_fed`` (those that deliver without the buffers of the gate's own
    component) and ``state``. ``unsat`` (n,) and ``stack`` (n,) are scratch.
    """
    for c in range(len(start) - 1):
        low, high = start[c], start[c + 1]
        top = _open(order, low, high, service, working, gate_service, need, own_ptr, have, state, unsat, stack)
        for becomes in (FED, HELD):
            if becomes == HELD:
                top = _ride(
                    order, low, high, service, working, gate_service, degrade, buffered, need, own_ptr, have,
                    have_fed, state, stack,
                )  # fmt: skip
            while top > 0:
                top -= 1
                u = stack[top]
                if not silent[u]:
                    top = _supply(
                        u, becomes, service, c, component, working, owner, gate_service, need, use_ptr, use_gate,
                        use_mesh, have, state, unsat, stack, top,
                    )  # fmt: skip
        for i in range(low, high):
            u = order[i]
            if state[u] == DEAD or silent[u]:
                continue
            for j in range(use_ptr[u], use_ptr[u + 1]):
                g = use_gate[j]
                if gate_service[g] == service and component[owner[g]] != c:
                    have[g] += 1


@compiled
def plain(is_grounded, joined, gate_service, working, silent, ptr, member, have, have_fed):
    """Services that are not grounded: a member delivers when it works and is no standby source that is off."""
    for g in range(len(gate_service)):
        if is_grounded[gate_service[g]] or joined[g]:
            continue
        count = 0
        for i in range(ptr[g], ptr[g + 1]):
            u = member[i]
            if working[u] and not silent[u]:
                count += 1
        have[g] = count
        have_fed[g] = count


@compiled
def islands(ptr, to, carries, label, stack):
    """Connected components of a mesh: ``label[v]`` is the lowest asset joined to v; own id where v carries nothing."""
    n = len(label)
    for v in range(n):
        label[v] = -1
    for v in range(n):
        if label[v] >= 0:
            continue
        label[v] = v
        if not carries[v]:
            continue
        stack[0] = v
        top = 1
        while top > 0:
            top -= 1
            u = stack[top]
            for j in range(ptr[u], ptr[u + 1]):
                w = to[j]
                if carries[w] and label[w] < 0:
                    label[w] = v
                    stack[top] = w
                    top += 1


@compiled
def joined_gates(service, joined, gate_service, carries, label, ptr, member, have, have_fed):
    """``CONNECTS``: the most end points that work and lie in one component of the working mesh."""
    for g in range(len(gate_service)):
        if not joined[g] or gate_service[g] != service:
            continue
        best = 0
        for i in range(ptr[g], ptr[g + 1]):
            u = member[i]
            if not carries[u]:
                continue
            count = 0
            for k in range(ptr[g], ptr[g + 1]):
                w = member[k]
                if carries[w] and label[w] == label[u]:
                    count += 1
            if count > best:
                best = count
        have[g] = best
        have_fed[g] = best


@compiled
def owners_of(flag, owner, chosen):
    """``chosen[v] = True`` for the owners of flagged gates."""
    for g in range(len(flag)):
        if flag[g]:
            chosen[owner[g]] = True


@compiled
def reach(seeds, ptr, to, seen, queue):
    """Breadth-first closure of *seeds* over a CSR; returns how much of *queue* is filled."""
    tail = 0
    for s in seeds:
        if not seen[s]:
            seen[s] = True
            queue[tail] = s
            tail += 1
    head = 0
    while head < tail:
        u = queue[head]
        head += 1
        for j in range(ptr[u], ptr[u + 1]):
            w = to[j]
            if not seen[w]:
                seen[w] = True
                queue[tail] = w
                tail += 1
    return tail


def scratch(n: int) -> tuple[Any, Any]:
    """Work space for :func:`grounded`: counters and a stack of n assets."""
    return np.zeros(n, np.int32), np.zeros(n + 1, np.int32)
