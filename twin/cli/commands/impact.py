"""``twin impact``: what is lost when assets fail, when, why and for how long."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, wiring
from twin.cli.options import Json, Output, Tables
from twin.cli.report import Report
from twin.durations import parse_duration
from twin.errors import InvalidParameter, LimitExceeded, UnknownAsset

if TYPE_CHECKING:
    from twin.impact import ImpactResult, Snapshot

MAX_IDS = 1_000_000
TOP = 20
NAMED = 5


def impact(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Assets taken as failed; - reads ids from stdin.")],
    horizon: Annotated[
        str, typer.Option("--horizon", "-H", help="How long to look: 90s, 15min, 8h, 2d, seconds, or inf.")
    ] = "inf",
    top: Annotated[int, typer.Option("--top", "-n", min=0, help="Affected assets to list.")] = TOP,
    everything: Annotated[bool, typer.Option("--all", help="List all affected assets.")] = False,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """What is lost when these assets fail: per domain, when, how much, what survives, and why."""
    output.check_target(output_file, spatial=True)
    horizon_s = parse_duration(horizon)
    failed = read_ids(ids)
    with wiring.opened(tables) as source:
        started = time.perf_counter()
        result = _ask(source.snapshot, failed, horizon_s)
        took_s = time.perf_counter() - started
        document = {**result.to_dict(), "notice": source.notice}
        if output_file is not None:
            _write(output_file, document, result, source.snapshot)
        if json:
            output.emit_json(document)
        elif output_file is None:
            names = {name: source.snapshot.asset(name)["name"] for name in result.event["failed"][:3]}
            Report(result, names, took_s, len(result.affected) if everything else top).show(_again(tables, horizon))


def _ask(snapshot: Snapshot, failed: list[str], horizon_s: float | None) -> ImpactResult:
    """The answer; when several ids are unknown all of them are named at once. Raises UnknownAsset."""
    try:
        return snapshot.impact(failed, horizon_s)
    except UnknownAsset as error:
        import pyarrow as pa
        import pyarrow.compute as pc

        asked = pa.array(failed, pa.string())
        known = pc.is_in(asked, value_set=snapshot.arrays.assets["id"].combine_chunks())
        unknown = asked.filter(pc.invert(known)).to_pylist()
        if len(unknown) < 2:
            raise
        more = f" and {len(unknown) - NAMED:,} more" if len(unknown) > NAMED else ""
        raise UnknownAsset(
            f"{len(unknown):,} of {len(failed):,} ids are unknown: {', '.join(unknown[:NAMED])}{more}; {error.detail}",
            ids=unknown,
        ) from error


def read_ids(words: list[str]) -> list[str]:
    """The ids of the command line, each once; ``-`` stands for the lines of stdin.

    Raises:
        InvalidParameter: there is none. LimitExceeded: far too many.
    """
    found: list[str] = []
    for word in words:
        lines = sys.stdin.read().splitlines() if word == "-" else [word]
        found += [line.strip() for line in lines if line.strip()]
    if not found:
        raise InvalidParameter("no asset id was given", fix="Name at least one: twin impact ID")
    if len(found) > MAX_IDS:
        raise LimitExceeded(f"{len(found):,} ids were given; at most {MAX_IDS:,} can fail in one event")
    return list(dict.fromkeys(found))


def _again(tables: Path | None, horizon: str) -> str:
    """Options that ask the same question again."""
    from twin.cli.commands.find import shell

    parts = [f" --horizon {shell(horizon)}" if horizon != "inf" else "", f" --tables {shell(str(tables))}"]
    return "".join(parts if tables is not None else parts[:1])


def _write(path: Path, document: Any, result: ImpactResult, snapshot: Any) -> None:
    from twin.export.layers import frame_of

    output.write(path, document, result.affected, lambda: frame_of(snapshot.arrays.assets, result.affected))


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(impact)
