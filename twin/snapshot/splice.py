"""Changing some gates of a table and leaving the others: what an overlay does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.errors import InvalidParameter
from twin.schema import NEED_ALL
from twin.snapshot.arrays import Bools, Gates, Ints, Longs
from twin.snapshot.gates import NOT_GIVEN, Entries, LinkColumns, TypeTable, entries_of, own_pointers, uses

#: Ride-through in seconds of an asset for a service.
Buffer = Callable[[int, int], float]


@dataclass
class Touched:
    """Gates that links were taken from or given to, by owner, service and group, sorted.

    ``added``: (t,) a link was given to it.
    """

    owner: Ints
    service: Ints
    group: Ints
    added: Bools


@dataclass
class _Fresh:
    """One gate anew: where it stands (None for a new one), its members, and what it needs."""

    gate: int | None
    place: int
    key: tuple[int, int, int]
    need: int
    all_of: bool
    degrade: bool
    joined: bool
    mesh: bool
    member: Ints
    through: Bools


def touched_gates(links: LinkColumns, types: TypeTable, added: int) -> Touched:
    """The gates of *links*, of which the last *added* are new ones."""
    kind = links.type
    gated = types.gated[kind]
    back = gated & types.mesh[kind]
    owner = np.concatenate([links.target[gated], links.source[back]])
    rows = np.concatenate([np.flatnonzero(gated), np.flatnonzero(back)])
    group = np.where(links.group[rows] >= 0, links.group[rows], types.group[kind[rows]])
    table = np.stack([owner, types.service[kind[rows]], group], axis=1).astype(np.int64).reshape(-1, 3)
    keys, index = np.unique(table, axis=0, return_inverse=True)
    given = np.zeros(len(keys), bool)
    given[index.reshape(-1)[rows >= len(kind) - added]] = True
    found = keys.astype(np.int32)
    return Touched(found[:, 0].copy(), found[:, 1].copy(), found[:, 2].copy(), given)


def splice(
    gates: Gates,
    all_of: Bools,
    links: LinkColumns,
    rows: Longs,
    touched: Touched,
    types: TypeTable,
    planned: Bools,
    groups: int,
    buffer: Buffer,
) -> tuple[Gates, Bools]:
    """The gates after a change; one that lost all its links stays, without members.

    Args:
        gates, all_of: before, with pointers for all assets that there are now. links: all links now.
        rows: those that touch owners of *touched*. planned: (n,). groups: number of group names.

    Raises:
        InvalidParameter: an added link contradicts the others of its gate.
    """
    entries = entries_of(links, types, rows, len(planned), groups)
    fresh = _anew(gates, all_of, links, entries, touched, types, planned)
    old = [f for f in fresh if f.gate is not None]
    new = [f for f in fresh if f.gate is None]
    at = np.array([f.place for f in new], np.int64)
    changed = np.array([f.gate for f in old], np.int64)

    def column(before: np.ndarray[Any, Any], take: Callable[[_Fresh], Any] | None, added: list[Any]) -> Any:
        after = before
        if take is not None and len(changed):
            after = before.copy()
            after[changed] = [take(f) for f in old]
        return np.insert(after, at, added).astype(before.dtype) if len(at) else after

    owner = column(gates.owner, None, [f.key[0] for f in new])
    size = column(gates.size, lambda f: len(f.member), [len(f.member) for f in new])
    memberships = _memberships(gates, fresh, size, at)
    use_ptr, use_gate, use_mesh = uses(memberships.gate, memberships.member, memberships.through, len(planned))
    result = replace(
        gates,
        owner=owner,
        service=column(gates.service, None, [f.key[1] for f in new]),
        group=column(gates.group, None, [f.key[2] for f in new]),
        need=column(gates.need, lambda f: f.need, [f.need for f in new]),
        size=size,
        degrade=column(gates.degrade, None, [f.degrade for f in new]),
        joined=column(gates.joined, None, [f.joined for f in new]),
        mesh=column(gates.mesh, lambda f: f.mesh, [f.mesh for f in new]),
        buffer_s=column(gates.buffer_s, None, [buffer(f.key[0], f.key[1]) for f in new]),
        ptr=memberships.ptr,
        member=memberships.member,
        member_mesh=memberships.through,
        own_ptr=own_pointers(owner, len(planned)) if len(at) else gates.own_ptr,
        use_ptr=use_ptr,
        use_gate=use_gate,
        use_mesh=use_mesh,
    )
    return result, column(all_of, lambda f: f.all_of, [f.all_of for f in new])


@dataclass
class _Memberships:
    ptr: Longs
    gate: Ints
    member: Ints
    through: Bools


def _memberships(gates: Gates, fresh: list[_Fresh], size: Ints, at: Longs) -> _Memberships:
    """Memberships of all gates: those of gates that are made anew cut out, the new ones put in."""
    ptr = np.zeros(len(size) + 1, np.int64)
    np.cumsum(size, out=ptr[1:])
    number = np.arange(len(gates.owner)) + np.searchsorted(at, np.arange(len(gates.owner)), side="right")
    made = np.ones(len(size), bool)
    made[number] = False  # new gates
    made[number[[f.gate for f in fresh if f.gate is not None]]] = True
    gate = np.repeat(np.arange(len(size), dtype=np.int32), size)
    own = made[gate]
    member, through = np.empty(len(gate), np.int32), np.empty(len(gate), bool)
    kept = np.ones(len(gates.owner), bool)
    kept[[f.gate for f in fresh if f.gate is not None]] = False
    kept = np.repeat(kept, np.diff(gates.ptr))
    member[~own], through[~own] = gates.member[kept], gates.member_mesh[kept]
    nothing = [np.zeros(0, np.int32)]
    member[own] = np.concatenate(nothing + [f.member for f in fresh])
    through[own] = np.concatenate([np.zeros(0, bool)] + [f.through for f in fresh])
    return _Memberships(ptr, gate, member, through)


def _anew(
    gates: Gates,
    all_of: Bools,
    links: LinkColumns,
    entries: Entries,
    touched: Touched,
    types: TypeTable,
    planned: Bools,
) -> list[_Fresh]:
    """The touched gates with the members that they have now, in their order."""
    found = []
    low = np.searchsorted(entries.owner, touched.owner)
    high = np.searchsorted(entries.owner, touched.owner, side="right")
    for i, key in enumerate(zip(touched.owner.tolist(), touched.service.tolist(), touched.group.tolist(), strict=True)):
        here = np.arange(low[i], high[i])
        here = here[(entries.service[here] == key[1]) & (entries.group[here] == key[2])]
        gate, place = _find(gates, key)
        link = entries.link[here]
        word, degrade, joined = _word(gates, all_of, gate, links, link, types, bool(touched.added[i]))
        here = here[~planned[entries.member[here]]]
        member, through = entries.member[here], entries.mesh[here]
        distinct = np.concatenate([[True], member[1:] != member[:-1]])[: len(member)]
        need = max(int(distinct.sum()), 1) if word == NEED_ALL else word
        found.append(
            _Fresh(
                gate,
                place,
                key,
                need,
                word == NEED_ALL,
                degrade,
                joined,
                bool(through.any()),
                member[distinct],
                through[distinct],
            )
        )
    return found


def _find(gates: Gates, key: tuple[int, int, int]) -> tuple[int | None, int]:
    """The gate of this owner, service and group, or None; and where it stands or would."""
    place = int(gates.own_ptr[key[0]])
    while place < gates.own_ptr[key[0] + 1]:
        there = (int(gates.service[place]), int(gates.group[place]))
        if there == key[1:]:
            return place, place
        if there > key[1:]:
            break
        place += 1
    return None, place


def _word(
    gates: Gates, all_of: Bools, gate: int | None, links: LinkColumns, link: Ints, types: TypeTable, added: bool
) -> tuple[int, bool, bool]:
    """What a gate needs (a number or ``NEED_ALL``) and its effect: as before, unless an added link says it first."""
    kind = links.type[link]
    given = sorted(set(links.need[link].tolist()) - {NOT_GIVEN})
    default = sorted(set(types.need[kind].tolist()))
    effects = {(bool(types.degrade[k]), bool(types.joined[k])) for k in kind.tolist()}
    before = None
    if gate is not None:
        before = NEED_ALL if all_of[gate] else int(gates.need[gate])
        effects.add((bool(gates.degrade[gate]), bool(gates.joined[gate])))
    if added:
        clash = len(given) > 1 or len(effects) > 1 or (not given and len(default) > 1)
        if given and before is not None and given[0] != before and before not in default:
            clash = True
        if clash:
            raise InvalidParameter(
                "an added link contradicts the others of its gate",
                fix="Give it the same need and effect as the others of its group, or a group of its own.",
            )
        if before is None or given:
            before = given[0] if given else default[0]
    ((degrade, joined),) = effects
    return (NEED_ALL if before is None else before), degrade, joined
