"""``twin loaders``: the formats that can be imported, and the options of each."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from twin.cli import output
from twin.cli.options import Json


def loaders(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A loader: its options; without it all.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """List the loaders and the formats they read; of one its options."""
    from twin.errors import UnknownLoader
    from twin.ingest.loader import available, load_loader

    if name is not None:
        found = describe(load_loader(name))
        if json:
            output.emit_json(found)
            return
        output.facts({"loader": found["name"], "title": found["title"], "reads": found["formats"]})
        output.say()
        rows = [(o["option"], o["type"], o["default"], o["description"]) for o in found["options"]]
        output.table(("option", "type", "default", "what it is"), rows)
        output.hints([f"twin import --loader {name} --source NAME PATH --option K=V", f"docs/loaders/{name}.md"])
        return
    listed: list[dict[str, Any]] = []
    for each in available():
        try:
            listed.append(describe(load_loader(each)))
        except UnknownLoader as error:
            output.note(error.detail)
    if json:
        output.emit_json({"loaders": listed})
        return
    output.table(("loader", "title", "reads"), [(each["name"], each["title"], each["formats"]) for each in listed])
    output.hints(["twin loaders NAME", "twin import --guess PATH"])


def describe(loader: Any) -> dict[str, Any]:
    """A loader as plain data: name, title, formats and options, nested ones as ``tables.NAME.sheet``."""
    from loaders.guess import FORMATS

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
    import orjson

    return "" if value is None or value in ({}, []) else orjson.dumps(value, default=str).decode()


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


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(loaders)
