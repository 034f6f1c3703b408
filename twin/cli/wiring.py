"""Putting the parts together for a command: settings, store, twin, or a folder of tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from twin.cli import whatif
from twin.cli.output import note, plain

if TYPE_CHECKING:
    from twin.impact import Snapshot
    from twin.model import Finding
    from twin.schema import Schema
    from twin.service import Twin
    from twin.settings import Settings
    from twin.store import Store
    from twin.store.catalogue import Catalogue


class _Starting:
    """Tells each step of a slow start once, to stderr."""

    def __init__(self) -> None:
        self._told = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        if step != self._told:
            self._told = step
            note(f"{step} ...")


def settings() -> Settings:
    """The settings from the environment (``TWIN_*``). Raises SettingsError."""
    from twin.settings import load_settings

    return load_settings()


def open_store(found: Settings) -> Store:
    """The store that the settings name; a slow start is told on stderr."""
    from twin.service import open_store as open_

    return open_(found, _Starting())


def open_twin() -> Twin:
    """The twin that the settings name; the caller closes it."""
    from twin.service import Twin

    return Twin.open(settings(), _Starting())


def schema() -> Schema:
    """The built-in schema with the user's own files (``TWIN_SCHEMA``); no server is asked."""
    from twin.schema import load_schema

    return load_schema(settings().schema_files)


@dataclass(frozen=True)
class Source:
    """What a question is asked of: a snapshot, from the twin or (then ``twin`` is None) from tables."""

    snapshot: Snapshot
    schema: Schema
    notice: str | None
    twin: Twin | None

    def findings(self) -> list[Finding]:
        """All findings: of the data, and of the imports when there is a store."""
        return self.twin.findings() if self.twin is not None else self.snapshot.findings


@contextmanager
def opened(tables: Path | None = None) -> Iterator[Source]:
    """The source of answers: the folder *tables*, or the twin that the settings name, with what the command line would
    change (:mod:`twin.cli.whatif`). Notices go to stderr.

    Raises:
        TwinError: the tables or the settings are not valid, or the store does not answer.
    """
    if tables is not None:
        from twin.impact import Snapshot

        vocabulary = schema()
        yield _with_edits(Source(Snapshot.from_tables(tables, schema=vocabulary), vocabulary, None, None))
        return
    with open_twin() as twin:
        snapshot, notice = twin.current()
        if notice:
            note(notice, style="yellow")
        yield _with_edits(Source(snapshot, twin.schema, notice, twin))


def _with_edits(source: Source) -> Source:
    """*source* as it would be with the edits of the command line, which its notice tells."""
    snapshot, told = whatif.changed(source.snapshot, source.schema)
    if told is None:
        return source
    note(plain(told), style="yellow")
    return replace(source, snapshot=snapshot, notice=" ".join(filter(None, [source.notice, told])))


def catalogue() -> Catalogue:
    """The catalogue of Cypher queries; no server is asked."""
    from twin.store.catalogue import default_catalogue

    return default_catalogue()
