"""``POST /cut-sets`` over the real app and a real Neo4j."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from api.wire_cut_sets import CutSetsAnswer
from twin.service import Twin

pytestmark = pytest.mark.store

PLANT, BUS, WORKLOAD = "demo:plant", "demo:bus/220", "demo:Übung?"


def ask(client: TestClient, **body: Any) -> dict[str, Any]:
    """A good answer, which has the shape that the document promises."""
    response = client.post("/cut-sets", json=body)
    assert response.status_code == 200, response.text
    CutSetsAnswer.model_validate_json(response.content, strict=True)
    found: dict[str, Any] = response.json()
    return found


def test_it_is_the_answer_of_the_snapshot(client: TestClient, twin: Twin) -> None:
    found = ask(client, id=WORKLOAD, order=2)
    mine = {**twin.snapshot().cut_sets(WORKLOAD, 2).to_dict(), "notice": None}
    for answer in (found, mine):
        assert [source.pop("age_s") >= 0 for source in answer["assumptions"]["sources"]] == [True]
    assert found == mine
    assert [PLANT] in [entry["assets"] for entry in found["sets"]]
    assert found["unavailability"] is None
    assert found["revision"] == twin.snapshot().revision


def test_unavailability_and_a_limit(client: TestClient) -> None:
    asked = {"id": WORKLOAD, "unavailability": {PLANT: 0.1}, "kind_unavailability": {"bus": 0.01}}
    found = ask(client, **asked, can_fail=["energy"], limit=2)
    assert found["unavailability"]["value"] == pytest.approx(1 - 0.9 * 0.99**2)
    assert found["total"] > len(found["sets"]) == 2
    assert len(found["importances"]) == 2
    assert set(found["assets"]) == {name for entry in found["sets"] for name in entry["assets"]}


def test_in_time_the_buffer_counts(client: TestClient) -> None:
    early = ask(client, id=WORKLOAD, order=1, timeline=True, horizon_s="5min")
    late = ask(client, id=WORKLOAD, order=1, timeline=True, horizon_s="1h")
    assert (early["state"], early["horizon_s"], early["method"]) == ("timeline", 300, "runs")
    assert [PLANT] not in [entry["assets"] for entry in early["sets"]]
    assert [PLANT] in [entry["assets"] for entry in late["sets"]]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"id": "demo:bus/221"}, 404, "unknown_asset"),
        ({"id": "demo:spare"}, 400, "invalid_parameter"),
        ({"id": BUS, "order": 0}, 422, "invalid_body"),
        ({"id": BUS, "order": 19}, 400, "invalid_parameter"),
        ({"id": BUS, "can_fail": ["buss"]}, 400, "invalid_parameter"),
        ({"id": BUS, "unavailability": {PLANT: 2}}, 422, "invalid_body"),
        ({"id": BUS, "horizon_s": 5}, 400, "invalid_parameter"),
        ({"id": BUS, "order": None, "timeline": True}, 413, "limit_exceeded"),
        ({"id": BUS, "ordr": 1}, 422, "invalid_body"),
        ({}, 422, "invalid_body"),
    ],
)
def test_what_cannot_be_asked(client: TestClient, body: dict[str, Any], status: int, code: str) -> None:
    response = client.post("/cut-sets", json=body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_tight_server_refuses_long_lists(tight: TestClient) -> None:
    response = tight.post("/cut-sets", json={"id": BUS, "limit": 6})
    assert (response.status_code, response.json()["code"]) == (413, "limit_exceeded")
