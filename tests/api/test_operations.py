"""What the API says of itself: metrics, health, logs, traces; how much it takes on; and that no secret is told."""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry import trace
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api.app import create_app
from api.hidden import Hidden
from api.holder import Holder
from api.limits import Limits
from api.operations import Metrics
from api.operations.logs import JsonLines, TextLines
from api.security import Access, Keyring, Role
from tests.api.forward import Forwarder
from tests.api.serving import served
from twin.service import Twin
from twin.store import Endpoint

KEY = "twin_" + "Ab1_-" * 8 + "xyz"
PASSWORD = 'pass"word\\1'


@pytest.fixture
def alone() -> FastAPI:
    """An app whose store is never asked."""
    app = create_app(limits=Limits(places=2, patience_s=0.3))
    app.state.holder = Holder(None, None)
    return app


def numbers(client: Any) -> dict[tuple[str, ...], float]:
    """Name and label values -> number, of all metrics."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


# -- metrics ------------------------------------------------------------------------------------------------------


@pytest.mark.store
def test_metrics_count_requests_and_tell_the_state(twin: Twin) -> None:
    with TestClient(create_app(twin)) as client:
        for _ in range(3):
            client.get("/assets?limit=1")
        client.get("/assets?limit=x")
        client.head("/assets?limit=1")
        client.get("/nothing/here")
        client.post("/impact", content=b"{", headers={"Content-Type": "application/json"})
        client.request("BREW", "/assets")
        found = numbers(client)
        assert found["twin_http_requests_total", "GET", "listAssets", "200"] == 3
        assert found["twin_http_requests_total", "GET", "listAssets", "400"] == 1
        assert found["twin_http_requests_total", "HEAD", "listAssets", "200"] == 1
        assert found["twin_http_requests_total", "GET", "none", "404"] == 1
        assert found["twin_http_requests_total", "POST", "askImpact", "400"] == 1
        assert found["twin_http_requests_total", "other", "listAssets", "405"] == 1
        assert found["twin_http_request_duration_seconds_count", "listAssets"] == 6
        assert found["twin_http_response_bytes_total", "listAssets"] > 100
        assert found["twin_http_requests_in_flight",] == 1  # this one
        snapshot = twin.snapshot()
        assert found["twin_snapshot_revision",] == found["twin_store_revision",] == snapshot.revision
        assert found["twin_assets",] == snapshot.n_assets
        assert found["twin_links",] == snapshot.n_links
        assert found["twin_store_up",] == 1
        assert found["twin_jobs", "running"] == found["twin_jobs_over_total", "done"] == 0
        assert found["twin_source_age_seconds", "demo"] >= 0  # since its files were written


def test_metrics_of_others_are_read_when_asked(alone: FastAPI) -> None:
    states = {"queued": 1.0}
    metrics: Metrics = alone.state.metrics
    metrics.watch("twin_things", "Things by state.", "state", lambda: states)
    client = TestClient(alone)
    assert numbers(client)["twin_things", "queued"] == 1
    states["done"] = 5
    assert numbers(client)["twin_things", "done"] == 5
    assert numbers(client)["twin_store_up",] == 0


def test_two_apps_do_not_mix() -> None:
    apps = [create_app(limits=Limits()) for _ in range(2)]
    for app in apps:
        app.state.holder = Holder(None, None)
    one, two = map(TestClient, apps)
    one.get("/docs")
    assert ("twin_http_requests_total", "GET", "page", "200") in numbers(one)
    assert ("twin_http_requests_total", "GET", "page", "200") not in numbers(two)


# -- health -------------------------------------------------------------------------------------------------------


@pytest.mark.store
def test_ready_or_not(twin: Twin, endpoint: Endpoint, tmp_path: Path) -> None:
    place = urlsplit(endpoint.uri)
    forward = Forwarder(place.hostname or "127.0.0.1", place.port or 7687)
    forward.open()
    remote = Twin.connect(f"bolt://127.0.0.1:{forward.port}", endpoint.user, endpoint.password, home=tmp_path)
    with remote, TestClient(create_app(remote)) as client:
        client.get("/assets?limit=1")
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        assert ready.json()["snapshot_revision"] == twin.snapshot().revision
        assert client.get("/health/live").json() == {"live": True}
        forward.cut()
        gone = client.get("/health/ready")
        assert (gone.status_code, gone.json()["code"]) == (503, "store_unavailable")
        assert (gone.json()["live"], gone.json()["ready"]) == (True, False)
        assert client.get("/health/live").status_code == 200
        found = numbers(client)
        assert found["twin_store_up",] == 0
        assert found["twin_assets",] == twin.snapshot().n_assets  # answers would still come from these
    forward.cut()


# -- how much at once ---------------------------------------------------------------------------------------------


def test_more_than_it_takes_is_told_to_come_back(alone: FastAPI) -> None:
    going, begun = threading.Event(), threading.Semaphore(0)

    @alone.get("/slow")
    def slow() -> str:
        begun.release()
        going.wait(20)
        return "done"

    with served(alone) as url, httpx.Client(base_url=url, timeout=30) as client:
        answers: list[int] = []
        threads = [threading.Thread(target=lambda: answers.append(client.get("/slow").status_code)) for _ in range(2)]
        for thread in threads:
            thread.start()
            begun.acquire(timeout=20)
        refused = client.get("/slow")
        assert (refused.status_code, refused.json()["code"]) == (503, "server_busy")
        assert refused.headers["Retry-After"] == "1"
        assert client.get("/health/live").status_code == 200
        assert numbers(client)["twin_http_requests_in_flight",] == 3
        going.set()
        for thread in threads:
            thread.join(20)
        assert answers == [200, 200]
        assert client.get("/slow").status_code == 200
        assert alone.state.metrics.in_flight._value.get() == 0


def test_a_body_that_does_not_come_is_not_waited_for(alone: FastAPI) -> None:
    with served(alone) as url, socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as line:
        line.settimeout(20)
        head = ["POST /impact HTTP/1.1", "Host: x", "Content-Type: application/json", "Content-Length: 100"]
        line.sendall("\r\n".join([*head, "Connection: close", "", '{"failed"']).encode())
        said = b"".join(iter(lambda: line.recv(65536), b"")).decode()
        assert said.startswith("HTTP/1.1 400 ")
        assert '"invalid_body"' in said


# -- logs ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def lines(alone: FastAPI) -> Iterator[list[str]]:
    """What the JSON log says, line by line; the password is known to it."""
    alone.state.hidden.know(PASSWORD)
    said: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(self.format(record))

    handler = Kept()
    handler.setFormatter(JsonLines(alone.state.hidden))
    log, access = logging.getLogger("api"), logging.getLogger("api.access")
    log.addHandler(handler)
    access.setLevel(logging.INFO)
    yield said
    log.removeHandler(handler)
    access.setLevel(logging.NOTSET)


def test_a_request_is_one_line(alone: FastAPI, lines: list[str]) -> None:
    client = TestClient(alone, raise_server_exceptions=False)
    answer = client.get("/assets/a%09b?token=hush&limit=5", headers={"X-Request-ID": "abc-1"})
    row = json.loads(lines[-1])
    assert row["path"] == "/assets/a%09b"
    assert row["query"] == ["token", "limit"]
    assert (row["method"], row["status"], row["request_id"]) == ("GET", answer.status_code, "abc-1")
    assert row["bytes"] == len(answer.content)
    assert row["operation"] == "getAsset"
    assert row["key"] is None
    assert row["ms"] > 0
    assert "hush" not in lines[-1]
    assert "\n" not in lines[-1]


def test_the_name_of_a_key_is_told_and_the_key_is_not(tmp_path: Path, alone: FastAPI, lines: list[str]) -> None:
    ring = Keyring(tmp_path / "keys.json")
    key = ring.add("planner", Role.read)
    client = TestClient(create_app(limits=Limits(), access=Access(ring)), raise_server_exceptions=False)
    assert client.get("/me", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert json.loads(lines[-1])["key"] == "planner"
    assert client.get(f"/me?{key}=1", headers={"X-API-Key": key[:-1] + "~"}).status_code == 401
    assert client.get(f"/{key}", headers={"X-API-Key": key}).status_code == 404
    assert key not in "".join(lines)


def test_no_secret_reaches_a_problem_or_the_log(alone: FastAPI, lines: list[str]) -> None:
    """Whatever some library writes into its messages."""

    @alone.get("/broken")
    def broken() -> None:
        raise RuntimeError(f"login failed: neo4j://me:{PASSWORD}@host with {KEY}; Authorization: Bearer abcdefghij")

    @alone.get("/told")
    def told() -> None:
        from twin.errors import StoreUnavailable

        raise StoreUnavailable(f"no login with {PASSWORD} at bolt://neo4j:other-secret@db:7687 ({KEY})")

    client = TestClient(alone, raise_server_exceptions=False)
    said = [client.get("/broken").text, client.get("/told").text, client.get(f"/{KEY}").text, *lines]
    assert any("Traceback" in line for line in lines)
    for text in said:
        for secret in (KEY, PASSWORD, json.dumps(PASSWORD)[1:-1], "other-secret", "abcdefghij"):
            assert secret not in text


@pytest.mark.parametrize("style", [JsonLines, TextLines])
def test_nobody_forges_a_line(style: Any) -> None:
    record = logging.makeLogRecord({"name": "api", "levelname": "WARNING", "msg": "a\n2026 200 GET /forged\x1b[2J"})
    line = style(Hidden()).format(record)
    assert "\n" not in line
    assert "\x1b" not in line


def test_hidden_masks_secrets_and_nothing_else() -> None:
    hidden = Hidden()
    plain = "GET /assets/grid:bus/220 https://twin.example/docs#x Basic realm and a bearer of news; twin_assets"
    assert hidden.clean(plain) == plain
    hidden.know("", "abc")  # too short to be told from words
    assert hidden.clean("abc") == "abc"
    assert hidden.clean(f"x {KEY} y") == "x twin_*** y"


# -- traces -------------------------------------------------------------------------------------------------------

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def test_without_an_sdk_the_trace_of_the_client_is_named_in_the_log(alone: FastAPI, lines: list[str]) -> None:
    TestClient(alone).get("/docs", headers={"traceparent": PARENT})
    assert json.loads(lines[-1])["trace_id"] == TRACE
    TestClient(alone).get("/docs", headers={"traceparent": "nonsense"})
    assert "trace_id" not in json.loads(lines[-1])


class Recorded(trace.NonRecordingSpan):
    """A span as an SDK would keep it: of OpenTelemetry's own interface, in a list."""

    def __init__(self, name: str, parent: trace.SpanContext, attributes: dict[str, Any]) -> None:
        own = trace.SpanContext(parent.trace_id, id(self) & (2**64 - 1), False, parent.trace_flags)
        super().__init__(own)
        self.name, self.parent, self.attributes, self.failed = name, parent, dict(attributes), False

    def update_name(self, name: str) -> None:
        self.name = name

    def set_attribute(self, key: str, value: Any) -> None:
        self.attributes[key] = value

    def set_attributes(self, attributes: Any) -> None:
        self.attributes |= attributes

    def set_status(self, status: Any, description: str | None = None) -> None:
        self.failed = True


