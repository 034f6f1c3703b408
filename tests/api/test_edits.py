"""Edits over HTTP: one revision, all or nothing, taken back, and no request breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from starlette.testclient import TestClient

from api.app import create_app
from tests.api.test_fuzz import CHECKS
from twin.service import Twin

pytestmark = [
    pytest.mark.store,
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]
PLANT = "demo:plant"


@pytest.fixture
def client(twin: Twin) -> Iterator[TestClient]:
    with TestClient(create_app(twin), raise_server_exceptions=False) as opened:
        yield opened


def test_an_edit_is_seen_at_once_and_taken_back(client: TestClient) -> None:
    before = client.get(f"/assets/{PLANT}").json()
    named = client.post("/edits", json={"edits": [{"op": "set", "id": PLANT, "name": "Renamed"}], "note": "why"})
    assert (named.status_code, named.json()["status"]) == (200, "applied")
    after = client.get(f"/assets/{PLANT}")
    assert after.json()["name"] == "Renamed"
    assert int(after.headers["X-Twin-Revision"]) == named.json()["revision"]
    assert client.get("/imports").json()["items"][0]["loader"] == "edit"
    undone = client.post("/undo")
    assert (undone.status_code, undone.json()["run"]) == (200, named.json()["run"])
    assert client.get(f"/assets/{PLANT}").json()["name"] == before["name"]


def test_a_dry_run_and_what_does_not_fit_write_nothing(client: TestClient) -> None:
    revision = client.get("/health").json()["store"]["revision"]
    planned = client.post("/edits", json={"edits": [{"op": "delete", "id": PLANT}], "dry_run": True})
    assert planned.json()["status"] == "planned"
    cases: list[tuple[Any, int, str]] = [
        ([{"op": "set", "id": "demo:nothing"}], 404, "unknown_asset"),
        ([{"op": "add", "id": "x", "kind": "nothing"}], 422, "import_rejected"),
        ([], 422, "invalid_body"),
        ([{"op": "paint"}], 422, "invalid_body"),
    ]
    for edits, status, code in cases:
        answer = client.post("/edits", json={"edits": edits})
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert client.get("/health").json()["store"]["revision"] == revision


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_edit_breaks_it(app: FastAPI, mode: GenerationMode) -> None:
    operations = schemathesis.openapi.from_asgi("/openapi.json", app)

    @settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operations["/edits"]["POST"].as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    run()
