"""Every error is a problem document with its status from one table, and never a traceback."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import errors as api_errors
from api.app import create_app
from api.limits import Limits
from twin import errors
from twin.errors import TwinError, all_errors

SECRET = "/home/somebody/secret.py"
MEMBERS = {"type", "title", "status", "detail", "code", "fix", "request_id"}


def test_the_status_table_is_complete() -> None:
    assert set(api_errors.STATUS) == set(all_errors())


def test_an_error_class_made_later_takes_its_base_status() -> None:
    class Later(errors.StoreUnavailable):
        """Made by a plug-in."""

    try:
        assert api_errors.status_of(Later("gone")) == 503
    finally:
        del Later
        import gc

        gc.collect()  # all_errors() walks the living subclasses


def _raising(make: Any) -> TestClient:
    app = create_app(limits=Limits(body=1000))

    @app.get("/raise")
    def fail() -> None:
        raise make()

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize("cls", all_errors(), ids=lambda cls: cls.__name__)
def test_each_error_becomes_a_problem(cls: type[TwinError]) -> None:
    client = _raising(lambda: cls("what happened"))
    response = client.get("/raise")
    _is_problem(response, api_errors.STATUS[cls], cls.code)
    assert response.json()["detail"] == "what happened"
    assert response.json()["title"] == cls.title
    assert response.json()["fix"]
    assert ("Retry-After" in response.headers) == (response.status_code == 503)


def test_extra_members_are_given_and_cannot_replace_the_standard_ones() -> None:
    client = _raising(lambda: errors.InvalidParameter("bad", near=["a"], code="other", status=200))
    body = client.get("/raise").json()
    assert body["near"] == ["a"]
    assert (body["code"], body["status"]) == ("invalid_parameter", 400)


def test_a_fix_said_for_the_occasion_is_kept() -> None:
    client = _raising(lambda: errors.UnknownAsset("no x", fix="Did you mean y?"))
    assert client.get("/raise").json()["fix"] == "Did you mean y?"


def test_a_fault_of_ours_shows_an_id_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    client = _raising(lambda: RuntimeError(SECRET))
    with caplog.at_level(logging.ERROR, "api"):
        response = client.get("/raise", headers={"X-Request-ID": "my-id.1"})
    _is_problem(response, 500, "internal_error")
    assert SECRET not in response.text
    assert "Traceback" not in response.text
    assert response.json()["request_id"] == response.headers["X-Request-ID"] == "my-id.1"
    assert "my-id.1" in caplog.text
    assert SECRET in caplog.text  # the log has what the client does not get


@pytest.mark.parametrize("given", ["a b", "x" * 65, "<script>", "a\tb"])
def test_a_strange_request_id_is_not_taken(client: TestClient, given: str) -> None:
    response = client.get("/health/live", headers={"X-Request-ID": given})
    assert len(response.headers["X-Request-ID"]) == 32


@pytest.fixture
def client() -> TestClient:
    """An app whose store is never asked."""
    return TestClient(create_app(limits=Limits(body=1000, failed=3)), raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nope", 404, "not_found"),
        ("GET", "/docs/nope.js", 404, "not_found"),
        ("DELETE", "/assets", 405, "method_not_allowed"),
        ("GET", "/impact", 405, "method_not_allowed"),
        ("GET", "/health/live?x=1", 400, "invalid_parameter"),
        ("GET", "/docs?x=1", 400, "invalid_parameter"),
    ],
)
def test_routing_faults(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    response = client.request(method, path)
    _is_problem(response, status, code)


def test_405_says_what_is_allowed(client: TestClient) -> None:
    assert client.get("/impact").headers["Allow"] == "POST"


def test_the_link_of_each_code_leads_to_a_section(client: TestClient) -> None:
    sections = re.findall(r'<section id="([^"]+)">', client.get("/docs/errors").text)
    codes = {cls.code for cls in all_errors()} | {fault.code for fault in api_errors.FAULTS.values()}
    assert codes == set(sections)


def _is_problem(response: Any, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    body = response.json()
    assert body.keys() >= MEMBERS
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"/docs/errors#{code}"
    assert response.headers["Link"] == f'<{body["type"]}>; rel="help"'
    assert body["request_id"] == response.headers["X-Request-ID"]
