"""Bridges, articulation points, islands and dominators against taking assets out one by one."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest

from tests.unit.strategies import Tables
from tests.unit.test_paths import fibre, snapshot
from twin import Snapshot
from twin.errors import InvalidParameter, SchemaError
from twin.impact.cascade import Cascade
from twin.impact.meshes import components, cuts, giant, graph, idoms, mutual_giant
from twin.impact.meshes.kinds import edge_kinds
from twin.schema import default_schema, load_schema

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def grid(pick: random.Random, buses: int, lines: int) -> Tables:
    """Plants, buses, lines and transformers (parallel ones and loops too), UPS, loads: any one supplier is enough."""
    made = Tables()

    def asset(name: str, kind: str, **more: str) -> str:
        made.assets.append({"id": name, "kind": kind, **more})
        return name

    def link(a: str, kind: str, b: str) -> None:
        made.links.append({"from": a, "type": kind, "to": b, "group": ""})

    nodes = [asset(f"b{i}", "bus", status="out_of_service" if pick.random() < 0.05 else "") for i in range(buses)]
    for i in range(lines):
        line = asset(f"l{i}", pick.choice(("power_line", "power_line", "transformer")))
        link(line, "CONDUCTS", pick.choice(nodes))
        if pick.random() < 0.95:
            link(pick.choice(nodes), "CONDUCTS", line)
    for i in range(pick.randint(1, 3)):
        plant = asset(f"p{i}", "power_plant")
        for _ in range(pick.randint(1, 2)):
            link(plant, "POWERS", pick.choice(nodes))
    feeds = list(nodes)
    for i in range(pick.randint(0, 4)):
        ups = asset(f"u{i}", "ups")
        for _ in range(pick.randint(1, 2)):
            link(pick.choice(feeds), "POWERS", ups)
        feeds.append(ups)
    for i in range(pick.randint(0, 6)):
        load = asset(f"d{i}", "load")
        for _ in range(pick.choice((1, 1, 2))):
            link(pick.choice(feeds), "POWERS", load)
    return made


def joined(tables: Tables, types: set[str], without: str | None = None) -> networkx.Graph:
    """The assets in service that mesh links join, one of them taken out."""
    works = {a["id"] for a in tables.assets if a.get("status", "") in ("", "in_service")} - {without}
    made = networkx.Graph()
    for link in tables.links:
        if link["type"] in types:
            made.add_nodes_from({link["from"], link["to"]} & works)
            if {link["from"], link["to"]} <= works:
                made.add_edge(link["from"], link["to"])
    return made


def pieces(tables: Tables, types: set[str], kinds: dict[str, str], without: str) -> list[set[str]]:
    """What the component of an asset falls into: the nodes of each piece that has any."""
    whole = networkx.node_connected_component(joined(tables, types), without)
    left = joined(tables, types, without)
    parts = [{v for v in part if kinds[v] not in EDGES} for part in networkx.connected_components(left) if part & whole]
    return [part for part in parts if part]


EDGES = edge_kinds(default_schema())


@pytest.mark.parametrize("mesh", ["power", "TRANSPORTS"])
def test_cuts_are_what_parts_nodes(tmp_path: Path, mesh: str) -> None:
    met = 0
    for seed in range(45):
        pick = random.Random(seed)
        power = mesh == "power"
        tables = grid(pick, pick.randint(1, 9), pick.randint(1, 12)) if power else fibre(pick, 7, pick.randint(3, 12))
        kinds = {a["id"]: a["kind"] for a in tables.assets}
        types = {"CONDUCTS"} if power else {"TRANSPORTS"}
        result = snapshot(tables, tmp_path / str(seed)).mesh(mesh)
        whole = joined(tables, types)
        assert result.nodes == sum(kinds[v] not in EDGES for v in whole)
        assert result.edges == sum(kinds[v] in EDGES for v in whole)
        sizes = sorted(
            (sum(kinds[v] not in EDGES for v in c) for c in networkx.connected_components(whole)), reverse=True
        )
        assert [island["nodes"] for island in result.islands] == sizes
        wanted = {}
        for v in whole:
            parts = pieces(tables, types, kinds, v)
            if len(parts) > 1:
                wanted[v] = (len(parts), sum(map(len, parts)) - max(map(len, parts)))
        assert {x["id"]: (x["pieces"], x["isolated_nodes"]) for x in result.cuts} == wanted
        assert {x["id"] for x in result.bridges} == {v for v in wanted if kinds[v] in EDGES}
        met += len(wanted)
    assert met > 40


def test_what_a_cut_leaves_without_a_source_is_what_the_cascade_loses(tmp_path: Path) -> None:
    """Where any supplier is enough, and every bus is supplied before."""
    met = 0
    for seed in range(60):
        pick = random.Random(seed)
        tables = grid(pick, pick.randint(2, 9), pick.randint(2, 12))
        for asset in tables.assets:
            asset["status"] = ""
        demand = {a["id"]: float(pick.randint(1, 50)) for a in tables.assets if a["kind"] == "load"}
        folder = tmp_path / str(seed)
        found = _with(tables, folder, "demand_mw", demand)
        result = found.mesh("CONDUCTS")
        live = found.system.baseline
        islands = {name for island in result.islands if island["sources"] for name in island["first_assets"]}
        assert islands <= set(found.catalogue.ids(np.flatnonzero(live)))
        for entry in result.cuts:
            row = found.catalogue.row(entry["id"])
            if not live[row]:
                continue
            lost = set(found.catalogue.ids(Cascade(found.system).lost(np.array([row])))) - {entry["id"]}
            assert entry["unsupplied_nodes"] == sum(v.startswith("b") for v in lost)
            # A load behind a UPS loop or with two feeds may be left out, but never too much is said.
            own = sum(demand[v] for v in lost & set(demand))
            assert entry["unsupplied_demand_mw"] <= own
            met += entry["unsupplied_nodes"] > 0
    assert met > 20


def _with(tables: Tables, folder: Path, name: str, values: dict[str, float]) -> Snapshot:
    tables.write(folder)
    lines = (folder / "assets.csv").read_text(encoding="utf-8").splitlines()
    ids = ["", *tables.ids]
    rows = [lines[0] + f",{name}", *(f"{x},{values.get(i, '')}" for x, i in zip(lines[1:], ids[1:], strict=True))]
    (folder / "assets.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Snapshot.from_tables(folder)


def test_parallel_circuits_are_no_bridges_and_sums_are_right(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text(
        "id,kind,demand_mw,capacity_mw,customers\nplant,power_plant,,100,\nfar,power_plant,,30,\n"
        "a,bus,,,\nb,bus,,,\nc,bus,,,\n"
        "ab1,power_line,,,\nab2,power_line,,,\nbc,power_line,,,\nat-b,load,5,,50\nat-c,load,7,,70\nboth,load,9,,90\n",
        encoding="utf-8",
    )
    (tmp_path / "links.csv").write_text(
        "from,type,to\nplant,POWERS,a\nfar,POWERS,c\na,CONDUCTS,ab1\nab1,CONDUCTS,b\na,CONDUCTS,ab2\nab2,CONDUCTS,b\n"
        "b,CONDUCTS,bc\nbc,CONDUCTS,c\nb,POWERS,at-b\nc,POWERS,at-c\na,POWERS,both\nc,POWERS,both\n",
        encoding="utf-8",
    )
    result = Snapshot.from_tables(tmp_path).mesh()
    assert [x["id"] for x in result.bridges] == ["bc"]
    assert [x["id"] for x in result.articulation_points] == ["b"]
    bridge = result.bridges[0]
    assert (bridge["isolated_nodes"], bridge["isolated_demand_mw"], bridge["isolated_customers"]) == (1, 7.0, 70.0)
    assert bridge["isolated_generation_mw"] == 30.0
    assert bridge["unsupplied_nodes"] == 0
    assert result.islands[0]["generation_mw"] == 130.0
    assert result.to_dict()["bridges"] == 1


def test_links_between_nodes_are_bridges_too(tmp_path: Path) -> None:
    text = '[link_types.TIES]\nservice = "power"\neffect = "none"\nmesh = true\non_delete = "remove"\n'
    schema_file = tmp_path / "ties.toml"
    schema_file.write_text(text + 'description = "Ties."\nends = ["bus -> bus"]\n', encoding="utf-8")
    schema = load_schema([schema_file])
    (tmp_path / "assets.csv").write_text("id,kind\na,bus\nb,bus\nc,bus\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text("from,type,to\na,TIES,b\na,TIES,b\nb,TIES,c\n", encoding="utf-8")
    found = Snapshot.from_tables(tmp_path, schema=schema)
    result = found.mesh("TIES", schema=schema)
    assert result.bridge_links == [{"from": "b", "to": "c"}]
    assert [x["id"] for x in result.articulation_points] == ["b"]
    with pytest.raises(SchemaError, match="TIES"):
        found.mesh("TIES")


def test_a_mesh_that_is_not_there_is_said(tmp_path: Path) -> None:
    found = snapshot(grid(random.Random(1), 3, 3), tmp_path)
    with pytest.raises(InvalidParameter, match="Did you mean power"):
        found.mesh("powr")
    with pytest.raises(InvalidParameter, match="Did you mean power"):
        found.dominators("powr")
    with pytest.raises(InvalidParameter):
        found.mesh("POWERS")
    assert found.mesh("TRANSPORTS").islands == []


def test_kinds_that_are_edges() -> None:
    assert {"power_line", "transformer", "switch", "span", "circuit", "path"} <= EDGES
    assert not {"bus", "router", "site", "load", "ups"} & EDGES
    assert "pipe" in edge_kinds(load_schema([FIXTURES / "schema" / "water.toml"]))


# -- plain arrays -------------------------------------------------------------------------------------------


def multigraph(pick: random.Random) -> tuple[int, list[int], list[int]]:
    n, m = pick.randint(1, 14), pick.randint(0, 22)
    return n, [pick.randrange(n) for _ in range(m)], [pick.randrange(n) for _ in range(m)]


def test_cuts_of_multigraphs_against_taking_out() -> None:
    for seed in range(300):
        n, a, b = multigraph(random.Random(seed))
        found = cuts(n, a, b)
        whole = networkx.MultiGraph()
        whole.add_nodes_from(range(n))
        whole.add_edges_from(zip(a, b, range(len(a)), strict=True))
        count = networkx.number_connected_components(whole)
        for edge, (u, v) in enumerate(zip(a, b, strict=True)):
            left = whole.copy()
            left.remove_edge(u, v, edge)
            assert found.bridges[edge] == (networkx.number_connected_components(left) > count)
        for v in range(n):
            left = whole.copy()
            left.remove_node(v)
            lost = 1 if whole.degree(v) == 2 * whole.number_of_edges(v, v) else 0
            assert found.articulation[v] == (networkx.number_connected_components(left) > count - lost)
        for part in networkx.connected_components(whole):
            assert set(found.component[list(part)].tolist()) == {min(part)}


def test_bad_arrays_are_refused() -> None:
    with pytest.raises(InvalidParameter):
        cuts(2, [0], [2])
    with pytest.raises(InvalidParameter):
        cuts(2, [0, 1], [1])
    with pytest.raises(InvalidParameter):
        idoms(2, [0], [1], 5)
    assert cuts(0, [], []).bridges.tolist() == []


def test_a_long_chain_does_not_overflow() -> None:
    n = 200_000
    found = cuts(n, np.arange(n - 1), np.arange(1, n))
    assert found.bridges.all()
    assert found.articulation.sum() == n - 2
    idom, order = idoms(n, np.arange(n - 1), np.arange(1, n), 0)
    assert (idom[1:] == np.arange(n - 1)).all()
    assert len(order) == n


def test_mutual_giant_component_by_definition() -> None:
    for seed in range(60):
        pick = random.Random(seed)
        n = pick.randint(2, 30)
        pairs = [[(pick.randrange(n), pick.randrange(n)) for _ in range(2 * n)] for _ in range(2)]
        alive = np.array([pick.random() < 0.85 for _ in range(n)])
        made = [graph(n, [u for u, _ in p], [v for _, v in p]) for p in pairs]
        left = set(np.flatnonzero(alive).tolist())
        while True:
            before = set(left)
            for p in pairs:
                net = networkx.Graph()
                net.add_nodes_from(left)
                net.add_edges_from((u, v) for u, v in p if u in left and v in left)
                left = max(networkx.connected_components(net), key=lambda c: (len(c), -min(c)), default=set())
            if left == before:
                break
        assert set(np.flatnonzero(mutual_giant(made[0], made[1], alive)).tolist()) == left
    assert components(made[0], alive).max() < n
    assert giant(made[0], np.zeros(n, bool)).sum() == 0


# -- dominators ---------------------------------------------------------------------------------------------

#: Lengauer and Tarjan 1979, figure 1.
FIGURE_1 = {
    "R": "ABC", "A": "D", "B": "ADE", "C": "FG", "D": "L", "E": "H", "F": "I", "G": "IJ", "H": "EK", "I": "K",
    "J": "I", "K": "IR", "L": "H",
}  # fmt: skip


def test_figure_1_of_lengauer_and_tarjan() -> None:
    names = sorted(FIGURE_1)
    arcs = [(names.index(u), names.index(v)) for u, to in FIGURE_1.items() for v in to]
    idom, _ = idoms(len(names), [u for u, _ in arcs], [v for _, v in arcs], names.index("R"))
    found = {name: names[d] if d >= 0 else None for name, d in zip(names, idom.tolist(), strict=True)}
    assert found == {**dict.fromkeys(names, "R"), "F": "C", "G": "C", "J": "G", "L": "D", "R": None}


def test_dominators_against_taking_out() -> None:
    for seed in range(300):
        pick = random.Random(seed)
        n, a, b = multigraph(pick)
        root = pick.randrange(n)
        idom, order = idoms(n, a, b, root)
        made = networkx.DiGraph(list(zip(a, b, strict=True)))
        made.add_node(root)
        reach = {root} | networkx.descendants(made, root)
        assert set(order.tolist()) == reach
        above: dict[int, set[int]] = {v: set() for v in reach}
        for d in reach - {root}:
            left = made.copy()
            left.remove_node(d)
            for v in reach - {d} - ({root} | networkx.descendants(left, root)):
                above[v].add(d)
        for v in reach - {root}:
            chain, d = set(), int(idom[v])
            while d != root:
                chain.add(d)
                d = int(idom[d])
            assert chain == above[v]
        assert (idom[[v for v in range(n) if v not in reach or v == root]] == -1).all()


def test_dominators_of_a_supply_are_its_single_failures(tmp_path: Path) -> None:
    """Where any supplier is enough, what a dominator takes with it is what the cascade loses."""
    met = 0
    for seed in range(40):
        pick = random.Random(seed)
        found = snapshot(grid(pick, pick.randint(2, 8), pick.randint(2, 10)), tmp_path / str(seed))
        result = found.dominators("power")
        lost = {entry["id"]: entry["lost"] for entry in result.items}
        cascade = Cascade(found.system)
        for row in np.flatnonzero(found.system.baseline).tolist():
            name = found.catalogue.ids([row])[0]
            assert lost.get(name, 0) == len(cascade.lost(np.array([row]))) - 1
            met += lost.get(name, 0) > 1
        linked = np.zeros(found.arrays.n, bool)
        linked[found.arrays.gates.owner] = linked[found.arrays.gates.member] = True
        assert result.supplied == (found.system.baseline & linked).sum()
    assert met > 40


def test_dominators_name_what_is_above_and_sum_what_hangs_below(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text(
        "id,kind,demand_mw\nplant,power_plant,\nbus,bus,\nup,ups,\nload,load,4\nother,load,2\n", encoding="utf-8"
    )
    (tmp_path / "links.csv").write_text(
        "from,type,to\nplant,POWERS,bus\nbus,POWERS,up\nup,POWERS,load\nbus,POWERS,other\n", encoding="utf-8"
    )
    rows: list[dict[str, Any]] = Snapshot.from_tables(tmp_path).dominators().items
    assert [(x["id"], x["dominated_by"], x["lost"], x["demand_mw"]) for x in rows] == [
        ("plant", None, 4, 6.0),
        ("bus", "plant", 3, 6.0),
        ("up", "bus", 1, 4.0),
    ]
