"""``twin find``: assets by text, kind, domain and place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, wiring
from twin.cli.options import Json, Limit, Output, Tables, again
from twin.errors import InvalidParameter
from twin.geo import BBox, parse_bbox

if TYPE_CHECKING:
    from twin.schema import Schema

COLUMNS = ("id", "kind", "domain", "name", "status")

Kind = Annotated[str | None, typer.Option("--kind", "-k", help="Only this kind.")]
Domain = Annotated[str | None, typer.Option("--domain", "-d", help="Only this domain.")]
Box = Annotated[
    str | None, typer.Option("--bbox", metavar="W,S,E,N", help="Only inside this box, in degrees (WGS 84).")
]


def find(
    text: Annotated[str, typer.Argument(help="Part of the id or the name; empty for all.")] = "",
    kind: Kind = None,
    domain: Domain = None,
    bbox: Box = None,
    limit: Limit = 50,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """Find assets by a part of their id or name, by kind, domain and place."""
    output.check_target(output_file, spatial=True)
    box = parse_bbox(bbox) if bbox else None
    with wiring.opened(tables) as source:
        check_words(source.schema, kind, domain)
        rows, _, total = source.snapshot.assets(kind, domain, text or None, box, None, limit)
        document = {"revision": source.snapshot.revision, "notice": source.notice, "total": total, "items": rows}
        if output_file is not None:
            _write(output_file, document, rows, source.snapshot)
        elif json:
            output.emit_json(document)
        else:
            _show(rows, total, _asked(text, kind, domain, box), again(tables))


def check_words(schema: Schema, kind: str | None, domain: str | None) -> None:
    """Refuse a kind or domain that the schema does not know.

    Raises:
        InvalidParameter: with the nearest known word.
    """
    from twin.schema import suggest

    for what, word, known in (("kind", kind, schema.kinds), ("domain", domain, schema.domains)):
        if word is not None and word not in known:
            raise InvalidParameter(
                f"unknown {what} {word!r}.{suggest(word, known)}", fix="See the kinds and domains with: twin schema"
            )


def _write(path: Path, document: Any, rows: list[dict[str, Any]], snapshot: Any) -> None:
    from twin.export.layers import frame_of

    output.write(path, document, rows, lambda: frame_of(snapshot.arrays.assets, rows))


def _asked(text: str, kind: str | None, domain: str | None, box: BBox | None) -> str:
    parts = [repr(text) if text else "", f"kind {kind}" if kind else "", f"domain {domain}" if domain else ""]
    return ", ".join(part for part in [*parts, "that box" if box else ""] if part) or "anything"


def _show(rows: list[dict[str, Any]], total: int, asked: str, more: str) -> None:
    if not rows:
        output.note(f"No asset matches {asked}.")
        output.hints([f"twin find{more}     everything", "twin schema     the kinds there are"])
        return
    output.table(COLUMNS, ([row.get(name) for name in COLUMNS] for row in rows))
    if total > len(rows):
        output.note(f"{len(rows):,} of {total:,}; more with --limit {min(total, 10 * len(rows))}")
    output.hints([f"twin show {shell(rows[0]['id'])}{more}", f"twin impact {shell(rows[0]['id'])}{more}"])


def shell(word: str) -> str:
    """*word* as it must be written in a shell."""
    from shlex import quote

    return quote(output.plain(word))


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(find)
