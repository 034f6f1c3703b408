"""``twin up | status | doctor | down`` as a user runs them, on a server of their own."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import VERSION
from twin.cli.main import main
from twin.store import LocalServer, Store

pytestmark = pytest.mark.store


class Cli:
    """Runs command lines in this process: exit code, document on stdout, text on stderr."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, Any, str]:
        self._capsys.readouterr()
        code = main([*words, "--json"])
        found = self._capsys.readouterr()
        return code, json.loads(found.out) if found.out else None, found.err

    def text(self, *words: str) -> tuple[int, str, str]:
        """The same without ``--json``."""
        self._capsys.readouterr()
        code = main(list(words))
        found = self._capsys.readouterr()
        return code, found.out, found.err


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture
def home(neo4j_version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A TWIN_HOME of its own; whatever runs in it is removed at the end."""
    for name in [name for name in os.environ if name.startswith("TWIN_NEO4J")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("TWIN_HOME", str(folder))
    monkeypatch.setenv("TWIN_NEO4J_VERSION", VERSION)
    yield folder
    LocalServer(folder).purge()


def levels(document: dict[str, Any]) -> dict[str, str]:
    """Check name -> level."""
    return {check["name"]: check["level"] for check in document["checks"]}


def test_from_nothing_to_nothing(cli: Cli, home: Path) -> None:
    code, found, _ = cli("status")
    assert (code, found["state"]) == (3, "absent")
    code, found, _ = cli("doctor")
    assert (code, levels(found)["server"], levels(found)["password"]) == (0, "warning", "ok")
    code, found, _ = cli("down")
    assert (code, found) == (0, {"stopped": False, "removed": []})

    code, found, err = cli("up")
    assert code == 0
    assert (found["state"], found["version"], found["revision"], found["assets"]) == ("running", VERSION, 0, 0)
    assert "Starting Neo4j" in err
    pid = found["pid"]
    code, again, _ = cli("up")
    assert (code, again["pid"]) == (0, pid)
    code, found, _ = cli("doctor")
    assert (code, found["ok"]) == (0, True)
    assert levels(found)["constraints"] == "ok"
    assert levels(found)["revision"] == "warning"
    assert all(check["fix"] for check in found["checks"] if check["level"] != "ok")
    code, out, _ = cli.text("status")
    assert code == 0
    assert VERSION in out

    _crash(cli, pid)
    code, out, _ = cli.text("up")
    assert code == 0
    assert "Neo4j" in out

    code, _, err = cli("down", "--purge")
    assert code == 2, "without a terminal the question is not answered, and nothing is removed"
    assert "--yes" in err
    assert cli("status")[0] == 0
    (home / "snapshots").mkdir()
    code, found, _ = cli("down", "--purge", "--yes", "--keep-downloads")
    assert code == 0
    assert found == {"stopped": True, "removed": [str(home / "neo4j"), str(home / "snapshots")]}
    assert not home.exists()


def _crash(cli: Cli, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    for _ in range(100):
        code, found, _ = cli("status")
        if code == 3:
            break
    assert (code, found["state"]) == (3, "crashed")
    code, found, _ = cli("doctor")
    assert (code, levels(found)["server"]) == (1, "error")


def test_purge_keeps_what_is_not_ours(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = home.parent / "cache"
    monkeypatch.setenv("TWIN_CACHE", str(cache))
    (cache / "jars").mkdir(parents=True)
    (home / "neo4j" / "data").mkdir(parents=True)
    (home / "mine.txt").write_text("keep", encoding="utf-8")
    code, found, _ = cli("down", "--purge", "--yes")
    assert code == 0
    assert found["removed"] == [str(home / "neo4j"), str(cache / "jars")]
    assert (home / "mine.txt").exists()
    assert not cache.exists()


def test_another_server(cli: Cli, home: Path, store: Store, twin_env: Path) -> None:
    """With TWIN_NEO4J_URI nothing is started, and everything else works the same."""
    code, found, _ = cli("up")
    assert (code, found["state"], found["version"]) == (0, "running", store.version())
    assert not (twin_env / "neo4j").exists()
    code, found, _ = cli("doctor")
    assert (code, found["ok"]) == (0, True)
    assert "java" not in levels(found)


@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [
        ("TWIN_NEO4J_PASSWORD", "wrong", "store_auth_failed"),
        ("TWIN_NEO4J_URI", "bolt://127.0.0.1:1", "store_unavailable"),
    ],
)
def test_a_server_that_does_not_let_us_in(
    cli: Cli, home: Path, twin_env: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, code: str
) -> None:
    monkeypatch.setenv(variable, value)
    status, found, _ = cli("status")
    assert (status, found["state"], found["code"]) == (3, "unreachable", code)
    status, found, _ = cli("doctor")
    assert (status, levels(found)["connection"]) == (1, "error")


def test_a_readable_password_is_told(cli: Cli, home: Path) -> None:
    (home / "neo4j").mkdir(parents=True)
    password = home / "neo4j" / "password"
    password.write_text("secret", encoding="utf-8")
    password.chmod(0o644)
    code, found, _ = cli("doctor")
    assert (code, levels(found)["password"]) == (1, "error")
    assert any(check["fix"] == f"chmod 600 {password}" for check in found["checks"])
