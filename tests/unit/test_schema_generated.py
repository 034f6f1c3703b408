"""What is generated from the schema is in step with it: pages, row models, indexes and the lint vocabulary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from twin.schema import Property, default_schema
from twin.schema.generate import (
    ASSET_FIELDS,
    LINK_FIELDS,
    indexes,
    json_schema,
    labels,
    link_model,
    lint_schema,
    property_keys,
    reference_page,
    row_models,
)
from twin.schema.load import RESERVED
from twin.schema.values import ValueProblem, parse_value

ROOT = Path(__file__).parent.parent.parent
SCHEMA = default_schema()
MODELS = row_models(SCHEMA)
#: property name -> a kind that has it
OWNERS = {name: kind for kind in SCHEMA.kinds for name in SCHEMA.kind_properties(kind)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("docs/schema.md", reference_page(SCHEMA)),
        ("docs/rows.schema.json", json.dumps(json_schema(SCHEMA), indent=1, ensure_ascii=False) + "\n"),
    ],
)
def test_committed_page_is_what_the_schema_gives(name: str, text: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == text, "run: make docs"


def test_reference_page_has_every_word_of_the_schema() -> None:
    page = reference_page(SCHEMA)
    words = [*SCHEMA.services, *SCHEMA.kinds, *SCHEMA.link_types, *SCHEMA.properties, *SCHEMA.link_properties]
    assert not [word for word in words if f"`{word}`" not in page]
    assert not [u for u in SCHEMA.units if f"`{u}`" not in page]


def test_every_property_belongs_to_a_kind() -> None:
    assert set(OWNERS) == set(SCHEMA.properties)


def test_row_models_have_exactly_the_columns_of_the_table_format() -> None:
    base = {"id", "kind", "name", "lon", "lat", "wkt"}
    for kind, model in MODELS.items():
        assert set(model.model_fields) == base | set(SCHEMA.kind_properties(kind))
    assert set(link_model(SCHEMA).model_fields) == {"from", "type", "to", "group", "need", *SCHEMA.link_properties}


def test_row_models_refuse_what_the_schema_does_not_know() -> None:
    good = {"id": "a", "kind": "bus"}
    assert MODELS["bus"](**good).model_dump(exclude_none=True) == good
    for bad in ({"gpus": 1}, {"kind": "load"}, {"lon": 181.0}, {"id": ""}, {"voltage_kv": -1}):
        with pytest.raises(ValidationError):
            MODELS["bus"](**{**good, **bad})


def _accepted_by_model(prop: Property, raw: Any) -> bool:
    try:
        MODELS[OWNERS[prop.name]](id="a", kind=OWNERS[prop.name], **{prop.name: raw})
    except ValidationError:
        return False
    return True


def _accepted_by_import(prop: Property, raw: Any) -> bool:
    try:
        parse_value(prop, raw)
    except ValueProblem:
        return False
    return True


NUMBERS = st.one_of(st.floats(-1e6, 1e6), st.integers(-1000, 1000), st.sampled_from([float("nan"), float("inf")]))


@given(prop=st.sampled_from([p for p in SCHEMA.properties.values() if p.type in ("number", "integer")]), raw=NUMBERS)
def test_row_models_and_import_take_the_same_numbers(prop: Property, raw: float) -> None:
    assert _accepted_by_model(prop, raw) == _accepted_by_import(prop, raw)


@given(
    prop=st.sampled_from([p for p in SCHEMA.properties.values() if p.type == "enum"]),
    raw=st.one_of(st.sampled_from(["in_service", "planned", "open", "on", "x"]), st.from_regex(r"[a-z_]{1,12}\Z")),
)
def test_row_models_and_import_take_the_same_words(prop: Property, raw: str) -> None:
    assert _accepted_by_model(prop, raw) == _accepted_by_import(prop, raw)


def test_lint_vocabulary_covers_the_schema_and_the_book_keeping() -> None:
    made = lint_schema(SCHEMA)
    assert set(made["labels"]) >= {"Asset", "Energy", "PowerLine", "DataCentre", "TwinState", "ImportRun"}
    assert set(made["relationshipTypes"]) == set(SCHEMA.link_types)
    assert set(made["propertyKeys"]) >= {*SCHEMA.properties, *SCHEMA.link_properties, *ASSET_FIELDS, *LINK_FIELDS}


def test_fields_of_the_twin_are_reserved() -> None:
    assert {*ASSET_FIELDS, *LINK_FIELDS} <= RESERVED


def test_indexes_name_what_exists() -> None:
    made = indexes(SCHEMA)
    assert len({i.name for i in made}) == len(made)
    for index in made:
        known = SCHEMA.link_types if index.relationship else labels(SCHEMA)
        assert index.label in known
        assert set(index.properties) <= set(property_keys(SCHEMA))
    assert [i.properties for i in made if i.kind == "unique" and i.label == "Asset"] == [("id",)]
