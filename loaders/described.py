"""A loader as plain data: what it reads, and its options with their types, for lists and reference pages."""

from __future__ import annotations

import json
import re
from typing import Any

from loaders.guess import FORMATS


def describe(loader: Any) -> dict[str, Any]:
    """A loader as plain data: name, title, formats and options, nested ones as ``tables.NAME.sheet``."""
    schema = loader.Options.model_json_schema(by_alias=True)
    return {
        "name": loader.name,
        "title": loader.title,
        "formats": FORMATS.get(loader.name, ""),
        "options": _options(schema, schema.get("$defs", {}), "", 0),
    }


def _options(schema: dict[str, Any], models: dict[str, Any], prefix: str, depth: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    needed = schema.get("required", [])
    for name, said in schema.get("properties", {}).items():
        default = "needed" if name in needed else _default(said.get("default"))
        text = " ".join(str(said.get("description", "")).split())
        option = prefix + name
        rows.append({"option": option, "type": _type(said), "default": default, "description": text})
        inner, listed = _model(said, models)
        if inner is not None and depth < 3:
            rows += _options(inner, models, f"{option}.NAME." if listed else f"{option}.", depth + 1)
    return rows


def _default(value: Any) -> str:
    return "" if value is None or value in ({}, []) else json.dumps(value, default=str, ensure_ascii=False)


def _model(said: dict[str, Any], models: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
    """The model that an option holds, and whether it is a table of them by name."""
    for part in (said, *said.get("anyOf", ())):
        for inner, listed in ((part, False), (part.get("items"), False), (part.get("additionalProperties"), True)):
            for one in (inner, *inner.get("anyOf", ())) if isinstance(inner, dict) else ():
                name = re.sub(r".*/", "", one.get("$ref", ""))
                if name in models:
                    return models[name], listed
    return None, False


def _type(said: dict[str, Any]) -> str:
    if "enum" in said:
        return " | ".join(str(word) for word in said["enum"])
    if "const" in said:
        return str(said["const"])
    if "anyOf" in said:
        parts = [_type(part) for part in said["anyOf"] if part.get("type") != "null"]
        return " | ".join(dict.fromkeys(parts))
    if said.get("type") == "array":
        return f"list of {_type(said.get('items', {}))}"
    if said.get("type") == "object" or "$ref" in said:
        return "table"
    word = str(said.get("type", "any"))
    return {"string": "text", "boolean": "true | false"}.get(word, word)
