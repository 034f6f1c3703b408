# mypy: disable-error-code="no-untyped-def, call-arg"
"""The steady cascade as a worklist: its cost is what it touches, and every change is taken back afterwards.

Counters carry plain gates; loops of grounded services and transport meshes have files of their own.
"""

from __future__ import annotations

import numpy as np

from twin.impact.ahead import prefetch
from twin.impact.cascade.ground import reground, unground
from twin.impact.cascade.mesh import joined_have, part
from twin.impact.cascade.state import (
    DIRTY,
    FALLS,
    FORM,
    FRESH,
    GATES,
    GONE,
    HAVE,
    HAVE_BEFORE,
    JOINED,
    LEFT,
    LINKED,
    LOOKED,
    MARK,
    NEED,
    OUTAGE,
    OWNER,
    SPARE,
    SPECIAL,
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

#: An event that takes one in so many assets is taken back by copying all instead of asset by asset.
LARGE = 16
#: How far ahead in what left the processor is told which gates it will read.
FAR_AHEAD, AHEAD, NEAR = 16, 8, 4


@compiled
def _withdraw(flags, plain_ptr, plain, spare, gone, count, head):
    """What all that left since *head* no longer gives to plain gates.

    Returns the new end of ``gone``, and how many of these assets are special.
    """
    tail, more = count[GONE], 0
    while head < tail:
        if head + FAR_AHEAD < tail:
            prefetch(plain_ptr, np.uint64(gone[head + FAR_AHEAD]))
        if head + AHEAD < tail:
            prefetch(plain, np.uint64(plain_ptr[gone[head + AHEAD]]))
        if head + NEAR < tail:
            u = gone[head + NEAR]
            for j in range(plain_ptr[u], plain_ptr[u + 1]):
                if plain[j] < 0:
                    prefetch(spare, np.uint64(2 * ~plain[j]))
        u = gone[head]
        head += 1
        more += flags[u] & SPECIAL != 0
        for j in range(plain_ptr[u], plain_ptr[u + 1]):
            falls = plain[j]
            if falls < 0:
                left = spare[~falls, SPARE] - 1
                spare[~falls, SPARE] = left
                if left != -1:
                    continue
                falls = spare[~falls, FALLS]
            gone[tail] = falls
            tail += flags[falls] & WORKS
            flags[falls] &= ~WORKS
    count[GONE] = tail
    return tail, more


@compiled
def _note(r, s, w, start):
    """Special assets of what left since *start* of ``gone`` are noted in ``left``."""
    flags, local, spot, gone, left, count = s.flags, s.local, r.spot, w.gone, w.left, w.count
    tail = count[LEFT]
    for i in range(start, count[GONE]):
        if flags[gone[i]] & SPECIAL:
            u = spot[gone[i]]
            local[u] &= ~WORKS
            left[tail] = u
            tail += 1
    count[LEFT] = tail


@compiled
def _look(r, s, w, start):
    """Joined gates of what left since *start* of ``left`` are to be judged."""
    gate, count = s.gate, w.count
    for i in range(start, count[LEFT]):
        u = w.left[i]
        if s.local[u] & LINKED:
            for j in range(r.use_ptr[u], r.use_ptr[u + 1]):
                if gate[r.use_gate[j], FORM] & 3 == JOINED:
                    look_at(gate, w.dirty, count, r.use_gate[j])


@compiled
def _judge(r, s, w):
    """Owners of looked-at outage gates that do not hold leave."""
    gate, dirty, count = s.gate, w.dirty, w.count
    for i in range(count[DIRTY]):
        g = dirty[i]
        gate[g, MARK] &= ~LOOKED
        if gate[g, FORM] & 3 == JOINED:
            keep(gate, w.gates, count, g)
            gate[g, HAVE] = joined_have(s, r.ptr, r.member, g)
        if gate[g, FORM] & OUTAGE and gate[g, HAVE] < gate[g, NEED]:
            drop(s.flags, w.gone, count, r.special[gate[g, OWNER]])
    count[DIRTY] = 0


@compiled
def settle(r, s, w):
    """Follow what left to the end."""
    done = 0
    while True:
        head, more = _withdraw(s.flags, r.plain_ptr, r.plain, s.spare, w.gone, w.count, done)
        if more:
            start = w.count[LEFT]
            _note(r, s, w, done)
            _look(r, s, w, start)
            for k in range(s.grounded):
                candidates = unground(r, s, w, k, start)
                if candidates > 0:
                    reground(r, s, w, k, candidates)
            for k in range(len(r.mesh_ptr)):
                part(r, s, w, k, start)
            _judge(r, s, w)
        done = head
        if head == w.count[GONE]:
            return


@compiled
def cascade(r, s, w, rows):
    """Let *rows* fail; what left, they included, is ``gone[:count[GONE]]``. :func:`undo` takes it back.

    Returns how many of *rows* operated.
    """
    for row in rows:
        drop(s.flags, w.gone, w.count, row)
    failed = w.count[GONE]
    if failed:
        settle(r, s, w)
    return failed


@compiled
def _undo_plain(flags, plain_ptr, plain, spare, spare_before, gone, left):
    """Put back what left, and the counters of plain gates."""
    if left > len(flags) // LARGE:
        for v in range(len(flags)):
            flags[v] |= (flags[v] & WORKED) // WORKED * WORKS
        for g in range(len(spare_before)):
            spare[g, SPARE] = spare_before[g]
        return
    for i in range(left):
        if i + FAR_AHEAD < left:
            prefetch(plain_ptr, np.uint64(gone[i + FAR_AHEAD]))
        if i + AHEAD < left:
            prefetch(plain, np.uint64(plain_ptr[gone[i + AHEAD]]))
        u = gone[i]
        flags[u] |= WORKS
        for j in range(plain_ptr[u], plain_ptr[u + 1]):
            if plain[j] < 0:
                spare[~plain[j], SPARE] += 1


@compiled
def undo(r, s, w):
    """Take everything back."""
    local, gate, touched, gates, count = s.local, s.gate, w.touched, w.gates, w.count
    _undo_plain(s.flags, r.plain_ptr, r.plain, s.spare, r.spare_before, w.gone, count[GONE])
    for i in range(count[LEFT]):
        local[w.left[i]] |= WORKS
    for i in range(count[TOUCHED]):
        local[touched[i]] &= ~TOUCHED_BIT
    for k in range(s.pairs):
        for i in range(count[TOUCHED]):
            s.rank[k, touched[i]] = r.rank_before[k, touched[i]]
    for i in range(count[GATES]):
        g = gates[i]
        gate[g, MARK] = 0
        gate[g, HAVE] = gate[g, HAVE_BEFORE]
        gate[g, SUPPORT] = gate[g, SUPPORT_BEFORE]
    count[GONE] = count[LEFT] = count[TOUCHED] = count[GATES] = 0
    count[FRESH] = len(local) + 1


@compiled
def scenarios(r, s, w, ptr, rows, weights, sums, sizes):
    """Each scenario i lets ``rows[ptr[i]:ptr[i+1]]`` fail, from the same state.

    Args:
        weights: (n, w). sums: (c, w) of what left, added to. sizes: (c,) assets that left, written.
    """
    gone, count = w.gone, w.count
    for i in range(len(ptr) - 1):
        cascade(r, s, w, rows[ptr[i] : ptr[i + 1]])
        total = count[GONE]
        sizes[i] = total
        for place in range(total):
            for j in range(weights.shape[1]):
                sums[i, j] += weights[gone[place], j]
        undo(r, s, w)


@compiled
def tallies(r, s, w, ptr, rows, group, values, own, counts, sums, often):
    """Like :func:`scenarios`, for one value an asset summed by groups: it reads nine bytes for each loss.

    Args:
        group: (n,) small numbers. values: (n,). own: (c,) how many of the rows operated, written.
        counts: (c, groups) assets that left, added to. sums: (c, groups) of their values, added to.
        often: (n,) or (0,): how often each asset left, added to.
    """
    gone, count = w.gone, w.count
    for i in range(len(ptr) - 1):
        own[i] = cascade(r, s, w, rows[ptr[i] : ptr[i + 1]])
        for place in range(count[GONE]):
            u = gone[place]
            counts[i, group[u]] += 1
            sums[i, group[u]] += values[u]
        if len(often):
            for place in range(count[GONE]):
                often[gone[place]] += 1
        undo(r, s, w)
