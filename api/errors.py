"""Every error as an RFC 9457 problem document, its HTTP status from one table.

``type`` leads to a section of ``/docs/errors``, which the API serves itself, so it works with no network.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.hidden import Hidden
from twin import errors as e

log = logging.getLogger("api")

T = TypeVar("T")

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5

STATUS: dict[type[e.TwinError], int] = {
    e.TwinError: 500,
    e.SchemaError: 500,
    e.TableError: 422,
    e.InvalidParameter: 400,
    e.InvalidFilter: 400,
    e.LimitExceeded: 413,
    e.UnknownAsset: 404,
    e.NotFound: 404,
    e.EmptyTwin: 409,
    e.SnapshotError: 500,
    e.ManifestError: 422,
    e.UnknownLoader: 422,
    e.LoaderOptionError: 422,
    e.SourceUnreadable: 422,
    e.ImportRejected: 422,
    e.ReplaceRefused: 409,
    e.RollbackRefused: 409,
    e.ImportBusy: 409,
    e.ImportUnfinished: 409,
    e.StoreMoved: 409,
    e.ApplyInProgress: 503,
    e.StoreError: 500,
    e.StoreUnavailable: 503,
    e.StoreAuthFailed: 503,
    e.StoreQueryError: 500,
    e.StoreConstraintError: 409,
    e.StoreTransient: 503,
    e.StoreConfigError: 503,
    e.QueryParameterError: 500,
    e.UnknownQuery: 500,
    e.ServerError: 503,
    e.ServerLocked: 503,
    e.DownloadFailed: 503,
    e.SettingsError: 500,
    e.MissingExtra: 501,
    e.Unauthenticated: 401,
    e.Forbidden: 403,
    e.RequestRefused: 403,
    e.KeysRequired: 500,
    e.Overloaded: 503,
    e.ApiUnavailable: 503,
    e.ApiAnswerInvalid: 500,
    e.LibraryUnavailable: 503,
    e.JobInterrupted: 503,
    e.UploadOutdated: 409,
}

#: What to do, in the words of HTTP, where the error itself speaks of the command line.
FIXES: dict[type[e.TwinError], str] = {
    e.UnknownAsset: "Search for it with GET /assets?text=...",
}


class HttpFault(NamedTuple):
    """A fault that only HTTP knows: its stable code, its title and what to do."""

    code: str
    title: str
    fix: str


FAULTS: dict[int, HttpFault] = {
    404: HttpFault("not_found", e.NotFound.title, "See /docs for the paths there are."),
    405: HttpFault("method_not_allowed", "This path does not take this method", "See /docs for the methods."),
    406: HttpFault(
        "not_acceptable",
        "The answer cannot be given in this format",
        "Name a format with ?f=, or accept application/json.",
    ),
    413: HttpFault("limit_exceeded", e.LimitExceeded.title, "Send less at a time."),
    415: HttpFault(
        "unsupported_media_type",
        "The body's media type is not taken",
        "Send the media type that /docs names, mostly Content-Type: application/json.",
    ),
    422: HttpFault("invalid_body", "The body does not say what is needed", "Correct the fields listed in errors."),
    # Routing and parsing raise 400 only for a body that is no JSON; parameters have a fault of their own.
    400: HttpFault(
        "invalid_body",
        "The body cannot be read",
        "Send JSON (UTF-8), as the example in /docs; for an upload a multipart form.",
    ),
}
PARAMETER = HttpFault(e.InvalidParameter.code, e.InvalidParameter.title, "Correct the parameters listed in errors.")


def problem(
    request: Request, status: int, fault: HttpFault, detail: str, extra: Mapping[str, Any] | None = None
) -> Response:
    """A problem document.

    Args:
        request: gives the request id.
        status: HTTP status.
        fault: code, title and fix.
        detail: what happened this time.
        extra: further members; they never replace the standard ones.
    """
    section = f"{request.scope.get('root_path', '')}/docs/errors#{fault.code}"
    body = dict(extra or {}) | {
        "type": section,
        "title": fault.title,
        "status": status,
        "detail": detail,
        "code": fault.code,
        "fix": fault.fix,
        "request_id": getattr(request.state, "request_id", None),
    }
    headers = {"Cache-Control": "no-store", "Link": f'<{section}>; rel="help"'}
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    hidden: Hidden = getattr(request.app.state, "hidden", None) or Hidden()
    content = hidden.clean(orjson.dumps(body, default=str).decode())
    return Response(content, status, headers, MEDIA_TYPE)


def status_of(error: e.TwinError) -> int:
    """The HTTP status of an error; a class that is not in the table takes its nearest base's."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def twin_problem(request: Request, error: e.TwinError) -> Response:
    """The problem document of one of our errors."""
    status = status_of(error)
    if status >= 500:
        log.warning("%s %s: %s (%s)", request.method, request.url.path, error.detail, error.code)
    fix = FIXES.get(type(error), error.fix) if error.fix == error.default_fix else error.fix
    return problem(request, status, HttpFault(error.code, error.title, fix), error.detail, error.extra)


