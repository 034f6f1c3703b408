"""``twin.uploads``: exports sent to a server, tried there, and imported."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from twin.errors import InvalidParameter, SourceUnreadable, TwinError
from twin.ingest.report import ImportReport
from twin.model import Reject
from twin.remote.jobs import Job
from twin.remote.problems import error_of
from twin.remote.records import Collection, Record, Server
from twin.remote.wire import path_of

#: What is read as a table of its own, in a form as JSON text.
TABLES = ("options", "mapping")


@dataclass(repr=False)
class Upload(Record):
    """An export that a server was sent.

    Attributes:
        name: of its first file or folder. size: bytes. files: name and size of each.
        state: ``received``, ``checking``, ``checked``, ``applying``, ``applied``, ``failed`` or ``cancelled``.
        loader, source: how it is read, guessed where that was not said. job: id of the last job about it.
        checked: the state of the twin that the last dry run was of, and how many rows were rejected; None before one.
        run: import run that it was applied by. report: of the last dry run or import that is done.
        error: why the last job about it failed.
    """

    NOUN: ClassVar[str] = "uploads"

    name: str
    size: int
    files: list[dict[str, Any]]
    state: str | None
    loader: str | None
    source: str | None
    job: str | None
    checked: dict[str, Any] | None
    run: str | None
    report: ImportReport | None
    error: TwinError | None

    @classmethod
    def _read(cls, server: Server, document: Mapping[str, Any]) -> dict[str, Any]:
        report, error = document.get("report"), document.get("error")
        return {
            "report": None if report is None else ImportReport.from_dict(report),
            "error": None if error is None else error_of(0, error),
        }

    def _said(self) -> str:
        state = self.state or ("tried" if self.checked else "received")
        return f"{self.name}, {len(self.files)} files, {state}"

    def check(self, **reading: Any) -> Self:
        """Try it again, read another way (see :meth:`Uploads.send`), and wait. This very upload.

        Raises:
            ImportBusy: a job about it is not over. TwinError: it cannot be read.
        """
        self.server.wire.send("POST", self._path + "/check", reading)
        return self.finish()

    def finish(self) -> Self:
        """This very upload once its last job is done. Raises TwinError: why that failed. JobInterrupted."""
        job = self._job()
        if job is not None:
            job.finish()
        return self.reload()

    def apply(self) -> Job:
        """Import what the last dry run planned, as a job and one new revision.

        Raises:
            ImportRejected: rows cannot be taken. UploadOutdated: the twin has changed since the dry run: ``check()``
                again. InvalidParameter: it was not tried yet.

        Example:
            >>> twin.uploads.send("exports/grid", loader="tables", source="grid").apply().finish().report
            ... # doctest: +SKIP
        """
        return Job.of(self.server, self.server.wire.send("POST", self._path + "/apply"))

    def rejects(self) -> list[Reject]:
        """Every row that the last dry run could not take. Raises NotFound: there is none, or no dry run yet."""
        rows = csv.DictReader(io.StringIO(self.server.wire.text(self._path + "/rejects")))
        return [Reject.from_dict({**row, "row": int(row["row"]) if row["row"] else None}) for row in rows]

    def remove(self) -> None:
        """Remove it with its files; what was imported from it stays. Raises NotFound, ImportBusy."""
        self._removed()

    def _job(self) -> Job | None:
        found = self.reload().job
        return None if found is None else Job.of(self.server, self.server.wire.get(path_of("jobs", found)))


class Uploads(Collection[Upload]):
    """Exports sent to the server, newest first; the newest 50 are kept for a week."""

    _of = Upload

    def send(self, *paths: str | Path, wait: bool = True, **reading: Any) -> Upload:
        """Send an export and try it (a dry run): nothing is written to the twin.

        Args:
            paths: files and folders of one export (hidden ones in a folder are left out), or one zip of them; with a
                ``twin.toml`` among them that is the manifest. wait: for the dry run; else see :meth:`Upload.finish`.
            reading: ``loader``, ``source``, ``options``, ``mapping``, ``as_of``, ``path``, and the flags ``replace``,
                ``force``, ``full`` and ``skip_rejects``, as of ``twin import``; what is not said is guessed.

        Raises:
            SourceUnreadable: a path is not there. TwinError: the server refuses the files or cannot read them.
        """
        with ExitStack() as opened:
            files = [("file", (name, opened.enter_context(path.open("rb")))) for name, path in _files(paths)]
            form = {name: _field(name, value) for name, value in reading.items() if value is not None}
            document = self._server.wire.send("POST", "/uploads", data=form, files=files)
        sent = Upload.of(self._server, document)
        return sent.finish() if wait else sent

    def loaders(self) -> list[dict[str, Any]]:
        """The formats that the server can import: ``name``, ``title``, ``formats`` and the ``options`` of each."""
        found: list[dict[str, Any]] = self._server.wire.get("/loaders")["loaders"]
        return found


def _files(paths: Iterable[str | Path]) -> Iterator[tuple[str, Path]]:
    """The files to send, each with its name there: folders with all that is in them. Raises SourceUnreadable."""
    found = False
    for path in map(Path, paths):
        if path.is_file():
            yield path.name, path
        elif path.is_dir():
            inside = ((part.relative_to(path), part) for part in sorted(path.rglob("*")) if part.is_file())
            yield from ((name.as_posix(), part) for name, part in inside if not _hidden(name))
        else:
            raise SourceUnreadable(f"{path} is not there")
        found = True
    if not found:
        raise InvalidParameter("no file is named", fix="Give the files of the export, or its folder.")


def _hidden(name: Path) -> bool:
    return any(part.startswith(".") for part in name.parts)


def _field(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if name in TABLES else str(value)
