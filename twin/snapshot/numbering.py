"""Numbers for assets and links that keep near what belongs together, whatever order they were given in.

On whole-graph work the order of numbers matters as much as the language of the loop: neighbours share cache lines.
"""

from __future__ import annotations

import numpy as np

from twin.snapshot.arrays import Indices, Ints
from twin.snapshot.gates import LinkColumns, TypeTable
from twin.snapshot.sorting import pointers, sorted_by

#: Keys up to this size are sorted in one pass.
WIDE = 1 << 20


def sort_links(links: LinkColumns, n: int, groups: int) -> tuple[LinkColumns, Indices]:
    """Links by both ends, then by type, group and need; and where each stood before.

    Links that agree in all five cannot be told apart, so the columns do not depend on the order they came in.
    """
    needs = np.unique(links.need)
    need = np.searchsorted(needs, links.need).astype(np.int32)
    kind, group = links.type.astype(np.int32), links.group + np.int32(1)
    sizes = (256, groups + 1, max(len(needs), 1))
    if np.prod(sizes, dtype=np.float64) <= WIDE:
        code = ((kind * sizes[1] + group) * sizes[2] + need).astype(np.int32)
        last = [(code, int(np.prod(sizes)))]
    else:
        last = [(kind, sizes[0]), (group.astype(np.int32), sizes[1]), (need, sizes[2])]
    order = sorted_by([(links.source, n), (links.target, n), *last])
    return links.take(order), order


def breadth_first(domain: Ints, links: LinkColumns, types: TypeTable) -> Ints:
    """(n,) the asset that gets each number: by domain, component, then breadth-first from the sources.

    Args:
        domain: (n,) codes. links: ends as rows in the order given. Links without a service do not count.
    """
    from twin.snapshot import kernels

    n = len(domain)
    rows = np.flatnonzero(types.service[links.type] >= 0)
    back = rows[types.mesh[links.type[rows]]]
    source = np.concatenate([links.source[rows], links.target[back]])
    target = np.concatenate([links.target[rows], links.source[back]])
    order = sorted_by([(source, n), (target, n)])
    to = target[order].view(np.uint32)
    ptr = pointers(source, n)
    fed = np.zeros(n, bool)
    fed[target] = True
    queue = kernels.breadth_first(ptr, to, ~fed & (ptr[1:] > ptr[:-1]))
    component = kernels.components(n, links.source[rows], links.target[rows])[queue]
    first = np.empty(n, np.int32)
    first[component[::-1]] = np.arange(n, dtype=np.int32)[::-1]
    numbers: Ints = queue[sorted_by([(domain[queue], int(domain.max(initial=0)) + 1), (first[component], n)])]
    return numbers
