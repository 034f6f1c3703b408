"""What a route passes when nothing else is asked for: the transport of one service, and no more.

A route between two routers runs over spans, one between two buses over lines. What only uses a mesh (a control centre,
a data centre, a UPS) is an end and not a way, and so is what runs over the mesh itself (a circuit, a path): it would be
its own spans once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from twin.impact.meshes.kinds import edge_assets, link_types
from twin.impact.paths.graph import ALL, Network, check_direction, named_types, network, of_kinds
from twin.schema import Schema
from twin.schema.model import LinkType
from twin.snapshot.arrays import Arrays, Bools, Longs

#: The service of links from a place to what is inside it.
HOUSING = "housing"
#: Kinds that use a transport mesh and pass nothing on that is not theirs.
TERMINALS = frozenset(
    {
        "control_centre", "data_centre", "rtu", "load", "server", "vm", "workload", "tenant",
        "ups", "pdu", "genset", "transfer_switch", "switchgear", "cooling_unit",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Transport:
    """What routes between two assets may follow and pass.

    Attributes:
        net: the links. transit: (n,) assets that may be passed. links: names of their types. service: whose transport
            it is, None where the question names the links. says: it in words, for notes.
    """

    net: Network
    transit: Bools
    links: tuple[str, ...]
    service: str | None
    says: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Candidate:
    service: str
    types: tuple[str, ...]
    transit: Bools
    extra: tuple[int, ...]
    level: int


def named(arrays: Arrays, schema: Schema, over: Sequence[str], direction: str, apart: bool) -> Transport:
    """The links that a question names, everything on them; raises InvalidParameter for an unknown word.

    Args:
        apart: routes must not share assets: then what runs over others is not passed, it is no way of its own.
    """
    check_direction(direction)
    types = named_types(arrays, schema, over)
    transit = np.ones(arrays.n, bool)
    says = []
    if apart:
        above = logical(arrays, schema)
        transit &= ~above
        if above.any():
            says = ["Circuits and paths that run over other lines are not passed: they share what carries them."]
    return Transport(network(arrays, schema, types, direction), transit, types, None, says)


def usual(
    arrays: Arrays, schema: Schema, direction: str, s: int, t: int, hops: Callable[[Network, Bools], int]
) -> Transport:
    """The transport of the one service that joins both ends, these attached by links of their own, or by what is inside
    them.

    Args:
        hops: links of a shortest route over a network and the assets that may be passed, 0 for none.
    """
    check_direction(direction)
    types = link_types(arrays, schema)
    each = [_candidate(arrays, types, transport, s, t) for transport in _transports(_Whole(arrays, schema))]
    found = sorted((one for one in each if one is not None), key=lambda c: c.level)
    if not found:
        none = "The ends share no service whose transport both are part of: nothing was followed and `service` is null."
        return Transport(network(arrays, schema, (), direction), np.zeros(arrays.n, bool), (), None, [none])
    nets = [network(arrays, schema, c.types, direction, c.extra) for c in found]
    lengths = [hops(net, c.transit) for net, c in zip(nets, found, strict=True)] if len(found) > 1 else [1]
    order = sorted(range(len(found)), key=lambda i: (lengths[i] == 0, found[i].level, lengths[i]))
    best = found[order[0]]
    says = [f"Routes pass only what transports {best.service} ({', '.join(best.types)} links); `over` names others."]
    more = [found[i].service for i in order[1:] if lengths[i]]
    if more:
        says.append(f"The transport of {', '.join(more)} joins both ends too; name it to see.")
    return Transport(nets[order[0]], best.transit, best.types, best.service, says)


def logical(arrays: Arrays, schema: Schema) -> Bools:
    """(n,) edges that run over other edges of a mesh: circuits routed through it, and what spans or paths carry.

    What nothing is known to carry (a path that stands for its cable) is the transport itself.
    """
    types = link_types(arrays, schema)
    edge = edge_assets(arrays, schema)
    above = np.zeros(arrays.n, bool)
    for service in {t.service for t in types if t.mesh}:
        mesh = members(arrays, types, service) & edge
        own = np.array([*(t.service == service and not t.mesh for t in types), False], bool)
        rows = np.flatnonzero(own[arrays.link_type] & edge[arrays.link_to] & (arrays.link_from != arrays.link_to))
        routed = _of_types(types, lambda t: t.joined)
        above[arrays.link_to[rows[routed[arrays.link_type[rows]]]]] = True
        count = -1
        while count != (count := int(above.sum())):
            carried = (mesh | above)[arrays.link_from[rows]]
            above[arrays.link_to[rows[carried]]] = True
    return above


def members(arrays: Arrays, types: Sequence[LinkType], service: str | None) -> Bools:
    """(n,) assets with a mesh link of a service."""
    rows = _of_types(types, lambda t: t.mesh and t.service == service)[arrays.link_type]
    rows &= arrays.link_from != arrays.link_to
    found = np.zeros(arrays.n, bool)
    found[arrays.link_from[rows]] = True
    found[arrays.link_to[rows]] = True
    return found


def elsewhere(
    arrays: Arrays, schema: Schema, direction: str, hops: Callable[[Network, Bools], int], stop: Callable[[], bool]
) -> str:
    """In words: over which links there is a route, when there is none over the usual ones."""
    services = sorted({str(t.service) for t in link_types(arrays, schema) if t.service})
    every = np.ones(arrays.n, bool)
    for words in (*((service,) for service in services), (ALL,)):
        if stop():
            return ""
        if hops(network(arrays, schema, named_types(arrays, schema, words), direction), every):
            return f" There is one over {words[0]} links of every type: name {words[0]!r} as what to go over."
    return ""


class _Whole:
    """A snapshot with its vocabulary, as a cache key."""

    def __init__(self, arrays: Arrays, schema: Schema) -> None:
        self.arrays, self.schema = arrays, schema

    def __hash__(self) -> int:
        return hash((id(self.arrays), self.schema.digest))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Whole) and other.arrays is self.arrays and other.schema.digest == self.schema.digest


@dataclass(frozen=True)
class _Mesh:
    """The transport of one service: names of its link types, (n,) assets with such a link, and those that pass on."""

    service: str
    types: tuple[str, ...]
    inside: Bools
    transit: Bools


@lru_cache(maxsize=6)
def _transports(key: _Whole) -> list[_Mesh]:
    types = link_types(key.arrays, key.schema)
    ends = logical(key.arrays, key.schema) | of_kinds(key.arrays, TERMINALS)
    found = []
    for service in dict.fromkeys(t.service for t in types if t.mesh and t.service):
        inside = members(key.arrays, types, service)
        names = tuple(t.name for t in types if t.mesh and t.service == service)
        found.append(_Mesh(service, names, inside, inside & ~ends))
    return found


def _candidate(arrays: Arrays, types: Sequence[LinkType], mesh: _Mesh, s: int, t: int) -> _Candidate | None:
    inside, transit = mesh.inside, mesh.transit
    level, extra = 0, []
    for end, far in ((s, t), (t, s)):
        if inside[end]:
            continue
        reach = transit.copy()
        reach[far] |= inside[far]
        step, rows = _attached(arrays, types, mesh.service, reach, end)
        if not step:
            step, rows = 3, _inside(arrays, types, reach, end)
        if not len(rows):
            return None
        level += step
        extra += rows.tolist()
        if step == 3:
            transit = transit.copy()
            transit[arrays.link_from[rows]] = True
    return _Candidate(mesh.service, mesh.types, transit, tuple(extra), level)


def _attached(arrays: Arrays, types: Sequence[LinkType], service: str, reach: Bools, end: int) -> tuple[int, Longs]:
    """The links of *end* itself to *reach*: (1, those of the service), (2, of any service), or (0, none)."""
    out = np.arange(arrays.out_ptr[end], arrays.out_ptr[end + 1], dtype=np.int64)
    into = arrays.in_link[arrays.in_ptr[end] : arrays.in_ptr[end + 1]].astype(np.int64)
    rows = np.concatenate([out[reach[arrays.link_to[out]]], into[reach[arrays.link_from[into]]]])
    for step, chosen in (
        (1, _of_types(types, lambda t: t.service == service)),
        (2, _of_types(types, lambda t: t.service is not None)),
    ):
        if len(found := rows[chosen[arrays.link_type[rows]]]):
            return step, found
    return 0, np.zeros(0, np.int64)


def _inside(arrays: Arrays, types: Sequence[LinkType], reach: Bools, place: int) -> Longs:
    """The links that lead from a place down to what is inside it, and inside that, and is of *reach*."""
    housing = _of_types(types, lambda t: t.service == HOUSING and not t.mesh)
    above: dict[int, int] = {place: -1}
    front, needed = [place], set[int]()
    while front:
        inner = []
        for v in front:
            for row in range(int(arrays.out_ptr[v]), int(arrays.out_ptr[v + 1])):
                w = int(arrays.link_to[row])
                if housing[arrays.link_type[row]] and w not in above:
                    above[w] = row
                    inner.append(w)
        for w in inner:
            row = above[w]
            while reach[w] and row >= 0 and row not in needed:
                needed.add(row)
                row = above[int(arrays.link_from[row])]
        front = [w for w in inner if not reach[w]]
    return np.array(sorted(needed), np.int64)


def _of_types(types: Sequence[LinkType], wanted: Callable[[LinkType], bool]) -> Bools:
    return np.array([*(wanted(t) for t in types), False], bool)