def internal_problem(request: Request, error: Exception) -> Response:
    """A fault of ours: the log gets the traceback, the client the id to find it by."""
    request_id = getattr(request.state, "request_id", None)
    log.error("request %s: %s %s", request_id, request.method, request.url.path, exc_info=error)
    fault = HttpFault(
        e.TwinError.code, e.TwinError.title, "Try again; if it happens again, report it with the request id."
    )
    return problem(request, 500, fault, "The request met a fault of the server; its log says more.")


def http_problem(request: Request, error: HTTPException) -> Response:
    """The problem document of what routing and parsing refuse (404, 405, 413, ...)."""
    fault = FAULTS.get(error.status_code)
    if fault is None:
        fault = HttpFault(f"http_{error.status_code}", str(error.detail), "See /docs.")
    if error.status_code == 404:
        detail = f"There is nothing at {request.url.path}"
    elif error.status_code == 405:
        detail = f"{request.url.path} does not take {request.method}"
    else:
        detail = str(error.detail)
    response = problem(request, error.status_code, fault, detail)
    response.headers.update(error.headers or {})
    return response


#: Faults of a body that have a status of their own, by the code of the field's error.
BODY_STATUS = {
    "media_type": 415,
    "multipart_expected": 415,
    "multipart_invalid": 400,
    "json_invalid": 400,
    "too_long": 413,
}


def validation_problem(request: Request, error: RequestValidationError) -> Response:
    """What a request got wrong, all of it: 400 for the address or unreadable JSON, 422 for the body's fields."""
    found = [_field(item) for item in error.errors()]
    codes = {item["code"] for item in found}
    if any(item["in"] != "body" for item in found):
        status, fault = 400, PARAMETER
    else:
        status = next((BODY_STATUS[code] for code in BODY_STATUS if code in codes), 422)
        fault = FAULTS[status]
    detail = "; ".join(_sentence(item) for item in found[:3])
    if len(found) > 3:
        detail += f"; and {len(found) - 3} more"
    return problem(request, status, fault, detail, {"errors": found[:100]})


def _field(item: Mapping[str, Any]) -> dict[str, str]:
    """One validation error as where, what and code; the value itself is not sent back."""
    where, *rest = [str(part) for part in item["loc"]] or ["request"]
    code, name = str(item["type"]), ".".join(rest)
    if code == "json_invalid":
        name = ""  # the position in the text, which the message does not need
    elif where == "body" and isinstance(item.get("input"), bytes):
        code = "media_type"  # FastAPI hands over bytes when the body is not declared as JSON
    return {"in": where, "name": name, "code": code, "message": _message(code, str(item["msg"]), item.get("ctx"))}


MESSAGES = {
    "extra_forbidden": "this is not known here; see /docs for what is",
    "json_invalid": "the body is not valid JSON",
    "media_type": "the body is not declared as JSON",
    "model_attributes_type": "the body is not a JSON object",
}


def _message(code: str, text: str, about: Mapping[str, Any] | None) -> str:
    takes = (about or {}).get("takes")
    if takes:  # what is asked of a question by name, which the document does not spell out
        return f"this is not known here; it takes {takes}"
    return MESSAGES.get(code, text.removeprefix("Value error, "))


def _sentence(item: Mapping[str, str]) -> str:
    return f"{item['name']}: {item['message']}" if item["name"] else item["message"]


def install(app: FastAPI) -> None:
    """Make every error of *app* a problem document."""

    async def on_twin_error(request: Request, error: Exception) -> Response:
        return twin_problem(request, _as(e.TwinError, error))

    async def on_http(request: Request, error: Exception) -> Response:
        return http_problem(request, _as(HTTPException, error))

    async def on_validation(request: Request, error: Exception) -> Response:
        return validation_problem(request, _as(RequestValidationError, error))

    app.add_exception_handler(e.TwinError, on_twin_error)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)


def _as(cls: type[T], value: object) -> T:
    assert isinstance(value, cls)  # Starlette picks the handler by class; this tells the type checker
    return value


def documented(statuses: Sequence[int]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for the problem statuses that an operation may answer with."""
    from api.wire import Problem

    return {status: {"model": Problem, "description": TITLES[status]} for status in statuses}


TITLES = {
    400: "A parameter is unknown or its value is not valid",
    401: "An API key is needed, and there is none or it is not known",
    403: "The key's role may not do this, or a page of another origin asks",
    404: "There is no such thing",
    409: "The twin is empty: nothing has been imported yet",
    413: "The request is larger than the limit",
    415: "The body is not JSON",
    422: "The body does not say what is needed",
    500: "A fault of the server",
    503: "Neo4j cannot be reached, an import is being applied, or the server is busy",
}
