"""Commands on the real Neo4j: empty, unreachable, wrong password; then a small import asked for everything."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]
pytestmark = pytest.mark.store
TWIN = [sys.executable, "-m", "twin.cli.main"]
ASKING = (("find", "x"), ("show", "x"), ("dependencies", "x"), ("dependents", "x"), ("impact", "x"), ("findings",))


@pytest.mark.parametrize("words", ASKING)
def test_an_empty_twin_says_what_to_do(twin: Cli, twin_env: Path, words: tuple[str, ...]) -> None:
    answer = twin(*words)
    assert answer.code == 2
    assert "[empty_twin]" in answer.err
    assert "twin import" in answer.err
    assert twin(*words, "--json").error["code"] == "empty_twin"


def test_runs_of_an_empty_twin_are_an_empty_list(twin: Cli, twin_env: Path) -> None:
    answer = twin("runs")
    assert answer.code == 0
    assert "Nothing has been imported yet." in answer.out
    assert twin("runs", "--json").json == {"total": 0, "items": []}


@pytest.fixture
def filled(twin: Cli, twin_env: Path, tables: str) -> Cli:
    """The command line over a twin that holds the tables as source ``lab``."""
    answer = twin("import", "--loader", "tables", "--source", "lab", tables)
    assert answer.code in (0, 1), answer.err
    return twin


def test_the_twin_answers_what_the_tables_answer(filled: Cli, tables: str) -> None:
    of_twin = filled("impact", "lab:bus-a", "--horizon", "8h", "--json").json
    of_tables = filled("impact", "bus-a", "--horizon", "8h", "--tables", tables, "--json").json
    assert of_twin["revision"] == 1
    assert of_twin["summary"] == of_tables["summary"]
    assert plain(of_twin["affected"]) == plain(of_tables["affected"])
    assert [source["source"] for source in of_twin["assumptions"]["sources"]] == ["lab"]


def plain(affected: list[dict[str, Any]]) -> dict[str, Any]:
    """Id without source -> verdict, time and outages."""
    return {e["id"].removeprefix("lab:"): (e["verdict"], e["time_s"], e["outages"]) for e in affected}


def test_one_asset_and_its_neighbours(filled: Cli) -> None:
    asset = filled("show", "lab:feeder", "--json").json
    assert (asset["source"], asset["revision"]) == ("lab", 1)
    assert asset["properties"]["customers"] == 120
    assert filled("dependencies", "lab:server", "--json").json["total"] == 6
    assert [item["id"] for item in filled("dependents", "lab:rack-1", "--json").json["items"]] == ["lab:server"]
    assert {item["id"] for item in filled("find", "rack", "--json").json["items"]} == {"lab:rack-1", "lab:rack-2"}


def test_an_id_without_its_source_gets_the_whole_one(filled: Cli) -> None:
    answer = filled("impact", "bus-a")
    assert answer.code == 2
    assert "Did you mean lab:bus-a" in answer.err


def test_runs_and_findings(filled: Cli) -> None:
    runs = filled("runs", "--json").json
    assert runs["total"] == 1
    assert (runs["items"][0]["source"], runs["items"][0]["status"]) == ("lab", "applied")
    assert "lab" in filled("runs").out
    run = runs["items"][0]["id"]
    told = filled("runs", run, "--json").json
    assert (told["run"], told["status"], told["plan"]["sources"][0]["source"]) == (run, "applied", "lab")
    shown = filled("runs", run)
    assert f"run {run}" in shown.out + shown.err
    unknown = filled("runs", "20260101-000000-abcd")
    assert unknown.code == 2
    assert "not_found" in unknown.err
    answer = filled("findings", "--json")
    assert answer.code == (1 if answer.json["total"] else 0)


def test_queries_are_listed_shown_and_run(filled: Cli) -> None:
    listed = filled("queries", "--json").json["items"]
    assert {"name", "mode", "doc", "examples"} <= listed[0].keys()
    assert "ingest.runs" in filled("queries").out
    assert "MATCH (r:ImportRun)" in filled("queries", "show", "ingest.runs").out
    ran = filled("queries", "run", "ingest.runs", "--param", "limit=5", "--json").json
    assert ran["total"] == 1
    assert filled("queries", "run", "ingest.runs").code == 2
    assert "Did you mean ingest.runs" in filled("queries", "show", "ingest.run_s").err


def test_no_query_that_writes_is_run(filled: Cli) -> None:
    writing = next(item for item in filled("queries", "--json").json["items"] if item["mode"] == "write")
    answer = filled("queries", "run", writing["name"])
    assert answer.code == 2
    assert "only queries that read" in answer.err


def test_a_server_that_is_not_there_is_exit_3(twin: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("TWIN_NEO4J_URI", f"bolt://127.0.0.1:{port}")
    answer = twin("show", "x")
    assert answer.code == 3
    assert "[store_unavailable]" in answer.err
    assert "twin up" in answer.err
    assert "Traceback" not in answer.err
    assert twin("show", "x", "--json").error["exit"] == 3


def test_a_wrong_password_is_exit_3_and_named(twin: Cli, twin_env: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWIN_NEO4J_PASSWORD", "certainly wrong")
    answer = twin("show", "x")
    assert answer.code == 3
    assert "[store_auth_failed]" in answer.err
    assert "TWIN_NEO4J_PASSWORD" in answer.err


def test_an_address_that_is_none_is_exit_3(twin: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWIN_NEO4J_URI", "http://localhost:7474")
    answer = twin("show", "x")
    assert answer.code == 3
    assert "[store_misconfigured]" in answer.err


def test_the_api_is_served_until_it_is_stopped(filled: Cli) -> None:
    server = subprocess.Popen(
        [*TWIN, "serve", "--port", "0"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        assert server.stderr is not None
        url = next(word for line in server.stderr for word in line.split() if word.startswith("http://")).rstrip("/")
        assert wait_for(f"{url}/health")["snapshot_revision"] in (None, 1)
        body = json.dumps({"failed": ["lab:bus-a"]}).encode()
        request = urllib.request.Request(f"{url}/impact", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            assert json.load(response)["summary"]["energy"]["failed"] == 1
    finally:
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=30)
    assert server.returncode in (0, 130)
    assert "Traceback" not in out + err


def wait_for(url: str) -> Any:
    """The JSON at *url*, asked until the server listens."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                return json.load(response)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
