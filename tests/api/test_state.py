"""What the API does when the state of the store changes under it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

import neo4j
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.errors import RETRY_AFTER_S
from api.limits import Limits
from tests.api.forward import Forwarder
from twin.schema import Schema
from twin.service import Twin
from twin.store import Endpoint, Store

pytestmark = pytest.mark.store
PLANT = "demo:plant"
#: Seconds within which the first to ask learns that the store is gone.
GONE_S = 5


Load = Callable[..., int]


@pytest.fixture
def begin_apply(driver: neo4j.Driver) -> Callable[[str], Any]:
    """Marks a run as being applied, as a large import does before its first batch."""
    mark = "MATCH (t:TwinState {id: 'twin'}) SET t.applying = $run"
    return lambda run: driver.execute_query(mark, run=run, database_="neo4j")


@pytest.fixture
def twin(store: Store, schema: Schema, tmp_path: Path) -> Twin:
    """An empty twin; the store belongs to the session."""
    return Twin(store, schema, tmp_path)


def test_an_empty_twin_says_what_to_do(twin: Twin) -> None:
    with TestClient(create_app(twin)) as client:
        for path in ("/assets", f"/assets/{PLANT}", f"/assets/{PLANT}/dependents", "/findings"):
            response = client.get(path)
            assert (response.status_code, response.json()["code"]) == (409, "empty_twin")
            assert "twin import" in response.json()["fix"]
        assert client.post("/impact", json={"failed": []}).status_code == 409
        assert client.get("/imports").json()["items"] == []
        assert client.get("/health").json()["ready"] is True
        assert client.get("/schema").status_code == 200


def test_a_new_revision_is_seen_without_a_restart(twin: Twin, load: Load, tmp_path: Path) -> None:
    with TestClient(create_app(twin)) as client:
        load(twin, tmp_path / "one")
        first = client.get("/assets")
        cursor = client.get(f"/assets/{PLANT}/dependents?limit=2").json()["cursor"]
        load(twin, tmp_path / "two", more_assets="late,bus,Late bus,13,52,,,\n")
        second = client.get("/assets", headers={"If-None-Match": first.headers["ETag"]})
        assert second.status_code == 200  # the old tag does not hold any more
        assert second.json()["revision"] == first.json()["revision"] + 1
        assert second.json()["total"] == first.json()["total"] + 1
        assert client.get("/health").json()["snapshot_revision"] == second.json()["revision"]
        stale = client.get(f"/assets/{PLANT}/dependents?limit=2&cursor={cursor}")
        assert (stale.status_code, stale.json()["code"]) == (400, "invalid_parameter")


def test_answers_say_that_an_import_is_being_applied(twin: Twin, load: Load, begin_apply: Any, tmp_path: Path) -> None:
    with TestClient(create_app(twin)) as client:
        load(twin, tmp_path / "one")
        before = client.get("/assets")
        begin_apply("run-x")
        during = client.get("/assets", headers={"If-None-Match": before.headers["ETag"]})
        assert during.status_code == 200
        assert "run-x" in during.json()["notice"]
        assert during.json()["revision"] == before.json()["revision"]
        assert "run-x" in client.post("/impact", json={"failed": [PLANT]}).json()["notice"]
        assert client.get("/health").json()["store"]["applying"] == "run-x"


def test_without_a_snapshot_of_the_published_state_it_waits(
    twin: Twin, store: Store, schema: Schema, load: Load, begin_apply: Any, tmp_path: Path
) -> None:
    load(twin, tmp_path / "one")
    begin_apply("run-x")
    other = Twin(store, schema, tmp_path / "another-process")
    with TestClient(create_app(other)) as client:
        response = client.get("/assets")
        assert (response.status_code, response.json()["code"]) == (503, "apply_in_progress")
        assert response.headers["Retry-After"]


def test_a_store_that_goes_away_and_comes_back(twin: Twin, endpoint: Endpoint, load: Load, tmp_path: Path) -> None:
    load(twin, tmp_path / "one")
    place = urlsplit(endpoint.uri)
    forward = Forwarder(place.hostname or "127.0.0.1", place.port or 7687)
    forward.open()
    remote = Twin.connect(
        f"bolt://127.0.0.1:{forward.port}", endpoint.user, endpoint.password, home=tmp_path / "remote"
    )
    with remote, TestClient(create_app(remote)) as client:
        assert client.get("/assets").status_code == 200
        forward.cut()
        begun = monotonic()
        _is_gone(client)
        assert monotonic() - begun < GONE_S  # not all of the driver's retries
        begun = monotonic()
        for _ in range(20):
            _is_gone(client)
        assert monotonic() - begun < RETRY_AFTER_S  # known to be down: nobody waits
        assert client.get("/health/live").status_code == 200
        forward.open()
        sleep(RETRY_AFTER_S)
        assert client.get("/assets").status_code == 200
        assert client.get("/health").json()["ready"] is True
    forward.cut()


def _is_gone(client: TestClient) -> None:
    response = client.get("/health")
    assert (response.status_code, response.json()["code"]) == (503, "store_unavailable")
    assert (response.json()["live"], response.json()["ready"]) == (True, False)
    assert response.headers["Retry-After"] == str(RETRY_AFTER_S)


def test_without_a_twin_the_settings_say_which_store(
    twin: Twin, twin_env: Path, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(twin, tmp_path / "one")
    monkeypatch.setenv("TWIN_PAGE_LIMIT", "7")
    with TestClient(create_app(), base_url="http://127.0.0.1") as client:
        assert client.get("/assets?limit=7").json()["total"] == 12
        assert client.get("/assets?limit=8").status_code == 400
    with TestClient(create_app(limits=Limits())) as client:
        assert client.get("/assets?limit=8").status_code == 200


def test_a_wrong_password_is_a_problem_not_a_crash(twin_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWIN_NEO4J_PASSWORD", "not the password")
    with TestClient(create_app(), base_url="http://127.0.0.1") as client:
        response = client.get("/assets")
        assert (response.status_code, response.json()["code"]) == (503, "store_auth_failed")
        assert "not the password" not in response.text
