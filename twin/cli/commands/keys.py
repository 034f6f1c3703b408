"""``twin keys``: the API keys that ``twin serve`` answers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from twin.cli import output, wiring
from twin.cli.options import Json

if TYPE_CHECKING:
    from api.security import Keyring

Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose key, as logs and metrics name it: planner-1.")]


def add(
    name: Name,
    role: Annotated[
        Literal["read", "write", "admin"],
        typer.Option("--role", help="read asks; write also edits and imports; admin also sees the keys."),
    ] = "read",
    json: Json = False,
) -> None:
    """Make a key. It is shown this once: only its hash is kept."""
    from api.security import Role

    ring = _ring()
    key = ring.add(name, Role[role])
    if json:
        output.emit_json({"name": name, "role": role, "key": key, "file": str(ring.path)})
        return
    output.say(key)
    output.note(f"This is the key of {name} ({role}). It is not shown again; its hash is in {ring.path}")
    output.hints(["curl -H 'Authorization: Bearer KEY' http://127.0.0.1:8000/me"])


def list_(json: Json = False) -> None:
    """List the keys: names and roles."""
    keys = _ring().keys()
    if json:
        output.emit_json({"items": [key.to_dict() for key in keys]})
        return
    if not keys:
        output.note("There are no keys: twin serve answers this machine only, and asks for none.")
        output.hints(["twin keys add NAME --role read"])
        return
    output.table(("name", "role", "made at"), ((key.name, key.role.name, key.made_at) for key in keys))


def remove(name: Name) -> None:
    """Remove a key; running servers stop taking it at once."""
    ring = _ring()
    ring.remove(name)
    output.say(f"Removed the key {name}.")
    if not ring.keys():
        output.note("It was the last one. Servers that run go on asking for a key until they are started again.")


def _help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _ring() -> Keyring:
    from api.security import Keyring

    return Keyring(wiring.settings().keys_file)


def register(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    group = typer.Typer(help="API keys of twin serve: make, list, remove.")
    group.callback(invoke_without_command=True)(_help)
    group.command("add")(add)
    group.command("list")(list_)
    group.command("remove")(remove)
    app.add_typer(group, name="keys")
