"""The OpenAPI document: what FastAPI makes of the routes, mended, and the writer of ``docs/openapi.json``.

``python -m api.openapi [FILE]`` writes it; a test holds the committed file in step with the code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
from starlette.routing import BaseRoute

from api.formats import described
from api.security.guard import is_open
from api.security.roles import needed, routes_of

TAGS = [
    {"name": "assets", "description": "Find assets, read them, follow what they depend on."},
    {"name": "impact", "description": "What fails when something is lost, when and why."},
    {"name": "tiles", "description": "The twin as vector tiles, for maps."},
    {"name": "files", "description": "Layers and saved results as files that GIS programs open."},
    {"name": "findings", "description": "What is wrong or missing in the data."},
    {"name": "imports", "description": "Which exports were loaded."},
    {"name": "edits", "description": "Change assets and links by hand, and take the newest run back."},
    {"name": "jobs", "description": "Long questions and imports: progress, cancelling, and the result kept."},
    {"name": "subscriptions", "description": "Told when the answer to a question changes, by webhook or stream."},
    {"name": "library", "description": "Events and results kept under a name, with notes; each address is its link."},
    {"name": "schema", "description": "Kinds, links, services, properties and units."},
    {"name": "health", "description": "For monitors and load balancers."},
]
COMMITTED = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"
PROBLEM_REF = "#/components/schemas/Problem"
TAGGED = {
    "ETag": {"description": "Send it back as If-None-Match.", "schema": {"type": "string"}},
}
SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key in a header."},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The key as the password, with any user name: for GIS clients such as QGIS and GDAL.",
    },
}
#: The last: a server without keys asks for none.
ANY_KEY: list[dict[str, list[str]]] = [{"bearer": []}, {"key": []}, {"basic": []}, {}]
#: What ids look like that the server makes: of runs; of jobs, uploads and what is saved.
MADE_HERE = {"run": "20261126-081502-9f3c", "id": "6f1d2c0b9a8e4d7f8a1b2c3d4e5f6a7b"}


def describe(document: dict[str, Any], routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """*document* with problems under their own media type, 304 and its header, keys and roles, and no unused parts.

    Args:
        document: what FastAPI made. routes: the app's, which say the role that each operation needs.
    """
    roles = {route.operation_id: route for route in routes_of(routes)}
    document["components"]["securitySchemes"] = SCHEMES
    document["security"] = ANY_KEY
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _problems(operation["responses"])
            if described.negotiated(operation):
                described.describe(operation)
            _secured(operation, path, method, roles[operation["operationId"]])
            _exemplified(operation)
            if method == "get" and not path.startswith("/health") and not _streamed(operation):
                _conditional(operation)
    document["components"]["schemas"].update(described.components())
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document


def _problems(responses: dict[str, Any]) -> None:
    # FastAPI adds its own 422 to every operation with parameters; ours answer 400 for those.
    validation = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if validation.get("$ref", "").endswith("HTTPValidationError"):
        del responses["422"]
    for status, response in responses.items():
        content = response.get("content", {})
        if status >= "400" and "application/json" in content:
            response["content"] = {"application/problem+json": content["application/json"]}


def _secured(operation: dict[str, Any], path: str, method: str, route: BaseRoute) -> None:
    if is_open(path, method.upper()):
        operation["security"] = []
        del operation["responses"]["401"]
    else:
        operation["x-role"] = needed(route, method.upper()).name


def _streamed(operation: dict[str, Any]) -> bool:
    """Whether the answer is a stream of events, which has no tag."""
    return "text/event-stream" in operation["responses"]["200"].get("content", {})


def _exemplified(operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", []):
        example = MADE_HERE.get(parameter["name"])
        if parameter["in"] == "path" and example and "examples" not in parameter["schema"]:
            parameter["schema"]["examples"] = [example]


def _conditional(operation: dict[str, Any]) -> None:
    operation["responses"]["200"]["headers"] = TAGGED
    operation["responses"]["304"] = {"description": "The answer with this ETag still holds", "headers": TAGGED}
    operation.setdefault("parameters", []).append(
        {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "description": "ETag of the answer that the client holds.",
            "schema": {"type": "string", "maxLength": 1000},
        }
    )


def document() -> bytes:
    """The document of the API with default limits, as committed."""
    from api.app import create_app
    from api.limits import Limits

    return orjson.dumps(create_app(limits=Limits()).openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def main(arguments: list[str]) -> None:
    """Write the document to the file given, or to ``docs/openapi.json``."""
    target = Path(arguments[0]) if arguments else COMMITTED
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(document())


if __name__ == "__main__":
    main(sys.argv[1:])
