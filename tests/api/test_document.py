"""The OpenAPI document and the reference pages: complete, in step with the code, and of no use to a tracker."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from api import openapi
from api.app import create_app
from api.errors import FAULTS
from api.limits import Limits
from api.routes.reference import FILES
from twin.errors import all_errors

METHODS = {"get", "post", "put", "delete", "patch"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(limits=Limits()).openapi()


@pytest.fixture(scope="module")
def client() -> TestClient:
    """The store is never asked for these pages."""
    return TestClient(create_app(limits=Limits()), raise_server_exceptions=False)


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_the_committed_document_is_in_step() -> None:
    committed = openapi.COMMITTED.read_bytes()
    assert committed == openapi.document(), "write it again with: python -m api.openapi"


def test_the_writer_writes_it(tmp_path: Any) -> None:
    target = tmp_path / "sub" / "openapi.json"
    openapi.main([str(target)])
    assert orjson.loads(target.read_bytes())["info"]["title"] == "Infrastructure twin"


def test_the_paths_of_the_issue_are_there(document: dict[str, Any]) -> None:
    assert set(document["paths"]) >= {
        "/assets",
        "/assets/{id}",
        "/assets/{id}/dependencies",
        "/assets/{id}/dependents",
        "/impact",
        "/findings",
        "/imports",
        "/imports/{run}",
        "/schema",
        "/health",
    }


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert len(operation["description"]) > 20, where
        assert set(operation["tags"]) <= tags, where
        done = {status: answer for status, answer in operation["responses"].items() if status < "300"}
        assert done, where
        for status, answer in done.items():
            content = answer.get("content", {})
            assert content or status in ("204", "206"), where
            assert "application/json" not in content or "$ref" in content["application/json"]["schema"], where
        for parameter in operation.get("parameters", []):
            assert parameter["description"], f"{where} {parameter['name']}"


def test_every_operation_has_an_example(document: dict[str, Any]) -> None:
    """What must be given is shown: path parameters and bodies."""
    for path, _, operation in operations(document):
        for parameter in operation.get("parameters", []):
            if parameter.get("required") and parameter["in"] == "path":
                assert parameter.get("examples") or parameter["schema"].get("examples"), f"{path} {parameter['name']}"
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            schema = document["components"]["schemas"].get(name, content["schema"])
            shown = [content, schema, *schema.get("properties", {}).values()]
            assert any(part.get("examples") or part.get("example") for part in shown) or "multipart" in media_type, path


def test_no_name_of_a_shape_tells_where_it_stands_in_the_code(document: dict[str, Any]) -> None:
    """Two shapes of one name get their modules' names, and generated clients break."""
    names = document["components"]["schemas"]
    assert [name for name in names if "__" in name or name.endswith(("-Input", "-Output"))] == []


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400" and status != "416":  # of a part of a file: the server of files says it in plain text
                assert list(response["content"]) == ["application/problem+json"], f"{method} {path} {status}"
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_list_has_bounds(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for parameter in operation.get("parameters", []):
            for schema in parameter["schema"].get("anyOf", [parameter["schema"]]):
                bounds = {"maxLength", "maximum", "exclusiveMaximum", "pattern", "enum", "const"}
                bounded = schema.get("type") in ("null", "boolean") or "$ref" in schema or schema.keys() & bounds
                assert bounded, f"{method} {path} {parameter['name']}"


def test_bodies_have_examples(document: dict[str, Any]) -> None:
    assert document["components"]["schemas"]["ImpactRequest"]["examples"]


@pytest.mark.parametrize("page", ["/docs", "/docs/errors", *[f"/docs/{name}" for name in FILES]])
def test_pages_need_no_internet(client: TestClient, page: str) -> None:
    response = client.get(page)
    assert response.status_code == 200
    assert not re.search(r"https?:|[\"'(]//|@import|url\(", response.text)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "unsafe" not in policy


def test_the_reference_page_finds_its_parts(client: TestClient) -> None:
    page = client.get("/docs").text
    linked = re.findall(r'(?:src|href)="(?!data:)([^"#]+)"', page)
    assert len(linked) >= 3
    for address in linked:
        assert client.get(f"/{address}").status_code == 200, address


def test_every_code_has_a_section(client: TestClient) -> None:
    page = client.get("/docs/errors").text
    sections = re.findall(r'<section id="([a-z_]+)">', page)
    assert len(sections) == len(set(sections))
    assert set(sections) == {cls.code for cls in all_errors()} | {fault.code for fault in FAULTS.values()}


def test_every_answer_has_security_headers(client: TestClient) -> None:
    for path in ("/docs", "/openapi.json", "/health/live", "/nope"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Content-Security-Policy" in headers
        assert "Access-Control-Allow-Origin" not in headers


def test_other_origins_are_not_let_in(client: TestClient) -> None:
    asked = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": "POST"}
    response = client.options("/impact", headers=asked)
    assert response.status_code == 405
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/health/live", "/nope", "/impact"])
def test_head_is_get_without_the_body(client: TestClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["Content-Type"] == whole.headers["Content-Type"]
    assert head.headers["X-Content-Type-Options"] == "nosniff"
