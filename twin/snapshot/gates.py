"""Making gates out of links: one per consumer, service and group (design §4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.schema import NEED_ALL, Schema
from twin.snapshot.arrays import Bools, Bytes, Floats, Gates, Indices, Ints, Longs
from twin.snapshot.sorting import pointers, sorted_by

NOT_GIVEN = 0


@dataclass
class Conflict:
    """Links of one gate that contradict each other; ``links`` are row numbers."""

    what: str
    owner: int
    service: str
    group: str
    links: list[int]


@dataclass
class LinkColumns:
    """Links as arrays of equal length.

    ``group`` is an index into the group names or -1 (the type's default); ``need`` is 0 when not given,
    1 for any, ``NEED_ALL`` for all, or a number.
    """

    source: Ints
    target: Ints
    type: Bytes
    group: Ints
    need: Ints

    def take(self, rows: Indices | Longs) -> LinkColumns:
        """The links *rows*, in that order."""
        return LinkColumns(self.source[rows], self.target[rows], self.type[rows], self.group[rows], self.need[rows])


@dataclass
class TypeTable:
    """Link types as arrays, one entry per type in schema order; service -1 makes no gate."""

    service: Ints
    group: Ints
    need: Ints
    degrade: Bools
    mesh: Bools
    joined: Bools
    gated: Bools


def type_table(schema: Schema, services: list[str], groups: list[str]) -> TypeTable:
    """Link types as arrays; default group names are appended to *groups*."""
    types = list(schema.link_types.values())
    for t in types:
        if t.gated and t.group not in groups:
            groups.append(t.group)
    return TypeTable(
        service=np.array([services.index(t.service) if t.service in services else -1 for t in types], np.int32),
        group=np.array([groups.index(t.group) if t.gated else -1 for t in types], np.int32),
        need=np.array([t.need for t in types], np.int32),
        degrade=np.array([t.effect == "degrade" for t in types]),
        mesh=np.array([t.mesh for t in types]),
        joined=np.array([t.joined for t in types]),
        gated=np.array([t.gated for t in types]),
    )


@dataclass
class Entries:
    """Memberships before grouping: one per directed link, two per mesh link; sorted by owner, gate and member.

    ``link`` are rows of the links; ``service`` and ``group`` are those of the gate.
    """

    owner: Ints
    service: Bytes
    group: Ints
    member: Ints
    link: Ints
    mesh: Bools


def entries_of(links: LinkColumns, types: TypeTable, rows: Longs, n: int, groups: int) -> Entries:
    """The memberships that the links *rows* make."""
    rows = rows[types.gated[links.type[rows]]]
    mesh = types.mesh[links.type[rows]]
    back = rows[mesh]
    owner = np.concatenate([links.target[rows], links.source[back]])
    member = np.concatenate([links.source[rows], links.target[back]])
    link = np.concatenate([rows, back]).astype(np.int32)
    through = np.concatenate([mesh, np.ones(len(back), bool)])
    kind = links.type[link]
    own = links.group[link]
    group = np.where(own >= 0, own, types.group[kind])
    service = types.service[kind]
    last = (member * np.int32(2) + through, 2 * n)  # of one member, what is directed first
    wide = len(types.service) * max(groups, 1) + groups  # services are at most as many as link types
    order = sorted_by([(owner, n), (service * np.int32(max(groups, 1)) + group, max(wide, 1)), last])
    return Entries(
        owner[order], service[order].astype(np.uint8), group[order], member[order], link[order], through[order]
    )


def build_gates(
    links: LinkColumns,
    types: TypeTable,
    planned: Bools,
    buffers: Floats,
    services: list[str],
    groups: list[str],
) -> tuple[Gates, Bools, list[Conflict]]:
    """Gates of all assets.

    Args:
        links: l links. types: from :func:`type_table`.
        planned: (n,) planned assets, no members of any gate.
        buffers: (services, n) ride-through in seconds.

    Returns:
        The gates, which of them need all members, and the conflicts found: two values of ``need``, two defaults,
        or mixed effects in one gate.
    """
    n = len(planned)
    entries = entries_of(links, types, np.arange(len(links.source)), n, len(groups))
    begins = _begins(entries.owner, entries.service, entries.group)
    first = np.flatnonzero(begins)
    gate_of = np.cumsum(begins, dtype=np.int32) - np.int32(1)
    owner, service, group = entries.owner[first], entries.service[first], entries.group[first]
    kind = links.type[entries.link]
    need, conflicts = _needs(links, types, entries, kind, first, services, groups)
    keep = ~planned[entries.member]
    gate, member, through = gate_of[keep], entries.member[keep], entries.mesh[keep]
    distinct = _begins(gate, member)  # sorted with directed links first, which outweigh mesh links
    mesh = np.zeros(len(first), bool)
    mesh[gate[through]] = True
    gate, member, through = gate[distinct], member[distinct], through[distinct]
    size = np.bincount(gate, minlength=len(first)).astype(np.int32)
    ptr = np.zeros(len(first) + 1, np.int64)
    np.cumsum(size, out=ptr[1:])
    use_ptr, use_gate, use_mesh = uses(gate, member, through, n)
    gates = Gates(
        owner=owner,
        service=service,
        group=group,
        need=np.where(need == NEED_ALL, np.maximum(size, 1), need).astype(np.int32),
        size=size,
        degrade=types.degrade[kind[first]],
        joined=types.joined[kind[first]],
        mesh=mesh,
        buffer_s=np.ascontiguousarray(buffers[service, owner]) if len(first) else np.zeros(0),
        ptr=ptr,
        member=member,
        member_mesh=through,
        own_ptr=own_pointers(owner, n),
        use_ptr=use_ptr,
        use_gate=use_gate,
        use_mesh=use_mesh,
    )
    return gates, need == NEED_ALL, conflicts


def own_pointers(owner: Ints, n: int) -> Longs:
    """(n+1,) where the gates of each asset begin."""
    return pointers(owner, n).astype(np.int64)


def _begins(*columns: np.ndarray[Any, Any]) -> Bools:
    """True where a run of equal rows begins."""
    size = len(columns[0])
    begins = np.zeros(size, bool)
    begins[:1] = True
    for column in columns:
        begins[1:] |= column[1:] != column[:-1]
    return begins


def _needs(
    links: LinkColumns,
    types: TypeTable,
    entries: Entries,
    kind: Bytes,
    first: Longs,
    services: list[str],
    groups: list[str],
) -> tuple[Ints, list[Conflict]]:
    if not len(first):
        return np.zeros(0, np.int32), []
    given = links.need[entries.link]
    default = types.need[kind]
    top, low = np.int32(2**30), np.int32(-(2**30))
    given_low = np.minimum.reduceat(np.where(given == NOT_GIVEN, top, given), first)
    given_high = np.maximum.reduceat(np.where(given == NOT_GIVEN, low, given), first)
    has_given = given_low != top
    default_low, default_high = np.minimum.reduceat(default, first), np.maximum.reduceat(default, first)
    effect = types.degrade[kind].astype(np.int8) + 2 * types.joined[kind]
    bad = {
        "need": has_given & (given_low != given_high),
        "default": ~has_given & (default_low != default_high),
        "effect": np.minimum.reduceat(effect, first) != np.maximum.reduceat(effect, first),
    }
    ends = np.append(first[1:], len(entries.link))
    conflicts = [
        Conflict(
            what,
            int(entries.owner[first[g]]),
            services[entries.service[first[g]]],
            groups[entries.group[first[g]]],
            sorted({int(x) for x in entries.link[first[g] : ends[g]]}),
        )
        for what, wrong in bad.items()
        for g in np.flatnonzero(wrong)
    ]
    return np.where(has_given, given_low, default_low), conflicts


def uses(gate: Ints, member: Ints, mesh: Bools, n: int) -> tuple[Longs, Ints, Bools]:
    """Memberships by member: where each asset's begin, their gates, and whether only mesh links join them."""
    from twin.snapshot import kernels

    ptr, order = kernels.count_sort(member, n)
    return ptr.astype(np.int64), gate[order], mesh[order]
