# mypy: disable-error-code="no-untyped-def"
"""The compiled inner loops of meshes: low points, what hangs below each cut, dominators.

Graphs are symmetric CSR with the number of the edge on each arc, so that parallel edges stay apart.
"""

from __future__ import annotations

import numpy as np

from twin.impact.compiled import compiled


@compiled
def by_source(source, n):
    """Counting sort: where each source's arcs begin, (n + 1,), and the arcs in that order, stable."""
    ptr = np.zeros(n + 1, np.int64)
    for u in source:
        ptr[u + 1] += 1
    for v in range(n):
        ptr[v + 1] += ptr[v]
    fill = ptr[:-1].copy()
    order = np.empty(len(source), np.int64)
    for j in range(len(source)):
        u = source[j]
        order[fill[u]] = j
        fill[u] += 1
    return ptr, order


@compiled
def low_points(ptr, to, edge, inside):
    """Depth-first search of Tarjan 1972, without recursion; only the edge that led to a vertex is left out of its low
    point, so that a parallel edge keeps both ends together.

    Args:
        inside: (n,) vertices that take part.

    Returns:
        (n,) order of discovery (-1 outside), low point, parent (-1 of a root), edge to the parent, root; and the
        vertices in the order of discovery.
    """
    n = len(ptr) - 1
    disc = np.full(n, -1, np.int64)
    low = np.full(n, -1, np.int64)
    parent = np.full(n, -1, np.int64)
    by = np.full(n, -1, np.int64)
    root = np.full(n, -1, np.int64)
    order = np.empty(n, np.int64)
    at = np.empty(n, np.int64)
    stack = np.empty(n, np.int64)
    count = 0
    for r in range(n):
        if not inside[r] or disc[r] >= 0:
            continue
        disc[r], low[r], root[r], at[r] = count, count, r, ptr[r]
        order[count] = r
        count += 1
        stack[0] = r
        top = 1
        while top > 0:
            u = stack[top - 1]
            if at[u] == ptr[u + 1]:
                top -= 1
                if top > 0 and low[u] < low[stack[top - 1]]:
                    low[stack[top - 1]] = low[u]
                continue
            j = at[u]
            at[u] += 1
            w = to[j]
            if not inside[w] or edge[j] == by[u]:
                continue
            if disc[w] < 0:
                disc[w], low[w], root[w], at[w] = count, count, r, ptr[w]
                order[count] = w
                count += 1
                parent[w], by[w] = u, edge[j]
                stack[top] = w
                top += 1
            elif disc[w] < low[u]:
                low[u] = disc[w]
    return disc, low, parent, by, root, order[:count]


@compiled
def blocks(order, parent, opens):
    """(n,) the block of the tree edge above each vertex: the vertex that opens it; -1 of roots and outside."""
    block = np.full(len(parent), -1, np.int64)
    for v in order:
        if parent[v] >= 0:
            block[v] = v if opens[v] else block[parent[v]]
    return block


@compiled
def subtree_sums(order, parent, sums):
    """Add to each row of *sums* (n, w), in place, the rows of all vertices below it in the tree."""
    for i in range(len(order) - 1, -1, -1):
        v = order[i]
        p = parent[v]
        if p >= 0:
            for c in range(sums.shape[1]):
                sums[p, c] += sums[v, c]


@compiled
def pieces(order, disc, low, parent, root, own, below):
    """What a component falls into when a vertex is taken out.

    Args:
        own: (n, w) worth of each vertex; column 0 counts what makes a piece, column 1 what supplies it.
        below: (n, w) the same summed over its subtree.

    Returns:
        (n,) number of pieces with a count; (n, w) sums over all of these but the largest (of equals one that
        is supplied);
        (n, w) sums over those without a supplier.
    """
    n, w = own.shape
    number = np.zeros(n, np.int64)
    lesser = np.zeros((n, w), np.float64)
    dark = np.zeros((n, w), np.float64)
    largest = np.zeros((n, w), np.float64)
    rest = np.empty(w, np.float64)
    hung = np.zeros((n, w), np.float64)
    for v in order:
        p = parent[v]
        if p >= 0 and low[v] >= disc[p]:
            for c in range(w):
                hung[p, c] += below[v, c]
            _piece(p, below[v], number, lesser, dark, largest)
    for v in order:
        if parent[v] >= 0:
            for c in range(w):
                rest[c] = below[root[v], c] - own[v, c] - hung[v, c]
            if rest[0] > 0.5:
                _piece(v, rest, number, lesser, dark, largest)
    return number, lesser, dark


