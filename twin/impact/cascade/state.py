# mypy: disable-error-code="no-untyped-def"
"""What a cascade works on: one record an asset and one a gate, each in one cache line, and lists of what was touched.

A record carries its values of before the event too, so that taking back reads nothing else.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from twin.impact.compiled import compiled

PLAIN, GROUNDED, JOINED = 0, 1, 2

#: Columns of a gate's record. ``FORM`` has the kind in bits 0-1, the slot of its service from bit 2, and ``OUTAGE``.
HAVE, NEED, OWNER, FORM, SUPPORT, MARK, HAVE_BEFORE, SUPPORT_BEFORE = range(8)
SLOT_BIT, OUTAGE = 2, 1 << 10
SERVICE = OUTAGE - 1  # bits of kind and slot

#: Columns of an asset's record: flags, then (now, before) for each grounded rank, then for each label.
FLAGS, RANKS = 0, 1
WORKS, WORKED, SILENT, TOUCHED_BIT, TRANSPORT = 1, 2, 4, 8, 16  # TRANSPORT << j: in the mesh of joined service j
#: Bits of a gate's ``MARK``.
KEPT, LOOKED = 1, 2

#: Places of ``Work.count``.
GONE, TOUCHED, GATES, DIRTY, FRESH = range(5)


class Rules(NamedTuple):
    """What never changes; n assets, m gates, J services with joined gates.

    Attributes:
        ptr, member: members of each gate. own_ptr, use_ptr, use_gate: as in ``Gates``.
        mesh_ptr: (J, n + 1), mesh_to: transport neighbours of v in service j are ``mesh_to[mesh_ptr[j, v]:...]``.
    """

    ptr: Any
    member: Any
    own_ptr: Any
    use_ptr: Any
    use_gate: Any
    mesh_ptr: Any
    mesh_to: Any


class State(NamedTuple):
    """One state: ``asset`` (n, width) and ``gate`` (m, 8) records.

    grounded: how many grounded services there are. pairs: these and the services with joined gates.
    """

    asset: Any
    gate: Any
    grounded: int
    pairs: int


class Work(NamedTuple):
    """Scratch of one cascade.

    Attributes:
        gone: (n + 1,) what left the operating set, in order. touched, gates: what to take back. dirty: gates to judge.
        queue, was: candidates of a grounded pass and the rank they had. fresh: a second queue.
        group, parent, active: of a search in the mesh. count: see ``GONE`` and following.
    """

    gone: Any
    touched: Any
    gates: Any
    dirty: Any
    queue: Any
    was: Any
    fresh: Any
    group: Any
    parent: Any
    active: Any
    count: Any


@compiled
def drop(asset, gone, touched, count, v):
    """Take *v* out of the operating set, if it is in."""
    flags = asset[v, FLAGS]
    if flags & WORKS:
        asset[v, FLAGS] = (flags & ~WORKS) | TOUCHED_BIT
        if not flags & TOUCHED_BIT:
            touched[count[TOUCHED]] = v
            count[TOUCHED] += 1
        gone[count[GONE]] = v
        count[GONE] += 1


@compiled
def touch(asset, touched, count, v):
    """Note that asset *v* is to be taken back."""
    if not asset[v, FLAGS] & TOUCHED_BIT:
        asset[v, FLAGS] |= TOUCHED_BIT
        touched[count[TOUCHED]] = v
        count[TOUCHED] += 1


@compiled
def keep(gate, gates, count, g):
    """Note that gate *g* is to be taken back."""
    if not gate[g, MARK] & KEPT:
        gate[g, MARK] |= KEPT
        gates[count[GATES]] = g
        count[GATES] += 1


@compiled
def look_at(gate, dirty, count, g):
    """Note that gate *g* is to be judged."""
    if not gate[g, MARK] & LOOKED:
        gate[g, MARK] |= LOOKED
        dirty[count[DIRTY]] = g
        count[DIRTY] += 1
