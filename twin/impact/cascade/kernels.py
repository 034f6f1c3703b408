# mypy: disable-error-code="no-untyped-def"
"""The steady cascade as a worklist: its cost is what it touches, and every change is taken back afterwards.

Counters per gate carry plain gates; grounded services and transport meshes have files of their own.
"""

from __future__ import annotations

from twin.impact.cascade.ground import reground, unground
from twin.impact.cascade.mesh import joined_have, part
from twin.impact.cascade.state import (
    DIRTY,
    FLAGS,
    FORM,
    FRESH,
    GATES,
    GONE,
    HAVE,
    HAVE_BEFORE,
    JOINED,
    KEPT,
    LOOKED,
    MARK,
    NEED,
    OUTAGE,
    OWNER,
    RANKS,
    SILENT,
    SUPPORT,
    SUPPORT_BEFORE,
    TOUCHED,
    TOUCHED_BIT,
    WORKED,
    WORKS,
    drop,
    keep,
    look_at,
)
from twin.impact.compiled import compiled


@compiled
def _withdraw(asset, gate, use_ptr, use_gate, gone, touched, gates, dirty, count, head):
    """What all that left since *head* no longer gives to plain gates; joined gates are looked at later.

    Returns the new end of ``gone``.
    """
    tail, kept, marks = count[GONE], count[TOUCHED], count[GATES]
    while head < tail:
        u = gone[head]
        head += 1
        silent = asset[u, FLAGS] & SILENT
        for j in range(use_ptr[u], use_ptr[u + 1]):
            g = use_gate[j]
            form = gate[g, FORM]
            if form & 3:
                if form & 3 == JOINED:
                    look_at(gate, dirty, count, g)
                continue
            if silent:
                continue
            if not gate[g, MARK] & KEPT:
                gate[g, MARK] |= KEPT
                gates[marks] = g
                marks += 1
            have = gate[g, HAVE] - 1
            gate[g, HAVE] = have
            if have < gate[g, NEED] and form & OUTAGE:
                o = gate[g, OWNER]
                flags = asset[o, FLAGS]
                if flags & WORKS:
                    asset[o, FLAGS] = (flags & ~WORKS) | TOUCHED_BIT
                    if not flags & TOUCHED_BIT:
                        touched[kept] = o
                        kept += 1
                    gone[tail] = o
                    tail += 1
    count[GONE], count[TOUCHED], count[GATES] = tail, kept, marks
    return tail


@compiled
def _judge(r, s, w):
    """Owners of looked-at outage gates that do not hold leave."""
    asset, gate, dirty, count = s.asset, s.gate, w.dirty, w.count
    for i in range(count[DIRTY]):
        g = dirty[i]
        gate[g, MARK] &= ~LOOKED
        if gate[g, FORM] & 3 == JOINED:
            keep(gate, w.gates, count, g)
            gate[g, HAVE] = joined_have(asset, gate, r.ptr, r.member, s.grounded, g)
        if gate[g, FORM] & OUTAGE and gate[g, HAVE] < gate[g, NEED]:
            drop(asset, w.gone, w.touched, count, gate[g, OWNER])
    count[DIRTY] = 0


@compiled
def settle(r, s, w):
    """Follow what left to the end."""
    done = 0
    while True:
        head = _withdraw(s.asset, s.gate, r.use_ptr, r.use_gate, w.gone, w.touched, w.gates, w.dirty, w.count, done)
        for k in range(s.grounded):
            candidates = unground(r, s, w, k, done)
            if candidates > 0:
                reground(r, s, w, k, candidates)
        for k in range(len(r.mesh_ptr)):
            part(r, s, w, k, done)
        done = head
        if w.count[DIRTY]:
            _judge(r, s, w)
        if head == w.count[GONE]:
            return


@compiled
def cascade(r, s, w, rows):
    """Let *rows* fail; what left, they included, is ``gone[:count[GONE]]``. :func:`undo` takes it back."""
    for row in rows:
        drop(s.asset, w.gone, w.touched, w.count, row)
    if w.count[GONE]:
        settle(r, s, w)


@compiled
def undo(s, w):
    """Take everything back that was touched."""
    asset, gate, touched, gates, count = s.asset, s.gate, w.touched, w.gates, w.count
    pairs = s.pairs
    for i in range(count[TOUCHED]):
        v = touched[i]
        flags = asset[v, FLAGS] & ~TOUCHED_BIT
        asset[v, FLAGS] = flags | WORKS if flags & WORKED else flags
        for k in range(pairs):
            asset[v, RANKS + 2 * k] = asset[v, RANKS + 2 * k + 1]
    for i in range(count[GATES]):
        g = gates[i]
        gate[g, MARK] = 0
        gate[g, HAVE] = gate[g, HAVE_BEFORE]
        gate[g, SUPPORT] = gate[g, SUPPORT_BEFORE]
    count[GONE] = count[TOUCHED] = count[GATES] = 0
    count[FRESH] = len(asset) + 1


@compiled
def scenarios(r, s, w, ptr, rows, weights, sums, sizes, often):
    """Each scenario i lets ``rows[ptr[i]:ptr[i+1]]`` fail, from the same state.

    Args:
        weights: (n, w). sums: (c, w) of what left, written. sizes: (c,) assets that left, written.
        often: (n,) or (0,): how often each asset left, added to.
    """
    gone, count = w.gone, w.count
    for i in range(len(ptr) - 1):
        cascade(r, s, w, rows[ptr[i] : ptr[i + 1]])
        total = count[GONE]
        sizes[i] = total
        for j in range(weights.shape[1]):
            worth = 0.0
            for place in range(total):
                worth += weights[gone[place], j]
            sums[i, j] = worth
        if len(often):
            for place in range(total):
                often[gone[place]] += 1
        undo(s, w)
