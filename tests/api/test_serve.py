"""``twin serve`` and ``twin keys`` as an operator uses them: real processes, a database that is not there."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

TWIN = [sys.executable, "-m", "twin.cli.main"]
PASSWORD = "hush-hush-password"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A home of its own, and a database that refuses the connection: what is asked here needs none."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TWIN_")}
    store = {"TWIN_NEO4J_URI": "bolt://127.0.0.1:1", "TWIN_NEO4J_PASSWORD": PASSWORD}
    return {**clean, **store, "TWIN_HOME": str(tmp_path / "home")}


def twin(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TWIN, *words], env=env, capture_output=True, text=True, timeout=120, check=False)


@contextmanager
def serving(env: dict[str, str], *words: str) -> Iterator[tuple[str, list[str]]]:
    """The address of a running ``twin serve``, and (at the end) what it said on stderr."""
    process = subprocess.Popen([*TWIN, "serve", "--port", "0", *words], env=env, stderr=subprocess.PIPE, text=True)
    said: list[str] = []
    try:
        assert process.stderr is not None
        found = None
        while found is None:
            line = process.stderr.readline()
            assert line, "".join(said)
            said.append(line)
            found = re.search(r"http://\S+:(\d+)", line)
        yield f"http://127.0.0.1:{found.group(1)}", said
    finally:
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=60)[1].splitlines(keepends=True)
    assert process.returncode in (0, 130), said
    assert "Traceback" not in "".join(said)


def get(url: str, key: str | None = None, **headers: str) -> httpx.Response:
    """Ask until the server listens."""
    transport = httpx.HTTPTransport(retries=20)
    sent = headers | ({"Authorization": f"Bearer {key}"} if key else {})
    with httpx.Client(transport=transport, timeout=60) as client:
        return client.get(url, headers=sent)


def test_other_machines_are_not_served_without_keys(env: dict[str, str]) -> None:
    for host in ("0.0.0.0", "::"):
        refused = twin(env, "serve", "--host", host, "--port", "0")
        assert refused.returncode == 2, refused.stderr
        assert "[keys_required]" in refused.stderr
        assert "twin keys add" in refused.stderr


def test_served_with_keys(env: dict[str, str]) -> None:
    made = twin(env, "keys", "add", "planner", "--role", "read", "--json")
    key = json.loads(made.stdout)["key"]
    assert key not in twin(env, "keys", "list").stdout
    with serving(env, "--host", "0.0.0.0", "--log", "json", "--root-path", "/twin") as (url, said):
        me = get(f"{url}/me", key)
        assert me.json() == {"name": "planner", "role": "read", "keys_required": True}
        assert "server" not in me.headers
        refused = get(f"{url}/me")
        assert refused.status_code == 401
        assert refused.json()["type"] == "/twin/docs/errors#key_required"
        assert get(f"{url}/docs").status_code == 200
        gone = get(f"{url}/assets", key)
        assert (gone.status_code, gone.json()["code"]) == (503, "store_unavailable")
        assert PASSWORD not in gone.text
        late = json.loads(twin(env, "keys", "add", "late", "--role", "admin", "--json").stdout)["key"]
        assert get(f"{url}/keys", late).status_code == 200
        assert twin(env, "keys", "remove", "planner").returncode == 0
        assert get(f"{url}/me", key).status_code == 401
    rows: list[dict[str, Any]] = [json.loads(line) for line in said if line.startswith("{")]
    seen = [(row["path"], row["status"], row["key"]) for row in rows if row["logger"] == "api.access"]
    assert seen == [
        ("/twin/me", 200, "planner"), ("/twin/me", 401, None), ("/twin/docs", 200, None),
        ("/twin/assets", 503, "planner"), ("/twin/keys", 200, "late"), ("/twin/me", 401, None),
    ]  # fmt: skip
    for secret in (key, late, PASSWORD):
        assert secret not in "".join(said)


def test_served_to_this_machine_only(env: dict[str, str]) -> None:
    with serving(env, "--cors-origin", "https://maps.example.org") as (url, said):
        assert get(f"{url}/me").json()["role"] == "admin"
        rebound = get(f"{url}/me", Host="rebound.example")
        assert (rebound.status_code, rebound.json()["code"]) == (403, "request_refused")
        allowed = get(f"{url}/me", Origin="https://maps.example.org")
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://maps.example.org"
    assert re.search(r"200 GET /me [0-9.]+ ms \d+ B id=", "".join(said))


@pytest.mark.parametrize(
    "words", [("--root-path", "twin"), ("--root-path", "/twin/"), ("--cors-origin", "*"), ("--log", "xml")]
)
def test_options_that_make_no_sense_are_told(env: dict[str, str], words: tuple[str, ...]) -> None:
    refused = twin(env, "serve", "--port", "0", *words)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
