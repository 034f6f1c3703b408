"""Operating set, steady cascade, cold start and black-start deadlock, by definition (design §4)."""

from __future__ import annotations

from tests.reference.system import Gate, System


def best_component(system: System, gate: Gate, working: set[str]) -> set[str]:
    """The end points of a joined gate that work, in the component of the working mesh that holds most of them."""
    best: set[str] = set()
    for start in sorted(gate.members & working):
        reached, todo = {start}, [start]
        while todo:
            here = todo.pop()
            for a, b in system.transport[gate.service]:
                other = b if a == here else a if b == here else None
                if other is not None and other in working and other not in reached:
                    reached.add(other)
                    todo.append(other)
        if len(reached & gate.members) > len(best):
            best = reached & gate.members
    return best


def holds(system: System, gate: Gate, delivering: set[str]) -> bool:
    """Whether the gate holds when exactly *delivering* deliver (and carry transport)."""
    if gate.impossible:
        return False
    if gate.joined:
        return len(best_component(system, gate, delivering)) >= gate.need
    return len(gate.members & delivering) >= gate.need


def grounded_support(system: System, service: str, x: set[str], mute: set[str]) -> set[str]:
    """Y_s(X): least set of assets of X whose s-gates (degrade gates too) hold counting only members of the set itself.

    *mute* assets may be in X but deliver nothing.
    """
    y: set[str] = set()
    while True:
        more = {v for v in x - y if all(holds(system, g, y - mute) for g in system.gates_of[v] if g.service == service)}
        if not more:
            return y
        y |= more


def operating(system: System, within: set[str], mute: set[str]) -> set[str]:
    """The greatest X inside *within* whose outage gates all hold; *mute* assets deliver nothing."""
    x = {v for v in within if system.assets[v].in_service}
    while True:
        support = {s: grounded_support(system, s, x, mute) for s in system.grounded}
        gone = {
            v for v in x if not all(holds(system, g, support.get(g.service, x) - mute) for g in system.outage_gates(v))
        }
        if not gone:
            return x
        x -= gone


def finite_standby(system: System) -> set[str]:
    """Standby sources with an ``endurance_s``."""
    return {a.id for a in system.assets.values() if a.standby and a.endurance != float("inf")}


def baseline(system: System) -> set[str]:
    """What operates before any event: finite standby sources are off, endless ones deliver once they are called.

    What holds only through an endless one that nothing calls would go down without an event: it is not in.
    """
    from tests.reference.timed import Run

    return Run(system).before


def baseline_down(system: System) -> set[str]:
    """Assets in service that do not operate before any event."""
    return {a.id for a in system.assets.values() if a.in_service} - baseline(system)


def steady_cascade(system: System, failed: set[str]) -> set[str]:
    """Answer 1: what operates for good within (operating before - event)."""
    return operating(system, baseline(system) - failed, finite_standby(system))


def waits_for(system: System, asset: str, running: set[str]) -> set[str] | None:
    """What a ``black_start = false`` source waits for: other ends of its links, or None when it need not wait."""
    if system.assets[asset].black_start:
        return None
    waiting: set[str] = set()
    must_wait = False
    for service in system.grounded:
        if system.has_gate(asset, service):
            continue
        ends = {b for a, b in system.arcs[service] if a == asset}
        if ends and not ends & running:
            must_wait = True
            waiting |= ends
    return waiting if must_wait else None


def cold_start(system: System, running: set[str] | None = None) -> tuple[set[str], list[list[str]]]:
    """Answer 2: what starts from nothing (or from *running*) and keeps running, and its rounds."""
    started = set(running or ())
    rounds: list[set[str]] = []
    while True:
        wave = {
            a.id
            for a in system.assets.values()
            if a.in_service
            and a.id not in started
            and all(holds(system, g, started) for g in system.outage_gates(a.id))
            and waits_for(system, a.id, started) is None
        }
        if not wave:
            break
        started |= wave
        rounds.append(wave)
    kept = operating(system, started & baseline(system), finite_standby(system))
    return kept, [sorted(wave & kept) for wave in rounds if wave & kept]


def deadlock_cores(system: System) -> list[set[str]]:
    """Answer 3: the cores, in the order in which they must be started by hand."""
    before = baseline(system)
    running, _ = cold_start(system)
    cores: list[set[str]] = []
    while before - running:
        stuck = before - running
        edges = {(u, v) for v in stuck for u in _blockers(system, v, running, before) & stuck}
        found = [c for c in components(stuck, edges) if not any(v in c and u not in c for u, v in edges)]
        cores += sorted(found, key=sorted)
        seed = running.union(*found)
        running, _ = cold_start(system, seed)
        if not seed <= running:
            raise RuntimeError(f"cores that do not keep running: {sorted(seed - running)}")
    return cores


def _blockers(system: System, asset: str, running: set[str], before: set[str]) -> set[str]:
    found: set[str] = set()
    mute = finite_standby(system)
    for gate in system.outage_gates(asset):
        delivering = running
        if gate.service in system.grounded:  # who runs without supply (a degrade gate) supports nothing
            delivering = grounded_support(system, gate.service, running, mute)
        if holds(system, gate, delivering - mute):
            continue
        found |= gate.members - running
        if gate.joined and gate.need > 1:
            found |= _joining(system, gate, before) - running
    return found | (waits_for(system, asset, running) or set())


def _joining(system: System, gate: Gate, working: set[str]) -> set[str]:
    """Transport of the mesh of *working* that is connected to two end points of the gate."""
    adjacent: dict[str, set[str]] = {v: set() for v in working}
    for a, b in system.transport[gate.service]:
        if a in working and b in working:
            adjacent[a].add(b)
            adjacent[b].add(a)
    found: set[str] = set()
    for start in gate.members & working:
        reached, todo = {start}, [start]
        while todo:
            for other in adjacent[todo.pop()] - reached:
                reached.add(other)
                todo.append(other)
        if len(reached & gate.members) > 1:
            found |= reached
    return found


def components(nodes: set[str], edges: set[tuple[str, str]]) -> list[set[str]]:
    """Strongly connected components by reachability both ways; suppliers (tails) first."""
    reach: dict[str, set[str]] = {}
    for start in nodes:
        seen, todo = {start}, [start]
        while todo:
            here = todo.pop()
            for a, b in edges:
                if a == here and b in nodes and b not in seen:
                    seen.add(b)
                    todo.append(b)
        reach[start] = seen
    found: list[set[str]] = []
    done: set[str] = set()
    for v in sorted(nodes):
        if v not in done:
            component = {u for u in reach[v] if v in reach[u]}
            done |= component
            found.append(component)
    # what reaches more comes first: a strict superset of reachable nodes for every proper supplier
    return sorted(found, key=lambda c: (-max(len(reach[v]) for v in c), sorted(c)))
