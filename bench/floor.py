# mypy: disable-error-code="no-untyped-def"
"""The replay floor: the memory reads of a search whose order is already known, and nothing else.

For every node in the known order its two row bounds are read, then its neighbours, then one byte of state of each
neighbour. A search on the same arrays cannot be faster than this without another layout or another algorithm.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.extending import intrinsic

AHEAD = 16


@intrinsic
def _touch(context, array, place):
    """Ask for the cache line of ``array[place]`` and do not wait."""

    def code(made, builder, signature, args):
        view = made.make_array(signature.args[0])(made, builder, args[0])
        spot = builder.bitcast(builder.gep(view.data, [args[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), word, word, word])
        ask = builder.module.declare_intrinsic("llvm.prefetch", [ir.IntType(8).as_pointer()], kind)
        builder.call(ask, [spot, word(0), word(3), word(1)])
        return made.get_dummy_value()

    return numba.void(array, place), code


@numba.njit(nogil=True)
def _replay(order, ptr, to, state):
    total = 0
    for i in range(len(order)):
        u = order[i]
        for j in range(ptr[u], ptr[u + 1]):
            total += state[to[j]]
    return total


@numba.njit(nogil=True)
def _replay_ahead(order, ptr, to, state):
    total = 0
    n = len(order)
    for i in range(n):
        if i + 2 * AHEAD < n:
            _touch(ptr, np.int64(order[i + 2 * AHEAD]))
        if i + AHEAD < n:
            low = ptr[order[i + AHEAD]]
            _touch(to, np.int64(low))
        if i + AHEAD // 2 < n:
            u = order[i + AHEAD // 2]
            for j in range(ptr[u], ptr[u + 1]):
                _touch(state, np.int64(to[j]))
        u = order[i]
        for j in range(ptr[u], ptr[u + 1]):
            total += state[to[j]]
    return total


def replays(order: npt.NDArray[Any], ptr: npt.NDArray[Any], to: npt.NDArray[Any]) -> dict[str, Any]:
    """Both ways of reading, by name, each a callable without arguments.

    Args:
        order: the nodes as the search met them. ptr, to: the graph.
    """
    state = np.zeros(len(ptr) - 1, np.uint8)
    order, ptr, to = (np.ascontiguousarray(a, np.uint32) for a in (order, ptr, to))
    return {
        "replay": lambda: _replay(order, ptr, to, state),
        "replay, reading ahead": lambda: _replay_ahead(order, ptr, to, state),
    }
