"""Jobs: the same answers as the routes, progress as it happens, cancelling that ends the work, and restarts."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api import questions
from api.app import create_app
from api.deps import view_of
from api.jobs import Cancelled, Outcome, Pool, Ticket
from api.library import Database
from api.limits import Limits
from api.operations import Metrics
from api.questions import QUESTIONS
from tests.api.served import events, served, timeless, until
from twin.errors import InvalidParameter, NotFound, Overloaded
from twin.service import Twin

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
def live(twin: Twin) -> Iterator[httpx.Client]:
    """A client of a real server."""
    with served(create_app(twin)) as client:
        yield client


def finished(client: Any, id: str) -> dict[str, Any]:
    """The job once it is over."""
    found: dict[str, Any] = until(
        lambda: (job := client.get(f"/jobs/{id}").json())["state"] in ("done", "failed", "cancelled") and job
    )
    return found


def asked_of(ids: list[str]) -> dict[str, dict[str, Any]]:
    """Something to ask of every question."""
    event = {"failed": [ids[0]]}
    whole = ("criticality", "cold-start", "deadlocks", "mesh", "dominators", "findings")
    one = ("single-points-of-failure", "cut-sets", "dependencies", "dependents")
    return {
        **dict.fromkeys(("impact", "timeline", "exposed"), event),
        **{name: {} for name in whole},
        **{name: {"id": ids[0]} for name in one},
        "explain": {**event, "id": ids[1]},
        "compare": {"a": event, "b": {"failed": [ids[1]]}},
        "screen": {"random": {"count": 20, "probability": 0.1}},
        "paths": {"from": ids[0], "to": ids[1]},
    }


def test_every_question_can_be_asked_as_a_job(client: TestClient, ids: list[str]) -> None:
    asked = asked_of(ids)
    assert set(asked) == set(QUESTIONS)
    for name, body in asked.items():
        started = client.post("/jobs", json={"question": name, "asked": body})
        assert started.status_code == 202, started.text
        assert started.headers["Location"] == f"/jobs/{started.json()['id']}"
        assert started.headers["Retry-After"]
        job = finished(client, started.json()["id"])
        assert job["state"] == "done", job
        answer = client.get(f"/results/{job['result']}").json()["answer"]
        if client.app.openapi()["paths"].get(f"/{name}", {}).get("post"):  # type: ignore[attr-defined]
            assert timeless(answer) == timeless(client.post(f"/{name}", json=body).json()), name


def test_questions_asked_by_get_answer_the_same(client: TestClient, ids: list[str]) -> None:
    def kept(name: str, asked: dict[str, Any]) -> dict[str, Any]:
        made = client.post("/results", json={"name": name, "question": name, "asked": asked}).json()
        answer: dict[str, Any] = made["answer"]
        return answer

    pages = {"next", "cursor"}
    for name in ("criticality", "cold-start", "deadlocks", "mesh", "dominators", "findings"):
        whole = client.get(f"/{name}" if name != "mesh" else "/meshes/power").json()
        assert timeless(kept(name, {})) == timeless({key: whole[key] for key in whole.keys() - pages}), name
    for name in ("single-points-of-failure", "dependencies", "dependents"):
        whole = client.get(f"/assets/{ids[0]}/{name}").json()
        made = kept(name, {"id": ids[0]})
        assert timeless(made) == timeless({key: whole[key] for key in whole.keys() - pages}), name


def test_a_job_that_cannot_be_answered_says_why(client: TestClient) -> None:
    started = client.post("/jobs", json={"question": "impact", "asked": {"failed": ["demo:nothing"]}}).json()
    job = finished(client, started["id"])
    assert (job["state"], job["error"]["code"], job["result"]) == ("failed", "unknown_asset", None)
    refused = client.post("/jobs", json={"question": "impact", "asked": {"lost": ["a"]}})
    assert refused.status_code == 422
    assert client.post("/jobs", json={"question": "wisdom", "asked": {}}).status_code == 422
    assert client.get("/jobs/none").status_code == client.delete("/jobs/none").status_code == 404
    assert client.get("/jobs/none/events").status_code == 404


def test_progress_comes_as_it_happens(live: httpx.Client, ids: list[str]) -> None:
    body = {"question": "screen", "asked": {"random": {"count": 2000, "probability": 0.2}}, "name": "storms"}
    id = live.post("/jobs", json=body).json()["id"]
    with live.stream("GET", f"/jobs/{id}/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        seen = list(events(response.iter_lines()))
    places = [place for place, _, _ in seen]
    assert places == sorted(set(places))
    assert [name for _, name, _ in seen[:-1]] == ["progress"] * (len(seen) - 1)
    last = seen[-1]
    assert (last[1], last[2]["state"]) == ("done", "done")
    assert live.get(f"/results/{last[2]['result']}").json()["name"] == "storms"
    again = {"Last-Event-ID": str(places[-2] if len(places) > 1 else 0)}
    with live.stream("GET", f"/jobs/{id}/events", headers=again) as response:
        assert [event[0] for event in events(response.iter_lines())] == [places[-1]]
    assert live.get(f"/jobs/{id}/events", headers={"Last-Event-ID": str(places[-1])}).status_code == 204
    assert live.get(f"/jobs/{id}/events", headers={"Last-Event-ID": "x"}).status_code == 400
    assert live.head(f"/jobs/{id}/events").status_code == 200


def test_cancelling_ends_the_work(live: httpx.Client) -> None:
    body = {
        "question": "screen",
        "asked": {"random": {"count": 10_000, "probability": 0.5}, "timeline": True},
    }
    id = live.post("/jobs", json=body).json()["id"]
    until(lambda: live.get(f"/jobs/{id}").json()["done"] > 0)
    ended = live.delete(f"/jobs/{id}")
    assert ended.status_code in (200, 202)
    job = finished(live, id)
    assert (job["state"], job["result"]) == ("cancelled", None)
    assert 0 < job["done"] < 10_000
    assert live.delete(f"/jobs/{id}").json()["state"] == "cancelled"


SECOND = [
    {"op": "add", "id": "demo:plant-2", "kind": "power_plant"},
    {"op": "link", "from": "demo:plant-2", "type": "POWERS", "to": "demo:ups-1"},
]


RING = [
    *({"op": "add", "id": f"demo:{name}", "kind": "circuit"} for name in "ab"),
    {"op": "link", "from": "demo:a", "type": "SERVES", "to": "demo:b"},
    {"op": "link", "from": "demo:b", "type": "SERVES", "to": "demo:a"},
]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("screen", {"random": {"count": 20, "probability": 0.1}}),
        ("criticality", {}),
        ("exposed", {"failed": ["demo:line 1"], "what_if": SECOND}),
        ("single-points-of-failure", {"id": "demo:srv#1", "timeline": True}),
        ("deadlocks", {"what_if": RING}),
        ("paths", {"from": "demo:plant", "to": "demo:bus/110", "k": 3}),
    ],
)
def test_each_long_question_has_a_place_to_end(
    app: FastAPI, twin: Twin, question: str, asked: dict[str, Any]
) -> None:  # fmt: skip
    def end(done: int, total: int) -> None:
        raise Cancelled

    view, read = view_of(twin, app.state.library), questions.read(question, asked)
    with pytest.raises(Cancelled):
        questions.ask(question, read, view, Limits(), questions.Effort(True, end))


class Blocked:
    """Work that goes on until it is let go, or ended."""

    def __init__(self) -> None:
        self.running, self.let_go, self.ended = threading.Event(), threading.Event(), threading.Event()

    def __call__(self, ticket: Ticket) -> Outcome:
        self.running.set()
        try:
            while not self.let_go.wait(0.01):
                ticket.tell("waiting", 0, None)
        except Cancelled:
            self.ended.set()
            raise
        return Outcome(report={"fine": True})


def test_the_queue_has_an_end_and_waits_its_turn(tmp_path: Path) -> None:
    pool = Pool(Database(tmp_path / "library.sqlite"), workers=1, waiting=2)
    works = [Blocked() for _ in range(3)]
    ids = [pool.submit("check", {"upload": str(n)}, work).id for n, work in enumerate(works)]
    works[0].running.wait(10)
    with pytest.raises(Overloaded):
        pool.submit("check", {}, Blocked())
    assert [pool.shelf.job(id).state for id in ids] == ["running", "queued", "queued"]
    assert pool.cancel(ids[1]).state == "cancelled"
    works[0].let_go.set()
    works[2].running.wait(10)
    assert not works[1].running.is_set()
    works[2].let_go.set()
    until(lambda: pool.shelf.job(ids[2]).over)
    assert [pool.shelf.job(id).state for id in ids] == ["done", "cancelled", "done"]
    assert pool.shelf.job(ids[0]).report == {"fine": True}
    pool.close()


def test_a_stop_ends_what_runs_and_what_waits(tmp_path: Path) -> None:
    pool = Pool(Database(tmp_path / "library.sqlite"), workers=1)
    running, waiting = Blocked(), Blocked()
    ids = [pool.submit("check", {}, work).id for work in (running, waiting)]
    running.running.wait(10)
    pool.close()
    assert running.ended.is_set()
    assert not waiting.running.is_set()
    jobs = [pool.shelf.job(id) for id in ids]
    assert [(job.state, job.error and job.error["code"]) for job in jobs] == [("failed", "job_interrupted")] * 2
    with pytest.raises(Overloaded):
        pool.submit("check", {}, Blocked())


NAMES = ("twin_jobs", "twin_jobs_over_total")


def test_metrics_count_jobs_by_state(tmp_path: Path) -> None:
    pool, metrics = Pool(Database(tmp_path / "library.sqlite"), workers=1), Metrics()
    pool.measure(metrics)

    def told() -> dict[str, float]:
        families = text_string_to_metric_families(metrics.text("")[0].decode())
        every = [sample for family in families for sample in family.samples if sample.name in NAMES]
        return {sample.labels["state"]: sample.value for sample in every}

    def broken(ticket: Ticket) -> Outcome:
        raise InvalidParameter("no")

    assert told() == {"queued": 0, "running": 0, "done": 0, "failed": 0, "cancelled": 0}
    works = [Blocked() for _ in range(4)]
    ids = [pool.submit("check", {}, work).id for work in works[:3]]
    works[0].running.wait(10)
    assert told() == {"queued": 2, "running": 1, "done": 0, "failed": 0, "cancelled": 0}
    pool.cancel(ids[1])
    assert told()["queued"] == 1
    works[0].let_go.set()
    works[2].running.wait(10)
    pool.cancel(ids[2])
    pool.submit("check", {}, broken)
    until(lambda: told() == {"queued": 0, "running": 0, "done": 1, "failed": 1, "cancelled": 2})
    pool.close()


def test_a_fault_in_the_work_is_kept_without_its_details(tmp_path: Path) -> None:
    def broken(ticket: Ticket) -> Outcome:
        raise RuntimeError("secret words")

    pool = Pool(Database(tmp_path / "library.sqlite"))
    id = pool.submit("check", {}, broken).id
    until(lambda: pool.shelf.job(id).over)
    error = pool.shelf.job(id).error
    assert error is not None
    assert error["code"] == "internal_error"
    assert "secret" not in str(error)
    pool.close()


KILLED = """
import os, sys, threading, time
from pathlib import Path
from api.jobs import Outcome, Pool
from api.library import Database
from api.limits import Limits

