"""Offline lint of all Cypher against the schema's labels, types, properties and the declared parameters."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools import missing
from twin.schema import Schema
from twin.store.catalogue import Catalogue, default_catalogue, parse
from twin.store.lint_schema import lint_input

FOLDER = Path(__file__).parent.parent / "cypher-lint"
pytestmark = pytest.mark.node

Lint = Callable[[Catalogue], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def lint(schema: Schema) -> Lint:
    """The linter, installed from its lock file when it is not there yet."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        missing("node and npm (for the Cypher lint)")
    ready = FOLDER / "node_modules" / ".ready"
    if not ready.exists():
        subprocess.run([npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, timeout=600)
        ready.touch()

    def run(catalogue: Catalogue) -> list[dict[str, Any]]:
        given = json.dumps(lint_input(schema, catalogue))
        command = [node, str(FOLDER / "lint.cjs")]
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=600, check=True)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    return run


def test_all_queries_are_clean(lint: Lint) -> None:
    found = lint(default_catalogue())
    assert not found, "\n".join(f"{f['name']}:{f['line']}:{f['column']} {f['message']}" for f in found)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MATCH (a:Asett) RETURN a.id AS id", "Label Asett"),
        ("MATCH (:Asset)-[r:POWRS]->(:Asset) RETURN count(r) AS n", "Relationship type POWRS"),
        ("MATCH (a:Asset) WHERE a.naem = 'x' RETURN a.id AS id", "naem"),
        ("MATCH (a:Asset) RETRUN a", "Invalid input"),
        ("MATCH (a:Asset) RETURN b.id AS id", "b"),
    ],
)
def test_mistakes_are_caught(lint: Lint, text: str, message: str) -> None:
    wrong = Catalogue({"t.wrong": parse("t.wrong", f"// Wrong.\n// mode: read\n{text}")})
    assert any(message in found["message"] for found in lint(wrong))


def test_an_undeclared_parameter_is_caught(lint: Lint) -> None:
    query = parse("t.wrong", '// Wrong.\n// param x: string = "a"\n// mode: read\nMATCH (a:Asset {id: $x}) RETURN a')
    object.__setattr__(query, "text", query.text.replace("$x", "$y"))
    assert any("$y" in found["message"] for found in lint(Catalogue({"t.wrong": query})))


def test_lock_file_names_no_registry() -> None:
    text = (FOLDER / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in text
    assert "://" not in text
    assert "integrity" in text
