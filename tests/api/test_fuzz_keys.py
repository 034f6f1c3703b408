"""Schemathesis with keys: without one, or with one of a role too low, everything is refused as documented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from api.app import create_app
from api.holder import Holder
from api.limits import Limits
from api.security import Access, Keyring, Role
from tests.api.test_fuzz import DOCUMENT

CHECKS = [status_code_conformance, content_type_conformance]
EXAMPLES = 2
CLOSED = [
    (path, method, Role[operation["x-role"]])
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if "x-role" in operation
]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_request_gets_past_its_role(tmp_path: Path, mode: GenerationMode) -> None:
    ring = Keyring(tmp_path / "keys.json")
    keys = {role: ring.add(role.name, role) for role in Role}
    app = create_app(limits=Limits(), access=Access(ring))
    app.state.holder = Holder(None, None)  # nobody comes as far as the store
    document = schemathesis.openapi.from_asgi("/openapi.json", app)
    assert {role for *_, role in CLOSED} == set(Role)
    for path, method, role in CLOSED:
        lower = [keys[other] for other in Role if other < role]
        operation = document[path][method]
        if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body or operation.path_parameters):
            continue  # nothing to get wrong
        _fuzz(operation, mode, [None, "twin_" + "x" * 43], 401)
        _fuzz(operation, mode, lower, 403)


def _fuzz(operation: Any, mode: GenerationMode, sent: list[str | None], status: int) -> None:
    if not sent:
        return

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        for key in sent:
            # What is wrong with the request itself may be told first to who has a key.
            answer = case.call(headers={} if key is None else {"X-API-Key": key})
            assert answer.status_code == status or (
                status == 403 and answer.status_code in (400, 404, 405, 413, 415, 422)
            )
            case.validate_response(answer, checks=CHECKS)

    run()
