"""Questions about events over the real app: selections, hazards, timeline, explain, compare."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from api import wire, wire_events
from twin.impact.events.event import Event
from twin.impact.events.hazard import Hazard
from twin.service import Twin

pytestmark = pytest.mark.store

PLANT, BUS, LINE, UPS = "demo:plant", "demo:bus/220", "demo:line 1", "demo:ups-1"
WORKLOAD = "demo:Übung?"
BOX = {
    "type": "Polygon",
    "coordinates": [[[13.3, 52.58], [13.32, 52.58], [13.32, 52.62], [13.3, 52.62], [13.3, 52.58]]],
}

METRES = {"type": "Polygon", "coordinates": [[[1e6, 1], [2e6, 2], [3e6, 1], [1e6, 1]]]}


def post(client: TestClient, path: str, shape: type[BaseModel], body: Any) -> dict[str, Any]:
    """A good answer, which has the shape that the document promises."""
    response = client.post(path, json=body)
    assert response.status_code == 200, response.text
    shape.model_validate_json(response.content, strict=True)
    found: dict[str, Any] = response.json()
    return found


def plain(result: Any) -> Any:
    return {**orjson.loads(orjson.dumps(result.to_dict())), "notice": None}


def ageless(answer: Any) -> Any:
    for source in answer["assumptions"]["sources"]:
        source.pop("age_s")
    return answer


def test_an_impact_by_selection_and_by_hazard(client: TestClient, twin: Twin) -> None:
    snap = twin.snapshot()
    where = "kind=bus and name~220"
    found = post(client, "/impact", wire.ImpactAnswer, {"where": where})
    assert found["event"]["failed"] == [BUS]
    assert ageless(found) == ageless(plain(snap.impact(Event(where=where))))
    found = post(client, "/impact", wire.ImpactAnswer, {"hazard": BOX, "buffer_m": 100, "min_crossing_m": 10})
    assert found["event"]["failed"] == [BUS, LINE, PLANT, "demo:rtu/dependencies"]
    hazard = Hazard.from_geojson(BOX, buffer_m=100.0, min_crossing_m=10.0)
    assert ageless(found) == ageless(plain(snap.impact(Event(hazard=hazard))))
    assert found["stake"]["by_domain"]["energy"]["lost_outside"]["assets"] == 2
    narrowed = post(client, "/impact", wire.ImpactAnswer, {"hazard": BOX, "where": "kind=power_plant", "failed": [UPS]})
    assert narrowed["event"]["failed"] == [PLANT, UPS]


def test_a_hazard_that_hits_nothing_is_an_answer(client: TestClient) -> None:
    sea = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    found = post(client, "/impact", wire.ImpactAnswer, {"hazard": sea})
    assert found["affected"] == []
    assert any("hits no asset" in note for note in found["notes"])


@pytest.mark.parametrize("event", [{"failed": [PLANT]}, {"hazard": BOX}, {"where": "kind=bus"}])
@pytest.mark.parametrize("horizon", [None, "10min"])
def test_timeline_explain_and_compare_are_those_of_python(
    client: TestClient, twin: Twin, event: dict[str, Any], horizon: str | None
) -> None:
    snap, seconds = twin.snapshot(), None if horizon is None else 600
    asked = Event(event.get("failed", ()), event.get("where"), Hazard.from_geojson(BOX) if "hazard" in event else None)
    body = {**event, "horizon_s": horizon}
    found = post(client, "/timeline", wire_events.TimelineAnswer, body)
    assert ageless(found) == ageless(plain(snap.timeline(asked, seconds)))
    for name in (WORKLOAD, PLANT, "demo:spare", "demo:island-1", "demo:bus/110"):
        found = post(client, "/explain", wire_events.ExplainAnswer, {"id": name, **body})
        assert ageless(found) == ageless(plain(snap.explain(name, asked, seconds)))
    both = {"a": event, "b": {"failed": [UPS]}, "horizon_s": horizon}
    found = post(client, "/compare", wire_events.CompareAnswer, both)
    assert ageless(found) == ageless(plain(snap.compare(asked, [UPS], seconds)))


def test_an_explanation_leads_back_to_the_event(client: TestClient) -> None:
    found = post(client, "/explain", wire_events.ExplainAnswer, {"id": WORKLOAD, "failed": [PLANT]})
    assert found["verdict"] == "down"
    assert found["sentences"][-1] == "demo:plant (Plant Nord) fails in the event."
    assert {node["id"] for node in found["graph"]["nodes"]} >= {WORKLOAD, UPS, PLANT}


BAD: list[tuple[str, Any, int, str]] = [
    ("/impact", {}, 422, "invalid_body"),
    ("/impact", {"failed": None}, 422, "invalid_body"),
    ("/impact", {"failed": [PLANT], "buffer_m": 5}, 422, "invalid_body"),
    ("/impact", {"hazard": BOX, "buffer_m": -5}, 422, "invalid_body"),
    ("/impact", {"hazard": "x"}, 422, "invalid_body"),
    ("/impact", {"hazard": {}}, 400, "invalid_parameter"),
    ("/impact", {"hazard": METRES}, 400, "invalid_parameter"),
    ("/impact", {"hazard": {"type": "Point", "coordinates": [1, 1]}}, 400, "invalid_parameter"),
    ("/impact", {"where": "kind=buss"}, 400, "invalid_parameter"),
    ("/impact", {"where": "name~nobody"}, 400, "invalid_parameter"),
    ("/timeline", {"failed": []}, 400, "invalid_parameter"),
    ("/timeline", {"failed": ["demo:nope"]}, 404, "unknown_asset"),
    ("/explain", {"failed": [PLANT]}, 422, "invalid_body"),
    ("/explain", {"id": "demo:nope", "failed": [PLANT]}, 404, "unknown_asset"),
    ("/explain", {"id": PLANT, "failed": []}, 400, "invalid_parameter"),
    ("/compare", {"a": {"failed": [PLANT]}}, 422, "invalid_body"),
    ("/compare", {"a": {"failed": [PLANT]}, "b": {"failed": []}}, 400, "invalid_parameter"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "status", "code"), BAD, ids=lambda value: str(value)[:50])
def test_bad_events_are_told(client: TestClient, path: str, body: Any, status: int, code: str) -> None:
    response = client.post(path, json=body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.json()["fix"]


def test_limits_hold_for_hazards_and_ids(tight: TestClient, client: TestClient) -> None:
    for path, extra in (("/impact", {}), ("/timeline", {}), ("/explain", {"id": PLANT})):
        response = tight.post(path, json={"failed": [PLANT] * 4, **extra})
        assert (response.status_code, response.json()["code"]) == (413, "limit_exceeded")
    ring = [[i / 1e6, 0] for i in range(100_000)] + [[0, 1], [0, 0]]
    response = client.post("/impact", json={"hazard": {"type": "Polygon", "coordinates": [ring]}})
    assert (response.status_code, response.json()["code"]) == (413, "limit_exceeded")
