"""Who may keep, start, send and watch what, where there are keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.security import Access, Keyring, Role
from twin.service import Twin

pytestmark = pytest.mark.store

NAMES = {"reader": Role.read, "planner": Role.write, "other": Role.write, "boss": Role.admin}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Keyring, dict[str, dict[str, str]]]:
    """A keyring, and the headers of each key."""
    ring = Keyring(tmp_path_factory.mktemp("keys") / "api-keys.json")
    made = {name: {"Authorization": f"Bearer {ring.add(name, role)}"} for name, role in NAMES.items()}
    return ring, made


@pytest.fixture(scope="module")
def guarded(twin: Twin, keys: tuple[Keyring, dict[str, dict[str, str]]]) -> Iterator[TestClient]:
    """A client of an app with keys."""
    app: FastAPI = create_app(twin, access=Access(keys[0]))
    with TestClient(app) as client:
        yield client


@pytest.fixture(scope="module")
def headers(keys: tuple[Keyring, dict[str, dict[str, str]]]) -> dict[str, dict[str, str]]:
    """Name of a key -> its headers."""
    return keys[1]


RESULT = {"name": "x", "question": "impact", "asked": {"failed": ["demo:bus/220"]}}
EVENT = {"name": "x", "event": {"failed": ["demo:bus/220"]}}
WATCH = {"question": "dependencies", "asked": {"id": "demo:ups-1"}}


@pytest.mark.parametrize(
    ("path", "body"),
    [("/results", RESULT), ("/events", EVENT), ("/jobs", RESULT), ("/subscriptions", WATCH), ("/uploads", None)],
)
def test_readers_keep_and_start_nothing(
    guarded: TestClient, headers: dict[str, dict[str, str]], path: str, body: object
) -> None:  # fmt: skip
    assert guarded.post(path, json=body).status_code == 401
    refused = guarded.post(path, json=body, headers=headers["reader"])
    assert (refused.status_code, refused.json()["needs"]) == (403, "write")
    assert guarded.get(path, headers=headers["reader"]).status_code == 200


def test_what_is_kept_says_by_whom_and_is_read_by_all(guarded: TestClient, headers: dict[str, dict[str, str]]) -> None:
    made = guarded.post("/results", json=RESULT, headers=headers["planner"]).json()
    read = guarded.get(f"/results/{made['id']}", headers=headers["reader"]).json()
    assert read["made_by"] == "planner"
    for refused in (
        guarded.delete(f"/results/{made['id']}", headers=headers["reader"]),
        guarded.patch(f"/results/{made['id']}", json={"name": "y"}, headers=headers["reader"]),
        guarded.post(f"/results/{made['id']}/refresh", headers=headers["reader"]),
    ):
        assert refused.status_code == 403
    assert guarded.delete(f"/results/{made['id']}", headers=headers["other"]).status_code == 200


def test_subscriptions_are_their_makers(guarded: TestClient, headers: dict[str, dict[str, str]]) -> None:
    made = guarded.post("/subscriptions", json=WATCH, headers=headers["planner"]).json()
    path = f"/subscriptions/{made['id']}"
    seen = {name: guarded.get(path, headers=headers[name]).status_code for name in NAMES}
    assert seen == {"reader": 404, "planner": 200, "other": 404, "boss": 200}
    listed = {name: guarded.get("/subscriptions", headers=headers[name]).json()["total"] for name in NAMES}
    assert listed == {"reader": 0, "planner": 1, "other": 0, "boss": 1}
    assert guarded.get(f"{path}/events", headers=headers["other"]).status_code == 404
    assert guarded.delete(path, headers=headers["other"]).status_code == 404
    assert guarded.delete(path, headers=headers["boss"]).status_code == 200
