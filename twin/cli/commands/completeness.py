"""``twin completeness``: how complete the data of each source and kind are, and how old."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, rests, wiring
from twin.cli.commands.find import check_words
from twin.cli.options import Json, Output, Tables, again
from twin.errors import InvalidParameter

if TYPE_CHECKING:
    from twin.impact.completeness import CompletenessResult

HEADS = {
    "supply": "supply known",
    "connected": "connected",
    "clean": "no finding",
    "stated": "state and buffers stated",
    "place": "placed",
    "properties": "properties",
}
LACKING = 3


class By(StrEnum):
    """What a row is about."""

    source = "source"
    kind = "kind"


def completeness(
    by: Annotated[By, typer.Option("--by", help="One row for each source, or for each source and kind.")] = By.kind,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="Only this source.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", "-k", help="Only this kind.")] = None,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """How complete the data of each source and kind are: six counted shares beside their mean, and the data's age."""
    output.check_target(output_file)
    with wiring.opened(tables) as opened:
        check_words(opened.schema, kind, None)
        result = opened.snapshot.completeness(schema=opened.schema, findings=opened.findings())
        names = [entry["source"] for entry in result.sources]
        if source is not None and source not in names:
            known = ", ".join(str(name) for name in names if name) or "the data name none"
            raise InvalidParameter(f"there is no source {source!r}", fix=f"Sources: {known}.")
        every = result.sources if by is By.source else result.rows
        rows = [row for row in every if source in (None, row["source"]) and kind in (None, row["kind"])]
        document = {**result.to_dict(), "items": rows, "notice": opened.notice}
        if output_file is not None:
            output.write(output_file, document, [flat(row) for row in rows])
        if json:
            output.emit_json(document)
        elif output_file is None:
            _show(result, rows, by, again(tables))


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its parts as columns, for tables."""
    parts = {
        column: value
        for name, part in row["parts"].items()
        for column, value in ((name, part["share"]), (f"{name}_have", part["have"]), (f"{name}_of", part["of"]))
    }
    lacking = ", ".join(one["property"] for one in row.get("missing", ()))
    return {name: row[name] for name in ("source", "kind", "domain", "assets", "score")} | parts | {"missing": lacking}


def _show(result: CompletenessResult, rows: list[dict[str, Any]], by: By, more: str) -> None:
    first = ("source",) if by is By.source else ("source", "kind")
    columns = (*first, "assets", "score", *HEADS.values(), *(() if by is By.source else ("missing most",)))
    shown = [_line(row, first) for row in rows]
    if len(rows) > 1 and len(rows) == len(result.sources if by is By.source else result.rows):
        shown.append(_line(result.total, first, "all"))
    output.table(columns, shown, right=columns[len(first) : len(first) + 2 + len(HEADS)])
    weights = ", ".join(f"{weight} {HEADS[name]}" for name, weight in result.weights.items())
    output.say(f"Score: the mean of the shares, weighted {weights}; - is nothing to count.", style="dim")
    rests.show({**result.assumptions, "assumed_supplied": 0, "baseline_down": 0}, result.notes)
    output.hints(
        [
            f"twin findings --by kind{more}     what is wrong",
            f"twin findings --code assumed_supplied{more}     whose supply is not known",
            f"twin completeness{more} -o completeness.csv     with the counts",
        ]
    )


def _line(row: dict[str, Any], first: tuple[str, ...], name: str = "") -> list[Any]:
    heads = [name or row[column] or "-" if column == "source" else row[column] or "" for column in first]
    shares = [_percent(part["share"]) for part in (row["parts"][name] for name in HEADS)]
    line = [*heads, row["assets"], _percent(row["score"]), *shares]
    if "kind" in first:
        line.append(", ".join(one["property"] for one in row.get("missing", ())[:LACKING]))
    return line


def _percent(share: float | None) -> str:
    """A share for people: never 100 % of less than all, nor 0 % of more than nothing."""
    if share is None:
        return "-"
    rounded = round(100 * share)
    if share < 1 and rounded == 100:
        return "> 99 %"
    return "< 1 %" if share > 0 and rounded == 0 else f"{rounded} %"


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(completeness)
