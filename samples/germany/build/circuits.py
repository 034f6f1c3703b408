"""Circuits of the data centres: protected by two paths, routed over the mesh, or on one fixed route."""

from __future__ import annotations

import itertools

import networkx as nx
from common import Tables
from fibre import Fibre
from sites import DATA_CENTRES, DataCentre
from telecom import access_span

#: Two GPU sites train one model together; it stops when they are parted.
CLUSTER = ("leipzig-1", "magdeburg-1")


def build_circuits(tables: Tables, fibre: Fibre) -> None:
    """Add access spans, paths and circuits of every data centre to the telecom inventory."""
    for dc in DATA_CENTRES:
        for side, count, town in (("a", 1, dc.towns[0]), ("b", 2, dc.towns[-1])):
            name = f"Access {side.upper()} {dc.name} to {fibre.names[town]}"
            router = border_router(dc.key, count)
            access_span(tables, fibre, f"access/{dc.key}-{side}", name, router, dc.place, town)
        {"protected": _protected, "routed": _routed, "single": _single}[dc.wan](tables, fibre, dc)
    cluster = tables.asset("circuit/cluster-ost", "circuit", "Synthetic GPU cluster Ost", capacity_gbps=400)
    for key in CLUSTER:
        tables.link(border_router(key, 1), "CONNECTS", cluster)


def border_router(key: str, count: int) -> str:
    """Full id of a data centre's border router."""
    return f"datacentres:router/{key}-{count}"


def circuits_of(dc: DataCentre) -> list[str]:
    """Full ids of the circuits that join a data centre to its exchange."""
    numbers = (1, 2) if dc.wan == "routed" else (1,)
    return [f"telecom:circuit/{dc.key}-{number}" for number in numbers]


def _circuit(tables: Tables, dc: DataCentre, number: int) -> str:
    return tables.asset(
        f"circuit/{dc.key}-{number}",
        "circuit",
        f"{dc.name} to exchange {dc.exchange.title()} ({dc.wan})",
        capacity_gbps=100,
        technology="DWDM",
    )


def _routed(tables: Tables, fibre: Fibre, dc: DataCentre) -> None:
    for number in (1, 2):
        circuit = _circuit(tables, dc, number)
        tables.link(border_router(dc.key, number), "CONNECTS", circuit)
        tables.link(f"exchange/{dc.exchange}", "CONNECTS", circuit)


def _single(tables: Tables, fibre: Fibre, dc: DataCentre) -> None:
    towns = nx.shortest_path(fibre.graph, dc.towns[0], dc.exchange, weight="km")
    _carry(tables, fibre, dc, "a", 1, towns, _circuit(tables, dc, 1))


def _protected(tables: Tables, fibre: Fibre, dc: DataCentre) -> None:
    """Two paths that share neither a town (but the ends) nor a span, the shortest first."""
    circuit = _circuit(tables, dc, 1)
    for side, count, towns in zip("ab", (1, 2), disjoint_routes(fibre, dc), strict=True):
        km = sum(fibre.graph.edges[pair]["km"] for pair in itertools.pairwise(towns))
        path = tables.asset(
            f"path/{dc.key}-{side}",
            "path",
            f"Path {side.upper()} {dc.name} {_via(fibre, dc, towns)}",
            length_km=round(km, 1),
            latency_ms=round(km / 200, 2),
        )
        _carry(tables, fibre, dc, side, count, towns, path)
        tables.link(path, "SERVES", circuit)


def _via(fibre: Fibre, dc: DataCentre, towns: list[str]) -> str:
    inner = towns[1:-1] if towns[0] == dc.towns[0] else towns[:-1]
    return f"via {fibre.names[inner[0]]}" if inner else "direct"


def disjoint_routes(fibre: Fibre, dc: DataCentre) -> tuple[list[str], list[str]]:
    """The shortest route, and the shortest one without its inner towns and its spans."""
    first = nx.shortest_path(fibre.graph, dc.towns[0], dc.exchange, weight="km")
    rest = fibre.graph.copy()
    keep = {dc.towns[-1], dc.exchange}
    rest.remove_nodes_from(town for town in first if town not in keep)
    rest.remove_edges_from(pair for pair in itertools.pairwise(first) if rest.has_edge(*pair))
    return first, nx.shortest_path(rest, dc.towns[-1], dc.exchange, weight="km")


def _carry(tables: Tables, fibre: Fibre, dc: DataCentre, side: str, count: int, towns: list[str], what: str) -> None:
    """Everything of the route carries it: border router, access span, towns' routers, spans, the exchange's ends."""
    route = [border_router(dc.key, count), f"access/{dc.key}-{side}"]
    route += [fibre.router(town) for town in towns]
    route += [fibre.span(*pair) for pair in itertools.pairwise(towns)]
    route += [f"access/exchange-{dc.exchange}", f"exchange/{dc.exchange}"]
    for part in route:
        tables.link(part, "CARRIES", what)
