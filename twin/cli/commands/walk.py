"""``twin dependencies`` and ``twin dependents``: what an asset rests on, and what rests on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text
from rich.tree import Tree

from twin.cli import output, rests, whatif, wiring
from twin.cli.commands.find import check_words, shell
from twin.cli.options import Json, Limit, Output, Tables, again

if TYPE_CHECKING:
    from twin.schema import Schema

COLUMNS = ("hop", "id", "kind", "domain", "name", "service", "group", "parent")

Id = Annotated[str, typer.Argument(metavar="ID", help="The asset's id.")]
Depth = Annotated[int | None, typer.Option("--depth", "--hops", min=1, help="Hops at most; without it to the end.")]
Domains = Annotated[
    list[str] | None, typer.Option("--domain", "-d", help="List only these domains; may be given several times.")
]
Services = Annotated[
    list[str] | None,
    typer.Option("--service", "-s", help="Follow only links of these services, e.g. power; may be given often."),
]
Through = Annotated[
    list[str] | None,
    typer.Option("--through", help="Pass only assets of these domains; --domain alone passes all and lists some."),
]
AsTree = Annotated[bool, typer.Option("--tree", help="As a tree: each asset below the one it was reached from.")]


def dependencies(
    id: Id,
    depth: Depth = None,
    domain: Domains = None,
    service: Services = None,
    through: Through = None,
    tree: AsTree = False,
    limit: Limit = 100,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """What an asset depends on, nearest first."""
    _walk("dependencies", id, Only(depth, domain, service, through), tree, limit, tables, output_file, json)


def dependents(
    id: Id,
    depth: Depth = None,
    domain: Domains = None,
    service: Services = None,
    through: Through = None,
    tree: AsTree = False,
    limit: Limit = 100,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """What depends on an asset, nearest first. What its loss really does is asked with: twin impact."""
    _walk("dependents", id, Only(depth, domain, service, through), tree, limit, tables, output_file, json)


@dataclass(frozen=True)
class Only:
    """How far to go, what to list, and what to follow."""

    depth: int | None
    domains: list[str] | None
    services: list[str] | None
    through: list[str] | None

    def check(self, schema: Schema) -> None:
        """Raises InvalidParameter: a word that the schema does not have, with a suggestion."""
        for word in [*(self.domains or []), *(self.through or [])]:
            check_words(schema, None, word)


def _walk(
    question: str,
    id: str,
    only: Only,
    tree: bool,
    limit: int,
    tables: Path | None,
    output_file: Path | None,
    json: bool,
) -> None:
    output.check_target(output_file, spatial=True)
    with wiring.opened(tables) as source:
        only.check(source.schema)
        walk = partial(getattr(source.snapshot, question), id, only.depth, services=only.services, through=only.through)
        rows = walk(domains=only.domains)
        shown = hung(rows, walk(), id) if tree and only.domains else rows
        known = source.snapshot.rests_on([id], "needs" if question == "dependencies" else "below")
        document = {
            "id": id,
            "revision": source.snapshot.revision,
            "assumptions": known,
            "notice": source.notice,
            "total": len(rows),
        }
        if output_file is not None:
            from twin.export.layers import frame_of

            table = source.snapshot.arrays.assets
            output.write(output_file, {**document, "items": rows}, rows, lambda: frame_of(table, rows))
        elif json:
            output.emit_json({**document, "items": rows[:limit]})
        elif not rows:
            output.say(f"{id} has no {'such ' if any(vars(only).values()) else ''}{question}.")
            rests.show(known)
        else:
            _show(question, id, shown, tree, limit, known, again(tables))


def _show(
    question: str,
    id: str,
    rows: list[dict[str, Any]],
    tree: bool,
    limit: int,
    known: dict[str, Any],
    more: str,
) -> None:
    shown = rows[:limit]
    if tree:
        output.tree(_tree(id, shown))
    else:
        output.table(COLUMNS, ([row.get(name) for name in COLUMNS] for row in shown), right=("hop",))
    rests.show(known)
    by_domain: dict[str, int] = {}
    for row in rows:
        by_domain[row["domain"]] = by_domain.get(row["domain"], 0) + 1
    counts = ", ".join(f"{count:,} {domain}" for domain, count in by_domain.items())
    output.note(f"{len(rows):,} {question}: {counts}")
    if len(rows) > limit:
        output.note(f"{limit:,} are shown; all with --limit {len(rows)}, or less with --depth")
    other = "dependents" if question == "dependencies" else "dependencies"
    output.hints([f"twin impact {shell(id)}{more}", f"twin {other} {shell(id)}{more}"])


def hung(rows: list[dict[str, Any]], everything: list[dict[str, Any]], root: str) -> list[dict[str, Any]]:
    """*rows* of some domains, each below the nearest asset above it that is listed too (a chain may leave them)."""
    parent = {row["id"]: row["parent"] for row in everything}
    listed = {row["id"] for row in rows} | {root}

    def above(id: str) -> str:
        while id not in listed:
            id = parent[id]
        return id

    return [{**row, "parent": above(row["parent"])} for row in rows]


def _tree(id: str, rows: list[dict[str, Any]]) -> Tree:
    root = Tree(Text(output.plain(id), style="bold"))
    below = {id: root}
    for row in rows:
        label = Text(output.plain(row["id"]))
        name = f" {row['name']}" if row["name"] and row["name"] != row["id"] else ""
        label.append(output.plain(f"{name}  {row['kind']}"), style="dim")
        if row["service"]:
            label.append(f"  {row['service']}/{row['group']}", style="dim")
        below[row["id"]] = below[row["parent"]].add(label)
    return root


def register(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    app.command()(whatif.asking(dependencies))
    app.command()(whatif.asking(dependents))
