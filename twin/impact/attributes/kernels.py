# mypy: disable-error-code="no-untyped-def"
"""The compiled loops of derived attributes: how much each component reaches, and which seed is nearest."""

from __future__ import annotations

import numpy as np

from twin.impact.compiled import compiled

#: Words of 64 bits that are carried along at once: one cache line.
WORDS = 8
BLOCK = 64 * WORDS


@compiled
def ones(x):
    """Bits set in a word of 64."""
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return (x * np.uint64(0x0101010101010101)) >> np.uint64(56)


@compiled
def reached_counts(ptr, to, component, counted):
    """How many counted nodes each component of an acyclic graph reaches, its own included.

    Reachability by bit sets, a block of nodes at a time, so that the memory is components times one cache line
    (Purdom 1970 condensed the graph; the blocks are the usual way to bound the closure's memory).

    Args:
        ptr, to: successors of the c components, which are numbered so that every successor has a larger number.
        component: (k,) component of each counted node, sorted. counted: k.

    Returns:
        (c,) counts.
    """
    c = len(ptr) - 1
    total = np.zeros(c, np.int64)
    bits = np.zeros((c, WORDS), np.uint64)
    for low in range(0, counted, BLOCK):
        high = min(low + BLOCK, counted)
        last = component[high - 1]  # components after it cannot reach back to this block
        bits[: last + 1] = 0
        for i in range(low, high):
            bits[component[i], (i - low) >> 6] |= np.uint64(1) << np.uint64((i - low) & 63)
        for u in range(last, -1, -1):
            for j in range(ptr[u], ptr[u + 1]):
                w = to[j]
                if w <= last:
                    for k in range(WORDS):
                        bits[u, k] |= bits[w, k]
            for k in range(WORDS):
                if bits[u, k]:
                    total[u] += np.int64(ones(bits[u, k]))
    return total


@compiled
def nearest(seeds, n, ptr, to):
    """The seed that each node is the fewest links below; of two at the same distance the first.

    Args:
        seeds: (s,) nodes. n: number of assets; nodes from n on are carriers, and steps to them cost nothing.
        ptr, to: what to follow.

    Returns:
        (nodes,) position in *seeds*, -1 where none leads to.
    """
    nodes = len(ptr) - 1
    label = np.full(nodes, -1, np.int64)
    size = len(to) + len(seeds) + 1
    queue, by, stack = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    head, tail = 0, 0
    for i in range(len(seeds)):
        queue[tail], by[tail] = seeds[i], i
        tail += 1
    while head < tail:
        top = 0
        stack[0], mark = queue[head], by[head]
        head += 1
        while top >= 0:
            u = stack[top]
            top -= 1
            if label[u] >= 0:
                continue
            label[u] = mark
            for j in range(ptr[u], ptr[u + 1]):
                w = np.int64(to[j])
                if label[w] >= 0:
                    continue
                if w >= n:
                    top += 1
                    stack[top] = w
                else:
                    queue[tail], by[tail] = w, mark
                    tail += 1
    return label
