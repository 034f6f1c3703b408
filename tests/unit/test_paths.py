"""Routes against the plainest reference: all simple routes of small systems, listed one by one."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest

from tests.reference.steady import baseline, finite_standby, operating
from tests.reference.system import System as Reference
from tests.unit.strategies import SeededPicker, Tables, Traits, generate
from twin import Snapshot
from twin.errors import InvalidParameter, LimitExceeded, UnknownAsset
from twin.impact.meshes.kinds import edge_kinds
from twin.impact.paths import max_flow
from twin.impact.paths.graph import network
from twin.impact.paths.shortest import cost_of, shortest
from twin.schema import default_schema

SCHEMA = default_schema()
EDGES = edge_kinds(SCHEMA)


def fibre(pick: random.Random, routers: int, spans: int, ducts: int = 0) -> Tables:
    """Routers and spans with lengths and latencies, in ducts, sites and on buses; parallel spans and dead ends too."""
    made = Tables()

    def asset(name: str, kind: str, **more: str) -> str:
        made.assets.append({"id": name, "kind": kind, **more})
        return name

    def link(a: str, kind: str, b: str) -> None:
        made.links.append({"from": a, "type": kind, "to": b, "group": ""})

    nodes = [asset(f"r{i}", "router") for i in range(routers)]
    lines = [asset(f"s{i}", "span", status="planned" if pick.random() < 0.04 else "") for i in range(spans)]
    for i, line in enumerate(lines):
        link(nodes[i % routers] if pick.random() < 0.6 else pick.choice(nodes), "TRANSPORTS", line)
        link(line, "TRANSPORTS", pick.choice(nodes))
    for i in range(ducts or pick.randint(0, 3)):
        duct = asset(f"d{i}", "duct")
        for line in pick.sample(lines, min(len(lines), pick.randint(1, 3))):
            link(duct, "CONTAINS", line)
    buses = [asset(f"b{i}", "bus") for i in range(pick.randint(0, 3))]
    for bus in buses:
        asset(f"p-{bus}", "power_plant")
        link(f"p-{bus}", "POWERS", bus)
    for node in nodes if buses else []:
        for bus in pick.sample(buses, min(len(buses), pick.randint(0, 2))):
            link(bus, "POWERS", node)
    return made


def snapshot(tables: Tables, folder: Path, length: dict[str, float] | None = None) -> Snapshot:
    """The tables as a snapshot; *length* gives assets a ``length_km``."""
    tables.write(folder)
    if length is not None:
        lines = (folder / "assets.csv").read_text(encoding="utf-8").splitlines()
        ids = [""] + [row["id"] for row in tables.assets]
        lines = [
            lines[0] + ",length_km",
            *(f"{x},{length.get(i, '')}" for x, i in zip(lines[1:], ids[1:], strict=True)),
        ]
        (folder / "assets.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Snapshot.from_tables(folder, schema=tables.schema)


class Listed:
    """Every simple route between two assets, with the arcs it takes."""

    def __init__(self, tables: Tables, over: set[str] | None = None, supply: bool = False) -> None:
        types = (tables.schema or SCHEMA).link_types
        self.kind = {row["id"]: row["kind"] for row in tables.assets}
        self.works = {row["id"] for row in tables.assets if row.get("status", "") in ("", "in_service")}
        self.next: dict[str, list[tuple[str, int]]] = {name: [] for name in self.kind}
        for number, link in enumerate(tables.links):
            kind = types[link["type"]]
            if kind.service is None or link["from"] == link["to"]:
                continue
            if over and not {kind.name, kind.service} & over:
                continue
            self.next[link["from"]].append((link["to"], number))
            if kind.mesh or not supply:
                self.next[link["to"]].append((link["from"], number))

    def routes(self, a: str, b: str, most: int = 4000) -> list[tuple[list[str], list[int]]] | None:
        """Routes as assets and links; None when there are more than *most*."""
        found = []
        for route in self._from(a, b, [a], []):
            found.append(route)
            if len(found) > most:
                return None
        return found

    def _from(self, v: str, b: str, nodes: list[str], links: list[int]) -> Iterator[tuple[list[str], list[int]]]:
        if v == b:
            yield list(nodes), list(links)
            return
        for w, number in self.next[v]:
            if w not in nodes and (w in self.works or w == b):
                yield from self._from(w, b, [*nodes, w], [*links, number])


def cheapest(routes: list[Any], k: int, cost: Any, clash: Any) -> float | None:
    """The least total cost of k routes of which no two clash."""
    best = None
    for chosen in itertools.combinations(routes, k):
        if not any(clash(x, y) for x, y in itertools.combinations(chosen, 2)):
            total = sum(cost(x) for x in chosen)
            best = total if best is None else min(best, total)
    return best


def systems(count: int, seed: int) -> Iterator[tuple[int, random.Random, Tables]]:
    for i in range(count):
        pick = random.Random(seed + i)
        if i % 3 == 0:
            yield i, pick, generate(SeededPicker(seed + i), Traits(user_types=False, largest=14))
        else:
            yield i, pick, fibre(pick, pick.randint(2, 5), pick.randint(1, 9))


def asked(pick: random.Random, tables: Tables) -> tuple[str, str]:
    nodes = [name for name in tables.ids if name.startswith("r")] if pick.random() < 0.8 else tables.ids
    a, b = pick.sample(nodes, 2) if len(nodes) > 1 else (tables.ids * 2)[:2]
    return a, b


def check_route(route: dict[str, Any], listed: Listed, a: str, b: str) -> list[str]:
    """The route is one of those listed; its inner assets."""
    names = [asset["id"] for asset in route["assets"]]
    assert (names[0], names[-1]) == (a, b)
    assert len(set(names)) == len(names)
    for (x, y), step in zip(itertools.pairwise(names), route["steps"], strict=True):
        assert (step["from"], step["to"]) == (x, y)
        assert y in [to for to, _ in listed.next[x]]
    assert set(names[1:-1]) <= listed.works
    assert route["hops"] == len(names) - 1
    return names[1:-1]


@pytest.mark.parametrize("by", ["hops", "length_km"])
def test_best_routes_are_the_best_of_all(tmp_path: Path, by: str) -> None:
    several = 0
    for i, pick, tables in systems(60, 1000):
        length = {row["id"]: pick.choice((0.0, 1.0, 2.5, 7.0)) for row in tables.assets}
        found = snapshot(tables, tmp_path / str(i), length)
        supply = pick.random() < 0.3
        listed = Listed(tables, supply=supply)
        a, b = asked(pick, tables)
        routes = listed.routes(a, b) if a != b else None
        if routes is None:
            continue
        different = {tuple(nodes) for nodes, _ in routes}
        costs = sorted(len(x) - 1 if by == "hops" else sum(length[v] for v in x[1:-1]) for x in different)
        k = pick.randint(1, 6)
        result = found.paths(a, b, k=k, by=by, direction="supply" if supply else "either")
        assert [route["cost"] for route in result.routes] == pytest.approx(costs[:k])
        assert len({tuple(x["id"] for x in route["assets"]) for route in result.routes}) == result.found
        for route in result.routes:
            check_route(route, listed, a, b)
        if result.found < k:
            assert result.certificate is not None
            assert result.certificate["exist"] == len(different)
        several += len(costs) > 2
    assert several > 10


@pytest.mark.parametrize("apart", ["node", "edge"])
def test_disjoint_routes_are_as_many_and_as_cheap_as_can_be(tmp_path: Path, apart: str) -> None:
    pairs = cut = 0
    for i, pick, tables in systems(75, 5000):
        length = {row["id"]: float(pick.randint(0, 9)) for row in tables.assets}
        found = snapshot(tables, tmp_path / str(i), length)
        listed = Listed(tables)
        a, b = asked(pick, tables)
        routes = listed.routes(a, b, 400) if a != b else None
        if routes is None:
            continue

        def capped(nodes: list[str], listed: Listed = listed) -> set[str]:
            return {v for v in nodes[1:-1] if apart == "node" or listed.kind[v] in EDGES}

        def clash(x: Any, y: Any, capped: Any = capped) -> bool:
            return bool(capped(x[0]) & capped(y[0])) or bool(set(x[1]) & set(y[1]))

        def cost(x: Any, length: dict[str, float] = length) -> float:
            return sum(length[v] for v in x[0][1:-1])

        for k in (1, 2, 3):
            wanted = cheapest(routes, k, cost, clash)
            result = found.paths(a, b, k=k, by="length_km", disjoint=apart)
            inner = [capped(["", *check_route(route, listed, a, b), ""]) for route in result.routes]
            assert not any(x & y for x, y in itertools.combinations(inner, 2))
            if wanted is not None:
                assert result.found == k
                assert result.total_cost == pytest.approx(wanted)
                assert result.certificate is None
                pairs += k > 1
                continue
            assert result.found < k
            assert result.certificate is not None
            assert result.certificate["exist"] == result.found
            if result.found:
                cut += 1
                _check_cut(result.certificate, routes)
            break
    assert pairs > 15
    assert cut > 10


def _check_cut(certificate: dict[str, Any], routes: list[tuple[list[str], list[int]]]) -> None:
    """As many as there are routes, and no route avoids all of it."""
    assets = {entry["id"] for entry in certificate["assets"]}
    links = {frozenset((x["from"], x["to"])) for x in certificate["links"]}
    assert len(assets) + len(certificate["links"]) == certificate["exist"]
    for nodes, _ in routes:
        steps = {frozenset(pair) for pair in itertools.pairwise(nodes)}
        assert assets & set(nodes[1:-1]) or links & steps


def test_greatest_flow_is_the_number_of_disjoint_routes(tmp_path: Path) -> None:
    for i, _, tables in systems(24, 9000):
        if i % 3 == 0:
            continue
        found = snapshot(tables, tmp_path / str(i))
        digraph = networkx.DiGraph()
        listed = Listed(tables, {"TRANSPORTS"})
        for v in listed.works:
            digraph.add_edge((v, 0), (v, 1), capacity=1)
            for w, _ in listed.next[v]:
                if w in listed.works:
                    digraph.add_edge((v, 1), (w, 0), capacity=1)
        routers = sorted(v for v in listed.works if listed.kind[v] == "router")
        for a, b in itertools.combinations(routers, 2):
            most = networkx.maximum_flow_value(digraph, (a, 1), (b, 0))
            assert found.paths(a, b, k=50, disjoint="node", over=["TRANSPORTS"]).found == most


# -- shared risks -------------------------------------------------------------------------------------------


def causes(reference: Reference, listed: Listed, routes: list[Any], a: str, b: str) -> list[set[str]]:
    """What falls with each single asset of the whole system, by the slow reference; but for what an end needs."""
    before, mute = baseline(reference), finite_standby(reference)
    corridor = {v for nodes, _ in routes for v in nodes[1:-1]}
    own, todo = {a, b}, [a, b]
    while todo:
        for gate in reference.outage_gates(todo.pop()):
            if gate.need >= len(gate.members):
                more = gate.members - own - corridor
                own |= more
                todo += more
    return [before - operating(reference, before - {y}, mute) | {y} for y in before - own]


def test_routes_without_shared_risk_are_the_cheapest_such(tmp_path: Path) -> None:
    met = {"apart": 0, "shared": 0, "dearer": 0}
    for i, pick, tables in systems(70, 20_000):
        if i % 3:
            tables = fibre(pick, pick.randint(2, 3), pick.randint(5, 9), ducts=3)
        length = {row["id"]: float(pick.randint(0, 9)) for row in tables.assets}
        found = snapshot(tables, tmp_path / str(i), length)
        reference = Reference.read(tmp_path / str(i))
        listed = Listed(tables, {"TRANSPORTS"} if i % 3 else None)
        listed.works &= baseline(reference)
        a, b = asked(pick, tables)
        routes = listed.routes(a, b, 120) if a != b else None
        if not routes:
            continue
        falls = causes(reference, listed, routes, a, b)

        def clash(x: Any, y: Any, falls: list[set[str]] = falls) -> bool:
            both = set(x[0][1:-1]), set(y[0][1:-1])
            return bool(set(x[1]) & set(y[1])) or any(lost & both[0] and lost & both[1] for lost in falls)

        def cost(x: Any, length: dict[str, float] = length) -> float:
            return sum(length[v] for v in x[0][1:-1])

        wanted = cheapest(routes, 2, cost, clash)
        over = ["TRANSPORTS"] if i % 3 else None
        result = found.paths(a, b, k=2, by="length_km", disjoint="risk", over=over)
        if wanted is not None:
            met["apart"] += 1
            assert result.found == 2
            assert result.total_cost == pytest.approx(wanted)
            met["dearer"] += (
                wanted > found.paths(a, b, k=2, by="length_km", disjoint="node", over=over).total_cost + 1e-9
            )
            continue
        assert result.found == 1
        assert result.certificate is not None
        if result.certificate["kind"] == "shared_risk":
            met["shared"] += 1
            _check_shared(result.certificate, falls, a, b)
    assert min(met.values()) > 3, met


def _check_shared(certificate: dict[str, Any], falls: list[set[str]], a: str, b: str) -> None:
    """What is named does take down both routes, by the reference."""
    one, two = (set(route) - {a, b} for route in certificate["routes"])
    assert certificate["assets"]
    for entry in certificate["assets"]:
        lost = [fall for fall in falls if entry["id"] in fall and set(entry["takes_down"]) <= fall]
        assert any(fall & one and fall & two for fall in lost)


SQUARE = {
    "assets": "id,kind,lon,lat,length_km,latency_ms\n"
    "a,router,9.0,50.0,,\nb,router,9.2,50.0,,\nn,router,9.1,50.1,,\ns,router,9.1,49.9,,\n"
    "an,span,,,10,\nnb,span,,,10,\nas,span,,,20,0.5\nsb,span,,,20,\nab,span,,,,\n"
    "duct,duct,9.1,50.0,,\ntrench,duct,9.1,50.1,,\n",
    "links": "from,type,to\n"
    "a,TRANSPORTS,an\nan,TRANSPORTS,n\nn,TRANSPORTS,nb\nnb,TRANSPORTS,b\n"
    "a,TRANSPORTS,as\nas,TRANSPORTS,s\ns,TRANSPORTS,sb\nsb,TRANSPORTS,b\n"
    "a,TRANSPORTS,ab\nab,TRANSPORTS,b\nduct,CONTAINS,ab\nduct,CONTAINS,an\n",
}


@pytest.fixture
def square(tmp_path: Path) -> Snapshot:
    """Two routers joined directly, over the north and over the south; the direct span shares a duct with the north."""
    (tmp_path / "assets.csv").write_text(SQUARE["assets"], encoding="utf-8")
    (tmp_path / "links.csv").write_text(SQUARE["links"], encoding="utf-8")
    return Snapshot.from_tables(tmp_path)


def inner(result: Any) -> list[list[str]]:
    return [[asset["id"] for asset in route["assets"]][1:-1] for route in result.routes]


def test_a_shared_duct_is_seen(square: Snapshot) -> None:
    near = square.paths("a", "b", k=2, by="length_km", disjoint="node", over=["TRANSPORTS"])
    assert inner(near) == [["ab"], ["an", "n", "nb"]]
    apart = square.paths("a", "b", k=2, by="length_km", disjoint="risk", over=["TRANSPORTS"])
    assert inner(apart) == [["ab"], ["as", "s", "sb"]]
    three = square.paths("a", "b", k=3, disjoint="risk", over=["TRANSPORTS"])
    assert three.found == 2
    assert three.certificate is not None
    assert three.certificate["kind"] == "shared_risk"
    assert [(entry["id"], entry["takes_down"]) for entry in three.certificate["assets"]] == [("duct", ["ab", "an"])]
    assert square.paths("a", "b", k=3, disjoint="node", over=["TRANSPORTS"]).found == 3


def box(west: float, south: float, east: float, north: float, name: str) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"name": name}, "geometry": polygon}


def test_a_hazard_is_a_risk(square: Snapshot) -> None:
    flood = box(9.05, 49.85, 9.15, 50.05, "flood")  # s and the duct (with ab and an): every route
    result = square.paths("a", "b", k=2, disjoint="risk", over=["TRANSPORTS"], hazards=flood)
    assert result.found == 1
    assert result.certificate is not None
    assert [entry["name"] for entry in result.certificate["hazards"]] == ["flood"]
    at_a = square.paths(
        "a", "b", k=2, disjoint="risk", over=["TRANSPORTS"], hazards=[box(8.9, 49.9, 9.05, 50.1, "at a")]
    )
    assert at_a.found == 2
    assert any("at a" in note for note in at_a.notes)


def test_measures(square: Snapshot) -> None:
    routes = square.paths("a", "b", k=3, by="length_km", over=["TRANSPORTS"]).routes
    assert [route["length_km"] for route in routes] == pytest.approx([14.341, 20.0, 40.0], abs=0.01)
    assert [route["estimated"] for route in routes] == [1, 0, 0]
    slow = square.paths("a", "b", k=3, by="latency_ms", over=["TRANSPORTS"]).routes
    assert [route["latency_ms"] for route in slow] == pytest.approx([0.0717, 0.1, 0.6], abs=1e-3)
    assert slow[0]["cost"] == slow[0]["latency_ms"]


def test_direction_and_domains(square: Snapshot, tmp_path: Path) -> None:
    assert square.paths("an", "duct", over=["housing"]).found == 1
    assert square.paths("an", "duct", over=["housing"], direction="supply").found == 0
    assert square.paths("duct", "an", over=["CONTAINS"], direction="supply").found == 1
    assert square.paths("a", "b", domains=["connectivity"]).found == 1
    nothing = square.paths("a", "trench")
    assert nothing.certificate == {
        "kind": "none",
        "exist": 0,
        "says": "No route joins a and trench over these links.",
    }


@pytest.mark.parametrize(
    ("how", "error", "word"),
    [
        ({"a": "a", "b": "a"}, InvalidParameter, "both ends"),
        ({"a": "a", "b": "bb"}, UnknownAsset, "bb"),
        ({"k": 0}, InvalidParameter, "k is 0"),
        ({"k": 5000}, LimitExceeded, "1,000"),
        ({"k": 20, "disjoint": "risk"}, LimitExceeded, "at most 8"),
        ({"by": "length"}, InvalidParameter, "length_km"),
        ({"disjoint": "nodes"}, InvalidParameter, "Did you mean node"),
        ({"over": ["dataa"]}, InvalidParameter, "Did you mean data"),
        ({"over": ["WITHIN"]}, InvalidParameter, "no link delivers"),
        ({"domains": ["energie"]}, InvalidParameter, "energie"),
        ({"direction": "down"}, InvalidParameter, "direction"),
        ({"hazards": {"type": "Point"}}, InvalidParameter, "hazards"),
        ({"disjoint": "risk", "hazards": {"type": "Point", "coordinates": [1, 2]}}, InvalidParameter, "no area"),
        ({"disjoint": "risk", "hazards": []}, InvalidParameter, "no hazard"),
        ({"disjoint": "risk", "limit_s": 0}, InvalidParameter, "time limit"),
    ],
)
def test_what_makes_no_sense_is_said(square: Snapshot, how: dict[str, Any], error: type, word: str) -> None:
    with pytest.raises(error, match=word) as caught:
        square.paths(**{"a": "a", "b": "b", **how})
    assert caught.value.fix


# -- kernels ------------------------------------------------------------------------------------------------


def test_search_from_both_ends_finds_what_dijkstra_finds(tmp_path: Path) -> None:
    """On random networks too large to list, by plain Dijkstra over the same arcs."""
    for seed in range(6):
        pick = random.Random(seed)
        tables = fibre(pick, 60, 110)
        length = {row["id"]: pick.choice((0.0, 0.0, 1.0, 3.0, 10.0)) for row in tables.assets}
        found = snapshot(tables, tmp_path / str(seed), length)
        net = network(found.arrays, SCHEMA, ["TRANSPORTS"], "either")
        allowed = found.arrays.in_service
        for by in ("hops", "length_km"):
            costs = net.costs(by)
            digraph = networkx.DiGraph()
            arcs = np.flatnonzero(net.open & allowed[net.to] & allowed[net.source(np.arange(len(net.to)))])
            digraph.add_nodes_from(range(net.n))
            for u, v, j in zip(net.source(arcs).tolist(), net.to[arcs].tolist(), arcs.tolist(), strict=True):
                digraph.add_edge(u, v, weight=float(costs.link[j] + costs.asset[v]))
            for _ in range(40):
                s, t = pick.sample([found.catalogue.row(f"r{i}") for i in range(60)], 2)
                route = shortest(net, by, allowed, s, t)
                try:
                    wanted = networkx.dijkstra_path_length(digraph, s, t) - float(costs.asset[t])
                except networkx.NetworkXNoPath:
                    assert route == ()
                    continue
                assert cost_of(net, by, s, t, route) == pytest.approx(wanted)


def test_the_textbook_flow_is_23() -> None:
    """Cormen, Leiserson, Rivest, Stein: Introduction to Algorithms, the network of the chapter on maximum flow."""
    arcs = [(0, 1, 16), (0, 2, 13), (1, 3, 12), (2, 1, 4), (2, 4, 14), (3, 2, 9), (3, 5, 20), (4, 3, 7), (4, 5, 4)]
    source, target, capacity = (np.array(part) for part in zip(*arcs, strict=True))
    found = max_flow(6, source, target, capacity, 0, 5)
    assert found.value == 23
    assert capacity[found.cut].sum() == 23
    assert {(int(source[j]), int(target[j])) for j in found.cut} == {(1, 3), (4, 3), (4, 5)}


def test_greatest_flow_agrees_with_networkx() -> None:
    for seed in range(30):
        pick = random.Random(seed)
        n = pick.randint(2, 9)
        arcs = [(pick.randrange(n), pick.randrange(n), pick.randint(0, 9)) for _ in range(pick.randint(1, 25))]
        digraph = networkx.DiGraph()
        digraph.add_nodes_from(range(n))
        for u, v, c in arcs:
            held = digraph.edges[u, v]["capacity"] if digraph.has_edge(u, v) else 0
            digraph.add_edge(u, v, capacity=held + c)
        source, target, capacity = (np.array(part) for part in zip(*arcs, strict=True))
        found = max_flow(n, source, target, capacity, 0, n - 1)
        assert found.value == networkx.maximum_flow_value(digraph, 0, n - 1)
        assert capacity[found.cut].sum() == found.value
    with pytest.raises(InvalidParameter):
        max_flow(3, [0], [1], [1], 2, 2)
    with pytest.raises(InvalidParameter):
        max_flow(3, [0], [1], [-1], 0, 2)
