"""The filter of a request as a tree, whatever language it is in."""

from __future__ import annotations

from typing import Any

import orjson

from api.ogc.cql.text import parse_text
from api.ogc.cql.tokens import DEEPEST, LONGEST
from twin.errors import InvalidFilter

#: Values of ``filter-lang``; GDAL says ``cql-text`` and means CQL2 text.
LANGUAGES = ("cql2-text", "cql2-json", "cql-text")


def read_filter(text: str, language: str | None) -> Any:
    """The CQL2 JSON tree of a filter.

    Args:
        language: one of :data:`LANGUAGES`; None takes JSON for what begins with a brace, else text.

    Raises:
        InvalidFilter: the language is unknown, or the filter is not written in it.
    """
    if language is None:
        language = "cql2-json" if text.lstrip().startswith("{") else "cql2-text"
    if language not in LANGUAGES:
        raise InvalidFilter(
            f"filter-lang: {language!r} is not known", fix=f"Use one of: {', '.join(LANGUAGES)}.", part="filter-lang"
        )
    if not text.strip():
        raise InvalidFilter("the filter is empty", part="filter")
    return parse_json(text) if language == "cql2-json" else parse_text(text)


def parse_json(text: str) -> Any:
    """The tree of a filter in CQL2 JSON, not deeper than is good. Raises InvalidFilter."""
    if len(text) > LONGEST:
        raise InvalidFilter(f"the filter has {len(text):,} characters, at most {LONGEST:,} are read", part="filter")
    try:
        tree = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidFilter(f"the filter is not valid JSON: {error}", part="filter") from None
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > 2 * DEEPEST:
            raise InvalidFilter(f"expressions are nested more than {DEEPEST} deep", part="filter")
        level = [
            item
            for node in level
            if isinstance(node, dict | list)
            for item in (node.values() if isinstance(node, dict) else node)
        ]
    return tree
