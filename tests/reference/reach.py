"""What reach must give, written for clarity: dictionaries of steps, one asset after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from twin.snapshot.arrays import Arrays

MESH = -1
#: A node: an asset, or an asset as a part of the transport mesh.
Node = tuple[str, int]
#: Where a step leads, whether it is a link of its own, its gate and its service (None between asset and carrier).
Way = tuple[Node, bool, int, str | None]


def ways(arrays: Arrays, up: bool) -> dict[Node, list[Way]]:
    """All steps in one direction, in the order in which they are tried."""
    g = arrays.gates
    found: dict[Node, list[Way]] = {(part, v): [] for v in range(arrays.n) for part in ("asset", "carrier")}
    members = [
        (int(g.owner[gate]), member, gate)
        for gate in range(len(g.owner))
        for member in g.member[g.ptr[gate] : g.ptr[gate + 1]].tolist()
    ]
    for joined in (False, True):
        part = "carrier" if joined else "asset"
        for owner, member, gate in members:
            if joined and not g.joined[gate]:
                continue
            service = arrays.services[g.service[gate]]
            if up:
                found["asset", owner].append(((part, member), True, gate, service))
            else:
                found[part, member].append((("asset", owner), True, gate, service))
    for index, mesh in sorted(arrays.meshes.items()):
        for v in range(arrays.n):
            for w in mesh.to[mesh.ptr[v] : mesh.ptr[v + 1]].tolist():
                found["carrier", v].append((("carrier", w), up, MESH, arrays.services[index]))
    for v in range(arrays.n):
        if up:
            found["carrier", v].append((("asset", v), False, MESH, None))
        else:
            found["asset", v].append((("carrier", v), False, MESH, None))
    return found


def walk(
    arrays: Arrays,
    rows: Iterable[int],
    up: bool,
    depth: int | None = None,
    services: Iterable[str] | None = None,
    through: set[int] | None = None,
) -> list[tuple[int, int, int, int]]:
    """(row, hop, parent, gate) of what is reached without *rows*, nearest first."""
    every, done, found = ways(arrays, up), set(), []
    followed = None if services is None else set(services)
    waiting = deque((("asset", row), 0, row, MESH) for row in rows)
    while waiting:
        node, hop, parent, gate = waiting.popleft()
        if node in done:
            continue
        done.add(node)
        part, row = node
        if part == "asset" and hop:
            found.append((row, hop, parent, gate))
        origin = row if part == "asset" or up else parent
        for to, is_link, way_gate, service in every[node]:
            if to in done or (depth is not None and hop + is_link > depth):
                continue
            if followed is not None and service is not None and service not in followed:
                continue
            if through is not None and to[1] not in through:
                continue
            if is_link:
                waiting.append((to, hop + 1, origin, way_gate))
            elif up:
                waiting.appendleft((to, hop, parent, gate))
            else:
                waiting.appendleft((to, hop, origin, way_gate))
    return found


def reach(
    arrays: Arrays,
    rows: Iterable[int],
    up: bool,
    services: Iterable[str] | None = None,
    through: set[int] | None = None,
) -> set[int]:
    """*rows* and all that is reached from them."""
    rows = list(rows)
    return set(rows) | {step[0] for step in walk(arrays, rows, up, None, services, through)}
