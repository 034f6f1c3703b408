"""What an asset depends on and what depends on it: closures over gates and transport.

All of it is level L0: who could be touched, not who is. What is followed, and how the transport mesh takes part, is
told in :class:`twin.snapshot.arrays.Adjacency`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from twin.errors import InvalidParameter
from twin.impact import reach_kernels as kernels
from twin.schema import suggest
from twin.snapshot.arrays import SAME, Arrays, Bools, Bytes, Indices, Ints, Longs
from twin.snapshot.catalogue import Catalogue

MESH = -1
DEEPEST = 2**30


@dataclass(frozen=True)
class Step:
    """One asset reached: its row, its distance in links, the row it was reached from and the gate in between.

    ``gate`` is ``MESH`` where the transport mesh was followed.
    """

    row: int
    hop: int
    parent: int
    gate: int


@dataclass
class _Space:
    """Work space of one search: marks that are zero between searches, a queue, and permission to enter any node."""

    seen: Bytes
    queue: Indices
    anywhere: Bytes


#: Spaces that are not in use, by snapshot: one search takes one at a time, so threads never share.
_spaces: WeakKeyDictionary[Arrays, list[_Space]] = WeakKeyDictionary()


@contextmanager
def _space(arrays: Arrays) -> Iterator[_Space]:
    free = _spaces.setdefault(arrays, [])
    nodes = len(arrays.down.ptr) - 1
    try:
        space = free.pop()
    except IndexError:
        space = _Space(np.zeros(nodes, np.uint8), np.empty(nodes + 1, np.uint32), np.ones(nodes, np.uint8))
    yield space
    free.append(space)  # not after an error: its marks may be left


@dataclass(frozen=True)
class Filter:
    """What a search may follow and enter.

    Attributes:
        services: names of the services to follow, None for all.
        through: (n,) assets that may be entered, None for all; what a search starts from is entered whatever it is.
    """

    services: Sequence[str] | None = None
    through: Bools | None = None

    def masks(self, arrays: Arrays, anywhere: Bytes) -> tuple[Bytes, Bytes]:
        """(256,) services and (nodes,) nodes, *anywhere* for all. Raises InvalidParameter for an unknown service."""
        follow = np.ones(256, np.uint8)
        if self.services is not None:
            follow[:] = 0
            follow[SAME] = 1
            for name in self.services:
                if name not in arrays.services:
                    raise InvalidParameter(
                        f"unknown service {name!r}.{suggest(name, arrays.services)}",
                        fix=f"Use one of: {', '.join(sorted(arrays.services))}.",
                    )
                follow[arrays.services.index(name)] = 1
        if self.through is None:
            return follow, anywhere
        return follow, np.concatenate([self.through, self.through[arrays.carriers]]).astype(np.uint8)


EVERYTHING = Filter()


def reach(arrays: Arrays, rows: Longs | Ints, up: bool, only: Filter = EVERYTHING) -> Ints:
    """Everything that *rows* depend on (up) or that depends on them (down), and they themselves.

    Args:
        rows: (r,) assets. only: what to follow and enter.

    Returns:
        Rows, sorted. The cost is what is touched, unless a filter is given.
    """
    ways = arrays.up if up else arrays.down
    seeds = np.asarray(rows).astype(np.uint32)
    with _space(arrays) as space:
        if only is EVERYTHING:
            count = kernels.reach(seeds, ways.ptr, ways.to, space.seen, space.queue)
        else:
            masks = only.masks(arrays, space.anywhere)
            count = kernels.reach_filtered(seeds, ways.ptr, ways.to, ways.service, *masks, space.seen, space.queue)
        nodes = space.queue[:count].copy()
        kernels.forget(space.queue, count, space.seen)
    found: Ints = np.sort(nodes[nodes < arrays.n]).view(np.int32)
    return found


def reach_nodes(arrays: Arrays, seeds: Longs | Ints, up: bool, stop: Bytes | None = None) -> Longs:
    """Nodes of the adjacency (assets and carriers) that *seeds* lead to, they included, nearest first.

    Args:
        seeds: nodes. stop: (nodes,) 1 for those that are reached but not gone on from.
    """
    ways = arrays.up if up else arrays.down
    with _space(arrays) as space:
        none = np.zeros(len(space.seen), np.uint8) if stop is None else stop
        count = kernels.reach_until(
            np.asarray(seeds).astype(np.uint32), ways.ptr, ways.to, none, space.seen, space.queue
        )
        nodes = space.queue[:count].astype(np.int64)
        kernels.forget(space.queue, count, space.seen)
    return nodes


def closure(arrays: Arrays, rows: Longs | Ints) -> Ints:
    """Rows that an answer about *rows* rests on, sorted: what depends on them, and all that this depends on."""
    return reach(arrays, reach(arrays, rows, up=False), up=True)


def depended_on(arrays: Arrays, rows: Longs | Ints) -> Bools:
    """(n,) *rows* and everything that they depend on."""
    found = np.zeros(arrays.n, bool)
    found[reach(arrays, rows, up=True)] = True
    return found


def steps(
    arrays: Arrays, rows: Longs | Ints, up: bool, depth: int | None = None, only: Filter = EVERYTHING
) -> tuple[Ints, Ints, Ints, Ints]:
    """Breadth-first from *rows*: rows reached, nearest first, with hop, parent and gate, see :class:`Step`.

    Args:
        rows: where to start; they are not listed. depth: most links to follow, None for all.
    """
    ways, gates = (arrays.up if up else arrays.down), arrays.gates
    with _space(arrays) as space:
        follow, enter = only.masks(arrays, space.anywhere)
        table = kernels.walk(
            np.asarray(rows).astype(np.uint32), arrays.n, up, DEEPEST if depth is None else depth,
            ways.ptr, ways.to, ways.service, follow, enter, gates.own_ptr, gates.ptr, gates.joined,
            gates.use_ptr, gates.use_gate, arrays.carriers, space.seen,
        )  # fmt: skip
    row, hop, parent, gate = (np.ascontiguousarray(table[:, i]) for i in range(4))
    return row, hop, parent, gate


def walk(arrays: Arrays, row: int, up: bool, depth: int | None) -> list[Step]:
    """Breadth-first from *row*, upwards (what it depends on) or downwards (what depends on it).

    Args:
        depth: most links to follow, None for all.

    Returns:
        The assets reached, nearest first, without *row* itself.
    """
    columns = steps(arrays, np.array([row]), up, depth)
    return [Step(*step) for step in zip(*(column.tolist() for column in columns), strict=True)]


def named_walk(
    catalogue: Catalogue,
    row: int,
    up: bool,
    depth: int | None,
    domains: Sequence[str] | None,
    *,
    services: Sequence[str] | None = None,
    through: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """The steps of :func:`walk` as plain data: id, kind, domain, name, hop, parent, service, group.

    Args:
        domains: list only these. services: follow only these. through: enter only assets of these domains.

    Raises:
        InvalidParameter: the depth is below 1, or no asset is of one of the domains, or no link of a service.
    """
    if depth is not None and depth < 1:
        raise InvalidParameter(f"the depth is {depth}", fix="Give a whole number from 1, or none for all.")
    only = Filter(services or None, catalogue.in_domains(through) if through else None)
    rows, hops, parents, gates = steps(catalogue.arrays, np.array([row]), up, depth, only)
    if domains:
        listed = catalogue.in_domains(domains)[rows]
        rows, hops, parents, gates = rows[listed], hops[listed], parents[listed], gates[listed]
    result = []
    told = zip(catalogue.brief(rows), hops.tolist(), catalogue.ids(parents), gates.tolist(), strict=True)
    for entry, hop, parent, gate in told:
        service, group = catalogue.gate_name(gate)
        result.append({**entry, "hop": hop, "parent": parent, "service": service, "group": group})
    return result