pool = Pool(Database(Path(sys.argv[1])), workers=1)
started = threading.Event()

def work(ticket):
    ticket.tell("half way", 1, 2)
    started.set()
    time.sleep(60)
    return Outcome()

print(pool.submit("check", {}, work).id, pool.submit("check", {}, work).id)
started.wait()
sys.stdout.flush()
os._exit(9)
"""


def test_jobs_of_a_server_that_was_killed_have_failed(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path)], capture_output=True, text=True, check=False)
    assert killed.returncode == 9, killed.stderr
    pool = Pool(Database(path))
    states = {job.id: (job.state, job.error and job.error["code"]) for job in pool.shelf.jobs()}
    assert states == dict.fromkeys(killed.stdout.split(), ("failed", "job_interrupted"))
    pool.close()


def test_old_jobs_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.jobs.shelf.KEPT", 3)
    pool = Pool(Database(tmp_path / "library.sqlite"))
    ids = []
    for _ in range(6):
        ids.append(pool.submit("check", {}, lambda ticket: Outcome()).id)
        until(lambda: pool.shelf.job(ids[-1]).over)
    assert len(pool.shelf.jobs()) <= 4
    with pytest.raises(NotFound):
        pool.shelf.job(ids[0])
    pool.close()


def test_the_list_shows_the_newest_first(client: TestClient, app: FastAPI) -> None:
    rows = client.get("/jobs", params={"limit": 2}).json()
    assert len(rows["items"]) == 2
    assert rows["total"] > 2
    more = client.get(rows["next"]).json()
    assert not {row["id"] for row in rows["items"]} & {row["id"] for row in more["items"]}


def test_open_streams_end_with_the_server(twin: Twin) -> None:
    with served(create_app(twin)) as client:
        asked = {"question": "screen", "asked": {"random": {"count": 10_000, "probability": 0.5}, "timeline": True}}
        id = client.post("/jobs", json=asked).json()["id"]
        stream = client.stream("GET", f"/jobs/{id}/events")
        response = stream.__enter__()
        assert next(events(response.iter_lines()))[1] == "progress"
    with TestClient(create_app(twin)) as later:
        job = later.get(f"/jobs/{id}").json()
    assert (job["state"], job["error"]["code"]) == ("failed", "job_interrupted")
