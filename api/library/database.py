"""The SQLite file of the API: opened when first used, safe with several threads and processes.

Write-ahead logging lets readers go on while one process writes; another writer waits up to ``BUSY_S``.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from twin.errors import LibraryUnavailable

#: Version of the tables, in the file as SQLite's ``user_version``.
VERSION = 2
BUSY_S = 10.0

Row = sqlite3.Row


class Database:
    """One SQLite file.

    Args:
        path: the file; it and its folder are made when something is first asked or kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._held: sqlite3.Connection | None = None

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """The rows of a query. Raises LibraryUnavailable."""
        with self._using() as connection:
            return connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        """The first row of a query, or None. Raises LibraryUnavailable."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    def run(self, sql: str, *values: Any) -> int:
        """Run one statement that writes; the number of rows it changed. Raises LibraryUnavailable."""
        with self.writing() as connection:
            return connection.execute(sql, values).rowcount

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that writes: all of it or nothing. Raises LibraryUnavailable."""
        with self._using() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; it is opened again when something is asked."""
        with self._lock:
            if self._held is not None:
                self._held.close()
                self._held = None

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._held is None:
                    self._held = self._opened()
                yield self._held
            except (sqlite3.Error, OSError) as error:
                raise LibraryUnavailable(f"{self.path}: {error}") from error

    def _opened(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = not self.path.exists()
        if fresh:
            self.path.touch(mode=0o600)  # webhook secrets are in it
        made = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            made.row_factory = Row
            made.execute("PRAGMA journal_mode = WAL")
            made.execute("PRAGMA synchronous = NORMAL")
            made.execute("PRAGMA foreign_keys = ON")
            self._prepare(made)
        except BaseException:
            made.close()
            raise
        return made

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the tables that are missing; refuse those of a later version."""
        connection.execute("BEGIN IMMEDIATE")  # of two processes that start at once one makes them
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version < VERSION:
                for statement in statements():
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            elif version > VERSION:
                raise LibraryUnavailable(
                    f"{self.path} is of version {version}; this server reads version {VERSION}",
                    fix="Start the server with the version that wrote the file, or move the file away.",
                )
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def statements() -> list[str]:
    """The statements that make the tables."""
    text = files("api.library").joinpath("library.sql").read_text(encoding="utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [part.strip() for part in bare.split(";") if part.strip()]
