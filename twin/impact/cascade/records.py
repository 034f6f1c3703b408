"""What a cascade counts with: compact plain gates, and records of those in loops and over transport."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.impact.cascade.state import (
    FALLS,
    FORM,
    GROUNDED,
    JOINED,
    NEED,
    OUTAGE,
    OWNER,
    PLAIN,
    RECORD,
    SLOT_BIT,
    SPARE,
)
from twin.impact.system import System, ranges
from twin.snapshot.arrays import Bools, Bytes, Indices, Ints, Longs, Mesh


class Members(NamedTuple):
    """Members of the gates with records, and the other way round; see ``Rules``."""

    ptr: Indices
    member: Ints
    own_ptr: Indices
    use_ptr: Indices
    use_gate: Ints


def kinds(system: System) -> Bytes:
    """(m,) how each gate is evaluated.

    A gate of a grounded service is plain where its owner is on no cycle of that service: whoever is up among its
    members is supplied, or it would be down too. That does not hold where a gate of the service only degrades.
    """
    g = system.gates
    kind = np.where(g.joined, JOINED, PLAIN).astype(np.uint8)
    itself = np.zeros(system.n, bool)
    itself[g.member[g.owner[system.gate_of_member] == g.member]] = True
    for service, order in system.arrays.orders.items():
        size = np.diff(np.asarray(order.start, np.int64))
        mine = np.flatnonzero((g.service == service) & ~g.joined)
        owner = g.owner[mine]
        part = order.component[owner]  # -1 where no link of the service is left
        on_cycle = (part >= 0) & (np.append(size, 0)[part] > 1)
        looped = on_cycle | itself[owner] | (~system.outage[mine]).any()
        kind[mine[looped]] = GROUNDED
    return kind


def records_of(system: System, gates: Longs, kind: Bytes, special: Ints) -> Ints:
    """(r, 8) records of *gates* without the counters; *special* as in ``Rules``."""
    g = system.gates
    slots = np.zeros(len(system.grounded), np.int32)
    for services in (sorted(system.arrays.orders), system.joined_services):
        slots[services] = np.arange(len(services))
    gate = np.zeros((len(gates), RECORD), np.int32)
    gate[:, NEED], gate[:, OWNER] = g.need[gates], np.searchsorted(special, g.owner[gates])
    gate[:, FORM] = kind | slots[g.service[gates]] << SLOT_BIT | np.where(system.outage[gates], OUTAGE, 0)
    return gate


def specials(system: System, gates: Longs, meshes: list[Mesh | None]) -> Ints:
    """Rows of what is in one of *gates* or *meshes*, sorted."""
    g = system.gates
    found = np.zeros(system.n, bool)
    found[g.owner[gates]] = found[g.member[ranges(g.ptr, gates)]] = True
    for mesh in meshes:
        if mesh is not None:
            found |= mesh.ptr[1:] > mesh.ptr[:-1]
    return np.flatnonzero(found).astype(np.int32)


def mesh_of(meshes: list[Mesh | None], special: Ints, spot: Ints) -> tuple[Indices, Ints]:
    """Transport meshes, one row of offsets each into one list: ``Rules.mesh_ptr`` and ``mesh_to``."""
    ptr = np.zeros((len(meshes), len(special) + 1), np.uint32)
    lists, before = [np.zeros(0, np.int32)], 0
    for k, mesh in enumerate(meshes):
        if mesh is not None:
            sizes = mesh.ptr[special + 1] - mesh.ptr[special]
            ptr[k, 1:] = np.cumsum(sizes)
            ptr[k] += np.uint32(before)
            lists.append(spot[mesh.to])
            before += len(mesh.to)
    return ptr, np.concatenate(lists)


def members_of(system: System, gates: Longs, special: Ints) -> Members:
    """Members of *gates*, numbered from 0, all in spots."""
    g = system.gates
    sizes = g.ptr[gates + 1] - g.ptr[gates]
    member = np.searchsorted(special, g.member[ranges(g.ptr, gates)]).astype(np.int32)
    of = np.repeat(np.arange(len(gates), dtype=np.int32), sizes)
    sort = np.argsort(member, kind="stable")
    owner, numbers = np.searchsorted(special, g.owner[gates]), np.arange(len(special) + 1)
    return Members(
        ptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.uint32),
        member=member,
        own_ptr=np.searchsorted(owner, numbers).astype(np.uint32),
        use_ptr=np.searchsorted(member[sort], numbers).astype(np.uint32),
        use_gate=of[sort],
    )


def plain_of(system: System, plain: Bools, delivers: Bools) -> tuple[Indices, Ints, Ints]:
    """Plain gates whose loss takes their owner down, as in ``Rules.plain_ptr``, ``plain`` and ``State.spare``.

    Args:
        plain: (m,) gates to take. delivers: (n,) assets that count as members.
    """
    g = system.gates
    counts = np.zeros(system.m, np.int32)
    at = np.flatnonzero(delivers[g.member])
    gate, member = system.gate_of_member[at], g.member[at]
    counts += np.bincount(gate, minlength=system.m).astype(np.int32)
    wanted = plain & system.outage & system.baseline[g.owner]
    left = counts - g.need
    roomy = np.flatnonzero(wanted & (left != 0))
    place = np.zeros(system.m, np.int32)
    place[roomy] = np.arange(len(roomy))
    spare = np.zeros((len(roomy), 2), np.int32)
    spare[:, SPARE], spare[:, FALLS] = left[roomy], g.owner[roomy]
    chosen = wanted[gate]
    gate, member = gate[chosen], member[chosen]
    entry = np.where(left[gate] == 0, g.owner[gate], ~place[gate])
    order = np.lexsort((entry, member))
    member, entry = member[order], entry[order]
    fresh = np.ones(len(entry), bool)
    fresh[1:] = (member[1:] != member[:-1]) | (entry[1:] != entry[:-1]) | (entry[1:] < 0)
    member = member[fresh]
    return np.searchsorted(member, np.arange(system.n + 1)).astype(np.uint32), entry[fresh], spare
