"""Answers as graphs of networkx."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from twin.errors import MissingExtra

if TYPE_CHECKING:
    import networkx as nx

Document = Mapping[str, Any]
#: From, to, and what the arrow carries.
Arrows = Iterator[tuple[str, str, dict[str, Any]]]


def graph_of(question: str, document: Document) -> nx.DiGraph[str]:
    """The answer to *question* as a directed graph.

    Nodes are the assets of its main table, with their columns; where the answer says how assets hang together there
    are edges, which point from what supplies (or failed) to what needs it:

    - ``impact, explain``: from each failed member of a gate to the asset whose gate it was; ``service, group``.
    - ``timeline``: the critical chains, from the last straw to what it took down; ``why``.
    - ``dependencies, dependents``: the links that the walk took; ``service, group, hop``.
    - ``paths``: the steps of the routes; ``type, route``. ``mesh``: links that are bridges. ``dominators``: from the
      nearest asset that all supply comes through.

    Raises:
        MissingExtra: networkx is not installed.
    """
    try:
        import networkx as nx
    except ImportError as error:
        raise MissingExtra("Graphs need networkx", fix="pip install 'infrastructure-twin[graph]'") from error
    from twin.export.answers import MAIN

    made = nx.DiGraph(question=question)
    main = MAIN[question]
    if main.at == "id":
        made.add_nodes_from((row["id"], dict(row)) for row in main.rows(document))
    for start, end, told in ARROWS.get(question, _none)(document):
        made.add_edge(start, end, **told)
    return made


def _none(document: Document) -> Arrows:
    yield from ()


def _impact(document: Document) -> Arrows:
    for row in document.get("affected", document.get("proof", ())):
        for gate in row["lost"]:
            for member in gate["failed_members"]:
                yield member, row["id"], {"service": gate["service"], "group": gate["group"]}


def _timeline(document: Document) -> Arrows:
    steps = document["steps"]
    for step in steps:
        if step["next"] is not None:
            yield steps[step["next"]]["id"], step["id"], {"why": step["why"], "at_s": step["at_s"]}


def _walk(up: bool) -> Callable[[Document], Arrows]:
    def arrows(document: Document) -> Arrows:
        for row in document["items"]:
            ends = (row["id"], row["parent"]) if up else (row["parent"], row["id"])
            yield *ends, {name: row[name] for name in ("service", "group", "hop")}

    return arrows


def _paths(document: Document) -> Arrows:
    for number, route in enumerate(document["routes"], 1):
        for step in route["steps"]:
            yield step["from"], step["to"], {"type": step["type"], "route": number}


def _mesh(document: Document) -> Arrows:
    for link in document["bridge_links"]:
        yield link["from"], link["to"], {}


def _dominators(document: Document) -> Arrows:
    for row in document["items"]:
        if row["dominated_by"] is not None:
            yield row["dominated_by"], row["id"], {}


ARROWS: dict[str, Callable[[Document], Arrows]] = {
    "impact": _impact,
    "explain": _impact,
    "timeline": _timeline,
    "dependencies": _walk(up=True),
    "dependents": _walk(up=False),
    "paths": _paths,
    "mesh": _mesh,
    "dominators": _dominators,
}
