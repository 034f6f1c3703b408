"""``Twin.connect("http://...")`` against the real app behind a real server: it answers what the store answers."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import shapely
from fastapi import FastAPI

from api.app import create_app
from api.limits import Limits
from api.security import Access, Keyring, Role
from tests.api.served import timeless
from tests.api.serving import served
from twin import Event, Hazard, Random, RemoteTwin, Twin
from twin.display import Answer
from twin.errors import (
    ApiAnswerInvalid,
    ApiUnavailable,
    Forbidden,
    InvalidParameter,
    LimitExceeded,
    Overloaded,
    Unauthenticated,
    UnknownAsset,
)
from twin.impact.cutsets import CutSets

pytestmark = pytest.mark.store

BOX = {
    "type": "Polygon",
    "coordinates": [[[13.35, 52.45], [13.5, 52.45], [13.5, 52.55], [13.35, 52.55], [13.35, 52.45]]],
}
SHED = [{"op": "set", "id": "demo:bus/110", "properties": {"status": "out_of_service"}}]


@pytest.fixture(scope="module")
def remote(app: FastAPI) -> Iterator[RemoteTwin]:
    with served(app) as url, Twin.connect(url) as opened:
        yield opened


Ask = Callable[[Any], Any]
QUESTIONS: dict[str, Ask] = {
    "revision": lambda t: t.revision,
    "assets": lambda t: t.assets(),
    "a page of assets": lambda t: t.assets(domain="energy", limit=3)[0],
    "find": lambda t: t.find("bus"),
    "find the first": lambda t: t.find(kind="bus", limit=2),
    "find in a box": lambda t: t.find(bbox=(13, 52, 14, 53)),
    "find nothing": lambda t: t.find("nowhere to be found"),
    "an id with a slash": lambda t: t.asset("demo:bus/220"),
    "an id with a hash": lambda t: t.asset("demo:srv#1"),
    "an id with umlaut and question mark": lambda t: t.asset("demo:Übung?"),
    "an id like a route": lambda t: t.asset("demo:rtu/dependencies"),
    "gates": lambda t: t.gates("demo:ups-1"),
    "dependencies": lambda t: t.dependencies("demo:Übung?"),
    "dependencies of an id like a route": lambda t: t.dependencies("demo:rtu/dependencies", 1),
    "dependencies, some": lambda t: t.dependencies(
        "demo:Übung?", 4, ["energy", "compute"], services=["power", "hosting"]
    ),
    "dependencies through": lambda t: t.dependencies("demo:srv#1", through=["energy"]),
    "dependents": lambda t: t.dependents("demo:plant"),
    "reach up": lambda t: t.reach(["demo:srv#1", "demo:island-2"], True),
    "reach down": lambda t: t.reach(["demo:bus/110"], False, services=["power"]),
    "impact": lambda t: t.impact(["demo:bus/220"]),
    "impact in time": lambda t: t.impact(["demo:bus/110"], horizon_s=600),
    "impact of a selection": lambda t: t.impact(Event(where="kind=bus and name~110")),
    "impact of a hazard": lambda t: t.impact(Event(hazard=Hazard.from_geojson(BOX))),
    "impact of a hazard and a selection": lambda t: t.impact(Event(where="kind=ups", hazard=Hazard.from_geojson(BOX))),
    "impact of one id as text": lambda t: t.impact("demo:plant"),
    "timeline": lambda t: t.timeline(["demo:bus/110"]),
    "explain": lambda t: t.explain("demo:Übung?", ["demo:bus/220"]),
    "compare": lambda t: t.compare(["demo:bus/220"], ["demo:ups-1"], horizon_s=60),
    "criticality": lambda t: t.criticality(),
    "criticality, the worst": lambda t: t.criticality("kind:bus", "energy", 2),
    "criticality, pairs": lambda t: t.criticality(pairs=True),
    "criticality in time": lambda t: t.criticality(timeline=True, horizon_s=3600.0),
    "single points": lambda t: t.single_points_of_failure("demo:srv#1"),
    "single points in time": lambda t: t.single_points_of_failure("demo:srv#1", timeline=True, horizon_s=60),
    "exposed": lambda t: t.exposed(["demo:line 1"]),
    "exposed in time": lambda t: t.exposed(["demo:island-1"], timeline=True, named=1),
    "screen": lambda t: t.screen({"one": ["demo:bus/110"], "two": ["demo:plant", "demo:island-1"]}, often=True),
    "screen at random": lambda t: t.screen(Random(7, 3, failures=2)),
    "screen by kind": lambda t: t.screen(Random(5, 3, {"bus": 0.5}), weight="kind:server"),
    "cut sets": lambda t: t.cut_sets("demo:srv#1", 2),
    "cut sets with chances": lambda t: t.cut_sets(
        "demo:srv#1", None, probabilities={"demo:plant": 0.1}, kind_probabilities={"bus": 0.01}, can_fail=["energy"]
    ),
    "paths": lambda t: t.paths("demo:plant", "demo:bus/110"),
    "no path": lambda t: t.paths("demo:plant", "demo:island-1", k=2, disjoint="edge", over=["power"]),
    "paths and hazards": lambda t: t.paths(
        "demo:plant", "demo:bus/110", disjoint="risk", hazards=[Hazard.from_geojson(BOX)]
    ),
    "mesh": lambda t: t.mesh("power"),
    "dominators": lambda t: t.dominators(),
    "cold start": lambda t: t.cold_start(),
    "deadlocks": lambda t: t.deadlocks(),
    "findings": lambda t: t.findings(),
    "completeness": lambda t: t.completeness(),
    "conflicts": lambda t: t.conflicts(),
    "provenance": lambda t: t.provenance("demo:bus/220"),
    "runs": lambda t: t.runs(),
    "edits, tried": lambda t: {**t.edit(SHED, dry_run=True).plan},
    "what if, impact": lambda t: t.what_if(SHED).impact(["demo:plant"]),
    "what if, single points": lambda t: t.what_if(SHED).single_points_of_failure("demo:rtu/dependencies"),
    "what if, criticality": lambda t: t.what_if(SHED).criticality(),
    "what if, dependents": lambda t: t.what_if([{"op": "delete", "id": "demo:ups-1"}]).dependents("demo:bus/110"),
}


def plain(answer: Any) -> Any:
    """An answer as plain data without what differs by the second, and what a hazard was before it was sent."""
    if isinstance(answer, tuple):
        return [plain(part) for part in answer]
    if isinstance(answer, CutSets):
        return timeless(answer.to_dict(10_000))
    found = timeless(answer.to_dict() if isinstance(answer, Answer) else answer)
    chosen = (found.get("event") or {}).get("chosen") if isinstance(found, dict) else None
    if chosen and chosen["hazard"]:
        chosen["hazard"] = {"hits": chosen["hazard"]["hits"]}
    return found


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_over_http_is_the_answer_of_the_store(twin: Twin, remote: RemoteTwin, name: str) -> None:
    here, there = QUESTIONS[name](twin), QUESTIONS[name](remote)
    assert type(there) is type(here)
    assert plain(there) == plain(here)
    if isinstance(here, Answer) and name != "runs":  # which are nowhere
        assert repr(there) == repr(here)
        a, b = here.to_geodataframe(), there.to_geodataframe()
        assert list(a.columns) == list(b.columns)
        assert [shape is None or shape.wkt for shape in a.geometry] == [
            shape is None or shape.wkt for shape in b.geometry
        ]


FAULTS: dict[str, tuple[Ask, type[Exception]]] = {
    "unknown": (lambda t: t.asset("demo:bus/221"), UnknownAsset),
    "unknown in a walk": (lambda t: t.dependencies("demo:bus/221"), UnknownAsset),
    "unknown in an event": (lambda t: t.impact(["demo:bus/221"]), UnknownAsset),
    "no asset is named": (lambda t: t.impact([]), InvalidParameter),
    "an unknown kind of measure": (lambda t: t.dominators("warmth"), InvalidParameter),
    "a selection that is none": (lambda t: t.impact(Event(where="kind =")), InvalidParameter),
    "an edit that is none": (lambda t: t.edit([{"op": "burn", "id": "demo:plant"}]), InvalidParameter),
    "an edit of nothing": (lambda t: t.what_if([{"op": "delete", "id": "demo:none"}]).cold_start(), UnknownAsset),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_refusal_over_http_is_the_error_of_the_store(twin: Twin, remote: RemoteTwin, name: str) -> None:
    ask, error = FAULTS[name]
    with pytest.raises(error) as here:
        ask(twin)
    with pytest.raises(error) as there:
        ask(remote)
    assert type(there.value) is type(here.value)
    if error is UnknownAsset:
        assert there.value.detail == here.value.detail
        assert "demo:bus/220" in there.value.detail or "demo:none" in there.value.detail


def test_an_unknown_asset_says_what_to_do(remote: RemoteTwin) -> None:
    with pytest.raises(UnknownAsset, match="Did you mean demo:bus/220") as caught:
        remote.asset("demo:bus/221")
    assert caught.value.extra == {"id": "demo:bus/221"}
    assert caught.value.fix.startswith("Search for it")


def test_lists_are_read_to_their_end(twin: Twin, remote: RemoteTwin) -> None:
    table, beside = remote._wire.whole("/assets", {}, page=5)
    assert table["id"].to_pylist() == [row["id"] for row in twin.find()]
    assert beside["total"] == table.num_rows == 12
    assert remote._wire.whole("/assets", {}, 7, page=5)[0].num_rows == 7
    first, cursor, total = remote.assets(limit=5)
    second, _, _ = remote.assets(limit=100, after=cursor)
    assert [*first, *second] == twin.find()
    assert total == 12


def test_a_what_if_over_http_lists_no_assets(remote: RemoteTwin) -> None:
    supposed = remote.what_if(SHED)
    for ask in (
        supposed.find,
        supposed.assets,
        lambda: supposed.asset("demo:plant"),
        lambda: supposed.gates("demo:plant"),
    ):
        with pytest.raises(InvalidParameter, match="as it is"):
            ask()


def test_places_are_asked_for_once_per_revision(twin: Twin, remote: RemoteTwin) -> None:
    ids = [row["id"] for row in twin.find()] * 2 + ["demo:nowhere"]
    for _ in range(2):
        there = remote.where.shapes([*ids, *(f"demo:none-{n}" for n in range(20))])
        here = twin.where.shapes(ids)
        assert [None if s is None else shapely.to_wkt(s) for s in there[: len(ids)]] == [
            None if s is None else shapely.to_wkt(s) for s in here
        ]
        assert set(there[len(ids) - 1 :]) == {None}


def test_rows_become_a_layer(twin: Twin, remote: RemoteTwin) -> None:
    result = remote.impact(["demo:bus/220"])
    a, b = twin.to_geodataframe(result.affected), remote.to_geodataframe(result.affected)
    assert list(a["id"]) == list(b["id"])
    assert list(a.geometry.to_wkt()) == list(b.geometry.to_wkt())
    assert remote.status()["snapshot_revision"] == twin.status()["snapshot_revision"]
    assert math.isinf(remote.gates("demo:ups-1")[0]["ride_through_s"]) == math.isinf(
        twin.gates("demo:ups-1")[0]["ride_through_s"]
    )


def test_a_list_that_the_server_cuts_short_says_so(twin: Twin) -> None:
    with served(create_app(twin, Limits(failed=3, max_page=2))) as url, Twin.connect(url) as remote:
        with pytest.raises(LimitExceeded):
            remote.impact(["demo:plant"] * 4)
        cut = remote.screen({f"storm {n}": ["demo:plant"] for n in range(3)})
        assert cut.table.num_rows == 2
        assert cut.notes[-1] == "The API lists the first 2 of 3."
        assert plain(remote.cold_start()) == plain(twin.cold_start())
        assert plain(remote.findings()) == plain(twin.findings())
        assert plain(remote.runs()) == plain(twin.runs())
        assert [row["id"] for row in remote.find()] == [row["id"] for row in twin.find()]
        shapes = remote.where.shapes([row["id"] for row in twin.find()] + [f"demo:{n}" for n in range(20)])
        assert sum(shape is not None for shape in shapes) == 11


def test_edits_are_made_and_taken_back_over_http(twin: Twin, remote: RemoteTwin) -> None:
    before = remote.revision
    report = remote.edit([{"op": "set", "id": "demo:plant", "name": "Plant Süd"}], note="as built")
    assert (report.status, report.revision) == ("applied", before + 1)
    assert report.ok
    assert remote.find("Süd")[0]["id"] == "demo:plant"
    taken = remote.undo()
    assert taken.run == report.run
    assert remote.find("Süd") == []
    assert remote.asset("demo:plant")["name"] == "Plant Nord"


def test_keys_open_the_door(twin: Twin, tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "keys.json")
    reader = ring.add("reader", Role.read)
    with served(create_app(twin, access=Access(ring))) as url:
        with Twin.connect(url) as nobody, pytest.raises(Unauthenticated, match="key"):
            nobody.find()
        with Twin.connect(url, key=reader) as remote:
            assert len(remote.find()) == 12
            with pytest.raises(Forbidden):
                remote.edit(SHED)
            assert reader not in repr(remote)


def test_the_key_of_the_environment_is_shown(twin: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = Keyring(tmp_path / "keys.json")
    monkeypatch.setenv("TWIN_API_KEY", ring.add("reader", Role.read))
    with served(create_app(twin, access=Access(ring))) as url, Twin.connect(url) as remote:
        assert len(remote.find()) == 12


@contextmanager
def foreign(answers: list[tuple[int, dict[str, str], bytes]], wait: threading.Event | None = None) -> Iterator[str]:
    """A server that is no twin: it gives these answers in turn, the last one for ever."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if wait is not None:
                wait.wait(20)
            status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *words: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            if wait is not None:
                wait.set()
            server.shutdown()


