"""What a loader is, and how loaders are found: entry points of the group ``twin.loaders``.

A loader turns somebody else's export into records. It never sees the store, and values it yields are raw:
``twin.ingest.validate`` types them by the schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ValidationError

from twin.errors import LoaderOptionError, UnknownLoader
from twin.model import AssetRecord, LinkColumns, LinkRecord, Reject
from twin.schema import Schema, suggest

GROUP = "twin.loaders"


@runtime_checkable
class Loader(Protocol):
    """Reads one format of exports.

    Attributes:
        name: name used in manifests and on the command line.
        title: one line for lists.
        Options: pydantic model of its options and mapping (``extra="forbid"``).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    Options: ClassVar[type[BaseModel]]

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[AssetRecord | LinkRecord | Reject]:
        """All records of the export at *path*, rejects in between.

        Raises:
            SourceUnreadable: the export cannot be read at all.
        """
        ...

    # A loader may also have ``blocks``, with the parameters of ``records`` and the same result, but for plain links
    # in columns (:class:`twin.model.LinkColumns`), which are planned several times as fast; and ``left_out``, once
    # ``records`` is exhausted: table -> rows that its mapping does not take.

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The files whose content decides the result; they are hashed to notice an unchanged export."""
        ...


def available() -> dict[str, EntryPoint]:
    """Name -> entry point of every installed loader, sorted by name."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda p: p.name)}


def load_loader(name: str) -> Loader:
    """The loader called *name*.

    Raises:
        UnknownLoader: none has this name, or its package cannot be imported.
    """
    points = available()
    if name not in points:
        raise UnknownLoader(
            f"there is no loader {name!r}.{suggest(name, list(points))}",
            fix=f"Use one of: {', '.join(points) or 'none is installed'}.",
            loaders=list(points),
        )
    try:
        made = points[name].load()()
    except (ImportError, AttributeError, TypeError) as error:
        raise UnknownLoader(
            f"the loader {name!r} ({points[name].value}) cannot be used: {error}",
            fix="Reinstall the package that brings it.",
        ) from error
    if not isinstance(made, Loader):
        raise UnknownLoader(f"{points[name].value} is not a loader", fix="See CONTRIBUTING.md, 'add a loader'.")
    return made


def version_of(name: str) -> str:
    """Name and version of the package that brings the loader; it is part of the input digest."""
    point = available().get(name)
    return f"{point.value}@{point.dist.version}" if point is not None and point.dist is not None else name


def read(
    loader: Loader, path: Path, options: BaseModel, schema: Schema
) -> Iterator[AssetRecord | LinkRecord | LinkColumns | Reject]:
    """What a loader reads, in the fastest form that it has."""
    blocks: Any = getattr(loader, "blocks", loader.records)
    yield from blocks(path, options, schema)


def parse_options(loader: Loader, given: Mapping[str, Any]) -> BaseModel:
    """The loader's options from plain data.

    Raises:
        LoaderOptionError: an option is unknown or has a wrong value; all of them are named.
    """
    try:
        return loader.Options.model_validate(dict(given))
    except ValidationError as error:
        known = list(loader.Options.model_fields)
        lines = [_problem(item["loc"], item["msg"], item["type"], known) for item in error.errors()]
        raise LoaderOptionError(
            f"loader {loader.name}: {'; '.join(lines)}",
            fix=f"Options of {loader.name}: {', '.join(known) or 'none'}.",
            options=known,
        ) from error


def _problem(loc: tuple[int | str, ...], message: str, kind: str, known: list[str]) -> str:
    where = ".".join(str(part) for part in loc) or "options"
    if kind == "extra_forbidden":
        return f"unknown option {where!r}.{suggest(where, known)}"
    return f"{where}: {message[0].lower()}{message[1:]}"
