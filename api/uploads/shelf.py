"""Uploads: their files in a folder of the twin's home, what is known of them in the library's file."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from api.library.database import Database, Row
from api.library.naming import new_id, now
from api.uploads.unpack import unpacked
from twin.errors import LibraryUnavailable, NotFound

#: Uploads that are kept, the newest; and seconds after which one goes.
KEPT, KEPT_S = 50, 7 * 24 * 3600
#: Files that are listed.
LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload.

    Attributes:
        name: of its first file. size: bytes of its files. files: the first of them, ``{"name", "size"}``.
        how: how it is read (see :class:`api.upload_queries.Reading`), and what was found out about that.
        job: the last job about it. checked: what the last dry run was of, None before one is through.
        run: the import run that it was applied by.
    """

    seq: int
    id: str
    name: str
    size: int
    files: list[dict[str, Any]]
    how: dict[str, Any]
    job: str | None
    checked: dict[str, Any] | None
    run: str | None
    made_at: str
    made_by: str | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "id": self.id,
            "name": self.name,
            "size": self.size,
            "files": self.files,
            **self.how,
            "job": self.job,
            "checked": self.checked
            and {k: v for k, v in self.checked.items() if k not in ("rejects_file", "store_id")},
            "run": self.run,
            "made_at": self.made_at,
            "made_by": self.made_by,
        }


class Uploads:
    """The uploads of an app. Safe with several threads and processes.

    Args:
        folder: where their files are kept. database: of the library.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self._database = database

    def begin(self) -> tuple[str, Path]:
        """The id of a new upload, and the folder to receive its files in. Raises LibraryUnavailable."""
        self.prune()
        id = new_id()
        files = self.files(id)
        try:
            files.mkdir(parents=True)
        except OSError as error:
            raise LibraryUnavailable(f"{files}: {error.strerror or error}") from error
        return id, files

    def keep(self, id: str, how: dict[str, Any], by: str | None, most: int) -> Upload:
        """Keep what was received, unpacked. Raises SourceUnreadable: a zip is damaged or hostile."""
        folder = self.files(id)
        first = min((path.name for path in folder.rglob("*") if path.is_file()), default="upload")
        unpacked(folder, most)
        found: list[dict[str, Any]] = [
            {"name": path.relative_to(folder).as_posix(), "size": path.stat().st_size}
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ]
        size = sum(file["size"] for file in found)
        self._database.run(
            "INSERT INTO uploads (id, name, size, files, how, made_at, made_by) VALUES (?, ?, ?, ?, ?, ?, ?)",
            id, first, size, _text(found[:LISTED]), _text(how), now(), by,
        )  # fmt: skip
        return self.upload(id)

    def upload(self, id: str) -> Upload:
        """An upload. Raises NotFound."""
        row = self._database.row("SELECT * FROM uploads WHERE id = ?", id)
        if row is None:
            raise NotFound(f"There is no upload {id}", fix="List them with GET /uploads; old ones are removed.")
        return _upload(row)

    def uploads(self, before: int | None = None, limit: int = -1) -> list[Upload]:
        """Uploads, newest first; those *before* a place in the list, *limit* at most."""
        rows = self._database.rows(
            "SELECT * FROM uploads WHERE ? IS NULL OR seq < ? ORDER BY seq DESC LIMIT ?", before, before, limit
        )
        return [_upload(row) for row in rows]

    def count(self) -> int:
        """How many uploads are kept."""
        return int(self._database.rows("SELECT count(*) FROM uploads")[0][0])

    def files(self, id: str) -> Path:
        """The folder of the files of an upload."""
        return self.folder / id / "files"

    def worked_on(self, id: str, job: str, how: dict[str, Any] | None = None) -> None:
        """A job is about the upload; *how*: read another way from now on, so that no dry run counts any more."""
        if how is None:
            self._database.run("UPDATE uploads SET job = ? WHERE id = ?", job, id)
        else:
            self._database.run(
                "UPDATE uploads SET job = ?, how = ?, checked = NULL WHERE id = ?", job, _text(how), id
            )  # fmt: skip

    def checked(self, id: str, how: dict[str, Any], checked: dict[str, Any]) -> None:
        """A dry run is through."""
        self._database.run("UPDATE uploads SET how = ?, checked = ? WHERE id = ?", _text(how), _text(checked), id)

    def applied(self, id: str, run: str | None) -> None:
        """The upload was imported by a run."""
        self._database.run("UPDATE uploads SET run = ? WHERE id = ?", run, id)

    def remove(self, id: str) -> None:
        """Remove an upload and its files. Raises NotFound."""
        self.upload(id)
        self._database.run("DELETE FROM uploads WHERE id = ?", id)
        self.discard(id)

    def discard(self, id: str) -> None:
        """Remove the files of an upload that is not kept."""
        shutil.rmtree(self.folder / id, ignore_errors=True)

    def prune(self) -> None:
        """Remove old uploads, and files that no upload has (their server died while it received them)."""
        busy = {
            row["job"] for row in self._database.rows("SELECT id AS job FROM jobs WHERE state IN ('queued', 'running')")
        }
        limit = time.time() - KEPT_S
        for place, upload in enumerate(self.uploads()):
            old = place >= KEPT or not self.files(upload.id).is_dir() or _made(self.files(upload.id)) < limit
            if old and upload.job not in busy:
                self._database.run("DELETE FROM uploads WHERE id = ?", upload.id)
                self.discard(upload.id)
        known = {upload.id for upload in self.uploads()}
        for stray in self.folder.iterdir() if self.folder.is_dir() else ():
            if stray.name not in known and _made(stray) < time.time() - 24 * 3600:
                shutil.rmtree(stray, ignore_errors=True)


def _made(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _text(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


def _upload(row: Row) -> Upload:
    return Upload(
        row["seq"], row["id"], row["name"], row["size"], orjson.loads(row["files"]), orjson.loads(row["how"]),
        row["job"], None if row["checked"] is None else orjson.loads(row["checked"]), row["run"], row["made_at"],
        row["made_by"],
    )  # fmt: skip
