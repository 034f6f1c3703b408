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


def snapshot(
    tables: Tables, folder: Path, length: dict[str, float] | None = None, links: dict[int, float] | None = None
) -> Snapshot:
    """The tables as a snapshot; *length* gives assets a ``length_km``, *links* some rows of links."""
    tables.write(folder)
    if links:
        rows = (folder / "links.csv").read_text(encoding="utf-8").splitlines()
        rows = [f"{rows[0]},length_km", *(f"{x},{links.get(i, '')}" for i, x in enumerate(rows[1:]))]
        (folder / "links.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
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

    def without(self, gone: set[str]) -> Listed:
        """Routes that pass none of these."""
        self.works = self.works - gone
        return self

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


Weight = tuple[int, float]


class Weights:
    """What a route costs by the definition: how many lengths on it are not known, and the sum of those that are."""

    def __init__(self, tables: Tables, length: dict[str, float], links: dict[int, float]) -> None:
        schema = tables.schema or SCHEMA
        self.kind = {row["id"]: row["kind"] for row in tables.assets}
        self.asset: dict[str, Weight] = {}
        for name, kind in self.kind.items():
            long = kind not in schema.kinds or {"length_km", "latency_ms"} & set(schema.kinds[kind].properties)
            self.asset[name] = (0, length[name]) if name in length else (1 if long else 0, 0.0)
        self.link: list[Weight] = []
        for number, row in enumerate(tables.links):
            ends = {self.kind[row["from"]], self.kind[row["to"]]}
            inside = schema.link_types[row["type"]].service in ("housing", "hosting")
            short = inside or bool(ends & EDGES) or bool(ends & {"switch", "feeder"})
            self.link.append((0, links[number]) if number in links else (0 if short else 1, 0.0))

    def __call__(self, route: tuple[list[str], list[int]]) -> Weight:
        return total([self.asset[v] for v in route[0][1:-1]] + [self.link[j] for j in route[1]])


def total(weights: list[Weight]) -> Weight:
    return sum(w[0] for w in weights), round(sum(w[1] for w in weights), 6)


def answered(result: Any) -> Weight:
    return total([(route["unknown"], route["cost"]) for route in result.routes])


def some_lengths(pick: random.Random, tables: Tables, share: float) -> tuple[dict[str, float], dict[int, float]]:
    """Lengths of some assets and of some links; parallel links agree."""
    length = {row["id"]: pick.choice((0.0, 1.0, 2.5, 7.0)) for row in tables.assets if pick.random() < share}
    pairs: dict[tuple[str, str], float] = {}
    links = {}
    for number, row in enumerate(tables.links):
        if pick.random() < 0.15:
            links[number] = pairs.setdefault((row["from"], row["to"]), pick.choice((0.0, 0.5, 4.0)))
    return length, links


def logical(tables: Tables) -> set[str]:
    """Edges routed through a mesh, or carried by its edges or by such ones."""
    schema = tables.schema or SCHEMA
    kind = {row["id"]: row["kind"] for row in tables.assets}
    rows = [
        (row["from"], schema.link_types[row["type"]], row["to"]) for row in tables.links if row["from"] != row["to"]
    ]
    above: set[str] = set()
    for service in {t.service for t in schema.link_types.values() if t.mesh}:
        mesh = {v for a, t, b in rows if t.mesh and t.service == service for v in (a, b) if kind[v] in EDGES}
        own = [(a, t, b) for a, t, b in rows if t.service == service and not t.mesh and kind[b] in EDGES]
        for _ in range(len(rows) + 1):
            above |= {b for a, t, b in own if t.joined or a in mesh or a in above}
    return above


def cheapest(routes: list[Any], k: int, cost: Any, clash: Any) -> Any:
    """The least total cost of k routes of which no two clash."""
    best = None
    for chosen in itertools.combinations(routes, k):
        if not any(clash(x, y) for x, y in itertools.combinations(chosen, 2)):
            whole = total([cost(x) for x in chosen])
            best = whole if best is None else min(best, whole)
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
    several = unknown_met = 0
    for i, pick, tables in systems(60, 1000):
        length, links = some_lengths(pick, tables, pick.choice((0.5, 0.9, 1.0)))
        found = snapshot(tables, tmp_path / str(i), length, links)
        weigh = Weights(tables, length, links)
        supply = pick.random() < 0.3
        listed = Listed(tables, supply=supply)
        a, b = asked(pick, tables)
        routes = listed.routes(a, b) if a != b else None
        if routes is None:
            continue
        different: dict[tuple[str, ...], Weight] = {}
        for route in routes:
            weight = (0, float(len(route[1]))) if by == "hops" else weigh(route)
            different[tuple(route[0])] = min(weight, different.get(tuple(route[0]), weight))
        costs = sorted(different.values())
        k = pick.randint(1, 6)
        result = found.paths(a, b, k=k, by=by, over=["all"], direction="supply" if supply else "either")
        weights = [(0 if by == "hops" else route["unknown"], route["cost"]) for route in result.routes]
        assert weights == [(unknown, pytest.approx(km)) for unknown, km in costs[:k]]
        assert result.proof["proved"]
        assert len({tuple(x["id"] for x in route["assets"]) for route in result.routes}) == result.found
        for route in result.routes:
            check_route(route, listed, a, b)
        if result.found < k:
            assert result.certificate is not None
            assert result.certificate["exist"] == len(different)
        several += len(costs) > 2
        unknown_met += len(costs) > 1 and costs[0][0] < costs[-1][0]
    assert several > 10
    assert by == "hops" or unknown_met > 3


@pytest.mark.parametrize("apart", ["node", "edge"])
def test_disjoint_routes_are_as_many_and_as_cheap_as_can_be(tmp_path: Path, apart: str) -> None:
    pairs = cut = 0
    for i, pick, tables in systems(75, 5000):
        length, links = some_lengths(pick, tables, pick.choice((0.6, 1.0)))
        found = snapshot(tables, tmp_path / str(i), length, links)
        listed = Listed(tables).without(logical(tables))
        a, b = asked(pick, tables)
        routes = listed.routes(a, b, 400) if a != b else None
        if routes is None:
            continue

        def capped(nodes: list[str], listed: Listed = listed) -> set[str]:
            return {v for v in nodes[1:-1] if apart == "node" or listed.kind[v] in EDGES}

        def clash(x: Any, y: Any, capped: Any = capped) -> bool:
            return bool(capped(x[0]) & capped(y[0])) or bool(set(x[1]) & set(y[1]))

        for k in (1, 2, 3):
            wanted = cheapest(routes, k, Weights(tables, length, links), clash)
            result = found.paths(a, b, k=k, by="length_km", disjoint=apart, over=["all"])
            inner = [capped(["", *check_route(route, listed, a, b), ""]) for route in result.routes]
            assert not any(x & y for x, y in itertools.combinations(inner, 2))
            if wanted is not None:
                assert result.found == k
                assert answered(result) == (wanted[0], pytest.approx(wanted[1]))
                assert result.total_cost == pytest.approx(wanted[1])
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
        length, links = some_lengths(pick, tables, pick.choice((0.6, 1.0)))
        found = snapshot(tables, tmp_path / str(i), length, links)
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

        wanted = cheapest(routes, 2, Weights(tables, length, links), clash)
        over = ["TRANSPORTS"] if i % 3 else ["all"]
        result = found.paths(a, b, k=2, by="length_km", disjoint="risk", over=over)
        if wanted is not None:
            met["apart"] += 1
            assert result.found == 2
            assert answered(result) == (wanted[0], pytest.approx(wanted[1], abs=1e-6))
            assert result.proof["proved"]
            met["dearer"] += wanted > answered(found.paths(a, b, k=2, by="length_km", disjoint="node", over=over))
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
    says = "No route joins a and trench over the transport of any one service."
    assert nothing.certificate == {"kind": "none", "exist": 0, "says": says}
    named = square.paths("a", "trench", over=["TRANSPORTS"]).certificate
    assert named == {"kind": "none", "exist": 0, "says": "No route joins a and trench over these links."}


@pytest.mark.parametrize(
    ("how", "error", "word"),
    [
        ({"a": "a", "b": "a"}, InvalidParameter, "both ends"),
        ({"a": "a", "b": "bb"}, UnknownAsset, "bb"),
        ({"k": 0}, InvalidParameter, "0 routes"),
        ({"k": 5000}, LimitExceeded, "1,000"),
        ({"k": 20, "disjoint": "risk"}, LimitExceeded, "at most 8"),
        ({"by": "lengthkm"}, InvalidParameter, "length_km"),
        ({"disjoint": "nodde"}, InvalidParameter, "Did you mean node"),
        ({"limit_s": 601}, InvalidParameter, "time limit"),
        ({"limit_s": float("nan")}, InvalidParameter, "time limit"),
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
    assert "(" not in caught.value.fix


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
