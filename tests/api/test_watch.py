"""Subscriptions: a change of the twin is told, signed, by webhook or stream; in order, again after failures."""

from __future__ import annotations

import hmac
import ipaddress
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.limits import Limits
from api.watch.facts import changed, facts_of
from api.watch.targets import is_public, target_of
from api.watch.webhook import ATTEMPTS, LONGEST_S, pause
from tests.api.served import events, served, until
from tests.api.test_jobs import finished
from tests.api.test_uploads import ASSETS, LINKS, form
from twin.errors import InvalidParameter
from twin.service import Twin

pytestmark = pytest.mark.store

SECRET = "a secret of the receiver"
OPEN = Limits(private_webhooks=True)


@dataclass
class Received:
    """What a receiver got, and what it answers next."""

    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    url: str = ""

    def bodies(self) -> list[Any]:
        """The bodies, in the order in which they came."""
        return [orjson.loads(body) for _, body in self.requests]


@pytest.fixture
def receiver() -> Iterator[Received]:
    """A real web server that takes notices."""
    got = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.requests.append((dict(self.headers), body))
            status = got.answers.pop(0) if got.answers else 204
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"{got.url}/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    got.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield got
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Second attempts come soon."""
    monkeypatch.setattr("api.watch.webhook.FIRST_S", 0.1)
    monkeypatch.setattr("api.watch.watcher.LOOK_S", 0.3)


@pytest.fixture
def open_client(twin: Twin) -> Iterator[TestClient]:
    """A client of an app whose webhooks may lead to this machine; its subscriptions go with it."""
    with TestClient(create_app(twin, OPEN)) as client:
        yield client
        for row in client.get("/subscriptions").json()["items"]:
            client.delete(f"/subscriptions/{row['id']}")


def spare(twin: Twin, kind: str = "link") -> int:
    """Give the first UPS a further supplier, or take it away again; the new revision."""
    report = twin.edit([{"op": kind, "from": "demo:bus/220", "type": "POWERS", "to": "demo:ups-1"}])
    assert report.revision is not None
    return report.revision


def subscribed(client: Any, **body: Any) -> dict[str, Any]:
    """A new subscription to what the UPS depends on."""
    asked = {"question": "dependencies", "asked": {"id": "demo:ups-1", "depth": 1}, **body}
    response = client.post("/subscriptions", json=asked)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


def signed(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """Whether the signature fits, worked out as the docs say."""
    at, _, value = headers["X-Twin-Signature"].removeprefix("t=").partition(",v1=")
    wanted = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return hmac.compare_digest(wanted, value) and abs(time.time() - int(at)) < 300


def test_a_change_is_told_signed(twin: Twin, open_client: TestClient, receiver: Received) -> None:
    made = subscribed(open_client, webhook=f"{receiver.url}/hook", secret=SECRET, name="needs of the UPS")
    assert made["secret"] == SECRET
    revision = spare(twin)
    until(lambda: receiver.requests)
    headers, body = receiver.requests[0]
    assert signed(headers, body, SECRET)
    assert not signed(headers, body + b" ", SECRET)
    told = orjson.loads(body)
    assert headers["X-Twin-Delivery"] == told["id"]
    assert headers["Content-Type"] == "application/json"
    assert (told["before"]["revision"], told["after"]["revision"]) == (revision - 1, revision)
    assert told["changed"]["added"] == ["demo:bus/220"]
    assert told["changed"]["removed"] == []
    result = open_client.get(told["result"]).json()
    assert "demo:bus/220" in [row["id"] for row in result["answer"]["items"]]
    assert result["revision"] == revision
    delivered = until(
        lambda: (
            (rows := open_client.get(f"/subscriptions/{made['id']}").json()["notices"])
            and rows[0]["state"] == "delivered"
            and rows
        )
    )
    assert (len(delivered), delivered[0]["attempts"], delivered[0]["last_error"]) == (1, 1, None)
    assert "secret" not in open_client.get(f"/subscriptions/{made['id']}").json()
    twin.undo()
    until(lambda: len(receiver.requests) == 2)
    assert receiver.bodies()[1]["changed"]["removed"] == ["demo:bus/220"]


def test_what_does_not_change_the_answer_is_not_told(
    twin: Twin, open_client: TestClient, receiver: Received
) -> None:  # fmt: skip
    made = subscribed(open_client, webhook=receiver.url, secret=SECRET)
    report = twin.edit([{"op": "set", "id": "demo:bus/220", "properties": {"voltage_kv": 221}}])
    until(lambda: open_client.get(f"/subscriptions/{made['id']}").json()["revision"] == report.revision)
    twin.undo()
    until(lambda: open_client.get(f"/subscriptions/{made['id']}").json()["revision"] == twin.store.state().revision)
    assert receiver.requests == []


def test_a_receiver_that_fails_is_told_again_in_order(
    twin: Twin, open_client: TestClient, receiver: Received
) -> None:  # fmt: skip
    receiver.answers = [500, 302, 503]
    made = subscribed(open_client, webhook=receiver.url, secret=SECRET)
    spare(twin)
    until(lambda: len(receiver.requests) >= 1)
    twin.undo()
    until(lambda: len(receiver.requests) >= 5)
    told = receiver.bodies()
    assert len({body["id"] for body in told[:4]}) == 1
    assert told[4]["id"] != told[0]["id"]
    assert told[4]["changed"]["removed"] == ["demo:bus/220"]
    assert all(signed(headers, body, SECRET) for headers, body in receiver.requests)
    notices = until(
        lambda: (
            (rows := open_client.get(f"/subscriptions/{made['id']}").json()["notices"])
            and all(row["state"] == "delivered" for row in rows)
            and rows
        )
    )
    assert [row["attempts"] for row in notices] == [1, 4]
    assert len(receiver.requests) == 5


def test_what_waits_is_delivered_after_a_restart(twin: Twin, receiver: Received) -> None:
    port = int(receiver.url.rpartition(":")[2])
    receiver.answers = [500] * 3
    with TestClient(create_app(twin, OPEN)) as client:
        made = subscribed(client, webhook=f"http://localhost:{port}/", secret=SECRET)
        spare(twin)
        until(lambda: receiver.requests)
    before = len(receiver.requests)
    receiver.answers = []
    with TestClient(create_app(twin, OPEN)) as client:
        until(lambda: len(receiver.requests) > before)
        assert {body["id"] for body in receiver.bodies()} == {receiver.bodies()[0]["id"]}
        client.delete(f"/subscriptions/{made['id']}")
    twin.undo()


def test_an_upload_that_is_applied_is_told(twin: Twin, open_client: TestClient, receiver: Received) -> None:
    subscribed(open_client, question="criticality", asked={}, webhook=receiver.url, secret=SECRET)
    upload = open_client.post(
        "/uploads",
        files=form(assets__csv=f"{ASSETS}plant,power_plant,P,13,52,\n", links__csv=f"{LINKS}plant,POWERS,bus/1\n"),
        data={"loader": "tables", "source": "sent"},
    ).json()
    finished(open_client, upload["job"])
    job = finished(open_client, open_client.post(f"/uploads/{upload['id']}/apply").json()["id"])
    revision = job["report"]["revision"]
    told = until(lambda: [body for body in receiver.bodies() if body["after"]["revision"] == revision])[0]
    assert "sent:bus/1" in told["changed"]["added"]
    undone = open_client.post(f"/imports/{job['report']['run']}/undo").json()["revision"]
    until(lambda: [body for body in receiver.bodies() if body["after"]["revision"] == undone])


def test_a_question_that_ends_in_an_error_is_a_change(
    twin: Twin, open_client: TestClient, receiver: Received
) -> None:  # fmt: skip
    subscribed(open_client, webhook=receiver.url, secret=SECRET)
    twin.edit([{"op": "delete", "id": "demo:ups-1"}])
    until(lambda: receiver.requests)
    told = receiver.bodies()[0]
    assert (told["after"]["error"], told["result"]) == ("unknown_asset", None)
    twin.undo()
    until(lambda: len(receiver.requests) == 2)
    assert receiver.bodies()[1]["before"]["error"] == "unknown_asset"
    assert receiver.bodies()[1]["after"]["error"] is None


def test_changes_come_as_a_stream_too(twin: Twin) -> None:
    with served(create_app(twin, OPEN)) as live:
        made = subscribed(live)
        assert made["secret"] is None
        with live.stream("GET", f"/subscriptions/{made['id']}/events") as response:
            seen = events(response.iter_lines())
            start, name, _ = next(seen)
            assert name == "watching"
            revision = spare(twin)
            place, name, told = next(seen)
        assert (name, told["after"]["revision"], told["changed"]["added"]) == ("changed", revision, ["demo:bus/220"])
        assert place > start
        twin.undo()
        until(lambda: len(live.get(f"/subscriptions/{made['id']}").json()["notices"]) == 2)
        with live.stream(
            "GET", f"/subscriptions/{made['id']}/events", headers={"Last-Event-ID": str(place)}
        ) as response:
            _, name, told = next(events(response.iter_lines()))
        assert told["changed"]["removed"] == ["demo:bus/220"]
        assert live.head(f"/subscriptions/{made['id']}/events").status_code == 200
        assert live.delete(f"/subscriptions/{made['id']}").status_code == 200
        assert live.get(f"/subscriptions/{made['id']}/events").status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://localhost/x",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://192.168.1.1:8080/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://user:word@example.org/",
        "http:///x",
        "http://exa mple.org/",
        "http://[::1/",
        "nonsense",
    ],
)
def test_webhooks_lead_to_the_open_internet_only(client: TestClient, url: str) -> None:
    body = {"question": "dependencies", "asked": {"id": "demo:ups-1"}, "webhook": url}
    response = client.post("/subscriptions", json=body)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter"), response.text
    with pytest.raises(InvalidParameter):
        target_of(url, private=False)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("172.16.3.4", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_addresses_are_told_apart(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def test_attempts_come_later_and_later_and_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.watch.webhook.FIRST_S", 5.0)
    pauses = [pause(attempts) for attempts in range(1, ATTEMPTS + 1)]
    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses[-1] is None
    assert max(wait for wait in pauses if wait is not None) == LONGEST_S
    assert 6 * 3600 < sum(wait for wait in pauses if wait is not None) < 24 * 3600


def test_ages_and_revisions_are_no_change(client: TestClient) -> None:
    answer = client.post("/impact", json={"failed": ["demo:bus/220"]}).json()
    later = orjson.loads(orjson.dumps(answer))
    later["revision"] += 1
    later["notice"] = "an import is being applied"
    for source in later["assumptions"]["sources"]:
        source["age_s"] = 99.0
    before = facts_of("impact", answer)
    assert changed(before, facts_of("impact", later)) is None
    assert later["affected"]
    gone = later["affected"].pop(0)
    later["affected"][0]["verdict"] = "other"
    told = changed(before, facts_of("impact", later))
    assert told is not None
    assert told["removed"] == [gone["id"]]
    assert [(row["id"], row["after"]) for row in told["changed"]] == [(later["affected"][0]["id"], "other")]


def test_what_cannot_be_asked_cannot_be_watched(client: TestClient) -> None:
    body = {"question": "dependencies", "asked": {"id": "demo:none"}}
    assert client.post("/subscriptions", json=body).status_code == 404
    assert client.post("/subscriptions", json={"question": "dependencies", "asked": {}}).status_code == 422
    assert client.get("/subscriptions/none").status_code == client.delete("/subscriptions/none").status_code == 404
