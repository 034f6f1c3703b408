"""Keys, roles, and what a foreign page may not do; over the real app and a real file of keys."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.hidden import KEY
from api.holder import Holder
from api.limits import Limits
from api.routes import ROUTERS
from api.security import Access, Keyring, Role
from api.security.guard import is_open
from api.security.roles import SAFE_METHODS, marked, routes_of
from twin.errors import InvalidParameter, NotFound, SettingsError

MAP = "https://maps.example.org"
#: No store is asked: whoever is let in gets another answer than 401 and 403.
REFUSED = (401, 403)


@pytest.fixture
def ring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys.json")


@pytest.fixture
def keys(ring: Keyring) -> dict[str, str]:
    return {role.name: ring.add(f"the-{role.name}", role) for role in Role}


def client_of(access: Access, base: str = "http://testserver") -> TestClient:
    app = create_app(limits=Limits(), access=access)
    app.state.holder = Holder(None, None)  # whoever comes as far as the store is told 503
    return TestClient(app, base_url=base, raise_server_exceptions=False)


@pytest.fixture
def client(ring: Keyring, keys: dict[str, str]) -> Iterator[TestClient]:
    return client_of(Access(ring, (MAP,)))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


# -- every route has a role ---------------------------------------------------------------------------------------


def test_every_route_that_is_not_a_get_names_its_role() -> None:
    """By method it would be closed to readers; that a question is one, or who may write, is said in words."""
    bare = [
        f"{method} {route.path}"
        for router in ROUTERS
        for route in routes_of(router.routes)
        for method in (route.methods or set()) - SAFE_METHODS
        if marked(route) is None
    ]
    assert bare == []


def test_nothing_is_open_but_pages_and_health(client: TestClient) -> None:
    """A new route is closed without a key, whatever it is."""
    seen = 0
    for router in ROUTERS:
        for route in routes_of(router.routes):
            path = route.path.replace("{", "").replace("}", "").replace(":path", "")
            for method in route.methods or set():
                status = client.request(method, path).status_code
                if is_open(path, method):
                    assert path in ("/", "/docs", "/health") or path.startswith(("/docs/", "/health/", "/web/")), path
                    assert status not in REFUSED, path
                else:
                    assert status == 401, f"{method} {path}"
                seen += 1
    assert seen > 25
    assert client.get("/nothing/here").status_code == 401  # not even what is not there


def test_a_reader_asks_and_does_not_write(client: TestClient, keys: dict[str, str]) -> None:
    wanted: dict[Role, set[int]] = {Role.read: set(), Role.write: set(), Role.admin: set()}
    for path, item in client.get("/openapi.json").json()["paths"].items():
        for method, operation in item.items():
            if "x-role" not in operation:
                continue
            needs = Role[operation["x-role"]]
            for role in Role:
                status = client.request(method, path, headers=bearer(keys[role.name])).status_code
                assert (status == 403) == (role < needs), f"{role.name} {method} {path}: {status}"
                assert status != 401
            wanted[needs].add(status)
    assert all(wanted.values())


def test_the_document_says_how(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "key", "basic"}
    assert {"bearer": []} in document["security"]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            free = operation.get("security") == []
            assert free == is_open(path, method.upper()), path
            assert ("401" in operation["responses"]) != free, path
            assert "403" in operation["responses"], path


# -- ways to send a key -------------------------------------------------------------------------------------------


def test_ways_to_send_a_key(client: TestClient, keys: dict[str, str]) -> None:
    key = keys["write"]
    for headers in (bearer(key), {"Authorization": f"bearer  {key} "}, {"X-API-Key": key}, basic("", key),
                    basic("anybody", key), basic(key, "")):  # fmt: skip
        answer = client.get("/me", headers=headers)
        assert answer.status_code == 200, headers
        assert answer.json() == {"name": "the-write", "role": "write", "keys_required": True}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("twin_" + "A" * 43),
        bearer("x" * 10_000),
        {"Authorization": "Bearer"},
        {"Authorization": "Basic ???"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
        {"Authorization": "Digest x"},
        {"X-API-Key": " "},
        basic("", ""),
    ],
)
def test_without_a_good_key(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.get("/me", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "key_required")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")
    assert "Basic" in answer.headers["WWW-Authenticate"]
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_a_page_that_asks_is_not_met_by_the_browsers_own_prompt(client: TestClient) -> None:
    own = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}
    assert client.get("/me", headers=own).headers["WWW-Authenticate"] == 'Bearer realm="infrastructure twin"'


def test_a_key_in_the_address_is_no_key(client: TestClient, keys: dict[str, str]) -> None:
    """Addresses end up in logs and histories."""
    for name in ("key", "api_key", "access_token", "token"):
        assert client.get(f"/me?{name}={keys['admin']}").status_code == 401


def test_a_body_without_a_key_is_not_read(ring: Keyring, keys: dict[str, str]) -> None:
    client = client_of(Access(ring))
    assert client.post("/impact", content=b"{" * 1000).status_code == 401
    sent = {**bearer(keys["read"]), "Content-Type": "application/json"}
    assert client.post("/impact", content=b"{" * 1000, headers=sent).json()["code"] == "invalid_body"


# -- the file of keys ---------------------------------------------------------------------------------------------


def test_the_file_holds_hashes_and_nobody_else_may_read_it(ring: Keyring, keys: dict[str, str]) -> None:
    text = ring.path.read_text(encoding="utf-8")
    assert ring.path.stat().st_mode & 0o777 == 0o600
    for key in keys.values():
        assert KEY.fullmatch(key)
        assert key not in text
        assert key.removeprefix("twin_") not in text
    rows = orjson.loads(text)["keys"]
    assert len({row["salt"] for row in rows}) == len({row["sha256"] for row in rows}) == len(Role)
    assert os.listdir(ring.path.parent) == [ring.path.name]  # noqa: PTH208  (also nothing hidden)


def test_a_removed_key_opens_nothing_at_once_and_the_last_one_does_not_open_all(
    client: TestClient, ring: Keyring, keys: dict[str, str]
) -> None:
    other = Keyring(ring.path)  # as `twin keys` is: another process
    assert client.get("/me", headers=bearer(keys["read"])).status_code == 200
    other.remove("the-read")
    assert client.get("/me", headers=bearer(keys["read"])).status_code == 401
    made = other.add("late", Role.read)
    assert client.get("/me", headers=bearer(made)).json()["name"] == "late"
    for name in ("late", "the-write", "the-admin"):
        other.remove(name)
    assert client.get("/me").status_code == 401
    ring.path.unlink()
    assert client.get("/me").status_code == 401
    assert client_of(Access(Keyring(ring.path))).get("/me").json()["role"] == "admin"  # a server started anew


def test_names(ring: Keyring) -> None:
    ring.add("a", Role.read)
    for name in ("a", "", "a b", "-x", "a/b", "ä", "x" * 65, "a\n"):
        with pytest.raises(InvalidParameter):
            ring.add(name, Role.read)
    with pytest.raises(NotFound):
        ring.remove("b")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"format": 2, "keys": []}', b'{"format": 1, "keys": [{}]}', b'{"format": 1, "keys": [1]}',
     b'{"format": 1, "keys": [{"name": "a", "role": "root", "salt": "", "sha256": "", "made_at": ""}]}'],
)  # fmt: skip
def test_a_damaged_file_opens_nothing(client: TestClient, ring: Keyring, keys: dict[str, str], content: bytes) -> None:
    ring.path.write_bytes(content)
    answer = client.get("/me", headers=bearer(keys["admin"]))
    assert (answer.status_code, answer.json()["code"]) == (500, "settings_invalid")
    with pytest.raises(SettingsError):
        Keyring(ring.path)


def test_a_file_that_others_may_write_is_refused(ring: Keyring, keys: dict[str, str]) -> None:
    ring.path.chmod(0o666)
    with pytest.raises(SettingsError, match="others may write"):
        Keyring(ring.path)


# -- pages of other origins ---------------------------------------------------------------------------------------

LOCAL = "http://localhost:8000"
FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
    {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
]


@pytest.fixture
def local() -> TestClient:
    return client_of(Access(local_only=True), LOCAL)


@pytest.mark.parametrize("headers", FOREIGN)
def test_foreign_pages_do_not_write(local: TestClient, headers: dict[str, str]) -> None:
    for path in ("/edits", "/undo", "/impact"):
        answer = local.post(path, headers=headers, content=b"{}")
        assert (answer.status_code, answer.json()["code"]) == (403, "request_refused")


def test_foreign_pages_do_not_write_with_a_key_that_the_browser_remembers(
    client: TestClient, keys: dict[str, str]
) -> None:
    sent = {**basic("", keys["admin"]), "Origin": "https://elsewhere.example"}
    assert client.post("/undo", headers=sent).json()["code"] == "request_refused"


def test_foreign_pages_do_not_make_the_server_work(local: TestClient) -> None:
    sent = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert local.get("/criticality", headers=sent).json()["code"] == "request_refused"
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert local.get("/docs", headers=followed).status_code == 200  # a link to here


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": LOCAL}, {"Origin": LOCAL, "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
)
def test_programs_and_the_own_page_do(local: TestClient, headers: dict[str, str]) -> None:
    assert local.post("/undo", headers=headers).json()["code"] == "store_unavailable"  # it came as far as the store


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8000", 200), ("LOCALHOST", 200), ("127.0.0.1:8000", 200), ("[::1]:8000", 200), ("127.1.2.3", 200),
     ("twin.localhost", 200), ("rebound.example:8000", 403), ("192.168.1.5", 403), ("localhost.evil.example", 403),
     ("127.0.0.1.evil.example", 403), ("[bad", 403), ("evil.example@localhost:x", 403), ("0.0.0.0", 403)],
)  # fmt: skip
def test_a_name_that_was_made_to_lead_here_is_refused(local: TestClient, host: str, status: int) -> None:
    assert local.get("/me", headers={"Host": host}).status_code == status, host


def test_without_keys_other_machines_are_refused_however_the_app_is_served(ring: Keyring) -> None:
    """`uvicorn --host 0.0.0.0 --factory api.app:create_app` passes by `twin serve`."""
    outside = client_of(Access(ring, local_only=True), "http://192.168.1.5:8000")
    answer = outside.get("/me", headers={"Host": "localhost"})
    assert (answer.status_code, answer.json()["code"]) == (403, "request_refused")
    key = ring.add("a", Role.read)
    assert outside.get("/me").status_code == 401
    assert outside.get("/me", headers=bearer(key)).status_code == 200


# -- CORS ---------------------------------------------------------------------------------------------------------


def test_an_origin_that_was_let_in(client: TestClient, keys: dict[str, str]) -> None:
    asked = {
        "Origin": MAP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    allowed = client.options("/impact", headers=asked)
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == MAP
    assert "Access-Control-Allow-Credentials" not in allowed.headers
    for sent, status in ((bearer(keys["read"]), 200), ({}, 401)):
        answer = client.get("/me", headers={**sent, "Origin": MAP, "Sec-Fetch-Mode": "cors",
                                            "Sec-Fetch-Site": "cross-site"})  # fmt: skip
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == MAP
        assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://maps.example.org.evil.example", "http://maps.example.org", "null", "*"])
def test_an_origin_that_only_looks_like_it(client: TestClient, keys: dict[str, str], origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert "Access-Control-Allow-Origin" not in client.options("/impact", headers=asked).headers
    answer = client.get("/me", headers={**bearer(keys["read"]), "Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_settings_take_exact_origins_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from twin.settings import load_settings

    monkeypatch.setenv("TWIN_CORS_ORIGINS", f"{MAP}, http://localhost:3000")
    assert load_settings().cors_origins == (MAP, "http://localhost:3000")
    for wrong in ("*", "null", "https://*.example.org", "https://a.example/", "a.example", "https://A.example"):
        monkeypatch.setenv("TWIN_CORS_ORIGINS", wrong)
        with pytest.raises(SettingsError, match="TWIN_CORS_ORIGINS"):
            load_settings()


def test_an_app_without_a_guard_lets_nobody_in() -> None:
    from fastapi import APIRouter

    from api import errors
    from api.security import by_method

    app = FastAPI(dependencies=[by_method])
    errors.install(app)
    router = APIRouter()
    router.get("/x")(lambda: None)
    app.include_router(router)
    answer: Any = TestClient(app).get("/x")
    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_low")
