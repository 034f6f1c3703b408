"""Stable sorting by small keys, and row pointers of sorted columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.snapshot.arrays import Indices, Ints

#: Counting costs a pass over the values: fewer keys than one in so many values are compared instead.
FEW = 32


def sorted_by(keys: Sequence[tuple[Ints, int]]) -> Indices:
    """Stable order by several keys, the one that matters most first; each with its number of values."""
    if len(keys[0][0]) * FEW < max(size for _, size in keys):
        return np.lexsort([key for key, _ in reversed(keys)]).astype(np.uint32)
    from twin.snapshot import kernels

    *more, (least, size) = keys
    _, order = kernels.count_sort(least, size)
    for key, size in reversed(more):
        _, order = kernels.count_sort_again(key, order, size)
    return np.asarray(order)


def pointers(key: Ints, size: int) -> Indices:
    """(size + 1,) where each key begins in an order sorted by it."""
    from twin.snapshot import kernels

    ptr: Indices = kernels.pointers(key, size)
    return ptr
