"""Every query of the catalogue on the real server: planned well, and in a transaction of its declared mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import neo4j
import pytest

from twin.errors import QueryParameterError, StoreQueryError
from twin.schema import Schema
from twin.schema.generate import labels, property_keys, relationship_types
from twin.store import Endpoint, Store
from twin.store.catalogue import Catalogue, Query, default_catalogue, parse

pytestmark = pytest.mark.store

BAD = {"PERFORMANCE", "UNRECOGNIZED", "DEPRECATION"}
NAMES = default_catalogue().names()
READS = [query.name for query in default_catalogue() if query.mode == "read"]
WRITES = [query.name for query in default_catalogue() if query.mode == "write"]
TOKENS = {
    "label": ("CALL db.createLabel($name)", labels),
    "type": ("CALL db.createRelationshipType($name)", relationship_types),
    "key": ("CALL db.createProperty($name)", property_keys),
}


@pytest.fixture(scope="module")
def vocabulary(neo4j_store: Store, driver: neo4j.Driver, schema: Schema) -> None:
    """Teach the database every name of the schema: what it still does not recognise is misspelt."""
    for text, names in TOKENS.values():
        known = names(schema)
        with driver.session(database="neo4j") as session:
            for name in known:
                session.run(text, name=name).consume()


def problems(summary: neo4j.ResultSummary) -> list[str]:
    """What is bad in a plan: notifications, and scans over all nodes."""
    found = [
        f"{status.raw_classification}: {status.status_description}"
        for status in summary.gql_status_objects
        if status.raw_classification in BAD
    ]
    return found + [f"plan: {name}" for name in operators(summary.plan) if name.startswith("AllNodesScan")]


def operators(plan: dict[str, Any] | None) -> Iterator[str]:
    """Names of all operators of a plan."""
    if plan:
        yield plan["operatorType"]
        for child in plan.get("children", ()):
            yield from operators(child)


@pytest.mark.parametrize("name", NAMES)
def test_plan(neo4j_store: Store, vocabulary: None, name: str) -> None:
    assert problems(neo4j_store.explain(name)) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("MATCH (n) WHERE n.id = 'x' RETURN n", "AllNodesScan"),
        ("MATCH (a:Asett) RETURN a", "UNRECOGNIZED"),
        ("MATCH (a:Asset) RETURN a.naem", "UNRECOGNIZED"),
        ("MATCH (a:Asset), (b:Asset) RETURN a, b", "PERFORMANCE"),
        ("MATCH (a:Asset) RETURN id(a)", "DEPRECATION"),
    ],
)
def test_bad_plans_are_seen(endpoint: Endpoint, vocabulary: None, text: str, word: str) -> None:
    bad = Catalogue({"t.bad": parse("t.bad", f"// Bad.\n// mode: read\n{text}")})
    with Store(endpoint.uri, endpoint.user, endpoint.password, catalogue=bad) as store:
        assert any(word in problem for problem in problems(store.explain("t.bad")))


@pytest.mark.parametrize("name", READS)
def test_a_read_runs_in_a_read_transaction(store: Store, name: str) -> None:
    """The server refuses writes in READ mode, so a query that runs there and is planned to read only reads."""
    assert store.explain(name).query_type in ("r", "s")
    store.rows(name, **store.catalogue.get(name).params)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_refused_in_a_read_transaction(endpoint: Endpoint, store: Store, name: str) -> None:
    """A query marked as writing really writes; marked as reading it would be refused, also on one server."""
    query = store.catalogue.get(name)
    assert store.explain(name).query_type in ("w", "rw")
    marked = Query(query.name, query.text, "read", query.doc, query.parameters)
    with (
        Store(endpoint.uri, endpoint.user, endpoint.password, catalogue=Catalogue({name: marked})) as wrong,
        pytest.raises(StoreQueryError, match="read"),
    ):
        wrong.rows(name, **query.params)


def test_read_access_reaches_the_server(endpoint: Endpoint, store: Store) -> None:
    """The mode is declared on the wire: the same text passes as a write and is refused as a read."""
    text = "// Test.\n// mode: {}\nCREATE (f:Finding {{id: 'mode-test'}}) RETURN f.id AS id"
    for mode, refused in (("write", False), ("read", True)):
        catalogue = Catalogue({"t.mode": parse("t.mode", text.format(mode))})
        with Store(endpoint.uri, endpoint.user, endpoint.password, catalogue=catalogue) as opened:
            if refused:
                with pytest.raises(StoreQueryError):
                    opened.rows("t.mode")
            else:
                assert opened.rows("t.mode") == [{"id": "mode-test"}]


def test_a_write_inside_a_read_unit_is_refused(store: Store) -> None:
    with pytest.raises(QueryParameterError, match="write"):
        store.read(lambda unit: unit.rows("store.create_state"))


def test_no_query_in_another_mode_is_hidden_in_the_catalogue() -> None:
    assert {query.mode for query in default_catalogue()} == {"read", "write", "schema"}