@compiled
def _piece(v, worth, number, lesser, dark, largest):
    """Note one more piece of what is left without v."""
    if worth[0] < 0.5:
        return
    number[v] += 1
    bigger = worth[0] > largest[v, 0] or (worth[0] == largest[v, 0] and worth[1] > largest[v, 1])
    for c in range(len(worth)):
        if worth[1] < 0.5:
            dark[v, c] += worth[c]
        if bigger:
            lesser[v, c] += largest[v, c]
            largest[v, c] = worth[c]
        else:
            lesser[v, c] += worth[c]


@compiled
def _eval(v, ancestor, label, semi, path):
    """The vertex of least semidominator on the way from v up to the root of its tree; halves the way as it goes."""
    if ancestor[v] < 0:
        return label[v]
    top = 0
    u = v
    while ancestor[ancestor[u]] >= 0:
        path[top] = u
        top += 1
        u = ancestor[u]
    while top > 0:
        top -= 1
        x = path[top]
        a = ancestor[x]
        if semi[label[a]] < semi[label[x]]:
            label[x] = label[a]
        ancestor[x] = ancestor[a]
    return label[v]


@compiled
def dominators(ptr, to, back_ptr, back, root):
    """Immediate dominators by Semi-NCA (Georgiadis 2005; semidominators of Lengauer & Tarjan 1979).

    Args:
        ptr, to: successors. back_ptr, back: predecessors. root: where all begins.

    Returns:
        (n,) immediate dominator, -1 of the root and of what cannot be reached; the reached in depth-first order.
    """
    n = len(ptr) - 1
    number = np.full(n, -1, np.int64)
    parent = np.full(n, -1, np.int64)
    order = np.empty(n, np.int64)
    at = np.empty(n, np.int64)
    stack = np.empty(n, np.int64)
    number[root], order[0], at[root], stack[0] = 0, root, ptr[root], root
    count, top = 1, 1
    while top > 0:
        u = stack[top - 1]
        if at[u] == ptr[u + 1]:
            top -= 1
            continue
        w = to[at[u]]
        at[u] += 1
        if number[w] < 0:
            number[w], order[count], at[w], parent[w] = count, w, ptr[w], u
            count += 1
            stack[top] = w
            top += 1
    semi = number.copy()
    label = np.arange(n)
    ancestor = np.full(n, -1, np.int64)
    for i in range(count - 1, 0, -1):
        v = order[i]
        for j in range(back_ptr[v], back_ptr[v + 1]):
            u = back[j]
            if number[u] >= 0:
                least = semi[_eval(u, ancestor, label, semi, stack)]
                if least < semi[v]:
                    semi[v] = least
        ancestor[v] = parent[v]
    idom = parent
    for i in range(1, count):
        v = order[i]
        d = idom[v]
        while number[d] > semi[v]:
            d = idom[d]
        idom[v] = d
    return idom, order[:count]


@compiled
def components(ptr, to, inside, label, stack):
    """Components of the vertices *inside*: ``label[v]`` is the lowest vertex of v's; -1 outside. Returns how many."""
    count = 0
    for r in range(len(label)):
        label[r] = -1
    for r in range(len(label)):
        if not inside[r] or label[r] >= 0:
            continue
        count += 1
        label[r] = r
        stack[0] = r
        top = 1
        while top > 0:
            top -= 1
            u = stack[top]
            for j in range(ptr[u], ptr[u + 1]):
                w = to[j]
                if inside[w] and label[w] < 0:
                    label[w] = r
                    stack[top] = w
                    top += 1
    return count
