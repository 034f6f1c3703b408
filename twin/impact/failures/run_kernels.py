# mypy: disable-error-code="no-untyped-def"
"""The run in time (design §4, Time) in one compiled loop, for answers that need only what is down at the horizon.

The steps are those of :class:`twin.impact.timeline.Timeline`, which also keeps why.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from twin.impact.compiled import compiled
from twin.impact.kernels import grounded, islands, joined_gates, plain
from twin.impact.system import System
from twin.snapshot.arrays import Bools, Bytes, Floats, Ints, Longs


class Facts(NamedTuple):
    """What a run reads, of n assets and m gates.

    Attributes:
        services: of each grounded service its index; its supply order is ``asset[asset_at[k]:asset_at[k+1]]`` with
            ``start[start_at[k]:start_at[k+1]]`` and ``component[k]``. joined_services: of each transport its index;
            its mesh is ``mesh_ptr[k]`` (offsets into ``mesh_to``).
        is_grounded: per service. The rest as in :class:`twin.snapshot.arrays.Gates` and ``Arrays``.
    """

    services: Longs
    asset_at: Longs
    asset: Ints
    start_at: Longs
    start: Longs
    component: Ints
    joined_services: Longs
    mesh_ptr: Longs
    mesh_to: Ints
    is_grounded: Bools
    owner: Ints
    service: Bytes
    need: Ints
    degrade: Bools
    joined: Bools
    buffer_s: Floats
    ptr: Longs
    member: Ints
    own_ptr: Longs
    use_ptr: Longs
    use_gate: Ints
    use_mesh: Bools
    standby: Bools
    start_delay_s: Floats
    endurance_s: Floats


class Now(NamedTuple):
    """What a run changes: (n,) who works, was called, when standby sources come on and go off; (m,) timers, counts."""

    working: Bools
    may_return: Bools
    called: Bools
    on_at: Floats
    off_at: Floats
    spent_at: Floats
    have: Ints
    have_fed: Ints
    buffered: Bools
    silent: Bools
    marked: Bools
    state: Bytes
    label: Ints
    unsat: Ints
    stack: Ints


@compiled
def _evaluate(f, x, now):
    """Which gates hold (step 1): ``have``, ``have_fed``, ``buffered`` and ``silent`` at this time."""
    x.have[:] = 0
    x.have_fed[:] = 0
    for v in range(len(x.working)):
        x.silent[v] = f.standby[v] and not (x.on_at[v] <= now and now < x.off_at[v])
    for g in range(len(f.owner)):
        x.buffered[g] = not f.degrade[g] and f.buffer_s[g] > 0 and x.spent_at[g] > now
    for k in range(len(f.services)):
        x.state[:] = 0
        grounded(
            f.services[k], f.asset[f.asset_at[k] : f.asset_at[k + 1]], f.start[f.start_at[k] : f.start_at[k + 1]],
            f.component[k], x.working, x.silent, x.buffered, f.owner, f.service, f.degrade, f.need, f.own_ptr,
            f.use_ptr, f.use_gate, f.use_mesh, x.have, x.have_fed, x.state, x.unsat, x.stack,
        )  # fmt: skip
    plain(f.is_grounded, f.joined, f.service, x.working, x.silent, f.ptr, f.member, x.have, x.have_fed)
    if len(f.joined_services):
        for v in range(len(x.working)):
            x.marked[v] = x.working[v] and not x.silent[v]
    for k in range(len(f.joined_services)):
        islands(f.mesh_ptr[k], f.mesh_to, x.marked, x.label, x.stack)
        joined_gates(f.joined_services[k], f.joined, f.service, x.marked, x.label, f.ptr, f.member, x.have, x.have_fed)


@compiled
def _return(f, x):
    """Step 2; whether an asset came back."""
    x.marked[:] = False
    for g in range(len(f.owner)):
        if not f.degrade[g] and x.have[g] < f.need[g]:
            x.marked[f.owner[g]] = True
    any_back = False
    for v in range(len(x.working)):
        if x.may_return[v] and not x.working[v] and not x.marked[v]:
            x.working[v] = True
            any_back = True
            for g in range(f.own_ptr[v], f.own_ptr[v + 1]):
                x.spent_at[g] = np.inf
    return any_back


@compiled
def _call(f, x, now):
    """Step 3; whether a standby source is on at once."""
    at_once = False
    for g in range(len(f.owner)):
        if f.degrade[g] or x.have_fed[g] >= f.need[g] or not x.working[f.owner[g]]:
            continue
        for i in range(f.ptr[g], f.ptr[g + 1]):
            u = f.member[i]
            if f.standby[u] and not x.called[u]:
                x.called[u] = True
                x.on_at[u] = now + f.start_delay_s[u]
                x.off_at[u] = x.on_at[u] + f.endurance_s[u]
                at_once |= x.on_at[u] <= now
    return at_once


@compiled
def _drop(f, x):
    """Step 4; whether an asset went down."""
    any_gone = False
    x.marked[:] = False
    for g in range(len(f.owner)):
        v = f.owner[g]
        if x.working[v] and not f.degrade[g] and x.have[g] < f.need[g] and not x.buffered[g]:
            x.marked[v] = True
            any_gone = True
    if any_gone:
        for v in range(len(x.working)):
            if x.marked[v]:
                x.working[v] = False
                for g in range(f.own_ptr[v], f.own_ptr[v + 1]):
                    x.spent_at[g] = np.inf
    return any_gone


@compiled
def _time(f, x, now):
    """Step 5, and the time of the next instant."""
    for g in range(len(f.owner)):
        if x.have_fed[g] >= f.need[g]:
            x.spent_at[g] = np.inf
        elif not f.degrade[g] and f.buffer_s[g] > 0 and x.working[f.owner[g]] and x.spent_at[g] == np.inf:
            x.spent_at[g] = now + f.buffer_s[g]
    following = np.inf
    for times in (x.spent_at, x.on_at, x.off_at):
        for time in times:
            if now < time < following:
                following = time
    return following


@compiled
def run_to(f, x, horizon_s, most):
    """Run to the end of the last instant up to *horizon_s*; returns False when *most* instants did not get there."""
    now = 0.0
    for _ in range(most):
        while True:
            _evaluate(f, x, now)
            if _return(f, x) or _call(f, x, now):
                continue
            if not _drop(f, x):
                break
        now = _time(f, x, now)
        if now == np.inf or now > horizon_s:
            return True
    return False


def facts(system: System) -> Facts:
    """What runs of *system* read."""
    a, g, n = system.arrays, system.gates, system.n
    orders = [a.orders[s] for s in sorted(a.orders)]
    meshes = [a.meshes.get(s) for s in system.joined_services]
    lengths = np.cumsum([0, *(len(mesh.to) if mesh is not None else 0 for mesh in meshes)])
    none, gap = np.zeros(0, np.int32), np.zeros(n + 1, np.int64)
    mesh_ptr = [at + (gap if mesh is None else mesh.ptr) for at, mesh in zip(lengths, meshes, strict=False)]
    own = (g.owner, g.service, g.need, g.degrade, g.joined, g.buffer_s, g.ptr, g.member, g.own_ptr)
    made = Facts(
        np.array(sorted(a.orders), np.int64),
        np.cumsum([0, *(len(o.asset) for o in orders)]).astype(np.int64),
        np.concatenate([none, *(o.asset for o in orders)]).astype(np.int32),
        np.cumsum([0, *(len(o.start) for o in orders)]).astype(np.int64),
        np.concatenate([np.zeros(0, np.int64), *(o.start for o in orders)]).astype(np.int64),
        np.array([o.component for o in orders], np.int32).reshape(len(orders), n),
        np.array(system.joined_services, np.int64),
        np.array(mesh_ptr, np.int64).reshape(len(meshes), n + 1),
        np.concatenate([none, *(mesh.to for mesh in meshes if mesh is not None)]).astype(np.int32),
        system.grounded,
        *own, g.use_ptr, g.use_gate, g.use_mesh,
        a.standby, a.start_delay_s, a.endurance_s,
    )  # fmt: skip
    return Facts(*map(_frozen, made))


def start(system: System, failed: Bools) -> Now:
    """The state right after the event *failed* (n,), before anything follows."""
    n, m = system.n, system.m
    return Now(
        system.baseline & ~failed, system.baseline & ~failed & ~system.arrays.manual_restart, system.on_before.copy(),
        np.where(system.on_before, -np.inf, np.inf), np.full(n, np.inf), np.full(m, np.inf), np.zeros(m, np.int32),
        np.zeros(m, np.int32), np.zeros(m, bool), np.zeros(n, bool), np.zeros(n, bool), np.zeros(n, np.uint8),
        np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n + 1, np.int32),
    )  # fmt: skip


def _frozen(array: Any) -> Any:
    """A read-only view: memory maps and arrays of our own are one type to the compiler then."""
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
