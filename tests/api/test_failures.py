"""Questions about single, further and many failures, over the real app and a real Neo4j."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from api import wire_failures as wire
from api.questions.failures import shortened
from twin.service import Twin

pytestmark = pytest.mark.store

PLANT, BUS, WORKLOAD = "demo:plant", "demo:bus/220", "demo:Übung?"


def good(response: Any, shape: type[BaseModel]) -> dict[str, Any]:
    """A good answer, which has the shape that the document promises."""
    assert response.status_code == 200, response.text
    shape.model_validate_json(response.content, strict=True)
    found: dict[str, Any] = response.json()
    return found


def test_criticality(client: TestClient, twin: Twin) -> None:
    page = good(client.get("/criticality"), wire.CriticalityAnswer)
    mine = twin.snapshot().criticality().to_dict()
    assert page["items"] == mine["items"]
    assert page["items"][0]["id"] == PLANT
    assert page["total"] == mine["total"] == len(page["items"])
    assert page["pairs"] is None
    assert page["revision"] == twin.snapshot().revision


def test_criticality_page_by_page(client: TestClient) -> None:
    whole = client.get("/criticality", params={"weight": "kind:bus"}).json()["items"]
    rows, address = [], "/criticality?limit=3&weight=kind:bus"
    while address:
        page = good(client.get(address), wire.CriticalityAnswer)
        rows += page["items"]
        address = page["next"]
    assert rows == whole


def test_criticality_pairs_and_time(client: TestClient) -> None:
    page = good(client.get("/criticality", params={"pairs": True, "domain": "energy"}), wire.CriticalityAnswer)
    assert {row["domain"] for row in page["items"]} == {"energy"}
    assert page["pairs_total"] == len(page["pairs"])
    assert page["pairs_tried"] == page["pairs_candidates"]
    first = client.get("/criticality", params={"pairs": True, "limit": 2})
    assert first.headers["ETag"]  # all pairs were tried: the answer may be kept
    assert first.json()["pairs"] is not None
    assert good(client.get(first.json()["next"]), wire.CriticalityAnswer)["pairs"] is None
    late = good(client.get("/criticality", params={"timeline": True, "horizon": "5min"}), wire.CriticalityAnswer)
    assert late["horizon_s"] == 300
    lost = {row["id"]: row["assets"] for row in late["items"]}
    steady = {row["id"]: row["assets"] for row in client.get("/criticality").json()["items"]}
    assert lost[PLANT] < steady[PLANT]  # the UPS still carries the server


def test_an_unchanged_answer_is_not_sent_again(client: TestClient) -> None:
    for path in ("/criticality", "/cold-start", "/deadlocks", f"/assets/{quote(PLANT)}/single-points-of-failure"):
        first = client.get(path)
        assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_single_points(client: TestClient) -> None:
    path = f"/assets/{quote(WORKLOAD, safe='')}/single-points-of-failure"
    found = good(client.get(path), wire.SinglePointsAnswer)
    assert {PLANT, BUS, "demo:ups-1", "demo:srv#1"} <= {row["id"] for row in found["down"]}
    assert found["interrupted"] == []
    late = good(client.get(path, params={"timeline": True, "horizon": "5min"}), wire.SinglePointsAnswer)
    assert {row["id"] for row in late["down"]} == {"demo:ups-1", "demo:srv#1"}
    assert client.get(path, params={"horizon": "5min"}).json()["code"] == "invalid_parameter"


def test_a_slash_of_the_id_is_no_question(client: TestClient) -> None:
    answer = client.get("/assets/demo:plant%2Fsingle-points-of-failure")
    assert answer.json()["code"] == "unknown_asset"
    assert "demo:plant/single-points-of-failure" in answer.json()["detail"]


def test_exposed(client: TestClient, twin: Twin) -> None:
    found = good(client.post("/exposed", json={"failed": [BUS]}), wire.ExposedAnswer)
    mine = twin.snapshot().exposed([BUS])
    assert (found["exposed"], found["lost"]) == (mine.exposed, mine.lost)
    assert found["total"] == len(mine.exposed)
    assert client.post("/exposed", json={"failed": []}).json()["code"] == "invalid_parameter"
    both = client.post("/exposed", json={"failed": ["demo:a", "demo:b"]})
    assert both.status_code == 404
    assert "demo:a" in both.json()["detail"]
    assert "demo:b" in both.json()["detail"]


def test_screen(client: TestClient) -> None:
    body = {"scenarios": {"storm": [BUS], "calm": []}, "weight": "workloads", "assets": True}
    found = good(client.post("/screen", json=body), wire.ScreenAnswer)
    assert {row["scenario"]: row["lost"] for row in found["items"]} == {"storm": 1.0, "calm": 0.0}
    assert {row["frequency"] for row in found["often"]} == {0.5}
    assert {row["scenario"]: row["failed_ids"] for row in found["items"]} == {"storm": [BUS], "calm": []}
    assert any("1 of 2 scenarios hit nothing that operates" in note and "calm" in note for note in found["notes"])
    dice = {"random": {"count": 50, "seed": 3, "by_kind": {"bus": 0.5}}, "limit": 10}
    drawn = good(client.post("/screen", json=dice), wire.ScreenAnswer)
    assert (drawn["total"], len(drawn["items"])) == (50, 10)
    assert client.post("/screen", json=dice).json() == drawn


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        ({}, 422, "invalid_body", "either scenarios or random"),
        ({"scenarios": {}}, 422, "invalid_body", "scenarios"),
        ({"scenarios": {"x": ["demo:plan"]}}, 404, "unknown_asset", "in x"),
        ({"scenarios": {"x": [BUS]}, "weight": "gpu"}, 400, "invalid_parameter", "unknown weight"),
        ({"scenarios": {"x": [], "y": []}}, 400, "invalid_parameter", "no scenario names an asset: x, y"),
        ({"random": {"count": 5, "probability": 0}}, 400, "invalid_parameter", "every scenario would be empty"),
        ({"random": {"count": 5}}, 422, "invalid_body", "give one of"),
        ({"random": {"count": 5, "probability": 2}}, 422, "invalid_body", "probability"),
        ({"random": {"count": 10_000, "failures": 1_000_000}}, 413, "limit_exceeded", "failures would be drawn"),
        ({"scenarios": {"x": [BUS]}, "horizon_s": 5}, 400, "invalid_parameter", "needs the run in time"),
    ],
)
def test_bad_screenings(client: TestClient, body: dict[str, Any], status: int, code: str, says: str) -> None:
    answer = client.post("/screen", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert says in answer.text


def test_failed_ids_end_where_an_answer_is_full() -> None:
    rows = [{"scenario": str(i), "failed_ids": ["x"] * 30_000} for i in range(5)]
    found = shortened({"items": rows, "notes": []})
    assert [len(row["failed_ids"] or ()) for row in found["items"]] == [30_000] * 3 + [0] * 2
    assert found["items"][3]["failed_ids"] is None
    assert "first 3 scenarios" in found["notes"][-1]
    whole = {"items": rows[:2], "notes": []}
    assert shortened(whole) == whole


def test_cold_start_and_deadlocks(client: TestClient, twin: Twin) -> None:
    cold = good(client.get("/cold-start"), wire.ColdStartAnswer)
    mine = twin.snapshot().cold_start()
    assert cold["rounds"] == mine.rounds
    assert cold["started"] == len(mine.started) == sum(cold["sizes"])
    few = good(client.get("/cold-start", params={"limit": 2}), wire.ColdStartAnswer)
    assert sum(map(len, few["rounds"])) == 2
    assert few["sizes"] == cold["sizes"]
    assert (cold["complete"], few["complete"]) == (True, False)
    paged: list[str] = []
    while len(paged) < cold["started"]:
        page = good(client.get("/cold-start", params={"limit": 2, "skip": len(paged)}), wire.ColdStartAnswer)
        assert page["rounds"][0][0] in cold["rounds"][page["first_round"]]
        paged += [name for names in page["rounds"] for name in names]
    assert paged == [name for names in cold["rounds"] for name in names]
    found = good(client.get("/deadlocks"), wire.DeadlockAnswer)
    assert found["total"] == len(twin.snapshot().deadlocks()) == len(found["items"])


def test_tight_limits(tight: TestClient) -> None:
    assert tight.get("/criticality", params={"limit": 50}).json()["code"] == "invalid_parameter"
    assert tight.get("/cold-start", params={"limit": 50}).status_code == 413
    assert tight.post("/exposed", json={"failed": [PLANT], "limit": 50}).status_code == 413
    assert tight.post("/screen", json={"scenarios": {"x": [PLANT]}, "limit": 50}).status_code == 413
