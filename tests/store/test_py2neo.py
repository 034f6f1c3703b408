"""Contract of the py2neo helper: what docs/py2neo.md says works works, and what it says does not does not."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from typing import Any

import neo4j
import pytest

from tests.tools import missing
from twin.errors import MissingExtra, StoreConfigError
from twin.store import Endpoint, Store
from twin.store.py2neo import open_py2neo

ASSETS = """
CREATE (b:Asset:Energy:Bus {id: 'g:b', kind: 'bus', name: 'B', ord: 0,
  location: point({longitude: 8.4, latitude: 49.0})})
CREATE (l:Asset:Energy:Load {id: 'g:l', kind: 'load', name: 'L', ord: 1})
CREATE (b)-[:POWERS {key: 'k', need: 'any'}]->(l)
"""


@pytest.fixture
def graph(endpoint: Endpoint, store: Store, driver: neo4j.Driver) -> Iterator[Any]:
    """The twin as a py2neo graph, with a bus that powers a load."""
    driver.execute_query(ASSETS, database_="neo4j")
    try:
        opened = open_py2neo(endpoint.uri, endpoint.user, endpoint.password)
    except MissingExtra:
        missing("py2neo (extra [py2neo])")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield opened
        opened.service.connector.close()


@pytest.mark.store
def test_reads(graph: Any) -> None:
    rows = graph.run("MATCH (a:Bus {id: $id})-[r:POWERS]->(b) RETURN b.id AS id, r.need AS need", id="g:b").data()
    assert rows == [{"id": "g:l", "need": "any"}]
    assert graph.nodes.match("Asset").count() == 2
    node = graph.nodes.match("Asset", id="g:b").first()
    assert node["name"] == "B"
    assert set(node.labels) == {"Asset", "Energy", "Bus"}
    assert tuple(node["location"]) == (8.4, 49.0)


@pytest.mark.store
def test_transactions(graph: Any) -> None:
    import py2neo

    transaction = graph.begin()
    transaction.create(py2neo.Node("Note", text="mine"))
    graph.commit(transaction)
    assert graph.nodes.match("Note", text="mine").count() == 1
    transaction = graph.begin()
    transaction.run("MATCH (n:Note) DELETE n")
    graph.rollback(transaction)
    assert graph.nodes.match("Note").count() == 1


@pytest.mark.store
def test_points_in_literals_do_not_work(graph: Any) -> None:
    node = graph.nodes.match("Asset", id="g:b").first()
    with pytest.raises(TypeError, match="not supported"):
        str(node)


@pytest.mark.store
@pytest.mark.parametrize("helper", ["create_index", "create_uniqueness_constraint", "get_indexes"])
def test_schema_helpers_do_not_work(graph: Any, helper: str) -> None:
    arguments = ("Asset",) if helper == "get_indexes" else ("Asset", "name")
    with pytest.raises(Exception, match=r"(?i)invalid|syntax|procedure|expected"):
        getattr(graph.schema, helper)(*arguments)


def test_without_py2neo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py2neo", None)
    with pytest.raises(MissingExtra) as caught:
        open_py2neo("neo4j://localhost", "a", "b")
    assert "[py2neo]" in caught.value.fix


@pytest.mark.parametrize("uri", ["http://localhost", "localhost", "neo4j://"])
def test_an_address_that_is_none(uri: str) -> None:
    with pytest.raises(StoreConfigError):
        open_py2neo(uri, "a", "b")