PROBLEM = {"Content-Type": "application/problem+json", "Retry-After": "0"}
BUSY = (503, PROBLEM, b'{"code": "server_busy", "detail": "The server is busy", "fix": "Ask again in a moment."}')
JSON = {"Content-Type": "application/json"}


def test_a_busy_server_is_asked_again() -> None:
    with foreign([BUSY, BUSY, (200, JSON, b'{"revision": 4}')]) as url, Twin.connect(url) as remote:
        assert remote.revision == 4


def test_what_writes_is_sent_once() -> None:
    with foreign([BUSY, (200, JSON, b"{}")]) as url, Twin.connect(url) as remote, pytest.raises(Overloaded):
        remote.edit(SHED)


def test_patience_ends() -> None:
    slow = (503, {**PROBLEM, "Retry-After": "30"}, BUSY[2])
    with foreign([slow]) as url, Twin.connect(url, patience_s=1) as remote, pytest.raises(Overloaded):
        remote.find()


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {"Content-Type": "text/html"}, b"<html>Log in</html>"),
        (200, JSON, b"[]"),
        (302, {"Location": "/login"}, b""),
        (404, {"Content-Type": "text/html"}, b"not here"),
        (418, PROBLEM, b'{"code": "of_another_version", "detail": "?"}'),
        (400, PROBLEM, b"no json"),
    ],
)
def test_what_is_no_twin_is_told(status: int, headers: dict[str, str], body: bytes) -> None:
    with foreign([(status, headers, body)]) as url, Twin.connect(url) as remote:
        with pytest.raises(ApiAnswerInvalid):
            _ = remote.revision
        with pytest.raises(ApiAnswerInvalid):
            remote.find()


