"""Making gates out of links: one per consumer, service and group (design §4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.schema import NEED_ALL, Schema
from twin.snapshot.arrays import Bools, Bytes, Floats, Gates, Ints, Longs

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
class _Entries:
    """Memberships before grouping: one per directed link, two per mesh link."""

    owner: Ints
    member: Ints
    link: Longs
    mesh: Bools


def _entries(links: LinkColumns, types: TypeTable) -> _Entries:
    rows = np.flatnonzero(types.gated[links.type])
    mesh = types.mesh[links.type[rows]]
    back = rows[mesh]
    return _Entries(
        owner=np.concatenate([links.target[rows], links.source[back]]),
        member=np.concatenate([links.source[rows], links.target[back]]),
        link=np.concatenate([rows, back]),
        mesh=np.concatenate([mesh, np.ones(len(back), bool)]),
    )


def build_gates(
    links: LinkColumns,
    types: TypeTable,
    planned: Bools,
    buffers: Floats,
    services: list[str],
    groups: list[str],
) -> tuple[Gates, list[Conflict]]:
    """Gates of all assets.

    Args:
        links: l links. types: from :func:`type_table`.
        planned: (n,) planned assets, no members of any gate.
        buffers: (services, n) ride-through in seconds.

    Returns:
        The gates, and the conflicts found: two values of ``need``, two defaults, or mixed effects in one gate.
    """
    n = len(planned)
    entries = _entries(links, types)
    kind = links.type[entries.link]
    service = types.service[kind]
    group = np.where(links.group[entries.link] >= 0, links.group[entries.link], types.group[kind])
    key = (entries.owner.astype(np.int64) * len(services) + service) * max(len(groups), 1) + group
    sort = np.argsort(key, kind="stable")
    key = key[sort]
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)
    gate_of = np.cumsum(np.concatenate([[True], key[1:] != key[:-1]])) - 1 if len(key) else np.zeros(0, np.int64)
    lead = sort[first]
    owner, gate_service, gate_group = entries.owner[lead], service[lead].astype(np.uint8), group[lead]
    need, conflicts = _needs(
        links, types, entries, kind, sort, first, owner, gate_service, gate_group, services, groups
    )
    ptr, member, member_mesh = _members(gate_of, entries.member[sort], entries.mesh[sort], planned, len(first), n)
    size = np.diff(ptr).astype(np.int32)
    need = np.where(need == NEED_ALL, np.maximum(size, 1), need).astype(np.int32)
    use_ptr, use_gate, use_mesh = _uses(ptr, member, member_mesh, n)
    mesh = np.zeros(len(first), bool)
    np.logical_or.at(mesh, gate_of, entries.mesh[sort] & ~planned[entries.member[sort]])
    gates = Gates(
        owner=owner.astype(np.int32),
        service=gate_service,
        group=gate_group.astype(np.int32),
        need=need,
        size=size,
        degrade=types.degrade[kind[lead]],
        joined=types.joined[kind[lead]],
        mesh=mesh,
        buffer_s=np.ascontiguousarray(buffers[gate_service, owner]) if len(first) else np.zeros(0),
        ptr=ptr,
        member=member,
        member_mesh=member_mesh,
        own_ptr=np.searchsorted(owner, np.arange(n + 1)).astype(np.int64),
        use_ptr=use_ptr,
        use_gate=use_gate,
        use_mesh=use_mesh,
    )
    return gates, conflicts


def _needs(
    links: LinkColumns,
    types: TypeTable,
    entries: _Entries,
    kind: Bytes,
    sort: Longs,
    first: Longs,
    owner: Ints,
    service: Bytes,
    group: Ints,
    services: list[str],
    groups: list[str],
) -> tuple[Ints, list[Conflict]]:
    if not len(first):
        return np.zeros(0, np.int32), []
    given = links.need[entries.link][sort]
    default = types.need[kind][sort]
    top, low = np.int32(2**30), np.int32(-(2**30))
    given_low = np.minimum.reduceat(np.where(given == NOT_GIVEN, top, given), first)
    given_high = np.maximum.reduceat(np.where(given == NOT_GIVEN, low, given), first)
    has_given = given_low != top
    default_low, default_high = np.minimum.reduceat(default, first), np.maximum.reduceat(default, first)
    effect = (types.degrade[kind].astype(np.int8) + 2 * types.joined[kind])[sort]
    bad = {
        "need": has_given & (given_low != given_high),
        "default": ~has_given & (default_low != default_high),
        "effect": np.minimum.reduceat(effect, first) != np.maximum.reduceat(effect, first),
    }
    ends = np.append(first[1:], len(sort))
    conflicts = [
        Conflict(
            what,
            int(owner[g]),
            services[service[g]],
            groups[group[g]],
            sorted({int(x) for x in entries.link[sort[first[g] : ends[g]]]}),
        )
        for what, wrong in bad.items()
        for g in np.flatnonzero(wrong)
    ]
    return np.where(has_given, given_low, default_low), conflicts


def _members(gate_of: Longs, member: Ints, mesh: Bools, planned: Bools, m: int, n: int) -> tuple[Longs, Ints, Bools]:
    """Different members per gate that are not planned; a directed link outweighs a mesh link."""
    keep = ~planned[member]
    gate_of, member, mesh = gate_of[keep], member[keep], mesh[keep]
    key = (gate_of * n + member) * 2 + mesh
    sort = np.argsort(key, kind="stable")
    pair = key[sort] >> 1
    first = np.flatnonzero(np.concatenate([[True], pair[1:] != pair[:-1]])) if len(pair) else np.zeros(0, np.int64)
    chosen = sort[first]
    ptr = np.searchsorted(gate_of[chosen], np.arange(m + 1)).astype(np.int64)
    return ptr, member[chosen].astype(np.int32), mesh[chosen]


def _uses(ptr: Longs, member: Ints, mesh: Bools, n: int) -> tuple[Longs, Ints, Bools]:
    gate = np.repeat(np.arange(len(ptr) - 1, dtype=np.int32), np.diff(ptr))
    sort = np.argsort(member, kind="stable")
    use_ptr = np.searchsorted(member[sort], np.arange(n + 1)).astype(np.int64)
    return use_ptr, gate[sort], mesh[sort]
