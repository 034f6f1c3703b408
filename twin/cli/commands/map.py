"""``twin map``: a starter mapping for ``gis`` and ``sheet`` from what a file holds."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from twin.cli import output, wiring
from twin.cli.options import Json
from twin.errors import InvalidParameter, TwinError

MAPPED = ("gis", "sheet")


def map_(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file or folder of tables or layers.")],
    loader: Annotated[
        str | None, typer.Option("--loader", metavar="NAME", help="gis or sheet; by default by the content.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="NAME", help="Source: prefix of the ids.")] = None,
    target: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the manifest to FILE (.toml).")
    ] = None,
    json: Json = False,
) -> None:
    """Write a starter mapping of tables or layers: fields, units, likely ids and references, with comments.

    It loads as it is; read the comments and mend what is guessed wrong.
    """
    from loaders.starter import starter

    if loader is not None and loader not in MAPPED:
        raise InvalidParameter(f"{loader} needs no mapping", fix=f"twin map is for {' and '.join(MAPPED)}.")
    if target is not None and (target.suffix != ".toml" or not target.absolute().parent.is_dir()):
        raise InvalidParameter(f"{target} is no .toml file in a folder that is there", fix="-o twin.toml")
    if target is not None and target.exists():
        raise InvalidParameter(f"{target} is there already", fix="Choose another name; nothing is overwritten.")
    chosen = loader or _chosen(path)
    text = checked(starter(path, chosen, wiring.schema(), source, shown_path(path, target)), source)
    if json:
        import tomllib

        output.emit_json({"loader": chosen, "toml": text, "manifest": tomllib.loads(text)})
    elif target is None:
        sys.stdout.write(text)
    if target is not None:
        target.write_text(text, encoding="utf-8")
        output.note(f"wrote {target}")
    output.hints([f"twin import {target or 'twin.toml'} --dry-run"])


def _chosen(path: Path) -> str:
    from loaders.guess import guess

    found = [each.loader for each in guess(path, list(MAPPED)) if each.loader in MAPPED]
    if not found:
        raise InvalidParameter(
            f"{path} is neither tables nor layers", fix=f"Other formats need no mapping: twin import --guess {path}"
        )
    return found[0]


def shown_path(path: Path, target: Path | None) -> str:
    """How a manifest in *target* (or in the working folder) writes a path."""
    folder = target.absolute().parent if target is not None else Path.cwd()
    try:
        return Path(os.path.relpath(path.absolute(), folder)).as_posix()
    except ValueError:  # another drive
        return path.absolute().as_posix()


def checked(text: str, source: str | None) -> str:
    """The text of an entry, when it can be read back.

    Raises:
        InvalidParameter: the source's name cannot be used.
    """
    import tomllib

    from twin.ingest.manifest import SOURCE_NAME

    name: Any = tomllib.loads(text)["import"][0]["source"]
    if not SOURCE_NAME.match(name):
        raise InvalidParameter(
            f"{name!r} is no source name", fix="Use lower-case letters, digits and . _ -: --source NAME"
        )
    return text


def guessed(path: Path, source: str | None, json: bool) -> None:
    """``twin import --guess PATH``: what the export is, why, and a manifest entry for it."""
    from loaders.guess import FORMATS, entry, guess, recognising
    from twin.ingest.loader import available, load_loader

    names = list(available())
    found = guess(path, names, recognising(load_loader, [name for name in names if name not in FORMATS]))
    best, text, trouble = found[0], "", None
    if best.installed:
        try:
            text = checked(entry(path, best, wiring.schema(), source, shown_path(path, None)), source)
            text += _needed(load_loader(best.loader), text)
        except TwinError as error:
            trouble = error
    if json:
        document = {"guesses": [each.to_dict() for each in found], "toml": text}
        output.emit_json(document | ({"problem": trouble.to_dict()} if trouble else {}))
        return
    for each in found:
        absent = "" if each.installed else " (no such loader is installed)"
        output.note(f"{each.sure:4.0%} {each.loader}{absent}: {each.why}", style="")
    if trouble is not None:
        raise trouble
    if not best.installed:
        raise InvalidParameter(
            f"{path} looks like {best.loader} ({FORMATS.get(best.loader, best.why)}), and no such loader is installed",
            fix=f"Installed are: {', '.join(names)}.",
        )
    sys.stdout.write(text)
    output.hints(["twin import --guess PATH > twin.toml", "twin import twin.toml --dry-run"])


def _needed(loader: Any, text: str) -> str:
    """A comment with the options without which the entry would not load."""
    import tomllib

    from twin.errors import LoaderOptionError
    from twin.ingest.loader import parse_options

    try:
        parse_options(loader, tomllib.loads(text)["import"][0].get("options", {}))
    except LoaderOptionError as error:
        return f"# Needed before it loads: {' '.join(error.detail.split())}\n"
    return ""


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command("map")(map_)
