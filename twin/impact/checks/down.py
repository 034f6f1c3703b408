"""Why assets do not operate before any event: the gate that does not hold, and who is missing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from twin.impact.checks.columns import about, in_order, texts
from twin.impact.system import System, ranges
from twin.model import Finding
from twin.snapshot.arrays import Bools, Longs

#: Causes that are told one by one, those that take most down first, and assets named for one of them.
TOLD = 20
NAMED = 5


def why_down(system: System) -> Iterator[Finding]:
    """The assets that others wait for in vain: down by a gate of their own whose members are not just down too.

    What is down only because those are is counted by ``baseline_down``.
    """
    a, g = system.arrays, system.gates
    down = a.in_service & ~system.baseline
    if not down.any():
        return
    evaluation = system.evaluate(system.baseline, system.finite, system.unbuffered)
    lacking = np.flatnonzero(system.outage & ~evaluation.held & down[g.owner])
    waits = np.zeros(system.m, bool)  # a member in service is down too: that one's cause is the cause
    member_down = down[g.member]
    np.logical_or.at(waits, system.gate_of_member[member_down], True)
    roots = lacking[~waits[lacking] | g.joined[lacking]]
    for service in np.unique(g.service[roots]):
        mine = roots[g.service[roots] == service]
        routes = mine[g.joined[mine]]
        if len(routes):
            yield about(
                system, "circuit_without_route", "warning",
                f"{len(routes):,} asset(s) have no route: their ends are not joined by transport that works",
                "Import the spans between their ends, or correct the ends.", g.owner[routes].astype(np.int64),
            )  # fmt: skip
        yield from _missing(system, mine[~g.joined[mine]], evaluation.have)
    yield from _without_source(system, down, lacking)


def _missing(system: System, gates: Longs, have: np.ndarray) -> Iterator[Finding]:
    """One finding for each cause: gates of one group that lack the same members, or one gate that has too few.

    The first causes are told one by one, those that take most down first; the others together.
    """
    g, a = system.gates, system.arrays
    causes: dict[tuple[int, ...], list[int]] = {}
    for gate in gates[np.argsort(a.place[g.owner[gates]], kind="stable")].tolist():
        members = g.member[g.ptr[gate] : g.ptr[gate + 1]]
        lost = members[~system.baseline[members]].tolist()
        key = (int(g.service[gate]), int(g.group[gate]), *lost) if lost else (-1, gate)
        causes.setdefault(key, []).append(gate)
    order = sorted(causes.items(), key=lambda item: -len(item[1]))
    for key, some in order[:TOLD]:
        yield _cause(system, list(key[2:]) if key[0] >= 0 else [], np.array(some, np.int64), have)
    if len(order) > TOLD:
        rest = np.unique(g.owner[[gate for _, some in order[TOLD:] for gate in some]]).astype(np.int64)
        yield about(
            system, "no_supplier", "warning",
            f"{len(rest):,} more asset(s) do not operate because a gate of theirs lacks members",
            "See each with: twin show ID", rest,
        )  # fmt: skip


def _cause(system: System, lost: list[int], gates: Longs, have: np.ndarray) -> Finding:
    """What is missing, and the assets whose gates lack it."""
    g, a = system.gates, system.arrays
    status = texts(system, lost, "status") if "status" in a.assets.column_names else [""] * len(lost)
    names = [f"{name} ({word or 'does not deliver'})" for name, word in zip(texts(system, lost), status, strict=True)]
    first = int(gates[0])
    group = f"{a.services[g.service[first]]}/{a.groups[g.group[first]]}"
    who = f": missing {', '.join(names[:NAMED])}{', ...' if len(names) > NAMED else ''}" if names else ""
    owners = np.unique(g.owner[gates]).astype(np.int64)
    told = f"gate {group} needs {g.need[first]:,} of {g.size[first]:,} and has {have[first]:,}{who}"
    said = f"{texts(system, g.owner[[first]])[0]} does not operate: {told}"
    if len(owners) > 1:
        said = f"{len(owners):,} assets do not operate because gates {group} of theirs lack members{who}"
    fix = "Put a supplier into service, import the missing one, or correct the need."
    return about(system, "no_supplier", "warning", said, fix, owners)


def _without_source(system: System, down: Bools, lacking: Longs) -> Iterator[Finding]:
    """Loops of a grounded service that support each other, with no source behind."""
    g, a = system.gates, system.arrays
    for service, order in a.orders.items():
        own = np.zeros(system.n, bool)
        own[g.owner[lacking[g.service[lacking] == service]]] = True
        size = np.diff(np.asarray(order.start, np.int64))
        looped = np.flatnonzero(own & (order.component >= 0))
        looped = looped[np.append(size, 0)[order.component[looped]] > 1]
        fed = np.zeros(len(size), bool)  # something outside could feed it: then that is the cause
        gates = ranges(g.own_ptr, looped)
        gates = gates[g.service[gates] == service]
        member = g.member[ranges(g.ptr, gates)].astype(np.int64)
        owner = np.repeat(g.owner[gates], g.ptr[gates + 1] - g.ptr[gates])
        outside = order.component[member] != order.component[owner]
        fed[order.component[owner[outside & a.in_service[member]]]] = True
        for part in np.unique(order.component[looped])[:TOLD]:
            if fed[part]:
                continue
            rows = in_order(system, looped[order.component[looped] == part].astype(np.int64))
            yield about(
                system, "no_source", "warning",
                f"{len(rows):,} asset(s) around {texts(system, rows[:1])[0]} have no path to a source of "
                f"{a.services[service]}",
                "Import the generator, grid supply or line that feeds them.", rows,
            )  # fmt: skip
