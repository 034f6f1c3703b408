# mypy: disable-error-code="no-untyped-def"
"""What a cascade works on, and lists of what it changed.

Plain gates are all that most events meet, so they lie apart and close together: each asset has one number for a gate
without a member to spare (who falls with it) or for a gate's counter of members to spare. Gates of loops in grounded
services and joined gates have records. The few assets that these or a transport mesh meet are special: they have
numbers of their own from 0 (spots), in which records, ranks and meshes count, so that these tables are short.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from twin.impact.compiled import compiled

PLAIN, GROUNDED, JOINED = 0, 1, 2

#: Columns of a gate's record. ``FORM`` has the kind in bits 0-1, the slot of its service from bit 2, and ``OUTAGE``.
HAVE, NEED, OWNER, FORM, SUPPORT, MARK, HAVE_BEFORE, SUPPORT_BEFORE = range(8)
#: A gate's record has so many numbers: half a cache line.
RECORD = 8
SLOT_BIT, OUTAGE = 2, 1 << 10
SERVICE = OUTAGE - 1  # bits of kind and slot

#: Bits of an asset's flags; SPECIAL ones have a spot.
WORKS, WORKED, SPECIAL = 1, 2, 4
#: Further bits of a special asset's flags: MESHED is in a transport mesh of a joined service, LINKED in a gate with a
#: record. ``WORKS`` is behind that of the asset until the next look at what left.
SILENT, TOUCHED_BIT, MESHED, LINKED = 4, 8, 16, 32
#: Bits of a gate's ``MARK``.
KEPT, LOOKED = 1, 2

#: Columns of a plain gate with members to spare.
SPARE, FALLS = 0, 1

#: Places of ``Work.count``. ``FAR``: holes of a mesh are looked at one by one while that passes no more than so many
#: assets a hole, and at least an eighth of the mesh.
GONE, TOUCHED, GATES, DIRTY, FRESH, LEFT, FAR = range(7)


class Rules(NamedTuple):
    """What never changes; n assets, q special ones, r gates with records, J services with joined gates.

    Attributes:
        plain_ptr, plain: for each asset and plain gate that it counts in, the owner, or -1 - (row of ``State.spare``).
        spare_before: members to spare of each of those rows. rank_before: ``State.rank`` before any event.
        special: (q,) the asset of each spot, sorted. spot: (n,) the other way round, for special assets.
        ptr, member: members of each gate with a record. own_ptr: such gates of spot v are
            ``own_ptr[v]:own_ptr[v+1]``. use_ptr, use_gate: those that spot u is a member of.
        mesh_ptr: (J, q + 1), mesh_to: transport neighbours of v in service j are ``mesh_to[mesh_ptr[j, v]:...]``.
    """

    plain_ptr: Any
    plain: Any
    spare_before: Any
    rank_before: Any
    special: Any
    spot: Any
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
        flags: (n,) bits. local: (q,) bits of the special assets.
        rank: (pairs, q) ranks in each grounded service, then islands in each joined one.
        spare: (s, 2) plain gates with members to spare: how many, and who falls. gate: (r, 8) records.
        grounded: how many grounded services there are. pairs: these and the services with joined gates.
    """

    flags: Any
    local: Any
    rank: Any
    spare: Any
    gate: Any
    grounded: int
    pairs: int

    def copy(self) -> State:
        """One to change."""
        return self._replace(
            **{name: getattr(self, name).copy() for name in ("flags", "local", "rank", "spare", "gate")}
        )


class Work(NamedTuple):
    """Scratch of one cascade.

    Attributes:
        gone: (n + 1,) what left the operating set, in order. left: the spots among it. All that follow are spots or
            gates with records. touched: spots whose rank or island changed.
        gates: records to take back. dirty: gates to judge.
        queue, was: candidates of a grounded pass and the rank they had. fresh: a second queue.
        group, parent, active: of a search in the mesh. hole: number of the hole that lost transport is in, -1
            elsewhere. first: a spot of each hole. joint, ring: holes to be searched together: towards the one that
            stands for all, and in a circle. count: see ``GONE`` and following.
    """

    gone: Any
    left: Any
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
    first: Any
    joint: Any
    ring: Any
    count: Any


@compiled
def drop(flags, gone, count, v):
    """Take *v* out of the operating set, if it is in."""
    gone[count[GONE]] = v
    count[GONE] += flags[v] & WORKS
    flags[v] &= ~WORKS


@compiled
def touch(local, touched, count, v):
    """Note that rank or island of spot *v* is to be taken back."""
    if not local[v] & TOUCHED_BIT:
        local[v] |= TOUCHED_BIT
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
