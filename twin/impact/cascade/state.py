# mypy: disable-error-code="no-untyped-def"
"""What a cascade works on, and lists of what it changed.

Plain gates are all that most events meet, so they lie apart and close together: each asset has one number for a gate
without a member to spare (who falls with it) or for a gate's counter of members to spare. Gates of loops in grounded
services and joined gates have records.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from twin.impact.compiled import compiled

PLAIN, GROUNDED, JOINED = 0, 1, 2

#: Columns of a gate's record. ``FORM`` has the kind in bits 0-1, the slot of its service from bit 2, and ``OUTAGE``.
HAVE, NEED, OWNER, FORM, SUPPORT, MARK, HAVE_BEFORE, SUPPORT_BEFORE = range(8)
SLOT_BIT, OUTAGE = 2, 1 << 10
SERVICE = OUTAGE - 1  # bits of kind and slot

#: Bits of an asset's flags: MESHED is in a transport mesh of a joined service, LINKED in a gate with a record.
WORKS, WORKED, SILENT, TOUCHED_BIT, MESHED, LINKED = 1, 2, 4, 8, 16, 32
#: Bits of a gate's ``MARK``.
KEPT, LOOKED = 1, 2

#: Columns of a plain gate with members to spare.
SPARE, FALLS = 0, 1

#: Places of ``Work.count``.
GONE, TOUCHED, GATES, DIRTY, FRESH = range(5)


class Rules(NamedTuple):
    """What never changes; n assets, r gates with records, J services with joined gates.

    Attributes:
        plain_ptr, plain: for each asset and plain gate that it counts in, the owner, or -1 - (row of ``State.spare``).
        spare_before: members to spare of each of those rows. rank_before: ``State.rank`` before any event.
        ptr, member: members of each gate with a record. own_ptr: such gates of asset v are
            ``own_ptr[v]:own_ptr[v+1]``. use_ptr, use_gate: those that asset u is a member of.
        mesh_ptr: (J, n + 1), mesh_to: transport neighbours of v in service j are ``mesh_to[mesh_ptr[j, v]:...]``.
    """

    plain_ptr: Any
    plain: Any
    spare_before: Any
    rank_before: Any
    ptr: Any
    member: Any
    own_ptr: Any
    use_ptr: Any
    use_gate: Any
    mesh_ptr: Any
    mesh_to: Any


class State(NamedTuple):
    """One state.

    Attributes:
        flags: (n,) bits. rank: (pairs, n) ranks in each grounded service, then islands in each joined one.
        spare: (s, 2) plain gates with members to spare: how many, and who falls. gate: (r, 8) records.
        grounded: how many grounded services there are. pairs: these and the services with joined gates.
    """

    flags: Any
    rank: Any
    spare: Any
    gate: Any
    grounded: int
    pairs: int

    def copy(self) -> State:
        """One to change."""
        return State(self.flags.copy(), self.rank.copy(), self.spare.copy(), self.gate.copy(), *self[4:])


class Work(NamedTuple):
    """Scratch of one cascade.

    Attributes:
        gone: (n + 1,) what left the operating set, in order. touched: assets whose rank or island changed.
        gates: records to take back. dirty: gates to judge.
        queue, was: candidates of a grounded pass and the rank they had. fresh: a second queue.
        group, parent, active: of a search in the mesh. hole: number of the hole that lost transport is in, -1
            elsewhere. joint: holes to be searched together. count: see ``GONE`` and following.
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
    hole: Any
    joint: Any
    count: Any


@compiled
def drop(flags, gone, count, v):
    """Take *v* out of the operating set, if it is in."""
    gone[count[GONE]] = v
    count[GONE] += flags[v] & WORKS
    flags[v] &= ~WORKS


@compiled
def touch(flags, touched, count, v):
    """Note that rank or island of asset *v* is to be taken back."""
    if not flags[v] & TOUCHED_BIT:
        flags[v] |= TOUCHED_BIT
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
