"""Stitching over HTTP: the rules of a manifest through the plan of an import."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from starlette.testclient import TestClient

from api.app import create_app
from tests.api.conftest import WIPE, load_system
from tests.api.test_fuzz import CHECKS
from tests.api.test_jobs import finished
from twin.schema import Schema
from twin.service import Twin
from twin.store import Store

pytestmark = [
    pytest.mark.store,
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]
ISLAND = "demo:island-1"
NEAREST: dict[str, Any] = {
    "name": "spare-feed", "rule": "nearest", "link": "CONDUCTS", "from": {"kind": "power_line"},
    "to": {"kind": "bus", "where": {"name": "Spare bus"}},
}  # fmt: skip


@pytest.fixture(scope="module")
def client(
    neo4j_store: Store, driver: neo4j.Driver, schema: Schema, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A small system of its own: rules write."""
    folder = tmp_path_factory.mktemp("stitch")
    driver.execute_query(WIPE, database_="neo4j")
    twin = Twin(neo4j_store, schema, folder / "home")
    load_system(twin, folder)
    with TestClient(create_app(twin), raise_server_exceptions=False) as opened:
        yield opened


def stitch(client: TestClient, *rules: dict[str, Any], **more: Any) -> Any:
    return client.post("/stitch", json={"rules": list(rules), **more})


def neighbours(client: TestClient, asset: str, direction: str = "dependencies") -> set[str]:
    answer = client.get(f"/assets/{asset}/{direction}?depth=1")
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json()["items"]}


def test_a_rule_is_planned_run_run_again_and_taken_back(client: TestClient) -> None:
    table = {"name": "by-hand", "rule": "table", "link": "POWERS", "from": {"kind": "bus"}, "to": {"kind": "ups"},
             "pairs": [["demo:bus/220", "demo:ups-1"]]}  # fmt: skip
    before = client.get("/health").json()["store"]["revision"]
    planned = stitch(client, table, dry_run=True)
    assert (planned.status_code, planned.json()["status"]) == (200, "planned"), planned.text
    assert "demo:bus/220" not in neighbours(client, "demo:ups-1")
    made = stitch(client, table)
    assert (made.status_code, made.json()["status"], made.json()["revision"]) == (200, "applied", before + 1)
    assert "demo:bus/220" in neighbours(client, "demo:ups-1")
    assert stitch(client, table).json()["status"] == "unchanged"
    other = {**table, "pairs": [["demo:island-1", "demo:ups-1"]]}
    assert stitch(client, other).json()["status"] == "applied"
    assert neighbours(client, "demo:ups-1") >= {ISLAND}
    assert "demo:bus/220" not in neighbours(client, "demo:ups-1")  # a rule replaces its own links
    assert client.post("/undo").status_code == 200
    assert "demo:bus/220" in neighbours(client, "demo:ups-1")


def test_nearest(client: TestClient) -> None:
    made = stitch(client, NEAREST)
    assert made.json()["status"] == "applied", made.text
    assert "demo:line 1" in neighbours(client, "demo:spare", "dependents") | neighbours(client, "demo:spare")


def test_rules_run_as_a_job(client: TestClient) -> None:
    table = {"name": "later", "rule": "table", "link": "POWERS", "from": {"kind": "bus"}, "to": {"kind": "ups"},
             "pairs": [["demo:island-2", "demo:ups-1"]]}  # fmt: skip
    later = {"Prefer": "wait=5, Respond-Async"}
    before = client.get("/health").json()["store"]["revision"]
    for dry, status, revision in ((True, "planned", before), (False, "applied", before + 1)):
        started = client.post("/stitch", json={"rules": [table], "dry_run": dry}, headers=later)
        assert (started.status_code, started.headers["Preference-Applied"]) == (202, "respond-async"), started.text
        assert started.headers["Location"] == f"/jobs/{started.json()['id']}"
        job = finished(client, started.json()["id"])
        assert (job["kind"], job["state"], job["rules"], job["dry_run"]) == ("stitch", "done", ["later"], dry), job
        assert (job["report"]["status"], job["report"]["revision"]) == (status, revision)
        assert client.get("/health").json()["store"]["revision"] == revision
    assert "demo:island-2" in neighbours(client, "demo:ups-1")
    assert client.get(f"/imports/{job['report']['run']}/report").json()["plan"] == job["report"]["plan"]
    assert client.get(f"/imports/{job['report']['run']}/rejects").status_code == 404
    assert client.post("/stitch", json={"rules": [{**table, "rule": "key"}]}, headers=later).status_code == 400
    missing = {**table, "link": "NOTHING"}
    failed = finished(client, client.post("/stitch", json={"rules": [missing]}, headers=later).json()["id"])
    assert (failed["state"], failed["error"]["code"]) == ("failed", "manifest_invalid")
    assert client.post("/stitch", json={"rules": [table]}, headers={"Prefer": "return=minimal"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"rule": "key"}, 400, "invalid_parameter"),
        ({"rule": "table"}, 400, "invalid_parameter"),
        ({"pairs": [["a", "b"]]}, 400, "invalid_parameter"),
        ({"need": "some"}, 400, "invalid_parameter"),
        ({"path": "/etc/passwd"}, 422, "invalid_body"),
        ({"rule": "guess"}, 422, "invalid_body"),
        ({"k": 0}, 422, "invalid_body"),
        ({"name": "../x"}, 422, "invalid_body"),
        ({"link": "NOTHING"}, 422, "manifest_invalid"),
        ({"from": {"kind": "nothing"}}, 422, "manifest_invalid"),
    ],
)
def test_rules_that_make_no_sense_are_told(client: TestClient, change: dict[str, Any], status: int, code: str) -> None:
    answer = stitch(client, {**NEAREST, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert Path("/etc/passwd").read_text(encoding="utf-8")[:20] not in answer.text


def test_two_rules_of_one_name_are_told(client: TestClient) -> None:
    assert stitch(client, NEAREST, NEAREST).json()["code"] == "invalid_parameter"


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_no_rule_breaks_it(client: TestClient, mode: GenerationMode) -> None:
    operations = schemathesis.openapi.from_asgi("/openapi.json", client.app)

    @settings(max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operations["/stitch"]["POST"].as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    run()
