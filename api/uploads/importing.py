"""The two jobs of an upload: a dry run, and the import itself, if the twin is still as it was then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.holder import Holder
from api.jobs.job import Outcome, Ticket, Work
from api.jobs.writing import taken_back
from api.reports import public
from api.upload_queries import Reading
from api.uploads.reading import Resolved, resolve
from api.uploads.shelf import Upload, Uploads
from twin.errors import ImportRejected, TwinError, UploadOutdated
from twin.ingest.planner import Flags, Progress
from twin.ingest.report import ImportReport
from twin.ingest.run import run_import
from twin.schema import Schema, load_schema, supersede
from twin.service import Twin


@dataclass(frozen=True)
class Importing:
    """What both jobs need.

    Attributes:
        holder: of the twin. uploads: where the files are. published: called after a new revision.
    """

    holder: Holder
    uploads: Uploads
    published: Callable[[], None]

    def check(self, upload: Upload, reading: Reading) -> Work:
        """The work of a dry run: what an import would do, with every row that cannot be taken."""

        def work(ticket: Ticket) -> Outcome:
            with self._told(upload), self.holder.asking() as twin:
                ticket.tell("looking at the files", 0, None)
                found, schema = self._resolve(twin, upload, reading)
                report = _run(twin, found, schema, reading, True, ticket.tell)
                checked = {
                    **_state(twin, schema),
                    "rejected": report.rejected,
                    "rejects_file": str(report.rejects_file) if report.rejects_file else None,
                }
                how = {**reading.model_dump(mode="json"), **found.about}
                self.uploads.checked(upload.id, how, checked)
                return Outcome(report=_public(report.to_dict(), upload))

        return work

    def apply(self, upload: Upload, reading: Reading) -> Work:
        """The work of the import. It ends, with nothing written, when the twin is not as it was at the dry run."""

        def work(ticket: Ticket) -> Outcome:
            with self._told(upload), self.holder.asking() as twin:
                found, schema = self._resolve(twin, upload, reading)
                guard = _Guard(twin, schema, upload, ticket)
                try:
                    with taken_back(twin, ticket, self.published):
                        report = _run(twin, found, schema, reading, False, guard)
                except ImportRejected as error:
                    error.extra["report"] = _public(error.extra["report"], upload)
                    raise
                self.uploads.applied(upload.id, report.run)
                self.published()
                return Outcome(report=_public(report.to_dict(), upload))

        return work

    def _resolve(self, twin: Twin, upload: Upload, reading: Reading) -> tuple[Resolved, Schema]:
        found = resolve(self.uploads.files(upload.id), upload.name, reading, twin.schema)
        own = load_schema(found.manifest.schema_files).extras
        return found, load_schema(supersede(twin.schema.extras, own))

    def _told(self, upload: Upload) -> _Shown:
        return _Shown(self.uploads.files(upload.id))


class _Shown:
    """Errors name files as the upload does, not where the server keeps them."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None:
        if isinstance(error, TwinError):
            for name in (f"{self._folder}/", self._folder):
                error.detail = error.detail.replace(name, "")
                error.fix = error.fix.replace(name, "")


class _Guard:
    """Tells progress; before anything is written it looks whether the twin is as it was at the dry run.

    The importer holds its claim by then, so nobody else can publish any more.
    """

    def __init__(self, twin: Twin, schema: Schema, upload: Upload, ticket: Ticket) -> None:
        self._twin, self._schema, self._upload, self._ticket = twin, schema, upload, ticket
        self._looked = False

    def __call__(self, step: str, done: int, total: int | None) -> None:
        if not self._looked:
            refuse_outdated(self._twin, self._schema, self._upload)
            self._looked = True
        self._ticket.tell(step, done, total)


def refuse_outdated(twin: Twin, schema: Schema | None, upload: Upload) -> None:
    """Refuse an import whose dry run was of another state of the twin, or of another schema.

    Raises:
        UploadOutdated: with what it was of, what is now, and the runs in between.
    """
    checked = upload.checked or {}
    names = ("revision", "store_id") if schema is None else ("revision", "store_id", "schema")
    now = _state(twin, schema)
    if all(now[name] == checked.get(name) for name in names):
        return
    since = [run for run in twin.runs() if (run.get("revision") or 0) > (checked.get("revision") or 0)]
    differs = [name for name in names if now[name] != checked.get(name)]
    raise UploadOutdated(
        f"The dry run was of another {' and '.join('twin' if n == 'store_id' else n for n in differs)} than now",
        differs=differs,
        checked={name: checked.get(name) for name in names},
        now={name: now[name] for name in names},
        runs=[{key: run.get(key) for key in ("id", "name", "source", "revision", "status")} for run in since[:100]],
    )


def _state(twin: Twin, schema: Schema | None) -> dict[str, Any]:
    state = twin.store.state()
    whole = None if schema is None else load_schema(supersede(state.schema, schema.extras)).digest
    return {"revision": state.revision, "store_id": state.store_id, "schema": whole}


def _run(
    twin: Twin, found: Resolved, schema: Schema, reading: Reading, dry: bool, tell: Progress
) -> ImportReport:  # fmt: skip
    flags = Flags(replace=reading.replace, force=reading.force, full=reading.full, skip_rejects=reading.skip_rejects)
    return run_import(
        twin.store, schema, found.manifest, reports=twin.home / "reports", flags=flags, dry_run=dry, progress=tell
    )


def _public(report: dict[str, Any], upload: Upload) -> dict[str, Any]:
    return public(report, f"/uploads/{upload.id}/rejects" if report.get("rejects_file") else None)


def rejects_path(upload: Upload) -> Path | None:
    """The file with all rejects of the last dry run, if there is one still."""
    named = (upload.checked or {}).get("rejects_file")
    path = Path(named) if named else None
    return path if path is not None and path.is_file() else None
