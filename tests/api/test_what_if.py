"""What-ifs over the real app and a real Neo4j: questions about the twin as it would be; nothing is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from twin.ingest.edits.what_if import MAX_WHAT_IF, what_if
from twin.service import Twin

pytestmark = pytest.mark.store

PLANT, BUS, FAR, LINE = "demo:plant", "demo:bus/220", "demo:bus/110", "demo:line 1"
GENSET = [
    {"op": "add", "id": "genset", "kind": "genset", "lon": 13.4, "lat": 52.5},
    {"op": "link", "from": "genset", "type": "POWERS", "to": FAR},
]
TOLD = f"What if: added manual:genset; linked manual:genset POWERS {FAR}. Nothing of this is written."


def lost(document: dict[str, Any]) -> set[str]:
    return {row["id"] for row in document["affected"] if row["verdict"] in ("failed", "down")}


def test_impact_as_it_would_be(client: TestClient, twin: Twin) -> None:
    before = twin.snapshot().revision
    plain = client.post("/impact", json={"failed": [LINE]}).json()
    answer = client.post("/impact", json={"failed": [LINE], "what_if": GENSET})
    assert answer.status_code == 200, answer.text
    assert answer.json()["notice"] == TOLD
    over = what_if(twin.snapshot(), GENSET, twin.schema)[0]
    assert answer.json()["affected"] == over.impact([LINE]).to_dict()["affected"]
    assert lost(answer.json()) < lost(plain)
    assert client.post("/impact", json={"failed": [LINE]}).json()["affected"] == plain["affected"]
    assert client.get("/assets/manual:genset").status_code == 404
    assert twin.current()[0].revision == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/timeline", {"failed": [LINE]}),
        ("/explain", {"id": "demo:ups-1", "failed": [LINE]}),
        ("/compare", {"a": {"failed": [LINE]}, "b": {"failed": [BUS]}}),
        ("/exposed", {"failed": [LINE], "timeline": True, "horizon_s": "8h"}),
        ("/screen", {"scenarios": {"x": [LINE]}}),
        ("/paths", {"from": PLANT, "to": FAR}),
        ("/cut-sets", {"id": FAR}),
    ],
)
def test_every_question_with_a_body_takes_them(client: TestClient, path: str, body: dict[str, Any]) -> None:
    answer = client.post(path, json={**body, "what_if": GENSET})
    assert answer.status_code == 200, answer.text
    assert answer.json()["notice"] == TOLD
    assert client.post(path, json=body).json()["notice"] is None


@pytest.mark.parametrize(
    ("edits", "status", "code", "says"),
    [
        ([{"op": "delete", "id": "demo:bus/222"}], 404, "unknown_asset", "Did you mean demo:bus/220"),
        ([{"op": "link", "from": BUS, "type": "HOSTS", "to": FAR}], 400, "invalid_parameter", "HOSTS does not go"),
        ([{"op": "set", "id": BUS, "properties": {"voltage_kv": 3}}], 400, "invalid_parameter", "cannot set"),
        ([{"op": "melt", "id": BUS}], 422, "invalid_body", "what_if"),
        ([], 422, "invalid_body", "what_if"),
        ([{"op": "delete", "id": BUS}] * (MAX_WHAT_IF + 1), 413, "limit_exceeded", "what_if"),
    ],
)  # fmt: skip
def test_edits_that_make_no_sense_are_told(
    client: TestClient, edits: list[Any], status: int, code: str, says: str
) -> None:
    answer = client.post("/impact", json={"failed": [LINE], "what_if": edits})
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code
    assert says in answer.text


def test_dependents_by_service_and_domain(client: TestClient) -> None:
    def ids(query: str) -> list[str]:
        answer = client.get(f"/assets/{PLANT}/dependents?{query}")
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["items"]]

    whole, power = ids("limit=100"), ids("service=power")
    assert set(power) < set(whole)
    assert "demo:Übung?" in whole
    assert "demo:Übung?" not in power
    assert set(ids("service=power,hosting")) >= {*power, "demo:Übung?"}
    assert set(ids("through=energy")) == {BUS, FAR, LINE, "demo:ups-1"}
    for query in ("service=powr", "through=energi"):
        answer = client.get(f"/assets/{PLANT}/dependents?{query}")
        assert answer.status_code == 400
        assert "Did you mean" in answer.json()["detail"]


def test_questions_by_get_take_them_in_the_address(client: TestClient, twin: Twin) -> None:
    text, over = json.dumps(GENSET), what_if(twin.snapshot(), GENSET, twin.schema)[0]
    for path, key in (
        (f"/assets/{FAR}/dependencies", "items"), ("/assets/manual:genset/dependents", "items"),
        (f"/assets/{FAR}/single-points-of-failure", "down"), ("/criticality?weight=count", "items"),
        ("/cold-start", "rounds"), ("/deadlocks", "items"), ("/meshes/power", "cuts"), ("/dominators", "items"),
    ):  # fmt: skip
        answer = client.get(path, params={"what_if": text})
        assert answer.status_code == 200, f"{path} {answer.text}"
        assert answer.json()["notice"] == TOLD
        again = client.get(path, params={"what_if": text}, headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status_code == 304
        plain = client.get(path)
        assert (plain.status_code == 404) == ("genset" in path)
        assert plain.headers.get("ETag") != answer.headers["ETag"]
        if path == f"/assets/{FAR}/dependencies":
            assert [row["id"] for row in answer.json()[key]] == [row["id"] for row in over.dependencies(FAR)]
            assert "manual:genset" in answer.text
        if "single" in path:
            assert [row["id"] for row in answer.json()[key]] == [
                row["id"] for row in over.single_points_of_failure(FAR).down
            ]
            assert answer.json()[key] != plain.json()[key]


def test_pages_of_a_what_if_go_on_with_it(client: TestClient) -> None:
    first = client.get("/criticality", params={"what_if": json.dumps(GENSET), "limit": 3}).json()
    second = client.get(first["next"]).json()
    assert second["notice"] == TOLD
    assert not {row["id"] for row in first["items"]} & {row["id"] for row in second["items"]}
    other = client.get("/criticality", params={"cursor": first["cursor"], "limit": 3})
    assert (other.status_code, other.json()["code"]) == (400, "invalid_parameter")


@pytest.mark.parametrize(
    "text",
    ["", "x", "[]", "{}", "1", "[" * 5000, '[{"op":"melt"}]', '["x"]', "[1]"],
)
def test_an_address_with_something_else_is_told(client: TestClient, text: str) -> None:
    answer = client.get(f"/assets/{FAR}/dependencies", params={"what_if": text})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter"), answer.text
