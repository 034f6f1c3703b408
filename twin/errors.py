"""The error tree: every error a user can meet has a stable code, one sentence and a fix.

The codes are documented one by one in ``docs/errors.md`` (a test holds the two together).
"""

from __future__ import annotations

from typing import Any, ClassVar


class TwinError(Exception):
    """Base of all errors of the product.

    Attributes:
        code: stable identifier, documented in ``docs/errors.md``.
        title: the error class in a few words.
        detail: what happened this time.
        fix: what the user can do about it.
        extra: machine-readable members for ``--json`` and problem documents.
    """

    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong inside the twin"
    default_fix: ClassVar[str] = "Run the command again; if it happens again, report it with the report file."

    def __init__(self, detail: str, *, fix: str | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix or self.default_fix
        self.extra = extra

    def to_dict(self) -> dict[str, Any]:
        """The error as plain data: ``code``, ``title``, ``detail``, ``fix`` and the extra members."""
        return {"code": self.code, "title": self.title, "detail": self.detail, "fix": self.fix, **self.extra}


class SchemaError(TwinError):
    """The schema files contradict themselves or name something unknown."""

    code = "schema_invalid"
    title = "The schema is not valid"
    default_fix = "Mend the schema file named in the message."


class TableError(TwinError):
    """A table cannot be turned into a snapshot; ``rejects`` holds every bad row."""

    code = "tables_invalid"
    title = "The tables have errors"
    default_fix = "Mend the rows named in the message."

    def __init__(self, detail: str, *, rejects: list[Any] | None = None, fix: str | None = None) -> None:
        self.rejects = rejects or []
        super().__init__(detail, fix=fix, rejects=[r.to_dict() for r in self.rejects])


class InvalidParameter(TwinError):
    """A value given by the user is outside what the question takes."""

    code = "invalid_parameter"
    title = "A value is not valid"
    default_fix = "Correct the value named in the message."


class InvalidFilter(InvalidParameter):
    """A filter of ``/ogc`` is not CQL2, or says something that is not known there; ``part`` names what.

    Such a filter is refused as a whole: clients trust the server to have applied all of it.
    """

    code = "invalid_filter"
    title = "The filter is not understood"
    default_fix = "Correct the part named in the message; see docs/gis.md for what filters may say."


class LimitExceeded(TwinError):
    """The request asks for more than one answer may hold."""

    code = "limit_exceeded"
    title = "The request is larger than the limit"
    default_fix = "Ask for less at a time, or page through the list."


class UnknownAsset(TwinError):
    """No asset has this id."""

    code = "unknown_asset"
    title = "There is no such asset"
    default_fix = "Search for it with: twin find TEXT"


class NotFound(TwinError):
    """A thing other than an asset (run, finding, route) is not there."""

    code = "not_found"
    title = "There is no such thing"
    default_fix = "Check the name."


class EmptyTwin(TwinError):
    """The store holds nothing yet."""

    code = "empty_twin"
    title = "The twin is empty"
    default_fix = "Import something first, for example: twin import samples/germany/twin.toml"


class SnapshotError(TwinError):
    """A stored snapshot is damaged or of another format."""

    code = "snapshot_invalid"
    title = "The snapshot cannot be used"
    default_fix = "Remove the folder named in the message; it is built again from the store."


class ManifestError(TwinError):
    """The manifest is not readable or contradicts itself."""

    code = "manifest_invalid"
    title = "The manifest is not valid"
    default_fix = "Mend the line named in the message."


class UnknownLoader(TwinError):
    """No loader has this name."""

    code = "unknown_loader"
    title = "There is no such loader"
    default_fix = "Use one of the loaders named in the message."


class LoaderOptionError(TwinError):
    """The options or the mapping given to a loader are not valid."""

    code = "loader_options_invalid"
    title = "The loader's options are not valid"
    default_fix = "Mend the option named in the message."


class SourceUnreadable(TwinError):
    """An export cannot be read at all (missing, empty, truncated, wrong format)."""

    code = "source_unreadable"
    title = "The export cannot be read"
    default_fix = "Check that the path is right and that the file is complete; export it again."


class ImportRejected(TwinError):
    """The export has rows that cannot be taken; nothing was written."""

    code = "import_rejected"
    title = "The export has errors; nothing was written"
    default_fix = "Mend the rows listed and import again, or take the good rows with --skip-rejects."


class ReplaceRefused(TwinError):
    """``--replace`` would remove suspiciously much."""

    code = "replace_refused"
    title = "Replacing would remove too much"
    default_fix = "Check that the export is complete. If it is, repeat the command with --force."


class RollbackRefused(TwinError):
    """A run cannot be rolled back (unknown, or later runs build on it)."""

    code = "rollback_refused"
    title = "The run cannot be rolled back"
    default_fix = "Only the newest run can be rolled back: roll the later ones back first."


class ImportBusy(TwinError):
    """Another process is importing into the same twin."""

    code = "import_busy"
    title = "Another import is running"
    default_fix = "Wait until it is done."


class ImportUnfinished(TwinError):
    """A run was cut off and something else than the same import was asked for."""

    code = "import_unfinished"
    title = "An import was cut off and must be finished first"
    default_fix = "Run the same import again to finish it, or roll it back."


class StoreMoved(TwinError):
    """The twin changed between planning an import and writing it."""

    code = "store_moved"
    title = "The twin changed while the import was planned"
    default_fix = "Run the import again; it plans anew."


class ApplyInProgress(TwinError):
    """An import is being applied and this process has no snapshot of the published state."""

    code = "apply_in_progress"
    title = "An import is being applied"
    default_fix = "Wait until it is done. If it was killed, run the same import again: it resumes."


class StoreError(TwinError):
    """Base of what can go wrong between us and Neo4j."""

    code = "store_error"
    title = "Neo4j answered with an error"
    default_fix = "See the message; `twin doctor` checks the connection and the server."


class StoreUnavailable(StoreError):
    """No server answers, or the connection broke and stayed broken."""

    code = "store_unavailable"
    title = "Neo4j cannot be reached"
    default_fix = "Start it with: twin up   (or check TWIN_NEO4J_URI); `twin doctor` says more."


class StoreAuthFailed(StoreError):
    """User or password is wrong, or the right to do this is missing."""

    code = "store_auth_failed"
    title = "Neo4j refused the user or the password"
    default_fix = "Check TWIN_NEO4J_USER and TWIN_NEO4J_PASSWORD."


class StoreQueryError(StoreError):
    """A query was refused: its text, a parameter or the state it met."""

    code = "store_query_failed"
    title = "Neo4j refused a query"


class StoreConstraintError(StoreError):
    """A write would break a uniqueness constraint."""

    code = "store_constraint"
    title = "The write would break a constraint"
    default_fix = "Another import wrote the same id: run the import again, it plans anew."


class StoreTransient(StoreError):
    """A passing fault that outlasted all retries (deadlock, memory, leader switch)."""

    code = "store_transient"
    title = "Neo4j is overloaded or changing leaders"
    default_fix = "Run the command again; a run that was cut off resumes."


class StoreConfigError(StoreError):
    """The URI, the driver options or the server's version do not fit."""

    code = "store_misconfigured"
    title = "The connection to Neo4j is misconfigured"
    default_fix = "Check TWIN_NEO4J_URI; it looks like neo4j://host:7687. Neo4j 5.26 or newer is needed."


class QueryParameterError(StoreError):
    """A catalogue query was called with missing or extra parameters (caught before the driver)."""

    code = "query_parameters"
    title = "A query was called with the wrong parameters"
    default_fix = "Give exactly the parameters that the query's header declares."


class UnknownQuery(StoreError):
    """The catalogue has no query of this name."""

    code = "unknown_query"
    title = "There is no such query"
    default_fix = "List them with: twin queries"


class ServerError(TwinError):
    """The managed local server could not be started, stopped or found."""

    code = "server_failed"
    title = "The local Neo4j server failed"
    default_fix = "Run `twin doctor`; the server's log is named in the message."


class ServerLocked(ServerError):
    """Another server (or another `twin up`) owns the data folder."""

    code = "server_locked"
    title = "Another server uses this data folder"
    default_fix = "Stop it with `twin down`, or set TWIN_HOME to another folder."


class DownloadFailed(ServerError):
    """Neo4j's jars could not be fetched or do not match the lock file."""

    code = "download_failed"
    title = "Neo4j could not be downloaded"
    default_fix = "Check the network and run `twin up` again; what was fetched is kept."


class SettingsError(TwinError):
    """An environment variable or option has an impossible value."""

    code = "settings_invalid"
    title = "A setting is not valid"
    default_fix = "Correct the variable named in the message."


class MissingExtra(TwinError):
    """An optional dependency is needed for this."""

    code = "missing_extra"
    title = "An optional package is missing"
    default_fix = "Install it with the extra named in the message."


class Unauthenticated(TwinError):
    """The request has no API key, or one that the server does not know."""

    code = "key_required"
    title = "An API key is needed"
    default_fix = "Send a key: Authorization: Bearer KEY. Whoever runs the server makes one with: twin keys add NAME"


class Forbidden(TwinError):
    """The API key is known, and its role may not do this."""

    code = "role_too_low"
    title = "This key may not do this"
    default_fix = "Use a key with a higher role."


class RequestRefused(TwinError):
    """The request came from a page of another origin, from another machine, or under a foreign name."""

    code = "request_refused"
    title = "The server does not take this request from there"
    default_fix = "Ask from the machine itself, or with an API key."


class KeysRequired(TwinError):
    """The API would be served to other machines without API keys."""

    code = "keys_required"
    title = "Other machines would reach the API without a key"
    default_fix = "Make a key first: twin keys add NAME --role read   (or leave out --host)"


class Overloaded(TwinError):
    """More requests are being answered than the server takes at once."""

    code = "server_busy"
    title = "The server is busy"
    default_fix = "Ask again in a moment."


class LibraryUnavailable(TwinError):
    """The file of saved events, results and jobs cannot be used."""

    code = "library_unavailable"
    title = "Saved events and results cannot be reached"
    default_fix = "See that the disk is not full and that the server may write to its home folder; then ask again."


class UploadOutdated(TwinError):
    """The twin or its schema is not as it was at the dry run of an upload."""

    code = "upload_outdated"
    title = "The dry run is out of date"
    default_fix = "Try it again (POST /uploads/{id}/check), look at the new plan, then apply."


class JobInterrupted(TwinError):
    """A job was ended before it was done: its server was stopped, or somebody cancelled it."""

    code = "job_interrupted"
    title = "The job was ended before it was done"
    default_fix = "Start the job again."


class ApiUnavailable(TwinError):
    """The HTTP API of a twin cannot be reached, or does not answer in time."""

    code = "api_unavailable"
    title = "The API cannot be reached"
    default_fix = "Check the address, and that `twin serve` runs there."


class ApiAnswerInvalid(TwinError):
    """What answers at the address is not the API of a twin, or not one of this version."""

    code = "api_answer_invalid"
    title = "The answer is not one of a twin"
    default_fix = "Check the address; open ADDRESS/docs in a browser to see what is there."


def all_errors() -> list[type[TwinError]]:
    """Every error class of the product, base first, in definition order."""
    found: list[type[TwinError]] = [TwinError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return found
