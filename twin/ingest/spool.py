"""Rows on disk between validation and writing, so that a million rows stream through in bounded memory."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from twin.ingest.claim import is_dead, myself

#: Rows held in memory for each stream before they go to disk.
BUFFER = 5_000
#: Beginning of the folder's name, and the file in it that names the process that it belongs to.
PREFIX = "twin-import-"
OWNER = ".owner"


def sweep() -> list[Path]:
    """Remove what killed imports of this user left in the temporary folder; returns it."""
    gone = []
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            if folder.lstat().st_uid == getuid() and is_dead((folder / OWNER).read_text(encoding="utf-8")):
                shutil.rmtree(folder)
                gone.append(folder)
    return gone


def getuid() -> int:
    """The user's number; 0, as files have there, where the system has none."""
    return os.getuid() if hasattr(os, "getuid") else 0


class Spool:
    """Named streams of rows in a temporary folder that is removed on exit.

    Rows are written and read by this process only (pickled in blocks; plain tuples are far faster than named ones).
    """

    def __init__(self, buffer: int = BUFFER) -> None:
        sweep()
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX)
        (Path(self._folder.name) / OWNER).write_text(myself(), encoding="utf-8")
        self._buffer = buffer
        self._waiting: dict[str, list[Any]] = {}
        self.counts: dict[str, int] = {}

    def add(self, stream: str, row: Any) -> None:
        """Append one row."""
        waiting = self._waiting.get(stream)
        if waiting is None:
            waiting = self._waiting[stream] = []
        waiting.append(row)
        if len(waiting) >= self._buffer:
            self._flush(stream)

    def extend(self, stream: str, rows: list[Any]) -> None:
        """Append many rows."""
        self._waiting.setdefault(stream, []).extend(rows)
        if len(self._waiting[stream]) >= self._buffer:
            self._flush(stream)

    def count(self, stream: str) -> int:
        """Rows of one stream."""
        return self.counts.get(stream, 0) + len(self._waiting.get(stream, ()))

    def streams(self, prefix: str = "") -> list[str]:
        """Names of the streams that have rows, sorted."""
        return sorted(name for name in {*self.counts, *self._waiting} if name.startswith(prefix) and self.count(name))

    def total(self, prefix: str) -> int:
        """Rows of all streams whose name starts with *prefix*."""
        return sum(self.count(name) for name in self.streams(prefix))

    def rows(self, stream: str) -> Iterator[Any]:
        """All rows of one stream, in order."""
        path = self._path(stream)
        if path.exists():
            with path.open("rb") as file:
                while True:
                    try:
                        block = pickle.load(file)  # noqa: S301 - our own temporary file, mode 0700 folder
                    except EOFError:
                        break
                    yield from block
        yield from list(self._waiting.get(stream, ()))

    def batches(self, stream: str, size: int) -> Iterator[list[Any]]:
        """The rows of one stream in lists of at most *size*."""
        rows = self.rows(stream)
        while batch := list(islice(rows, size)):
            yield batch

    def _flush(self, stream: str) -> None:
        waiting = self._waiting.pop(stream)
        with self._path(stream).open("ab") as file:
            pickle.dump(waiting, file, protocol=pickle.HIGHEST_PROTOCOL)
        self.counts[stream] = self.counts.get(stream, 0) + len(waiting)

    def _path(self, stream: str) -> Path:
        return Path(self._folder.name) / stream.replace("/", "_").replace(":", "_")

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.clear()
        self._folder.cleanup()
