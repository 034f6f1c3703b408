# mypy: disable-error-code="no-untyped-def"
"""What a cascade works on: rules that never change, a state, and the scratch that takes changes back."""

from __future__ import annotations

from typing import Any, NamedTuple

from twin.impact.compiled import compiled

PLAIN, GROUNDED, JOINED = 0, 1, 2
#: Places of ``Work.count``.
GONE, TOUCHED, GATES, DIRTY, FRESH = range(5)


class Rules(NamedTuple):
    """What never changes; n assets, m gates, G grounded services, J services with joined gates.

    Attributes:
        silent: (n,) delivers nothing. kind: (m,) PLAIN, GROUNDED or JOINED.
        slot: (m,) which grounded or joined service.
        need, outage, owner: (m,). ptr, member: members of each gate. own_ptr, use_ptr, use_gate: as in ``Gates``.
        mesh_ptr: (J, n + 1), mesh_to: transport neighbours of v in service j are ``mesh_to[mesh_ptr[j, v]:...]``.
    """

    silent: Any
    kind: Any
    slot: Any
    need: Any
    outage: Any
    owner: Any
    ptr: Any
    member: Any
    own_ptr: Any
    use_ptr: Any
    use_gate: Any
    mesh_ptr: Any
    mesh_to: Any


class State(NamedTuple):
    """One state: working (n,) uint8, rank (G, n) -1 where not supplied, have and support (m,), label (J, n)."""

    working: Any
    rank: Any
    have: Any
    support: Any
    label: Any


class Work(NamedTuple):
    """Scratch of one cascade; all flags are zero between cascades.

    Attributes:
        gone: (n + 1,) what left the operating set, in order. touched, touched_flag: assets to take back.
        gates, gate_flag: gates to take back. dirty, dirty_flag: gates to look at.
        queue, was: candidates of a grounded pass and the rank they had. fresh: a second queue.
        group, parent, active: of a search in the mesh. count: see ``GONE`` and following.
    """

    gone: Any
    touched: Any
    touched_flag: Any
    gates: Any
    gate_flag: Any
    dirty: Any
    dirty_flag: Any
    queue: Any
    was: Any
    fresh: Any
    group: Any
    parent: Any
    active: Any
    count: Any


@compiled
def touch(w, v):
    """Note that asset *v* is to be taken back."""
    if not w.touched_flag[v]:
        w.touched_flag[v] = 1
        w.touched[w.count[TOUCHED]] = v
        w.count[TOUCHED] += 1


@compiled
def touch_gate(w, g):
    """Note that gate *g* is to be taken back."""
    if not w.gate_flag[g]:
        w.gate_flag[g] = 1
        w.gates[w.count[GATES]] = g
        w.count[GATES] += 1


@compiled
def look_at(w, g):
    """Note that gate *g* is to be judged."""
    if not w.dirty_flag[g]:
        w.dirty_flag[g] = 1
        w.dirty[w.count[DIRTY]] = g
        w.count[DIRTY] += 1


@compiled
def drop(s, w, v):
    """Take *v* out of the operating set, if it is in."""
    if s.working[v]:
        s.working[v] = 0
        touch(w, v)
        w.gone[w.count[GONE]] = v
        w.count[GONE] += 1
