"""The OpenAPI document: what FastAPI makes of the routes, mended, and the writer of ``docs/openapi.json``.

``python -m api.openapi [FILE]`` writes it; a test holds the committed file in step with the code.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson

TAGS = [
    {"name": "assets", "description": "Find assets, read them, follow what they depend on."},
    {"name": "impact", "description": "What fails when something is lost, when and why."},
    {"name": "findings", "description": "What is wrong or missing in the data."},
    {"name": "imports", "description": "Which exports were loaded."},
    {"name": "edits", "description": "Change assets and links by hand, and take the newest run back."},
    {"name": "schema", "description": "Kinds, links, services, properties and units."},
    {"name": "health", "description": "For monitors and load balancers."},
]
COMMITTED = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"
PROBLEM_REF = "#/components/schemas/Problem"
TAGGED = {
    "ETag": {"description": "Send it back as If-None-Match.", "schema": {"type": "string"}},
}


def describe(document: dict[str, Any]) -> dict[str, Any]:
    """*document* with problems under their own media type, 304 and its header, and no unused parts."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            _problems(operation["responses"])
            if method == "get" and not path.startswith("/health"):
                _conditional(operation)
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
