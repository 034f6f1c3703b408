"""The map's files: what is served, how, and what is not. No store is needed."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.limits import Limits
from api.web_files import WebFiles

IMPORT = re.compile(r"(?:^(?:import|export)\b[^'\n]*\bfrom |^import |\bimport\()'([^']+)'", re.MULTILINE)
WEB = Path(__file__).parent.parent.parent / "api" / "web"


@pytest.fixture(scope="module")
def page_client() -> TestClient:
    """A client of an app whose lifespan has not begun: its files need no twin."""
    return TestClient(create_app(limits=Limits()), raise_server_exceptions=False)


def test_the_page_names_only_parts_that_are_served(page_client: TestClient) -> None:
    page = page_client.get("/").text
    linked = re.findall(r'(?:src|href)="(web/[^"]+)"', page)
    assert len(linked) >= 5
    for address in linked:
        assert page_client.get(f"/{address}").status_code == 200, address


def test_modules_import_only_what_is_served(page_client: TestClient) -> None:
    page = page_client.get("/").text
    mapped = json.loads(re.findall(r'<script type="importmap">(.*?)</script>', page, re.DOTALL)[0])["imports"]
    modules = sorted((WEB / "app").rglob("*.js"))
    assert len(modules) > 20
    for module in modules:
        text = module.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 400, module.name
        for name in IMPORT.findall(text):
            if name.startswith("."):
                assert (module.parent / name).resolve().is_file(), (module.name, name)
            else:
                assert name in mapped, (module.name, name)
    allowed = json.loads((WEB / "vendor.json").read_text(encoding="utf-8"))
    served = {f"./web/vendor/{library}/{name}" for library, files in allowed.items() for name in files}
    assert set(mapped.values()) <= served


def test_every_view_is_a_module(page_client: TestClient) -> None:
    views = re.findall(r"^  \{ id: '(\w+)'", (WEB / "app/views.js").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(views) >= 5
    for view in views:
        text = page_client.get(f"/web/app/views/{view}.js").text
        assert re.search(r"export (async function|const) show\b", text), view
        assert "export const keys" in text, view


def test_the_policy_allows_the_import_map_and_nothing_from_elsewhere(page_client: TestClient) -> None:
    response = page_client.get("/")
    policy = response.headers["Content-Security-Policy"]
    text = re.findall(r'<script type="importmap">(.*?)</script>', response.text, re.DOTALL)[0]
    assert f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in policy
    assert "http" not in policy
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    worker = page_client.get("/web/app/main.js").headers["Content-Security-Policy"]
    assert worker == policy


@pytest.mark.parametrize(
    "name",
    [
        "package.json",
        "package-lock.json",
        "vendor.json",
        "reference.js",
        "index.html",
        "node_modules/maplibre-gl/package.json",
        "vendor/maplibre-gl/package.json",
        "vendor/nothing/x.js",
        "app/../vendor.json",
        "app/%2e%2e/vendor.json",
        "../app.py",
        "%2e%2e/app.py",
        "app//main.js",
        "app",
        "",
    ],
)
def test_nothing_else_is_served(page_client: TestClient, name: str) -> None:
    response = page_client.get(f"/web/{name}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_unknown_parameters_are_refused(page_client: TestClient) -> None:
    assert page_client.get("/web/app/main.js?v=6").status_code == 200
    assert page_client.get("/web/app/main.js?w=6").status_code == 400
    assert page_client.get("/?v=6").status_code == 400


def test_files_are_packed_and_kept(page_client: TestClient) -> None:
    first = page_client.get("/web/app/map.js", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip"
    assert first.headers["Vary"] == "Accept-Encoding"
    plain = page_client.get("/web/app/map.js", headers={"Accept-Encoding": "identity"})
    assert plain.text == first.text == (WEB / "app/map.js").read_text(encoding="utf-8")
    again = page_client.get("/web/app/map.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert page_client.head("/web/app/map.js").content == b""


def test_without_libraries_the_page_says_so(tmp_path: Path) -> None:
    shutil.copytree(WEB, tmp_path / "web", ignore=shutil.ignore_patterns("node_modules", "vendor"))
    files = WebFiles(tmp_path / "web")
    assert not files.complete
    assert '<html lang="en" data-libraries="missing">' in files.page().content.decode()
    assert files.find("vendor/maplibre-gl/maplibre-gl.mjs") is None
    for library, names in json.loads((tmp_path / "web/vendor.json").read_text(encoding="utf-8")).items():
        for name in names:
            place = tmp_path / "web/vendor" / library / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("x", encoding="utf-8")
    assert files.complete
    found = files.find("vendor/maplibre-gl/maplibre-gl.mjs")
    assert found is not None
    assert gzip.decompress(found.packed) == b"x"
    assert "missing" not in files.page().content.decode()


def test_no_file_of_the_page_names_another_host() -> None:
    for path in [WEB / "index.html", *(WEB / "app").rglob("*"), WEB / "app.css"]:
        if path.is_file():
            hosts = re.findall(r"\bhttps?://(?!www\.w3\.org/|…)", path.read_text(encoding="utf-8"))
            assert hosts == [], path.name