def test_nobody_there_and_no_answer_in_time() -> None:
    with Twin.connect("http://127.0.0.1:9") as remote, pytest.raises(ApiUnavailable, match="cannot be reached"):
        remote.find()
    with (
        foreign([(200, JSON, b"{}")], threading.Event()) as url,
        Twin.connect(url, timeout_s=0.2) as remote,
        pytest.raises(ApiUnavailable, match="in time"),
    ):
        remote.find()


def test_a_gateway_in_between_is_not_the_twin() -> None:
    with (
        foreign([(502, {"Content-Type": "text/html"}, b"")]) as url,
        Twin.connect(url, patience_s=0) as remote,
        pytest.raises(ApiUnavailable, match="before the twin"),
    ):
        remote.find()


@pytest.mark.parametrize("url", ["http://", "https://host/?x=1", "http://host/#part"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidParameter, match="no address"):
        Twin.connect(url)


def test_user_and_key_are_not_mixed_up() -> None:
    with pytest.raises(InvalidParameter, match="no user"):
        Twin.connect("http://127.0.0.1:9", "neo4j", "secret")
    with pytest.raises(InvalidParameter, match="user and password are missing"):
        Twin.connect("neo4j://127.0.0.1:9")
    with pytest.raises(InvalidParameter, match="characters"):
        Twin.connect("http://127.0.0.1:9", key="a\nb")
