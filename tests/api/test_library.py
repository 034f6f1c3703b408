"""Saved events and results: kept under a name, found again by link, asked again; also by another process."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.library import Library
from api.library.database import VERSION
from api.library.results import KEPT_UNNAMED
from tests.api.served import timeless
from twin.errors import LibraryUnavailable, NotFound
from twin.service import Twin

pytestmark = pytest.mark.store

FAILED = {"failed": ["demo:bus/220"]}


@pytest.fixture(scope="module")
def failing(ids: list[str]) -> dict[str, Any]:
    """An event in the small system."""
    return {"failed": [ids[0]]}


@pytest.fixture
def kept(client: TestClient, failing: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A saved result, removed afterwards."""
    made = client.post("/results", json={"name": "one", "question": "impact", "asked": failing})
    assert made.status_code == 201, made.text
    yield made.json()
    client.delete(f"/results/{made.json()['id']}")


def test_a_result_is_kept_and_found_by_its_link(client: TestClient, kept: dict[str, Any], failing: Any) -> None:
    found = client.get(f"/results/{kept['id']}").json()
    assert found == kept
    assert timeless(found["answer"]) == timeless(client.post("/impact", json=failing).json())
    assert found["asked"] == failing
    assert (found["stale"], found["current_revision"]) == (False, found["revision"])
    rows = client.get("/results").json()
    assert [row["id"] for row in rows["items"]] == [kept["id"]]
    assert "answer" not in rows["items"][0]


