"""``twin loaders``: the formats that can be imported, and the options of each."""

from __future__ import annotations

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
    from loaders.described import describe
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


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(loaders)
