"""What the offline Cypher linter checks against: the schema's names and the queries with their parameters."""

from __future__ import annotations

import json
import sys
from typing import Any

from twin.schema import Schema, default_schema
from twin.schema.generate import lint_schema
from twin.store.catalogue import Catalogue, default_catalogue

#: Parts of a point value; the linter takes them for properties.
POINT_PARTS = ("longitude", "latitude")


def lint_input(schema: Schema, catalogue: Catalogue) -> dict[str, Any]:
    """The linter's input: ``schema`` (labels, relationshipTypes, propertyKeys) and ``queries``."""
    vocabulary = lint_schema(schema)
    vocabulary["propertyKeys"] = sorted({*vocabulary["propertyKeys"], *POINT_PARTS})
    queries = [{"name": q.name, "text": q.text, "parameters": q.params} for q in catalogue]
    return {"schema": vocabulary, "queries": queries}


if __name__ == "__main__":
    json.dump(lint_input(default_schema(), default_catalogue()), sys.stdout)
