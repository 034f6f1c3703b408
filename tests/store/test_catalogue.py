"""The catalogue: headers are checked, and so are parameters before the driver is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from twin.errors import QueryParameterError, StoreConfigError, UnknownQuery
from twin.schema import Schema
from twin.schema.generate import indexes
from twin.store import Store
from twin.store.catalogue import Catalogue, built_in_folder, default_catalogue, parse
from twin.store.store import statement

GOOD = """// What it answers.
// param id: string = "a:1"
// param depth: integer or null = 3
// param rows: list of map = [{"a": 1}]
// mode: read
MATCH (a:Asset {id: $id}) WHERE a.ord < $depth RETURN a.name AS name, $rows AS rows;
"""


@pytest.fixture(scope="module")
def unreachable() -> Iterator[Store]:
    """A store whose server does not exist: whatever raises before the driver is called works with it."""
    with Store("bolt://127.0.0.1:1", "nobody", "nothing") as store:
        yield store


def test_header_is_read() -> None:
    query = parse("x.y", GOOD)
    assert query.mode == "read"
    assert query.doc == "What it answers."
    assert query.params == {"id": "a:1", "depth": 3, "rows": [{"a": 1}]}
    assert query.text.startswith("MATCH")
    assert not query.text.endswith(";")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("// mode: read\n", ""),
        ("// mode: read\n", "// mode: both\n"),
        ("// What it answers.\n", ""),
        ('// param id: string = "a:1"\n', ""),
        ("$depth", "3"),
        ('= "a:1"', '= "a:1'),
        ("id: string", "id: text"),
    ],
)
def test_bad_header_is_refused(old: str, new: str) -> None:
    with pytest.raises(StoreConfigError):
        parse("x.y", GOOD.replace(old, new))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "q.cypher").write_text(GOOD, encoding="utf-8")
    with pytest.raises(StoreConfigError, match="two queries are named q"):
        Catalogue.load([tmp_path / "one", tmp_path / "two"])


def test_every_file_is_in_the_catalogue() -> None:
    files = list(built_in_folder().rglob("*.cypher"))
    assert len(default_catalogue()) == len(files) > 10


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "ids is missing"),
        ({"ids": ["a"], "idss": 1}, "idss is not declared"),
        ({"ids": "a"}, "ids must be list, not str"),
        ({"ids": None}, "ids must be list, not NoneType"),
    ],
)
def test_wrong_parameters_raise_before_the_driver(unreachable: Store, params: dict[str, Any], message: str) -> None:
    with pytest.raises(QueryParameterError, match=message):
        unreachable.rows("ingest.kinds", **params)


@pytest.mark.parametrize("value", [True, "3", 3.5, None])
def test_an_integer_is_an_integer(unreachable: Store, value: object) -> None:
    with pytest.raises(QueryParameterError):
        unreachable.rows("ingest.runs", limit=value)


def test_null_is_taken_where_it_is_declared() -> None:
    parse("x.y", GOOD).check({"id": "a", "depth": None, "rows": []})


def test_unknown_query_suggests(unreachable: Store) -> None:
    with pytest.raises(UnknownQuery, match=r"store\.state"):
        unreachable.rows("store.sate")


@pytest.mark.parametrize("label", ["Asset) DETACH", "", "a b", "1a", "é", "Asset`"])
def test_names_that_are_no_identifiers_are_refused(label: str) -> None:
    with pytest.raises(QueryParameterError):
        default_catalogue().get("schema.unique").named(name="x", label=label, properties=["id"])


def test_a_hole_left_open_is_refused() -> None:
    with pytest.raises(QueryParameterError):
        default_catalogue().get("schema.unique").named(name="x", label="Asset")


def test_every_index_of_the_schema_has_a_statement(schema: Schema) -> None:
    for index in indexes(schema):
        text = statement(default_catalogue(), index).text
        assert index.name in text
        assert f":{index.label})" in text
        assert all(f"n.{name}" in text for name in index.properties)
        assert "{{" not in text
