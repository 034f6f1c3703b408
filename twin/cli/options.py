"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON (errors too).")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write to FILE; its suffix is the format.")
]
Tables = Annotated[
    Path | None,
    typer.Option(
        "--tables",
        metavar="FOLDER",
        help="Answer from FOLDER/assets.csv and links.csv, without any database.",
    ),
]


def again(tables: Path | None) -> str:
    """What a follow-up command needs to ask the same source, with the same edits thought of."""
    from shlex import quote

    from twin.cli import whatif

    return (f" --tables {quote(str(tables))}" if tables is not None else "") + whatif.asked().again()


#: How many rows are shown, in every command: two names for one thing.
TOP_NAMES = ("--top", "--limit", "-n")
Limit = Annotated[int, typer.Option(*TOP_NAMES, min=1, max=1_000_000, help="Rows at most.")]
