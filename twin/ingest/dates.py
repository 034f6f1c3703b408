"""How old an export is: the date that its manifest gives, or that of its files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from pydantic import BaseModel

from twin.ingest.loader import Loader
from twin.ingest.manifest import ImportSpec


class Dated(NamedTuple):
    """When a source was exported, ISO 8601 in UTC, and who says so: ``manifest`` or ``files``."""

    as_of: str
    by: str


def dated(specs: Sequence[tuple[ImportSpec, Loader, BaseModel]]) -> Dated | None:
    """When the exports of one source were made: the oldest of its imports, each as old as its newest file.

    Files of an export may lie unchanged for years beside one that is written every night; a source of several imports
    is only as fresh as the oldest. None where no file has a date.
    """
    found = [one for spec, loader, options in specs if (one := _of_import(spec, loader, options)) is not None]
    return min(found, key=lambda one: one.as_of, default=None)


def _of_import(spec: ImportSpec, loader: Loader, options: BaseModel) -> Dated | None:
    if spec.as_of is not None:
        return Dated(_text(spec.as_of), "manifest")
    times = []
    for path in spec.paths:
        for file in loader.inputs(path, options):
            try:
                times.append(file.stat().st_mtime)
            except OSError:  # it is told where it is read
                continue
    return Dated(_text(datetime.fromtimestamp(max(times), UTC)), "files") if times else None


def _text(when: datetime | date) -> str:
    moment = when if isinstance(when, datetime) else datetime(when.year, when.month, when.day, tzinfo=UTC)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
