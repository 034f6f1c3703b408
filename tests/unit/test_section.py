"""Routers that are asked only about addresses that begin as theirs do."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.routes import ROUTERS
from api.section import Section


def answers(path: str) -> dict[str, Any]:
    return {"path": path}


def app_of(*paths: str, root_path: str = "") -> TestClient:
    app = FastAPI()
    for path in paths:
        section = Section()
        section.get(path)(lambda path=path: answers(path))
        app.include_router(section)
    return TestClient(app, root_path=root_path)


@pytest.mark.parametrize(
    ("asked", "status"),
    [("/assets", 200), ("/assets/a/b", 404), ("/assets/a", 200), ("/asset", 404), ("/", 200), ("/tiles.json", 200)],
)
def test_an_address_meets_its_route_and_no_other(asked: str, status: int) -> None:
    client = app_of("/assets", "/assets/{id}", "/", "/tiles.json", "/tiles/{z}")
    assert client.get(asked).status_code == status


def test_a_wrong_method_is_told_as_such() -> None:
    assert app_of("/assets").post("/assets").status_code == 405


def test_an_address_below_a_prefix_of_a_proxy() -> None:
    client = app_of("/assets", root_path="/twin")
    assert client.get("/twin/assets").status_code == 200
    assert client.get("/twinned/assets").status_code == 404


def test_a_first_word_that_may_be_any() -> None:
    assert app_of("/{any}").get("/thing").status_code == 200
    section = Section()
    section.get("/assets")(answers)
    assert section.heads() == {"assets"}
    section.get("/{any}/b")(answers)
    assert section.heads() is None


def test_nearly_all_routers_of_the_api_know_their_first_words() -> None:
    known = [router for router in ROUTERS if isinstance(router, Section) and router.heads()]
    assert len(ROUTERS) - len(known) <= 1  # /ogc, whose routers are one level deeper
