"""``twin schema``: the vocabulary: kinds, link types, properties and units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli import output, wiring
from twin.cli.options import Json
from twin.errors import NotFound

if TYPE_CHECKING:
    from twin.schema import Kind, LinkType, Schema


def schema(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A kind or a link type; without it all.")] = None,
    json: Json = False,
) -> None:
    """Show the kinds, link types and properties that the twin speaks in; TWIN_SCHEMA adds your own."""
    known = wiring.schema()
    if name is not None and name not in known.kinds and name not in known.link_types:
        from twin.schema import suggest

        words = [*known.kinds, *known.link_types]
        hint = suggest(name.upper(), known.link_types) or suggest(name, words)
        raise NotFound(
            f"no kind or link type is called {name!r}.{hint}",
            fix="List them with: twin schema",
        )
    if json:
        from api.routes.vocabulary import vocabulary

        document = vocabulary(known)
        entries = [*document["kinds"], *document["link_types"]]
        output.emit_json(document if name is None else next(e for e in entries if e["name"] == name))
    elif name is None:
        _all(known)
    elif name in known.kinds:
        _kind(known, known.kinds[name])
    else:
        _link_type(known.link_types[name])


def _all(known: Schema) -> None:
    output.table(
        ("kind", "domain", "layer", "requires", "description"),
        ((k.name, k.domain, k.layer, ", ".join(k.requires), k.description) for k in known.kinds.values()),
    )
    output.say()
    output.table(
        ("link type", "service", "default group", "need", "effect", "description"),
        ((t.name, t.service, t.group, _need(t), t.effect, t.description) for t in known.link_types.values()),
    )
    output.hints(["twin schema substation", "twin schema POWERS"])


def _kind(known: Schema, kind: Kind) -> None:
    output.facts(
        {
            "kind": kind.name,
            "domain": kind.domain,
            "layer": kind.layer,
            "geometry": kind.geometry,
            "requires": ", ".join(kind.requires) or "nothing",
            "what": kind.description,
            "counterpart": kind.counterpart,
        }
    )
    output.say()
    rows = known.kind_properties(kind.name).values()
    output.table(
        ("property", "type", "unit", "description"),
        (
            (p.name, p.type, p.unit, p.description + (f" One of: {', '.join(p.values)}." if p.values else ""))
            for p in rows
        ),
    )


def _link_type(link: LinkType) -> None:
    output.facts(
        {
            "link type": link.name,
            "service": link.service or "none",
            "effect": link.effect,
            "default group": link.group,
            "default need": _need(link),
            "direction": "mesh: none" if link.mesh else "from what supplies to what needs",
            "what": link.description,
        }
    )
    output.say()
    output.table(("from", "to"), sorted(link.ends))


def _need(link: LinkType) -> str:
    from twin.schema import NEED_ALL

    if not link.gated:
        return "-"
    return "all" if link.need == NEED_ALL else "any" if link.need == 1 else str(link.need)


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(schema)
