"""Routes and meshes of the real app over a real twin in a real Neo4j."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from api.wire_paths import DominatorPage, MeshAnswer, PathsAnswer
from twin.service import Twin

pytestmark = pytest.mark.store

PLANT, BUS, LINE, FAR, UPS = "demo:plant", "demo:bus/220", "demo:line 1", "demo:bus/110", "demo:ups-1"


def post(client: TestClient, **body: Any) -> Any:
    return client.post("/paths", json=body)


def test_a_route(client: TestClient, twin: Twin) -> None:
    response = post(client, **{"from": PLANT, "to": UPS, "k": 2, "disjoint": "node"})
    assert response.status_code == 200, response.text
    PathsAnswer.model_validate_json(response.content, strict=True)
    found = response.json()
    assert [asset["id"] for asset in found["routes"][0]["assets"]] == [PLANT, BUS, LINE, FAR, UPS]
    assert found["certificate"]["kind"] == "cut"
    assert found["revision"] == twin.snapshot().revision
    assert response.headers["X-Twin-Revision"] == str(found["revision"])
    assert (found["question"]["service"], found["question"]["link_types"]) == ("power", ["CONDUCTS"])
    assert found["proof"]["proved"] is True


def test_a_limit_in_time_tells_what_it_left_open(client: TestClient) -> None:
    body = {"from": PLANT, "to": FAR, "k": 2, "disjoint": "risk", "over": ["all"], "time_limit_s": 1e-9}
    response = post(client, **body)
    assert response.status_code == 200, response.text
    PathsAnswer.model_validate_json(response.content, strict=True)
    found = response.json()
    assert (found["proof"]["proved"], found["proof"]["reached"]) == (False, "time")
    assert found["certificate"]["kind"] == "limit"
    assert "not proved best" in found["certificate"]["says"]
    whole = post(client, **{**body, "time_limit_s": 60}).json()
    assert whole["proof"]["proved"] is True
    assert whole["question"]["time_limit_s"] == 60


def test_a_shared_risk_and_a_hazard(client: TestClient) -> None:
    ring = [[13.39, 52.49], [13.41, 52.49], [13.41, 52.51], [13.39, 52.51], [13.39, 52.49]]
    area = {"type": "Polygon", "coordinates": [ring]}
    response = post(client, **{"from": PLANT, "to": FAR, "k": 2, "disjoint": "risk", "hazards": [area]})
    assert response.status_code == 200, response.text
    PathsAnswer.model_validate_json(response.content, strict=True)
    assert response.json()["certificate"]["kind"] == "shared_risk"
    assert any("hazard 1" in note for note in response.json()["notes"])


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"from": PLANT, "to": PLANT}, 400, "both ends"),
        ({"from": PLANT, "to": "demo:ups"}, 404, "demo:ups"),
        ({"from": PLANT, "to": UPS, "k": 0}, 422, "k"),
        ({"from": PLANT, "to": UPS, "k": 51}, 422, "k"),
        ({"from": PLANT, "to": UPS, "time_limit_s": 0}, 422, "time_limit_s"),
        ({"from": PLANT, "to": UPS, "time_limit_s": 61}, 422, "time_limit_s"),
        ({"from": PLANT, "to": UPS, "disjoint": "foo"}, 422, "disjoint"),
        ({"from": PLANT, "to": UPS, "k": 9, "disjoint": "risk"}, 413, "at most 8"),
        ({"from": PLANT, "to": UPS, "over": ["powr"]}, 400, "Did you mean power"),
        ({"from": PLANT, "to": UPS, "domains": ["enrgy"]}, 400, "enrgy"),
        ({"from": PLANT, "to": UPS, "hazards": [{"type": "Point"}], "disjoint": "risk"}, 400, "GeoJSON"),
        ({"from": PLANT}, 422, "to"),
        ({"from": PLANT, "to": UPS, "by": "km"}, 422, "by"),
    ],
)
def test_bad_questions_are_problems(client: TestClient, body: dict[str, Any], status: int, word: str) -> None:
    response = client.post("/paths", json=body)
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert word in response.text


def test_a_mesh(client: TestClient) -> None:
    response = client.get("/meshes/power")
    assert response.status_code == 200, response.text
    MeshAnswer.model_validate_json(response.content, strict=True)
    found = response.json()
    assert {entry["id"] for entry in found["cuts"]} == {LINE, "demo:island line"}
    assert found["islands_total"] == len(found["islands"]) == 2
    assert found["total"] == 2
    assert client.get("/meshes/power", headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    first = client.get("/meshes/power?limit=1").json()
    second = client.get(first["next"]).json()
    assert [*first["cuts"], *second["cuts"]] == found["cuts"]
    wrong = client.get("/meshes/powr")
    assert wrong.status_code == 400
    assert "Did you mean power" in wrong.json()["detail"]


def test_dominators(client: TestClient) -> None:
    response = client.get("/dominators")
    assert response.status_code == 200, response.text
    DominatorPage.model_validate_json(response.content, strict=True)
    found = response.json()
    assert found["items"][0]["id"] == PLANT
    assert found["total"] == len(found["items"])
    assert client.get("/dominators?service=nope").status_code == 400