def test_names_and_notes_change(client: TestClient, kept: dict[str, Any]) -> None:
    changed = client.patch(f"/results/{kept['id']}", json={"note": "seen by the operator"}).json()
    assert (changed["name"], changed["note"]) == ("one", "seen by the operator")
    assert client.patch(f"/results/{kept['id']}", json={"name": "two"}).json()["name"] == "two"
    half = client.patch(
        f"/results/{kept['id']}", content=rb'{"name": "\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert half.status_code == 422


def test_what_is_removed_is_gone(client: TestClient, failing: dict[str, Any]) -> None:
    made = client.post("/results", json={"name": "x", "question": "impact", "asked": failing}).json()
    assert client.delete(f"/results/{made['id']}").json() == {"id": made["id"], "removed": True}
    for response in (
        client.get(f"/results/{made['id']}"),
        client.delete(f"/results/{made['id']}"),
        client.post(f"/results/{made['id']}/refresh"),
        client.patch(f"/results/{made['id']}", json={"name": "y"}),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_a_question_that_does_not_fit_names_the_place(client: TestClient) -> None:
    asked = {"failed": ["a"], "horizon": "8h"}
    response = client.post("/results", json={"name": "x", "question": "impact", "asked": asked})
    assert response.status_code == 422
    assert [error["name"] for error in response.json()["errors"]] == ["asked.horizon"]
    assert "it takes failed, where, hazard, saved_event," in response.json()["detail"]
    mesh = client.post("/results", json={"name": "x", "question": "mesh", "asked": {"name": "power"}})
    assert mesh.json()["detail"] == "asked.name: this is not known here; it takes mesh, limit, what_if"
    huge = {"name": "x", "question": "impact", "asked": {"failed": ["a"], "buffer_m": 10**30}}
    assert client.post("/results", json=huge).status_code == 422


def test_events_are_kept_and_asked_about_by_id(client: TestClient, failing: dict[str, Any]) -> None:
    saved = client.post("/events", json={"name": "loss", "note": "n", "event": failing})
    assert saved.status_code == 201
    id = saved.json()["id"]
    assert saved.headers["Location"] == f"/events/{id}"
    direct, by_id = (client.post("/impact", json=body).json() for body in (failing, {"saved_event": id}))
    assert timeless(by_id) == timeless(direct)
    both = client.post("/compare", json={"a": {"saved_event": id}, "b": failing}).json()
    assert both["revision"] == direct["revision"]
    assert client.get(f"/events/{id}").json() == saved.json()
    assert client.patch(f"/events/{id}", json={"name": "other"}).json()["name"] == "other"
    assert client.get("/events").json()["total"] == 1
    twice = client.post("/impact", json={"saved_event": id, **failing})
    assert twice.status_code == 422
    nested = client.post("/events", json={"name": "loss", "event": {"saved_event": id}})
    assert nested.status_code == 422
    assert client.delete(f"/events/{id}").status_code == 200
    gone = client.post("/impact", json={"saved_event": id})
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


def test_pages_come_newest_first_and_do_not_slip(client: TestClient, failing: dict[str, Any]) -> None:
    made = [client.post("/events", json={"name": f"e{n}", "event": failing}).json() for n in range(5)]
    first = client.get("/events", params={"limit": 2}).json()
    assert [row["name"] for row in first["items"]] == ["e4", "e3"]
    client.post("/events", json={"name": "newer", "event": failing})
    second = client.get(first["next"]).json()
    assert [row["name"] for row in second["items"]] == ["e2", "e1"]
    last = client.get(second["next"]).json()
    assert ([row["name"] for row in last["items"]], last["next"]) == (["e0"], None)
    for row in [*made, client.get("/events").json()["items"][0]]:
        client.delete(f"/events/{row['id']}")


def test_a_refresh_asks_the_twin_as_it_is_now(twin: Twin, client: TestClient, kept: dict[str, Any]) -> None:
    twin.edit([{"op": "set", "id": kept["asked"]["failed"][0], "properties": {"voltage_kv": 221}}])
    moved = client.get(f"/results/{kept['id']}").json()
    assert (moved["stale"], moved["revision"]) == (True, kept["revision"])
    assert moved["current_revision"] > kept["revision"]
    assert moved["answer"] == kept["answer"]
    fresh = client.post(f"/results/{kept['id']}/refresh").json()
    assert (fresh["stale"], fresh["revision"]) == (False, moved["current_revision"])
    assert fresh["id"] == kept["id"]
    twin.undo()


def test_results_without_a_name_make_room(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.sqlite")
    answer = {"revision": 3}
    named = library.keep_result("impact", FAILED, answer, store_id="s", name="stays")
    ids = [library.keep_result("impact", FAILED, answer, store_id="s").id for _ in range(KEPT_UNNAMED + 2)]
    kept = [saved.id for saved in library.results()]
    assert kept == [*ids[:1:-1], named.id]
    with pytest.raises(NotFound):
        library.result(ids[0])
    library.close()


WRITER = """
import sys
from pathlib import Path
from api.library import Library

library = Library(Path(sys.argv[1]))
for number in range(20):
    library.keep_result("impact", {"failed": ["a"]}, {"revision": number}, store_id="s", name=f"r{number}")
library.close()
"""


def test_several_processes_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "home" / "library.sqlite"
    workers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path)]) for _ in range(3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    library = Library(path)
    assert library.count_results() == 60
    assert path.stat().st_mode & 0o077 == 0
    library.close()


def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    made = sqlite3.connect(path)
    made.executescript(
        f"CREATE TABLE events (id); INSERT INTO events VALUES ('later'); PRAGMA user_version = {VERSION + 1}"
    )
    made.close()
    with pytest.raises(LibraryUnavailable, match="version"):
        Library(path).results()
    made = sqlite3.connect(path)
    assert made.execute("SELECT id FROM events").fetchall() == [("later",)]
    assert made.execute("PRAGMA user_version").fetchone()[0] == VERSION + 1
    made.close()


def test_a_broken_library_breaks_no_question(twin: Twin, failing: dict[str, Any], tmp_path: Path) -> None:
    app = create_app(twin)
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    app.state.library = Library(path)
    with TestClient(app) as client:
        assert client.post("/impact", json=failing).status_code == 200
        response = client.get("/results")
        assert (response.status_code, response.json()["code"]) == (503, "library_unavailable")
        assert response.headers["Retry-After"]
