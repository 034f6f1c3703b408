"""The part of a system that an event can touch, as a system of its own.

A pessimistic cascade (no buffers, no standby source that is off) bounds what can change in the run in time: whatever
it leaves standing is supplied throughout by what it leaves standing, in its own service component, and never drops,
rides or calls. So the run needs the assets that the cascade takes, the owners of gates that these or the standby
sources they may call are members of, and of circuits whose ends it parts, and the members of all those gates; the rest
of the transport mesh comes in as one asset for each island. The answers of that part are those of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from twin.impact.cascade import Standing, kernels
from twin.impact.cascade.state import GATES, GONE, HAVE, HAVE_BEFORE, OWNER, TOUCHED, State, Work
from twin.impact.system import System, ranges
from twin.snapshot.arrays import Arrays, Bools, Gates, Ints, Longs, Mesh, Order

#: A part is cut out only where the whole is at least so many times larger.
SHARE = 2
#: Attributes that answers name assets by; all others are looked up in the whole.
COLUMNS = ("id", "kind", "domain", "name")
PER_ASSET = (
    "in_service", "planned", "standby", "black_start", "manual_restart", "assumed", "removed", "start_delay_s",
    "endurance_s", "place",
)  # fmt: skip


@dataclass(frozen=True)
class Region:
    """A system and where its assets are in the whole.

    Attributes:
        system: the part, or the whole itself. rows: (r,) its assets in the whole, sorted; None for the whole.
    """

    system: System
    rows: Longs | None

    def local(self, rows: Longs | Ints) -> Longs:
        """Rows of the whole as rows of the part; those outside it are left out."""
        if self.rows is None:
            return np.asarray(rows, np.int64)
        place = np.searchsorted(self.rows, rows)
        inside = place < len(self.rows)
        inside[inside] = self.rows[place[inside]] == np.asarray(rows)[inside]
        found: Longs = place[inside]
        return found

    def whole(self, rows: Longs | Ints) -> Longs:
        """Rows of the part as rows of the whole."""
        return np.asarray(rows, np.int64) if self.rows is None else self.rows[rows]

    def flags(self, rows: Longs | Ints) -> Bools:
        """(r,) which assets of the part are among these rows of the whole."""
        found = np.zeros(self.system.n, bool)
        found[self.local(rows)] = True
        return found

    def mask(self, flags: Bools) -> Bools:
        """(r,) of flags over the whole."""
        return flags if self.rows is None else flags[self.rows]


def region_of(system: System, event: Longs | Ints, also: Longs | Ints | None = None) -> Region:
    """The part of *system* that the loss of *event* can touch.

    Args:
        event: rows that fail. also: rows whose gates are wanted too.
    """
    standing = Standing.cautious(system)
    if not standing.divisible:
        return Region(system, None)
    with standing.worker() as (state, work):
        kernels.cascade(standing.rules, state, work, np.ascontiguousarray(event, np.int32))
        try:
            return _cut_out(system, standing, state, work, also)
        finally:
            kernels.undo(standing.rules, state, work)


def _cut_out(system: System, standing: Standing, state: State, work: Work, also: Any) -> Region:
    touched, gone, special = work.touched[: work.count[TOUCHED]], work.gone[: work.count[GONE]], standing.rules.special
    ranks, before = state.rank[: state.grounded, touched], standing.state.rank[: state.grounded, touched]
    unsupplied = ((ranks < 0) & (before >= 0)).any(axis=0)
    lost = np.union1d(gone, special[touched[unsupplied]]).astype(np.int64)
    if work.count[GONE] * SHARE > system.n:
        return Region(system, None)
    g = system.gates
    members = g.member[ranges(g.ptr, ranges(g.own_ptr, lost))]
    callable_ = members[(system.arrays.standby & ~system.on_before)[members]]
    near = g.owner[g.use_gate[ranges(g.use_ptr, np.union1d(lost, callable_).astype(np.int64))]]
    records = state.gate[work.gates[: work.count[GATES]]]
    parted = special[records[records[:, HAVE] != records[:, HAVE_BEFORE], OWNER]]  # their members stand, but apart
    owners = np.unique(np.concatenate([lost, near, parted, np.asarray([] if also is None else also, np.int64)])).astype(
        np.int64
    )
    gates = ranges(g.own_ptr, owners)
    meshes = {s: _links(system, standing, state, k, s, lost, gates) for k, s in enumerate(system.joined_services)}
    ends = [part for pair in meshes.values() for part in pair]
    rows = np.unique(np.concatenate([owners, g.member[ranges(g.ptr, gates)], *ends])).astype(np.int64)
    if len(rows) * SHARE > system.n:
        return Region(system, None)
    part = System(_arrays(system, rows, gates, meshes))
    part.start_from(system.baseline[rows], system.on_before[rows])
    return Region(part, rows)


def _links(
    system: System, standing: Standing, state: State, k: int, service: int, lost: Longs, gates: Longs
) -> tuple[Longs, Longs]:
    """Transport links of the part as pairs of rows: those of lost transport, and one asset for each island left."""
    mesh = system.arrays.meshes.get(service)
    none = np.zeros(0, np.int64)
    if mesh is None:
        return none, none
    carries = system.baseline & ~standing.silent
    source = np.repeat(lost, mesh.ptr[lost + 1] - mesh.ptr[lost])
    target = mesh.to[ranges(mesh.ptr, lost)].astype(np.int64)
    g = system.gates
    joined = gates[g.joined[gates] & (g.service[gates] == service)]
    ends = np.unique(g.member[ranges(g.ptr, joined)]).astype(np.int64)
    ends = ends[(mesh.ptr[ends + 1] > mesh.ptr[ends]) & carries[ends]]
    taken = np.isin(target, lost)
    kept = carries[target] & ~taken
    ends = ends[~np.isin(ends, lost)]
    outside = np.concatenate([target[kept], ends])
    labels = state.rank[state.grounded + k][standing.rules.spot[outside]]
    label, first = np.unique(labels, return_index=True)
    island = outside[first][np.searchsorted(label, labels)] if len(outside) else none
    return (
        np.concatenate([source[taken], source[kept], ends]),
        np.concatenate([target[taken], island]),
    )


def _arrays(system: System, rows: Longs, gates: Longs, meshes: dict[int, tuple[Longs, Longs]]) -> Arrays:
    a = system.arrays
    kept: dict[str, Any] = {name: getattr(a, name)[rows] for name in PER_ASSET}
    for item in fields(a):
        if item.name not in kept and isinstance(value := getattr(a, item.name), np.ndarray):
            kept[item.name] = value[:0]
    return replace(
        a,
        **kept,
        assets=a.assets.select(list(COLUMNS)).take(rows),
        gates=_gates(a.gates, rows, gates),
        orders={s: _order(order, rows) for s, order in a.orders.items()},
        meshes={s: _mesh(*pair, rows) for s, pair in meshes.items() if s in a.meshes},
    )


def _gates(g: Gates, rows: Longs, gates: Longs) -> Gates:
    n, m = len(rows), len(gates)
    at = ranges(g.ptr, gates)
    ptr = np.concatenate([[0], np.cumsum(g.ptr[gates + 1] - g.ptr[gates])]).astype(np.int64)
    owner = np.searchsorted(rows, g.owner[gates]).astype(np.int32)
    member = np.searchsorted(rows, g.member[at]).astype(np.int32)
    gate = np.repeat(np.arange(m, dtype=np.int32), np.diff(ptr))
    sort = np.argsort(member, kind="stable")
    same = ("service", "group", "need", "size", "degrade", "joined", "mesh", "buffer_s")
    return Gates(
        owner=owner,
        **{name: getattr(g, name)[gates] for name in same},
        ptr=ptr,
        member=member,
        member_mesh=g.member_mesh[at],
        own_ptr=np.searchsorted(owner, np.arange(n + 1)).astype(np.int64),
        use_ptr=np.searchsorted(member[sort], np.arange(n + 1)).astype(np.int64),
        use_gate=gate[sort],
        use_mesh=g.member_mesh[at][sort],
    )


def _order(order: Order, rows: Longs) -> Order:
    of = order.component[rows]
    inside = np.flatnonzero(of >= 0)
    names, dense = np.unique(of[inside], return_inverse=True)
    component = np.full(len(rows), -1, np.int32)
    component[inside] = dense
    sort = np.argsort(dense, kind="stable")
    return Order(
        asset=inside[sort].astype(np.int32),
        start=np.searchsorted(dense[sort], np.arange(len(names) + 1)).astype(np.int64),
        component=component,
    )


def _mesh(source: Longs, target: Longs, rows: Longs) -> Mesh:
    a, b = np.searchsorted(rows, source), np.searchsorted(rows, target)
    apart = a != b
    source, target = np.concatenate([a[apart], b[apart]]), np.concatenate([b[apart], a[apart]])
    sort = np.argsort(source, kind="stable")
    return Mesh(
        ptr=np.searchsorted(source[sort], np.arange(len(rows) + 1)).astype(np.int64),
        to=target[sort].astype(np.int32),
    )