class Recorder(trace.TracerProvider, trace.NoOpTracer):
    """Keeps the spans that are begun."""

    def __init__(self) -> None:
        self.spans: list[Recorded] = []

    def get_tracer(self, *args: Any, **how: Any) -> trace.Tracer:
        return self

    def start_span(self, name: str, context: Any = None, kind: Any = None, attributes: Any = None, **how: Any) -> Any:
        parent = trace.get_current_span(context).get_span_context()
        self.spans.append(Recorded(name, parent, attributes or {}))
        return self.spans[-1]

    def start_as_current_span(self, name: str, context: Any = None, kind: Any = None, attributes: Any = None,
                              **how: Any) -> Any:  # fmt: skip
        return trace.use_span(self.start_span(name, context, kind, attributes))


@pytest.mark.store
def test_with_a_provider_requests_and_questions_are_spans(twin: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: recorder)  # what set_tracer_provider does, once for ever
    with TestClient(create_app(twin)) as client:
        recorder.spans.clear()
        answer = client.post("/impact", json={"failed": ["demo:plant"]}, headers={"traceparent": PARENT})
        assert answer.status_code == 200, answer.text
    request = recorder.spans[0]
    assert (request.name, f"{request.parent.trace_id:032x}") == ("POST /impact", TRACE)
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["twin.request_id"] == answer.headers["X-Request-ID"]
    asked = [span for span in recorder.spans if span.name == "question impact"]
    assert len(asked) == 1
    assert f"{asked[0].parent.trace_id:032x}" == TRACE
    assert asked[0].attributes["twin.revision"] == answer.json()["revision"]


# -- headers ------------------------------------------------------------------------------------------------------


def test_every_answer_has_its_headers(alone: FastAPI) -> None:
    client = TestClient(alone, raise_server_exceptions=False)
    for method, path in (
        ("GET", "/docs"),
        ("GET", "/nope"),
        ("POST", "/impact"),
        ("GET", "/health/live"),
        ("PUT", "/me"),
    ):
        headers = client.request(method, path, headers={"X-Request-ID": "bad id\x7f"}).headers
        assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-ID"])
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"]
