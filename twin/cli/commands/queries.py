"""``twin queries``: the catalogue of Cypher queries, for people who work in Neo4j themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, wiring
from twin.cli.options import Json, Limit, Output
from twin.errors import InvalidParameter, QueryParameterError

if TYPE_CHECKING:
    from twin.store.catalogue import Query

group = typer.Typer(help="The catalogue of Cypher queries: list them, read one, run one that only reads.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The query's name, as in the list.")]


@group.callback(invoke_without_command=True)
def queries(context: typer.Context, json: Json = False) -> None:
    """List the queries of the catalogue."""
    if context.invoked_subcommand is not None:
        return
    _list(json)


@group.command("list")
def list_(json: Json = False) -> None:
    """List the queries of the catalogue."""
    _list(json)


def _list(json: bool) -> None:
    found = sorted(wiring.catalogue(), key=lambda query: query.name)
    if json:
        output.emit_json({"items": [_facts(query) for query in found]})
        return
    output.table(("name", "mode", "parameters", "answers"), (_line(query) for query in found))
    output.hints(["twin queries show NAME", "twin queries run NAME --param name=value"])


@group.command()
def show(name: Name, json: Json = False) -> None:
    """Print one query as it is, to paste into Neo4j Browser."""
    query = wiring.catalogue().get(name)
    if json:
        output.emit_json({**_facts(query), "text": query.text})
    else:
        output.say(query.text.strip())


@group.command()
def run(
    name: Name,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; VALUE is JSON or text."),
    ] = None,
    limit: Limit = 100,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """Run one query that only reads. While an import is applied it may see part of it."""
    output.check_target(output_file)
    query = wiring.catalogue().get(name)
    if query.mode != "read":
        raise InvalidParameter(f"{name} writes; only queries that read are run here", fix="List them: twin queries")
    given = parse_params(param or [])
    with wiring.open_store(wiring.settings()) as store:
        rows = store.rows(name, **given)
    if output_file is not None:
        output.write(output_file, {"query": name, "params": given, "total": len(rows), "items": rows}, rows)
    elif json:
        output.emit_json({"query": name, "params": given, "total": len(rows), "items": rows[:limit]})
    elif not rows:
        output.say("No rows.")
    else:
        output.table(list(rows[0]), (list(row.values()) for row in rows[:limit]))
        if len(rows) > limit:
            output.note(f"{limit:,} of {len(rows):,} rows; all with --limit {len(rows)}")


def parse_params(words: list[str]) -> dict[str, Any]:
    """``name=value`` words as parameters; a value that is no JSON is text.

    Raises:
        QueryParameterError: a word has no ``=``, or a name is given twice.
    """
    import orjson

    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier() or name in found:
            raise QueryParameterError(
                f"{word!r} is no parameter, or its name is given twice", fix="Write --param name=value"
            )
        try:
            found[name] = orjson.loads(value)
        except orjson.JSONDecodeError:
            found[name] = value
    return found


def _line(query: Query) -> tuple[str, str, str, str]:
    return query.name, query.mode, ", ".join(query.parameters), query.doc


def _facts(query: Query) -> dict[str, Any]:
    return {"name": query.name, "mode": query.mode, "examples": query.params, "doc": query.doc}


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.add_typer(group, name="queries")
