"""Schemathesis over the whole document: no server error, no undocumented status, no answer of another shape."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.openapi import COMMITTED

pytestmark = [
    pytest.mark.store,
    # The app answers in this process, and its driver draws random numbers in threads of its own meanwhile.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
#: Examples per operation and mode: few in ``make test``, many in ``make soak``.
SHORT, DEEP = 15, 500
DOCUMENT = orjson.loads(COMMITTED.read_bytes())
#: These change the system that the others ask; test_edits.py and test_stitch.py have them, on systems of their own.
WRITES = ("/edits", "/undo", "/stitch")
OPERATIONS = [(p, method) for p, item in DOCUMENT["paths"].items() for method in item if p not in WRITES]


@pytest.fixture(scope="module")
def operations(app: FastAPI) -> Any:
    """The document as the running app gives it."""
    return schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_request_breaks_it(operations: Any, ids: list[str], path: str, method: str, mode: GenerationMode) -> None:
    _fuzz(operations[path][method], ids, mode, SHORT)


@pytest.mark.soak
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_request_breaks_it_soak(
    operations: Any, ids: list[str], path: str, method: str, mode: GenerationMode
) -> None:
    _fuzz(operations[path][method], ids, mode, DEEP)


def _fuzz(operation: Any, ids: list[str], mode: GenerationMode, examples: int) -> None:
    if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body or operation.path_parameters):
        return  # nothing to get wrong

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode), known=st.sampled_from(ids))
    def run(case: Any, known: str) -> None:
        case.call_and_validate(checks=CHECKS)
        # Once more about an asset that exists: random ids would only ever meet 404.
        if operation.path.startswith("/assets/{id}"):
            case.path_parameters["id"] = known
            case.call_and_validate(checks=CHECKS)
        elif isinstance(case.body, dict) and isinstance(case.body.get("failed"), list):
            case.body["failed"] = [known]
            case.call_and_validate(checks=CHECKS)

    run()
