"""Answers without pages are given whole or refused with what would do, never cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.lengths import COLUMNAR, WITHOUT_PAGES
from api.limits import Limits
from tests.api.test_jobs import finished
from twin.export.answers import MAIN
from twin.service import Twin

pytestmark = pytest.mark.store

EVENT: dict[str, Any] = {"failed": ["demo:bus/220"], "horizon_s": "8h"}
ASKED: dict[str, dict[str, Any]] = {
    "impact": EVENT,
    "timeline": EVENT,
    "explain": {**EVENT, "id": "demo:Übung?"},
    "compare": {"a": {"failed": ["demo:bus/220"]}, "b": {"failed": ["demo:ups-1"]}},
}


@pytest.fixture(scope="module")
def short(twin: Twin) -> Iterator[TestClient]:
    """A client of a server whose answers have two rows at most."""
    with TestClient(create_app(twin, Limits(answer=2)), raise_server_exceptions=False) as opened:
        yield opened


def rows(question: str, document: dict[str, Any]) -> int:
    return MAIN[question].table(document).num_rows


def test_each_answer_without_pages_is_tried() -> None:
    assert set(ASKED) == WITHOUT_PAGES


@pytest.mark.parametrize("question", ASKED)
def test_a_long_answer_is_refused_with_what_would_do(client: TestClient, short: TestClient, question: str) -> None:
    whole = client.post(f"/{question}", json=ASKED[question]).json()
    assert 2 < rows(question, whole) <= 2 * COLUMNAR
    for form in ("json", "geojson", "csv", "gpkg"):
        refused = short.post(f"/{question}?f={form}", json=ASKED[question])
        assert (refused.status_code, refused.json()["code"]) == (413, "limit_exceeded"), form
        assert refused.json()["most"] == 2 < refused.json()["rows"]
        assert "f=arrow" in refused.json()["fix"]
    by_column = short.post(f"/{question}?f=arrow", json=ASKED[question])
    assert pa.ipc.open_stream(by_column.content).read_all().num_rows == rows(question, whole)
    kept = short.post("/results", json={"name": "n", "question": question, "asked": ASKED[question]})
    assert (kept.status_code, kept.json()["code"]) == (413, "limit_exceeded")
    started = short.post("/jobs", json={"question": question, "asked": ASKED[question]}).json()
    job = finished(short, started["id"])
    assert job["state"] == "done", job
    assert rows(question, short.get(f"/results/{job['result']}").json()["answer"]) == rows(question, whole)


def test_an_answer_as_long_as_may_be_is_given(twin: Twin, client: TestClient) -> None:
    many = rows("impact", client.post("/impact", json=EVENT).json())
    for most, status in ((many, 200), (many - 1, 413)):
        with TestClient(create_app(twin, Limits(answer=most))) as exact:
            assert exact.post("/impact", json=EVENT).status_code == status
    with TestClient(create_app(twin, Limits(answer=0))) as none:
        assert none.post("/impact?f=arrow", json=EVENT).status_code == 413


def test_exposed_names_no_more_than_may_be(twin: Twin, client: TestClient) -> None:
    second = {"op": "add", "id": "demo:plant-2", "kind": "power_plant"}
    feed = {"op": "link", "from": "demo:plant-2", "type": "POWERS", "to": "demo:ups-1"}
    event = {"failed": ["demo:line 1"], "what_if": [second, feed]}
    whole = client.post("/exposed", json=event).json()
    many = sum(len(row["failures"]) for row in whole["exposed"])
    assert many > 0
    with TestClient(create_app(twin, Limits(answer=many - 1))) as less:
        refused = less.post("/exposed", json=event)
        assert (refused.status_code, refused.json()["code"]) == (413, "limit_exceeded")
        assert less.post("/exposed", json={**event, "named": 0}).json()["total"] == whole["total"]
