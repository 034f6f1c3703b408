"""Errors on the command line: one clear message with its fix, one exit code, never a traceback."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.text import Text

from twin import __version__
from twin import errors as e
from twin.cli.output import console, plain

OK, FINDINGS, USAGE, UNREACHABLE, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130

#: Exit code of each error; a class that is not here takes that of its nearest base.
EXIT: dict[type[e.TwinError], int] = {
    e.TwinError: INTERNAL,
    e.SchemaError: USAGE,
    e.TableError: USAGE,
    e.InvalidParameter: USAGE,
    e.LimitExceeded: USAGE,
    e.UnknownAsset: USAGE,
    e.NotFound: USAGE,
    e.EmptyTwin: USAGE,
    e.SnapshotError: INTERNAL,
    e.ManifestError: USAGE,
    e.UnknownLoader: USAGE,
    e.LoaderOptionError: USAGE,
    e.SourceUnreadable: USAGE,
    e.ImportRejected: FINDINGS,
    e.ReplaceRefused: FINDINGS,
    e.RollbackRefused: USAGE,
    e.ImportBusy: UNREACHABLE,
    e.ImportUnfinished: USAGE,
    e.StoreMoved: UNREACHABLE,
    e.ImportBusy: UNREACHABLE,
    e.ImportUnfinished: USAGE,
    e.StoreMoved: UNREACHABLE,
    e.ApplyInProgress: UNREACHABLE,
    e.StoreError: UNREACHABLE,
    e.StoreUnavailable: UNREACHABLE,
    e.StoreAuthFailed: UNREACHABLE,
    e.StoreQueryError: INTERNAL,
    e.StoreConstraintError: INTERNAL,
    e.StoreTransient: UNREACHABLE,
    e.StoreConfigError: UNREACHABLE,
    e.QueryParameterError: USAGE,
    e.UnknownQuery: USAGE,
    e.ServerError: UNREACHABLE,
    e.ServerLocked: UNREACHABLE,
    e.DownloadFailed: UNREACHABLE,
    e.SettingsError: USAGE,
    e.MissingExtra: USAGE,
    e.Unauthenticated: USAGE,
    e.Forbidden: USAGE,
    e.RequestRefused: USAGE,
    e.KeysRequired: USAGE,
    e.Overloaded: UNREACHABLE,
    e.ApiUnavailable: UNREACHABLE,
    e.ApiAnswerInvalid: INTERNAL,
    e.LibraryUnavailable: UNREACHABLE,
    e.UploadOutdated: USAGE,
    e.JobInterrupted: UNREACHABLE,
    e.InvalidFilter: USAGE,
}


def exit_code(error: e.TwinError) -> int:
    """The exit code of one of our errors."""
    return next(EXIT[cls] for cls in type(error).__mro__ if cls in EXIT)


def show(error: e.TwinError, as_json: bool) -> int:
    """Print one of our errors to stderr; returns its exit code."""
    if as_json:
        return _json(error.to_dict(), exit_code(error))
    _lines(error.detail, error.code, error.fix)
    return exit_code(error)


def show_usage(message: str, fix: str, as_json: bool) -> int:
    """Print what is wrong with the command line; returns the exit code."""
    if as_json:
        return _json({"code": "usage", "title": "The command is not right", "detail": message, "fix": fix}, USAGE)
    _lines(message, "usage", fix)
    return USAGE


def show_unexpected(error: BaseException, as_json: bool) -> int:
    """Print that something of ours broke, and where the report is; returns the exit code."""
    report = _report(error)
    where = f" Report: {report}" if report else ""
    detail = f"{type(error).__name__}: {str(error)[:300]}"
    fix = f"Run the command again; if it happens again, send us the report.{where}"
    if as_json:
        name = str(report) if report else None
        body = {"code": e.TwinError.code, "title": e.TwinError.title, "detail": detail, "fix": fix, "report": name}
        return _json(body, INTERNAL)
    _lines(f"{e.TwinError.title}: {detail}", e.TwinError.code, fix)
    return INTERNAL


def _lines(detail: str, code: str, fix: str) -> None:
    out = console(sys.stderr)
    clean = "\n".join(plain(line) for line in detail.splitlines())
    out.print(Text.assemble(("error", "bold red"), f": {clean} [{code}]"))
    if fix:
        out.print(Text.assemble(("  fix", "bold"), f": {plain(fix)}"))


def _json(body: dict[str, Any], code: int) -> int:
    import orjson

    sys.stderr.write(orjson.dumps({"error": {**body, "exit": code}}, default=str).decode() + "\n")
    return code


def _report(error: BaseException) -> Path | None:
    """Write what is needed to find the fault: versions, command, traceback; no environment, no data."""
    lines = [
        f"twin {__version__}, Python {platform.python_version()}, {platform.platform()}",
        f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')}  {' '.join(sys.argv)}",
        "",
        *traceback.format_exception(error),
    ]
    with suppress(OSError):
        handle, name = tempfile.mkstemp(prefix="twin-report-", suffix=".txt", dir=_report_folder())
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write("\n".join(lines))
        return Path(name)
    return None


def _report_folder() -> Path | None:
    """``TWIN_HOME/reports`` when it can be made, else the system's temporary folder."""
    with suppress(Exception):  # whatever broke may have broken the settings too
        from twin.settings import load_settings

        folder = load_settings().home / "reports"
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    return None
