"""The options by which any question is put to the twin as it would be: edits that are only thought of."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.errors import InvalidParameter

if TYPE_CHECKING:
    from twin.impact import Snapshot
    from twin.schema import Schema

PANEL = "What if (nothing is written)"
LINK = "'FROM TYPE TO'"

With = Annotated[
    Path | None,
    typer.Option(
        "--with", metavar="FILE", help="With the edits of FILE (JSON or TOML, docs/edits.md).", rich_help_panel=PANEL
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without", metavar="ID", help="Without this asset and its links; may be given often.", rich_help_panel=PANEL
    ),
]
OutOfService = Annotated[
    list[str] | None,
    typer.Option(
        "--out-of-service",
        metavar="ID",
        help="With this asset out of service, as for maintenance.",
        rich_help_panel=PANEL,
    ),
]
AddLink = Annotated[
    list[str] | None,
    typer.Option(
        "--add-link",
        metavar=LINK,
        help="With one more link, e.g. 'grid:bus/220 POWERS dc:board'; TYPE/GROUP names its gate group.",
        rich_help_panel=PANEL,
    ),
]
WithoutLink = Annotated[
    list[str] | None,
    typer.Option(
        "--without-link",
        metavar=LINK,
        help="Without the links of TYPE (or TYPE/GROUP) between two assets.",
        rich_help_panel=PANEL,
    ),
]


@dataclass(frozen=True)
class WhatIf:
    """What the command line says about edits."""

    file: Path | None = None
    without: tuple[str, ...] = ()
    out_of_service: tuple[str, ...] = ()
    add_link: tuple[str, ...] = ()
    without_link: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self != WhatIf()

    def edits(self, schema: Schema) -> list[Any]:
        """The edits, those of the file first. Raises InvalidParameter."""
        found = read_edits(self.file) if self.file is not None else []
        found += [{"op": "delete", "id": name} for name in self.without]
        found += [{"op": "set", "id": name, "properties": {"status": "out_of_service"}} for name in self.out_of_service]
        found += [{"op": "unlink", **_link(text, schema, "--without-link")} for text in self.without_link]
        return found + [{"op": "link", **_link(text, schema, "--add-link")} for text in self.add_link]

    def again(self) -> str:
        """The same as words of a command line."""
        parts = [f"--with {quote(str(self.file))}"] if self.file is not None else []
        for name in ("without", "out_of_service", "add_link", "without_link"):
            parts += [f"--{name.replace('_', '-')} {quote(text)}" for text in getattr(self, name)]
        return "".join(f" {part}" for part in parts)


_asked: ContextVar[WhatIf] = ContextVar("what_if", default=WhatIf())  # noqa: B039  (frozen)


def asked() -> WhatIf:
    """What the command that runs was told."""
    return _asked.get()


def changed(snapshot: Snapshot, schema: Schema) -> tuple[Snapshot, str | None]:
    """The snapshot with the edits of the command line, and the sentence about them; itself where there are none.

    Raises:
        InvalidParameter, UnknownAsset: see :func:`twin.ingest.edits.what_if.what_if`.
    """
    now = asked()
    if not now:
        return snapshot, None
    from twin.ingest.edits.what_if import what_if

    return what_if(snapshot, now.edits(schema), schema)


def asking(command: Callable[..., Any]) -> Callable[..., Any]:
    """*command* with the options of what-ifs, which :func:`twin.cli.wiring.opened` puts on the snapshot."""
    own = inspect.signature(command, eval_str=True)
    more = {
        "what_if_file": With,
        "without": Without,
        "out_of_service": OutOfService,
        "add_link": AddLink,
        "without_link": WithoutLink,
    }

    @wraps(command)
    def with_edits(*args: Any, **given: Any) -> Any:
        file, *lists = (given.pop(name, None) for name in more)
        token = _asked.set(WhatIf(file, *(tuple(words or ()) for words in lists)))
        try:
            return command(*args, **given)
        finally:
            _asked.reset(token)

    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in more.items()
    ]
    made: Any = with_edits
    del made.__wrapped__
    made.__signature__ = own.replace(parameters=[*own.parameters.values(), *options])
    made.__annotations__ = {p.name: p.annotation for p in made.__signature__.parameters.values()}
    return with_edits


def read_edits(file: Path) -> list[Any]:
    """The edits of a file: a JSON list, or JSON or TOML with a list ``edits``. Raises InvalidParameter."""
    import tomllib

    import orjson

    try:
        content = file.read_bytes()
        found = tomllib.loads(content.decode()) if file.suffix.lower() == ".toml" else orjson.loads(content)
    except OSError as error:
        raise InvalidParameter(f"{file}: {error.strerror}", fix="Check the path.") from error
    except ValueError as error:
        kind = "TOML" if file.suffix.lower() == ".toml" else "JSON"
        raise InvalidParameter(
            f"{file} is no {kind}: {error}", fix="Write a list of edits; see docs/edits.md."
        ) from error
    if isinstance(found, dict) and set(found) == {"edits"}:
        found = found["edits"]
    if not isinstance(found, list):
        raise InvalidParameter(
            f"{file} is no list of edits", fix="Write [{...}, ...], in TOML [[edits]] tables; see docs/edits.md."
        )
    return found


def _link(text: str, schema: Schema, option: str) -> dict[str, Any]:
    """``FROM TYPE[/GROUP] TO`` as an edit; ids may hold blanks, the type is a word of the schema."""
    names = "|".join(re.escape(name) for name in schema.link_types)
    found = re.fullmatch(rf"(?P<start>\S.*?)\s+(?P<type>{names})(?:/(?P<group>\S+))?\s+(?P<to>.*\S)\s*", text.strip())
    if found is None:
        from twin.schema import suggest

        close = next((hint for word in text.split() if (hint := suggest(word.split("/")[0], schema.link_types))), "")
        raise InvalidParameter(
            f"{option} {text!r} is no link.{close}",
            fix=f"Write {LINK} or 'FROM TYPE/GROUP TO' in quotes; types: {', '.join(schema.link_types)}.",
        )
    link: dict[str, Any] = {"from": found["start"], "type": found["type"], "to": found["to"]}
    return {**link, "group": found["group"]} if found["group"] else link
