# mypy: disable-error-code="no-untyped-def"
"""The steady cascade as a worklist: its cost is what it touches, and every change is taken back afterwards.

Counters per gate carry plain gates; grounded services and transport meshes have files of their own.
"""

from __future__ import annotations

from twin.impact.cascade.ground import reground, unground
from twin.impact.cascade.mesh import joined_have, part
from twin.impact.cascade.state import DIRTY, FRESH, GATES, GONE, JOINED, PLAIN, TOUCHED, drop, look_at, touch_gate
from twin.impact.compiled import compiled


@compiled
def _withdraw(r, s, w, u):
    """What *u*, which has left, no longer gives to plain gates; its joined gates are looked at later."""
    for j in range(r.use_ptr[u], r.use_ptr[u + 1]):
        g = r.use_gate[j]
        if r.kind[g] == PLAIN:
            if not r.silent[u]:
                touch_gate(w, g)
                s.have[g] -= 1
                if s.have[g] < r.need[g] and r.outage[g]:
                    drop(s, w, r.owner[g])
        elif r.kind[g] == JOINED:
            look_at(w, g)


@compiled
def _judge(r, s, w):
    """Owners of looked-at outage gates that do not hold leave."""
    for i in range(w.count[DIRTY]):
        g = w.dirty[i]
        w.dirty_flag[g] = 0
        if r.kind[g] == JOINED:
            touch_gate(w, g)
            s.have[g] = joined_have(r, s, g)
        if r.outage[g] and s.have[g] < r.need[g]:
            drop(s, w, r.owner[g])
    w.count[DIRTY] = 0


@compiled
def settle(r, s, w):
    """Follow what left to the end."""
    head = done = 0
    while True:
        while head < w.count[GONE]:
            _withdraw(r, s, w, w.gone[head])
            head += 1
        for k in range(s.rank.shape[0]):
            candidates = unground(r, s, w, k, done)
            if candidates > 0:
                reground(r, s, w, k, candidates)
        for k in range(s.label.shape[0]):
            part(r, s, w, k, done)
        done = head
        _judge(r, s, w)
        if head == w.count[GONE]:
            return


@compiled
def cascade(r, s, w, rows):
    """Let *rows* fail; what left, they included, is ``gone[:count[GONE]]``. :func:`undo` takes it back."""
    for row in rows:
        drop(s, w, row)
    settle(r, s, w)


@compiled
def undo(s, base, w):
    """Take everything back that was touched."""
    for i in range(w.count[TOUCHED]):
        v = w.touched[i]
        w.touched_flag[v] = 0
        s.working[v] = base.working[v]
        for k in range(s.rank.shape[0]):
            s.rank[k, v] = base.rank[k, v]
        for k in range(s.label.shape[0]):
            s.label[k, v] = base.label[k, v]
    for i in range(w.count[GATES]):
        g = w.gates[i]
        w.gate_flag[g] = 0
        s.have[g] = base.have[g]
        s.support[g] = base.support[g]
    w.count[GONE] = w.count[TOUCHED] = w.count[GATES] = 0
    w.count[FRESH] = len(s.working) + 1


@compiled
def scenarios(r, s, base, w, ptr, rows, weights, sums, sizes, often):
    """Each scenario i lets ``rows[ptr[i]:ptr[i+1]]`` fail, from the same state.

    Args:
        weights: (n, w). sums: (c, w) of what left, written. sizes: (c,) assets that left, written.
        often: (n,) or (0,): how often each asset left, added to.
    """
    for i in range(len(ptr) - 1):
        cascade(r, s, w, rows[ptr[i] : ptr[i + 1]])
        total = w.count[GONE]
        sizes[i] = total
        for j in range(weights.shape[1]):
            worth = 0.0
            for place in range(total):
                worth += weights[w.gone[place], j]
            sums[i, j] = worth
        if len(often):
            for place in range(total):
                often[w.gone[place]] += 1
        undo(s, base, w)
