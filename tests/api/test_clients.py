"""Clients that are generated from the document compile, and a Python one gets its answer: a check of the document.

The generators are no part of the product: they are installed from lock files of their own in ``tests/clients``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api import openapi
from api.app import create_app
from api.security import Access, Keyring, Role
from tests.api.serving import served
from tests.tools import missing
from twin.service import Twin

FOLDER = Path(__file__).parent.parent / "clients"
PACKAGE = "client_of_twin"
TIME_S = 600


def run(*words: str | Path, cwd: Path, **how: Any) -> subprocess.CompletedProcess[str]:
    """The command done, whatever came of it."""
    command = [str(word) for word in words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=TIME_S, check=False, **how)


def ready(folder: Path, lock: str, *commands: list[str | Path]) -> None:
    """Install by *commands* what *lock* names, once per state of it; skip (in CI: fail) when it cannot be had."""
    mark, state = folder / ".ready", sha256((FOLDER / lock).read_bytes()).hexdigest()
    if mark.is_file() and mark.read_text(encoding="utf-8") == state:
        return
    shutil.rmtree(folder, ignore_errors=True)
    for command in commands:
        done = run(*command, cwd=FOLDER)
        if done.returncode:
            missing(f"what tests/clients/{lock} names: {done.stderr[-300:]}")
    mark.write_text(state, encoding="utf-8")


@pytest.fixture(scope="module")
def python() -> Path:
    """Python with the generator, in an environment of its own."""
    folder = FOLDER / ".venv"
    made = folder / "bin" / "python"
    install: list[str | Path] = [made, "-m", "pip", "install", "-q", "--require-hashes", "-r", "requirements.txt"]
    ready(folder, "requirements.txt", [sys.executable, "-m", "venv", folder], install)
    return made


@pytest.fixture(scope="module")
def modules() -> Path:
    """Node's tools, installed."""
    npm = shutil.which("npm")
    if npm is None:
        missing("node and npm (for the TypeScript client)")
    folder = FOLDER / "node_modules"
    ready(folder, "package-lock.json", [npm, "ci", "--silent", "--no-audit", "--no-fund"])
    return folder


@pytest.mark.store
def test_a_python_client_is_made_and_asks(python: Path, twin: Twin, tmp_path: Path) -> None:
    document = json.loads(openapi.document())
    kinds = {
        kind
        for item in document["paths"].values()
        for operation in item.values()
        for answer in operation["responses"].values()
        for kind in answer.get("content", {})
    }
    binary = {kind: "application/octet-stream" for kind in kinds if "json" not in kind and kind != "text/plain"}
    (tmp_path / "config.json").write_text(json.dumps({"content_type_overrides": binary}), encoding="utf-8")
    (tmp_path / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    made = run(
        python.parent / "openapi-python-client", "generate", "--path", "openapi.json", "--output-path", PACKAGE,
        "--config", "config.json", "--meta", "none", "--fail-on-warning", cwd=tmp_path,
        env={"PATH": str(python.parent), "COLUMNS": "200"},
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    ring = Keyring(tmp_path / "keys.json")
    key = ring.add("generated", Role.read)
    with served(create_app(twin, access=Access(ring))) as url:
        asked = run(python, "-W", "error", FOLDER / "use.py", tmp_path, url, key, "demo:line 1", cwd=tmp_path)
    assert asked.returncode == 0, asked.stderr
    name, role, code, *rows = asked.stdout.split(maxsplit=3)
    assert (name, role, code) == ("generated", "read", "unknown_asset")
    for row in twin.snapshot().impact(["demo:line 1"]).to_dict()["affected"]:
        assert f"{row['id']}={row['verdict']}" in rows[0]


@pytest.mark.node
def test_typescript_compiles_against_the_document(modules: Path, tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node
    (tmp_path / "openapi.json").write_bytes(openapi.document())
    for name in ("use.ts", "tsconfig.json", "package.json"):
        shutil.copy(FOLDER / name, tmp_path / name)
    typed = run(
        node, modules / "openapi-typescript" / "bin" / "cli.js", "openapi.json", "-o", "api.d.ts",
        "--default-non-nullable=false", cwd=tmp_path,
    )  # fmt: skip
    assert typed.returncode == 0, typed.stdout + typed.stderr
    compiled = run(node, modules / "typescript" / "bin" / "tsc", "--project", ".", cwd=tmp_path)
    assert compiled.returncode == 0, compiled.stdout
