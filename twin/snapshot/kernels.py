# mypy: disable-error-code="no-untyped-def"
"""The compiled loops that build a snapshot: counting sort, numbering, components, checksums of ids.

Every kernel has an explicit signature that takes read-only arrays, so memory maps do not compile a second time.
Import this module inside functions: loading the compiler takes a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba import types


def readonly(kind: Any) -> Any:
    """Signature of a flat array that is only read; writable ones are taken too."""
    return types.Array(kind, 1, "C", readonly=True)


def writable(kind: Any) -> Any:
    """Signature of a flat array that is written."""
    return types.Array(kind, 1, "C")


BYTES, INTS = readonly(types.uint8), readonly(types.int32)
INDICES, LONGS, FLAGS = readonly(types.uint32), readonly(types.int64), readonly(types.boolean)


def compiled(*signature: Any) -> Callable[[Any], Any]:
    """Compile for one signature, with a disk cache where one can be written; a read-only installation does without."""

    def wrap(function: Any) -> Any:
        try:
            return numba.njit(signature, nogil=True, cache=True)(function)
        except (RuntimeError, OSError):
            return numba.njit(signature, nogil=True)(function)

    return wrap


@compiled(INTS, types.int64)
def count_sort(key, size):
    """Stable counting sort of keys 0 .. size - 1.

    Returns:
        (size + 1,) where each key begins in the order, and (k,) the positions, sorted by key.
    """
    ptr = np.zeros(size + 1, np.uint32)
    for i in range(len(key)):
        ptr[key[i] + 1] += np.uint32(1)
    for v in range(size):
        ptr[v + 1] += ptr[v]
    at = ptr[:-1].copy()
    order = np.empty(len(key), np.uint32)
    for i in range(len(key)):
        v = key[i]
        order[at[v]] = i
        at[v] += np.uint32(1)
    return ptr, order


@compiled(INTS, INDICES, types.int64)
def count_sort_again(key, before, size):
    """Like :func:`count_sort`, of positions that are sorted already by what matters less."""
    ptr = np.zeros(size + 1, np.uint32)
    for i in range(len(key)):
        ptr[key[i] + 1] += np.uint32(1)
    for v in range(size):
        ptr[v + 1] += ptr[v]
    at = ptr[:-1].copy()
    order = np.empty(len(key), np.uint32)
    for i in range(len(before)):
        place = before[i]
        v = key[place]
        order[at[v]] = place
        at[v] += np.uint32(1)
    return ptr, order


@compiled(INTS, types.int64)
def pointers(key, size):
    """(size + 1,) where each key begins in an order sorted by it."""
    ptr = np.zeros(size + 1, np.uint32)
    for i in range(len(key)):
        ptr[key[i] + 1] += np.uint32(1)
    for v in range(size):
        ptr[v + 1] += ptr[v]
    return ptr


@compiled(types.int64, INTS, INTS)
def components(n, a, b):
    """(n,) the lowest asset of each weakly connected component over the pairs a, b (union-find, path halving)."""
    label = np.arange(n).astype(np.int32)
    for i in range(len(a)):
        x, y = a[i], b[i]
        while label[x] != x:
            label[x] = label[label[x]]
            x = label[x]
        while label[y] != y:
            label[y] = label[label[y]]
            y = label[y]
        if x < y:
            label[y] = x
        elif y < x:
            label[x] = y
    for v in range(n):  # the root is the lowest of its component, so it was labelled before
        label[v] = label[label[v]]
    return label


@compiled(INDICES, INDICES, FLAGS)
def breadth_first(ptr, to, first):
    """(n,) all assets, breadth-first: from the flagged ones at once, then from the lowest that is left, and so on."""
    n = len(first)
    seen = np.zeros(n, np.uint8)
    queue = np.empty(n + 1, np.int32)
    tail = 0
    for v in range(n):
        if first[v]:
            seen[v] = 1
            queue[tail] = v
            tail += 1
    head = 0
    low = 0
    while tail < n or head < tail:
        if head == tail:
            while seen[low]:
                low += 1
            seen[low] = 1
            queue[tail] = low
            tail += 1
        u = queue[head]
        head += 1
        for j in range(ptr[u], ptr[u + 1]):
            w = to[j]
            queue[tail] = w
            tail += 1 - seen[w]
            seen[w] = 1
    return queue[:n].copy()


@compiled(INDICES, INDICES)
def strong(ptr, to):
    """Strongly connected components (Tarjan 1972, without recursion): how many, and (n,) the component of each node.

    Numbers are handed out to consumers first: an edge leads to a component of a lower number, or stays inside.
    """
    n = len(ptr) - 1
    found = np.zeros(n, np.uint32)  # 0 for not yet, else the time
    low = np.zeros(n, np.uint32)
    label = np.full(n, -1, np.int32)
    edge = ptr[:-1].copy()
    path, stack = np.empty(n, np.int32), np.empty(n, np.int32)
    clock, count, height = np.uint32(0), 0, 0
    for root in range(n):
        if found[root]:
            continue
        path[0] = root
        depth = 1
        while depth > 0:
            u = path[depth - 1]
            if not found[u]:
                clock += np.uint32(1)
                found[u] = clock
                low[u] = clock
                stack[height] = u
                height += 1
            deeper = False
            while edge[u] < ptr[u + 1]:
                w = to[edge[u]]
                if not found[w]:
                    path[depth] = w
                    depth += 1
                    deeper = True
                    break
                if label[w] < 0 and low[w] < low[u]:
                    low[u] = low[w]
                edge[u] += np.uint32(1)
            if deeper:
                continue
            depth -= 1
            if low[u] == found[u]:
                while True:
                    height -= 1
                    w = stack[height]
                    label[w] = count
                    if w == u:
                        break
                count += 1
    return count, label


@compiled(types.int64, INTS, INDICES, INDICES)
def supply_rank(count, label, ptr, to):
    """(count,) position of each component in an order with suppliers first (Kahn 1962), near ones near each other.

    A component is ready when all that supply it are placed; the ready ones go first come, first served, from the
    lowest node on.
    """
    n = len(label)
    waiting = np.zeros(count, np.int64)
    for u in range(n):
        for j in range(ptr[u], ptr[u + 1]):
            if label[to[j]] != label[u]:
                waiting[label[to[j]]] += 1
    size = np.zeros(count + 1, np.int64)
    for v in range(n):
        size[label[v] + 1] += 1
    for c in range(count):
        size[c + 1] += size[c]
    inside, at = np.empty(n, np.int32), size[:-1].copy()
    for v in range(n):
        inside[at[label[v]]] = v
        at[label[v]] += 1
    rank = np.full(count, -1, np.int32)
    queue = np.empty(count, np.int32)
    tail = 0
    for v in range(n):
        c = label[v]
        if waiting[c] == 0 and rank[c] < 0:
            rank[c] = tail
            queue[tail] = c
            tail += 1
    head = 0
    while head < tail:
        c = queue[head]
        head += 1
        for i in range(size[c], size[c + 1]):
            u = inside[i]
            for j in range(ptr[u], ptr[u + 1]):
                d = label[to[j]]
                if d != c:
                    waiting[d] -= 1
                    if waiting[d] == 0:
                        rank[d] = tail
                        queue[tail] = d
                        tail += 1
    return rank


@compiled(LONGS, BYTES)
def checksums(offset, data):
    """(n,) CRC-32 (as ``zlib.crc32``) of the texts ``data[offset[i]:offset[i + 1]]``."""
    table = np.empty(256, np.uint32)
    for i in range(256):
        c = np.uint32(i)
        for _ in range(8):
            c = np.uint32(0xEDB88320) ^ (c >> np.uint32(1)) if c & np.uint32(1) else c >> np.uint32(1)
        table[i] = c
    found = np.empty(len(offset) - 1, np.uint32)
    for i in range(len(found)):
        c = np.uint32(0xFFFFFFFF)
        for j in range(offset[i], offset[i + 1]):
            c = table[(c ^ data[j]) & np.uint32(255)] ^ (c >> np.uint32(8))
        found[i] = ~c
    return found
